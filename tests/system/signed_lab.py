"""What must be said of every name of the signed lab, worked out from the zones alone.

The zones are read as raiz-lab writes them (--write-zones), how they are signed from lab.conf. A question is walked from the root
through the cuts to its zone and answered there (RFC 1034 section 4.3.2, RFC 4592, RFC 6672), and each step has a state: secure,
insecure or bogus. No resolver is asked, so resolvers that agree in an error do not agree with this.
"""
import os
import re

from lab_support import ZONES

# Delegations that lead to nobody who answers, or not rightly; what is there besides is in the zones themselves.
UNREACHABLE = {"broken.org.", "notcp.org.", "tcponly.org."}
INSECURE, BOGUS = "insecure", "bogus"
# What a word of lab.conf makes of a zone: state and extended errors of everything in it.
ZONE_STATES = {
    "unsigned": (INSECURE, set()), "island": (INSECURE, set()),
    "unknown-algorithm": (INSECURE, {1}), "unknown-digest": (INSECURE, {2}),
    "expired": (BOGUS, {7}), "early": (BOGUS, {8}), "broken-ds": (BOGUS, {9}), "wrong-signatures": (BOGUS, {6}),
    "no-signatures": (BOGUS, {10}),
}
SKIPPED = {"RRSIG", "NSEC", "NSEC3"}


class Unreachable(Exception):
    pass


def parent(name):
    rest = re.sub(r"^(\\.|[^.\\])*\.", "", name, count=1)
    return rest or "."


def above(name):
    """The name and all names above it, the root last."""
    found = [name]
    while name != ".":
        name = parent(name)
        found.append(name)
    return found


def below(label, name):
    return label + "." + ("" if name == "." else name)


class Verdict:
    def __init__(self):
        self.rcode, self.state, self.ede, self.answer, self.aliases = "NOERROR", "secure", set(), [], 0

    def add(self, state, ede):
        order = ("secure", INSECURE, BOGUS)
        if order.index(state) > order.index(self.state):
            self.state = state
        self.ede |= ede

    def __repr__(self):
        return f"{self.rcode} {self.state} {sorted(self.ede)} {self.answer}"


