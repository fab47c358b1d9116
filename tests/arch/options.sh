#!/bin/bash
# options.sh BUILD: what is made from the table of settings is what the table says today: docs/options.md, the schema, the
# manual page. The schema is JSON and knows every key that raizd does.
build=$1
bad=0
fresh() {
    "$build/tools/options-doc/options-doc" "$2" | diff "$1" - >&2 || {
        echo "$1 is not fresh: ninja -C BUILD options-md" >&2
        bad=1
    }
}
fresh docs/options.md markdown
fresh config/raiz.schema.json schema
fresh docs/man/raiz.yaml.5.scd man
python3 - "$build/tools/raizctl/raizctl" <<'P' || bad=1
import json, re, subprocess, sys
schema = json.load(open("config/raiz.schema.json"))
shown = subprocess.run([sys.argv[1], "config", "show", "config/raiz.yaml"], capture_output=True, text=True, check=True).stdout
section, keys = None, 0
for line in shown.splitlines():
    m = re.match(r"(  )?#?([a-z0-9-]+):(.*)", line)
    assert m, line
    keys += 1
    if m[1]:
        assert m[2] in schema["properties"][section]["properties"], line
    else:
        assert m[2] in schema["properties"], line
        section = m[2]
assert keys > 40, keys
P
exit $bad
