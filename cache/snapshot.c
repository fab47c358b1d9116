/*
 * snapshot.c - the cache as a file
 */
#include "cache/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "cache/denial.h"
#include "cache/entry.h"
#include "cache/store.h"

#define ORDER      UINT32_C(0x01020304)
#define WALK_LINES 3          /* of the table in one go: some 15 entries */
#define BLOCK      (4u << 10) /* octets at which a block is made: more would be too much work in one go */
#define PASSES     2
#define TOGETHER   16 /* records are restored so many at a time */

static const char magic[8] = {'r', 'a', 'i', 'z', 'c', 'a', 'c', 'h'};

/* A record: as long as struct packed, whose place it takes when it is restored. The body follows. */
struct saved {
    uint32_t size; /* of the whole, a multiple of ENTRY_UNIT */
    int32_t left;  /* ticks, when the snapshot was begun; <= 0: ended, but kept */
    uint8_t kind, trust, zone, spare;
    uint16_t type, spare2;
};
static_assert(sizeof(struct saved) == sizeof(struct packed), "one is made of the other in place");

const char *snapshot_verdict_text(enum snapshot_verdict v)
{
    static const char *const texts[] = {
        [SNAPSHOT_GOOD] = "it is good",
        [SNAPSHOT_LAST] = "it is good",
        [SNAPSHOT_SHORT] = "it is cut short",
        [SNAPSHOT_NONE] = "it is no snapshot of a cache",
        [SNAPSHOT_OTHER_VERSION] = "it was written by another version, or on another kind of machine",
        [SNAPSHOT_FORGED] = "its checksum does not match: it is damaged, or was written under another key",
        [SNAPSHOT_FUTURE] = "it was written later than it is now: the clock was set back",
        [SNAPSHOT_MALFORMED] = "it holds a malformed record",
        [SNAPSHOT_NO_CRYPTO] = "the crypto library has no SHA-256, or there is no memory",
#define X(name, text) [SNAPSHOT_OTHER_TAG + SNAPSHOT_TAG_##name] = text,
        SNAPSHOT_TAGS(X)
#undef X
    };
    return texts[v];
}

static bool mac_of_head(const uint8_t *key, const struct snapshot_head *h, uint8_t *out)
{
    struct digest_part part = {h, offsetof(struct snapshot_head, mac)};
    return digest_hmac(key, &part, 1, out);
}

static bool mac_of_block(const uint8_t *key, const uint8_t *id, const struct snapshot_block *b, const uint8_t *records,
                         uint8_t *out)
{
    struct digest_part parts[] = {
        {id, SNAPSHOT_ID_SIZE}, {b, offsetof(struct snapshot_block, mac)}, {records, b->size}};
    return digest_hmac(key, parts, 3, out);
}

/* In a time that does not tell where they differ. */
static bool same_mac(const uint8_t *a, const uint8_t *b)
{
    uint8_t differ = 0;
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
        differ |= a[i] ^ b[i];
    }
    return differ == 0;
}

/* ---- writing ---- */

bool snapshot_begin(struct snapshot_writer *w, struct cache *c, const uint8_t key[static SNAPSHOT_KEY_SIZE],
                    const uint8_t id[static SNAPSHOT_ID_SIZE], const struct snapshot_tags *tags, struct now now,
                    struct snapshot_head *out)
{
    *w = (struct snapshot_writer){.cache = c, .tick = tick_of(now), .ended_ticks = ended_ticks(c), .room = 4 * BLOCK};
    memcpy(w->key, key, sizeof w->key);
    memcpy(w->id, id, sizeof w->id);
    memset(out, 0, sizeof *out);
    memcpy(out->magic, magic, sizeof magic);
    out->order = ORDER;
    out->version = SNAPSHOT_VERSION;
    out->wall_s = now.wall_s;
    memcpy(out->id, id, sizeof out->id);
    out->tags = *tags;
    w->pending = malloc(w->room);
    return w->pending != NULL && mac_of_head(key, out, out->mac);
}

static bool make_room(struct snapshot_writer *w, size_t n)
{
    if (w->length + n <= w->room) {
        return true;
    }
    uint8_t *more = realloc(w->pending, w->room + n + BLOCK);
    if (more == NULL) {
        w->lost = true;
        return false;
    }
    w->pending = more;
    w->room += n + BLOCK;
    return true;
}

static void save_entry(void *arg, struct entry *head)
{
    struct snapshot_writer *w = arg;
    const struct packed *e = packed_of(head);
    int32_t left = entry_left(head, w->tick);
    uint8_t marks = atomic_load_explicit(&head->marks, memory_order_relaxed);
    bool wanted = marks & ENTRY_VISITED;
    size_t n = (size_t)head->units * ENTRY_UNIT;

    if (wanted != (w->pass == 0) || head->kind == CACHE_FAILURE || (marks & ENTRY_ASIDE) != 0 ||
        entry_security(e) == SEC_BOGUS ||
        (left <= 0 && (head->kind == CACHE_DELEGATION || (uint32_t)-left >= w->ended_ticks)) || !make_room(w, n)) {
        return;
    }
    struct saved s = {.size = (uint32_t)n,
                      .left = left,
                      .kind = head->kind,
                      .trust = entry_trust(e),
                      .zone = e->zone,
                      .type = e->type};
    memcpy(w->pending + w->length, &s, sizeof s);
    memcpy(w->pending + w->length + sizeof s, e->body, n - sizeof s);
    w->length += n;
    w->entries++;
}

