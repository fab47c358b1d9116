#!/usr/bin/python3
"""querylog_test.py: answers in a file that turns, and the log as JSON: whole lines, nobody waits, what is lost is counted."""
import json
import os
import re
import signal
import socket
import subprocess
import time

from support import AAAA, RAIZD, SLOW, WORK, Message, Raizd, ask_udp, authority, check, connect, flood, framed, main, query, read_frame, reply, run, soa

RAIZCTL = os.environ.get("RAIZCTL", "build/tools/raizctl/raizctl")
server = authority("10.53.0.1")
AWKWARD = b"a\\b\"c\x01\xff.test."


def answers(q, tcp, peer):
    if Message(q).name.startswith("lame"):
        return reply(q, rcode=5)
    return server.plain(q) if Message(q).type != AAAA else reply(q, authority=[soa()])


def start(path, more="", **kw):
    authority("10.53.0.1", answers)
    return Raizd(settings=f"query-log: {{file: {path}{more}}}", **kw)


def ctl(d, *words, code=0):
    done = subprocess.run([RAIZCTL, "-s", d.socket, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          timeout=60 * SLOW, check=False)
    check(done.returncode == code, f"raizctl {words}: {done.returncode}: {done.stdout}")
    return done.stdout


def lines(*paths):
    """What stands there; each line is JSON, and whole."""
    found = []
    for path in paths:
        with open(path, encoding="ascii") as f:
            text = f.read()
        check(text == "" or text.endswith("\n"), f"{path} ends in a whole line: {text[-100:]}")
        found += [json.loads(x) for x in text.splitlines()]
    return found


def written(d, n):
    return d.wait_stats(lambda s: s["query_log_lines"] + s["query_log_lost"] >= n)


def awkward_query():
    q = bytearray(query("x.test.", qid=7))
    label = AWKWARD.split(b".")[0]
    return bytes(q[:12]) + bytes([len(label)]) + label + bytes(q[14:])


def as_tail_shows_them():
    folder = os.path.join(WORK, "ql")
    os.mkdir(folder)
    path = os.path.join(folder, "queries.jsonl")
    d = start(path, workers=2)
    tail = subprocess.Popen([RAIZCTL, "-s", d.socket, "tail", "--json", "--limit", "7"], stdout=subprocess.PIPE, encoding="utf-8")
    time.sleep(0.7 * SLOW)
    ask_udp("www.test.")
    ask_udp("WWW.test.")
    ask_udp("www.test.", AAAA)
    ask_udp("lame.test.")
    with connect() as s:
        s.sendall(framed(query("www.test.")))
        read_frame(s)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5 * SLOW)
        s.sendto(awkward_query(), ("127.0.0.1", 5300))
        s.recv(4096)
        s.sendto(query("x.test.", 252, qid=3, edns=False), ("127.0.0.1", 5300))     # refused, which is told as well
        s.recv(4096)
    ask_udp("last.test.")
    seen = [json.loads(x) for x in tail.communicate(timeout=20 * SLOW)[0].splitlines()]
    s = written(d, 8)
    check(s["query_log_lost"] == 0, f"{s}")
    rows = lines(path)
    key = lambda r: json.dumps(r, sort_keys=True)
    known = [key(r) for r in rows]
    check(len(seen) == 7 and all(key(r) in known for r in seen), f"{seen} are among {rows}")
    awkward = [r["name"] for r in rows if r["name"].startswith("a\\")]
    check(awkward == ['a\\\\b\\"c\\001\\255.test.'], f"{awkward}")
    check([r["transport"] for r in rows].count("tcp") == 1 and {r["source"] for r in rows} == {"hit", "miss"}, f"{rows}")
    failed = [r for r in rows if r["name"] == "lame.test."]
    check(failed[0]["failure"] == "ALL_LAME" and failed[0]["rcode"] == "SERVFAIL" and failed[0]["server"] == "10.53.0.1", f"{failed}")
    d.stop()
    check(len(lines(path)) == len(rows), "and no more")


def it_turns():
    folder = os.path.join(WORK, "turns")
    os.mkdir(folder)
    path = os.path.join(folder, "q")
    d = start(path, ", size: 64K, keep: 3", workers=2)
    asked = 0
    while not os.path.exists(path + ".3") and asked < 20000:
        for _ in range(100):
            check(ask_udp("www.test.") is not None, "answered")
        asked += 100
    s = written(d, asked)
    names = sorted(os.listdir(folder))
    check(names == ["q", "q.1", "q.2", "q.3"] and s["query_log_lost"] == 0, f"{names} {s}")
    check(all(65536 <= os.path.getsize(os.path.join(folder, n)) < 140000 for n in names[1:]), "each of that size")
    check(len(lines(*(os.path.join(folder, n) for n in names))) <= asked, "whole lines")
    # By hand; and by others, who have it opened anew.
    check("begins a new file" in ctl(d, "log", "rotate"), "log rotate")
    until = time.monotonic() + 10 * SLOW
    while os.path.getsize(path) > 0:
        check(time.monotonic() < until, "a new file")
        time.sleep(0.05)
    ask_udp("new.test.")
    written(d, asked + 1)
    check([r["name"] for r in lines(path)] == ["new.test."], f"{lines(path)}")
    os.rename(path, path + ".moved")
    ask_udp("still.test.")
    written(d, asked + 2)
    check([r["name"] for r in lines(path + ".moved")] == ["new.test.", "still.test."], "until it is told")
    d.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 10 * SLOW
    while not os.path.exists(path):
        check(time.monotonic() < until, "opened anew")
        time.sleep(0.05)
    ask_udp("anew.test.")
    written(d, asked + 3)
    check([r["name"] for r in lines(path)] == ["anew.test."], f"{lines(path)}")
    d.stop()


