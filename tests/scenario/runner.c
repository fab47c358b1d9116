/*
 * runner.c - plays a scenario file: a simulated net, a virtual clock, and what should come out
 *
 *     scenario FILE...      each file twice, with the same seed: the engine's actions must be the same, octet for octet
 *     scenario -m FILE...   each file again and again, another allocation of the engine failing each time (memory.h)
 *
 * After the last statement the net is left alone until nothing happens any more; then the invariants of engine.h are
 * checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_net.h"
#include "memory.h"
#include "play.h"

static void play_file(const char *path)
{
    static struct play first, second;
    struct script script;

    script_load(path, &script);
    if (script.count == 0) {
        fprintf(stderr, "%s: empty\n", path);
        exit(1);
    }
    play_script(&script, &first);
    second.again = true;
    play_script(&script, &second);
    if (first.sim.transcript_len != second.sim.transcript_len ||
        (first.sim.transcript_len > 0 &&
         memcmp(first.sim.transcript, second.sim.transcript, first.sim.transcript_len) != 0)) {
        fprintf(stderr, "%s: invariant 6: two runs differ\n", path);
        exit(1);
    }
    sim_release(&first.sim);
    sim_release(&second.sim);
    script_free(&script);
}

int main(int argc, char **argv)
{
    bool memory = argc > 1 && strcmp(argv[1], "-m") == 0;

    if (argc < 2 + memory) {
        fprintf(stderr, "usage: scenario [-m] FILE...\n");
        return 2;
    }
    cache_thread_begin();
    for (int i = 1 + memory; i < argc; i++) {
        if (memory) {
            memory_play(argv[i]);
            continue;
        }
        play_file(argv[i]);
        if (argc > 2) {
            printf("%s: passed\n", argv[i]);
        }
    }
    cache_thread_end();
    sign_release();
    lab_net_release();
    return 0;
}
