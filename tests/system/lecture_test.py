#!/usr/bin/env python3
"""What the lecture tells, on a running system: clients through /etc/resolv.conf, questions counted at the servers. The lab is signed
and raizd validates; the questions for keys that this costs are counted apart."""
import re
import time

from lab_support import RAIZCTL, Lab, Resolver, copy_zones, output, use_as_resolver
from support import A, NXDOMAIN, NOERROR, RD, SOA, check, main

MX, AD = 15, 0x20


def clients_of_the_host():
    """The C library, nslookup, dig, host and a c-ares client, with nothing told but /etc/resolv.conf."""
    lab, raizd = Lab(), Resolver()
    use_as_resolver()
    check(re.search(r"^212\.212\.71\.4\s", output("getent", "ahosts", "www.networkutopia.com"), re.M), "getent ahosts")
    check("Address: 200.1.17.5\n" in output("nslookup", "www.elo.utfsm.cl"), "nslookup of a name")
    check("name = www.elo.utfsm.cl." in output("nslookup", "200.1.17.5"), "nslookup of an address")
    check("name = aragorn.elo.utfsm.cl." in output("nslookup", "200.1.17.195"), "nslookup of the host aragorn")
    check("Address: 64.233.161.99\n" in output("nslookup", "www.google.com"), "nslookup of www.google.com")
    check(output("dig", "+short", "gaia.cs.umass.edu") == "128.119.245.12\n", "dig gaia.cs.umass.edu")
    check(output("dig", "+short", "MX", "networkutopia.com") == "10 mail.networkutopia.com.\n", "dig MX")
    check(output("dig", "+short", "www.ibm.com") == "servereast.backup2.ibm.com.\n129.42.16.99\n", "dig of an alias")
    check(output("dig", "+short", "+tcp", "www.ibm.com") == "servereast.backup2.ibm.com.\n129.42.16.99\n", "dig over TCP")
    check("umass.edu name server dns.umass.edu." in output("host", "-t", "ns", "umass.edu"), "host -t ns")
    text = output(RAIZCTL, "query", "--json", "www.networkutopia.com", "A", "@127.0.0.1")
    check("212.212.71.4" in text, f"a c-ares client: {text}")
    check("host unreachable" not in output("getent", "ahosts", "www.nowhere.edu", code=2), "a name that does not exist")
    raizd.stop()
    lab.kill()


def walk_and_keys(questions):
    """The questions of the walk, and the zones whose keys were asked for."""
    return ([q for q in questions if q[2] != "DNSKEY"], [name for _server, name, kind in questions if kind == "DNSKEY"])


def questions_counted():
    """A walk costs one question a level; the cache answers until the TTL ends; known TLDs spare the root."""
    lab = Lab(copy_zones(networkutopia_com="brief 2 A 212.212.71.9\n", ibm_com=("2w 10m )", "2w 2 )")))
    raizd = Resolver()
    primed = lab.new()
    # RFC 9609: one question for the root's own servers, once, at the start.
    check([q[1:] for q in primed] == [(".", "NS")], f"priming is one question: {primed}")

    m = raizd.ask("www.networkutopia.com", flags=RD | AD)
    check(m.addresses() == ["212.212.71.4"] and m.rcode == NOERROR and m.flags & AD, "the answer, proven")
    first, keys = walk_and_keys(lab.new())
    # Each zone on the way is asked for its keys, beside the next question; what links them, the DS, came with the referrals.
    check(sorted(keys) == [".", "com.", "networkutopia.com."], f"one key each of the root, com and networkutopia.com: {keys}")
    zones = [(s.split(".", 1)[1], name, kind) for s, name, kind in first]
    # QNAME minimisation (RFC 9156) shows each server one label more than the last; it costs no question here.
    check(zones == [("root-servers.net.", "com.", "A"), ("gtld-servers.net.", "networkutopia.com.", "A"),
                    ("networkutopia.com.", "www.networkutopia.com.", "A")],
          f"one question each to root, com and networkutopia.com: {first}")

    raizd.ask("www.networkutopia.com")
    check(lab.new() == [], "asked again it costs nothing")
    raizd.ask("www.amazon.com")
    second, keys = walk_and_keys(lab.new())
    check(keys == ["amazon.com."], f"and the keys of com and the root are known: {keys}")
    check([s.split(".", 1)[1] for s, _n, _t in second] == ["gtld-servers.net.", "amazon.com."],
          f"another .com name never visits the root: {second}")

    check(raizd.ask("brief.networkutopia.com").addresses() == ["212.212.71.9"], "a record with a TTL of 2 s")
    check(len(lab.new()) == 1, "it costs one question")
    raizd.ask("brief.networkutopia.com")
    check(lab.new() == [], "and none within its TTL")
    time.sleep(2.1)
    raizd.ask("brief.networkutopia.com")
    check([q[1] for q in lab.new()] == ["brief.networkutopia.com."], "at the end of its TTL it is asked again")
    raizd.stop()
    lab.kill()


