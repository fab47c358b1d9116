/*
 * restart_bench.c - a snapshot of a full cache, for tests/bench/restart.py
 *
 *     restart_bench CONFIG ENTRIES HOT      under the settings of the file, into its state-dir
 *
 * The cache is filled with ENTRIES address records (hostN.zoneM.example.org.), of which the last HOT are in example.net
 * and are asked for; then it is saved as raizd would save it. Prints how many are in the file, and its size.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache/snapshot.h"
#include "dns/types.h"
#include "resolver/config/config.h"
#include "resolver/io/log.h"
#include "resolver/saver_files.h"
#include "resolver/saver_tags.h"

static struct now now_is(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct now){.mono_us = (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000, .wall_s = time(NULL)};
}

static struct dname host(unsigned i, bool hot, struct dname_buf *buf)
{
    char text[80];
    int n = snprintf(text, sizeof text, "host%u.zone%u.example.%s.", i, i / 10, hot ? "net" : "org");
    if (dname_scan(text, (size_t)n, NULL, buf) != DNS_OK) {
        exit(1);
    }
    return dname_of(buf);
}

static void fill(struct cache *c, unsigned entries, unsigned hot, struct now now)
{
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER,
                                  .security = SEC_INSECURE,
                                  .server = {.family = ADDR_IP4, .port = 53, .ip = {192, 0, 2, 53}},
                                  .zone_labels = 3};
    _Alignas(8) uint8_t memory[1024];
    struct rrset *set = (struct rrset *)(void *)memory;
    struct dname_buf buf;
    struct cache_hit hit;
    for (unsigned i = 0; i < entries; i++) {
        uint8_t ip[] = {198, 51, (uint8_t)(i >> 8), (uint8_t)i};
        struct rdata_ref rr = {.data = ip, .len = 4};
        rrset_fill(set, host(i, i >= entries - hot, &buf), DNS_TYPE_A, 86400, &rr, 1, NULL, 0);
        cache_put_rrset(c, set, &origin, now);
        if (i % 1024 == 0) {
            cache_quiescent();
        }
    }
    for (unsigned i = entries - hot; i < entries; i++) { /* the first may have been evicted */
        cache_get(c, host(i, true, &buf), DNS_TYPE_A, now, &hit);
    }
}

int main(int argc, char **argv)
{
    struct config_errors errors;
    struct settings *s = argc == 4 ? config_load(argv[1], &errors) : NULL;
    struct log *log = log_new(LOG_WARNING);
    char error[5000];
    if (s == NULL || log == NULL) {
        fprintf(stderr, "usage: restart_bench CONFIG ENTRIES HOT\n");
        return 2;
    }
    char *folder = strdup(s->state_dir);
    struct cache_config config = {.size_bytes = s->cache_bytes, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    struct world *w = world_build(s, NULL, 0, &errors);
    struct cache *c = cache_new(&config);
    struct snapshot_writer writer;
    struct snapshot_head head;
    struct snapshot_block block;
    struct snapshot_tags tags;
    const uint8_t *records;
    uint8_t key[SNAPSHOT_KEY_SIZE], id[SNAPSHOT_ID_SIZE] = "bench";
    uint64_t bytes = sizeof head;
    cache_thread_begin();
    fill(c, (unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10), now_is());
    saver_tags(w, &tags);
    int fd = saver_create(folder, error, sizeof error);
    struct now begun = now_is();
    if (fd < 0 || !saver_key(folder, key, log) || !snapshot_begin(&writer, c, key, id, &tags, now_is(), &head)) {
        return 1;
    }
    saver_write(fd, &head, sizeof head);
    while (snapshot_next(&writer, &block, &records)) {
        saver_write(fd, &block, sizeof block);
        saver_write(fd, records, block.size);
        bytes += sizeof block + block.size;
    }
    uint64_t took_us = now_is().mono_us - begun.mono_us;
    printf("%llu entries, %llu octets, saved in %llu ms without fsync\n", (unsigned long long)writer.entries,
           (unsigned long long)bytes, (unsigned long long)(took_us / US_PER_MS));
    snapshot_end(&writer);
    bool ok = saver_finish(folder, fd, true, 0, error, sizeof error);
    cache_thread_end();
    cache_free(c);
    world_free(w);
    log_free(log);
    free(folder);
    return ok ? 0 : 1;
}
