#!/bin/bash
# purity.sh BUILD: time, randomness and input/output are arguments below resolver/io, and there is no mutable global data.
set -u
bad=0

# A clock, entropy or a socket is touched in resolver/io, the tools and the tests only.
calls='\b(time|clock_gettime|gettimeofday|uv_now|uv_hrtime|rand|random|srandom|getrandom|arc4random[a-z_]*|getentropy|socket|sendto|recvfrom|connect)\('
found=$(grep -nE "$calls" -r dns cache zones resolver/engine resolver/config resolver/front resolver/control resolver/server.c --include='*.[ch]' |
    grep -vE '^[^:]+:[0-9]+: *(\*|/\*|//)' | grep -vE '/\*.*'"$calls")
if [ -n "$found" ]; then
    printf 'clock, entropy or network outside resolver/io:\n%s\n' "$found"
    bad=1
fi

# No writable data symbols in the libraries (b, d: local; B, D, C: global). Relocated constants live in .data.rel.ro.
for lib in dns/libraiz_dns.a cache/libraiz_cache.a zones/libraiz_zones.a resolver/engine/libraiz_engine.a; do
    if [ ! -e "$1/$lib" ]; then
        echo "$1/$lib is missing"
        bad=1
        continue
    fi
    found=$(objdump -t "$1/$lib" 2>/dev/null | awk '$0 ~ / O / && ($0 ~ /\t?\.data[^.]/ || $0 ~ / \.bss/ || $0 ~ /\.data$/) && $0 !~ /\.data\.rel\.ro/ {print $NF}' | grep -vE '^(__gcov|__asan|\.L)')
    if [ -n "$found" ]; then
        printf '%s holds writable data: %s\n' "$lib" "$(echo "$found" | tr '\n' ' ')"
        bad=1
    fi
done

# The site tag of every failure is unique.
twice=$(sed -n 's/^FAIL(.*"\([A-Z0-9]\{4\}\)".*/\1/p' resolver/engine/failure.def | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "failure.def: site tags used twice: $twice"
    bad=1
fi
exit $bad
