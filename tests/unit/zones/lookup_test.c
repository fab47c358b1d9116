/* Authoritative answers of every kind: RFC 1034 section 4.3.2, RFC 2308, RFC 4592, RFC 6672, RFC 9471. */
#include "zones/lookup.h"

#include "support.h"

#define LONG_LABEL "a123456789012345678901234567890123456789012345678901234567890"

static const char example[] =
    "@ SOA ns admin 1 2 3 4 300\n"
    "@ NS ns\n"
    "@ NS ns2.sub\n"
    "@ MX 10 mail\n"
    "@ MX 20 mail.other.org.\n"
    "ns A 192.0.2.1\n"
    "ns AAAA 2001:db8::1\n"
    "mail A 192.0.2.2\n"
    "www A 192.0.2.3\n"
    "www A 192.0.2.4\n"
    "www 60 TXT \"text\"\n"
    "_sip._tcp SRV 1 2 5060 www\n"
    "_sip._tcp SRV 1 2 5061 host.sub\n"
    "alias CNAME www\n"
    "alias2 CNAME alias\n"
    "away CNAME www.other.org.\n"
    "dangling CNAME nothing-here\n"
    "notype CNAME mail\n"
    "below CNAME x.sub\n"
    "self CNAME self\n"
    "loop1 CNAME loop2\n"
    "loop2 CNAME loop1\n"
    "c0 CNAME c1\nc1 CNAME c2\nc2 CNAME c3\nc3 CNAME c4\nc4 CNAME c5\nc5 CNAME c6\nc6 CNAME c7\nc7 CNAME c8\n"
    "c8 CNAME c9\nc9 CNAME c10\nc10 CNAME c11\nc11 CNAME c12\nc12 CNAME c13\nc13 CNAME c14\nc14 CNAME c15\n"
    "c15 CNAME c16\nc16 CNAME c17\nc17 CNAME c18\nc18 A 192.0.2.18\n"
    /* wildcards */
    "*.wild A 192.0.2.5\n"
    "*.wild MX 5 mail\n"
    "stop.wild TXT \"here\"\n"
    "x.ent.wild A 192.0.2.6\n"
    "*.walias CNAME www\n"
    "*.waway CNAME www.other.org.\n"
    "*.wloop CNAME a.wloop\n"
    "deep.*.under A 192.0.2.7\n"
    /* empty non-terminals */
    "a.b.c.d A 192.0.2.8\n"
    /* cuts */
    "sub NS ns.sub\n"
    "sub NS ns2.sub\n"
    "sub NS ns.other.org.\n"
    "sub NS sibling.sub2\n"
    "sub DS 1 8 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\n"
    "ns.sub A 192.0.2.9\n"
    "ns2.sub AAAA 2001:db8::9\n"
    "host.sub A 192.0.2.10\n"
    "*.sub TXT \"occluded\"\n"
    "deeper.sub NS ns.deeper.sub\n"
    "ns.deeper.sub A 192.0.2.11\n"
    "sub2 NS sibling.sub2\n"
    "sibling.sub2 A 192.0.2.12\n"
    /* redirections */
    "old DNAME new\n"
    "www.new A 192.0.2.13\n"
    "sub.new NS ns\n"
    "out DNAME other.org.\n"
    "again DNAME old\n"
    "loopd DNAME x.loopd2\n"
    "loopd2 DNAME loopd\n"
    "long DNAME " LONG_LABEL "." LONG_LABEL "." LONG_LABEL ".x\n"
    "old TXT \"at the owner\"\n";

struct row {
    const char *name, *type;
    enum lookup_kind kind;
    bool authoritative;
    /* Each section as one string, "owner TYPE data; ..." */
    const char *answer, *authority, *additional;
};

static void add(struct text *t, struct dname owner, uint16_t type, struct rdata_ref rr)
{
    char buf[DNS_TYPE_TEXT_MAX];
    text_add(t, t->len > 0 ? "; " : "");
    text_name(t, owner);
    text_addf(t, " %s ", dns_type_text(type, buf));
    rdata_print(type, rr.data, rr.len, t);
}

