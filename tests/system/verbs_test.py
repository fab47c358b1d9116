#!/usr/bin/python3
"""verbs_test.py: every command of raizctl, taken from its own table, so that a new one cannot be forgotten.

Each is run in the lab: what it prints for people is compared with golden/verbs.txt (times, numbers and the choice among equal
servers left out), and each line of its JSON with docs/control.schema.json, in which nothing may be missing. And each is run while
raizd is down, with a socket that it may not use, for a name that does not exist, and with 200 characters of garbage: a clear line
and the right exit code. GOLDEN=write in the environment writes golden/verbs.txt anew, to be looked at before it is committed.
"""
import json
import os
import re
import subprocess
import time

from lab_support import RAIZCTL, SOURCE, Lab, Resolver, copy_zones
from support import SLOW, WORK, check, main

GOLDEN = os.path.join(SOURCE, "tests/system/golden/verbs.txt")
RUBBISH = "".join(chr(33 + i * 7 % 94) for i in range(200)).replace("-", "x")
UNBOUND = "server:\n  num-threads: 2\n  cache-max-ttl: 3600\n"
NAMES = ("www.networkutopia.com", "www.ibm.com", "www.lame.org", "www.expired.org", "nope.ibm.com", "www.unsigned.org", "www.noedns.org",
         "many.big.org", "www.glueless.org", "www.halfdead.org")

# command: words behind it, in the lab; several runs are several lists. The order of the commands counts: each sees what those
# before it left.
RUNS = [
    ("status", []), ("stats", ["front"]), ("metrics", []),
    ("query", ["www.ibm.com"], ["nope.ibm.com"], ["www.ibm.com", "--short"]),
    ("dnsbl", ["192.0.2.1"]), ("compare", ["www.ibm.com", "--with", "127.0.0.1"]), ("watch", ["www.ibm.com", "--until", "129.42.16.99"]),
    ("trace", ["www.networkutopia.com", "--cold"], ["www.ibm.com", "--learn"], ["www.lame.org", "--draw"]),
    ("explain", ["www.ibm.com"], ["www.lame.org"], ["nope.ibm.com"], ["www.ibm.com", "--client", "192.0.2.1"]),
    ("mailroute", ["someschool.edu"]), ("tail", ["--for", "1s", "--under", "nothing.example"]), ("top", ["--for", "1s", "--under", "nothing.example"]),
    ("failures", ["--under", "lame.org"]), ("slow", ["--under", "nothing.example"]),
    ("cache show", ["www.ibm.com"]), ("cache ls", ["--under", "www.ibm.com", "--limit", "9"]), ("cache tree", ["ibm.com"]), ("cache stats", []),
    ("cache flush", ["www.ibm.com", "--dry-run"], ["www.ibm.com"]), ("cache save", []), ("cache load", []),
    ("servers", ["lame.org"]), ("servers forget", ["203.0.113.3"]), ("inflight", []), ("anchors", []),
    ("nta add", ["expired.org", "--for", "1h", "--reason", "they know"]), ("nta ls", []), ("nta rm", ["expired.org"]),
    ("log level", [], ["debug"]), ("log rotate", []), ("reload", []),
    ("config get", ["cache.max-ttl"]), ("config set", ["cache.stale-reply-ttl", "10s"], ["cache.stale-reply-ttl"]),
    ("config check", ["{config}"]), ("config show", ["{config}", "--diff-default"]), ("config import", ["{unbound}"]),
    ("doctor", ["{config}"]), ("setup", ["--root", "{root}"]), ("help", [], ["trace"]), ("completion", ["fish"]), ("man", []), ("stop", []),
]
# They need no daemon, or say themselves that there is none.
LOCAL = {"config check", "config show", "config import", "doctor", "setup", "help", "completion", "man"}
# What they print is long, and other tests look at it: the first line is enough here.
LONG = {"metrics", "completion", "man", "cache stats", "config show", "help", "doctor"}
# What stands behind it is no domain name.
NAMED = {"query", "dnsbl", "compare", "watch", "trace", "explain", "mailroute", "cache show", "cache flush", "cache tree", "servers", "nta add", "nta rm"}
# Options without which they make no sense.
WITH = {"compare": ["--with", "127.0.0.1"], "watch": ["--until", "192.0.2.1", "--for", "1s"]}
FAILS = {("cache save", 0): None, ("cache load", 0): None,   # depends on how far the saving has come
         ("log rotate", 0): 1, ("trace", 2): 1, ("doctor", 0): 1, ("dnsbl", 0): 9}
