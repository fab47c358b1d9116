/*
 * check.h - one part of a finding against the keys of its zone
 *
 * Between trust.h, which knows what keys a zone has, and dnssec/, which knows what a signature or a proof is worth.
 *
 * The rules of authority that need the chain of trust stand here: the signer lies at or above the name and at or below
 * its anchor (T78); a DS, and its absence, is the parent's to sign; a denial comes from the zone that was asked or one
 * below it (T68); one proof never mixes zones.
 */
#ifndef RAIZ_ENGINE_CHECK_H
#define RAIZ_ENGINE_CHECK_H

#include "resolver/engine/finding.h"

enum checked {
    CHECKED,
    CHECKED_BOGUS,
    CHECKED_WAIT,  /* for children */
    CHECKED_LATER, /* a signature check is left to the host */
};

struct verdict {
    enum cache_security security; /* CHECKED: SEC_SECURE or SEC_INSECURE */
    bool wildcard;                /* made from one: proof is needed */
    uint8_t labels;               /* of its signature */
    struct dname zone;            /* whose keys were used */
    int ede;                      /* of SEC_INSECURE; `text` names the zone */
    enum failure why;             /* CHECKED_BOGUS */
    const char *text;             /* which zone, key, time; NULL: none. In the job's arena */
    bool final;                   /* other servers of the name's zone cannot help */
};

/* A set of the answer. When it is secure its TTL is cut to what its signature allows (T22). */
enum checked check_set(struct job *j, struct finding *f, struct rrset *set, struct verdict *out, struct now now);
/* A secure set that was made from a wildcard: does nothing closer to its name exist? */
enum checked check_wildcard(struct job *j, struct finding *f, const struct rrset *set, const struct verdict *of,
                            struct verdict *out, struct now now);
/* The end of a finding that is NODATA or NXDOMAIN. */
enum checked check_denial(struct job *j, struct finding *f, struct verdict *out, struct now now);

#endif
