#!/usr/bin/python3
"""troubles_test.py: raizctl explain tells the true cause of each of many made-up troubles, from what is remembered.

The lab's Internet is signed, with more zones in which things go wrong. Each question is asked once; then the lab's servers
are stopped, so that nothing that explain says can come from asking again.
"""
import concurrent.futures
import json
import os
import socket
import subprocess
import time

from lab_support import RAIZCTL, Lab, Resolver, copy_zones
from support import A, AAAA, SLOW, TC, WORK, Message, check, main, query

LONG = ".".join(["x" * 50] * 4)

# Zones below org: [servers: (address, word)], the zone's text; the zone is served by the first server, or none.
MORE = {
    "refuser": ([("203.0.113.101", "refuse")], None),
    "failing": ([("203.0.113.102", "failing.org. servfail")], "www A 192.0.2.1"),
    "rubbish": ([("203.0.113.103", "rubbish.org. garbage")], "www A 192.0.2.1"),
    "formerr": ([("203.0.113.107", "formerr.org. formerr")], "www A 192.0.2.1"),
    "nosigs": ([("203.0.113.104", "nosigs.org. noedns")], "www A 192.0.2.1"),
    "holes": ([("203.0.113.105", "holes.org. ent-nxdomain")], "a.empty A 192.0.2.1"),
    "fine": ([("203.0.113.106", "fine.org.")], f"www A 192.0.2.1\n*.wild A 192.0.2.2\nlong DNAME {LONG}.org.\n"
                                               "old TXT \"a\"\nalias CNAME www.dead.org.\nsix A 192.0.2.3"),
    "away": ([("192.0.2.250", None)], None),
    "onlysix": ([("2001:db8:77::1", None)], None),
    # Its denials have no proof, so that nothing says that the zone below is not signed.
    "nods": ([("203.0.113.120", "nods.org. child.nods.org.")], "child NS ns0"),
    "child.nods": ([("203.0.113.120", None)], "www A 192.0.2.1"),
    # Its keys do not fit into its datagrams, and TCP is closed.
    "nokeys": ([("203.0.113.121", "nokeys.org. edns-size=512 no-tcp")], "www A 192.0.2.1"),
    "renamed": ([("203.0.113.122", "renamed.org.")], "old DNAME kinds.org."),
}
SIGNED = "zone nods.org. no-nsec\nzone child.nods.org. unsigned\nzone nokeys.org. rsa\n"
# Delegations without a server's address.
BARE = "noaddr NS ns.nowhere.org.\n" + "".join(f"many NS ns{i}.nowhere{i}.org.\n" for i in range(12))

