/*
 * model_check.h - what is proven about a small zone, against what is true in it (model.h)
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_MODEL_CHECK_H
#define RAIZ_TESTS_UNIT_DNSSEC_MODEL_CHECK_H

#include <stdio.h>

#include "model.h"

struct model_report {
    uint64_t cases, secure, insecure;
    char fault[1200]; /* the first thing that was wrong */
};

static const uint16_t model_types[] = {DNS_TYPE_A, DNS_TYPE_CNAME, DNS_TYPE_DS, DNS_TYPE_TXT, DNS_TYPE_ANY};
#define MODEL_TYPES (sizeof model_types / sizeof model_types[0])

/* All that is true of one name and one chain, whatever part of it is shown. */
struct question {
    const struct model *m;
    const struct chain *c;
    struct dname name;
    struct truth truth[MODEL_TYPES];
    struct needs needs[MODEL_TYPES];
    bool may_be_insecure;
    bool expandable[4]; /* by number of labels: there is such a wildcard */
};

/* Insecure may be said only under opt-out, of what has no record itself and does not lie below what has one that ends
 * there. */
static inline bool may_be_insecure(const struct model *m, const struct chain *c, struct dname name)
{
    if (c->kind != CHAIN_OPT_OUT || !within(name, dname_of(&m->name[0].name))) {
        return false;
    }
    struct dname e = provable_encloser(c, name);
    enum model_kind k = chain_find(c, e)->at.kind;
    return e.labels < name.labels && !is_cut(k) && k != REDIRECT;
}

static inline void question_make(struct question *q, const struct model *m, const struct chain *c, struct dname name)
{
    struct dname_buf buf;
    *q = (struct question){.m = m, .c = c, .name = name, .may_be_insecure = may_be_insecure(m, c, name)};
    for (unsigned i = 0; i < MODEL_TYPES; i++) {
        const struct truth *t = &q->truth[i];
        q->truth[i] = truth_of(m, name, model_types[i]);
        if (t->nodata || t->wild || t->no_cut || t->unsigned_cut) {
            q->needs[i] = needs_of(m, c, name, t);
        }
    }
    for (unsigned labels = 0; labels < name.labels && labels < 4; labels++) {
        struct dname w = star(ancestor(name, labels), &buf);
        q->expandable[labels] = model_find(m, w) != NULL && !hidden(m, w);
    }
}

static inline void describe(const struct question *q, uint32_t shown, const char *what, unsigned of,
                            struct model_report *r)
{
    static const char *const kinds[] = {"address", "alias", "dname", "cut", "signed cut", "apex", "empty"};
    static const char *const chains[] = {"NSEC", "NSEC3", "NSEC3 opt-out"};
    char name[DNAME_TEXT_MAX];
    size_t n = 0;
    if (r->fault[0] != '\0') {
        return;
    }
    dname_print(q->name, name);
    n += (size_t)snprintf(r->fault, sizeof r->fault, "%s (%u): %.100s, %s:", what, of, name, chains[q->c->kind]);
    for (unsigned i = 0; i < q->m->count && n < 700; i++) {
        dname_print(dname_of(&q->m->name[i].name), name);
        n += (size_t)snprintf(r->fault + n, sizeof r->fault - n, " %.60s=%s", name, kinds[q->m->name[i].kind]);
    }
    for (unsigned i = 0; i < q->c->count && n < 1100; i++) {
        if ((shown >> i & 1) != 0) {
            dname_print(dname_of(&q->c->link[i].at.name), name);
            n += (size_t)snprintf(r->fault + n, sizeof r->fault - n, " [%.40s]", name);
        }
    }
}

/* L17: of NSEC3 records the first eight are looked at. */
static inline bool complete(const struct question *q, uint32_t needed, uint32_t shown)
{
    return needed != 0 && (needed & ~shown) == 0 &&
           (q->c->kind == CHAIN_NSEC || __builtin_popcount(shown) <= DNSSEC_NSEC3_SETS_MAX);
}

struct claim {
    const char *what;
    unsigned of; /* type or labels */
    bool is_true, uncertain;
    uint32_t needed;
};

