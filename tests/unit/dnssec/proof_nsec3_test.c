/*
 * What NSEC3 records prove, rule by rule (T58-T61, T65-T70, T75), and what it costs to find out.
 */
#include <time.h>

#include "proof_rows.h"

#define P        "NSEC3 1 0 0 - "
#define OPT      "NSEC3 1 1 0 - "
#define TOP      "H(example.) " P "H+(example.) NS SOA RRSIG DNSKEY NSEC3PARAM\n"
#define OUT_C    "H-(c.example.) " P "H+(c.example.) A RRSIG\n"
#define OPT_C    "H-(c.example.) " OPT "H+(c.example.) A RRSIG\n"
#define OUT_STAR "H-(*.example.) " P "H+(*.example.) A RRSIG\n"

static const struct row nsec3_nxdomain[] = {
    {"encloser, next closer, wildcard", NX, "example.", "c.example.", NULL, "secure", TOP OUT_C OUT_STAR, NULL},
    {"in any order", NX, "example.", "c.example.", NULL, "secure", OUT_STAR OUT_C TOP, NULL},
    {"a longer name", NX, "example.", "x.y.c.example.", NULL, "secure", TOP OUT_C OUT_STAR, NULL},
    {"a deeper encloser, without the apex", NX, "example.", "m.w.example.", NULL, "secure",
     "H(w.example.) " P "H+(w.example.)\nH-(m.w.example.) " P "H+(m.w.example.) A\nH-(*.w.example.) " P
     "H+(*.w.example.) A",
     NULL},
    {"one record for all", NX, "example.", "c.example.", NULL, "secure", "H(example.) " P "H(example.) NS SOA RRSIG",
     NULL},
    {"T75: no encloser", NX, "example.", "c.example.", NULL, "none", OUT_C OUT_STAR, NULL},
    {"T75: no next closer", NX, "example.", "c.example.", NULL, "none", TOP OUT_STAR, NULL},
    {"T75: no wildcard", NX, "example.", "c.example.", NULL, "none", TOP OUT_C, NULL},
    {"T75: nothing", NX, "example.", "c.example.", NULL, "none", "", NULL},
    {"the name itself is denied, but no encloser of its parent", NX, "example.", "x.c.example.", NULL, "none",
     TOP OUT_STAR "H-(x.c.example.) " P "H+(x.c.example.) A", NULL},
    {"the wildcard exists", NX, "example.", "c.example.", NULL, "none", TOP OUT_C "H(*.example.) " P "H+(*.example.) A",
     NULL},
    {"the name exists", NX, "example.", "c.example.", NULL, "none",
     TOP "H(c.example.) " P "H+(c.example.) A\n" OUT_STAR, NULL},
    {"the wildcard both exists and is denied", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_C OUT_STAR "H(*.example.) " P "H+(*.example.) A", NULL},
    {"T65: owner under a sibling", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.).a.example. " P "H+(c.example.) A", NULL},
    {"T65: the child's record of the parent's name", NX, "example.", "c.example.", NULL, "none",
     OUT_C OUT_STAR "H(example.).child.example. " P "H+(example.) NS SOA", NULL},
    {"T65: the hash of a name outside", NX, "evil.test.", "www.victim.test.", NULL, "none",
     "H(victim.test.) " P "H+(victim.test.) A\nH-(www.victim.test.) " P "H+(www.victim.test.)\nH-(*.victim.test.) " P
     "H+(*.victim.test.)",
     NULL},
    {"T66: the encloser is a cut", NX, "example.", "www.cut.example.", NULL, "none",
     "H(cut.example.) " P "H+(cut.example.) NS DS RRSIG\nH-(www.cut.example.) " P
     "H+(www.cut.example.) A\nH-(*.cut.example.) " P "H+(*.cut.example.) A",
     NULL},
    {"T66: the encloser is a DNAME", NX, "example.", "www.old.example.", NULL, "none",
     "H(old.example.) " P "H+(old.example.) DNAME RRSIG\nH-(www.old.example.) " P
     "H+(www.old.example.) A\nH-(*.old.example.) " P "H+(*.old.example.) A",
     NULL},
    {"T61: other iterations", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.) NSEC3 1 0 1 - H+(c.example.) A", NULL},
    {"T61: other salt", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.) NSEC3 1 0 0 aa H+(c.example.) A", NULL},
    {"T61: salt of the same length", NX, "example.", "c.example.", NULL, "none",
     "H(example.) NSEC3 1 0 0 aa H+(example.) NS SOA\nH-(*.example.) NSEC3 1 0 0 aa H+(*.example.)\n"
     "H-(c.example.) NSEC3 1 0 0 ab H+(c.example.) A",
     "0 aa"},
    {"T61: longest salt", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.) NSEC3 1 0 0 "
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                  "aaaaaaaaaaaaaaaaaaaaaaaa "
                  "H+(c.example.) A",
     NULL},
    {"T61: another algorithm", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.) NSEC3 2 0 0 - H+(c.example.) A", NULL},
    {"unknown flag", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_STAR "H-(c.example.) NSEC3 1 2 0 - H+(c.example.) A", NULL},
    {"a chain that is not known at all, before one that is", NX, "example.", "c.example.", NULL, "secure",
     "H(b.example.) NSEC3 2 0 0 - H+(b.example.) A\n" TOP OUT_C OUT_STAR, NULL},
    {"opt-out over the next closer", NX, "example.", "c.example.", NULL, "insecure", TOP OPT_C OUT_STAR, NULL},
    {"opt-out elsewhere", NX, "example.", "c.example.", NULL, "secure",
     "H(example.) " OPT "H+(example.) NS SOA RRSIG\n" OUT_C "H-(*.example.) " OPT "H+(*.example.) A", NULL},
    {"L16: 50 iterations", NX, "example.", "c.example.", NULL, "secure",
     "H(example.) NSEC3 1 0 50 ab H(example.) NS SOA RRSIG", "50 ab"},
    {"L16: 51 iterations", NX, "example.", "c.example.", NULL, "insecure 27",
     "H(example.) NSEC3 1 0 51 ab H(example.) NS SOA RRSIG", "51 ab"},
    {"L16: 65535 iterations", NX, "example.", "c.example.", NULL, "insecure 27",
     "H(example.) NSEC3 1 0 65535 - H(example.) NS SOA RRSIG", NULL},
    {"... for a name beside the zone", NX, "example.", "c.test.", NULL, "none",
     "H(example.) NSEC3 1 0 65535 - H(example.) NS SOA RRSIG", NULL},
    {"L17: records after the eighth are not looked at", NX, "example.", "c.example.", NULL, "none",
     TOP OUT_C "H(k.example.) " P "H+(k.example.)\nH(l.example.) " P "H+(l.example.)\nH(m.example.) " P
               "H+(m.example.)\nH(n.example.) " P "H+(n.example.)\nH(o.example.) " P "H+(o.example.)\nH(p.example.) " P
               "H+(p.example.)\n" OUT_STAR,
     NULL},
};