# (name, type), then what explain must say: members of its JSON, and a word of its text.
TROUBLES = [
    ("no server is alive", "www.dead.org", "A", {"failure": "NO_REACHABLE", "ede": 22}, "no reply"),
    ("lame servers", "www.lame.org", "A", {"failure": "ALL_LAME", "tag": "LAME"}, "does not serve the zone"),
    ("every server refuses", "www.refuser.org", "A", {"failure": "ALL_LAME"}, "refused"),
    ("every server fails", "www.failing.org", "A", {"failure": "UPSTREAM_SERVFAIL"}, "server failure"),
    ("servers send rubbish", "www.rubbish.org", "A", {"failure": "NO_REACHABLE"}, "did not fit the question: ignored"),
    ("servers understand nothing", "www.formerr.org", "A", {"failure": "BROKEN_REPLIES"}, "malformed or nonsensical"),
    ("the circle of aliases", "a.loop.org", "A", {"failure": "ALIAS_LOOP"}, "CNAME"),
    ("an alias of itself", "self.loop.org", "A", {"failure": "ALIAS_LOOP"}, "circle"),
    ("too long a chain", "chain0.loop.org", "A", {"failure": "ALIAS_LIMIT"}, "too long"),
    ("servers named in each other", "www.circle.org", "A", {"failure": "CYCLE"}, "one of them needs glue"),
    ("a server without address", "www.noaddr.org", "A", {"failure": "NO_ADDRESS"}, "address"),
    ("many servers without address", "www.many.org", "A", {"failure": "NS_LIMIT"}, "too many name server addresses"),
    ("IPv6 only, and IPv6 is off", "www.onlysix.org", "A", {"failure": "NO_ADDRESS"}, "resolution.ipv6"),
    ("no way to the server", "www.away.org", "A", {"failure": "LOCAL_ERROR"}, "cannot send"),
    ("TCP is needed and closed", "www.notcp.org", "A", {"failure": "NO_REACHABLE"}, "tcp"),
    ("a DNAME makes it too long", f"{'y' * 50}.long.fine.org", "A", {"failure": "BAD_NAME", "rcode": "YXDOMAIN"}, "too long"),
    ("an expired signature", "www.expired.org", "A", {"failure": "BOGUS_EXPIRED", "ede": 7}, "expired 20"),
    ("a DS that fits no key", "www.brokends.org", "A", {"failure": "BOGUS_NO_KEY", "ede": 9}, "DNSKEY"),
    ("signatures are missing", "www.nosigs.org", "A", {"cause": "FAILED"}, "nta add"),
    ("a denial without proof", "empty.holes.org", "A", {"failure": "BOGUS_NO_PROOF"}, "not proven"),
    ("a signature of the future", "www.early.org", "A", {"failure": "BOGUS_EARLY", "ede": 8}, "this host's clock"),
    ("a wrong signature", "www.wrongsig.org", "A", {"failure": "BOGUS", "ede": 6}, "does not match"),
    ("no signature at all", "www.nosig.org", "A", {"cause": "FAILED", "ede": 10}, "nta add"),
    ("not signed", "www.unsigned.org", "A", {"cause": "CACHED", "security": "insecure"}, "holds no DS for it, unsigned.org."),
    ("an island", "www.island.org", "A", {"security": "insecure"}, "holds no DS for it, island.org."),
    ("an unknown algorithm", "www.unknown.org", "A", {"security": "insecure"}, "algorithms that are not known here alone, unknown.org."),
    ("proofs that are too much work", "nope.iterations.org", "A", {"cause": "NXDOMAIN", "security": "insecure"}, "not validated"),
    ("no proof that there is no DS", "www.child.nods.org", "A", {"failure": "BOGUS_NO_PROOF", "ede": 12}, "child.nods.org."),
    ("keys that cannot be fetched", "www.nokeys.org", "A", {"failure": "BOGUS_CHAIN", "ede": 22}, "nokeys.org."),
    ("a DNAME", "host.old.renamed.org", "A", {"cause": "NXDOMAIN"}, "does not exist"),
    ("a name that does not exist", "nope.fine.org", "A", {"cause": "NXDOMAIN", "security": "secure"}, "does not exist"),
    ("below one that does not exist", "a.b.nope.ibm.com", "A", {"cause": "NXDOMAIN"}, "does not exist"),
    ("no data of this type", "six.fine.org", "AAAA", {"cause": "NODATA"}, "no data of this type"),
    ("a slow server", "www.slow.org", "A", {"cause": "CACHED"}, "ns.slow.org."),
    ("an alias into a dead zone", "alias.fine.org", "A", {"failure": "NO_REACHABLE"}, "dead.org."),
]
# What is told without having been asked.
UNASKED = [
    ("proofs of other names", "nopf.fine.org", "A", [], {"cause": "PROVEN", "rcode": "NXDOMAIN"}, "RFC 8198"),
    ("a name of this host", "localhost", "A", [], {"cause": "LOCAL"}, "never leaves this host"),
    ("a private reverse zone", "1.0.168.192.in-addr.arpa", "PTR", [], {"cause": "LOCAL", "rcode": "NXDOMAIN"}, "RFC 6303"),
    ("the client may not ask", "www.fine.org", "A", ["--client", "198.51.100.99"], {"cause": "ACL", "rcode": "REFUSED"}, "access.allow"),
    ("nobody asked", "never.ibm.net", "A", [], {"cause": "UNKNOWN"}, "nothing is known"),
    ("a negative trust anchor", "www.nta.org", "A", [], {}, "negative trust anchor exempts the zone from validation, nta.org. (as agreed)"),
    ("a dead forwarder", "x.forwarded.test", "A", [], {"failure": "NO_REACHABLE"}, "forwards forwarded.test. to other resolvers"),
]


