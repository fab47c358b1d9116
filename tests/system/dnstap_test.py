#!/usr/bin/python3
"""dnstap_test.py: messages as they pass, for whoever collects them; read back by BIND's dnstap-read."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

from support import RAIZD, SLOW, WORK, Raizd, ask_udp, authority, check, connect, fail, framed, main, query, read_frame

CONTENT = b"protobuf:dnstap.Dnstap"
ACCEPT, START, STOP, READY, FINISH = range(1, 6)


def control(kind, content=True):
    body = struct.pack("!I", kind) + (struct.pack("!2I", 1, len(CONTENT)) + CONTENT if content else b"")
    return struct.pack("!2I", 0, len(body)) + body


class Collector(threading.Thread):
    """The other end of dnstap.socket: Frame Streams, as its specification has them. `reads` False: never reads after START."""

    def __init__(self, path, reads=True):
        super().__init__(daemon=True)
        self.frames, self.finished, self.reads, self.began = [], threading.Event(), reads, threading.Event()
        if os.path.exists(path):
            os.remove(path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(4)
        self.start()

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.conn.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def next(self):
        """(control kind, None) or (None, frame)"""
        n = struct.unpack("!I", self.exactly(4))[0]
        if n:
            return None, self.exactly(n)
        body = self.exactly(struct.unpack("!I", self.exactly(4))[0])
        return struct.unpack("!I", body[:4])[0], body[4:]

    def run(self):
        self.conn, _ = self.listener.accept()
        kind, body = self.next()
        assert kind == READY and CONTENT in body
        self.conn.sendall(control(ACCEPT))
        assert self.next()[0] == START
        self.began.set()
        if not self.reads:
            return
        try:
            while True:
                kind, frame = self.next()
                if kind == STOP:
                    self.conn.sendall(control(FINISH, False))
                    self.finished.set()
                    return
                self.frames.append(frame)
        except EOFError:
            pass

    def save(self, path):
        with open(path, "wb") as f:
            f.write(control(START) + b"".join(struct.pack("!I", len(x)) + x for x in self.frames) + control(STOP, False))
        return path


def dnstap_read(path):
    """[(kind, asker, asked, transport, bytes, name/class/type)] and all that it prints at length."""
    def run(*words):
        done = subprocess.run(["dnstap-read", *words, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)
        check(done.returncode == 0, f"dnstap-read: {done.stderr}")
        return done.stdout
    rows = []
    for line in run().splitlines():
        m = re.fullmatch(r"\S+ \S+ (\w\w) (\S+) (->|<-) (\S+) (UDP|TCP) (\d+)b (\S+)", line)
        check(m, f"a line of dnstap-read: {line}")
        rows.append((m[1], m[2], m[3], m[4], m[5], int(m[6]), m[7].lower()))
    return rows, run("-y")


server = authority("10.53.0.1")


def start(more, workers=1, **kw):
    authority("10.53.0.1", lambda q, tcp, peer: server.plain(q))
    return Raizd(workers=workers, settings=f"dnstap: {{{more}}}", **kw)


def wait_open(d, collector=None):
    """Until the first frames arrive: the writer has connected."""
    if collector is not None:
        check(collector.began.wait(10 * SLOW), "it connects")
    else:
        time.sleep(0.5 * SLOW)


def all_kinds():
    """A miss is four messages, a hit two; over TCP, too; with addresses, times and octets as they were."""
    path = os.path.join(WORK, "tap.sock")
    collector = Collector(path)
    d = start(f"socket: {path}, identity: node-7")
    wait_open(d, collector)
    before = int(time.time())
    ask_udp("www.test.")
    ask_udp("www.test.")
    with connect() as s:
        s.sendall(framed(query("www.test.")))
        read_frame(s)
        source = s.getsockname()[1]
    m = ask_udp("gone.test.", 28)
    d.stop()
    check(collector.finished.wait(5 * SLOW), "the end is said")
    rows, text = dnstap_read(collector.save(os.path.join(WORK, "all.tap")))
    www = [r for r in rows if r[6] == "www.test/in/a"]
    check([r[0] for r in www] == ["CQ", "RQ", "RR", "CR", "CQ", "CR", "CQ", "CR"], f"in order: {rows}")
    check(www[1][3] == "10.53.0.1:53" and www[1][2] == "->" and www[2][2] == "<-", f"{www}")
    check(all(r[3] == "127.0.0.1:5300" for r in www if r[0][0] == "C"), f"{www}")
    check([r[4] for r in www] == ["UDP"] * 6 + ["TCP"] * 2 and www[6][1] == f"127.0.0.1:{source}", f"{www}")
    check(len([r for r in rows if r[6] == "gone.test/in/aaaa" and r[0] == "CR" and r[5] == len(m.data)]) == 1, f"{rows}")
    check(text.count("identity: node-7") == len(rows) and text.count('version: raizd ') == len(rows), text[:400])
    times = [int(x) for x in re.findall(r"(?:query|response)_time: !!timestamp (\d{4})", text)]
    check(len(times) >= len(rows) and set(times) <= {time.gmtime(before).tm_year, time.gmtime().tm_year}, f"{times}")


def to_a_file():
    path = os.path.join(WORK, "out.tap")
    d = start(f"file: {path}, servers: false", workers=2)
    wait_open(d)
    for i in range(50):
        ask_udp(f"n{i}.test.")
    frames = d.stats()["dnstap_frames"]
    d.stop()
    rows, _ = dnstap_read(path)
    check(len(rows) == frames == 100 and {r[0] for r in rows} == {"CQ", "CR"}, f"{len(rows)} of {frames} frames")
    # One of four, each with its answer.
    d = start(f"file: {path}, servers: false, sample: 4")
    wait_open(d)
    for i in range(200):
        ask_udp("www.test.", qid=i)
    d.stop()
    rows, _ = dnstap_read(path)
    asked, answered = [r[1] for r in rows if r[0] == "CQ"], [r[1] for r in rows if r[0] == "CR"]
    check(sorted(asked) == sorted(answered) and 15 < len(asked) < 100, f"a quarter of 200: {len(asked)}")


def nobody_waits():
    """No collector, one that hangs, a full disk: clients are answered, what is lost is counted, and raizd ends in time."""
    path = os.path.join(WORK, "no.sock")
    d = start(f"socket: {path}")
    for i in range(20):
        check(ask_udp(f"n{i}.test.") is not None, "answered")
    s = d.wait_stats(lambda s: s["dnstap_dropped"] >= 80)
    check(s["dnstap_frames"] == 0, f"{s}")
    until = time.monotonic() + 10 * SLOW
    while f"dnstap: {path} cannot be written: No such file" not in d.text():
        check(time.monotonic() < until, f"it is told: {d.text()}")
        time.sleep(0.1)
    collector = Collector(path)     # it comes later
    wait_open(d, collector)
    ask_udp("late.test.")
    d.stop()
    check(collector.finished.wait(5 * SLOW) and len(collector.frames) >= 4, f"{len(collector.frames)} frames")

    collector = Collector(path, reads=False)
    d = start(f"socket: {path}")
    wait_open(d, collector)
    flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flood.connect(("127.0.0.1", 5300))
    ask_udp("www.test.")
    for i in range(16000):
        flood.send(query("www.test.", qid=i))
        if i % 50 == 0:
            time.sleep(0.001)
    check(ask_udp("www.test.") is not None, "answered")
    d.wait_stats(lambda s: s["dnstap_dropped"] > 0)
    check(d.rss_kib() < 250000, f"memory is bounded: {d.rss_kib()} KiB")
    d.stop(within=3)

    d = start("file: /dev/full")
    wait_open(d)
    ask_udp("www.test.")
    until = time.monotonic() + 10 * SLOW
    while "dnstap: /dev/full cannot be written: No space left" not in d.text():
        check(time.monotonic() < until, f"it is told: {d.text()}")
        ask_udp("www.test.")
        time.sleep(0.2)
    check(ask_udp("www.test.") is not None, "answered")
    d.stop()


def refused():
    config = os.path.join(WORK, "both.yaml")
    with open(config, "w", encoding="ascii") as f:
        f.write("dnstap: {socket: /a, file: /b}\n")
    done = subprocess.run([RAIZD, "-c", config, "--check"], stderr=subprocess.PIPE, encoding="utf-8", check=False)
    check(done.returncode == 1 and "either socket or file" in done.stderr, done.stderr)


if __name__ == "__main__":
    main(all_kinds, to_a_file, nobody_waits, refused)
