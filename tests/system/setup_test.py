#!/usr/bin/python3
"""setup_test.py: raizctl setup, what it would do, does and takes back; raizctl config import."""
import os
import socket
import subprocess

from support import WORK, check, main, run

RAIZCTL = os.environ["RAIZCTL"]


def raizctl(*args, code=0):
    r = subprocess.run([RAIZCTL, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)
    check(r.returncode == code, f"{args}: {r}")
    return r.stdout + r.stderr


def tree(root):
    """Every path with what it is."""
    out = {}
    for folder, _folders, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                out[path] = "-> " + os.readlink(path)
            else:
                with open(path, encoding="utf-8") as f:
                    out[path] = f.read()
    return out


def root_with(name, resolv=None, link=None, tool=None):
    root = os.path.join(WORK, name)
    os.makedirs(root + "/etc/raiz/conf.d")
    os.makedirs(root + "/sbin")
    if resolv is not None:
        with open(root + "/etc/resolv.conf", "w", encoding="ascii") as f:
            f.write(resolv)
    if link:
        os.symlink(link, root + "/etc/resolv.conf")
    if link and "systemd" in link:
        os.makedirs(root + "/etc/systemd")
    if tool:
        open(root + tool, "w", encoding="ascii").close()
    return root


def plain_file():
    root = root_with("plain", resolv="nameserver 192.0.2.1\n")
    before = tree(root)
    said = raizctl("setup", "--root", root)
    check("nameserver 127.0.0.1" in said and "Nothing has been done" in said and tree(root) == before, said)
    said = raizctl("setup", "--root", root, "--yes")
    check("Done" in said, said)
    now = tree(root)
    check("nameserver 127.0.0.1" in now[root + "/etc/resolv.conf"], f"{now}")
    check(now[root + "/etc/resolv.conf.raiz-saved"] == "nameserver 192.0.2.1\n", f"{now}")
    check("undo first" in raizctl("setup", "--root", root, "--yes", code=1), "not twice")
    check("restored /etc/resolv.conf" in raizctl("setup", "--root", root, "--undo"), "undo")
    check(tree(root) == before, f"{tree(root)}")
    check("changed nothing" in raizctl("setup", "--root", root, "--undo"), "nothing left to undo")


def no_file_and_link():
    for name, kw in (("none", {}), ("dangling", {"link": "/run/nowhere/resolv.conf"})):
        root = root_with(name, **kw)
        before = tree(root)
        raizctl("setup", "--root", root, "--yes")
        check(not os.path.islink(root + "/etc/resolv.conf"), "a file")
        raizctl("setup", "--root", root, "--undo")
        check(tree(root) == before, f"{name}: {tree(root)}")


def resolved():
    root = root_with("resolved", link="../run/systemd/resolve/stub-resolv.conf")
    before = tree(root)
    said = raizctl("setup", "--root", root, "--yes")
    check("systemctl restart systemd-resolved" in said, said)
    now = tree(root)
    check("DNS=127.0.0.1\n" in now[root + "/etc/systemd/resolved.conf.d/raiz.conf"], f"{now}")
    check(os.path.islink(root + "/etc/resolv.conf"), "its own file stays")
    raizctl("setup", "--root", root, "--undo")
    check(tree(root) == before, f"{tree(root)}")


def resolvconf():
    root = root_with("resolvconf", resolv="nameserver 192.0.2.1\n", tool="/sbin/resolvconf")
    before = tree(root)
    said = raizctl("setup", "--root", root)
    check("systemctl enable --now raiz-resolvconf" in said and tree(root) == before, said)


def lan():
    run("ip", "addr", "add", "192.168.7.5/24", "dev", "lo")
    run("ip", "addr", "add", "203.0.113.5/24", "dev", "lo")
    root = root_with("lan", resolv="")
    raizctl("setup", "--root", root, "--lan", "--yes")
    path = root + "/etc/raiz/conf.d/lan.yaml"
    said = raizctl("config", "show", path, "--diff-default")
    check('listen: ["127.0.0.1:53", "[::1]:53", "192.168.7.5:53"]' in said, said)
    check('allow: ["127.0.0.0/8", "::1/128", "192.168.7.0/24"]' in said, said)
    check("203.0.113" not in said, "not the public network")
    raizctl("setup", "--root", root, "--undo")
    check(not os.path.exists(path), "gone")


def port_53():
    """On the running system, so to speak: its /etc is ours in here."""
    etc = os.path.join(WORK, "etc")
    os.makedirs(etc)
    with open(etc + "/resolv.conf", "w", encoding="ascii") as f:
        f.write("nameserver 192.0.2.1\n")
    run("mount", "--bind", etc, "/etc")
    check(os.listdir("/etc") == ["resolv.conf"], "nothing of the real system is touched")
    check("127.0.0.1:53 is free" in raizctl("setup"), "free")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 53))
        said = raizctl("setup")
        check(f"127.0.0.1:53 is held by setup_test.py (process {os.getpid()})" in said and "systemctl disable --now setup_test.py" in said, said)
        check("Nothing has been done" in said, said)
        check("held" in raizctl("setup", "--yes", code=1), "not while somebody else answers")
        check(os.listdir("/etc") == ["resolv.conf"], "nothing has been done")