class SignedLab:
    def __init__(self, folder):
        self.zones, self.empty, self.words = {}, {}, {}
        for file in os.listdir(folder):
            origin = "." if file == "root.zone" else file[:-len("zone")].lower()
            self.zones[origin] = zone = {}
            with open(os.path.join(folder, file), encoding="ascii") as f:
                for line in f:
                    if line.startswith(";"):
                        continue
                    owner, _ttl, _class, kind, rdata = line.rstrip("\n").split(" ", 4)
                    if kind not in SKIPPED:
                        zone.setdefault(owner.lower(), {}).setdefault(kind, []).append(rdata)
            for owner in list(zone):
                for name in above(owner)[1:]:
                    if name == origin or origin not in above(name):
                        break
                    self.empty.setdefault(origin, set()).add(name)
        self.nonterminals = set().union(*self.empty.values()) - {n for zone in self.zones.values() for n in zone}
        with open(os.path.join(ZONES, "lab.conf"), encoding="ascii") as f:
            for line in f:
                words = line.split("#")[0].split()
                if words and words[0] == "zone":
                    self.words[words[1]] = set(words[2:])

    # ---- the zone of a question ----

    def cut_for(self, zone, name, kind):
        """The cut of the zone at or above the name, or None."""
        for n in reversed(above(name)[:-1] if zone == "." else above(name)[:above(name).index(zone)]):
            if "NS" in self.zones[zone].get(n, ()):
                return None if n == name and kind == "DS" else n
        return None

    def home(self, name, kind):
        """(zone, state, extended errors)"""
        zone, state, ede = self.walk(name, kind)
        if kind == "DNSKEY" and name == zone and self.words.get(zone, set()) & {"wrong-signatures", "no-signatures"}:
            return zone, "secure", set()
        return zone, state, ede

    def walk(self, name, kind):
        zone, state, ede = ".", "secure", set()
        while True:
            cut = self.cut_for(zone, name, kind)
            if cut is None:
                return zone, state, ede
            if cut not in self.zones or cut in UNREACHABLE:
                raise Unreachable(cut)
            if state == "secure":
                for word in self.words.get(cut, ()):
                    if word in ZONE_STATES:
                        state, ede = ZONE_STATES[word]
            zone = cut

    # ---- one step ----

    def exists(self, zone, name):
        return name in self.zones[zone] or name in self.empty.get(zone, ())

    def denial(self, zone, state, exact):
        """The state of an answer that needs a proof; exact: an NSEC3 of the name itself is the whole proof."""
        words = self.words.get(zone, set())
        if state != "secure":
            return state, set()
        if "no-nsec" in words:
            return BOGUS, {12}
        if "nsec3-iterations" in words:
            return INSECURE, {27}
        # RFC 5155 section 9.2: no AD if the proof leaves room for an unsigned delegation.
        return (INSECURE if "nsec3-optout" in words and not exact else "secure"), set()

    def left_out(self, zone, name):
        """Opt-out leaves out unsigned cuts and what is there only because of them."""
        def unsigned_cut(n):
            sets = self.zones[zone].get(n, {})
            return n != zone and "NS" in sets and "DS" not in sets
        if name in self.zones[zone]:
            return unsigned_cut(name)
        return all(unsigned_cut(n) for n in self.zones[zone] if n.endswith("." + name))

    def step(self, v, name, kind):
        """Adds one step to the verdict. The next name after an alias, or None."""
        zone, state, ede = self.home(name, kind)
        v.add(state, ede)
        sets, wildcard = self.zones[zone].get(name), False
        for n in reversed(above(name)[1:]):
            dname = self.zones[zone].get(n, {}).get("DNAME")
            if dname and zone in above(n):
                target = name[:-len(n)] + dname[0].lower()
                v.answer += [(n, "DNAME")]
                if len(re.sub(r"\\(\d{3}|.)", "x", target)) + 1 > 255:
                    v.rcode = "YXDOMAIN"
                    return None
                v.answer += [(name, "CNAME")]
                return target if kind not in ("CNAME", "ANY") else None
        if sets is None and not self.exists(zone, name):
            encloser = next(n for n in above(name) if n == zone or self.exists(zone, n))
            star = "*." + encloser.lstrip(".")
            if not self.exists(zone, star):
                v.rcode = "NXDOMAIN"
                v.add(*self.denial(zone, state, False))
                return None
            sets, wildcard = self.zones[zone].get(star, {}), True
        sets = sets or {}
        if wildcard:
            v.add(*self.denial(zone, state, False))
        if kind in sets:
            v.answer += [(name, kind)] * len(sets[kind])
            return None
        if "CNAME" in sets:
            v.answer += [(name, "CNAME")]
            return sets["CNAME"][0].lower()
        v.add(*self.denial(zone, state, not wildcard and not self.left_out(zone, name)))
        return None

    def expect(self, name, kind):
        """The verdict for a question; None for an alias that goes round in a circle."""
        v, seen = Verdict(), set()
        name = name.lower()
        while name is not None:
            if name in seen:
                return None
            seen.add(name)
            name = self.step(v, name, kind)
        v.aliases = len(seen) - 1
        if v.state == BOGUS:
            v.rcode, v.answer = "SERVFAIL", []
        v.answer = sorted(set(v.answer)) if "CNAME" in [k for _n, k in v.answer] else sorted(v.answer)
        return v

    # ---- all questions ----

    def names(self):
        """Every name of the zones, with the names that exist only through others."""
        found = set()
        for zone, owners in self.zones.items():
            found |= set(owners) | self.empty.get(zone, set())
        return sorted(found)

    def types_of(self, name):
        return {k for owners in self.zones.values() for k in owners.get(name, ())}
