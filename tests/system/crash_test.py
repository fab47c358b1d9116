#!/usr/bin/python3
"""crash_test.py: raizd is killed while it writes a file of its state folder (X20): the next start holds the old state or the new
one, whole.

Each call that changes the snapshot, its key, the root's anchors (RFC 5011) or the negative anchors is one point, each write several:
killed after so many thousandths of it. CRASH_POINTS=N makes N of them (120, or 40 with sanitizers)."""
import hashlib
import os
import signal
import subprocess
import time

import trust_test
from support import NOERROR, SLOW, Raizd, ask_udp, authority, check, main, preload

POINTS = int(os.environ.get("CRASH_POINTS", 120 if SLOW == 1 else 40))
TRAPPED = preload("crash_at.c")
killed = 0


def trapped(**more):
    return {**TRAPPED, **more}


class File:
    """One file of the state folder. provoke() makes a running daemon write it, old or new state in it; the daemon may die of
    that. state() says which of both is there when a daemon has started again."""
    settings = ""

    def __init__(self):
        authority()
        self.d = Raizd(settings=self.settings)
        self.folder = os.path.join(self.d.dir, "state")
        self.prepare()
        self.d.kill()

    def path(self, name=None):
        return os.path.join(self.folder, name or self.name)

    def start(self, **env):
        self.d.respawn(env=trapped(CRASH_FILE="/" + self.name, **env))

    def died(self):
        until = time.monotonic() + 20 * SLOW
        while self.d.process.poll() is None:
            check(time.monotonic() < until, f"{self.name}: killed while it writes: {self.d.text()[-1000:]}")
            time.sleep(0.005)
        check(self.d.process.returncode == -signal.SIGILL, f"{self.name}: ended with {self.d.process.returncode}: {self.d.text()[-2000:]}")

    def command(self, verb, **args):
        """A verb of the control socket, whose answer may never come."""
        with trust_test.socket.socket(trust_test.socket.AF_UNIX) as s:
            s.settimeout(10 * SLOW)
            s.connect(self.d.socket)
            s.sendall(trust_test.json.dumps({"verb": verb, **args}).encode() + b"\n")
            try:
                s.recv(65536)
            except OSError:
                pass

    def prepare(self):
        pass

    def steps(self):
        """The calls of one writing: their names."""
        log = self.path("steps")        # where the sandbox lets the daemon write
        self.reset()
        self.start(CRASH_LOG=log)
        self.provoke()
        self.wait_written()
        self.d.kill()
        with open(log, encoding="ascii") as f:
            names = [line.split()[1] for line in f]
        os.remove(log)
        return names

    def reset(self):
        """The old state is there before the next start."""

    def one(self, step, part):
        self.reset()
        self.start(CRASH_AT=str(step), CRASH_PART=str(part))
        self.provoke()
        self.died()
        return self.state()


class Snapshot(File):
    """The cache: names learnt before, and new ones."""
    name = "cache."

    def prepare(self):
        self.old, self.new, self.count = [f"n{i}.test." for i in range(20)], [], 0
        for name in self.old:
            check(ask_udp(name, tries=2).rcode == NOERROR, name)
        self.d.stop()

    def saved(self, names):
        """Which of the names the cache holds, without asking for them."""
        held = []
        for name in names:
            rows = self.d.control("cache.show", name=name)
            held += [name for r in (rows if isinstance(rows, list) else [rows]) if r.get("kind") == "rrset" and r.get("name") == name]
        return held

    def await_restored(self):
        until = time.monotonic() + 20 * SLOW
        while "restored" not in self.d.text():
            check("dropped" not in self.d.text() and time.monotonic() < until, f"the snapshot is whole: {self.d.text()}")
            time.sleep(0.005)

    def provoke(self):
        self.await_restored()
        self.count += 1
        self.new = [f"m{self.count}-{i}.test." for i in range(3)]
        for name in self.new:
            check(ask_udp(name, tries=2).rcode == NOERROR, name)
        self.command("cache.save")

    def wait_written(self):
        trust_test.wait_for(lambda: "entries saved" in self.d.text(), self.d.text)

    def state(self):
        self.d.respawn()
        self.await_restored()
        old, new = self.saved(self.old), self.saved(self.new)
        self.d.kill()
        check(sorted(set(old)) == sorted(self.old), f"all of the old is there: {sorted(set(self.old) - set(old))}")
        check(sorted(set(new)) in ([], sorted(self.new)), f"all or nothing of the new: {new}")
        return "new" if new else "old"


