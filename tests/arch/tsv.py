"""tsv.py: the lists of tests/*.tsv: lines with fields divided by tabs, and comments."""


def rows(path):
    """("path:number", [field, ...]) of each line that is none of them."""
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                yield "%s:%d" % (path, number), line.split("\t")
