#!/usr/bin/python3
"""restart.py: a start with a saved cache: from exec to the first answer, and the hit ratio of the first second under load.

    BIN=build tests/system/isolated tests/bench/restart.py [MIB ENTRIES HOT]
"""
import os
import random
import socket
import struct
import subprocess
import sys
import time

BIN = os.environ.get("BIN", "build")
mib, entries, hot = (int(x) for x in sys.argv[1:4]) if len(sys.argv) > 3 else (256, 3000000, 100000)
work = os.environ.get("WORK") or "/tmp"
config = os.path.join(work, "raiz.yaml")
log = os.path.join(work, "log")
with open(config, "w", encoding="ascii") as f:
    f.write(f"workers: 1\nlisten: [\"127.0.0.1:5300\"]\nstate-dir: {work}/state\ncontrol: {{socket: {work}/s.sock}}\n"
            f"cache: {{size: {mib}M}}\ndnssec: {{mode: off}}\nresolution: {{query-loopback: true}}\n"
            f"forward: [{{zone: \".\", to: [\"127.0.0.1:5301\"]}}]\n")
os.makedirs(work + "/state", exist_ok=True)
print(subprocess.run([BIN + "/tests/restart_bench", config, str(entries), str(hot)], check=True,
                     stdout=subprocess.PIPE).stdout.decode().strip())
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)      # the forwarder: what is not in the cache is not answered
silent.bind(("127.0.0.1", 5301))


def query(i, n):
    name = b""
    for label in (f"host{i}", f"zone{i // 10}", "example", "net"):
        name += bytes([len(label)]) + label.encode()
    return struct.pack("!6H", n & 0xffff, 0x100, 1, 0, 0, 0) + name + b"\0\0\1\0\1"


random.seed(1)
queries = [query(entries - 1 - random.randrange(hot), n) for n in range(60000)]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
s.connect(("127.0.0.1", 5300))
s.setblocking(False)
with open(log, "wb") as out:
    began = time.monotonic()
    d = subprocess.Popen([BIN + "/resolver/raizd", "-c", config], stderr=out, stdout=out)


def threads():
    """name -> (ms on a processor, ms in which it waited for one), of raizd's threads"""
    out = {}
    for task in os.listdir(f"/proc/{d.pid}/task"):
        try:
            with open(f"/proc/{d.pid}/task/{task}/schedstat", encoding="ascii") as a, \
                    open(f"/proc/{d.pid}/task/{task}/comm", encoding="ascii") as b:
                ran, waited = (int(x) / 1e6 for x in a.read().split()[:2])
                name = "main" if int(task) == d.pid else b.read().strip()
        except OSError:
            continue
        if ran > out.get(name, (-1, 0))[0]:
            out[name] = ran, waited
    return out


def say(what, name, wall_ms, spent):
    """A busy machine makes all of it longer: what a thread waited for a processor is not raizd's."""
    ran, waited = spent.get(name, (0, 0))
    print(f"{what}: {wall_ms:.1f} ms, of which {name} worked {ran:.1f} ms and waited {waited:.1f} ms for a processor")


first = None
version = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\x02id\x06server\0\0\x10\0\3"
while first is None:
    try:
        s.send(version)
        time.sleep(0.0005)
        s.recv(65535)
        first = time.monotonic() - began
    except (BlockingIOError, ConnectionRefusedError):
        pass
say("exec to the first answer", "main", first * 1000, threads())


def take(missing):
    """Takes the ids of what was answered out of `missing`; how many of the cache's answers."""
    n = 0
    try:
        while True:
            data = s.recv(65535)
            if data[3] & 0xf == 0 and missing.pop(data[:2], None) is not None:
                n += 1
    except BlockingIOError:
        return n


time.sleep(0.01)
take({})
start = time.monotonic()
for second in range(1, 5):
    missing, loaded, answered, sent = {}, [], 0, 0    # id: when it was sent
    until = start + second
    while time.monotonic() < until and sent < 14000:
        for _ in range(20):
            q = queries[(sent + second * 14000) % len(queries)]
            q = struct.pack("!H", sent) + q[2:]
            missing[q[:2]] = time.monotonic()
            s.send(q)
            sent += 1
        loaded.append((time.monotonic(), threads()))
        answered += take(missing)
        time.sleep(0.001)
    time.sleep(max(0, until - time.monotonic()))
    answered += take(missing)
    print(f"second {second}: {sent} queries, {100 * answered / sent:.2f} % answered from the cache")
    if missing:
        last = max(missing.values())
        say("what was in use was back after", "raizd-load", (last - began) * 1000,
            next((x for at, x in loaded if at >= last), {}))
d.terminate()
d.wait()
print("".join(line for line in open(log, encoding="utf-8") if "cache:" in line), end="")
