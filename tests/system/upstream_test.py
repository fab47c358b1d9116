#!/usr/bin/python3
"""upstream_test.py: how questions leave: ports and ids, connected sockets, strangers' replies, TCP that is used again."""
import socket
import struct
import threading
import time

from support import (A, NOERROR, NS, SERVFAIL, SLOW, TC, Message, Raizd, a_reply, add_address, ask_udp, authority, check, connect,
                     framed, main, name_wire, query, read_frame, record, reply)

SERVER = "10.53.0.1"


def ask_many(names, window=60):
    """Through one socket, so many at a time; tries again what is lost."""
    left, waiting, answers = list(reversed(names)), {}, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect(("127.0.0.1", 5300))
        s.settimeout(1)
        qid = 0
        while left or waiting:
            while left and len(waiting) < window:
                qid = (qid + 1) & 0xffff
                waiting[qid] = left.pop()
                s.send(query(waiting[qid], qid=qid))
            try:
                m = Message(s.recv(4096))
                answers += waiting.pop(m.id, None) is not None
            except socket.timeout:
                for i, name in waiting.items():
                    s.send(query(name, qid=i))
    return answers


def chi_square(values, cells, low, high):
    count = [0] * cells
    for v in values:
        count[(v - low) * cells // (high - low)] += 1
    expected = len(values) / cells
    return sum((c - expected) ** 2 / expected for c in count)


def correlation(values):
    n = len(values) - 1
    mean = sum(values) / len(values)
    around = [v - mean for v in values]
    return sum(a * b for a, b in zip(around, around[1:])) / sum(a * a for a in around) * n ** 0.5


def ports_and_ids():
    """T2, T3: uniform over the whole range, uncorrelated, whichever worker asks."""
    auth = authority()
    seen, lock = [], threading.Lock()

    def answer(q, tcp, peer):
        with lock:
            seen.append((peer[1], Message(q).id))
        return auth.plain(q)
    auth.answer = answer
    d = Raizd(workers=2)
    n = 20000 // SLOW
    check(ask_many([f"n{i}.test." for i in range(n)]) == n, "all answered")
    ports, ids = [p for p, _ in seen], [i for _, i in seen]
    check(len(seen) >= n, "a question for each name")
    check(min(ports) >= 1024 and not {4791, 11211, 5300} & set(ports), "ports to be left alone")
    check(min(ports) < 1100 + 200 * SLOW and max(ports) > 65400 - 200 * SLOW, f"ports {min(ports)} to {max(ports)}")
    # 63 degrees of freedom: exceeded once in ten thousand runs.
    check(chi_square(ports, 64, 1024, 65536) < 112, f"ports are uniform: {chi_square(ports, 64, 1024, 65536):.0f}")
    check(chi_square(ids, 64, 0, 65536) < 112, f"ids are uniform: {chi_square(ids, 64, 0, 65536):.0f}")
    check(abs(correlation(ports)) < 4 and abs(correlation(ids)) < 4, "no serial correlation")
    for values, size in ((ports, 64512), (ids, 65536)):
        expected = size * (1 - (1 - 1 / size) ** len(values))     # birthday
        check(abs(len(set(values)) - expected) < 5 * (len(values) ** 2 / size) ** 0.5 + 10, f"repeats: {len(set(values))}, not {expected:.0f}")
    s = d.stats()
    check(s["upstream_port_by_kernel"] == 0 and s["upstream_udp_open"] == 0, f"{s}")
    d.stop()


def sockets_of(d):
    """(local port, remote address) of the daemon's UDP sockets, from /proc/net/udp."""
    out = []
    with open("/proc/net/udp", encoding="ascii") as f:
        for line in list(f)[1:]:
            _n, local, remote = line.split()[:3]
            address, port = remote.split(":")
            out.append((int(local.split(":")[1], 16), socket.inet_ntoa(struct.pack("=I", int(address, 16))), int(port, 16)))
    return [s for s in out if s[0] not in (5300, 53)]


def connected_while_asking():
    """T5: the socket of a question is connected to the server, and gone when the question is."""
    auth = authority()
    auth.answer = lambda q, tcp, peer: [(0.3, a_reply(q))] if Message(q).type == A else auth.plain(q)
    d = Raizd()
    check(ask_udp("warm.test.").rcode == NOERROR, "warm")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", 5300))
    s.send(query("one.test."))
    time.sleep(0.1)
    open_ones = [x for x in sockets_of(d) if x[2] == 53]
    check(len(open_ones) >= 1 and all(x[1] == SERVER for x in open_ones), f"connected to the server: {open_ones}")
    s.settimeout(5)
    check(Message(s.recv(4096)).rcode == NOERROR, "answer")
    d.wait_stats(lambda s: s["upstream_udp_open"] == 0)
    check(not [x for x in sockets_of(d) if x[2] == 53], "nothing is left open")
    d.stop()


def strangers():
    """T8, T10: replies from another address or port, and garbage before the right one, change nothing."""
    auth = authority()
    add_address("10.53.0.2")
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("10.53.0.2", 53))
    same = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    same.bind((SERVER, 5353))

    def answer(q, tcp, peer):
        m = Message(q)
        if m.type != A:
            return auth.plain(q)
        bad = a_reply(q, "6.6.6.6")
        other.sendto(bad, peer)
        same.sendto(bad, peer)
        garbage = [b"", b"x", q[:2] + b"\x81", q[:11], q[:12], q, bytes(64)]
        return [(0.01, g) for g in garbage] + [(0.05, a_reply(q))]
    auth.answer = answer
    d = Raizd()
    for i in range(20):
        m = ask_udp(f"s{i}.test.")
        check(m.addresses() == ["192.0.2.1"], f"the true answer, not {m.addresses()}")
    s = d.stats()
    check(s["upstream_udp_received"] >= 20 and s["near_misses"] == 0, f"{s}")
    check(all(len(auth.asked(f"s{i}.test.")) <= 2 for i in range(20)), "nobody was asked again and again")
    d.stop()


