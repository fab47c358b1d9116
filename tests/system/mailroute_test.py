#!/usr/bin/python3
"""raizctl mailroute and dnsbl: what docs/mail.md shows of it, in text; in JSON; policies of MTA-STS from a web server, good and bad; and
what it says when something is wrong."""
import os
import re
import shutil
import subprocess

from lab_support import Lab, Resolver, copy_zones, examples, output
from support import PLAIN, RAIZCTL, WORK, add_address, check, ctl, main
from web_support import ROOT, WebServer, certificate, response

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


POLICY_HOST, POLICY_ADDRESS = "mta-sts.someschool.edu", "131.215.9.80"
NOT_MATCHED = "no mx of the MTA-STS policy matches mail.hamburger.edu.: senders with MTA-STS pass it over"


def policy(mode, *mx, age=604800):
    return "version: STSv1\nmode: " + mode + "\n" + "".join(f"mx: {x}\n" for x in mx) + f"max_age: {age}\n"


def trust_our_root():
    """In the place where the system keeps the roots that it trusts."""
    output("mount", "-t", "tmpfs", "tmpfs", "/etc/ssl/certs")
    shutil.copy(ROOT, "/etc/ssl/certs/ca-certificates.crt")


def as_documented():
    lab, raizd = Lab(), Resolver()
    web = WebServer(POLICY_ADDRESS, certificate(POLICY_HOST))
    web.response = response(policy("enforce", "*.someschool.edu"))
    trust_our_root()
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
    check(one["mta_sts"]["policy_fetched"] and one["mta_sts"]["policy"] == {
        "state": "ok", "text": "", "mode": "enforce", "max_age_s": 604800, "mx": ["*.someschool.edu"]}, f"{one['mta_sts']}")
    check([h["mta_sts"] for h in one["mx"]] == [True, True, False] and one["remarks"][0] == NOT_MATCHED, f"{one}")
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
    web.stop()


def policies_are_fetched():
    """MTA-STS: what the web server says, or why it does not count."""
    lab, raizd = Lab(signed=False), Resolver()
    own, other = certificate(POLICY_HOST), certificate("www.someschool.edu")

    def ask(*words):
        report = ctl(raizd, "mailroute", "someschool.edu", "--json", "--ca", ROOT, *words).rows()[0]
        return report, report["mta_sts"]["policy"]

    def refused(why, *words):
        report, got = ask(*words)
        check(got["state"] == "failed" and why in got["text"] and not report["mta_sts"]["policy_fetched"], f"{got}, not '{why}'")
        announced = f"MTA-STS is announced, but its policy cannot be fetched: {got['text']}"
        check(announced in report["remarks"] and "mta_sts" not in report["mx"][0], f"{report['remarks']}")

    refused("nobody takes connections to port 443")         # no such host on the net
    add_address(POLICY_ADDRESS)
    refused("nobody takes connections to port 443")         # a host without a web server
    check("it cannot be fetched: nobody takes" in ctl(raizd, "mailroute", "someschool.edu").out, "in words")
    web = WebServer(POLICY_ADDRESS, own)
    for said, mode, matched in ((policy("enforce", "*.someschool.edu", "MAIL.hamburger.edu"), "enforce", [True, True, True]),
                                (policy("enforce", "mail.someschool.edu", "*.edu").replace("\n", "\r\n"), "enforce", [True, False, False]),
                                (policy("testing", "*.someschool.edu"), "testing", [True, True, False]),
                                (policy("none"), "none", [None, None, None])):
        web.response = response(said, media_type="text/plain; charset=utf-8")
        report, got = ask()
        check(got["mode"] == mode and [h.get("mta_sts") for h in report["mx"]] == matched, f"{said}: {report}")
        check((NOT_MATCHED in report["remarks"]) == (mode == "enforce" and not matched[2]), f"{report['remarks']}")
    request = web.asked[0]
    check(request.startswith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n") and f"\r\nHost: {POLICY_HOST}\r\n" in request, request)
    web.response = response("<html>")
    _, got = ask()
    check(got["state"] == "error" and 'a line that is not "key: value"' in got["text"], f"{got}")
    # What is no answer to go by.
    good = policy("enforce", "*.someschool.edu")
    web.response = response("", "301 Moved Permanently", more=f"Location: https://{POLICY_HOST}/policy.txt\r\n")
    before = len(web.asked)
    refused("the web server sends elsewhere (HTTP 301), and nobody may follow")
    check(len(web.asked) == before + 1, f"{web.asked[before:]}")
    for answer, why in ((response(good, "404 Not Found"), "the web server answers with HTTP 404"),
                        (response(good, media_type="text/html"), "its media type is text/html, not text/plain"),
                        (response(good).replace(b"Content-Type: text/plain\r\n", b""), "its media type is missing"),
                        (response(good + "x: y\n" * 20000), "it is larger than 64 KB"),
                        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x: y\n" * 20000, "it is larger than 64 KB"),
                        (b"\x16rubbish\r\n\r\n", "HTTP/0.9"),
                        (None, "it did not come within 3 s")):
        web.response = answer
        refused(why, *(["--timeout", "3"] if answer is None else []))
    # Certificates: of another host, and of a root that nobody knows.
    web.response = response(good)
    web.use(other)
    refused("the web server's certificate is not good: ")
    web.use(own)
    check(ask()[1]["state"] == "ok", "our root is trusted")
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        unknown = ctl(raizd, "mailroute", "someschool.edu", "--json").rows()[0]["mta_sts"]["policy"]
        check("the web server's certificate is not good: " in unknown["text"], f"{unknown}")
    # No proxy comes between, and nobody else is asked for the address.
    report = ctl(raizd, "mailroute", "someschool.edu", "--json", "--ca", ROOT, env={"https_proxy": "http://127.0.0.1:1"}).rows()[0]
    check(report["mta_sts"]["policy"]["state"] == "ok", f"{report['mta_sts']}")
    # Left out.
    before = len(web.asked)
    report, got = ask("--no-fetch")
    check(got == {"state": "left_out", "text": "--no-fetch"} and not any("MTA-STS" in x for x in report["remarks"]), f"{report}")
    check("(not fetched: --no-fetch)" in ctl(raizd, "mailroute", "someschool.edu", "--no-fetch").out, "in words")
    library = os.path.realpath(re.search(r"libcurl\.so\.4 .*=> (\S+)", output("/sbin/ldconfig", "-p"))[1])
    output("mount", "--bind", "/dev/null", library)
    check("that needs libcurl.so.4: install libcurl4" in ask()[1]["text"], f"{ask()}")
    output("umount", library)
    missing = ctl(raizd, "mailroute", "someschool.edu", "--ca", WORK + "/none.pem", code=2)
    check(missing.err == f"raizctl: {WORK}/none.pem: No such file or directory\n", missing.err)
    raizd.stop()
    # Of a lab whose addresses are others' on the Internet nothing is fetched.
    with open(os.path.join(WORK, "map"), "w", encoding="ascii") as f:
        f.write("192.0.2.1 127.0.0.1\n")
    raizd = Resolver(resolution=f"ipv6: true, address-map: {WORK}/map")
    check("raizd resolves in a lab" in ask()[1]["text"] and len(web.asked) == before, f"{ask()}")
    raizd.stop()
    lab.kill()
    web.stop()


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


main(policies_are_fetched, as_documented, all_at_once, when_something_is_wrong, lists_are_asked)
