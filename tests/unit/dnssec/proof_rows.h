/*
 * proof_rows.h - small sets of records and what they prove, as rows of text
 *
 * Each row is a set of records and a question; where a record must be refused, the row would prove something if the one
 * rule that it names were not there.
 *
 * Records are lines of "OWNER NSEC NEXT TYPES" or "OWNER NSEC3 1 FLAGS ITERATIONS SALT NEXT TYPES". H(name) stands for
 * the name's hash, H-(name) and H+(name) for the hash before and behind it; an owner of H(name) alone lies directly
 * below the zone.
 */
#ifndef RAIZ_TESTS_UNIT_DNSSEC_PROOF_ROWS_H
#define RAIZ_TESTS_UNIT_DNSSEC_PROOF_ROWS_H

#include "resolver/dnssec/proof.h"
#include "support.h"

enum kind { NX, NODATA, WILD, NO_DS };

struct row {
    const char *rule;
    enum kind kind;
    const char *zone, *qname;
    const char *of; /* NODATA: the type; WILD: labels of the signature */
    const char *expect;
    const char *records;
    const char *hashing; /* "ITERATIONS SALT" of H(); NULL: "0 -" */
};

/* ---- rows to records ---- */

struct fixture {
    struct arena arena;
    struct proof_set p;
    struct dname_buf zone;
};

static inline int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    arena_init(&f.arena, NULL, 0, 1 << 22);
    *state = &f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    return 0;
}

static inline void add_one(uint8_t hash[static NSEC3_HASH_SIZE], int by)
{
    for (int i = NSEC3_HASH_SIZE - 1; i >= 0; i--) {
        uint8_t old = hash[i];
        hash[i] = (uint8_t)(old + by);
        if (by > 0 ? old != 0xff : old != 0) {
            return;
        }
    }
}

static inline void hash_of(const char *name, const char *hashing, uint8_t out[static NSEC3_HASH_SIZE])
{
    uint8_t room[300];
    char text[700];
    struct writer w = writer_of(room, sizeof room);
    snprintf(text, sizeof text, "1 0 %s 00", hashing != NULL ? hashing : "0 -");
    struct rdata_ref rr = scan_rdata(DNS_TYPE_NSEC3, text, &w);
    struct nsec3 n = {
        .iterations = (uint16_t)(rr.data[2] << 8 | rr.data[3]), .salt_len = rr.data[4], .salt = rr.data + 5};
    assert_true(nsec3_hash(NAME(name), &n, out));
}

/* Copies a word with its H() written out. */
static inline void expand(const char *word, const struct row *row, struct text *out)
{
    bool alone = false;
    while (*word != '\0') {
        size_t sign = strncmp(word, "H(", 2) == 0                                    ? 1
                      : strncmp(word, "H-(", 3) == 0 || strncmp(word, "H+(", 3) == 0 ? 2
                                                                                     : 0;
        const char *end = sign != 0 ? strchr(word, ')') : NULL;
        if (end == NULL) {
            text_addn(out, word++, 1);
            alone = false;
            continue;
        }
        char name[DNAME_TEXT_MAX], text[HASH_TEXT];
        uint8_t hash[NSEC3_HASH_SIZE];
        snprintf(name, sizeof name, "%.*s", (int)(end - word - (ptrdiff_t)sign - 1), word + sign + 1);
        hash_of(name, row->hashing, hash);
        if (sign == 2) {
            add_one(hash, word[1] == '+' ? 1 : -1);
        }
        hash_text(hash, text);
        text_add(out, text);
        alone = true;
        word = end + 1;
    }
    if (alone) {
        text_addf(out, ".%s", strcmp(row->zone, ".") == 0 ? "" : row->zone);
    }
}

static inline void add_record(struct fixture *f, const struct row *row, char *line)
{
    char owner_text[DNAME_TEXT_MAX], rdata_text[2048];
    struct text owner = text_of(owner_text, sizeof owner_text), rdata = text_of(rdata_text, sizeof rdata_text);
    char *save = NULL, *word = strtok_r(line, " ", &save), *type = strtok_r(NULL, " ", &save);
    expand(word, row, &owner);
    if (strcmp(owner_text, "") == 0 || type == NULL) {
        fail_msg("%s: a record has owner and type", row->rule);
    }
    for (word = strtok_r(NULL, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        struct row bare = *row;
        bare.zone = "";
        char one[300];
        struct text t = text_of(one, sizeof one);
        expand(word, &bare, &t);
        if (t.len > 0 && one[t.len - 1] == '.' && word[0] == 'H') {
            one[t.len - 1] = '\0'; /* a hash is no name here */
        }
        text_addf(&rdata, " %s", one);
    }
    assert_true(f->p.count < PROOF_SETS_MAX);
    f->p.set[f->p.count++] = set_of(&f->arena, owner_text, type, 3600, (const char *[]){rdata_text, NULL});
}

static inline void load(struct fixture *f, const struct row *row)
{
    char *copy = strdup(row->records), *save = NULL;
    assert_non_null(copy);
    f->p.count = 0;
    f->p.zone = name_in(row->zone, &f->zone);
    for (char *line = strtok_r(copy, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
        add_record(f, row, line);
    }
    free(copy);
}

static inline const char *proof_word(const struct proof_result *r)
{
    return r->proof == PROOF_NONE     ? "none"
           : r->proof == PROOF_SECURE ? "secure"
           : r->too_many_iterations   ? "insecure 27"
                                      : "insecure";
}

static inline const char *judge(struct fixture *f, const struct row *row, struct dnssec_work *work)
{
    static const char *const cut[] = {
        [CUT_NOT_PROVEN] = "not proven", [CUT_INSECURE] = "insecure cut", [CUT_NO_DELEGATION] = "no cut"};
    struct proof_result r;
    struct dname qname = NAME(row->qname);
    switch (row->kind) {
    case NX:
        proof_nxdomain(&f->p, qname, work, &r);
        break;
    case NODATA:
        proof_nodata(&f->p, qname, type_in(row->of), work, &r);
        break;
    case WILD:
        proof_wildcard(&f->p, qname, (uint8_t)atoi(row->of), work, &r);
        break;
    case NO_DS: {
        enum delegation_proof d = proof_no_ds(&f->p, qname, work, &r);
        return d == CUT_INSECURE && r.too_many_iterations ? "insecure cut 27" : cut[d];
    }
    }
    return proof_word(&r);
}

static inline void run(struct fixture *f, const struct row *rows, size_t count)
{
    unsigned failed = 0;
    for (size_t i = 0; i < count; i++) {
        struct dnssec_work work = {0};
        load(f, &rows[i]);
        const char *got = judge(f, &rows[i], &work);
        if (strcmp(got, rows[i].expect) != 0) {
            print_error("%s: %s, not %s\n", rows[i].rule, got, rows[i].expect);
            failed++;
        }
        arena_clear(&f->arena);
    }
    assert_int_equal(failed, 0);
}

#define RUN(name)                                                                                                      \
    static void test_##name(void **state)                                                                              \
    {                                                                                                                  \
        run(*state, name, ROWS(name));                                                                                 \
    }

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

#endif
