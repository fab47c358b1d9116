#!/usr/bin/python3
"""doctor_test.py: each thing that ails a resolver's host is found, named, and its remedy with it; and a healthy one is let alone.

The host is a network namespace; its Internet is the lab, whose root servers answer, or not, as each trouble needs.
"""
import json
import os
import re
import socket
import struct
import subprocess

from lab_support import ANCHOR, RAIZCTL, SOURCE, Lab, Resolver, copy_zones, use_as_resolver
from support import SLOW, WORK, check, main, preload, run


def doctor(config="", code=None, hints=f"{SOURCE}/tools/lab/root.hints", env=None):
    """{check: [rows]}, and what is printed for people."""
    path = os.path.join(WORK, "doctor.yaml")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"listen: [\"127.0.0.1:53\"]\ncontrol: {{socket: {WORK}/raizd/raizctl.sock}}\nroot: {{hints: {hints}}}\n"
                f"dnssec: {{trust-anchor-file: {ANCHOR}}}\n{config}\n")

    def ask(*more):
        return subprocess.run([RAIZCTL, "-s", f"{WORK}/raizd/raizctl.sock", "doctor", path, *more], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", timeout=60 * SLOW, check=False,
                              env={**(env or os.environ), "LC_ALL": "C"})
    done = ask("--json")
    found = {}
    for line in done.stdout.splitlines():
        row = json.loads(line)
        check(set(row) == {"check", "health", "text", "remedy"} and (row["remedy"] is None) == (row["health"] == "good"), line)
        found.setdefault(row["check"], []).append(row)
    ill = any(r["health"] == "bad" for rows in found.values() for r in rows)
    check(done.returncode == (1 if ill else 0) and code in (None, done.returncode), f"{done.returncode}: {done.stdout}")
    return found, ask().stdout


def healthy(found, *names):
    for name in names:
        check(name in found and all(r["health"] == "good" for r in found[name]), f"{name} is well: {found.get(name)}")


def ill(found, text, name, said, remedy, health="bad"):
    rows = [r for r in found.get(name, []) if r["health"] == health]
    check(len(rows) == 1 and re.search(said, rows[0]["text"]) and remedy in rows[0]["remedy"], f"{name}: {said}, {remedy}: {found.get(name)}")
    sign = "BAD" if health == "bad" else "!! "
    check(f"{sign} {rows[0]['text']}\n    what may help: {rows[0]['remedy']}\n" in text, text)


def root_servers(word):
    folder = copy_zones()
    path = os.path.join(folder, "lab.conf")
    with open(path, encoding="ascii") as f:
        text = re.sub(r"^(server \w\.root-servers\.net\. .*)$", rf"\1 {word}", f.read(), flags=re.M)
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return folder


def port_and_resolv_conf():
    lab = Lab()
    # Nothing runs, another program has the port, and /etc/resolv.conf names somebody else.
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", 53))
    with open(os.path.join(WORK, "other.conf"), "w", encoding="ascii") as f:
        f.write("search example.org\nnameserver 192.0.2.53\n")
    use_as_resolver()
    run("mount", "--bind", os.path.join(WORK, "other.conf"), "/etc/resolv.conf")
    found, text = doctor(code=1)
    ill(found, text, "raizd", "does not run", "systemctl start raizd")
    with open("/proc/self/comm", encoding="ascii") as f:
        me = f.read().strip()
    ill(found, text, "port", rf"127\.0\.0\.1:53 is held by {me} \(process {os.getpid()}\)", f"systemctl disable --now {me}")
    ill(found, text, "resolv.conf", r"names 192\.0\.2\.53: this host asks others", "raizctl setup")
    healthy(found, "ipv4", "ipv6", "tcp", "clock")
    taken.close()
    run("umount", "/etc/resolv.conf")
    healthy(doctor(code=1)[0], "port", "resolv.conf")
    lab.kill()


def all_is_well():
    lab = Lab()
    d = Resolver()
    found, text = doctor(code=0)
    healthy(found, "raizd", "port", "resolv.conf", "ipv4", "ipv6", "tcp", "clock", "answers")
    check("BAD" not in text and "raizd's: raizd (process" in text, text)
    d.stop()
    lab.kill()


def small_buffers():
    lab = Lab()
    found, text = doctor(env=preload("buffers.c"))
    ill(found, text, "buffers", "sockets may hold 208K, wanted are 4M", "sysctl -w net.core.rmem_max=4194304", health="doubtful")
    lab.kill()


def wrong_clock():
    lab = Lab()
    path = os.path.join(WORK, "offset")
    for days, words in ((-1000, "the clock is at least .* behind"), (1000, "the clock is at least .* ahead")):
        with open(path, "wb") as f:
            f.write(struct.pack("=q", days * 86400))
        found, text = doctor(env=preload("clock.c", CLOCK_OFFSET=path))
        ill(found, text, "clock", words, "timedatectl set-ntp true")
        healthy(found, "ipv4", "tcp")
    lab.kill()


def no_ipv6_route():
    lab = Lab()
    with open(os.path.join(WORK, "six.hints"), "w", encoding="ascii") as f:
        f.write(". 3600 NS a.root-servers.net.\na.root-servers.net. 3600 A 198.41.0.4\n"
                "a.root-servers.net. 3600 AAAA 2001:db8:ffff::53\n")
    found, text = doctor(hints=f"{WORK}/six.hints")
    ill(found, text, "ipv6", "no IPv6 way to the root servers: Network is unreachable", "resolution: {ipv6: false}")
    healthy(found, "ipv4")
    found, _ = doctor("resolution: {ipv6: false}", hints=f"{WORK}/six.hints")
    check("ipv6" not in found, "the remedy helps")
    lab.kill()


def what_is_blocked():
    for word, name, said, remedy in (("dropedns", "edns", "EDNS is blocked on IPv4", "firewall"), ("no-tcp", "tcp", "TCP is blocked on IPv4", "RFC 7766"),
                                     ("silent", "ipv4", "no root server answers over IPv4", "let UDP port 53 out")):
        lab = Lab(root_servers(word)) if word != "silent" else None
        found, text = doctor("resolution: {ipv6: false}", hints=one_hint("198.41.0.4" if lab else silent_server()))
        ill(found, text, name, said, remedy)
        if lab:
            lab.kill()


def one_hint(address):
    path = os.path.join(WORK, "one.hints")
    with open(path, "w", encoding="ascii") as f:
        f.write(f". 3600 NS a.root-servers.net.\na.root-servers.net. 3600 A {address}\n")
    return path


def silent_server():
    run("ip", "address", "replace", "203.0.113.222/32", "dev", "lo")
    holes = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holes.bind(("203.0.113.222", 53))
    silent_server.holes = holes     # as long as the test runs
    return "203.0.113.222"


if __name__ == "__main__":
    main(port_and_resolv_conf, all_is_well, small_buffers, wrong_clock, no_ipv6_route, what_is_blocked)
