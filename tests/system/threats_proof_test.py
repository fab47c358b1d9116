#!/usr/bin/python3
"""threats_proof_test.py: what proves that something is not there, and what does not: T61 to T75 of the threats that a resolver must
withstand."""
import struct

from support import A, AAAA, NOERROR, NXDOMAIN, SERVFAIL, TXT, check, main
from threat_signed import AD, CD, DS, NSEC, NSEC3, base32, covered, dnssec, nsec3_hash, nsec3_record, signed_row, signed_world
from threat_support import BAD, Daemon, ede

d = None        # makes no answers from what it knows of others' (RFC 8198), so that every question reaches the row's servers
keen = None     # does

BOGUS = (6, 9, 10, 12)


def daemon():
    return d


def keen_daemon():
    return keen


def forget(r):
    r.daemon.control("cache.flush", name=f"t{r.number}.", tree=True)


def soa(zone):
    return f"{zone} SOA ns.{zone} host.{zone} 1 2 3 4 300"


class Chain:
    """The NSEC3 records of one answer, which have parameters in common."""

    def __init__(self, answers):
        self.answers = answers
        self.records = [x for x in answers.records if x[2] == NSEC3]
        rdata = self.records[0][4] if self.records else b"\1\0\0\0\0"
        self.iterations, self.salt = struct.unpack("!H", rdata[2:4])[0], rdata[5:5 + rdata[4]]

    def hash(self, name):
        return nsec3_hash(name, self.iterations, self.salt)

    def matches(self, record, name):
        return record[1].split(".")[0] == base32(self.hash(name))

    def covers(self, record, name):
        owner, rdata = record[1].split(".")[0], record[4]
        following = rdata[6 + rdata[4]:6 + rdata[4] + 20]
        at, hashed = base32(self.hash(name)), base32(int.from_bytes(following, "big"))
        return owner < at < hashed if owner < hashed else at > owner or at < hashed

    def proofs(self, kept):
        """Those records and their signatures, as octets."""
        owners = {x[1] for x in kept}
        return self.answers.section(1, lambda x: x[1] in owners and (x[2] == NSEC3 or covered(x) == NSEC3))


@signed_row(61, daemon)
def t61_mixed_chains(r):
    """NSEC3 records of two chains in one proof: together they prove nothing, whatever their parameters are."""
    zone = "{}  www A 192.0.2.1  x.ent A 192.0.2.1  *.w TXT \"x\"  insec NS ns.insec  ns.insec A $2\n" + "  ".join(
        f"n{i} A 192.0.2.1" for i in range(20))     # so many that no record plays two parts, mostly
    others = ["salt ab", "salt " + "ab" * 64, "salt " + "ab" * 255, "iterations 50", "iterations 10 salt ab"]
    r.serve("zone t61. signed " + zone.format("nsec3"))
    kinds = {("no.t61.", A): ("t61.", "no.t61.", "*.t61."), ("y.w.t61.", A): ("w.t61.", "y.w.t61.", "*.w.t61."),
             ("no.no.t61.", DS): ("t61.", "no.t61.", "*.t61."), ("y.w.t61.", TXT): ("w.t61.", "y.w.t61.", None), ("ent.t61.", A): None,
             ("insec.t61.", DS): None}
    now = {"bogus": 0}

    def change(q, m, to):
        if (m.name, m.type) not in kinds:
            return None
        one, two = [Chain(r.genuine(m.name, m.type, at)) for at in ((1, 3) if now["first"] else (3, 1))]
        names = kinds[m.name, m.type]
        keep = [x for x in one.records if names is None or one.matches(x, names[0])]
        add = [x for x in two.records if names is not None and not two.matches(x, names[0])]
        # All of a proof in one chain after all: a record that plays two parts.
        now["whole"] = names is None or names[2] is None or any(one.covers(x, names[1]) for x in keep)
        return one.answers.reply(q, keep=lambda x: x[2] != NSEC3 and covered(x) != NSEC3, authority=one.proofs(keep) + two.proofs(add))
    r.between(change)
    for how in others:
        r.serve("forget  zone t61. signed " + zone.format("nsec3 " + how), at=3)
        for now["first"] in (True, False):
            for name, qtype in kinds:
                forget(r)
                m = r.ask(name, qtype)
                insecure = len(how) > 200 and ede(m)[0] == 27 and not m.flags & AD      # a salt over the limit: nothing is computed
                check(now["whole"] or m.rcode == SERVFAIL and ede(m)[0] in BOGUS or insecure, f"{how}, {name} {qtype}: {m.rcode} {ede(m)}")
                check(m.rcode in (SERVFAIL, NXDOMAIN if name.startswith("no.") else NOERROR), f"{how}, {name} {qtype}: {m.rcode}")
                now["bogus"] += m.rcode == SERVFAIL
    print(f"      {now['bogus']} of {len(others) * 2 * len(kinds)} are bogus")
    check(now["bogus"] >= len(others) * 2 * 2, "most are bogus")
    r.between()
    forget(r)
    r.expect("no.t61.", A, NXDOMAIN, ad=True)