static void add_set(struct text *t, const struct rrset *s, struct dname owner)
{
    struct rrset_iter it = rrset_rrs(s);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        add(t, owner, s->type, rr);
    }
}

static void show(const struct lookup *l, char section[3][4096])
{
    struct text t[3];
    for (int i = 0; i < 3; i++) {
        t[i] = text_of(section[i], sizeof section[i]);
    }
    for (unsigned i = 0; i < l->answers; i++) {
        const struct lookup_set *a = &l->answer[i];
        if (a->synthesised_cname) {
            add(&t[0], dname_of(&a->owner), DNS_TYPE_CNAME,
                (struct rdata_ref){.data = a->target.wire, .len = a->target.len});
        } else {
            add_set(&t[0], a->set, dname_of(&a->owner));
        }
    }
    for (unsigned i = 0; i < l->authorities; i++) {
        add_set(&t[1], l->authority[i], rrset_owner(l->authority[i]));
    }
    for (unsigned i = 0; i < l->additionals; i++) {
        add_set(&t[2], l->additional[i], rrset_owner(l->additional[i]));
    }
}

#define SOA     "example. SOA ns.example. admin.example. 1 2 3 4 300"
#define NS_GLUE "ns.example. A 192.0.2.1; ns.example. AAAA 2001:db8::1"
#define SUB                                                                                                            \
    "sub.example. NS ns.sub.example.; sub.example. NS ns2.sub.example.; sub.example. NS ns.other.org.; "               \
    "sub.example. NS sibling.sub2.example."
#define SUB_GLUE "ns.sub.example. A 192.0.2.9; ns2.sub.example. AAAA 2001:db8::9; sibling.sub2.example. A 192.0.2.12"
#define WWW      "www.example. A 192.0.2.3; www.example. A 192.0.2.4"

