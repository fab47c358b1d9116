"""peers.py - raizd and the resolvers it is measured beside: what each is told, and how they are started, watched and ended.

All get the same: so many threads, 256 MB of cache, validation from the given key, QNAME minimisation, minimal answers, room for
1,000 connections and 4,096 clients who wait, nothing but loopback."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

ADDRESS, PORT = "127.0.0.1", 5300
CACHE_MB = 256


def rcode(name, timeout, recurse):
    """Of the answer to a question for an address of this name; None: there was no answer."""
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect((ADDRESS, PORT))
            s.send(struct.pack("!6H", 7, 0x0100 if recurse else 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1))
            return s.recv(4096)[3] & 15
        except OSError:
            return None


class Missed(Exception):
    """What was to be measured could not be; the others go on."""


class Peer:
    name = program = None

    resolves = True

    def __init__(self, folder, hints, anchor, cpu, threads=1, validates=True):
        self.folder, self.hints, self.anchor, self.cpu = os.path.join(folder, self.name), hints, anchor, cpu
        self.threads, self.validates = threads, validates
        self.processes = []

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    @classmethod
    def there(cls):
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is not None

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def launch(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.processes.append(subprocess.Popen(["taskset", "-c", self.cpu] + self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                                   stderr=log, cwd=self.folder))

    def until(self, began, good):
        """Seconds since then when an answer is good."""
        while not good(0.02 if time.monotonic() - began < 1 else 1):
            if self.processes[0].poll() is not None or time.monotonic() - began > 30:
                log = self.log()
                self.stop()
                raise Missed(f"{self.name} does not answer: {log}")
            time.sleep(0.0005)
        return time.monotonic() - began

    def start(self, name):
        """Seconds from exec to the first answer, and to the first good one that needed others."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        began = time.monotonic()
        self.launch()
        first = self.until(began, lambda timeout: rcode(name, timeout, False) is not None)
        return first, self.until(began, lambda timeout: rcode(name, timeout, True) == 0)

    def stop(self):
        for p in self.processes:
            p.send_signal(signal.SIGTERM)
        for p in self.processes:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        self.processes = []

    def cpu_s(self):
        """(all, of that in user space, in the kernel): all from the scheduler's counters, the others are ticks of the clock."""
        total, user, system = 0, 0, 0
        for folder in (f"/proc/{p.pid}" for p in self.processes):
            for task in os.listdir(f"{folder}/task"):
                with open(f"{folder}/task/{task}/schedstat", encoding="ascii") as f:
                    total += int(f.read().split()[0]) / 1e9
            with open(f"{folder}/stat", encoding="ascii") as f:
                fields = f.read().rsplit(") ", 1)[1].split()
            user, system = user + int(fields[11]), system + int(fields[12])
        return total, user, system

    def memory_mb(self, what):
        """what: VmRSS, or VmHWM for the most so far."""
        kib = 0
        for p in self.processes:
            with open(f"/proc/{p.pid}/status", encoding="ascii") as f:
                kib += next(int(line.split()[1]) for line in f if line.startswith(what + ":"))
        return kib / 1024


class Raizd(Peer):
    name = "raizd"
    program = "raizd"

    def command(self):
        return [self.program, "-c", self.write("raiz.yaml", f"""
workers: {self.threads}
listen: ["{ADDRESS}:{PORT}"]
access: {{allow: ["127.0.0.0/8"]}}
state-dir: "{self.folder}/state"
control: {{socket: "{self.folder}/raizctl.sock"}}
root: {{hints: "{self.hints}"}}
cache: {{size: {CACHE_MB}M}}
resolution: {{ipv6: false, query-loopback: true, local-zones: false}}
dnssec: {{trust-anchor-file: "{self.anchor}", mode: {"validate" if self.validates else "off"}}}
limits: {{tcp-clients: 2000, tcp-per-address: 2000}}
log: {{level: error}}
""")]


class Unbound(Peer):
    name = program = "unbound"

    def command(self):
        return [self.program, "-d", "-c", self.write("unbound.conf", f"""
server:
  interface: {ADDRESS}@{PORT}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  do-ip6: no
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  pidfile: ""
  directory: "{self.folder}"
  num-threads: {self.threads}
  so-reuseport: yes
  incoming-num-tcp: 2000
  minimal-responses: yes
  msg-cache-size: {CACHE_MB // 3}m
  rrset-cache-size: {CACHE_MB * 2 // 3}m
  outgoing-range: 4096
  num-queries-per-thread: 4096
  so-rcvbuf: 1m
  qname-minimisation: yes
  aggressive-nsec: yes
  root-hints: "{self.hints}"
{f'  trust-anchor-file: "{self.anchor}"' if self.validates else '  module-config: "iterator"'}
  local-zone: "invalid." transparent
remote-control:
  control-enable: no
""")]


