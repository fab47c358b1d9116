/*
 * main.c - random worlds by the thousand
 *
 *     sim [-j PROCESSES] [-d FOLDER] FIRST [COUNT]   plays the seeds FIRST .. FIRST + COUNT - 1
 *     sim --show SEED                                the scenario that a seed is
 *     sim FILE.scn...                                plays scenarios with the same checks
 *
 * A seed that fails is made shorter and written to FOLDER (default: here) as sim-SEED.scn; what to type to see it again
 * is printed. Each eighth seed is played twice, and the engine must do the same, octet for octet.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "shrink.h"
#include "sign.h"
#include "watch.h"
#include "world.h"

#define PROCESSES_MAX 64
#define FAILURES_MAX  5  /* then it stops */
#define SHRINK_S      60 /* for one seed */
#define TWICE         8  /* one seed in so many is played twice */

struct board {
    struct tally tally;
    _Atomic uint64_t next;                /* block of seeds that nobody has taken */
    _Atomic uint64_t seed[PROCESSES_MAX]; /* that a process plays */
    _Atomic bool resumes[PROCESSES_MAX];  /* its predecessor ended there */
};

struct run {
    struct board *board;
    uint64_t first, count;
    unsigned processes;
    const char *folder;
    pid_t pid[PROCESSES_MAX];
    int output[PROCESSES_MAX];
    unsigned failures;
};

static struct tally *shared_tally; /* of this process's run */

static void play_text(const char *path, char *text, bool twice)
{
    static struct watch w; /* big; one thread */
    struct script script;
    uint64_t digest, again;

    script_parse(path, text, &script);
    w.tally = shared_tally;
    watch_play(&script, &w, &digest);
    if (twice) {
        watch_play(&script, &w, &again);
        if (digest != again) {
            fprintf(stderr, "6: two runs differ\n");
            exit(3);
        }
    }
    script_free(&script);
}

/* What is left over of memory, when all that is made but once has been made. */
static void play_and_weigh(const char *path, const char *text)
{
    size_t before[3];

    for (unsigned i = 0; i < 3; i++) {
        char *copy = strdup(text);
        before[i] = alloc_live();
        if (copy == NULL) {
            exit(2);
        }
        play_text(path, copy, false);
    }
    char *copy = strdup(text);
    size_t after = alloc_live();
    free(copy);
    if (before[1] > before[0] && before[2] > before[1] && after > before[2]) {
        fprintf(stderr, "5: memory is left over\n%zu octets with each run\n", after - before[2]);
        exit(3);
    }
}

static void play_seed(uint64_t seed)
{
    char path[40];
    char *text = world_text(seed);

    snprintf(path, sizeof path, "sim-%llu", (unsigned long long)seed);
    if (seed % 32 == 1) {
        play_and_weigh(path, text);
        free(text);
    } else {
        play_text(path, text, seed % TWICE == 0);
    }
}

static void play_block(struct run *r, unsigned number, uint64_t from, uint64_t end)
{
    for (uint64_t seed = from; seed < end; seed++) {
        if (seed >= r->first && seed < r->first + r->count) {
            r->board->seed[number] = seed;
            play_seed(seed);
            r->board->tally.seeds++;
        }
    }
    sign_release();
}

static void work(struct run *r, unsigned number)
{
    cache_thread_begin();
    if (r->board->resumes[number]) {
        uint64_t from = r->board->seed[number] + 1;
        play_block(r, number, from, (from + WORLD_SEEDS - 1) / WORLD_SEEDS * WORLD_SEEDS);
    }
    for (;;) {
        uint64_t from = (r->first / WORLD_SEEDS + atomic_fetch_add(&r->board->next, 1)) * WORLD_SEEDS;
        if (from >= r->first + r->count) {
            break;
        }
        play_block(r, number, from, from + WORLD_SEEDS);
    }
    cache_thread_end();
}

static void start(struct run *r, unsigned number)
{
    fflush(NULL);
    r->output[number] = memfd_create("output", 0);
    r->pid[number] = fork();
    if (r->pid[number] < 0 || r->output[number] < 0) {
        perror("fork");
        exit(2);
    }
    if (r->pid[number] == 0) {
        dup2(r->output[number], STDERR_FILENO);
        work(r, number);
        exit(0);
    }
}

static void play_alone(char *text)
{
    cache_thread_begin();
    play_text("scenario", text, true);
    cache_thread_end();
}

