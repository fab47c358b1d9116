"""What the tests of DNSSEC's threats share: a signed root, signed zones and the lies about them.

The zones are served and signed by scn-serve (tests/scenario/wire/wire.c), in the words of the scenarios: row N has 10.55.N.x. The
root is signed and trusted; below it tN. is delegated with its DS, as signed_world() is told. A row whose zone is at 10.54.N.1 has a
script in between (threat_support.py), which asks 10.55.N.1 for what is genuine and gives what it likes.
"""
import base64
import collections
import hashlib
import json
import os
import socket
import struct
import subprocess
import time

from support import A, AA, NOERROR, RD, SERVFAIL, SLOW, TC, Message, check, framed, name_wire, read_frame, run
from threat_support import ROOT, Row, ede, message, row, world

SCN_SERVE = os.environ.get("SCN_SERVE", "build/tests/scenario/scn-serve")
SIGNED_NET = "10.55.0.0/16"
SIGNED_ROOT = "10.55.0.1"
DS, RRSIG, NSEC, DNSKEY, NSEC3 = 43, 46, 47, 48, 50
AD, CD = 0x20, 0x10


class Signer:
    """scn-serve: one for a file of tests."""

    def __init__(self):
        run("ip", "route", "add", "local", SIGNED_NET, "dev", "lo")
        self.process = subprocess.Popen([SCN_SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, text):
        self.process.stdin.write(text.encode() + b"\n.\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        check(line, f"scn-serve ended: {text[:500]}")
        return json.loads(line)

    def serve(self, address, text):
        lines = [line.strip() for line in text.strip().splitlines()]
        return self.say(f"server {address}  " + "\n       ".join(lines))


the_signer = None


def signer():
    return the_signer


def signed_world(zones, anchors=(), root_options=""):
    """zones: {N: what its delegation from the root is: "ds" and options, "" for none}; those of `between` are answered by scripts.
    Returns the trust anchors, for the configuration."""
    global the_signer
    the_signer = Signer()
    world()
    lines = ["@ NS ns.net.", f"ns.net. A {SIGNED_ROOT}", "canary. NS ns.canary.", f"ns.canary. A {ROOT}", "t0. NS ns.t0.",
             "ns.t0. A 10.54.0.1"]
    for n, what in zones.items():
        between = what.startswith("between")
        what = what.replace("between", "").strip()
        lines += [f"t{n}. NS ns.t{n}.", f"ns.t{n}. A 10.{54 if between else 55}.{n}.1"]
        if what.startswith("ds"):
            lines.append(f"ds t{n}.{what[2:]}")
    the_signer.serve(SIGNED_ROOT, f"zone . signed {root_options}\n" + "\n".join(lines))
    return the_signer.say("\n".join(f"anchor {z}" for z in (". " + root_options, *anchors)))["anchors"]


def dnssec(anchors, more=""):
    return f"dnssec: {{mode: validate, trust-anchors: {json.dumps(anchors)}{more}}}\n"


def dnssec_query(name, qtype, flags=RD, do=True):
    opt = struct.pack("!BHHIH", 0, 41, 1232, 0x8000 if do else 0, 0)
    wire = name if isinstance(name, bytes) else name_wire(name)
    return struct.pack("!6H", int.from_bytes(os.urandom(2), "big"), flags, 1, 0, 0, 1) + wire + struct.pack("!2H", qtype, 1) + opt


def exchange(server, q, timeout=9):
    """The reply over UDP, or TCP where that is truncated; None: there was none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(server)
        s.settimeout(timeout * SLOW)
        s.send(q)
        try:
            m = Message(s.recv(65535))
        except OSError:
            return None
    if not m.flags & TC:
        return m
    with socket.socket() as s:
        s.settimeout(timeout * SLOW)
        s.connect(server)
        s.sendall(framed(q))
        return Message(read_frame(s))


def rr_octets(m, record):
    """The record without compression (SOA is the only type here that may have it)."""
    _section, owner, rtype, ttl, rdata = record
    if rtype == 6:
        at = m.data.index(rdata, m.question_end)
        first, end = uncompressed(m.data, at)
        second, end = uncompressed(m.data, end)
        rdata = first + second + m.data[end:end + 20]
    return name_wire(owner) + struct.pack("!2HIH", rtype, 1, ttl, len(rdata)) + rdata


def uncompressed(data, at):
    out, end = b"", None
    while data[at]:
        if data[at] >= 0xc0:
            end = end or at + 2
            at = (data[at] & 0x3f) << 8 | data[at + 1]
            continue
        out += data[at:at + 1 + data[at]]
        at += 1 + data[at]
    return out + b"\0", end or at + 1


def covered(record):
    return struct.unpack("!H", record[4][:2])[0] if record[2] == RRSIG else 0


def nsec3_hash(name, iterations=0, salt=b""):
    """RFC 5155 section 5."""
    digest = hashlib.sha1(name_wire(name.lower()) + salt).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt).digest()
    return int.from_bytes(digest, "big")


def base32(number):
    """A hash as NSEC3 records show it."""
    text = base64.b32encode((number % (1 << 160)).to_bytes(20, "big"))
    return text.translate(bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv")).decode()


def nsec3_record(name, zone, types="", iterations=0, salt=b"", flags=0, cover=False, owner_zone=None):
    """An NSEC3 record as text: that of the name, or one that covers it and little else."""
    at = nsec3_hash(name, iterations, salt)
    owner = f"{base32(at - (1 if cover else 0))}.{owner_zone or zone}"
    return f"{owner} 300 NSEC3 1 {flags} {iterations} {salt.hex() or '-'} {base32(at + 1)} {types}".rstrip()


class Answers:
    """What a signed server says, split into records that can be put together in other ways."""

    def __init__(self, m):
        self.m, self.rcode, self.flags = m, m.rcode, m.flags
        self.records = [r for r in m.records if r[2] != 41]

    def section(self, n, keep=lambda r: True):
        return [rr_octets(self.m, r) for r in self.records if r[0] == n and keep(r)]

    def reply(self, q, rcode=None, keep=lambda r: True, answer=(), authority=()):
        return message(q, self.section(0, keep) + list(answer), self.section(1, keep) + list(authority), self.section(2, keep),
                       flags=self.flags & AA, rcode=self.rcode if rcode is None else rcode)


Cost = collections.namedtuple("Cost", "verifies verify_failures nsec3_hashes work_limits sends cpu_ms")
COUNTERS = ("verifies", "verify_failures", "nsec3_hashes", "work_limits")


class SignedRow(Row):
    """r.serve(text): what its server 10.55.N.1 has; r.expect(...): a question and all that must hold of its answer."""

    def __enter__(self):
        super().__enter__()
        the_signer.say("report")
        self.asked, self.lag = [], self.daemon.stats()["loop_lag_max_ms"]
        return self

    def serve(self, text, at=1):
        the_signer.serve(f"10.55.{self.number}.{at}", text.replace("$", f"10.55.{self.number}."))

    def questions(self):
        """Those that reached the row's servers since the row began: [[address, name, type, transport]]."""
        self.asked += [q for q in the_signer.say("report")["questions"] if q[0].startswith(f"10.55.{self.number}.")]
        return self.asked

    def uq(self, **kw):
        own = super().uq(**kw)
        return own if kw else own + len(self.questions())

    def forget(self):
        super().forget()
        self.forgotten += len(self.questions())
        self.asked = []

    def genuine(self, name, qtype, at=1):
        m = exchange((f"10.55.{self.number}.{at}", 53), dnssec_query(name, qtype, 0))
        check(m is not None, f"{name} at 10.55.{self.number}.{at}")
        return Answers(m)

    def between(self, change=None):
        """The row's servers 10.54.N.x say what 10.55.N.x does, unless change(q, m, to) has something else to say."""
        def answer(q, m, to, tcp, peer):
            said = change(q, m, to) if change else None
            if said is None:
                said = self.genuine(m.name, m.type, to.rsplit(".", 1)[1]).reply(q)
            return said if tcp or len(said) <= 1232 else message(q, flags=AA | TC)
        self.script(answer)

    def ask(self, name, qtype=A, flags=RD, do=True, **kw):
        return exchange(self.daemon.server, dnssec_query(name, qtype, flags, do), **kw)

    def expect(self, name, qtype=A, rcode=NOERROR, code=None, ad=None, text=(), addresses=None, **kw):
        """code: the extended error (one, or several that may be); text: words that must be in it. Bogus answers have data of none."""
        m = self.ask(name, qtype, **kw)
        where = f"{name} {qtype}: "
        check(m is not None, where + "no answer")
        codes = code if isinstance(code, tuple) else (code,)
        said = ede(m)
        check(m.rcode == rcode, where + f"rcode {m.rcode}, not {rcode}; {said}")
        check(code is None or said[0] in codes, where + f"extended error {said}, not {code}")
        for word in [text] if isinstance(text, str) else text:
            check(word in said[1], where + f"'{word}' is not in {said}")
        check(ad is None or bool(m.flags & AD) == ad, where + f"AD is {bool(m.flags & AD)}; {said}")
        check(rcode != SERVFAIL or not [r for r in m.records if r[0] == 0], where + "SERVFAIL with an answer")
        check(addresses is None or m.addresses() == addresses, where + f"{m.addresses()}")
        return m

    def cost(self, work, settle=0.05):
        """What the work costs raizd: counters, and CPU less the canary's share."""
        time.sleep(settle)
        before, cpu, began = self.counters(), self.daemon.cpu_us(), time.monotonic()
        work()
        used = self.daemon.cpu_us() - cpu - self.daemon.idle_us_per_s * (time.monotonic() - began)
        after = self.counters()
        return Cost(*[after[k] - before[k] for k in COUNTERS], after["sends"] - before["sends"], round(max(0, used) / 1000, 2))

    def counters(self):
        s = self.daemon.stats()
        return {**{k: s[k] for k in COUNTERS}, "sends": s["sends_udp"] + s["sends_tcp"]}

    def within_limits(self, cost, cpu_ms=15, verifies=32, failures=4, hashes=96):
        print(f"      {cost}")
        check(cost.verifies <= verifies and cost.verify_failures <= failures and cost.nsec3_hashes <= hashes, f"{cost}")
        check(cost.cpu_ms <= cpu_ms * SLOW, f"{cost}: more than {cpu_ms} ms")

    def __exit__(self, kind, *rest):
        waited_ms = (self.daemon.kept_waiting_us() - self.waited) / 1000
        super().__exit__(kind, *rest)
        lag = self.daemon.stats()["loop_lag_max_ms"]
        if kind is None and lag > self.lag:
            # 15 ms on a quiet machine, with room; a hypervisor's and the disk's share of a busy one is told nowhere.
            most = 60 * SLOW if waited_ms < 5 else 150 * SLOW + 3 * waited_ms
            check(lag <= most, f"a turn of the loop took {lag} ms, while raizd waited for others for {waited_ms:.0f} ms")


def signed_row(number, daemon):
    return row(number, daemon, kind=SignedRow)
