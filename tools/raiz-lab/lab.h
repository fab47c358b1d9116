/*
 * lab.h - a small Internet: its name servers, the zones they serve and how they misbehave
 *
 * A lab is a folder: master files and one small file, lab.conf, that says which server has which addresses and serves
 * which zones. It is read once and not changed while it is served; the counters aside, which the one loop owns.
 *
 * lab.conf, one server or zone a line, `#` begins a comment, blanks separate words:
 *
 *     server NAME ADDRESS... [ZONE[=FILE]]... [WORD[=VALUE]]...
 *     zone ZONE WORD...
 *
 * An ADDRESS is the server's real one, IPv4 or IPv6. A ZONE is a name with a dot at its end; its file is the name
 * without that dot and with ".zone" behind (root.zone for the root), or FILE. The words are those of LAB_WORDS and
 * LAB_HABITS, for a zone those of LAB_SIGNINGS.
 */
#ifndef RAIZ_LAB_LAB_H
#define RAIZ_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/name.h"
#include "zones/zone.h"

#define LAB_SERVERS_MAX   1024
#define LAB_ADDRESSES_MAX 8  /* of one server */
#define LAB_SERVED_MAX    64 /* zones of one server */
#define LAB_DELAY_MAX_MS  60000

/* Habits of a server, good for nothing but to be coped with. */
#define LAB_HABITS(X)                                                                                                  \
    X(SILENT, "silent", "never answers")                                                                               \
    X(REFUSE, "refuse", "answers REFUSED to everything")                                                               \
    X(SERVFAIL, "servfail", "answers SERVFAIL to everything")                                                          \
    X(FORMERR, "formerr", "answers FORMERR to everything")                                                             \
    X(NOTIMP, "notimp", "answers NOTIMP to everything")                                                                \
    X(LAME, "lame", "does not know its zones: refers to the root, without AA")                                         \
    X(TRUNCATE, "truncate", "answers every question over UDP with TC and nothing else")                                \
    X(NOEDNS, "noedns", "answers FORMERR to a question with EDNS, as servers older than EDNS do")                      \
    X(DROPEDNS, "dropedns", "does not answer questions with EDNS")                                                     \
    X(PLAIN, "plain", "answers without EDNS, whatever was asked")                                                      \
    X(LOWERCASE, "lowercase", "writes the name of the question in lower case (0x20)")                                  \
    X(ENTNXDOMAIN, "ent-nxdomain", "answers NXDOMAIN for names that exist only through names below them")              \
    X(GARBAGE, "garbage", "answers with octets that are no DNS message")                                               \
    X(WRONGID, "wrong-id", "answers with another id")                                                                  \
    X(NOTCP, "no-tcp", "does not listen on TCP")                                                                       \
    X(TCPONLY, "tcp-only", "does not answer over UDP")                                                                 \
    X(STRAYGLUE, "stray-glue", "gives an address, 192.0.2.66, for servers whose names lie outside its zone")

enum lab_habit {
#define X(name, word, text) LAB_HABIT_BIT_##name,
    LAB_HABITS(X)
#undef X
};
enum lab_habit_flag {
#define X(name, word, text) LAB_##name = 1 << LAB_HABIT_BIT_##name,
    LAB_HABITS(X)
#undef X
};

/* Words with a value. */
#define LAB_WORDS(X)                                                                                                   \
    X("delay", "delay=20ms", "answers that much later")                                                                \
    X("jitter", "jitter=10ms", "and up to so much more, by chance")                                                    \
    X("loss", "loss=5%", "share of the questions over UDP that are lost")                                              \
    X("edns-size", "edns-size=1232", "largest answer over UDP")

