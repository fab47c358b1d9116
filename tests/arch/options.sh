#!/bin/bash
# options.sh BUILD: docs/options.md is what the table of settings says today.
"$1/tools/options-doc/options-doc" | diff docs/options.md - >&2 || {
    echo "docs/options.md is not fresh: ninja -C BUILD options-md" >&2
    exit 1
}
