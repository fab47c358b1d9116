"""What the system tests of raizd share: messages, a name server that does as it is told, and the daemon itself.

Tests run in a network namespace of their own (system/isolated) with only `lo`: any address and port is theirs.
"""
import atexit
import heapq
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

RAIZD = os.environ.get("RAIZD", "build/resolver/raizd")
RAIZCTL = os.environ.get("RAIZCTL", "build/tools/raizctl/raizctl")
PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
WORK = os.environ.get("WORK") or "/tmp"
SLOW = 4 if os.environ.get("RAIZ_SANITIZE") else 1   # sanitizers cost time: limits that are about speed are that much wider

A, NS, CNAME, SOA, TXT, AAAA, ANY = 1, 2, 5, 6, 16, 28, 255
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
QR, AA, TC, RD, RA = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080


# ---- messages ----

def name_wire(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def name_at(data, at):
    """(name in lower case, where it ends)"""
    labels, end = [], None
    while data[at]:
        if data[at] >= 0xc0:
            end = end or at + 2
            at = (data[at] & 0x3f) << 8 | data[at + 1]
            continue
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels).lower() + ".", end or at + 1


def query(name, qtype=A, qid=1, flags=RD, edns=True):
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0" if edns else b""
    return struct.pack("!6H", qid, flags, 1, 0, 0, 1 if edns else 0) + name_wire(name) + struct.pack("!2H", qtype, 1) + opt


def flood(name, count, port=5300):
    """Questions from one socket, about a hundred a millisecond; nobody reads the answers."""
    to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    to.connect(("127.0.0.1", port))
    for i in range(count):
        to.send(query(name, qid=i % 65536))
        if i % 100 == 0:
            time.sleep(0.001)
    return to


class Message:
    def __init__(self, data):
        self.data = data
        self.id, self.flags, qd, an, ns, ar = struct.unpack("!6H", data[:12])
        self.rcode = self.flags & 0xf
        at, self.name, self.type = 12, None, None
        if qd:
            self.name, at = name_at(data, at)
            self.type, self.klass = struct.unpack("!2H", data[at:at + 4])
            at += 4
        self.question_end = at
        self.records = []       # (section, owner, type, ttl, rdata)
        for section, count in enumerate((an, ns, ar)):
            for _ in range(count):
                owner, at = name_at(data, at)
                rtype, _klass, ttl, n = struct.unpack("!2HIH", data[at:at + 10])
                at += 10
                self.records.append((section, owner, rtype, ttl, data[at:at + n]))
                at += n

    def addresses(self):
        return [socket.inet_ntoa(r[4]) for r in self.records if r[0] == 0 and r[2] == A]


def record(owner, rtype, ttl, rdata):
    return name_wire(owner) + struct.pack("!2HIH", rtype, 1, ttl, len(rdata)) + rdata


def reply(q, answers=(), authority=(), flags=AA, rcode=NOERROR):
    """A reply to the question in the octets q, in its own case and with an OPT."""
    m = Message(q)
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    return (struct.pack("!6H", m.id, QR | flags | rcode, 1, len(answers), len(authority), 1) + q[12:m.question_end] +
            b"".join(answers) + b"".join(authority) + opt)


def a_reply(q, address="192.0.2.1", ttl=300):
    return reply(q, [record(Message(q).name, A, ttl, socket.inet_aton(address))])


def soa(zone=".", minimum=60):
    return record(zone, SOA, 300, name_wire("ns.test.") + name_wire("host.test.") + struct.pack("!5I", 1, 3600, 600, 86400, minimum))


def framed(data):
    return struct.pack("!H", len(data)) + data


def read_frame(sock):
    """One message, or None at the end of the stream."""
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
        want = 2 - len(data) if len(data) < 2 else 2 + struct.unpack("!H", data[:2])[0] - len(data)
        more = sock.recv(want)
        if not more:
            return None
        data += more
    return data[2:]


# ---- a name server that does as it is told ----

