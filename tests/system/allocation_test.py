#!/usr/bin/python3
"""allocation_test.py: an allocation fails while raizd starts, answers, reloads or stops (X15): it says so and ends, or goes on as if
nothing had been; what comes next works. A sample of the kinds of allocations; EVERY_KIND=1 takes all."""
import os
import signal
import socket
import struct
import time

from support import NOERROR, WORK, Raizd, ask_udp, authority, check, main

SHIM = os.path.join(os.environ.get("BINARY_DIR", "build"), "tests/libfailmalloc.so")
HEAD, KINDS = 4, 8192
SAMPLE = 10


class Board:
    """What test and shim share: armed, the kind that is to fail, whether it did, how many allocations; then the kinds met."""
    def __init__(self, name):
        self.path = os.path.join(WORK, name)
        with open(self.path, "wb") as f:
            f.write(bytes(8 * (HEAD + KINDS)))

    def put(self, at, value):
        with open(self.path, "r+b") as f:
            f.seek(8 * at)
            f.write(struct.pack("<Q", value))

    def get(self, at):
        with open(self.path, "rb") as f:
            f.seek(8 * at)
            return struct.unpack("<Q", f.read(8))[0]

    def kinds(self):
        with open(self.path, "rb") as f:
            return sorted(k for k in struct.unpack(f"<{KINDS}Q", f.read()[8 * HEAD:]) if k)


def begin(board):
    env = dict(os.environ, LD_PRELOAD=SHIM, FAILMALLOC=board.path)
    return Raizd(command=("setarch", "-R"), env=env, wait=False)


def ready(d):
    """True: it serves. False: it ended by itself, and said why."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        code = d.process.poll()
        if code is not None:
            check(code > 0, f"raizd died of signal {-code} at start: {d.text()}")
            check(len(d.text()) > 0, "raizd ended without a word")
            return False
        if "is ready" in d.text():
            return True
        time.sleep(0.01)
    check(False, f"raizd neither serves nor ends: {d.text()}")
    return False


def alive(d, when):
    check(d.process.poll() is None, f"raizd ended {when}, {d.process.poll()}: {d.text()[-2000:]}")


def reload_perhaps(d):
    """The connection itself may be what there was no memory for."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(d.socket)
            s.sendall(b'{"verb": "reload"}\n')
            while s.recv(65536):
                pass
    except OSError:
        pass


def life(d):
    """Start, a question, a reload, a question, the end. What failed once works the second time."""
    if not ready(d):
        return "start"
    for i in range(2):
        m = ask_udp(f"w{i}.test.", timeout=3, tries=3)
        alive(d, "answering")
        m = m if m is not None and m.rcode == NOERROR else ask_udp(f"again{i}.test.", timeout=3, tries=3)
        check(m is not None and m.rcode == NOERROR, f"no answer afterwards: {d.text()[-1000:]}")
        if i == 0:
            reload_perhaps(d)
            alive(d, "reloading")
            check(d.control("reload")["done"], "no reload afterwards")
    d.process.send_signal(signal.SIGTERM)
    code = d.process.wait(20)
    check(code == 0, f"raizd ended with {code}: {d.text()[-1000:]}")
    return "all"


def failures():
    if os.environ.get("RAIZ_SANITIZE"):
        print("skipped: the sanitizer has an allocator of its own")
        return
    authority()
    board = Board("survey")
    board.put(0, 1)
    check(life(begin(board)) == "all", "raizd does not live when nothing fails")
    kinds = board.kinds()
    check(len(kinds) > 100, f"only {len(kinds)} kinds of allocations")
    step = 1 if os.environ.get("EVERY_KIND") else max(1, len(kinds) // SAMPLE)
    ends = {"start": 0, "all": 0}
    met = 0
    for i, kind in enumerate(kinds[::step]):
        board = Board(f"board{i}")
        board.put(1, kind)
        board.put(0, 1)
        if os.environ.get("VERBOSE"):
            print(i, hex(kind), flush=True)
        ends[life(begin(board))] += 1
        met += board.get(2)
    print(f"{len(kinds)} kinds; {met} failed, {ends['start']} at start and raizd said so")
    check(met > len(kinds[::step]) / 2, f"only {met} of {len(kinds[::step])} kinds came again")


main(failures)
