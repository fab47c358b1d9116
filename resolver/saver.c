/*
 * saver.c - the cache in the state folder
 */
#include "resolver/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/snapshot.h"
#include "resolver/io/clock.h"
#include "resolver/io/entropy.h"
#include "resolver/io/rest.h"
#include "resolver/mail.h"
#include "resolver/saver_files.h"
#include "resolver/saver_tags.h"

enum work { WORK_NONE, WORK_LOAD, WORK_SAVE, WORK_LOAD_ASKED };

struct saver {
    struct loop *loop;
    struct log *log;
    struct cache *cache;
    struct loop_timer *timer;
    const struct world *const *world;
    uint32_t interval_s;
    bool keyed;    /* there is a key */
    bool complete; /* all that was saved is in the cache, or has been dropped */
    bool held;     /* the cache holds what the world's tags do not stand for */
    enum work work;
    pthread_t thread;
    struct rest rest; /* of its thread */
    _Atomic bool done, stop;
    _Atomic unsigned halt; /* a verdict: do not load on, because of this; SNAPSHOT_GOOD: do */
    int given;             /* what is to be loaded; -1: what was saved */
    struct saver_loaded loaded;
    struct mail *letter; /* for the end of a load that somebody waits for */
    saver_told *told;
    void *told_arg;
    char folder[PATH_MAX];
    uint8_t key[SNAPSHOT_KEY_SIZE];
    struct snapshot_tags tags; /* of the work under way */
};

static bool stopped(const struct saver *s)
{
    return atomic_load_explicit(&s->stop, memory_order_relaxed);
}

/* After each piece of work clients go first, unless raizd is ending. Offline: nobody waits for a thread that rests. */
static void have_rest(void *arg)
{
    struct saver *s = arg;
    cache_offline();
    if (!stopped(s)) {
        rest_after(&s->rest);
    }
    cache_online();
}

/* ---- loading ---- */

static enum snapshot_verdict load_blocks(struct saver *s, int fd, struct snapshot_reader *r)
{
    enum snapshot_verdict v = SNAPSHOT_GOOD;
    uint8_t *records = malloc(SNAPSHOT_BLOCK_MAX);
    if (records == NULL) {
        return SNAPSHOT_NO_CRYPTO;
    }
    rest_begin(&s->rest);
    while (v == SNAPSHOT_GOOD && !stopped(s)) {
        struct snapshot_block head;
        cache_offline();
        bool there =
            saver_read(fd, &head, sizeof head) && snapshot_block_fits(&head) && saver_read(fd, records, head.size);
        cache_online();
        unsigned halt = atomic_load_explicit(&s->halt, memory_order_relaxed);
        v = halt != SNAPSHOT_GOOD ? (enum snapshot_verdict)halt
            : there               ? snapshot_restore(r, &head, records, clock_now())
                                  : SNAPSHOT_SHORT;
        cache_quiescent();
    }
    free(records);
    return v;
}

static void say_loaded(struct saver *s, const struct snapshot_reader *r, enum snapshot_verdict v)
{
    if (v == SNAPSHOT_LAST) {
        log_info(s->log,
                 "cache: %" PRIu64 " entries restored in %" PRIu64 " ms, saved %" PRId64 " s ago; %" PRIu64
                 " had ended, %" PRIu64 " were not needed or did not fit",
                 r->restored, s->loaded.took_us / US_PER_MS, s->loaded.age_s, r->ended, r->kept);
    } else if (v == SNAPSHOT_GOOD) {
        log_info(s->log, "cache: stopped while the saved one was being restored; it stays as it is");
    } else {
        log_warning(s->log,
                    "cache: the snapshot is dropped from its block %" PRIu32 " on, because %s; %" PRIu64
                    " entries before it are restored",
                    r->number, snapshot_verdict_text(v), r->restored);
    }
}

static void load(struct saver *s)
{
    struct now begun = clock_now();
    struct snapshot_head head;
    struct snapshot_reader r = {.rest = s->work == WORK_LOAD_ASKED ? have_rest : NULL,
                                .rest_arg = s}; /* a start is urgent */
    s->loaded = (struct saver_loaded){.why = "there is none, or it is refused; the log says why"};
    int fd = s->given >= 0 ? s->given : saver_open(s->folder, s->log);
    if (fd < 0) {
        return;
    }
    enum snapshot_verdict v = SNAPSHOT_SHORT;
    if (saver_read(fd, &head, sizeof head)) {
        v = snapshot_open(&r, s->cache, s->key, &s->tags, &head, begun);
    }
    bool open = v == SNAPSHOT_GOOD;
    v = open ? load_blocks(s, fd, &r) : v;
    struct now now = clock_now();
    s->loaded = (struct saver_loaded){.why = v == SNAPSHOT_LAST   ? NULL
                                             : v == SNAPSHOT_GOOD ? "raizd is ending"
                                                                  : snapshot_verdict_text(v),
                                      .restored = r.restored,
                                      .ended = r.ended,
                                      .kept = r.kept,
                                      .took_us = now.mono_us - begun.mono_us,
                                      .age_s = now.wall_s - r.wall_s};
    if (open) {
        say_loaded(s, &r, v);
    } else {
        log_warning(s->log, "cache: the snapshot is dropped, because %s", snapshot_verdict_text(v));
    }
    close(fd);
}

