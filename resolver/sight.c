/*
 * sight.c - an answer as a row for who looks on, or for the query log
 */
#include "resolver/sight.h"

#include "dns/msg.h"
#include "dns/types.h"

void sight_hit(struct watch *watch, const struct client *client, const struct answered *a, struct now now)
{
    struct seen *s = watch_next(watch);
    struct dns_msg q;
    if (s == NULL || dns_query_parse(a->data, a->n, &q) != DNS_OK || q.qdcount != 1) {
        return;
    }
    const uint8_t *out = a->out;
    *s = (struct seen){.at_s = now.wall_s,
                       .client = client->peer,
                       .type = q.qtype,
                       .rcode = out[3] & 0xf,
                       .source = SEEN_HIT,
                       .security = (out[3] & DNS_FLAG_AD) != 0 ? SEC_SECURE : SEC_UNCHECKED,
                       .tcp = client->kind == CLIENT_TCP,
                       .truncated = (out[2] & DNS_FLAG_TC >> 8) != 0};
    watch_name(s, q.qname);
    watch_put(watch);
}

void sight_miss(struct watch *watch, const struct client *client, const struct action *a, struct now now)
{
    struct seen *s = watch_next(watch);
    if (s == NULL) {
        return;
    }
    *s = (struct seen){.at_s = now.wall_s,
                       .took_us = now.mono_us - a->since_us,
                       .client = client->peer,
                       .server = a->server,
                       .failure = a->failure,
                       .type = a->type,
                       .rcode = a->rcode,
                       .source = SEEN_MISS,
                       .security = (uint8_t)a->security,
                       .tcp = client->kind == CLIENT_TCP,
                       .truncated = (a->wire[2] & DNS_FLAG_TC >> 8) != 0};
    watch_name(s, a->name);
    watch_put(watch);
}