/* How much of what is pending makes a block, and of how many records. */
static size_t cut(const struct snapshot_writer *w, uint32_t *records)
{
    size_t at = 0;
    for (*records = 0; at < w->length; ++*records) {
        struct saved s;
        memcpy(&s, w->pending + at, sizeof s);
        if (at > 0 && at + s.size > BLOCK) { /* a large record is a block of its own */
            break;
        }
        at += s.size;
    }
    return at;
}

/* What the last block held goes. */
static void drop_written(struct snapshot_writer *w)
{
    memmove(w->pending, w->pending + w->written, w->length - w->written);
    w->length -= w->written;
    w->written = 0;
}

bool snapshot_gather(struct snapshot_writer *w)
{
    drop_written(w);
    if (!w->walked && w->length < BLOCK) {
        w->cursor = table_walk(w->cache->names, w->cursor, WALK_LINES, save_entry, w);
        if (w->cursor == 0) {
            w->walked = ++w->pass == PASSES;
        }
    }
    return w->walked || w->length >= BLOCK;
}

bool snapshot_next(struct snapshot_writer *w, struct snapshot_block *head, const uint8_t **records)
{
    while (!snapshot_gather(w)) {
    }
    if (w->walked && w->length == 0 && w->number > 0) {
        return false;
    }
    memset(head, 0, sizeof *head);
    head->size = (uint32_t)cut(w, &head->records);
    head->number = w->number++;
    head->last = w->walked && head->size == w->length;
    *records = w->pending;
    w->written = head->size;
    if (!mac_of_block(w->key, w->id, head, w->pending, head->mac)) {
        w->walked = false;
        return false;
    }
    return true;
}

void snapshot_end(struct snapshot_writer *w)
{
    free(w->pending);
    w->pending = NULL;
}

/* ---- reading ---- */

enum snapshot_verdict snapshot_open(struct snapshot_reader *r, struct cache *c,
                                    const uint8_t key[static SNAPSHOT_KEY_SIZE], const struct snapshot_tags *tags,
                                    const struct snapshot_head *head, struct now now)
{
    uint8_t mac[DIGEST_SHA256_SIZE];
    *r = (struct snapshot_reader){
        .cache = c, .wall_s = head->wall_s, .unkeyed = r->unkeyed, .rest = r->rest, .rest_arg = r->rest_arg};
    memcpy(r->key, key, sizeof r->key);
    memcpy(r->id, head->id, sizeof r->id);
    if (memcmp(head->magic, magic, sizeof magic) != 0) {
        return SNAPSHOT_NONE;
    }
    if (head->order != ORDER || head->version != SNAPSHOT_VERSION) {
        return SNAPSHOT_OTHER_VERSION;
    }
    if (!mac_of_head(key, head, mac)) {
        return SNAPSHOT_NO_CRYPTO;
    }
    if (!r->unkeyed && !same_mac(mac, head->mac)) {
        return SNAPSHOT_FORGED;
    }
    for (unsigned i = 0; i < SNAPSHOT_TAG_COUNT; i++) {
        if (memcmp(head->tags.tag[i], tags->tag[i], SNAPSHOT_TAG_SIZE) != 0) {
            return (enum snapshot_verdict)(SNAPSHOT_OTHER_TAG + i);
        }
    }
    return head->wall_s > now.wall_s + SNAPSHOT_CLOCK_S ? SNAPSHOT_FUTURE : SNAPSHOT_GOOD;
}

/* The spans of a denial, which came with it validated and signed by the zone of its SOA. The sets are cut to what is
 * left of their time. */
static void restore_spans(struct cache *c, struct packed *e, uint32_t left_s, struct now now)
{
    struct negative *n = (struct negative *)(void *)e->body;
    size_t at = (sizeof *n + n->name_len + 3u) & ~(size_t)3;
    struct rrset *soa = (struct rrset *)(void *)(e->body + at);
    if (n->first != FIRST_SOA) {
        return;
    }
    soa->ttl_s = soa->ttl_s < left_s ? soa->ttl_s : left_s;
    at += (soa->size_bytes + 3u) & ~3u;
    for (unsigned i = 0; i < n->proof_count; i++) {
        struct rrset *proof = (struct rrset *)(void *)(e->body + at);
        at += (proof->size_bytes + 3u) & ~3u;
        proof->ttl_s = proof->ttl_s < left_s ? proof->ttl_s : left_s;
        denial_put(c, rrset_owner(soa), proof, soa, now);
    }
}

