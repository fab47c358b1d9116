/*
 * tap.c - which messages are tapped
 */
#include "resolver/io/tap.h"

#include "dns/msg.h"

void tap_client(const struct tap_about *about, const struct client *client, const struct addr *listener,
                const uint8_t *wire, size_t n)
{
    struct dnstap_message m = {.kind = about->response ? DNSTAP_CLIENT_RESPONSE : DNSTAP_CLIENT_QUERY,
                               .tcp = client->kind == CLIENT_TCP,
                               .asker = client->peer,
                               .asked = *listener,
                               .age_us = about->age_us,
                               .wire = wire,
                               .n = n};
    if (client->local.family != ADDR_NONE) {
        m.asked = client->local;
        m.asked.port = listener->port;
    }
    dnstap_put(about->to, about->queue, &m);
}

void tap_server(const struct tap_about *about, const struct addr *server, bool tcp, const uint8_t *wire, size_t n)
{
    bool forwarded = n > 2 && (wire[2] & DNS_FLAG_RD >> 8) != 0;
    struct dnstap_message m = {.kind = forwarded
                                           ? (about->response ? DNSTAP_FORWARDER_RESPONSE : DNSTAP_FORWARDER_QUERY)
                                           : (about->response ? DNSTAP_RESOLVER_RESPONSE : DNSTAP_RESOLVER_QUERY),
                               .tcp = tcp,
                               .asked = *server,
                               .age_us = about->age_us,
                               .wire = wire,
                               .n = n};
    dnstap_put(about->to, about->queue, &m);
}