def negative_answers():
    """NXDOMAIN and NODATA rest for the smaller of the SOA's TTL and its MINIMUM (RFC 2308 section 5)."""
    lab = Lab(copy_zones(ibm_com=("2w 10m )", "2w 2 )")))
    raizd = Resolver()
    for name, qtype, rcode in (("nothere.networkutopia.com", A, NXDOMAIN), ("www.networkutopia.com", MX, NOERROR)):
        m = raizd.ask(name, qtype)
        check(m.rcode == rcode and [r[3] for r in m.records if r[2] == SOA] == [600], f"{name}: SOA with a TTL of 600")
        lab.new()
        m = raizd.ask(name, qtype)
        check(m.rcode == rcode and lab.new() == [], f"{name} is answered from the cache")
    for name, qtype, rcode in (("nothere.ibm.com", A, NXDOMAIN), ("mail.ibm.com", MX, NOERROR)):
        m = raizd.ask(name, qtype)
        check(m.rcode == rcode and [r[3] for r in m.records if r[2] == SOA] == [2], f"{name}: SOA with a TTL of 2")
        lab.new()
        raizd.ask(name, qtype)
        check(lab.new() == [], f"{name} is answered from the cache")
        time.sleep(2.1)
        raizd.ask(name, qtype)
        check(len(lab.new()) == 1, f"{name} is asked again after 2 s")
    # RFC 8020: what lies below a name that does not exist does not exist.
    raizd.ask("below.nothere.networkutopia.com")
    check(lab.new() == [], "a name below one that does not exist costs nothing")
    raizd.stop()
    lab.kill()


def rotation():
    """Six addresses for one canonical name, in an order that changes from answer to answer, cached or not."""
    lab = Lab(copy_zones(amazon_com="fleeting 0 A 72.21.206.91\nfleeting 0 A 72.21.206.92\nfleeting 0 A 72.21.206.93\n"))
    raizd = Resolver()
    orders = [raizd.ask("relay1.west-coast.amazon.com").addresses() for _ in range(24)]
    check({tuple(sorted(o)) for o in orders} == {tuple(f"72.21.206.{n}" for n in range(80, 86))}, "always the same six")
    check(len({o[0] for o in orders}) == 6, f"each comes first at times: {[o[0] for o in orders]}")
    check(sum(a != b for a, b in zip(orders, orders[1:])) >= 21, "the order changes from answer to answer")
    lab.new()
    orders = [raizd.ask("fleeting.amazon.com").addresses() for _ in range(12)]
    check(len(lab.new()) == 12, "with a TTL of zero every answer is fetched")
    check(len({o[0] for o in orders}) == 3, f"and yet the order changes: {orders}")
    orders = [output("dig", "+short", "+tcp", "@127.0.0.1", "enterprise.amazon.com").split()[1:] for _ in range(6)]
    check(len({o[0] for o in orders}) > 1, "behind an alias, over TCP, too")
    raizd.stop()
    lab.kill()


main(clients_of_the_host, questions_counted, negative_answers, rotation)