@signed_row(62, daemon)
def t62_padded_denial(r):
    """A denial with sixty signed records that prove nothing: no more is checked than a query may cost."""
    r.serve("zone t62. signed  www A 192.0.2.1")
    for name, padding in (("no", "repeat 60 a%.t62. NSEC a%b.t62. A"), ("no3", "\n".join(
            f"{base32(i * 7)}.t62. NSEC3 1 0 0 - {base32(i * 7 + 1)} A" for i in range(60)))):
        r.serve(f"when name {name}.t62. do message NXDOMAIN aa  authority  {soa('t62.')}\n{padding}  sign t62.")
        r.within_limits(r.cost(lambda n=name: r.expect(f"{n}.t62.", A, SERVFAIL, (6, 12), text=f"{n}.t62. A")))


@signed_row(63, keen_daemon)
def t63_labels_of_a_signature(r):
    """A zone that signs with fewer labels than its own name has: no wildcard above it."""
    r.serve("zone t63. signed  evil NS ns.evil  ns.evil A $2  ds evil  victim A 192.0.2.1")
    r.serve("zone evil.t63. signed labels 1  www A 6.6.6.6", at=2)
    r.expect("www.evil.t63.", A, SERVFAIL, BOGUS, text="evil.t63. key ")
    r.expect("victim.t63.", ad=True, addresses=["192.0.2.1"])
    r.expect("other.t63.", A, NXDOMAIN, ad=True)
    r.expect("another.t63.", A, NXDOMAIN, ad=True)


@signed_row(64, keen_daemon)
def t64_span_out_of_the_zone(r):
    """An NSEC that ends beyond its zone denies nothing, neither here nor among its siblings."""
    r.serve("zone t64. signed  evil NS ns.evil  ns.evil A $2  ds evil  victim A 192.0.2.1  in3 NS ns.in3  ns.in3 A $2  ds in3")
    r.serve("zone evil.t64. signed  a A 6.6.6.6  zone in3.t64. signed  a A 6.6.6.6", at=2)
    r.serve(f"""when name no.evil.t64. do message NXDOMAIN aa  authority  {soa('evil.t64.')}
        evil.t64. NSEC zzz.t64. NS SOA RRSIG NSEC DNSKEY  sign evil.t64.""", at=2)
    r.serve(f"""when name no.in3.t64. do message NXDOMAIN aa  authority  {soa('in3.t64.')}
        in3.t64. NSEC a.t64. NS SOA RRSIG NSEC DNSKEY  sign in3.t64.""", at=2)
    before = keen.stats()["synthesised"]
    r.expect("no.evil.t64.", A, SERVFAIL, 12, text="no.evil.t64. A")
    r.expect("no.in3.t64.", A, SERVFAIL, 12, text="no.in3.t64. A")
    r.expect("victim.t64.", ad=True, addresses=["192.0.2.1"])
    check(keen.stats()["synthesised"] == before, "nothing was made of it")


