#!/usr/bin/python3
"""trust_test.py: the root's keys are followed over restarts, trust anchors are signalled, negative ones come and go.

The root is signed by keys made here (Ed25519, with the openssl program). "A" to "D" are keys; a name below good. is signed, one
below broken. is not, so it is bogus."""
import base64
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

from support import (AA, NOERROR, NS, QR, SERVFAIL, SLOW, SOA, WORK, A, Message, Raizd, ask_udp, authority, check, fail, main,
                     name_wire, record, soa)

RAIZCTL = os.environ.get("RAIZCTL", "build/tools/raizctl/raizctl")
DNSKEY, RRSIG, NULL = 48, 46, 10
AD, CD = 0x20, 0x10
DAY = 86400


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


class Key:
    def __init__(self, letter, revoked=False):
        self.letter, self.revoked = letter, revoked
        der = bytes.fromhex("302e020100300506032b657004220420") + hashlib.sha256(letter.encode()).digest()
        self.path = os.path.join(WORK, f"key-{letter}.pem")
        with open(self.path, "wb") as f:
            f.write(b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(der) + b"-----END PRIVATE KEY-----\n")
        self.public = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-32:]
        self.rdata = struct.pack("!HBB", 257 | (128 if revoked else 0), 3, 15) + self.public
        total = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(self.rdata))
        self.tag = (total + (total >> 16)) & 0xffff

    def text(self):
        return f"DNSKEY {257 | (128 if self.revoked else 0)} 3 15 {base64.b64encode(self.public).decode()}"

    def sign(self, owner, rtype, ttl, rdatas):
        now = int(time.time())
        labels = len([x for x in owner.split(".") if x])
        head = struct.pack("!HBBIIIH", rtype, 15, labels, ttl, now + 14 * DAY, now - DAY, self.tag) + b"\0"
        rrs = b"".join(name_wire(owner) + struct.pack("!HHIH", rtype, 1, ttl, len(r)) + r for r in sorted(rdatas))
        path = os.path.join(WORK, "to-sign")
        with open(path, "wb") as f:
            f.write(head + rrs)
        return head + openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", path)


class Root:
    """Answers for the signed root."""

    def __init__(self, keys, signers):
        self.keys, self.signers, self.done = keys, signers, {}
        self.server = authority(answer=self.answer)

    def signed(self, owner, rtype, ttl, rdatas, signers=None):
        what = (owner, rtype)
        if what not in self.done:
            sigs = [k.sign(owner, rtype, ttl, rdatas) for k in signers or self.signers[:1]]
            self.done[what] = [record(owner, rtype, ttl, r) for r in rdatas] + [record(owner, RRSIG, ttl, s) for s in sigs]
        return self.done[what]

    def answer(self, q, tcp, peer):
        m = Message(q)
        answers, authority_section = [], []
        if m.name == "." and m.type == DNSKEY:
            answers = self.signed(".", DNSKEY, 172800, [k.rdata for k in self.keys], self.signers)
        elif m.name == "." and m.type == NS:
            answers = self.signed(".", NS, 86400, [name_wire("ns.test.")])
        elif m.name.endswith("good.") and m.type == A:
            answers = self.signed(m.name, A, 300, [socket.inet_aton("192.0.2.1")])
        elif m.name.endswith("good.") and m.type == SOA:
            answers = self.signed(m.name, SOA, 300, [name_wire("ns.test.") * 2 + struct.pack("!5I", 1, 3600, 600, 86400, 60)])
        elif m.name.endswith("broken.") and m.type == A:
            answers = [record(m.name, A, 300, socket.inet_aton("192.0.2.2"))]
        else:
            authority_section = [soa()]
        opt = b"\0\0\x29\x04\xd0\0\0\x80\0\0\0"
        return (struct.pack("!6H", m.id, QR | AA, 1, len(answers), len(authority_section), 1) + q[12:m.question_end] +
                b"".join(answers) + b"".join(authority_section) + opt)


