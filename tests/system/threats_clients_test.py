#!/usr/bin/python3
"""threats_clients_test.py: clients that misuse TCP, in great number, and one that asks for more than all others: T109 to T114 and
T125 of the threats that a resolver must withstand.

tcp_in_test.py has the rules one by one; here they hold under the load that the threats bring, with birds that sing meanwhile."""
import resource
import select
import socket
import struct
import threading
import time

from support import FORMERR, NOERROR, SLOW, Message, check, framed, main, query, read_frame, run
from threat_support import Daemon, address, row, servers, storm, world

CLIENTS = "10.55.0.0/16"    # any source address is ours
d = None


def daemon():
    return d


def connect(source, nonblocking=False, rcvbuf=None):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if rcvbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    s.settimeout(10 * SLOW)
    s.bind((source, 0))
    s.connect(d.server)
    if nonblocking:
        s.setblocking(False)
    return s


def source_of(i, per=50):
    return f"10.55.{i // per // 250}.{1 + i // per % 250}"


def asks_over_tcp(name="c0.canary."):
    try:
        with connect("10.55.200.1") as s:
            s.sendall(framed(query(name)))
            data = read_frame(s)
            return data is not None and Message(data).rcode == NOERROR
    except OSError:
        return False


@row(109, daemon)
def t109_slowloris(r):
    """A thousand connections that drip: each is closed five seconds after the first octet of its frame, new ones are taken."""
    poll, began, open_ones, closed = select.epoll(), time.monotonic(), {}, []
    for i in range(1000):
        s = connect(source_of(i), nonblocking=True)
        s.send(b"\0")
        open_ones[s.fileno()] = (s, time.monotonic())
        poll.register(s, select.EPOLLIN | select.EPOLLHUP)
    check(d.stats()["tcp_open"] >= 900, "they are open")
    frame, at, next_drip = framed(query("drip.canary.")), 1, time.monotonic() + 0.4
    while open_ones and time.monotonic() - began < 12 * SLOW:
        for fd, _ in poll.poll(0.05):
            s, since = open_ones.pop(fd)
            closed.append(time.monotonic() - since)
            s.close()
        if time.monotonic() > next_drip and at < len(frame) - 1:
            for s, _ in open_ones.values():
                try:
                    s.send(frame[at:at + 1])
                except OSError:
                    pass
            at, next_drip = at + 1, next_drip + 0.4
            check(asks_over_tcp(), "a new connection is served meanwhile")
    check(not open_ones, f"{len(open_ones)} are still open")
    check(max(closed) < 5.6 * SLOW, f"closed within {max(closed):.1f} s")


@row(110, daemon)
def t110_no_reader(r):
    """Forty clients that ask for ever and never read: 128 KiB each at most, gone two seconds after they stand still."""
    check(d.ask("c1.canary.").rcode == NOERROR, "warm")
    rss, cache, most = d.rss_kib(), d.cache_bytes(), 0
    clients = {connect(source_of(i), nonblocking=True, rcvbuf=4096): None for i in range(40)}
    data, began = framed(query("c1.canary.")) * 5000, time.monotonic()
    while clients and time.monotonic() - began < 10 * SLOW:
        for s, stuck in list(clients.items()):
            try:
                s.send(data)
                clients[s] = None
            except BlockingIOError:
                clients[s] = stuck or time.monotonic()
            except OSError:
                check(stuck is None or time.monotonic() - stuck < 2.3 * SLOW, "ended within two seconds of standing still")
                del clients[s]
        most = max(most, d.rss_kib())
        time.sleep(0.02)
    check(not clients, f"{len(clients)} are still open")
    grown = most - rss - (d.cache_bytes() - cache) / 1024
    print(f"      {grown:.0f} KiB for 40 connections at the most")
    check(SLOW > 1 or grown <= 40 * 160, f"{grown:.0f} KiB")


def flood_and_reset(prefix):
    for i in range(100):
        s = connect(source_of(i, per=10))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            s.sendall(b"".join(framed(query(f"{prefix}{i}-{k}.t111." if k % 10 == 0 else "c2.canary.", qid=k)) for k in range(1000)))
        except OSError:
            pass
        s.close()


@row(111, daemon)
def t111_flood_and_reset(r):
    """A hundred thousand queries in pipelines that are reset: nothing stays under way."""
    flood_and_reset("n")
    began = time.monotonic()
    while d.control("status")["under_way"] > 2 and time.monotonic() - began < 3 * SLOW:
        time.sleep(0.02)
    check(d.control("status")["under_way"] <= 2, f"{d.control('status')['under_way']} under way")
    d.wait_stats(lambda s: s["tcp_open"] == 0)


