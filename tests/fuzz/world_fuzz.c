/*
 * world_fuzz.c - the whole resolver against servers that fail and lie as the input says
 *
 * The octets choose the world's zones and then stand for the randomness from which its troubles and questions are drawn
 * (tests/sim/world.h), so that what is mutated is who fails how and lies about what, who asks what and when. The
 * oracles are those of tests/sim: invariants and limits after every event, the truth of every answer, zones that nobody
 * touches, an end without anything left.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/sim/watch.h"
#include "tests/sim/world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tally tally;
    static struct watch w; /* big; one thread */
    struct script script;
    uint64_t digest;

    script_parse("world", world_of_octets(data, size), &script);
    cache_thread_begin();
    w.tally = &tally;
    watch_play(&script, &w, &digest);
    cache_thread_end();
    script_free(&script);
    return 0;
}
