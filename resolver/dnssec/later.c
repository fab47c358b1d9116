/*
 * later.c - signature checks that are made elsewhere
 */
#include "resolver/dnssec/later.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/dnssec/crypto.h"

struct dnssec_task *dnssec_task_new(struct crypto_key *key, uint8_t *data, size_t len, struct rdata_ref signature,
                                    const struct seen_check *id)
{
    struct dnssec_task *t = malloc(sizeof *t + signature.len);

    if (t == NULL) {
        free(data);
        return NULL;
    }
    *t = (struct dnssec_task){.key = crypto_key_share(key),
                              .data = data,
                              .len = len,
                              .id = *id,
                              .verdict = DNSSEC_NO_MEMORY,
                              .signature_len = signature.len};
    memcpy(t->signature, signature.data, signature.len);
    return t;
}

void dnssec_task_free(struct dnssec_task *t)
{
    if (t != NULL) {
        crypto_key_free(t->key);
        free(t->data);
        free(t);
    }
}

void dnssec_task_run(struct dnssec_task *t)
{
    switch (crypto_verify(t->key, t->data, t->len, t->signature, t->signature_len)) {
    case CRYPTO_GOOD:
        t->verdict = DNSSEC_GOOD;
        break;
    case CRYPTO_BAD:
        t->verdict = DNSSEC_BAD;
        break;
    case CRYPTO_NO_MEMORY:
        t->verdict = DNSSEC_NO_MEMORY;
        break;
    }
}

enum dnssec_verdict dnssec_later_failed(const struct dnssec_later *l, const struct seen_check *id)
{
    for (unsigned i = 0; i < DNSSEC_FAILURES_MAX && i < l->fails; i++) {
        if (memcmp(l->failed[i].id.digest, id->digest, sizeof id->digest) == 0) {
            return l->failed[i].verdict;
        }
    }
    return DNSSEC_GOOD;
}

void dnssec_later_settle(struct dnssec_later *l, const struct dnssec_task *t, struct dnssec_work *work)
{
    if (t->verdict == DNSSEC_GOOD) {
        dnssec_seen_add(work->seen, &t->id);
        return;
    }
    work->failures = (uint16_t)(work->failures + (t->verdict == DNSSEC_BAD));
    l->failed[l->fails % DNSSEC_FAILURES_MAX].id = t->id;
    l->failed[l->fails++ % DNSSEC_FAILURES_MAX].verdict = t->verdict;
}
