#!/usr/bin/python3
"""metrics_test.py: figures over HTTP and over the control socket: the format, what they count, and who may hold them up."""
import http.client
import json
import os
import re
import socket
import subprocess
import time

from support import AAAA, NXDOMAIN, RAIZD, SLOW, WORK, Message, Raizd, ask_udp, authority, check, main, reply, soa

RAIZCTL = os.environ.get("RAIZCTL", "build/tools/raizctl/raizctl")
PEERS = os.path.abspath(os.environ.get("PEERS", "build-tests/peers/run"))
SOURCE_DIR = os.environ.get("SOURCE_DIR", ".")
PORT = 8053
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def get(path="/metrics", method="GET", host="127.0.0.1", **headers):
    c = http.client.HTTPConnection(host, PORT, timeout=10 * SLOW)
    c.request(method, path, headers=headers)
    r = c.getresponse()
    body = r.read().decode()
    c.close()
    return r, body


def parse(text, openmetrics):
    """{"name{labels}": value}, every line checked by a reading of the format of our own."""
    values, types, family = {}, {}, None
    lines = text.splitlines()
    if openmetrics:
        check(lines.pop() == "# EOF", "the last line")
    for line in lines:
        if m := re.fullmatch(r"# HELP ([a-z_]+) (\S.*)", line):
            family = m[1]
            check(family not in types, f"{family} stands together")
        elif m := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge|histogram|info)", line):
            check(m[1] == family, f"TYPE behind HELP: {line}")
            types[family] = m[2]
        else:
            m = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="[^"\\]*",?)+\})? ([0-9.]+)', line)
            check(m, f"a sample: {line}")
            suffix = {"counter": "_total", "gauge": "", "info": "_info"}.get(types[family])
            plain = m[1] == family if not openmetrics else m[1] == family + (suffix or "")
            check(plain or types[family] == "histogram" and m[1].startswith(family + "_"), f"{line} of {family}")
            name = m[1] + (m[2] or "")
            check(name not in values, f"once: {name}")
            values[name] = float(m[3])
    return values, types


server = authority("10.53.0.1")


def answers(q, tcp, peer):
    name = Message(q).name
    if name.startswith("gone"):
        return reply(q, rcode=NXDOMAIN, authority=[soa()])
    return None if name.startswith("silent") else server.plain(q)


