#!/usr/bin/env python3
"""What a hit costs: instructions of front_query() for a question whose answer is in the cache, counted by callgrind.

Time moves with what else a machine does, instructions only with compiler and C library; so the limit has a margin of a
tenth, and is a matter for release builds alone. front_bench.c makes the questions.
"""
import os
import re
import subprocess
import sys
import tempfile

from support import check

BUILD = os.environ.get("BINARY_DIR", "build")
ROUNDS = 2000
MOST = 1800     # measured: 1,605 with gcc 12.2


def main():
    cache = open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8").read()
    if os.environ.get("RAIZ_SANITIZE") or not re.search(r"^CMAKE_BUILD_TYPE:[A-Z]+=Rel", cache, re.M):
        print("this build is not optimised: nothing to see")
        return
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=front_query",
                               f"--callgrind-out-file={folder}/out", os.path.join(BUILD, "tests", "front_bench"), str(ROUNDS)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace")
    found = re.search(r"Collected : (\d+)", text)
    check(done.returncode == 0 and found, f"front_bench runs under callgrind: {text}")
    each = int(found.group(1)) / ROUNDS
    print(f"{each:.0f} instructions for a hit")
    check(each <= MOST, f"a hit takes no more than {MOST} instructions, not {each:.0f}")
    check(each > 100, "something was counted")


main()
sys.exit(0)
