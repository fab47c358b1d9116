/* mailroute's examination, with answers given: routes, DANE, counts of SPF, where DMARC is found, the verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/build.h"
#include "dns/text.h"
#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/out.h"

/* A record of the world; NULL data: the name exists. SERVFAIL: it cannot be looked up. */
struct row {
    const char *name, *type, *data;
    bool secure;
};

static struct dname_buf name_of(const char *text)
{
    struct dname_buf b;
    assert_int_equal(dname_scan(text, strlen(text), NULL, &b), DNS_OK);
    return b;
}

static size_t message(const struct lookup *about, const struct row *world, size_t n, uint8_t wire[static DNS_MSG_MAX])
{
    struct build b;
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
    uint16_t flags = DNS_FLAG_QR | DNS_FLAG_RA, rcode = DNS_RCODE_NXDOMAIN;
    build_init(&b, wire, DNS_MSG_MAX, 1, flags, 64);
    build_question(&b, dname_of(&about->qname), about->qtype, DNS_CLASS_IN);
    for (size_t i = 0; i < n; i++) {
        struct dname_buf name = name_of(world[i].name);
        uint16_t type;
        uint8_t rdata[1024];
        struct writer w = writer_of(rdata, sizeof rdata);
        struct scan_error error;
        rcode = dname_under(dname_of(&name), dname_of(&about->qname)) && rcode == DNS_RCODE_NXDOMAIN ? 0 : rcode;
        assert_true(dns_type_scan(world[i].type, strlen(world[i].type), &type));
        if (type != about->qtype || !dname_equal(dname_of(&name), dname_of(&about->qname))) {
            continue;
        }
        if (strcmp(world[i].data, "SERVFAIL") == 0) {
            rcode = DNS_RCODE_SERVFAIL;
            break;
        }
        assert_int_equal(rdata_scan_line(type, world[i].data, strlen(world[i].data), dname_root(), &w, &error), DNS_OK);
        assert_true(build_rr(&b, DNS_ANSWER, dname_of(&name), type, DNS_CLASS_IN, 300, rdata, (uint16_t)w.pos));
        flags |= world[i].secure ? DNS_FLAG_AD : 0;
    }
    size_t len = build_finish(&b, &opt);
    flags |= rcode;
    wire[2] = (uint8_t)(flags >> 8);
    wire[3] = (uint8_t)flags;
    return len;
}

/* The report on the domain, in this world, in which the file from the web server is as given. */
static json_t *examine_with(const char *domain, const struct row *world, size_t n, struct fetch *file)
{
    static struct lookups l; /* big; one thread */
    static uint8_t wire[DNS_MSG_MAX];
    struct dname_buf name = name_of(domain);
    json_t *report = NULL;
    bool more = true;
    lookups_init(&l);
    for (unsigned rounds = 0; more; rounds++) {
        json_decref(report);
        report = mail_examine(&l, dname_of(&name), file);
        assert_non_null(report);
        assert_true(rounds < 60);
        more = false;
        for (size_t i = 0; i < l.count; i++) {
            if (!l.list[i]->done) {
                lookups_put(&l, l.list[i], wire, message(l.list[i], world, n, wire));
                more = true;
            }
        }
    }
    lookups_release(&l);
    return report;
}

static json_t *examine(const char *domain, const struct row *world, size_t n)
{
    struct fetch file = {.state = FETCH_OPEN};
    return examine_with(domain, world, n, &file);
}

static const char *text_at(const json_t *o, const char *a, const char *b)
{
    return out_text(json_object_get(o, a), b);
}

static void says(const json_t *report, const char *words)
{
    if (strstr(out_text(report, "verdict"), words) == NULL) {
        fail_msg("'%s' is not in the verdict '%s'", words, out_text(report, "verdict"));
    }
}

#define EXAMINE(domain, world) examine(domain, world, sizeof(world) / sizeof(world)[0])

