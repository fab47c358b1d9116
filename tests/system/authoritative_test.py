#!/usr/bin/env python3
"""The lab's zones served by NSD and by Knot DNS give the same answers as from raiz-lab, and every answer of raizd equals the
data of the zone's own server."""
import os

from lab_support import Lab, Resolver, ZONES, dig_many, output, zone_names
from support import WORK, check, main, start_peer

PEERS = os.environ.get("PEERS", "build-tests/peers/run")
ZONES_OF_TROUBLE = ("lame.org.", "gone.below.optout.org.", "dead.org.", "broken.org.", "notcp.org.", "dropedns.org.", "circle.org.",
                    "circle.net.", "halflame.org.", "halfdead.org.", "noedns.org.", "lossy.org.", "slow.org.", "ent.org.",
                    "lowercase.org.", "truncate.org.", "tcponly.org.", "plain.org.", "loop.org.", "big.org.")
# Signed badly, whatever is asked there.
BOGUS_ZONES = ("expired.org.", "early.org.", "wrongsig.org.", "nosig.org.", "brokends.org.")


def servers():
    """[(addresses, [(zone, file)])] of lab.conf, without the servers that are there to do wrong."""
    found = []
    with open(os.path.join(ZONES, "lab.conf"), encoding="ascii") as f:
        for line in f:
            words = line.split("#")[0].split()
            if not words or words[0] != "server":
                continue
            addresses = [w for w in words[2:] if w[0].isdigit() and ("." in w or ":" in w) and not w.endswith(".")]
            zones = [w.split("=")[0] for w in words[2:] if w.endswith(".") or ".=" in w]
            bent = [w for w in words[2:] if w not in addresses and w not in zones]
            if zones and not bent:
                found.append((addresses, [(z, "root.zone" if z == "." else z + "zone") for z in zones]))
    return found


def add_addresses():
    for addresses, _zones in servers():
        for a in addresses:
            output("ip", "addr", "replace", a + ("/128" if ":" in a else "/32"), "dev", "lo", *(["nodad"] if ":" in a else []))


def groups():
    """Servers with the same zones share one process."""
    by_zones = {}
    for addresses, zones in servers():
        by_zones.setdefault(tuple(zones), []).extend(addresses)
    return list(by_zones.items())


def start_nsd():
    add_addresses()
    running = []
    for number, (zones, addresses) in enumerate(groups()):
        folder = os.path.join(WORK, f"nsd{number}")
        os.makedirs(folder)
        with open(os.path.join(folder, "nsd.conf"), "w", encoding="ascii") as f:
            f.write("server:\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n  database: \"\"\n  hide-version: yes\n"
                    f"  zonesdir: \"{os.path.abspath(ZONES)}\"\n  pidfile: \"{folder}/pid\"\n  xfrdfile: \"{folder}/xfrd\"\n"
                    f"  zonelistfile: \"{folder}/list\"\n  round-robin: no\n")
            f.write("".join(f"  ip-address: {a}\n" for a in addresses))
            f.write("remote-control:\n  control-enable: no\n")
            f.write("".join(f"zone:\n  name: \"{z}\"\n  zonefile: \"{file}\"\n" for z, file in zones))
        running.append(start_peer([PEERS, "nsd", "-d", "-c", os.path.join(folder, "nsd.conf")], os.path.join(folder, "log"), addresses[0]))
    return running


def start_knot():
    add_addresses()
    running = []
    for number, (zones, addresses) in enumerate(groups()):
        folder = os.path.join(WORK, f"knot{number}")
        os.makedirs(folder)
        with open(os.path.join(folder, "knot.conf"), "w", encoding="ascii") as f:
            f.write(f"server:\n  rundir: {folder}\n  listen: [{', '.join(a + '@53' for a in addresses)}]\n"
                    f"  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n"
                    f"database:\n  storage: {folder}\n"
                    "log:\n- target: stderr\n  any: warning\n"
                    f"template:\n- id: default\n  storage: {os.path.abspath(ZONES)}\n  zonefile-sync: -1\n  journal-content: none\n"
                    "zone:\n" + "".join(f"- domain: {z}\n  file: {file}\n" for z, file in zones))
        running.append(start_peer([PEERS, "knotd", "-c", os.path.join(folder, "knot.conf")], os.path.join(folder, "log"), addresses[0]))
    return running


