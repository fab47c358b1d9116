#!/usr/bin/python3
"""tcp_in_test.py: queries over TCP: pipelining, cuts at every octet, and clients that misbehave (T109-T114)."""
import os
import resource
import select
import socket
import struct
import threading
import time

from support import (NOERROR, SERVFAIL, SLOW, Message, Raizd, a_reply, add_address, ask_udp, authority, check, connect, framed,
                     main, query, read_frame)


def slow_and_fast(auth):
    def answer(q, _tcp, _peer):
        m = Message(q)
        if m.name.startswith("slow") and m.type == 1:
            return [(0.4, a_reply(q))]
        return None if m.name.startswith("never") else auth.plain(q)
    return answer


def names(sock, n):
    return [Message(read_frame(sock)).name for _ in range(n)]


def closed_after(sock, limit):
    """Seconds until the server closes the connection; the test's own limit on waiting is generous."""
    began = time.monotonic()
    sock.settimeout(limit * SLOW + 5)
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        pass
    except socket.timeout:
        return None
    return time.monotonic() - began


def answers_overtake():
    """RFC 7766 section 6.2.1.1: several queries at once, answers as they become ready."""
    auth = authority()
    auth.answer = slow_and_fast(auth)
    d = Raizd()
    s = connect()
    s.sendall(framed(query("slow1.test.", qid=1)) + framed(query("fast1.test.", qid=2)) + framed(query("fast2.test.", qid=3)))
    got = names(s, 3)
    check(sorted(got[:2]) == ["fast1.test.", "fast2.test."] and got[2] == "slow1.test.", f"order {got}")
    # Cached and uncached mixed, many at once: each is answered, with its own id.
    s.sendall(b"".join(framed(query("slow1.test." if i % 3 else f"new{i}.test.", qid=i)) for i in range(500)))
    ids = sorted(Message(read_frame(s)).id for _ in range(500))
    check(ids == list(range(500)), "an answer for each of 500 queries")
    d.stop()


def crowd():
    """Many clients over TCP that wait for one answer all get it: over UDP only a hundred would (L24)."""
    auth = authority()
    auth.answer = slow_and_fast(auth)
    d = Raizd()
    many = [connect() for _ in range(20)]
    for s in many:
        s.sendall(b"".join(framed(query("slow3.test.", qid=k)) for k in range(30)))
    for s in many:
        check(sorted(Message(read_frame(s)).id for _ in range(30)) == list(range(30)), "every one is answered")
    check(len(auth.asked("slow3.test.")) <= 5 and d.stats()["drops"] == 0, "one fetch for all, and nobody dropped")
    d.stop()


def cut_anywhere():
    """T113: three messages, their stream cut at each octet; short and empty frames between them are ignored."""
    auth = authority()
    d = Raizd()
    check(ask_udp("a.test.").rcode == NOERROR, "warm")
    stream = framed(query("a.test.", qid=1)) + framed(b"") + framed(query("b.test.", qid=2)) + framed(b"short") + framed(query("c.test.", qid=3))
    for at in range(len(stream) + 1):
        s = connect()
        s.sendall(stream[:at])
        if at % 4 == 0:
            time.sleep(0.001)   # the first part alone, now and then
        s.sendall(stream[at:])
        check(sorted(names(s, 3)) == ["a.test.", "b.test.", "c.test."], f"cut at {at}")
        s.close()
    s = connect()
    for octet in stream:
        s.sendall(bytes([octet]))
    check(sorted(names(s, 3)) == ["a.test.", "b.test.", "c.test."], "octet by octet")
    s.sendall(framed(query("d.test.", qid=4) + b"\0" * 60000))  # far longer than any query: FORMERR, and on it goes
    check(Message(read_frame(s)).rcode == 1, "trailing octets")
    s.sendall(framed(query("a.test.", qid=5)))
    check(names(s, 1) == ["a.test."], "after a long frame")
    check(len(auth.asked("b.test.")) == 1, "asked once")
    d.stop()


