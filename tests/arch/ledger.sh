#!/bin/bash
# ledger.sh: every vulnerability of tests/ledger.tsv has a test that its row of tests/threats.tsv names, or a reason why it has no
# place here; none stands there twice; and every one that code or documentation speaks of is in the list.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/arch exec python3 - <<'P'
import glob, os, re, sys

import tsv

bad, known, rows = [], {}, {}
for _where, fields in tsv.rows("tests/threats.tsv"):
    if len(fields) == 3:
        rows.setdefault(fields[0], set()).add(fields[1])
for where, fields in tsv.rows("tests/ledger.tsv"):
    if len(fields) != 4 or not re.fullmatch(r"CVE-(19|20)\d\d-\d{4,}", fields[0]):
        bad.append("%s: 'CVE-<year>-<number> <whose> <row> <test>', divided by tabs" % where)
        continue
    cve, whose, row, test = fields
    if cve in known:
        bad.append("%s: %s stands there already" % (where, cve))
    known[cve] = row
    if row == "-":
        if len(test) < 10 or os.path.exists(test):
            bad.append("%s: say why %s has no place here" % (where, cve))
    elif test not in rows.get(row, ()):
        bad.append("%s: %s is no test of %s in tests/threats.tsv" % (where, test, row))
    elif not os.path.exists(test):
        bad.append("%s: no file %s" % (where, test))
if len(known) < 150:
    bad.append("tests/ledger.tsv: %d vulnerabilities; there were more" % len(known))
for top in ("dns", "cache", "zones", "resolver", "tools", "tests", "docs", "README.md", "CHANGELOG.md"):
    paths = [top] if os.path.isfile(top) else [p for p in glob.glob(top + "/**/*", recursive=True) if os.path.isfile(p)]
    for path in paths:
        if path.endswith((".c", ".h", ".md", ".scn", ".py", ".sh", ".def")):
            for cve in set(re.findall(r"CVE-\d{4}-\d{4,}", open(path, errors="replace").read())):
                if cve not in known:
                    bad.append("%s speaks of %s, which is not in tests/ledger.tsv" % (path, cve))
for where, fields in tsv.rows("tests/seeded/bugs.tsv"):
    for cve in re.findall(r"CVE-\d{4}-\d{4,}", " ".join(fields)):
        if cve not in known:
            bad.append("%s: %s is not in tests/ledger.tsv" % (where, cve))
print("\n".join(bad))
sys.exit(bool(bad))
P
