/*
 * rdata_odd.h - checks of the fields that have an inner structure
 *
 * Inside dns/ only: rdata.c asks here about the kinds that are more than a run of octets or a name.
 *
 * Each reader stands at the field and ends where the rdata ends. True: the field is well-formed and r->pos is just past
 * it. The octets pass as they are: no name in these fields may be compressed.
 */
#ifndef RAIZ_DNS_RDATA_ODD_H
#define RAIZ_DNS_RDATA_ODD_H

#include <stdbool.h>

#include "dns/bytes.h"
#include "dns/rdata.h"

/* Any kind that has a check here; false for all others. */
bool rdata_odd_ok(enum rdata_field kind, struct reader *r);

/* SvcParamKeys (RFC 9460 section 14.3) with a form of their own; the others are octets. */
enum svcb_key {
    SVCB_MANDATORY = 0,
    SVCB_ALPN = 1,
    SVCB_NO_DEFAULT_ALPN = 2,
    SVCB_PORT = 3,
    SVCB_IPV4HINT = 4,
    SVCB_ECH = 5,
    SVCB_IPV6HINT = 6,
    SVCB_DOHPATH = 7, /* RFC 9461 */
    SVCB_OHTTP = 8,   /* RFC 9540 */
};
/* SvcParams to the end: keys ascending, known values well-formed, mandatory ones present. */
bool svcb_ok(struct reader *r);
/* The value of one parameter by itself. */
bool svcb_value_ok(uint16_t key, struct reader value);

#endif
