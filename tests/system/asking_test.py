#!/usr/bin/python3
"""raizctl query, compare and watch: what docs/asking.md shows of them, in text; in JSON; and when something is wrong."""
import json
import os
import re
import subprocess
import time

from lab_support import Lab, Resolver, copy_zones, examples
from support import PLAIN, RAIZCTL, SLOW, check, ctl, main

DENIED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
RUBBISH = "".join(chr(33 + i * 7 % 94) for i in range(200)).replace("-", "x")


def timeless(text):
    """Without what differs from run to run: times, and the tags of keys made at each start."""
    text = re.sub(r"\d\d:\d\d:\d\d|\d+\.\d+ ms|\b\d+[dhms]( \d+[dhms])?\b|key \d+|\d+ octets|[\dT:-]+Z", "T", text)
    text = re.sub(r"fetched just now|known for T", "known", re.sub(r"; raizd has known it for T(, to ask anew.*)?", "", text))
    return re.sub(r" +", " ", text)


def as_documented():
    lab, raizd = Lab(), Resolver()
    codes = {"www.expired.org": 1, "203.0.113.2": 1, "212.212.71.9": 1}
    for verb in ("query", "compare", "watch"):
        for words, text in examples("asking.md", verb):
            got = ctl(raizd, *words, code=max(codes.get(w, 0) for w in words)).out
            check(timeless(got) == timeless(text), f"docs/asking.md shows of {words}\n{text}\nbut it prints\n{got}")
    o = ctl(raizd, "query", "www.unsigned.org", "--json").rows()[0]
    check({k: o["known"][k] for k in ("cause", "server", "zone", "security", "not_validated_zone")} ==
          {"cause": "CACHED", "server": "203.0.113.25", "zone": "unsigned.org.", "security": "insecure", "not_validated_zone": "unsigned.org."},
          f"{o}")
    time.sleep(1.1)
    check(ctl(raizd, "query", "www.unsigned.org", "--json").rows()[0]["known"]["age_s"] >= 1, "age")
    check("known" not in ctl(raizd, "query", "www.unsigned.org", "@203.0.113.25", "--json").rows()[0], "of another's answer raizd knows nothing")
    # Rotated data is the same; a TTL that has run is; validation is told, and makes no difference.
    r = ctl(raizd, "compare", "relay1.west-coast.amazon.com", "--with", "204.74.108.1", "--json").rows()[0]
    check(r["same_rcode"] and r["same_data"] and not r["same_validation"] and len(r["raizd"]["data"]) == 6, f"{r}")
    check(ctl(raizd, "compare", "gone.ibm.com", "--with", "129.34.20.80", "--tcp").lines[-1].startswith("the same; raizd has validated it"), "NXDOMAIN")
    r = ctl(raizd, "compare", "www.ibm.com", "--with", "203.0.113.2", "--json", code=1).rows()[0]
    check(not r["same_rcode"] and r["only_raizd"] == ["CNAME servereast.backup2.ibm.com.", "A 129.42.16.99"] and r["only_other"] == [], f"{r}")
    check(ctl(raizd, "compare", "www.ibm.com", "--with", "203.0.113.5", "--timeout", "1", code=9).err.startswith("raizctl: no answer from"), "silent")
    raizd.stop()
    lab.kill()


def a_change_arrives():
    """watch sees it when the TTL is over, and asks no name server more often than that."""
    zones = copy_zones(networkutopia_com="brief 3 A 212.212.71.9\nlong 300 A 212.212.71.9\nnote 3 TXT \"old words\"\n")
    lab, raizd = Lab(zones, signed=False), Resolver()
    watch = subprocess.Popen([RAIZCTL, "-s", raizd.socket, "watch", "brief.networkutopia.com", "--until", "212.212.71.10", "--for", "60s",
                              "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", env=PLAIN)
    first = json.loads(watch.stdout.readline())
    check(not first["found"] and first["data"] == "212.212.71.9" and 1 <= first["again_s"] <= 4, f"{first}")
    time.sleep(3.5)
    asked = [q for q in lab.new() if q[1].startswith("brief.")]
    check(len(asked) <= 2, f"asked more often than the TTL allows: {asked}")
    lab.kill()
    lab = Lab(copy_zones(networkutopia_com="brief 3 A 212.212.71.10\nnote 3 TXT \"new words\"\n"), signed=False)
    out, err = watch.communicate(timeout=60 * SLOW)
    rows = [json.loads(x) for x in out.splitlines()]
    check(watch.returncode == 0 and err == "" and rows[-1]["found"] and rows[-1]["data"] == "212.212.71.10", f"{out}{err}")
    check(ctl(raizd, "watch", "note.networkutopia.com", "TXT", "--until", "new words").out.count("there it is, after 0s") == 1, "a text")
    check(": there it is" in ctl(raizd, "watch", "www.ibm.com", "CNAME", "--until", "ServerEast.backup2.ibm.com").out, "a name")
    gone = ctl(raizd, "watch", "gone.networkutopia.com", "--until", "192.0.2.1", "--for", "1s", code=1)
    check("NXDOMAIN" in gone.lines[0] and "did not hold '192.0.2.1' within 1s" in gone.err, f"{gone.out}{gone.err}")
    raizd.stop()
    lab.kill()


def when_something_is_wrong():
    lab, raizd = Lab(signed=False), Resolver()
    verbs = (["query"], ["compare", "--with", "129.34.20.80"], ["watch", "--until", "192.0.2.1"])
    for verb in verbs:
        for bad in (RUBBISH, "a..b", "x" * 64 + ".org"):
            r = ctl(raizd, *verb, bad, code=2)
            check(r.err.startswith("raizctl: ") and r.err.count("\n") == 1 and len(r.err) < 600 and r.out == "", f"{verb}: {r.err}")
            ctl(raizd, "--json", *verb, bad, code=2)
        ctl(raizd, *verb, code=2)
    check("--with ADDRESS" in ctl(raizd, "compare", "www.ibm.com", code=2).err, "with whom")
    check("--until VALUE" in ctl(raizd, "watch", "www.ibm.com", code=2).err, "until what")
    check("is not an address" in ctl(raizd, "compare", "www.ibm.com", "--with", RUBBISH, code=2).err, "an address")
    os.chmod(raizd.socket, 0)
    for verb in verbs:
        check("no permission" in ctl(raizd, *verb, "www.ibm.com", code=4, before=DENIED).err, f"{verb}: a socket that is forbidden")
    os.chmod(raizd.socket, 0o660)
    raizd.stop()
    for verb in verbs:
        check("raizd is not running" in ctl(raizd, *verb, "www.ibm.com", code=3).err, f"{verb}: the daemon is down")
    lab.kill()


main(as_documented, a_change_arrives, when_something_is_wrong)