def guessing():
    """T1: with the first wrong id from the right address the question moves to TCP, where nothing can be guessed."""
    auth = authority()

    def answer(q, tcp, peer):
        m = Message(q)
        if m.type != A or tcp:
            return auth.plain(q)
        return [(0, bytes([q[0] ^ k & 0xff, q[1] ^ 1]) + a_reply(q, "6.6.6.6")[2:]) for k in range(200)] + [(0.3, a_reply(q, "6.6.6.6"))]
    auth.answer = answer
    d = Raizd()
    for i in range(10):
        m = ask_udp(f"g{i}.test.")
        check(m.addresses() == ["192.0.2.1"], f"the answer that came over TCP, not {m.addresses()}")
    s = d.stats()
    check(s["near_misses"] == 10 and s["sends_tcp"] == 10 and s["timeouts"] == 0, f"{s}")
    d.stop()


def refused_ports():
    """No server at the address: the ICMP error ends the wait at once, and SERVFAIL says so."""
    authority()
    add_address("10.53.0.66")
    d = Raizd(root="10.53.0.66")
    began = time.monotonic()
    m = ask_udp("a.test.", timeout=9)
    check(m.rcode == SERVFAIL and time.monotonic() - began < 2 * SLOW, f"{time.monotonic() - began:.1f} s")
    check(d.stats()["unreachable"] > 0, "counted")
    d.stop()


def no_route():
    """X13: nowhere to send to: SERVFAIL, one line of log a minute, no descriptors lost."""
    d = Raizd(root="203.0.113.1")
    before = d.stats()["descriptors"]
    for i in range(30):
        check(ask_udp(f"n{i}.test.").rcode == SERVFAIL, "SERVFAIL")
    s = d.wait_stats(lambda s: s["upstream_udp_open"] == 0)
    check(s["upstream_udp_failed"] > 0 and s["descriptors"] <= before, f"{s}")
    check(d.text().count("cannot send to") == 1, f"one line: {d.text()}")
    d.stop()


def truncating(q, tcp, _peer):
    m = Message(q)
    if m.type == A and not tcp:
        return reply(q, flags=0x0400 | TC)
    return None


def tcp_is_used_again():
    """RFC 7766: questions share connections, replies may overtake each other, and idle ones end."""
    auth = authority()

    def answer(q, tcp, peer):
        m = Message(q)
        if m.type == A and tcp:
            return [(0.1 if m.name.startswith("slow") else 0, a_reply(q))]
        return truncating(q, tcp, peer) or auth.plain(q)
    auth.answer = answer
    d = Raizd()
    n = 300
    check(ask_many([f"{'slow' if i % 3 == 0 else 'quick'}{i}.test." for i in range(n)], window=50) == n, "all answered")
    s = d.stats()
    check(s["upstream_tcp_sent"] >= n and auth.connections <= 12, f"{auth.connections} connections for {n} questions")
    check(s["upstream_tcp_reused"] > n / 2, f"{s}")
    d.wait_stats(lambda s: s["upstream_tcp_open"] == 0, within=7)     # idle for five seconds
    check(ask_udp("again.test.").rcode == NOERROR, "a new connection when needed")
    d.stop()


