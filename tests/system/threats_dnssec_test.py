#!/usr/bin/python3
"""threats_dnssec_test.py: work and trust in signed zones: T54 to T60 and T76 to T88 of the threats that a resolver must withstand."""
import os
import socket
import struct
import time

from support import A, ANY, NOERROR, NXDOMAIN, SERVFAIL, SLOW, TXT, WORK, Raizd, check, fail, framed, main, name_wire, preload
from threat_signed import (AD, CD, DNSKEY, DS, NSEC, RRSIG, dnssec, dnssec_query, exchange, nsec3_record, signed_row, signed_world,
                           signer)
from threat_support import QNAME, Daemon, ede, message, rr, storm

d = None        # makes no answers from what it knows of others' (RFC 8198), so that every question reaches the row's servers
keen = None     # does


# CPU is asserted with room for what other processes on the machine do to caches and shared cores: about twice what is measured
# on a quiet one, and for T54 the 15 ms that it may cost anywhere.
def daemon():
    return d


def keen_daemon():
    return keen


def children(number, **options):
    """Records of tN. that delegate NAME.tN. to its server .2, each with a DS of these options; "-" is for none."""
    return "\n".join(f"{name} NS ns.{name}  ns.{name} A 10.55.{number}.2" + (f"  ds {name} {how}" if how != "-" else "")
                     for name, how in options.items())


def zones(number, **options):
    """Those zones, with these options and a name www."""
    return "\n".join(f"zone {name}.t{number}. signed {how}  www A 192.0.2.1" for name, how in options.items())


@signed_row(54, daemon)
def t54_keytrap(r):
    """KeyTrap: many keys with one tag, many signatures that do not fit, many DS; singly and together."""
    traps = {"trap13": "alg 13 twins 200 forged 200", "trap14": "alg 14 twins 100 forged 100", "trap8": "alg 8 twins 100 forged 100",
             "trap16": "alg 16 twins 100 forged 100", "trap15": "twins 250 forged 200", "lock": "alg 13 twins 100 forged 100"}
    ds = {n: " ".join(how.split()[:2]) if "alg" in how else "" for n, how in traps.items()}
    r.serve("zone t54. signed\n" + children(54, **{**ds, "lock": "alg 13 forged 100"}, many="", sigs="", hash="alg 13 forged 600",
                                             any="", fine=""))
    r.serve(zones(54, **traps, many="twins 500 forged 200", hash="alg 13 twins 200", any="", fine=""), at=2)
    r.serve("zone sigs.t54. signed  www A 192.0.2.1", at=2)
    r.serve("""when name www.sigs.t54. do message NOERROR aa
        answer  www.sigs.t54. A 192.0.2.1  sign sigs.t54. forged 500""", at=2)
    r.serve("when type ANY do message NOERROR aa  answer\n" +
            "\n".join(f"any.t54. TYPE{65280 + i} \\# 1 00  sign any.t54. forged 7" for i in range(50)), at=2)
    bad, none = (SERVFAIL, 6, "DNSKEY by {0}.t54. key "), (SERVFAIL, None, "")
    for zone, (rcode, code, text) in {**{n: bad for n in traps if n != "lock"}, "lock": (SERVFAIL, 9, "lock.t54. DNSKEY by lock.t54. key "),
                                      "sigs": (SERVFAIL, 6, "www.sigs.t54. A by sigs.t54. key "), "many": none, "hash": none}.items():
        before = len(r.questions())
        cost = r.cost(lambda z=zone: r.expect(f"www.{z}.t54.", A, rcode, code, text=text.format(z)))
        print(f"    {zone}: ", end="")
        r.within_limits(cost)
        check(len(r.questions()) - before <= 12, f"{zone}: {r.questions()[before:]}")
        if (rcode, code, text) == bad:
            r.expect(f"two.{zone}.t54.", A, SERVFAIL, 6, text=f"{zone}.t54. DNSKEY, found a short while ago")
        again = r.cost(lambda z=zone: r.ask(f"www.{z}.t54."))
        check(again.verifies == 0 and again.sends <= 4, f"{zone} again: {again}")     # the canary asks, too
    print("    ANY: ", end="")
    r.within_limits(r.cost(lambda: r.expect("any.t54.", ANY, SERVFAIL, 6, text="by any.t54. key ")))
    r.expect("www.fine.t54.", ad=True, addresses=["192.0.2.1"])