static const struct row nsec3_nodata[] = {
    {"the type is not listed", NODATA, "example.", "c.example.", "AAAA", "secure",
     "H(c.example.) " P "H+(c.example.) A RRSIG", NULL},
    {"an empty non-terminal has a record of its own", NODATA, "example.", "c.example.", "A", "secure",
     "H(c.example.) " P "H+(c.example.)", NULL},
    {"the type is listed", NODATA, "example.", "c.example.", "A", "none", "H(c.example.) " P "H+(c.example.) A RRSIG",
     NULL},
    {"an alias is there", NODATA, "example.", "c.example.", "A", "none",
     "H(c.example.) " P "H+(c.example.) CNAME RRSIG", NULL},
    {"ANY", NODATA, "example.", "c.example.", "ANY", "none", "H(c.example.) " P "H+(c.example.) A RRSIG", NULL},
    {"ANY of an empty non-terminal", NODATA, "example.", "c.example.", "ANY", "secure",
     "H(c.example.) " P "H+(c.example.)", NULL},
    {"T66: the parent knows only the DS", NODATA, "example.", "cut.example.", "A", "none",
     "H(cut.example.) " P "H+(cut.example.) NS DS RRSIG", NULL},
    {"DS: the parent's to deny", NODATA, "example.", "cut.example.", "DS", "secure",
     "H(cut.example.) " P "H+(cut.example.) NS", NULL},
    {"T67: DS denied by a record with SOA", NODATA, "example.", "cut.example.", "DS", "none",
     "H(cut.example.) " P "H+(cut.example.) NS SOA", NULL},
    {"T78: DS denied by the child", NODATA, "island.example.", "island.example.", "DS", "none",
     "H(island.example.) " P "H+(island.example.) NS", NULL},
    {"DS of the root", NODATA, ".", ".", "DS", "secure", "H(.). " P "H+(.) NS SOA RRSIG", NULL},
    {"T65: of a name outside", NODATA, "evil.test.", "victim.test.", "A", "none",
     "H(victim.test.) " P "H+(victim.test.)", NULL},
    {"T65: owner under a sibling", NODATA, "example.", "c.example.", "A", "none",
     "H(c.example.).a.example. " P "H+(c.example.)", NULL},
    {"a wildcard without the type", NODATA, "example.", "c.example.", "A", "secure",
     TOP OUT_C "H(*.example.) " P "H+(*.example.) TXT RRSIG", NULL},
    {"a wildcard with the type", NODATA, "example.", "c.example.", "A", "none",
     TOP OUT_C "H(*.example.) " P "H+(*.example.) A RRSIG", NULL},
    {"a wildcard that is an alias", NODATA, "example.", "c.example.", "A", "none",
     TOP OUT_C "H(*.example.) " P "H+(*.example.) CNAME RRSIG", NULL},
    {"T75: a wildcard without its encloser", NODATA, "example.", "c.example.", "A", "none",
     OUT_C "H(*.example.) " P "H+(*.example.) TXT RRSIG", NULL},
    {"T70: a wildcard without the next closer", NODATA, "example.", "c.example.", "A", "none",
     TOP "H(*.example.) " P "H+(*.example.) TXT RRSIG", NULL},
    {"T70: no wildcard at all is NXDOMAIN", NODATA, "example.", "c.example.", "A", "none", TOP OUT_C OUT_STAR, NULL},
    {"a wildcard under opt-out", NODATA, "example.", "c.example.", "A", "insecure",
     TOP OPT_C "H(*.example.) " P "H+(*.example.) TXT RRSIG", NULL},
    {"an empty non-terminal under opt-out, with a wildcard beside", NODATA, "example.", "c.example.", "A", "insecure",
     TOP OPT_C "H(*.example.) " P "H+(*.example.) A RRSIG", NULL},
    {"DS under opt-out", NODATA, "example.", "c.example.", "DS", "insecure", TOP OPT_C, NULL},
    {"DS without opt-out", NODATA, "example.", "c.example.", "DS", "none", TOP OUT_C, NULL},
    {"DS under opt-out without an encloser", NODATA, "example.", "c.example.", "DS", "none", OPT_C, NULL},
    {"T66: opt-out below a cut", NODATA, "example.", "x.cut.example.", "DS", "none",
     "H(cut.example.) " P "H+(cut.example.) NS DS\nH-(x.cut.example.) " OPT "H+(x.cut.example.)", NULL},
    {"L16: 150 iterations that do not fit are bogus", NODATA, "example.", "c.example.", "A", "none",
     "H(d.example.) NSEC3 1 0 150 - H+(d.example.)", "150 -"},
    {"L16: 151 are not computed", NODATA, "example.", "c.example.", "A", "insecure 27",
     "H(d.example.) NSEC3 1 0 151 - H+(d.example.)", "151 -"},
    {"L16", NODATA, "example.", "c.example.", "A", "insecure 27", "H(c.example.) NSEC3 1 0 51 - H+(c.example.)",
     "51 -"},
    {"L16: salt of 64", NODATA, "example.", "c.example.", "A", "secure",
     "H(c.example.) NSEC3 1 0 0 "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaa "
     "H+(c.example.)",
     "0 "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaa"},
    {"L16: salt of 65", NODATA, "example.", "c.example.", "A", "insecure 27",
     "H(c.example.) NSEC3 1 0 0 "
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaa "
     "H+(c.example.)",
     NULL},
};

static const struct row nsec3_wildcard[] = {
    {"the next closer is denied", WILD, "example.", "c.example.", "1", "secure", OUT_C, NULL},
    {"of a longer name", WILD, "example.", "x.c.example.", "1", "secure", OUT_C, NULL},
    {"T70: no proof", WILD, "example.", "c.example.", "1", "none", "", NULL},
    {"T70: of another name", WILD, "example.", "d.example.", "1", "none", OUT_C, NULL},
    {"T70: the name exists", WILD, "example.", "c.example.", "1", "none", "H(c.example.) " P "H+(c.example.) A", NULL},
    {"T70: the name is denied, not the next closer", WILD, "example.", "x.c.example.", "1", "none",
     "H-(x.c.example.) " P "H+(x.c.example.)", NULL},
    {"no expansion", WILD, "example.", "c.example.", "2", "none", OUT_C, NULL},
    {"T63: a wildcard above the zone", WILD, "example.", "c.example.", "0", "none",
     "H(x.example.) " P "H(x.example.) A", NULL},
    {"opt-out", WILD, "example.", "c.example.", "1", "insecure", OPT_C, NULL},
    {"T61", WILD, "example.", "c.example.", "1", "none", TOP "H-(c.example.) NSEC3 1 0 1 - H+(c.example.) A", NULL},
    {"T65", WILD, "evil.test.", "c.victim.test.", "2", "none", "H-(c.victim.test.) " P "H+(c.victim.test.) A", NULL},
    {"L16", WILD, "example.", "c.example.", "1", "insecure 27", "H(x.example.) NSEC3 1 0 51 - H(x.example.) A", "51 -"},
};

static const struct row nsec3_no_ds[] = {
    {"a delegation without DS", NO_DS, "example.", "cut.example.", NULL, "insecure cut",
     "H(cut.example.) " P "H+(cut.example.) NS", NULL},
    {"the DS is there", NO_DS, "example.", "cut.example.", NULL, "not proven",
     "H(cut.example.) " P "H+(cut.example.) NS DS RRSIG", NULL},
    {"T67: the child's record", NO_DS, "example.", "cut.example.", NULL, "not proven",
     "H(cut.example.) " P "H+(cut.example.) NS SOA RRSIG", NULL},
    {"T67: by the child's keys", NO_DS, "cut.example.", "cut.example.", NULL, "not proven",
     "H(cut.example.) " P "H+(cut.example.) NS", NULL},
    {"no NS: no delegation", NO_DS, "example.", "cut.example.", NULL, "no cut",
     "H(cut.example.) " P "H+(cut.example.) A", NULL},
    {"an empty non-terminal", NO_DS, "example.", "cut.example.", NULL, "no cut",
     "H(cut.example.) " P "H+(cut.example.)", NULL},
    {"opt-out", NO_DS, "example.", "c.example.", NULL, "insecure cut", TOP OPT_C, NULL},
    {"opt-out without encloser", NO_DS, "example.", "c.example.", NULL, "not proven", OPT_C, NULL},
    {"no opt-out", NO_DS, "example.", "c.example.", NULL, "not proven", TOP OUT_C, NULL},
    {"T68: opt-out below another cut", NO_DS, "example.", "x.cut.example.", NULL, "not proven",
     "H(cut.example.) " P "H+(cut.example.) NS DS\nH-(x.cut.example.) " OPT "H+(x.cut.example.)", NULL},
    {"no such name", NO_DS, "example.", "c.example.", NULL, "no cut", TOP OUT_C OUT_STAR, NULL},
    {"T65: of a name outside", NO_DS, "evil.test.", "victim.test.", NULL, "not proven",
     "H(victim.test.) " P "H+(victim.test.) NS", NULL},
    {"T59: 65535 iterations", NO_DS, "example.", "cut.example.", NULL, "insecure cut 27",
     "H(cut.example.) NSEC3 1 0 65535 - H+(cut.example.) NS", NULL},
    {"T61", NO_DS, "example.", "c.example.", NULL, "not proven", TOP "H-(c.example.) NSEC3 1 1 1 - H+(c.example.) A",
     NULL},
};

RUN(nsec3_nxdomain)
RUN(nsec3_nodata)
RUN(nsec3_wildcard)
RUN(nsec3_no_ds)

static void test_encloser(void **state)
{
    static const struct row rows[] = {
        {"NSEC", NX, "example.", "m.n.w.example.", NULL, "secure",
         "ns.example. NSEC a.w.example. A RRSIG NSEC\na.w.example. NSEC z.w.example. A RRSIG NSEC", NULL},
        {"NSEC3", NX, "example.", "m.n.w.example.", NULL, "secure",
         "H(w.example.) " P "H+(w.example.)\nH-(n.w.example.) " P "H+(n.w.example.) A\nH-(*.w.example.) " P
         "H+(*.w.example.) A",
         NULL},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct dnssec_work work = {0};
        struct proof_result r;
        load(f, &rows[i]);
        proof_nxdomain(&f->p, NAME(rows[i].qname), &work, &r);
        assert_int_equal(r.proof, PROOF_SECURE);
        assert_true(dname_equal(dname_of(&r.encloser), NAME("w.example.")));
    }
}

/* T58: a name of 120 labels, 50 iterations, the longest salt that is allowed, and a record that matches each of the
 * first seven names on the way, so that the search goes on. */
static void test_cost(void **state)
{
    struct fixture *f = *state;
    char qname[DNAME_TEXT_MAX] = "", records[4096] = "", salt[2 * DNSSEC_SALT_MAX + 1];
    for (int i = 0; i < 119; i++) {
        strcat(qname, "a.");
    }
    strcat(qname, "example.");
    memset(salt, 'b', sizeof salt - 1);
    salt[sizeof salt - 1] = '\0';
    struct text t = text_of(records, sizeof records);
    char hashing[sizeof salt + 10];
    snprintf(hashing, sizeof hashing, "50 %s", salt);
    for (size_t labels = 0; labels < 8; labels++) {
        const char *name = qname + 2 * (119 - labels);
        text_addf(&t, "H(%s) NSEC3 1 0 %s H+(%s) A\n", name, hashing, name);
    }
    for (enum kind kind = NX; kind <= NO_DS; kind++) {
        const struct row row = {"T58", kind, "example.", qname, kind == WILD ? "1" : "A", "none", records, hashing};
        struct dnssec_work work = {0};
        load(f, &row);
        clock_t best = 0;
        for (int attempt = 0; attempt < 3; attempt++) {
            work = (struct dnssec_work){0};
            clock_t start = clock();
            const char *got = judge(f, &row, &work);
            clock_t took = clock() - start;
            best = attempt == 0 || took < best ? took : best;
            assert_string_equal(got, kind == NO_DS ? "not proven" : "none");
        }
        print_message("kind %d: %u hashes, %.2f ms\n", kind, work.hashes, (double)best * 1000 / CLOCKS_PER_SEC);
        assert_true(work.hashes <= DNSSEC_HASHES_MAX);
        assert_true(!TIMED || best < 2 * CLOCKS_PER_SEC / 1000);
        arena_clear(&f->arena);
    }
}

/* A made-up name of 120 labels below a zone costs what a short one costs. */
static void test_cheap(void **state)
{
    struct fixture *f = *state;
    char qname[DNAME_TEXT_MAX] = "";
    for (int i = 0; i < 118; i++) {
        strcat(qname, "a.");
    }
    strcat(qname, "c.example.");
    const struct row row = {"", NX, "example.", qname, NULL, "secure", TOP OUT_C OUT_STAR, NULL};
    struct dnssec_work work = {0};
    load(f, &row);
    assert_string_equal(judge(f, &row, &work), "secure");
    assert_int_equal(work.hashes, 3); /* the apex, the next closer, the wildcard */
}

/* Used up means: not proven. */
static void test_used_up(void **state)
{
    static const struct row rows[] = {
        {"", NX, "example.", "c.example.", NULL, NULL, TOP OUT_C OUT_STAR, NULL},
        {"", NODATA, "example.", "c.example.", "A", NULL, "H(c.example.) " P "H+(c.example.)", NULL},
        {"", NODATA, "example.", "c.example.", "DS", NULL, TOP OPT_C, NULL},
        {"", WILD, "example.", "c.example.", "1", NULL, OUT_C, NULL},
        {"", NO_DS, "example.", "cut.example.", NULL, NULL, "H(cut.example.) " P "H+(cut.example.) NS", NULL},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        load(f, &rows[i]);
        unsigned needed = 0;
        for (uint16_t left = 0; left < 10; left++) {
            struct dnssec_work work = {.hashes = (uint16_t)(DNSSEC_HASHES_MAX - left)};
            const char *got = judge(f, &rows[i], &work);
            bool proven = strcmp(got, "none") != 0 && strcmp(got, "not proven") != 0;
            assert_true(work.hashes <= DNSSEC_HASHES_MAX);
            needed += !proven;
        }
        assert_true(needed >= 1 && needed <= 5);
        arena_clear(&f->arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nsec3_nxdomain), TEST(nsec3_nodata), TEST(nsec3_wildcard), TEST(nsec3_no_ds),
        TEST(encloser),       TEST(cost),         TEST(cheap),          TEST(used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
