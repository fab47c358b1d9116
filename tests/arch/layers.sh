#!/bin/bash
# layers.sh BUILD: each layer sees the headers of its allowed neighbours and no others, tried with the compiler itself: for
# every pair of layers a file of one that includes a header of the other must compile exactly when the plan allows it.
exec python3 - "$1" <<'P'
import glob, json, os, re, shlex, subprocess, sys

build = sys.argv[1]
folder = {"dns": "dns", "cache": "cache", "zones": "zones", "dnssec": "resolver/dnssec", "engine": "resolver/engine", "io": "resolver/io",
          "config": "resolver/config", "front": "resolver/front", "control": "resolver/control"}
allowed = {
    "dns": set(),
    "cache": {"dns"},
    "zones": {"dns"},
    "dnssec": {"dns"},
    "engine": {"dns", "cache", "zones", "dnssec"},
    "config": {"dns", "cache", "zones", "dnssec", "engine"},
    "io": {"dns", "cache", "zones", "dnssec", "engine"},
    "front": {"dns", "cache", "zones", "dnssec", "engine", "config"},
    "control": {"dns", "cache", "zones", "dnssec", "engine", "config", "front"},
}
commands = json.load(open(os.path.join(build, "compile_commands.json")))
bad = 0
for layer, where in folder.items():
    mine = [c for c in commands if re.search(r"/%s/[^/]+\.c$" % re.escape(where), c["file"])]
    if not mine:
        print("no file of layer %s is compiled" % layer)
        bad += 1
        continue
    words = shlex.split(mine[0]["command"])
    flags = [w for i, w in enumerate(words) if w.startswith(("-I", "-D", "-std"))]
    for i, w in enumerate(words):
        if w == "-isystem":
            flags += [w, words[i + 1]]
    for other, theirs in folder.items():
        header = sorted(glob.glob(theirs + "/*.h"))[0]
        text = '#include "%s"\nint layer_probe;\n' % header
        ok = subprocess.run(["gcc", *flags, "-fsyntax-only", "-x", "c", "-"], input=text.encode(), cwd="/",
                            stderr=subprocess.DEVNULL).returncode == 0
        want = other == layer or other in allowed[layer]
        if ok != want:
            print("%s %s include %s, but %s" % (layer, "can" if ok else "cannot", header, "may not" if ok else "should"))
            bad += 1
sys.exit(bad != 0)
P
