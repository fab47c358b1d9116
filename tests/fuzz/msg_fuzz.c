/*
 * msg_fuzz.c - octets as a message: parse, read everything, build it anew, parse that
 *
 * What must hold for every input:
 *   - it is judged alike as a query and as a reply;
 *   - all readers of a good message work, and its names cost no more than their budget (L21);
 *   - what is built from it reads the same, name for name in the same case, and building again gives the same octets.
 */
#include "dns/build.h"
#include "dns/msg.h"
#include "dns/rdata.h"
#include "dns/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)8 << 20)

#define MUST(condition)                                                                                                \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), __builtin_trap()))

/* Labels and pointers of all names that the parser would walk. */
static uint32_t all_hops(const struct dns_msg *m)
{
    struct name_work work = {.hops_left = UINT32_MAX};
    for (unsigned i = 0; i < dns_msg_end(m, DNS_ADDITIONAL); i++) {
        const struct rr_ref *rr = &m->rr[i];
        struct reader owner = {.base = m->wire, .pos = rr->owner, .end = m->len};
        struct reader rdata = {.base = m->wire, .pos = rr->rdata, .end = m->len};
        MUST(dname_unpack(&owner, &work, NULL) == DNS_OK);
        if (rr->rdlen != 0 && rr->type != DNS_TYPE_OPT) {
            MUST(rdata_unpack(rr->type, &rdata, rr->rdlen, &work, NULL) == DNS_OK);
        }
    }
    return UINT32_MAX - work.hops_left;
}

static void read_record(const struct dns_msg *m, unsigned i)
{
    static uint8_t plain[DNS_MSG_MAX];
    struct dname_buf owner, other, target;
    struct dname name = dns_msg_owner(m, i, &owner);
    MUST(dns_msg_owner_is(m, i, name));
    MUST(dns_msg_owner_under(m, i, name));
    MUST(dns_msg_owner_under(m, i, dname_parent(name)));
    MUST(dns_msg_owner_under(m, i, m->qname) == dname_under(name, m->qname));
    MUST(dns_msg_owner_is(m, i, m->qname) == dname_equal(name, m->qname));
    if (i > 0) {
        MUST(dns_msg_same_owner(m, i, i - 1) == dname_equal(name, dns_msg_owner(m, i - 1, &other)));
    }
    struct writer w = writer_of(plain, sizeof plain);
    MUST(dns_msg_rdata(m, i, &w) == DNS_OK);
    uint16_t type = m->rr[i].type;
    if (type == DNS_TYPE_OPT || w.pos == 0) {
        return;
    }
    MUST(rdata_check(type, plain, (uint16_t)w.pos) == DNS_OK);
    struct dname plain_target;
    bool has = dns_msg_target(m, i, &target);
    MUST(has == rdata_target(type, plain, (uint16_t)w.pos, &plain_target));
    MUST(!has || dname_same_case(dname_of(&target), plain_target));
}

static void collect_rrsets(const struct dns_msg *m, struct arena *arena)
{
    for (int s = 0; s < DNS_SECTIONS; s++) {
        struct rrset *set;
        enum dns_err err = rrset_from_msg(m, (enum dns_section)s, m->qname, m->qtype, arena, &set);
        MUST(err == DNS_OK || err == DNS_E_LIMIT);
        MUST(err == DNS_OK || set == NULL);
        if (set != NULL) {
            MUST(set->count > 0 && set->count <= DNS_RRSET_RRS_MAX && set->sig_count <= DNS_RRSET_SIGS_MAX);
            MUST(dname_equal(rrset_owner(set), m->qname));
            MUST(rrset_same_data(set, set));
        }
    }
}

/* Writes the whole message anew. 0: it does not fit, uncompressed as some of its names become. */
static size_t rebuild(const struct dns_msg *m, uint8_t *out)
{
    static uint8_t plain[DNS_MSG_MAX];
    struct build b;
    bool tsig = false;
    build_init(&b, out, DNS_MSG_MAX, m->id, m->flags, 0);
    if (m->qdcount != 0 && !build_question(&b, m->qname, m->qtype, m->qclass)) {
        return 0;
    }
    for (int s = 0; s < DNS_SECTIONS; s++) {
        for (unsigned i = dns_msg_begin(m, (enum dns_section)s); i < dns_msg_end(m, (enum dns_section)s); i++) {
            const struct rr_ref *rr = &m->rr[i];
            struct writer w = writer_of(plain, sizeof plain);
            struct dname_buf owner;
            if (rr->type == DNS_TYPE_OPT) {
                continue;
            }
            tsig |= rr->type == DNS_TYPE_TSIG;
            MUST(dns_msg_rdata(m, i, &w) == DNS_OK);
            if (!build_rr(&b, (enum dns_section)s, dns_msg_owner(m, i, &owner), rr->type, rr->rclass, rr->ttl_s, plain,
                          (uint16_t)w.pos)) {
                return 0;
            }
        }
    }
    MUST(b.attempts <= DNS_COMPRESS_ATTEMPTS_MAX);
    const struct edns *e = &m->edns;
    struct edns_out opt = {
        .dnssec_ok = e->dnssec_ok,
        .version = e->version,
        .ext_rcode = e->ext_rcode,
        .udp_size = e->udp_size,
        .cookie = e->cookie,
        .cookie_len = e->cookie_len,
        .nsid_request = e->has_nsid,
        .ecs = e->ecs,
        .ecs_len = e->ecs_len,
        .ede = e->ede,
    };
    if (e->present && (tsig || b.w.pos + edns_size(&opt) > DNS_MSG_MAX)) {
        return 0; /* an OPT would stand behind the TSIG, or is cut short */
    }
    size_t n = build_finish(&b, e->present ? &opt : NULL);
    MUST(n >= DNS_HEADER_SIZE && n <= DNS_MSG_MAX);
    return n;
}

