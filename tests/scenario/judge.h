/*
 * judge.h - what a client was told when a reply was changed, beside what it is told when none is
 *
 * A validator may fail (SERVFAIL), or find out all the same: then it says the same. Exactly this may differ, since none
 * of it is other data:
 *   - TTLs may be lower: no signature covers the TTL that is left, but the original TTL, which bounds it (RFC 4034
 *     section 3.1.4);
 *   - case of letters in names (RFC 4034 section 6.2), and the order of records;
 *   - the answer may have more signatures than the good ones, which must be there: whoever checks finds these (RFC 4035
 *     section 5.3.3);
 *   - of a negative answer's proof, records that it can do without may be missing: the SOA, and what is shown twice.
 * Rcode, AD, the answer's records must be the same, and no record of the authority section may be new.
 *
 * Memory: they borrow the octets and the arena.
 */
#ifndef RAIZ_SCENARIO_JUDGE_H
#define RAIZ_SCENARIO_JUDGE_H

#include "dns/arena.h"
#include "dns/msg.h"

struct told {
    bool malformed;
    struct dns_msg msg;
};

enum judgement {
    JUDGED_FAILED, /* SERVFAIL, or no answer */
    JUDGED_SAME,
    JUDGED_OTHER,
};

/* n 0: there was no answer. */
void told_read(const uint8_t *data, size_t n, struct arena *arena, struct told *out);
bool told_secure(const struct told *o);
bool told_failure(const struct told *o);
/* *why, of JUDGED_OTHER, says what is other. `other_proofs`: the proof may be another one: what it proves is the same.
 */
enum judgement judge(const struct told *genuine, const struct told *got, bool other_proofs, const char **why);

#endif
