/* What kind of reply a server gave: rcodes, the shapes of RFC 2308, referrals (T19), aliases (T17, T25), truncation
 * (T42), and servers that answer from a recursion. */
#include "resolver/engine/classify.h"

#include "support.h"

enum { TCP = 1, PLAIN = 2, CASED = 4 }; /* PLAIN: asked without EDNS */

struct row {
    const char *what;
    const char *qname, *qtype, *zone;
    unsigned flags;
    const char *reply;
    enum reply_kind kind;
};

#define SOA "ns example.com. 300 SOA ns1 host 1 2 3 4 60"
#define WWW "www.example.com.", "A", "example.com."

static void judge(const struct row *rows, size_t count, enum asked_as as)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct scene s;
        scene_begin(&s);
        scene_ask(&s, row->qname, row->qtype, row->zone);
        s.ask.tcp = (row->flags & TCP) != 0;
        s.ask.edns_size = (row->flags & PLAIN) != 0 ? 0 : 1232;
        s.ask.cased = (row->flags & CASED) != 0;
        scene_reply(&s, row->reply);
        enum reply_kind kind = classify(&s.msg, &s.ask, as);
        if (kind != row->kind) {
            fail_msg("%s: %s, not %s", row->what, reply_kind_text(kind), reply_kind_text(row->kind));
        }
        scene_end(&s);
    }
}

static void rcodes_and_truncation(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"TC over UDP", WWW, 0, "AA TC NOERROR", REPLY_TRUNCATED},
        {"TC over UDP with an answer", WWW, 0, "AA TC NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_TRUNCATED},
        {"TC over TCP (T42)", WWW, TCP, "AA TC NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_BROKEN},
        {"FORMERR without OPT", WWW, 0, "FORMERR", REPLY_NO_EDNS},
        {"FORMERR without question", WWW, 0, "FORMERR NOQUESTION", REPLY_NO_EDNS},
        {"FORMERR with OPT", WWW, 0, "FORMERR EDNS", REPLY_BROKEN},
        {"FORMERR to a plain question", WWW, PLAIN, "FORMERR", REPLY_BROKEN},
        {"NOTIMP without OPT", WWW, 0, "NOTIMP", REPLY_NO_EDNS},
        {"NOTIMP to a plain question", WWW, PLAIN, "NOTIMP", REPLY_BROKEN},
        {"BADVERS", WWW, 0, "BADVERS", REPLY_NO_EDNS},
        {"BADVERS to a plain question", WWW, PLAIN, "BADVERS", REPLY_BROKEN},
        {"BADCOOKIE, though no cookie was sent", WWW, 0, "BADCOOKIE", REPLY_BROKEN},
        {"SERVFAIL", WWW, 0, "SERVFAIL", REPLY_SERVFAIL},
        {"SERVFAIL with an answer", WWW, 0, "AA SERVFAIL\nan www.example.com. 300 A 192.0.2.1", REPLY_SERVFAIL},
        {"REFUSED", WWW, 0, "REFUSED", REPLY_REFUSED},
        {"REFUSED with a referral", WWW, 0, "REFUSED\nns www.example.com. 300 NS evil.", REPLY_REFUSED},
        {"NOTAUTH", WWW, 0, "NOTAUTH", REPLY_LAME},
        {"YXRRSET", WWW, 0, "AA YXRRSET", REPLY_BROKEN},
        {"YXDOMAIN without DNAME (T17)", WWW, 0, "AA YXDOMAIN", REPLY_BROKEN},
        {"YXDOMAIN with a DNAME that fits (T17)", WWW, 0, "AA YXDOMAIN\nan example.com. 300 DNAME b.example.com.",
         REPLY_BROKEN},
    };
    judge(rows, ROWS(rows), ASKED_AUTHORITY);
}

