/*
 * seen.c - signatures that were good before: a table of digests in small groups
 */
#include "resolver/dnssec/seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WAYS   8u
#define GROUPS (DNSSEC_SEEN_MAX / WAYS)
static_assert((GROUPS & (GROUPS - 1)) == 0, "a power of two");

struct group {
    struct seen_check way[WAYS];
};

struct dnssec_seen {
    uint8_t next[GROUPS]; /* way that the next one takes: in turn */
    struct group group[GROUPS];
};

struct dnssec_seen *dnssec_seen_new(void)
{
    return calloc(1, sizeof(struct dnssec_seen));
}

void dnssec_seen_free(struct dnssec_seen *s)
{
    free(s);
}

static size_t place_of(const struct seen_check *c)
{
    uint32_t first;

    memcpy(&first, c->digest, sizeof first);
    return first & (GROUPS - 1);
}

bool dnssec_seen_check(struct rdata_ref key, struct rdata_ref signature, const uint8_t *data, size_t n,
                       struct seen_check *out)
{
    const uint8_t sizes[4] = {(uint8_t)(key.len >> 8), (uint8_t)key.len, (uint8_t)(signature.len >> 8),
                              (uint8_t)signature.len};
    const struct digest_part part[] = {
        {sizes, sizeof sizes}, {key.data, key.len}, {signature.data, signature.len}, {data, n}};

    return digest_sha256_parts(part, sizeof part / sizeof part[0], out->digest);
}

bool dnssec_seen_has(const struct dnssec_seen *s, const struct seen_check *c)
{
    const struct group *g = &s->group[place_of(c)];

    for (unsigned i = 0; i < WAYS; i++) {
        if (memcmp(g->way[i].digest, c->digest, sizeof c->digest) == 0) {
            return true;
        }
    }
    return false;
}

void dnssec_seen_add(struct dnssec_seen *s, const struct seen_check *c)
{
    size_t at = place_of(c);

    s->group[at].way[s->next[at]] = *c;
    s->next[at] = (uint8_t)((s->next[at] + 1u) % WAYS);
}