@signed_row(65, keen_daemon)
def t65_owner_of_a_hash(r):
    """A child named like the hash of its parent, a record below a sibling: neither speaks for the zone."""
    head = base32(nsec3_hash("t65."))
    r.serve(f"zone t65. signed nsec3  www A 192.0.2.1  sib NS ns.sib  ns.sib A $2  ds sib  {head} NS ns.sib  ds {head}")
    r.serve(f"zone sib.t65. signed nsec3  www A 192.0.2.2  zone {head}.t65. signed nsec3  www A 192.0.2.3", at=2)
    genuine = nsec3_record("no.t65.", "t65.", cover=True) + "  " + nsec3_record("*.t65.", "t65.", cover=True)
    child = nsec3_record("t65.", "t65.", "NS SOA DNSKEY")
    sibling = nsec3_record("t65.", "t65.", "NS SOA DNSKEY", owner_zone="sib.t65.")
    signed = "sign t65."
    r.serve(f"when name no.t65. do message NXDOMAIN aa  authority  {soa('t65.')}  {genuine}  {signed}  {child}  sign {head}.t65.")
    r.expect("no.t65.", A, SERVFAIL, 12, text="no.t65. A")
    for n, signer in enumerate(("t65.", "sib.t65.")):
        r.serve(f"""when name no{n}.t65. do message NXDOMAIN aa  authority  {soa('t65.')}
            {nsec3_record(f"no{n}.t65.", "t65.", cover=True)}  {nsec3_record("*.t65.", "t65.", cover=True)}  {signed}  {sibling}  sign {signer}""")
        r.expect(f"no{n}.t65.", A, SERVFAIL, 12, text=f"no{n}.t65. A")
    # A delegation said to have no DS by the sibling's record: nobody goes there unsigned.
    r.serve(f"""when below sib.t65. do message NOERROR  authority  sib.t65. NS ns.evil.t65.
        {nsec3_record("sib.t65.", "t65.", "NS", owner_zone="sib.t65.")}  {signed}  additional  ns.evil.t65. A $9""")
    r.serve("zone sib.t65.  www A 6.6.6.6", at=9)
    m = r.ask("www.sib.t65.")
    check(BAD not in m.addresses() and (m.rcode == SERVFAIL or m.flags & AD), f"{m.rcode} {m.addresses()} {ede(m)}")


@signed_row(66, keen_daemon)
def t66_parent_denies_child(r):
    """The parent's genuine record at a cut, as a denial of what lies below it; NSEC and NSEC3."""
    r.serve("zone t66. signed  child NS ns.child  ns.child A $2  ds child  z A 192.0.2.9  n3 NS ns.n3  ns.n3 A $3  ds n3")
    r.serve("zone child.t66. signed  www A 192.0.2.1", at=2)
    r.serve(f"""when name www.child.t66. first 3 do message NXDOMAIN aa  authority  {soa('t66.')}
        child.t66. 300 NSEC n3.t66. NS DS RRSIG NSEC  t66. 300 NSEC child.t66. NS SOA RRSIG NSEC DNSKEY  sign t66.""", at=2)
    r.serve("zone n3.t66. signed nsec3  cut NS ns.cut  ns.cut A $4  ds cut", at=3)
    r.serve("zone cut.n3.t66. signed  www A 192.0.2.4", at=4)
    r.serve(f"""when name www.cut.n3.t66. first 3 do message NXDOMAIN aa  authority  {soa('n3.t66.')}
        {nsec3_record("cut.n3.t66.", "n3.t66.", "NS DS RRSIG")}  {nsec3_record("www.cut.n3.t66.", "n3.t66.", cover=True)}
        {nsec3_record("*.cut.n3.t66.", "n3.t66.", cover=True)}  sign n3.t66.""", at=4)
    for name, good in (("www.child.t66.", "192.0.2.1"), ("www.cut.n3.t66.", "192.0.2.4")):
        r.expect(name, A, SERVFAIL, 12, text=name)
        keen.control("cache.flush", name=name)
        for _ in range(3):
            m = r.ask(name)
            keen.control("cache.flush", name=name)
        check(m.addresses() == [good] and m.flags & AD, f"{name} resolves afterwards: {m.rcode} {ede(m)}")
    r.expect("zzz.t66.", A, NXDOMAIN, ad=True)
    before = len([q for q in r.questions() if q[0].endswith(".2")])
    r.expect("new.child.t66.", A, NXDOMAIN, ad=True)
    check(len([q for q in r.questions() if q[0].endswith(".2")]) > before, "the child was asked")


