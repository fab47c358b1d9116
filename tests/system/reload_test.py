#!/usr/bin/python3
"""reload_test.py: a new configuration takes the place of the old one, whole or not at all, while clients ask.

RELOADS=1000 in the environment: so many under load, instead of 30."""
import os
import random
import signal
import socket
import time

from support import (A, NOERROR, REFUSED, SLOW, Load, Raizd, a_reply, add_address, ask_udp, authority, check, connect, framed, main, query,
                     read_frame, Message)

RELOADS = int(os.environ.get("RELOADS", "30"))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def listening(d):
    return d.control("status")["listen"]


def listeners():
    """Addresses come and go; what stays is not disturbed, status says what is so, and a failure changes nothing."""
    authority()
    d = Raizd(listen=["127.0.0.1:5300"], workers=2)
    text = read(d.config)
    fds = d.stats()["descriptors"]
    kept = connect()
    kept.sendall(framed(query("a.test.")))
    check(Message(read_frame(kept)).rcode == NOERROR, "over TCP")

    def listen(*addresses):
        write(d.config, text.replace('["127.0.0.1:5300"]', str(list(addresses)).replace("'", '"')))
        return d.control("reload")

    r = listen("127.0.0.1:5300", "127.0.0.2:5300", "[::1]:5301")
    check(r["ok"] and r["opened"] == "127.0.0.2:5300, [::1]:5301" and r["closed"] == "" and r["changed"] == "listen", f"{r}")
    check(listening(d) == ["127.0.0.1:5300", "127.0.0.2:5300", "[::1]:5301"], "status")
    for where in (("127.0.0.1", 5300), ("127.0.0.2", 5300), ("::1", 5301)):
        check(ask_udp("a.test.", server=where).rcode == NOERROR, f"{where}")
        with connect(where) as c:
            c.sendall(framed(query("a.test.")))
            check(Message(read_frame(c)).rcode == NOERROR, f"{where} over TCP")
    r = listen("127.0.0.1:5300", "203.0.113.77:5300", "127.0.0.3:5300")
    check(not r["ok"] and "203.0.113.77:5300" in r["error"] and "nothing has changed" in r["error"], f"{r}")
    check(listening(d) == ["127.0.0.1:5300", "127.0.0.2:5300", "[::1]:5301"], "as before")
    try:
        check(ask_udp("a.test.", server=("127.0.0.3", 5300), timeout=0.3) is None, "not half of it")
    except ConnectionRefusedError:
        pass
    r = listen("127.0.0.2:5300", "127.0.0.1:5300")
    check(r["ok"] and r["opened"] == "" and r["closed"] == "[::1]:5301", f"{r}")
    r = listen("0.0.0.0:5300")          # holds what two of ours hold
    check(r["ok"] and r["opened"] == "0.0.0.0:5300" and r["closed"] == "127.0.0.1:5300, 127.0.0.2:5300", f"{r}")
    check(ask_udp("a.test.", server=("127.0.0.3", 5300)).rcode == NOERROR, "on all addresses")
    r = listen("127.0.0.1:5300")
    check(r["ok"], f"{r}")
    check(ask_udp("a.test.").rcode == NOERROR, "on the first one again")
    kept.sendall(framed(query("a.test.")))
    check(Message(read_frame(kept)).rcode == NOERROR, "the connection has lived through it")
    kept.close()
    until = time.monotonic() + 5 * SLOW
    while d.stats()["descriptors"] > fds and time.monotonic() < until:
        time.sleep(0.05)
    check(d.stats()["descriptors"] <= fds, f"descriptors: {fds}, then {d.stats()['descriptors']}")
    d.stop()


def many_listeners():
    """A query under way is answered from the address that it came in by, whatever listeners come and go meanwhile."""
    auth = authority()
    auth.answer = lambda q, tcp, peer: [(0.8, a_reply(q))] if Message(q).type == A else auth.plain(q)
    d = Raizd(listen=["127.0.0.1:5300"], workers=2)
    check(ask_udp("prime.test.", tries=2).rcode == NOERROR, "a first answer")
    text = read(d.config)
    socks = {}
    for turn in range(6):
        where = [f"127.0.0.{9 + (turn + k) % 6}:5300" for k in range(3)]
        write(d.config, text.replace('["127.0.0.1:5300"]', str(["127.0.0.1:5300"] + where).replace("'", '"')))
        check(d.control("reload")["ok"], "reload")
        for n in range(4):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect(("127.0.0.1", 5300))      # takes datagrams from there only
            s.settimeout(6 * SLOW)
            s.send(query(f"t{turn}n{n}.test."))
            socks[s] = turn
    for s in socks:
        check(Message(s.recv(512)).rcode == NOERROR, "answered from where it was asked")
    d.stop()


