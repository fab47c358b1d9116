#!/usr/bin/python3
"""threats_work_test.py: answers that make work: T31 to T42 of the threats that a resolver must withstand."""
import socket
import struct
import time

from support import A, AA, FORMERR, NOERROR, NS, NXDOMAIN, REFUSED, SERVFAIL, SLOW, check, main, name_wire
from threat_support import (CNAME, QNAME, Daemon, address, ede, in_threads, message, nodata, nxdomain, refer, row, rr, storm,
                            truncated, world)

DS = 43
d = None        # minimises nothing, so that every question is of the test's own making
short = None    # shows servers as little of a name as it can (RFC 9156)


def daemon():
    return d


def minimising():
    return short


def labels(name):
    return name.rstrip(".").split(".")


def suffix(name, n):
    return ".".join(labels(name)[-n:]) + "."


@row(31, daemon)
def t31_nxns(r):
    """NXNSAttack: a referral to 100 name servers of a victim: ten questions to it, and next to none when repeated; to 1500: none."""
    def answer(q, m, to, tcp, peer):
        if to == "10.54.31.9":
            return nxdomain(q, "v31.")
        if not m.name.endswith(("sub.t31.", "too.t31.")):
            return address(q)
        cut = struct.pack("!H", 0xc000 | 12 + len(labels(m.name)[0]) + 1)       # sub.t31. within the question
        count = 100 if m.name.endswith("sub.t31.") else 1500
        return message(q, authority=[rr(cut, NS, f"n{i}.v31.") for i in range(count)], flags=0) if tcp else truncated(q)
    r.script(answer)
    for zone, most, why in (("sub", 10, "LNSA"), ("too", 0, "LREF")):
        r.forget()
        m = r.ask(f"a.{zone}.t31.", timeout=9)
        check(m.rcode == SERVFAIL and ede(m)[0] == 22 and why in str(ede(m)[1]), f"{m.rcode} {ede(m)}")
        check(r.uq(to=9) <= most and r.uq() <= 100, f"{r.uq(to=9)} questions to the victim, {r.uq()} in all")
        r.forget()
        for i in range(50):
            check(r.ask(f"b{i}.{zone}.t31.", timeout=9).rcode == SERVFAIL, "still")
        check(r.uq(to=9) <= min(most, 2) and r.uq() <= 2, f"{r.uq(to=9)} more when it is repeated, {r.uq()} in all")
    check(r.ask("www.t31.").rcode == NOERROR, "names beside it resolve")


@row(32, daemon)
def t32_nrdelegation(r):
    """100 name servers with addresses, silent ones and ones that refuse: bounded in questions and in work."""
    def answer(q, m, to, tcp, peer):
        if to != "10.54.32.1":
            return message(q, rcode=REFUSED) if int(to.split(".")[3]) % 4 else None
        if not tcp:
            return truncated(q)
        at = 12 + len(labels(m.name)[0]) + 1
        cut = struct.pack("!H", 0xc000 | at)
        names = [bytes([len(f"{i}")]) + f"{i}".encode() + cut for i in range(100)]
        return message(q, authority=[rr(cut, NS, n) for n in names],
                       additional=[rr(n, A, f"10.54.32.{20 + i % 200}") for i, n in enumerate(names)], flags=0)
    r.script(answer)
    began, before = time.monotonic(), d.cpu_us()
    m = r.ask("www.sub.t32.", timeout=9)
    used = max(0, d.cpu_us() - before - d.idle_us_per_s * (time.monotonic() - began))
    check(m.rcode == SERVFAIL and ede(m)[0] in (22, 23, 0), f"{m.rcode} {ede(m)}")
    check(time.monotonic() - began < 8.5 * SLOW, "within the limit of a query")
    check(r.uq() <= 100, f"{r.uq()} questions")
    print(f"      CPU of the query: {used / 1000:.1f} ms")
    check(used / 1000 <= 50 * SLOW * 2, f"CPU of the query: {used / 1000:.1f} ms")