static void answers_and_aliases(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"answer", WWW, 0, "AA NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"answer without AA", WWW, 0, "NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"answer in the question's own case", "wWW.eXample.com.", "A", "example.com.", CASED,
         "AA NOERROR\nan wWW.eXample.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"answer behind other records", WWW, 0,
         "AA NOERROR\nan a.example.com. 300 A 192.0.2.9\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"ANY", "www.example.com.", "ANY", "example.com.", 0, "AA NOERROR\nan www.example.com. 300 MX 1 a.",
         REPLY_ANSWER},
        {"ANY, and only a signature", "www.example.com.", "ANY", "example.com.", 0,
         "AA NOERROR\nan www.example.com. 300 RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA",
         REPLY_NODATA},
        {"ANY at an alias", "www.example.com.", "ANY", "example.com.", 0,
         "AA NOERROR\nan www.example.com. 300 CNAME a.", REPLY_ANSWER},
        {"CNAME asked for", "www.example.com.", "CNAME", "example.com.", 0,
         "AA NOERROR\nan www.example.com. 300 CNAME a.", REPLY_ANSWER},
        {"CNAME asked for below a DNAME", "www.example.com.", "CNAME", "example.com.", 0,
         "AA NOERROR\nan example.com. 300 DNAME b.", REPLY_ANSWER},
        {"DNAME asked for", "example.com.", "DNAME", "example.com.", 0, "AA NOERROR\nan example.com. 300 DNAME b.",
         REPLY_ANSWER},
        {"alias out of the zone", WWW, 0, "AA NOERROR\nan www.example.com. 300 CNAME www.example.net.", REPLY_ALIAS},
        {"alias out of the zone and its data", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME www.example.net.\nan www.example.net. 300 A 192.0.2.66",
         REPLY_ALIAS},
        {"alias in the zone", WWW, 0, "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.", REPLY_ALIAS},
        {"alias in the zone and its data: unproven over UDP", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\nan b.example.com. 300 A 192.0.2.1", REPLY_ALIAS},
        {"alias in the zone and its data over TCP", WWW, TCP,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\nan b.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"alias, data before it", WWW, TCP,
         "AA NOERROR\nan b.example.com. 300 A 192.0.2.1\nan www.example.com. 300 CNAME b.example.com.", REPLY_ANSWER},
        {"alias to itself", WWW, TCP, "AA NOERROR\nan www.example.com. 300 CNAME www.example.com.", REPLY_ALIAS},
        {"aliases in a circle", WWW, TCP,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\nan b.example.com. 300 CNAME www.example.com.",
         REPLY_ALIAS},
        {"data beside an alias (T25)", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 CNAME b.example.net.\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"alias not at the question's name (T14)", WWW, 0, "AA NOERROR\nan a.example.com. 300 CNAME b.example.com.",
         REPLY_NODATA},
        {"alias of another class", WWW, 0, "AA NOERROR\nan www.example.com. 300 CH CNAME b.example.com.", REPLY_NODATA},
        {"DNAME above", WWW, 0, "AA NOERROR\nan example.com. 300 DNAME example.net.", REPLY_ALIAS},
        {"DNAME at the question's name itself (T17)", WWW, 0, "AA NOERROR\nan www.example.com. 300 DNAME example.net.",
         REPLY_NODATA},
        {"DNAME above the zone asked (T17)", WWW, 0,
         "AA NOERROR\nan com. 300 DNAME example.net.\nns example.com. 300 NS ns1.example.com.", REPLY_NODATA},
        {"DNAME beside the way (T17)", WWW, 0, "AA NOERROR\nan b.example.com. 300 DNAME example.net.", REPLY_NODATA},
    };
    judge(rows, ROWS(rows), ASKED_AUTHORITY);
}