@signed_row(55, daemon)
def t55_malformed_keys(r):
    """Two hundred keys with the right tag that are none: each try counts."""
    kinds = {"off13": "alg 13 husks 200", "off14": "alg 14 husks 200", "even": "alg 8 husks 200"}
    r.serve("zone t55. signed\n" + children(55, **{n: " ".join(how.split()[:2]) for n, how in kinds.items()}))
    r.serve(zones(55, **kinds), at=2)
    for zone, how in kinds.items():
        r.serve(f"""when name www.{zone}.t55. do message NOERROR aa
            answer  www.{zone}.t55. A 192.0.2.1  sign {zone}.t55. {" ".join(how.split()[:2])} forged 7""", at=2)
        r.ask(f"{zone}.t55.", DNSKEY)     # its price is another matter
        cost = r.cost(lambda z=zone: r.expect(f"www.{z}.t55.", A, SERVFAIL, 6, text=f"www.{z}.t55. A by {z}.t55. key "))
        r.within_limits(cost, cpu_ms=5, verifies=4)
        check(cost.verify_failures >= 2, f"tries are counted: {cost}")


@signed_row(56, daemon)
def t56_rsa_shapes(r):
    """An exponent of 2047 bits, a modulus of 8192: no key at all, and never computed with."""
    shapes = {"exponent": "alg 8 modulus 2048 exponent 2047", "e64": "alg 10 modulus 2048 exponent 64", "modulus": "alg 8 modulus 8192",
              "huge": "alg 8 modulus 16384"}
    r.serve("zone t56. signed\n" + children(56, **shapes))
    r.serve(zones(56, **shapes), at=2)
    for zone in shapes:
        cost = r.cost(lambda z=zone: r.expect(f"www.{z}.t56.", A, SERVFAIL, 6, text=f"{z}.t56. DNSKEY by {z}.t56. key "))
        r.within_limits(cost, cpu_ms=5, verifies=3, failures=1)     # those of the chain above it


@signed_row(57, daemon)
def t57_cost_of_curves(r):
    """A budget in units of cost: P-384 takes 35 times what RSA takes, and Ed448 ten times."""
    r.serve("zone t57. signed\n" + children(57, p384="alg 14", ed448="alg 16", wrong="alg 14"))
    r.serve(zones(57, p384="alg 14", ed448="alg 16", wrong="alg 14"), at=2)
    for zone, how in (("p384", "alg 14"), ("ed448", "alg 16"), ("wrong", "alg 14 forged 7")):
        r.serve(f"""when name no.{zone}.t57. do message NXDOMAIN aa  authority
            {zone}.t57. SOA ns.{zone}.t57. host.{zone}.t57. 1 2 3 4 300  sign {zone}.t57. alg {14 if zone != "ed448" else 16}
            repeat 32 a%.{zone}.t57. NSEC a%b.{zone}.t57. A  sign {zone}.t57. {how}""", at=2)
    r.within_limits(r.cost(lambda: r.expect("no.p384.t57.", A, SERVFAIL)), cpu_ms=25, verifies=17)     # genuine ones, to the end of the budget
    r.within_limits(r.cost(lambda: r.expect("no.ed448.t57.", A, SERVFAIL)), cpu_ms=25)
    r.within_limits(r.cost(lambda: r.expect("no.wrong.t57.", A, SERVFAIL)), cpu_ms=25, verifies=15)


