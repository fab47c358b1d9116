/*
 * What NSEC records prove, rule by rule (T64-T71, T75).
 */
#include "proof_rows.h"

#define APEX "example. NSEC a.example. NS SOA RRSIG NSEC DNSKEY\n"

static const struct row nsec_nxdomain[] = {
    {"name and wildcard, two records", NX, "example.", "c.example.", NULL, "secure",
     APEX "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"one record covers both", NX, "example.", "c.example.", NULL, "secure",
     "example. NSEC d.example. NS SOA RRSIG NSEC", NULL},
    {"the last record of the zone", NX, "example.", "z.example.", NULL, "secure", APEX "y.example. NSEC example. A",
     NULL},
    {"the closest encloser is a next name", NX, "example.", "a.w.example.", NULL, "secure",
     "ns.example. NSEC b.w.example. A RRSIG NSEC", NULL},
    {"the closest encloser is an empty non-terminal", NX, "example.", "m.n.w.example.", NULL, "secure",
     "ns.example. NSEC a.w.example. A RRSIG NSEC\na.w.example. NSEC z.w.example. A RRSIG NSEC", NULL},
    {"below a name without cut or DNAME", NX, "example.", "www.a.example.", NULL, "secure",
     "a.example. NSEC b.example. A RRSIG NSEC", NULL},
    {"the zone's own apex has NS and SOA", NX, "child.example.", "www.child.example.", NULL, "secure",
     "child.example. NSEC z.child.example. NS SOA RRSIG NSEC", NULL},
    {"T75: no record", NX, "example.", "c.example.", NULL, "none", "", NULL},
    {"T75: the wildcard is not denied", NX, "example.", "c.example.", NULL, "none", "b.example. NSEC d.example. A",
     NULL},
    {"T75: the name is not denied", NX, "example.", "c.example.", NULL, "none", APEX, NULL},
    {"the wildcard exists", NX, "example.", "c.example.", NULL, "none",
     "*.example. NSEC b.example. A RRSIG NSEC\nb.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"another wildcard is denied", NX, "example.", "m.n.w.example.", NULL, "none",
     APEX "a.w.example. NSEC z.w.example. A RRSIG NSEC", NULL},
    {"the name is there", NX, "example.", "b.example.", NULL, "none", APEX "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"the name is a next name", NX, "example.", "d.example.", NULL, "none",
     APEX "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"T69: the name is an empty non-terminal", NX, "example.", "c.example.", NULL, "none",
     APEX "b.example. NSEC x.c.example. A RRSIG NSEC", NULL},
    {"T69: the wildcard is an empty non-terminal", NX, "example.", "c.example.", NULL, "none",
     "example. NSEC x.*.example. NS SOA\nx.*.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"T66: parent side of an unsigned cut", NX, "example.", "www.cut.example.", NULL, "none",
     "cut.example. NSEC d.example. NS RRSIG NSEC", NULL},
    {"T66: parent side of a signed cut", NX, "example.", "www.cut.example.", NULL, "none",
     "cut.example. NSEC d.example. NS DS RRSIG NSEC", NULL},
    {"T66: the wildcard is hidden by the cut", NX, "example.", "m.cut.example.", NULL, "none",
     "cut.example. NSEC b.cut.example. NS RRSIG NSEC\nb.cut.example. NSEC z.cut.example. A RRSIG NSEC", NULL},
    {"T66: a DNAME", NX, "example.", "www.old.example.", NULL, "none", "old.example. NSEC p.example. DNAME RRSIG NSEC",
     NULL},
    {"T66: a DNAME at the apex", NX, "example.", "www.example.", NULL, "none",
     "example. NSEC example. NS SOA DNAME RRSIG NSEC", NULL},
    {"T64: next outside the zone", NX, "evil.test.", "www.evil.test.", NULL, "none",
     "evil.test. NSEC zzz.test. NS SOA RRSIG NSEC", NULL},
    {"T64: a name beside the zone", NX, "evil.test.", "victim.test.", NULL, "none",
     "evil.test. NSEC zzz.test. NS SOA RRSIG NSEC", NULL},
    {"T64: beside the zone, by the last record", NX, "evil.test.", "victim.test.", NULL, "none",
     "evil.test. NSEC evil.test. NS SOA RRSIG NSEC", NULL},
    {"T68: owner above the zone", NX, "child.example.", "b.child.example.", NULL, "none",
     "b.example. NSEC z.child.example. A RRSIG NSEC", NULL},
    {"RFC 9824: the name is there only to say that it is not", NX, "example.", "c.example.", NULL, "secure",
     "c.example. NSEC \\000.c.example. RRSIG NSEC NXNAME", NULL},
    {"RFC 9824: without NXNAME it is NODATA", NX, "example.", "c.example.", NULL, "none",
     "c.example. NSEC \\000.c.example. RRSIG NSEC", NULL},
    {"RFC 9824: NXNAME of another name", NX, "example.", "d.example.", NULL, "none",
     "c.example. NSEC \\000.c.example. RRSIG NSEC NXNAME", NULL},
};

