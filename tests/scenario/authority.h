/*
 * authority.h - the simulated servers: zones, and rules for what goes wrong
 *
 * A server answers from the deepest of its zones that holds the name, through zones/lookup.c, unless a rule of its own
 * applies. Rules are tried in the order written; the first whose conditions hold acts. Crafted messages are built from
 * the text of the scenario, so a fault that lookup.c and the engine share cannot hide.
 */
#ifndef RAIZ_SCENARIO_AUTHORITY_H
#define RAIZ_SCENARIO_AUTHORITY_H

#include "dns/addr.h"
#include "dns/now.h"
#include "dns/rng.h"
#include "scn.h"
#include "sign.h"
#include "zones/zone.h"

#define HOST_ZONES_MAX 256
#define HOST_RULES_MAX 64
#define HOSTS_MAX      256

enum conduct { CONDUCT_ANSWER, CONDUCT_SILENT, CONDUCT_ICMP, CONDUCT_CLOSED, CONDUCT_LOCAL };

/* What a rule does to the answer. */
struct doing {
    enum conduct conduct;
    int rcode; /* -1: from the zone */
    unsigned drop_percent;
    bool has_delay;
    uint64_t delay_us;
    uint64_t jitter_us; /* more, drawn for each answer */
    unsigned copies;    /* 0: one */
    bool truncate, no_opt, wrong_id, flip_case, fold_case, no_question;
    uint16_t set_flags, clear_flags;
    struct word before; /* a datagram sent ahead of the answer */
    struct word hex;    /* the answer itself */
    int turn;           /* the zone's answer with this rcode; -1: its own */
    uint16_t strip[4], unsign[4], stray[4],
        spoil[4];        /* the zone's answer without these types, without their signatures, or with bad ones */
    struct dname_buf as; /* the zone's answer to another question; len 0: to this */
    uint16_t as_type;
    bool message; /* the answer is made of these: */
    struct records section[3];
};

struct rule {
    bool name_given, below;
    struct dname_buf name;
    uint16_t type;           /* 0: any */
    unsigned chance_percent; /* 0: always */
    bool udp_only, tcp_only, edns_only, no_edns_only, minimised_only;
    unsigned first; /* only so many times; 0: always */
    unsigned after; /* not for the first so many */
    uint64_t from_us, until_us;
    unsigned matched;
    struct doing doing;
};

struct host {
    struct addr addr;
    struct zone *zone[HOST_ZONES_MAX];
    struct records text[HOST_ZONES_MAX]; /* the zone's records so far */
    struct signing signing[HOST_ZONES_MAX];
    size_t zones;
    struct rule rule[HOST_RULES_MAX];
    size_t rules;
};

struct lab_net;

/* Who stands between the servers and the engine: may change a reply, which has room for 65535 octets. */
struct tamper {
    void (*reply)(void *arg, uint8_t *data, size_t *len);
    void *arg;
};

/* A zone that was built, kept until the end: servers that serve the same share it. */
struct built {
    struct built *next;
    struct zone *zone;
};

struct hosts {
    struct host *host[HOSTS_MAX];
    size_t count;
    struct built *built;
    uint64_t delay_us;     /* usual time to the answer */
    int64_t now_s;         /* when signatures are made */
    struct lab_net *lab;   /* lab_net.h: its servers are there, too; NULL: no lab */
    struct tamper *tamper; /* NULL: nobody */
};

/* What goes back. */
#define REACTION_PACKETS_MAX 4
struct reaction {
    enum conduct conduct;
    uint64_t delay_us;
    unsigned packets;
    struct packet {
        uint64_t later_us; /* after delay_us */
        size_t len;
        uint8_t data[65535];
    } packet[REACTION_PACKETS_MAX];
};

/* "server ADDR[,ADDR...] ..." */
void hosts_statement(struct hosts *h, struct words *w);
struct host *hosts_find(struct hosts *h, const struct addr *a); /* NULL: nobody is there */
/* since_us: time since the scenario began. */
void host_react(const struct hosts *all, struct host *h, const uint8_t *query, size_t n, bool tcp, uint64_t since_us,
                struct rng *rng, struct reaction *out);
void hosts_free(struct hosts *h);

#endif
