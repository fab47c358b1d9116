/*
 * explain.h - why a question is answered as it is
 *
 * The reasons are gone through in the order in which a query meets them: may the client ask, does the name leave the
 * host, what does the cache hold, what do proofs of other names say, how did it end when it was asked last, has the
 * client had too many such answers. Nobody is asked.
 *
 * Memory: what is found borrows from the cache (until the thread's next quiescent state), the world and `recalled`.
 */
#ifndef RAIZ_CONTROL_EXPLAIN_H
#define RAIZ_CONTROL_EXPLAIN_H

#include "cache/cache.h"
#include "resolver/control/control.h"
#include "resolver/engine/recall.h"
#include "resolver/engine/respond.h"
#include "resolver/front/limited.h"

#define EXPLAIN_LIMITED_MAX 8

/* Why it is so, in one word for programs, and in words. */
#define EXPLAIN_CAUSES(X)                                                                                              \
    X(ACL, "the client may not ask: it is in none of the networks of access.allow")                                    \
    X(LOCAL, "the name never leaves this host (RFC 6761, RFC 6303): raizd answers it itself")                          \
    X(CACHED, "the cache holds the data")                                                                              \
    X(NODATA, "the name exists, but has no data of this type")                                                         \
    X(NXDOMAIN, "the name does not exist")                                                                             \
    X(PROVEN, "proofs that came with other names show it (RFC 8198)")                                                  \
    X(STALE, "its servers cannot be asked, and expired data is given meanwhile (RFC 8767)")                            \
    X(FAILED, "the last try failed")                                                                                   \
    X(RATE_LIMIT, "the client's network was lately sent more of such answers than rate-limit lets it have: the rest "  \
                  "were not sent")                                                                                     \
    X(SLOW, "it was answered, but slowly")                                                                             \
    X(UNKNOWN, "nothing is known of it: nobody asked lately, or what was learnt has gone")
enum explain_cause {
#define X(name, text) EXPLAIN_##name,
    EXPLAIN_CAUSES(X)
#undef X
};
const char *explain_cause_name(enum explain_cause cause);
const char *explain_cause_text(enum explain_cause cause);
/* What may help; never NULL. */
const char *explain_remedy(enum failure failure);

/* Why an answer is not validated. */
enum explain_insecure {
    EXPLAIN_SECURE, /* it is */
    EXPLAIN_MODE_OFF,
    EXPLAIN_NTA, /* by a negative trust anchor at `zone` */
    EXPLAIN_NO_ANCHOR,
    EXPLAIN_NO_DS,       /* the parent of `zone` says that it is not signed */
    EXPLAIN_UNSUPPORTED, /* all DS of `zone` are of algorithms that are not known here */
    EXPLAIN_INSECURE     /* for a reason that is not remembered */
};
const char *explain_insecure_text(enum explain_insecure why);

struct explanation {
    enum explain_cause cause;
    uint16_t rcode;
    int kind;                    /* of the answer, as rate.h names them; below 0: not known */
    enum failure failure;        /* FAILED */
    const struct recalled *last; /* how it ended last; may be NULL */
    bool have_hit;
    struct cache_hit hit; /* CACHED, NODATA, NXDOMAIN: where it is from */
    bool have_backoff;
    struct cache_hit backoff; /* FAILED: until when it is not tried again */
    enum cache_security security;
    enum explain_insecure insecure;
    struct dname insecure_zone;
    unsigned
        limited_count; /* networks that met a limit of such answers lately: the client's, or any if there is none */
    struct limited_row limited[EXPLAIN_LIMITED_MAX];
    const struct delegation *configured; /* stub or forward zone that is asked; NULL: the walk begins at the root */
};

struct explain_question {
    struct dname name;
    uint16_t type;
    const struct addr *client; /* NULL: who is let in */
    const struct recalled *failed, *slow;
};
void explain(const struct control *c, const struct explain_question *q, struct explanation *out);

#endif
