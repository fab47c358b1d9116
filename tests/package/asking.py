"""asking.py ENOUGH: a client that asks 127.0.0.1 for www.networkutopia.com until a file ENOUGH is there, again after 100 ms as clients
do. Says how often; ends with 1 when a question had no answer within 5 s."""
import os
import socket
import struct
import sys
import time

QUESTION = b"\3www\x0dnetworkutopia\3com\0\0\1\0\1"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.1)
s.connect(("127.0.0.1", 53))
asked = again = lost = 0
while not os.path.exists(sys.argv[1]):
    asked += 1
    head = struct.pack("!6H", asked & 0xffff, 0x100, 1, 0, 0, 0)
    until = time.monotonic() + 5
    answered = False
    while not answered and time.monotonic() < until:
        try:
            s.send(head + QUESTION)
            answered = s.recv(512)[:2] == head[:2]
        except OSError:
            again += 1
            time.sleep(0.02)
    lost += not answered
    time.sleep(0.001)
print(f"{asked} asked, {again} times again, {lost} without answer")
sys.exit(lost > 0)