static void routes(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"b.example", "MX", "10 m2.example.", false},
        {"b.example", "MX", "5 m1.example.", false},
        {"b.example", "MX", "10 m3.example.", false},
        {"m1.example", "A", "192.0.2.1", false},
        {"m2.example", "AAAA", "2001:db8::2", false},
        {"1.2.0.192.in-addr.arpa", "PTR", "m1.example.", false},
        {"self.example", "A", "192.0.2.9", false},
        {"null.example", "MX", "0 .", false},
        {"text.example", "TXT", "x", false},
        {"broken.example", "MX", "SERVFAIL", false},
        {"odd.example", "MX", "0 .", false},
        {"odd.example", "MX", "1 m1.example.", false},
        {"nowhere.example", "MX", "1 gone.example.", false},
    };
    json_t *r = EXAMINE("b.example", world);
    const json_t *mx = json_object_get(r, "mx"), *first = json_array_get(mx, 0);
    assert_int_equal(json_array_size(mx), 3);
    assert_string_equal(out_text(first, "host"), "m1.example.");
    assert_false(json_is_true(json_object_get(first, "random")));
    assert_true(json_is_true(json_object_get(json_array_get(mx, 1), "random")));
    assert_true(json_is_true(json_object_get(json_array_get(mx, 2), "random")));
    assert_string_equal(out_text(json_array_get(mx, 1), "host"), "m2.example.");
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(first, "addresses"), 0), "confirmed")));
    says(r, "deliverable; weakest link: m3.example. has no address (and more)");
    json_decref(r);
    static const char *const rows[][3] = {
        {"self.example", "implicit", "deliverable"},
        {"null.example", "null", "takes no mail, and says so (null MX)"},
        {"text.example", "none", "not deliverable: neither MX nor address"},
        {"gone.example", "none", "not deliverable: the domain does not exist"},
        {"broken.example", "unknown", "mail waits at the sender: SERVFAIL"},
        {"odd.example", "mx", "deliverable; weakest link: a null MX beside others"},
        {"nowhere.example", "mx", "not deliverable: no mail server has an address; gone.example. has no address"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        r = EXAMINE(rows[i][0], world);
        assert_string_equal(out_text(r, "route"), rows[i][1]);
        says(r, rows[i][2]);
        json_decref(r);
    }
}

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* RFC 7672: TLSA is for senders only where MX, addresses and TLSA itself are validated. */
static void dane(void **state)
{
    (void)state;
    static const struct {
        const char *tlsa;
        bool mx, a, is;
        const char *state;
    } rows[] = {
        {"3 1 1 " KEY, true, true, true, "usable"},    {"2 0 1 " KEY, true, true, true, "usable"},
        {"3 1 1 " KEY, false, true, true, "insecure"}, {"3 1 1 " KEY, true, false, true, "insecure"},
        {"3 1 1 " KEY, true, true, false, "insecure"}, {"1 1 1 " KEY, true, true, true, "unusable"},
        {"3 1 2 " KEY, true, true, true, "unusable"},  {"3 2 1 " KEY, true, true, true, "unusable"},
        {"SERVFAIL", true, true, true, "failed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row world[] = {
            {"example", "MX", "10 m.example.", rows[i].mx},
            {"m.example", "A", "192.0.2.1", rows[i].a},
            {"m.example", "AAAA", "2001:db8::1", rows[i].a},
            {"_25._tcp.m.example", "TLSA", rows[i].tlsa, rows[i].is},
        };
        json_t *r = EXAMINE("example", world);
        const json_t *host = json_array_get(json_object_get(r, "mx"), 0);
        if (strcmp(text_at(host, "dane", "state"), rows[i].state) != 0) {
            fail_msg("row %zu: %s", i, text_at(host, "dane", "state"));
        }
        json_decref(r);
    }
}

