/*
 * trust.h - which keys a zone has, or that it has none
 *
 * The chain of trust of one zone, looked up as far as it is needed: the anchor above it, the DS sets at the cuts in
 * between, its DNSKEY set. Each is a question like any other, a job whose own answer is validated with what lies above;
 * so the chain is a recursion of jobs towards the root, each for a shorter name, which ends at the anchor. What the
 * cache holds validated is taken from there; what it holds unchecked (the DS of a referral) is validated without a
 * question.
 *
 * What a child found is kept with the job that wanted it (struct trust_fact), so it is never asked for twice, also
 * where the cache cannot hold it. Parsed keys are kept with the engine (struct keyring), as long as the DNSKEY set is
 * the same.
 */
#ifndef RAIZ_ENGINE_TRUST_H
#define RAIZ_ENGINE_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/verify.h"
#include "resolver/engine/job.h"
#include "resolver/engine/scrub.h"

/* The outcome of a child: the DS or DNSKEY at a name. In the parent's arena. */
struct trust_fact {
    struct trust_fact *next;
    struct dname name;
    uint16_t type;
    enum failure failure;
    const char *text; /* of the failure; may be NULL */
    enum cache_security security;
    uint16_t rcode;
    bool alias;              /* the name is an alias */
    const struct rrset *set; /* NULL: there is none */
    const struct rrset *proof[SCRUB_PROOFS_MAX];
    unsigned proof_count;
};

/* What a validated proof says of a cut without DS. It is looked at again whenever the job has waited for something, but
 * its names are hashed once (L17). In the job's arena. */
struct trust_cut {
    struct trust_cut *next;
    struct dname name;
    bool is_unsigned; /* false: there is no cut */
    bool too_many_iterations;
};

enum trust {
    TRUST_YES,      /* proven to be signed */
    TRUST_INSECURE, /* proven to be not signed, or above and beside every anchor */
    TRUST_NO_ZONE,  /* proven that there is no such zone */
    TRUST_FAILED,   /* cannot be told: why, says the note */
    TRUST_WAIT,     /* children are under way */
};

/* Why TRUST_FAILED, or what makes a zone insecure although it is signed. */
struct trust_note {
    enum failure failure;
    const char *text;
    int ede;           /* TRUST_INSECURE: DNS_EDE_NONE, or 1, 2, 27, 33, */
    struct dname zone; /* and the zone it is about */
};

/* The anchor that a name's chain begins at (T78). False: none, or a negative one lies closer: insecure. */
bool trust_anchor(const struct job *j, struct dname name, struct anchor *out, struct trust_note *note);
/* The fewest labels of a zone whose validated word counts for the name: its anchor's, or more where something is
 * configured for the name, which goes before what the zones above say. `above`: strictly above, as for DS. False: none
 * counts. */
bool trust_reach(const struct job *j, struct dname name, bool above, unsigned *least);
/* Does a negative anchor lie closer to the name than what it would be validated by (RFC 7646 section 3)? */
bool trust_exempt(const struct engine_settings *set, struct dname name);
/* The DS set of a zone that is not an anchor's own; `*ds` for TRUST_YES. */
enum trust trust_ds(struct job *j, struct dname zone, const struct rrset **ds, struct trust_note *note, struct now now);
/* The keys of a zone. */
enum trust trust_keys(struct job *j, struct dname zone, const struct dnssec_keys **keys, struct trust_note *note,
                      struct now now);
/* A referral brought the DS set of the zone that is asked next: its keys are fetched beside what is asked of it. */
void trust_begin(struct job *j, const struct rrset *ds, struct now now);
/* Data at `name` came without signatures from servers of `asked`: TRUST_INSECURE if a zone on the way is not signed,
 * TRUST_YES if it ought to be signed. *walked counts questions. */
enum trust trust_unsigned(struct job *j, struct dname name, struct dname asked, unsigned *walked,
                          struct trust_note *note, struct now now);

/* A child that a job waited for has ended. False: out of memory. */
bool trust_learn(struct job *parent, const struct job *child);

/* The configuration has an anchor for a zone that holds the name, so it does not count as special-use; names in test.
 * do not either below a root of one's own. */
bool trust_overrides_local(const struct engine_settings *set, struct dname name);

/* Parsed keys, least recently used first to go. */
#define KEYRING_ZONES 512
struct keyring;
struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
/* The keys of a validated set; valid until the next call. NULL: out of memory. */
const struct dnssec_keys *keyring_get(struct keyring *k, const struct rrset *dnskey, const struct dnssec_policy *p);

#endif
