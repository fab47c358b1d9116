#!/usr/bin/python3
"""loss_test.py: a network that loses one question in five, and zones whose servers are dead, in the lab."""
import json
import os
import threading
import time

from lab_support import Lab, Resolver, copy_zones
from support import NOERROR, SERVFAIL, SLOW, check, main
from threat_support import ede, in_threads, storm

ZONES = {"amazon.com": 2, "networkutopia.com": 2, "ibm.com": 1, "cs.umass.edu": 1}      # with as many servers
NAMES = 2500    # in each


def one_in_five_is_lost():
    """10,000 names, asked as the C library would (two tries of five seconds each): 99.9 % are answered. The zones are not signed: so
    many names take the lab seconds to sign."""
    more = "".join(f"n{i} A 198.18.{i // 250}.{i % 250 + 1}\n" for i in range(NAMES))
    lab = Lab(copy_zones(**{z.replace(".", "_"): "\n" + more for z in ZONES}), "--loss", "20%", "--seed", "20",
              signed=False)
    raizd = Resolver()
    began = time.monotonic()
    results = in_threads([lambda z=z: storm("ask", "--server", "127.0.0.1:53", "--names", NAMES, "--name", f"n%.{z}.", "--window", 50, "--timeout",
                                            5000, "--tries", 2) for z in ZONES])
    took = time.monotonic() - began
    asked = len([q for q in lab.new() if q[1].startswith("n")])
    answered = sum(r["answered"] for r in results)
    print(f"   {answered} of {NAMES * len(ZONES)} names answered in {took:.1f} s, {asked} questions at their servers")
    for zone, r in zip(ZONES, results):
        print(f"   {zone}: {r}")
        check(r["denied"] == 0, f"{zone}: {r}")
    check(answered >= 0.999 * NAMES * len(ZONES), f"{answered} of {NAMES * len(ZONES)}")
    check(asked < 1.6 * NAMES * len(ZONES), f"{asked} questions: lost ones are repeated, the others are not")
    raizd.stop()
    lab.kill()


def failure(raizd, name):
    """(seconds left, failures in a row) of what is remembered of the name."""
    for row in [json.loads(line) for line in raizd.ctl("--json", "cache", "show", name).splitlines()]:
        if row.get("kind") == "failure" and row.get("type") == "A":
            return row["ttl"], row["in_a_row"]
    return None


def fail_once(raizd, name, within):
    began = time.monotonic()
    m = raizd.ask(name, timeout=10)
    took = time.monotonic() - began
    check(m.rcode == SERVFAIL and ede(m)[0] in (22, 23), f"{name}: {m.rcode}, {ede(m)}")
    check(took < within * SLOW, f"{name}: {took:.1f} s")
    return took


def questions(lab, since, zone):
    """{server of the zone: how often it was asked} from line `since` of the lab's log on, and how long the log is by now."""
    time.sleep(0.05)
    with open(lab.log, encoding="utf-8") as f:
        lines = [x.split() for x in f.read().splitlines()]
    counts = {}
    for w in lines[since:]:
        if w[5].lower().endswith(zone) and w[1].endswith(zone):
            counts[w[1]] = counts.get(w[1], 0) + 1
    return counts, len(lines)


def dead_zone(lab, raizd):
    """All servers silent: SERVFAIL in time, remembered, and after each step the servers are asked three times at most."""
    since = 0
    for row, most_s in ((1, 5), (2, 10)):
        took = fail_once(raizd, "www.dead.org.", 8.2)
        counts, since = questions(lab, since, "dead.org.")
        check(set(counts) == {"ns1.dead.org.", "ns2.dead.org."} and max(counts.values()) <= 3, f"questions: {counts}")
        left, rows = failure(raizd, "www.dead.org.")
        check(rows == row and most_s - 2 <= left <= most_s, f"remembered for {left} s after {rows} failures")
        print(f"   www.dead.org: SERVFAIL after {took:.1f} s, {counts}; remembered for {left} s")
        began = time.monotonic()
        m = raizd.ask("www.dead.org.")
        check(m.rcode == SERVFAIL and ede(m)[0] == 13 and time.monotonic() - began < 0.1 * SLOW, f"the next try at once: {ede(m)}")
        m = raizd.ask("other.dead.org.")
        check(m.rcode == SERVFAIL and time.monotonic() - began < 0.2 * SLOW, "and other names of the zone")
        check(questions(lab, since, "dead.org.")[0] == {}, "without a question")
        if row == 1:
            time.sleep(5.1)