UNBOUND = """
server:
    interface: 127.0.0.1   # comment
    interface: ::1@5353
    port: 5300
    access-control: 10.0.0.0/8 allow
    access-control: 0.0.0.0/0 refuse
    num-threads: 2
    do-ip6: no
    msg-cache-size: 4m
    rrset-cache-size: 60m
    cache-max-ttl: 3600
    cache-min-ttl: 30
    qname-minimisation-strict: yes
    use-caps-for-id: yes
    do-not-query-localhost: no
    domain-insecure: "corp.example"
    auto-trust-anchor-file: "/var/lib/unbound/root.key"
    identity: "one # two"
    hide-version: yes
    verbosity: 4
    so-reuseport: yes
    module-config: "validator iterator"
remote-control:
    control-enable: yes
forward-zone:
    name: "corp.example."
    forward-addr: 10.1.1.1
    forward-addr: 10.1.1.2@5353#dns.corp
    forward-first: yes
stub-zone:
    name: "10.in-addr.arpa"
    stub-host: ns.corp.example
include: "/etc/unbound/more.conf"
"""

WANT = """workers: 2
listen: ["127.0.0.1:5300", "[::1]:5353"]
access:
  allow: ["10.0.0.0/8"]
cache:
  size: 64M
  min-ttl: 30s
  max-ttl: 1h
resolution:
  qname-minimisation: strict
  ipv6: false
  query-loopback: true
forward: [{zone: "corp.example.", to: ["10.1.1.1", "10.1.1.2:5353"], first: true}]
stub: [{zone: "10.in-addr.arpa.", servers: ["ns.corp.example"]}]
dnssec:
  negative-trust-anchors: ["corp.example."]
identity:
  id: "one # two"
log:
  level: debug
"""


def import_unbound():
    theirs, ours = os.path.join(WORK, "unbound.conf"), os.path.join(WORK, "imported.yaml")
    with open(theirs, "w", encoding="ascii") as f:
        f.write(UNBOUND)
    text = raizctl("config", "import", theirs)
    with open(ours, "w", encoding="ascii") as f:
        f.write(text)
    shown = raizctl("config", "show", ours, "--diff-default")
    check(shown == WANT, f"{shown}\n---\n{text}")
    for left in ("# line 7: access-control: 0.0.0.0/0 refuse", "# line 22: so-reuseport: yes", "# line 25: control-enable: yes",
                 "more.conf  - read that file, too", "followed (RFC 5011)"):
        check(left in text, f"{left}: {text}")
    check("good" in raizctl("config", "check", ours), "good")
    with open(theirs, "w", encoding="ascii") as f:
        f.write("server:\n  serve-expired: yes\n  serve-expired-ttl: 3600\n  serve-expired-reply-ttl: 10\n  serve-expired-client-timeout: 500\n"
                "  do-udp: yes\n  do-tcp: no\n  private-address: 10.0.0.0/8\n  msg-cache-slabs: 4\n")
    text = raizctl("config", "import", theirs)
    with open(ours, "w", encoding="ascii") as f:
        f.write(text)
    check(raizctl("config", "show", ours, "--diff-default") ==
          "cache:\n  serve-stale: true\n  stale-client-timer: 500ms\n  stale-reply-ttl: 10s\n  stale-max-age: 1h\n", text)
    for left in ("do-udp: yes  - always so", "do-tcp: no\n", "no protection against rebinding", "msg-cache-slabs: 4  - not needed"):
        check(left in text, f"{left}: {text}")
    with open(theirs, "w", encoding="ascii") as f:
        f.write("server:\n  serve-expired-ttl: 0\n")
    check("cannot be kept without end" in raizctl("config", "import", theirs), "no limit")
    with open(theirs, "w", encoding="ascii") as f:
        f.write("server:\n  cache-max-ttl: many\n")
    said = raizctl("config", "import", theirs, code=1)
    check("the result:" in said and "is not a duration" in said, said)
    check("No such file" in raizctl("config", "import", theirs + "x", code=1), "no file")


main(plain_file, no_file_and_link, resolved, resolvconf, lan, port_53, import_unbound)
