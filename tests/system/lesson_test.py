#!/usr/bin/python3
"""lesson_test.py: the lesson of docs/teaching.md, every block pasted as it stands; the Spanish one has the same blocks."""
import os
import re
import subprocess

from support import check, main

SOURCE, BUILD = os.environ["SOURCE_DIR"], os.environ["BINARY_DIR"]


def blocks(page):
    with open(f"{SOURCE}/docs/{page}", encoding="utf-8") as f:
        return re.findall(r"```sh\n(.*?)```", f.read(), re.S)


def lesson():
    steps = blocks("teaching.md")
    check(len(steps) > 12 and steps == blocks("teaching.es.md"), "the same in both languages")
    run(["mount", "-t", "tmpfs", "tmpfs", "/tmp"])      # /tmp/lesson is ours alone
    script = "".join(f"echo '=== {i}'\n{step}" for i, step in enumerate(steps))
    path = ":".join([BUILD + "/resolver", BUILD + "/tools/raizctl", BUILD + "/tools/raiz-lab", os.environ["PATH"]])
    r = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200, check=False,
                       env={**os.environ, "PATH": path, "LAB": SOURCE + "/tools/lab", "RAIZ_SOCKET": ""})
    check(r.returncode == 0, r.stdout[-3000:])
    said = r.stdout.split("=== ")
    wanted = [(1, "b.edu-servers.net"), (2, "4 questions"), (3, "flags: qr rd ra"), (4, "recursion requested but not available"),
              (5, "nobody was asked"), (5, "4 questions"), (6, "59m 5"), (7, "known from the cache"), (8, "does not exist"),
              (9, "servereast.backup2.ibm.com."), (9, "aragorn.elo.utfsm.cl"), (10, "72.21.206.8"), (11, "20 backup.someschool.edu."),
              (11, "131.215.9.25             PTR mail.someschool.edu., which leads back"), (11, "1 of 10 lookups"), (12, "in random order"),
              (12, "verdict: takes no mail"), (12, "verdict: not deliverable: the domain does not exist"), (12, "LISTED     127.0.0.4"),
              (13, "212.212.71.4"), (13, "10 mail.networkutopia.com."), (14, "203.0.113.201"), (14, "10 mail.mycompany.com."),
              (15, "www.halfdead.org. 3600 IN A"), (17, "is stopping")]
    for number, text in wanted:
        step = next(s for s in said if s.startswith(f"{number}\n"))
        check(text in step, f"step {number}: '{text}' is not in\n{step}")
    asked = re.search(r"(\d+) lines of answers, (\d+) questions", r.stdout)
    check(int(asked[1]) >= 200 and int(asked[2]) <= 12, f"{asked[0]}")
    check("command not found" not in r.stdout and "unknown command" not in r.stdout, r.stdout)


def run(command):
    subprocess.run(command, check=True)


main(lesson)
