/*
 * awkward.h - a small zone with all that a proof of absence can stumble over: empty non-terminals, wildcards (one with a
 * name below it, one stopped by a name, one that is an alias), delegations with and without DS, a DNAME
 */
#ifndef RAIZ_TESTS_UNIT_AWKWARD_H
#define RAIZ_TESTS_UNIT_AWKWARD_H

// clang-format off
#define AWKWARD_ZONE \
    "@ SOA ns admin 1 2 3 4 300\n" \
    "@ NS ns\n" \
    "ns A 192.0.2.1\n" \
    "www A 192.0.2.2\n" \
    "alias CNAME www\n" \
    "a.b.c A 192.0.2.3\n" \
    "x.b.c TXT \"x\"\n" \
    "*.wild A 192.0.2.4\n" \
    "deep.*.wild A 192.0.2.5\n" \
    "stop.wild A 192.0.2.6\n" \
    "*.walias CNAME www\n" \
    "sub NS ns.sub\n" \
    "ns.sub A 192.0.2.7\n" \
    "other.ent NS ns.sub\n" \
    "safe NS ns.sub\n" \
    "safe DS 1 8 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\n" \
    "old DNAME www\n"
// clang-format on

#endif