def half_close():
    """T114: who has shut its side gets its answers; then nothing is left, nor in CLOSE_WAIT."""
    auth = authority()
    auth.answer = slow_and_fast(auth)
    d = Raizd()
    s = connect()
    s.sendall(framed(query("slow2.test.")))
    s.shutdown(socket.SHUT_WR)
    check(names(s, 1) == ["slow2.test."] and read_frame(s) is None, "answered, then closed")
    before = d.stats()
    rounds = 10000
    for i in range(rounds):
        s = connect()
        if i % 2:
            s.sendall(framed(query("slow2.test.")))
            s.shutdown(socket.SHUT_WR)
            if i % 20 == 1:
                check(names(s, 1) == ["slow2.test."], "answer after half-close")
        else:
            s.sendall(b"\0")
            s.shutdown(socket.SHUT_WR)
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0 and s["tcp_accepted"] - before["tcp_accepted"] == rounds and
                 s["descriptors"] == before["descriptors"], within=10)
    with open("/proc/net/tcp", encoding="ascii") as f:
        stuck = [line for line in f if line.split()[1].endswith(":14B4") and line.split()[3] == "08"]
    check(not stuck, f"{len(stuck)} connections in CLOSE_WAIT")
    d.stop()


def slow_frames():
    """T109: a frame has five seconds from its first octet to its last, however it drips."""
    authority()
    d = Raizd()
    drips = [connect() for _ in range(60)]
    ended, began = {}, time.monotonic()
    frame = framed(query("drip.test."))
    at = 0
    while len(ended) < len(drips) and time.monotonic() - began < 8 * SLOW:
        for s in drips:
            if s not in ended:
                try:
                    s.sendall(frame[at:at + 1])
                except OSError:
                    ended[s] = time.monotonic() - began
        at += 1
        until = time.monotonic() + 0.45
        while time.monotonic() < until:
            waiting = [s for s in drips if s not in ended]
            for s in select.select(waiting, [], [], 0.05)[0] if waiting else []:
                try:
                    more = s.recv(100)
                except OSError:
                    more = b""
                if not more:
                    ended[s] = time.monotonic() - began
        check(ask_udp("canary.test.").rcode == NOERROR, "UDP meanwhile")
        check(at < len(frame), "the frame was not finished by the test")
    check(len(ended) == len(drips), f"{len(drips) - len(ended)} are still open")
    check(4.5 < min(ended.values()) and max(ended.values()) < 5.5 * SLOW, f"closed {min(ended.values()):.1f} to {max(ended.values()):.1f} s")
    s = connect()
    s.sendall(framed(query("canary.test.")))
    check(names(s, 1) == ["canary.test."], "new connections are taken")
    d.stop()


def wakes(d):
    """How often the only worker has waited for something to happen so far."""
    folder = f"/proc/{d.process.pid}/task"
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/status", encoding="ascii") as f:
            text = f.read()
        if "\traizd-0\n" in text:
            return int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return None


def drips_do_not_wake():
    """T109: a frame of 600 octets that comes one by one is looked at when it begins and when it is whole. What follows it, cut
    anywhere, is not kept waiting."""
    authority()
    d = Raizd(workers=1)
    s = connect()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(framed(query("hot.test.")))
    check(names(s, 1) == ["hot.test."], "warm")
    long = framed(query("hot.test.", qid=2, edns=False)[:-8] + b"\0" * 560)     # trailing octets: FORMERR
    before = wakes(d)
    for octet in long[:-1]:
        s.sendall(bytes([octet]))
        time.sleep(0.002)
    drips = wakes(d) - before
    s.sendall(long[-1:])
    check(Message(read_frame(s)).id == 2, "an answer when it is whole")
    check(drips < 150, f"woken {drips} times by {len(long)} octets")
    small = framed(query("hot.test.", qid=3, edns=False))
    for at in range(len(small)):    # whatever was waited for before, the next one is waited for by its own length
        s.sendall(long + small[:at])
        check(Message(read_frame(s)).id == 2, "the long one")
        s.sendall(small[at:] + small)
        check([m.id for m in (Message(read_frame(s)), Message(read_frame(s)))] == [3, 3], f"two short ones after a cut at {at}")
    d.stop()


