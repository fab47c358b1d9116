#include "zones/hints.h"

#include <stdio.h>
#include <string.h>

#include "dns/addr.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "zones/zone.h"
#include "zones/zonefile_lex.h"

#define HINTS_TTL_S 3600000 /* as in IANA's file; hints never expire, they are replaced by priming (RFC 9609) */

/* https://www.internic.net/domain/named.root */
static const struct root_server {
    char letter;
    const char *ip4, *ip6;
} root_servers[] = {
    {'a', "198.41.0.4", "2001:503:ba3e::2:30"}, {'b', "170.247.170.2", "2801:1b8:10::b"},
    {'c', "192.33.4.12", "2001:500:2::c"},      {'d', "199.7.91.13", "2001:500:2d::d"},
    {'e', "192.203.230.10", "2001:500:a8::e"},  {'f', "192.5.5.241", "2001:500:2f::f"},
    {'g', "192.112.36.4", "2001:500:12::d0d"},  {'h', "198.97.190.53", "2001:500:1::53"},
    {'i', "192.36.148.17", "2001:7fe::53"},     {'j', "192.58.128.30", "2001:503:c27::2:30"},
    {'k', "193.0.14.129", "2001:7fd::1"},       {'l', "199.7.83.42", "2001:500:9f::42"},
    {'m', "202.12.27.33", "2001:dc3::35"},
};

void hints_builtin(struct delegation_builder *out)
{
    delegation_begin(out, dname_root(), DELEGATION_HINTS, HINTS_TTL_S);
    for (size_t i = 0; i < sizeof root_servers / sizeof root_servers[0]; i++) {
        const struct root_server *s = &root_servers[i];
        char text[] = "a.root-servers.net.";
        struct dname_buf name;
        struct addr address;
        text[0] = s->letter;
        if (dname_scan(text, strlen(text), NULL, &name) != DNS_OK) {
            continue;
        }
        int ns = delegation_add_ns(out, dname_of(&name));
        if (addr_scan(s->ip4, 0, &address)) {
            delegation_add_addr(out, ns, &address);
        }
        if (addr_scan(s->ip6, 0, &address)) {
            delegation_add_addr(out, ns, &address);
        }
    }
}

static void add_addresses(struct delegation_builder *out, int ns, const struct rrset *set)
{
    if (set == NULL) {
        return;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        struct addr a;
        if (set->type == DNS_TYPE_A && rr.len == 4) {
            a = addr_ip4(rr.data, 0);
        } else if (set->type == DNS_TYPE_AAAA && rr.len == 16) {
            a = addr_ip6(rr.data, 0);
        } else {
            continue;
        }
        delegation_add_addr(out, ns, &a);
    }
}

static bool from_zone(const struct zone *z, struct zonefile *zf, struct delegation_builder *out)
{
    const char *file = zf->path != NULL ? zf->path : zf->text_name;
    const struct rrset *ns = zone_find(z, dname_root(), DNS_TYPE_NS);
    if (ns == NULL) {
        zonefile_fault(zf, file, 0, 0, "root hints without an NS record of '.'; take named.root of IANA as a pattern");
        return false;
    }
    delegation_begin(out, dname_root(), DELEGATION_HINTS, ns->ttl_s);
    struct rrset_iter it = rrset_rrs(ns);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        struct dname target;
        int index = rdata_target(DNS_TYPE_NS, rr.data, rr.len, &target) ? delegation_add_ns(out, target) : -1;
        if (index >= 0) {
            add_addresses(out, index, zone_find(z, target, DNS_TYPE_A));
            add_addresses(out, index, zone_find(z, target, DNS_TYPE_AAAA));
        }
    }
    if (out->addr_count == 0) {
        zonefile_fault(zf, file, 0, 0, "root hints without an address: give A or AAAA records of the servers named");
        return false;
    }
    return true;
}

bool hints_load(struct zonefile *zf, struct delegation_builder *out)
{
    zf->origin = dname_root();
    if (zf->default_ttl_s == 0) {
        zf->default_ttl_s = HINTS_TTL_S;
    }
    struct zone *z = zonefile_load(zf, true);
    if (z == NULL) {
        return false;
    }
    bool ok = from_zone(z, zf, out);
    zone_free(z);
    return ok;
}
