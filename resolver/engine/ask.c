/*
 * ask.c - one question to a name server: composing it, and telling its reply from anything else
 */
#include "resolver/engine/ask.h"

#include <assert.h>
#include <string.h>

#include "dns/bytes.h"
#include "dns/edns.h"
#include "dns/limits.h"
#include "dns/msg.h"
#include "dns/seeded.h"
#include "dns/types.h"

static_assert(DNS_HEADER_SIZE + DNAME_MAX + 4 + DNS_RR_MIN <= ASK_WIRE_MAX, "header, question and a plain OPT fit");

static bool is_letter(uint8_t c)
{
    uint8_t folded = c | 0x20;
    return folded >= 'a' && folded <= 'z';
}

/* Each letter's case by a coin (draft-vixie-dnsext-dns0x20). Length octets are below 64 and so never letters' range of
 * the fold, but they are stepped over all the same. */
static void randomise(struct dname_buf *name, struct rng *rng)
{
    uint64_t coins = 0;
    unsigned left = 0;

    for (unsigned at = 0; at < name->len; at += name->wire[at] + 1u) {
        for (unsigned i = at + 1; i <= at + name->wire[at]; i++) {
            if (!is_letter(name->wire[i])) {
                continue;
            }
            if (left == 0) {
                coins = rng_u64(rng);
                left = 64;
            }
            name->wire[i] = (uint8_t)((name->wire[i] & ~0x20u) | (coins & 1) << 5);
            coins >>= 1;
            left--;
        }
    }
}

static uint16_t query_flags(const struct ask *a)
{
    uint16_t flags = 0;
    if (a->recursion_desired) {
        flags |= DNS_FLAG_RD;
    }
    if (a->checking_disabled) {
        flags |= DNS_FLAG_CD;
    }
    return flags;
}

size_t ask_compose(struct ask *a, bool randomise_case, struct rng *rng, uint8_t out[static ASK_WIRE_MAX])
{
    a->id = rng_u16(rng);
    a->cased = randomise_case;
    if (randomise_case) {
        randomise(&a->qname, rng);
    }

    struct writer w = writer_of(out, ASK_WIRE_MAX);
    write_u16(&w, a->id);
    write_u16(&w, query_flags(a));
    write_u16(&w, 1);
    write_u16(&w, 0);
    write_u16(&w, 0);
    write_u16(&w, a->edns_size != 0 ? 1 : 0);
    write_bytes(&w, a->qname.wire, a->qname.len);
    write_u16(&w, a->qtype);
    write_u16(&w, DNS_CLASS_IN);
    if (a->edns_size != 0) {
        struct edns_out opt = {.dnssec_ok = a->dnssec_ok, .udp_size = a->edns_size, .ede = DNS_EDE_NONE};
        edns_write(&w, &opt);
    }
    assert(!w.failed);
    return w.pos;
}

/* Servers that could not even read the question may answer without it. */
static bool may_lack_question(uint16_t flags)
{
    switch (flags & 0xf) {
    case DNS_RCODE_FORMERR:
    case DNS_RCODE_NOTIMP:
    case DNS_RCODE_REFUSED:
    case DNS_RCODE_SERVFAIL:
        return true;
    default:
        return false;
    }
}

enum ask_match ask_match(const struct ask *a, const uint8_t *data, size_t n)
{
    struct reader r = reader_of(data, n);
    uint16_t id = read_u16(&r);
    uint16_t flags = read_u16(&r);
    uint16_t qdcount = read_u16(&r);
    (void)reader_take(&r, 6);

    if (r.failed || SEEDED(9, (flags & DNS_FLAG_QR) == 0, false) || (flags >> 11 & 0xf) != DNS_OPCODE_QUERY) {
        return ASK_IGNORE; /* T10: wait for a valid reply, do not fail early */
    }
    if (qdcount == 0) {
        if (!may_lack_question(flags)) {
            return ASK_IGNORE;
        }
        return id == a->id ? ASK_MATCHES : ASK_IGNORE; /* a wrong id here proves no knowledge of the question */
    }
    struct dname qname;
    if (qdcount != 1 || dname_read_plain(&r, &qname) != DNS_OK) {
        return ASK_IGNORE;
    }
    uint16_t qtype = read_u16(&r);
    uint16_t qclass = read_u16(&r);
    if (r.failed || qtype != a->qtype || qclass != DNS_CLASS_IN ||
        !SEEDED(11, dname_equal(qname, dname_of(&a->qname)), true)) {
        return ASK_IGNORE; /* RFC 5452 section 4.2 */
    }
    if (SEEDED(10, id != a->id, false)) {
        return ASK_NEAR_MISS;
    }
    if (a->cased && !a->tcp && !dname_same_case(qname, dname_of(&a->qname))) {
        return ASK_NEAR_MISS;
    }
    return ASK_MATCHES;
}

static void lower(uint8_t *name, size_t len)
{
    for (size_t at = 0; at < len; at += name[at] + 1u) {
        for (size_t i = at + 1; i <= at + name[at]; i++) {
            name[i] = is_letter(name[i]) ? name[i] | 0x20 : name[i];
        }
    }
}

void ask_restore_case(const struct ask *a, uint8_t *name, size_t len)
{
    if (!a->cased) {
        return;
    }
    for (size_t at = 0; at < len; at += name[at] + 1u) {
        size_t n = len - at;
        if (n <= a->qname.len && memcmp(name + at, a->qname.wire + a->qname.len - n, n) == 0) {
            lower(name + at, n);
            return;
        }
    }
}
