/* A zone's servers beside a cache of their own, for tests of which one is asked. */
#ifndef RAIZ_SERVERS_SUPPORT_H
#define RAIZ_SERVERS_SUPPORT_H

#include "resolver/engine/servers.h"

#include "support.h"

static const struct now start = {.mono_us = 1000 * US_PER_S, .wall_s = 1767225600};
static const struct engine_settings dual = {.ipv4 = true, .ipv6 = true, .port = 53};

struct bench {
    struct cache *cache;
    struct arena arena;
    struct rng_seeded rng;
    struct servers s;
};

static inline int setup(void **state)
{
    static struct bench b;
    struct cache_config config = {
        .size_bytes = 1u << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600, .hash_key = {1, 2, 3}};
    cache_thread_begin();
    b.cache = cache_new(&config);
    arena_init(&b.arena, NULL, 0, 64u << 20);
    rng_seeded_init(&b.rng, 11);
    *state = &b;
    return b.cache != NULL ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct bench *b = *state;
    cache_quiescent();
    cache_free(b->cache);
    cache_thread_end();
    arena_release(&b->arena);
    return 0;
}

static inline struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 0, &a));
    return a;
}

/* "example.com. | ns1.example.com. 192.0.2.1 2001:db8::1 | ns2.example.net." */
static inline const struct delegation *cut_in(struct bench *b, const char *text, enum delegation_kind kind)
{
    struct delegation_builder d;
    char word[DNAME_TEXT_MAX];
    int ns = -1;
    bool name_next = false;

    text = word_in(text, word, sizeof word);
    delegation_begin(&d, NAME(word), kind, 300);
    while (*text != '\0') {
        text = word_in(text, word, sizeof word);
        if (strcmp(word, "|") == 0) {
            name_next = true;
        } else if (name_next) {
            ns = strcmp(word, "-") == 0 ? -1 : delegation_add_ns(&d, NAME(word));
            name_next = false;
        } else {
            struct addr a = address(word);
            delegation_add_addr(&d, ns, &a);
        }
    }
    const struct delegation *cut = delegation_pack(&d, &b->arena);
    assert_non_null(cut);
    return cut;
}

static inline void begin(struct bench *b, const char *cut, const struct engine_settings *set)
{
    assert_true(servers_init(&b->s, cut_in(b, cut, DELEGATION_REFERRAL), set, b->cache, start, &b->arena));
}

static inline struct pick pick(struct bench *b)
{
    return servers_pick(&b->s, b->cache, &dual, &b->rng.rng, start);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