static const struct row rows[] = {
    /* answers */
    {"www.example.", "A", LOOKUP_ANSWER, true, WWW, "", ""},
    {"WwW.eXample.", "A", LOOKUP_ANSWER, true, "WwW.eXample. A 192.0.2.3; WwW.eXample. A 192.0.2.4", "", ""},
    {"www.example.", "TXT", LOOKUP_ANSWER, true, "www.example. TXT \"text\"", "", ""},
    {"example.", "SOA", LOOKUP_ANSWER, true, SOA, "", ""},
    {"example.", "NS", LOOKUP_ANSWER, true, "example. NS ns.example.; example. NS ns2.sub.example.", "",
     NS_GLUE "; ns2.sub.example. AAAA 2001:db8::9"},
    {"example.", "MX", LOOKUP_ANSWER, true, "example. MX 10 mail.example.; example. MX 20 mail.other.org.", "",
     "mail.example. A 192.0.2.2"},
    /* addresses below a cut are glue, which belongs to NS alone */
    {"_sip._tcp.example.", "SRV", LOOKUP_ANSWER, true,
     "_sip._tcp.example. SRV 1 2 5060 www.example.; _sip._tcp.example. SRV 1 2 5061 host.sub.example.", "", WWW},
    {"www.example.", "ANY", LOOKUP_ANSWER, true, WWW "; www.example. TXT \"text\"", "", ""},
    {"alias.example.", "ANY", LOOKUP_ANSWER, true, "alias.example. CNAME www.example.", "", ""},
    /* negative */
    {"www.example.", "MX", LOOKUP_NODATA, true, "", SOA, ""},
    {"example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"nothing.example.", "A", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"a.www.example.", "A", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"nothing.example.", "ANY", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"nothing.example.", "RRSIG", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"www.example.", "RRSIG", LOOKUP_NODATA, true, "", SOA, ""},
    {"other.org.", "A", LOOKUP_OUTSIDE, false, "", "", ""},
    {".", "NS", LOOKUP_OUTSIDE, false, "", "", ""},
    {"notexample.", "A", LOOKUP_OUTSIDE, false, "", "", ""},
    /* empty non-terminals */
    {"d.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"c.d.example.", "ANY", LOOKUP_NODATA, true, "", SOA, ""},
    {"b.c.d.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"z.c.d.example.", "A", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"_tcp.example.", "SRV", LOOKUP_NODATA, true, "", SOA, ""},
    /* aliases */
    {"alias.example.", "A", LOOKUP_ANSWER, true, "alias.example. CNAME www.example.; " WWW, "", ""},
    {"alias2.example.", "A", LOOKUP_ANSWER, true,
     "alias2.example. CNAME alias.example.; alias.example. CNAME www.example.; " WWW, "", ""},
    {"alias.example.", "CNAME", LOOKUP_ANSWER, true, "alias.example. CNAME www.example.", "", ""},
    {"alias.example.", "NSEC", LOOKUP_NODATA, true, "", SOA, ""},
    {"alias.example.", "RRSIG", LOOKUP_NODATA, true, "", SOA, ""},
    {"away.example.", "A", LOOKUP_ALIAS, true, "away.example. CNAME www.other.org.", "", ""},
    {"dangling.example.", "A", LOOKUP_NXDOMAIN, true, "dangling.example. CNAME nothing-here.example.", SOA, ""},
    {"notype.example.", "MX", LOOKUP_NODATA, true, "notype.example. CNAME mail.example.", SOA, ""},
    {"self.example.", "A", LOOKUP_ALIAS, true, "self.example. CNAME self.example.", "", ""},
    {"loop1.example.", "A", LOOKUP_ALIAS, true,
     "loop1.example. CNAME loop2.example.; loop2.example. CNAME loop1.example.", "", ""},
    {"below.example.", "A", LOOKUP_REFERRAL, true, "below.example. CNAME x.sub.example.", SUB, SUB_GLUE},
    /* wildcards */
    {"x.wild.example.", "A", LOOKUP_ANSWER, true, "x.wild.example. A 192.0.2.5", "", ""},
    {"x.y.z.wild.example.", "A", LOOKUP_ANSWER, true, "x.y.z.wild.example. A 192.0.2.5", "", ""},
    {"*.wild.example.", "A", LOOKUP_ANSWER, true, "*.wild.example. A 192.0.2.5", "", ""},
    {"x.wild.example.", "MX", LOOKUP_ANSWER, true, "x.wild.example. MX 5 mail.example.", "",
     "mail.example. A 192.0.2.2"},
    {"x.wild.example.", "TXT", LOOKUP_NODATA, true, "", SOA, ""},
    {"x.wild.example.", "ANY", LOOKUP_ANSWER, true, "x.wild.example. A 192.0.2.5; x.wild.example. MX 5 mail.example.",
     "", ""},
    {"wild.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"stop.wild.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"a.stop.wild.example.", "A", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"ent.wild.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"y.ent.wild.example.", "A", LOOKUP_NXDOMAIN, true, "", SOA, ""},
    {"q.walias.example.", "A", LOOKUP_ANSWER, true, "q.walias.example. CNAME www.example.; " WWW, "", ""},
    {"q.waway.example.", "A", LOOKUP_ALIAS, true, "q.waway.example. CNAME www.other.org.", "", ""},
    {"q.wloop.example.", "A", LOOKUP_ALIAS, true,
     "q.wloop.example. CNAME a.wloop.example.; "
     "a.wloop.example. CNAME a.wloop.example.",
     "", ""},
    /* the wildcard itself is an empty non-terminal: it covers, and has nothing */
    {"q.under.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"deep.q.under.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"deep.*.under.example.", "A", LOOKUP_ANSWER, true, "deep.*.under.example. A 192.0.2.7", "", ""},
    /* cuts */
    {"sub.example.", "A", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"sub.example.", "NS", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"sub.example.", "SOA", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"x.y.sub.example.", "A", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"host.sub.example.", "A", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"ns.sub.example.", "A", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"any.sub.example.", "TXT", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"x.deeper.sub.example.", "A", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"sub.example.", "ANY", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    /* DS is the parent's */
    {"sub.example.", "DS", LOOKUP_ANSWER, true,
     "sub.example. DS 1 8 2 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF", "", ""},
    {"sub2.example.", "DS", LOOKUP_NODATA, true, "", SOA, ""},
    {"x.sub.example.", "DS", LOOKUP_REFERRAL, false, "", SUB, SUB_GLUE},
    {"example.", "DS", LOOKUP_NODATA, true, "", SOA, ""},
    /* redirections */
    {"www.old.example.", "A", LOOKUP_ANSWER, true,
     "old.example. DNAME new.example.; www.old.example. CNAME www.new.example.; www.new.example. A 192.0.2.13", "", ""},
    {"www.old.example.", "CNAME", LOOKUP_ANSWER, true,
     "old.example. DNAME new.example.; www.old.example. CNAME www.new.example.", "", ""},
    {"www.old.example.", "ANY", LOOKUP_ANSWER, true,
     "old.example. DNAME new.example.; www.old.example. CNAME www.new.example.", "", ""},
    {"www.old.example.", "TXT", LOOKUP_NODATA, true,
     "old.example. DNAME new.example.; www.old.example. CNAME www.new.example.", SOA, ""},
    {"zip.old.example.", "A", LOOKUP_NXDOMAIN, true,
     "old.example. DNAME new.example.; zip.old.example. CNAME zip.new.example.", SOA, ""},
    {"old.example.", "DNAME", LOOKUP_ANSWER, true, "old.example. DNAME new.example.", "", ""},
    {"old.example.", "TXT", LOOKUP_ANSWER, true, "old.example. TXT \"at the owner\"", "", ""},
    {"old.example.", "A", LOOKUP_NODATA, true, "", SOA, ""},
    {"h.sub.old.example.", "A", LOOKUP_REFERRAL, true,
     "old.example. DNAME new.example.; h.sub.old.example. CNAME h.sub.new.example.", "sub.new.example. NS ns.example.",
     NS_GLUE},
    {"x.out.example.", "A", LOOKUP_ALIAS, true, "out.example. DNAME other.org.; x.out.example. CNAME x.other.org.", "",
     ""},
    {"www.again.example.", "A", LOOKUP_ANSWER, true,
     "again.example. DNAME old.example.; www.again.example. CNAME www.old.example.; old.example. DNAME new.example.; "
     "www.old.example. CNAME www.new.example.; www.new.example. A 192.0.2.13",
     "", ""},
    {LONG_LABEL ".long.example.", "A", LOOKUP_YXDOMAIN, true,
     "long.example. DNAME " LONG_LABEL "." LONG_LABEL "." LONG_LABEL ".x.example.", "", ""},
    {"x.long.example.", "A", LOOKUP_NXDOMAIN, true,
     "long.example. DNAME " LONG_LABEL "." LONG_LABEL "." LONG_LABEL ".x.example.; x.long.example. CNAME x." LONG_LABEL
     "." LONG_LABEL "." LONG_LABEL ".x.example.",
     SOA, ""},
};

static void every_kind(void **state)
{
    (void)state;
    struct zone *z = make_zone("example.", example);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct row *r = &rows[i];
        struct lookup l;
        char section[3][4096];
        zone_lookup(z, NAME(r->name), type_in(r->type), false, &l);
        show(&l, section);
        if (l.kind != r->kind || l.authoritative != r->authoritative || strcmp(section[0], r->answer) != 0 ||
            strcmp(section[1], r->authority) != 0 || strcmp(section[2], r->additional) != 0) {
            fail_msg("%s %s: kind %d aa %d\nanswer %s\nauthority %s\nadditional %s", r->name, r->type, l.kind,
                     l.authoritative, section[0], section[1], section[2]);
        }
    }
    zone_free(z);
}

/* Chains are bounded, in-domain glue comes first and is counted, negative TTLs are the smaller of two. */
static void limits(void **state)
{
    (void)state;
    struct zone *z = make_zone("example.", example);
    struct lookup l;
    zone_lookup(z, NAME("c0.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_ALIAS);
    assert_int_equal(l.answers, LOOKUP_CHAIN_MAX);
    zone_lookup(z, NAME("c3.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_ANSWER);
    assert_int_equal(l.answers, 16);
    zone_lookup(z, NAME("q.loopd.example."), DNS_TYPE_A, false, &l); /* grows by a label each time round */
    assert_int_equal(l.kind, LOOKUP_ALIAS);
    zone_lookup(z, NAME("x.sub.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.additionals, 3);
    assert_int_equal(l.glue, 2);
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.negative_ttl_s, 300);
    zone_free(z);
    z = make_zone("example.", "@ 60 SOA ns admin 1 2 3 4 300\n@ NS ns\n");
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.negative_ttl_s, 60);
    zone_free(z);
}

/* L20: not more than thirteen names are looked up for the additional section. */
static void additional_names(void **state)
{
    (void)state;
    char text[8192];
    struct text t = text_of(text, sizeof text);
    text_add(&t, "@ SOA ns admin 1 2 3 4 5\n@ NS ns\n");
    for (int i = 0; i < 40; i++) {
        text_addf(&t, "@ MX 1 h%d\nh%d A 192.0.2.%d\n", i, i, i);
    }
    struct zone *z = make_zone("example.", text);
    struct lookup l;
    zone_lookup(z, NAME("example."), DNS_TYPE_MX, false, &l);
    assert_int_equal(l.additionals, DNS_ADDITIONAL_NAMES_MAX);
    zone_free(z);
}

/* More types at one name than an answer holds: the rest is left out. */
static void many_types(void **state)
{
    (void)state;
    char text[8192];
    struct text t = text_of(text, sizeof text);
    text_add(&t, "@ SOA ns admin 1 2 3 4 5\n@ NS ns\n");
    for (int i = 0; i < 100; i++) {
        text_addf(&t, "many TYPE%d \\# 1 00\n", 65280 + i);
    }
    struct zone *z = make_zone("example.", text);
    struct lookup l;
    zone_lookup(z, NAME("many.example."), DNS_TYPE_ANY, false, &l);
    assert_int_equal(l.kind, LOOKUP_ANSWER);
    assert_int_equal(l.answers, LOOKUP_SETS_MAX);
    zone_free(z);
}

/* ---- as a message ---- */

static void ask(const struct zone *z, const char *name, const char *type, size_t limit, struct arena *arena,
                struct dns_msg *out)
{
    static uint8_t wire[DNS_MSG_MAX];
    struct build b;
    struct lookup l;
    zone_lookup(z, NAME(name), type_in(type), false, &l);
    build_init(&b, wire, limit, 1, DNS_FLAG_QR, 0);
    assert_true(build_question(&b, NAME(name), type_in(type), DNS_CLASS_IN));
    lookup_write(&l, &b);
    size_t n = build_finish(&b, NULL);
    assert_true(n <= limit);
    assert_int_equal(dns_msg_parse(wire, n, arena, out), DNS_OK);
}

static void written(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type;
        uint16_t flags; /* without QR */
        uint16_t count[3];
    } table[] = {
        {"www.example.", "A", DNS_FLAG_AA, {2, 0, 0}},
        {"x.wild.example.", "MX", DNS_FLAG_AA, {1, 0, 1}},
        {"nothing.example.", "A", DNS_FLAG_AA | DNS_RCODE_NXDOMAIN, {0, 1, 0}},
        {"www.example.", "MX", DNS_FLAG_AA, {0, 1, 0}},
        {"x.sub.example.", "A", 0, {0, 4, 3}},
        {"below.example.", "A", DNS_FLAG_AA, {1, 4, 3}},
        {"www.old.example.", "A", DNS_FLAG_AA, {3, 0, 0}},
        {LONG_LABEL ".long.example.", "A", DNS_FLAG_AA | DNS_RCODE_YXDOMAIN, {1, 0, 0}},
        {"other.org.", "A", DNS_RCODE_REFUSED, {0, 0, 0}},
    };
    struct zone *z = make_zone("example.", example);
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 20);
    for (size_t i = 0; i < ROWS(table); i++) {
        struct dns_msg m;
        ask(z, table[i].name, table[i].type, 1232, &arena, &m);
        assert_int_equal(m.flags & ~DNS_FLAG_QR, table[i].flags);
        for (int s = 0; s < 3; s++) {
            assert_int_equal(m.count[s], table[i].count[s]);
        }
    }
    arena_release(&arena);
    zone_free(z);
}

/* RFC 9471: a referral with its in-domain glue, or TC. Other addresses may be left out (RFC 2181 section 9). */
static void truncation(void **state)
{
    (void)state;
    struct zone *z = make_zone("example.", example);
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 22);
    size_t whole = 0, without = 0;
    for (size_t limit = 60; limit < 400; limit++) {
        struct dns_msg m;
        ask(z, "x.sub.example.", "A", limit, &arena, &m);
        if ((m.flags & DNS_FLAG_TC) != 0) {
            assert_int_equal(m.count[DNS_AUTHORITY] + m.count[DNS_ADDITIONAL], 0);
            assert_int_equal(whole + without, 0);
        } else {
            assert_int_equal(m.count[DNS_AUTHORITY], 4);
            assert_in_range(m.count[DNS_ADDITIONAL], 2, 3);
            without += m.count[DNS_ADDITIONAL] == 2;
            whole += m.count[DNS_ADDITIONAL] == 3;
        }
        arena_clear(&arena);
    }
    assert_int_equal(without, 16); /* an A record with a compressed name */
    assert_true(whole > 0);
    arena_release(&arena);
    zone_free(z);
}

/* A root zone, and a loose one without SOA and NS. */
static void odd_zones(void **state)
{
    (void)state;
    struct lookup l;
    struct zone *z =
        make_zone(".", ". SOA a. b. 1 2 3 4 5\n. NS a.\na. A 192.0.2.1\norg. NS ns.org.\nns.org. A 192.0.2.2\n");
    zone_lookup(z, NAME("www.org."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_REFERRAL);
    assert_int_equal(l.additionals, 1);
    zone_lookup(z, NAME("."), DNS_TYPE_NS, false, &l);
    assert_int_equal(l.kind, LOOKUP_ANSWER);
    zone_lookup(z, NAME("net."), DNS_TYPE_NS, false, &l);
    assert_int_equal(l.kind, LOOKUP_NXDOMAIN);
    zone_free(z);

    struct zonefile zf;
    z = try_zone("example.", "a.b A 192.0.2.1\n", true, &zf);
    assert_non_null(z);
    zone_lookup(z, NAME("x.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_NXDOMAIN);
    assert_int_equal(l.authorities, 0);
    zone_lookup(z, NAME("b.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_NODATA);
    zone_free(z);

    z = try_zone("example.", "", true, &zf);
    assert_non_null(z);
    zone_lookup(z, NAME("example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.kind, LOOKUP_NODATA);
    zone_free(z);
}

/* The question for RRSIG gives the signatures of all RRsets, and nothing else. */
static void signatures_asked_for(void **state)
{
    (void)state;
    static struct lookup l;
    static uint8_t wire[4096];
    struct zonefile zf;
    struct zone *z = try_zone("example.",
                              "a A 192.0.2.1\na TXT \"x\"\na MX 1 b\n"
                              "a RRSIG A 8 2 5 20260101000000 20250101000000 1 example. AAEC\n"
                              "a RRSIG TXT 8 2 5 20260101000000 20250101000000 1 example. AAEC\n",
                              true, &zf);
    assert_non_null(z);
    zone_lookup(z, NAME("a.example."), DNS_TYPE_RRSIG, true, &l);
    assert_int_equal(l.kind, LOOKUP_ANSWER);
    assert_int_equal(l.answers, 2);
    struct build b;
    build_init(&b, wire, sizeof wire, 1, DNS_FLAG_QR, 0);
    lookup_write(&l, &b);
    assert_int_equal(b.counts[1], 2);
    /* With DO each RRset brings its own along, without DO none does. */
    zone_lookup(z, NAME("a.example."), DNS_TYPE_A, true, &l);
    build_init(&b, wire, sizeof wire, 1, DNS_FLAG_QR, 0);
    lookup_write(&l, &b);
    assert_int_equal(b.counts[1], 2);
    zone_lookup(z, NAME("a.example."), DNS_TYPE_A, false, &l);
    build_init(&b, wire, sizeof wire, 1, DNS_FLAG_QR, 0);
    lookup_write(&l, &b);
    assert_int_equal(b.counts[1], 1);
    zone_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),       cmocka_unit_test(limits),
        cmocka_unit_test(additional_names), cmocka_unit_test(many_types),
        cmocka_unit_test(written),          cmocka_unit_test(truncation),
        cmocka_unit_test(odd_zones),        cmocka_unit_test(signatures_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
