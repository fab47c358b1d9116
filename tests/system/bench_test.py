#!/usr/bin/python3
"""bench_test: what tests/bench/run makes of figures, that raiz-lab can serve what it is given, and that storm counts right; nothing
is measured.

A table with a wrong ratio, or a picture whose points stand on the wrong side, would be believed."""
import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

SOURCE = os.environ["SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "bench"))

import flame        # noqa: E402
import internet     # noqa: E402
import peers        # noqa: E402
import report       # noqa: E402

RESULT = {"raizd": {"hit_us": 2.0, "cold_s": 20000, "name_bytes": 80, "calm_pct": 99.9, "storm_pct": 99.8},
          "slow": {"hit_us": 8.0, "cold_s": 5000, "name_bytes": 40, "calm_pct": 99.9, "storm_pct": 0.0},
          "bare": {"hit_us": 1.0}}


def check_table():
    lines = report.table(RESULT).split("\n")
    cells = {c[1]: c[2:-1] for c in ([x.strip() for x in line.split("|")] for line in lines[2:])}
    assert lines[0] == "| | raizd | slow | bare | raizd : slow | raizd : bare |", lines[0]
    assert {line.count("|") for line in lines} == {7}, lines
    assert cells["cache hit, 1,000 names, CPU us an answer"] == ["2.00", "8.00", "1.00", "0.25", "2.00"], cells
    assert cells["cold at full speed, queries a second"] == ["20,000", "5,000", "", "4.00", ""], cells
    assert cells["the same while dead servers are attacked, %"] == ["99.8", "0.0", "", "", ""], cells    # no division by zero
    assert len(cells) == 5, "what raizd lacks has no row"


def check_picture():
    svg = report.picture(RESULT, "made up")
    root = xml.etree.ElementTree.fromstring(svg)
    ns = "{http://www.w3.org/2000/svg}"
    own = next(float(line.get("x1")) for line in root.iter(ns + "line") if line.get("class") == "own")
    step = (report.RIGHT - report.LEFT) / (lambda low, high: high - low)(*report.span(RESULT))

    def x_of(name, value):
        group = next(g for g in root.iter(ns + "g") if (t := g.find(ns + "title")) is not None and t.text == f"{name}: {value}")
        shape = group[0]
        return float(shape.get("cx") or shape.get("x") or re.match(r"M([\d.]+)", shape.get("d")).group(1))
    for name, value, worse in (("slow", "8.00", 4), ("bare", "1.00", 0.5), ("slow", "5,000", 4), ("slow", "40", 0.5), ("slow", "99.9", 1)):
        wanted = own + step * math.log2(worse)
        assert abs(x_of(name, value) - wanted) < 0.2, (name, value, x_of(name, value), wanted)
    texts = [t.text for t in root.iter(ns + "text")]
    assert "20,000" in texts and "slow" in texts and "made up" in texts
    shown = [g for g in root.iter(ns + "g") if g.find(ns + "title") is not None]
    assert len(shown) == 5, "0 % has no place on a logarithmic axis"


def check_extremes():
    """Figures far apart stay in the picture."""
    far = {"raizd": {"hit_us": 1.0, "name_bytes": 1000}, "other": {"hit_us": 100000.0, "name_bytes": 0.001}}
    low, high = report.span(far)
    assert (low, high) == (-6, 6), (low, high)
    for x in re.findall(r'c?x="([\d.-]+)"', report.picture(far, "t")):
        assert 0 <= float(x) <= report.WIDTH, x


def check_medians():
    seen = {"raizd": [{"hit_us": 1}, {"hit_us": 5, "tcp_us": 7}, {"hit_us": 2}], "other": []}
    assert report.medians(seen) == {"raizd": {"hit_us": 2, "tcp_us": 7}, "other": {}}, report.medians(seen)
    assert report.table(report.medians(seen)).count("\n") == 3


def check_groups():
    assert {group for _, group, _, _ in report.MEASURES} == set(report.GROUPS)
    keys = [key for key, _, _, _ in report.MEASURES]
    assert len(set(keys)) == len(keys) and report.MORE_IS_BETTER <= set(keys)
    assert len({p.name for p in peers.ALL}) == len(peers.ALL) and peers.ALL[0].name == "raizd"


SAMPLES = """raizd
\t    7f01 asm_sysvec_apic_timer_interrupt+0x1 ([kernel.kallsyms])
\t    7f02 table_find+0x10 (/usr/sbin/raizd)
\t    7f03 main+0x10 (/usr/sbin/raizd)
\t    7f04 __libc_start_main+0x1 (/lib/libc.so.6)

raizd
\t    7f11 udp<send>+0x4 ([kernel.kallsyms])
\t    7f12 [unknown] (/lib/libuv.so.1)
\t    7f13 [unknown] (/lib/libuv.so.1)
\t    7f14 main+0x10 (/usr/sbin/raizd)

raizd
\t    7f21 [unknown] (/lib/libcrypto.so.3)
\t    7f22 check.constprop.0 (/usr/sbin/raizd)
\t    7f23 main+0x10 (/usr/sbin/raizd)

raizd
\t    7f21 table_find (/usr/sbin/raizd)
\t    7f23 main (/usr/sbin/raizd)
"""


def check_flame():
    found = list(flame.stacks(SAMPLES))
    assert [[name for name, _ in f] for f in found] == [["main", "table_find"], ["main", "[libuv.so.1]", "udp<send>"],
                                                       ["main", "check", "[libcrypto.so.3]"], ["main", "table_find"]], found
    root = flame.tree(found)
    assert flame.shares(root) == {"raizd": 0.5, "kernel": 0.25, "libcrypto": 0.25}, flame.shares(root)
    drawn = xml.etree.ElementTree.fromstring(flame.picture(root, "a < b"))
    ns = "{http://www.w3.org/2000/svg}"
    width = {g.find(ns + "title").text: float(g.find(ns + "rect").get("width")) for g in drawn.iter(ns + "g")}
    assert set(width) == {"main: 100.0 %", "table_find: 50.0 %", "check: 25.0 %", "[libcrypto.so.3]: 25.0 %", "[libuv.so.1]: 25.0 %",
                          "udp<send>: 25.0 %"}, width
    assert abs(width["table_find: 50.0 %"] - width["main: 100.0 %"] / 2) < 1


def check_internets(work):
    for make, name in ((internet.make_near, "near"), (internet.make_far, "far")):
        folder = os.path.join(work, name)
        make(folder)
        done = subprocess.run([os.environ["RAIZ_LAB"], "--dir", folder, "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout.decode()[:2000]
    with open(os.path.join(work, "far", "questions"), encoding="ascii") as f:
        questions = f.read().split("\n")[:-1]
    zones = {q.split(".", 1)[1] for q in questions}
    assert len(questions) == internet.QUESTIONS and all(os.path.exists(f"{work}/far/{z}zone") for z in zones)
    denied = sum(q.startswith("nx") for q in questions) / len(questions)
    assert 0.08 < denied < 0.12, denied


def check_storm():
    """All that is asked is counted once, in batches and one by one; the responder answers what is no question for an address, too."""
    at = "127.0.0.1:5300"
    echo = subprocess.Popen([os.environ["STORM"], "echo", "--listen", at])
    try:
        for batch in ("1", "32"):
            out = subprocess.run([os.environ["STORM"], "ask", "--server", at, "--name", "n%:7.example", "--names", "2001", "--window", "100",
                                  "--batch", batch, "--timeout", "1000", "--tries", "20", "--type", "16"], stdout=subprocess.PIPE, check=True).stdout
            r = json.loads(out)
            assert r["answered"] == r["asked"] == 2001 and r["lost"] == r["failed"] == 0, r
            assert 0 < r["p50_us"] <= r["p90_us"] <= r["p99_us"] and r["mean_us"] > 0, r
    finally:
        echo.terminate()
        echo.wait()


check_table()
check_picture()
check_extremes()
check_medians()
check_groups()
check_flame()
check_internets(os.environ["WORK"])
check_storm()