static void negative_answers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"NXDOMAIN", WWW, 0, "AA NXDOMAIN\n" SOA, REPLY_NXDOMAIN},
        {"NXDOMAIN without SOA", WWW, 0, "AA NXDOMAIN", REPLY_NXDOMAIN},
        {"NXDOMAIN without AA", WWW, 0, "NXDOMAIN\n" SOA, REPLY_NXDOMAIN},
        {"NXDOMAIN without AA and SOA", WWW, 0, "NXDOMAIN", REPLY_LAME},
        {"NXDOMAIN, a SOA from above and no AA (T18)", WWW, 0, "NXDOMAIN\nns com. 300 SOA ns1 host 1 2 3 4 60",
         REPLY_LAME},
        {"NXDOMAIN, type 1: SOA and NS", WWW, 0, "AA NXDOMAIN\n" SOA "\nns example.com. 300 NS ns1.example.com.",
         REPLY_NXDOMAIN},
        {"NXDOMAIN, type 4: NS only", WWW, 0, "AA NXDOMAIN\nns example.com. 300 NS ns1.example.com.", REPLY_NXDOMAIN},
        {"NODATA", WWW, 0, "AA NOERROR\n" SOA, REPLY_NODATA},
        {"NODATA without AA", WWW, 0, "NOERROR\n" SOA, REPLY_NODATA},
        {"NODATA of the SOA of a zone below (same servers)", WWW, 0,
         "AA NOERROR\nns www.example.com. 300 SOA ns1 host 1 2 3 4 60", REPLY_NODATA},
        {"NODATA, the SOA beside the way", WWW, 0, "NOERROR\nns a.example.com. 300 SOA ns1 host 1 2 3 4 60",
         REPLY_LAME},
        {"NODATA with SOA and NS", WWW, 0, "AA NOERROR\n" SOA "\nns example.com. 300 NS ns1.example.com.",
         REPLY_NODATA},
        {"empty with AA", WWW, 0, "AA NOERROR", REPLY_NODATA},
        {"empty with AA, another type in the answer", WWW, 0, "AA NOERROR\nan www.example.com. 300 TXT a",
         REPLY_NODATA},
        {"empty with AA, NS of the zone", WWW, 0, "AA NOERROR\nns example.com. 300 NS ns1.example.com.", REPLY_NODATA},
        {"empty", WWW, 0, "NOERROR", REPLY_LAME},
        {"NSEC of the zone, neither AA nor SOA", WWW, 0, "NOERROR\nns example.com. 300 NSEC a.example.com. NS SOA",
         REPLY_NODATA},
        {"NSEC3 of the zone, neither AA nor SOA, no such name", WWW, 0,
         "NXDOMAIN\nns 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.com. 300 NSEC3 1 0 0 - "
         "2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
         REPLY_NXDOMAIN},
        {"NSEC of another zone, neither AA nor SOA", WWW, 0, "NOERROR\nns com. 300 NSEC a.com. NS", REPLY_LAME},
        {"NSEC beside a referral", WWW, 0,
         "NOERROR\nns www.example.com. 300 NS ns1.example.com.\nns example.com. 300 NSEC a.example.com. NS",
         REPLY_REFERRAL},
        {"alias, then no such name", WWW, TCP, "AA NXDOMAIN\nan www.example.com. 300 CNAME b.example.com.\n" SOA,
         REPLY_NXDOMAIN},
        {"alias, then no such name: unproven over UDP", WWW, 0,
         "AA NXDOMAIN\nan www.example.com. 300 CNAME b.example.com.\n" SOA, REPLY_ALIAS},
        {"alias, then no such data", WWW, TCP, "AA NOERROR\nan www.example.com. 300 CNAME b.example.com.\n" SOA,
         REPLY_NODATA},
        {"alias out of the zone, then no such name", WWW, TCP,
         "AA NXDOMAIN\nan www.example.com. 300 CNAME b.net.\n" SOA, REPLY_ALIAS},
        {"alias, then no such name, neither AA nor SOA", WWW, TCP,
         "NXDOMAIN\nan www.example.com. 300 CNAME b.example.com.", REPLY_ALIAS},
    };
    judge(rows, ROWS(rows), ASKED_AUTHORITY);
}

