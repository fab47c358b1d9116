#!/usr/bin/python3
"""raizctl mailroute and dnsbl: what docs/mail.md shows of it, in text; in JSON; and what it says when something is wrong."""
import os
import subprocess

from lab_support import Lab, Resolver, copy_zones, examples
from support import PLAIN, RAIZCTL, WORK, check, ctl, main

DENIED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]      # root without the power to pass by permissions
RUBBISH = "".join(chr(33 + i * 7 % 94) for i in range(200)).replace("-", "x")

CREPES = {
    "domain": "crepes.fr.", "secure": True, "exists": True, "route": "mx",
    "mx": [{"preference": 10, "random": False, "host": "mail.crepes.fr.", "secure": True,
            "addresses": [{"address": "193.55.130.25", "ptr": ["mail.crepes.fr."], "confirmed": True}],
            "dane": {"state": "none", "text": "none, and that is proven: senders take TLS if it is offered", "tlsa": []}}],
    "spf": {"state": "ok", "text": "", "record": "v=spf1 mx -all", "all": "-all", "lookups": 1, "lookups_max": 10, "void_lookups": 0,
            "void_lookups_max": 2},
    "dmarc": {"state": "none"}, "mta_sts": {"state": "none"}, "tls_rpt": {"state": "none"},
    "remarks": ["no DMARC: receivers do not learn what to do with forged mail",
                "TLS is not enforced on the way: neither DANE nor MTA-STS"],
    "deliverable": True, "verdict": "deliverable; weakest link: no DMARC: receivers do not learn what to do with forged mail (and more)",
    "server": "127.0.0.1:53", "questions": 12, "rounds": 3,
}


def as_documented():
    lab, raizd = Lab(), Resolver()
    for words, text in examples("mail.md", "mailroute"):
        code = 1 if "not deliverable" in text or "takes no mail" in text else 0
        got = ctl(raizd, *words, code=code).out
        check(got == text, f"docs/mail.md shows of {words}\n{text}\nbut it prints\n{got}")
    check(ctl(raizd, "mailroute", "crepes.fr", "--json").rows() == [CREPES], f"{ctl(raizd, 'mailroute', 'crepes.fr', '--json').out}")
    one = ctl(raizd, "--json", "mailroute", "someschool.edu").rows()[0]
    check([(h["preference"], h["host"]) for h in one["mx"]] ==
          [(10, "mail.someschool.edu."), (20, "backup.someschool.edu."), (30, "mail.hamburger.edu.")], f"{one}")
    check([h["dane"]["state"] for h in one["mx"]] == ["usable", "none", "none"], "DANE")
    check(one["mx"][0]["addresses"][0]["confirmed"] and not one["mx"][1]["addresses"][0]["confirmed"], "PTR")
    check(ctl(raizd, "mailroute", "bob@someschool.edu").out == ctl(raizd, "mailroute", "someschool.edu", "--tcp").out, "a mail address")
    two = ctl(raizd, "mailroute", "hamburger.edu", "--json").rows()[0]
    check([h["random"] for h in two["mx"]] == [True, True] and two["spf"]["lookups"] == 2, f"{two}")
    gone = ctl(raizd, "mailroute", "gone.crepes.fr", "--json", code=1).rows()[0]
    check(gone["route"] == "none" and not gone["exists"] and not gone["deliverable"], f"{gone}")
    broken = ctl(raizd, "mailroute", "expired.org", code=1).lines[-1]
    check(broken.startswith("verdict: mail waits at the sender: SERVFAIL (Signature Expired: BEXP: "), broken)
    check(len(ctl(raizd, "mailroute", "crepes.fr", "--color", "always").out.split("\033[32m")) > 2, "colour")
    raizd.stop()
    lab.kill()


def all_at_once():
    """The questions of a round go out together: as many rounds as the longest chain, however many includes stand side by side; what is
    lost on a slow way is waited for once."""
    wide = " ".join(f"include:s{i}.crepes.fr" for i in range(8))
    leaves = "".join(f's{i} TXT "v=spf1 a:s{i}.crepes.fr -all"\ns{i} A 192.0.2.{i}\n' for i in range(8))
    lab = Lab(copy_zones(crepes_fr=f'wide TXT "v=spf1 {wide} -all"\nwide A 193.55.130.9\n{leaves}'), signed=False)
    raizd = Resolver()
    r = ctl(raizd, "mailroute", "wide.crepes.fr", "--json").rows()[0]
    check(r["spf"]["lookups"] == 16 and r["spf"]["state"] == "error", f"{r['spf']}")
    check(r["rounds"] <= 4 and r["questions"] > 30, f"{r['rounds']} rounds, {r['questions']} questions")
    check("SPF is broken" in r["verdict"] and "it takes 16 lookups" in r["verdict"], r["verdict"])
    check(r["mx"][0]["dane"]["state"] == "insecure" and not r["secure"], "nothing is validated")
    asked = [q for q in lab.new() if q[1].startswith("s3.")]
    check(sorted(q[2] for q in asked) == ["A", "AAAA", "TXT"], f"each is asked for once: {asked}")
    raizd.stop()
    lab.kill()


