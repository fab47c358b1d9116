/*
 * proof_fuzz.c - no set of NSEC or NSEC3 records makes a validator believe what is false
 *
 * The octets choose a zone and one below it, with names of up to three labels more; which kind of chain each has, in
 * which order its hashes come; which of the records are shown, and a name. Then three things must hold (model.h):
 *   - shown a part of a zone's own chain, nothing false is believed, and nothing complete is refused;
 *   - shown records of both zones as if one zone's keys had signed them all, what is believed is true in one of them,
 * and nothing is believed of a name beside the zone, nor of a zone's own DS;
 *   - shown records of which owner, next name, types, flags or parameters were changed (a zone may sign what it likes),
 * nothing is believed of a name beside the zone, nor of its own DS.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dns/nsec.h"
#include "dns/rdata.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/dnssec/model_check.h"

bool __wrap_nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE]);

bool __wrap_nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE])
{
    (void)parameters;
    model_hash(name, out);
    return true;
}

/* ---- names ---- */

static void push_label(struct dname_buf *n, const char *label)
{
    uint8_t len = (uint8_t)strlen(label);
    memmove(n->wire + len + 1, n->wire, n->len);
    n->wire[0] = len;
    memcpy(n->wire + 1, label, len);
    n->len = (uint8_t)(n->len + len + 1);
    n->labels++;
}

static void root(struct dname_buf *n)
{
    *n = (struct dname_buf){.len = 1};
}

static void take_labels(struct input *in, struct dname_buf *n, unsigned most)
{
    static const char *const labels[] = {"a", "b", "*", "!", "c", "aa", "A", "~"};
    for (unsigned count = take(in, most + 1); count > 0; count--) {
        push_label(n, labels[take(in, sizeof labels / sizeof *labels)]);
    }
}

/* Somewhere at, above, beside or below the two zones. */
static void take_question(struct input *in, const struct dname_buf *child, struct dname_buf *out)
{
    switch (take(in, 4)) {
    case 0:
        root(out);
        break;
    case 1:
        *out = *child;
        break;
    default:
        root(out);
        push_label(out, "z");
        break;
    }
    take_labels(in, out, 3);
}

static void take_model(struct input *in, const struct dname_buf *apex, struct model *m)
{
    m->count = 1;
    m->name[0] = (struct model_name){.name = *apex, .kind = APEX};
    for (unsigned n = take(in, 5); n > 0; n--) {
        struct model_name *name = &m->name[m->count];
        name->name = *apex;
        take_labels(in, &name->name, 3);
        bool wild = name->name.wire[0] == 1 && name->name.wire[1] == '*';
        name->kind = (enum model_kind)take(in, wild ? 2 : MODEL_KINDS);
        if (model_find(m, dname_of(&name->name)) == NULL) {
            m->count++;
        }
    }
}

/* The zone below: at the first cut, or else at b; false: there is no such cut. */
static bool child_apex(const struct model *parent, struct dname_buf *out)
{
    root(out);
    push_label(out, "z");
    push_label(out, "b");
    for (unsigned i = 1; i < parent->count; i++) {
        if (is_cut(parent->name[i].kind) && !hidden(parent, dname_of(&parent->name[i].name))) {
            *out = parent->name[i].name;
            return true;
        }
    }
    return false;
}

/* ---- both zones' records at once ---- */

struct both {
    const struct model *parent, *child;
    const struct chain *parent_chain;
    struct proof_set set;
};

static void add_shown(struct proof_set *p, const struct chain *c, uint32_t shown)
{
    for (unsigned i = 0; i < c->count && p->count < PROOF_SETS_MAX; i++) {
        if ((shown >> i & 1) != 0) {
            p->set[p->count++] = chain_set(c, i);
        }
    }
}

static void check_both(const struct both *b, struct dname name, bool as_parent)
{
    struct proof_result r;
    struct dnssec_work work = {0};
    bool may = as_parent && may_be_insecure(b->parent, b->parent_chain, name);
    for (unsigned i = 0; i < MODEL_TYPES; i++) {
        struct truth above = truth_of(b->parent, name, model_types[i]),
                     below_it = truth_of(b->child, name, model_types[i]);
        if (!as_parent) {
            above = (struct truth){0};
        }
        if (i == 0) {
            proof_nxdomain(&b->set, name, &work, &r);
            must(r.proof != PROOF_SECURE || above.nxdomain || below_it.nxdomain, "mixed zones: NXDOMAIN");
            must(r.proof != PROOF_INSECURE || may || !as_parent, "mixed zones: insecure NXDOMAIN");
        }
        proof_nodata(&b->set, name, model_types[i], &work, &r);
        must(r.proof != PROOF_SECURE || above.nodata || below_it.nodata, "mixed zones: NODATA");
        must(r.proof != PROOF_INSECURE || may || !as_parent, "mixed zones: insecure NODATA");
    }
    struct truth above = truth_of(b->parent, name, DNS_TYPE_DS), below_it = truth_of(b->child, name, DNS_TYPE_DS);
    enum delegation_proof d = proof_no_ds(&b->set, name, &work, &r);
    must(d != CUT_INSECURE || !as_parent || above.unsigned_cut || below_it.unsigned_cut || may,
         "mixed zones: unsigned cut");
    must(d != CUT_NO_DELEGATION || above.no_cut || below_it.no_cut, "mixed zones: no cut");
}

/* ---- whatever a zone may sign ---- */

