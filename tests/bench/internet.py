"""internet.py - the two Internets that tests/bench/run has raiz-lab serve, and what is asked for in them

near: a root and 1,000 zones on 100 servers that answer at once; one zone in three is unsigned. For processor time.
far:  a root, 20 top-level domains, 60 hosters and 1,000 zones whose servers take as long as real ones do: 12 ms the root, some
      16 ms those of top-level domains, 5 to 250 ms the hosters' two to four, which lie in zones of their own without glue. One
      server in fifty never answers, half of them lose one question in 200. Three zones in ten are signed, and most top-level
      domains. All servers of victim.t0. are dead. For waiting.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

ZONES, NAMES, SERVERS = 1000, 20, 100
FIRST = "n0.z0"
TLDS, HOSTERS, FAR_ZONES, HOSTS = 20, 60, 1000, 10
CUSTOMERS = 60        # of one hoster: raiz-lab takes 64 zones a server
QUESTIONS = 40000     # of the list for far
SOA = "@ IN SOA {} x. 1 30m 15m 1w 5m"


def write(path, text):
    with open(path, "w", encoding="ascii") as f:
        f.write(text)


def root_hints(folder, address):
    write(f"{folder}/root.hints", f". 3600000 IN NS a.root-servers.\na.root-servers. 3600000 IN A {address}\n")


def make_near(folder):
    os.makedirs(folder)
    address = [f"10.53.1.{i + 1}" for i in range(SERVERS)]
    conf = ["server a.root-servers.  10.53.0.1  ."]
    root = ["$TTL 2d", SOA.format("a.root-servers."), "@ NS a.root-servers.", "a.root-servers A 10.53.0.1",
            "bulk. NS ns.bulk.", "ns.bulk. A 10.53.0.2"]
    for k in range(SERVERS):
        conf.append(f"server ns.z{k}.  {address[k]}  " + " ".join(f"z{i}." for i in range(k, ZONES, SERVERS)))
    conf.append("server ns.bulk.  10.53.0.2  bulk.")
    for i in range(ZONES):
        root += [f"z{i}. NS ns.z{i}.", f"ns.z{i}. A {address[i % SERVERS]}"]
        conf += [f"zone z{i}. unsigned"] if i % 3 == 1 else []
        write(f"{folder}/z{i}.zone", "\n".join(["$TTL 1d", SOA.format(f"ns.z{i}."), f"@ NS ns.z{i}.", f"ns A {address[i % SERVERS]}"] +
                                               [f"n{k} A 192.0.2.{k + 1}" for k in range(NAMES)]) + "\n")
    conf.append("zone bulk. unsigned")
    write(f"{folder}/bulk.zone", "\n".join(["$TTL 1d", SOA.format("ns"), "@ NS ns", "ns A 10.53.0.2", "* A 192.0.2.1"]) + "\n")
    write(f"{folder}/lab.conf", "\n".join(conf) + "\n")
    write(f"{folder}/root.zone", "\n".join(root) + "\n")
    root_hints(folder, "10.53.0.1")


# ---- far ----

class Far:
    def __init__(self, folder):
        self.folder, self.chance = folder, random.Random(5)
        self.conf, self.zone, self.unsigned = [], {}, []

    def delay(self, median):
        """ms, log-normal: most near the median, a few far above."""
        return max(2, min(250, round(self.chance.lognormvariate(0, 0.6) * median)))

    def server(self, name, address, zones, median):
        ms = self.delay(median)
        words = [f"delay={ms}ms", f"jitter={max(1, ms // 10)}ms"]
        words += ["loss=0.5%"] if self.chance.random() < 0.5 else []
        words += ["silent"] if median > 20 and self.chance.random() < 0.03 else []
        self.conf.append(f"server {name}  {address}  {' '.join(zones)} {' '.join(words)}")

    def begin(self, zone, servers):
        self.zone[zone] = ["$TTL 1h", SOA.format(servers[0])] + [f"@ NS {s}" for s in servers]

    def add_tlds(self):
        self.begin(".", ["a.root-servers."])
        self.zone["."].append("a.root-servers A 10.54.0.1")
        self.conf.append("server a.root-servers.  10.54.0.1  .  delay=12ms")
        for k in range(TLDS):
            servers = [f"ns{j}.t{k}." for j in range(3)]
            self.begin(f"t{k}.", servers)
            for j, name in enumerate(servers):
                glue = f"{name} A 10.54.1.{3 * k + j + 1}"
                self.zone["."] += [f"t{k}. NS {name}", glue]
                self.zone[f"t{k}."].append(glue)
                self.server(name, f"10.54.1.{3 * k + j + 1}", [f"t{k}."], 16)
            self.unsigned += [f"t{k}."] if k % 10 == 9 else []

    def add_hosters(self):
        """Customers' zones have their hoster's servers; the hoster's own zone has glue in its top-level domain."""
        weights = [1 / (k + 1) for k in range(HOSTERS)]
        customers = [[] for _ in range(HOSTERS)]
        for i in range(FAR_ZONES):
            k = self.chance.choices(range(HOSTERS), weights)[0]
            customers[k].append(f"d{i}.t{i % TLDS}.")
            weights[k] *= len(customers[k]) < CUSTOMERS
        for k in range(HOSTERS):
            own, tld = f"host{k}.t{(k * 7) % TLDS}.", f"t{(k * 7) % TLDS}."
            servers, median = [f"ns{j}.{own}" for j in range(self.chance.randint(2, 4))], self.chance.choice([15, 25, 40, 60, 90])
            for zone in [own] + customers[k]:
                self.begin(zone, servers)
                self.zone["t" + zone.split(".t")[1]] += [f"{zone} NS {s}" for s in servers]
                self.unsigned += [zone] if self.chance.random() < 0.7 else []
            for j, name in enumerate(servers):
                glue = f"{name} A 10.54.{2 + j}.{k + 1}"
                self.zone[own].append(glue)
                self.zone[tld].append(glue)
                self.server(name, f"10.54.{2 + j}.{k + 1}", [own] + customers[k], median)
            for zone in customers[k]:
                self.zone[zone] += [f"h{h} A 192.0.2.{h + 1}" for h in range(HOSTS)] + ["www CNAME h0"]

    def add_victim(self):
        servers = [f"ns{j}.victim.t0." for j in range(4)]
        self.begin("victim.t0.", servers)
        for j, name in enumerate(servers):
            self.zone["t0."] += [f"victim.t0. NS {name}", f"{name} A 10.54.9.{j + 1}"]
            self.zone["victim.t0."].append(f"{name} A 10.54.9.{j + 1}")
            self.conf.append(f"server {name}  10.54.9.{j + 1}  victim.t0.  silent")
        self.unsigned.append("victim.t0.")

    def write(self):
        for zone, lines in self.zone.items():
            write(f"{self.folder}/{zone[:-1] or 'root'}.zone", "\n".join(lines) + "\n")
        write(f"{self.folder}/lab.conf", "\n".join(self.conf + [f"zone {z} unsigned" for z in self.unsigned]) + "\n")
        root_hints(self.folder, "10.54.0.1")

    def write_questions(self):
        """Popularity by Zipf's law; one name in ten does not exist."""
        zones = [z for z in self.zone if z.startswith("d")]
        self.chance.shuffle(zones)
        weights = [(k + 1) ** -1.05 for k in range(len(zones))]
        hosts = ["www"] * 4 + [f"h{h}" for h in range(HOSTS)]
        lines = []
        for i, zone in enumerate(self.chance.choices(zones, weights, k=QUESTIONS)):
            lines.append((f"nx{i}" if self.chance.random() < 0.1 else self.chance.choice(hosts)) + "." + zone)
        write(f"{self.folder}/questions", "\n".join(lines) + "\n")


