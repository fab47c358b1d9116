#!/usr/bin/python3
"""udp_in_test.py: queries over UDP, as clients see them."""
import random
import signal
import socket
import struct

from support import A, NOERROR, QR, RD, SERVFAIL, SLOW, Message, Raizd, add_address, ask_udp, authority, check, main, query


def wildcard_answers_leave_from_the_address_asked():
    """Clients throw an answer away that comes from elsewhere; a connected socket does so for us."""
    authority("10.53.0.1")
    extra = ["10.9.0.1", "10.9.0.2", "127.9.9.9", "fd00:9::1", "fd00:9::2"]
    for address in extra:
        add_address(address)
    d = Raizd(listen=["0.0.0.0:5300", "[::]:5300"])
    for i, address in enumerate(extra + ["127.0.0.1", "::1"]):
        for name in (f"miss{i}.test.", "hit.test.", "hit.test."):
            m = ask_udp(name, server=(address, 5300))
            check(m and m.rcode == NOERROR and m.addresses() == ["192.0.2.1"], f"no answer for {name} from {address}")
    d.stop()


def link_local_answers():
    """An IPv6 link-local address needs its interface on the way back, too."""
    add_address("fe80::9")
    authority("10.53.0.1")
    d = Raizd(listen=["[::]:5300"])
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(("fe80::9", 5300, 0, socket.if_nametoindex("lo")))
        for name in ("a.test.", "a.test."):
            s.send(query(name))
            check(Message(s.recv(4096)).addresses() == ["192.0.2.1"], "answer over link-local")
    d.stop()


def raw_udp(source, source_port, target, target_port, payload):
    """A datagram with a source of our choice."""
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    udp = struct.pack("!4H", source_port, target_port, 8 + len(payload), 0) + payload
    ip = struct.pack("!2B3H2BH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source),
                     socket.inet_aton(target))
    s.sendto(ip + udp, (target, 0))
    s.close()


def no_loops():
    """T28: answers are not answered; port 0 and our own address as source start nothing that goes on."""
    authority("10.53.0.1")
    d = Raizd()
    raw_udp("127.0.0.1", 0, "127.0.0.1", 5300, query("port0.test."))
    d.wait_stats(lambda s: s["udp_bad_source"] == 1)
    raw_udp("127.0.0.1", 4000, "127.0.0.1", 5300, query("answer.test.", flags=QR | RD))
    d.wait_stats(lambda s: s["dropped"] == 1)
    # From ourselves: the reply comes back to us as a datagram with QR=1 and dies there.
    for _ in range(20):
        raw_udp("127.0.0.1", 5300, "127.0.0.1", 5300, query("self.test."))
    s = d.wait_stats(lambda s: s["dropped"] == 21)
    check(s["udp_received"] == 42, f"each of 20 queries came with one answer: {s}")
    d.stop()


def garbage():
    """T29: whatever comes, the reply is no longer, and never holds what was sent."""
    authority("10.53.0.1")
    d = Raizd()
    rng = random.Random(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", 5300))
        s.settimeout(5)
        for i in range(3000):
            if i % 2:
                data = bytearray(query("garbage.test."))
                for _ in range(rng.randrange(1, 6)):
                    data[rng.randrange(2, len(data))] = rng.randrange(256)
            else:
                data = bytearray(rng.randbytes(rng.randrange(0, 600)))
            s.send(data)
            if i % 50 == 0:
                s.send(query("after.test.", qid=0xbeef))
                while True:
                    got = s.recv(65535)
                    if got[:2] == b"\xbe\xef" and Message(got).name == "after.test.":
                        check(Message(got).rcode == NOERROR, "the next query is answered")
                        break
    s = d.stats()
    check(s["malformed"] > 500 and s["dropped"] > 300, f"garbage is counted: {s}")
    d.stop()


def burst():
    """A burst larger than any batch is answered whole."""
    auth = authority("10.53.0.1")
    d = Raizd()
    check(ask_udp("hot.test.").addresses() == ["192.0.2.1"], "warm")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.connect(("127.0.0.1", 5300))
        s.settimeout(5)
        for i in range(200):
            s.send(query("hot.test.", qid=i))
        ids = {Message(s.recv(4096)).id for _ in range(200)}
        check(ids == set(range(200)), "every query has its answer")
        for i in range(80):     # equal questions under way are one upstream, and all are answered
            s.send(query("cold.test.", qid=i))
        ids = {Message(s.recv(4096)).id for _ in range(80)}
        check(ids == set(range(80)), "every waiting client has its answer")
    check(len(auth.asked("cold.test.")) == 1, "asked once")
    d.stop()


def dead_servers():
    """Silence upstream ends as SERVFAIL, and the address of the client is not forgotten meanwhile."""
    authority("10.53.0.1", answer=lambda q, tcp, peer: None)
    d = Raizd()
    m = ask_udp("dead.test.", A, timeout=12)
    check(m is None or m.rcode == SERVFAIL, "SERVFAIL, or nothing when it is too late to tell (L26)")
    d.wait_stats(lambda s: s["upstream_udp_open"] == 0, within=15)
    d.stop()


def packets(sniffer):
    """(source port, destination port) of each UDP datagram over `lo` so far, in their order."""
    out = []
    while True:
        try:
            data, where = sniffer.recvfrom(65535)
        except BlockingIOError:
            return out
        if where[2] != 4 and data[12:14] == b"\x08\0" and data[23] == socket.IPPROTO_UDP:   # each is seen twice: 4 is on its way out
            out.append(struct.unpack("!2H", data[34:38]))


def known_names_do_not_wait_for_others():
    """T125: of 301 queries that are read at once the last has its answer in the cache: it gets it before most of the others'
    resolutions have begun, and those are all answered, too."""
    authority()
    d = Raizd()
    check(ask_udp("hot.test.").rcode == NOERROR, "warm")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as many, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, \
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer:
        sniffer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        for s in (many, one):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            s.connect(("127.0.0.1", 5300))
            s.settimeout(10 * SLOW)
        d.process.send_signal(signal.SIGSTOP)
        for i in range(300):
            many.send(query(f"new{i}.test.", qid=i))
        one.send(query("hot.test.", qid=7))
        sniffer.setblocking(False)
        packets(sniffer)
        d.process.send_signal(signal.SIGCONT)
        check(Message(one.recv(4096)).addresses() == ["192.0.2.1"], "the known one")
        ids = sorted(Message(many.recv(4096)).id for _ in range(300))
        check(ids == list(range(300)), "each of the others is answered")
        seen = packets(sniffer)
        begun = [to for _from, to in seen[:seen.index((5300, one.getsockname()[1]))]].count(53)
        check(begun <= 130, f"{begun} questions went upstream before the answer that was known")
        check(d.stats()["queries_waited"] >= 100, f"{d.stats()['queries_waited']} waited")
    d.stop()


main(wildcard_answers_leave_from_the_address_asked, link_local_answers, no_loops, garbage, burst, dead_servers,
     known_names_do_not_wait_for_others)
