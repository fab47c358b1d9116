#!/usr/bin/python3
"""The cache over restarts: what comes back, what is dropped and why (X21, T143). What a kill in the midst leaves: crash_test.py."""
import os
import signal
import stat
import subprocess
import time

from lab_support import ANCHOR, Lab
from support import A, AAAA, NOERROR, NXDOMAIN, RD, Message, Raizd, WORK, a_reply, ask_udp, authority, check, fail, main

NAMES = 300


def state(d, name="cache.snapshot"):
    return os.path.join(d.dir, "state", name)


def learn(first=0, count=NAMES):
    for i in range(first, first + count):
        check(ask_udp(f"n{i}.test.", tries=2).rcode == NOERROR, f"n{i}")


def restored(d):
    """Waits for the word on the snapshot: the line of the log."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for line in d.text().splitlines():
            if "cache: " in line and ("restored" in line or "dropped" in line):
                return line
        time.sleep(0.02)
    fail(f"nothing is said of the snapshot: {d.text()}")


def known(a, first=0, count=NAMES):
    """How many of the names are answered without a question upstream."""
    a.log.clear()
    for i in range(first, first + count):
        m = ask_udp(f"n{i}.test.", tries=2)
        check(m.rcode == NOERROR and b"\xc0\x00\x02\x01" in m.data, f"n{i}: the answer is right")
    asked = {e[0].name for e in a.log if e[0].type == A}
    return count - sum(f"n{i}.test." in asked for i in range(first, first + count))


def a_restart_keeps_the_cache():
    a = authority()
    d = Raizd()
    learn()
    d.stop()
    check(stat.S_IMODE(os.stat(state(d)).st_mode) == 0o600, "others may not read what was asked here")
    check(stat.S_IMODE(os.stat(state(d, "cache.key")).st_mode) == 0o600, "nor the key")
    check(not os.path.exists(state(d, "cache.snapshot.new")), "nothing is left over")
    d.respawn()
    check("restored" in restored(d), "restored")
    check(known(a) == NAMES, "all names are known")
    d.stop()


def entries_age_by_the_wall_clock():
    a = authority()
    a.answer = lambda q, tcp, peer: a_reply(q, ttl=2) if Message(q).name.startswith("n") else a.plain(q)
    d = Raizd()
    learn(count=20)
    d.stop()
    time.sleep(2.2)
    d.respawn()
    check("had ended" in restored(d), "said")
    check(known(a, count=20) == 0, "what ended while it lay in a file is asked for again")
    d.stop()


def each_interval():
    """SIGKILL loses the last interval at most."""
    a = authority()
    d = Raizd(cache="snapshot: {interval: 1s}")
    learn()
    until = time.monotonic() + 20
    saves = 0
    while saves < 2 and time.monotonic() < until:     # one that began after the last name was learnt
        saves = d.text().count("entries saved") if saves == 0 else saves + (d.text().count("entries saved") > saves)
        time.sleep(0.1)
    d.kill()
    d.respawn()
    check("restored" in restored(d), "restored")
    check(known(a) == NAMES, "all names are known")
    d.stop()
    d = Raizd(cache="snapshot: {interval: 1h}")
    learn(count=5)
    check(d.control("cache.save")["ok"], "on demand")
    until = time.monotonic() + 20
    while "entries saved" not in d.text():
        check(time.monotonic() < until, "saved")
        time.sleep(0.02)
    d.kill()
    d.respawn()
    check("restored" in restored(d) and known(a, count=5) == 5, "what was learnt before it")
    d.stop()
    d = Raizd(cache="snapshot: {interval: 0s}")
    learn(count=5)
    check("interval is 0s" in d.control("cache.save")["error"], "and not on demand")
    d.stop()
    check(not os.path.exists(state(d)) and not os.path.exists(state(d, "cache.key")), "0s: not saved")


def damage(d, what):
    path = state(d)
    with open(path, "rb") as f:
        data = bytearray(f.read())
    if what == "flipped":
        data[len(data) // 2] ^= 4
    elif what == "cut":
        del data[len(data) - 3:]
    elif what == "empty":
        data = bytearray()
    elif what == "other version":
        data[12] ^= 8
    elif what == "something else":
        data = bytearray(os.urandom(5000))
    with open(path, "wb") as f:
        f.write(data)
    if what == "link":
        os.rename(path, path + ".real")
        os.symlink(path + ".real", path)
    elif what == "pipe":
        os.remove(path)
        os.mkfifo(path)
    elif what == "folder":
        os.remove(path)
        os.mkdir(path)
    elif what == "writable by all":
        os.chmod(path, 0o622)
    elif what == "other key":
        with open(state(d, "cache.key"), "wb") as f:
            f.write(os.urandom(32))
    elif what == "key for all":
        os.chmod(state(d, "cache.key"), 0o644)
    elif what == "key cut":
        os.truncate(state(d, "cache.key"), 31)
    elif what in ("other mode", "other forwarders"):
        with open(d.config, encoding="ascii") as f:
            text = f.read()
        text = text.replace("dnssec: {mode: off}", "dnssec: {mode: permissive}") if what == "other mode" else \
            text + "stub: [{zone: \"corp.test.\", servers: [\"10.53.0.1\"]}]\n"
        with open(d.config, "w", encoding="ascii") as f:
            f.write(text)


def what_cannot_be_trusted_is_dropped():
    """X21: and the daemon starts all the same, says why, and answers as if nothing had been."""
    a = authority()
    reasons = {"flipped": "checksum", "cut": "cut short", "empty": "cut short", "other version": "another version",
               "something else": "no snapshot", "link": "is a link", "pipe": "no file", "folder": "no file",
               "writable by all": "others may", "other key": "checksum", "key for all": "made anew", "key cut": "no key",
               "other mode": "validation", "other forwarders": "stub zones"}
    for what, reason in reasons.items():
        d = Raizd()
        learn(count=30)
        d.stop()
        damage(d, what)
        d.respawn()
        line = restored(d)
        check("dropped" in line and reason in d.text(), f"{what}: {line}")
        check(known(a, count=30) == 0, f"{what}: nothing of it is believed")
        d.stop()
        if what not in ("folder",):
            check(os.path.isfile(state(d)) and not os.path.islink(state(d)), f"{what}: the next one takes its place")


def a_full_disk():
    """X19: the old file stays, the log says so, and answers go on."""
    a = authority()
    folder = os.path.join(WORK, "small")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    d = Raizd(wait=False)
    d.kill()
    with open(d.config, encoding="ascii") as f:
        text = f.read()
    with open(d.config, "w", encoding="ascii") as f:
        f.write(text.replace(f"state-dir: {d.dir}/state", f"state-dir: {folder}"))
    d.respawn()
    learn(count=100)
    d.stop()
    check(os.path.getsize(os.path.join(folder, "cache.snapshot")) > 1000, "saved")
    d.respawn()
    restored(d)
    learn(100, 1500)
    d.stop()
    check("not saved" in d.text() and "No space" in d.text(), d.text()[-500:])
    check(not os.path.exists(os.path.join(folder, "cache.snapshot.new")), "nothing is left over")
    d.respawn()
    check("restored" in restored(d), "the old one")
    check(known(a, count=100) == 100, "is whole")
    d.stop()
    subprocess.run(["umount", folder], check=True)


def validated_stays_validated():
    """Security status, proofs and the spans made of them come back; the servers are gone by then."""
    lab = Lab()
    d = Raizd(root="198.41.0.4", settings=f"dnssec: {{trust-anchor-file: {ANCHOR}}}")
    ad = 0x20

    def ask(name):
        m = ask_udp(name, tries=3, flags=RD | ad)
        return m.rcode, bool(m.flags & ad)

    check(ask("www.umass.edu.") == (NOERROR, True), "validated")
    check(ask("nosuch1.umass.edu.") == (NXDOMAIN, True), "and that a name does not exist")
    d.stop()
    lab.kill()
    d.respawn()
    check("restored" in restored(d), restored(d))
    check(ask("www.umass.edu.") == (NOERROR, True), "still")
    check(ask("nosuch1.umass.edu.") == (NXDOMAIN, True), "still")
    check(ask("nosuch2.umass.edu.") == (NXDOMAIN, True), "its neighbour, from the same proof (RFC 8198)")
    d.stop()


def kept_warm():
    """cache.keep-warm: fetched without a client, and again before it ends; a reload takes other names."""
    a = authority()
    a.answer = lambda q, tcp, peer: a_reply(q, ttl=1) if Message(q).name.endswith("warm.test.") else a.plain(q)
    d = Raizd(cache="keep-warm: [\"warm.test. A\"]")
    until = time.monotonic() + 20
    while len(a.asked("warm.test.")) < 3:
        check(time.monotonic() < until, "fetched again and again")
        time.sleep(0.05)
    check({e[0].type for e in a.asked("warm.test.")} == {A}, "no more than was said")
    check(d.stats()["queries"] == 0, "nobody asked")
    with open(d.config, encoding="ascii") as f:
        text = f.read()
    with open(d.config, "w", encoding="ascii") as f:
        f.write(text.replace("warm.test. A", "other.warm.test."))
    d.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 20
    while {e[0].type for e in a.asked("other.warm.test.")} != {A, AAAA}:
        check(time.monotonic() < until, "the new name, both kinds of address")
        time.sleep(0.05)
    d.stop()


main(a_restart_keeps_the_cache, entries_age_by_the_wall_clock, each_interval, what_cannot_be_trusted_is_dropped,
     a_full_disk, validated_stays_validated, kept_warm)