static void compare_edns(const struct edns *a, const struct edns *b)
{
    MUST(a->present == b->present);
    MUST(a->dnssec_ok == b->dnssec_ok && a->version == b->version && a->ext_rcode == b->ext_rcode);
    MUST(a->has_cookie == b->has_cookie && a->cookie_len == b->cookie_len);
    MUST(memcmp(a->cookie, b->cookie, a->cookie_len) == 0);
    MUST(a->has_ecs == b->has_ecs && a->ecs_len == b->ecs_len && memcmp(a->ecs, b->ecs, a->ecs_len) == 0);
    MUST(a->has_nsid == b->has_nsid && a->ede == b->ede);
}

/* Same content, the OPT's place apart. */
static void compare(const struct dns_msg *a, const struct dns_msg *b)
{
    static uint8_t plain_a[DNS_MSG_MAX], plain_b[DNS_MSG_MAX];
    MUST(a->id == b->id && a->flags == b->flags && a->qdcount == b->qdcount);
    MUST(dname_same_case(a->qname, b->qname) && a->qtype == b->qtype && a->qclass == b->qclass);
    MUST(memcmp(a->count, b->count, sizeof a->count) == 0);
    compare_edns(&a->edns, &b->edns);
    unsigned k = 0;
    for (unsigned i = 0; i < dns_msg_end(a, DNS_ADDITIONAL); i++) {
        const struct rr_ref *x = &a->rr[i], *y = &b->rr[k];
        if (x->type == DNS_TYPE_OPT) {
            continue;
        }
        struct dname_buf owner_a, owner_b;
        struct writer wa = writer_of(plain_a, sizeof plain_a), wb = writer_of(plain_b, sizeof plain_b);
        MUST(x->type == y->type && x->rclass == y->rclass && x->ttl_s == y->ttl_s);
        MUST(dname_same_case(dns_msg_owner(a, i, &owner_a), dns_msg_owner(b, k, &owner_b)));
        MUST(dns_msg_rdata(a, i, &wa) == DNS_OK && dns_msg_rdata(b, k, &wb) == DNS_OK);
        MUST(wa.pos == wb.pos && memcmp(plain_a, plain_b, wa.pos) == 0);
        k++;
    }
}

static void build_anew(const struct dns_msg *m, struct arena *arena)
{
    static uint8_t first[DNS_MSG_MAX], second[DNS_MSG_MAX];
    struct dns_msg again;
    size_t n = rebuild(m, first);
    if (n == 0) {
        return;
    }
    uint8_t *copy = malloc(n); /* of its exact size */
    memcpy(copy, first, n);
    enum dns_err err = dns_msg_parse(copy, n, arena, &again);
    /* Names of many labels that were written out may exceed their budget (L21) once they are pointers: each name has its
     * labels and a few pointers more than before. */
    size_t most_hops = all_hops(m) + dns_msg_end(m, DNS_ADDITIONAL) * 3 * (size_t)DNAME_POINTERS_MAX;
    MUST(err == DNS_OK || (err == DNS_E_LIMIT && most_hops > n * DNS_HOPS_PER_BYTE));
    if (err == DNS_OK) {
        compare(m, &again);
        MUST(rebuild(&again, second) == n);
        MUST(memcmp(first, second, n) == 0);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct dns_msg m, query;
    uint8_t *copy = malloc(size != 0 ? size : 1);
    memcpy(copy, data, size);
    arena_init(&arena, NULL, 0, MEMORY);

    enum dns_err err = dns_msg_parse(copy, size, &arena, &m);
    MUST(dns_query_parse(copy, size, &query) == err);
    MUST(query.id == m.id && query.flags == m.flags);
    MUST(size > 64 || arena.used_bytes < 256); /* nothing taken for records that are not there (T91) */
    if (err == DNS_OK) {
        char text[4096];
        struct text t = text_of(text, sizeof text);
        MUST(query.qtype == m.qtype && dname_same_case(query.qname, m.qname));
        for (unsigned i = 0; i < dns_msg_end(&m, DNS_ADDITIONAL); i++) {
            read_record(&m, i);
        }
        dns_msg_print(&m, &t);
        collect_rrsets(&m, &arena);
        build_anew(&m, &arena);
    }
    arena_release(&arena);
    free(copy);
    return 0;
}
