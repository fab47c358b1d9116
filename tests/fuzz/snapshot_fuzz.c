/*
 * snapshot_fuzz.c - a saved cache that holds anything: load, look at all that came of it, save it again
 *
 * Checksums are not looked at, so that what is behind them is reached: the shape of every record must be checked before
 * it is believed. Whatever was restored can be walked, answered from and saved; what is saved is restored as it was.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cache/denial.h"
#include "cache/snapshot.h"
#include "dns/rdata.h"
#include "dns/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct now begin = {.mono_us = UINT64_C(5000000000), .wall_s = 1767268800};
static const uint8_t key[SNAPSHOT_KEY_SIZE] = "key";

static struct cache *new_cache(void)
{
    struct cache_config config = {.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    struct cache *c = cache_new(&config);
    assert(c != NULL);
    cache_keep_ended(c, 3600);
    return c;
}

/* Reads every octet of a set the way answers do. */
static unsigned read_set(const struct rrset *set)
{
    unsigned sum = 0;
    if (set == NULL) {
        return 0;
    }
    assert(set->count > 0 && rrset_owner(set).len > 0);
    struct rrset_iter its[] = {rrset_rrs(set), rrset_sigs(set)};
    for (unsigned i = 0; i < 2; i++) {
        struct rdata_ref rr;
        while (rrset_next(&its[i], &rr)) {
            assert(rdata_check(i == 0 ? set->type : DNS_TYPE_RRSIG, rr.data, rr.len) == DNS_OK);
            for (uint16_t k = 0; k < rr.len; k++) {
                sum += rr.data[k];
            }
        }
    }
    return sum;
}

struct look {
    struct cache *c;
    uint64_t entries;
    unsigned sum;
};

static void look_at(void *arg, const struct cache_hit *hit)
{
    struct look *l = arg;
    struct cache_hit again;
    struct cache_name n = cache_name_of(l->c, hit->name);
    assert(hit->origin.security != SEC_BOGUS && hit->kind != CACHE_FAILURE && hit->ttl_s > 0);
    assert(cache_find(l->c, &n, hit->kind, hit->type, begin, &again));
    l->sum += read_set(hit->rrset) + read_set(hit->soa);
    for (unsigned i = 0; i < hit->proof_count; i++) {
        l->sum += read_set(hit->proof[i]);
    }
    for (unsigned i = 0; hit->delegation != NULL && i < hit->delegation->ns_count; i++) {
        l->sum += delegation_ns(hit->delegation, i).len;
    }
    for (unsigned i = 0; hit->delegation != NULL && i < hit->delegation->addr_count; i++) {
        l->sum += delegation_addr_of(&delegation_addrs(hit->delegation)[i], 53).port;
    }
    l->entries++;
}

static struct look look(struct cache *c)
{
    struct look l = {.c = c};
    for (uint64_t cursor = 0; (cursor = cache_walk(c, cursor, 1000, begin, look_at, &l)) != 0;) {
    }
    assert(cache_check(c));
    return l;
}

static void load(struct cache *c, const uint8_t *data, size_t size)
{
    static _Alignas(8) uint8_t records[SNAPSHOT_BLOCK_MAX];
    struct snapshot_reader r = {.unkeyed = true};
    struct snapshot_head head;
    struct snapshot_block block;
    if (size < sizeof head) {
        return;
    }
    memcpy(&head, data, sizeof head);
    enum snapshot_verdict v = snapshot_open(&r, c, key, &head.tags, &head, begin);
    for (size_t at = sizeof head; v == SNAPSHOT_GOOD && size - at >= sizeof block;) {
        memcpy(&block, data + at, sizeof block);
        at += sizeof block;
        if (!snapshot_block_fits(&block) || size - at < block.size) {
            break;
        }
        memcpy(records, data + at, block.size);
        at += block.size;
        v = snapshot_restore(&r, &block, records, begin);
    }
}

/* Saved and restored, it is the same. */
static void again(struct cache *c, const struct look *was)
{
    struct cache *other = new_cache();
    struct snapshot_writer w;
    struct snapshot_reader r = {0};
    struct snapshot_head head;
    struct snapshot_block block;
    struct snapshot_tags tags = {0};
    const uint8_t *records;
    static _Alignas(8) uint8_t copy[SNAPSHOT_BLOCK_MAX];
    enum snapshot_verdict v = SNAPSHOT_GOOD;
    assert(snapshot_begin(&w, c, key, key, &tags, begin, &head));
    assert(snapshot_open(&r, other, key, &tags, &head, begin) == SNAPSHOT_GOOD);
    while (snapshot_next(&w, &block, &records)) {
        assert(v == SNAPSHOT_GOOD);
        memcpy(copy, records, block.size);
        v = snapshot_restore(&r, &block, copy, begin);
    }
    snapshot_end(&w);
    assert(v == SNAPSHOT_LAST);
    struct look is = look(other);
    assert(is.entries == was->entries && is.sum == was->sum);
    cache_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool registered;
    if (!registered) {
        cache_thread_begin();
        registered = true;
    }
    struct cache *c = new_cache();
    load(c, data, size);
    struct look l = look(c);
    again(c, &l);
    cache_quiescent();
    cache_free(c);
    return 0;
}