/* How a zone is signed where zones are (--sign). */
#define LAB_SIGNINGS(X)                                                                                                \
    X(UNSIGNED, "unsigned", "is not signed")                                                                           \
    X(ISLAND, "island", "is signed, but the zone above has no DS for it")                                              \
    X(EXPIRED, "expired", "has signatures that ended a month ago")                                                     \
    X(EARLY, "early", "has signatures that begin in a month")                                                          \
    X(WRONG, "wrong-signatures", "has signatures of its data that fit no key; that of its DNSKEY is right")            \
    X(BARE, "no-signatures", "has no signatures but that of its DNSKEY")                                               \
    X(NO_NSEC, "no-nsec", "denies without proof")                                                                      \
    X(BROKEN_DS, "broken-ds", "has a DS above that fits no key")                                                       \
    X(NSEC3, "nsec3", "denies by NSEC3")                                                                               \
    X(OPT_OUT, "nsec3-optout", "denies by NSEC3, and leaves unsigned delegations out")                                 \
    X(ITERATIONS, "nsec3-iterations", "denies by NSEC3 with 100 iterations, more than validators are willing to do")   \
    X(UNKNOWN, "unknown-algorithm", "is signed with an algorithm that nobody knows")                                   \
    X(DIGEST, "unknown-digest", "has a DS above with a digest that nobody knows")                                      \
    X(RSA, "rsa", "is signed with RSA of 2048 bits; else with ECDSA P-256")

enum lab_signing {
#define X(name, word, text) LAB_SIGNING_BIT_##name,
    LAB_SIGNINGS(X)
#undef X
};
enum lab_signing_flag {
#define X(name, word, text) LAB_##name = 1 << LAB_SIGNING_BIT_##name,
    LAB_SIGNINGS(X)
#undef X
};

struct sign_key;

struct lab_zone {
    struct dname_buf origin;
    char *path;
    struct zone *zone;
    unsigned signing;     /* enum lab_signing_flag */
    struct sign_key *key; /* NULL: not signed */
    bool owns_key;        /* and not another one, of the same zone from another file */
};

/* What happened to the questions one address got. */
#define LAB_COUNTS(X)                                                                                                  \
    X(udp, "questions over UDP")                                                                                       \
    X(tcp, "questions over TCP")                                                                                       \
    X(connections, "TCP connections")                                                                                  \
    X(answered, "answers sent")                                                                                        \
    X(dropped, "not answered, by habit or because they were no questions")                                             \
    X(lost, "lost by loss=")                                                                                           \
    X(truncated, "answers with TC")                                                                                    \
    X(refused, "answers REFUSED")                                                                                      \
    X(edns, "questions with EDNS")                                                                                     \
    X(malformed, "octets that are no question")

struct lab_counts {
#define X(name, text) uint64_t name;
    LAB_COUNTS(X)
#undef X
};

struct lab_server {
    char name[DNAME_TEXT_MAX];
    size_t addresses;
    struct addr real[LAB_ADDRESSES_MAX];  /* port 0 */
    struct addr bound[LAB_ADDRESSES_MAX]; /* where it is listened */
    struct lab_counts counts[LAB_ADDRESSES_MAX];
    size_t served;
    uint16_t zone[LAB_SERVED_MAX]; /* indices of lab->zone, longest origin first */
    unsigned habits;               /* enum lab_habit_flag */
    uint32_t delay_ms, jitter_ms, loss_permille;
    uint16_t edns_size;
};

struct lab {
    struct lab_server *server;
    size_t servers;
    struct lab_zone *zone;
    size_t zones;
};

/* Told of each fault, "file:line: message". */
typedef void lab_report(void *arg, const char *message);

/* Reads dir/lab.conf and the zones. NULL after faults, all of which were reported. */
struct lab *lab_load(const char *dir, lab_report *report, void *arg);
/* The same from text; zone files lie in `dir`. `name` stands for the file in messages. */
struct lab *lab_parse(const char *name, const char *text, const char *dir, lab_report *report, void *arg);
void lab_free(struct lab *lab);

/* Words of values: "20ms", "1.5s"; "5%", "0.5%". */
bool lab_scan_delay(const char *text, uint32_t *ms);
bool lab_scan_share(const char *text, uint32_t *permille);

/* Gives every address its place on the loopback network `net` (an IPv4 prefix): the first after the network's own
 * address, in the order of lab.conf. False: the network is too small. */
bool lab_map(struct lab *lab, const struct addr_prefix *net, uint16_t port);
/* Every address at its real place. */
void lab_real(struct lab *lab, uint16_t port);
/* The map for raizd's resolution.address-map: comment lines, then a line "REAL LOOPBACK" for each address. The file is
 * written whole under another name and then moved. False: errno says why. */
bool lab_map_write(const struct lab *lab, const char *path);
/* Every zone, as it is served, as a master file in `folder`, named as lab.conf names them. Several files of one zone:
 * the first. False: errno says why. */
bool lab_zones_write(const struct lab *lab, const char *folder);

#endif