static void forge(struct input *in, struct chain_link *l, const struct dname_buf *names, unsigned count)
{
    struct rrset *set = (struct rrset *)(void *)l->room;
    struct rdata_ref rr = rrset_first(set);
    uint8_t rdata[600];
    size_t n = rr.len;
    memcpy(rdata, rr.data, n);
    struct dname_buf owner;
    dname_copy(rrset_owner(set), &owner);
    bool nsec = set->type == DNS_TYPE_NSEC;
    unsigned what = take(in, 5);
    if (what == 0) { /* another owner, or a hash below another zone */
        struct dname_buf old = owner;
        owner = names[take(in, count)];
        if (!nsec && take(in, 2) == 0) {
            memmove(owner.wire + 33, owner.wire, owner.len);
            memcpy(owner.wire, old.wire, 33);
            owner.len = (uint8_t)(owner.len + 33);
            owner.labels++;
        }
    } else if (what == 1 && nsec) { /* another next name */
        struct dname next = dname_of(&names[take(in, count)]);
        struct reader r = reader_of(rr.data, rr.len);
        struct dname old;
        must(dname_read_plain(&r, &old) == DNS_OK, "a next name");
        n = rr.len - old.len + next.len;
        memcpy(rdata, next.wire, next.len);
        memcpy(rdata + next.len, rr.data + old.len, rr.len - (size_t)old.len);
    } else if (what == 2 && n > 0) { /* another bit, somewhere in the types */
        rdata[n - 1 - take(in, (unsigned)(n < 6 ? n : 6))] ^= (uint8_t)(1 << take(in, 8));
    } else if (what == 3 && !nsec) { /* algorithm, flags, iterations */
        rdata[take(in, 4)] ^= (uint8_t)(1 << take(in, 8));
    } else if (what == 4 && !nsec) { /* the hash of a name of one's choice */
        uint8_t hash[NSEC3_HASH_SIZE];
        model_hash(dname_of(&names[take(in, count)]), hash);
        struct model_name at = l->at;
        memcpy(l->hash, hash, sizeof hash);
        put_nsec3(l, ancestor(dname_of(&owner), owner.labels - 1u), rdata + 6, rdata[1]);
        l->at = at;
        return;
    }
    if (rdata_check(set->type, rdata, (uint16_t)n) == DNS_OK) {
        put_set(l, dname_of(&owner), set->type, rdata, n);
    }
}

static void check_forged(const struct proof_set *p, struct dname name)
{
    struct proof_result r;
    struct dnssec_work work = {0};
    bool beside = !within(name, p->zone), own_ds = same(name, p->zone);
    proof_nxdomain(p, name, &work, &r);
    must(r.proof == PROOF_NONE || !beside, "forged: NXDOMAIN beside the zone");
    must(r.proof != PROOF_SECURE || !own_ds, "forged: the zone itself does not exist");
    for (unsigned i = 0; i < MODEL_TYPES; i++) {
        proof_nodata(p, name, model_types[i], &work, &r);
        must(r.proof == PROOF_NONE || !beside, "forged: NODATA beside the zone");
        must(r.proof == PROOF_NONE || !own_ds || model_types[i] != DNS_TYPE_DS, "forged: the zone's own DS");
    }
    for (uint8_t labels = 0; labels < 6; labels++) {
        proof_wildcard(p, name, labels, &work, &r);
        must(r.proof == PROOF_NONE || !beside, "forged: expansion beside the zone");
        must(r.proof != PROOF_SECURE || (labels >= p->zone.labels && labels < name.labels), "forged: labels");
    }
    enum delegation_proof d = proof_no_ds(p, name, &work, &r);
    must(d == CUT_NOT_PROVEN || (!beside && !own_ds), "forged: delegation beside the zone");
    must(work.hashes <= DNSSEC_HASHES_MAX + 3, "hashes");
}

static uint32_t take_shown(struct input *in)
{
    uint32_t low = take(in, 256);
    return low | take(in, 256) << 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model parent, child;
    static struct chain parent_chain, child_chain;
    static struct question q;
    struct input in = {.data = data, .left = size};
    struct model_report report = {.cases = 0};
    struct dname_buf apex, question;

    root(&apex);
    push_label(&apex, "z");
    model_seed = 1 + take(&in, 256);
    take_model(&in, &apex, &parent);
    bool delegated = child_apex(&parent, &apex);
    take_model(&in, &apex, &child);
    if (!chain_make(&parent, (enum chain_kind)take(&in, CHAIN_KINDS), &parent_chain) ||
        !chain_make(&child, (enum chain_kind)take(&in, CHAIN_KINDS), &child_chain)) {
        return 0;
    }
    uint32_t of_parent = take_shown(&in), of_child = take_shown(&in);
    take_question(&in, &apex, &question);
    struct dname name = dname_of(&question);

    question_make(&q, &parent, &parent_chain, name);
    model_check(&q, of_parent, &report);
    must(report.fault[0] == '\0', report.fault);

    struct both both = {.parent = &parent, .child = &child, .parent_chain = &parent_chain};
    add_shown(&both.set, &parent_chain, of_parent);
    add_shown(&both.set, &child_chain, of_child);
    if (delegated) { /* else the two contradict each other */
        both.set.zone = dname_of(&parent.name[0].name);
        check_both(&both, name, true);
        both.set.zone = dname_of(&apex);
        check_both(&both, name, false);
    }

    struct dname_buf names[] = {question, apex, parent.name[0].name, parent.name[parent.count - 1].name,
                                child.name[child.count - 1].name};
    for (unsigned changes = 1 + take(&in, 4); changes > 0; changes--) {
        struct chain *c = take(&in, 2) == 0 ? &parent_chain : &child_chain;
        forge(&in, &c->link[take(&in, c->count)], names, sizeof names / sizeof *names);
    }
    both.set.zone = dname_of(&apex);
    check_forged(&both.set, name);
    both.set.zone = dname_of(&parent.name[0].name);
    check_forged(&both.set, name);
    return 0;
}
