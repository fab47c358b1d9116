/*
 * rfc8145.h - the name by which a zone's servers are told which of its keys are trusted here (RFC 8145 section 5)
 *
 * Pure.
 */
#ifndef RAIZ_DNSSEC_RFC8145_H
#define RAIZ_DNSSEC_RFC8145_H

#include "resolver/dnssec/anchors.h"

/* "_ta-4f66-9728." for the anchors of the root: tags in hexadecimal, ascending. False: no tag, or the name is too long.
 */
bool rfc8145_name(const struct anchor *a, struct dname_buf *out);

#endif
