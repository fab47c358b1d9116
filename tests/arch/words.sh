#!/bin/bash
# words.sh: no unfinished work, no unsafe calls, no function that hides control flow.
set -u
bad=0
report() {
    if [ -n "$2" ]; then
        printf '%s:\n%s\n' "$1" "$2"
        bad=1
    fi
}
sources=$(git ls-files 'dns/*.[ch]' 'cache/*.[ch]' 'zones/*.[ch]' 'resolver/*.[ch]' 'tools/*.[ch]' 2>/dev/null)
[ -n "$sources" ] || sources=$(find dns cache zones resolver tools -name '*.[ch]')
# shellcheck disable=SC2086
report "unfinished" "$(grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $sources)"
# shellcheck disable=SC2086
report "unsafe call" "$(grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|atoi|atol|strtok|system|popen|exec[lv]p?e?|abort)\(' $sources | grep -vE '^[^:]+:[0-9]+: *(\*|/\*)')"
# shellcheck disable=SC2086
report "macro that returns" "$(grep -nE '^#\s*define.*\b(return|goto)\b' $sources)"
# shellcheck disable=SC2086
report "tab or blank at the end of a line" "$(grep -nE '	|[[:space:]]+$' $sources)"
exit $bad
