#!/usr/bin/python3
"""The way of a newcomer: each block of README.md and docs/*.md that is meant to be pasted is pasted, in order, and shows what the
page shows. (The lesson of docs/teaching.md has a test of its own, lesson_test.py.)

A block of `sh` is pasted as it stands. In a block without a language the lines after "$ " are, and what the page shows below each
must be said: numbers, times and which of several servers was asked may differ, and "..." stands for anything. A block of `yaml` must be
a good configuration. Comments in the page before a block say what cannot be so:

    <!-- not run: REASON -->         <!-- not compared: REASON -->
    <!-- first: COMMANDS -->         what happened before, in the story that the page tells
    <!-- file: PATH -->              the yaml is the content of this file

All pages but README.md are read on a host with raizd on port 53, which resolves in the signed lab.
"""
import atexit
import glob
import os
import re
import shutil
import subprocess
import time

from support import WORK, check, main

SOURCE, BUILD = os.environ["SOURCE_DIR"], os.environ["BINARY_DIR"]
TREE = os.path.join(WORK, "raiz")        # a clone of the newcomer's own, built already
PATH = ":".join([TREE + "/build/resolver", TREE + "/build/tools/raizctl", TREE + "/build/tools/raiz-lab", os.environ["PATH"], "/usr/sbin", "/sbin"])
MARK = "=== block "
counted = {"pasted": 0, "compared": 0, "yaml": 0, "not run": 0}


class Block:
    def __init__(self, page, line, language, text, remarks):
        self.where, self.language, self.text, self.remarks = f"{page}:{line}", language, text, remarks
        self.shown = []         # (command, lines) of a transcript
        for row in text.splitlines():
            if row.startswith("$ "):
                self.shown.append((row[2:], []))
            elif self.shown:
                self.shown[-1][1].append(row)

    def script(self):
        if "not run" in self.remarks or (self.language != "sh" and not self.shown):
            return ""
        first = self.remarks.get("first", "") + "\n"
        if not self.shown:
            return f"{first}echo '{MARK}{self.where}'\n{self.text}\necho\n"
        return first + "".join(f"echo '{MARK}{self.where} {i}'\n{command}\necho\n" for i, (command, _) in enumerate(self.shown))


def blocks(page):
    found, lines, remarks = [], [], {}
    with open(os.path.join(SOURCE, page), encoding="utf-8") as f:
        lines = f.read().splitlines()
    inside = None
    for number, line in enumerate(lines, 1):
        fence = re.match(r"( *)```(\w*)$", line)
        if inside is None:
            remark = re.match(r" *<!-- (not run|not compared|first|file): (.*) -->$", line)
            if remark:
                remarks[remark[1]] = remark[2]
            elif fence:
                inside = (number, fence[2], len(fence[1]), [])
            elif line.strip():
                remarks = {}
        elif fence and not fence[2]:
            found.append(Block(page, inside[0], inside[1], "\n".join(inside[3]), remarks))
            inside, remarks = None, {}
        else:
            inside[3].append(line[inside[2]:])
    check(inside is None, f"{page}: a block without an end")
    return found


def plain(line):
    """Without what differs from run to run."""
    line = re.sub(r"\x1b\[[0-9;]*m", "", line)
    line = re.sub(r"\b[0-9a-f]{1,4}(:[0-9a-f]{0,4}){2,7}", "#", line)
    line = re.sub(r"\b[0-9A-F]{16,}\b", "#", line)
    line = re.sub(r"\b\d+(\.\d+)? ?(us|ms|s|m|h|d)\b( \d+(s|m|h)\b)?", "~", line)
    line = re.sub(r"(?<![\w.-])(ns|dns|[a-m])\d*\.(?=[a-z])", "S.", line)
    line = re.sub(r"\d[\d.:TZ-]*(?<=[\dZ])", "#", line)
    line = re.sub("[┌┐┘]", " ", line)
    line = re.sub(r"\bonce\b|# times\b", "# times", line)
    return re.sub(r"[\s─▓]+", " ", line).strip("│├└ ")


def says(line, output):
    wanted = r".*".join(re.escape(part) for part in plain(line).split("..."))
    return any(re.fullmatch(wanted, plain(x)) for x in output)


