/*
 * work.h - what validation may cost
 *
 * One budget for a client query, shared by all that is done for it, whatever restarts (T36, T54). Signature checks are
 * counted and weighed by what their algorithm costs; failures are counted apart, since honest zones hardly have any;
 * NSEC3 hashes are counted by SHA-1 rounds. When one of them is used up the answer is bogus, never insecure.
 *
 * Memory: a value in the root job's budget. Threads: the engine's own.
 */
#ifndef RAIZ_DNSSEC_WORK_H
#define RAIZ_DNSSEC_WORK_H

#include <stdbool.h>
#include <stdint.h>

#define DNSSEC_VERIFIES_MAX     32  /* L12: signature checks (KeyTrap, CVE-2023-50387) */
#define DNSSEC_VERIFY_COST_MAX  500 /* L12: 10 ms, in units of one RSA-2048 check (some 20 us) */
#define DNSSEC_FAILURES_MAX     4 /* L13: checks that failed; a matching key that is malformed counts (CVE-2025-8677) */
#define DNSSEC_SIGS_TRIED_MAX   4 /* L14: of one RRset */
#define DNSSEC_KEYS_PER_TAG_MAX 2 /* L14: keys with the same tag and algorithm tried for one signature */
#define DNSSEC_DS_MAX           8 /* L14: of one zone */
#define DNSSEC_RSA_BITS_MIN     512 /* L15: as RFC 3110 and RFC 5702 allow, and other validators take */
#define DNSSEC_RSA_BITS_MAX     4096
#define DNSSEC_ITERATIONS_MAX   50 /* L16: more is insecure, with extended error 27 (RFC 9276, CVE-2023-50868) */
#define DNSSEC_ITERATIONS_COMPUTED_MAX                                                                                 \
    150 /* above the limit, but what does not even fit is still bogus; more is not computed at all (RFC 9276) */
#define DNSSEC_SALT_MAX       64 /* L16: longer counts as too many iterations */
#define DNSSEC_NSEC3_SETS_MAX 8  /* L17: NSEC3 records looked at in one response */
#define DNSSEC_HASHES_MAX     96 /* L17: names hashed for one client query */
#define DNSSEC_ANY_SETS_MAX   24 /* L18: RRsets validated for one ANY answer */

struct dnssec_seen;
struct dnssec_later;
struct crypto_kit;

struct dnssec_work {
    struct dnssec_seen *seen;     /* good signatures met before; NULL: none are remembered. Borrowed */
    struct dnssec_later *later;   /* checks are left to others; NULL: they are made at once. Borrowed; needs `seen` */
    const struct crypto_kit *kit; /* makes keys sooner; may be NULL. Borrowed */
    uint16_t verifies, failures, hashes;
    uint32_t cost;
    bool given_up; /* a limit was met */
};

#endif