def lame_zone(raizd):
    """Servers that answer nonsense fail at once; the times for which that is remembered double."""
    for row, most_s in ((1, 5), (2, 10), (3, 20)):
        fail_once(raizd, "www.lame.org.", 2)
        left, rows = failure(raizd, "www.lame.org.")
        check(rows == row and most_s - 1 <= left <= most_s, f"lame: {left} s after {rows} failures")
        print(f"   www.lame.org: remembered for {left} s after {rows} failures")
        if row < 3:
            time.sleep(left + 0.2)


def zones_that_are_dead():
    lab, raizd = Lab(), Resolver()
    check(raizd.ask("www.networkutopia.com.").rcode == NOERROR, "the lab is there")
    in_threads([lambda: dead_zone(lab, raizd), lambda: lame_zone(raizd)])
    raizd.stop()
    lab.kill()


def times_by_server(lab, zone):
    """{server of the zone: [seconds at which it was asked]}"""
    found = {}
    with open(lab.log, encoding="utf-8") as f:
        for w in (line.split() for line in f):
            if w[1].endswith(zone):
                found.setdefault(w[1], []).append(float(w[0]))
    return found


def load_on_a_dead_zone():
    """T52: a thousand queries a second for a dead name: its servers see three questions for each step of the backoff. As many
    for different names of a dead zone: no more than may wait for a silent zone (T43)."""
    zones = copy_zones(org="crowd NS ns1.crowd\ncrowd NS ns2.crowd\nns1.crowd A 203.0.113.41\nns2.crowd A 203.0.113.42\n")
    conf = os.path.join(zones, "lab.conf")
    os.chmod(conf, 0o644)
    with open(conf, "a", encoding="ascii") as f:
        f.write("\nserver ns1.crowd.org. 203.0.113.41 silent\nserver ns2.crowd.org. 203.0.113.42 silent\n")
    lab = Lab(zones)
    raizd = Resolver()
    stop, slowest = threading.Event(), [0]

    def healthy():
        while not stop.is_set():
            began = time.monotonic()
            check(raizd.ask("www.networkutopia.com.").rcode == NOERROR, "other names are answered meanwhile")
            slowest[0] = max(slowest[0], time.monotonic() - began)
            time.sleep(0.05)
    watch = threading.Thread(target=healthy)
    watch.start()
    seconds = 14
    words = ["ask", "--server", "127.0.0.1:53", "--timeout", 9000, "--tries", 1, "--rate", 1000, "--names", 1000 * seconds]
    one, many = in_threads([lambda: storm(*words, "--name", "www.dead.org."), lambda: storm(*words, "--name", "n%.crowd.org.")])
    stop.set()
    watch.join()
    print(f"   {one}")
    for server, times in times_by_server(lab, ".dead.org.").items():
        print(f"   {server} was asked at {[round(t - times[0], 1) for t in times]} s for {one['asked']} queries for one name")
        # A step lasts up to eight seconds, and five at least lie between two of them.
        check(all(b - a >= 5 for a, b in zip(times, times[3:])), f"{server}: more than three questions in a step: {times}")
    crowd = {k: len(v) for k, v in times_by_server(lab, ".crowd.org.").items()}
    print(f"   {crowd} for {many['asked']} queries for different names; slowest healthy answer {slowest[0] * 1000:.0f} ms")
    check(sum(crowd.values()) <= 2 * 150 * 3, f"a crowd of 150 at a time, in two steps: {crowd}")
    check(one["answered"] + many["answered"] == 0 and one["failed"] > 0.9 * one["asked"], f"{one}, {many}")
    raizd.stop()
    lab.kill()


main(one_in_five_is_lost, zones_that_are_dead, load_on_a_dead_zone)
