#!/usr/bin/python3
"""threats_dnssec_test.py: work and trust in signed zones: T54 to T60 and T76 to T88 of the threats that a resolver must withstand."""
import json
import struct
import time

from support import A, ANY, NOERROR, NXDOMAIN, SERVFAIL, SLOW, TXT, check, main, name_wire
from threat_signed import AD, CD, DNSKEY, DS, dnssec, signed_row, signed_world
from threat_support import Daemon, ede, in_threads, storm

d = None        # makes no answers from what it knows of others' (RFC 8198), so that every question reaches the row's servers
keen = None     # does


def daemon():
    return d


def children(number, **options):
    """Records of tN. that delegate NAME.tN. to its server .2, each with a DS of these options."""
    return "\n".join(f"{name} NS ns.{name}  ns.{name} A 10.55.{number}.2  ds {name} {how}" for name, how in options.items())


@signed_row(54, daemon)
def t54_keytrap(r):
    """KeyTrap: many keys with one tag, many signatures that do not fit, many DS; singly and together."""
    r.serve("zone t54. signed\n" + children(54, trap13="alg 13", trap14="alg 14", trap8="alg 8", trap16="alg 16", many="alg 15", sigs="alg 15",
            hash="alg 13 forged 600", lock="alg 13 forged 100", any="alg 13", fine="alg 13"))
    r.serve("""zone trap13.t54. signed alg 13 twins 200 forged 200  www A 192.0.2.1
        zone trap14.t54. signed alg 14 twins 100 forged 100  www A 192.0.2.1
        zone trap8.t54. signed alg 8 twins 100 forged 100  www A 192.0.2.1
        zone trap16.t54. signed alg 16 twins 100 forged 100  www A 192.0.2.1
        zone many.t54. signed twins 500 forged 200  www A 192.0.2.1
        zone sigs.t54. signed  www A 192.0.2.1
        zone hash.t54. signed alg 13 twins 200  www A 192.0.2.1
        zone lock.t54. signed alg 13 twins 100 forged 100  www A 192.0.2.1
        zone any.t54. signed alg 13  www A 192.0.2.1
        zone fine.t54. signed alg 13  www A 192.0.2.1""", at=2)
    for name in ("trap13", "trap14", "trap8", "trap16", "many", "hash", "lock"):
        c = r.cost(lambda n=name: print(name, ede(r.ask(f"www.{n}.t54."))))
        print(name, c)
    r.expect("www.fine.t54.", ad=True)


if __name__ == "__main__":
    ANCHORS = signed_world({54: "ds"})
    d = Daemon(settings=dnssec(ANCHORS, ", aggressive: false"), root="10.55.0.1")
    main(t54_keytrap)
    d.end()
