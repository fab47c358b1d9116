/*
 * entry_json.c - one entry of the cache as an object
 */
#include "resolver/control/entry_json.h"

#include "dns/text.h"
#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/engine/failure.h"

static const char *kind_text(const struct cache_hit *hit)
{
    switch (hit->kind) {
    case CACHE_RRSET:
        return hit->negative ? "nodata" : "rrset";
    case CACHE_NXDOMAIN:
        return "nxdomain";
    case CACHE_DELEGATION:
        return "delegation";
    default:
        return "failure";
    }
}

static const char *security_text(enum cache_security security)
{
    switch (security) {
    case SEC_INSECURE:
        return "insecure";
    case SEC_SECURE:
        return "secure";
    case SEC_BOGUS:
        return "bogus";
    default:
        return "unchecked";
    }
}

/* *list gets a text; NULL and freed on failure. */
static void append(json_t **list, const char *text)
{
    if (json_array_append_new(*list, json_string(text)) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

static void append_record(json_t **list, struct dname owner, uint32_t ttl_s, uint16_t type, struct rdata_ref rdata,
                          char *text)
{
    struct text out = text_of(text, CONTROL_TEXT_MAX);
    rr_print(owner, ttl_s, DNS_CLASS_IN, type, rdata.data, rdata.len, &out);
    append(list, text);
}

static json_t *records_of(const struct rrset *set, uint32_t ttl_s, char *text)
{
    json_t *list = json_array();
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rdata;
    while (rrset_next(&it, &rdata)) {
        append_record(&list, rrset_owner(set), ttl_s, set->type, rdata, text);
    }
    return list;
}

static json_t *signatures_of(const struct rrset *set, uint32_t ttl_s, char *text)
{
    json_t *list = json_array();
    struct rrset_iter it = rrset_sigs(set);
    struct rdata_ref rdata;
    while (rrset_next(&it, &rdata)) {
        append_record(&list, rrset_owner(set), ttl_s, DNS_TYPE_RRSIG, rdata, text);
    }
    return list;
}

/* The delegation as the records that the parent gave: NS, and the addresses beside them. */
static json_t *delegation_records(const struct delegation *d, uint32_t ttl_s, char *text)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < d->ns_count; i++) {
        struct dname ns = delegation_ns(d, i);
        append_record(&list, delegation_zone(d), ttl_s, DNS_TYPE_NS, (struct rdata_ref){ns.wire, ns.len}, text);
    }
    const struct delegation_addr *addrs = delegation_addrs(d);
    for (unsigned i = 0; i < d->addr_count; i++) {
        if (addrs[i].ns < d->ns_count) {
            bool ip4 = addrs[i].family == ADDR_IP4;
            append_record(&list, delegation_ns(d, addrs[i].ns), ttl_s, ip4 ? DNS_TYPE_A : DNS_TYPE_AAAA,
                          (struct rdata_ref){addrs[i].ip, ip4 ? 4 : 16}, text);
        }
    }
    return list;
}

static void put_negative(json_t **o, const struct cache_hit *hit, char *text)
{
    json_t *list = json_array();
    if (hit->soa != NULL) {
        append_record(&list, rrset_owner(hit->soa), hit->ttl_s, DNS_TYPE_SOA, rrset_first(hit->soa), text);
    }
    for (unsigned i = 0; i < hit->proof_count; i++) {
        append_record(&list, rrset_owner(hit->proof[i]), hit->ttl_s, hit->proof[i]->type, rrset_first(hit->proof[i]),
                      text);
    }
    reply_put(o, "records", list);
}

static void put_origin(json_t **o, const struct control *c, const struct cache_hit *hit)
{
    char zone[DNAME_TEXT_MAX];
    reply_put_text(o, "trust", cache_rank_text(hit->origin.rank));
    reply_put_text(o, "security", security_text(hit->origin.security));
    reply_put_server(o, "server", &hit->origin.server, c);
    if (hit->origin.zone_labels <= hit->name.labels) {
        dname_print(dname_suffix(hit->name, hit->origin.zone_labels), zone);
        reply_put_text(o, "zone", zone);
    }
}

json_t *entry_json(const struct control *c, const struct cache_hit *hit)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    json_t *o = json_object();
    dname_print(hit->name, name);
    reply_put_text(&o, "kind", kind_text(hit));
    reply_put_text(&o, "name", name);
    if (hit->kind == CACHE_RRSET || hit->kind == CACHE_FAILURE) {
        reply_put_text(&o, "type", dns_type_text(hit->type, type));
    }
    reply_put_number(&o, "ttl", hit->ttl_s);
    if (hit->kind == CACHE_FAILURE) {
        const struct failure_row *row = failure_row((enum failure)hit->failure);
        reply_put_text(&o, "failure", row->name);
        reply_put_text(&o, "text", row->text);
        reply_put_number(&o, "in_a_row", hit->failure_count);
        return o;
    }
    reply_put_number(&o, "original_ttl", hit->original_ttl_s);
    put_origin(&o, c, hit);
    if (hit->delegation != NULL) {
        reply_put(&o, "records", delegation_records(hit->delegation, hit->ttl_s, c->text));
    } else if (hit->rrset != NULL) {
        reply_put(&o, "records", records_of(hit->rrset, hit->ttl_s, c->text));
        reply_put(&o, "signatures", signatures_of(hit->rrset, hit->ttl_s, c->text));
    } else {
        put_negative(&o, hit, c->text);
    }
    return o;
}
