#!/usr/bin/env python3
"""Every name of the signed lab, asked of raizd and of validators that others wrote: unbound and BIND beside it and behind it,
delv, drill -S and unbound-host behind it. All verdicts must be that of the zones themselves (signed_lab.py)."""
import concurrent.futures
import os
import re
import shutil
import subprocess

from lab_support import ANCHOR, Lab, Resolver, ZONES, dig_many, output
from signed_lab import BOGUS, INSECURE, SignedLab, Unreachable, below
from support import SLOW, TXT, WORK, check, main, start_peer

PEERS = os.environ.get("PEERS", "build-tests/peers/run")
TYPES = ("A", "AAAA", "MX", "TXT", "NS", "SOA", "DS", "DNSKEY", "PX")   # no name has the last
# What needs seconds for each question, or a different number of aliases for each resolver, is not asked of all.
SLOW_ZONES = ("dropedns.org.", "lossy.org.", "slow.org.")
ALIASES_ALL_FOLLOW = 8
# EVERY_QUESTION=1: the programs that validate one name are given all questions, which takes minutes. Else they see one of each
# name, and delv, which takes most CPU, only part of the names that are signed as most are.
EVERY_QUESTION = os.environ.get("EVERY_QUESTION")
SHARED = {}


def setting():
    """The lab, raizd in front of it, and what the zones say: for all tests."""
    if not SHARED:
        folder = os.path.join(WORK, "zones")
        os.makedirs(folder)
        Lab(ZONES, "--write-zones", folder)
        SHARED.update(folder=folder, anchor=ANCHOR, truth=SignedLab(folder), raizd=Resolver())
    return SHARED


# ---- questions ----

def questions(truth):
    """{(name, type): what must come}, of all names; and the zones that nobody can reach."""
    wanted, unreachable = {}, set()
    asked = [(n, k) for n in truth.names() for k in sorted(set(TYPES) | truth.types_of(n))]
    asked += [(below("nx", n), "A") for n in truth.names() if len(n) < 180]
    asked += [(below("a", below("b", n)), "TXT") for n in truth.names() if len(n) < 180 and "wild" in n]
    for name, kind in asked:
        if name.endswith("ent.org.") and name != "ent.org." and "host" not in name:
            continue    # its server denies empty non-terminals
        try:
            v = truth.expect(name, kind)
        except Unreachable as e:
            unreachable.add(str(e))
            continue
        if v is not None and v.aliases <= ALIASES_ALL_FOLLOW:
            wanted[name, kind] = v
    return wanted, unreachable


def data_of(rows):
    """Answer records without signatures; names in lower case, for a resolver may write the question's."""
    return sorted(x.lower() for x in rows if " RRSIG " not in x)


def owners(rows):
    kinds = sorted((x.split()[0].lower(), x.split()[2]) for x in rows if " RRSIG " not in x)
    return sorted(set(kinds)) if "CNAME" in [k for _n, k in kinds] else kinds


# ---- other validators ----

def start_validator(command, address):
    return start_peer(command, os.path.join(WORK, f"log-{address}"), address, "version.bind", TXT)


ITERATIONS = 'val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"\n'     # as raizd


def start_unbound(address, anchor, through=None):
    """unbound, from the root or through another resolver; as many NSEC3 iterations as raizd."""
    path = os.path.join(WORK, f"unbound-{address}.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"server:\n directory: \"{WORK}\"\n username: \"\"\n chroot: \"\"\n pidfile: \"\"\n use-syslog: no\n"
                " do-daemonize: no\n num-threads: 1\n"
                f" interface: {address}\n access-control: 127.0.0.0/8 allow\n do-not-query-localhost: no\n"
                f" module-config: \"validator iterator\"\n trust-anchor-file: {anchor}\n"
                f" root-hints: {os.path.abspath(ZONES)}/root.hints\n"
                f" harden-below-nxdomain: no\n {ITERATIONS}"       # else it denies an alias that leads to nowhere
                "remote-control:\n control-enable: no\n")
        if through:
            f.write(f"forward-zone:\n name: \".\"\n forward-addr: {through}\n")
    return start_validator([PEERS, "unbound", "-d", "-c", path], address)


