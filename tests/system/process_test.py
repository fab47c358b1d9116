#!/usr/bin/python3
"""process_test.py: raizd as a process: start, messages, signals, blocked output, end."""
import fcntl
import os
import signal
import socket
import subprocess
import threading
import time

from support import (NOERROR, RAIZD, RD, SLOW, WORK, Raizd, add_address, ask_udp, authority, check, connect, framed, main,
                     query, run)


def command(*args, **kw):
    return subprocess.run([RAIZD, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20, check=False, **kw)


def command_line():
    r = command("--version")
    check(r.returncode == 0 and r.stdout.startswith("raizd "), f"{r}")
    r = command("--help")
    check(r.returncode == 0 and "--check" in r.stdout, f"{r}")
    check(command("--no-such").returncode == 2, "usage is 2")
    check(command("file.yaml").returncode == 2, "an argument too many is 2")
    r = command("-c", "/no/such/file.yaml")
    check(r.returncode == 1 and "/no/such/file.yaml" in r.stderr, f"{r}")
    bad = os.path.join(WORK, "bad.yaml")
    with open(bad, "w", encoding="ascii") as f:
        f.write("listne: [\"127.0.0.1:5300\"]\n")
    r = command("--check", "-c", bad)
    check(r.returncode == 1 and "listen" in r.stderr and "bad.yaml:1:1" in r.stderr, f"{r}")
    good = os.path.join(WORK, "good.yaml")
    with open(good, "w", encoding="ascii") as f:
        f.write("listen: [\"127.0.0.1:5300\"]\n")
    r = command("--check", "-c", good)
    check(r.returncode == 0 and not r.stderr, f"{r}")


def who_holds_the_port():
    """A port in use: the message names who has it, and what to do."""
    authority()
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as s:
            s.bind(("127.0.0.1", 5300))
            if kind == socket.SOCK_STREAM:
                s.listen(1)
            for workers in (1, 2):
                d = Raizd(workers=workers, wait=False)
                code = d.process.wait(10)
                check(code == 1, f"code {code}")
                check(f"(process {os.getpid()})" in d.text() and "127.0.0.1:5300" in d.text(), d.text())
                check(("TCP" if kind == socket.SOCK_STREAM else "UDP") in d.text(), d.text())
    d = Raizd(listen=["203.0.113.9:5300"], wait=False)
    check(d.process.wait(10) == 1 and "ip addr" in d.text(), d.text())


def two_daemons():
    """One state folder, one daemon; and one that has several workers is not joined by a second one unnoticed."""
    authority()
    one = Raizd(workers=2)
    with open(one.config, encoding="ascii") as f:
        text = f.read()
    for what, edit in (("state-dir", lambda t: t.replace(":5300", ":5301").replace("raizctl.sock", "other.sock")),
                       ("127.0.0.1:5300", lambda t: t.replace(one.dir + "/state", one.dir + "/state2").replace("raizctl.sock", "other.sock")),
                       ("control socket", lambda t: t.replace(one.dir + "/state", one.dir + "/state3").replace(":5300", ":5302"))):
        other = os.path.join(one.dir, "other.yaml")
        with open(other, "w", encoding="ascii") as f:
            f.write(edit(text))
        r = command("-c", other)
        check(r.returncode == 1 and what in r.stderr, f"{what}: {r}")
    check(ask_udp("a.test.").rcode == NOERROR, "the first one is unharmed")
    one.stop()
    check(not os.path.exists(one.socket), "the control socket is gone")


def start_again():
    """Stop and start on the same ports at once, connections lingering; a control socket left by a crash is replaced."""
    authority()
    for round_ in range(5):
        d = Raizd()
        s = connect()
        s.sendall(framed(query("a.test.")))
        check(len(s.recv(512)) > 0, "answer")
        if round_ % 2:
            d.stop()
        else:
            d.kill()
            check(os.path.exists(d.socket), "left behind")
            again = Raizd(wait=False)
            again.kill()
            again = subprocess.Popen([RAIZD, "-c", d.config], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            until = time.monotonic() + 5 * SLOW
            while time.monotonic() < until:
                try:
                    check(d.control("status")["ok"], "status")
                    break
                except OSError:
                    time.sleep(0.05)
            check(ask_udp("a.test.").rcode == NOERROR, "answers")
            again.send_signal(signal.SIGINT)
            check(again.wait(5 * SLOW) == 0, "ends on SIGINT")


class Load(threading.Thread):
    """Queries, cached and not, over UDP, until stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.go, self.sent, self.got = True, 0, 0
        self.start()

    def run(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setblocking(False)
        while self.go:
            self.sent += 1
            try:
                s.sendto(query("hot.test." if self.sent % 4 else f"n{self.sent}.test."), ("127.0.0.1", 5300))
            except OSError:
                pass
            try:
                while True:
                    s.recv(4096)
                    self.got += 1
            except OSError:
                pass
            if self.sent % 20 == 0:
                time.sleep(0.001)

    def end(self):
        self.go = False
        self.join()


def end_under_load():
    """X28: two seconds from SIGTERM to the end, whatever is under way."""
    authority()
    for workers in (1, 2):
        d = Raizd(workers=workers)
        load = Load()
        connections = [connect() for _ in range(20)]
        for c in connections:
            c.sendall(framed(query("x.test.")) * 10)
        time.sleep(0.5)
        took = d.stop()
        load.end()
        check(load.got > 100, f"{load.got} answers")
        check(took < 2 * SLOW, f"{took:.2f} s")


def signal_storm():
    """X28: signals at a hundred a second change nothing but what they ask for."""
    authority()
    d = Raizd(workers=2)
    load = Load()
    for i in range(150):
        d.process.send_signal(signal.SIGHUP if i % 2 else signal.SIGPIPE)
        if i == 75:
            check(ask_udp("canary.test.", tries=3).rcode == NOERROR, "answers meanwhile")
        time.sleep(0.005)
    load.end()
    check(ask_udp("after.test.", tries=3).rcode == NOERROR, "answers afterwards")
    check("reloaded" in d.text(), "it did reload")
    d.stop()


def reload_takes_effect():
    """SIGHUP: who may ask changes at once; a broken file changes nothing."""
    authority()
    add_address("10.7.0.1")
    d = Raizd()

    def rcode():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("10.7.0.1", 0))
            s.connect(("127.0.0.1", 5300))
            s.settimeout(5)
            s.send(query("a.test."))
            return s.recv(512)[3] & 0xf
    check(rcode() == NOERROR, "open to all")
    with open(d.config, encoding="ascii") as f:
        text = f.read()
    for now, want in ((text.replace('"0.0.0.0/0", "::/0"', '"127.0.0.0/8"'), 5), ("nonsense: [", 5), (text, 0)):
        with open(d.config, "w", encoding="ascii") as f:
            f.write(now)
        lines = d.text().count("reload")
        d.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 3 * SLOW
        while d.text().count("reload") == lines and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.1)
        check(rcode() == want, f"rcode {rcode()}, not {want}")
    check("nothing has changed" in d.text(), d.text())
    d.stop()


def servers_by_name():
    """A forwarder for all names cannot be found through itself: the system's resolvers say where it is."""
    auth = authority()
    hosts = os.path.join(WORK, "hosts")
    with open(hosts, "w", encoding="ascii") as f:
        f.write("10.53.0.1 forwarder.example\n")
    run("mount", "--bind", hosts, "/etc/hosts")
    add_address("10.53.0.99")
    d = Raizd(root="10.53.0.99", settings="forward: [{zone: \".\", to: [\"forwarder.example\"]}]")
    check(ask_udp("a.test.").rcode == NOERROR, "answered through the forwarder")
    check(auth.asked("a.test.") and auth.asked("a.test.")[0][0].flags & RD, "asked with RD")
    check(not auth.asked("forwarder.example."), "its own name was not asked of it")
    d.stop()
    began = time.monotonic()
    d = Raizd(settings="stub: [{zone: \"corp.\", servers: [\"nobody.example\"]}]")
    check(time.monotonic() - began < 3 * SLOW, "a name that is not found holds up nothing for long")
    check(ask_udp("a.test.").rcode == NOERROR, "other names")
    d.stop()
    run("umount", "/etc/hosts")


def nobody_reads_the_log():
    """X29: a full pipe as standard error, and debug lines by the thousand: no answer waits for it."""
    authority()
    r, w = os.pipe()
    fcntl.fcntl(w, 1031, 4096)      # F_SETPIPE_SZ
    d = Raizd(settings="log: {level: debug}", stderr=w, wait=False)
    os.close(w)
    until = time.monotonic() + 5 * SLOW
    while not os.path.exists(d.socket) and time.monotonic() < until:
        time.sleep(0.02)
    for i in range(400):
        began = time.monotonic()
        check(ask_udp(f"n{i}.test.").rcode == NOERROR, f"answer {i}")
        check(time.monotonic() - began < 1 * SLOW, "no stall")
    check(d.stats()["log_lines_dropped"] > 0, "lines were dropped and counted")
    check(d.stop() < 2, "ends in time")
    os.close(r)


def no_standard_descriptors():
    """X29: started with 0, 1 and 2 closed, they are /dev/null and no sockets; and a full device is no reason to stop."""
    authority()
    for command_, name in ((["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"], "closed"), (["sh", "-c", 'exec "$@" 2>/dev/full', "sh"], "full")):
        d = Raizd(command=command_, wait=False)
        until = time.monotonic() + 5 * SLOW
        while not os.path.exists(d.socket) and time.monotonic() < until:
            time.sleep(0.02)
        check(ask_udp("a.test.").rcode == NOERROR, name)
        links = [os.readlink(f"/proc/{d.process.pid}/fd/{i}") for i in range(3)]
        check(not [x for x in links if x.startswith("socket")], f"{links}")
        d.stop()


def little_memory_of_files():
    """Descriptors stay the same over thousands of questions, connections and control sessions."""
    authority()
    d = Raizd()
    check(ask_udp("a.test.").rcode == NOERROR, "warm")
    time.sleep(0.1)
    before = d.stats()
    for i in range(1500):
        ask_udp(f"n{i}.test.")
        if i % 10 == 0:
            connect().close()
            check(d.control("status")["ok"], "status")
    d.wait_stats(lambda s: s["tcp_open"] == 0 and s["upstream_udp_open"] == 0 and
                 all(s[k] == before[k] for k in ("descriptors", "handles")))
    check(True, "as before")
    d.stop()


main(command_line, who_holds_the_port, two_daemons, start_again, end_under_load, signal_storm, reload_takes_effect,
     servers_by_name, nobody_reads_the_log, no_standard_descriptors, little_memory_of_files)