class Key(Snapshot):
    """The snapshot's key, made anew when there is none: with it goes the snapshot, as always."""
    name = "cache.key"

    def prepare(self):
        self.d.stop()

    def reset(self):
        for name in ("cache.key", "cache.snapshot"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))

    def provoke(self):
        pass                            # at its start, before it answers

    def start(self, **env):
        self.d.kill()
        self.d.log = open(self.d.logfile, "wb")
        self.d.process = subprocess.Popen([os.environ.get("RAIZD", "build/resolver/raizd"), "-c", self.d.config], stdout=self.d.log,
                                          stderr=self.d.log, stdin=subprocess.DEVNULL, env=trapped(CRASH_FILE="/" + self.name, **env))

    def wait_written(self):
        self.d.wait_ready()

    def state(self):
        self.d.respawn()
        check(os.path.getsize(self.path("cache.key")) == 32, "a key is there, whole")
        check(ask_udp("k.test.", tries=2).rcode == NOERROR, "it answers")
        self.d.stop()
        self.d.respawn()
        self.await_restored()
        self.d.kill()
        return "new"


class Anchors(File):
    """root.anchors: refreshed at the start when its time has come."""
    name = "root.anchors"
    settings = "dnssec: {mode: validate}"

    def prepare(self):
        self.key = trust_test.key_of("A")
        self.root = trust_test.Root([self.key], [self.key])
        self.old = trust_test.state_text([("VALID", int(time.time()) - trust_test.DAY, 0, 0, self.key)])

    def reset(self):
        trust_test.put(self.path(), self.old)

    def provoke(self):
        pass

    def wait_written(self):
        trust_test.wait_for(lambda: self.text() != self.old, self.d.text, 20)
        time.sleep(0.2)

    def text(self):
        with open(self.path(), encoding="ascii") as f:
            return f.read()

    def state(self):
        head, body = self.text().split("\n", 1)
        check(head == f"raiz-anchors 1 {hashlib.sha256(body.encode()).hexdigest()}" and self.key.text() in body, f"whole: {head} {body}")
        self.d.respawn()
        check("root.anchors" not in self.d.text(), self.d.text())
        check(str(self.key.tag) in str(self.d.control("anchors")), "the key is trusted")
        self.d.kill()
        return "old" if self.old.endswith(body) else "new"


class Negatives(File):
    """ntas: written with each change."""
    name = "ntas"
    settings = "dnssec: {mode: validate}"

    def prepare(self):
        for name in ("one.test.", "two.test."):
            self.d.control("nta.add", name=name, force=True)
        with open(self.path(), encoding="ascii") as f:
            self.old = f.read()

    def reset(self):
        trust_test.put(self.path(), self.old)

    def provoke(self):
        self.command("nta.add", name="three.test.", force=True)

    def wait_written(self):
        trust_test.wait_for(lambda: "three.test." in open(self.path(), encoding="ascii").read(), self.d.text)
        time.sleep(0.2)

    def state(self):
        self.d.respawn()
        names = sorted(r["name"] for r in self.d.control("nta.ls") if "name" in r)
        self.d.kill()
        check(names in (["one.test.", "two.test."], ["one.test.", "three.test.", "two.test."]), f"{names}: {self.d.text()}")
        return "new" if len(names) == 3 else "old"


def each_kind(kind, share):
    """Points of one file: each call, and each write at so many places that there are enough."""
    def killed_in_the_midst():
        global killed
        file = kind()
        steps = file.steps()
        writes = steps.count("write")
        check(writes > 0, f"{file.name}: {steps}")
        parts = max(2, -(-(share - (len(steps) - writes)) // writes))
        points = [(i + 1, p * 1000 // parts) for i, s in enumerate(steps) for p in (range(parts) if s == "write" else (0,))]
        chosen = points if len(points) <= share else [points[i * (len(points) - 1) // (share - 1)] for i in range(share)]
        held = [file.one(step, part) for step, part in chosen]
        killed += len(chosen)
        print(f"   {file.name}: {' '.join(steps)}: killed at {len(chosen)} of {len(points)} points: {held.count('old')} times the old "
              f"state, {held.count('new')} times the new", flush=True)
        check("new" in held, "once the new name is there it is the new one")
        check("old" in held or kind is Key, "before it is the old one")
    killed_in_the_midst.__name__ = kind.__name__
    return killed_in_the_midst


main(each_kind(Snapshot, POINTS * 9 // 20), each_kind(Key, POINTS // 4), each_kind(Anchors, POINTS // 20), each_kind(Negatives, POINTS // 4))