class Authority(threading.Thread):
    """Serves the root, and all below it, at one address. `answer(q, tcp, peer)` gives the octets to send back: bytes, None for
    silence, a list of (delay, bytes), or the word "close" over TCP. The default answers every A with 192.0.2.1."""

    def __init__(self, address="10.53.0.1", port=53, answer=None):
        super().__init__(daemon=True)
        add_address(address)
        self.address, self.port = address, port
        self.answer = answer or (lambda q, tcp, peer: self.plain(q))
        self.log = []           # (message, tcp, peer), in order of arrival
        self.connections = 0
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp = socket.socket(family, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind((address, port))
        self.tcp = socket.socket(family, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((address, port))
        self.tcp.listen(512)
        self.start()

    def plain(self, q, address="192.0.2.1"):
        m = Message(q)
        if m.type == NS and m.name == ".":
            return self.root(q)
        if m.type == A:
            return a_reply(q, address)
        return reply(q, authority=[soa()])

    def root(self, q):
        ns = record(".", NS, 86400, name_wire("ns.test."))
        m = Message(q)
        glue = record("ns.test.", A, 86400, socket.inet_aton(self.address))
        opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
        return struct.pack("!6H", m.id, QR | AA, 1, 1, 0, 2) + q[12:m.question_end] + ns + glue + opt

    def asked(self, name=None):
        return [e for e in self.log if name is None or e[0].name == name]

    def run(self):
        poll = select.epoll()
        poll.register(self.udp, select.EPOLLIN)
        poll.register(self.tcp, select.EPOLLIN)
        open_ones, waiting, count = {}, [], 0
        while True:
            timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else 1
            for fd, _events in poll.poll(timeout):
                if fd == self.udp.fileno():
                    q, peer = self.udp.recvfrom(65535)
                    count = self.take(q, False, peer, lambda d, p=peer: self.udp.sendto(d, p), waiting, count)
                elif fd == self.tcp.fileno():
                    sock, peer = self.tcp.accept()
                    self.connections += 1
                    open_ones[sock.fileno()] = (sock, peer, bytearray())
                    poll.register(sock, select.EPOLLIN)
                else:
                    sock, peer, buf = open_ones[fd]
                    try:
                        data = sock.recv(65535)
                    except OSError:
                        data = b""
                    buf += data
                    done = not data
                    while not done and len(buf) >= 2 and len(buf) >= 2 + struct.unpack("!H", buf[:2])[0]:
                        n = struct.unpack("!H", buf[:2])[0]
                        q = bytes(buf[2:2 + n])
                        del buf[:2 + n]
                        count = self.take(q, True, peer, lambda d, s=sock: s.sendall(framed(d)), waiting, count)
                        done = self.close
                    if done:
                        poll.unregister(fd)
                        sock.close()
                        del open_ones[fd]
            while waiting and waiting[0][0] <= time.monotonic():
                _at, _n, send, data = heapq.heappop(waiting)
                try:
                    send(data)
                except OSError:
                    pass

    def take(self, q, tcp, peer, send, waiting, count):
        self.log.append((Message(q), tcp, peer))
        what = self.answer(q, tcp, peer)
        self.close = what == "close"
        if self.close:
            return count
        for delay, data in [(0, what)] if isinstance(what, bytes) else what or []:
            count += 1
            heapq.heappush(waiting, (time.monotonic() + delay, count, send, data))
        return count


authorities = {}


def authority(address="10.53.0.1", answer=None):
    """The name server at that address, with a fresh log."""
    if address not in authorities:
        authorities[address] = Authority(address)
    a = authorities[address]
    a.answer = answer or (lambda q, tcp, peer: a.plain(q))
    a.log, a.connections = [], 0
    return a


# ---- the daemon ----

def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()


def add_address(address):
    if not address.startswith("127.") and address != "::1":
        run("ip", "addr", "replace", address + ("/128" if ":" in address else "/32"), "dev", "lo",
            *(["nodad"] if ":" in address else []))


class Raizd:
    """A running daemon. settings: further sections of the configuration; resolution: further keys of that section."""
    number = 0

    def __init__(self, listen=("127.0.0.1:5300",), workers=1, root="10.53.0.1", settings="", resolution="", minimise="off",
                 tcp_clients=1024, tcp_per_address=64, fair_share=True, cache_size="32M", cache="", wait=True, command=(), **popen):
        Raizd.number += 1
        if "dnssec:" not in settings:      # the roots of the tests are not signed
            settings += "\ndnssec: {mode: off}"
        if "sandbox:" not in settings:     # a system call that is missing in the list is to be found
            settings += "\nsandbox: {system-calls: kill}"
        self.dir = os.path.join(WORK, f"raizd{Raizd.number}")
        os.makedirs(self.dir, exist_ok=True)
        self.socket = os.path.join(self.dir, "raizctl.sock")
        self.config = os.path.join(self.dir, "raiz.yaml")
        self.logfile = os.path.join(self.dir, "log")
        hints = os.path.join(self.dir, "root.hints")
        with open(hints, "w", encoding="ascii") as f:
            kind = "AAAA" if ":" in root else "A"
            f.write(f". 3600 NS ns.test.\nns.test. 3600 {kind} {root}\n")
        with open(self.config, "w", encoding="ascii") as f:
            f.write(f"workers: {workers}\nlisten: {json.dumps(list(listen))}\n"
                    f"access: {{allow: [\"0.0.0.0/0\", \"::/0\"]}}\nstate-dir: {self.dir}/state\n"
                    f"control: {{socket: {self.socket}}}\nroot: {{hints: {hints}}}\ncache: {{size: {cache_size}{', ' if cache else ''}{cache}}}\n"
                    f"resolution: {{query-loopback: true, qname-minimisation: {minimise}, local-zones: false{resolution}}}\n"
                    f"limits: {{tcp-clients: {tcp_clients}, tcp-per-address: {tcp_per_address}, fair-share: {str(fair_share).lower()}}}\n{settings}\n")
        self.log = open(self.logfile, "wb")
        popen.setdefault("stderr", self.log)
        popen.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen([*command, RAIZD, "-c", self.config], stdout=self.log, **popen)
        atexit.register(self.kill)
        if wait:
            self.wait_ready()

    def respawn(self, **popen):
        """The same daemon once more, with the state that the last one left; its log begins anew."""
        self.kill()
        self.log = open(self.logfile, "wb")
        self.process = subprocess.Popen([RAIZD, "-c", self.config], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                        **popen)
        self.wait_ready()

    def wait_ready(self, within=10):
        until = time.monotonic() + within * SLOW
        while time.monotonic() < until:
            if self.process.poll() is not None:
                fail(f"raizd ended at start: {self.text()}")
            if os.path.exists(self.socket) and "is ready" in self.text():
                return
            time.sleep(0.02)
        fail(f"raizd is not ready: {self.text()}")

    def text(self):
        with open(self.logfile, encoding="utf-8", errors="replace") as f:
            return f.read()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, sig=signal.SIGTERM, within=2):
        began = time.monotonic()
        self.process.send_signal(sig)
        try:
            code = self.process.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            fail("raizd does not end")
        took = time.monotonic() - began
        check(code == 0, f"raizd ended with {code}: {self.text()[-3000:]}")
        check(took < within * SLOW, f"raizd took {took:.1f} s to end")
        return took

    def control(self, verb, **args):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10 * SLOW)
            s.connect(self.socket)
            s.sendall(json.dumps({"verb": verb, **args}).encode() + b"\n")
            data = b""
            while True:
                more = s.recv(65536)
                if not more:
                    fail(f"control socket closed after {data!r}")
                data += more
                lines = data.decode().splitlines()
                if data.endswith(b"\n") and json.loads(lines[-1]).get("done"):
                    return json.loads(lines[-1]) if len(lines) == 1 else [json.loads(x) for x in lines]

    def stats(self):
        s = self.control("stats")
        return {**s["listeners"], **{k: v for group in ("front", "engine") for k, v in s[group].items()}}

    def wait_stats(self, what, within=5):
        """Waits until what(stats) holds."""
        until = time.monotonic() + within * SLOW
        while True:
            s = self.stats()
            if what(s):
                return s
            if time.monotonic() > until:
                fail(f"it did not come about: {s}")
            time.sleep(0.05)

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def preload(source, **env):
    """An environment in which tests/system/SOURCE is linked before all else, and finds its orders."""
    library = os.path.join(WORK, source.replace(".c", ".so"))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), source)
    if not os.path.exists(library):
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, path, "-ldl"], check=True)
    # A library that is loaded before ASan's is no mistake here.
    return {**os.environ, "LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0", **env}


