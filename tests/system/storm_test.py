#!/usr/bin/python3
"""storm_test.py: mutated packets from both sides at once, some hundred thousand of them, while others are served as ever.

STORM_PACKETS=10000000 makes it as many as that, STORM_SEED=N another storm."""
import os

from support import NOERROR, SLOW, add_address, check, main
from threat_support import Daemon, check_canary, storm, world

PACKETS = int(os.environ.get("STORM_PACKETS", "200000"))
SEED = int(os.environ.get("STORM_SEED", "1"))
ROUND = 500000      # packets between two looks at the canary
STORMY = "10.53.0.3"


def one_round(d, seed, packets, names):
    waited = d.kept_waiting_us()
    d.canary.report()
    before = d.stats()
    r = storm("attack", "--server", "127.0.0.1:5300", "--listen", f"{STORMY}:53", "--packets", packets, "--seed", seed, "--name", names,
              "--timeout", 5000 * SLOW)
    c, s = d.canary.report(), d.stats()
    check(r["unanswered"] == 0 and d.process.poll() is None, f"the resolver answers all the time: {r}")
    judged = s["replies"] - before["replies"]
    print(f"   {r['packets']} packets in {r['seconds']} s, {r['per_second']} a second: {r['queries_udp']} queries over UDP, {r['queries_tcp']} over "
          f"TCP, {r['mutated']} replies to {r['questions']} questions; {judged} replies were judged, {s['broken'] - before['broken']} of them "
          f"broken; canary {c['cached']['answered']}/{c['cached']['sent']} p99 {c['cached']['p99_us'] / 1000:.1f} ms, "
          f"{c['uncached']['answered']}/{c['uncached']['sent']}; RSS {d.rss_kib()} KiB", flush=True)
    check(s["malformed"] > before["malformed"] and judged > packets / 20, f"what was sent has reached the parsers: {s}")
    check_canary(c, d.kept_waiting_us() - waited)
    return r["packets"]


def mutated_from_both_sides():
    add_address(STORMY)
    world(children=[("storm.", STORMY)])
    d = Daemon(settings=f'forward: [{{zone: "fw.", to: ["{STORMY}:53"]}}]')
    sent, rounds = 0, 0
    while sent < PACKETS:
        # Most of it below delegations, a fourth from a forwarder, whose answers are read in another way.
        names = "n%.z%/3.fw." if rounds % 4 == 1 else "n%.z%/3.storm."
        sent += one_round(d, SEED * 1000 + rounds, min(ROUND, max(PACKETS // 4, 1000)), names)
        rounds += 1
    print(f"   {sent} packets in all")
    check(d.ask("www.canary.").rcode == NOERROR, "still there")
    for word in ("ERROR: AddressSanitizer", "runtime error", "Assertion"):
        check(word not in d.text(), f"{word}: {d.text()[-4000:]}")
    d.wait_stats(lambda s: s["upstream_udp_open"] == 0, within=12)
    d.end(spare_kib=6 * 1024)   # large replies leave some pieces of memory behind, once; a storm ten times as long leaves no more


if __name__ == "__main__":
    main(mutated_from_both_sides)