class Named(Peer):
    name = program = "named"

    def command(self):
        with open(self.anchor, encoding="ascii") as f:
            tag, algorithm, digest, data = f.read().split(" DS ", 1)[1].split(None, 3)
        return [self.program, "-f", "-4", "-n", str(self.threads), "-c", self.write("named.conf", f"""
options {{
  directory "{self.folder}"; pid-file none; session-keyfile none; lock-file none;
  listen-on port {PORT} {{ {ADDRESS}; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-recursion {{ any; }}; allow-query {{ any; }}; allow-query-cache {{ any; }};
  max-cache-size {CACHE_MB}M; recursive-clients 4096; tcp-clients 2000; tcp-listen-queue 1024; minimal-responses yes;
  dnssec-validation {"yes" if self.validates else "no"}; qname-minimization relaxed; empty-zones-enable no;
}};
zone "." {{ type hint; file "{self.hints}"; }};
trust-anchors {{ . static-ds {tag} {algorithm} {digest} "{''.join(data.split())}"; }};
controls {{ }};
logging {{ category default {{ null; }}; }};
""")]


class Kresd(Peer):
    name = program = "kresd"

    def command(self):
        with open(self.anchor, encoding="ascii") as f:
            anchor = f.read().strip()
        return [self.program, "-n", "-c", self.write("kresd.conf", f"""
log_level('crit')
net.ipv6 = false
net.listen('{ADDRESS}', {PORT}, {{ kind = 'dns' }})
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
modules = {{ 'hints' }}
hints.root_file('{self.hints}')
trust_anchors.remove('.')
{f"trust_anchors.add([[{anchor}]])" if self.validates else ""}
option('ALLOW_LOCAL', true)
cache.open({CACHE_MB} * MB, 'lmdb://{self.folder}')
"""), self.folder]


    def cache_mb(self):
        """Pages in use of the LMDB file: the newer of its two heads tells the last one."""
        with open(os.path.join(self.folder, "data.mdb"), "rb") as f:
            heads = f.read(8192)
        newer = max((struct.unpack_from("=QQ", heads, at + 136) for at in (0, 4096)), key=lambda last_and_transaction: last_and_transaction[1])
        return (newer[0] + 1) * 4096 / 2**20

    def launch(self):
        """Its threads are processes that share a cache."""
        for _ in range(self.threads):
            super().launch()
            if self.threads > 1:
                self.until(time.monotonic(), lambda timeout: rcode("", timeout, False) is not None)

    def memory_mb(self, what):
        """The cache is a file, of which each process has mapped what it looked at: what is used of it counts, and no mapping."""
        mapped = 0
        for p in self.processes:
            with open(f"/proc/{p.pid}/smaps", encoding="ascii", errors="replace") as f:
                inside = False
                for line in f:
                    if not line.split(":")[0].isalpha() and "-" in line.split()[0]:
                        inside = line.rstrip().endswith("data.mdb")
                    elif inside and line.startswith("Rss:"):
                        mapped += int(line.split()[1])
        return super().memory_mb(what) - mapped / 1024 + self.cache_mb()


class Recursor(Peer):
    name, program = "pdns", "pdns_recursor"

    def command(self):
        with open(self.anchor, encoding="ascii") as f:
            data = " ".join(f.read().split(" DS ", 1)[1].split())
        anchor = self.write("anchor.lua", f'clearTA(".")\naddTA(".", "{data}")\n')
        self.write("recursor.conf", f"""
local-address={ADDRESS}
local-port={PORT}
socket-dir={self.folder}
daemon=no
write-pid=no
threads={self.threads}
pdns-distributes-queries=no
reuseport=yes
max-tcp-clients=2000
max-mthreads=4096
client-tcp-timeout=30
setuid=
setgid=
max-cache-entries={CACHE_MB * 4000}
hint-file={self.hints}
lua-config-file={anchor}
dont-query=
allow-from=127.0.0.0/8
dnssec={"validate" if self.validates else "off"}
quiet=yes
loglevel=0
""")
        return [self.program, f"--config-dir={self.folder}"]


class Bare(Peer):
    name, program, resolves = "bare", "storm", False

    def command(self):
        return [self.program, "echo", "--listen", f"{ADDRESS}:{PORT}"]


ALL = [Raizd, Unbound, Named, Kresd, Recursor, Bare]
