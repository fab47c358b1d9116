/*
 * fixture.h - what the tests of the cache have in common
 *
 * Names are written as text, addresses stand for data: an RRset of type A with the address 192.0.2.N is "data N".
 */
#ifndef RAIZ_TESTS_CACHE_FIXTURE_H
#define RAIZ_TESTS_CACHE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/cache.h"
#include "dns/types.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MIB      ((size_t)1 << 20)

static inline struct now at_ms(uint64_t ms)
{
    return (struct now){.mono_us = (UINT64_C(5000000) + ms) * US_PER_MS};
}

static inline struct now at_s(uint64_t s)
{
    return at_ms(s * 1000);
}

static inline struct cache_config config_of(size_t bytes)
{
    struct cache_config config = {.size_bytes = bytes, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    memcpy(config.hash_key, "a key for tests.", SIPHASH_KEY_SIZE);
    return config;
}

static inline struct cache *cache_of(size_t bytes)
{
    struct cache_config config = config_of(bytes);
    struct cache *c = cache_new(&config);
    assert_non_null(c);
    return c;
}

/* The name is valid until the eighth call from now. */
static inline struct dname name(const char *text)
{
    static struct dname_buf ring[8];
    static unsigned next;
    struct dname_buf *buf = &ring[next++ % COUNT(ring)];
    struct dname root = dname_root();
    assert_int_equal(dname_scan(text, strlen(text), &root, buf), DNS_OK);
    return dname_of(buf);
}

struct set_memory {
    _Alignas(8) uint8_t bytes[70000];
};

/* Data N of any type; `count` records that differ. */
static inline struct rrset *make_set(struct set_memory *m, const char *owner, uint16_t type, uint32_t ttl_s, uint8_t n,
                                     uint16_t count)
{
    static uint8_t rdata[1000][5];
    static struct rdata_ref refs[1000];
    assert_true(count <= COUNT(refs));
    for (uint16_t i = 0; i < count; i++) {
        uint8_t ip[] = {192, 0, (uint8_t)(2 + i / 256), (uint8_t)(n + i), 0};
        memcpy(rdata[i], ip, 5);
        refs[i] = (struct rdata_ref){.data = rdata[i], .len = 4};
    }
    assert_true(rrset_size(name(owner), refs, count, NULL, 0) <= sizeof m->bytes);
    struct rrset *set = (struct rrset *)(void *)m->bytes;
    rrset_fill(set, name(owner), type, ttl_s, refs, count, NULL, 0);
    return set;
}

static inline struct cache_origin origin_of(enum cache_rank rank, enum cache_security security)
{
    return (struct cache_origin){
        .rank = rank,
        .security = security,
        .server = {.family = ADDR_IP4, .port = 53, .ip = {198, 51, 100, 7}},
        .zone_labels = 1,
    };
}

static inline enum cache_put put_a(struct cache *c, const char *owner, uint32_t ttl_s, uint8_t n, enum cache_rank rank,
                                   struct now now)
{
    struct set_memory m;
    struct cache_origin o = origin_of(rank, SEC_UNCHECKED);
    return cache_put_rrset(c, make_set(&m, owner, DNS_TYPE_A, ttl_s, n, 1), &o, now);
}

/* Data number of the A record in the cache, -1: none, -2: NODATA. */
static inline int get_a(struct cache *c, const char *owner, struct now now)
{
    struct cache_hit hit;
    if (!cache_get(c, name(owner), DNS_TYPE_A, now, &hit)) {
        return -1;
    }
    return hit.negative ? -2 : rrset_first(hit.rrset).data[3];
}

static inline int thread_begin(void **state)
{
    (void)state;
    cache_thread_begin();
    return 0;
}

static inline int thread_end(void **state)
{
    (void)state;
    cache_thread_end();
    return 0;
}

#endif
