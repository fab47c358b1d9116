#!/usr/bin/python3
"""rdata_peer_test.py: the rows of the rdata tests, read by dnspython.

The unit tests hold our code against tests/unit/dns/rdata_rows.def; this holds the rows against somebody else's reading
of the RFCs. Each row's text, and the text that raiz prints for it, must make the same octets there. Types that dnspython
does not know are left out, and so is everything when it is not installed.
"""
import os
import re
import sys

try:
    import dns.name
    import dns.rdata
    import dns.rdatatype
except ImportError:
    print("left out: python3-dnspython is not installed")
    sys.exit(0)

SOURCE = os.environ.get("SOURCE_DIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ORIGIN = dns.name.from_text("example.")
LEAST = 120  # rows compared; fewer: the reading of the file below is broken

# Where dnspython 2.3 is known to differ, and why it is the one to differ.
KNOWN = {
    ("LOC", "10 30 s 20 15 e +5.5 15m 2 3.33m"): "takes no directions in lower case",
    ("CERT", "pkix 1 RSASHA256 AQID"): "takes no certificate types in lower case",
    ("IPSECKEY", "10 3 0 mygateway.example."): "wants a key always; RFC 4025 section 2.4 does not",
    ("NSEC", ". TYPE0 TYPE255 URI TYPE65535"): "refuses type 0",
    ("NID", "10 0:1:ffff:ABcd"): "wants four digits in every group",
    ("CAA", '255 a1 "\\255"'): "takes octets for characters and encodes them as UTF-8",
    ("DLV", "12345 8 2 00FF"): "wants digests as long as their type says",
    ("TKEY", "gss-tsig. 1767225600 1767312000 3 0 4 AQIDBA== 0"): "has a text of its own for TKEY",
    ("TKEY", "gss-tsig. 0 0 65535 65535 0 2 AQI="): "has a text of its own for TKEY",
    ("TSIG", ". 0 0 0 0 0 0"): "wants a MAC",
    ("SVCB", "1 svc.example. ohttp"): "is older than RFC 9540",
    ("SVCB", '1 svc.example. dohpath="/dns-query{?dns}"'): "is older than RFC 9461",
    ("LOC", "\\# 3 010203"): "knows version 0 only; RFC 1876 section 2 foresees others",
    ("AMTRELAY", "\\# 4 0A04ABCD"): "refuses relay types to come",
    ("IPSECKEY", "\\# 5 0A0402ABCD"): "refuses gateway types to come",
}

STRING = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
ROW = re.compile(r"ROW\((%s),\s*(%s),\s*(%s),\s*(%s|NULL),\s*(%s)\)" % ((STRING,) * 5))


def c_string(text):
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return re.sub(r"\\(.)", r"\1", "".join(parts))


def knows(name):
    try:
        code = dns.rdatatype.from_text(name)
    except dns.rdatatype.UnknownRdatatype:
        return False
    return dns.rdata.get_rdata_class(1, code) is not dns.rdata.GenericRdata


def octets(name, text):
    return dns.rdata.from_text("IN", name, text, origin=ORIGIN, relativize=False).to_wire().hex()


def main():
    compared, bad, used = 0, [], set()
    for match in ROW.finditer(open(os.path.join(SOURCE, "tests/unit/dns/rdata_rows.def")).read()):
        name, text, wire = (c_string(match.group(i)) for i in (1, 2, 3))
        printed = text if match.group(4) == "NULL" else c_string(match.group(4))
        if not knows(name):
            continue
        try:
            theirs = octets(name, text)
            again = octets(name, printed)
        except Exception as error:  # whatever it raises: it did not take the text
            theirs = again = "%s: %s" % (type(error).__name__, error)
        compared += 1
        if theirs == wire and again == wire:
            continue
        if (name, text) in KNOWN:
            used.add((name, text))
        else:
            bad.append("%s %s\n  raiz      %s\n  dnspython %s\n  printed   %s" % (name, text, wire, theirs, again))
    for row in sorted(set(KNOWN) - used):
        bad.append("%s %s: no difference any more, take it out of KNOWN" % row)
    if compared < LEAST:
        bad.append("only %d rows compared" % compared)
    print("\n".join(bad + ["%d rows compared, %d differ for known reasons" % (compared, len(used))]))
    return bool(bad)


sys.exit(main())