def bind_anchor(anchor):
    """The anchor as BIND wants it."""
    with open(anchor, encoding="ascii") as f:
        words = next(line for line in f if line.startswith(". ")).split()
    return f"trust-anchors {{ . static-ds {' '.join(words[3:6])} \"{words[6]}\"; }};\n"


def start_bind(address, anchor, through=None):
    folder = os.path.join(WORK, f"bind-{address}")
    os.makedirs(folder)
    output("ip", "addr", "replace", address + "/32", "dev", "lo")   # it listens where an interface has the address
    with open(os.path.join(folder, "named.conf"), "w", encoding="ascii") as f:
        f.write(f"options {{ directory \"{folder}\"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }};\n"
                "  pid-file none; session-keyfile none; recursion yes; empty-zones-enable no;\n"
                "  dnssec-validation yes; max-cache-size 64M;\n"
                + (f"  forward only; forwarders {{ {through}; }};\n" if through else "") + "};\ncontrols { };\n"
                + bind_anchor(anchor) +
                ("" if through else f"zone \".\" {{ type hint; file \"{os.path.abspath(ZONES)}/root.hints\"; }};\n"))
    return start_validator([PEERS, "named", "-g", "-n", "1", "-c", os.path.join(folder, "named.conf")], address)


def differences(ours, theirs):
    """What differs in outcome, in AD or in data, question by question."""
    found = {}
    for q, (status, bits, _errors, rows) in ours.items():
        status2, bits2, _errors2, rows2 = theirs[q]
        if (status, "ad" in bits, data_of(rows)) != (status2, "ad" in bits2, data_of(rows2)):
            found[q] = (ours[q], theirs[q])
    return found


# ---- tests ----

def raizd_says_what_the_zones_say():
    s = setting()
    wanted, unreachable = questions(s["truth"])
    check(len(wanted) > 3000 and len(unreachable) == 8, f"{len(wanted)} questions, {unreachable}")
    s["asked"], s["answers"] = wanted, dig_many("127.0.0.1", wanted)
    states = {"secure": 0, INSECURE: 0, BOGUS: 0}
    for q, v in wanted.items():
        status, bits, errors, rows = s["answers"][q]
        errors = set(errors) - {13, 29}     # a failure that is remembered; an answer made from what is known
        check(status == v.rcode and ("ad" in bits) == (v.state == "secure") and owners(rows) == v.answer and errors == v.ede,
              f"{q}: {s['answers'][q]}, not {v}")
        states[v.state] += 1
    print(f"{len(wanted)} questions: {states}")


def of_all(s, what, got, tolerated):
    """raizd's answers and another's, compared; `tolerated` says why a difference is not raizd's fault, or nothing."""
    told = {}
    for q, (ours, theirs) in differences({q: s["answers"][q] for q in got}, got).items():
        why = tolerated(q, s["asked"][q], ours, theirs)
        check(why, f"{what}: {q}: {theirs}, raizd {ours}")
        told[why] = told.get(why, 0) + 1
    print(f"{what}: {len(got)} answers, different: {told or 'none'}", flush=True)


def excuse_of_unbound(q, _v, ours, theirs):
    """It takes NXDOMAIN at the end of an alias for one of the alias itself, now and then."""
    if q[0].startswith("nowhere.") and q[1] == "CNAME" and theirs[0] == "NXDOMAIN" and data_of(ours[3]) == data_of(theirs[3]):
        return "unbound denies an alias that leads nowhere"
    return None


def excuse_of_bind(q, v, ours, theirs):
    """Where BIND does not say AD, or does, for reasons of its own."""
    if (ours[0], data_of(ours[3])) != (theirs[0], data_of(theirs[3])):
        return None
    if v.ede == {27}:
        return "BIND 9.18 goes up to 150 iterations"
    if q[1] == "DS" and v.state == "secure" and not v.answer:
        return "BIND does not always check the denial of a DS that came with a referral"
    return None


