#!/usr/bin/env python3
"""raiz-lab as its users see it: dig asks its servers, at mapped addresses and at the real ones."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

LAB = os.environ["RAIZ_LAB"]
FOLDER = os.environ["SOURCE_DIR"] + "/tools/lab"
WORK = os.environ["WORK"]
failures = []
checks = 0


def check(ok, what):
    global checks
    checks += 1
    if not ok:
        failures.append(what)
        print("FAILED:", what)


class Lab:
    """A running raiz-lab; its map file appears when all sockets are open."""

    def __init__(self, *arguments, name="lab", port=5301):
        self.port = port
        self.files = {k: "%s/%s.%s" % (WORK, name, k) for k in ("map", "log", "stats", "out")}
        command = [LAB, "--dir", FOLDER, "--port", str(port), "--map-file", self.files["map"], "--log",
                   self.files["log"], "--stats-file", self.files["stats"], *arguments]
        self.process = subprocess.Popen(command, stdout=open(self.files["out"], "w"), stderr=subprocess.STDOUT)
        for _ in range(200):
            if os.path.exists(self.files["map"]) or self.process.poll() is not None:
                break
            time.sleep(0.05)
        check(os.path.exists(self.files["map"]), "%s starts: %s" % (name, open(self.files["out"]).read()))
        self.map = dict(line.split()[:2] for line in open(self.files["map"]) if not line.startswith("#"))

    def dig(self, real, *question, timeout=2):
        """Header fields and sections of an answer; None if there is none."""
        command = ["dig", "+norecurse", "+tries=1", "+time=%d" % timeout, "+nocookie", "@" + self.map[real], "-p",
                   str(self.port), *question]
        text = subprocess.run(command, capture_output=True, text=True).stdout
        header = re.search(r"status: (\w+).*\n;; flags: ([a-z ]*);", text)
        if not header:
            return None
        answer = {"status": header.group(1), "flags": header.group(2).split(), "text": text, "edns": "EDNS: " in text}
        for section in ("ANSWER", "AUTHORITY", "ADDITIONAL"):
            body = re.search(r";; %s SECTION:\n((?:.+\n)*)" % section, text)
            answer[section.lower()] = [re.sub(r"\s+", " ", l) for l in body.group(1).splitlines()] if body else []
        return answer

    def log(self):
        return [line.split(" ") for line in open(self.files["log"]).read().splitlines()]

    def counts(self):
        before = os.path.exists(self.files["stats"]) and os.stat(self.files["stats"]).st_mtime_ns
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(200):
            if os.path.exists(self.files["stats"]) and os.stat(self.files["stats"]).st_mtime_ns != before:
                break
            time.sleep(0.02)
        return json.load(open(self.files["stats"]))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(10) == 0, "ends with status 0: " + open(self.files["out"]).read()[-2000:])


def lecture(lab):
    """The walk of the lecture, step by step: root, com, networkutopia.com."""
    a = lab.dig("198.41.0.4", "www.networkutopia.com")
    check(a["status"] == "NOERROR" and "aa" not in a["flags"] and not a["answer"], "the root refers: " + a["text"])
    check("com. 172800 IN NS a.gtld-servers.net." in a["authority"], "to com")
    check("a.gtld-servers.net. 172800 IN A 192.5.6.30" in a["additional"], "with glue, real address")
    a = lab.dig("192.5.6.30", "www.networkutopia.com")
    check("networkutopia.com. 172800 IN NS dns1.networkutopia.com." in a["authority"], "com refers")
    check("dns1.networkutopia.com. 172800 IN A 212.212.212.1" in a["additional"], "with the registrar's address")
    for server in ("212.212.212.1", "212.212.212.2"):
        a = lab.dig(server, "www.networkutopia.com")
        check(a["answer"] == ["www.networkutopia.com. 300 IN A 212.212.71.4"] and "aa" in a["flags"], "primary, secondary")
    a = lab.dig("212.212.212.1", "networkutopia.com", "MX")
    check(a["answer"] == ["networkutopia.com. 3600 IN MX 10 mail.networkutopia.com."], "MX")
    check(a["additional"][-1:] == ["mail.networkutopia.com. 3600 IN A 212.212.71.5"], "and its address")
    rows = [
        ("128.119.240.1", "gaia.cs.umass.edu", "A", "gaia.cs.umass.edu. 3600 IN A 128.119.245.12"),
        ("129.34.20.80", "www.ibm.com", "A", "www.ibm.com. 3600 IN CNAME servereast.backup2.ibm.com."),
        ("200.1.17.2", "www.elo.utfsm.cl", "A", "www.elo.utfsm.cl. 3600 IN A 200.1.17.5"),
        ("200.1.17.2", "-x", "200.1.17.195", "195.17.1.200.in-addr.arpa. 3600 IN PTR aragorn.elo.utfsm.cl."),
        ("200.1.17.2", "-x", "200.1.17.5", "5.17.1.200.in-addr.arpa. 3600 IN PTR www.elo.utfsm.cl."),
        ("131.215.9.2", "someschool.edu", "MX", "someschool.edu. 3600 IN MX 10 mail.someschool.edu."),
    ]
    for server, name, kind, want in rows:
        a = lab.dig(server, name, kind)
        check(a is not None and want in a["answer"], "%s %s: %s" % (name, kind, a and a["text"]))
    first = lab.dig("204.74.108.1", "relay1.west-coast.amazon.com")["answer"]
    check(len(first) == 6 and all(lab.dig("204.74.108.1", "relay1.west-coast.amazon.com")["answer"] == first
                                  for _ in range(5)), "the order is the file's, always")


def protocol(lab):
    """What a decent authoritative server does besides."""
    server = "212.212.212.1"
    a = lab.dig(server, "WwW.NetWorkUtopia.COM")
    check("WwW.NetWorkUtopia.COM." in a["text"].split("ANSWER SECTION")[1], "case of the question is kept")
    a = lab.dig(server, "nothing.networkutopia.com")
    check(a["status"] == "NXDOMAIN" and a["authority"][0].startswith("networkutopia.com. 600 IN SOA"),
          "NXDOMAIN with the SOA's negative TTL")
    check(lab.dig(server, "www.networkutopia.com", "AAAA")["status"] == "NOERROR", "NODATA")
    check(lab.dig(server, "www.ibm.com")["status"] == "REFUSED", "another zone: REFUSED")
    check(lab.dig(server, "-c", "CH", "version.bind", "TXT")["status"] == "REFUSED", "another class: REFUSED")
    check(lab.dig(server, "+opcode=NOTIFY", "networkutopia.com", "SOA")["status"] == "NOTIMP", "NOTIFY: NOTIMP")
    check(lab.dig(server, "+opcode=STATUS", "networkutopia.com", "SOA")["status"] == "NOTIMP", "STATUS: NOTIMP")
    check(lab.dig(server, "+edns=1", "+noednsneg", "www.networkutopia.com")["status"] == "BADVERS", "EDNS 1: BADVERS")
    check(lab.dig(server, "+nsid", "www.networkutopia.com")["text"].count("dns1.networkutopia.com.") == 1, "NSID")
    check(not lab.dig(server, "+noedns", "www.networkutopia.com")["edns"], "no EDNS asked, none given")
    check("do" in lab.dig(server, "+dnssec", "www.networkutopia.com")["text"].split("EDNS:")[1].split(";")[0],
          "DO comes back")
    check("rd" in lab.dig(server, "+recurse", "www.networkutopia.com")["flags"], "RD comes back, RA does not")
    # Sizes.
    big = "203.0.113.11"
    check("tc" in lab.dig(big, "+ignore", "many.big.org", "TXT")["flags"], "too big for UDP: TC")
    check(len(lab.dig(big, "many.big.org", "TXT")["answer"]) == 64, "whole over TCP")
    check("tc" in lab.dig(big, "+ignore", "+noedns", "some.big.org")["flags"], "too big for 512")
    check(len(lab.dig(big, "+ignore", "+bufsize=1232", "some.big.org")["answer"]) == 50, "not for 1232")
    check("tc" in lab.dig(big, "+ignore", "+bufsize=800", "some.big.org")["flags"], "but for 800")
    # The DS of a cut is the parent's, also where one server has both sides.
    check(lab.dig("198.51.100.2", "sub.kinds.org", "DS")["answer"], "DS from the parent's side")
    # Several questions on one connection.
    out = subprocess.run(["dig", "+norecurse", "+tcp", "+keepopen", "+short", "+tries=1", "@" + lab.map[server], "-p",
                          str(lab.port), "www.networkutopia.com", "mail.networkutopia.com", "ftp.networkutopia.com"],
                         capture_output=True, text=True).stdout.split()
    check(out == ["212.212.71.4", "212.212.71.5", "www.networkutopia.com.", "212.212.71.4"], "keepopen: %s" % out)


def habits(lab):
    """What goes wrong goes wrong."""
    check(lab.dig("203.0.113.5", "www.dead.org", timeout=1) is None, "silent")
    check(lab.dig("203.0.113.5", "+tcp", "www.dead.org", timeout=1) is None, "silent over TCP")
    a = lab.dig("203.0.113.1", "www.lame.org")
    check(a["status"] == "NOERROR" and "aa" not in a["flags"] and not a["answer"] and
          a["authority"][0].startswith(". "), "lame: refers upwards")
    check(lab.dig("203.0.113.2", "www.lame.org")["status"] == "REFUSED", "refuse")
    a = lab.dig("203.0.113.9", "+ignore", "www.truncate.org")
    check("tc" in a["flags"] and not a["answer"], "truncate")
    check(lab.dig("203.0.113.9", "www.truncate.org")["answer"], "truncate, over TCP")
    check(lab.dig("203.0.113.10", "+tcp", "www.notcp.org", timeout=1) is None, "no-tcp")
    check(lab.dig("203.0.113.22", "www.tcponly.org", timeout=1) is None, "tcp-only")
    check(lab.dig("203.0.113.22", "+tcp", "www.tcponly.org")["answer"], "tcp-only, over TCP")
    check(lab.dig("203.0.113.15", "www.broken.org")["status"] == "SERVFAIL", "servfail")
    check(lab.dig("203.0.113.14", "www.broken.org", timeout=1) is None, "wrong-id")
    check(lab.dig("203.0.113.13", "www.broken.org", timeout=1) is None, "garbage")
    a = lab.dig("203.0.113.16", "+noednsneg", "+nobadcookie", "www.noedns.org")
    check(a["status"] == "FORMERR" and not a["edns"], "noedns")
    check(lab.dig("203.0.113.16", "+noedns", "www.noedns.org")["answer"], "noedns, without EDNS")
    check(lab.dig("203.0.113.17", "www.dropedns.org", timeout=1) is None, "dropedns")
    check(lab.dig("203.0.113.17", "+noedns", "www.dropedns.org")["answer"], "dropedns, without EDNS")
    a = lab.dig("203.0.113.24", "www.plain.org")
    check(a["answer"] and not a["edns"], "plain")
    a = lab.dig("203.0.113.20", "wWw.LowerCase.orG")
    check("www.lowercase.org." in a["text"].split("QUESTION SECTION")[1].split("\n")[1], "lowercase")
    check(lab.dig("203.0.113.21", "very.deep.ent.org")["status"] == "NXDOMAIN", "ent-nxdomain")
    check(lab.dig("203.0.113.21", "www.ent.org", "TXT")["status"] == "NOERROR", "ent-nxdomain: NODATA stays")
    started = time.monotonic()
    check(lab.dig("203.0.113.18", "www.slow.org")["answer"], "slow")
    check(0.4 <= time.monotonic() - started < 1.5, "slow takes its time")
    started = time.monotonic()
    check(lab.dig("203.0.113.18", "+tcp", "www.slow.org")["answer"], "slow over TCP")
    check(0.4 <= time.monotonic() - started < 1.5, "slow takes its time over TCP")


def records(lab):
    """Every question is a line and a count."""
    lines = len(lab.log())
    before = {s["address"]: s for s in lab.counts()["servers"]}
    lab.dig("212.212.212.1", "wWw.networkutopia.com", "+dnssec")
    lab.dig("212.212.212.1", "+tcp", "+noedns", "+cd", "+noad", "networkutopia.com", "MX")
    lab.dig("212.212.212.1", "+noedns", "+noad", "www.ibm.com", "NS")
    log = lab.log()[lines:]
    check(len(log) == 3, "three lines: %s" % log)
    names = [(l[1], l[2], l[3], l[5], l[6], l[7], l[8]) for l in log]
    check(names[0] == ("dns1.networkutopia.com.", "212.212.212.1", "udp", "wWw.networkutopia.com.", "A",
                       "ad,edns=1232,do", "NOERROR"), names[0])
    check(names[1] == ("dns1.networkutopia.com.", "212.212.212.1", "tcp", "networkutopia.com.", "MX", "cd", "NOERROR"),
          names[1])
    check(names[2] == ("dns1.networkutopia.com.", "212.212.212.1", "udp", "www.ibm.com.", "NS", "-", "REFUSED"), names[2])
    check(all(abs(float(l[0]) - time.time()) < 60 and re.match(r"[0-9.]+:\d+$", l[4]) for l in log), "time and client")
    counts = lab.counts()
    after = {s["address"]: s for s in counts["servers"]}
    grown = {k: after["212.212.212.1"][k] - before["212.212.212.1"][k] for k in after["212.212.212.1"]
             if isinstance(after["212.212.212.1"][k], int)}
    check((grown["udp"], grown["tcp"], grown["connections"], grown["answered"], grown["refused"], grown["edns"]) ==
          (2, 1, 1, 3, 1, 1), "counts: %s" % grown)
    check(sum(s["udp"] + s["tcp"] for s in counts["servers"]) == counts["total"]["udp"] + counts["total"]["tcp"] ==
          len(lab.log()), "lines, counts and total agree")


def mapped():
    lab = Lab()
    for number, address in enumerate(lab.map.values()):
        check(address == "127.54.%d.%d" % ((number + 1) // 256, (number + 1) % 256), "map: %s" % address)
    check("2001:503:ba3e::2:30" in lab.map, "IPv6 addresses are mapped too")
    a = lab.dig("2001:503:ba3e::2:30", ".", "NS")
    check(len(a["answer"]) == 3, "and answer")
    lecture(lab)
    protocol(lab)
    habits(lab)
    records(lab)
    lab.stop()
    check(json.load(open(lab.files["stats"]))["total"]["udp"] > 50, "counts are written at the end")


def lossy():
    """Loss and delay for all, the same with the same seed."""
    outcomes = []
    for run in range(2):
        lab = Lab("--loss", "50%", "--seed", "7", "--map", "127.60.0.0/24", name="lossy%d" % run, port=5302)
        query = b"\0\1" + bytes([0, 0, 0, 1] + [0] * 6) + bytes(1) + b"\0\2\0\1"  # . NS
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.connect(("127.60.0.1", 5302))
        for number in range(40):
            client.send(query)
            while len(lab.log()) <= number:
                time.sleep(0.005)
        outcomes.append([line[8] for line in lab.log()])
        lab.stop()
    check(outcomes[0] == outcomes[1], "chance repeats itself: %s" % outcomes)
    check(10 <= outcomes[0].count("lost") <= 30, "about half is lost: %s" % outcomes[0])


def types(records):
    """[(owner, type)], the type covered instead of RRSIG."""
    found = []
    for r in records:
        words = r.split(" ")
        found.append((words[0], words[3] if words[3] != "RRSIG" else "sig " + words[4]))
    return found


def signed_answers(lab):
    """RFC 4035 section 3.1 and RFC 5155 section 7.2: what comes with each kind of answer, for who sets DO."""
    signs, org = "203.0.113.25", "199.19.56.1"
    rows = [    # server, question, section, what stands in it
        ("212.212.212.1", "www.networkutopia.com A", "answer", [("www.networkutopia.com.", "A"), ("www.networkutopia.com.", "sig A")]),
        (org, "www.signs.org A", "authority", [("signs.org.", "NS"), ("signs.org.", "DS"), ("signs.org.", "sig DS")]),
        (org, "www.unsigned.org A", "authority", [("unsigned.org.", "NS"), ("unsigned.org.", "NSEC"), ("unsigned.org.", "sig NSEC")]),
        (org, "www.island.org A", "authority", [("island.org.", "NS"), ("island.org.", "NSEC"), ("island.org.", "sig NSEC")]),
        (signs, "signs.org MX", "authority", [("signs.org.", "SOA"), ("signs.org.", "sig SOA"), ("signs.org.", "NSEC"),
                                              ("signs.org.", "sig NSEC")]),
        # The zone below has no DS: its own SOA (RFC 4035 section 3.1.4.1). A server of both sides answers for the upper.
        (signs, "island.org DS", "authority", [("island.org.", "SOA"), ("island.org.", "sig SOA"), ("island.org.", "NSEC"),
                                               ("island.org.", "sig NSEC")]),
        (signs, "safe.optout.org DS", "answer", [("safe.optout.org.", "DS"), ("safe.optout.org.", "sig DS")]),
        ("198.51.100.2", "sub.kinds.org DS", "answer", [("sub.kinds.org.", "DS"), ("sub.kinds.org.", "sig DS")]),
        ("198.51.100.3", "sub.kinds.org DS", "authority", [("sub.kinds.org.", "SOA"), ("sub.kinds.org.", "sig SOA"),
                                                           ("sub.kinds.org.", "NSEC"), ("sub.kinds.org.", "sig NSEC")]),
        # Nothing closer than the wildcard.
        ("198.51.100.2", "x.wild.kinds.org A", "authority", [("stop.wild.kinds.org.", "NSEC"), ("stop.wild.kinds.org.", "sig NSEC")]),
        # RFC 6672 section 5.3.1: the CNAME made from a DNAME is not signed.
        (signs, "x.old.nsec3.org A", "answer", [("old.nsec3.org.", "DNAME"), ("old.nsec3.org.", "sig DNAME"),
                                                ("x.old.nsec3.org.", "CNAME")]),
        (signs, "www.nosig.org A", "answer", [("www.nosig.org.", "A")]),
        (signs, "nx.nonsec.org A", "authority", [("nonsec.org.", "SOA"), ("nonsec.org.", "sig SOA")]),
    ]
    for server, question, section, want in rows:
        a = lab.dig(server, "+dnssec", *question.split(" "))
        check(a is not None and types(a[section]) == want, "%s: %s, not %s" % (question, a and a["text"], want))
    # NSEC3: the closest encloser, what covers the next closer name, what covers the wildcard.
    for zone in ("nsec3.org", "optout.org", "iterations.org"):
        a = lab.dig(signs, "+dnssec", "nx." + zone)
        kinds = [k for _o, k in types(a["authority"])]
        check(a["status"] == "NXDOMAIN" and kinds.count("NSEC3") == kinds.count("sig NSEC3") == 3, "nx.%s: %s" % (zone, a["text"]))
    a = lab.dig(signs, "+dnssec", "www.plain.optout.org")
    check("NSEC3" not in a["text"], "a zone that is not signed has no proof: " + a["text"])
    # Who does not ask for it gets none of it.
    for server, name in (("212.212.212.1", "www.networkutopia.com"), (org, "www.signs.org"), (signs, "nx.nsec3.org")):
        a = lab.dig(server, name)
        check(not set(k for _o, k in types(a["answer"] + a["authority"])) - {"A", "NS", "SOA"}, "without DO: " + a["text"])


def signed_sizes(lab):
    """Signatures count: TC where they do not fit, whole over TCP."""
    a = lab.dig("203.0.113.11", "+dnssec", "+ignore", "+bufsize=1232", "many.big.org", "TXT")
    check("tc" in a["flags"] and not a["answer"], "too big for 1232")
    check(len(lab.dig("203.0.113.11", "+dnssec", "many.big.org", "TXT")["answer"]) == 65, "whole over TCP, with its signature")
    check("tc" in lab.dig("203.0.113.25", "+dnssec", "+ignore", "+bufsize=512", "nx.nsec3.org")["flags"], "a proof of 600 octets")
    check("tc" not in lab.dig("203.0.113.25", "+ignore", "+bufsize=512", "nx.nsec3.org")["flags"], "fits without it")


def signed():
    """--anchor-file signs; --write-zones shows what is served; keys are others with each start."""
    folder, anchors = WORK + "/zones", [WORK + "/anchor1", WORK + "/anchor2"]
    os.mkdir(folder)
    lab = Lab("--anchor-file", anchors[0], "--write-zones", folder, "--map", "127.62.0.0/16", name="signed", port=5303)
    signed_answers(lab)
    signed_sizes(lab)
    key = lab.dig("198.41.0.4", ".", "DNSKEY")["answer"]
    written = [l for l in open(folder + "/root.zone").read().splitlines() if " DNSKEY " in l and "RRSIG" not in l]
    check(len(key) == len(written) == 1 and key[0].replace(" ", "") == written[0].replace(" ", ""), "%s, %s" % (key, written))
    lab.stop()
    r = subprocess.run([LAB, "--dir", FOLDER, "--anchor-file", anchors[1], "--check"], capture_output=True, text=True)
    texts = [[l for l in open(a).read().splitlines() if l.startswith(". IN DS ")] for a in anchors]
    check(r.returncode == 0 and len(texts[0]) == len(texts[1]) == 1 and texts[0] != texts[1], "other keys: %s" % texts)


def real():
    """At the real addresses, on port 53: the namespace is ours."""
    lab = Lab("--add-addresses", name="real", port=53)
    lab.map = {"212.212.212.1": "212.212.212.1", "2001:503:ba3e::2:30": "2001:503:ba3e::2:30"}
    a = lab.dig("212.212.212.1", "www.networkutopia.com")
    check(a is not None and a["answer"], "real address")
    if os.path.exists("/proc/sys/net/ipv6"):
        a = lab.dig("2001:503:ba3e::2:30", "com", "NS")
        check(a is not None and a["authority"], "real IPv6 address")
    lab.stop()


def usage():
    """Wrong options and files are refused, with the reason."""
    rows = [
        (["--port", "0"], 2, "--port 0: write a port"),
        (["--map", "10.0.0.0/40"], 2, "--map 10.0.0.0/40: write an IPv4 network"),
        (["--loss", "20"], 2, "--loss 20: write a share"),
        (["--delay", "20"], 2, "--delay 20: write a time"),
        (["--nonsense"], 2, "--help"),
        (["more"], 2, "'more' is not an option"),
        (["--dir", WORK + "/none"], 1, "/none/lab.conf: No such file or directory"),
        (["--dir", FOLDER, "--map", "127.61.0.0/29"], 1, "too few addresses"),
        (["--dir", FOLDER, "--write-zones", WORK + "/none", "--check"], 1, "cannot write zones to"),
        (["--dir", FOLDER, "--anchor-file", WORK + "/none/x", "--check"], 1, "cannot write"),
        (["--dir", FOLDER, "--check"], 0, "zones, no errors"),
    ]
    for arguments, status, message in rows:
        r = subprocess.run([LAB, *arguments], capture_output=True, text=True)
        check(r.returncode == status and message in r.stdout + r.stderr, "%s: %d %s" % (arguments, r.returncode, r))
    text = subprocess.run([LAB, "--help"], capture_output=True, text=True).stdout
    for word in ("--map-file", "--print", "delay=20ms", "lame", "ent-nxdomain"):
        check(word in text, "--help tells of " + word)




usage()
mapped()
lossy()
signed()
real()
print("%d checks, %d failed" % (checks, len(failures)))
sys.exit(bool(failures))
