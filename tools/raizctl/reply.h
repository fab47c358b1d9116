/*
 * reply.h - what a server answered to one question, parsed, as JSON, and what raizd knows about it
 *
 * Memory: a reply borrows the answer's octets.
 */
#ifndef RAIZ_RAIZCTL_REPLY_H
#define RAIZ_RAIZCTL_REPLY_H

#include <jansson.h>

#include "dns/arena.h"
#include "dns/msg.h"
#include "tools/raizctl/question.h"
#include "tools/raizctl/stub.h"

struct reply {
    struct dns_msg msg;
    struct arena arena;
    uint8_t *rdata; /* DNS_MSG_MAX */
    char *data;
};

/* Asks the question at `ask->server`, and parses what came. Exit code; an error was printed. The answer's wire is the
 * caller's when it is CONTROL_OK. */
int reply_ask(struct ctl *ctl, const struct stub_question *ask, struct stub_answer *answer, struct reply *out);
void reply_release(struct reply *r, struct stub_answer *answer);
/* The data of record i as text, until the next call. */
const char *reply_data(const struct reply *r, unsigned i);
/* The object that "query --json" prints; NULL: no memory. */
json_t *reply_json(const struct reply *r, const struct question *q, const struct stub_answer *answer,
                   const char *server);
/* SERVFAIL, REFUSED and the like tell nothing. */
bool reply_failed(const struct reply *r);

/* What raizd knows of the question, as its verb "explain" tells it; NULL: it does not say. */
json_t *reply_known(const struct ctl *ctl, const struct question *q);

#endif
