#!/usr/bin/python3
"""rate_limit_test.py: answers a second over UDP: who asks too much is answered less, is told to come back over TCP, and nobody else
notices; L35 of the limits."""
import select
import socket
import time

from support import NOERROR, SLOW, TC, Message, Raizd, add_address, check, framed, main, query, read_frame, run
from threat_support import ROOT, Talker

CLIENTS = "10.55.0.0/16"    # any source address is ours
SERVER = ("127.0.0.1", 5300)
LIMITS = "rate-limit: {{answers: 20, slip: 2, exempt: [10.55.3.0/24]{more}}}"
d = root = None


def udp(source):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.connect(SERVER)
    s.setblocking(False)
    return s


def burst(source, count=200):
    """(whole answers, truncated ones) to as many questions at once."""
    whole = truncated = 0
    with udp(source) as s:
        for _ in range(count):
            s.send(query("www.canary."))
            while select.select([s], [], [], 0)[0]:
                m = Message(s.recv(4096))
                whole, truncated = whole + (not m.flags & TC), truncated + bool(m.flags & TC)
        until = time.monotonic() + 0.3 * SLOW
        while select.select([s], [], [], max(0, until - time.monotonic()))[0]:
            m = Message(s.recv(4096))
            check(m.flags & TC == 0 or not m.records or all(r[2] == 41 for r in m.records), "what is truncated is empty")
            whole, truncated = whole + (not m.flags & TC), truncated + bool(m.flags & TC)
    return whole, truncated


def too_many():
    """Twenty a second and what a burst may have; half of the rest truncated; one who is exempt gets all."""
    began, before = time.monotonic(), d.stats()
    whole, truncated = burst("10.55.1.1")
    most = 20 * (2 + time.monotonic() - began)
    check(20 <= whole <= most, f"{whole} whole answers, at most {most:.0f}")
    check(truncated == (200 - whole) // 2, f"{truncated} truncated ones beside {whole} whole ones of 200")
    after = d.stats()
    check(after["rate_limited"] - before["rate_limited"] == 200 - whole and after["rate_slipped"] - before["rate_slipped"] == truncated,
          f"they are counted: {after}")
    check("rate limit: answers to 10.55.1.1/32 are too many" in d.text(), f"the log tells: {d.text()[-500:]}")
    with socket.socket() as s:
        s.settimeout(5 * SLOW)
        s.bind(("10.55.1.1", 0))
        s.connect(SERVER)
        s.sendall(framed(query("www.canary.")) * 50)
        check(all(Message(read_frame(s)).rcode == NOERROR for _ in range(50)), "over TCP there is no limit")


def others():
    check(burst("10.55.1.2", 10) == (10, 0), "a neighbour gets its answers")
    check(burst("10.55.3.1") == (200, 0), "who is exempt gets all")
    check(burst("127.0.0.1") == (200, 0), "so does this host")


def log_only():
    """A reload changes it: all is sent, and counted as it would have been."""
    with open(d.config, encoding="ascii") as f:
        text = f.read()
    with open(d.config, "w", encoding="ascii") as f:
        f.write(text.replace("slip: 2", "slip: 2, log-only: true"))
    d.control("reload")
    before = d.stats()
    check(burst("10.55.4.1") == (200, 0), "all are sent")
    check(d.stats()["rate_limited"] - before["rate_limited"] >= 100, "and told apart")


def set_up():
    global d, root
    run("ip", "route", "add", "local", CLIENTS, "dev", "lo")
    add_address(ROOT)
    root = Talker("serve", "--listen", f"{ROOT}:53")
    d = Raizd(settings=LIMITS.format(more=""))
    with udp("127.0.0.1") as s:
        until = time.monotonic() + 10 * SLOW
        while True:
            s.send(query("www.canary."))
            if select.select([s], [], [], 0.5)[0] and Message(s.recv(4096)).rcode == NOERROR:
                break
            check(time.monotonic() < until, "it answers")


if __name__ == "__main__":
    set_up()
    main(too_many, others, log_only)
    d.stop()
    root.end()
