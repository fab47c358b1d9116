/*
 * front.c - what every query passes before the engine: the fast path, told in one file
 *
 * The order is that of the reader: can it be read at all, may the client ask, is it a question that a resolver answers,
 * is the answer known. Errors are made from the query's header and question alone (T29), and nothing is sent that could
 * be taken for a query by whoever gets it (T28).
 */
#include "resolver/front/front.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "dns/build.h"
#include "dns/types.h"
#include "resolver/config/acl.h"
#include "resolver/engine/aggressive.h"
#include "resolver/engine/forward.h"
#include "resolver/engine/limits.h"
#include "resolver/engine/prefetch.h"
#include "resolver/engine/respond.h"
#include "resolver/engine/stale.h"
#include "resolver/engine/trust.h"
#include "zones/local.h"

/* One query on its way through. */
struct visit {
    struct front *front;
    struct dns_msg query;
    uint64_t hash; /* of its name; 0: not known */
    bool tcp;
    struct request *request;
    uint8_t *out;
    size_t *out_len;
};

static void bump(_Atomic uint64_t *counter)
{
    uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, old + 1, memory_order_relaxed);
}

static void count_answer(struct front_counters *count, const uint8_t *out)
{
    switch (out[3] & 0xf) {
    case DNS_RCODE_NOERROR:
        bump(&count->noerror);
        break;
    case DNS_RCODE_NXDOMAIN:
        bump(&count->nxdomain);
        break;
    case DNS_RCODE_SERVFAIL:
        bump(&count->servfail);
        break;
    default:
        break;
    }
    if ((out[2] & DNS_FLAG_TC >> 8) != 0) {
        bump(&count->truncated);
    }
}

void front_answered(struct front *f, const uint8_t *answer)
{
    count_answer(&f->count, answer);
}

/* What would not be resolved for this client, however it asks, comes without RA (RFC 1035 section 4.1.1). */
static enum front_result fail_within(struct visit *v, uint16_t rcode, int ede, size_t cap)
{
    *v->out_len = respond_error(&v->query, rcode, ede, NULL, v->front->world->engine.edns_size, v->out, cap);
    if (ede != DNS_EDE_NOT_AUTHORITATIVE) {
        v->out[3] &= (uint8_t)~DNS_FLAG_RA;
    }
    return FRONT_ANSWER;
}

static enum front_result fail(struct visit *v, uint16_t rcode, int ede)
{
    return fail_within(v, rcode, ede, v->tcp ? DNS_MSG_MAX : DNS_UDP_PLAIN);
}

/* id.server and its kin (RFC 4892): what the operator chose to tell, else nobody's business. */
static const char *identity(const struct settings *s, struct dname qname)
{
    static const char *const names[] = {"version.bind.", "version.server.", "hostname.bind.", "id.server."};
    char text[DNAME_TEXT_MAX];
    dname_print(qname, text);
    for (unsigned i = 0; i < 4; i++) {
        if (strcasecmp(text, names[i]) == 0) {
            return i < 2 ? s->identity_version : s->identity_id;
        }
    }
    return NULL;
}

static enum front_result chaos(struct visit *v)
{
    const struct dns_msg *q = &v->query;
    const char *text = identity(v->front->world->settings, q->qname);
    if (text == NULL || (q->qtype != DNS_TYPE_TXT && q->qtype != DNS_TYPE_ANY)) {
        bump(&v->front->count.refused);
        return fail(v, DNS_RCODE_REFUSED, DNS_EDE_NONE);
    }
    struct build b;
    struct edns_out opt = {.udp_size = v->front->world->engine.edns_size, .ede = DNS_EDE_NONE};
    uint8_t rdata[256];
    size_t n = strnlen(text, 255);
    rdata[0] = (uint8_t)n;
    memcpy(rdata + 1, text, n);
    build_init(&b, v->out, v->tcp ? DNS_MSG_MAX : DNS_UDP_PLAIN, q->id,
               DNS_FLAG_QR | DNS_FLAG_AA | (q->flags & DNS_FLAG_RD), q->edns.present ? DNS_RR_MIN : 0);
    build_question(&b, q->qname, q->qtype, q->qclass);
    if (!build_rr(&b, DNS_ANSWER, q->qname, DNS_TYPE_TXT, DNS_CLASS_CH, 0, rdata, (uint16_t)(n + 1))) {
        build_truncate(&b);
    }
    *v->out_len = build_finish(&b, q->edns.present ? &opt : NULL);
    return FRONT_ANSWER;
}

