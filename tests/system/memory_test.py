#!/usr/bin/python3
"""memory_test.py: the cache keeps its bound, and what is asked for again and again stays in it.

Distinct names in great number go through a small cache while a thousand hot ones are asked for throughout, one in ten of all
questions. MEMORY_NAMES=5000000 MEMORY_CACHE=64 makes it five million names and 64 MiB. And a raizd that has just begun is small."""
import json
import os
import subprocess
import threading
import time

from support import SLOW, Raizd, add_address, check, main
from threat_support import ROOT, STORM, Talker

NAMES = int(os.environ.get("MEMORY_NAMES", str(500000 // SLOW)))
CACHE_MIB = int(os.environ.get("MEMORY_CACHE", str(16 // SLOW)))
HOT, HOT_EVERY = 1000, 10
BESIDE_MIB = 40
START_MIB = 9.2     # measured: 7.9


class Sampler(threading.Thread):
    """The largest RSS, looked at twenty times a second."""

    def __init__(self, d):
        super().__init__(daemon=True)
        self.d, self.most_kib, self.done = d, 0, False

    def run(self):
        while not self.done:
            self.most_kib = max(self.most_kib, self.d.rss_kib())
            time.sleep(0.05)


def many_names_and_a_hot_set():
    add_address(ROOT)
    root = Talker("serve", "--listen", f"{ROOT}:53")
    time.sleep(0.3)
    d = Raizd(cache_size=f"{CACHE_MIB}M")
    sampler = Sampler(d)
    sampler.start()
    began, cpu = time.monotonic(), d.cpu_s()
    done = subprocess.run([STORM, "ask", "--server", "127.0.0.1:5300", "--names", str(NAMES), "--name", "name%.bulk.test.", "--window", "400",
                           "--hot", str(HOT), "--hot-name", "hot%.test.", "--hot-every", str(HOT_EVERY), "--timeout", str(2000 * SLOW)],
                          stdout=subprocess.PIPE, check=True)
    took, cpu = time.monotonic() - began, d.cpu_s() - cpu
    result, at_root, stats = json.loads(done.stdout), root.report(), d.control("stats")["cache"]
    sampler.done = True
    sampler.join()
    misses = at_root["hot"] - HOT           # the first question for each is no miss
    hits = 1 - misses / (result["hot_asked"] - HOT)
    print(f"   {result}")
    print(f"   {NAMES} names and {result['hot_asked']} hot questions in {took:.0f} s, {cpu:.0f} s of CPU: {CACHE_MIB} MiB of cache, RSS at most "
          f"{sampler.most_kib / 1024:.1f} MiB; {stats['rrsets']} sets at the end, {stats['evicted']} evicted, {stats['bytes'] / 2**20:.1f} MiB "
          f"in use; hot set {hits * 100:.2f} % hits")
    check(result["answered"] >= 0.999 * (result["asked"] + result["hot_asked"]), f"answered: {result}")
    check(stats["evicted"] > NAMES / 4 and stats["bytes"] <= CACHE_MIB * 2**20, f"the cache was full: {stats}")
    check(at_root["questions"] >= NAMES, f"every name was fetched: {at_root}")
    check(hits >= 0.95, f"{hits * 100:.2f} % hits of the hot set: {at_root}")
    if SLOW == 1:
        check(sampler.most_kib < (CACHE_MIB + BESIDE_MIB) * 1024, f"RSS {sampler.most_kib} KiB")
    d.stop()
    root.end()


def small_at_the_start():
    """Memory is taken when it is filled, libraries when they are wanted."""
    d = Raizd(cache_size="256M", settings="dnssec: {mode: validate}")
    with open(f"/proc/{d.process.pid}/maps", encoding="utf-8") as maps:
        loaded = maps.read()
    rss_kib = d.rss_kib()
    print(f"   RSS {rss_kib / 1024:.1f} MiB")
    check("libcrypto" in loaded and "libmicrohttpd" not in loaded and "libgnutls" not in loaded, "no library for metrics without metrics.listen")
    if SLOW == 1:
        check(rss_kib <= START_MIB * 1024, f"RSS {rss_kib} KiB")
    d.stop()


main(small_at_the_start, many_names_and_a_hot_set)
