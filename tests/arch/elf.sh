#!/bin/bash
# elf.sh BUILD: the programs are built as a network daemon should be: position independent, with read-only relocations bound
# at the start, no executable stack, no text relocations, no search path for libraries, guarded stacks, checked string
# functions, and control-flow marks where the machine has them.
bad=0
fail() {
    echo "$1: $2" >&2
    bad=1
}
grep -q '^RAIZ_SANITIZE:.*=.' "$1/CMakeCache.txt" && exit 0
for program in resolver/raizd tools/raizctl/raizctl tools/raiz-lab/raiz-lab; do
    elf="$1/$program"
    head=$(readelf -W -h "$elf")
    dynamic=$(readelf -W -d "$elf")
    segments=$(readelf -W -l "$elf")
    symbols=$(readelf -W --dyn-syms "$elf")
    grep -q 'Type:.*DYN' <<<"$head" && grep -q 'FLAGS_1.*PIE' <<<"$dynamic" || fail "$program" "not position independent"
    grep -q GNU_RELRO <<<"$segments" || fail "$program" "no RELRO"
    grep -q 'FLAGS_1.*NOW' <<<"$dynamic" || fail "$program" "not bound at the start"
    grep 'GNU_STACK' <<<"$segments" | grep -q 'RW ' || fail "$program" "executable stack"
    grep -qE 'LOAD.*RWE' <<<"$segments" && fail "$program" "memory that can be written and executed"
    grep -q TEXTREL <<<"$dynamic" && fail "$program" "text relocations"
    grep -qE 'RPATH|RUNPATH' <<<"$dynamic" && fail "$program" "a search path for libraries"
    grep -q '__stack_chk_fail' <<<"$symbols" || fail "$program" "no stack protector"
    case "$(sed -n 's/^CMAKE_BUILD_TYPE:STRING=//p' "$1/CMakeCache.txt")" in
    Debug) ;;
    *) grep -qE '__[a-z]+_chk@' <<<"$symbols" || fail "$program" "string functions are not checked (FORTIFY)" ;;
    esac
    # Debian 12's own start files carry no CET note, so the program has none; its code has the marks all the same.
    case "$head" in
    *X86-64*) [ "$(objdump -d "$elf" | grep -c endbr64)" -gt 100 ] || fail "$program" "no control-flow marks (CET)" ;;
    esac
done
exit $bad
