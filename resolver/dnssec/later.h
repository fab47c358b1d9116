/*
 * later.h - signature checks that are made elsewhere
 *
 * A check costs more than all else that is done for an answer, and whoever waits for it may have better to do. So
 * dnssec_verify() can leave it: it says DNSSEC_LATER, and what is to be checked lies in a task that holds all that it
 * needs and may be run anywhere. When that is done and settled, dnssec_verify() is called once more and comes past the
 * same place: by dnssec_seen if the signature was good, else by what is noted here. Nothing else is kept between the
 * two calls, so there is no half-done validation.
 *
 *     dnssec_verify -> LATER, wanted -> dnssec_task_run, in any thread -> dnssec_later_settle -> dnssec_verify -> GOOD,
 * BAD
 *
 * Memory: a task belongs to who takes it from `wanted`. Threads: a task is only touched by one at a time.
 */
#ifndef RAIZ_DNSSEC_LATER_H
#define RAIZ_DNSSEC_LATER_H

#include "resolver/dnssec/seen.h"
#include "resolver/dnssec/verify.h"
#include "resolver/dnssec/work.h"

struct crypto_key;

struct dnssec_task {
    struct crypto_key *key; /* a share of its own */
    uint8_t *data;          /* that is signed */
    size_t len;
    struct seen_check id;
    enum dnssec_verdict verdict; /* once it was run: GOOD, BAD or NO_MEMORY */
    unsigned cost;
    uint16_t signature_len;
    uint8_t signature[];
};

/* Takes `data`, which malloc made, and gives it free in any case. NULL: out of memory. */
struct dnssec_task *dnssec_task_new(struct crypto_key *key, uint8_t *data, size_t len, struct rdata_ref signature,
                                    const struct seen_check *id);
void dnssec_task_free(struct dnssec_task *t);
void dnssec_task_run(struct dnssec_task *t);

/* What a resolution knows of its checks: one that is wanted, and those that were not good. */
struct dnssec_later {
    struct dnssec_task *wanted;
    struct {
        struct seen_check id;
        enum dnssec_verdict verdict;
    } failed[DNSSEC_FAILURES_MAX]; /* more than that ends the resolution */
    unsigned fails;
};

/* GOOD: nothing is known of this check. */
enum dnssec_verdict dnssec_later_failed(const struct dnssec_later *l, const struct seen_check *id);
/* A task has run: its result is there for the next dnssec_verify() that is given `work`. */
void dnssec_later_settle(struct dnssec_later *l, const struct dnssec_task *t, struct dnssec_work *work);

#endif