# What is done before, since it is run twice and would find nothing to do.
BEFORE = {("nta rm", 0): ["nta", "add", "expired.org"], ("cache flush", 1): ["query", "www.ibm.com"], ("servers forget", 0): ["trace", "www.halflame.org", "--cold"],
          ("config set", 0): ["config", "set", "cache.stale-reply-ttl"], ("config set", 1): ["config", "set", "cache.stale-reply-ttl", "10s"],
          ("log level", 1): ["log", "level", "info"]}


def ctl(path, *words, code=None, before=()):
    done = subprocess.run([*before, RAIZCTL, "-s", path, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, timeout=60 * SLOW, check=False)
    check(code is None or done.returncode == code, f"{words} ended with {done.returncode}, not {code}: {done.stdout}{done.stderr}")
    return done


def table():
    """The commands, from `raizctl help`: [(name, arguments)]"""
    text = ctl("/nowhere", "help", code=0).stdout.split("COMMAND\n", 1)[1].split("For every command")[0]
    rows = [m[1] for m in re.finditer(r"^  (\S.*?)  +\S", text, re.M)]
    return [re.match(r"([a-z ]*[a-z])(?: ([A-Z\[].*))?$", row).groups("") for row in rows]


def plain(text):
    """Without what differs from run to run."""
    for what, to in ((re.escape(WORK), "DIR"), (r"(sandbox +).*", r"\1..."), (r"\b\d[\d.]*[KMG]\b", "SIZE"), (r"[A-Za-z0-9+/]{40,}={0,2}", "OCTETS"),
                     (r"\d{4}-\d\d-\d\d\S*", "DATE"), (r"[\d.,]+ m?s\b", "TIME"),
                     (r"\b(?:\d+[dhm] )?\d+[dhms]\b", "TIME"), (r"\b[abc]\.(root-servers|gtld-servers|edu-servers|nic)\b", r"x.\1"),
                     (r"\b(?:198\.41\.0\.4|170\.247\.170\.2|192\.33\.4\.12|192\.5\.6\.3\d|192\.33\.14\.3\d|199\.19\.5[46]\.1|204\.74\.10[89]\.1|212\.212\.212\.[12])\b",
                      "ADDRESS"), (r"\bdns[12]\.networkutopia", "dnsx.networkutopia"), (r"\b\d[\d,]*(\.\d+)?\b", "N"), (r"; raizd has known it for TIME", ""), (r"fetched just now|known for TIME", "KNOWN"), (r"#+", "#"), (r"-{2,}", "--"), (r" +", " ")):
        text = re.sub(what, to, text)
    return "\n".join(x.rstrip() for x in text.splitlines()) + "\n"


class Schema:
    """As much of JSON Schema as docs/control.schema.json uses."""

    def __init__(self):
        with open(os.path.join(SOURCE, "docs/control.schema.json"), encoding="utf-8") as f:
            self.top = json.load(f)

    def wrong(self, value, schema, where=""):
        """Why the value does not fit; None: it does."""
        if "$ref" in schema:
            return self.wrong(value, self.top["$defs"][schema["$ref"].rsplit("/", 1)[1]], where)
        if "anyOf" in schema:
            all_wrong = [self.wrong(value, s, where) for s in schema["anyOf"]]
            return None if None in all_wrong else f"{where}: none of: {all_wrong}"
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict, "array": list, "null": type(None)}
        wanted = schema.get("type", list(kinds))
        wanted = [wanted] if isinstance(wanted, str) else wanted
        if not any(isinstance(value, kinds[k]) and (k == "boolean" or not isinstance(value, bool)) for k in wanted):
            return f"{where}: {value!r} is no {wanted}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{where}: {value!r} is none of {schema['enum']}"
        if isinstance(value, list):
            return next((w for i, v in enumerate(value) if (w := self.wrong(v, schema.get("items", {}), f"{where}[{i}]"))), None)
        if isinstance(value, dict) and "properties" in schema:
            missing = [k for k in schema.get("required", ()) if k not in value]
            strange = [k for k in value if k not in schema["properties"]]
            if missing or strange:
                return f"{where}: missing {missing}, not documented {strange}: {json.dumps(value)[:300]}"
            return next((w for k, v in value.items() if (w := self.wrong(v, schema["properties"][k], f"{where}.{k}"))), None)
        return None