/* Meta types are no data that one could look up (RFC 6895 section 3.1). */
static enum front_result refuse_type(struct visit *v)
{
    switch (v->query.qtype) {
    case DNS_TYPE_AXFR:
    case DNS_TYPE_IXFR:
        bump(&v->front->count.refused);
        return fail(v, DNS_RCODE_REFUSED, DNS_EDE_NONE);
    case DNS_TYPE_NXNAME: /* RFC 9824 section 3.4 */
    case DNS_TYPE_OPT:
    case DNS_TYPE_TSIG:
    case 0:
        bump(&v->front->count.malformed);
        return fail(v, DNS_RCODE_FORMERR, DNS_EDE_INVALID_QUERY_TYPE);
    default:
        bump(&v->front->count.not_implemented);
        return fail(v, DNS_RCODE_NOTIMP, DNS_EDE_NONE);
    }
}

/* T23: data is of class IN; CH is for identity; the others name no data (RFC 6895 section 3.2). */
static enum front_result refuse_class(struct visit *v)
{
    switch (v->query.qclass) {
    case DNS_CLASS_CH:
        return chaos(v);
    case DNS_CLASS_NONE:
    case 0:
        bump(&v->front->count.malformed);
        return fail(v, DNS_RCODE_FORMERR, DNS_EDE_NONE);
    default:
        bump(&v->front->count.refused);
        return fail(v, DNS_RCODE_REFUSED, DNS_EDE_NOT_SUPPORTED);
    }
}

/* A question without recursion wants to know what is known here: what validated proofs of other names say is, too (RFC
 * 8198). Questions with recursion get the same from the engine. */
static bool proven(struct visit *v, struct now now, struct outcome *found)
{
    const struct engine_settings *set = &v->front->world->engine;
    struct dname qname = v->query.qname;
    char room[4096];
    struct arena arena;
    struct dnssec_work work = {0};
    struct dname_buf end;
    struct anchor anchor;

    if (!set->aggressive || set->dnssec == DNSSEC_OFF || (v->query.flags & DNS_FLAG_CD) != 0 || set->anchors == NULL ||
        !anchors_closest(set->anchors, qname, &anchor) || trust_exempt(set, qname) ||
        forward_zone_of(set, qname, false, false) != NULL) {
        return false;
    }
    arena_init(&arena, room, sizeof room, ENGINE_JOB_BYTES_MAX);
    struct aggressive a = {
        .cache = v->front->cache, .arena = &arena, .work = &work, .least_labels = anchor.zone.labels};
    outcome_init(found);
    bool known = aggressive_lookup(&a, qname, v->query.qtype, now, found, &end) == KNOWN_ALL;
    if (known) {
        found->authentic = true; /* nothing that is not secure is answered from proofs */
        bump(&v->front->count.hits);
        *v->out_len = respond_build(v->request, found, set, v->front->turn++, v->out);
    }
    arena_release(&arena);
    return known;
}

/* Some set of the answer is near its end. (Not inlined, as the next: what few queries need is not to make room on the
 * stack for all.) */
__attribute__((noinline)) static enum front_result late(struct visit *v, struct now now, const struct outcome *found)
{
    struct prefetch what;

    if (!v->front->world->engine.prefetch || (v->query.flags & DNS_FLAG_RD) == 0 ||
        !prefetch_claim(v->front->cache, found, v->query.qtype, now, &what)) {
        return FRONT_ANSWER;
    }
    dname_copy(what.name, &v->request->qname);
    v->request->qtype = what.type;
    if (found->security != SEC_UNCHECKED) {
        v->request->flags &= (uint16_t)~DNS_FLAG_CD; /* what was validated is to be so again, whoever asks (T73) */
    }
    return FRONT_ANSWER_LATE;
}

/* It failed a short while ago and is not tried again yet: expired data, if there is any (RFC 8767 section 5). */
__attribute__((noinline)) static void instead_of_failure(struct visit *v, bool checked, struct now now,
                                                         struct outcome *found)
{
    struct front *f = v->front;
    struct stale_question q = {
        .name = v->query.qname, .type = v->query.qtype, .checked = checked, .why = found->failure};
    struct outcome expired;

    if (stale_lookup(f->cache, &f->world->engine, &q, now, &expired)) {
        *found = expired;
        bump(&f->count.stale);
    }
}

/* All is well with the query: from the cache, or by the engine. */
static enum front_result answer(struct visit *v, struct now now)
{
    struct front *f = v->front;
    const struct dns_msg *q = &v->query;
    const struct engine_settings *set = &f->world->engine;
    struct outcome found;
    struct dname_buf end;
    bool checked = set->dnssec != DNSSEC_OFF && (q->flags & DNS_FLAG_CD) == 0;
    struct known_question question = {
        .name = q->qname, .type = q->qtype, .checked = checked, .hash = v->hash, .set = set};