@signed_row(67, daemon)
def t67_no_ds(r):
    """What shows that a cut has no DS: NS without SOA and DS, of its own name; nothing else."""
    names = ("good", "apex", "none", "wild", "bare", "has")
    r.serve("zone t67. signed\n" + "\n".join(f"{n} NS ns.{n}  ns.{n} A $2" for n in names))
    r.serve("\n".join(f"zone {n}.t67.  www A 192.0.2.1" for n in names), at=2)
    for name, record in (("apex", "apex.t67. NSEC bare.t67. NS SOA RRSIG NSEC"), ("none", "none.t67. NSEC ns.t67. A RRSIG NSEC"),
                         ("wild", "*.t67. NSEC apex.t67. NS RRSIG NSEC"), ("has", "has.t67. NSEC none.t67. NS DS RRSIG NSEC")):
        r.serve(f"""when below www.{name}.t67. do message NOERROR  authority  {name}.t67. NS ns.{name}.t67.
            {record}  sign t67.  additional  ns.{name}.t67. A $2""")
        r.serve(f"when name {name}.t67. type DS do message NOERROR aa  authority  {soa('t67.')}  {record}  sign t67.")
    r.serve("when below bare.t67. do strip NSEC strip SOA")
    r.expect("www.good.t67.", ad=False, addresses=["192.0.2.1"])
    for name in names[1:]:
        r.expect(f"www.{name}.t67.", A, SERVFAIL, (6, 9, 10, 12, 22))


@signed_row(68, daemon)
def t68_grandparent(r):
    """A proof from above a cut that is known to be signed: the walk stops there."""
    r.serve("zone t68. signed  child NS ns.child  ns.child A $2  ds child")
    r.serve("zone child.t68. signed  gc NS ns.gc  ns.gc A $3  ds gc", at=2)
    r.serve("zone gc.child.t68. signed  www A 192.0.2.1", at=3)
    r.expect("x.child.t68.", A, NXDOMAIN, ad=True)
    r.serve("""when below gc.child.t68. do message NOERROR  authority  gc.child.t68. NS ns.gc.child.t68.
        gc.child.t68. NSEC t68. NS RRSIG NSEC  sign t68.  additional  ns.gc.child.t68. A $5""", at=2)
    r.serve("zone gc.child.t68.  www A 6.6.6.6", at=5)
    r.expect("www.gc.child.t68.", A, SERVFAIL, BOGUS)
    below = [q for q in r.questions() if q[0] == "10.55.68.5"]
    check(len(below) <= 1, f"the walk goes no further: {below}")


@signed_row(69, keen_daemon)
def t69_empty_non_terminals(r):
    """A name with descendants exists, whatever the rcode says; and the reverse."""
    for n, how in ((1, ""), (2, "nsec3 iterations 3 salt ab")):
        zone = f"z{n}.t69."
        if n == 1:
            r.serve("zone t69. signed  z1 NS ns.z1  ns.z1 A $2  ds z1  z2 NS ns.z2  ns.z2 A $2  ds z2")
        r.serve(f"zone {zone} signed {how}  a.ent A 192.0.2.1  b.ent2 A 192.0.2.1", at=2)
        r.serve(f"when name ent2.{zone} do turn NXDOMAIN", at=2)
        r.serve(f"when name nothing.{zone} do turn NOERROR", at=2)
        r.expect(f"ent2.{zone}", A, SERVFAIL, 12, text=f"ent2.{zone} A")
        check(("nxdomain", "") not in keen.known(f"ent2.{zone}"), "no NXDOMAIN is kept")
        r.expect(f"b.ent2.{zone}", ad=True, addresses=["192.0.2.1"])
        r.expect(f"nothing.{zone}", A, SERVFAIL, 12, text=f"nothing.{zone} A")
        r.expect(f"ent.{zone}", A, NOERROR, ad=True)