def figures():
    authority("10.53.0.1", answers)
    d = Raizd(settings=f"metrics: {{listen: \"127.0.0.1:{PORT}\"}}")
    r, body = get(Accept=OPENMETRICS)
    check(r.status == 200 and r.headers["Content-Type"] == OPENMETRICS, f"{r.status} {r.headers}")
    before, types = parse(body, True)
    for family, kind in (("raiz_build", "info"), ("raiz_queries", "counter"), ("raiz_cache_entries", "gauge"),
                         ("raiz_answer_duration_seconds", "histogram"), ("raiz_upstream_rtt_seconds", "histogram"),
                         ("process_resident_memory_bytes", "gauge"), ("raiz_dnssec", "counter")):
        check(types.get(family) == kind, f"{family}: {types.get(family)}")
    for _ in range(5):
        ask_udp("www.test.")
    ask_udp("gone.test.")
    ask_udp("www.test.", AAAA)
    check(ask_udp("silent.test.", timeout=12).rcode == 2, "SERVFAIL")
    after, _ = parse(get(Accept=OPENMETRICS)[1], True)
    grown = {k: after[k] - before[k] for k in after}
    check(grown['raiz_queries_total{transport="udp"}'] == 8, f"{grown}")
    check(grown["raiz_cache_hits_total"] == 4 and grown["raiz_cache_misses_total"] == 4, f"{grown}")
    check(grown['raiz_answers_total{rcode="NOERROR"}'] == 6, f"{grown}")
    check(grown['raiz_answers_total{rcode="NXDOMAIN"}'] == 1 and grown['raiz_answers_total{rcode="SERVFAIL"}'] == 1, f"{grown}")
    check(sum(v for k, v in grown.items() if k.startswith("raiz_failures_total")) == 1, f"{grown}")
    check(grown["raiz_upstream_timeouts_total"] > 0 and grown['raiz_upstream_queries_total{transport="udp"}'] > 3, f"{grown}")
    # Histograms are cumulative, and end in their count.
    for family in ("raiz_answer_duration_seconds", "raiz_upstream_rtt_seconds"):
        buckets = [v for k, v in after.items() if k.startswith(family + "_bucket")]
        check(buckets == sorted(buckets) and buckets[-1] == after[family + "_count"], f"{family}: {buckets}")
    check(grown["raiz_answer_duration_seconds_count"] == 4 and grown["raiz_answer_duration_seconds_sum"] > 0.3, f"{grown}")
    # Nothing is reset by reading; the other format has the same samples.
    plain, plain_types = parse(get()[1], False)
    check(set(plain) == set(after) and plain["raiz_cache_hits_total"] == after["raiz_cache_hits_total"], "the other format")
    check(plain_types["raiz_queries_total"] == "counter", f"{plain_types}")
    said = subprocess.run([RAIZCTL, "-s", d.socket, "metrics"], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    check(set(parse(said, True)[0]) == set(after), "raizctl metrics")
    d.stop()


def requests():
    authority("10.53.0.1", answers)
    d = Raizd(settings=f"metrics: {{listen: \"127.0.0.1:{PORT}\"}}")
    check(get("/")[0].status == 404 and get("/metrics/x")[0].status == 404, "only /metrics")
    r, body = get(method="HEAD")
    check(r.status == 200 and body == "" and int(r.headers["Content-Length"]) > 1000, f"HEAD: {r.status} {r.headers}")
    r, _ = get(method="POST")
    check(r.status == 405 and r.headers["Allow"] == "GET, HEAD", f"POST: {r.status}")
    # Rubbish, and readers that never finish or never read, hold up no answer.
    idle = []
    for i in range(20):
        s = socket.create_connection(("127.0.0.1", PORT), timeout=10 * SLOW)
        s.sendall([b"", b"GET /metrics HT", b"\xff\0\x01 rubbish\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60000][i % 4])
        idle.append(s)
    check(ask_udp("www.test.").rcode == 0, "clients are answered meanwhile")
    for s in idle:
        s.close()
    until = time.monotonic() + 10 * SLOW
    while True:
        try:
            check(get()[0].status == 200, "and so is the next reader")
            break
        except OSError:
            check(time.monotonic() < until, "the next reader is answered")
            time.sleep(0.1)
    d.stop()


def where_it_listens():
    authority("10.53.0.1", answers)
    taken = socket.create_server(("127.0.0.1", PORT))
    config = os.path.join(WORK, "taken.yaml")
    with open(config, "w", encoding="ascii") as f:
        f.write(f"listen: [\"127.0.0.1:5300\"]\nstate-dir: {WORK}/taken\ncontrol: {{socket: {WORK}/taken.sock}}\n"
                f"metrics: {{listen: \"127.0.0.1:{PORT}\"}}\n")
    done = subprocess.run([RAIZD, "-c", config], stderr=subprocess.PIPE, encoding="utf-8", timeout=30 * SLOW, check=False)
    check(done.returncode == 1 and f"cannot listen on 127.0.0.1:{PORT} (metrics.listen)" in done.stderr, done.stderr)
    taken.close()
    d = Raizd()     # not asked for, not there
    try:
        get()
        check(False, "nobody listens by default")
    except ConnectionRefusedError:
        pass
    d.stop()
    d = Raizd(settings=f"metrics: {{listen: \"[::1]:{PORT}\"}}")
    check(get(host="::1")[0].status == 200, "IPv6")
    d.stop()


def what_dashboards_ask_for():
    """Every figure that the alerts and the dashboard name is there."""
    authority("10.53.0.1", answers)
    d = Raizd(settings=f"metrics: {{listen: \"127.0.0.1:{PORT}\"}}")
    values, _ = parse(get(Accept=OPENMETRICS)[1], True)
    names = {k.split("{")[0] for k in values}
    for file in ("contrib/prometheus/raiz.rules.yml", "contrib/grafana/raiz.json"):
        with open(os.path.join(SOURCE_DIR, file), encoding="ascii") as f:
            text = f.read()
        wanted = set(re.findall(r"\b(?:raiz|process)_[a-z_]+\b", text))
        check(len(wanted) > 8 and wanted <= names, f"{file}: {wanted - names}")
        labels = re.findall(r'(raiz_[a-z_]+)\{(?:instance[^,}]*,)?([a-z]+)=\\?"([A-Z_a-z]+)', text)
        for name, label, value in labels:
            check(any(k.startswith(name + "{") and f'{label}="{value}"' in k for k in values), f"{file}: {name} {label} {value}")
    json.load(open(os.path.join(SOURCE_DIR, "contrib/grafana/raiz.json"), encoding="ascii"))
    d.stop()


def promtool(*words, data=None):
    done = subprocess.run([PEERS, "promtool", *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          cwd=os.path.join(SOURCE_DIR, "contrib/prometheus"), timeout=60 * SLOW, check=False)
    check(done.returncode == 0, f"promtool {words}: {done.stdout}")
    return done.stdout


def prometheus_agrees():
    """Its own tool: the rules are well-formed, go off when they should, and the figures follow its customs."""
    check("SUCCESS: 11 rules found" in promtool("check", "rules", "raiz.rules.yml"), "rules")
    check("SUCCESS" in promtool("test", "rules", "raiz.test.yml"), "alerts")
    authority("10.53.0.1", answers)
    d = Raizd(settings=f"metrics: {{listen: \"127.0.0.1:{PORT}\"}}")
    ask_udp("www.test.")
    check(promtool("check", "metrics", data=get()[1]) == "", "no complaint")
    d.stop()


main(prometheus_agrees, what_dashboards_ask_for, figures, requests, where_it_listens)
