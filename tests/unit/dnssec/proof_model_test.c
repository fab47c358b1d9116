/*
 * All small zones: whatever part of a zone's chain a validator is shown, it believes nothing that is false there, and
 * it accepts every proof that is complete (model.h; target F8 of the fuzzers does the same with zones made by chance).
 *
 * Zones have an apex, up to four names more, names of up to three labels of two alphabets: one in which the star sorts
 * first, one in which it does not (with NSEC3 that is the same). Every zone with one name is gone through, and of the
 * others one in RAIZ_MODEL_STRIDE, those whose number leaves RAIZ_MODEL_PHASE; by default so few that the test takes
 * some seconds. A stride of 1 is all, which takes half an hour of CPU time.
 *
 * Of a chain of NSEC3 records those are shown in every combination that match or cover a name whose hash is looked for:
 * the name asked, those above it, the wildcards there. The others are shown all together or not at all: they are like
 * any record that has nothing to do with the question. That no other hash is looked for is asserted.
 */
#include "model_check.h"
#include "support.h"

bool __wrap_nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE]);

static const struct question *under_question;

static bool concerns(const struct question *q, struct dname name)
{
    unsigned top = q->m->name[0].name.labels;
    return (name.labels >= top && within(q->name, name)) ||
           (name.labels > top && dname_is_wildcard(name) && within(q->name, ancestor(name, name.labels - 1u)));
}

bool __wrap_nsec3_hash(struct dname name, const struct nsec3 *parameters, uint8_t out[static NSEC3_HASH_SIZE])
{
    (void)parameters;
    assert_true(concerns(under_question, name));
    model_hash(name, out);
    return true;
}

#define OWNERS_MAX  4
#define OWNER_NAMES 12
#define QUERIES_MAX 120
#define STRIDE      2003

static const char *const alphabets[][3] = {{"*", "a", "b"}, {"!", "*", "a"}};

struct names {
    struct dname_buf owner[OWNER_NAMES], query[QUERIES_MAX];
    unsigned queries;
};

static void add_query(struct names *n, const char *text)
{
    struct dname_buf buf;
    name_in(text, &buf);
    for (unsigned i = 0; i < n->queries; i++) {
        if (same(dname_of(&n->query[i]), dname_of(&buf))) {
            return;
        }
    }
    assert_true(n->queries < QUERIES_MAX);
    n->query[n->queries++] = buf;
}

/* The names that may be in the zone, and all that are asked: those, names between, below and beside them. */
static void names_make(struct names *n, const char *const label[3])
{
    static const char *const asked[] = {"!", "*", "A", "aa", "b", "c"}, *const outside[] = {".", "z0.", "y.", "a.y.",
                                                                                            "*."};
    char text[60];
    unsigned count = 0;
    n->queries = 0;
    add_query(n, "z.");
    for (unsigned i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s.z.", label[i]);
        name_in(text, &n->owner[count++]);
        for (unsigned k = 0; k < 3; k++) {
            snprintf(text, sizeof text, "%s.%s.z.", label[k], label[i]);
            name_in(text, &n->owner[count++]);
        }
    }
    assert_int_equal(count, OWNER_NAMES);
    for (unsigned i = 0; i < ROWS(asked); i++) {
        snprintf(text, sizeof text, "%s.z.", asked[i]);
        add_query(n, text);
        for (unsigned k = 0; k < ROWS(asked); k++) {
            snprintf(text, sizeof text, "%s.%s.z.", asked[k], asked[i]);
            add_query(n, text);
        }
    }
    for (unsigned i = 0; i < OWNER_NAMES; i++) {
        char owner[DNAME_TEXT_MAX];
        dname_print(dname_of(&n->owner[i]), owner);
        for (unsigned k = 1; n->owner[i].labels == 3 && k < ROWS(asked); k += 2) {
            snprintf(text, sizeof text, "%s.%.40s", asked[k], owner);
            add_query(n, text);
        }
    }
    for (unsigned i = 0; i < ROWS(outside); i++) {
        add_query(n, outside[i]);
    }
}

/* The records of the chain that may make a difference. */
static uint32_t concerned(const struct question *q)
{
    const struct chain *c = q->c;
    const uint32_t all = (UINT32_C(1) << c->count) - 1;
    uint32_t mask = 0;
    if (c->kind == CHAIN_NSEC) {
        return all;
    }
    for (unsigned labels = q->m->name[0].name.labels; labels <= q->name.labels; labels++) {
        struct dname_buf buf;
        struct dname name = ancestor(q->name, labels), w = star(name, &buf);
        uint32_t at = matching(c, name), wild = matching(c, w);
        mask |= at != 0 ? at : covering(c, name);
        mask |= wild != 0 ? wild : covering(c, w);
    }
    return mask;
}