@signed_row(70, daemon)
def t70_wildcards(r):
    """Data made from a wildcard counts with the proof that nothing closer is there, also from the cache."""
    r.serve("zone t70. signed  z1 NS ns.z1  ns.z1 A $2  ds z1  z2 NS ns.z2  ns.z2 A $2  ds z2")
    for n, how in ((1, ""), (2, "nsec3")):
        zone = f"z{n}.t70."
        r.serve(f"zone {zone} signed {how}  *.w 300 A 192.0.2.1  own.w A 192.0.2.2  exact.w TXT \"here\"", at=2)
        r.serve(f"when name b.w.{zone} do strip NSEC strip NSEC3", at=2)
        wrong = f"own.w.{zone} 300 NSEC {zone} A RRSIG NSEC" if n == 1 else nsec3_record(f"other.w.{zone}", zone, cover=True)
        r.serve(f"""when name exact.w.{zone} type A do message NOERROR aa  answer  exact.w.{zone} 300 A 192.0.2.1  sign {zone} labels 3
            authority  {wrong}  sign {zone}""", at=2)
        r.expect(f"any.w.{zone}", ad=True, addresses=["192.0.2.1"])
        m = r.expect(f"any.w.{zone}", ad=True, addresses=["192.0.2.1"])
        check([x for x in m.records if x[0] == 1 and x[2] in (NSEC, NSEC3)], "shown with its proof, from the cache too")
        for name in ("b", "exact"):
            for _ in range(2):
                m = r.expect(f"{name}.w.{zone}", A, SERVFAIL, (6, 12))
        r.expect(f"exact.w.{zone}", TXT, ad=True)


@signed_row(71, keen_daemon)
def t71_unsigned_neighbour(r):
    """A signed TXT and an unsigned NSEC of the same owner: each set by itself, and nothing is made of the NSEC."""
    r.serve("zone t71. signed  a TXT \"a\"  real A 192.0.2.1  z TXT \"z\"")
    r.serve(f"""when name b.t71. do message NXDOMAIN aa  authority  {soa('t71.')}  a.t71. TXT "a"  sign t71.  a.t71. NSEC z.t71. TXT RRSIG NSEC""")
    before = (keen.stats()["synthesised"], keen.control("stats")["cache"]["spans"])
    r.expect("b.t71.", A, SERVFAIL, 12, text="b.t71. A")
    r.expect("real.t71.", ad=True, addresses=["192.0.2.1"])
    check((keen.stats()["synthesised"], keen.control("stats")["cache"]["spans"]) == before, "nothing was kept or made of it")


FORGED = """authority  {0} SOA ns.{0} h.{0} 1 2 3 4 300  {0} NSEC {0} SOA RRSIG NSEC
        {0} RRSIG NSEC 15 1 300 20300101000000 20200101000000 1 {0} aaaa"""


@signed_row(72, keen_daemon)
def t72_unvalidated_proofs(r):
    """What came for a question with CD proves nothing to anybody else."""
    r.serve("zone t72. signed  real A 192.0.2.1")
    r.serve("when name fake.t72. first 1 do message NXDOMAIN aa  " + FORGED.format("t72."))
    made = keen.stats()["synthesised"]
    m = r.ask("fake.t72.", flags=0x100 | CD)
    check(m.rcode == NXDOMAIN and not m.flags & AD, f"given to who asked with CD: {m.rcode}")
    before = len(r.questions())
    r.expect("other.t72.", A, NXDOMAIN, ad=True)
    check(len(r.questions()) > before and keen.stats()["synthesised"] == made, "the servers were asked")
    r.expect("real.t72.", ad=True, addresses=["192.0.2.1"])
    r.expect("fake.t72.", A, NXDOMAIN, ad=True)


@signed_row(73, keen_daemon)
def t73_cd_drives_out_nothing(r):
    """An NXDOMAIN that came with CD does not drive out what was validated."""
    r.serve("zone t73. signed  real A 192.0.2.1")
    r.expect("real.t73.", ad=True, addresses=["192.0.2.1"])
    r.serve("when name real.t73. type AAAA first 1 do turn NXDOMAIN strip SOA strip NSEC")
    m = r.ask("real.t73.", AAAA, flags=0x100 | CD)
    check(not m.flags & AD, "no AD")
    before = len(r.questions())
    r.expect("real.t73.", ad=True, addresses=["192.0.2.1"])
    check(len(r.questions()) == before, "from the cache")