def no_reader():
    """T110: a client that asks and never reads holds 128 KiB at most, and is gone within two seconds."""
    authority()
    d = Raizd()
    check(ask_udp("hot.test.").rcode == NOERROR, "warm")
    with connect() as s:     # what the first connection of all costs is not a connection's
        s.sendall(framed(query("hot.test.")))
        read_frame(s)
    rss = d.rss_kib()
    many = []
    for _ in range(20):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", 5300))
        s.setblocking(False)
        many.append(s)
    data = framed(query("hot.test.")) * 5000
    most, began, gone = 0, time.monotonic(), set()
    stuck = {}
    while len(gone) < len(many) and time.monotonic() - began < 8 * SLOW:
        for s in many:
            if s in gone:
                continue
            try:
                s.send(data)
                stuck.pop(s, None)
            except BlockingIOError:
                stuck.setdefault(s, time.monotonic())
            except OSError:
                gone.add(s)
                check(time.monotonic() - stuck.get(s, time.monotonic()) < 2.1 * SLOW, "ended within two seconds of standing still")
        most = max(most, d.rss_kib())
        time.sleep(0.02)
    check(len(gone) == len(many), f"{len(many) - len(gone)} are still open")
    if SLOW == 1:
        check(most - rss <= 20 * 160 + 1024, f"{most - rss} KiB for 20 connections")
    check(ask_udp("hot.test.").rcode == NOERROR, "still answers")
    check(d.stats()["tcp_timed_out"] >= 20, "counted")
    d.stop()


def resets():
    """T111: a client that resets takes its queries with it."""
    auth = authority()
    auth.answer = slow_and_fast(auth)
    d = Raizd()
    check(ask_udp("hot.test.").rcode == NOERROR, "warm")
    for i in range(60):
        s = connect()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            s.sendall(b"".join(framed(query(f"never{i}-{k}.test.", qid=k)) for k in range(1000)))
            time.sleep(0.002)
        except OSError:
            pass
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0, within=2)
    until = time.monotonic() + 3 * SLOW
    while time.monotonic() < until and d.control("status")["under_way"]:
        time.sleep(0.05)
    check(d.control("status")["under_way"] == 0, f"{d.control('status')['under_way']} queries are still under way")
    check(ask_udp("hot.test.").rcode == NOERROR, "still answers")
    d.wait_stats(lambda s: s["upstream_udp_open"] == 0, within=10)  # what was begun ends within its own limits
    d.stop()


def is_reset():
    try:
        sock = connect()
        sock.sendall(framed(query("hot.test.")))
        return read_frame(sock) is None
    except ConnectionError:
        return True


def limits():
    """T112, L27: so many from one address, so many in all; a silent one makes room for a new one."""
    authority()
    for i in range(1, 6):
        add_address(f"10.8.0.{i}")
    d = Raizd()
    mine = [connect() for _ in range(64)]
    for s in mine:
        s.sendall(framed(query("hot.test.")))
        check(names(s, 1) == ["hot.test."], "within the limit")
    check(is_reset(), "the 65th from one address is reset")
    s = connect(source="10.8.0.1")
    s.sendall(framed(query("hot.test.")))
    check(names(s, 1) == ["hot.test."], "another address")
    mine.pop().close()
    d.wait_stats(lambda s: s["tcp_open"] == 64)
    s = connect()
    s.sendall(framed(query("hot.test.")))
    check(names(s, 1) == ["hot.test."], "room again")
    check(d.stats()["tcp_refused"] == 1, "counted")
    d.stop()


def full_house():
    """When all are in use idle ones have 200 ms only, and the one silent longest makes room."""
    authority()
    for i in range(1, 30):
        add_address(f"10.8.0.{i}")
    d = Raizd(tcp_clients=20, tcp_per_address=5)
    first = [connect(source=f"10.8.0.{1 + i // 5}") for i in range(20)]
    extra = connect(source="10.8.0.20")
    extra.sendall(framed(query("hot.test.")))
    check(names(extra, 1) == ["hot.test."], "a silent one made room")
    check(d.stats()["tcp_displaced"] == 1, "counted")
    took = closed_after(first[-1], 1)
    check(took is not None and took < 0.6 * SLOW, f"idle ones are closed after {took} s when the house is full")
    d.wait_stats(lambda s: s["tcp_open"] <= 16, within=1)
    began = time.monotonic()
    quiet = connect(source="10.8.0.21")
    took = closed_after(quiet, 10)
    check(took is not None and took < 10.6 * SLOW, f"idle connection closed after {took}")
    check(time.monotonic() - began > 0.15, "not at once")
    d.stop()


