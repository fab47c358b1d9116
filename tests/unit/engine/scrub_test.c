/* What of a reply is believed: T12-T19, T25. Each row tells the reply and the whole of what is left of it. */
#include "resolver/engine/scrub.h"

#include "support.h"

enum { TCP = 1, CASED = 2 };

struct row {
    const char *what;
    const char *qname, *qtype, *zone;
    unsigned flags;
    const char *reply;
    enum reply_kind kind;
    const char *left;
};

#define WWW      "www.example.com.", "A", "example.com."
#define ZONE_NS  "\nns example.com. 300 NS ns1.example.com.\nar ns1.example.com. 300 A 192.0.2.66"
#define SOA      "ns example.com. 300 SOA ns1. host. 1 2 3 4 60"
#define SOA_LEFT "soa example.com. 300 IN SOA ns1. host. 1 2 3 4 60\n"

static void print_cut(struct text *t, const struct delegation *d)
{
    const struct delegation_addr *a = delegation_addrs(d);

    text_add(t, "cut ");
    text_name(t, delegation_zone(d));
    text_addf(t, " %u\n", d->ttl_s);
    for (unsigned i = 0; i < d->ns_count; i++) {
        text_add(t, "server ");
        text_name(t, delegation_ns(d, i));
        for (unsigned k = 0; k < d->addr_count; k++) {
            char addr[ADDR_TEXT_MAX];
            struct addr one = delegation_addr_of(&a[k], 0);
            if (a[k].ns == i) {
                addr_print(&one, addr);
                text_addf(t, " %s", addr);
            }
        }
        text_add(t, "\n");
    }
}

static void print_scrubbed(struct text *t, const struct scrubbed *s)
{
    for (unsigned i = 0; i < s->chain_count; i++) {
        print_set(t, (s->made >> i & 1) != 0 ? "made" : "chain", s->chain[i], s->chain[i]->ttl_s);
    }
    text_add(t, s->chain_complete ? "complete" : "end");
    text_add(t, " ");
    text_name(t, s->end);
    text_add(t, "\n");
    if (s->soa != NULL) {
        print_set(t, "soa", s->soa, s->soa->ttl_s);
        text_addf(t, "negative %u\n", s->negative_ttl_s);
    }
    for (unsigned i = 0; i < s->proof_count; i++) {
        print_set(t, "proof", s->proof[i], s->proof[i]->ttl_s);
    }
    if (s->cut != NULL) {
        print_cut(t, s->cut);
    }
    if (s->ds != NULL) {
        print_set(t, "ds", s->ds, s->ds->ttl_s);
    }
    if (s->dropped != 0) {
        text_addf(t, "dropped %u\n", s->dropped);
    }
}

static void check(const struct row *rows, size_t count, enum asked_as as)
{
    static char left[65536];
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        struct scene s;
        struct scrubbed out;
        struct text t = text_of(left, sizeof left);
        scene_begin(&s);
        scene_ask(&s, row->qname, row->qtype, row->zone);
        s.ask.tcp = (row->flags & TCP) != 0;
        s.ask.cased = (row->flags & CASED) != 0;
        scene_reply(&s, row->reply);
        enum reply_kind kind = classify(&s.msg, &s.ask, as);
        if (kind != row->kind) {
            fail_msg("%s: %s, not %s", row->what, reply_kind_text(kind), reply_kind_text(row->kind));
        }
        assert_int_equal(scrub(&s.msg, &s.ask, kind, as, &s.arena, &out), DNS_OK);
        bool aa = (s.msg.flags & DNS_FLAG_AA) != 0 && as == ASKED_AUTHORITY;
        assert_int_equal(out.rank, aa ? RANK_AUTH_ANSWER : RANK_NONAUTH_ANSWER);
        print_scrubbed(&t, &out);
        if (strcmp(left, row->left) != 0) {
            fail_msg("%s\nleft:\n%sinstead of:\n%s", row->what, left, row->left);
        }
        scene_end(&s);
    }
}

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
        {"proofs: four sets, of the zone, each once", WWW, 0,
         "AA NXDOMAIN\n" SOA
         "\nns a.example.com. 60 NSEC c.example.com. A\nns A.example.com. 60 NSEC c.example.com. A\n"
         "ns com. 60 NSEC net. A\nns b.example.com. 60 NSEC3 1 0 0 - 00000000000000000000000000000000 A\n"
         "ns d.example.com. 60 NSEC e.example.com. A\nns e.example.com. 60 NSEC f.example.com. A\n"
         "ns f.example.com. 60 NSEC g.example.com. A",
         REPLY_NXDOMAIN,
         DENIED "proof a.example.com. 60 IN NSEC c.example.com. A\n"
                "proof b.example.com. 60 IN NSEC3 1 0 0 - 00000000000000000000000000000000 A\n"
                "proof d.example.com. 60 IN NSEC e.example.com. A\nproof e.example.com. 60 IN NSEC f.example.com. A\n"
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
        cmocka_unit_test(answers),
        cmocka_unit_test(poison_beside_an_answer),
        cmocka_unit_test(aliases),
        cmocka_unit_test(dnames),
        cmocka_unit_test(negative_answers),
        cmocka_unit_test(referrals),
        cmocka_unit_test(forwarders),
        cmocka_unit_test(long_chains),
        cmocka_unit_test(long_chain_of_dnames),
        cmocka_unit_test(many_servers),
        cmocka_unit_test(yxdomain),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(priming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
