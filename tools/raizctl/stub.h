/*
 * stub.h - questions to one server, as a client asks them, through c-ares
 *
 * c-ares is the stub library that many programs use, so this is also a test of what they see: it sends the message made
 * here, repeats it, and goes over to TCP when the answer is truncated.
 */
#ifndef RAIZ_RAIZCTL_STUB_H
#define RAIZ_RAIZCTL_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/name.h"

struct stub_question {
    struct dname qname;
    uint16_t qtype;
    struct addr server; /* with port */
    bool tcp, dnssec_ok, recurse;
    unsigned timeout_ms;
};

struct stub_answer {
    uint8_t *wire; /* to be freed; NULL: none */
    size_t len;
    uint64_t took_us;
    const char *error; /* why there is none; NULL when there is one */
    bool timed_out;
};

void stub_ask(const struct stub_question *q, struct stub_answer *out);

#define STUB_AT_ONCE_MAX 64

/* n questions at once, 1 to STUB_AT_ONCE_MAX. Server, transport and timeout are those of the first. Each answer's wire
 * is the caller's. */
void stub_ask_all(const struct stub_question *q, struct stub_answer *out, size_t n);

#endif