/* ---- saving ---- */

static bool save_blocks(struct saver *s, struct snapshot_writer *w, int fd, uint64_t *bytes)
{
    struct snapshot_block head;
    const uint8_t *records;
    bool ok = true;
    rest_begin(&s->rest);
    do {
        while (!snapshot_gather(w)) {
            have_rest(s);
        }
        if (!snapshot_next(w, &head, &records)) {
            break;
        }
        have_rest(s); /* the checksum is a piece of work of its own */
        ok = saver_write(fd, &head, sizeof head) && saver_write(fd, records, head.size);
        *bytes += sizeof head + head.size;
        have_rest(s);
        saver_written(fd, *bytes, sizeof head + head.size);
        have_rest(s);
    } while (ok);
    return ok && w->walked && w->length == 0;
}

static void save(struct saver *s)
{
    struct now begun = clock_now();
    struct snapshot_head head;
    struct snapshot_writer w;
    struct entropy entropy;
    uint8_t id[SNAPSHOT_ID_SIZE];
    uint64_t bytes = sizeof head;
    char error[PATH_MAX + 100];
    entropy_init(&entropy);
    entropy.rng.fill(&entropy.rng, id, sizeof id);
    int fd = saver_create(s->folder, error, sizeof error);
    if (fd < 0) {
        log_warning(s->log, "cache: not saved: %s", error);
        return;
    }
    bool ok = snapshot_begin(&w, s->cache, s->key, id, &s->tags, begun, &head) && saver_write(fd, &head, sizeof head) &&
              save_blocks(s, &w, fd, &bytes);
    snapshot_end(&w);
    int why = errno, last = saver_last(s->folder);
    cache_offline();
    ok = saver_finish(s->folder, fd, ok, why, error, sizeof error);
    cache_online();
    saver_let_go(last, have_rest, s);
    if (!ok) {
        log_warning(s->log, "cache: not saved: %s", error);
        return;
    }
    log_info(s->log, "cache: %" PRIu64 " entries saved, %" PRIu64 " octets, in %" PRIu64 " ms%s", w.entries, bytes,
             (clock_now().mono_us - begun.mono_us) / US_PER_MS, w.lost ? "; some did not fit into memory" : "");
}

/* ---- the helper ---- */

static void *run(void *arg)
{
    struct saver *s = arg;
    bool loads = s->work != WORK_SAVE;
    struct mail *letter = s->letter;
    pthread_setname_np(pthread_self(), loads ? "raizd-load" : "raizd-save");
    cache_thread_begin();
    if (loads) {
        load(s);
    } else {
        save(s);
    }
    cache_thread_end();
    s->letter = NULL;
    atomic_store_explicit(&s->done, true, memory_order_release);
    if (letter != NULL && !loop_post(s->loop, letter, 0)) {
        free(letter);
    }
    return NULL;
}

static void begin(struct saver *s, enum work work)
{
    s->work = work;
    atomic_store_explicit(&s->done, false, memory_order_relaxed);
    atomic_store_explicit(&s->halt, SNAPSHOT_GOOD, memory_order_relaxed);
    saver_tags(*s->world, &s->tags);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        s->work = WORK_NONE;
        log_warning(s->log, "cache: the system gives no thread to %s it", work == WORK_SAVE ? "save" : "restore");
    }
}

/* Waits for the helper, if there is one. The main thread's pointers into the cache are void afterwards. */
static void join(struct saver *s)
{
    enum work work = s->work;
    if (work != WORK_NONE) {
        cache_offline();
        pthread_join(s->thread, NULL);
        cache_online();
        s->complete |= work == WORK_LOAD;
        s->work = WORK_NONE;
    }
    if (work == WORK_LOAD_ASKED) {
        s->told(s->told_arg, &s->loaded);
    }
}

static bool is_busy(const struct saver *s)
{
    return s->work != WORK_NONE && !atomic_load_explicit(&s->done, memory_order_acquire);
}

