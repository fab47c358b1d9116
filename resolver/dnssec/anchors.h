/*
 * anchors.h - where trust begins
 *
 * Trust anchors, DS or DNSKEY, for the root (both of IANA's keys are built in: 20326 and 38696) or any zone (islands),
 * and negative trust anchors (RFC 7646) with a reason and an end. The closest enclosing anchor of a name is its chain's
 * root (T78). Text is that of zone files, so Debian's dns-root-data serves as it is.
 *
 * Memory: built by one thread, then const.
 */
#ifndef RAIZ_DNSSEC_ANCHORS_H
#define RAIZ_DNSSEC_ANCHORS_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"

struct anchors;

struct anchors *anchors_new(void); /* empty; NULL: out of memory */
void anchors_free(struct anchors *a);
bool anchors_add_builtin(struct anchors *a);
/* It has anchors for the root, and none of them is one of IANA's. */
bool anchors_private_root(const struct anchors *a);
#define ANCHORS_ERROR_MAX 200
/* "example. DS 12345 13 2 ...", "example. 3600 IN DNSKEY 257 3 8 ...". error (ANCHORS_ERROR_MAX bytes) says what is
 * wrong. */
bool anchors_add_text(struct anchors *a, const char *text, size_t n, char *error);
/* A DS or DNSKEY that is known to be one. False: out of memory. */
bool anchors_add_rdata(struct anchors *a, struct dname zone, uint16_t type, struct rdata_ref rr);
/* A file of such lines, comments and blank lines; error names file and line. */
bool anchors_add_file(struct anchors *a, const char *path, char *error);

struct anchor {
    struct dname zone;
    const struct rrset *ds;     /* may be NULL */
    const struct rrset *dnskey; /* may be NULL */
};
/* The deepest anchor at or above name. False: none: the name is insecure. */
bool anchors_closest(const struct anchors *a, struct dname name, struct anchor *out);
size_t anchors_count(const struct anchors *a);
bool anchors_at(const struct anchors *a, size_t i, struct anchor *out);

#endif