def ask_udp(name, qtype=A, server=("127.0.0.1", 5300), timeout=5, tries=1, **kw):
    """The Message, or None."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.connect(server)
        s.settimeout(timeout * SLOW)
        for _ in range(tries):
            s.send(query(name, qtype, **kw))
            try:
                return Message(s.recv(65535))
            except socket.timeout:
                pass
    return None


def connect(server=("127.0.0.1", 5300), source=None, timeout=10):
    s = socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET)
    s.settimeout(timeout * SLOW)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if source:
        s.bind((source, 0))
    s.connect(server)
    return s


# ---- raizctl ----

class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.lines = self.out.splitlines()

    def rows(self):
        return [json.loads(line) for line in self.lines]


def ctl(daemon, *words, code=0, env=None, before=()):
    """Runs raizctl, asking a daemon (or at that socket); it must end with that code, and print to stderr just when it fails."""
    path = getattr(daemon, "socket", daemon)
    done = subprocess.run([*before, RAIZCTL, "-s", path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", env={**PLAIN, **(env or {})}, timeout=60 * SLOW, check=False)
    r = Result(done)
    check(r.code == code, f"raizctl {words} ended with {r.code}, not {code}: {r.out}{r.err}")
    check(bool(r.err) == (code not in (0, 1)) or code == 1, f"raizctl {words} said: {r.err}")
    return r


class Load(threading.Thread):
    """Asks for hot.test., which is in the cache, over UDP with a window of queries under way; what is not answered in time is lost."""

    def __init__(self, window=64, server=("127.0.0.1", 5300), patience_s=2):
        super().__init__(daemon=True)
        self.go, self.sent, self.got, self.lost, self.refused = True, 0, 0, 0, 0
        self.window, self.server, self.patience_s = window, server, patience_s * SLOW
        self.start()

    def run(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect(self.server)
        s.settimeout(0.05)
        wire, waiting = bytearray(query("hot.test.")), {}
        while self.go or waiting:
            while self.go and len(waiting) < self.window:
                self.sent += 1
                struct.pack_into("!H", wire, 0, self.sent & 0xffff)
                waiting[self.sent & 0xffff] = time.monotonic()
                s.send(wire)
            try:
                data = s.recv(512)
                if waiting.pop(data[0] << 8 | data[1], None) is not None:
                    self.got += 1
                    self.refused += data[3] & 0xf != NOERROR
            except socket.timeout:
                now = time.monotonic()
                late = [i for i, at in waiting.items() if now - at > self.patience_s]
                self.lost += len(late)
                for i in late:
                    del waiting[i]

    def end(self):
        self.go = False
        self.join()


def start_peer(command, log, address, name=".", qtype=NS):
    """A name server that others wrote; it answers already."""
    with open(log, "wb") as f:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=f, stderr=f)
    atexit.register(process.kill)
    until = time.monotonic() + 20 * SLOW
    while True:
        try:
            if ask_udp(name, qtype, server=(address, 53), timeout=0.3, flags=0):
                return process
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > until:
            with open(log, encoding="utf-8", errors="replace") as f:
                fail(f"{command[1]} does not start: {f.read()[-2000:]}")
        time.sleep(0.05)


# ---- verdicts ----

checks = 0


def check(truth, text):
    global checks
    checks += 1
    if not truth:
        fail(text)


def fail(text):
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back:
        frame = frame.f_back
    print(f"FAILED at {os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}: {text}", flush=True)
    os._exit(1)


def main(*tests):
    """Runs the tests named on the command line, or all."""
    wanted = sys.argv[1:]
    for test in tests:
        if not wanted or test.__name__ in wanted:
            began, before = time.monotonic(), checks
            test()
            check(checks > before, f"{test.__name__} checked nothing")
            print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
