#!/usr/bin/python3
"""raizctl_test.py: every command of raizctl against raizd, which resolves in the lab."""
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

from support import PLAIN, RAIZCTL, SLOW, WORK, Raizd, ask_udp, authority, check, ctl, fail, flood, main, reply, soa

RAIZ_LAB = os.environ.get("RAIZ_LAB", "build/tools/raiz-lab/raiz-lab")
SOURCE_DIR = os.environ.get("SOURCE_DIR", ".")


lab = None


def start(**kw):
    """raizd whose Internet is the lab."""
    global lab
    address_map = os.path.join(WORK, "address-map")
    if lab is None:
        lab = subprocess.Popen([RAIZ_LAB, "-d", f"{SOURCE_DIR}/tools/lab", "-p", "5301", "-m", "127.54.0.0/16", "-f",
                                address_map, "-q"], stdin=subprocess.DEVNULL)
        until = time.monotonic() + 10 * SLOW
        while not os.path.exists(address_map) or os.path.getsize(address_map) == 0:
            if time.monotonic() > until:
                fail("the lab does not start")
            time.sleep(0.05)
        time.sleep(0.2 * SLOW)
    return Raizd(root="198.41.0.4", resolution=f", port: 5301, address-map: {address_map}", **kw)


def status_and_stats():
    d = start(listen=["127.0.0.1:5300", "[::1]:5300"], workers=2)
    for _ in range(3):
        check(ask_udp("www.networkutopia.com.").addresses() == ["212.212.71.4"], "the lab's data")
    r = ctl(d, "status")
    check(re.match(rf"raizd \S+ is running for \d+s: pid {d.process.pid}, 2 workers\n", r.out), f"first line of {r.out}")
    check("  listens on   127.0.0.1:5300, [::1]:5300\n" in r.out, r.out)
    check("  queries      3, 66.7 % of them answered from the cache\n" in r.out, r.out)
    rows = ctl(d, "--json", "status").rows()
    check(len(rows) == 1 and rows[0]["queries"] == 3 and rows[0]["hits"] == 2 and rows[0]["workers"] == 2, f"{rows}")
    check("done" not in rows[0] and "ok" not in rows[0], f"{rows}")
    text = ctl(d, "stats").out
    check(re.search(r"\n  misses +1  handed to the engine\n", text), text)
    check(re.search(r"\n  referrals +[1-9]", text), text)
    only = ctl(d, "stats", "cache").out
    check(only.startswith("cache\n") and "misses" not in only, only)
    numbers = ctl(d, "stats", "--json").rows()[0]
    check(numbers["front"]["udp"] == 3 and numbers["cache"]["rrsets"] > 0 and "texts" not in numbers, f"{numbers}")
    ctl(d, "stats", "sheep", code=2)
    d.stop()


