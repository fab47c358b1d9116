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
    for label in (f"host{i}", f"zone{i // 10}", "example", "org"):
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
print(f"exec to the first answer: {first * 1000:.1f} ms")
time.sleep(0.01)
try:
    while True:
        s.recv(65535)
except BlockingIOError:
    pass
for second in range(1, 5):
    sent = answered = 0
    until = time.monotonic() + 1
    while time.monotonic() < until and sent < 14000:
        for _ in range(20):
            s.send(queries[(sent + second * 14000) % len(queries)])
            sent += 1
        try:
            while True:
                answered += s.recv(65535)[3] & 0xf == 0
        except BlockingIOError:
            pass
        time.sleep(0.001)
    time.sleep(max(0, until - time.monotonic()))
    try:
        while True:
            answered += s.recv(65535)[3] & 0xf == 0
    except BlockingIOError:
        pass
    print(f"second {second}: {sent} queries, {100 * answered / sent:.2f} % answered from the cache")
d.terminate()
d.wait()
print("".join(line for line in open(log, encoding="utf-8") if "cache:" in line), end="")