def start():
    lab = Lab(copy_zones())
    d = Resolver(resolution="ipv6: false", more="access: {allow: [127.0.0.0/8]}")
    with open(os.path.join(WORK, "unbound.conf"), "w", encoding="ascii") as f:
        f.write(UNBOUND)
    os.makedirs(os.path.join(WORK, "root/etc"), exist_ok=True)
    return lab, d


def filled(words):
    places = {"config": f"{WORK}/raizd/raiz.yaml", "unbound": f"{WORK}/unbound.conf", "root": f"{WORK}/root"}
    return [w.format(**places) if w.startswith("{") else w for w in words]


def words_of_others():
    """Each name that unbound-control, rndc and rec_control have for a command does what that command does."""
    with open(os.path.join(SOURCE, "tools/raizctl/commands.c"), encoding="utf-8") as f:
        aliases = re.findall(r'^    \{"([a-z_-]+)", "([a-z ]+)", (?:0|OPT_[A-Z]+)\},$', f.read(), re.M)
    check(len(aliases) > 40 and len({a for a, _ in aliases}) == len(aliases), f"{aliases}")
    arguments = dict(table())
    check({c for _, c in aliases} <= set(arguments), "of commands that there are")
    for alias, command in aliases:
        one, other = (ctl(os.path.join(WORK, "no.sock"), *words.split(), RUBBISH, "x", "y") for words in (alias, command))
        check((one.returncode, one.stderr) == (other.returncode, other.stderr), f"{alias}, {command}: {one.stderr}{other.stderr}")


def nobody_is_forgotten():
    known = [name for name, _ in table()]
    check(len(known) > 35 and sorted(known) == sorted(r[0] for r in RUNS), f"{set(known) ^ {r[0] for r in RUNS}}")
    schema = Schema()
    check(set(schema.top["verbs"]) == set(known) - LOCAL | {"doctor"} - {"completion"}, f"{set(schema.top['verbs']) ^ set(known)}")


def in_the_lab():
    lab, d = start()
    schema, said = Schema(), []
    for name in NAMES:
        d.ask(name, timeout=12)
    for command, *runs in RUNS:
        for i, words in enumerate(runs):
            words, code = filled(words), FAILS.get((command, i), 0)
            if command == "stop":
                continue
            def run(*how):
                if (command, i) in BEFORE:
                    ctl(d.socket, *BEFORE[command, i])
                return ctl(d.socket, *command.split(), *words, *how, code=code)
            for line in run("--json").stdout.splitlines() if command in schema.top["verbs"] else ():
                why = schema.wrong(json.loads(line), schema.top["verbs"][command])
                check(why is None, f"{command} {words}: {why}")
            done = run()
            check(code not in (0, 1) or bool(done.stderr) == (code == 1 and not done.stdout), f"{command}: {done.stderr}")
            text = plain(done.stdout + done.stderr)
            check(len(text) > 3 or command == "tail", f"{command} says something: {text!r}")
            if code is None:
                continue
            said.append(f"$ raizctl {' '.join([command, *words])}\n".replace(WORK, "DIR") + (text.split("\n")[0] + "\n" if command in LONG else text))
    # All kinds of events, causes and rows fit what is documented.
    for name in NAMES:
        for command in ("trace", "explain", "cache show"):
            for line in ctl(d.socket, *command.split(), name, "--json").stdout.splitlines():
                why = schema.wrong(json.loads(line), schema.top["verbs"][command])
                check(why is None, f"{command} {name}: {why}")
    for command in ("cache ls", "servers", "failures", "slow", "cache tree"):
        for line in ctl(d.socket, *command.split(), "--json", code=0).stdout.splitlines():
            why = schema.wrong(json.loads(line), schema.top["verbs"][command])
            check(why is None, f"{command}: {why}")
    stop = ctl(d.socket, "stop", "--json", code=0).stdout
    check(schema.wrong(json.loads(stop), schema.top["verbs"]["stop"]) is None, stop)
    check(d.process.wait(10 * SLOW) == 0, "it ends")
    lab.kill()
    text = "\n".join(said)
    if os.environ.get("GOLDEN") == "write":
        os.makedirs(os.path.dirname(GOLDEN), exist_ok=True)
        with open(GOLDEN, "w", encoding="utf-8") as f:
            f.write(text)
    with open(GOLDEN, encoding="utf-8") as f:
        wanted = f.read()
    for was, now in zip(wanted.split("\n$ "), text.split("\n$ ")):
        check(was == now, f"golden/verbs.txt has\n{was}\nbut it printed\n{now}")
    check(len(wanted) == len(text), "as many")


