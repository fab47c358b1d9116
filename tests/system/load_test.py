#!/usr/bin/python3
"""raizctl cache load: a saved cache comes back while raizd runs; what cannot be trusted is refused, and the reply says why."""
import json
import os
import shutil
import socket
import subprocess
import threading
import time

from support import (NOERROR, SLOW, TXT, WORK, Message, Raizd, ask_udp, authority, check, main, preload, record,
                     reply)

RAIZCTL = os.environ.get("RAIZCTL", "build/tools/raizctl/raizctl")
NAMES = 600


def answer(q, _tcp, _peer):
    a = authority_now[0]
    m = Message(q)
    if m.type == TXT:
        return reply(q, [record(m.name, TXT, 300, (bytes([250]) + b"x" * 250) * 3)])
    return a.plain(q)


authority_now = []


def start(**kw):
    authority_now[:] = [authority(answer=answer)]
    return Raizd(**kw)


def load(d, *words, code=0):
    """What raizctl says."""
    r = subprocess.run([RAIZCTL, "-s", d.socket, "cache", "load", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False, timeout=60 * SLOW)
    text = r.stdout.decode()
    check(code is None or r.returncode == code, f"cache load {words} ended with {r.returncode}: {text}")
    return text


def learn(count=NAMES, qtype=TXT):
    for i in range(count):
        check(ask_udp(f"n{i}.test.", qtype, tries=2, edns=True).rcode == NOERROR, f"n{i}")


def asked_again(count=NAMES):
    """How many names are not known any more."""
    a = authority_now[0]
    a.log.clear()
    learn(count)
    return len({e[0].name for e in a.log if e[0].type == TXT})


def wait(what, text):
    until = time.monotonic() + 20 * SLOW
    while not what():
        check(time.monotonic() < until, text)
        time.sleep(0.01)


def runs(d, thread):
    """Has raizd such a thread?"""
    folder = f"/proc/{d.process.pid}/task"
    for task in os.listdir(folder):
        try:
            with open(f"{folder}/{task}/comm", encoding="ascii") as f:
                if f.read() == thread + "\n":
                    return True
        except OSError:
            pass
    return False


def saved(d, name="kept"):
    """A copy of what raizd saves now, where raizd itself may not read."""
    before = d.text().count("entries saved")
    check(d.control("cache.save")["ok"], "save")
    wait(lambda: d.text().count("entries saved") > before and not runs(d, "raizd-save"), "it is saved")
    copy = os.path.join(WORK, name)
    shutil.copy(os.path.join(d.dir, "state", "cache.snapshot"), copy)
    return copy


def flush(d):
    check(d.control("cache.flush", name=".", tree=True)["ok"], "flush")


def comes_back():
    d = start()
    learn()
    copy = saved(d)
    flush(d)
    text = load(d, copy)
    check(int(text.split()[0]) >= NAMES and " had ended, 0 were not needed" in text, text)
    check(asked_again() == 0, "all of it is known")
    check("0 entries restored" in load(d, copy), "what is there already is not needed")
    flush(d)
    check("entries restored" in load(d), "without a file: what was saved last")
    check(asked_again() == 0, "known")
    flush(d)
    rows = json.loads(load(d, "--json", copy))
    check(rows["restored"] >= NAMES and rows["ended"] == 0 and rows["took_ms"] >= 0, f"{rows}")
    d.stop()


def what_cannot_be_trusted_is_refused():
    d = start()
    learn()
    copy = saved(d)
    with open(copy, "rb") as f:
        data = f.read()
    flush(d)
    bad = os.path.join(WORK, "bad")

    def refused(content, why):
        with open(bad, "wb") as f:
            f.write(content)
        text = load(d, bad, code=1)
        check(why in text, f"{why}: {text}")

    refused(b"", "it is cut short; entries restored before that: 0")
    refused(b"x" * 4096, "it is no snapshot of a cache")
    refused(data[:40] + bytes([data[40] ^ 1]) + data[41:], "checksum does not match")
    refused(data[:200] + bytes([data[200] ^ 1]) + data[201:], "checksum does not match")
    check(asked_again() == NAMES, "nothing of it came in")
    flush(d)
    refused(data[:-1], "it is cut short")
    shutil.copy(os.path.join(d.dir, "state", "cache.key"), os.path.join(WORK, "key"))
    text = load(d, WORK, code=1)
    check("it is no file" in text, f"a folder: {text}")
    pipe = os.path.join(WORK, "pipe")
    os.mkfifo(pipe)
    check("it is no file" in load(d, pipe, code=1), "a pipe")
    check("No such file" in load(d, "/nowhere", code=1), "nothing at all")
    before = d.control("stats")["listeners"]["descriptors"]
    for _ in range(20):
        load(d, pipe, code=1)
    check(d.control("stats")["listeners"]["descriptors"] <= before + 1, "what was refused is closed")
    d.stop()
    other = start()
    text = load(other, copy, code=1)
    check("checksum does not match" in text, f"saved by another raizd: {text}")
    other.stop()


def files_that_nobody_wants_are_closed():
    d = start()
    before = d.control("stats")["listeners"]["descriptors"]
    with socket.socket(socket.AF_UNIX) as s, open("/dev/null", "rb") as f:
        s.connect(d.socket)
        for _ in range(30):
            socket.send_fds(s, [b'{"verb": "status"}\n'], [f.fileno()] * 3)
            check(json.loads(s.recv(65536))["ok"], "status")
        check(d.control("stats")["listeners"]["descriptors"] <= before + 4, "one at a time is kept")
    d.wait_stats(lambda s: s["descriptors"] <= before)
    check(True, "and goes with the connection")
    d.stop()


def slowly(d_of):
    """With a disk that needs 0.05 s for each of the many pieces of a saved cache."""
    return d_of(env=preload("slow_read.c", READ_SLOW_THREAD="raizd-load", READ_SLOW_MS="50"))


def begun(d, file, code=0):
    """A thread that loads the file, and the list that it will put into what raizctl says; the load is under way."""
    said = []
    t = threading.Thread(target=lambda: said.append(load(d, file, code=code)))
    t.start()
    wait(lambda: runs(d, "raizd-load"), "it begins")
    return t, said


def clients_do_not_wait():
    """The file comes slowly; whoever asks meanwhile is answered at once, and a second load is refused."""
    d = start()
    learn()
    copy = saved(d)
    d.stop()
    os.unlink(os.path.join(d.dir, "state", "cache.snapshot"))
    slowly(d.respawn)
    loader, said = begun(d, copy)
    refused = d.control("cache.load")
    check(refused["error"] == "the cache is being restored", f"only one at a time: {refused}")
    answers = 0
    while loader.is_alive():
        check(ask_udp("other.test.", tries=2).rcode == NOERROR, "an answer")
        answers += 1
    check(answers > 50, f"{answers} answers meanwhile")
    check("entries restored" in said[0], said[0])
    check(asked_again() == 0, "all of it is known")
    # The world changes while it comes: what was learnt under other rules is not wanted any more.
    flush(d)
    loader, said = begun(d, copy, 1)
    with open(d.config, "a", encoding="ascii") as f:
        f.write('forward: [{zone: "test.", to: ["10.53.0.1"]}]\n')
    check(d.control("reload")["ok"], "reload")
    loader.join()
    check("forward or stub zones, or the root's servers, are others" in said[0], f"{said}")
    check(asked_again() == NAMES, "what had come before is gone, too")
    # raizd ends while somebody waits.
    kept = saved(d)
    loader, said = begun(d, kept, None)
    d.stop(within=4)
    loader.join()
    check(any(x in said[0] for x in ("raizd closed the connection", "raizd is ending", "restored")), f"{said}")


def a_tree_is_flushed_in_pieces():
    """While other clients are served. Who goes away halfway leaves the rest; the next one takes it."""
    d = start()
    learn()
    for _ in range(10):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(d.socket)
            s.sendall(b'{"verb": "cache.flush", "name": "n7.test", "tree": true}\n')
    check(asked_again() <= 1, "the other names are known still")
    flushers = [threading.Thread(target=d.control, args=("cache.flush",), kwargs={"name": "test.", "tree": True}) for _ in range(3)]
    for f in flushers:
        f.start()
    for i in range(50):
        check(d.control("status")["ok"] and ask_udp(f"n{i}.test.", TXT, tries=2, edns=True).rcode == NOERROR, f"n{i}")
    for f in flushers:
        f.join()
    check(d.control("cache.flush", name="test.", tree=True)["flushed"] <= 200, "what was learnt meanwhile, and no more")
    check(d.control("cache.ls", under="test.")["entries"] == 0, "nothing is left")
    check(asked_again() == NAMES, "all is asked for again")
    d.stop()


main(a_tree_is_flushed_in_pieces, comes_back, what_cannot_be_trusted_is_refused, files_that_nobody_wants_are_closed, clients_do_not_wait)
