"""The lab, and raizd as the host's own resolver in front of it: what the tests of the lecture share."""
import atexit
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time

from support import A, NS, RAIZCTL, RAIZD, SLOW, WORK, Message, ask_udp, check, fail, query

SOURCE = os.environ.get("SOURCE_DIR", ".")
RAIZ_LAB = os.environ.get("RAIZ_LAB", "build/tools/raiz-lab/raiz-lab")
ZONES = os.path.join(SOURCE, "tools", "lab")
ANCHOR = os.path.join(WORK, "lab.anchor")     # the key of the signed lab's root


def copy_zones(**changes):
    """A copy of the lab's zones in which `changes` {zone: text to append, or (old, new)} were made. Returns the folder."""
    folder = os.path.join(WORK, "lab")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ZONES, folder)
    os.chmod(folder, 0o755)
    for zone, change in changes.items():
        path = os.path.join(folder, zone.replace("_", ".") + ".zone")
        with open(path, encoding="ascii") as f:
            text = f.read()
        if isinstance(change, tuple):
            check(change[0] in text, f"{path} holds {change[0]!r}")
            text = text.replace(*change)
        else:
            text += change
        os.chmod(path, 0o644)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
    return folder


class Lab:
    """raiz-lab at the servers' real addresses, on port 53, signed unless it is told not to be."""

    def __init__(self, zones=ZONES, *options, signed=True):
        if os.path.exists(ANCHOR):
            os.remove(ANCHOR)
        if signed:
            options += ("--anchor-file", ANCHOR)
        self.log = os.path.join(WORK, "lab.log")
        self.process = subprocess.Popen([RAIZ_LAB, "--quiet", "--dir", zones, "--add-addresses", "--log", self.log, *options],
                                        stdin=subprocess.DEVNULL)
        atexit.register(self.kill)
        until = time.monotonic() + 30 * SLOW
        while True:
            try:
                if ask_udp(".", NS, server=("198.41.0.4", 53), timeout=0.2, flags=0, edns=False):
                    break
            except OSError:
                time.sleep(0.05)    # its addresses are not on lo yet
            check(self.process.poll() is None and time.monotonic() < until, "the lab answers")
        self.seen = 0
        self.new()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def new(self):
        """The questions since the last call: [(server, name, type)]."""
        time.sleep(0.05)
        with open(self.log, encoding="utf-8") as f:
            lines = [x.split() for x in f.read().splitlines()]
        fresh, self.seen = lines[self.seen:], len(lines)
        return [(w[1], w[5].lower(), w[6]) for w in fresh]


