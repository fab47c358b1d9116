#!/bin/bash
# rfc.sh BUILD: docs/rfc.md says of each RFC that the code cites where it is obeyed and tested, as the code is today.
PYTHONDONTWRITEBYTECODE=1 python3 tests/arch/rfc.py | diff docs/rfc.md - >&2 || {
    echo "docs/rfc.md is not fresh: python3 tests/arch/rfc.py > docs/rfc.md" >&2
    exit 1
}
