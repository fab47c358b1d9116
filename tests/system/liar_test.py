#!/usr/bin/python3
"""liar_test.py: a kernel that interrupts, refuses and cuts short three calls in ten (X32)."""
import os
import time

from support import (NOERROR, Message, Raizd, a_reply, ask_udp, authority, check, connect, framed, main, preload, query,
                     read_frame)

def raizd():
    return Raizd(env=preload("liar.c"))


def udp():
    """Clients that ask again get their answer, and nothing spins."""
    authority()
    d = raizd()
    for i in range(60):
        m = ask_udp(f"n{i}.test.", tries=12, timeout=0.4)
        check(m is not None and m.rcode == NOERROR, f"answer {i}: {m and m.rcode}")
    s = d.wait_stats(lambda s: s["upstream_udp_open"] == 0)
    check(s["udp_unsent"] > 0, "the liar was at work")
    cpu = d.cpu_s()
    time.sleep(1)
    check(d.cpu_s() - cpu < 0.1, f"idle: {d.cpu_s() - cpu:.2f} s of CPU in a second")
    d.stop()


def tcp():
    """A stream is never out of order, whatever pieces it goes out in."""
    auth = authority()
    auth.answer = lambda q, tcp, peer: a_reply(q) if Message(q).type == 1 else auth.plain(q)
    d = raizd()
    for _ in range(20):
        s = connect()
        s.sendall(b"".join(framed(query(f"t{k % 50}.test.", qid=k)) for k in range(400)))
        got = {}
        for _ in range(400):
            m = Message(read_frame(s))
            got[m.id] = (m.name, m.rcode)
        check(all(got[k][0] == f"t{k % 50}.test." for k in range(400)), "every answer, whole")
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0)
    d.stop()


if os.environ.get("RAIZ_SANITIZE"):
    print("left out: sanitizers want to be loaded first")
else:
    main(udp, tcp)