static void spf_is_counted(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"none.example", "A", "192.0.2.1", false},
        {"plain.example", "TXT", "\"v=spf1 mx a:a.example ip4:192.0.2.0/24 -all mx mx\"", false},
        {"plain.example", "MX", "1 a.example.", false},
        {"a.example", "A", "192.0.2.1", false},
        {"deep.example", "TXT", "\"v=spf1 include:plain.example\" \" redirect=soft.example\"", false},
        {"soft.example", "TXT", "\"v=spf1 ptr ~all\"", false},
        {"circle.example", "TXT", "\"v=spf1 include:circle.example -all\"", false},
        {"two.example", "TXT", "\"v=spf1 -all\"", false},
        {"two.example", "TXT", "\"v=spf1 +all\"", false},
        {"bad.example", "TXT", "\"v=spf1 mxx -all\"", false},
        {"lost.example", "TXT", "\"v=spf1 include:a.example -all\"", false},
        {"void.example", "TXT", "\"v=spf1 a:v1.example mx:v2.example exists:v3.example exists:%{i}.x -all\"", false},
        {"many.example", "TXT", "\"v=spf1 mx:crowd.example -all\"", false},
        {"all.example", "TXT", "\"v=spf1 redirect=plain.example +all\"", false},
        {"fails.example", "TXT", "\"v=spf1 include:servfail.example -all\"", false},
        {"servfail.example", "TXT", "SERVFAIL", false},
        {"crowd.example", "MX", "1 a.example.", false},
        {"crowd.example", "MX", "2 a.example.", false},
        {"crowd.example", "MX", "3 a.example.", false},
        {"crowd.example", "MX", "4 a.example.", false},
        {"crowd.example", "MX", "5 a.example.", false},
        {"crowd.example", "MX", "6 a.example.", false},
        {"crowd.example", "MX", "7 a.example.", false},
        {"crowd.example", "MX", "8 a.example.", false},
        {"crowd.example", "MX", "9 a.example.", false},
        {"crowd.example", "MX", "10 a.example.", false},
        {"crowd.example", "MX", "11 a.example.", false},
    };
    static const struct {
        const char *domain, *state, *text;
        unsigned lookups, voids;
        const char *all;
    } rows[] = {
        {"none.example", "none", "", 0, 0, ""},
        {"plain.example", "ok", "", 2, 0, "-all"},
        {"deep.example", "ok", "", 5, 0, "~all"},
        {"circle.example", "error", "it takes more than 48 lookups, and receivers stop after 10", 48, 0, "-all"},
        {"two.example", "error", "two.example.: more than one SPF record", 0, 0, "?all"},
        {"bad.example", "error", "bad.example.: 'mxx': no such mechanism", 0, 0, "?all"},
        {"lost.example", "error", "a.example.: is included, but has no SPF record", 1, 1, "-all"},
        {"void.example", "error", "3 of its lookups find nothing, and receivers stop after 2", 4, 3, "-all"},
        {"many.example", "error", "crowd.example.: more than 10 MX, too many for \"mx\"", 1, 0, "-all"},
        {"all.example", "ok", "", 0, 0, "+all"},
        {"fails.example", "failed", "SERVFAIL", 1, 0, "-all"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *r = EXAMINE(rows[i].domain, world), *spf = json_object_get(r, "spf");
        if (strcmp(out_text(spf, "state"), rows[i].state) != 0 || strcmp(out_text(spf, "text"), rows[i].text) != 0 ||
            out_number(spf, "lookups") != rows[i].lookups || out_number(spf, "void_lookups") != rows[i].voids ||
            strcmp(out_text(spf, "all"), rows[i].all) != 0) {
            char *shown = json_dumps(spf, 0);
            fail_msg("%s: %s", rows[i].domain, shown);
        }
        json_decref(r);
    }
}

/* RFC 9989 section 4.10: the domain's own record, else that of the organisation, found by walking up. */
static void dmarc_is_found(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"own.org.test", "A", "192.0.2.1", false},
        {"a.own.org.test", "A", "192.0.2.1", false},
        {"_dmarc.own.org.test", "TXT", "\"v=DMARC1; p=quarantine\"", false},
        {"_dmarc.org.test", "TXT", "\"v=DMARC1; p=reject; sp=none; np=reject; psd=u\"", false},
        {"sub.org.test", "A", "192.0.2.1", false},
        {"_dmarc.psd", "TXT", "\"v=DMARC1; p=reject; psd=y\"", false},
        {"_dmarc.firm.psd", "TXT", "\"v=DMARC1; p=none\"", false},
        {"x.firm.psd", "A", "192.0.2.1", false},
        {"x.other.psd", "A", "192.0.2.1", false},
        {"_dmarc.stop.org.test", "TXT", "\"v=DMARC1; p=none; psd=n\"", false},
        {"x.stop.org.test", "A", "192.0.2.1", false},
        {"1.2.3.4.5.6.7.8.9.long.test", "A", "192.0.2.1", false},
        {"_dmarc.2.3.4.5.6.7.8.9.long.test", "TXT", "\"v=DMARC1; p=reject\"", false},
        {"_dmarc.5.6.7.8.9.long.test", "TXT", "\"v=DMARC1; p=quarantine\"", false},
        {"twice.alone", "A", "192.0.2.1", false},
        {"_dmarc.twice.alone", "TXT", "\"v=DMARC1; p=reject\"", false},
        {"_dmarc.twice.alone", "TXT", "\"v=DMARC1; p=none\"", false},
    };
    static const char *const rows[][4] = {
        /* domain, whose record, policy, tag */
        {"own.org.test", "own.org.test.", "quarantine", "p"},
        {"a.own.org.test", "org.test.", "none", "sp"},
        {"sub.org.test", "org.test.", "none", "sp"},
        {"gone.org.test", "org.test.", "reject", "np"},
        {"x.firm.psd", "firm.psd.", "none", "p"},
        {"x.other.psd", "psd.", "reject", "p"},
        {"x.stop.org.test", "stop.org.test.", "none", "p"},
        {"1.2.3.4.5.6.7.8.9.long.test", "5.6.7.8.9.long.test.", "quarantine", "p"},
        {"twice.alone", "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *r = EXAMINE(rows[i][0], world), *d = json_object_get(r, "dmarc");
        if (strcmp(out_text(d, "from"), rows[i][1]) != 0 || strcmp(out_text(d, "policy"), rows[i][2]) != 0 ||
            strcmp(out_text(d, "tag"), rows[i][3]) != 0) {
            char *shown = json_dumps(d, 0);
            fail_msg("%s: %s", rows[i][0], shown);
        }
        json_decref(r);
    }
}

