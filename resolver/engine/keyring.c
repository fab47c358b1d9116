/*
 * keyring.c - parsed keys of zones, kept as long as their DNSKEY set stays the same
 *
 * Parsing an RSA key costs as much as several checks with it. A short table, searched by a hash of the set: the zones
 * of the top are met with every cold name, and all others seldom twice.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/engine/trust.h"

struct keyring_entry {
    uint64_t used;
    struct rrset *set; /* malloc'ed; what the keys were made from */
    struct dnssec_keys *keys;
};

struct keyring {
    uint64_t turn;
    bool sha1; /* policy that the keys were made under */
    unsigned count;
    uint64_t hash[KEYRING_ZONES];
    struct keyring_entry entry[KEYRING_ZONES];
};

struct keyring *keyring_new(void)
{
    return calloc(1, sizeof(struct keyring));
}

static void drop(struct keyring_entry *e)
{
    dnssec_keys_free(e->keys);
    free(e->set);
    *e = (struct keyring_entry){0};
}

static void clear(struct keyring *k)
{
    for (unsigned i = 0; i < k->count; i++) {
        drop(&k->entry[i]);
    }
    k->count = 0;
}

void keyring_free(struct keyring *k)
{
    if (k != NULL) {
        clear(k);
        free(k);
    }
}

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32; /* the product carries nothing downwards */
}

/* Eight octets at a time. The sets are validated, nobody gains by a collision, and equality is checked. */
static uint64_t hash_of(const struct rrset *set)
{
    size_t n = set->size_bytes - sizeof *set, at = 0;
    uint64_t h = n, word = 0;

    for (; n - at >= sizeof word; at += sizeof word) {
        memcpy(&word, set->data + at, sizeof word);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, set->data + at, n - at);
    return mix(h, word);
}

static bool same(const struct rrset *a, const struct rrset *b)
{
    return a->size_bytes == b->size_bytes && a->count == b->count && a->owner_len == b->owner_len &&
           memcmp(a->data, b->data, a->size_bytes - sizeof *a) == 0;
}

static unsigned oldest(const struct keyring *k)
{
    unsigned at = 0;

    for (unsigned i = 1; i < k->count; i++) {
        if (k->entry[i].used < k->entry[at].used) {
            at = i;
        }
    }
    return at;
}

static unsigned place_for(struct keyring *k)
{
    if (k->count < KEYRING_ZONES) {
        return k->count++;
    }
    unsigned at = oldest(k);
    drop(&k->entry[at]);
    return at;
}

const struct dnssec_keys *keyring_get(struct keyring *k, const struct rrset *dnskey, const struct dnssec_policy *p)
{
    uint64_t hash = hash_of(dnskey);

    if (k->sha1 != p->sha1) {
        clear(k);
        k->sha1 = p->sha1;
    }
    for (unsigned i = 0; i < k->count; i++) {
        if (k->hash[i] == hash && same(k->entry[i].set, dnskey)) {
            k->entry[i].used = ++k->turn;
            return k->entry[i].keys;
        }
    }
    struct rrset *copy = malloc(dnskey->size_bytes);
    struct dnssec_keys *keys = dnssec_keys_new(dnskey, p);
    if (copy == NULL || keys == NULL) {
        free(copy);
        dnssec_keys_free(keys);
        return NULL;
    }
    memcpy(copy, dnskey, dnskey->size_bytes);
    unsigned at = place_for(k);
    k->hash[at] = hash;
    k->entry[at] = (struct keyring_entry){.used = ++k->turn, .set = copy, .keys = keys};
    return keys;
}