@signed_row(58, daemon)
def t58_closest_encloser(r):
    """NSEC3 (CVE-2023-50868): iterations times labels: hashes are counted, and too many iterations are insecure."""
    salt = "5a" * 32
    deep = ".".join("a" for _ in range(105))
    options = {"it150": "nsec3 iterations 150", "it51": "nsec3 iterations 51", "it50": f"nsec3 iterations 50 salt {salt}"}
    r.serve("zone t58. signed\n" + children(58, **{n: "" for n in options}))
    r.serve(zones(58, **options) + f"  x.{deep} A 192.0.2.2", at=2)
    for zone in ("it150", "it51"):
        r.expect(f"no.{zone}.t58.", A, NXDOMAIN, 27, ad=False, text=f"{zone}.t58.")
    r.expect("www.it50.t58.", ad=True)
    for name in (".".join("b" for _ in range(115)), "z." + deep):
        r.within_limits(r.cost(lambda n=name: r.ask(f"{n}.it50.t58.")), cpu_ms=10)
    r.expect(".".join("c" for _ in range(115)) + ".it50.t58.", A, NXDOMAIN, ad=True)
    r.expect("c." + deep + ".it50.t58.", A, SERVFAIL, 12, text="c.a.a.")


@signed_row(59, daemon)
def t59_iterations_of_a_cut(r):
    """A delegation shown to have no DS by NSEC3 of 65535 iterations (CVE-2026-1519): insecure, and nothing is computed."""
    r.serve("zone t59. signed nsec3  insec NS ns.insec  ns.insec A $2")
    r.serve("zone insec.t59.  www A 192.0.2.1", at=2)
    proof = nsec3_record("insec.t59.", "t59.", "NS", iterations=65535) + "  sign t59."
    r.serve(f"when below www.insec.t59. do message NOERROR  authority  insec.t59. NS ns.insec.t59.  {proof}  additional  ns.insec.t59. A $2")
    r.serve(f"when name insec.t59. type DS do message NOERROR aa  authority  t59. SOA ns.t59. host.t59. 1 2 3 4 300  sign t59.  {proof}")
    cost = r.cost(lambda: r.expect("www.insec.t59.", A, NOERROR, (None, 27), ad=False, addresses=["192.0.2.1"]))
    r.within_limits(cost, cpu_ms=6, hashes=0)


