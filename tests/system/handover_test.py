#!/usr/bin/python3
"""handover_test.py: listening sockets that a service manager holds (LISTEN_FDS): nothing is lost from one raizd to the next."""
import array
import os
import socket
import time

from support import A, NOERROR, SLOW, WORK, Load, Message, Raizd, a_reply, ask_udp, authority, check, connect, framed, main, query, read_frame

ADDRESS = ("127.0.0.1", 5300)


def sockets(reuse):
    out = []
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        s = socket.socket(socket.AF_INET, kind)
        if reuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_DGRAM:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(ADDRESS)
        if kind == socket.SOCK_STREAM:
            s.listen(64)
        out.append(s)
    return out


def started(held, **kw):
    """raizd with the sockets as descriptors 3 and on, as systemd starts it."""
    fds = [os.dup(s.fileno()) for s in held]
    high = [os.dup2(fd, 200 + i, inheritable=True) for i, fd in enumerate(fds)]

    def place():
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i, inheritable=True)
            os.close(fd)
    d = Raizd(command=("sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"'), preexec_fn=place, close_fds=False,
              env={**os.environ, "LISTEN_FDS": str(len(held)), **kw.pop("env", {})}, **kw)
    for fd in fds + high:
        os.close(fd)
    return d


def next_one():
    """Stopped and started five times while it is asked: the queries wait in the sockets."""
    authority(answer=lambda q, tcp, peer: a_reply(q, ttl=86400) if Message(q).type == A else authority().plain(q))
    for reuse, workers in ((True, 2), (False, 2), (False, 1)):
        held = sockets(reuse)
        d = started(held, workers=workers)
        check(ask_udp("hot.test.").rcode == NOERROR, "answers")
        if reuse and workers > 1:       # the second worker has a socket of its own, which goes with it: one each is held
            held += [s for s in sockets(True)]
            d.stop()
            d = started(held, workers=workers)
        load = Load(32, patience_s=8)
        for _ in range(5):
            time.sleep(0.1)
            d.stop()
            d = started(held, workers=workers)
        time.sleep(0.1)
        load.end()
        with connect() as c:
            c.sendall(framed(query("hot.test.")))
            check(Message(read_frame(c)).rcode == NOERROR, "over TCP")
        d.stop()
        for s in held:
            s.close()
        print(f"reuse {reuse}, {workers} workers: {load.sent} queries, {load.lost} lost", flush=True)
        check(load.lost == 0 and load.refused == 0 and load.got > 1000, f"{load.got} answered, {load.lost} lost")


def kept():
    """What raizd gives the manager to keep: the sockets it listens on, and those of a reload; names of those that went."""
    authority()
    path = os.path.join(WORK, "store.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(10 * SLOW)
        d = Raizd(workers=2, wait=False, env={**os.environ, "NOTIFY_SOCKET": path})

        def messages(n):
            out = []
            while len(out) < n:
                data, control, _flags, _addr = s.recvmsg(1000, socket.CMSG_SPACE(16))
                fds = array.array("i")
                for _level, _type, payload in control:
                    fds.frombytes(payload)
                for fd in fds:
                    with socket.socket(fileno=fd) as passed:
                        check(passed.getsockname()[:2] in (ADDRESS, ("127.0.0.2", 5300)), f"{passed}")
                out.append((data.decode(), len(fds)))
            return out
        check(messages(1)[0][0].startswith("READY=1"), "ready")
        got = messages(6)
        check(got.count(("FDSTORE=1\nFDNAME=udp-127.0.0.1.5300", 1)) == 2 and got.count(("FDSTORE=1\nFDNAME=tcp-127.0.0.1.5300", 1)) == 2,
              f"{got}")
        with open(d.config, encoding="ascii") as f:
            text = f.read()
        with open(d.config, "w", encoding="ascii") as f:
            f.write(text.replace("127.0.0.1:5300", "127.0.0.2:5300"))
        check(d.control("reload")["ok"], "reload")
        got = messages(8)
        check(("FDSTOREREMOVE=1\nFDNAME=udp-127.0.0.1.5300", 0) in got and ("FDSTORE=1\nFDNAME=udp-127.0.0.2.5300", 1) in got, f"{got}")
        d.process.terminate()
        check(d.process.wait(10 * SLOW) == 0, "ends")


def others():
    """What is handed over and not wanted is closed; variables for another process are not ours."""
    authority()
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.9", 9999))
    d = started([other])
    check(ask_udp("a.test.").rcode == NOERROR, "opens its own")
    links = {os.readlink(f"/proc/{d.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{d.process.pid}/fd")}
    check(f"socket:[{os.fstat(other.fileno()).st_ino}]" not in links, "closed")
    d.stop()
    d = Raizd(env={**os.environ, "LISTEN_FDS": "3", "LISTEN_PID": "1"})
    check(ask_udp("a.test.").rcode == NOERROR, "not for us")
    d.stop()


main(next_one, kept, others)
