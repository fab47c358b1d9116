"""peers.py - raizd and the resolvers it is measured beside: what each is told, and how they are started, watched and ended.

All get the same: one thread, 256 MB of cache, validation from the given key, QNAME minimisation, nothing but loopback."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import time

ADDRESS, PORT = "127.0.0.1", 5300
CACHE_MB = 256


def answers(name, timeout):
    """Whether the server answers a question for an address of this name, well or badly."""
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        try:
            s.connect((ADDRESS, PORT))
            s.send(struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1))
            return s.recv(4096)[3] & 15 == 0
        except OSError:
            return False


class Peer:
    name = program = None

    def __init__(self, folder, hints, anchor, cpu):
        self.folder, self.hints, self.anchor, self.cpu = os.path.join(folder, self.name), hints, anchor, cpu
        self.process = None

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return path

    @classmethod
    def there(cls):
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is not None

    def start(self, name):
        """Seconds from exec to the first good answer."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        command = self.command()
        with open(os.path.join(self.folder, "log"), "wb") as log:
            began = time.monotonic()
            self.process = subprocess.Popen(["taskset", "-c", self.cpu] + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder)
        while not answers(name, 0.02 if time.monotonic() - began < 1 else 1):
            if self.process.poll() is not None or time.monotonic() - began > 30:
                with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
                    raise SystemExit(f"{self.name} does not answer: {f.read()[-2000:]}")
            time.sleep(0.0005)
        return time.monotonic() - began

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def cpu_s(self):
        """(all, of that in user space): all from the scheduler's counters, the share from the clock's ticks."""
        folder = f"/proc/{self.process.pid}"
        total = 0
        for task in os.listdir(f"{folder}/task"):
            with open(f"{folder}/task/{task}/schedstat", encoding="ascii") as f:
                total += int(f.read().split()[0]) / 1e9
        with open(f"{folder}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(") ", 1)[1].split()
        return total, int(fields[11]), int(fields[12])

    def memory_mb(self, what):
        """what: VmRSS, or VmHWM for the most so far."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in f if line.startswith("Vm") or line.startswith("Rss")}
        return kib[what] / 1024


class Raizd(Peer):
    name = "raizd"
    program = "raizd"

    def command(self):
        return [self.program, "-c", self.write("raiz.yaml", f"""
workers: 1
listen: ["{ADDRESS}:{PORT}"]
access: {{allow: ["127.0.0.0/8"]}}
state-dir: "{self.folder}/state"
control: {{socket: "{self.folder}/raizctl.sock"}}
root: {{hints: "{self.hints}"}}
cache: {{size: {CACHE_MB}M}}
resolution: {{ipv6: false, query-loopback: true, local-zones: false}}
dnssec: {{trust-anchor-file: "{self.anchor}"}}
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
  num-threads: 1
  msg-cache-size: {CACHE_MB // 3}m
  rrset-cache-size: {CACHE_MB * 2 // 3}m
  outgoing-range: 4096
  num-queries-per-thread: 2048
  so-rcvbuf: 1m
  qname-minimisation: yes
  aggressive-nsec: yes
  root-hints: "{self.hints}"
  trust-anchor-file: "{self.anchor}"
  local-zone: "invalid." transparent
remote-control:
  control-enable: no
""")]


class Named(Peer):
    name = program = "named"

    def command(self):
        with open(self.anchor, encoding="ascii") as f:
            tag, algorithm, digest, data = f.read().split(" DS ", 1)[1].split(None, 3)
        return [self.program, "-f", "-4", "-n", "1", "-c", self.write("named.conf", f"""
options {{
  directory "{self.folder}"; pid-file none; session-keyfile none; lock-file none;
  listen-on port {PORT} {{ {ADDRESS}; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-recursion {{ any; }}; allow-query {{ any; }}; allow-query-cache {{ any; }};
  max-cache-size {CACHE_MB}M; recursive-clients 4096; dnssec-validation yes; qname-minimization relaxed;
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
trust_anchors.add([[{anchor}]])
option('ALLOW_LOCAL', true)
cache.open({CACHE_MB} * MB, 'lmdb://{self.folder}')
"""), self.folder]


class Recursor(Peer):
    name = program = "pdns_recursor"

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
threads=1
max-cache-entries={CACHE_MB * 4000}
hint-file={self.hints}
lua-config-file={anchor}
dont-query=
allow-from=127.0.0.0/8
dnssec=validate
quiet=yes
loglevel=0
""")
        return [self.program, f"--config-dir={self.folder}"]


ALL = [Raizd, Unbound, Named, Kresd, Recursor]