def what_is_said():
    """Changed, and waiting for the next start: compared with the last one, and with the start."""
    authority()
    d = Raizd()
    text = read(d.config)
    r = d.control("reload")
    check(r["ok"] and r["changed"] == r["restart"] == r["opened"] == r["closed"] == "", f"{r}")
    write(d.config, text.replace("workers: 1", "workers: 2") + "identity: {id: new}\n")
    r = d.control("reload")
    check(r["ok"] and r["changed"] == "identity.id" and r["restart"] == "workers", f"{r}")
    r = d.control("reload")
    check(r["ok"] and r["changed"] == "" and r["restart"] == "workers", f"it still waits: {r}")
    write(d.config, text)
    r = d.control("reload")
    check(r["ok"] and r["changed"] == "identity.id" and r["restart"] == "", f"{r}")
    write(d.config, text + "cahce: {}\n")
    r = d.control("reload")
    check(not r["ok"] and "raiz.yaml:" in r["error"] and "^~~~~" in r["error"] and "did you mean 'cache'" in r["error"], f"{r}")
    os.unlink(d.config)
    r = d.control("reload")
    check(not r["ok"] and "No such file" in r["error"], f"{r}")
    check(ask_udp("a.test.").rcode == NOERROR, "the old world")
    d.stop()


def settings_at_run_time():
    """One setting changes, above the file and over reloads, until it is taken back; what is wrong changes nothing."""
    authority()
    d = Raizd()
    text = read(d.config)

    def value(key):
        row = d.control("config.get", key=key)[0]
        return row["value"], row["origin"]
    check(value("identity.id") == ("hidden", None), f"{value('identity.id')}")
    r = d.control("config.set", key="identity.id", value='pillar "3"')
    check(r["ok"] and r["changed"] == "identity.id" and value("identity.id") == ('"pillar \\"3\\""', "raizctl config set:2"), f"{r} {value('identity.id')}")
    write(d.config, text + "identity: {id: file, version: one}\n")
    r = d.control("reload")
    check(r["changed"] == "identity.version" and value("identity.id")[0] == '"pillar \\"3\\""', f"above the file: {r}")
    for key, bad in (("cache.stale-reply-ttl", "5parsecs"), ("log.level", "x\"}, y: {"), ("identity.version", "")):
        r = d.control("config.set", key=key, value=bad)
        check(not r["ok"] and "raizctl config set:" in r["error"], f"{key}: {r}")
        check(d.control("reload")["ok"], "and is forgotten")
    for key in ("cache.stale-reply-ttl", "cache.snapshot.interval", "cache.serve-stale", "log.level"):
        values = {"cache.serve-stale": "true", "log.level": "debug"}
        check(d.control("config.set", key=key, value=values.get(key, "9m"))["changed"] == key, key)
    check([value(k)[0] for k in ("cache.stale-reply-ttl", "cache.snapshot.interval", "cache.serve-stale")] == ["9m", "9m", "true"], "together")
    check(d.control("config.set", key="identity.id")["changed"] == "identity.id" and value("identity.id")[0] == '"file"', "taken back")
    check(value("identity.id")[1].startswith(d.config + ":"), f"{value('identity.id')}")
    check(len(d.control("config.get")) > 40, "all of them")
    check(ask_udp("a.test.").rcode == NOERROR, "and it answers")
    d.stop()


def forgets():
    """What was learnt of a zone under other servers goes with them; the rest of the cache stays."""
    auth = authority(answer=lambda q, tcp, peer: auth.plain(q))
    other = authority("10.53.0.2", answer=lambda q, tcp, peer: a_reply(q, "192.0.2.77"))
    d = Raizd()
    text = read(d.config)
    check(ask_udp("www.corp.").addresses() == ["192.0.2.1"] and ask_udp("www.test.").addresses() == ["192.0.2.1"], "before")
    write(d.config, text + 'stub: [{zone: "corp.", servers: ["10.53.0.2"]}]\n')
    check(d.control("reload")["changed"] == "stub", "stub")
    asked = len(auth.log)
    check(ask_udp("www.corp.").addresses() == ["192.0.2.77"], "by the new servers")
    check(ask_udp("www.test.").addresses() == ["192.0.2.1"] and len(auth.log) == asked, "of others all is kept")
    check(len(other.log) > 0, "asked")
    write(d.config, text)
    d.control("reload")
    check(ask_udp("www.corp.").addresses() == ["192.0.2.1"], "and back")
    d.stop()


