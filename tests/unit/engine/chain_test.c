/* Aliases within one reply: how far a chain is followed and which records it takes along (T14, T15, T17, T25, L8). */
#include "resolver/engine/chain.h"

#include "scrub_support.h"

static void aliases(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"out of the zone: the target is not believed (T15)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME a.net.\nan a.net. 300 A 192.0.2.66", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME a.net.\nend a.net.\ndropped 1\n"},
        {"over UDP the target is asked for anew", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\nan b.example.com. 300 A 192.0.2.66", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME b.example.com.\nend b.example.com.\ndropped 1\n"},
        {"over TCP the whole chain", WWW, TCP,
         "AA NOERROR\nan b.example.com. 300 CNAME c.example.com.\nan www.example.com. 200 CNAME b.example.com.\n"
         "an c.example.com. 100 A 192.0.2.1",
         REPLY_ANSWER,
         "chain www.example.com. 200 IN CNAME b.example.com.\nchain b.example.com. 300 IN CNAME c.example.com.\n"
         "chain c.example.com. 100 IN A 192.0.2.1\ncomplete c.example.com.\n"},
        {"in the drawn case", "wWW.eXample.COM.", "A", "example.com.", TCP | CASED,
         "AA NOERROR\nan wWW.eXample.COM. 300 CNAME B.eXample.COM.\nan B.eXample.COM. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain www.example.com. 300 IN CNAME B.example.com.\nchain B.example.com. 300 IN A 192.0.2.1\n"
         "complete B.example.com.\n"},
        {"two CNAMEs: the first counts (T25)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.net.\nan www.example.com. 200 CNAME a.net.", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME b.net.\nend b.net.\n"},
        {"the same CNAME twice (T25)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.net.\nan www.example.com. 200 CNAME B.net.", REPLY_ALIAS,
         "chain www.example.com. 200 IN CNAME b.net.\nend b.net.\n"},
        {"two CNAMEs asked for", "www.example.com.", "CNAME", "example.com.", 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.net.\nan www.example.com. 200 CNAME a.net.", REPLY_ANSWER,
         "chain www.example.com. 300 IN CNAME b.net.\ncomplete www.example.com.\n"},
        {"data beside the CNAME (T25)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.net.\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain www.example.com. 300 IN A 192.0.2.1\ncomplete www.example.com.\ndropped 1\n"},
        {"other data beside the CNAME (T25)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 MX 1 a.\nan www.example.com. 300 CNAME b.net.", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME b.net.\nend b.net.\ndropped 1\n"},
        {"CNAME to itself (T25)", WWW, TCP, "AA NOERROR\nan www.example.com. 300 CNAME www.example.com.", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME www.example.com.\nend www.example.com.\n"},
        {"a circle (T25)", WWW, TCP,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\nan b.example.com. 300 CNAME www.example.com.",
         REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME b.example.com.\nchain b.example.com. 300 IN CNAME www.example.com.\n"
         "end www.example.com.\n"},
        {"CNAME at the apex (T25)", "example.com.", "A", "example.com.", 0,
         "AA NOERROR\nan example.com. 300 CNAME b.net." ZONE_NS, REPLY_ALIAS,
         "chain example.com. 300 IN CNAME b.net.\nend b.net.\n"},
        {"authority of the target (T12)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME w.c.example.com.\nns c.example.com. 300 NS a.c.example.com.\n"
         "ar a.c.example.com. 300 A 192.0.2.66",
         REPLY_ALIAS, "chain www.example.com. 300 IN CNAME w.c.example.com.\nend w.c.example.com.\n"},
        {"an alias, then a denial of its target, over TCP", WWW, TCP,
         "AA NXDOMAIN\nan www.example.com. 300 CNAME b.example.com.\n" SOA, REPLY_NXDOMAIN,
         "chain www.example.com. 300 IN CNAME b.example.com.\nend b.example.com.\n" SOA_LEFT "negative 60\n"},
        {"the denial of a target out of the zone is not believed (T18)", WWW, TCP,
         "AA NXDOMAIN\nan www.example.com. 300 CNAME b.net.\nns net. 300 SOA a. b. 1 2 3 4 5", REPLY_ALIAS,
         "chain www.example.com. 300 IN CNAME b.net.\nend b.net.\ndropped 1\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* T17: the CNAME that follows from a DNAME is made here, whatever the server says it is. */
static void dnames(void **state)
{
    (void)state;
#define MADE                                                                                                           \
    "chain example.com. 300 IN DNAME example.net.\nmade www.example.com. 300 IN CNAME www.example.net.\n"              \
    "end www.example.net.\n"
    static const struct row rows[] = {
        {"alone", WWW, 0, "AA NOERROR\nan example.com. 300 DNAME example.net.", REPLY_ALIAS, MADE},
        {"with its CNAME", WWW, 0,
         "AA NOERROR\nan example.com. 300 DNAME example.net.\nan www.example.com. 300 CNAME www.example.net.",
         REPLY_ALIAS, MADE},
        {"with a false CNAME", WWW, 0,
         "AA NOERROR\nan example.com. 300 DNAME example.net.\nan www.example.com. 300 CNAME evil.", REPLY_ALIAS, MADE},
        {"with its CNAME before it, of another TTL", WWW, 0,
         "AA NOERROR\nan www.example.com. 9 CNAME www.example.net.\nan example.com. 300 DNAME example.net.",
         REPLY_ALIAS, MADE},
        {"with data at the name", WWW, 0,
         "AA NOERROR\nan example.com. 300 DNAME example.net.\nan www.example.com. 300 A 192.0.2.66", REPLY_ALIAS,
         MADE "dropped 1\n"},
        {"two: the first counts", WWW, 0,
         "AA NOERROR\nan example.com. 300 DNAME example.net.\nan example.com. 300 DNAME evil.", REPLY_ALIAS, MADE},
        {"two of which one is nearer to the zone", "a.b.example.com.", "A", "example.com.", 0,
         "AA NOERROR\nan b.example.com. 300 DNAME evil.\nan example.com. 300 DNAME example.net.", REPLY_ALIAS,
         "chain example.com. 300 IN DNAME example.net.\nmade a.b.example.com. 300 IN CNAME a.b.example.net.\n"
         "end a.b.example.net.\ndropped 1\n"},
        {"above the zone asked", WWW, 0, "AA NOERROR\nan com. 300 DNAME net.\nan www.example.com. 300 CNAME a.net.",
         REPLY_ALIAS, "chain www.example.com. 300 IN CNAME a.net.\nend a.net.\ndropped 1\n"},
        {"at the root, asked as com's server", "www.example.com.", "A", "com.", 0, "AA NOERROR\nan . 300 DNAME evil.",
         REPLY_NODATA, "end www.example.com.\ndropped 1\n"},
        {"beside the way", WWW, 0, "AA NOERROR\nan b.example.com. 300 DNAME evil.", REPLY_NODATA,
         "end www.example.com.\ndropped 1\n"},
        {"at the name itself", WWW, 0, "AA NOERROR\nan www.example.com. 300 DNAME evil.", REPLY_NODATA,
         "end www.example.com.\ndropped 1\n"},
        {"asked for CNAME", "www.example.com.", "CNAME", "example.com.", 0,
         "AA NOERROR\nan example.com. 300 DNAME example.net.\nan www.example.com. 300 CNAME evil.", REPLY_ANSWER,
         "chain example.com. 300 IN DNAME example.net.\nmade www.example.com. 300 IN CNAME www.example.net.\n"
         "complete www.example.net.\n"},
        {"to the root, twice through the same, over TCP", "s.x.x.", "A", "x.", TCP,
         "AA NOERROR\nan x. 300 DNAME .\nan s.x.x. 300 CNAME s.x.\nan s.x. 300 CNAME s.", REPLY_ALIAS,
         "chain x. 300 IN DNAME .\nmade s.x.x. 300 IN CNAME s.x.\nmade s.x. 300 IN CNAME s.\nend s.\n"},
        {"to itself, over TCP", WWW, TCP, "AA NOERROR\nan example.com. 300 DNAME example.com.", REPLY_ALIAS,
         "chain example.com. 300 IN DNAME example.com.\nmade www.example.com. 300 IN CNAME www.example.com.\n"
         "end www.example.com.\n"},
        {"within the zone, over TCP", "w.b.example.com.", "A", "example.com.", TCP,
         "AA NOERROR\nan b.example.com. 300 DNAME c.example.com.\nan w.c.example.com. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain b.example.com. 300 IN DNAME c.example.com.\nmade w.b.example.com. 300 IN CNAME w.c.example.com.\n"
         "chain w.c.example.com. 300 IN A 192.0.2.1\ncomplete w.c.example.com.\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* L8: a chain is followed for so many links and not one more. */
static void long_chains(void **state)
{
    (void)state;
    for (unsigned links = 1; links <= 40; links++) {
        char reply[8192], end[64];
        struct scene s;
        struct scrubbed out;
        int n = snprintf(reply, sizeof reply, "AA NOERROR\nan w0.example.com. 300 CNAME w1.example.com.");
        for (unsigned i = 1; i < links; i++) {
            n += snprintf(reply + n, sizeof reply - (size_t)n, "\nan w%u.example.com. 300 CNAME w%u.example.com.", i,
                          i + 1);
        }
        snprintf(reply + n, sizeof reply - (size_t)n, "\nan w%u.example.com. 300 A 192.0.2.1", links);
        scene_begin(&s);
        scene_ask(&s, "w0.example.com.", "A", "example.com.");
        s.ask.tcp = true;
        scene_reply(&s, reply);
        bool whole = links <= ENGINE_ALIASES_MAX;
        enum reply_kind kind = classify(&s.msg, &s.ask, ASKED_AUTHORITY);
        assert_int_equal(kind, whole ? REPLY_ANSWER : REPLY_ALIAS);
        assert_int_equal(scrub(&s.msg, &s.ask, kind, ASKED_AUTHORITY, &s.arena, &out), DNS_OK);
        assert_int_equal(out.chain_count, whole ? links + 1 : ENGINE_ALIASES_MAX);
        assert_int_equal(out.chain_complete, whole);
        snprintf(end, sizeof end, "w%u.example.com.", whole ? links : ENGINE_ALIASES_MAX);
        assert_name(out.end, end);
        scene_end(&s);
    }
}

/* The longest chain of DNAMEs, each with its made CNAME, and data behind it fits. */
static void long_chain_of_dnames(void **state)
{
    (void)state;
    char reply[8192];
    struct scene s;
    struct scrubbed out;
    int n = snprintf(reply, sizeof reply, "AA NOERROR");
    for (unsigned i = 0; i < ENGINE_ALIASES_MAX; i++) {
        n +=
            snprintf(reply + n, sizeof reply - (size_t)n, "\nan d%u.example.com. 300 DNAME d%u.example.com.", i, i + 1);
    }
    snprintf(reply + n, sizeof reply - (size_t)n, "\nan w.d%u.example.com. 300 A 192.0.2.1", ENGINE_ALIASES_MAX);
    scene_begin(&s);
    scene_ask(&s, "w.d0.example.com.", "A", "example.com.");
    s.ask.tcp = true;
    scene_reply(&s, reply);
    assert_int_equal(classify(&s.msg, &s.ask, ASKED_AUTHORITY), REPLY_ANSWER);
    assert_int_equal(scrub(&s.msg, &s.ask, REPLY_ANSWER, ASKED_AUTHORITY, &s.arena, &out), DNS_OK);
    assert_int_equal(out.chain_count, 2 * ENGINE_ALIASES_MAX + 1);
    assert_true(out.chain_complete);
    assert_int_equal(out.dropped, 0);
    scene_end(&s);
}

/* T17: a DNAME by which the name grows too long is shown with YXDOMAIN, and no CNAME is made. */
static void yxdomain(void **state)
{
    (void)state;
    static const char label[] = "a-label-of-fifty-octets-or-thereabouts-aaaaaaaaaaaaa.";
    char qname[300], reply[600];
    struct scene s;
    struct scrubbed out;
    snprintf(qname, sizeof qname, "%s%s%sexample.com.", label, label, label);
    snprintf(reply, sizeof reply, "AA YXDOMAIN\nan example.com. 300 DNAME %s%s%s", label, label, label);
    scene_begin(&s);
    scene_ask(&s, qname, "A", "example.com.");
    scene_reply(&s, reply);
    assert_int_equal(scrub(&s.msg, &s.ask, REPLY_YXDOMAIN, ASKED_AUTHORITY, &s.arena, &out), DNS_OK);
    assert_int_equal(out.chain_count, 1);
    assert_int_equal(out.chain[0]->type, DNS_TYPE_DNAME);
    assert_false(out.chain_complete);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aliases),     cmocka_unit_test(dnames),
        cmocka_unit_test(long_chains), cmocka_unit_test(long_chain_of_dnames),
        cmocka_unit_test(yxdomain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
