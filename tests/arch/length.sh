#!/bin/bash
# length.sh: functions of about a screen (60 lines), files of about 600. What is longer stands in length.txt with its reason,
# and a reason that is no longer needed goes.
exec python3 - <<'P'
import glob, re, sys

FUNCTION, FILE = 60, 600
reasons = {}
for number, line in enumerate(open("tests/arch/length.txt"), 1):
    line = line.strip()
    if line and not line.startswith("#"):
        what, _, why = line.partition(": ")
        if len(why) < 15:
            sys.exit("tests/arch/length.txt:%d: give a reason" % number)
        reasons[what] = why
used, bad = set(), []

def check(what, lines, most):
    if lines > most:
        if what in reasons:
            used.add(what)
        else:
            bad.append("%s has %d lines, more than %d: divide the thought or give its reason in tests/arch/length.txt" % (what, lines, most))

for top in ("dns", "cache", "zones", "resolver", "tools", "tests"):
    for path in sorted(glob.glob(top + "/**/*.[ch]", recursive=True)):
        lines = open(path, errors="replace").read().split("\n")
        check(path, len(lines) - 1, FILE)
        name, start = None, 0
        for i, line in enumerate(lines):
            if line == "{" and i and name is None:
                head = ""
                for back in range(i - 1, max(-1, i - 8), -1):
                    head = lines[back] + " " + head
                    m = re.search(r"(\w+)\(", head)
                    if m and not lines[back].startswith((" ", "\t")):
                        name, start = m.group(1), i
                        break
            elif line == "}" and name is not None:
                check("%s %s" % (path, name), i - start + 1, FUNCTION)
                name = None
for what in sorted(set(reasons) - used):
    bad.append("tests/arch/length.txt: %s is short enough by now: take it out" % what)
print("\n".join(bad))
sys.exit(bool(bad))
P
