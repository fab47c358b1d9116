/* What of a reply is believed: T12-T16, T18, T19. Each row tells the reply and the whole of what is left of it. */
#include "resolver/engine/scrub.h"

#include "scrub_support.h"

static void answers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"a set; its TTL is the smallest of its records'", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 A 192.0.2.1\nan www.example.com. 200 A 192.0.2.2", REPLY_ANSWER,
         "chain www.example.com. 200 IN A 192.0.2.1\nchain www.example.com. 200 IN A 192.0.2.2\n"
         "complete www.example.com.\n"},
        {"without AA", WWW, 0, "NOERROR\nan www.example.com. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain www.example.com. 300 IN A 192.0.2.1\ncomplete www.example.com.\n"},
        {"stored in lower case when the case was drawn", "wWW.eXample.COM.", "A", "example.com.", CASED,
         "AA NOERROR\nan wWW.eXample.COM. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain www.example.com. 300 IN A 192.0.2.1\ncomplete www.example.com.\n"},
        {"names that the server copied from the question go back to lower case, others stay", "wWW.eXample.COM.", "MX",
         "example.com.", CASED,
         "AA NOERROR\nan wWW.eXample.COM. 300 MX 1 Mail.eXample.COM.\nan wWW.eXample.COM. 300 MX 2 Mail.Example.Com.\n"
         "an wWW.eXample.COM. 300 MX 3 A.Net.",
         REPLY_ANSWER,
         "chain www.example.com. 300 IN MX 1 Mail.example.com.\nchain www.example.com. 300 IN MX 2 Mail.Example.Com.\n"
         "chain www.example.com. 300 IN MX 3 A.Net.\ncomplete www.example.com.\n"},
        {"names that are never compressed are not touched: a signature covers their case", "wWW.eXample.COM.", "SVCB",
         "example.com.", CASED, "AA NOERROR\nan wWW.eXample.COM. 300 SVCB 1 b.eXample.COM.", REPLY_ANSWER,
         "chain www.example.com. 300 IN SVCB 1 b.eXample.COM.\ncomplete www.example.com.\n"},
        {"signatures ride along", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 A 192.0.2.1\n"
         "an www.example.com. 300 RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com. AAAA\n"
         "an www.example.com. 300 RRSIG MX 13 3 300 20300101000000 20200101000000 1 example.com. AAAA",
         REPLY_ANSWER, "chain www.example.com. 300 IN A 192.0.2.1\nchain+sig\ncomplete www.example.com.\ndropped 1\n"},
        {"ANY: every set at the name", "www.example.com.", "ANY", "example.com.", 0,
         "AA NOERROR\nan www.example.com. 300 A 192.0.2.1\nan www.example.com. 100 MX 1 a.\n"
         "an www.example.com. 300 A 192.0.2.2\nan b.example.com. 300 A 192.0.2.66",
         REPLY_ANSWER,
         "chain www.example.com. 300 IN A 192.0.2.1\nchain www.example.com. 300 IN A 192.0.2.2\n"
         "chain www.example.com. 100 IN MX 1 a.\ncomplete www.example.com.\ndropped 1\n"},
        {"SOA asked for", "example.com.", "SOA", "example.com.", 0,
         "AA NOERROR\nan example.com. 300 SOA ns1. host. 1 2 3 4 60", REPLY_ANSWER,
         "chain example.com. 300 IN SOA ns1. host. 1 2 3 4 60\ncomplete example.com.\n"},
        {"NS asked for are an answer, not a delegation (T12)", "example.com.", "NS", "example.com.", 0,
         "AA NOERROR\nan example.com. 300 NS evil.example.com.\nar evil.example.com. 300 A 192.0.2.66", REPLY_ANSWER,
         "chain example.com. 300 IN NS evil.example.com.\ncomplete example.com.\n"},
        {"proof of a wildcard", WWW, 0,
         "AA NOERROR\nan www.example.com. 300 A 192.0.2.1\nns a.example.com. 300 NSEC z.example.com. A", REPLY_ANSWER,
         "chain www.example.com. 300 IN A 192.0.2.1\ncomplete www.example.com.\n"
         "proof a.example.com. 300 IN NSEC z.example.com. A\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* T12, T13, T14, T15: a positive answer carries poison in every other place. */
static void poison_beside_an_answer(void **state)
{
    (void)state;
#define ANSWER "AA NOERROR\nan www.example.com. 300 A 192.0.2.1\n"
#define CLEAN  "chain www.example.com. 300 IN A 192.0.2.1\ncomplete www.example.com.\n"
    static const struct row rows[] = {
        {"promiscuous NS and glue (T12)", WWW, 0, ANSWER "ns example.com. 300 NS evil.\nar evil. 300 A 192.0.2.66",
         REPLY_ANSWER, CLEAN "dropped 1\n"},
        {"promiscuous NS in bailiwick (T12)", WWW, 0, ANSWER ZONE_NS, REPLY_ANSWER, CLEAN},
        {"NS of a child (T12)", WWW, 0, ANSWER "ns www.example.com. 300 NS evil.example.com.", REPLY_ANSWER, CLEAN},
        {"NS of com (T12)", WWW, 0, ANSWER "ns com. 300 NS evil.example.com.", REPLY_ANSWER, CLEAN "dropped 1\n"},
        {"NS of the root (T12)", WWW, 0, ANSWER "ns . 300 NS evil.example.com.", REPLY_ANSWER, CLEAN "dropped 1\n"},
        {"MX drags an address (T13)", WWW, 0,
         ANSWER "ns www.example.com. 300 MX 1 b.example.com.\nar b.example.com. 300 A 192.0.2.66", REPLY_ANSWER, CLEAN},
        {"SRV drags an address (T13)", WWW, 0,
         ANSWER "ns www.example.com. 300 SRV 1 1 1 b.example.com.\nar b.example.com. 300 A 192.0.2.66", REPLY_ANSWER,
         CLEAN},
        {"PTR drags an address (T13)", WWW, 0,
         ANSWER "ns www.example.com. 300 PTR b.example.com.\nar b.example.com. 300 A 192.0.2.66", REPLY_ANSWER, CLEAN},
        {"SVCB drags an address (T13)", WWW, 0,
         ANSWER "ns www.example.com. 300 SVCB 1 b.example.com.\nar b.example.com. 300 A 192.0.2.66", REPLY_ANSWER,
         CLEAN},
        {"DNAME in authority (T13)", WWW, 0, ANSWER "ns example.com. 300 DNAME evil.", REPLY_ANSWER, CLEAN},
        {"CNAME in authority (T13)", WWW, 0, ANSWER "ns b.example.com. 300 CNAME evil.", REPLY_ANSWER, CLEAN},
        {"another name's address in the answer (T14)", WWW, 0, ANSWER "an victim.net. 300 A 192.0.2.66", REPLY_ANSWER,
         CLEAN "dropped 1\n"},
        {"another name of the zone in the answer (T14)", WWW, 0, ANSWER "an b.example.com. 300 A 192.0.2.66",
         REPLY_ANSWER, CLEAN "dropped 1\n"},
        {"an alias nobody asked for (T14)", WWW, 0, ANSWER "an b.example.com. 300 CNAME evil.", REPLY_ANSWER,
         CLEAN "dropped 1\n"},
        {"another type at the name (T14)", WWW, 0, ANSWER "an www.example.com. 300 AAAA 2001:db8::66", REPLY_ANSWER,
         CLEAN "dropped 1\n"},
        {"a SOA beside it", WWW, 0, ANSWER SOA, REPLY_ANSWER, CLEAN},
        {"the same name in additional", WWW, 0, ANSWER "ar www.example.com. 300 A 192.0.2.66", REPLY_ANSWER, CLEAN},
        {"another class (T23)", WWW, 0, ANSWER "an www.example.com. 300 CH A 192.0.2.66", REPLY_ANSWER,
         CLEAN "dropped 1\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* T12, T18: negative answers and what they may not bring along. */
static void negative_answers(void **state)
{
    (void)state;
#define DENIED "end www.example.com.\n" SOA_LEFT "negative 60\n"
    static const struct row rows[] = {
        {"NXDOMAIN", WWW, 0, "AA NXDOMAIN\n" SOA, REPLY_NXDOMAIN, DENIED},
        {"NODATA", WWW, 0, "AA NOERROR\n" SOA, REPLY_NODATA, DENIED},
        {"the SOA's own TTL is the smaller", WWW, 0, "AA NOERROR\nns example.com. 30 SOA ns1. host. 1 2 3 4 60",
         REPLY_NODATA, "end www.example.com.\nsoa example.com. 30 IN SOA ns1. host. 1 2 3 4 60\nnegative 30\n"},
        {"the SOA's names in the drawn case", "wWW.eXample.COM.", "A", "example.com.", CASED,
         "AA NOERROR\nns eXample.COM. 300 SOA ns1.eXample.COM. host.eXample.COM. 1 2 3 4 60", REPLY_NODATA,
         "end www.example.com.\nsoa example.com. 300 IN SOA ns1.example.com. host.example.com. 1 2 3 4 60\nnegative "
         "60\n"},
        {"two SOA: the first counts", WWW, 0, "AA NOERROR\n" SOA "\nns example.com. 300 SOA evil. evil. 1 2 3 4 86400",
         REPLY_NODATA, DENIED},
        {"a SOA from above", WWW, 0, "AA NXDOMAIN\nns com. 300 SOA a. b. 1 2 3 4 60", REPLY_NXDOMAIN,
         "end www.example.com.\ndropped 1\n"},
        {"a SOA beside the way", WWW, 0, "AA NXDOMAIN\nns b.example.com. 300 SOA a. b. 1 2 3 4 60", REPLY_NXDOMAIN,
         "end www.example.com.\n"},
        {"bare", WWW, 0, "AA NXDOMAIN", REPLY_NXDOMAIN, "end www.example.com.\n"},
        {"NXDOMAIN with NS and glue (T12)", WWW, 0, "AA NXDOMAIN\n" SOA ZONE_NS, REPLY_NXDOMAIN, DENIED},
        {"NODATA with NS and glue (T12)", WWW, 0, "AA NOERROR\n" SOA ZONE_NS, REPLY_NODATA, DENIED},
        {"NODATA with NS and glue, no SOA (T12)", WWW, 0, "AA NOERROR" ZONE_NS, REPLY_NODATA, "end www.example.com.\n"},
        {"NXDOMAIN with another name's address (T18)", WWW, 0,
         "AA NXDOMAIN\nan victim.example.com. 300 A 192.0.2.66\n" SOA "\nar victim.example.com. 300 A 192.0.2.66",
         REPLY_NXDOMAIN, DENIED "dropped 1\n"},
        {"NXDOMAIN with MX and address (T13)", WWW, 0,
         "AA NXDOMAIN\n" SOA "\nns www.example.com. 300 MX 1 b.example.com.\nar b.example.com. 300 A 192.0.2.66",
         REPLY_NXDOMAIN, DENIED},
        {"YXDOMAIN with NS and glue (T12)", WWW, 0, "AA YXDOMAIN" ZONE_NS, REPLY_BROKEN, "end www.example.com.\n"},
        {"SERVFAIL with answer, NS and glue (T18)", WWW, 0, "AA SERVFAIL\nan www.example.com. 300 A 192.0.2.66" ZONE_NS,
         REPLY_SERVFAIL, "end www.example.com.\n"},
        {"REFUSED with NS and glue (T18)", WWW, 0, "AA REFUSED" ZONE_NS, REPLY_REFUSED, "end www.example.com.\n"},
        {"NOTAUTH with a referral (T18)", WWW, 0,
         "NOTAUTH\nns www.example.com. 300 NS a.example.com.\nar a.example.com. 300 A 192.0.2.66", REPLY_LAME,
         "end www.example.com.\n"},
        {"proofs: twelve sets, of the zone, each once", WWW, 0,
         "AA NXDOMAIN\n" SOA
         "\nns a.example.com. 60 NSEC c.example.com. A\nns A.example.com. 60 NSEC c.example.com. A\n"
         "ns com. 60 NSEC net. A\nns b.example.com. 60 NSEC3 1 0 0 - 00000000000000000000000000000000 A\n"
         "ns d.example.com. 60 NSEC e.example.com. A\nns e.example.com. 60 NSEC f.example.com. A\n"
         "ns f.example.com. 60 NSEC g.example.com. A\nns g.example.com. 60 NSEC h.example.com. A\n"
         "ns h.example.com. 60 NSEC i.example.com. A\nns i.example.com. 60 NSEC j.example.com. A\n"
         "ns j.example.com. 60 NSEC k.example.com. A\nns k.example.com. 60 NSEC l.example.com. A\n"
         "ns l.example.com. 60 NSEC m.example.com. A\nns m.example.com. 60 NSEC n.example.com. A\n"
         "ns n.example.com. 60 NSEC o.example.com. A",
         REPLY_NXDOMAIN,
         DENIED "proof a.example.com. 60 IN NSEC c.example.com. A\n"
                "proof b.example.com. 60 IN NSEC3 1 0 0 - 00000000000000000000000000000000 A\n"
                "proof d.example.com. 60 IN NSEC e.example.com. A\nproof e.example.com. 60 IN NSEC f.example.com. A\n"
                "proof f.example.com. 60 IN NSEC g.example.com. A\nproof g.example.com. 60 IN NSEC h.example.com. A\n"
                "proof h.example.com. 60 IN NSEC i.example.com. A\nproof i.example.com. 60 IN NSEC j.example.com. A\n"
                "proof j.example.com. 60 IN NSEC k.example.com. A\nproof k.example.com. 60 IN NSEC l.example.com. A\n"
                "proof l.example.com. 60 IN NSEC m.example.com. A\nproof m.example.com. 60 IN NSEC n.example.com. A\n"
                "dropped 1\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

static void referrals(void **state)
{
    (void)state;
#define COM "www.example.com.", "A", "com."
    static const struct row rows[] = {
        {"with glue of both families", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nns example.com. 200 NS ns2.example.com.\n"
         "ar ns1.example.com. 300 A 192.0.2.1\nar ns1.example.com. 300 AAAA 2001:db8::1\n"
         "ar ns2.example.com. 300 A 192.0.2.2",
         REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 200\nserver ns1.example.com. 192.0.2.1 2001:db8::1\n"
         "server ns2.example.com. 192.0.2.2\n"},
        {"without glue", COM, 0, "NOERROR\nns example.com. 300 NS ns1.example.net.", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 300\nserver ns1.example.net.\n"},
        {"sibling glue is for this delegation", COM, 0,
         "NOERROR\nns example.com. 300 NS ns.other.com.\nar ns.other.com. 300 A 192.0.2.1", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 300\nserver ns.other.com. 192.0.2.1\n"},
        {"glue out of the zone asked (T15)", COM, 0,
         "NOERROR\nns example.com. 300 NS ns.victim.net.\nar ns.victim.net. 300 A 192.0.2.66", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 300\nserver ns.victim.net.\ndropped 1\n"},
        {"glue of the parent's own servers (T15)", "www.example.com.", "A", "example.com.", 0,
         "NOERROR\nns www.example.com. 300 NS a.gtld.com.\nar a.gtld.com. 300 A 192.0.2.66", REPLY_REFERRAL,
         "end www.example.com.\ncut www.example.com. 300\nserver a.gtld.com.\ndropped 1\n"},
        {"addresses of other names (T13, T15)", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 300 A 192.0.2.1\n"
         "ar www.example.com. 300 A 192.0.2.66\nar example.com. 300 MX 1 a.",
         REPLY_REFERRAL, "end www.example.com.\ncut example.com. 300\nserver ns1.example.com. 192.0.2.1\n"},
        {"glue of another class (T23)", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 300 CH A 192.0.2.66", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 300\nserver ns1.example.com.\ndropped 1\n"},
        {"glue in the wrong sections", COM, 0,
         "NOERROR\nan ns1.example.com. 300 A 192.0.2.66\nns example.com. 300 NS ns1.example.com.\n"
         "ns ns1.example.com. 300 A 192.0.2.67",
         REPLY_REFERRAL, "end www.example.com.\ncut example.com. 300\nserver ns1.example.com.\ndropped 1\n"},
        {"NS of other cuts beside it (T19)", COM, 0,
         "NOERROR\nns example.com. 300 NS a.\nns com. 300 NS evil.\nns victim.com. 300 NS evil.\n"
         "ns www.example.com. 300 NS evil.\nns net. 300 NS evil.",
         REPLY_REFERRAL, "end www.example.com.\ncut example.com. 300\nserver a.\ndropped 1\n"},
        {"a small TTL of glue shortens the delegation", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 120 A 192.0.2.1", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 120\nserver ns1.example.com. 192.0.2.1\n"},
        {"a tiny TTL of glue does not end it at once", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 0 A 192.0.2.1", REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 60\nserver ns1.example.com. 192.0.2.1\n"},
        {"names come back in the drawn case", "wWW.eXAMPLE.com.", "A", "com.", CASED,
         "NOERROR\nns eXAMPLE.com. 300 NS ns1.eXAMPLE.com.\nar ns1.eXAMPLE.com. 300 A 192.0.2.1", REPLY_REFERRAL,
         "end wWW.eXAMPLE.com.\ncut example.com. 300\nserver ns1.example.com. 192.0.2.1\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

static void signed_referrals(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"DS and its signature", COM, 0,
         "NOERROR\nns example.com. 300 NS a.\nns example.com. 300 DS 1 13 2 00\n"
         "ns example.com. 300 RRSIG DS 13 2 300 20300101000000 20200101000000 1 com. AAAA\nns victim.com. 300 DS 1 13 "
         "2 00",
         REPLY_REFERRAL,
         "end www.example.com.\ncut example.com. 300\nserver a.\nds example.com. 300 IN DS 1 13 2 00\nds+sig\n"},
        {"proof that there is no DS", COM, 0, "NOERROR\nns example.com. 300 NS a.\nns example.com. 300 NSEC f.com. NS",
         REPLY_REFERRAL,
         "end www.example.com.\nproof example.com. 300 IN NSEC f.com. NS\ncut example.com. 300\nserver a.\n"},
        {"NS twice, glue twice", COM, 0,
         "NOERROR\nns example.com. 300 NS ns1.example.com.\nns example.com. 300 NS NS1.example.com.\n"
         "ar ns1.example.com. 300 A 192.0.2.1\nar NS1.example.com. 300 A 192.0.2.1",
         REPLY_REFERRAL, "end www.example.com.\ncut example.com. 300\nserver ns1.example.com. 192.0.2.1\n"},
    };
    check(rows, ROWS(rows), ASKED_AUTHORITY);
}

/* T16: the apex of the forward zone bounds what a forwarder may say, and it never delegates. */
static void forwarders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"the whole chain, ranked as not authoritative", "www.x.test.", "A", "x.test.", 0,
         "AA RA NOERROR\nan www.x.test. 300 CNAME b.x.test.\nan b.x.test. 300 A 192.0.2.1", REPLY_ANSWER,
         "chain www.x.test. 300 IN CNAME b.x.test.\nchain b.x.test. 300 IN A 192.0.2.1\ncomplete b.x.test.\n"},
        {"NS above its apex", "www.x.test.", "A", "x.test.", 0,
         "RA NOERROR\nan www.x.test. 300 A 192.0.2.1\nns test. 300 NS evil.x.test.\nns . 300 NS evil.x.test.\n"
         "ar evil.x.test. 300 A 192.0.2.66",
         REPLY_ANSWER, "chain www.x.test. 300 IN A 192.0.2.1\ncomplete www.x.test.\ndropped 2\n"},
        {"NS at its apex", "www.x.test.", "A", "x.test.", 0,
         "RA NOERROR\nan www.x.test. 300 A 192.0.2.1\nns x.test. 300 NS evil.x.test.\nar evil.x.test. 300 A 192.0.2.66",
         REPLY_ANSWER, "chain www.x.test. 300 IN A 192.0.2.1\ncomplete www.x.test.\n"},
        {"an alias out of its zone and data there", "www.x.test.", "A", "x.test.", 0,
         "RA NOERROR\nan www.x.test. 300 CNAME victim.net.\nan victim.net. 300 A 192.0.2.66", REPLY_ALIAS,
         "chain www.x.test. 300 IN CNAME victim.net.\nend victim.net.\ndropped 1\n"},
        {"a referral", "www.x.test.", "A", "x.test.", 0,
         "RA NOERROR\nns www.x.test. 300 NS evil.x.test.\nar evil.x.test. 300 A 192.0.2.66", REPLY_LAME,
         "end www.x.test.\n"},
        {"a SOA above its apex", "www.x.test.", "A", "x.test.", 0, "RA NXDOMAIN\nns test. 300 SOA a. b. 1 2 3 4 60",
         REPLY_NXDOMAIN, "end www.x.test.\ndropped 1\n"},
    };
    check(rows, ROWS(rows), ASKED_FORWARDER);
}

/* L6: 40 NS with 3 addresses each: 13 of them are used. */
static void many_servers(void **state)
{
    (void)state;
    static char reply[32768];
    struct scene s;
    struct scrubbed out;
    int n = snprintf(reply, sizeof reply, "NOERROR");
    for (unsigned i = 0; i < 40; i++) {
        n += snprintf(reply + n, sizeof reply - (size_t)n, "\nns example.com. 300 NS n%u.example.com.", i);
    }
    for (unsigned i = 0; i < 120; i++) {
        n += snprintf(reply + n, sizeof reply - (size_t)n, "\nar n%u.example.com. 300 A 192.0.2.%u", i % 40, i);
    }
    scene_begin(&s);
    scene_ask(&s, "www.example.com.", "A", "com.");
    scene_reply(&s, reply);
    assert_int_equal(scrub(&s.msg, &s.ask, REPLY_REFERRAL, ASKED_AUTHORITY, &s.arena, &out), DNS_OK);
    assert_int_equal(out.cut->ns_count, DELEGATION_NS_MAX);
    assert_int_equal(out.cut->addr_count, 3 * DELEGATION_NS_MAX);
    scene_end(&s);
}

/* Every allocation that can fail is reported, and nothing is left half done. */
static void out_of_memory(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *reply;
        enum reply_kind kind;
    } rows[] = {
        {"example.com.",
         "AA NOERROR\nan example.com. 300 DNAME b.example.com.\nan www.b.example.com. 300 A 192.0.2.1\n"
         "ns a.example.com. 60 NSEC c.example.com. A",
         REPLY_ALIAS},
        {"example.com.", "AA NXDOMAIN\n" SOA "\nns a.example.com. 60 NSEC c.example.com. A", REPLY_NXDOMAIN},
        {"com.", "NOERROR\nns example.com. 300 NS a.\nns example.com. 300 DS 1 13 2 00", REPLY_REFERRAL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scene s;
        scene_begin(&s);
        scene_ask(&s, "www.example.com.", "A", rows[i].zone);
        scene_reply(&s, rows[i].reply);
        size_t budget = 0;
        for (;; budget += 16) {
            struct arena small;
            struct scrubbed out;
            arena_init(&small, NULL, 0, budget);
            enum dns_err err = scrub(&s.msg, &s.ask, rows[i].kind, ASKED_AUTHORITY, &small, &out);
            bool refused = small.exhausted;
            arena_release(&small);
            assert_int_equal(err, refused ? DNS_E_NO_MEMORY : DNS_OK);
            if (!refused) {
                break;
            }
        }
        assert_true(budget > 0);
        scene_end(&s);
    }
}

static void priming(void **state)
{
    (void)state;
    static const struct {
        const char *what, *reply, *left; /* NULL: not usable */
    } rows[] = {
        {"RFC 9609",
         "AA NOERROR\nan . 518400 NS a.root-servers.net.\nan . 518400 NS b.root-servers.net.\n"
         "ar a.root-servers.net. 3600000 A 198.41.0.4\nar a.root-servers.net. 3600000 AAAA 2001:503:ba3e::2:30\n"
         "ar c.root-servers.net. 3600000 A 192.0.2.66",
         "cut . 518400\nserver a.root-servers.net. 198.41.0.4 2001:503:ba3e::2:30\nserver b.root-servers.net.\n"},
        {"no addresses", "AA NOERROR\nan . 518400 NS a.root-servers.net.", NULL},
        {"no NS", "AA NOERROR\nar a.root-servers.net. 3600000 A 198.41.0.4", NULL},
        {"NS in authority", "NOERROR\nns . 518400 NS a.root-servers.net.\nar a.root-servers.net. 3600000 A 198.41.0.4",
         NULL},
        {"NS of something else", "AA NOERROR\nan com. 518400 NS a.b.\nar a.b. 3600000 A 198.41.0.4", NULL},
        {"SERVFAIL", "SERVFAIL\nan . 518400 NS a.root-servers.net.\nar a.root-servers.net. 3600000 A 198.41.0.4", NULL},
        {"truncated", "AA TC NOERROR\nan . 518400 NS a.root-servers.net.\nar a.root-servers.net. 3600000 A 198.41.0.4",
         NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct scene s;
        char left[1024];
        struct text t = text_of(left, sizeof left);
        scene_begin(&s);
        scene_ask(&s, ".", "NS", ".");
        scene_reply(&s, rows[i].reply);
        struct delegation *d = scrub_priming(&s.msg, &s.arena);
        if ((d != NULL) != (rows[i].left != NULL)) {
            fail_msg("%s: %s", rows[i].what, d != NULL ? "usable" : "not usable");
        }
        if (d != NULL) {
            print_cut(&t, d);
            assert_string_equal(left, rows[i].left);
            assert_int_equal(d->kind, DELEGATION_PRIMED);
        }
        scene_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),      cmocka_unit_test(poison_beside_an_answer), cmocka_unit_test(negative_answers),
        cmocka_unit_test(referrals),    cmocka_unit_test(signed_referrals),        cmocka_unit_test(forwarders),
        cmocka_unit_test(many_servers), cmocka_unit_test(out_of_memory),           cmocka_unit_test(priming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