def trace_draws_the_walk():
    d = start()
    cold = ctl(d, "trace", "www.networkutopia.com", "--cold").out
    shape = [re.sub(r" {2,}.*", "", line) for line in cold.splitlines()]
    check(shape[:7] == ["www.networkutopia.com. A", ".", "`- www.networkutopia.com. A", "com.", "`- www.networkutopia.com. A",
                        "networkutopia.com.", "`- www.networkutopia.com. A"], cold)
    check(re.search(r"dns\d\.networkutopia\.com\. 212\.212\.212\.\d +[\d.]+ ms  answer\n", cold), cold)
    check("\nwww.networkutopia.com. 300 IN A 212.212.71.4\n" in cold, cold)
    check(re.search(r"NOERROR in [\d.]+ m?s: 3 questions\n$", cold), cold)
    warm = ctl(d, "trace", "www.networkutopia.com").out
    check("is in the cache" in warm and "nobody was asked" in warm, warm)
    rows = ctl(d, "trace", "www.networkutopia.com", "--cold", "--json").rows()
    check([r["event"] for r in rows[:-1]].count("send") == 3, f"{rows}")
    check(rows[-1]["answer"]["answer"] == ["www.networkutopia.com. 300 IN A 212.212.71.4"], f"{rows[-1]}")
    drawn = ctl(d, "trace", "www.ibm.com", env={"LC_ALL": "C.UTF-8"}).out
    check("\n└─ servereast.backup2.ibm.com. A" in drawn and "now for servereast.backup2.ibm.com." in drawn, drawn)
    check("looks up the address of ns.ns-host.net. (A)" in ctl(d, "trace", "www.glueless.org", "--cold").out, "no glue")
    lesson = ctl(d, "trace", "www.networkutopia.com", "--cold", "--learn").out
    for words in ("The servers of . do not hold the answer, but they know who serves com.: that is where to ask next.",
                  "The servers of com. do not hold the answer, but they know who serves networkutopia.com.",
                  "this is the answer, and it is kept until its TTL ends"):
        check(lesson.count(words) == 1, f"{words} in {lesson}")
    check([x for x in lesson.splitlines() if x in cold.splitlines()][:2] == cold.splitlines()[:2], lesson)
    check("its real name is servereast.backup2.ibm.com." in ctl(d, "trace", "www.ibm.com", "--cold", "--learn").out, "an alias")
    check("saben quien sirve com.: alli" in ctl(d, "trace", "www.ibm.com", "--cold", "--learn", env={"LC_ALL": "es_ES"}).out, "in Spanish")
    check("preguntó hace poco" in ctl(d, "trace", "www.ibm.com", "--learn", env={"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "es_CL"}).out,
          "with its accents where they can be shown")
    gone = ctl(d, "trace", "gone.networkutopia.com").out
    check("does not exist" in gone and "NXDOMAIN in" in gone, gone)
    lame = ctl(d, "trace", "www.lame.org", code=1).out
    check("|- www.lame.org. A" in lame and "extended error 22, No Reachable Authority: LAME" in lame, lame)
    check(ctl(d, "trace", "www.lame.org", "--json", code=1).rows()[-1]["answer"]["rcode"] == "SERVFAIL", "json of a failure")
    ctl(d, "trace", "a..b", code=2)
    d.stop()


def query_is_a_client():
    d = start(listen=["127.0.0.1:5300", "[::1]:5300"])
    r = ctl(d, "query", "www.ibm.com").lines
    check(re.match(r"NAME +TYPE +TTL +DATA", r[0]), r[0])
    check(re.match(r"www\.ibm\.com\. +CNAME +1h +servereast\.backup2\.ibm\.com\.", r[1]), r[1])
    check(re.match(r"servereast\.backup2\.ibm\.com\. +A +1h +129\.42\.16\.99", r[2]), r[2])
    check(re.match(r"NOERROR from 127\.0\.0\.1:5300 in [\d.]+ ms, \d+ octets", r[4]), r[4])
    check(ctl(d, "query", "--short", "mx", "networkutopia.com").out == "10 mail.networkutopia.com.\n", "MX")
    check(ctl(d, "query", "--short", "200.1.17.5").out == "www.elo.utfsm.cl.\n", "reverse")
    check(ctl(d, "query", "--short", "--tcp", "www.elo.utfsm.cl", "@[::1]:5300").out == "200.1.17.5\n", "TCP over IPv6")
    one, two = (ctl(d, "query", "--short", "relay1.west-coast.amazon.com").lines for _ in range(2))
    check(one != two and sorted(one) == sorted(two) and len(one) > 1, f"rotation: {one} {two}")
    gone = ctl(d, "query", "gone.ibm.com").out
    check("gone.ibm.com. does not exist\n" in gone and "NXDOMAIN from" in gone, gone)
    check("www.networkutopia.com. has no TXT\n" in ctl(d, "query", "www.networkutopia.com", "TXT").out, "NODATA")
    failed = ctl(d, "query", "www.lame.org", code=1).out
    check("SERVFAIL from" in failed and "extended error 22, No Reachable Authority: LAME" in failed, failed)
    o = ctl(d, "query", "www.ibm.com", "--json").rows()[0]
    check(o["rcode"] == "NOERROR" and o["answer"][1]["data"] == "129.42.16.99" and "ra" in o["flags"], f"{o}")
    check("RRSIG" not in ctl(d, "query", "ibm.com", "SOA", "--dnssec").out, "the lab is not signed")
    nothing = ctl(d, "query", "www.ibm.com", "@127.0.0.1:5399", "--timeout", "2", code=9)
    check(nothing.err.startswith("raizctl: no answer from 127.0.0.1:5399: "), nothing.err)
    d.stop()
    ctl(d, "query", "www.ibm.com", code=3)      # where raizd listens is not known
    wild = start(listen=["0.0.0.0:5300"])
    check(ctl(wild, "query", "--short", "www.ibm.com").lines[-1] == "129.42.16.99", "a wildcard address is asked on loopback")
    wild.stop()


def cache_is_shown():
    d = start()
    for name in ("www.ibm.com.", "gone.ibm.com.", "www.networkutopia.com."):
        ask_udp(name)
    ask_udp("www.networkutopia.com.", 28)
    ask_udp("www.lame.org.")
    shown = ctl(d, "cache", "show", "www.ibm.com").out
    check(re.search(r"^www\.ibm\.com\. \d+ IN CNAME servereast\.backup2\.ibm\.com\. ; (59m \d+s|1h)/1h, from 129\.34\.20\.80 "
                    r"\(ibm\.com\.\), authoritative answer$", shown, re.M), shown)
    check("; what bears on www.ibm.com.:\n; delegation of ibm.com.\nibm.com. " in shown, shown)
    check(re.search(r"^; www\.networkutopia\.com\. has no AAAA ; ", ctl(d, "cache", "show", "www.networkutopia.com").out, re.M),
          "NODATA")
    below = ctl(d, "cache", "show", "a.b.gone.ibm.com").out
    check("; gone.ibm.com. does not exist, nor anything below it ; " in below, below)
    check("; nothing is known of a.b.gone.ibm.com itself\n" in below, below)
    lame = ctl(d, "cache", "show", "www.lame.org").out
    check(re.search(r"^; www\.lame\.org\. A failed 1 time: every name server .*; not tried again for [1-5]s$", lame, re.M), lame)
    # A zone file but for its comments, in canonical order: a zone's names stand together.
    listed = ctl(d, "cache", "ls").lines
    owners = [line.split()[0] for line in listed if not line.startswith(";")]
    check(all(re.match(r"\S*\. \d+ IN [A-Z]+ \S", line) for line in listed if not line.startswith(";")), f"{listed}")
    check(owners.index("ibm.com.") < owners.index("www.ibm.com.") < owners.index("networkutopia.com."), f"{owners}")
    under = ctl(d, "cache", "ls", "--under", "ibm.com").out
    check("networkutopia" not in under and "servereast.backup2.ibm.com. " in under, under)
    rows = ctl(d, "cache", "ls", "--json").rows()
    check({"rrset", "nodata", "nxdomain", "delegation", "failure"} == {r["kind"] for r in rows}, f"{rows}")
    check(len(ctl(d, "cache", "ls", "--json", "--limit", "3").rows()) == 3, "limit")
    # Forgetting.
    check(ctl(d, "cache", "flush", "www.networkutopia.com", "--type", "AAAA").out == "1 entry forgotten\n", "one type")
    check(ctl(d, "cache", "flush", "www.networkutopia.com").out == "1 entry forgotten\n", "one name")
    check(ctl(d, "cache", "flush", "www.networkutopia.com").out == "0 entries forgotten\n", "nothing left")
    check(ctl(d, "cache", "flush", ".", "--tree").out.endswith(" entries forgotten\n"), "all")
    check(ctl(d, "cache", "ls").out == "; nothing\n", "an empty cache")
    check(ctl(d, "query", "--short", "www.ibm.com").lines[-1] == "129.42.16.99", "found again")
    ctl(d, "cache", "show", "a..b", code=2)
    d.stop()


def long_lists_and_short_readers():
    authority("10.53.0.1")
    d = Raizd()
    for i in range(3000):
        check(ask_udp(f"host{i}.test.", tries=3) is not None, f"answer {i}")
    listed = ctl(d, "cache", "ls", "--under", "test").lines
    check(len([line for line in listed if re.match(r"host\d+\.test\. ", line)]) == 3000, f"{len(listed)} lines")
    # A reader that goes away early, or never reads, holds nothing up.
    pipe = subprocess.run(f"'{RAIZCTL}' -s '{d.socket}' --json cache ls | head -n 1", shell=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True)
    check(pipe.stdout.count(b"\n") == 1 and pipe.stderr == b"", f"{pipe}")
    idle = socket.socket(socket.AF_UNIX)
    idle.connect(d.socket)
    idle.sendall(b'{"verb": "cache.ls"}\n')
    check(ctl(d, "status").code == 0 and ask_udp("host1.test.") is not None, "another client is served meanwhile")
    idle.close()
    check(ctl(d, "cache", "flush", "test", "--tree").out == "3,000 entries forgotten\n", "the tree")
    d.stop()


def inflight_shows_work():
    authority("10.53.0.1", lambda q, tcp, peer: None)
    d = Raizd()
    check(ctl(d, "inflight").out.startswith(("no resolution", "  ", ".")), "only priming may be under way")
    client = subprocess.Popen([RAIZCTL, "-s", d.socket, "query", "silent.test", "TXT"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=PLAIN)
    until = time.monotonic() + 5 * SLOW
    while "silent.test." not in (text := ctl(d, "inflight").out):
        check(time.monotonic() < until, f"it is not shown: {text}")
        time.sleep(0.05)
    check(re.search(r"^silent\.test\. +TXT +[\d.]+ m?s  \S+ +\d+ sent +1 waiting  in \.", text, re.M), text)
    row = [r for r in ctl(d, "inflight", "--json").rows() if r["name"] == "silent.test."][0]
    check(row["type"] == "TXT" and row["waiters"] == 1 and row["child"] is False, f"{row}")
    client.kill()
    client.wait()
    d.stop()


def servers_and_the_tree():
    d = start()
    for name in ("www.ibm.com.", "gone.ibm.com.", "www.networkutopia.com.", "www.lame.org.", "www.halfdead.org."):
        ask_udp(name)
    of_zone = ctl(d, "servers", "www.ibm.com").lines
    check(len(of_zone) == 1 and re.match(r"129\.34\.20\.80 ns1\.ibm\.com\. +rtt [\d.]+ ms \(± [\d.]+ ms\)  answered \d of \d  EDNS yes"
                                         r"(  0x20)?$", of_zone[0]), f"{of_zone}")
    lame = ctl(d, "servers", "lame.org").out
    check("203.0.113.1 ns1.lame.org." in lame and "not asked for now: does not serve the zone" in lame, lame)
    check("not asked for now: refused" in lame, lame)
    rows = ctl(d, "servers", "--json", "--limit", "3").rows()
    check(len(rows) == 3 and [r["asked"] for r in rows] == sorted((r["asked"] for r in rows), reverse=True), f"{rows}")
    check("these are asked most, of " in ctl(d, "servers", "--limit", "3").out, "there are more")
    check(ctl(d, "servers", "forget", "129.34.20.80").out == "1 entry forgotten\n", "one")
    check("129.34.20.80 ns1.ibm.com." in (out := ctl(d, "servers", "ibm.com").out) and "not asked lately" in out, out)
    check(re.match(r"\d+ entries forgotten\n", ctl(d, "servers", "forget", "all").out), "all")
    check(ctl(d, "servers").out == "no server is known\n", "none is left")
    ctl(d, "servers", "forget", "nobody", code=2)
    # The tree: each level is the sum of what is below it and its own.
    rows = ctl(d, "cache", "tree", "--json", "--depth", "3").rows()
    nodes = {r["name"]: r for r in rows}
    check(rows[0]["name"] == "." and rows[0]["entries"] == len(ctl(d, "cache", "ls", "--json").rows()), f"{rows[0]}")
    check(nodes["ibm.com."]["nxdomains"] == 1 and nodes["ibm.com."]["delegations"] == 1 and nodes["lame.org."]["failures"] == 1, f"{nodes}")
    for r in rows:
        check(r["entries"] == sum(r[k] for k in ("rrsets", "nodata", "nxdomains", "delegations", "failures")), f"{r}")
    text = ctl(d, "cache", "tree", "com").lines
    check(re.match(r"com\. +\d+  .*delegation", text[0]) and any(re.match(r"  ibm\.com\. +\d+  ", x) for x in text[1:]), f"{text}")
    check(ctl(d, "cache", "tree", "nothing.test").out == "nothing\n", "nothing there")
    ctl(d, "cache", "tree", "--depth", "9", code=2)
    # What a flush would take is what it takes.
    for words in (["ibm.com", "--tree"], ["www.lame.org", "A"], ["www.networkutopia.com"]):
        would = ctl(d, "cache", "flush", *words, "--dry-run").out
        check(would.endswith(" would be forgotten\n") and would[0] != "0", would)
        check(ctl(d, "cache", "flush", *words, "--dry-run").out == would, "nothing has gone")
        check(ctl(d, "cache", "flush", *words).out == would.replace(" would be", ""), f"{words}: {would}")
    check(ctl(d, "cache", "stats").out.startswith("cache\n"), "cache stats")
    d.stop()


def words_of_others_and_the_log():
    d = start()
    ask_udp("www.ibm.com.")
    check(ctl(d, "dump_cache").out == ctl(d, "cache", "ls").out, "unbound-control's")
    check("EDNS" in ctl(d, "dump-nsspeeds").out, "rec_control's")
    check(ctl(d, "flushtree", "ibm.com").out.endswith(" forgotten\n") and "ibm" not in ctl(d, "cache", "ls").out, "rndc's, with --tree")
    check(ctl(d, "log", "level").out == "info\n", "as configured")
    check(ctl(d, "log", "level", "debug").out == "debug\n" and ctl(d, "log", "level").out == "debug\n", "changed")
    ask_udp("www.networkutopia.com.")
    check("www.networkutopia.com. A, not cached" in d.text(), "debug lines")
    check("'loud'" in ctl(d, "log", "level", "loud", code=2).err, "no such level")
    d.stop()


def garbage():
    """Each command: with names that are none, with 200 characters of garbage, with nobody listening."""
    d = start()
    rubbish = "".join(chr(33 + i * 7 % 94) for i in range(200)).replace("-", "x")
    named = [["explain"], ["cache", "show"], ["cache", "flush"], ["cache", "tree"], ["servers"], ["servers", "forget"], ["trace"],
             ["log", "level"], ["tail", "--rcode"], ["tail", "--under"], ["tail", "--client"], ["top", "--transport"], ["failures", "--under"]]
    for words in named:
        for bad in (rubbish, "a..b"):
            r = ctl(d, *words, bad, code=2)
            check(r.err.startswith("raizctl: ") and r.err.count("\n") == 1 and len(r.err) < 600 and r.out == "", f"{words}: {r.err}")
            ctl(d, "--json", *words, bad, code=2)
    d.stop()
    for words in (["explain", "a.test"], ["failures"], ["slow"], ["tail"], ["top"], ["servers"], ["servers", "forget", "all"], ["metrics"],
                  ["cache", "tree"], ["cache", "stats"], ["log", "level"], ["inflight"]):
        check("raizd is not running" in ctl(d, *words, code=3).err, f"{words}")


def answers_are_watched():
    d = start(workers=2)
    ask_udp("www.ibm.com.")
    tail = subprocess.Popen([RAIZCTL, "-s", d.socket, "tail", "--under", "com", "--limit", "4"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, encoding="utf-8", env=PLAIN)
    stream = subprocess.Popen([RAIZCTL, "-s", d.socket, "tail", "--rcode", "servfail", "--json"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", env=PLAIN)
    top = subprocess.Popen([RAIZCTL, "-s", d.socket, "top", "--for", f"{2 * SLOW}s"], stdout=subprocess.PIPE, encoding="utf-8", env=PLAIN)
    time.sleep(0.7 * SLOW)
    for name, kw in (("www.ibm.com.", {}), ("gone.ibm.com.", {}), ("www.lame.org.", {}), ("www.networkutopia.com.", {})):
        ask_udp(name, **kw)
    first = json.loads(stream.stdout.readline())    # a pipe gets it at once
    check(first["name"] == "www.lame.org." and first["failure"] == "ALL_LAME" and first["source"] == "miss", f"{first}")
    ctl(d, "query", "--tcp", "www.ibm.com")
    out, err = tail.communicate(timeout=20 * SLOW)
    lines = sorted(re.sub(r"^[\d:]{8} ", "", x) for x in out.splitlines())
    check(tail.returncode == 0 and err == "" and len(lines) == 4, f"{out}{err}")
    check(re.fullmatch(r"127\.0\.0\.1 +A +gone\.ibm\.com\. +NXDOMAIN +miss +[\d.]+ m?s", lines[0]), lines[0])
    check(re.fullmatch(r"127\.0\.0\.1 +A +www\.ibm\.com\. +NOERROR +hit", lines[1]), lines[1])
    check(lines[2] == lines[1] + "  over TCP", lines[2])
    text = top.communicate(timeout=20 * SLOW)[0]
    check(re.search(r"^names\n +\d  \S+", text) and re.search(r"^failures\n +1  www\.lame\.org\. A$", text, re.M), text)
    check(re.search(r"^clients\n +\d  127\.0\.0\.1$", text, re.M) and re.search(r"\n\d answers in [\d.]+ s, \d of them", text), text)
    d.stop()
    check(stream.wait(10 * SLOW) == 1 and "closed the connection" in stream.stderr.read(), "the end of raizd ends it")
    ctl(os.path.join(WORK, "no.sock"), "tail", code=3)


def top_on_a_terminal():
    """Second by second on a screen of its own; q ends it, as does the interrupt key; the terminal is as it was before."""
    d = start()
    for key in (b"q", b"\x03", None):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(RAIZCTL, [RAIZCTL, "-s", d.socket, "top"], {**PLAIN, "TERM": "xterm"})
        seen, until = b"", time.monotonic() + 20 * SLOW
        while seen.count(b"answers in") < 3:
            check(time.monotonic() < until, f"it is drawn again and again: {seen}")
            ask_udp("www.ibm.com.")
            if select.select([terminal], [], [], 0.05)[0]:
                seen += os.read(terminal, 65536)
        check(seen.startswith(b"\033[?1049h\033[?25l") and b"www.ibm.com." in seen and b"q ends" in seen, f"{seen}")
        if key is None:
            d.process.kill()        # what fails is told on the other screen
        else:
            os.write(terminal, key)
        while True:
            try:
                more = os.read(terminal, 65536)
            except OSError:
                break
            if not more:
                break
            seen += more
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        last = seen[seen.rindex(b"\033[?25h\033[?1049l"):]
        check(code == (0 if key else 1) and (b"closed the connection" in last) == (key is None), f"{code}: {last}")
        os.close(terminal)


def a_reader_that_does_not_read():
    """It holds up nobody; what it misses is counted."""
    d = start()
    ask_udp("www.ibm.com.")
    idle = socket.socket(socket.AF_UNIX)
    idle.connect(d.socket)
    idle.sendall(b'{"verb": "tail"}\n')
    time.sleep(0.3 * SLOW)
    unread = flood("www.ibm.com.", 20000)  # its socket stays open
    check(ask_udp("www.networkutopia.com.").rcode == 0 and ctl(d, "status").code == 0, "others are served meanwhile")
    idle.settimeout(5 * SLOW)
    data = b""
    while b'"dropped"' not in data:
        data = data[-200:] + idle.recv(65536)
    idle.close()
    check(d.rss_kib() < 200000, f"{d.rss_kib()} KiB")
    d.stop()


def more_clients_than_places():
    """There are places for 16 at a time: who comes later waits for one, and is told so when none gets free."""
    authority("10.53.0.1")
    d = Raizd()
    staying = []

    def stay(n):
        while len(staying) < n:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(10 * SLOW)
            s.connect(d.socket)
            s.sendall(b'{"verb": "status"}\n')
            check(b'"ok":true' in s.recv(65536), "it is served")
            staying.append(s)
    stay(15)
    crowd = [subprocess.Popen([RAIZCTL, "-s", d.socket, "status", "--timeout", "60"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=PLAIN) for _ in range(40)]
    for client in crowd:
        text = client.communicate(timeout=60 * SLOW)[0]
        check(client.returncode == 0 and text.startswith(b"raizd "), f"one after the other they are served: {text}")
    stay(16)
    for _ in range(2):
        refused = ctl(d, "status", code=1).err
        check("raizd has 16 other clients on its control socket" in refused, refused)
    staying.pop().close()
    until = time.monotonic() + 20 * SLOW
    while subprocess.run([RAIZCTL, "-s", d.socket, "status"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
        check(time.monotonic() < until, "one has gone, which raizd sees sooner or later")
    stay(16)
    d.stop()


def requests_that_come_late():
    """A client has five seconds for its request, by its own clock: what has come by then is answered also by a raizd that slept."""
    authority("10.53.0.1")
    d = Raizd()
    clients = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for s in clients:
        s.settimeout(20 * SLOW)
        s.connect(d.socket)
    ctl(d, "status")        # they have been taken
    d.process.send_signal(signal.SIGSTOP)
    clients[0].sendall(b'{"verb": "status"}\n')
    clients[1].sendall(b'{"verb": ')
    time.sleep(5.5)
    d.process.send_signal(signal.SIGCONT)
    first, second, third = (json.loads(s.makefile().readline()) for s in clients)
    check(first["ok"] and first["pid"] == d.process.pid, f"{first}")
    for late in (second, third):
        check(not late["ok"] and late["error"] == "no whole request came within 5 s", f"{late}")
    d.stop()


def exit_codes():
    authority("10.53.0.1", lambda q, tcp, peer: reply(q, authority=[soa()]))
    d = Raizd()
    check("did you mean 'status'" in ctl(d, "statsu", code=2).err, "a slip of the pen")
    check("raizd is not running" in ctl(os.path.join(WORK, "no.sock"), "status", code=3).err, "no socket")
    os.chmod(d.socket, 0)       # root without the power to pass by permissions is like anybody else
    denied = ctl(d, "status", code=4, before=["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
    check("no permission" in denied.err, denied.err)
    os.chmod(d.socket, 0o660)
    os.kill(d.process.pid, signal.SIGSTOP)
    check("no reply from raizd within 1 s" in ctl(d, "status", "--timeout", "1", code=9).err, "a daemon that hangs")
    os.kill(d.process.pid, signal.SIGCONT)
    env = subprocess.run([RAIZCTL, "status"], env={**PLAIN, "RAIZ_SOCKET": d.socket}, stdout=subprocess.PIPE, check=False)
    check(env.returncode == 0 and env.stdout.startswith(b"raizd "), "RAIZ_SOCKET")
    coloured = ctl(d, "status", "--color", "always").out
    check("\033[32m" in coloured and "\033" not in ctl(d, "status").out, "colour")
    check(re.match(r"raizd \(pid \d+\) is stopping\n", ctl(d, "stop").out), "stop")
    check(d.process.wait(10 * SLOW) == 0, "raizd ends with 0")
    ctl(d, "status", code=3)


main(status_and_stats, trace_draws_the_walk, query_is_a_client, cache_is_shown, long_lists_and_short_readers,
     inflight_shows_work, servers_and_the_tree, words_of_others_and_the_log, garbage,
     answers_are_watched, top_on_a_terminal, a_reader_that_does_not_read, more_clients_than_places, requests_that_come_late,
     exit_codes)
