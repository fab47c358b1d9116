#!/bin/bash
# presets.sh: each preset can be configured, built and tested, sets no variable that nobody reads, and stands in tests/README.md.
# Those that tests/run takes by default it configures itself; here only the others are tried.
bad=0
fail() {
    echo "$*" >&2
    bad=1
}
names() {
    cmake --list-presets="$1" | sed -n 's/^ *"\([^"]*\)".*/\1/p'
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
presets=$(names configure)
[ -n "$presets" ] || fail "CMakePresets.json: no presets"
for kind in build test; do
    diff <(echo "$presets") <(names $kind) >&2 || fail "CMakePresets.json: the presets to configure and to $kind differ"
done
usual=" $(sed -n 's/^parts=\${\*:-\(.*\)}$/\1/p' tests/run) "
[ "$usual" != "  " ] || fail "tests/run: no usual parts"
for part in $usual; do
    grep -qx "$part" <<<"$presets" || fail "tests/run: '$part' is no preset"
done
for preset in $presets; do
    grep -q "^| \`$preset\` |" tests/README.md || fail "tests/README.md: no line on the preset '$preset'"
    case "$usual" in *" $preset "*) continue ;; esac
    if ! said=$(cmake --preset "$preset" -B "$work/$preset" 2>&1); then
        fail "$said"
    elif grep -q 'not used by the project' <<<"$said"; then
        fail "$preset: $(sed -n '/not used by the project/,$p' <<<"$said")"
    fi
done
exit $bad
