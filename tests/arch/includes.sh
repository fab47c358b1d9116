#!/bin/bash
# includes.sh: libraries stay where they belong, paths are whole, and no header includes itself in a circle.
exec python3 - <<'P'
import glob, os, re, sys

only = [  # header, the only places that may include it
    (r"uv\.h", r"^(resolver/io/|tools/|tests/)"),
    (r"openssl/", r"^(dns/digest\.c|resolver/dnssec/crypto\.c|resolver/io/tls\.c|tools/raiz-lab/sign_key\.c|tests/)"),
    (r"ares\.h", r"^(resolver/io/ares\.c|tools/raizctl/|tests/)"),
    (r"libfyaml\.h", r"^resolver/config/|^tests/"),
    (r"curl/", r"^tools/raizctl/fetch\.c$"),
    (r"jansson\.h", r"^(resolver/control/|tools/|tests/)"),
]
bad = []
graph = {}
for top in ("dns", "cache", "zones", "resolver", "tools", "tests"):
    for path in glob.glob(top + "/**/*.[ch]", recursive=True):
        graph[path] = []
        for number, line in enumerate(open(path, errors="replace"), 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not m:
                continue
            kind, name = m.groups()
            if ".." in name.split("/"):
                bad.append("%s:%d: include by the path from the top, not %s" % (path, number, name))
            if kind == '"':
                graph[path].append(name)
            for header, places in only:
                if re.match(header, name) and not re.search(places, path):
                    bad.append("%s:%d: %s may be included only in %s" % (path, number, name, places))

state = {}
def visit(path, trail):
    if state.get(path) == 2 or path not in graph:
        return
    if state.get(path) == 1:
        bad.append("circle: " + " -> ".join(trail[trail.index(path):] + [path]))
        return
    state[path] = 1
    for name in graph[path]:
        if name.endswith(".h"):
            visit(name, trail + [path])
    state[path] = 2
for path in sorted(graph):
    visit(path, [])

# Between folders, too.
edges = {}
for path, names in graph.items():
    if path.startswith(("tests", "tools")):
        continue
    here = os.path.dirname(path)
    for name in names:
        there = os.path.dirname(name)
        if there and there != here:
            edges.setdefault(here, set()).add(there)
def reach(a, b, seen):
    return any(n == b or (n not in seen and (seen.add(n) or reach(n, b, seen))) for n in edges.get(a, ()))
for a in sorted(edges):
    if reach(a, a, set()):
        bad.append("folder %s reaches itself" % a)
print("\n".join(bad))
sys.exit(bool(bad))
P