@signed_row(60, keen_daemon)
def t60_nsec3_in_the_cache(r):
    """Names of 120 labels below a zone whose NSEC3 records are known: a few hashes each; a salt too long is not kept at all."""
    r.serve("zone t60. signed\n" + children(60, salt64="", salt65=""))
    r.serve(f"""zone salt64.t60. signed nsec3 iterations 50 salt {"ab" * 64}  www A 192.0.2.1
        zone salt65.t60. signed nsec3 iterations 50 salt {"ab" * 65}  www A 192.0.2.1""", at=2)
    below = ".".join("x" for _ in range(110))
    r.expect("no.salt64.t60.", A, NXDOMAIN, ad=True)
    spans = keen.control("stats")["cache"]["spans"]
    r.expect("no.salt65.t60.", A, NXDOMAIN, 27, ad=False)
    check(keen.control("stats")["cache"]["spans"] == spans, "no span of it is kept")
    count = 5000 if SLOW == 1 else 1000
    begun = time.monotonic()
    cost = r.cost(lambda: storm("ask", "--server", f"127.0.0.1:{keen.server[1]}", "--names", count, "--rate", 5000 // SLOW, "--name",
                                f"n%.{below}.salt64.t60.", "--timeout", 3000 * SLOW, "--tries", 2))
    print(f"      {cost} of {count} queries in {time.monotonic() - begun:.1f} s")
    check(cost.nsec3_hashes <= 8 * count, f"{cost}: more than eight hashes a query")
    check(len(r.questions()) <= count // 100 + 20, f"{len(r.questions())} questions")


def algorithms(number):
    """Options of a zone's DS, and of the zone."""
    return {"a13": ("alg 13", "alg 13"), "a14": ("alg 14", "alg 14"), "a15": ("", ""), "a16": ("alg 16", "alg 16"), "a8": ("alg 8", "alg 8"),
            "a10": ("alg 10", "alg 10"), "a5": ("alg 5", "alg 5"), "a7": ("alg 7", "alg 7"), "a1": ("alg 1", "alg 1"), "a3": ("alg 3", "alg 3"),
            "a6": ("alg 6", "alg 6"), "a12": ("alg 12", "alg 12"), "a99": ("alg 99", "alg 99"), "d1": ("digest 1", ""), "d3": ("digest 3", ""),
            "d4": ("digest 4", ""), "down": ("alg 13", "alg 12"), "mix": ("alg 13", "alg 13")}


@signed_row(76, daemon)
def t76_downgrade(r):
    """Insecure only where no DS has an algorithm and a digest that are known; a signature of an unknown one is no excuse."""
    kinds = algorithms(76)
    r.serve("zone t76. signed\n" + children(76, **{n: how[0] for n, how in kinds.items()}) +
            "\nds mix alg 12\nds mix alg 13 digest 3\ntwo NS ns.two\nns.two A $2\nds two digest 1\nds two")
    r.serve(zones(76, **{n: how[1] for n, how in kinds.items()}, two=""), at=2)
    for zone in ("a13", "a14", "a15", "a16", "a8", "a10", "d4", "mix", "two"):
        r.expect(f"www.{zone}.t76.", ad=True, addresses=["192.0.2.1"])
    for zone in ("a12", "a99"):
        r.expect(f"www.{zone}.t76.", ad=False, code=1, text=f"{zone}.t76.", addresses=["192.0.2.1"])
    r.expect("www.d3.t76.", ad=False, code=2, text="d3.t76.")
    r.expect("www.down.t76.", A, SERVFAIL, (1, 9), text="down.t76.")
    r.serve("when below a13.t76. type TXT do spoil TXT", at=2)
    r.serve("zone a13.t76.  bad TXT \"x\"", at=2)
    r.expect("bad.a13.t76.", TXT, SERVFAIL, 6, text="bad.a13.t76. TXT by a13.t76. key ")


@signed_row(77, daemon)
def t77_old_algorithms(r):
    """RSA with MD5, DSA and GOST are unknown, so insecure; RSA with SHA-1 is validated unless it is switched off."""
    kinds = algorithms(77)
    r.serve("zone t77. signed\n" + children(77, **{n: how[0] for n, how in kinds.items()}))
    r.serve(zones(77, **{n: how[1] for n, how in kinds.items()}), at=2)
    for zone in ("a5", "a7", "d1"):
        r.expect(f"www.{zone}.t77.", ad=True, addresses=["192.0.2.1"])
    for zone, code in (("a1", 1), ("a3", 1), ("a6", 1), ("a12", 1), ("d3", 2)):
        r.expect(f"www.{zone}.t77.", ad=False, code=code, text=f"{zone}.t77.", addresses=["192.0.2.1"])


@signed_row(78, daemon)
def t78_island(r):
    """An anchor below a zone that is not signed: the nearest anchor is where trust begins, whoever signs what above it."""
    r.serve("zone t78. signed  island NS ns.island  ns.island A $2  plain A 192.0.2.5")
    r.serve("zone island.t78. signed  www A 192.0.2.1", at=2)
    r.serve("""when name b.island.t78. do message NXDOMAIN aa  authority  t78. SOA ns.t78. h.t78. 1 2 3 4 300
        t78. NSEC plain.t78. NS SOA RRSIG NSEC  sign t78.""", at=2)
    r.serve("when name c.island.t78. do message NOERROR aa  answer  c.island.t78. A 6.6.6.6  sign t78.", at=2)
    r.serve("when name d.island.t78. do message NOERROR aa  answer  d.island.t78. A 6.6.6.6", at=2)
    r.serve("""when name e.island.t78. do message NXDOMAIN aa  authority  island.t78. SOA ns.t78. h.t78. 1 2 3 4 300
        island.t78. NSEC plain.t78. NS RRSIG NSEC  sign t78.""", at=2)
    d.control("cache.flush", name="t78.", tree=True)      # the anchor has been signalled (RFC 8145) when there was no server yet
    r.expect("plain.t78.", ad=False, addresses=["192.0.2.5"])
    r.expect("www.island.t78.", ad=True, addresses=["192.0.2.1"])
    r.expect("no.island.t78.", A, NXDOMAIN, ad=True)
    for name in "bcde":
        r.expect(f"{name}.island.t78.", A, SERVFAIL, (6, 9, 10, 12), text="island.t78.")


@signed_row(79, daemon)
def t79_alias_in_the_chain(r):
    """A DS that is an alias: bogus, and soon; an alias or a wildcard's alias at the name does not make it insecure; a DNAME at the
    apex is nothing bad."""
    r.serve("""zone t79. signed  child NS ns.child  ns.child A $2  ds child  apex NS ns.apex  ns.apex A $2  ds apex
        alias CNAME www.t78.  *.wild CNAME www.t78.  x.other A 192.0.2.7""")
    r.serve("zone child.t79. signed  www A 192.0.2.1  zone apex.t79. signed  @ DNAME other.t79.", at=2)
    r.serve("when name child.t79. type DS do message NOERROR aa  answer  child.t79. CNAME www.t78.  sign t79.")
    r.serve("when below child.t79. do strip DS strip NSEC")
    r.serve("when name alias.t79. type A do message NOERROR aa  answer  alias.t79. A 6.6.6.6")
    r.serve("when name m.wild.t79. type A do message NOERROR aa  answer  m.wild.t79. A 6.6.6.6")
    r.expect("x.apex.t79.", ad=True, addresses=["192.0.2.7"])
    before, began = len(r.questions()), time.monotonic()
    r.expect("www.child.t79.", A, SERVFAIL)
    took, sent = time.monotonic() - began, len(r.questions()) - before
    check(sent <= 12 and took < SLOW, f"{sent} questions, {took:.2f} s")
    r.expect("alias.t79.", A, SERVFAIL, 10, text="alias.t79. A")
    r.expect("m.wild.t79.", A, SERVFAIL, 10, text="m.wild.t79. A")


@signed_row(80, daemon)
def t80_keys_that_may_not_sign(r):
    """Revoked, no zone key, another protocol: such a key signs nothing; one beside it does."""
    kinds = {"rev": "flags 385", "none": "flags 1", "prot": "protocol 2", "zsk": "flags 256"}
    r.serve("zone t80. signed\n" + children(80, **kinds, both=""))
    r.serve(zones(80, **kinds, both=""), at=2)
    r.serve("zone both.t80.  @ DNSKEY 385 3 15 " + "A" * 43 + "=", at=2)
    for zone, code in (("rev", (9, 11)), ("none", 11), ("prot", 11)):
        r.expect(f"www.{zone}.t80.", A, SERVFAIL, code, text=f"{zone}.t80. DNSKEY by {zone}.t80. key ")
    r.expect("www.zsk.t80.", ad=True, addresses=["192.0.2.1"])
    r.expect("www.both.t80.", ad=True, addresses=["192.0.2.1"])


def t82_root_keys():
    """Two keys of the root are trusted: whichever of them signs it, names are validated, and by a third they are not; the sentinels
    (RFC 8509) tell which are trusted."""
    anchors = signer().say("anchor .\nanchor . alg 13\nanchor . alg 14")["anchors"]
    tags = [int(a.split()[4]) for a in anchors]
    signer().serve("10.55.82.1", "zone . signed  www.t82. A 192.0.2.1")
    d82 = Raizd(listen=("127.0.0.1:5382",), root="10.55.82.1", settings=dnssec(anchors[:2]))
    at = ("127.0.0.1", 5382)
    for how, good in (("", True), ("alg 13", True), ("alg 14", False), ("", True)):
        names = [f"root-key-sentinel-{word}-ta-{tag:05d}" for tag in tags for word in ("is", "not")]
        signer().serve("10.55.82.1", f"forget  zone . signed {how}  www.t82. A 192.0.2.1\n" + "\n".join(f"{n}.t82. A 192.0.2.1" for n in names))
        d82.control("cache.flush", name=".", tree=True)
        m = exchange(at, dnssec_query("www.t82.", A))
        said = ede(m)
        check((m.rcode == NOERROR and m.flags & AD) if good else (m.rcode == SERVFAIL and said[0] == 9), f"'{how}': {m.rcode} {said}")
        check(good or ". DNSKEY by . key " in said[1], f"{said}")
        for name in names if good else []:
            m = exchange(at, dnssec_query(f"{name}.t82.", A))
            trusted = int(name[-5:]) in tags[:2]
            check((m.rcode == NOERROR) == (trusted == ("-is-" in name)), f"{name}: {m.rcode} {ede(m)}")
    d82.stop()


def long_name(zone, octets=255):
    """A name of so many octets below the zone, in wire form."""
    end = name_wire(zone)
    left, labels = octets - len(end), b""
    while left > 0:
        n = min(63, left - 1)
        if left - n - 1 == 1:
            n -= 1
        labels += bytes([n]) + b"x" * n
        left -= n + 1
    return labels + end


def signature(r, rtype, zone, labels, signer=None):
    """An RRSIG of the right key and time that does not fit: the set must be put in canonical form to find that out."""
    key = next(x for x in r.genuine(zone, DNSKEY).records if x[2] == RRSIG)
    _c, _alg, _labels, ttl, until, since, tag = struct.unpack("!HBBIIIH", key[4][:18])
    return struct.pack("!HBBIIIH", rtype, 15, labels, ttl, until, since, tag) + (signer or name_wire(zone)) + b"\x55" * 64


@signed_row(83, daemon)
def t83_canonical_form(r):
    """Sets that are large or cut short where a name should be, with signatures that have to be computed."""
    owner = long_name("t83.")
    sets = {
        "long": (TXT, [struct.pack("B", 250) + bytes([i]) * 250 for i in range(200)]),      # 255 octets of owner in each
        "px": (26, [b"\0\1" + name_wire("a.t83.")]),                                       # the second name is missing
        "rp": (17, [name_wire("a.t83.")]),
        "srv": (33, [b"\0\1\0\2\0\3" + b"\3abc"]),
        "soa": (6, [name_wire("a.t83.") * 2 + b"\0" * 19]),
        "mx": (15, [b"\0\1" + b"\x3f" + b"a" * 20]),
        "edge": (NSEC, [long_name("t83.") + b"\0\1\x40"]),
    }

    def lie(q, m, to):
        kind = "long" if m.name.startswith("x" * 20) else m.name.split(".")[0]
        if kind not in sets or m.type != sets[kind][0]:
            return None
        rtype, rdatas = sets[kind]
        labels = len(m.name.rstrip(".").split("."))
        return message(q, [rr(QNAME, rtype, data) for data in rdatas] +
                       [rr(QNAME, RRSIG, signature(r, rtype, "t83.", labels))])
    r.between(lie)
    r.serve("zone t83. signed  www A 192.0.2.1")
    r.expect("www.t83.", ad=True, addresses=["192.0.2.1"])
    r.within_limits(r.cost(lambda: check(r.ask(owner, TXT).rcode == SERVFAIL, "a large set")), cpu_ms=15)
    for kind in ("px", "rp", "srv", "soa", "mx", "edge"):
        r.expect(f"{kind}.t83.", sets[kind][0], SERVFAIL, (6, 10, 12, 22, 23))
    r.expect("www.t83.", ad=True, addresses=["192.0.2.1"])


@signed_row(84, daemon)
def t84_owner_in_its_own_data(r):
    """A record whose owner is a pointer into its own data (CVE-2026-81642): the message is dropped before anybody validates it."""
    def lie(q, m, to):
        if m.name != "own.t84.":
            return None
        rdata = {DNSKEY: b"\1\1\3\x0f" + name_wire("own.t84.") * 4, DS: b"\0\1\x0f\2" + name_wire("own.t84.") * 4,
                 NSEC: name_wire("own.t84.") * 2 + b"\0\1\x40", 5: name_wire("own.t84.")}[m.type]
        at = m.question_end + 2 + 10 + (4 if m.type in (DNSKEY, DS) else 0)      # behind the pointer and the fixed part
        return message(q, [struct.pack("!H", 0xc000 | at) + struct.pack("!2HIH", m.type, 1, 300, len(rdata)) + rdata])
    r.between(lie)
    r.serve("zone t84. signed  www A 192.0.2.1")
    for rtype in (DNSKEY, DS, NSEC, 5):
        cost = r.cost(lambda t=rtype: r.expect("own.t84.", t, SERVFAIL, (22, 23)))
        check(cost.verify_failures == 0, f"{cost}")
    r.expect("www.t84.", ad=True, addresses=["192.0.2.1"])


@signed_row(85, daemon)
def t85_gone_in_the_middle(r):
    """Two thousand signed questions whose askers leave while keys are fetched; twice, and the second time takes no more memory."""
    r.serve("zone t85. signed\n" + children(85, **{f"c{i}": "" for i in range(40)}))
    r.serve(zones(85, **{f"c{i}": "" for i in range(40)}), at=2)
    r.serve("when type DNSKEY do delay 200ms", at=2)
    sizes = []
    for time_no in range(3):
        for i in range(40):
            s = socket.create_connection(d.server, 5 * SLOW)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.sendall(b"".join(framed(dnssec_query(f"n{k}.{time_no}.c{i}.t85.", A)) for k in range(50)))
            s.close()
        d.wait_stats(lambda s: s["queries"] <= s["answers"] + s["drops"] + s["gone"] + 1 and s["upstream_udp_open"] == 0)
        sizes.append(d.rss_kib() - d.cache_bytes() // 1024)
    check(d.stats()["gone"] > 0, "askers have gone")
    print(f"      RSS beside the cache: {sizes} KiB")
    check(SLOW > 1 or sizes[2] - sizes[1] <= 1024, f"{sizes}")
    r.expect("www.c7.t85.", ad=True, addresses=["192.0.2.1"])


class WrongClock(Raizd):
    """raizd on a host whose wall clock is wrong by so many years, until it is set."""

    def __init__(self, years, port, **kw):
        self.offset = os.path.join(WORK, f"offset{port}")
        self.set(years)
        self.server = ("127.0.0.1", port)
        super().__init__(listen=(f"127.0.0.1:{port}",), root="10.55.0.1", workers=2, settings=dnssec(ANCHORS),
                         env=preload("clock.c", CLOCK_OFFSET=self.offset), **kw)

    def set(self, years):
        with open(self.offset, "r+b" if os.path.exists(self.offset) else "wb") as f:
            f.write(struct.pack("=q", int(years * 365.25 * 86400)))

    def ask(self, name):
        return exchange(self.server, dnssec_query(name, A))

    def wait_validated(self, form, within=60):
        """Names that nobody has asked for, until they are validated; how long it took."""
        began = time.monotonic()
        for i in range(2 * within):
            m = self.ask(form.format(i))
            if m.rcode == NXDOMAIN and m.flags & AD:
                return time.monotonic() - began
            time.sleep(0.5)
        return fail(f"not validated after {within} s: {m.rcode} {ede(m)}")


def t86_clock():
    """Five years behind: answers that are not validated, and say so; five years ahead: bogus, as what has expired may be anybody's.
    Both are over within a minute after the clock is set."""
    signer().serve("10.55.86.1", "zone t86. signed  www 86400 A 192.0.2.1")
    behind, ahead, jumps = WrongClock(-5, 5386), WrongClock(5, 5387), WrongClock(0, 5388)
    for name in ("www.t86.", "two.t86.", "three.t86."):
        m = behind.ask(name)
        check(m.rcode == (NOERROR if name == "www.t86." else NXDOMAIN) and not m.flags & AD and ede(m)[0] == 8, f"{m.rcode} {ede(m)}")
        check(". DNSKEY by . key " in ede(m)[1] and ", valid from 20" in ede(m)[1] or name != "www.t86.", f"{ede(m)}")
        check(all(r[3] <= 60 for r in m.records if r[2] in (A, 6)), "for a minute at most")
        m = ahead.ask(name)
        check(m.rcode == SERVFAIL and ede(m)[0] == 7, f"{m.rcode} {ede(m)}")
    check(jumps.ask("www.t86.").flags & AD, "this one is right")
    jumps.set(5)
    m = jumps.ask("jump.t86.")
    check(m.rcode == SERVFAIL and ede(m)[0] == 7, f"{m.rcode} {ede(m)}")
    for d86 in (behind, ahead, jumps):
        d86.set(0)
    print("      validated after", ", ".join(f"{d86.wait_validated('n{}.t86.'):.1f} s" for d86 in (behind, ahead, jumps)))
    check(behind.stats()["clock_behind"] >= 3 and ahead.stats()["clock_behind"] == 0, "counted")
    for d86 in (behind, ahead, jumps):
        d86.stop()
    check(behind.text().count("the clock of this host is far behind") == 1, behind.text())
    check(behind.text().count("the clock of this host is right again") == 1, behind.text())


@signed_row(87, daemon)
def t87_bogus_for_a_day(r):
    """Bogus data with a TTL of a day: it is tried again within a minute."""
    r.serve("zone t87. signed  www 86400 A 192.0.2.1  no 86400 A 192.0.2.1")
    r.serve("when name www.t87. do spoil A")
    r.expect("www.t87.", A, SERVFAIL, 6, text="www.t87. A by t87. key ")
    for _ in range(3):
        r.expect("www.t87.", A, SERVFAIL, 6)
    rows = d.control("cache.show", name="www.t87.")
    rows = [x for x in (rows if isinstance(rows, list) else [rows]) if "kind" in x and "bears_on" not in x]
    check([x["kind"] for x in rows] == ["failure"] and rows[0]["ttl"] <= 60, f"{rows}")
    r.serve("forget  zone t87. signed  www 86400 A 192.0.2.1")
    d.control("cache.flush", name="www.t87.")
    r.expect("www.t87.", ad=True, addresses=["192.0.2.1"])


@signed_row(88, daemon)
def t88_bogus_leaks(r):
    """AD from a forwarder is not believed; ANY with one bad set is bogus, and says nothing of the others; what is bogus is nobody's
    but his who asks with CD, and he gets no AD."""
    r.serve("zone t88. signed  www A 192.0.2.1  two A 192.0.2.2  two TXT \"x\"")
    r.serve("when name www.t88. do spoil A ad ra")
    r.serve("when name two.t88. type ANY do spoil A ra")
    r.serve("always ra")
    r.expect("www.t88.", A, SERVFAIL, 6, ad=False, text="www.t88. A")
    m = r.ask("www.t88.", flags=0x100 | CD)
    check(m.rcode == NOERROR and m.addresses() == ["192.0.2.1"] and not m.flags & AD, "with CD it is given")
    r.expect("www.t88.", A, SERVFAIL, 6, ad=False)
    r.expect("two.t88.", ANY, SERVFAIL, 6)
    r.expect("two.t88.", TXT, ad=True)
    r.expect("two.t88.", A, ad=True)


if __name__ == "__main__":
    ANCHORS = signed_world({**{n: "ds" for n in (54, 55, 56, 57, 58, 59, 60, 76, 77, 79, 80, 85, 86, 87, 88)}, 78: "", 83: "between ds",
                            84: "between ds"}, anchors=["island.t78."])
    d = Daemon(settings=dnssec(ANCHORS, ", aggressive: false") + 'forward: [{zone: t88., to: ["10.55.88.1"]}]', root="10.55.0.1")
    keen = Daemon(port=5301, settings=dnssec(ANCHORS), root="10.55.0.1")
    main(t54_keytrap, t55_malformed_keys, t56_rsa_shapes, t57_cost_of_curves, t58_closest_encloser, t59_iterations_of_a_cut,
         t60_nsec3_in_the_cache, t76_downgrade, t77_old_algorithms, t78_island, t79_alias_in_the_chain, t80_keys_that_may_not_sign,
         t82_root_keys, t83_canonical_form, t84_owner_in_its_own_data, t85_gone_in_the_middle, t86_clock, t87_bogus_for_a_day, t88_bogus_leaks)
    d.end(spare_kib=2048)     # keys and good signatures that are remembered
    keen.end(spare_kib=2048)