    request_from_query(v->request, q, v->tcp, set->answer_udp_max);
    if (set->local_zones && local_covers(q->qname)) { /* before the cache, whose root may deny what we define */
        bump(&f->count.misses);
        return FRONT_MISS;
    }
    enum known known = known_lookup(f->cache, &question, now, &found, &end);
    if (known == KNOWN_ALL) {
        bump(&f->count.hits);
        if (found.failure != FAIL_NONE) {
            instead_of_failure(v, checked, now, &found);
        }
        *v->out_len = respond_build(v->request, &found, set, f->turn++, v->out);
        return prefetch_is_late(&found) ? late(v, now, &found) : FRONT_ANSWER;
    }
    if ((q->flags & DNS_FLAG_RD) == 0 && proven(v, now, &found)) {
        return FRONT_ANSWER;
    }
    if ((q->flags & DNS_FLAG_RD) == 0) { /* we hold no zones: without recursion only the cache could answer */
        bump(&f->count.refused);
        return fail(v, DNS_RCODE_REFUSED, DNS_EDE_NOT_AUTHORITATIVE);
    }
    v->request->unknown = known == KNOWN_NOTHING && !found.unfit;
    bump(&f->count.misses);
    return FRONT_MISS;
}

/* The client may ask, and n octets at v->query.wire could be a query. */
static enum front_result judge(struct visit *v, enum dns_err err, struct now now)
{
    const struct dns_msg *q = &v->query;
    struct front_counters *count = &v->front->count;

    if (dns_msg_opcode(q) != DNS_OPCODE_QUERY) { /* NOTIFY, UPDATE, DSO ...: their sections are not ours to read */
        bump(&count->not_implemented);
        return fail(v, DNS_RCODE_NOTIMP, DNS_EDE_NONE);
    }
    if ((err == DNS_OK || err == DNS_E_EDNS) && q->edns.present && q->edns.version > 0) { /* RFC 6891 section 6.1.3 */
        bump(&count->not_implemented);
        return fail(v, DNS_RCODE_BADVERS, DNS_EDE_NONE);
    }
    if (err != DNS_OK || q->qdcount != 1) { /* RFC 9619 */
        bump(&count->malformed);
        return fail(v, DNS_RCODE_FORMERR, DNS_EDE_NONE);
    }
    if (q->qclass != DNS_CLASS_IN) {
        return refuse_class(v);
    }
    if (dns_type_is_meta(q->qtype) && q->qtype != DNS_TYPE_ANY) {
        return refuse_type(v);
    }
    return answer(v, now);
}

/* What can be seen without judging it: whether all of it is as it should be is front_query()'s to say, which reads the
 * same name. */
static void look_ahead(const struct front *f, struct wire_query *q)
{
    struct reader r = reader_of(q->data, q->n);
    struct dname name;
    q->hash = 0;
    if (reader_take(&r, DNS_HEADER_SIZE) != NULL && dname_read_plain(&r, &name) == DNS_OK) {
        uint16_t type = read_u16(&r);
        q->hash = cache_name_of(f->cache, name).hash;
        cache_expect(f->cache, q->hash, type, &q->place);
    }
}

void front_expect(const struct front *f, struct wire_query *batch, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        look_ahead(f, &batch[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (batch[i].hash != 0) {
            cache_expect_set(f->cache, &batch[i].place);
        }
    }
}

enum front_result front_query(struct front *f, const struct addr *client, bool tcp, const struct wire_query *q,
                              struct now now, struct request *request, uint8_t *out, size_t *out_len)
{
    const uint8_t *data = q->data;
    size_t n = q->n;
    struct visit v; /* its query is filled by parsing */
    enum front_result result;
    v.front = f;
    v.hash = q->hash;
    v.tcp = tcp;
    v.request = request;
    v.out = out;
    v.out_len = out_len;

    bump(tcp ? &f->count.tcp : &f->count.udp);
    enum dns_err err = dns_query_parse(data, n, &v.query);
    if (n < DNS_HEADER_SIZE || (v.query.flags & DNS_FLAG_QR) != 0) { /* T28: an answer is never answered */
        bump(&f->count.dropped);
        return FRONT_DROP;
    }
    if (!acl_allows(f->world->acl, client)) {
        bump(&f->count.refused);
        /* T47: never more octets than came, whoever they are said to come from. */
        result = fail_within(&v, DNS_RCODE_REFUSED, DNS_EDE_PROHIBITED,
                             tcp                 ? DNS_MSG_MAX
                             : n < DNS_UDP_PLAIN ? n
                                                 : DNS_UDP_PLAIN);
    } else {
        result = judge(&v, err, now);
    }
    if (result == FRONT_ANSWER || result == FRONT_ANSWER_LATE) {
        count_answer(&f->count, out);
    }
    return result;
}
