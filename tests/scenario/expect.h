/*
 * expect.h - comparing what happened with what the scenario expects
 */
#ifndef RAIZ_SCENARIO_EXPECT_H
#define RAIZ_SCENARIO_EXPECT_H

#include "scn.h"
#include "sim.h"

/* What a client should get. Records are NULL-less lists; answer is always compared, the others when given. */
struct expectation {
    bool drop, any_answer, authority_given, additional_given;
    uint16_t rcode;
    bool failure_given;
    enum failure failure;
    struct records section[3];
    int ede; /* -1: not looked at */
    uint16_t flags_set, flags_clear;
    int sigs;                  /* 1: there must be signatures, 0: must not, -1: not looked at */
    uint16_t has[4], lacks[4]; /* types in the authority section */
    uint64_t within_us, not_before_us;
    bool answers_given, drops_given;
    uint64_t answers, drops; /* of a group */
};

/* Reads all up to a piece that begins with `sent`, `asked` or the end. */
void expect_read(struct words *w, struct expectation *e);
void expect_free(struct expectation *e);
/* Ends the program with a message when the client got something else. */
void expect_client(const struct words *w, struct sim *s, const struct client *c, const struct expectation *e);

/* "sent ..." and "asked ..." about the questions from number `since` on. */
void expect_sent(struct words *w, const struct sim *s, size_t since);
void expect_asked(struct words *w, const struct sim *s, size_t since);
/* "journal EVENT  EVENT ...": of the last client, each a piece that begins a line of its own, in this order, others
 * between. */
void expect_journal(struct words *w, const struct sim *s);
/* "cache ...", "infra ...", "counter ..." */
void expect_cache(struct words *w, struct sim *s);
void expect_infra(struct words *w, struct sim *s);
void expect_counter(struct words *w, const struct sim *s);

/* "= N", "<= N", ">= N" */
bool expect_compare(struct words *w, uint64_t got, char *text, size_t cap);

#endif
