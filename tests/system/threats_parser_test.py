#!/usr/bin/python3
"""threats_parser_test.py: messages made to hurt: T89 to T97 and T106 to T108 of the threats that a resolver must withstand."""
import json
import os
import random
import re
import select
import socket
import struct
import time

from support import A, AA, FORMERR, NOERROR, NS, RD, REFUSED, SERVFAIL, SLOW, TC, TXT, Message, check, main, name_wire, query
from threat_support import (CNAME, MX, OPT, PTR, QNAME, SOA, SRV, Daemon, address, has_opt, message, refer, row, rr, soa, storm,
                            truncated, world)

RRSIG, NSEC, SVCB, NULL = 46, 47, 64, 10
d = None


def daemon():
    return d


def raw_udp(*datagrams, answers=None, timeout=5):
    """Sends them and returns what comes back, until a good query behind them was answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect(d.server)
        s.settimeout(timeout * SLOW)
        for data in datagrams:
            s.send(data)
        s.send(query("c0.canary.", qid=0xbeef))
        got = []
        while True:
            data = s.recv(65535)
            if data[:2] == b"\xbe\xef":
                break
            got.append(data)
        s.settimeout(1)
        while answers and len(got) < answers:
            got.append(s.recv(65535))
        return got


def ask_many(names, qtype=A, window=40, **kw):
    """{name: Message}, so many at a time; a query without an answer is repeated twice."""
    left, waiting, found, qid = list(reversed(names)), {}, {}, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.connect(d.server)
        tries = 0
        while (left or waiting) and tries < 8:
            while left and len(waiting) < window:
                qid = (qid + 1) & 0x7fff
                waiting[qid] = left.pop()
                s.send(query(waiting[qid][0], waiting[qid][1], qid=qid, **kw) if isinstance(waiting[qid], tuple) else
                       query(waiting[qid], qtype, qid=qid, **kw))
            if not select.select([s], [], [], 3 * SLOW)[0]:
                tries += 1
                left += [waiting.pop(i) for i in list(waiting)]
                continue
            m = Message(s.recv(65535))
            if m.id in waiting:
                found[waiting.pop(m.id)] = m
    return found


# ---- compression ----

def bad_names(at):
    """Names that begin at offset `at` and go astray, as (label, octets). What follows a name is zeros."""
    def to(n):
        return struct.pack("!H", 0xc000 | n & 0x3fff)
    return [("self", to(at)), ("forward", to(at + 2)), ("far", to(0x3fff)), ("header", to(0)), ("header4", to(4)), ("label self", b"\1a" + to(at)),
            ("label loop", b"\1a\1b" + to(at + 2)), ("pair", to(at + 2) + to(at)), ("type 01", b"\x40ab"), ("type 10", b"\x80ab"), ("long label", b"\x3f" + b"x" * 20),
            ("endless", b"\1a" * 130 + to(at)), ("half a pointer", b"\xc0")]


def pointer_chain(n, base):
    """n pointers, each to the one before; the first to a root name at base."""
    return b"\0" + struct.pack("!H", 0xc000 | base) + b"".join(struct.pack("!H", 0xc000 | base + 1 + 2 * i) for i in range(n - 1))


@row(89, daemon)
def t89_pointers(r):
    """Pointers that loop, lead forward, or into themselves, in every place: refused or passed over, at little cost."""
    head = struct.pack("!6H", 7, RD, 1, 0, 0, 0)
    queries = [head + octets + b"\0\1\0\1" for _, octets in bad_names(12)]
    extra = struct.pack("!6H", 7, RD, 1, 0, 0, 1) + name_wire("q.t89.") + b"\0\1\0\1"
    queries += [extra + octets + struct.pack("!2HIH", A, 1, 0, 4) + bytes(4) for _, octets in bad_names(len(extra))]
    queries += [extra + b"\0" + struct.pack("!2HIH", t, 1, 0, len(o)) + o for t in (NS, MX, RRSIG) for _, o in bad_names(len(extra) + 11)]
    for data in queries:
        for got in raw_udp(data):
            check(got[3] & 0xf == FORMERR and len(got) <= 12 + 255 + 4 + 11, f"{data.hex()} is answered {got.hex()}")
    times = 1000
    good = r.cpu_ms(2, lambda i: raw_udp(*queries[:20] * (times // 20)))
    print(f"      {good / times * 1000:.1f} us for a bad query, with its answer")
    check(good / times <= 0.01 * SLOW * SLOW, f"{good / times * 1000:.1f} us for a bad query")

    before = {NS: b"", MX: b"\0\1", SOA: b"", SRV: bytes(6), RRSIG: bytes(18), NSEC: b"", SVCB: b"\0\1", CNAME: b"", PTR: b""}
    kinds = [k for k, _ in bad_names(0)]

    def answer(q, m, to, tcp, peer):
        if to == "10.54.89.1":
            zone = ".".join(m.name.rstrip(".").split(".")[-2:]) + "."
            return refer(q, zone, {f"ns.{zone}": "10.54.89.2"})
        label, where = m.name.split(".")[0].split("-")[:2], m.question_end
        kind = kinds[int(label[1])]
        if label[0] == "question":
            return message(q, question=dict(bad_names(12))[kind] + b"\0\1\0\1")
        if label[0] == "owner":
            return message(q, [dict(bad_names(where))[kind] + struct.pack("!2HIH", A, 1, 60, 4) + bytes(4)])
        t = int(label[0])
        octets = before[t] + dict(bad_names(where + 12 + len(before[t])))[kind]
        return message(q, [rr(QNAME, t, octets)])
    r.script(answer)
    names = [(f"{what}-{k}.z{n}x{k}.t89.", what if isinstance(what, int) else A)
             for n, what in enumerate(["question", "owner", *before]) for k in range(len(kinds))]
    answers = ask_many(names)
    check(len(answers) == len(names), f"{len(names) - len(answers)} of {len(names)} are not answered: {sorted(set(names) - set(answers))[:5]}")
    for (name, qtype), m in answers.items():
        check(m.rcode == SERVFAIL, f"{name} type {qtype}: {m.rcode} {m.records}")


@row(90, daemon)
def t90_aggregate_compression(r):
    """A message of pointers upon pointers: no name is wrong by itself, the sum is."""
    def bomb(head, chain):
        """After head: a record whose rdata is the chain, then as many records as fit, all owned by its last pointer."""
        base = len(head) + 11
        rdata = pointer_chain(chain, base)
        last = struct.pack("!H", 0xc000 | base + 1 + 2 * (chain - 1))
        one = last + struct.pack("!2HIH", A, 1, 60, 0)
        n = min((65535 - len(head) - 11 - len(rdata)) // len(one), 4096)
        return b"\0" + struct.pack("!2HIH", NULL, 1, 60, len(rdata)) + rdata + one * n, n + 1

    chains = (8100, 16, 15, 1)

    def answer(q, m, to, tcp, peer):
        if to == "10.54.90.1":
            zone = ".".join(m.name.rstrip(".").split(".")[-2:]) + "."
            return refer(q, zone, {f"ns.{zone}": "10.54.90.2"})
        if not tcp:
            return truncated(q)
        records, n = bomb(q[:m.question_end], int(m.name.split(".")[0]))
        return struct.pack("!6H", m.id, 0x8400, 1, n, 0, 0) + q[12:m.question_end] + records
    r.script(answer)
    for chain in chains:
        used = r.cpu_ms(10, lambda i, c=chain: check(r.ask(f"{c}.z{i}x{c}.t90.").rcode in (NOERROR, SERVFAIL), "an answer"))
        print(f"      {used:.2f} ms for a reply of 64 KiB with chains of {chain}, and the three questions it takes")
        check(used <= SLOW * SLOW, f"{used:.2f} ms for chains of {chain}")
    for chain in chains:
        head = struct.pack("!6H", 7, RD, 1, 0, 0, 0) + name_wire("q.t90.") + b"\0\1\0\1"
        records, n = bomb(head, chain)
        data = head[:10] + struct.pack("!H", n) + head[12:] + records
        used = r.cpu_ms(10, lambda i, q=data: check(d.ask_tcp(q).rcode == FORMERR, "FORMERR"))
        print(f"      {used:.2f} ms for a query of 64 KiB with chains of {chain}")
        check(used <= SLOW * SLOW, f"{used:.2f} ms for chains of {chain}")


@row(91, daemon)
def t91_lying_counts(r):
    """Counts of 65535 in twelve octets: no memory is set aside for them."""
    n = 300000 if SLOW == 1 else 60000
    rss, cache = d.rss_kib(), d.cache_bytes()
    for octets in ("00070100ffffffffffffffff", "000701000001ffffffffffff00000100010000", "0007010000010000ffffffff01610000010001"):
        result = storm("flood", "--server", "127.0.0.1:5300", "--packets", n // 3, "--hex", octets, "--zone", "c0.canary.", "--timeout", 5000 * SLOW)
        check(result["unanswered"] == 0, f"{result}")
    print(f"      {n} datagrams, {result['per_second']} a second; RSS {rss} -> {d.rss_kib()} KiB")
    grown = d.rss_kib() - rss - (d.cache_bytes() - cache) / 1024
    check(SLOW > 1 or grown <= 128, f"{grown:.0f} KiB more")

    def answer(q, m, to, tcp, peer):
        if to == "10.54.91.1":
            zone = ".".join(m.name.rstrip(".").split(".")[-2:]) + "."
            return refer(q, zone, {f"ns.{zone}": "10.54.91.2"})
        lie = struct.pack("!3H", *[(65535, 0, 0), (0, 65535, 0), (0, 0, 65535), (65535, 65535, 65535)][int(m.name[0])])
        return q[:2] + b"\x84\0\0\1" + lie + q[12:m.question_end]
    r.script(answer)
    rss = d.rss_kib()
    answers = ask_many([f"{i % 4}.z{i}.t91." for i in range(1000)])
    check(len(answers) == 1000 and all(m.rcode == SERVFAIL for m in answers.values()), f"{len(answers)} answers")
    check(SLOW > 1 or d.rss_kib() - rss <= 1024, f"RSS {rss} -> {d.rss_kib()} KiB")


@row(92, daemon)
def t92_many_names(r):
    """4000 different owners in one message: in proportion to its size, not to its square."""
    def owner(i):
        return bytes([4]) + struct.pack("!I", 0x61616161 + i * 0x10203) + QNAME
    records = [rr(owner(i), A, bytes(4)) for i in range(3000)]
    r.script(lambda q, m, to, tcp, peer: message(q, [rr(QNAME, A, "192.0.2.1")] + records) if tcp else truncated(q))
    used = r.cpu_ms(20, lambda i: check(r.ask(f"n{i}.t92.").addresses() == ["192.0.2.1"], "the answer among them"))
    print(f"      {used:.2f} ms for a reply of 3001 names, and the two questions it takes")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")
    q = query("q.t92.", edns=False)
    data = q[:6] + struct.pack("!H", 3000) + q[8:] + b"".join(records)
    used = r.cpu_ms(20, lambda i: check(d.ask_tcp(data).rcode in (FORMERR, NOERROR), "an answer"))
    print(f"      {used:.2f} ms for a query with 3000 names")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")


@row(93, daemon)
def t93_large_sets(r):
    """Sets of 4000 addresses, texts of 60000 octets, 2000 types at one name."""
    def answer(q, m, to, tcp, peer):
        kind = m.name.split(".")[-3]
        if to == "10.54.93.1":
            return refer(q, f"{kind}.t93.", {f"ns.{kind}.t93.": "10.54.93.2"})
        if kind == "types":
            return message(q, [rr(QNAME, m.type, b"data")])
        if not tcp:
            return truncated(q)
        if kind.startswith("many"):
            return message(q, [rr(QNAME, A, struct.pack("!I", i)) for i in range(4000)])
        if kind == "zoo":
            return message(q, [rr(QNAME, t, b"x" * 8) for t in range(1000, 4000)] + [rr(QNAME, A, "192.0.2.1")])
        return message(q, [rr(QNAME, TXT, (b"\xff" + b"t" * 255) * 234)])
    r.script(answer)
    used = r.cpu_ms(10, lambda i: check(r.ask(f"www.many{i}.t93.").rcode == SERVFAIL, "too many to believe (L19)"))
    print(f"      {used:.2f} ms for 4000 addresses")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")
    used = r.cpu_ms(10, lambda i: check(len(d.ask_tcp(query(f"t{i}.text.t93.", TXT)).data) > 59904, "the whole text"))
    print(f"      {used:.2f} ms for a text of 59904 octets")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")
    used = r.cpu_ms(10, lambda i: check(r.ask(f"z{i}.zoo.t93.").addresses() == ["192.0.2.1"], "one of 3001 types"))
    print(f"      {used:.2f} ms for 3001 types in one message")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")
    types = [t for t in range(1000, 3000)]
    first = r.cpu_ms(1, lambda i: check(len(ask_many([("www.types.t93.", t) for t in types])) == len(types), "all")) / len(types)
    again = r.cpu_ms(1, lambda i: check(len(ask_many([("www.types.t93.", t) for t in types])) == len(types), "all")) / len(types)
    print(f"      {first:.3f} ms to fetch one of 2000 types at a name, {again:.3f} ms to answer it again")
    check(first <= 0.3 * SLOW * SLOW and again <= 0.1 * SLOW * SLOW, f"{first:.3f} ms and {again:.3f} ms")


@row(94, daemon)
def t94_compression_on_output(r):
    """256 names that share no suffix go out again at a cost in proportion; 2000 are too many for a set."""
    rng = random.Random(94)

    def names(n):
        return [".".join("".join(rng.choice("abcdefghijklmnop") for _ in range(9)) for _ in range(3)) + "." for _ in range(n)]
    sets = {"few": names(256), "most": names(1500)}

    def answer(q, m, to, tcp, peer):
        kind = m.name.split(".")[-3]
        if to == "10.54.94.1":
            return refer(q, f"{kind}.t94.", {f"ns.{kind}.t94.": "10.54.94.2"})
        return message(q, [rr(QNAME, PTR, n) for n in sets[kind.rstrip("0123456789")]]) if tcp else truncated(q)
    r.script(answer)
    first = d.ask_tcp(query("p.few.t94.", PTR))
    check(len([x for x in first.records if x[0] == 0]) == 256, f"{first.rcode}, {len(first.records)} records")
    used = r.cpu_ms(50, lambda i: check(len(d.ask_tcp(query("p.few.t94.", PTR)).data) > 7000, "all of them"))
    print(f"      {used:.2f} ms to write 256 names without a common suffix")
    check(used <= 2 * SLOW * SLOW, f"{used:.2f} ms")
    used = r.cpu_ms(5, lambda i: check(d.ask_tcp(query(f"p.most{i}.t94.", PTR)).rcode == SERVFAIL, "too many (L19)"))
    print(f"      {used:.2f} ms to refuse 1500")
    check(used <= 3 * SLOW * SLOW, f"{used:.2f} ms")


def option(code, data):
    return struct.pack("!2H", code, len(data)) + data


def with_options(name, qtype, options, size=1232, version=0, flags=RD, qid=9):
    opt = b"\0" + struct.pack("!2H", 41, size) + bytes([0, version, 0, 0]) + struct.pack("!H", len(options)) + options
    return struct.pack("!6H", qid, flags, 1, 0, 0, 1) + name_wire(name) + struct.pack("!2H", qtype, 1) + opt


@row(95, daemon)
def t95_sizes_at_the_edge(r):
    """Answers as large as a message can be, with room for options and without: whole or marked truncated, never broken."""
    def answer(q, m, to, tcp, peer):
        if not tcp:
            return truncated(q)
        want, at = int(m.name.split(".")[0][1:]), m.question_end
        texts = b""
        left = want - at - 12
        while left > 0:
            n = min(255, left - 1)
            texts += bytes([n]) + b"s" * n
            left -= n + 1
        return message(q, [rr(QNAME, TXT, texts)], opt=False)
    r.script(answer)
    extras = b"".join([option(3, b""), option(10, b"cookie88"), option(12, bytes(16)), option(15, b"\0\0" + b"e" * 300)])
    whole = cut = 0
    for size in list(range(65480, 65536)):
        for q in (query(f"s{size}.t95.", TXT, edns=False), query(f"s{size}.t95.", TXT), with_options(f"s{size}.t95.", TXT, extras)):
            m = d.ask_tcp(q)
            check(len(m.data) <= 65535 and m.name == f"s{size}.t95.", f"{size}: {len(m.data)} octets")
            if m.flags & TC:
                cut += 1
                check(not [x for x in m.records if x[0] == 0], f"{size}: truncated and yet with answers")
            else:
                whole += 1
                check(m.rcode == NOERROR and sum(len(x[4]) for x in m.records if x[0] == 0) > 65000, f"{size}: {m.rcode}")
    print(f"      {whole} answers were whole, {cut} truncated")
    check(whole > 100 and cut > 0, "both happen")
    for size in [0, 1, 511, 512, 513, 1231, 1232, 1233, 4096, 65535]:
        for text in (400, 470, 480, 500, 1100, 1180, 1190, 1200, 1220, 1232, 1300):
            got = raw_udp(with_options(f"u{text}.t95.", TXT, option(10, b"cookie88"), size=size), answers=1)
            m = Message(got[0])
            check(len(got[0]) <= min(1232, max(512, size)) and (m.flags & TC or m.rcode == NOERROR), f"{size}, {text}: {len(got[0])}")


@row(96, daemon)
def t96_rdata_lengths(r):
    """Every type, with rdata of every length up to 45 and some more: passed on as it came, or refused."""
    types = [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 33, 35, 36, 37, 38, 39, 40, 42, 43,
             44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 99, 100, 104, 105, 106, 107, 108, 109,
             256, 257, 258, 259, 260, 261, 262, 32768, 32769, 65280]
    lengths = list(range(46)) + [63, 64, 255, 256]
    fillings = {"z": lambda n: bytes(n), "f": lambda n: b"\xff" * n, "c": lambda n: bytes((i * 7 + 1) % 11 for i in range(n))}

    def answer(q, m, to, tcp, peer):
        if to == "10.54.96.1":
            zone = ".".join(m.name.rstrip(".").split(".")[-2:]) + "."
            return refer(q, zone, {f"ns.{zone}": "10.54.96.2"})
        fill, n = m.name[0], int(m.name.split(".")[0][1:])
        return message(q, [rr(QNAME, m.type, fillings[fill](n))])
    r.script(answer)
    asked = [(f"{f}{n}.y{t}{f}{n}.t96.", t) for t in types for n in lengths for f in fillings if SLOW == 1 or f == "c" or n % 5 == 0]
    answers = ask_many(asked)
    check(len(answers) == len(asked), f"{len(asked) - len(answers)} of {len(asked)} are not answered")
    good = 0
    for (name, qtype), m in answers.items():
        check(m.rcode in (NOERROR, SERVFAIL), f"{name} {qtype}: {m.rcode}")
        for x in m.records:
            if x[0] == 0 and x[2] == qtype:
                good += 1
                sent = fillings[name[0]](int(name.split(".")[0][1:]))
                check(x[4] == sent or qtype in (2, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 26, 33, 36, 39), f"{name} {qtype}: {x[4].hex()}, not {sent.hex()}")
    print(f"      {len(asked)} kinds of rdata, {good} of them taken and given back")
    check(good > len(asked) / 10, f"{good} were taken")
    listed = d.control("cache.ls", under="t96.")
    check(len(listed) > good / 2, f"{len(listed)} lines of the cache can be shown")


@row(97, daemon)
def t97_names_at_the_edge(r):
    """Names of 255 octets and 127 labels, labels of 63, every octet in a label: they come back as they went, or FORMERR."""
    r.script(lambda q, m, to, tcp, peer: message(q, [rr(QNAME, CNAME, q[12:m.question_end - 4] if m.type == A else b"\1x" + q[12:m.question_end - 4]),
                                                     rr(QNAME, A, "192.0.2.1")] if m.type == CNAME else [rr(QNAME, A, "192.0.2.1")]))

    def raw(name, qtype=A):
        return struct.pack("!6H", 9, RD, 1, 0, 0, 0) + name + struct.pack("!2H", qtype, 1)

    def padded(total):
        """A name below t97. of so many octets, in labels of 63 at most."""
        left, out = total - len(name_wire("t97.")), b""
        while left > 0:
            n = min(63, left - 1)
            n -= left - 1 - n == 1      # no empty label at the end
            out += bytes([n]) + b"e" * n
            left -= n + 1
        return out + name_wire("t97.")
    cases = [(padded(n), n <= 255) for n in (253, 254, 255, 256, 257)]
    cases += [(bytes([n]) + b"l" * n + name_wire("t97."), n <= 63) for n in (62, 63, 64)]
    cases += [(b"\1q" * (n - 1) + name_wire("t97."), n <= 126) for n in (124, 125, 126, 127, 128)]     # and five octets of "t97."
    cases += [(b"\1o" * n + b"\0", n <= 127) for n in (126, 127, 128)]
    cases += [(b"\3" + bytes([97, octet, 98]) + name_wire("t97."), True) for octet in range(256)]
    for name, good in cases:
        got = raw_udp(raw(name), answers=1)
        check(len(got) == 1, f"{name.hex()}: {len(got)} answers")
        rcode = got[0][3] & 0xf
        check(rcode == (NOERROR if good else FORMERR), f"{name.hex()}: {rcode}")
        check(not good or got[0][12:12 + len(name)] == name, f"{name.hex()} came back as {got[0].hex()}")
        # Once more, from the cache, and through the control socket and its text.
        if good and name.endswith(name_wire("t97.")):
            check(raw_udp(raw(name), answers=1)[0][12:12 + len(name)] == name, f"{name.hex()} from the cache")
            check(("rrset", "A") in d.known(text_of(name)), f"{name.hex()} is shown as {text_of(name)}")


def text_of(name):
    """The presentation of a name (RFC 4343 section 2.1)."""
    out, at = "", 0
    while name[at]:
        for b in name[at + 1:at + 1 + name[at]]:
            c = chr(b).lower() if b < 128 else chr(b)
            out += c if 0x21 <= b <= 0x7e and c not in '."\\();@$' else f"\\{c}" if c in '."\\();@$' else f"\\{b:03d}"
        out += "."
        at += name[at] + 1
    return out


@row(106, daemon)
def t106_injection(r):
    """Names made of escape sequences, newlines and formats: each line of the log stays one line, each reply of the control
    socket stays JSON."""
    r.script(lambda q, m, to, tcp, peer: address(q) if to == "10.54.106.1" else None)
    evil = [b"\x1b[2J\x1b]0;x\x07", b"line\nbreak", b"%n%s%n%1000000d", b"2026-01-01T00:00:00Z", b"\r\nERROR: gone", b'","ok":true,"x":"', b"\\u0000",
            bytes(range(1, 40)), bytes(range(0x7f, 0xa0)), "\u2028\u202e".encode(), b"\0"]
    before = len(d.text())
    for i, label in enumerate(evil):
        name = bytes([len(label)]) + label + name_wire("t106.")
        got = raw_udp(struct.pack("!6H", i, RD, 1, 0, 0, 0) + name + b"\0\1\0\1", answers=1)
        check(got[0][12:12 + len(name)] == name and got[0][3] & 0xf == NOERROR, f"{label!r}: {got}")
    # One that nobody answers, to be seen under way.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(d.server)
        s.send(struct.pack("!6H", 77, RD, 1, 0, 0, 0) + b"\x09\x1b[31m\n%n\n" + name_wire("v106.") + b"\0\1\0\1")
        time.sleep(0.1 * SLOW)
        under_way = json.dumps(d.control("inflight"), ensure_ascii=True)
        check("\\\\010" in under_way and "%n" in under_way, f"{under_way}")
        listed = json.dumps(d.control("cache.ls", under="t106."), ensure_ascii=True)
        check(listed.count("t106.") >= len(evil), f"{listed}")
        check("\\\\027[2j" in listed and "\\\\010break" in listed, f"escaped by \\DDD: {listed}")
        s.settimeout(9 * SLOW)
        s.recv(4096)
    added = d.text()[before:]
    check("t106." in added, "the log speaks of these names at this level")
    for line in added.splitlines():
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error): [\x20-\x7e]{1,1100}", line), f"a line of the log: {line!r}")
    check(not re.search(r"[^\x20-\x7e\n]", added), "nothing but printable ASCII")


@row(107, daemon)
def t107_edns_flood(r):
    """Options by the thousand, doubled, of another version; two OPTs; an OPT where none belongs."""
    r.script(lambda q, m, to, tcp, peer: {
        "answer": lambda: message(q, [rr(QNAME, A, "192.0.2.1"), OPT]), "authority": lambda: message(q, [rr(QNAME, A, "192.0.2.1")], [OPT]),
        "double": lambda: message(q, [rr(QNAME, A, "192.0.2.1")], additional=[OPT])}.get(m.name.split(".")[0], lambda: address(q))())
    flood = option(65001, b"") * 16000
    check(d.ask_tcp(with_options("www.t107.", A, flood)).rcode in (NOERROR, FORMERR), "16000 options")
    plain = r.cpu_ms(100, lambda i: d.ask_tcp(query("www.t107.")))
    used = r.cpu_ms(100, lambda i: d.ask_tcp(with_options("www.t107.", A, flood)))
    print(f"      {used * 1000:.0f} us for a query with 16000 options over TCP, {plain * 1000:.0f} us for a plain one")
    check(used - plain <= 0.05 * SLOW * SLOW, f"{used * 1000:.0f} us, and {plain * 1000:.0f} us for a plain one")
    two = query("www.t107.")
    check(d.ask_tcp(two[:11] + b"\2" + two[12:] + two[-11:]).rcode == FORMERR, "two OPTs")
    m = d.ask_tcp(with_options("www.t107.", A, b"", version=1))
    check(m.rcode == 0 and [x[3] >> 24 for x in m.records if x[2] == 41] == [1], f"BADVERS is 16: {m.records}")
    check(m.data[3] & 0xf == 0 and not m.addresses(), "and no answer")
    once = d.ask_tcp(with_options("www.t107.", A, option(10, b"cookie88") * 5 + option(3, b"") * 5))
    check(once.rcode == NOERROR and once.addresses() == ["192.0.2.1"], "doubled options count once")
    for kind, good in (("answer", False), ("authority", False), ("double", False), ("fine", True)):
        m = r.ask(f"{kind}.t107.", timeout=9)
        check(m.rcode == NOERROR if good else m.rcode == SERVFAIL, f"{kind}: {m.rcode}")
        if not good:
            d.control("cache.flush", name="t107.", tree=True)


@row(108, daemon)
def t108_client_subnet(r):
    """Client subnet: never sent upstream, one answer for all, and malformed ones are refused."""
    r.script(lambda q, m, to, tcp, peer: address(q))
    good = [struct.pack("!H2B", 1, 24, 0) + b"\xc0\0\2", struct.pack("!H2B", 1, 32, 0) + b"\xc0\0\2\1", struct.pack("!H2B", 1, 0, 0),
            struct.pack("!H2B", 2, 56, 0) + b"\x20\1\r\xb8\0\0\0", struct.pack("!H2B", 0, 0, 0)]
    bad = [struct.pack("!H2B", 0, 24, 0) + b"\xc0\0\2", struct.pack("!H2B", 99, 8, 0) + b"\1", struct.pack("!H2B", 1, 33, 0) + bytes(5),
           struct.pack("!H2B", 1, 24, 0) + b"\xc0\0\2\1", struct.pack("!H2B", 1, 23, 0) + b"\xc0\0\3", struct.pack("!H2B", 1, 24, 0) + b"\xc0\0", b"\0\1", b"",
            struct.pack("!H2B", 2, 129, 0) + bytes(17)]
    for octets in good:
        m = d.ask_tcp(with_options("www.t108.", A, option(8, octets)))
        check(m.rcode == NOERROR and m.addresses() == ["192.0.2.1"], f"{octets.hex()}: {m.rcode}")
    check(r.uq() == 1, f"one answer for all: {r.uq()} questions")
    check(all(e[1].data[-2:] == b"\0\0" and has_opt(e[1]) for e in r.log()), "no option went upstream")
    for octets in bad:
        m = d.ask_tcp(with_options("bad.t108.", A, option(8, octets)))
        check(m.rcode == FORMERR, f"{octets.hex()}: {m.rcode}")
    check(r.uq() == 1 and not d.known("bad.t108."), "nobody was asked")


def set_up():
    global d
    world(*range(89, 98), 106, 107, 108)
    d = Daemon(settings="log: {level: debug}")
    check(os.path.exists(d.socket) and REFUSED == 5 and len(soa("x.")) > 40 and AA, "the daemon is there")


if __name__ == "__main__":
    set_up()
    main(t89_pointers, t90_aggregate_compression, t91_lying_counts, t92_many_names, t93_large_sets, t94_compression_on_output,
         t95_sizes_at_the_edge, t96_rdata_lengths, t97_names_at_the_edge, t106_injection, t107_edns_flood, t108_client_subnet)
    d.end()
