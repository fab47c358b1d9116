#!/usr/bin/python3
"""random_names_test.py: random names below a signed zone reach its servers once for each span between its names (RFC 8198).

RANDOM_NAMES in the environment says how many are asked for, and ZONE_NAMES how many the zone has: a thousandth of them, if it is
not said."""
import os
import time

from support import A, NXDOMAIN, SLOW, Raizd, check, main
from threat_signed import AD, dnssec, dnssec_query, exchange, signed_world, signer
from threat_support import storm

NAMES = int(os.environ.get("RANDOM_NAMES", 20000))
OF_ZONE = int(os.environ.get("ZONE_NAMES", max(40, NAMES // 1000)))
ADDRESS = "10.55.1.1"
d = None


def random_names(zone, how):
    """Each is denied, nearly all by what is known of the zone; at most one question in a hundred goes to its servers."""
    signer().serve(ADDRESS, f"""forget  zone t1. signed  z1 NS ns.z1  ns.z1 A {ADDRESS}  ds z1  z2 NS ns.z2  ns.z2 A {ADDRESS}  ds z2
        zone {zone} signed {how}  *.w A 192.0.2.1\n""" + "\n".join(f"{scatter(i)} A 192.0.2.1" for i in range(OF_ZONE)))
    signer().say("report")
    began, cpu, before = time.monotonic(), d.cpu_s(), d.stats()
    result = storm("ask", "--server", "127.0.0.1:5300", "--names", NAMES, "--window", 20, "--name", f"%~.{zone}", "--timeout", 5000 * SLOW,
                   "--tries", 3)
    took, cpu, after = time.monotonic() - began, d.cpu_s() - cpu, d.stats()
    asked = signer().say("report")["counts"][ADDRESS]
    sent = sum(after[k] - before[k] for k in ("sends_udp", "sends_tcp"))
    print(f"   {zone} {how or 'nsec'}: {NAMES} names, {OF_ZONE} in the zone: {asked} questions upstream ({100 * asked / NAMES:.3f} %), "
          f"{after['synthesised'] - before['synthesised']} answers made, {took:.1f} s, {cpu / NAMES * 1e6:.1f} us of CPU each")
    check(result["denied"] == NAMES, f"{result}")
    check(asked <= NAMES // 100 and sent <= NAMES // 100, f"{asked} questions, {sent} sent")
    check(after["synthesised"] - before["synthesised"] >= NAMES * 98 // 100, "answers were made")
    m = exchange(("127.0.0.1", 5300), dnssec_query(f"another.{zone}", A))
    check(m.rcode == NXDOMAIN and m.flags & AD, f"proven: {m.rcode} {m.flags:x}")


def scatter(i):
    """Names all over the space of those that are asked for."""
    return f"{i * 0x9e3779b1 & 0xffffffff:08x}"


def nsec():
    random_names("z1.t1.", "")


def nsec3():
    random_names("z2.t1.", "nsec3")


if __name__ == "__main__":
    ANCHORS = signed_world({1: "ds"})
    d = Raizd(root="10.55.0.1", settings=dnssec(ANCHORS))
    main(nsec, nsec3)
    d.stop()