@signed_row(74, daemon)
def t74_answer_that_is_none(r):
    """A genuine set of another name, or another type, instead of an answer."""
    r.serve("zone t74. signed  other TXT \"x\"  www A 192.0.2.1")
    r.serve("when name m.t74. do message NOERROR aa  answer  other.t74. TXT \"x\"  sign t74.")
    r.serve("when name www.t74. type TXT do message NOERROR aa  answer  www.t74. A 192.0.2.1  sign t74.")
    r.expect("m.t74.", TXT, SERVFAIL)
    r.expect("www.t74.", TXT, SERVFAIL)
    for name in ("m.t74.", "www.t74."):
        check(not [k for k in d.known(name) if k[0] != "failure" and k[1] == "TXT"], f"{d.known(name)}")
    r.expect("www.t74.", A, ad=True)


DENIALS = (("no", A, NXDOMAIN), ("www", TXT, NOERROR), ("y.w", A, NOERROR), ("ent", A, NOERROR), ("insec", DS, NOERROR))


@signed_row(75, daemon)
def t75_stripped_denials(r):
    """Ten denials, each without one of its records in turn: none of them is taken for a proof."""
    r.serve("zone t75. signed  z1 NS ns.z1  ns.z1 A 10.54.75.2  ds z1  z2 NS ns.z2  ns.z2 A 10.54.75.2  ds z2")
    r.serve("\n".join(f"""zone z{n}.t75. signed {how}  www A 192.0.2.1  x.ent A 192.0.2.1  *.w TXT "x"  insec NS ns.insec  ns.insec A $9"""
                      for n, how in ((1, ""), (2, "nsec3"))), at=2)
    strip = {}

    def change(q, m, to):
        if to != "10.54.75.2" or (m.name, m.type) != strip["of"]:
            return None
        a = r.genuine(m.name, m.type, 2)
        strip["count"] = len(a.records)
        return a.reply(q, keep=lambda x: x is not a.records[strip["at"]])
    r.between(change)
    stripped = whole = 0
    for zone in ("z1.t75.", "z2.t75."):
        for name, qtype, rcode in DENIALS:
            strip.update({"of": (f"{name}.{zone}", qtype), "at": 0, "count": 1})
            while strip["at"] < strip["count"]:
                d.control("cache.flush", name=f"{name}.{zone}", tree=True)
                m = r.ask(f"{name}.{zone}", qtype)
                gone = r.genuine(f"{name}.{zone}", qtype, 2).records[strip["at"]]
                what = f"{name}.{zone} {qtype} without {gone[1]} {gone[2]} {covered(gone)}"
                if m.rcode != SERVFAIL:     # what is left proves it all the same
                    check(m.rcode == rcode and gone[2] != NSEC and gone[2] != NSEC3, f"{what}: {m.rcode} {ede(m)}")
                    print(f"      {what}: {m.rcode}")
                    whole += 1
                strip["at"] += 1
                stripped += 1
    print(f"      {stripped} records stripped, {whole} of them not needed")


if __name__ == "__main__":
    ANCHORS = signed_world({**{n: "ds" for n in range(61, 76)}, 61: "between ds", 75: "between ds"})
    d = Daemon(settings=dnssec(ANCHORS, ", aggressive: false"), root="10.55.0.1")
    keen = Daemon(port=5301, settings=dnssec(ANCHORS), root="10.55.0.1")
    main(t61_mixed_chains, t62_padded_denial, t63_labels_of_a_signature, t64_span_out_of_the_zone, t65_owner_of_a_hash,
         t66_parent_denies_child, t67_no_ds, t68_grandparent, t69_empty_non_terminals, t70_wildcards, t71_unsigned_neighbour,
         t72_unvalidated_proofs, t73_cd_drives_out_nothing, t74_answer_that_is_none, t75_stripped_denials)
    d.end(spare_kib=2048)
    keen.end(spare_kib=2048)