/* A process ended with a fault: makes the seed short and tells of it. */
static void report(struct run *r, unsigned number, int status)
{
    static char output[65536];
    char why[REASON_MAX], path[512];
    unsigned long long seed = r->board->seed[number];
    ssize_t n = pread(r->output[number], output, sizeof output - 1, 0);

    output[n > 0 ? n : 0] = '\0';
    shrink_reason(output, status, why);
    printf("seed %llu failed: %s\n%.3000s\nreplay: sim %llu\n", seed, why, output, seed);
    fflush(stdout);
    char *text = world_text(seed);
    if (!shrink_try(text, play_alone, why, output, sizeof output)) {
        char *less = shrink(text, play_alone, why, SHRINK_S);
        snprintf(path, sizeof path, "%s/sim-%llu.scn", r->folder, seed);
        FILE *f = fopen(path, "w");
        if (f != NULL) {
            fputs(less, f);
            fclose(f);
        }
        shrink_try(less, play_alone, why, output, sizeof output);
        printf("made shorter, replay: sim %s\n%s\n%.3000s\n", path, less, output);
        free(less);
    }
    free(text);
}

static void run(struct run *r)
{
    unsigned working = r->processes;

    for (unsigned i = 0; i < r->processes; i++) {
        start(r, i);
    }
    while (working > 0) {
        int status;
        pid_t pid = wait(&status);
        unsigned number = 0;
        while (r->pid[number] != pid) {
            number++;
        }
        if (status != 0) {
            report(r, number, status);
            if (++r->failures < FAILURES_MAX) {
                close(r->output[number]);
                r->board->resumes[number] = true;
                start(r, number);
                continue;
            }
            atomic_store(&r->board->next, UINT64_MAX / WORLD_SEEDS / 2);
        }
        close(r->output[number]);
        working--;
    }
}

static int play_seeds(struct run *r)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    run(r);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const struct tally *t = &r->board->tally;
    double took = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    printf("%llu seeds, %llu resolutions (%llu of names that nobody touches, %llu failures, %llu drops, %llu with "
           "expired data), "
           "%llu events, %llu questions sent, %llu prefetches\n",
           (unsigned long long)t->seeds, (unsigned long long)t->resolutions, (unsigned long long)t->certain,
           (unsigned long long)t->failures, (unsigned long long)t->drops, (unsigned long long)t->stale,
           (unsigned long long)t->events, (unsigned long long)t->sends, (unsigned long long)t->prefetches);
    printf("%.1f s: %.0f seeds/s, %.0f resolutions/s; %u failed\n", took, (double)t->seeds / took,
           (double)t->resolutions / took, r->failures);
    return r->failures > 0;
}

static int play_files(int argc, char **argv)
{
    cache_thread_begin();
    for (int i = 0; i < argc; i++) {
        struct script script;
        struct watch w = {.tally = shared_tally};
        uint64_t digest;
        script_load(argv[i], &script);
        watch_play(&script, &w, &digest);
        script_free(&script);
        printf("%s: passed\n", argv[i]);
    }
    cache_thread_end();
    sign_release();
    return 0;
}

int main(int argc, char **argv)
{
    struct run r = {.processes = 2, .folder = ".", .count = 1};
    int at = 1;

    r.board = mmap(NULL, sizeof *r.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r.board == MAP_FAILED) {
        return 2;
    }
    shared_tally = &r.board->tally;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "-j") == 0) {
            r.processes = (unsigned)strtoul(argv[at + 1], NULL, 10);
        } else if (strcmp(argv[at], "-d") == 0) {
            r.folder = argv[at + 1];
        } else if (strcmp(argv[at], "--show") == 0) {
            fputs(world_text(strtoull(argv[at + 1], NULL, 10)), stdout);
            return 0;
        }
    }
    if (at >= argc || r.processes == 0 || r.processes > PROCESSES_MAX) {
        fprintf(stderr, "usage: sim [-j PROCESSES] [-d FOLDER] FIRST [COUNT] | sim --show SEED | sim FILE.scn...\n");
        return 2;
    }
    if (strchr(argv[at], '.') != NULL) {
        return play_files(argc - at, argv + at);
    }
    r.first = strtoull(argv[at], NULL, 10);
    r.count = at + 1 < argc ? strtoull(argv[at + 1], NULL, 10) : 1;
    return play_seeds(&r);
}