static void check_shown(const struct question *q, struct model_report *r)
{
    const uint32_t all = (UINT32_C(1) << q->c->count) - 1, mask = concerned(q);
    uint32_t shown = mask;
    under_question = q;
    if (mask != all) {
        model_check(q, all, r);
        model_check(q, all & ~mask, r);
    }
    for (model_check(q, shown, r); shown != 0; model_check(q, shown, r)) {
        shown = (shown - 1) & mask;
    }
}

static void check_chain(const struct model *m, enum chain_kind kind, const struct names *n, struct model_report *r)
{
    static struct chain c;
    assert_true(chain_make(m, kind, &c));
    for (unsigned i = 0; i < n->queries; i++) {
        struct question q;
        question_make(&q, m, &c, dname_of(&n->query[i]));
        check_shown(&q, r);
    }
    if (r->fault[0] != '\0') {
        fail_msg("%s", r->fault);
    }
}

/* The next choice of owners and kinds as of an odometer; false when all have been. A star is an address or an alias
 * only: what a delegation there would mean nobody says (RFC 4592 section 4.2). */
struct choice {
    unsigned count;
    unsigned name[OWNERS_MAX], kind[OWNERS_MAX];
};

static bool next_kinds(struct choice *c, const struct names *n)
{
    for (unsigned i = 0; i < c->count; i++) {
        unsigned kinds = dname_is_wildcard(dname_of(&n->owner[c->name[i]])) ? 2 : MODEL_KINDS;
        if (++c->kind[i] < kinds) {
            return true;
        }
        c->kind[i] = 0;
    }
    return false;
}

static bool next_names(struct choice *c)
{
    for (unsigned i = c->count; i-- > 0;) {
        if (c->name[i] < OWNER_NAMES - (c->count - i)) {
            unsigned at = ++c->name[i];
            for (unsigned k = i + 1; k < c->count; k++) {
                c->name[k] = ++at;
            }
            return true;
        }
    }
    return false;
}

static bool next_choice(struct choice *c, const struct names *n)
{
    if (next_kinds(c, n)) {
        return true;
    }
    if (next_names(c)) {
        return true;
    }
    if (++c->count > OWNERS_MAX) {
        return false;
    }
    for (unsigned i = 0; i < c->count; i++) {
        c->name[i] = i;
    }
    return true;
}

/* False: a name hides below another. Such a zone has the chain of one without that name. */
static bool model_make(struct model *m, const struct choice *c, const struct names *n)
{
    m->count = 1;
    name_in("z.", &m->name[0].name);
    m->name[0].kind = APEX;
    for (unsigned i = 0; i < c->count; i++) {
        m->name[m->count++] = (struct model_name){.name = n->owner[c->name[i]], .kind = (enum model_kind)c->kind[i]};
    }
    for (unsigned i = 1; i < m->count; i++) {
        if (hidden(m, dname_of(&m->name[i].name))) {
            return false;
        }
    }
    return true;
}

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? (unsigned)atoi(text) : otherwise;
}

static void test_all_small_zones(void **state)
{
    unsigned stride = number_from("RAIZ_MODEL_STRIDE", STRIDE), phase = number_from("RAIZ_MODEL_PHASE", 0);
    static struct names n;
    struct model_report r = {.cases = 0};
    uint64_t zones = 0, seen = 0;
    (void)state;
    assert_true(stride > 0);
    for (unsigned alphabet = 0; alphabet < ROWS(alphabets); alphabet++) {
        struct choice c = {.count = 0};
        names_make(&n, alphabets[alphabet]);
        do {
            struct model m;
            if (!model_make(&m, &c, &n)) {
                continue;
            }
            seen++;
            if (c.count > 1 && seen % stride != phase) {
                continue;
            }
            zones++;
            model_seed = seen;
            /* Hashes have no alphabet. */
            enum chain_kind kinds = alphabet == 0 ? CHAIN_KINDS : CHAIN_NSEC3;
            for (enum chain_kind kind = CHAIN_NSEC; kind < kinds; kind++) {
                check_chain(&m, kind, &n, &r);
            }
        } while (next_choice(&c, &n));
    }
    print_message("%llu of %llu zones, %llu proofs asked for: %llu secure, %llu insecure\n", (unsigned long long)zones,
                  (unsigned long long)seen, (unsigned long long)r.cases, (unsigned long long)r.secure,
                  (unsigned long long)r.insecure);
    assert_true(r.secure > 0 && r.insecure > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_zones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