def lab_with_troubles():
    org, conf = BARE, ""
    for zone, (servers, _) in MORE.items():
        for i, (address, word) in enumerate(servers):
            org += "" if "." in zone else f"{zone} NS ns{i}.{zone}\nns{i}.{zone} {'AAAA' if ':' in address else 'A'} {address}\n"
            if word:
                conf += f"server ns{i}.{zone}.org. {address} {word}\n"
    folder = copy_zones(org=org)
    for zone, (_, text) in MORE.items():
        if text:
            with open(os.path.join(folder, f"{zone}.org.zone"), "w", encoding="ascii") as f:
                f.write(f"$TTL 1h\n@ SOA ns0 hostmaster ( 1 2h 30m 2w 10m )\n  NS ns0\n"
                        f"ns0 A {MORE[zone][0][0][0]}\n{text}\n")
    with open(os.path.join(folder, "lab.conf"), "a", encoding="ascii") as f:
        f.write(conf + SIGNED)
    return folder


def explain(d, name, qtype, *words):
    def run(*more):
        return subprocess.run([RAIZCTL, "-s", d.socket, "explain", name, qtype, *words, *more], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", timeout=60 * SLOW, check=False)
    text, rows = run(), run("--json")
    check(text.returncode == 0 and rows.returncode == 0, f"explain {name}: {text.stdout}{rows.stdout}")
    return text.stdout, json.loads(rows.stdout)


def judge(d, what, name, qtype, words, members, word):
    text, o = explain(d, name, qtype, *words)
    found = {k: o.get(k) for k in members}
    check(found == members and word in text, f"{what}: {members} and '{word}' in:\n{text}{json.dumps(o)[:600]}")
    check(o["name"] == name + "." and o["type"] == qtype, f"{what}: {o['name']} {o['type']}")
    if o["cause"] == "FAILED":
        check(len(o["remedy"]) > 20 and "what may help: " in text, f"{what}: a remedy in {text}")
        check("last" in o and o["last"]["events"][-1]["event"] == "failed", f"{what}: how it ended, in {text}")
    return o


def signal_is_sent(lab):
    """What raizd asks for itself, once, soon after its start (RFC 8145): it is not to be counted as a question of explain."""
    until = time.monotonic() + 30 * SLOW
    while "_ta-" not in open(lab.log, encoding="utf-8").read().lower():
        check(time.monotonic() < until, "the keys that are trusted are signalled")
        time.sleep(0.2)
    time.sleep(0.5)


def every_trouble_is_told():
    lab = Lab(lab_with_troubles())
    d = Resolver(resolution="ipv6: false", more="access: {allow: [127.0.0.0/8]}\n"
                 "forward: [{zone: forwarded.test, to: [203.0.113.5]}]")
    d.ctl("nta", "add", "nta.org", "--reason", "as agreed", "--force")
    asked = [row[1:3] for row in TROUBLES] + [("x.forwarded.test", "A")]
    with concurrent.futures.ThreadPoolExecutor(len(asked)) as pool:
        answers = pool.map(lambda q: d.ask(q[0], {"A": A, "AAAA": AAAA}[q[1]], timeout=30), asked)
        check(None not in answers, "each question is answered")
    # A failure that is remembered says so, and what it is.
    check(d.ask("www.expired.org").rcode == 2, "it fails")
    lab.new()
    check(d.ask("www.expired.org").rcode == 2, "it fails again")
    asked = [q for q in lab.new() if q[1].endswith("expired.org.")]
    check(not asked, f"it fails from memory: {asked}")
    o = judge(d, "remembered", "www.expired.org", "A", [], {"failure": "BOGUS_EXPIRED"}, "not tried again for")
    check(o["not_tried_again_s"] > 0 and o["in_a_row"] >= 1, f"{o}")
    signal_is_sent(lab)
    lab.kill()
    asked = d.upstream()
    for what, name, qtype, members, word in TROUBLES:
        judge(d, what, name, qtype, [], members, word)
    for what, name, qtype, words, members, word in UNASKED:
        judge(d, what, name, qtype, words, members, word)
    check(d.upstream() == asked, f"nobody was asked meanwhile: {d.upstream()} questions, {asked} before")
    # All failures in a row, the newest first; the slow answer with its server.
    rows = [json.loads(line) for line in d.ctl("failures", "--json").splitlines()]
    check({"www.dead.org.", "www.expired.org.", "a.loop.org."} < {r["name"] for r in rows}, f"{rows}")
    ages = [r["age_s"] for r in rows]
    check(ages == sorted(ages), f"newest first: {ages}")
    check("www.slow.org." in d.ctl("slow"), d.ctl("slow"))
    only = d.ctl("failures", "--under", "dead.org")
    check("www.dead.org." in only and "lame" not in only, only)
    d.stop()


def expired_data_is_given():
    """Its servers are dead, and clients get what was true: explain tells both."""
    folder = copy_zones(org="brief NS ns0.brief.org.\nns0.brief A 203.0.113.123\n")
    with open(os.path.join(folder, "brief.org.zone"), "w", encoding="ascii") as f:
        f.write("$TTL 1\n@ SOA ns0 hostmaster ( 1 2h 30m 2w 10m )\n  NS ns0\nns0 A 203.0.113.123\nwww A 192.0.2.1\n")
    with open(os.path.join(folder, "lab.conf"), "a", encoding="ascii") as f:
        f.write("server ns0.brief.org. 203.0.113.123 brief.org.\n")
    lab = Lab(folder)
    d = Resolver(resolution="ipv6: false", more="cache: {serve-stale: true, stale-client-timer: 0s}", listen="127.0.0.3:53")
    check(d.ask("www.brief.org").addresses() == ["192.0.2.1"], "while it lives")
    lab.kill()
    time.sleep(2)
    check(d.ask("www.brief.org", timeout=10).addresses() == ["192.0.2.1"], "expired data")
    until = time.monotonic() + 15 * SLOW
    while not d.ctl("failures", "--under", "brief.org") and time.monotonic() < until:
        time.sleep(0.2)
    judge(d, "stale", "www.brief.org", "A", [], {"cause": "STALE"}, "RFC 8767")
    d.stop()


def answers_are_limited():
    """Too many a second: who gets none, or an empty one that is truncated, is told so, with the limit; the others see no change."""
    subprocess.run(["ip", "route", "add", "local", "198.51.100.0/24", "dev", "lo"], check=False)
    d = Resolver(more="access: {allow: [127.0.0.0/8, 198.51.100.0/24]}\n"
                 "rate-limit: {answers: 5, nxdomain: 5, exempt: [198.51.100.128/25]}", listen="127.0.0.4:53")
    many, truncated = 40, 0
    for client in ("198.51.100.7", "198.51.100.200"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((client, 0))
            s.connect(d.server)
            s.settimeout(5 * SLOW)
            s.send(query("localhost"))
            s.recv(4096)
            s.settimeout(0.2 * SLOW)
            for _ in range(many):
                s.send(query("localhost"))
            try:
                while True:
                    truncated += bool(Message(s.recv(4096)).flags & TC)
            except socket.timeout:
                pass
    asked = d.upstream()
    o = judge(d, "rate limit", "localhost", "A", ["--client", "198.51.100.7"], {"cause": "RATE_LIMIT", "rcode": "NOERROR"},
              "198.51.100.7/32 met rate-limit.answers: 5")
    row, = o["limited"]
    check(row["truncated"] == truncated > 0 and row["limit"] == 5, f"{truncated} were truncated: {row}")
    check(many // 2 < row["truncated"] + row["withheld"] <= many and row["age_s"] <= row["since_age_s"], f"{row}")
    check("rate-limit.exempt" in o["remedy"], o["remedy"])
    for client in ("198.51.100.200", "198.51.100.8", "127.0.0.1"):
        o = judge(d, "not limited", "localhost", "A", ["--client", client], {"cause": "LOCAL"}, "never leaves this host")
        check("limited" not in o, f"{client}: {o}")
    o = judge(d, "who else", "localhost", "A", [], {"cause": "LOCAL"}, "198.51.100.7/32 met rate-limit.answers: 5")
    o = judge(d, "another kind", "1.0.168.192.in-addr.arpa", "PTR", ["--client", "198.51.100.7"], {"cause": "LOCAL"}, "RFC 6303")
    check("limited" not in o, f"{o}")
    check(d.upstream() == asked, "nobody was asked")
    d.stop()


def no_root_server_answers():
    with open(os.path.join(WORK, "dead.hints"), "w", encoding="ascii") as f:
        f.write(". 3600 NS a.dead.\na.dead. 3600 A 203.0.113.5\n")
    subprocess.run(["ip", "address", "add", "203.0.113.5/32", "dev", "lo"], check=False, stderr=subprocess.DEVNULL)
    d = Resolver(more=f"root: {{hints: {WORK}/dead.hints}}\ndnssec: {{mode: off}}", listen="127.0.0.2:53", root=False)
    check(d.ask("www.example.", timeout=10) is not None, "an answer")
    judge(d, "no root", "www.example", "A", [], {"failure": "NO_ROOT"}, "reaches no root server")
    d.stop()


if __name__ == "__main__":
    main(every_trouble_is_told, expired_data_is_given, answers_are_limited, no_root_server_answers)
