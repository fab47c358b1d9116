#!/bin/bash
# schema.sh BUILD: the JSON Schema as others' validators read it: it is a schema, what raizd takes it takes, and of the configurations
# that are wrong on purpose (tests/unit/config/wrong) it refuses all with unknown keys, and others. It need not find every mistake: raizd does.
exec /usr/bin/python3 - "$1/tools/raizctl/raizctl" <<'P'
import glob, json, re, subprocess, sys
import jsonschema, yaml

with open("config/raiz.schema.json", encoding="utf-8") as f:
    schema = json.load(f)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)


class Text(yaml.SafeLoader):
    """A date stays the text that it is in JSON."""


Text.yaml_implicit_resolvers = {k: [r for r in v if r[0] != "tag:yaml.org,2002:timestamp"] for k, v in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def faults(text):
    return [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(yaml.load(text, Text) or {})]


def config(*words, text=None):
    r = subprocess.run([sys.argv[1], "config", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, input=text, text=True, check=False)
    return r.returncode, r.stdout


bad = 0


def good(name, text):
    global bad
    found = faults(text)
    if found:
        print(f"{name}: the schema refuses what raizd takes: {found[:3]}")
        bad += 1


with open("config/raiz.yaml", encoding="utf-8") as f:
    sample = f.read()
good("an empty file", "")
good("the sample", sample)
shown = config("show", "config/raiz.yaml")[1]
good("config show", "".join(x + "\n" for x in re.sub(r"(?m)^\w[\w-]*:\n(?=\w|\Z|(  #.*\n)+(\w|\Z))", "", shown).splitlines() if not x.lstrip().startswith("#")))
seen = refused = 0
for path in sorted(glob.glob("tests/unit/config/wrong/*.txt")):
    with open(path, encoding="utf-8") as f:
        cases = re.split(r"(?m)^== ", f.read())[1:]
    for case in cases:
        name, rest = case.split("\n", 1)
        text, said = rest.split("\n--\n", 1) if "\n--\n" in rest else ("", rest)
        try:
            found = faults(text)
        except yaml.YAMLError:
            continue        # not even YAML
        seen += 1
        refused += bool(found)
        if "unknown key" in said and not found:
            print(f"{path}: {name}: the schema takes an unknown key")
            bad += 1
print(f"{refused} of {seen} wrong configurations are refused")
if seen < 80 or refused < 40:
    bad += 1
sys.exit(bad > 0)
P
