/*
 * verify.h - does this signature make this RRset?
 *
 * The checks of RFC 4035 section 5.3 in the order of their price: shape (owner within signer, labels, type covered,
 * class), times, then the key, then the cryptography (OpenSSL, in verify.c alone). A DNSKEY that has been used once
 * keeps its parsed key with it (struct dnssec_keys), so that a second check does not parse it again; one that no
 * signature names is never parsed, so that hundreds of them cost nothing.
 *
 * Authority rules: the signer is a name at or above the owner; the RRSIG's labels are at least those of the signer and
 * at most those of the owner (T63); an RRSIG whose labels are fewer than the owner's makes a wildcard expansion, which
 * counts only together with a proof that the owner itself does not exist (T70).
 *
 * With work->later the cryptography is left to others, and the verdict is LATER until it is done (later.h).
 *
 * Threads: a struct dnssec_keys is const after it is made and may be used by several; a key that two parse at once is
 * parsed twice and kept once.
 */
#ifndef RAIZ_DNSSEC_VERIFY_H
#define RAIZ_DNSSEC_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rrset.h"
#include "resolver/dnssec/work.h"

/* What a check says; the order is that of preference when several signatures say different things: the one that came
 * closest is told. UNSUPPORTED makes a zone insecure only when dnssec_verify_dnskey() says it of the DS set; a
 * signature of an unknown algorithm alone is no proof of anything (T76). */
#define DNSSEC_VERDICTS(X)                                                                                             \
    X(GOOD, NONE, "good")                                                                                              \
    X(EXPIRED, SIGNATURE_EXPIRED, "signature expired")                                                                 \
    X(NOT_YET_VALID, SIGNATURE_NOT_YET_VALID, "signature not yet valid")                                               \
    X(EXPIRED_BEFORE_VALID, SIGNATURE_EXPIRED_BEFORE_VALID, "signature expires before it begins")                      \
    X(BAD, DNSSEC_BOGUS, "signature does not match")                                                                   \
    X(NO_ZONE_KEY, NO_ZONE_KEY_BIT_SET, "the key that matches is not a zone key")                                      \
    X(NO_KEY, DNSKEY_MISSING, "no DNSKEY matches the signature")                                                       \
    X(UNSUPPORTED, UNSUPPORTED_DNSKEY_ALGORITHM, "no supported algorithm")                                             \
    X(MALFORMED, DNSSEC_BOGUS, "signature is not one of this zone or name")                                            \
    X(NO_SIGNATURE, RRSIGS_MISSING, "no signature")                                                                    \
    X(TOO_MUCH_WORK, DNSSEC_BOGUS, "too much work to validate")                                                        \
    X(NO_MEMORY, OTHER, "out of memory")                                                                               \
    X(LATER, OTHER, "being checked")
enum dnssec_verdict {
#define X(name, ede, text) DNSSEC_##name,
    DNSSEC_VERDICTS(X)
#undef X
};
const char *dnssec_verdict_text(enum dnssec_verdict v);
int dnssec_verdict_ede(enum dnssec_verdict v);

/* Algorithms and digests that this build checks (RFC 9904, RFC 9905; sha1: setting, and what OpenSSL allows). */
struct dnssec_policy {
    bool sha1;        /* algorithms 5 and 7 are validated; else unsupported */
    uint32_t refused; /* bit n: the library's configuration refuses algorithm n */
};
/* The setting, and what the library allows here: what it refuses is unsupported, so such zones are insecure and not
 * bogus (T77). Asked once, at start. */
struct dnssec_policy dnssec_policy_of(bool sha1);
bool dnssec_algorithm_supported(const struct dnssec_policy *p, uint8_t algorithm);
bool dnssec_digest_supported(const struct dnssec_policy *p, uint8_t digest);
/* Cost in units of an RSA-2048 check (measured: T57). */
unsigned dnssec_algorithm_cost(uint8_t algorithm);

uint16_t dnssec_key_tag(const uint8_t *rdata, uint16_t len); /* RFC 4034 appendix B */

struct dnssec_keys; /* the keys of one zone; each is parsed when a signature first names it */
/* From a validated DNSKEY RRset; keys that may sign (zone key, protocol 3, not revoked) of supported algorithms only.
 */
struct dnssec_keys *dnssec_keys_new(const struct rrset *dnskey, const struct dnssec_policy *p);
void dnssec_keys_free(struct dnssec_keys *k);
struct dname dnssec_keys_zone(const struct dnssec_keys *k);
bool dnssec_keys_any(const struct dnssec_keys *k); /* false: no key of a supported algorithm */

struct dnssec_check {
    enum dnssec_verdict verdict;
    bool wildcard;  /* expanded: the proof that the owner does not exist is needed */
    uint8_t labels; /* of the RRSIG: the closest encloser of a wildcard expansion */
    uint16_t key_tag;
    uint8_t algorithm;
    uint32_t valid_s; /* seconds until the signature used ends */
    uint32_t original_ttl_s;
    uint32_t expired, inception; /* of the signature that the verdict speaks of */
};
/* Any one good signature makes the set good (RFC 4035 section 5.3.1). `zone`: the zone whose keys these are: the signer
 * must be exactly it. Counts into *work. */
void dnssec_verify(const struct rrset *set, const struct dnssec_keys *keys, const struct dnssec_policy *p,
                   int64_t wall_s, struct dnssec_work *work, struct dnssec_check *out);

/* A zone's DNSKEY RRset against its DS RRset (or a trust anchor's DS or DNSKEY): a key that a DS names must have signed
 * the set (RFC 4035 section 5.2). UNSUPPORTED: no DS has an algorithm and digest that we support: the zone is insecure.
 */
void dnssec_verify_dnskey(const struct rrset *dnskey, const struct rrset *ds, const struct dnssec_policy *p,
                          int64_t wall_s, struct dnssec_work *work, struct dnssec_check *out);
/* Does a DS (or, from an anchor, a DNSKEY) name this key of the zone? */
bool dnssec_names_key(struct dname zone, struct rdata_ref key, uint16_t anchor_type, struct rdata_ref anchor);
/* The signer's name of the first usable RRSIG of a set; false: there is none. */
bool dnssec_signer(const struct rrset *set, struct dname *out);

#endif