@row(33, daemon)
def t33_shared_addresses(r):
    """Ten name servers that share their addresses: each address is asked once."""
    for count, zone in ((13, "many.t33."), (2, "two.t33.")):
        shared = [f"10.54.33.{20 + i}" for i in range(count)]

        def answer(q, m, to, tcp, peer, z=zone, s=shared):
            if to != "10.54.33.1":
                return message(q, rcode=REFUSED)
            names = [f"ns{i}.{z}" for i in range(10)]
            if not tcp and len(s) > 2:
                return truncated(q)
            return message(q, authority=[rr(z, NS, n) for n in names], additional=[rr(n, A, a) for n in names for a in s], flags=0)
        r.script(answer)
        r.forget()
        m = r.ask(f"www.{zone}", timeout=9)
        check(m.rcode == SERVFAIL, f"{m.rcode}")
        asked = [e[0] for e in r.log() if e[0] != "10.54.33.1"]
        check(sorted(asked) == sorted(shared), f"each of {count} addresses once: {sorted(asked)}")


@row(34, daemon)
def t34_cycles(r):
    """TsuNAME: zones whose servers' names lie in each other, in themselves, and behind aliases: a thousand queries a second
    cost ten questions."""
    def answer(q, m, to, tcp, peer):
        zone = suffix(m.name, 2)
        lead = {"p": ("ns.q.t34.",), "q": ("ns.p.t34.",), "x": ("ns.y.t34.",), "y": ("ns.z.t34.",), "z": ("ns.x.t34.",), "self": ("ns.self.t34.",),
                "c": ("alias.t34.",)}
        if m.name == "alias.t34.":
            return message(q, [rr(QNAME, CNAME, "ns.c.t34.")])
        where = labels(zone)[0]
        return refer(q, zone, {n: None for n in lead[where]}) if where in lead else nodata(q, "t34.")
    r.script(answer)
    began = time.monotonic()
    kinds = ("p", "x", "self", "c")
    words = ["ask", "--server", "127.0.0.1:5300", "--rate", 250, "--names", 1500, "--timeout", 3000 * SLOW, "--tries", 1]
    for kind, result in zip(kinds, in_threads([lambda k=k: storm(*words, "--name", f"n%.{k}.t34.") for k in kinds])):
        check(result["answered"] == 0 and result["failed"] >= 1480, f"{kind}: {result}")
    took = time.monotonic() - began
    late = [e for e in r.log() if e[3] > began + 1]
    check(len(late) <= 10 * (took - 1), f"{len(late)} questions after the first second of {took:.0f} s")


def camp(r, number, zones, trouble=None):
    """Ten aliases, each into a zone ten delegations deep."""
    def answer(q, m, to, tcp, peer):
        said = trouble and trouble(q, m, tcp)
        if said:
            return said
        parts = labels(m.name)
        k = int(parts[-2][1:])
        depth = r.depth.setdefault(k, 0)
        if depth < 10:
            r.depth[k] += 1
            zone = suffix(m.name, 3 + depth)
            return refer(q, zone, {f"ns.{zone}": f"10.54.{number}.{2 + (k * 10 + depth) % 200}"})
        below = ".".join(f"l{i}" for i in reversed(range(11)))
        return message(q, [rr(QNAME, CNAME, f"{below}.k{k + 1}.t{number}.")])
    r.depth = {}
    r.script(answer)
    began = time.monotonic()
    m = r.ask(".".join(f"l{i}" for i in reversed(range(11))) + f".k0.t{number}.", timeout=9)
    check(m.rcode == SERVFAIL and ede(m)[0] in (0, 22), f"{m.rcode} {ede(m)}")
    check(r.uq() <= 100 and time.monotonic() - began < 8.5 * SLOW, f"{r.uq()} questions in {time.monotonic() - began:.1f} s")
    check(max(r.depth) >= zones, f"the chain was followed into {max(r.depth)} zones")


