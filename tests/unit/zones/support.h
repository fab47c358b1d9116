/*
 * support.h - zones from text and look-ups as text, for the tests of zones/
 */
#ifndef RAIZ_TESTS_UNIT_ZONES_SUPPORT_H
#define RAIZ_TESTS_UNIT_ZONES_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/text.h"
#include "dns/types.h"
#include "names.h"
#include "zones/lookup.h"
#include "zones/zone.h"
#include "zones/zonefile.h"

/* The zone that the text describes, or NULL with the errors in *zf. */
static inline struct zone *try_zone(const char *origin, const char *text, bool loose, struct zonefile *zf)
{
    struct dname_buf buf;
    *zf = (struct zonefile){.text = text, .text_len = strlen(text), .text_name = "zone", .default_ttl_s = 3600};
    zf->origin = name_in(origin, &buf);
    return zonefile_load(zf, loose);
}

static inline struct zone *make_zone(const char *origin, const char *text)
{
    struct zonefile zf;
    struct zone *z = try_zone(origin, text, false, &zf);
    if (z == NULL) {
        char message[1024];
        zonefile_error_print(&zf.errors[0], message, sizeof message);
        fail_msg("%s", message);
    }
    return z;
}

static inline void show_line(void *arg, const struct rrset *s)
{
    struct text *t = arg;
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        rr_print(rrset_owner(s), s->ttl_s, s->rclass, s->type, rr.data, rr.len, t);
        text_add(t, "\n");
    }
    it = rrset_sigs(s);
    while (rrset_next(&it, &rr)) {
        rr_print(rrset_owner(s), s->ttl_s, s->rclass, DNS_TYPE_RRSIG, rr.data, rr.len, t);
        text_add(t, "\n");
    }
}

#endif
