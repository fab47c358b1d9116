#!/bin/bash
# seeded.sh: every bug that the code can bring back stands in tests/seeded/bugs.tsv with the tests that catch it, and the other way
# round; there are forty at least, and a usual build has none of them.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/arch exec python3 - <<'P'
import glob, os, re, sys

import tsv

bad, used, listed = [], set(), set()
for top in ("dns", "cache", "zones", "resolver"):
    for path in glob.glob(top + "/**/*.[ch]", recursive=True):
        if not path.startswith("dns/seeded."):
            used |= {int(n) for n in re.findall(r"\bSEEDED\((\d+),", open(path).read())}
for where, fields in tsv.rows("tests/seeded/bugs.tsv"):
    if len(fields) != 5 or not re.fullmatch(r"T\d+", fields[1]):
        bad.append("%s: '<number> T<row> <origin> <what> <tests>', divided by tabs" % where)
        continue
    listed.add(int(fields[0]))
    for test in fields[4].split():
        kind, _, name = test.partition("/")
        path = {"scenario": "tests/scenario/%s.scn", "unit": "tests/unit/%s.c", "fuzz": "tests/fuzz/%s_fuzz.c"}[kind] % name
        if not os.path.exists(path):
            bad.append("%s: no file %s" % (where, path))
for n in sorted(used ^ listed):
    bad.append("bug %d is %s" % (n, "not in tests/seeded/bugs.tsv" if n in used else "nowhere in the code"))
if len(listed) < 40:
    bad.append("tests/seeded/bugs.tsv: fewer than 40 bugs")
print("\n".join(bad))
sys.exit(bool(bad))
P
