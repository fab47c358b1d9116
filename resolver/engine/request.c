/*
 * request.c - a client's question as values
 */
#include "resolver/engine/request.h"

#include <string.h>

#include "dns/limits.h"

/* Octets that the answer may have. */
static uint16_t answer_limit(const struct dns_msg *query, bool tcp, uint16_t edns_max)
{
    if (tcp) {
        return DNS_MSG_MAX;
    }
    if (!query->edns.present || query->edns.udp_size <= DNS_UDP_PLAIN || edns_max <= DNS_UDP_PLAIN) {
        return DNS_UDP_PLAIN; /* RFC 6891 section 6.2.3: smaller values count as 512 */
    }
    return query->edns.udp_size < edns_max ? query->edns.udp_size : edns_max;
}

void request_from_query(struct request *out, const struct dns_msg *query, bool tcp, uint16_t edns_max)
{
    const struct edns *e = &query->edns;

    out->id = query->id;
    out->flags = query->flags;
    out->qtype = query->qtype;
    out->qclass = query->qclass;
    out->limit = answer_limit(query, tcp, edns_max);
    out->edns = e->present;
    out->dnssec_ok = e->present && e->dnssec_ok;
    out->tcp = tcp;
    out->unknown = false;
    out->nsid = e->present && e->has_nsid;
    out->keepalive = e->present && e->has_keepalive && tcp ? REQUEST_KEEPALIVE_100MS : 0; /* RFC 7828 section 3.3.1 */
    out->ecs_len = e->present && e->has_ecs && e->ecs_len <= sizeof out->ecs ? e->ecs_len : 0;
    if (out->ecs_len != 0) {
        memcpy(out->ecs, e->ecs, out->ecs_len);
    }
    dname_copy(query->qname, &out->qname);
}