static void tls(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"good.test", "MX", "1 m.test.", false},
        {"m.test", "A", "192.0.2.1", false},
        {"_mta-sts.good.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"mta-sts.good.test", "A", "192.0.2.1", false},
        {"_smtp._tls.good.test", "TXT", "\"v=TLSRPTv1; rua=mailto:a@good.test\"", false},
        {"bad.test", "MX", "1 m.test.", false},
        {"_mta-sts.bad.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"_smtp._tls.bad.test", "TXT", "\"v=TLSRPTv1\"", false},
        {"two.test", "MX", "1 m.test.", false},
        {"_mta-sts.two.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"_mta-sts.two.test", "TXT", "\"v=STSv1; id=2\"", false},
        {"_smtp._tls.two.test", "TXT", "something else", false},
    };
    static const char *const rows[][3] = {{"good.test", "ok", "ok"},
                                          {"bad.test", "error", "error"},
                                          {"two.test", "error", "none"},
                                          {"m.test", "none", "none"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *r = EXAMINE(rows[i][0], world);
        assert_string_equal(text_at(r, "mta_sts", "state"), rows[i][1]);
        assert_string_equal(text_at(r, "tls_rpt", "state"), rows[i][2]);
        if (i == 0) {
            assert_string_equal(text_at(r, "mta_sts", "policy_url"),
                                "https://mta-sts.good.test/.well-known/mta-sts.txt");
            assert_true(json_is_false(json_object_get(json_object_get(r, "mta_sts"), "policy_fetched")));
        }
        json_decref(r);
    }
}

/* The report on a domain whose policy of MTA-STS was fetched; text NULL: that failed. */
static json_t *examine_fetched(const char *domain, const struct row *world, size_t n, const char *text)
{
    struct fetch file = {.state = FETCH_OPEN};
    char host[80], url[120], body[300];
    json_decref(examine_with(domain, world, n, &file));
    assert_int_equal(file.state, FETCH_WANTED);
    assert_int_equal(file.count, 2);
    snprintf(host, sizeof host, "mta-sts.%s", domain);
    snprintf(url, sizeof url, "https://%s/.well-known/mta-sts.txt", host);
    assert_string_equal(file.host, host);
    assert_string_equal(file.url, url);
    snprintf(body, sizeof body, "%s", text != NULL ? text : "");
    file.state = text != NULL ? FETCH_DONE : FETCH_FAILED;
    file.text = body;
    file.len = strlen(body);
    snprintf(file.why, sizeof file.why, "it rains");
    return examine_with(domain, world, n, &file);
}

#define POLICY(mode, mx) "version: STSv1\nmode: " mode "\n" mx "max_age: 604800\n"

