/*
 * judge.c - what a client was told when a reply was changed, beside what it is told when none is
 */
#include "judge.h"

#include "dns/rdata.h"
#include "dns/types.h"

void told_read(const uint8_t *data, size_t n, struct arena *arena, struct told *out)
{
    out->malformed = n == 0 || dns_msg_parse(data, n, arena, &out->msg) != DNS_OK;
}

bool told_secure(const struct told *o)
{
    return !o->malformed && (o->msg.flags & DNS_FLAG_AD) != 0;
}

bool told_failure(const struct told *o)
{
    return o->malformed || dns_msg_rcode(&o->msg) == DNS_RCODE_SERVFAIL;
}

static bool same_data(const struct dns_msg *a, unsigned i, const struct dns_msg *b, unsigned k)
{
    static uint8_t one[DNS_MSG_MAX], two[DNS_MSG_MAX];
    struct writer v = writer_of(one, sizeof one), w = writer_of(two, sizeof two);
    struct dname_buf owner;

    return a->rr[i].type == b->rr[k].type && a->rr[i].rclass == b->rr[k].rclass &&
           dns_msg_owner_is(b, k, dns_msg_owner(a, i, &owner)) && dns_msg_rdata(a, i, &v) == DNS_OK &&
           dns_msg_rdata(b, k, &w) == DNS_OK && rdata_equal(a->rr[i].type, one, (uint16_t)v.pos, two, (uint16_t)w.pos);
}

/* Is record i of `a` in the section of `b`, with the TTL it has there or a higher one? */
static bool is_in(const struct dns_msg *a, unsigned i, const struct dns_msg *b, enum dns_section s, bool bounded)
{
    for (unsigned k = dns_msg_begin(b, s); k < dns_msg_end(b, s); k++) {
        if (same_data(a, i, b, k) && (!bounded || a->rr[i].ttl_s <= b->rr[k].ttl_s)) {
            return true;
        }
    }
    return false;
}

static const char *compare_answers(const struct dns_msg *was, const struct dns_msg *is)
{
    for (unsigned i = dns_msg_begin(was, DNS_ANSWER); i < dns_msg_end(was, DNS_ANSWER); i++) {
        if (!is_in(was, i, is, DNS_ANSWER, false)) {
            return was->rr[i].type == DNS_TYPE_RRSIG ? "a good signature is missing" : "a record is missing";
        }
    }
    for (unsigned i = dns_msg_begin(is, DNS_ANSWER); i < dns_msg_end(is, DNS_ANSWER); i++) {
        if (is->rr[i].type != DNS_TYPE_RRSIG && !is_in(is, i, was, DNS_ANSWER, true)) {
            return is_in(is, i, was, DNS_ANSWER, false) ? "a TTL is higher" : "another record";
        }
    }
    return NULL;
}

static bool is_proof(uint16_t type)
{
    return type == DNS_TYPE_NSEC || type == DNS_TYPE_NSEC3;
}

static const char *compare_proofs(const struct dns_msg *was, const struct dns_msg *is)
{
    for (unsigned i = dns_msg_begin(was, DNS_AUTHORITY); i < dns_msg_end(was, DNS_AUTHORITY); i++) {
        if (is_proof(was->rr[i].type) && !is_in(was, i, is, DNS_AUTHORITY, false)) {
            return "a proof is missing";
        }
    }
    for (unsigned i = dns_msg_begin(is, DNS_AUTHORITY); i < dns_msg_end(is, DNS_AUTHORITY); i++) {
        if (is->rr[i].type != DNS_TYPE_RRSIG && !is_in(is, i, was, DNS_AUTHORITY, true)) {
            return is_in(is, i, was, DNS_AUTHORITY, false) ? "a TTL of the proof is higher" : "another proof";
        }
    }
    return NULL;
}

enum judgement judge(const struct told *genuine, const struct told *got, bool other_proofs, const char **why)
{
    if (told_failure(got)) {
        *why = told_secure(got) ? "a failure with AD" : NULL;
        return *why == NULL ? JUDGED_FAILED : JUDGED_OTHER;
    }
    if (told_failure(genuine)) {
        *why = "an answer where there is none";
    } else if (dns_msg_rcode(&genuine->msg) != dns_msg_rcode(&got->msg)) {
        *why = "another rcode";
    } else if (told_secure(genuine) != told_secure(got)) {
        *why = told_secure(got) ? "secure, and was not" : "insecure, and was secure";
    } else {
        *why = compare_answers(&genuine->msg, &got->msg);
        *why = *why == NULL && !other_proofs ? compare_proofs(&genuine->msg, &got->msg) : *why;
    }
    return *why == NULL ? JUDGED_SAME : JUDGED_OTHER;
}