def others(name, through, address):
    s = setting()
    asked = [q for q in s["asked"] if not q[0].endswith(SLOW_ZONES)]
    rows = (("unbound", start_unbound, excuse_of_unbound, 0), ("BIND", start_bind, excuse_of_bind, 1))
    for what, starter, tolerated, last in rows:
        p = starter(address + str(last), s["anchor"], through)
        of_all(s, f"{what} {name} raizd", dig_many(address + str(last), asked), tolerated)
        p.kill()
    return asked


def others_beside():
    """unbound and BIND resolve the lab's names themselves, from the same root and anchor."""
    others("beside", None, "127.0.1.1")


def others_behind():
    """They validate what raizd gives them: it must hold all the proof there is, and with CD what is bogus, too."""
    s = setting()
    asked = others("behind", "127.0.0.1", "127.0.2.1")
    d = differences({q: s["answers"][q] for q in asked}, dig_many("127.0.0.1", asked))
    check(not d, f"raizd, after what others asked with CD: {d}")
    for q, (status, bits, errors, rows) in dig_many("127.0.0.1", [q for q in asked if s["asked"][q].state == BOGUS], "+cd").items():
        check(status in ("NOERROR", "NXDOMAIN") and "ad" not in bits, f"{q} with CD: {status} {bits} {errors} {rows}")


# ---- programs that validate one name ----

def tool(name, *words):
    """(exit code, text)"""
    done = subprocess.run([*([name] if shutil.which(name) else [PEERS, name]), *words], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * SLOW)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def one_of_each(s):
    """A question for each name, of another type each time; and a name below each zone's origin that is not there."""
    if EVERY_QUESTION:
        return sorted(q for q in s["asked"] if not q[0].endswith(SLOW_ZONES))
    by_name = {}
    names = set(s["truth"].names()) | {below("nx", z) for z in s["truth"].zones}
    for name, kind in sorted(s["asked"]):
        if name in names and not name.endswith(SLOW_ZONES):
            by_name.setdefault(name, []).append(kind)
    return [(name, kinds[n % len(kinds)]) for n, (name, kinds) in enumerate(sorted(by_name.items()))]


def by_tool(s, what, ask_one, asked, secure=250):
    """ask_one(name, type) gives the state, and the text it comes from; None: the tool cannot tell."""
    count = {}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for q, (state, text) in zip(asked, pool.map(lambda q: ask_one(*q), asked)):
            v = s["asked"][q]
            check(state in (v.state, None), f"{what} {q}: {state}, not {v}: {text}")
            count[state] = count.get(state, 0) + 1
    check(count.get("secure", 0) > secure, f"{what}: {count}")
    print(f"{what}: {count}", flush=True)


def delv():
    s = setting()
    path = os.path.join(WORK, "delv.anchor")
    with open(path, "w", encoding="ascii") as f:
        f.write(bind_anchor(s["anchor"]))

    def ask_one(name, kind):
        _code, text = tool("delv", "@127.0.0.1", "-a", path, "-q", name, "-t", kind)
        v = s["asked"][name, kind]
        denied = all(k in ("CNAME", "DNAME") for _n, k in v.answer)
        if v.ede == {27} or (v.state == INSECURE and name.endswith("optout.org.") and denied):
            return None, text       # up to 150 iterations, and opt-out counts, as "fully validated"
        if re.search(r"^; .*unsigned answer", text, re.M):
            return INSECURE, text
        if "fully validated" in text:
            return "secure", text
        return BOGUS if "resolution failed: " in text else "nothing", text

    special = tuple(z for z, words in s["truth"].words.items() if words != {"unsigned"})
    asked = [q for n, q in enumerate(one_of_each(s)) if EVERY_QUESTION or n % 8 == 0 or q[0].endswith(special)]
    by_tool(s, "delv", ask_one, asked, 60)


def drill():
    """drill -S follows the chain of signatures up from the answer; insecure or bogus, it fails."""
    s = setting()

    def ask_one(name, kind):
        _code, text = tool("drill", "-t", "-S", "-k", s["anchor"], "@127.0.0.1", name, kind)
        v = s["asked"][name, kind]
        # It knows no DNAME, no opt-out, no proof for a wildcard, no empty non-terminal, and asks no DNSKEY for its signature.
        blind = (v.ede & {12, 27} or (v.state == INSECURE and name.endswith("optout.org.")) or
                 (v.state != "secure" and kind == "DNSKEY") or
                 "DNAME" in [k for _n, k in v.answer] or name in s["truth"].nonterminals)
        success = "Chase successful" in text
        return None if blind else "secure" if success else v.state if v.state != "secure" else "failed", text

    by_tool(s, "drill -S", ask_one, one_of_each(s))