@row(35, daemon)
def t35_camp(r):
    """CAMP: aliases times delegations: one budget for the whole query."""
    camp(r, 35, zones=8)


@row(36, daemon)
def t36_budget_survives_restarts(r):
    """The same with every question in need of repetition (TC, no EDNS, FORMERR): a restart resets no counter."""
    def trouble(q, m, tcp):
        if m.data[10:12] != b"\0\0":                       # with an OPT
            return message(q, opt=False, rcode=FORMERR)
        return None if tcp or r.uq(name=m.name) % 5 else message(q, flags=AA | 0x0200, opt=False)
    camp(r, 36, 0, trouble)
    check(r.connections() <= 6, f"{r.connections()} connections")


@row(37, daemon)
def t37_alias_chains(r):
    """Eleven aliases are followed, twelve are not; neither are endless ones, nor ones that wander between two zones."""
    def answer(q, m, to, tcp, peer):
        kind, n = labels(m.name)[0].split("-")
        limit = {"end11": 11, "end12": 12, "end17": 17, "zones11": 11, "zones17": 17}.get(kind, 10 ** 9)
        if int(n) == limit:
            return address(q)
        tld = ("v37." if to.endswith(".1") else "t37.") if kind.startswith("zones") else "t37."
        return message(q, [rr(QNAME, CNAME, f"{kind}-{int(n) + 1}.{tld}")])
    r.script(answer)
    for kind, good in (("end11", True), ("end12", False), ("end17", False), ("endless", False), ("zones11", True), ("zones17", False)):
        r.forget()
        m = r.ask(f"{kind}-0.t37.", timeout=9)
        aliases = [x for x in m.records if x[0] == 0 and x[2] == CNAME]
        check(m.rcode == (NOERROR if good else SERVFAIL) and len(aliases) <= 11, f"{kind}: {m.rcode}, {len(aliases)} aliases")
        check(not good or (len(aliases) == 11 and m.addresses() == ["192.0.2.1"]), f"{kind}: the whole chain")
        check(r.uq() <= 13, f"{kind}: {r.uq()} questions")


@row(38, minimising)
def t38_minimisation_bombs(r):
    """A name of 120 labels, below servers that deny, refuse or ignore its upper part: no question for each label."""
    def answer(q, m, to, tcp, peer):
        kind = suffix(m.name, 2)
        if len(labels(m.name)) >= 120:
            return address(q)
        if kind.startswith("denies"):
            return nxdomain(q, "t38.")
        if kind.startswith("refuses"):
            return message(q, rcode=REFUSED)
        if kind.startswith("silent"):
            return None
        return nodata(q, "t38.")
    r.script(answer)
    kinds = ("denies", "refuses", "silent", "empty")
    for kind, m in zip(kinds, in_threads([lambda k=k: r.ask("x." * 118 + f"{k}.t38.", timeout=9) for k in kinds])):
        asked = len([e for e in r.log() if e[1].name.endswith(f"{kind}.t38.")])
        check(asked <= 14, f"{kind}: {asked} questions")
        check(m.addresses() == ["192.0.2.1"], f"{kind}: {m.rcode} {ede(m)}")


@row(39, minimising)
def t39_ds_walk(r):
    """DS of a name sixty zones deep, all at one server: the parent is found without a question for each."""
    def answer(q, m, to, tcp, peer):
        if m.type == DS:
            return nodata(q, suffix(m.name, len(labels(m.name)) - 1))
        return nodata(q, m.name) if m.type == NS else nodata(q, suffix(m.name, 1))
    r.script(answer)
    m = r.ask("y." * 60 + "t39.", DS, timeout=9)
    check(m.rcode == NOERROR and not [x for x in m.records if x[0] == 0], f"{m.rcode} {ede(m)}")
    check(r.uq() <= 24, f"{r.uq()} questions")