static inline void judge_claim(const struct question *q, uint32_t shown, const struct claim *c, enum proof got,
                               struct model_report *r)
{
    r->cases++;
    r->secure += got == PROOF_SECURE;
    r->insecure += got == PROOF_INSECURE;
    if (got == PROOF_SECURE && !c->is_true) {
        describe(q, shown, c->what, c->of, r);
    }
    if (got == PROOF_INSECURE && !q->may_be_insecure) {
        describe(q, shown, "wrongly insecure", c->of, r);
    }
    if (c->is_true && complete(q, c->needed, shown) && got != (c->uncertain ? PROOF_INSECURE : PROOF_SECURE)) {
        char text[60];
        snprintf(text, sizeof text, "complete proof of %s refused", c->what);
        describe(q, shown, text, c->of, r);
    }
}

static inline void check_nxdomain(const struct question *q, uint32_t shown, const struct proof_set *p,
                                  struct model_report *r)
{
    struct dnssec_work work = {0};
    struct proof_result result;
    struct claim claim = {"NXDOMAIN", 0, q->truth[0].nxdomain, q->needs[0].uncertain, q->needs[0].nxdomain};
    proof_nxdomain(p, q->name, &work, &result);
    judge_claim(q, shown, &claim, result.proof, r);
}

static inline void check_nodata(const struct question *q, uint32_t shown, const struct proof_set *p,
                                struct model_report *r)
{
    for (unsigned i = 0; i < MODEL_TYPES; i++) {
        struct dnssec_work work = {0};
        struct proof_result result;
        struct claim claim = {"NODATA", model_types[i], q->truth[i].nodata, q->needs[i].uncertain, q->needs[i].nodata};
        proof_nodata(p, q->name, model_types[i], &work, &result);
        judge_claim(q, shown, &claim, result.proof, r);
    }
}

static inline void check_wildcard(const struct question *q, uint32_t shown, const struct proof_set *p,
                                  struct model_report *r)
{
    const struct truth *t = &q->truth[0];
    for (unsigned labels = p->zone.labels; labels < q->name.labels && labels < 4 && within(q->name, p->zone);
         labels++) {
        struct dnssec_work work = {0};
        struct proof_result result;
        bool is_true = t->wild && t->encloser.labels == labels;
        struct claim claim = {"expansion", labels, is_true, q->needs[0].uncertain,
                              q->expandable[labels] ? q->needs[0].wild : 0};
        if (q->c->kind == CHAIN_NSEC || q->expandable[labels]) { /* else nothing could have been expanded */
            proof_wildcard(p, q->name, (uint8_t)labels, &work, &result);
            judge_claim(q, shown, &claim, result.proof, r);
        }
    }
}

static inline void check_no_ds(const struct question *q, uint32_t shown, const struct proof_set *p,
                               struct model_report *r)
{
    const unsigned ds = 2;
    const struct truth *t = &q->truth[ds];
    struct dnssec_work work = {0};
    struct proof_result result;
    enum delegation_proof got = proof_no_ds(p, q->name, &work, &result);
    r->cases++;
    if (got == CUT_INSECURE && !t->unsigned_cut && !q->may_be_insecure) {
        describe(q, shown, "an unsigned delegation", DNS_TYPE_DS, r);
    }
    if (got == CUT_NO_DELEGATION && !t->no_cut) {
        describe(q, shown, "no delegation", DNS_TYPE_DS, r);
    }
    if (!complete(q, q->needs[ds].no_ds, shown)) {
        return;
    }
    if (t->unsigned_cut && got != CUT_INSECURE) {
        describe(q, shown, "complete proof of an unsigned delegation refused", DNS_TYPE_DS, r);
    }
    bool denied = t->nxdomain || t->nodata; /* else there is an alias to follow */
    if (t->no_cut && denied && got != (q->needs[ds].uncertain ? CUT_INSECURE : CUT_NO_DELEGATION)) {
        describe(q, shown, "complete proof of no delegation refused", DNS_TYPE_DS, r);
    }
}

/* Asks all there is to ask about one name, of one part of a chain. */
static inline void model_check(const struct question *q, uint32_t shown, struct model_report *r)
{
    struct proof_set p = {.zone = dname_of(&q->m->name[0].name)};
    for (unsigned i = 0; i < q->c->count; i++) {
        if ((shown >> i & 1) != 0) {
            p.set[p.count++] = chain_set(q->c, i);
        }
    }
    check_nxdomain(q, shown, &p, r);
    check_nodata(q, shown, &p, r);
    check_wildcard(q, shown, &p, r);
    check_no_ds(q, shown, &p, r);
}

#endif