/* Why nothing can be saved or loaded now; NULL: it can. */
static const char *not_now(struct saver *s)
{
    if (s->interval_s == 0) {
        return "cache.snapshot.interval is 0s: the cache is neither saved nor restored";
    }
    if (is_busy(s)) {
        return s->work == WORK_SAVE ? "the cache is being saved already" : "the cache is being restored";
    }
    join(s);
    if (s->held) {
        return "the settings have changed, and what was learnt under the old ones is being forgotten: try again in a "
               "moment";
    }
    return s->keyed && s->complete ? NULL : "there is no key to save it under; the log says why";
}

static void wind(struct saver *s, struct now now)
{
    loop_timer_set(s->timer, s->interval_s > 0 ? now.mono_us + s->interval_s * US_PER_S : UINT64_MAX);
}

const char *saver_save(struct saver *s)
{
    const char *why = not_now(s);
    if (why == NULL) {
        begin(s, WORK_SAVE);
        why = s->work == WORK_SAVE ? NULL : "the system gives no thread";
    }
    return why;
}

const char *saver_load(struct saver *s, int fd, saver_told *told, void *arg)
{
    const char *why = not_now(s);
    why = why == NULL && fd >= 0 ? saver_given(fd) : why;
    if (why == NULL) {
        s->letter = mail_asked_new(MAIL_LOADED, 0, 0);
        s->given = fd;
        s->told = told;
        s->told_arg = arg;
        why = s->letter == NULL ? "out of memory" : NULL;
    }
    if (why == NULL) {
        struct mail *letter = s->letter;
        begin(s, WORK_LOAD_ASKED);
        if (s->work != WORK_NONE) {
            return NULL;
        }
        free(letter);
        s->letter = NULL;
        why = "the system gives no thread";
    }
    if (fd >= 0) {
        close(fd);
    }
    return why;
}

void saver_joins(struct saver *s)
{
    if (!is_busy(s)) {
        join(s);
    }
}

void saver_world(struct saver *s)
{
    struct snapshot_tags tags;
    if (!is_busy(s) || s->work == WORK_SAVE) {
        return;
    }
    saver_tags(*s->world, &tags);
    for (unsigned i = 0; i < SNAPSHOT_TAG_COUNT; i++) {
        if (memcmp(tags.tag[i], s->tags.tag[i], SNAPSHOT_TAG_SIZE) != 0) {
            atomic_store_explicit(&s->halt, SNAPSHOT_OTHER_TAG + i, memory_order_relaxed);
            join(s);
            return;
        }
    }
}

void saver_hold(struct saver *s, bool hold)
{
    s->held = hold;
}

static void on_time(void *arg, struct now now)
{
    struct saver *s = arg;
    if (!is_busy(s)) {
        join(s);
        if (s->complete && s->keyed && !s->held) {
            begin(s, WORK_SAVE);
        }
    }
    wind(s, now);
}

struct saver *saver_new(struct loop *loop, struct log *log, struct cache *cache, const struct settings *settings)
{
    struct saver *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->loop = loop;
    s->log = log;
    s->cache = cache;
    s->given = -1;
    s->interval_s = settings->snapshot_interval_s;
    snprintf(s->folder, sizeof s->folder, "%s", settings->state_dir);
    s->timer = loop_timer_new(loop, on_time, s);
    if (s->timer == NULL) {
        free(s);
        return NULL;
    }
    s->keyed = s->interval_s == 0 || saver_key(s->folder, s->key, log);
    return s;
}

void saver_start(struct saver *s, const struct world *const *world)
{
    s->world = world;
    s->complete = s->interval_s == 0 || !s->keyed;
    if (!s->complete) {
        begin(s, WORK_LOAD);
        s->complete = s->work == WORK_NONE;
    }
    wind(s, clock_now());
}

void saver_settings(struct saver *s, const struct settings *settings)
{
    if (s->interval_s == 0 && settings->snapshot_interval_s > 0) {
        s->keyed = saver_key(s->folder, s->key, s->log);
    }
    if (s->interval_s != settings->snapshot_interval_s) {
        s->interval_s = settings->snapshot_interval_s;
        wind(s, clock_now());
    }
}

void saver_stop(struct saver *s)
{
    bool half = s->work == WORK_LOAD && is_busy(s);
    atomic_store_explicit(&s->stop, true, memory_order_relaxed); /* do not load on, do not rest while saving */
    join(s);
    s->complete &= !half;
    if (s->world != NULL && s->complete && s->keyed && s->interval_s > 0 && !s->held) {
        saver_tags(*s->world, &s->tags);
        save(s);
    }
}

void saver_free(struct saver *s)
{
    if (s != NULL) {
        loop_timer_free(s->timer);
        free(s);
    }
}
