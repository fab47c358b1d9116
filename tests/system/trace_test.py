#!/usr/bin/python3
"""trace_test.py: what raizctl trace draws is what happened, as the lab's servers saw it.

The servers' own log is the truth: every question that reached them is in the walk, once, with the server, the name, the type
and the transport; none is in the walk that they did not get. Their clock is that of the host, so that the moment at which a
server got a question must lie between the moments at which the walk says that it was sent and answered.
"""
import json
import os
import re
import subprocess
import time

from lab_support import RAIZCTL, Lab, Resolver, copy_zones
from support import SLOW, check, main

DELAY_MS = 25
ORG = ("stray NS ns.stray.org.\nns.stray A 203.0.113.111\nfar NS ns.far.org.\nns.far A 203.0.113.113\n"
       "gone NS ns1.gone.org.\ngone NS ns2.gone.org.\nns1.gone A 203.0.113.5\nns2.gone A 203.0.113.114\n")
CONF = f"""
server ns.stray.org. 203.0.113.111 stray.org. stray-glue
server ns.far.org. 203.0.113.113 far.org. delay={DELAY_MS}ms
server ns2.gone.org. 203.0.113.114 gone.org.
"""
ZONES = {
    # Its server gives an address for a name server of another zone, with which it has no business.
    "stray.org": "sub NS ns1.ibm.com.\n",
    "far.org": "www A 192.0.2.1\nalias CNAME www.networkutopia.com.\n",
    "gone.org": "www A 192.0.2.2\n",
}

# (name, type), what the drawing and the events must tell.
WALKS = [
    ("www.networkutopia.com", "A", ["answer"], ["receive", "referral", "answer"]),
    ("www.ibm.com", "A", ["alias", "now for servereast.backup2.ibm.com."], ["alias"]),
    ("www.glueless.org", "A", ["looks up the address of ns.ns-host.net. (A)"], ["need_address"]),
    ("www.halflame.org", "A", [], []),
    ("www.lame.org", "A", ["203.0.113.1", "server does not serve the zone", "REFUSED: refused", "gives up"], ["lame", "failed"]),
    ("www.gone.org", "A", [], []),
    ("www.dead.org", "A", ["no reply", "gives up: no name server of the zone answered"], ["timeout", "failed"]),
    ("www.sub.stray.org", "A", ["1 record not believed: out of bailiwick"], ["dropped"]),
    ("www.far.org", "A", ["ns.far.org. 203.0.113.113"], []),
    ("alias.far.org", "A", ["now for www.networkutopia.com."], ["alias"]),
    ("www.expired.org", "A", ["does not validate: a signature has expired"], ["bogus", "failed"]),
    ("www.wrongsig.org", "A", ["does not validate: a signature does not match"], ["bogus", "failed"]),
    ("many.big.org", "TXT", ["tcp"], []),
    ("www.noedns.org", "A", ["asks again without EDNS"], ["retry"]),
    ("www.signs.org", "AAAA", [], ["nodata"]),
    ("nope.nsec3.org", "A", ["NXDOMAIN"], ["nxdomain"]),
]


def lab_with_troubles():
    folder = copy_zones(org=ORG)
    for zone, text in ZONES.items():
        with open(os.path.join(folder, zone + ".zone"), "w", encoding="ascii") as f:
            f.write(f"$TTL 1h\n@ SOA ns hostmaster ( 1 2h 30m 2w 10m )\n  NS ns\nns A 203.0.113.111\n{text}")
    with open(os.path.join(folder, "lab.conf"), "a", encoding="ascii") as f:
        f.write(CONF)
    return folder


def seen_by(lab, keys_too=True):
    """[(server's address, name, type, transport, time)] of the questions since the last call. Left out is what raizd asks for
    itself, once, soon after its start: the signal of the keys that it trusts (RFC 8145), and the root's keys for it."""
    time.sleep(0.1)
    with open(lab.log, encoding="utf-8") as f:
        rows = [x.split() for x in f.read().splitlines()]
    fresh, lab.seen = [(w[2], w[5].lower(), w[6], w[3], float(w[0])) for w in rows[lab.seen:]], len(rows)
    signal = any(w[1].startswith("_ta-") for w in fresh)
    return [w for w in fresh if not w[1].startswith("_ta-") and (keys_too or not signal or w[1:3] != (".", "DNSKEY"))]