def flood():
    """T112: ten thousand clients that connect and keep silent; who asks is answered all the while."""
    authority()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    for i in range(1, 201):
        add_address(f"10.6.0.{i}")
    add_address("10.6.1.1")
    d = Raizd()
    before = d.stats()
    many, n = [], 10000 // SLOW
    for i in range(n):
        s = socket.socket()
        s.setblocking(False)
        s.bind((f"10.6.0.{1 + i % 200}", 0))
        s.connect_ex(("127.0.0.1", 5300))
        many.append(s)
        if i % 500 == 499:
            c = connect(source="10.6.1.1")
            c.sendall(framed(query("canary.test.")))
            check(names(c, 1) == ["canary.test."], f"TCP after {i} clients")
            c.close()
            check(ask_udp("canary.test.").rcode == NOERROR, f"UDP after {i} clients")
    s = d.wait_stats(lambda s: s["tcp_accepted"] + s["tcp_refused"] - before["tcp_accepted"] >= n, within=10)
    check(s["tcp_open"] <= 1024 and s["tcp_displaced"] > 0, f"{s}")
    for s in many:
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0 and s["descriptors"] == before["descriptors"])
    d.stop()


def idle():
    """L28: ten seconds of silence, not more, not less."""
    authority()
    d = Raizd()
    s = connect()
    s.sendall(framed(query("hot.test.")))
    check(names(s, 1) == ["hot.test."], "answer")
    took = closed_after(s, 11)
    check(took is not None and 9.8 < took < 10.5 * SLOW, f"closed after {took} s")
    d.stop()


def knock(n):
    """Connections, as many of n as are not reset at once."""
    out = []
    for _ in range(n):
        try:
            out.append(connect())
        except ConnectionResetError:
            pass
    return out


def few_descriptors():
    """X17: with hardly any descriptors TCP clients get half of them; with none left at all UDP goes on, nothing spins, the
    operator gets in, and all is well when there are some again."""
    auth = authority()
    d = Raizd(command=["prlimit", "--nofile=64:64"])
    check("tcp-clients is cut" in d.text(), "said at the start")
    check(ask_udp("hot.test.").rcode == NOERROR, "warm")
    auth.answer = slow_and_fast(auth)
    many = knock(40)
    check(ask_udp("fast.test.").rcode == NOERROR, "uncached, too")
    check(d.stats()["tcp_refused"] + d.stats()["tcp_displaced"] > 0, "the others were refused, or others for them")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", 5300))
        for i in range(64):
            s.send(query(f"never{i}.test."))
        d.wait_stats(lambda s: s["upstream_udp_failed"] > 0)
        cpu = d.cpu_s()
        many += knock(20)
        for _ in range(50):
            check(ask_udp("hot.test.").rcode == NOERROR, "cached over UDP")
            time.sleep(0.01)
        check(d.control("status")["ok"], "the operator")
        check(d.cpu_s() - cpu < 0.3 * SLOW, f"no spinning: {d.cpu_s() - cpu:.2f} s of CPU in half a second")
    for s in many:
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0 and s["upstream_udp_open"] == 0, within=12)
    s = connect()
    s.sendall(framed(query("hot.test.")))
    check(names(s, 1) == ["hot.test."], "TCP again")
    d.stop()


def many_clients_at_once():
    """Threads of clients, each with its own mix; every query has its answer."""
    auth = authority()
    auth.answer = slow_and_fast(auth)
    d = Raizd(workers=2)
    for i in range(1, 9):
        add_address(f"10.8.1.{i}")
    wrong = []

    def client(number):
        try:
            for round_ in range(5):
                s = connect(source=f"10.8.1.{number + 1}")
                qs = [f"c{number}-{round_}-{k}.test." if k % 2 else "shared.test." for k in range(100)]
                s.sendall(b"".join(framed(query(n, qid=k)) for k, n in enumerate(qs)))
                got = {}
                for _ in qs:
                    m = Message(read_frame(s))
                    got[m.id] = m.name
                if [got[k] for k in range(len(qs))] != qs:
                    wrong.append(number)
                s.close()
        except (OSError, TypeError) as e:
            wrong.append(repr(e))

    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check(not wrong, f"wrong or missing answers: {wrong}")
    d.wait_stats(lambda s: s["tcp_open"] == 0)
    d.stop()


main(answers_overtake, crowd, cut_anywhere, half_close, slow_frames, drips_do_not_wake, no_reader, resets, limits, full_house,
     flood, idle, few_descriptors, many_clients_at_once)