class Resolver:
    """raizd on 127.0.0.1:53, as an administrator would set it up for the lab's Internet; it validates what the signed lab says."""

    def __init__(self, more="", resolution="ipv6: true", listen="127.0.0.1:53", root=True):
        if "dnssec:" not in more:
            more += f"\ndnssec: {{trust-anchor-file: {ANCHOR}}}" if os.path.exists(ANCHOR) else "\ndnssec: {mode: off}"
        self.dir = os.path.join(WORK, "raizd")
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.socket = os.path.join(self.dir, "raizctl.sock")
        config = os.path.join(self.dir, "raiz.yaml")
        with open(config, "w", encoding="ascii") as f:
            f.write(f"workers: 1\nlisten: [\"{listen}\"]\nstate-dir: {self.dir}/state\ncontrol: {{socket: {self.socket}}}\n"
                    f"{f'root: {{hints: {ZONES}/root.hints}}' if root else ''}\nresolution: {{{resolution}}}\n{more}\n")
        self.log = os.path.join(self.dir, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([RAIZD, "-c", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(self.kill)
        host, port = listen.rsplit(":", 1)
        self.server = (host, int(port))
        until = time.monotonic() + 30 * SLOW
        while True:
            with open(self.log, encoding="utf-8") as f:
                text = f.read()
            if "is ready" in text:
                break
            if self.process.poll() is not None or time.monotonic() > until:
                fail(f"raizd does not start: {text}")
            time.sleep(0.02)
        time.sleep(0.3)     # priming

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        self.process.terminate()
        check(self.process.wait(10 * SLOW) == 0, "raizd ends cleanly")

    def ask(self, name, qtype=A, **kw):
        return ask_udp(name, qtype, server=self.server, **kw)

    def upstream(self):
        """How many questions it has sent to servers so far."""
        return json.loads(self.ctl("status", "--json"))["upstream"]

    def ctl(self, *words):
        return output(RAIZCTL, "-s", self.socket, *words)


def output(*command, code=0):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=60 * SLOW)
    text = done.stdout.decode("utf-8", "replace")
    check(code is None or done.returncode == code, f"{' '.join(command)} ended with {done.returncode}: {text}")
    return text


def examples(page, verb):
    """What a page of docs/ shows of a verb of raizctl: [(words of the command, its output)]."""
    with open(f"{SOURCE}/docs/{page}", encoding="utf-8") as f:
        blocks = re.findall(r"^```\n(.*?)^```$", f.read(), re.S | re.M)
    found = []
    for block in blocks:
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, text = part.partition("\n")
            words = shlex.split(command)
            if words[0] == "raizctl" and verb in words:
                found.append((words[1:], text))
    check(found, f"docs/{page} shows {verb}")
    return found


def dig_many(server, asked, *flags, at_once=8):
    """{(name, type): (status, flags, [extended errors], [answer records])}, as dig +dnssec reads them. `at_once` digs
    ask, each one question after the other."""
    asked = list(asked)
    found = {}

    def part(number):
        path = os.path.join(WORK, f"questions-{server}-{number}")
        with open(path, "w", encoding="ascii") as f:
            f.writelines(f"-q {n} -t {k}\n" for n, k in asked[number::at_once])
        return output("dig", "@" + server, "+noall", "+comments", "+question", "+answer", "+nottlid", "+dnssec", "+nocookie",
                      "+time=3", "+tries=8", *flags, "-f", path, code=None)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for text in pool.map(part, range(at_once)):
            for block in text.split(";; ->>HEADER<<-")[1:]:
                status = re.search(r"status: (\w+)", block)[1]
                bits = re.search(r";; flags: ([a-z ]*);", block)[1].split()
                errors = [int(x) for x in re.findall(r"^; EDE: (\d+)", block, re.M)]
                question = re.search(r"^;(\S+)\s+IN\s+(\S+)$", block, re.M)
                rows = [re.sub(r"\s+", " ", x) for x in block.splitlines()[1:] if x and not x.startswith(";")]
                found[question[1].lower(), question[2]] = status, bits, errors, rows
    missing = [q for q in asked if q not in found]
    check(not missing, f"{server}: no reply for {missing[:5]} ({len(missing)})")
    return found


def use_as_resolver():
    """/etc/resolv.conf of this mount namespace names 127.0.0.1."""
    path = os.path.join(WORK, "resolv.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write("nameserver 127.0.0.1\n")
    real = os.path.realpath("/etc/resolv.conf")
    if os.path.exists(real):
        output("mount", "--bind", path, real)
        return
    # A dangling link or nothing at all: put a folder of links in the place of /etc.
    etc = os.path.join(WORK, "etc")
    os.makedirs(etc)
    for name in os.listdir("/etc"):
        if name != "resolv.conf":
            os.symlink(os.path.join("/proc/1/root/etc", name), os.path.join(etc, name))
    shutil.copy(path, os.path.join(etc, "resolv.conf"))
    output("mount", "--bind", etc, "/etc")


def zone_names(folder=ZONES):
    """Every (name, type) of the lab's zones, read from the files in a simple way of our own."""
    found = set()
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".zone"):
            continue
        origin = "." if file == "root.zone" else file[:-len(".zone")] + "."
        owner = origin
        depth = 0
        with open(os.path.join(folder, file), encoding="ascii") as f:
            for line in f:
                line = re.sub(r'"(\\.|[^"\\])*"', '"x"', line.rstrip("\n"))
                line = line.split(";")[0]
                inside, depth = depth > 0, depth + line.count("(") - line.count(")")
                if inside or not line.strip() or line.startswith("$"):
                    continue
                words = line.split()
                if not line[0].isspace():
                    owner = words.pop(0)
                    owner = origin if owner == "@" else owner if owner.endswith(".") else owner + "." + origin.lstrip(".")
                while words and (words[0] == "IN" or words[0][0].isdigit()):
                    words.pop(0)
                if words:
                    found.add((owner.lower(), words[0]))
    return sorted(found)
