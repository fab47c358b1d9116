#!/usr/bin/env python3
"""What a hit costs: instructions of front_query() for a question whose answer is in the cache, counted by callgrind: of one that came
alone, and of one in a batch, with what front_expect() does for it before its turn.

Time moves with what else a machine does, instructions only with compiler and C library; so the limit has a margin of a
tenth, and is a matter for release builds alone. front_bench.c makes the questions.

Around it the worker asks whether somebody looks on (tail, the query log, dnstap): all that it does for a hit besides, while nobody
does, is counted in raizd itself.
"""
import os
import re
import subprocess
import sys
import tempfile

from support import WORK, Raizd, ask_udp, authority, check

BUILD = os.environ.get("BINARY_DIR", "build")
ROUNDS = 2000
MOST = {1: 1730, 16: 1985}      # in a batch of so many; measured: 1,572 and 1,805 with gcc 12.2

HITS = 300
AROUND = 140    # measured: 107, calls, arguments and the share of the miss included


def in_raizd(function):
    """Instructions of this function, and those that it calls, for HITS hits and the miss before them."""
    authority("10.53.0.1")
    out = os.path.join(WORK, "callgrind." + function)
    d = Raizd(settings="sandbox: {system-calls: off, files: false, privileges: false}", wait=False,
              command=["valgrind", "--tool=callgrind", f"--toggle-collect={function}", f"--callgrind-out-file={out}"])
    d.wait_ready(within=60)
    for _ in range(HITS + 1):
        check(ask_udp("www.test.", timeout=20) is not None, "an answer")
    d.stop(within=60)
    found = re.search(r"Collected : (\d+)", d.text())
    check(found, f"callgrind counts: {d.text()[-500:]}")
    return int(found[1])


def in_batches(batch):
    """Instructions of a hit."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=front_query", "--toggle-collect=front_expect",
                               f"--callgrind-out-file={folder}/out", os.path.join(BUILD, "tests", "front_bench"), str(ROUNDS), "1000",
                               str(batch)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    found = re.search(r"Collected : (\d+)", text)
    check(done.returncode == 0 and found, f"front_bench runs under callgrind: {text}")
    return int(found.group(1)) / ROUNDS


def main():
    cache = open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8").read()
    if os.environ.get("RAIZ_SANITIZE") or not re.search(r"^CMAKE_BUILD_TYPE:[A-Z]+=Rel", cache, re.M):
        print("this build is not optimised: nothing to see")
        return
    for batch, most in MOST.items():
        each = in_batches(batch)
        print(f"{each:.0f} instructions for a hit in a batch of {batch}")
        check(100 < each <= most, f"a hit in a batch of {batch} takes no more than {most} instructions, not {each:.0f}")
    around = (in_raizd("on_query") - in_raizd("front_query")) / HITS
    print(f"{around:.0f} instructions around it in the worker, while nobody looks on")
    check(0 < around <= AROUND, f"no more than {AROUND}, not {around:.0f}")


main()
sys.exit(0)
