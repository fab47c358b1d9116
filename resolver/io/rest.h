/*
 * rest.h - long work in small pieces, with rests between them
 *
 * Listing, saving or flushing a million entries is seconds of work that nobody waits for as clients wait for answers. A
 * thread that does it without a pause keeps its processor until the kernel's next tick (4 ms), and a worker that has to
 * share the processor waits so long. So such work is done in steps of some 5 us, and after each the thread lets others
 * go first (sched_yield: 0.3 us when there is nobody, where a sleep would be 5 to 10). After 40 us it sleeps as long as
 * it worked, or several times as long when it finds on waking that others wanted the processor: it then had to wait for
 * it. What a hit waits for is the step that it meets.
 *
 * Threads: any, each with its own struct rest. What a sleeping thread holds (a lock, the cache's memory) others wait
 * for: hold nothing.
 */
#ifndef RAIZ_IO_REST_H
#define RAIZ_IO_REST_H

#include <stdint.h>

struct rest {
    uint64_t begun_us;   /* the piece of work under way */
    uint64_t stepped_us; /* the step of it under way */
    unsigned times;      /* so many times as long as a piece the next rest is; 0 is 1 */
};

/* This thread, and those that it begins, sleep as long as they say; the kernel would add 50 us. */
void rest_precisely(void);
/* A piece of work begins, not after a rest. */
void rest_begin(struct rest *r);
/* A step of it is done, of 5 us or less: others go first. When the piece took 40 us by now the thread rests, and the
 * next one begins. */
void rest_after(struct rest *r);
/* How long the next rest is to be, in times of a piece, when the last one took `late_us` longer than it should. */
unsigned rest_times(unsigned times, uint64_t late_us);

#endif