def when_something_is_wrong():
    lab, raizd = Lab(signed=False), Resolver()
    for bad in (RUBBISH, "a..b", ".", "x" * 64 + ".org", "bob@"):
        for json in ([], ["--json"]):
            r = ctl(raizd, "mailroute", bad, *json, code=2)
            check(r.err.startswith("raizctl: '") and "is not a domain name" in r.err and r.err.count("\n") == 1 and r.out == "", r.err)
    ctl(raizd, "mailroute", code=2)
    silent = ctl(raizd, "mailroute", "crepes.fr", "--server", "127.0.0.1:5399", "--timeout", "2", code=9)
    check(silent.err.startswith("raizctl: no answer from 127.0.0.1:5399: ") and silent.out == "", silent.err)
    check(ctl(raizd, "mailroute", "crepes.fr", "--server", "nobody", code=2).err.startswith("raizctl: 'nobody' is not an address"), "server")
    os.chmod(raizd.socket, 0)
    check("no permission" in ctl(raizd, "mailroute", "crepes.fr", code=4, before=DENIED).err, "a socket that is forbidden")
    os.chmod(raizd.socket, 0o660)
    raizd.stop()
    check("raizd is not running" in ctl(raizd, "mailroute", "crepes.fr", code=3).err, "the daemon is down")
    lab.kill()
    helped = subprocess.run([RAIZCTL, "help", "mailroute"], stdout=subprocess.PIPE, env={**PLAIN, "WORK": WORK}, check=True).stdout
    check(b"--server" in helped and b"--tcp" in helped, "help")


def lists_are_asked():
    lab, raizd = Lab(), Resolver()
    for words, text in examples("mail.md", "dnsbl"):
        got = ctl(raizd, *words, code=1 if "LISTED" in text else 0).out
        check(got == text, f"docs/mail.md shows of {words}\n{text}\nbut it prints\n{got}")
    names = "bl.rbl.org,refuses.rbl.org,parked.rbl.org,empty.rbl.org,bl.lame.org"
    r = ctl(raizd, "dnsbl", "131.215.9.26", "--list", names, "--json", code=1).rows()[0]
    check([x["state"] for x in r["lists"]] == ["listed", "refused", "no_list", "silent", "failed"], f"{r}")
    check(r["lists"][0] == {"list": "bl.rbl.org", "state": "listed", "text": "", "codes": ["127.0.0.4"],
                            "reason": "seen sending spam on 2026-01-01"}, f"{r['lists'][0]}")
    check((r["listed"], r["clean"], r["told_nothing"], r["kind"]) == (1, 0, 4, "address"), f"{r}")
    check("cause" not in r["lists"][1], "raizd asks the list's servers itself")
    six = [ctl(raizd, "dnsbl", x, "--list", "bl.rbl.org", "--json", code=c).rows()[0]["lists"][0]["state"]
           for x, c in (("2001:db8:9::25", 1), ("2001:db8:9::26", 0))]
    check(six == ["listed", "not_listed"], f"IPv6: {six}")
    nothing = ctl(raizd, "dnsbl", "131.215.9.26", code=9)       # the usual lists are not in the lab: silence is not taken for "not listed"
    check(nothing.out.count("silent") == 4 and "no list told anything" in nothing.err, nothing.out + nothing.err)
    check(ctl(raizd, "dnsbl", "pills.example", "--list", "dbl.rbl.org", "--json", code=1).rows()[0]["kind"] == "domain", "a domain")
    raizd.stop()
    # Whoever forwards is seen as the one forwarded to: that is said.
    other = Resolver('forward: [{zone: "rbl.org.", to: ["203.0.113.26"]}]')
    r = ctl(other, "dnsbl", "131.215.9.25", "--list", "refuses.rbl.org", "--json", code=9).rows()[0]
    check("rbl.org. is forwarded to other resolvers" in r["lists"][0]["cause"], f"{r}")
    # When something is wrong.
    for bad, words in ((RUBBISH, "is neither an address"), ("a..b", "is neither an address"), ("10.1.2.3", "is a private address")):
        for json in ([], ["--json"]):
            r = ctl(other, "dnsbl", bad, *json, code=2)
            check(words in r.err and r.err.count("\n") == 1 and len(r.err) < 600 and r.out == "", r.err)
    for bad in (RUBBISH, "", "a,,b", ".", ",".join(["a.b"] * 17)):
        check(ctl(other, "dnsbl", "192.0.2.1", "--list", bad, code=2).err.startswith("raizctl: "), bad)
    os.chmod(other.socket, 0)
    check("no permission" in ctl(other, "dnsbl", "192.0.2.1", code=4, before=DENIED).err, "a socket that is forbidden")
    other.stop()
    check("raizd is not running" in ctl(other, "dnsbl", "192.0.2.1", code=3).err, "the daemon is down")
    lab.kill()


main(as_documented, all_at_once, when_something_is_wrong, lists_are_asked)
