#!/bin/bash
# threats.sh: each threat that the resolver must withstand has its test in tests/threats.tsv, against the daemon itself where
# the wire is concerned, and each test of the list exists, speaks of its threat, and is run.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/arch exec python3 - <<'P'
import os, re, sys

import tsv

AGAINST_THE_DAEMON = [range(8, 24), range(31, 43), range(54, 98), range(106, 115), range(125, 126)]
bad, rows, texts = [], {}, {}
for where, fields in tsv.rows("tests/threats.tsv"):
    if len(fields) != 3 or not re.fullmatch(r"T[1-9][0-9]*", fields[0]):
        bad.append("%s: 'T<number> <file> <function>', divided by tabs" % where)
        continue
    threat, path, function = fields
    if not os.path.exists(path):
        bad.append("%s: no file %s" % (where, path))
        continue
    text = texts.setdefault(path, open(path).read())
    rows.setdefault(int(threat[1:]), set()).add((path, function))
    if function == "-":
        if not path.endswith(".scn") or not re.search(r"\b%s\b" % threat, text):
            bad.append("%s: %s says nothing of %s" % (where, path, threat))
    elif path.endswith(".py"):
        called = re.sub(r"def %s\b" % function, "", text)
        if not re.search(r"^def %s\(" % function, text, re.M) or not re.search(r"\b%s\b" % function, called):
            bad.append("%s: %s has no test %s, or does not run it" % (where, path, function))
        m = re.match(r"t(\d+)_", function)
        if m and "T" + m[1] != threat:
            bad.append("%s: %s is the test of T%s" % (where, function, m[1]))
    elif not re.search(r"^(static )?void %s\(" % function, text, re.M) or not (
            len(re.findall(r"\b%s\b" % function, text)) > 1 or "TEST(%s)" % function.removeprefix("test_") in text):
        bad.append("%s: %s has no test %s, or does not run it" % (where, path, function))
for numbers in AGAINST_THE_DAEMON:
    for n in numbers:
        if not any(path.startswith("tests/system/") for path, _ in rows.get(n, ())):
            bad.append("T%d has no test against the daemon" % n)
for path in sorted(p for p in texts if p.startswith("tests/system/threats_")):
    for name in re.findall(r"^def (t\d+_\w+)\(", texts[path], re.M):
        if (path, name) not in rows.get(int(name[1:].split("_")[0]), ()):
            bad.append("%s: %s is not in tests/threats.tsv" % (path, name))
print("\n".join(bad))
sys.exit(bool(bad))
P
