/*
 * nta_fuzz.c - negative trust anchors kept as text: any text is read whole or refused, and what is read ends
 *
 * What is read must be what is written again; none of the anchors lasts longer than a week from now, and all of them
 * end, one after the other.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/dnssec/nta.h"
#include "tests/fuzz/fuzz.h"

#define NOW_S 1767225600

static void check_list(const struct ntas *n)
{
    must(n->count <= NTA_COUNT_MAX, "too many");
    for (size_t i = 0; i < n->count; i++) {
        const struct nta *a = &n->list[i];
        must(memchr(a->reason, '\0', sizeof a->reason) != NULL, "a reason without end");
        for (const char *p = a->reason; *p != '\0'; p++) {
            must(*p >= ' ' && *p <= '~', "a reason that cannot be printed");
        }
        must(a->since_s >= 0 && a->until_s >= a->since_s && a->until_s - a->since_s <= NTA_MAX_S, "times");
        must(a->force == (a->probe_s == INT64_MAX), "a look at one that is forced");
        must(ntas_find(n, dname_of(&a->name)) == a, "two of one name");
    }
}

static void check_written(const struct ntas *n)
{
    static char text[NTA_TEXT_MAX]; /* big; one thread */
    char error[NTA_ERROR_MAX];
    struct ntas back = {0};
    size_t len = ntas_write(n, text, sizeof text);
    must(len > 0, "what was read cannot be written");
    must(ntas_read(&back, text, len, NOW_S, error), "what was written is not read");
    must(back.count == n->count, "another number comes back");
    for (size_t i = 0; i < n->count; i++) {
        const struct nta *a = &n->list[i], *b = &back.list[i];
        must(dname_equal(dname_of(&a->name), dname_of(&b->name)) && a->since_s == b->since_s &&
                 a->until_s == b->until_s && a->force == b->force && a->probe_s == b->probe_s &&
                 strcmp(a->reason, b->reason) == 0,
             "another anchor comes back");
    }
    ntas_free(&back);
}

static void check_end(struct ntas *n)
{
    size_t before = n->count;
    struct nta *a;
    while ((a = ntas_to_probe(n, NOW_S)) != NULL) {
        a->probe_s = NOW_S + NTA_PROBE_S;
    }
    for (size_t removed = 0; (a = ntas_expired(n, NOW_S)) != NULL; removed++) {
        struct dname_buf name = a->name;
        must(removed < before && ntas_remove(n, dname_of(&name)), "it ends without end");
    }
    must(ntas_due_s(n) > NOW_S, "it was due");
    while ((a = ntas_expired(n, NOW_S + NTA_MAX_S)) != NULL) {
        struct dname_buf name = a->name;
        must(ntas_remove(n, dname_of(&name)), "it is gone already");
    }
    must(n->count == 0 && ntas_due_s(n) == INT64_MAX, "it lasts longer than a week");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntas n = {0};
    char error[NTA_ERROR_MAX] = "";
    if (ntas_read(&n, (const char *)data, size, NOW_S, error)) {
        check_list(&n);
        check_written(&n);
        check_end(&n);
    } else {
        must(n.count == 0 && error[0] != '\0', "refused without a word, or in part");
    }
    ntas_free(&n);
    return 0;
}
