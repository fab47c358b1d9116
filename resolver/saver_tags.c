/*
 * saver_tags.c - digests of the settings that decide what the cache may be believed to hold
 */
#include "resolver/saver_tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/config/address_map.h"

static void write_name(FILE *f, struct dname n)
{
    fputc(n.len, f);
    fwrite(n.wire, 1, n.len, f);
}

static void write_records(FILE *f, const struct rrset *set)
{
    struct rdata_ref rr;
    fprintf(f, "%u ", set != NULL ? set->count : 0u);
    if (set != NULL) {
        for (struct rrset_iter it = rrset_rrs(set); rrset_next(&it, &rr);) {
            fprintf(f, "%u %u:", set->type, rr.len);
            fwrite(rr.data, 1, rr.len, f);
        }
    }
}

static void write_trust(const struct world *w, FILE *f)
{
    struct anchor a;
    fprintf(f, "%d %d ", w->engine.dnssec, w->engine.dnssec_policy.sha1);
    for (size_t i = 0; w->anchors != NULL && anchors_at(w->anchors, i, &a); i++) {
        write_name(f, a.zone);
        write_records(f, a.ds);
        write_records(f, a.dnskey);
    }
}

static void write_exempt(const struct world *w, FILE *f)
{
    for (size_t i = 0; i < w->engine.negative_anchor_count; i++) {
        write_name(f, dname_of(&w->engine.negative_anchors[i]));
    }
}

static void write_addr(FILE *f, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];
    addr_print(a, text);
    fprintf(f, "%s ", text);
}

static void write_delegation(FILE *f, const struct delegation *d)
{
    write_name(f, delegation_zone(d));
    fprintf(f, "%u %u ", d->kind, d->flags);
    for (unsigned i = 0; i < d->ns_count; i++) {
        write_name(f, delegation_ns(d, i));
    }
    for (unsigned i = 0; i < d->addr_count; i++) {
        struct addr a = delegation_addr_of(&delegation_addrs(d)[i], 0);
        write_addr(f, &a);
    }
}

static void write_upstream(const struct world *w, FILE *f)
{
    fprintf(f, "%u %d ", w->engine.port, w->engine.query_loopback);
    for (size_t i = 0; i < w->engine.zone_count; i++) {
        write_delegation(f, w->engine.zones[i]);
    }
    if (w->settings->root_hints != NULL) { /* those that are built in change with the version, and mean the same root */
        write_delegation(f, w->root_hints);
    }
    for (size_t i = 0; i < w->address_map_count; i++) {
        write_addr(f, &w->address_map[i].from);
        write_addr(f, &w->address_map[i].to);
    }
}

void saver_tags(const struct world *w, struct snapshot_tags *out)
{
    static void (*const write[SNAPSHOT_TAG_COUNT])(const struct world *, FILE *) = {write_trust, write_exempt,
                                                                                    write_upstream};
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < SNAPSHOT_TAG_COUNT; i++) {
        char *text = NULL;
        size_t n = 0;
        uint8_t digest[DIGEST_SHA256_SIZE];
        FILE *f = open_memstream(&text, &n);
        if (f == NULL) {
            return;
        }
        write[i](w, f);
        bool whole = !ferror(f) && fclose(f) == 0;
        if (whole && digest_sha256(text, n, digest)) {
            memcpy(out->tag[i], digest, SNAPSHOT_TAG_SIZE);
        }
        free(text);
    }
}