def make_far(folder):
    os.makedirs(folder)
    far = Far(folder)
    far.add_tlds()
    far.add_hosters()
    far.add_victim()
    far.write()
    far.write_questions()


class Lab:
    """A raiz-lab that serves a folder; its hints and its trust anchor."""

    def __init__(self, program, folder, cpu):
        self.hints, self.questions = f"{folder}/root.hints", f"{folder}/questions"
        self.anchor, self.stats, self.log = f"{folder}.anchor", f"{folder}.stats", f"{folder}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", cpu, program, "--dir", folder, "--add-addresses", "--anchor-file", self.anchor,
                                             "--stats-file", self.stats], stdout=log, stderr=log)

    def wait(self):
        until = time.monotonic() + 120
        while "servers and" not in open(self.log, encoding="utf-8").read():
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit("raiz-lab does not start: " + open(self.log, encoding="utf-8").read())
            time.sleep(0.05)

    def asked(self):
        """Questions so far."""
        if os.path.exists(self.stats):
            os.unlink(self.stats)
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(200):
            time.sleep(0.05)
            try:
                total = json.load(open(self.stats, encoding="ascii"))["total"]
                return total["udp"] + total["tcp"]
            except (OSError, ValueError):
                pass
        sys.exit("raiz-lab writes no figures")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