/* A record that has been found to be good. */
struct known {
    struct packed *entry;
    size_t size;
    int32_t left; /* ticks, when the snapshot was begun */
    uint64_t hash;
};

/* The entry takes its place, unless something newer that still counts has it. */
static bool insert(struct cache *c, const struct known *k, int32_t left, uint32_t tick)
{
    const struct packed *e = k->entry;
    struct entry_key key = {.kind = (enum cache_kind)e->head.kind, .type = e->type, .name = entry_name(e)};
    struct table_write w;
    bool done = false;
    put_note_type(c, key.kind, key.type);
    table_begin(&w, c->names, k->hash, tick, entry_match, &key);
    if (w.old == NULL || entry_left(w.old, tick) < left) {
        struct entry *fresh = w.old == NULL || entry_left(w.old, tick) <= 0 ? table_reserve(&w, k->size) : NULL;
        if (fresh != NULL) {
            struct packed *to = (struct packed *)(void *)fresh;
            fresh->kind = e->head.kind;
            atomic_store_explicit(&fresh->expires, tick + (uint32_t)left, memory_order_relaxed);
            to->type = e->type;
            atomic_init(&to->trust, entry_trust(e));
            to->zone = e->zone;
            memcpy(to->body, e->body, k->size - sizeof *e);
            done = table_commit(&w);
        }
    }
    table_end(&w);
    return done;
}

/* Ticks since the snapshot was made, at most as many as end everything: the file may name any time. */
static int64_t age_of(const struct snapshot_reader *r, struct now now)
{
    if (r->wall_s >= now.wall_s) {
        return 0;
    }
    return r->wall_s > now.wall_s - INT32_MAX ? (now.wall_s - r->wall_s) * TICKS_PER_S
                                              : (int64_t)INT32_MAX * TICKS_PER_S;
}

static void restore(struct snapshot_reader *r, const struct known *k, struct now now)
{
    struct cache *c = r->cache;
    struct packed *e = k->entry;
    int64_t left = k->left - age_of(r, now);
    if (left <= 0 && (e->head.kind == CACHE_DELEGATION || -left >= (int64_t)ended_ticks(c))) {
        r->ended++;
        return;
    }
    if (k->size > table_entry_max(c->names) || !insert(c, k, (int32_t)left, tick_of(now))) {
        r->kept++;
        return;
    }
    r->restored++;
    if (left > 0 && entry_security(e) == SEC_SECURE && entry_is_laid_out_negative(e)) {
        restore_spans(c, e, (uint32_t)((uint64_t)left / TICKS_PER_S), now);
    }
}

/* The record at p, of which n octets are there. False: malformed. */
static bool look_at(const struct snapshot_reader *r, uint8_t *p, size_t n, struct known *out)
{
    struct saved s;
    if (n < sizeof s) {
        return false;
    }
    memcpy(&s, p, sizeof s);
    if (s.size < sizeof s || s.size > n || s.size % ENTRY_UNIT != 0 ||
        s.left > (int32_t)(ENTRY_TTL_MAX_S * TICKS_PER_S)) {
        return false;
    }
    struct packed *e = (struct packed *)(void *)p;
    memset(e, 0, sizeof *e);
    e->head.kind = s.kind;
    e->type = s.type;
    atomic_init(&e->trust, s.trust);
    e->zone = s.zone;
    if (!entry_check(e, s.size)) {
        return false;
    }
    uint64_t name = cache_name_of(r->cache, entry_name(e)).hash;
    *out = (struct known){
        .entry = e, .size = s.size, .left = s.left, .hash = name_variant(name, (enum cache_kind)s.kind, s.type)};
    table_expect(r->cache->names, out->hash);
    return true;
}

enum snapshot_verdict snapshot_restore(struct snapshot_reader *r, const struct snapshot_block *head, uint8_t *records,
                                       struct now now)
{
    uint8_t mac[DIGEST_SHA256_SIZE];
    if (!snapshot_block_fits(head) || head->number != r->number++) {
        return SNAPSHOT_FORGED;
    }
    if (!r->unkeyed) {
        if (!mac_of_block(r->key, r->id, head, records, mac)) {
            return SNAPSHOT_NO_CRYPTO;
        }
        if (!same_mac(mac, head->mac)) {
            return SNAPSHOT_FORGED;
        }
    }
    /* Some at a time: while one is looked at, the memory that the others before it will go to is on its way. */
    struct known known[TOGETHER];
    uint32_t count = 0;
    bool good = true;
    for (size_t at = 0; good && at < head->size;) {
        unsigned n = 0;
        while (n < TOGETHER && at < head->size && (good = look_at(r, records + at, head->size - at, &known[n]))) {
            at += known[n++].size;
        }
        for (unsigned i = 0; i < n; i++) {
            restore(r, &known[i], now);
        }
        count += n;
        if (r->rest != NULL) {
            r->rest(r->rest_arg);
        }
    }
    if (!good || count != head->records) {
        return SNAPSHOT_MALFORMED;
    }
    return head->last ? SNAPSHOT_LAST : SNAPSHOT_GOOD;
}