def outcomes(asked, server, *flags, **kw):
    """{(name, type): (status, sorted answer records without TTL)} as dig reads them."""
    got = dig_many(server, asked, "+nodnssec", *flags, **kw)
    return {q: (status, sorted(r.lower() for r in rows)) for q, (status, _flags, _errors, rows) in got.items()}


def names():
    """The names of the zones that all three servers serve, and a name and a type that do not exist in each."""
    good = [z for _a, zones in servers() for z, _f in zones]
    found = [(n, k) for n, k in zone_names() if not n.endswith(ZONES_OF_TROUBLE)]
    for z in sorted(set(good) - {"nonsec.org."}):   # it cannot deny
        found += [("does-not-exist." + z.lstrip("."), "A"), (z, "LOC")]
    return found


def ask_all(what):
    raizd = Resolver("dnssec: {mode: off}")     # the other servers' zones are those of the files, unsigned
    answers = outcomes(names(), "127.0.0.1")
    for question, answer in answers.items():
        check(answer[0] in ("NOERROR", "NXDOMAIN"), f"{what}: {question}: {answer}")
    raizd.stop()
    return answers


def same_answers_from_every_server():
    lab = Lab(signed=False)
    want = ask_all("raiz-lab")
    lab.kill()
    check(len(want) > 150, f"{len(want)} questions")
    for what, starter in (("NSD", start_nsd), ("Knot DNS", start_knot)):
        running = starter()
        got = ask_all(what)
        for p in running:
            p.terminate()
        for p in running:
            p.wait()
        for question, answer in want.items():
            check(got[question] == answer, f"{what} {question}: {got[question]}, raiz-lab: {answer}")
        print(f"{what}: {len(got)} answers, all the same", flush=True)


def zone_for(own, name, kind):
    """DS and the NS of a cut: the deepest zone answers for itself, but for DS the parent does (RFC 4035 section 3.1.4.1)."""
    zones = sorted((z for z in own if z == "." or name == z or name.endswith("." + z)), key=len)
    return zones[-2] if kind == "DS" and zones[-1] == name and len(zones) > 1 else zones[-1]


def from_own_servers(own, asked):
    """What the zones' own servers say of each question, aliases followed: all questions one step further at a time."""
    final, going = {}, {q: (q[0], []) for q in asked}
    for _ in range(12):
        by_server = {}
        for (_name, kind), (target, _chain) in going.items():
            by_server.setdefault(own[zone_for(own, target, kind)], set()).add((target, kind))
        said = {server: outcomes(sorted(questions), server, "+norecurse", at_once=1) for server, questions in by_server.items()}
        further = {}
        for (name, kind), (target, chain) in going.items():
            status, rows = said[own[zone_for(own, target, kind)]][target, kind]
            chain = chain + [r for r in rows if r not in chain]
            ends = {r.split()[0]: r.split()[3] for r in rows if r.split()[2] == "cname" and kind not in ("CNAME", "ANY")}
            asked_last = target
            while target in ends:
                target = ends[target]
            if target == asked_last or any(r.split()[0] == target and r.split()[2] == kind.lower() for r in rows):
                final[name, kind] = status, sorted(chain)
            else:
                further[name, kind] = target, chain
        going = further
    check(not going, f"aliases without end: {list(going)[:5]}")
    return final


def equal_to_the_zones_own_server():
    """For every name: what raizd says, validated, is what the zone's own server says, aliases followed."""
    Lab()
    raizd = Resolver()
    own = {z: addresses[0] for addresses, zones in servers() for z, _f in zones}
    asked = names()
    got = outcomes(asked, "127.0.0.1")
    compared = 0
    for question, said in from_own_servers(own, asked).items():
        bogus = question[0].endswith(BOGUS_ZONES)
        check(got[question] == (("SERVFAIL", []) if bogus else said), f"{question}: raizd {got[question]}, its server {said}")
        compared += not bogus
    print(f"{compared} answers equal to the zones' own servers'", flush=True)
    raizd.stop()


main(same_answers_from_every_server, equal_to_the_zones_own_server)