def closed_meanwhile():
    """RFC 7766 section 6.2.4: a server may close an idle connection; the question moves to a fresh one."""
    auth = authority()
    asked = []

    def answer(q, tcp, peer):
        m = Message(q)
        if m.type == A and tcp:
            if peer in asked:
                return "close"          # one question a connection, then it is closed instead of answered
            asked.append(peer)
            return a_reply(q)
        return truncating(q, tcp, peer) or auth.plain(q)
    auth.answer = answer
    d = Raizd()
    for i in range(20):
        m = ask_udp(f"m{i}.test.")
        check(m.rcode == NOERROR, f"answer {i}: {m.rcode}")
    s = d.stats()
    check(s["upstream_tcp_moved"] >= 10 and s["unreachable"] == 0, f"{s}")
    d.stop()


def dripping_server():
    """X27: a server that drips its reply ends with the time limit, and its connection is not used again."""
    auth = authority()
    add_address("10.53.0.7")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("10.53.0.7", 53))
    listener.listen(16)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("10.53.0.7", 53))
    connections = []

    def serve_udp():
        while True:
            q, peer = udp.recvfrom(4096)
            m = Message(q)
            ns = record(".", 2, 86400, b"\2ns\4test\0")
            udp.sendto(reply(q, [ns], flags=0x0400) if m.type == 2 else reply(q, flags=0x0400 | TC), peer)

    def drip(sock):
        connections.append(sock)
        try:
            q = read_frame(sock)
            data = framed(a_reply(q))
            for octet in data:
                sock.sendall(bytes([octet]))
                time.sleep(0.3)
        except OSError:
            pass

    def serve_tcp():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=drip, args=(sock,), daemon=True).start()
    threading.Thread(target=serve_udp, daemon=True).start()
    threading.Thread(target=serve_tcp, daemon=True).start()
    d = Raizd(root="10.53.0.7")
    s = connect()
    began = time.monotonic()
    s.sendall(framed(query("drip.test.")))
    m = Message(read_frame(s))
    took = time.monotonic() - began
    check(m.rcode == SERVFAIL and took < 8.5 * SLOW, f"rcode {m.rcode} after {took:.1f} s")
    d.wait_stats(lambda s: s["upstream_tcp_open"] == 0, within=4)
    check(d.stats()["upstream_tcp_reused"] == 0, "not used again")
    check(1 <= len(connections) <= 6, f"{len(connections)} connections (L11)")
    check(len(auth.log) == 0, "the other server had nothing to do with it")
    d.stop()


def unasked_frames():
    """A server that sends frames nobody asked for is cut off."""
    auth = authority()

    def answer(q, tcp, peer):
        m = Message(q)
        if m.type == A and tcp:
            wrong = bytes([q[0] ^ 0xff]) + a_reply(q)[1:]
            return [(0, wrong)] * 8 + [(0.05, a_reply(q))]
        return truncating(q, tcp, peer) or auth.plain(q)
    auth.answer = answer
    d = Raizd()
    m = ask_udp("u.test.", timeout=9)
    s = d.stats()
    check(m is None or m.rcode == SERVFAIL, f"{m and m.rcode}")
    check(s["upstream_tcp_unasked"] >= 5 and s["upstream_tcp_open"] == 0, f"{s}")
    d.stop()


def deaf_over_udp():
    """A zone whose name server hears nothing over UDP is resolved over TCP, and before long without waiting for UDP first."""
    root, deaf = authority(), authority("10.53.0.2")

    def from_root(q, tcp, peer):
        m = Message(q)
        if m.name.endswith("deaf."):
            return reply(q, authority=[record("deaf.", NS, 300, name_wire("ns.helper."))], flags=0)
        return a_reply(q, deaf.address) if m.name == "ns.helper." and m.type == A else root.plain(q)

    root.answer = from_root
    deaf.answer = lambda q, tcp, peer: deaf.plain(q) if tcp else None
    d = Raizd()
    for i in range(20):
        m = ask_udp(f"n{i}.deaf.", timeout=8)
        check(m is not None and m.rcode == NOERROR and m.addresses() == ["192.0.2.1"], f"question {i}: {m and m.rcode}")
    silent = sum(not tcp for _m, tcp, _peer in deaf.log)
    check(2 <= silent <= 10, f"{silent} of 20 questions went over UDP, where nobody hears them")
    d.stop()


main(ports_and_ids, connected_while_asking, strangers, guessing, refused_ports, no_route, tcp_is_used_again, closed_meanwhile,
     dripping_server, unasked_frames, deaf_over_udp)
