/*
 * respond.h - what a simulated server answers to one question
 *
 * An authoritative server as the RFCs want it (NOTIMP for other opcodes, REFUSED for other zones, BADVERS, EDNS size,
 * the question's name octet for octet), bent by the habits of lab.conf. No socket, no clock; chance is an argument.
 */
#ifndef RAIZ_LAB_RESPOND_H
#define RAIZ_LAB_RESPOND_H

#include "dns/msg.h"
#include "dns/rng.h"
#include "tools/raiz-lab/lab.h"

enum lab_fate {
    LAB_FATE_ANSWERED,
    LAB_FATE_DROPPED, /* by habit */
    LAB_FATE_LOST,    /* by chance */
    LAB_FATE_BAD,     /* no question: too short, or itself an answer */
};

struct lab_reply {
    enum lab_fate fate;
    size_t len;        /* of the answer */
    uint32_t delay_ms; /* to be sent so much later */
    uint16_t rcode;
    bool truncated;
    /* The question, for the log; valid unless LAB_FATE_BAD. */
    bool parsed; /* qname, qtype and edns hold */
    struct dns_msg query;
};

/* `out` has room for DNS_MSG_MAX octets. */
void lab_respond(const struct lab *lab, const struct lab_server *s, bool tcp, const uint8_t *query, size_t n,
                 struct rng *rng, uint8_t *out, struct lab_reply *reply);

#endif