def words_for(arguments, word):
    """Words that fit the arguments of a command, with `word` where a name or another text belongs."""
    return [word] if arguments else []


def while_nothing_works():
    """raizd is down; its socket may not be used."""
    path = os.path.join(WORK, "no.sock")
    lab, d = start()
    os.chmod(d.socket, 0)
    unprivileged = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    for command, arguments in table():
        if command in LOCAL:
            continue
        words = ["cache.max-ttl"] if command.startswith("config") else ["192.0.2.1"] if command == "servers forget" else ["debug"] if command == "log level" \
            else ["front"] if command == "stats" else words_for(arguments, "www.example.org")
        if command == "config set":
            words.append("1h")
        if command == "cache load":
            words = []
        words += WITH.get(command, [])
        for how in ([], ["--json"]):
            down = ctl(path, *command.split(), *words, *how, code=3)
            check("raizd is not running" in down.stderr and down.stderr.count("\n") == 1 and down.stdout == "", f"{command}: {down.stderr}{down.stdout}")
            forbidden = ctl(d.socket, *command.split(), *words, *how, before=unprivileged, code=4)
            check("no permission" in forbidden.stderr and forbidden.stderr.count("\n") == 1, f"{command}: {forbidden.stderr}")
    os.chmod(d.socket, 0o660)
    # A name that does not exist is an answer; garbage is none.
    for command, arguments in table():
        if command in NAMED:
            for how in ([], ["--json"]):
                none = ctl(d.socket, *command.split(), "no.such.name.ibm.com", *WITH.get(command, ()), *how)
                check(none.returncode in (0, 1, 9) and len(none.stdout + none.stderr) > 3 and none.stderr.count("\n") <= 1, f"{command}: {none}")
        if arguments and command != "setup":
            for how in ([], ["--json"]):
                bad = ctl(d.socket, *command.split(), RUBBISH, *(["x"] if command == "config set" else WITH.get(command, ())), *how)
                lines = bad.stderr.count("\n")
                check(bad.returncode in ((1,) if command in LOCAL | {"cache load"} else (2,)) or command in ("help", "completion") and bad.returncode == 2,
                      f"{command} {RUBBISH}: {bad}")
                check(bad.stderr and 1 <= lines <= 3 and len(bad.stderr) < 900, f"{command}: {bad.stderr}")
        elif command not in ("stop", "setup"):
            check(ctl(d.socket, *command.split(), RUBBISH, code=2).stderr.count("\n") == 1, f"{command} takes no words")
    check(d.process.poll() is None and d.ask("www.ibm.com").addresses(), "raizd is none the worse")
    d.stop()
    lab.kill()


if __name__ == "__main__":
    main(nobody_is_forgotten, words_of_others, in_the_lab, while_nothing_works)