static void referrals(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"referral", "www.example.com.", "A", "com.", 0, "NOERROR\nns example.com. 300 NS ns1.example.com.",
         REPLY_REFERRAL},
        {"referral with AA", "www.example.com.", "A", "com.", 0, "AA NOERROR\nns example.com. 300 NS ns1.example.com.",
         REPLY_REFERRAL},
        {"referral with RA", "www.example.com.", "A", ".", 0, "RA NOERROR\nns com. 300 NS a.gtld-servers.net.",
         REPLY_REFERRAL},
        {"referral over several labels", "www.example.com.", "A", ".", 0, "NOERROR\nns example.com. 300 NS a.",
         REPLY_REFERRAL},
        {"referral to the question's name", "example.com.", "A", "com.", 0, "NOERROR\nns example.com. 300 NS a.",
         REPLY_REFERRAL},
        {"DS at a cut that the parent has no DS of", "example.com.", "DS", "com.", 0,
         "NOERROR\nns example.com. 300 NS a.", REPLY_NODATA},
        {"DS below a cut", "a.example.com.", "DS", "com.", 0, "NOERROR\nns example.com. 300 NS a.", REPLY_REFERRAL},
        {"referral beside other NS", "www.example.com.", "A", ".", 0,
         "NOERROR\nns example.net. 300 NS a.\nns com. 300 NS a.gtld-servers.net.", REPLY_REFERRAL},
        {"to itself (T19)", WWW, 0, "NOERROR\nns example.com. 300 NS ns1.example.com.", REPLY_LAME},
        {"up (T19)", WWW, 0, "NOERROR\nns com. 300 NS a.gtld-servers.net.", REPLY_LAME},
        {"to the root (T19)", WWW, 0, "NOERROR\nns . 300 NS a.root-servers.net.", REPLY_LAME},
        {"to the root with AA (T19)", WWW, 0, "AA NOERROR\nns . 300 NS a.root-servers.net.", REPLY_LAME},
        {"sideways (T19)", WWW, 0, "NOERROR\nns example.net. 300 NS a.", REPLY_LAME},
        {"to a sibling in the zone (T19)", WWW, 0, "NOERROR\nns mail.example.com. 300 NS a.", REPLY_LAME},
        {"to a child that does not hold the name (T19)", WWW, 0, "NOERROR\nns a.www.example.com. 300 NS a.",
         REPLY_LAME},
        {"NS of another class", WWW, 0, "NOERROR\nns www.example.com. 300 CH NS a.", REPLY_LAME},
        {"NS in the additional section", WWW, 0, "NOERROR\nar www.example.com. 300 NS a.", REPLY_LAME},
        {"NS in the answer for the question's name", WWW, 0, "NOERROR\nan www.example.com. 300 NS a.", REPLY_LAME},
    };
    judge(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* A DNAME by which the name grows past 255 octets. */
static void too_long(void **state)
{
    (void)state;
    enum { LABELS = 3 };
    char target[220] = "", qname[240] = "", reply[600];
    for (unsigned i = 0; i < LABELS; i++) {
        strcat(target, "a-label-of-fifty-octets-or-thereabouts-aaaaaaaaaaaaa.");
    }
    snprintf(qname, sizeof qname, "%sexample.com.", target);
    for (unsigned rcode = 0; rcode < 2; rcode++) {
        struct scene s;
        scene_begin(&s);
        scene_ask(&s, qname, "A", "example.com.");
        snprintf(reply, sizeof reply, "AA %s\nan example.com. 300 DNAME %s", rcode == 0 ? "YXDOMAIN" : "NOERROR",
                 target);
        scene_reply(&s, reply);
        assert_int_equal(classify(&s.msg, &s.ask, ASKED_AUTHORITY), REPLY_YXDOMAIN);
        scene_end(&s);
    }
}

#define FROM_RECURSION_ROWS(last, bare)                                                                                \
    {"answer", WWW, 0, "RA NOERROR\nan www.example.com. 300 A 192.0.2.1", last(ANSWER)},                               \
        {"alias", WWW, 0, "RA NOERROR\nan www.example.com. 300 CNAME b.net.", last(ALIAS)},                            \
        {"no such data", WWW, 0, "RA NOERROR\n" SOA, last(NODATA)},                                                    \
        {"no such name", WWW, 0, "RA NXDOMAIN\n" SOA, last(NXDOMAIN)},                                                 \
        {"referral", "www.example.com.", "A", "com.", 0, "RA NOERROR\nns example.com. 300 NS a.", REPLY_REFERRAL},     \
        {"to itself", WWW, 0, "RA NOERROR\nns example.com. 300 NS ns1.example.com.", bare},                            \
        {"empty", WWW, 0, "RA NOERROR", bare},                                                                         \
    {                                                                                                                  \
        "answer with AA", WWW, 0, "RA AA NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER                   \
    }

#define LATER(kind) REPLY_RECURSION_LAME
#define NOW(kind)   REPLY_##kind

static void recursion_lame(void **state)
{
    (void)state;
    static const struct row authority[] = {FROM_RECURSION_ROWS(LATER, REPLY_LAME)};
    static const struct row last_resort[] = {FROM_RECURSION_ROWS(NOW, REPLY_LAME)};
    judge(authority, ROWS(authority), ASKED_AUTHORITY);
    judge(last_resort, ROWS(last_resort), ASKED_LAST_RESORT);
}

static void forwarders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"answer", WWW, 0, "RA NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER},
        {"whole chain over UDP", "www.example.com.", "A", ".", 0,
         "RA NOERROR\nan www.example.com. 300 CNAME b.net.\nan b.net. 300 CNAME c.\nan c. 300 A 192.0.2.1",
         REPLY_ANSWER},
        {"chain out of the forward zone (T16)", WWW, 0,
         "RA NOERROR\nan www.example.com. 300 CNAME b.net.\nan b.net. 300 A 192.0.2.1", REPLY_ALIAS},
        {"NXDOMAIN", WWW, 0, "RA NXDOMAIN\n" SOA, REPLY_NXDOMAIN},
        {"bare NXDOMAIN", WWW, 0, "RA NXDOMAIN", REPLY_NXDOMAIN},
        {"bare NODATA", WWW, 0, "RA NOERROR", REPLY_NODATA},
        {"NODATA with NS of its zone", WWW, 0, "RA NOERROR\nns example.com. 300 NS a.", REPLY_NODATA},
        {"referral: it does not recurse (T16)", WWW, 0, "NOERROR\nns www.example.com. 300 NS a.", REPLY_LAME},
        {"upward (T16)", WWW, 0, "NOERROR\nns . 300 NS a.", REPLY_LAME},
        {"SERVFAIL", WWW, 0, "RA SERVFAIL", REPLY_SERVFAIL},
    };
    judge(rows, ROWS(rows), ASKED_FORWARDER);
}

static void texts(void **state)
{
    (void)state;
    assert_string_equal(reply_kind_text(REPLY_ANSWER), "answer");
    assert_string_equal(reply_kind_text(REPLY_BROKEN), "nonsensical");
    assert_string_equal(reply_kind_text((enum reply_kind)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rcodes_and_truncation),
        cmocka_unit_test(answers_and_aliases),
        cmocka_unit_test(negative_answers),
        cmocka_unit_test(referrals),
        cmocka_unit_test(too_long),
        cmocka_unit_test(recursion_lame),
        cmocka_unit_test(forwarders),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