def forgets_also_at_the_end():
    """Stopped in the midst of a reload: what is saved is what the new settings mean."""
    auth = authority(answer=lambda q, tcp, peer: auth.plain(q))
    authority("10.53.0.2", answer=lambda q, tcp, peer: a_reply(q, "192.0.2.77"))
    d = Raizd()
    text = read(d.config)
    stubs = ", ".join(f'{{zone: "{zone}", servers: ["10.53.0.2"]}}' for zone in ("corp.", "sub.corp.", "other.", "a.b.other."))
    for _ in range(3):
        for name in ("www.corp.", "x.sub.corp.", "www.other.", "www.test."):
            check(ask_udp(name).addresses() == ["192.0.2.1"], f"{name} before")
        write(d.config, text + f"stub: [{stubs}]\n")
        d.process.send_signal(signal.SIGHUP)
        d.stop()
        d.respawn()
        for name in ("www.corp.", "x.sub.corp.", "www.other."):
            check(ask_udp(name).addresses() == ["192.0.2.77"], f"{name} by the new servers")
        write(d.config, text)
        check(d.control("reload")["changed"] == "stub", "and back, all at once")
    d.stop()


def under_load():
    """Valid, invalid, half-written and missing configurations in turn: no answer lost, memory and descriptors as before."""
    authority(answer=lambda q, tcp, peer: a_reply(q, ttl=86400) if Message(q).type == A else authority().plain(q))
    d = Raizd(workers=2)
    check(ask_udp("hot.test.").rcode == NOERROR, "cached")
    text = read(d.config)
    rnd = random.Random(7)
    load, began = Load(), time.monotonic()
    rss, good, bad, fds = 0, 0, 0, d.stats()["descriptors"]
    for i in range(RELOADS):
        kind = i % 4
        if kind == 0:
            write(d.config, text + f"identity: {{id: n{i}}}\nforward: [{{zone: \"z{i}.\", to: [\"192.0.2.9\"]}}]\n")
        elif kind == 1:
            write(d.config, text + f"identity: {{idd: n{i}}}\n")
        elif kind == 2:
            write(d.config, text[:rnd.randrange(20, len(text))] + "\n[")
        else:
            os.unlink(d.config)
        r = d.control("reload")
        check(r["ok"] == (kind == 0), f"{kind}: {r}")
        good, bad = good + r["ok"], bad + (not r["ok"])
        check(r["ok"] or kind == 3 or ("^" in r["error"] and "raiz.yaml:" in r["error"]), f"{r}")
        if i == RELOADS // 3:
            rss = d.rss_kib()
    write(d.config, text)
    for _ in range(20):                 # in a row, while the last one is taken
        d.process.send_signal(signal.SIGHUP)
    check(d.control("reload")["ok"], "at the end")
    load.end()
    grown = d.rss_kib() - rss
    print(f"{good} good, {bad} refused reloads; {load.sent} queries, {load.lost} lost; grown by {grown} KiB "
          f"at {load.got / (time.monotonic() - began):.0f} queries a second")
    check(load.got > 1000 and load.refused == 0, f"{load.got} answers, {load.refused} wrong")
    check(load.lost * 10000 <= load.sent, f"{load.lost} of {load.sent} lost")
    check(grown < (2048 if not os.environ.get("RAIZ_SANITIZE") else 65536), f"{grown} KiB more")
    check(d.stats()["descriptors"] <= fds + 1, "descriptors")
    d.stop()


def who_may():
    """A change of access is in force when the reload has been answered."""
    authority()
    add_address("10.7.0.1")
    d = Raizd()
    text = read(d.config)
    for _ in range(3):
        for now, want in ((text.replace('"0.0.0.0/0", "::/0"', '"10.0.0.0/8"'), REFUSED), (text, NOERROR)):
            write(d.config, now)
            check(d.control("reload")["ok"], "reload")
            check(ask_udp("a.test.").rcode == want, f"{want}")
    d.stop()


main(listeners, many_listeners, what_is_said, settings_at_run_time, forgets, forgets_also_at_the_end, who_may, under_load)
