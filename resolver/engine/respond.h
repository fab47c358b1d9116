/*
 * respond.h - from an outcome to a client's message
 *
 * An outcome is the end of a resolution, whether it came from the cache or from a walk: rcode, the alias chain and data, the
 * SOA of a negative answer, the failure. The same outcome serves every waiting client; each gets its own id, case, size
 * and flags (respond_build). Address sets are rotated by the caller's number (RFC 1794).
 *
 * Memory: an outcome borrows its RRsets (from the cache until the next quiescent state, or from a job's arena). Pure.
 */
#ifndef RAIZ_ENGINE_RESPOND_H
#define RAIZ_ENGINE_RESPOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/cache.h"
#include "dns/rrset.h"
#include "dns/types.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/failure.h"
#include "resolver/engine/request.h"
#include "resolver/engine/scrub.h"

struct outcome_set {
    const struct rrset *set;
    uint32_t ttl_s; /* to show */
};

#define OUTCOME_AUTHORITIES_MAX (1 + 2 * SCRUB_PROOFS_MAX) /* a denial's, and those of wildcards on the way to it */

struct outcome {
    uint16_t rcode;
    bool authentic;          /* AD may be set: all of answer and authority is secure */
    bool unfit;              /* KNOWN_NOTHING: but there is something, unchecked perhaps, that may not be given */
    enum cache_security security; /* the least of all parts */
    enum failure failure;    /* FAIL_NONE: none */
    int ede;                 /* beside a failure's own; DNS_EDE_NONE */
    const char *ede_text;
    unsigned answers, authorities;
    struct outcome_set answer[SCRUB_CHAIN_MAX + 24]; /* room for ANY (L18) */
    struct outcome_set authority[OUTCOME_AUTHORITIES_MAX];
};

void outcome_init(struct outcome *o);
/* Made of expired data, in part at least (stale.h). */
static inline bool outcome_is_stale(const struct outcome *o)
{
    return o->failure == FAIL_NONE && (o->ede == DNS_EDE_STALE_ANSWER || o->ede == DNS_EDE_STALE_NXDOMAIN_ANSWER);
}
/* Does the authority section hold a set of this owner and type? */
bool outcome_shows(const struct outcome *o, const struct rrset *set);

/* What the cache knows of (qname, qtype) at this moment, following aliases. A CNAME that was made from a DNAME
 * comes with that DNAME if it is still cached; of names that were not asked for a cached DNAME says nothing here
 * (redirect.h). `end` is set unless KNOWN_ALL. A cached failure, a
 * circle of aliases and too long a chain of them are KNOWN_ALL. `checked`: only what has passed validation counts, or what
 * failed it; else also what was not validated, and no verdict of validation. */
enum known {
    KNOWN_ALL,     /* out is complete */
    KNOWN_PART,    /* aliases led to *end, of which nothing is known; out holds the chain so far */
    KNOWN_NOTHING,
};
struct known_question {
    struct dname name;
    uint16_t type;
    bool checked;
    uint64_t hash;                     /* of the name (cache_name_of); 0: not known yet */
    const struct engine_settings *set; /* its configured zones */
};
enum known known_lookup(struct cache *cache, const struct known_question *q, struct now now, struct outcome *out,
                        struct dname_buf *end);

/* Types that an alias does not stand for: they may be at its name (RFC 4035 section 2.5). */
bool known_beside_alias(uint16_t qtype);

/* DS is the parent's (RFC 4035 section 3.1.4.1): what a zone's own servers say of its apex, that there is an alias or
 * nothing, is not about it. */
bool known_is_childs(const struct cache_hit *hit, struct dname name, uint16_t qtype);

/* Writes the answer, at most request->limit octets; TC when it does not fit. `turn` rotates address sets. Returns the
 * length. out has room for 65535 octets over TCP, else for request->limit. */
size_t respond_build(const struct request *request, const struct outcome *o, const struct engine_settings *set,
                     unsigned turn, uint8_t *out);
/* An error answer made from the query alone: FORMERR, REFUSED, NOTIMP, BADVERS ...: header, question if there was a readable
 * one, OPT if the client sent one (T29: nothing else of the input is echoed). */
size_t respond_error(const struct dns_msg *query, uint16_t rcode, int ede, const char *ede_text, uint16_t edns_size,
                     uint8_t *out, size_t cap);

#endif
