"""What the tests of single threats share: many scripted servers, a daemon with birds that sing meanwhile, and the lines that
each threat must keep.

A test is a function tN_name(r) under @row. While it runs a canary in a process of its own asks 50 cached and 5 uncached
benign names a second; at the end of the row it must have had its answers, and in time. One line a row is printed:

    row                            UQ   CPU ms   lag ms   cached ok/asked p99   uncached ok/asked p99

UQ is what reached the row's own servers, CPU what raizd used less its share for the canary, lag the longest turn of its
loop so far.
"""
import functools
import json
import os
import select
import heapq
import socket
import struct
import subprocess
import threading
import time

from support import (A, AA, NS, QR, SLOW, TC, Message, Raizd, add_address, ask_udp, check, fail, framed, name_wire, read_frame,
                     run)

STORM = os.environ.get("STORM", "build/tests/storm/storm")
ROOT = "10.53.0.1"              # storm serve: the root, and every name that no row owns
NET = "10.54.0.0/16"            # 10.54.N.x are the servers of row TN, at work below the top-level domains tN. and vN.
BAD = "6.6.6.6"                 # what nobody may ever see
OPT = b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
IP_PKTINFO = 8
CNAME, SOA, PTR, MX, TXT, SRV, DNAME = 5, 6, 12, 15, 16, 33, 39


# ---- messages ----

def wire(name):
    """A name of the usual kind, or octets that are one already."""
    return name if isinstance(name, bytes) else name_wire(name)


def rr(owner, rtype, rdata, ttl=300, klass=1):
    if isinstance(rdata, str):
        rdata = socket.inet_aton(rdata) if rtype == A else name_wire(rdata)
    return wire(owner) + struct.pack("!2HIH", rtype, klass, ttl & 0xffffffff, len(rdata)) + rdata


QNAME = b"\xc0\x0c"             # a pointer to the name of the question


def message(q, answer=(), authority=(), additional=(), flags=AA, rcode=0, opt=True, question=None):
    """A reply to the question in the octets q, in its own case, or with another question."""
    m = q if isinstance(q, Message) else Message(q)
    question = m.data[12:m.question_end] if question is None else question
    extra = list(additional) + ([OPT] if opt else [])
    return (struct.pack("!6H", m.id, QR | flags | rcode, 1 if question else 0, len(answer), len(authority), len(extra)) + question +
            b"".join(answer) + b"".join(authority) + b"".join(extra))


def address(q, to="192.0.2.1", ttl=300):
    return message(q, [rr(QNAME, A, to, ttl)])


def truncated(q):
    return message(q, flags=AA | TC)


def soa(zone, minimum=300):
    return rr(zone, SOA, name_wire("ns.test.") * 2 + struct.pack("!5I", 1, 3600, 600, 86400, minimum), 300)


def nodata(q, zone):
    return message(q, authority=[soa(zone)])


def nxdomain(q, zone):
    return message(q, authority=[soa(zone)], rcode=3)


def refer(q, zone, servers, ttl=300, glue_ttl=None):
    """servers: {name: address or None}"""
    glue = ttl if glue_ttl is None else glue_ttl
    return message(q, authority=[rr(zone, NS, name, ttl) for name in servers],
                   additional=[rr(name, A, to, glue) for name, to in servers.items() if to], flags=0)


def ede(m):
    """(extended error, its text), or (None, "")"""
    for section, _owner, rtype, _ttl, rdata in m.records:
        at = 0
        while section == 2 and rtype == 41 and at + 4 <= len(rdata):
            code, n = struct.unpack("!2H", rdata[at:at + 4])
            if code == 15:
                return struct.unpack("!H", rdata[at + 4:at + 6])[0], rdata[at + 6:at + 4 + n].decode()
            at += 4 + n
    return None, ""


def has_opt(m):
    return any(r[0] == 2 and r[2] == 41 for r in m.records)


# ---- servers that do as they are told ----

