/*
 * snapshot.h - the cache as a file, so that it outlives the process
 *
 * A snapshot is a head and blocks of records; a record is an entry as it lies in memory (entry.h), without its place
 * there. Each part carries a keyed checksum over itself, its number and the file's own random id: nothing of it can be
 * changed, moved, left out or brought in from another file without the key, and the last block says that it is the
 * last.
 *
 *     head    magic, byte order, version, when it was written, id, under what it was learnt (tags), HMAC-SHA256
 *     block   { size, number, records, last, HMAC-SHA256 } { struct saved, body } { struct saved, body } ...
 *
 * What it cannot vouch for is dropped: a head of another version, key or configuration means no snapshot, and a damaged
 * block ends it; blocks before are good, each by itself. Although the checksum says that the octets are our own, every
 * record is checked in its shape before it is believed (entry_check.c).
 *
 * Entries age by the wall clock while they are in a file. What the cache has learnt since it was started is newer and
 * stays. Trust and origin are kept. Saved are data, denials and delegations; failures are not, nor what is bogus. Spans
 * of names that do not exist are made again from the validated denials that they came with. What was asked for lately
 * comes first in the file, so that it is there first.
 *
 * Input and output are the caller's (resolver/saver.c). Memory: a writer holds a buffer of a few blocks.
 * Threads: a writer or reader belongs to one thread, which is a reader of the cache and reports quiescent states
 * between calls. Neither holds up anybody: writing takes no lock, restoring locks one shard for one entry at a time.
 */
#ifndef RAIZ_CACHE_SNAPSHOT_H
#define RAIZ_CACHE_SNAPSHOT_H

#include "cache/cache.h"
#include "dns/digest.h"

#define SNAPSHOT_VERSION   1
#define SNAPSHOT_KEY_SIZE  DIGEST_HMAC_KEY_SIZE
#define SNAPSHOT_ID_SIZE   16
#define SNAPSHOT_TAG_SIZE  16
#define SNAPSHOT_BLOCK_MAX (256u << 10) /* octets of records */
#define SNAPSHOT_CLOCK_S   60 /* so far ahead of the clock a snapshot may be: clocks are corrected at the start */

/* What must be the same for a snapshot to be believed: digests of settings. */
#define SNAPSHOT_TAGS(X)                                                                                               \
    X(TRUST, "trust anchors, or validation, are others")                                                               \
    X(EXEMPT, "negative trust anchors are others")                                                                     \
    X(UPSTREAM, "forward or stub zones, or the root's servers, are others")
enum snapshot_tag {
#define X(name, text) SNAPSHOT_TAG_##name,
    SNAPSHOT_TAGS(X)
#undef X
        SNAPSHOT_TAG_COUNT
};
struct snapshot_tags {
    uint8_t tag[SNAPSHOT_TAG_COUNT][SNAPSHOT_TAG_SIZE];
};

enum snapshot_verdict {
    SNAPSHOT_GOOD,
    SNAPSHOT_LAST, /* the same, and there is no more */
    SNAPSHOT_SHORT,
    SNAPSHOT_NONE,
    SNAPSHOT_OTHER_VERSION,
    SNAPSHOT_FORGED,
    SNAPSHOT_FUTURE,
    SNAPSHOT_MALFORMED,
    SNAPSHOT_NO_CRYPTO,
    SNAPSHOT_OTHER_TAG, /* + enum snapshot_tag */
};
const char *snapshot_verdict_text(enum snapshot_verdict v);

/* ---- writing ---- */

struct snapshot_head {
    char magic[8];
    uint32_t order, version;
    int64_t wall_s;
    uint8_t id[SNAPSHOT_ID_SIZE];
    struct snapshot_tags tags;
    uint8_t mac[DIGEST_SHA256_SIZE];
};
static_assert(sizeof(struct snapshot_head) == 120, "no padding");

struct snapshot_block {
    uint32_t size, number, records, last;
    uint8_t mac[DIGEST_SHA256_SIZE];
};
static_assert(sizeof(struct snapshot_block) == 48, "no padding");

struct snapshot_writer {
    struct cache *cache;
    uint8_t key[SNAPSHOT_KEY_SIZE];
    uint8_t id[SNAPSHOT_ID_SIZE];
    uint32_t tick, ended_ticks; /* of the start */
    uint64_t cursor;
    unsigned pass; /* 0: what was asked for lately; 1: the rest */
    uint32_t number;
    bool walked, lost; /* lost: some entries for want of memory */
    uint64_t entries;
    uint8_t *pending;
    size_t length, room, written; /* octets: pending, of them in the last block */
};

/* id is random. False: no memory, or no SHA-256. */
bool snapshot_begin(struct snapshot_writer *w, struct cache *c, const uint8_t key[static SNAPSHOT_KEY_SIZE],
                    const uint8_t id[static SNAPSHOT_ID_SIZE], const struct snapshot_tags *tags, struct now now,
                    struct snapshot_head *out);
/* Looks through a few more entries. True: there is enough for a block, or nothing is left to look at. */
bool snapshot_gather(struct snapshot_writer *w);
/* The next block, which gathers what it lacks: its head to *head, its records at *records. False: there are no more, or
 * no SHA-256 (w->walked tells). */
bool snapshot_next(struct snapshot_writer *w, struct snapshot_block *head, const uint8_t **records);
void snapshot_end(struct snapshot_writer *w);

/* ---- reading ---- */

struct snapshot_reader {
    struct cache *cache;
    uint8_t key[SNAPSHOT_KEY_SIZE];
    uint8_t id[SNAPSHOT_ID_SIZE];
    int64_t wall_s;
    uint32_t number;
    bool unkeyed;                   /* checksums are not looked at; for the fuzzer */
    void (*rest)(void *arg);        /* called after every few records, so that others have their turn; or NULL */
    void *rest_arg;                 /* these three are set before snapshot_open */
    uint64_t restored, ended, kept; /* entries; too old; the cache had better */
};

enum snapshot_verdict snapshot_open(struct snapshot_reader *r, struct cache *c,
                                    const uint8_t key[static SNAPSHOT_KEY_SIZE], const struct snapshot_tags *tags,
                                    const struct snapshot_head *head, struct now now);
/* Can a block's head be right? Then `size` octets follow. */
static inline bool snapshot_block_fits(const struct snapshot_block *head)
{
    return head->size <= SNAPSHOT_BLOCK_MAX && head->size % 8 == 0;
}
/* The records are aligned to 8 and are written to. */
enum snapshot_verdict snapshot_restore(struct snapshot_reader *r, const struct snapshot_block *head, uint8_t *records,
                                       struct now now);

#endif