@row(40, daemon)
def t40_forwarder_fails(r):
    """A forwarder that answers SERVFAIL for ever: two questions."""
    r.script(lambda q, m, to, tcp, peer: message(q, rcode=SERVFAIL, flags=0x0080))
    for i, flags in enumerate((0x0100, 0x0110)):           # and with CD
        m = r.ask(f"www{i}.f40.", flags=flags)
        check(m.rcode == SERVFAIL and r.uq(name=f"www{i}.f40.") == 2, f"{m.rcode}, {r.uq()} questions")


def tail_listener(at):
    """A listener whose queue is full: further SYNs are lost."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((at, 53))
    listener.listen(0)
    fill = []
    for _ in range(3):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((at, 53))
        fill.append(s)
    return [listener] + fill


@row(41, daemon)
def t41_tcp_storms(r):
    """TC, and TCP that ends, is reset, or never begins: six connections for a query, eight seconds at most."""
    kept = [tail_listener(f"10.54.41.{n}") for n in range(31, 37)]
    of = {"ends": 11, "resets": 21, "swallows": 31}

    def answer(q, m, to, tcp, peer):
        if tcp:
            return "reset" if 21 <= int(to.split(".")[3]) <= 26 else "close"
        if to != "10.54.41.1":
            return truncated(q)
        zone = suffix(m.name, 2)
        first = of[labels(zone)[0]]
        return refer(q, zone, {f"ns{i}.{zone}": f"10.54.41.{first + i}" for i in range(6)})
    r.script(answer)
    for kind in of:
        before, began = d.stats()["upstream_tcp_connects"], time.monotonic()
        m = r.ask(f"www.{kind}.t41.", timeout=9)
        took, connects = time.monotonic() - began, d.stats()["upstream_tcp_connects"] - before
        check(m.rcode == SERVFAIL and ede(m)[0] is not None, f"{kind}: {m.rcode} {ede(m)}")
        check(connects <= 6 and took < 8.5 * SLOW, f"{kind}: {connects} connections in {took:.1f} s")
        print(f"      {kind}: {connects} connections, {took:.1f} s, extended error {ede(m)}")
    check(kept, "the full queues were there")


@row(42, daemon)
def t42_truncated_for_ever(r):
    """TC over UDP and over TCP: one question over UDP and three over TCP to each server at most."""
    def answer(q, m, to, tcp, peer):
        if to != "10.54.42.1":
            return truncated(q)
        return refer(q, "tc.t42.", {f"ns{i}.tc.t42.": f"10.54.42.{20 + i}" for i in range(4)})
    r.script(answer)
    m = r.ask("www.tc.t42.", timeout=9)
    check(m.rcode == SERVFAIL and ede(m)[0] is not None, f"{m.rcode} {ede(m)}")
    for n in range(20, 24):
        check(r.uq(to=n, tcp=False) <= 1 and r.uq(to=n, tcp=True) <= 3, f".{n}: {r.uq(to=n, tcp=False)} over UDP, {r.uq(to=n, tcp=True)} over TCP")
    check(r.connections() <= 6, f"{r.connections()} connections")


def set_up():
    global d, short
    world(*range(31, 43))
    d = Daemon(settings='forward: [{zone: "f40.", to: ["10.54.40.1:53"]}]')
    short = Daemon(port=5301, minimise="relaxed")
    check(len(name_wire("x." * 118 + "silent.t38.")) <= 255 and NXDOMAIN == 3, "the names fit")


if __name__ == "__main__":
    set_up()
    main(t31_nxns, t32_nrdelegation, t33_shared_addresses, t34_cycles, t35_camp, t36_budget_survives_restarts, t37_alias_chains,
         t38_minimisation_bombs, t39_ds_walk, t40_forwarder_fails, t41_tcp_storms, t42_truncated_for_ever)
    d.end()
    short.end()
