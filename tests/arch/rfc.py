"""rfc.py: prints docs/rfc.md: which section of which RFC is obeyed in which file, and what tests it.

Made from the citations in the code (CITED below says what one looks like), so it is as complete as they are. A test of a section is
one that cites the same section, or else the RFC, or else the test of the citing file by its name.
"""
import os
import re
import subprocess

CODE = ("dns", "cache", "zones", "resolver", "tools")
SOURCES = (".c", ".h", ".def")
TESTS = (".c", ".h", ".py", ".sh", ".scn")
NUMBER = r"[A-Z0-9]\d*(?:\.\d+)*\b"
WORD = r"(?:sections?|appendix|appendices)"
AND = r"(?:,\s+|,?\s+and\s+|\s+to\s+)"
CITED = re.compile(rf"\bRFCs?\s+(\d{{3,5}})((?:,?\s+{WORD}\s+{NUMBER}(?:{AND}{NUMBER})*)?)")

HEAD = """# RFCs, and where they are obeyed

Each line of code that does something because an RFC says so cites it there. This page gathers those citations: section, files,
and the tests that hold the files to it: those that cite the same section (or, in brackets, only the RFC, or the tests of the files
themselves). It is made by `tests/arch/rfc.py`, and `tests/arch/rfc.sh` keeps it fresh. "-" as a section: cited as a whole.
"""


def files(folders, endings):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *folders], capture_output=True, text=True,
                            check=False).stdout.split("\n")
    if not any(listed):     # a tree without its history, as of a package
        listed = [os.path.join(at, f) for folder in folders for at, _dirs, names in os.walk(folder) for f in names]
    return sorted(p for p in listed if p.endswith(endings) and os.path.exists(p))


def flowing(path):
    """The text without what divides a sentence of a comment: line ends, stars, slashes, hashes."""
    with open(path, encoding="utf-8", errors="replace") as f:
        return re.sub(r"\n[ \t]*(?:\*/?|//|#)?[ \t]*", " ", f.read())


def citations(paths):
    """{(number, section): {path}}; section "" for the whole."""
    found = {}
    for path in paths:
        for number, rest in CITED.findall(flowing(path)):
            kind = "appendix " if "append" in rest else ""
            sections = re.findall(NUMBER, re.sub(WORD, "", rest)) or [""]
            for section in sections:
                found.setdefault((int(number), kind + section if section else ""), set()).add(path)
    return found


def own_tests(path):
    """tests/unit/cache/put_test.c of cache/put.c, if there is one."""
    folder, name = os.path.split(path)
    candidate = f"tests/unit/{os.path.basename(folder)}/{os.path.splitext(name)[0]}_test.c"
    return {candidate} if os.path.exists(candidate) else set()


def order(section):
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in section.replace("appendix ", "~.").split(".")]


def shown(paths, most=3):
    """Some of them, the plainest first."""
    short = sorted(paths, key=lambda p: (p.startswith("tests/fuzz"), p.count("/"), p))
    more = f" and {len(short) - most} more" if len(short) > most else ""
    return ", ".join(f"`{p.removeprefix('tests/')}`" for p in short[:most]) + more


def page():
    code = citations(files(CODE, SOURCES))
    tests = citations([p for p in files(["tests"], TESTS) if not p.startswith("tests/arch/")])
    lines, untested = [], 0
    for number in sorted({n for n, _ in code}):
        whole = set().union(*(paths for (n, _), paths in tests.items() if n == number))
        for section in sorted((s for n, s in code if n == number), key=order):
            paths = code[number, section]
            same = tests.get((number, section), set()) if section else whole
            other = set().union(*(own_tests(p) for p in paths)) or whole
            cell = shown(same) if same else f"({shown(other)})" if other else "-"
            untested += cell == "-"
            where = ", ".join(f"`{p}`" for p in sorted(paths))
            lines.append(f"| {number} | {section or '-'} | {where} | {cell} |")
    total = len({n for n, _ in code})
    figures = f"\n{total} RFCs, {len(code)} sections and wholes; {untested} without a test of their own.\n"
    return HEAD + figures + "\n| RFC | section | files | tests |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
