/*
 * probe.h - single questions to one server, with or without EDNS, over UDP or TCP, and what comes of them
 *
 * Unlike the stub client (stub.h), which gets an answer where there is one to be had, a probe shows what the way to a
 * server lets through: one datagram, one connection, no second try.
 */
#ifndef RAIZ_RAIZCTL_PROBE_H
#define RAIZ_RAIZCTL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/name.h"

#define PROBE_MAX 4096 /* octets of a reply that are read */

struct probe {
    struct addr server; /* with port */
    struct dname name;
    uint16_t type;
    bool tcp, edns, dnssec_ok, recurse;
    unsigned timeout_ms;
};

enum probed {
    PROBED_REPLY,  /* to this very question */
    PROBED_SILENT, /* nothing in time */
    PROBED_FAILED, /* `why` is an errno: no route, refused ... */
};

struct probe_reply {
    enum probed what;
    int why;
    uint64_t took_us;
    size_t n;
    uint8_t wire[PROBE_MAX];
};

void probe_ask(const struct probe *p, struct probe_reply *out);

#endif
