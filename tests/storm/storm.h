/*
 * storm.h - a program that makes trouble for a resolver, and one that measures what the trouble does to others
 *
 * The system tests of raizd need more packets than a script can send, and clocks that a busy script does not disturb:
 *
 *     storm serve   a quick authoritative server for a small made-up Internet; can be told to answer with mutated
 *                   replies
 *     storm ask     many questions: distinct names at full speed, or a steady rate; a hot set among them
 *     storm tcp     the same over many connections that stay
 *     storm echo    a server that gives the same answer to everything: what benches compare with
 *     storm canary  a slow trickle of benign questions, cached and not, with the time each answer took
 *     storm attack  mutated queries and mutated replies at once, a given number of them
 *
 * It speaks DNS with code of its own: a flaw of raiz' codec must not hide in the program that looks for it. Each
 * command ends, or reports, with one line of JSON.
 */
#ifndef RAIZ_TESTS_STORM_H
#define RAIZ_TESTS_STORM_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- chance that repeats itself with its seed (splitmix64) ---- */

struct chance {
    uint64_t state;
};
uint64_t chance_u64(struct chance *c);
unsigned chance_below(struct chance *c, unsigned n); /* n > 0 */
bool chance_one_in(struct chance *c, unsigned n);

/* ---- messages ---- */

#define MESSAGE_MAX 65535
struct message {
    size_t n;
    uint8_t data[MESSAGE_MAX + 1];
};

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_AAAA = 28, TYPE_DNAME = 39, TYPE_OPT = 41 };
enum { FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100 };
enum { COUNT_QD = 4, COUNT_AN = 6, COUNT_NS = 8, COUNT_AR = 10 }; /* where the counts stand */

void put_u8(struct message *m, unsigned v);
void put_u16(struct message *m, unsigned v);
void put_u32(struct message *m, uint32_t v);
void put_bytes(struct message *m, const void *p, size_t n);
void put_name(struct message *m, const char *text);
void set_u16(struct message *m, size_t at, unsigned v);
unsigned get_u16(const uint8_t *p);
void count_up(struct message *m, size_t which);

void message_begin(struct message *m, unsigned id, unsigned flags);
void message_question(struct message *m, const char *name, unsigned type);
void message_opt(struct message *m, unsigned size, bool dnssec_ok);
/* Owner, type, class IN, TTL and a length that end_record() sets. owner NULL: a pointer to the question's name. */
size_t begin_record(struct message *m, size_t section, const char *owner, unsigned type, uint32_t ttl_s);
void end_record(struct message *m, size_t begun);

/* What a server wants to know of a query. */
struct question {
    const uint8_t *data;
    size_t n, end;   /* end of the question section */
    char name[1024]; /* lower case, "." at its end; octets outside printable ASCII as '?' */
    const char *label[128];
    unsigned labels, type;
    bool edns;
};
bool question_read(struct question *q, const uint8_t *data, size_t n);
/* The header of a reply, and the question as it came. */
void reply_begin(struct message *m, const struct question *q, unsigned flags);

/* ---- mutation ---- */

/* Bends octets from `from` on: flips, lies about lengths and counts, cuts, doublings, pointers. */
void mutate(struct message *m, size_t from, struct chance *c);
void seed_query(struct message *m, const char *zone, struct chance *c);
/* A reply of some kind to the question, well-formed. `self`: an address to put into glue. */
void seed_reply(struct message *m, const struct question *q, bool tcp, struct in_addr self, struct chance *c);

/* ---- names ---- */

struct name_list {
    size_t count;
    char **name;
};
bool name_list_read(struct name_list *l, const char *path); /* one a line; false: none */
void form_name(const char *form, uint64_t number, char *out, size_t size);

/* ---- times of answers ---- */

#define TIMES_BUCKETS 960 /* up to an hour */
struct times {
    uint64_t count, sum_us, bucket[TIMES_BUCKETS];
};
void times_add(struct times *t, uint64_t us);
double times_percentile_us(const struct times *t, double percent);
void times_print(const struct times *t); /* as members of a JSON object */

/* ---- what the parts of an attack count, in memory that they share ---- */

struct counts {
    _Atomic uint64_t questions, tcp_questions, hot; /* the authority's */
    _Atomic uint64_t replies, mutated;
    _Atomic uint64_t queries_udp, queries_tcp, connections, unanswered; /* the mutating client's */
    _Atomic uint64_t asked, answered, denied, failed, lost, hot_asked;  /* the plain client's */
    _Atomic uint64_t hot_failed;
    _Atomic bool stop;
    struct times times; /* the plain client's, but for the hot set; of its process alone */
};
static inline void count_add(_Atomic uint64_t *c, uint64_t n)
{
    atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

/* ---- the parts ---- */

#define DELEGATIONS_MAX 128
struct serve_options {
    struct sockaddr_in listen;
    struct {
        char zone[256];
        bool each_child; /* every child of the zone is a zone of its own */
        struct in_addr to[8];
        unsigned count;
    } delegation[DELEGATIONS_MAX];
    unsigned delegations;
    uint32_t ttl_s;
    bool mutates;
    uint64_t seed;
    bool by_stdin; /* report on each line read, end with its end */
};
int serve(const struct serve_options *o, struct counts *counts);

struct ask_options {
    struct sockaddr_in server, from; /* from: family 0: any address */
    char name[256], hot_name[256];   /* '%' stands for a number */
    uint64_t names, first;
    unsigned hot, hot_every; /* names of the hot set; one of so many questions is for it */
    struct name_list list;   /* in place of name, if it has any */
    unsigned window, sockets, rate, tries;
    unsigned batch;       /* packets that are sent, and read, by one system call */
    unsigned connections; /* of ask_tcp() */
    unsigned timeout_ms, type;
    bool any_type;
    uint64_t seed;
};
int ask(const struct ask_options *o, struct counts *counts);
int ask_tcp(const struct ask_options *o, struct counts *counts);
int echo(const struct sockaddr_in *listen);

struct canary_options {
    struct sockaddr_in server, reference;
    char zone[256];
    unsigned cached_rate, uncached_rate, patience_ms;
};
int canary(const struct canary_options *o);

struct query_options {
    struct sockaddr_in server;
    char zone[256];
    uint64_t packets, seed;
    unsigned patience_ms;
    struct message fixed; /* of n > 0: nothing but this, over UDP */
};
/* Sends mutated queries over UDP and TCP, as fast as a good query among them is answered. */
int send_queries(const struct query_options *o, struct counts *counts);

uint64_t now_us(void);
/* Bound to `to`, or connected to it and bound to `from`, if that is not NULL nor of no family. -1: said why. */
int udp_socket(const struct sockaddr_in *to, bool bind_it, const struct sockaddr_in *from);

#endif
