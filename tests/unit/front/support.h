/*
 * support.h - a front end with a filled cache, for tests and measurements
 */
#ifndef RAIZ_TESTS_UNIT_FRONT_SUPPORT_H
#define RAIZ_TESTS_UNIT_FRONT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/build.h"
#include "dns/text.h"
#include "resolver/front/front.h"

static const struct now noon = {.mono_us = 1000 * US_PER_S, .wall_s = 1767268800};

struct desk {
    struct front front;
    struct world *world;
    struct arena arena;
};

static inline struct world *desk_world(const char *yaml)
{
    struct config_errors errors = {0};
    struct settings *s = config_parse(yaml, strlen(yaml), "raiz.yaml", &errors);
    if (s != NULL) {
        s->dnssec = DNSSEC_OFF; /* what the desk learns is not validated */
    }
    struct world *w = s != NULL ? world_build(s, NULL, 0, &errors) : NULL;
    if (w == NULL) {
        fail_msg("%s", errors.text);
    }
    return w;
}

static inline void desk_begin_sized(struct desk *d, const char *yaml, size_t cache_bytes)
{
    struct cache_config config = {.size_bytes = cache_bytes, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    memset(d, 0, sizeof *d);
    cache_thread_begin();
    d->world = desk_world(yaml);
    d->front.world = d->world;
    d->front.cache = cache_new(&config);
    assert_non_null(d->front.cache);
    arena_init(&d->arena, NULL, 0, 1 << 24);
}

static inline void desk_begin(struct desk *d, const char *yaml)
{
    desk_begin_sized(d, yaml, (size_t)4 << 20);
}

static inline void desk_end(struct desk *d)
{
    cache_quiescent();
    cache_thread_end();
    cache_free(d->front.cache);
    world_free(d->world);
    arena_release(&d->arena);
}

static inline struct dname desk_name(const char *text, struct dname_buf *buf)
{
    assert_int_equal(dname_scan(text, strlen(text), NULL, buf), DNS_OK);
    return dname_of(buf);
}

/* "www.example.com." A "192.0.2.1"; records apart by '|'. */
static inline struct rrset *desk_set(struct desk *d, const char *owner, uint16_t type, uint32_t ttl_s,
                                     const char *records)
{
    uint8_t rdata[64][256];
    struct rdata_ref refs[64];
    uint16_t n = 0;
    struct dname_buf buf;
    struct scan_error error;
    struct rrset *set;

    for (const char *end; *records != '\0'; records = *end == '|' ? end + 1 : end) {
        end = records + strcspn(records, "|");
        struct writer w = writer_of(rdata[n], sizeof rdata[n]);
        assert_int_equal(rdata_scan_line(type, records, (size_t)(end - records), dname_root(), &w, &error), DNS_OK);
        refs[n] = (struct rdata_ref){.data = rdata[n], .len = (uint16_t)w.pos};
        n++;
    }
    assert_int_equal(rrset_make(desk_name(owner, &buf), type, ttl_s, refs, n, &d->arena, &set), DNS_OK);
    return set;
}

/* As an authoritative server would have answered. */
static inline void desk_learn(struct desk *d, const char *owner, uint16_t type, uint32_t ttl_s, const char *records)
{
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER, .zone_labels = 1};
    assert_int_equal(cache_put_rrset(d->front.cache, desk_set(d, owner, type, ttl_s, records), &origin, noon),
                     CACHE_STORED);
}

struct query {
    const char *name;
    uint16_t type, rclass, flags;
    const struct edns_out *edns;
};

static inline size_t query_wire(const struct query *q, uint8_t out[static 512])
{
    struct build b;
    struct dname_buf buf;
    build_init(&b, out, 512, 0x4711, q->flags, 0);
    assert_true(build_question(&b, desk_name(q->name, &buf), q->type, q->rclass));
    return build_finish(&b, q->edns);
}

#endif