def a_full_disk():
    folder = os.path.join(WORK, "small")
    os.mkdir(folder)
    run("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder)
    path = os.path.join(folder, "q")
    d = start(path, ", size: 1M")
    ask_udp("www.test.")
    flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flood.connect(("127.0.0.1", 5300))
    flood.settimeout(5 * SLOW)
    for i in range(3000):
        flood.send(query("www.test.", qid=i))
        flood.recv(4096)
    s = d.wait_stats(lambda s: s["query_log_lines"] + s["query_log_lost"] == 3001)
    check(s["query_log_lost"] > 100 and s["query_log_lines"] > 100, f"{s['query_log_lost']}, {s['query_log_lines']}")
    check(abs(len(lines(path)) - s["query_log_lines"]) <= 700, f"what counts as written stands there, and part of a last piece: {len(lines(path))}")
    until = time.monotonic() + 10 * SLOW
    while f"query log: {path} cannot be written: No space left" not in d.text():
        check(time.monotonic() < until, f"it is told: {d.text()}")
        time.sleep(0.1)
    ctl(d, "log", "rotate")
    os.remove(path + ".1") if os.path.exists(path + ".1") else None
    time.sleep(0.3)
    if os.path.exists(path + ".1"):
        os.remove(path + ".1")
    ask_udp("again.test.")
    d.wait_stats(lambda n: n["query_log_lines"] > s["query_log_lines"])
    check(lines(path)[-1]["name"] == "again.test.", "when there is room again, it goes on")
    d.stop()
    run("umount", folder)


def none_is_lost_without_being_counted():
    """A flood from which nobody reads: written and lost make all answers, and the ring is bounded."""
    path = os.path.join(WORK, "flood.jsonl")
    d = start(path, workers=2)
    ask_udp("www.test.")
    unread = flood("www.test.", 30000)  # its socket stays open
    s = d.wait_stats(lambda s: s["query_log_lines"] + s["query_log_lost"] == s["udp_sent"] and s["udp_sent"] == s["udp_received"], within=20)
    check(len(lines(path)) == s["query_log_lines"] > 1000, f"{s['query_log_lines']} lines, {s['query_log_lost']} lost")
    d.stop()


def refusals():
    d = Raizd()
    check("query-log.file" in ctl(d, "log", "rotate", code=1), "there is none")
    d.stop()
    config = os.path.join(WORK, "nowhere.yaml")
    with open(config, "w", encoding="ascii") as f:
        f.write(f"listen: [\"127.0.0.1:5300\"]\nstate-dir: {WORK}/nowhere\ncontrol: {{socket: {WORK}/nowhere.sock}}\n"
                f"query-log: {{file: {WORK}/no/such/folder/q}}\n")
    done = subprocess.run([RAIZD, "-c", config], stderr=subprocess.PIPE, encoding="utf-8", timeout=30 * SLOW, check=False)
    check(done.returncode == 1 and "no/such/folder/q cannot be written (query-log.file): No such file" in done.stderr, done.stderr)


def the_log_as_json():
    authority("10.53.0.1", answers)
    d = Raizd(settings="log: {format: json, level: debug}")
    ask_udp("www.test.")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5 * SLOW)
        s.sendto(awkward_query(), ("127.0.0.1", 5300))
        s.recv(4096)
    time.sleep(0.3 * SLOW)
    rows = [json.loads(x) for x in d.text().splitlines()]
    check(all(set(r) == {"at", "level", "text"} for r in rows) and {r["level"] for r in rows} >= {"info", "debug"}, f"{rows[:3]}")
    check(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", r["at"]) for r in rows), f"{rows[:3]}")
    check(any('a\\\\b\\"c\\001\\255.test. A, not cached' in r["text"] for r in rows), "the name as text")
    with open(d.config, encoding="utf-8") as f:
        text = f.read()
    with open(d.config, "w", encoding="utf-8") as f:
        f.write(text.replace("format: json", "format: text"))
    check(ctl(d, "reload").startswith("reloaded\nchanged: log.format"), "live")
    ask_udp("new.test.")
    time.sleep(0.3 * SLOW)
    check(re.search(r"^\S+Z debug: query \d+ of \S+: new\.test\. A, not cached$", d.text(), re.M), d.text()[-500:])
    d.stop()


if __name__ == "__main__":
    main(as_tail_shows_them, it_turns, a_full_disk, none_is_lost_without_being_counted, refusals, the_log_as_json)
