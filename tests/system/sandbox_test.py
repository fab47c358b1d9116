#!/usr/bin/python3
"""sandbox_test.py: what raizd has given up, as the kernel sees it, and that it works all the same.

All other system tests run with the filter of system calls that kills, so that one missing in its list is found."""
import os
import signal
import socket
import subprocess

from support import NOERROR, RAIZD, SLOW, WORK, Raizd, ask_udp, authority, check, main

SANITIZED = bool(os.environ.get("RAIZ_SANITIZE"))


def threads(d):
    """What the kernel says of every thread: {name: value}."""
    out = []
    for tid in os.listdir(f"/proc/{d.process.pid}/task"):
        with open(f"/proc/{d.process.pid}/task/{tid}/status", encoding="ascii") as f:
            out.append(dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line))
    return out


def given_up():
    """Every thread, those included that were made after a reload."""
    authority()
    for listen, caps in (("127.0.0.1:5300", 0), ("127.0.0.1:53", 1 << 10)):
        d = Raizd(listen=[listen], workers=2)
        check(d.control("reload")["ok"], "reload")
        all_ = threads(d)
        check(len(all_) >= 4, f"{len(all_)} threads")
        for t in all_:
            check(int(t["CapEff"], 16) == int(t["CapPrm"], 16) == caps and int(t["CapInh"], 16) == int(t["CapAmb"], 16) == 0, f"{t}")
            check(int(t["CapBnd"], 16) == caps, f"bounding set {t['CapBnd']}")
            check(t["NoNewPrivs"] == "1", "no_new_privs")
            check(SANITIZED or t["Seccomp"] == "2", f"seccomp {t['Seccomp']}")
        said = d.control("status")["sandbox"]
        check(said["no_new_privs"] is True and said["capabilities"] == ("CAP_NET_BIND_SERVICE" if caps else "none"), f"{said}")
        check(SANITIZED or said["system_calls"].startswith(("only those needed", "not built in")), f"{said}")
        d.stop()


def turned_off():
    authority()
    d = Raizd(settings="sandbox: {privileges: false, files: false, system-calls: off}")
    for t in threads(d):
        check(int(t["CapEff"], 16) != 0 and t["NoNewPrivs"] == "0" and t["Seccomp"] == "0", f"{t}")
    said = d.control("status")["sandbox"]
    check(said["files"] == said["system_calls"] == "off" and said["capabilities"] == "as started" and not said["no_new_privs"], f"{said}")
    d.stop()


def files():
    """What lies outside cannot be read, even as the owner; what is needed can, also later."""
    authority()
    d = Raizd()
    if "Landlock" not in d.control("status")["sandbox"]["files"] or "not offered" in d.control("status")["sandbox"]["files"]:
        print("no Landlock here", flush=True)
        check(ask_udp("a.test.").rcode == NOERROR, "it works without")
        return
    with open(d.config, encoding="ascii") as f:
        text = f.read()
    os.makedirs(os.path.join(WORK, "outside"), exist_ok=True)
    outside = os.path.join(WORK, "outside", "map")
    inside = os.path.join(d.dir, "map")
    for path in (outside, inside):
        with open(path, "w", encoding="ascii") as f:
            f.write("192.0.2.1 10.53.0.1\n")
    for path, good in ((inside, True), (outside, False), ("/root/../" + outside, False)):
        with open(d.config, "w", encoding="ascii") as f:
            f.write(text.replace("local-zones: false", f"local-zones: false, address-map: {path}"))
        r = d.control("reload")
        check(r["ok"] == good, f"{path}: {r}")
        check(good or "Permission denied" in r["error"], f"{r}")
    d.control("nta.add", name="x.test.", reason="state is written")
    check(os.path.exists(os.path.join(d.dir, "state", "ntas")), "state")
    d.stop()
    check(not os.path.exists(d.socket), "the control socket is taken away at the end")


def port_after_start():
    """A port below 1024 that a reload adds: possible when one was configured at the start, else an error that says so."""
    authority()
    for first, good in (("127.0.0.1:53", True), ("127.0.0.1:5300", False)):
        d = Raizd(listen=[first])
        with open(d.config, encoding="ascii") as f:
            text = f.read()
        with open(d.config, "w", encoding="ascii") as f:
            f.write(text.replace(f'["{first}"]', f'["{first}", "127.0.0.2:53"]'))
        r = d.control("reload")
        check(r["ok"] == good, f"{r}")
        check(good or "127.0.0.2:53" in r["error"], f"{r}")
        if good:
            check(ask_udp("a.test.", server=("127.0.0.2", 53)).rcode == NOERROR, "answers there")
        d.stop()


def no_such_user():
    authority()
    d = Raizd(settings="sandbox: {user: nobody-of-that-name}", wait=False)
    check(d.process.wait(10 * SLOW) == 1 and "there is no user 'nobody-of-that-name'" in d.text(), d.text())


def service_manager():
    """READY=1 when the sockets answer, WATCHDOG=1 again and again while the loops turn, STOPPING=1 at the end."""
    authority()
    path = os.path.join(WORK, "notify.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(10 * SLOW)
        d = Raizd(workers=2, wait=False, env={**os.environ, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "800000"})

        def heard():
            while True:
                got = s.recv(1000)
                if not got.startswith(b"FDSTORE"):
                    return got
        check(heard().startswith(b"READY=1"), "ready")
        check(ask_udp("a.test.").rcode == NOERROR, "it answers")
        for _ in range(3):
            check(heard() == b"WATCHDOG=1", "watchdog")
        d.process.send_signal(signal.SIGTERM)
        while True:
            got = heard()
            if got == b"STOPPING=1":
                break
            check(got == b"WATCHDOG=1", f"{got}")
        check(d.process.wait(10 * SLOW) == 0, "ends")


def intruder():
    """The calls that the filter is there for: each in a process with the filter of raizd, through a debugger's hands."""
    if SANITIZED:
        check(True, "no filter in sanitizer builds")
        return
    authority()
    for mode, want in (("kill", -signal.SIGSYS), ("deny", -signal.SIGSYS)):
        d = Raizd(settings=f"sandbox: {{system-calls: {mode}}}")
        if "needed" not in d.control("status")["sandbox"]["system_calls"]:
            check(True, "no filter here")
            d.stop()
            continue
        r = subprocess.run([os.path.join(os.environ["BINARY_DIR"], "tests/inject"), str(d.process.pid), "execve"], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(r.returncode == 0, f"{r}")
        check(d.process.wait(10 * SLOW) == want, f"{mode}: {d.process.returncode}")
    d = Raizd(settings="sandbox: {system-calls: deny}")
    for call in ("packet", "exec-memory"):
        r = subprocess.run([os.path.join(os.environ["BINARY_DIR"], "tests/inject"), str(d.process.pid), call], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(r.returncode == 0, f"{r}")
        check(b"-38" in r.stdout, f"{call} fails: {r.stdout}")
    check(ask_udp("a.test.").rcode == NOERROR, "and it goes on")
    d.stop()


main(given_up, turned_off, files, port_after_start, no_such_user, service_manager, intruder)