def ctl(daemon, *words, code=0):
    done = subprocess.run([RAIZCTL, "-s", daemon.socket, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=60 * SLOW, check=False)
    check(done.returncode == code, f"raizctl {words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def state_text(rows, refreshed=1, next_refresh=1):
    body = f"zone . refreshed {refreshed} next {next_refresh} failed 0\n" + "".join(
        f"{state} since {since} hold {hold} seen {seen} {key.text()}\n" for state, since, hold, seen, key in rows)
    return f"raiz-anchors 1 {hashlib.sha256(body.encode()).hexdigest()}\n{body}"


def state_dir(name):
    path = os.path.join(WORK, name)
    os.makedirs(path, exist_ok=True)
    return path


def put(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def start(folder, dnssec="mode: validate", **kw):
    """raizd with this state folder."""
    d = Raizd(wait=False, settings=f"dnssec: {{{dnssec}}}", **kw)
    d.kill()
    with open(d.config, encoding="ascii") as f:
        text = re.sub(r"^state-dir: .*$", f"state-dir: {folder}", f.read(), flags=re.M)
    put(d.config, text)
    d.log = open(d.logfile, "wb")
    d.process = subprocess.Popen([os.environ.get("RAIZD", "build/resolver/raizd"), "-c", d.config], stdout=d.log, stderr=d.log,
                                 stdin=subprocess.DEVNULL)
    d.wait_ready()
    return d


def wait_for(what, text, within=8):
    until = time.monotonic() + within * SLOW
    while not what():
        if time.monotonic() > until:
            fail(text() if callable(text) else text)
        time.sleep(0.05)


def anchors(d):
    rows = [json.loads(line) for line in ctl(d, "anchors", "--json").splitlines()]
    return {r["tag"]: r["state"] for r in rows if "tag" in r}


def wait_anchors(d, **want):
    """want: letter=STATE"""
    tags = {key_of(k).tag: v for k, v in want.items()}
    wait_for(lambda: {t: s for t, s in anchors(d).items() if t in tags} == tags,
             lambda: f"anchors {anchors(d)}, not {tags}: {d.text()}")


keys = {}


def key_of(word):
    """A, or Ar: revoked."""
    if word not in keys:
        keys[word] = Key(word[0], len(word) > 1)
    return keys[word]


def followed():
    """A new key is seen, waits, is added after thirty days; the old one is revoked: each in a run of its own."""
    folder = state_dir("followed")
    file = os.path.join(folder, "root.anchors")
    now = int(time.time())
    a, b, ar = key_of("A"), key_of("B"), key_of("Ar")
    put(file, state_text([("VALID", now - DAY, 0, 0, a)]))
    root = Root([a, b], [a])
    d = start(folder)
    wait_anchors(d, A="VALID", B="ADDPEND")
    with open(file, encoding="ascii") as f:
        text = f.read()
    check(re.search(rf"^ADDPEND since \d+ hold {30 * DAY} seen 1 {re.escape(b.text())}$", text, re.M), text)
    check(not os.path.exists(file + ".new"), "no file is left over")
    check(f"key {b.tag} (algorithm 15) was unknown, is ADDPEND" in d.text(), d.text())
    m = ask_udp("www.good.", flags=0x120)
    check(m.rcode == NOERROR and m.flags & AD, f"good. is proven by key A: {m.rcode} {m.flags:x} {d.text()}")
    check(ask_udp("www.broken.").rcode == SERVFAIL, "broken. is bogus")
    d.stop()
    # Thirty days later, by the state file. The root goes over to B.
    text = re.sub(r"^zone.*$", "zone . refreshed 1 next 1 failed 0", text, flags=re.M)
    text = re.sub(r"^ADDPEND since \d+", f"ADDPEND since {now - 31 * DAY}", text, flags=re.M)
    body = text.split("\n", 1)[1]
    put(file, f"raiz-anchors 1 {hashlib.sha256(body.encode()).hexdigest()}\n{body}")
    d = start(folder)
    wait_anchors(d, A="VALID", B="VALID")
    root = Root([b, a], [b])
    d.control("cache.flush", name=".", tree=True)
    m = ask_udp("www.good.", flags=0x120)
    check(m.rcode == NOERROR and m.flags & AD, f"good. is proven by key B in the same run: {m.rcode} {m.flags:x} {d.text()}")
    check(ask_udp("root-key-sentinel-is-ta-%05d.good." % b.tag).rcode == NOERROR, "B is trusted")
    check(ask_udp("root-key-sentinel-not-ta-%05d.good." % b.tag).rcode == SERVFAIL, "B is trusted")
    check(ask_udp("root-key-sentinel-is-ta-%05d.good." % key_of("C").tag).rcode == SERVFAIL, "C is not")
    d.stop()
    # A is revoked.
    put(file, state_text([("VALID", now - DAY, 0, 0, a), ("VALID", now - DAY, 0, 0, b)]))
    root = Root([ar, b], [b, ar])
    d = start(folder)
    wait_anchors(d, Ar="REVOKED", B="VALID")
    check(f"key {ar.tag} (algorithm 15) was REVOKED" not in d.text(), d.text())
    m = ask_udp("www.good.", flags=0x120)
    check(m.rcode == NOERROR and m.flags & AD, "B goes on")
    d.stop()
    # B is revoked as well, by a set that nobody else has signed: it does not validate, and yet it counts.
    root = Root([key_of("Br")], [key_of("Br")])
    put(file, state_text([("VALID", now - DAY, 0, 0, b)]))
    d = start(folder)
    wait_anchors(d, Br="REVOKED")
    wait_for(lambda: "is not signed by a trusted key" in d.text(), d.text)     # the log has a thread of its own
    check(root.server.asked("."), "asked")
    d.stop()


def damaged_files_are_told():
    """Cut short at any place: the built-in anchors, and a line in the log."""
    folder = state_dir("damaged")
    file = os.path.join(folder, "root.anchors")
    a = key_of("A")
    Root([a], [a])
    whole = state_text([("VALID", 1767225600, 0, 0, a)])
    for text, why in [(whole[:-30], "checksum"), (whole.replace("VALID", "valid"), "checksum"), ("", "line 1"), ("x" * 5000, "line 1")]:
        put(file, text)
        d = start(folder)
        check(re.search(rf"root\.anchors cannot be used, the built-in anchors are: .*{why}", d.text()), d.text())
        check(anchors(d) == {20326: "VALID", 38696: "VALID"}, f"{anchors(d)}")
        d.stop()
    put(file, whole)
    put(os.path.join(folder, "ntas"), "raiz-ntas 1\nbroken. since")
    d = start(folder)
    check("ntas cannot be used, no zone is exempt: line 2: does not end" in d.text(), d.text())
    check("every zone" in ctl(d, "nta", "ls"), "none")
    check(anchors(d) == {a.tag: "VALID", 20326: "VALID", 38696: "VALID"}, f"{anchors(d)}")
    d.stop()


def signalled():
    """Once: the tags of all anchors, sorted, as RFC 8145 has it; also for an island's."""
    folder = state_dir("signalled")
    a = key_of("A")
    put(os.path.join(folder, "root.anchors"), state_text([("VALID", 1767225600, 0, 0, a)], next_refresh=int(time.time()) + DAY))
    root = Root([a], [a])
    d = start(folder)
    name = "_ta-" + "-".join("%04x" % t for t in sorted([a.tag, 20326, 38696])) + "."
    wait_for(lambda: root.server.asked(name), lambda: f"{name}: {[e[0].name for e in root.server.log]}")
    check(NULL in {e[0].type for e in root.server.asked(name)}, "type NULL")
    time.sleep(1)  # what follows from the question itself has been asked by now
    asked = len(root.server.asked(name))
    time.sleep(2)
    check(len(root.server.asked(name)) == asked, "once a day")
    d.stop()
    root = Root([a], [a])
    d = start(state_dir("island"), f'mode: validate, trust-anchors: [". {a.text()}", "good. {a.text()}"]')
    rows = ctl(d, "anchors").splitlines()
    check(len(rows) == 2 and all("CONFIGURED" in r for r in rows), f"{rows}")
    for name in ("_ta-%04x." % a.tag, "_ta-%04x.good." % a.tag):
        wait_for(lambda n=name: root.server.asked(n), lambda n=name: f"{n}: {[e[0].name for e in root.server.log]}", 14)
    check(not os.path.exists(os.path.join(WORK, "island", "root.anchors")), "configured anchors are not followed")
    d.stop()


def ede(m):
    """The codes of the extended errors in a message."""
    opt = next((r[4] for r in m.records if r[2] == 41), b"")
    codes, at = [], 0
    while at + 4 <= len(opt):
        code, n = struct.unpack("!2H", opt[at:at + 4])
        if code == 15:
            codes.append(struct.unpack("!H", opt[at + 4:at + 6])[0])
        at += 4 + n
    return codes


def negative_anchors():
    """At once, over a restart, to their end; and what the cache held goes with them."""
    folder = state_dir("negative")
    a = key_of("A")
    put(os.path.join(folder, "root.anchors"), state_text([("VALID", 1767225600, 0, 0, a)], next_refresh=int(time.time()) + DAY))
    Root([a], [a])
    d = start(folder)
    check(ask_udp("www.broken.").rcode == SERVFAIL, "bogus")
    check(ask_udp("www.broken.").rcode == SERVFAIL, "bogus, and remembered")
    text = ctl(d, "nta", "add", "broken", "--for", "1h", "--reason", "their signer has stopped", "--force")
    check(text == "broken. and what is below it is not validated for 1h\n", text)
    wait_for(lambda: ask_udp("www.broken.").rcode == NOERROR, "not validated", 3)
    m = ask_udp("www.broken.", flags=0x120)
    check(m.addresses() == ["192.0.2.2"] and not m.flags & AD, "no AD")
    check(ede(ask_udp("other.broken.")) == [33], "extended error 33")
    check(ede(ask_udp("other.broken.")) == [33], "from the cache, too")
    check(ede(ask_udp("www.good.")) == [], "none of another")
    m = ask_udp("www.good.", flags=0x120)
    check(m.rcode == NOERROR and m.flags & AD, "others are validated")
    check(re.match(r"broken\., since \d+s ago, ends in \S+( \S+)?: their signer has stopped\n$", ctl(d, "nta", "ls")), ctl(d, "nta", "ls"))
    d.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "reloaded" in d.text(), "reload")
    check(ask_udp("reload.broken.").rcode == NOERROR, "kept over a reload")
    d.process.kill()
    d.process.wait()
    d = start(folder)
    check(ask_udp("www.broken.").rcode == NOERROR, "kept over a crash")
    check(ctl(d, "nta", "rm", "broken.") == "broken. is validated again\n", "rm")
    wait_for(lambda: ask_udp("www.broken.").rcode == SERVFAIL, "validated again, and what was cached is gone", 3)
    ctl(d, "nta", "rm", "broken.", code=1)
    ctl(d, "nta", "add", "broken.", "--for", "2s")
    wait_for(lambda: ask_udp("www.broken.").rcode == NOERROR, "not validated", 2)
    wait_for(lambda: ask_udp("www.broken.").rcode == SERVFAIL, "its time ends", 6)
    check("broken. is validated again: the time of its negative trust anchor has ended" in d.text(), d.text())
    # One that is not needed is lifted when it is looked at, soon after a start; one that is needed stays; forced, too.
    ctl(d, "nta", "add", "broken.")
    ctl(d, "nta", "add", "good.")
    ctl(d, "nta", "add", "forced.good.", "--force")
    d.stop()
    d = start(folder)
    wait_for(lambda: "good. is validated again: it would be answered without" in d.text(), d.text, 15)
    time.sleep(2)
    rows = [json.loads(line) for line in ctl(d, "nta", "ls", "--json").splitlines()]
    check(sorted(r["name"] for r in rows if "name" in r) == ["broken.", "forced.good."], f"{rows}")
    check(ask_udp("www.broken.").rcode == NOERROR, "the look has not spoilt it")
    d.stop()


def configured_end():
    """Zones of the configuration, one without an end, one with."""
    folder = state_dir("configured")
    a = key_of("A")
    put(os.path.join(folder, "root.anchors"), state_text([("VALID", 1767225600, 0, 0, a)], next_refresh=int(time.time()) + DAY))
    Root([a], [a])
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    d = start(folder, f"mode: validate, negative-trust-anchors: [a.broken., {{zone: b.broken., until: \"{end}\"}}, "
                      "{zone: c.broken., until: 2026-01-01}]")
    check(ask_udp("a.broken.").rcode == NOERROR, "without end")
    check(ask_udp("b.broken.").rcode == NOERROR, "not over yet")
    check(ask_udp("c.broken.").rcode == SERVFAIL, "long over")
    rows = ctl(d, "nta", "ls").splitlines()
    check(len(rows) == 3 and rows[0] == "a.broken., by the configuration" and ", ends in " in rows[1] and " ago" in rows[2], f"{rows}")
    wait_for(lambda: ask_udp("b.broken.").rcode == SERVFAIL, "it ends", 10)
    check("b.broken. is validated again: its time in the configuration has ended" in d.text(), d.text())
    check(ask_udp("a.broken.").rcode == NOERROR, "still without end")
    ctl(d, "nta", "rm", "a.broken.", code=1)
    d.stop()


if __name__ == "__main__":
    main(followed, damaged_files_are_told, signalled, negative_anchors, configured_end)