def trace(d, *words):
    done = subprocess.run([RAIZCTL, "-s", d.socket, "trace", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="ascii", env={**os.environ, "LC_ALL": "C"}, timeout=60 * SLOW, check=False)
    return done.stdout


def exchanges(rows):
    """Each question of the walk with its end: the event that says what became of it."""
    found, open_ones = [], {}
    for e in rows:
        key = (e["depth"], e.get("server"), e.get("transport"))
        if e["event"] == "send":
            open_ones[key] = [e, None]
            found.append(open_ones[key])
        elif e["event"] in ("receive", "timeout", "unreachable") and key in open_ones:
            open_ones.pop(key)[1] = e
    return found


def counted(rows):
    return sorted(row[:4] for row in rows)


def compare(what, rows, seen):
    """The walk's questions are those of the servers, and each arrived while it was under way."""
    asked = exchanges(rows)
    drawn = sorted((s["server"], s["name"], s["type"], s["transport"]) for s, _ in asked)
    check(drawn == counted(seen), f"{what}: the walk has {drawn}, the servers had {counted(seen)}")
    # When did the walk begin, by the host's clock? No question arrives before it is sent.
    pairs = []
    left = list(seen)
    for sent, end in asked:
        row = next(r for r in left if r[:4] == (sent["server"], sent["name"], sent["type"], sent["transport"]))
        left.remove(row)
        pairs.append((sent, end, row))
    begun = min((row[4] * 1e6 - sent["at_us"] for sent, _, row in pairs), default=0)
    for sent, end, row in pairs:
        arrived = row[4] * 1e6 - begun
        if end is not None and end["event"] == "receive":
            check(sent["at_us"] <= arrived + 1 and arrived <= end["at_us"] + 2000, f"{what}: {sent} {end} {arrived}")
            check(abs(end["at_us"] - sent["at_us"] - end["rtt_us"]) < 2000, f"{what}: the RTT of {end}")
            if sent["server"] == "203.0.113.113":
                check(end["rtt_us"] >= DELAY_MS * 1000 and end["at_us"] - arrived >= DELAY_MS * 1000 - 2000, f"{what}: {end}")
    return asked


def fresh_walk(d, lab, *words):
    """Each walk meets the lame and the silent anew."""
    d.ctl("servers", "forget", "all")
    d.ctl("cache", "flush", ".", "--tree")
    seen_by(lab)
    return trace(d, *words, "--cold")


def every_question_is_an_event(d, lab, name, qtype, events):
    rows = [json.loads(line) for line in fresh_walk(d, lab, name, qtype, "--json").splitlines()]
    walk, end = rows[:-1], rows[-1]
    check(end["events_lost"] == 0, f"{name}: {end}")
    keys_too = any(e["event"] == "send" and (e["name"], e["type"]) == (".", "DNSKEY") for e in walk)
    compare(name, walk, seen_by(lab, keys_too))
    kinds = {e["event"] for e in walk}
    check(set(events) <= kinds, f"{name}: {events} among {kinds}")


def every_question_is_drawn():
    lab = Lab(lab_with_troubles())
    d = Resolver(resolution="ipv6: false")
    for name, qtype, words, events in WALKS:
        if name != "www.dead.org":      # takes seconds: once is enough
            every_question_is_an_event(d, lab, name, qtype, events)
        text = fresh_walk(d, lab, name, qtype)
        seen = seen_by(lab, re.search(r"[-] \. DNSKEY  ", text) is not None)
        for word in words:
            check(word in text, f"{name}: '{word}' in\n{text}")
        said = re.search(r"in [\d.]+ m?s: (\d+) questions?", text)
        check(said and int(said[1]) == len(seen), f"{name}: {len(seen)} questions were asked:\n{text}")
        lines = [x for x in text.splitlines() if re.search(r" [\d.]+ m?s  \S", x) and re.search(r"\d+\.\d+\.\d+\.\d+ ", x)]
        check(len(lines) == len(seen), f"{name}: a line for each of {len(seen)} questions:\n{text}")
        for address, *_ in seen:
            check(address in text, f"{name}: {address} in\n{text}")
    picture = fresh_walk(d, lab, "www.glueless.org", "A", "--draw")
    seen = seen_by(lab, ". DNSKEY " in picture)
    check(picture.count("->|") == picture.count("  |<-") == len(seen) > 10, f"{len(seen)} questions in\n{picture}")
    d.stop()


if __name__ == "__main__":
    main(every_question_is_drawn)
