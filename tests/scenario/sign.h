/*
 * sign.h - signed zones and messages of a scenario
 *
 * A zone has one key, made from its name and algorithm alone, so that a parent's DS and a trust anchor can be written
 * before the zone is: the zone is not looked at. Ed25519 and Ed448 sign without randomness; keys and signatures of
 * other algorithms are kept, so that playing a scenario twice gives the same octets.
 */
#ifndef RAIZ_SCENARIO_SIGN_H
#define RAIZ_SCENARIO_SIGN_H

#include "scn.h"

enum signing_flags {
    SIGN_NSEC3 = 1,
    SIGN_OPT_OUT = 2,
    SIGN_NO_DENIAL = 4, /* no NSEC and no NSEC3 */
    SIGN_NO_KEY = 8,    /* no DNSKEY */
};

struct signing {
    bool on;
    uint8_t algorithm; /* 15 */
    unsigned flags;
    uint16_t iterations;
    uint8_t salt_len, salt[255];
    uint16_t key_flags;      /* 257 */
    uint8_t key_protocol;    /* 3 */
    int64_t from_s, until_s; /* beside now: -1 h to +30 d */
    int labels;              /* of RRSIGs; -1: as they should be */
    unsigned twins;          /* DNSKEYs more, with tag and algorithm of the zone's own */
    unsigned husks;          /* the same, but none of them is a key that could be used */
    unsigned modulus_bits;   /* of an RSA key that only looks like one; 0: a real key */
    unsigned exponent_bits;  /* and its exponent: 17 */
    unsigned forged;         /* RRSIGs more, before the good one of each set; of a DS, DS of the same tag */
    uint8_t digest;          /* of a DS */
    int64_t now_s;
};

struct signing signing_usual(int64_t now_s);
/* "alg 13", "nsec3", "iterations 5", "salt ab", "opt-out", "no-denial", "no-key", "flags 385", "protocol 2", "from
 * -1h", "until 30d", "labels 1", "twins 5", "husks 5", "modulus 8192", "exponent 2047", "forged 3", "digest 4": up to
 * the end of the piece. */
void signing_read(struct words *w, struct signing *out);

/* Adds DNSKEY, NSEC or NSEC3, and RRSIG records to those of a zone (its SOA included). */
void sign_zone(const struct words *w, struct dname origin, const struct signing *how, struct records *io);
/* Signs every set from record number `from` on, with the key of `zone`. */
void sign_records(const struct words *w, struct dname zone, const struct signing *how, struct records *io, size_t from);
/* The DS of a zone's key. */
void sign_ds(struct dname zone, const struct signing *how, struct record *out);
/* The same with its forged ones before it, added to records. */
void sign_ds_all(struct dname zone, const struct signing *how, struct records *io);
void sign_release(void);

#endif
