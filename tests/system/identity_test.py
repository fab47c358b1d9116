#!/usr/bin/python3
"""identity_test.py: what is told without recursion, and of who we are.

`dig +trace` begins with a question without recursion for the root's name servers, at the resolver that /etc/resolv.conf names; it
gets no further where that is refused. Version and name are told as configured, and to nobody by default.
"""
import re

from lab_support import Lab, Resolver, output, use_as_resolver
from support import AAAA, NS, NXDOMAIN, REFUSED, check, main


def dig(*words):
    return output("dig", "+tries=2", "+time=3", *words)


def ask_identity(names):
    """{name: text, or the rcode}"""
    found = {}
    for name in names:
        text = dig("@127.0.0.1", "CH", "TXT", name)
        answer = re.search(r'^[a-z.]+\s+0\s+CH\s+TXT\s+"(.*)"$', text, re.M)
        found[name] = answer[1] if answer else re.search(r"status: (\w+)", text)[1]
    return found


NAMES = ("version.bind", "version.server", "id.server", "hostname.bind", "authors.bind")


def dig_traces():
    Lab()
    use_as_resolver()
    d = Resolver(resolution="ipv6: false")
    text = dig("+trace", "+nodnssec", "www.networkutopia.com")
    check("www.networkutopia.com.\t300\tIN\tA\t212.212.71.4" in text, text)
    hops = re.findall(r"^;; Received \d+ bytes from (\S+)#53\((\S+)\)", text, re.M)
    check(len(hops) == 4 and hops[0][0] == "127.0.0.1" and hops[3][1].startswith("dns"), f"four servers were asked, us first: {hops}")
    # Without recursion the cache answers, and nobody is asked.
    asked = d.upstream()
    m = d.ask("www.ibm.com", flags=0)
    check(m.rcode == REFUSED and not m.addresses(), "what is not known is not looked up")
    check(len(d.ask(".", NS, flags=0).records) > 3, "the root's name servers are known")
    check(d.upstream() == asked, "nobody was asked")
    check(d.ask("www.ibm.com").addresses() and d.ask("nope.ibm.com").rcode == NXDOMAIN, "looked up")
    asked = d.upstream()
    check(d.ask("www.ibm.com", flags=0).addresses() and d.ask("nope.ibm.com", flags=0).rcode == NXDOMAIN, "known by now")
    check(d.ask("www.ibm.com", AAAA, flags=0).rcode in (0, REFUSED) and d.upstream() == asked, "nobody was asked")
    # By default nobody learns what runs here.
    check(set(ask_identity(NAMES).values()) == {"REFUSED"}, "hidden by default")
    check("NSID" not in dig("@127.0.0.1", "+nsid", "www.ibm.com"), "and so is the identifier")
    d.stop()


def as_configured():
    d = Resolver(more='identity: {version: "raiz, of course", id: pillar-3, nsid: node-7}\naccess: {allow: [127.0.0.1]}')
    told = ask_identity(NAMES)
    check(told == {"version.bind": "raiz, of course", "version.server": "raiz, of course", "id.server": "pillar-3",
                   "hostname.bind": "pillar-3", "authors.bind": "REFUSED"}, f"{told}")
    check(re.search(r'NSID: .*\("node-7"\)', dig("@127.0.0.1", "+nsid", "www.ibm.com")), "the identifier, to who asks for it")
    check("NSID" not in dig("@127.0.0.1", "www.ibm.com"), "and to nobody else")
    # Strangers learn nothing: neither who we are nor what the cache holds.
    for name, words in (("version.bind", ("CH", "TXT")), (".", ("NS", "+norecurse")), ("www.ibm.com", ("A", "+norecurse"))):
        text = dig("-b", "127.0.0.2", "@127.0.0.1", *words, name, "+nsid")
        check("status: REFUSED" in text and "ANSWER: 0" in text and "node-7" not in text, text)
    d.stop()


if __name__ == "__main__":
    main(dig_traces, as_configured)