@row(112, daemon)
def t112_too_many(r):
    """Ten thousand clients that connect and say nothing: a thousand are kept, and who asks over TCP is served."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (12000, max(12000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    good, asked, stop = [0], [0], threading.Event()

    def canary_over_tcp():
        while not stop.is_set():
            asked[0] += 1
            good[0] += asks_over_tcp()
            time.sleep(0.02)
    thread = threading.Thread(target=canary_over_tcp)
    thread.start()
    idle, most = [], 0
    for i in range(10000):
        try:
            idle.append(connect(source_of(i)))
        except OSError:
            pass
        if i % 500 == 0:
            most = max(most, d.stats()["tcp_open"])
    most = max(most, d.stats()["tcp_open"])
    time.sleep(0.5)
    stop.set()
    thread.join()
    print(f"      {len(idle)} connected, at most {most} open at a time; {good[0]} of {asked[0]} asked over TCP with success")
    check(most <= 1024, f"{most} open")
    check(good[0] >= 0.99 * asked[0] and asked[0] > 20, f"{good[0]} of {asked[0]} over TCP")
    for s in idle:
        s.close()
    d.wait_stats(lambda s: s["tcp_open"] == 0, within=12)


@row(113, daemon)
def t113_frames(r):
    """Three messages cut in two at every octet; empty and short frames; two in one; one that never ends."""
    stream = b"".join(framed(query(f"c{i}.canary.", qid=i)) for i in range(3))
    for cut in range(1, len(stream)):
        with connect(source_of(cut, per=20)) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.sendall(stream[:cut])
            if cut % 8 == 0:
                time.sleep(0.002)
            s.sendall(stream[cut:])
            got = sorted(Message(read_frame(s)).id for _ in range(3))
            check(got == [0, 1, 2], f"cut at {cut}: {got}")
    for junk in (b"\0\0", b"\0\1x", framed(bytes(11)), framed(b"\0\1" + bytes(10)), b"\0\0" * 50 + framed(query("c0.canary."))):
        with connect("10.55.99.1") as s:
            s.sendall(junk)
            s.shutdown(socket.SHUT_WR)
            while True:
                data = read_frame(s)
                if data is None:
                    break
                check(data[3] & 0xf in (FORMERR, NOERROR), f"{junk[:20].hex()} is answered {data.hex()}")
    with connect("10.55.99.2") as s:
        s.sendall(b"\xff\xff" + bytes(1000))
        s.shutdown(socket.SHUT_WR)
        check(read_frame(s) is None, "a frame that ends too soon")
    d.wait_stats(lambda s: s["tcp_open"] == 0)


@row(114, daemon)
def t114_half_closed(r):
    """Ten thousand half-closed connections: none stays in CLOSE_WAIT, no descriptor is lost."""
    n = 10000 if SLOW == 1 else 2500
    before = d.stats()

    def client(number):
        frame = framed(query("c3.canary."))
        for i in range(n // 4):
            s = connect(f"10.55.{60 + number}.{1 + i % 200}")
            if i % 4 == 0:
                s.sendall(frame)
            elif i % 4 == 1:
                s.sendall(frame[:i % len(frame)])
            s.shutdown(socket.SHUT_WR)
            if i % 8 == 0:
                check(read_frame(s) is not None, "answer after a half-close")
            s.close()
    threads = [threading.Thread(target=client, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    after = d.wait_stats(lambda s: s["tcp_open"] == 0, within=10)
    check(after["tcp_accepted"] - before["tcp_accepted"] >= n * 0.99, f"{after['tcp_accepted'] - before['tcp_accepted']} of {n} were accepted")
    check(after["descriptors"] <= before["descriptors"] + 1, f"descriptors {before['descriptors']} -> {after['descriptors']}")
    with open("/proc/net/tcp", encoding="ascii") as f:
        stuck = [line for line in f if line.split()[1].endswith(":14B4") and line.split()[3] == "08"]
    check(not stuck, f"{len(stuck)} connections in CLOSE_WAIT")


@row(125, daemon)
def t125_costly_client(r):
    """One client asks for names that nobody knows, as many at a time as there are places for: others are served as ever, it
    is told why it is not, and soon after it has stopped nothing of this is left."""
    r.least_s = 3
    before, rss, cache = d.stats(), d.rss_kib(), d.cache_bytes()
    storm("ask", "--server", "127.0.0.1:5300", "--from", "10.55.201.1:0", "--names", 20000, "--window", 3000, "--name", "x%.flood.",
          "--timeout", 700 * SLOW, "--tries", 1)
    after, most = d.stats(), d.rss_kib()
    refused, dropped = (after[k] - before[k] for k in ("fair_refused", "fair_dropped"))
    check(refused > 0 and dropped > 1000, f"{refused} refused, {dropped} dropped of 20,000 questions")
    check("those who cost most are refused first, now 10.55." in d.text(), f"the log says so: {d.text()[-1000:]}")
    rows = d.control("failures")
    check(any(x.get("failure") == "SHARE" for x in rows), f"and the list of failures: {rows[-1:]}")
    d.wait_stats(lambda s: s["fair_limits"] == 0, within=30)
    # Memory: what a thousand resolutions needed goes back, but for what the cache has learnt.
    d.wait_stats(lambda s: s["trims"] > before["trims"], within=30)
    if SLOW == 1:
        d.wait_stats(lambda s: d.rss_kib() - rss - (d.cache_bytes() - cache) / 1024 <= 3072, within=30)
    print(f"      {d.rss_kib() - rss} KiB more than before, {(d.cache_bytes() - cache) // 1024} of them in the cache; {most - rss} at the most")


def set_up():
    global d
    run("ip", "route", "add", "local", CLIENTS, "dev", "lo")
    world(*range(109, 115))
    servers().script[111] = lambda q, m, to, tcp, peer: [(0.2, address(q))]
    d = Daemon()
    flood_and_reset("first")
    d.wait_stats(lambda s: s["tcp_open"] == 0 and s["upstream_udp_open"] == 0)
    time.sleep(0.5)
    d.rebase()


if __name__ == "__main__":
    set_up()
    main(t109_slowloris, t110_no_reader, t111_flood_and_reset, t112_too_many, t113_frames, t114_half_closed, t125_costly_client)
    d.end()