static const struct row nsec_nodata[] = {
    {"the type is not listed", NODATA, "example.", "b.example.", "AAAA", "secure",
     "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"in any case", NODATA, "example.", "B.eXample.", "AAAA", "secure", "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"the type is listed", NODATA, "example.", "b.example.", "A", "none", "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"an alias is there", NODATA, "example.", "b.example.", "A", "none", "b.example. NSEC d.example. CNAME RRSIG NSEC",
     NULL},
    {"a DNAME's own name", NODATA, "example.", "b.example.", "A", "secure",
     "b.example. NSEC d.example. DNAME RRSIG NSEC", NULL},
    {"another name", NODATA, "example.", "c.example.", "AAAA", "none", "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"T75: no record", NODATA, "example.", "c.example.", "A", "none", "", NULL},
    {"T69: an empty non-terminal", NODATA, "example.", "c.example.", "A", "secure",
     "b.example. NSEC x.c.example. A RRSIG NSEC", NULL},
    {"T69: of several labels", NODATA, "example.", "y.c.example.", "A", "secure",
     "b.example. NSEC w.x.y.c.example. A RRSIG NSEC", NULL},
    {"the next name itself is none", NODATA, "example.", "x.c.example.", "A", "none",
     "b.example. NSEC x.c.example. A RRSIG NSEC", NULL},
    {"T66: an empty non-terminal below a cut", NODATA, "example.", "y.cut.example.", "A", "none",
     "cut.example. NSEC x.y.cut.example. NS RRSIG NSEC", NULL},
    {"T66: the parent knows only the DS", NODATA, "example.", "cut.example.", "A", "none",
     "cut.example. NSEC d.example. NS RRSIG NSEC", NULL},
    {"the apex", NODATA, "example.", "example.", "A", "secure", APEX, NULL},
    {"DS: the parent's to deny", NODATA, "example.", "cut.example.", "DS", "secure",
     "cut.example. NSEC d.example. NS RRSIG NSEC", NULL},
    {"DS: at a name without cut", NODATA, "example.", "b.example.", "DS", "secure",
     "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"DS: listed", NODATA, "example.", "cut.example.", "DS", "none", "cut.example. NSEC d.example. NS DS RRSIG NSEC",
     NULL},
    {"T67: DS denied by the child", NODATA, "child.example.", "child.example.", "DS", "none",
     "child.example. NSEC a.child.example. NS SOA RRSIG NSEC", NULL},
    {"T67: DS denied by a record with SOA", NODATA, "example.", "child.example.", "DS", "none",
     "child.example. NSEC d.example. NS SOA RRSIG NSEC", NULL},
    {"T78: DS denied by an apex that hides its SOA", NODATA, "island.example.", "island.example.", "DS", "none",
     "island.example. NSEC a.island.example. NS RRSIG NSEC", NULL},
    {"DS of the root", NODATA, ".", ".", "DS", "secure", ". NSEC aaa. NS SOA RRSIG NSEC DNSKEY", NULL},
    {"a wildcard without the type", NODATA, "example.", "c.example.", "A", "secure",
     "b.example. NSEC d.example. A\n*.example. NSEC b.example. TXT RRSIG NSEC", NULL},
    {"a wildcard that is an empty non-terminal", NODATA, "example.", "c.example.", "A", "secure",
     "example. NSEC x.*.example. NS SOA\nx.*.example. NSEC d.example. A", NULL},
    {"T70: ... whose name is not denied", NODATA, "example.", "c.example.", "A", "none",
     "*.example. NSEC b.example. TXT RRSIG NSEC", NULL},
    {"a wildcard with the type", NODATA, "example.", "c.example.", "TXT", "none",
     "b.example. NSEC d.example. A\n*.example. NSEC b.example. TXT RRSIG NSEC", NULL},
    {"a wildcard that is an alias", NODATA, "example.", "c.example.", "A", "none",
     "b.example. NSEC d.example. A\n*.example. NSEC b.example. CNAME RRSIG NSEC", NULL},
    {"T70: a wildcard above the closest encloser", NODATA, "example.", "x.w.example.", "A", "none",
     "a.w.example. NSEC z.w.example. A\n*.example. NSEC b.example. TXT RRSIG NSEC", NULL},
    {"T66: a wildcard below a cut", NODATA, "example.", "x.cut.example.", "A", "none",
     "cut.example. NSEC d.example. NS\n*.cut.example. NSEC b.example. TXT RRSIG NSEC", NULL},
    {"ANY: something is there", NODATA, "example.", "b.example.", "ANY", "none",
     "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"ANY: nothing but the denial", NODATA, "example.", "b.example.", "ANY", "secure",
     "b.example. NSEC \\000.b.example. RRSIG NSEC", NULL},
    {"RFC 9824: NXNAME", NODATA, "example.", "c.example.", "A", "secure",
     "c.example. NSEC \\000.c.example. RRSIG NSEC NXNAME", NULL},
};

static const struct row nsec_wildcard[] = {
    {"the name itself is denied", WILD, "example.", "c.example.", "1", "secure",
     "b.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"several labels", WILD, "example.", "x.y.c.example.", "1", "secure", "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"a deeper wildcard", WILD, "example.", "x.w.example.", "2", "secure", "a.w.example. NSEC z.example. A RRSIG NSEC",
     NULL},
    {"T70: no proof", WILD, "example.", "c.example.", "1", "none", "", NULL},
    {"T70: of another name", WILD, "example.", "e.example.", "1", "none", "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"T70: the name exists", WILD, "example.", "b.example.", "1", "none", "b.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"T70: the name is an empty non-terminal", WILD, "example.", "c.example.", "1", "none",
     "b.example. NSEC x.c.example. A RRSIG NSEC", NULL},
    {"T70: a closer name exists", WILD, "example.", "x.y.example.", "1", "none",
     "a.y.example. NSEC z.example. A RRSIG NSEC", NULL},
    {"T70: the wildcard's own encloser does not", WILD, "example.", "x.y.example.", "2", "none",
     "b.example. NSEC z.example. A RRSIG NSEC", NULL},
    {"T66: below a cut", WILD, "example.", "x.cut.example.", "2", "none", "cut.example. NSEC d.example. NS RRSIG NSEC",
     NULL},
    {"T64: beside the zone", WILD, "evil.test.", "victim.test.", "1", "none",
     "evil.test. NSEC evil.test. NS SOA RRSIG NSEC", NULL},
};

static const struct row nsec_no_ds[] = {
    {"T67 (d): a delegation without DS", NO_DS, "example.", "cut.example.", NULL, "insecure cut",
     "cut.example. NSEC d.example. NS RRSIG NSEC", NULL},
    {"T67: the DS is there", NO_DS, "example.", "cut.example.", NULL, "not proven",
     "cut.example. NSEC d.example. NS DS RRSIG NSEC", NULL},
    {"T67 (a): the child's record", NO_DS, "example.", "cut.example.", NULL, "not proven",
     "cut.example. NSEC d.example. NS SOA RRSIG NSEC", NULL},
    {"T67 (a): by the child's keys", NO_DS, "cut.example.", "cut.example.", NULL, "not proven",
     "cut.example. NSEC a.cut.example. NS RRSIG NSEC", NULL},
    {"T67 (b): no NS: no delegation", NO_DS, "example.", "cut.example.", NULL, "no cut",
     "cut.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"T67 (c): a wildcard's record", NO_DS, "example.", "cut.example.", NULL, "no cut",
     "*.example. NSEC a.example. NS RRSIG NSEC\na.example. NSEC d.example. A RRSIG NSEC", NULL},
    {"an empty non-terminal", NO_DS, "example.", "c.example.", NULL, "no cut",
     "b.example. NSEC x.c.example. NS RRSIG NSEC", NULL},
    {"no such name", NO_DS, "example.", "c.example.", NULL, "no cut", APEX "a.example. NSEC d.example. A RRSIG NSEC",
     NULL},
    {"T68: below another cut", NO_DS, "example.", "x.cut.example.", NULL, "not proven",
     "cut.example. NSEC d.example. NS RRSIG NSEC", NULL},
    {"T68: below another cut, a glue's record", NO_DS, "cut.example.", "x.example.", NULL, "not proven",
     "x.example. NSEC z.example. NS RRSIG NSEC", NULL},
    {"T75: nothing", NO_DS, "example.", "cut.example.", NULL, "not proven", "", NULL},
    {"the root is no delegation", NO_DS, ".", ".", NULL, "not proven", ". NSEC aaa. NS RRSIG NSEC", NULL},
};

RUN(nsec_nxdomain)
RUN(nsec_nodata)
RUN(nsec_wildcard)
RUN(nsec_no_ds)

/* A set of two NSEC records is none (RFC 4034 section 4: one at a name). */
static void test_two_at_a_name(void **state)
{
    struct fixture *f = *state;
    struct dnssec_work work = {0};
    struct proof_result r;
    f->p.zone = name_in("example.", &f->zone);
    f->p.count = 1;
    f->p.set[0] =
        set_of(&f->arena, "example.", "NSEC", 0, (const char *[]){"d.example. NS SOA", "z.example. NS SOA", NULL});
    proof_nxdomain(&f->p, NAME("c.example."), &work, &r);
    assert_int_equal(r.proof, PROOF_NONE);
    proof_nodata(&f->p, NAME("example."), DNS_TYPE_A, &work, &r);
    assert_int_equal(r.proof, PROOF_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nsec_nxdomain), TEST(nsec_nodata), TEST(nsec_wildcard), TEST(nsec_no_ds), TEST(two_at_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