def unbound_host():
    s = setting()
    path = os.path.join(WORK, "unbound-host.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(f"server:\n do-not-query-localhost: no\n trust-anchor-file: {s['anchor']}\n harden-below-nxdomain: no\n"
                f" {ITERATIONS}forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1\n")

    def ask_one(name, kind):
        _code, text = tool("unbound-host", "-v", "-C", path, "-t", kind, name)
        states = set(re.findall(r"\((secure|insecure|BOGUS)", text))
        return {"s": "secure", "i": INSECURE, "B": BOGUS}[min(states)[0]] if states else "nothing", text

    by_tool(s, "unbound-host", ask_one, one_of_each(s))


# ---- the zones themselves, and what an administrator does ----

def zones_verified():
    """dnssec-verify and ldns-verify-zone find no fault in the zones, except in those that are signed badly on purpose."""
    s = setting()
    bad = {"unsigned", "expired", "early", "wrong-signatures", "no-signatures", "no-nsec", "unknown-algorithm"}

    def verify(zone):
        path = os.path.join(s["folder"], "root.zone" if zone == "." else zone + "zone")
        bind = tool("dnssec-verify", "-x", "-q", "-o", zone, path)      # -x: one key does both jobs
        ldns = tool("ldns-verify-zone", "-V1", path)
        return bind[0] == 0, ldns[0] == 0, bind[1] + ldns[1]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for zone, (bind, ldns, text) in zip(s["truth"].zones, pool.map(verify, s["truth"].zones)):
            good = not s["truth"].words.get(zone, set()) & bad
            check(bind == good and ldns == good, f"{zone}: {text}")
    print(f"{len(s['truth'].zones)} zones")


def of_one(name, kind="A"):
    """(status, flags, [extended errors]) of an answer of raizd."""
    return dig_many("127.0.0.1", [(name, kind)])[name, kind][:3]


def trust_is_managed():
    """raizctl shows the anchor and lifts validation from a zone for a while; an island is secure for who has its key."""
    s = setting()
    tag = bind_anchor(s["anchor"]).split()[4]
    check(re.search(rf"^\. DS +{tag} algorithm 13 +CONFIGURED", s["raizd"].ctl("anchors"), re.M), s["raizd"].ctl("anchors"))
    check(of_one("www.expired.org.")[0] == "SERVFAIL", "expired.org is bogus")
    s["raizd"].ctl("nta", "add", "expired.org", "--for", "1h", "--reason", "they know")
    status, bits, errors = of_one("www.expired.org.")
    check(status == "NOERROR" and "ad" not in bits and errors == [33], f"with a negative trust anchor: {status} {bits} {errors}")
    check("they know" in s["raizd"].ctl("nta", "ls"), s["raizd"].ctl("nta", "ls"))
    s["raizd"].ctl("nta", "rm", "expired.org")
    check(of_one("www.expired.org.")[0] == "SERVFAIL", "and without it again")
    check("ad" not in of_one("www.island.org.")[1], "island.org is insecure")
    s["raizd"].stop()
    with open(s["anchor"], encoding="ascii") as f:
        island = next(line.split(": ", 1)[1].strip() for line in f if "an island: island.org." in line)
    Resolver(f"dnssec: {{trust-anchor-file: {s['anchor']}, trust-anchors: [\"{island}\"]}}")
    for name in ("www.island.org.", "nx.island.org.", "www.ibm.com."):
        check("ad" in of_one(name)[1], f"{name} is secure with the island's key")


if __name__ == "__main__":
    others_too = (others_beside, others_behind, delv, drill, unbound_host, zones_verified)
    main(raizd_says_what_the_zones_say, *(() if os.environ.get("RAIZ_SANITIZE") else others_too), trust_is_managed)