def paste(page, prefix=(), **env):
    """All of a page in one shell."""
    steps = blocks(page)
    script = "".join(b.script() for b in steps)
    output = os.path.join(WORK, "said")
    with open(output, "wb") as f:
        subprocess.run([*prefix, "bash", "-c", script + "kill $(jobs -p) 2>/dev/null; true"], cwd=TREE, stdout=f, stderr=subprocess.STDOUT,
                       stdin=subprocess.DEVNULL, check=False, timeout=100, env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", **env})
    with open(output, encoding="utf-8", errors="replace") as f:
        text = f.read()
    if os.environ.get("DOCS_SHOW"):
        print(text)
    said = dict(part.split("\n", 1) for part in text.split(MARK)[1:])
    wrong = []
    for b in steps:
        if "not run" in b.remarks:
            counted["not run"] += 1
        elif b.shown:
            for i, (command, lines) in enumerate(b.shown):
                actual = said.get(f"{b.where} {i}", "")
                counted["pasted"] += 1
                healthy(b, actual)
                for line in lines if "not compared" not in b.remarks else []:
                    if plain(line) not in ("", "..."):
                        counted["compared"] += 1
                        if not says(line, actual.splitlines()):
                            wrong.append(f"{b.where}: $ {command}\ndoes not say: {line}\nbut:\n{actual}")
        elif b.language == "sh":
            counted["pasted"] += 1
            check(b.where in said, f"{b.where} was not reached")
            healthy(b, said[b.where])
    check(not wrong, "\n".join(wrong))


def healthy(b, output):
    for bad in ("command not found", "No such file or directory", "unknown command", "Permission denied", "connection refused",
                "raizd is not running", "syntax error", "no servers could be reached"):
        check(bad not in output, f"{b.where}: {bad}:\n{output}")


def check_yaml(page):
    for b in blocks(page):
        if b.language == "yaml" and "not run" not in b.remarks:
            name = os.path.join(WORK, "block.yaml")
            with open(name, "w", encoding="utf-8") as f:
                f.write(b.text)
            r = subprocess.run([BUILD + "/tools/raizctl/raizctl", "config", "check", name], cwd=TREE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, check=False)
            counted["yaml"] += 1
            check(r.returncode == 0, f"{b.where}: {r.stdout}")
            if "file" in b.remarks:
                os.makedirs(os.path.dirname(b.remarks["file"]), exist_ok=True)
                shutil.copy(name, b.remarks["file"])


def run(*command, **kw):
    return subprocess.run(command, check=True, **kw)


def host():
    """A host with raiz, and a small Internet around it."""
    for folder in ("etc", "var/lib"):
        copy = os.path.join(WORK, folder)
        os.makedirs(copy, exist_ok=True)
        if folder == "etc":
            subprocess.run(["cp", "-r", "/etc/.", copy], check=False, stderr=subprocess.DEVNULL)
        run("mount", "--bind", copy, "/" + folder)
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.makedirs(TREE)
    files = run("git", "ls-files", "-z", cwd=SOURCE, stdout=subprocess.PIPE).stdout.decode().split("\0")
    for name in files:
        if name and os.path.exists(os.path.join(SOURCE, name)):
            os.makedirs(os.path.dirname(os.path.join(TREE, name)), exist_ok=True)
            shutil.copy2(os.path.join(SOURCE, name), os.path.join(TREE, name))
    os.symlink(BUILD, TREE + "/build")


def start():
    shutil.rmtree("/etc/raiz", ignore_errors=True)
    os.makedirs("/etc/raiz/conf.d")
    with open("/etc/raiz/raiz.yaml", "w", encoding="ascii") as f:
        f.write(f"root: {{hints: {TREE}/tools/lab/root.hints}}\n"
                "resolution: {query-loopback: true, port: 5399, address-map: /run/lab.map}\n"
                "dnssec: {trust-anchor-file: /run/lab.ds}\n")
    for path in ("/run/lab.map", "/run/lab.ds"):
        if os.path.exists(path):
            os.unlink(path)
    lab = subprocess.Popen([BUILD + "/tools/raiz-lab/raiz-lab", "--dir", TREE + "/tools/lab", "--port", "5399", "--map-file", "/run/lab.map",
                            "--anchor-file", "/run/lab.ds", "--quiet"], stderr=subprocess.DEVNULL)
    atexit.register(lab.kill)
    wait_for("/run/lab.map", "/run/lab.ds")
    with open(os.path.join(WORK, "raizd.log"), "ab") as log:
        d = subprocess.Popen([BUILD + "/resolver/raizd"], stderr=log)
    atexit.register(d.kill)
    wait_for("/run/raiz/raizctl.sock")
    return d, lab


def wait_for(*paths):
    until = time.monotonic() + 20
    while not all(os.path.exists(p) and (not os.path.isfile(p) or os.path.getsize(p)) for p in paths):
        check(time.monotonic() < until, f"{paths}")
        time.sleep(0.05)


def readme():
    check_yaml("README.md")
    user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]     # no newcomer's first shell is root's
    socket = "/tmp/raiz-quickstart-1000/raizctl.sock"
    paste("README.md", user, RAIZ_BUILT="1", RAIZ_SOCKET=socket, TMPDIR="")
    subprocess.run([*user, "tools/quickstart", "stop"], cwd=TREE, check=True, env={**os.environ, "TMPDIR": ""}, stdout=subprocess.DEVNULL)


def pages():
    for page in sorted(glob.glob("docs/*.md", root_dir=SOURCE)):
        if not page.startswith("docs/teaching"):
            programs = start() if any(b.script() for b in blocks(page)) else []
            paste(page)
            for name in ("lab.map", "lab.ds"):      # which end with the lab that the page starts
                if programs:
                    shutil.copy("/run/" + name, "/tmp/" + name)
            check_yaml(page)
            for p in programs:
                p.terminate()
            for p in programs:
                p.wait(20)
    print(", ".join(f"{n} {what}" for what, n in counted.items()))
    check(counted["pasted"] >= 30 and counted["compared"] >= 100 and counted["yaml"] >= 3, f"{counted}")


host()
main(readme, pages)
