/*
 * zonefile_fuzz.c - a master file from anywhere: a zone, or errors that say where
 *
 * A zone that was read is printed and read again: both must be the same. Its own names are looked up, with all that can
 * come before a name, and each answer must make a message that the parser takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/arena.h"
#include "dns/build.h"
#include "dns/msg.h"
#include "dns/text.h"
#include "zones/lookup.h"
#include "zones/zone.h"
#include "zones/zonefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS_MAX 2000 /* a $GENERATE of a line makes a million */
#define LOOKUPS_MAX 300

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static const uint8_t origin_wire[] = "\7example"; /* its NUL is the root */

static struct dname origin(void)
{
    return (struct dname){.wire = origin_wire, .len = sizeof origin_wire, .labels = 1};
}

static enum dns_err count(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                          const uint8_t *rdata, uint16_t len)
{
    (void)owner, (void)type, (void)rclass, (void)ttl_s, (void)rdata, (void)len;
    return ++*(unsigned *)arg > RECORDS_MAX ? DNS_E_LIMIT : DNS_OK;
}

static void check_errors(const struct zonefile *zf)
{
    check(zf->error_count > 0, "no zone and no error");
    for (size_t i = 0; i < zf->error_count && i < ZONEFILE_ERRORS_MAX; i++) {
        const struct zonefile_error *e = &zf->errors[i];
        check(e->message[0] != '\0' && e->file[0] != '\0', "an error without words");
        for (const char *p = e->message; *p != '\0'; p++) {
            check(*p >= ' ' && *p <= '~', "an error that is not one printable line");
        }
    }
}

static struct zone *load(const char *text, size_t n)
{
    static struct zonefile zf;
    zf = (struct zonefile){.text = text, .text_len = n, .text_name = "f", .origin = origin(), .default_ttl_s = 60};
    struct zone *z = zonefile_load(&zf, true);
    if (z == NULL) {
        check_errors(&zf);
    }
    return z;
}

/* ---- print and read again ---- */

static void print_set(void *arg, const struct rrset *s)
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

static void check_reading_again(const struct zone *z)
{
    static char first[1 << 22], second[1 << 22];
    struct text a = text_of(first, sizeof first), b = text_of(second, sizeof second);
    zone_walk(z, print_set, &a);
    check(!a.cut, "text too long");
    struct zone *again = load(first, a.len);
    check(again != NULL, "what was printed is not read");
    zone_walk(again, print_set, &b);
    check(a.len == b.len && memcmp(first, second, a.len) == 0, "what was printed is read as something else");
    check(zone_rrset_count(z) == zone_rrset_count(again), "another number of RRsets");
    zone_free(again);
}

/* ---- look-ups ---- */

struct asking {
    const struct zone *z;
    unsigned lookups;
    struct arena arena;
};

static void ask(struct asking *a, struct dname name, uint16_t type, bool dnssec_ok)
{
    static uint8_t wire[DNS_MSG_MAX];
    static struct lookup l;
    struct build b;
    struct dns_msg m;
    zone_lookup(a->z, name, type, dnssec_ok, &l);
    check(l.kind != LOOKUP_OUTSIDE, "a name of the zone lies outside it");
    build_init(&b, wire, sizeof wire, 1, DNS_FLAG_QR, 0);
    check(build_question(&b, name, type, DNS_CLASS_IN), "question does not fit");
    lookup_write(&l, &b);
    size_t n = build_finish(&b, NULL);
    check(dns_msg_parse(wire, n, &a->arena, &m) == DNS_OK, "the answer is no message");
    arena_clear(&a->arena);
}

static void ask_about(void *arg, const struct rrset *s)
{
    struct asking *a = arg;
    struct dname owner = rrset_owner(s);
    struct dname_buf child;
    if (a->lookups > LOOKUPS_MAX) {
        return;
    }
    a->lookups += 4;
    ask(a, owner, s->type == DNS_TYPE_NSEC3 ? DNS_TYPE_A : s->type, true);
    ask(a, owner, DNS_TYPE_ANY, false);
    if (dname_prepend((const uint8_t *)"x", 1, owner, &child)) {
        ask(a, dname_of(&child), DNS_TYPE_A, true);
        if (dname_prepend((const uint8_t *)"0123456789012345678901234567890123456789", 40, owner, &child)) {
            ask(a, dname_of(&child), DNS_TYPE_RRSIG, true);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    unsigned records = 0;
    static struct zonefile zf;
    zf = (struct zonefile){.text = text, .text_len = size, .text_name = "f", .origin = origin(), .default_ttl_s = 60};
    zf.record = count;
    zf.arg = &records;
    if (!zonefile_read(&zf)) {
        check_errors(&zf);
        return 0;
    }
    struct zone *z = load(text, size);
    if (z == NULL) {
        return 0;
    }
    if (zone_rrset_count(z) > 0 && size < 100000) {
        check_reading_again(z);
    }
    struct asking a = {.z = z};
    arena_init(&a.arena, NULL, 0, 1 << 24);
    zone_walk(z, ask_about, &a);
    arena_release(&a.arena);
    zone_free(z);
    return 0;
}