class Net(threading.Thread):
    """All of 10.54.0.0/16, port 53. A row's servers are 10.54.N.x; what they say is script[N](q, m, to, tcp, peer): octets,
    None for silence, a list of (delay, octets), "close" or "reset"."""

    def __init__(self):
        super().__init__(daemon=True)
        run("ip", "route", "add", "local", NET, "dev", "lo")
        self.script, self.log, self.connections = {}, {}, {}
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.udp.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        self.udp.bind(("0.0.0.0", 53))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.tcp.bind(("0.0.0.0", 53))
        self.tcp.listen(512)
        self.waiting, self.count = [], 0
        self.start()

    def send(self, data, peer, source):
        """A datagram from any of our addresses."""
        info = struct.pack("=i4s4s", 0, socket.inet_aton(source), b"\0\0\0\0")
        try:
            self.udp.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, peer)
        except OSError:
            pass

    def row_of(self, to):
        return int(to.split(".")[2])

    def take(self, q, to, tcp, peer, send):
        number = self.row_of(to)
        m = Message(q)
        self.log.setdefault(number, []).append((to, m, tcp, time.monotonic()))
        script = self.script.get(number)
        what = script(q, m, to, tcp, peer) if script else None
        if what in ("close", "reset"):
            return what
        for delay, data in [(0, what)] if isinstance(what, bytes) else what or []:
            if delay == 0:
                send(data)
            else:
                self.count += 1
                heapq.heappush(self.waiting, (time.monotonic() + delay, self.count, send, data))
        return None

    def read_datagrams(self):
        for _ in range(64):
            try:
                q, control, _flags, peer = self.udp.recvmsg(65535, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            to = socket.inet_ntoa(control[0][2][8:12])
            self.take(q, to, False, peer, lambda d, p=peer, t=to: self.send(d, p, t))

    def accept(self, poll, streams):
        sock, peer = self.tcp.accept()
        to = sock.getsockname()[0]
        self.connections[self.row_of(to)] = self.connections.get(self.row_of(to), 0) + 1
        streams[sock.fileno()] = (sock, peer, to, bytearray())
        poll.register(sock, select.EPOLLIN)

    def read_stream(self, poll, streams, fd):
        sock, peer, to, buf = streams[fd]
        try:
            data = sock.recv(65535)
        except OSError:
            data = b""
        buf += data
        verdict = None if data else "close"
        while verdict is None and len(buf) >= 2 and len(buf) >= 2 + struct.unpack("!H", buf[:2])[0]:
            n = struct.unpack("!H", buf[:2])[0]
            q = bytes(buf[2:2 + n])
            del buf[:2 + n]
            try:
                verdict = self.take(q, to, True, peer, lambda d, s=sock: s.sendall(framed(d)))
            except OSError:
                verdict = "close"
        if verdict:
            if verdict == "reset":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            poll.unregister(fd)
            sock.close()
            del streams[fd]

    def run(self):
        poll, streams = select.epoll(), {}
        poll.register(self.udp, select.EPOLLIN)
        poll.register(self.tcp, select.EPOLLIN)
        while True:
            timeout = max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else 1
            for fd, _events in poll.poll(timeout):
                if fd == self.udp.fileno():
                    self.read_datagrams()
                elif fd == self.tcp.fileno():
                    self.accept(poll, streams)
                else:
                    self.read_stream(poll, streams, fd)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _at, _n, send, data = heapq.heappop(self.waiting)
                try:
                    send(data)
                except OSError:
                    pass


class Talker:
    """A part of storm that reports with a line of JSON when it gets one."""

    def __init__(self, *words):
        self.process = subprocess.Popen([STORM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def report(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, f"storm ended: {self.process.args}")
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)


def storm(*words, code=0):
    """A part of storm that runs to its end and reports once."""
    done = subprocess.run([STORM, *[str(w) for w in words]], stdout=subprocess.PIPE, check=False, timeout=1200)
    check(done.returncode == code, f"storm {words} ended with {done.returncode}: {done.stdout}")
    return json.loads(done.stdout)


# ---- the world of a file of tests ----

net = None
root = None


def world(*rows, children=()):
    """Root and servers; each row of the file owns tN. and vN., at its servers .1 and .9. children: (zone, address) of zones
    each of whose children is a zone of its own."""
    global net, root
    add_address(ROOT)
    words = ["--delegate", "t0.=10.54.0.1"]
    for n in rows:
        words += ["--delegate", f"t{n}.=10.54.{n}.1", "--delegate", f"v{n}.=10.54.{n}.9"]
    for zone, to in children:
        words += ["--children", f"{zone}={to}"]
    net = Net()
    net.script[0] = lambda q, m, to, tcp, peer: [(0.3, address(q))]
    root = Talker("serve", "--listen", f"{ROOT}:53", *words)
    until = time.monotonic() + 10 * SLOW
    while True:
        try:
            if ask_udp("x.canary.", server=(ROOT, 53), timeout=0.3):
                return
        except OSError:
            pass
        check(time.monotonic() < until, "the root answers")


def servers():
    return net


class Daemon(Raizd):
    """raizd with its canary."""

    def __init__(self, port=5300, settings="", root=ROOT, **kw):
        super().__init__(listen=(f"127.0.0.1:{port}",), root=root, settings=settings, **kw)
        self.server = ("127.0.0.1", port)
        self.canary = Talker("canary", "--server", f"127.0.0.1:{port}", "--reference", f"{ROOT}:53", "--timeout", str(5000 * SLOW))
        time.sleep(0.5)
        self.canary.report()            # from here on its cached names are
        # As many queries under way as it takes on at most: memory that is kept for the next ones is there.
        self.ask("warm.t0.")
        storm("ask", "--server", f"127.0.0.1:{port}", "--names", 2000, "--name", f"warm%.{port}.t0.", "--window", 2000)
        self.wait_stats(lambda s: s["upstream_udp_open"] <= 1)
        began, before = time.monotonic(), self.cpu_us()
        time.sleep(1)
        self.idle_us_per_s = (self.cpu_us() - before) / (time.monotonic() - began)
        self.rebase()

    def rebase(self):
        """From here on nothing may grow."""
        self.canary.report()
        s = self.stats()
        self.base = {"descriptors": s["descriptors"], "handles": s["handles"], "rss": self.rss_kib(), "cache": self.cache_bytes()}

    def cpu_us(self):
        return time.clock_gettime_ns(~self.process.pid << 3 | 2) / 1000

    def kept_waiting_us(self):
        """How long its threads wanted to run while other processes had the machine."""
        total = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[1]) / 1000
        return total

    def cache_bytes(self):
        return self.control("stats")["cache"]["bytes"]

    def ask(self, name, qtype=A, **kw):
        return ask_udp(name, qtype, server=self.server, **kw)

    def ask_tcp(self, *queries, timeout=10):
        """The answers to these messages, over one connection, in the order in which they come; None where it ended."""
        with socket.socket() as s:
            s.settimeout(timeout * SLOW)
            s.connect(self.server)
            s.sendall(b"".join(framed(q) for q in queries))
            answers = []
            for _ in queries:
                data = read_frame(s)
                answers.append(data and Message(data))
                if data is None:
                    break
            return answers[0] if len(queries) == 1 else answers

    def known(self, name):
        """What the cache holds at the name: {(kind, type): [records without TTL]}."""
        rows = self.control("cache.show", name=name)
        found = {}
        for row in rows if isinstance(rows, list) else [rows]:
            if "kind" in row and row["name"] == name.lower():
                found[row["kind"], row.get("type", "")] = sorted(plain(r) for r in row.get("records", []))
        return found

    def check_clean(self, spare_kib=3072):
        """Handles and memory are as before: nothing of any row is left but what the cache holds within its bound, and the walks
        of the last failures and slow answers."""
        s = self.wait_stats(lambda s: s["descriptors"] <= self.base["descriptors"] + 1 and
                            s["handles"] <= self.base["handles"] + 2 and s["upstream_tcp_open"] == 0, within=12)
        grown = self.rss_kib() - self.base["rss"] - (self.cache_bytes() - self.base["cache"]) / 1024
        print(f"   handles {self.base['handles']} -> {s['handles']}, descriptors {self.base['descriptors']} -> {s['descriptors']}, "
              f"RSS {self.base['rss']} -> {self.rss_kib()} KiB, of it {grown:.0f} KiB beside the cache; longest lag {s['loop_lag_max_ms']} ms")
        if SLOW == 1:
            check(grown <= self.base["rss"] * 0.02 + spare_kib, f"memory: {grown:.0f} KiB more than at the start")

    def end(self, **kw):
        self.check_clean(**kw)
        self.canary.end()
        self.stop()


def plain(text):
    """A record's text without its TTL."""
    words = text.split()
    return " ".join(words[:1] + words[2:])


# ---- a row ----

class Row:
    def __init__(self, number, daemon, name, keep):
        self.number, self.daemon, self.name, self.keep = number, daemon, name, keep
        self.forgotten = 0
        self.least_s = 1.0      # so long does the canary sing at least

    def __enter__(self):
        if not self.keep:
            net.log[self.number], net.connections[self.number] = [], 0
        self.daemon.canary.report()
        self.begun, self.cpu, self.waited = time.monotonic(), self.daemon.cpu_us(), self.daemon.kept_waiting_us()
        return self

    def script(self, answer):
        net.script[self.number] = answer

    def log(self, name=None, to=None, tcp=None):
        """Questions that reached the row's servers: [(server, message, tcp, when)]."""
        return [e for e in net.log[self.number] if (name is None or e[1].name == name) and (to is None or e[0] == f"10.54.{self.number}.{to}")
                and (tcp is None or e[2] == tcp)]

    def uq(self, **kw):
        return len(self.log(**kw))

    def forget(self):
        self.forgotten += self.uq()
        net.log[self.number] = []

    def connections(self):
        return net.connections[self.number]

    def ask(self, name, qtype=A, **kw):
        return self.daemon.ask(name, qtype, **kw)

    def cpu_ms(self, times, work):
        """CPU of raizd for one run of work, from so many: the smaller mean of two halves, for others may spoil one."""
        means, half = [], (times + 1) // 2
        for first in range(0, times, half):
            before, began = self.daemon.cpu_us(), time.monotonic()
            for i in range(first, min(times, first + half)):
                work(i)
            used = self.daemon.cpu_us() - before - self.daemon.idle_us_per_s * (time.monotonic() - began)
            means.append(max(0, used) / (min(times, first + half) - first) / 1000)
        return min(means)

    def __exit__(self, kind, *_):
        if kind:
            return
        took = time.monotonic() - self.begun
        if took < self.least_s:
            time.sleep(self.least_s - took)
        cpu_ms = max(0, self.daemon.cpu_us() - self.cpu - self.daemon.idle_us_per_s * (time.monotonic() - self.begun)) / 1000
        c = self.daemon.canary.report()
        lag = self.daemon.stats()["loop_lag_max_ms"]
        birds = "   ".join(f"{k} {c[k]['answered']}/{c[k]['sent']} p99 {c[k]['p99_us'] / 1000:.1f} ms" for k in ("cached", "uncached"))
        print(f"   {self.name:32s} UQ {self.forgotten + self.uq():5d}   CPU {cpu_ms:7.1f} ms   lag {lag:4d} ms   {birds}", flush=True)
        check_canary(c, self.daemon.kept_waiting_us() - self.waited)


def check_canary(c, waited_us):
    """Cached: 99.9 %, within 20 ms more than the machine itself takes (what a reference needs, and what other processes had
    of raizd's time); uncached: 99 %."""
    check(c["cached"]["answered"] >= 0.999 * c["cached"]["sent"], f"the canary's cached names: {c}")
    check(c["uncached"]["answered"] >= 0.99 * c["uncached"]["sent"], f"the canary's uncached names: {c}")
    check(c["cached"]["p99_us"] <= 20000 * SLOW + c["reference"]["p99_us"] + waited_us,
          f"the canary waits too long: {c}, and the machine was busy for {waited_us / 1000:.0f} ms")


def row(number, daemon, keep=False, kind=Row):
    """daemon: a function that gives the daemon of the row. keep: the row has begun already."""
    def wrap(test):
        @functools.wraps(test)
        def run_row():
            with kind(number, daemon(), test.__name__, keep) as r:
                test(r)
        return run_row
    return wrap


def in_threads(works):
    """Runs them at once; their results in order."""
    results = [None] * len(works)

    def one(i):
        results[i] = works[i]()
    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(works))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results
