/*
 * ask.h - one question to a name server: composing it, and telling its reply from anything else
 *
 * Compose writes a query with a fresh id and, when wanted, 0x20 case. Match judges what arrives on the exchange's own
 * socket: a stranger can send there too, so nothing but a well-formed reply to exactly this question counts, and
 * everything else is waited out (T8-T10). One sign of guessing, a right question under a wrong id, moves the exchange to
 * TCP (T1).
 *
 * Memory: struct ask holds copies. Pure.
 */
#ifndef RAIZ_ENGINE_ASK_H
#define RAIZ_ENGINE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/rng.h"

struct engine_settings;

struct ask {
    struct dname_buf qname;  /* as sent, with its random case */
    uint16_t qtype, id;
    uint16_t edns_size;      /* 0: without EDNS */
    bool dnssec_ok, checking_disabled;
    bool recursion_desired;  /* forwarders */
    bool cased;              /* case was randomised and must come back the same */
    bool tcp;
    bool minimised;          /* asks less than the goal: a referral or a negative answer is about the way, not the goal */
    uint8_t zone_labels;     /* the zone asked is qname's last zone_labels labels */
    const struct engine_settings *set; /* while a reply is read: zones configured are not the server's; NULL: none */
};

/* Draws id and case bits and writes the query; out has room for 300 octets. Returns its length. */
#define ASK_WIRE_MAX 300
size_t ask_compose(struct ask *a, bool randomise_case, struct rng *rng, uint8_t out[static ASK_WIRE_MAX]);

enum ask_match {
    ASK_MATCHES,
    ASK_IGNORE,     /* too short, not a reply, other opcode, other question: wait on */
    ASK_NEAR_MISS,  /* reply to this question under another id, or the question in other case (UDP) */
};
/* Looks at header and question only. Over TCP the case may differ without harm. A reply without a question section
 * matches only if its rcode is FORMERR, NOTIMP, REFUSED or SERVFAIL (servers that cannot copy it). */
enum ask_match ask_match(const struct ask *a, const uint8_t *data, size_t n);

/* As what the server was asked. An authority that answers without AA but with RA is REPLY_RECURSION_LAME: others are
 * preferred, and when none is left it is asked again as a last resort (struct pick of servers.h), when the same words are
 * taken as an answer. Without RA an answer without AA is taken at once, with its lower rank (RANK_NONAUTH_ANSWER). */
enum asked_as { ASKED_AUTHORITY, ASKED_FORWARDER, ASKED_LAST_RESORT };

/* The octets of an uncompressed name from this ask's reply: what the server copied out of the question, by a pointer or
 * otherwise, goes back to lower case. Nothing if the case was not drawn. */
void ask_restore_case(const struct ask *a, uint8_t *name, size_t len);

static inline struct dname ask_zone(const struct ask *a)
{
    return dname_suffix(dname_of(&a->qname), a->zone_labels);
}

#endif
