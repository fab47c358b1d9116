#!/usr/bin/python3
"""soak.py: raizd at half of its full load for an hour, with another attack each minute (tests/soak/run).

Full load is measured first: what `storm ask` gets answered with as many questions under way as it takes. One question in twenty is
for a name that nobody asked for before. Attacks are rows of tests/system/threats_*_test.py, mutated packets from both sides, garbage,
and random names; what a row says of its own counts is told but judged there, where the cache is empty. Judged here:

    lost      questions without an answer after three tries of two seconds, as stub resolvers ask: none
    RSS       its slope over the time after the first quarter, in which the cache fills: at most 1 MiB an hour
    handles   descriptors, handles and exchanges in the last minute as in the first

A line a minute goes to standard output; the last says what the whole was like."""
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "system"))
import support
import threat_support
import threats_clients_test
import threats_forged_test
import threats_parser_test
import threats_work_test
from support import SLOW, add_address, run
from threat_support import STORM, Daemon, address, storm, world

MINUTES = int(os.environ.get("SOAK_MINUTES", "60"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
WARM = max(1, MINUTES // 4)         # minutes until the cache is full and every kind of memory has been needed
STORMY = "10.53.0.3"
SERVER = "127.0.0.1:5300"
TIME = 50                           # seconds of load in a minute; in the rest all comes to rest and is measured
MODULES = (threats_work_test, threats_forged_test, threats_parser_test, threats_clients_test)
# Rows that speak to another daemon, to its log, or to a cache that nobody else uses.
ELSEWHERE = ("t38_", "t8_", "t10_", "t11_", "t20_", "t21_", "t106_", "t110_")


class Missed(Exception):
    pass


def missed(text):
    raise Missed(text)


def rows():
    """{name: function} of all rows that any daemon can be put to."""
    found = {}
    for module in MODULES:
        for name, what in vars(module).items():
            if name.startswith("t") and name[1:3].isdigit() and callable(what) and not name.startswith(ELSEWHERE):
                found[name] = what
    return found


def mutated(seed):
    return lambda: storm("attack", "--server", SERVER, "--listen", f"{STORMY}:53", "--packets", 100000, "--seed", seed, "--name", "n%.z%/3.storm.",
                         "--timeout", 5000 * SLOW)


def garbage():
    storm("flood", "--server", SERVER, "--packets", 500000, "--hex", "ffff0100ffffffffffffffff", "--zone", "canary.")


def random_names(seed):
    return lambda: storm("ask", "--server", SERVER, "--names", 100000, "--name", f"%~.r{seed}.t0.", "--rate", 5000, "--tries", 1, "--timeout", 2000)


def load(names, first, *how):
    return [STORM, "ask", "--server", SERVER, "--names", str(names), "--first", str(first), "--name", "s%/20.soak.", "--sockets", "4",
            "--tries", "3", "--timeout", str(2000 * SLOW), *how]


def dropped_by_kernel():
    """Datagrams for which a socket had no room: of clients and servers as well."""
    with open("/proc/net/snmp", encoding="ascii") as f:
        names, values = [line.split() for line in f if line.startswith("Udp:")]
    return int(dict(zip(names, values))["RcvbufErrors"])


def slope_per_hour(points):
    """Least squares: KiB an hour of (minute, KiB)."""
    n = len(points)
    mx, my = sum(p[0] for p in points) / n, sum(p[1] for p in points) / n
    across = sum((p[0] - mx) ** 2 for p in points)
    return 60 * sum((p[0] - mx) * (p[1] - my) for p in points) / across if across else 0.0


def full_load():
    """Answers a second, the best of three tries of some seconds each."""
    best, first = 0, 0
    for _ in range(3):
        began = time.monotonic()
        r = threat_support.json.loads(subprocess.run(load(200000, first, "--window", "512"), stdout=subprocess.PIPE, check=True).stdout)
        best = max(best, r["answered"] / (time.monotonic() - began))
        first += 200000
    return best, first


def choose(chance, known, minute):
    kinds = {**known, "mutated packets": mutated(minute), "garbage": garbage, "random names": random_names(minute)}
    name = chance.choice(sorted(kinds))
    return name, kinds[name]


def one_minute(d, minute, rate, first, attack):
    """The load's counts, and what the attack said of itself."""
    began = time.monotonic()
    names = int(rate * TIME)
    loading = subprocess.Popen(load(names, first, "--rate", str(int(rate))), stdout=subprocess.PIPE)
    word = ""
    try:
        attack()
    except (Missed, OSError, AssertionError, subprocess.TimeoutExpired) as e:
        word = f" (of itself: {str(e)[:100]})"
    counts = threat_support.json.loads(loading.communicate()[0])
    time.sleep(max(3, began + 60 - time.monotonic()))
    return counts, word, d.stats()


def soak():
    support.fail = missed
    add_address(STORMY)
    run("ip", "route", "add", "local", threats_clients_test.CLIENTS, "dev", "lo")
    world(*range(9, 24), *range(31, 43), *range(89, 98), 107, 108, *range(109, 115), children=[("storm.", STORMY)])
    threat_support.net.script[111] = lambda q, m, to, tcp, peer: [(0.2, address(q))]
    d = Daemon(settings='forward: [{zone: "f40.", to: ["10.54.40.1:53"]}, {zone: "f16.", to: ["10.54.16.1:53"]}, '
               '{zone: "g16.", to: ["10.54.16.1:53"], first: true}]')
    for module in MODULES:
        module.d = d
    threats_work_test.short = d
    full, first = full_load()
    chance, known = random.Random(SEED), rows()
    print(f"full load {full:.0f} answers a second; {MINUTES} minutes at half of it, seed {SEED}, {len(known) + 3} attacks to choose from", flush=True)
    asked, lost, failed, dropped, memory, at_rest = 0, 0, 0, dropped_by_kernel(), [], []
    for minute in range(MINUTES):
        name, attack = choose(chance, known, minute)
        c, word, s = one_minute(d, minute, full / 2, first, attack)
        first += int(full / 2 * TIME)
        asked, lost, failed = asked + c["asked"], lost + c["lost"], failed + c["failed"] + c["denied"]
        memory.append((minute, d.rss_kib()))
        at_rest.append((s["descriptors"], s["handles"], s["upstream_udp_open"], s["upstream_tcp_open"]))
        print(f"{minute:3d}  {c['asked']} asked, {c['lost']} lost, {c['failed'] + c['denied']} failed; RSS {memory[-1][1]} KiB, cache "
              f"{d.cache_bytes() >> 10} KiB, descriptors {s['descriptors']}, handles {s['handles']}  {name}{word}", flush=True)
        if d.process.poll() is not None:
            break
    dropped = dropped_by_kernel() - dropped
    slope = slope_per_hour(memory[WARM:])
    print(f"{asked} asked, {lost} lost, {failed} failed; the kernel dropped {dropped} datagrams for want of room; RSS slope {slope:.0f} KiB an "
          f"hour; descriptors, handles, exchanges {at_rest[0]} -> {at_rest[-1]}", flush=True)
    alive = d.process.poll() is None and all(w not in d.text() for w in ("AddressSanitizer", "runtime error", "Assertion"))
    steady = all(b <= a + 2 for a, b in zip(at_rest[0], at_rest[-1]))
    good = alive and steady and lost == 0 and failed == 0 and (slope <= 1024 or MINUTES < 30)
    print("PASSED" if good else "FAILED", flush=True)
    d.canary.end()
    threat_support.root.end()
    return 0 if good else 1


if __name__ == "__main__":
    os._exit(soak())