/* RFC 8461: what a policy means for the mail servers, and for whether TLS is enforced. */
static void sts_policies(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"d.test", "MX", "1 m.d.test.", false},
        {"d.test", "MX", "2 m.other.test.", false},
        {"d.test", "TXT", "\"v=spf1 mx -all\"", false},
        {"_dmarc.d.test", "TXT", "\"v=DMARC1; p=reject\"", false},
        {"m.d.test", "A", "192.0.2.1", false},
        {"m.other.test", "A", "192.0.2.2", false},
        {"1.2.0.192.in-addr.arpa", "PTR", "m.d.test.", false},
        {"2.2.0.192.in-addr.arpa", "PTR", "m.other.test.", false},
        {"_mta-sts.d.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"mta-sts.d.test", "A", "192.0.2.3", false},
        {"mta-sts.d.test", "AAAA", "2001:db8::3", false},
    };
    static const struct {
        const char *text; /* NULL: it failed */
        const char *state, *mode, *verdict;
        int first, second; /* does it match the mail server? -1: that is not said */
    } rows[] = {
        {POLICY("enforce", "mx: m.d.test\nmx: *.other.test\n"), "ok", "enforce", "deliverable; nothing to add", 1, 1},
        {POLICY("enforce", "mx: *.d.test\n"), "ok", "enforce",
         "no mx of the MTA-STS policy matches m.other.test.: senders with MTA-STS pass it over", 1, 0},
        {POLICY("enforce", "mx: *.test\n"), "ok", "enforce", "no mx of the MTA-STS policy matches any mail server", 0,
         0},
        {POLICY("testing", "mx: *.d.test\nmx: m.other.test\n"), "ok", "testing",
         "TLS is not enforced on the way: no DANE, and MTA-STS only tests (mode testing)", 1, 1},
        {POLICY("testing", "mx: *.d.test\n"), "ok", "testing",
         "no mx of the MTA-STS policy matches m.other.test.: once it is enforced", 1, 0},
        {POLICY("none", ""), "ok", "none", "no DANE, and MTA-STS is switched off (mode none)", -1, -1},
        {POLICY("enforce", ""), "error", "", "the MTA-STS policy is faulty: no mx", -1, -1},
        {"version: STSv1\nmode: enforce\nmx: *.d.test\nmx: *.other.test\nmax_age: 3600", "ok", "enforce",
         "the MTA-STS policy is forgotten within a day", 1, 1},
        {"version: STSv1\nmode: enforce\nmx: *.d.test\nmx: *.other.test\nmax_age: 31557601", "ok", "enforce",
         "the MTA-STS policy's max_age is above the greatest", 1, 1},
        {NULL, "failed", "", "MTA-STS is announced, but its policy cannot be fetched: it rains", -1, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *r = examine_fetched("d.test", world, sizeof world / sizeof world[0], rows[i].text);
        const json_t *sts = json_object_get(r, "mta_sts"), *policy = json_object_get(sts, "policy");
        assert_string_equal(out_text(policy, "state"), rows[i].state);
        assert_string_equal(out_text(policy, "mode"), rows[i].mode);
        assert_int_equal(json_is_true(json_object_get(sts, "policy_fetched")), rows[i].text != NULL);
        says(r, rows[i].verdict);
        const int wanted[] = {rows[i].first, rows[i].second};
        for (size_t k = 0; k < 2; k++) {
            const json_t *matched = json_object_get(json_array_get(json_object_get(r, "mx"), k), "mta_sts");
            assert_int_equal(matched == NULL ? -1 : json_is_true(matched), wanted[k]);
        }
        json_decref(r);
    }
}

/* What is not fetched counts as announced; what has no host is not fetched. */
static void sts_without_policy(void **state)
{
    (void)state;
    static const struct row world[] = {
        {"d.test", "MX", "1 m.d.test.", false},
        {"m.d.test", "A", "192.0.2.1", false},
        {"_mta-sts.d.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"mta-sts.d.test", "A", "192.0.2.3", false},
        {"e.test", "MX", "1 m.d.test.", false},
        {"_mta-sts.e.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"f.test", "MX", "1 m.d.test.", false},
        {"_mta-sts.f.test", "TXT", "\"v=STSv1; id=1\"", false},
        {"mta-sts.f.test", "A", "SERVFAIL", false},
        {"g.test", "MX", "1 m.d.test.", false},
        {"mta-sts.g.test", "A", "192.0.2.3", false},
    };
    static const struct {
        const char *domain, *state, *text;
        bool left_out, not_enforced;
    } rows[] = {
        {"d.test", "ok", "", true, false},
        {"e.test", "error", "the host of the policy has no address", false, true},
        {"f.test", "failed", "SERVFAIL", false, true},
        {"g.test", "none", "", false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fetch file = {.state = FETCH_OPEN};
        if (rows[i].left_out) {
            fetch_leave_out(&file, "--no-fetch");
        }
        json_t *r = examine_with(rows[i].domain, world, sizeof world / sizeof world[0], &file);
        assert_int_equal(file.state, rows[i].left_out ? FETCH_LEFT_OUT : FETCH_OPEN);
        assert_string_equal(text_at(r, "mta_sts", "state"), rows[i].state);
        assert_string_equal(text_at(r, "mta_sts", "text"), rows[i].text);
        char *remarks = json_dumps(json_object_get(r, "remarks"), 0);
        assert_int_equal(strstr(remarks, "TLS is not enforced") != NULL, rows[i].not_enforced);
        free(remarks);
        const json_t *policy = json_object_get(json_object_get(r, "mta_sts"), "policy");
        assert_string_equal(out_text(policy, "state"), rows[i].left_out ? "left_out" : "");
        json_decref(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes),
        cmocka_unit_test(dane),
        cmocka_unit_test(spf_is_counted),
        cmocka_unit_test(dmarc_is_found),
        cmocka_unit_test(tls),
        cmocka_unit_test(sts_policies),
        cmocka_unit_test(sts_without_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
