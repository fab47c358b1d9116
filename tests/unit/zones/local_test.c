/* Names that never leave the host (T141): which are covered, and what each is answered with. */
#include "zones/local.h"

#include "dns/text.h"
#include "dns/types.h"
#include "names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOA_OF(apex) apex " 10800 IN SOA " apex " nobody.invalid. 1 3600 1200 604800 10800"
#define LOOPBACK6    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa."

static const char *print(const struct rrset *set)
{
    static char out[1024];
    struct text t = text_of(out, sizeof out);
    struct rdata_ref rr = rrset_first(set);
    assert_int_equal(set->count, 1);
    rr_print(rrset_owner(set), set->ttl_s, set->rclass, set->type, rr.data, rr.len, &t);
    return out;
}

/* What is asked, and the answer or the SOA. */
static const struct {
    const char *qname, *qtype;
    enum local_kind kind;
    const char *record; /* the answer, or the SOA */
} questions[] = {
    {"localhost.", "A", LOCAL_ANSWER, "localhost. 10800 IN A 127.0.0.1"},
    {"localhost.", "AAAA", LOCAL_ANSWER, "localhost. 10800 IN AAAA ::1"},
    {"LocalHost.", "A", LOCAL_ANSWER, "LocalHost. 10800 IN A 127.0.0.1"},
    {"localhost.", "ANY", LOCAL_ANSWER, "localhost. 10800 IN A 127.0.0.1"},
    {"localhost.", "NS", LOCAL_ANSWER, "localhost. 10800 IN NS localhost."},
    {"localhost.", "SOA", LOCAL_ANSWER, SOA_OF("localhost.")},
    {"localhost.", "MX", LOCAL_NODATA, SOA_OF("localhost.")},
    {"a.b.localhost.", "AAAA", LOCAL_ANSWER, "a.b.localhost. 10800 IN AAAA ::1"},
    {"a.localhost.", "SOA", LOCAL_NODATA, SOA_OF("localhost.")},
    {"localhost.localdomain.", "A", LOCAL_NONE, NULL},
    {"1.0.0.127.in-addr.arpa.", "PTR", LOCAL_ANSWER, "1.0.0.127.in-addr.arpa. 10800 IN PTR localhost."},
    {"1.0.0.127.in-addr.arpa.", "ANY", LOCAL_ANSWER, "1.0.0.127.in-addr.arpa. 10800 IN PTR localhost."},
    {"1.0.0.127.in-addr.arpa.", "A", LOCAL_NODATA, SOA_OF("127.in-addr.arpa.")},
    {"0.0.127.in-addr.arpa.", "PTR", LOCAL_NODATA, SOA_OF("127.in-addr.arpa.")},
    {"0.127.in-addr.arpa.", "PTR", LOCAL_NODATA, SOA_OF("127.in-addr.arpa.")},
    {"1.0.127.in-addr.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("127.in-addr.arpa.")},
    {"2.0.0.127.in-addr.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("127.in-addr.arpa.")},
    {"x.1.0.0.127.in-addr.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("127.in-addr.arpa.")},
    {"127.in-addr.arpa.", "PTR", LOCAL_NODATA, SOA_OF("127.in-addr.arpa.")},
    {"127.in-addr.arpa.", "NS", LOCAL_ANSWER, "127.in-addr.arpa. 10800 IN NS 127.in-addr.arpa."},
    {LOOPBACK6, "PTR", LOCAL_ANSWER, LOOPBACK6 " 10800 IN PTR localhost."},
    {LOOPBACK6, "SOA", LOCAL_ANSWER, SOA_OF(LOOPBACK6)},
    {LOOPBACK6, "A", LOCAL_NODATA, SOA_OF(LOOPBACK6)},
    {"x." LOOPBACK6, "PTR", LOCAL_NXDOMAIN, SOA_OF(LOOPBACK6)},
    {"invalid.", "A", LOCAL_NODATA, SOA_OF("invalid.")},
    {"a.invalid.", "A", LOCAL_NXDOMAIN, SOA_OF("invalid.")},
    {"a.test.", "A", LOCAL_NXDOMAIN, SOA_OF("test.")},
    {"test.", "DS", LOCAL_NODATA, SOA_OF("test.")},
    {"www.some-service.onion.", "A", LOCAL_NXDOMAIN, SOA_OF("onion.")},
    {"printer.local.", "A", LOCAL_NXDOMAIN, SOA_OF("local.")},
    {"nas.home.arpa.", "A", LOCAL_NXDOMAIN, SOA_OF("home.arpa.")},
    {"home.arpa.", "SOA", LOCAL_ANSWER, SOA_OF("home.arpa.")},
    {"_dns.resolver.arpa.", "SVCB", LOCAL_NODATA, SOA_OF("resolver.arpa.")},
    {"4.3.2.10.in-addr.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("10.in-addr.arpa.")},
    {"1.31.172.in-addr.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("31.172.in-addr.arpa.")},
    {"168.192.in-addr.arpa.", "SOA", LOCAL_ANSWER, SOA_OF("168.192.in-addr.arpa.")},
    {"1.0.0.0.d.f.ip6.arpa.", "PTR", LOCAL_NXDOMAIN, SOA_OF("d.f.ip6.arpa.")},
    {"www.example.com.", "A", LOCAL_NONE, NULL},
    {".", "NS", LOCAL_NONE, NULL},
};

static void answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(questions); i++) {
        struct arena arena;
        struct local_answer out;
        uint16_t qtype;
        arena_init(&arena, NULL, 0, 1u << 20);
        assert_true(dns_type_scan(questions[i].qtype, strlen(questions[i].qtype), &qtype));
        struct dname qname = NAME(questions[i].qname);
        local_lookup(qname, qtype, &arena, &out);
        if (out.kind != questions[i].kind) {
            fail_msg("%s %s: kind %d, not %d", questions[i].qname, questions[i].qtype, out.kind, questions[i].kind);
        }
        assert_int_equal(local_covers(qname), questions[i].kind != LOCAL_NONE);
        assert_int_equal(out.answer != NULL, out.kind == LOCAL_ANSWER);
        assert_int_equal(out.soa != NULL, out.kind == LOCAL_NODATA || out.kind == LOCAL_NXDOMAIN);
        if (out.kind != LOCAL_NONE) {
            assert_string_equal(print(out.kind == LOCAL_ANSWER ? out.answer : out.soa), questions[i].record);
        }
        arena_release(&arena);
    }
}

/* The edges of each reverse zone: covered with all below, and their neighbours not. */
static const struct {
    const char *name;
    bool covered;
} edges[] = {
    {"in-addr.arpa.", false},
    {"0.in-addr.arpa.", true},
    {"00.in-addr.arpa.", false},
    {"1.in-addr.arpa.", false},
    {"9.in-addr.arpa.", false},
    {"10.in-addr.arpa.", true},
    {"010.in-addr.arpa.", false},
    {"a.b.c.d.e.f.10.in-addr.arpa.", true},
    {"11.in-addr.arpa.", false},
    {"63.100.in-addr.arpa.", false},
    {"64.100.in-addr.arpa.", true},
    {"127.100.in-addr.arpa.", true},
    {"128.100.in-addr.arpa.", false},
    {"100.in-addr.arpa.", false},
    {"126.in-addr.arpa.", false},
    {"127.in-addr.arpa.", true},
    {"128.in-addr.arpa.", false},
    {"169.in-addr.arpa.", false},
    {"253.169.in-addr.arpa.", false},
    {"254.169.in-addr.arpa.", true},
    {"172.in-addr.arpa.", false},
    {"15.172.in-addr.arpa.", false},
    {"16.172.in-addr.arpa.", true},
    {"31.172.in-addr.arpa.", true},
    {"32.172.in-addr.arpa.", false},
    {"256.172.in-addr.arpa.", false},
    {"x.172.in-addr.arpa.", false},
    {"167.192.in-addr.arpa.", false},
    {"168.192.in-addr.arpa.", true},
    {"169.192.in-addr.arpa.", false},
    {"0.192.in-addr.arpa.", false},
    {"1.0.192.in-addr.arpa.", false},
    {"2.0.192.in-addr.arpa.", true},
    {"100.51.198.in-addr.arpa.", true},
    {"101.51.198.in-addr.arpa.", false},
    {"113.0.203.in-addr.arpa.", true},
    {"0.203.in-addr.arpa.", false},
    {"255.255.255.255.in-addr.arpa.", true},
    {"254.255.255.255.in-addr.arpa.", false},
    {"255.255.255.in-addr.arpa.", false},
    {"0-127.64.100.IN-ADDR.ARPA.", true},
    {"ip6.arpa.", false},
    {"d.f.ip6.arpa.", true},
    {"D.F.IP6.ARPA.", true},
    {"c.f.ip6.arpa.", false},
    {"f.ip6.arpa.", false},
    {"7.e.f.ip6.arpa.", false},
    {"8.e.f.ip6.arpa.", true},
    {"9.e.f.ip6.arpa.", true},
    {"A.E.F.ip6.arpa.", true},
    {"b.e.f.ip6.arpa.", true},
    {"c.e.f.ip6.arpa.", false},
    {"8.b.d.0.1.0.0.2.ip6.arpa.", true},
    {"9.b.d.0.1.0.0.2.ip6.arpa.", false},
    {"b.d.0.1.0.0.2.ip6.arpa.", false},
    {LOOPBACK6, true},
    {"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", true},
    {"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", false},
    {"2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", false},
    {"dd.f.ip6.arpa.", false},
    {"arpa.", false},
    {"homes.arpa.", false},
    {"home.", false},
    {"xlocalhost.", false},
    {"localhost.com.", false},
    {"test.com.", false},
    {"example.", false}, /* RFC 6761 section 6.5: no special treatment by caching servers */
    {"com.", false},
};

static void reverse_zones(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(edges); i++) {
        if (local_covers(NAME(edges[i].name)) != edges[i].covered) {
            fail_msg("%s: covered is %d", edges[i].name, !edges[i].covered);
        }
    }
}

/* The longest names of a local zone have an answer too. */
static void longest_names(void **state)
{
    (void)state;
    char text[400] = "";
    struct arena arena;
    struct local_answer out;
    arena_init(&arena, NULL, 0, 1u << 20);
    for (unsigned i = 0; i < 122; i++) {
        strncat(text, "a.", sizeof text - strlen(text) - 1);
    }
    strncat(text, "localhost.", sizeof text - strlen(text) - 1);
    local_lookup(NAME(text), DNS_TYPE_A, &arena, &out);
    assert_int_equal(out.kind, LOCAL_ANSWER);
    local_lookup(NAME(text), DNS_TYPE_TXT, &arena, &out);
    assert_int_equal(out.kind, LOCAL_NODATA);
    arena_release(&arena);
}

static void out_of_memory(void **state)
{
    (void)state;
    static const char *const types[] = {"A", "PTR", "SOA", "NS", "MX"};
    for (size_t i = 0; i < ROWS(types); i++) {
        struct arena arena;
        struct local_answer out;
        uint16_t qtype;
        arena_init(&arena, NULL, 0, 8);
        assert_true(dns_type_scan(types[i], strlen(types[i]), &qtype));
        local_lookup(NAME("localhost."), qtype, &arena, &out);
        assert_int_equal(out.kind, LOCAL_NONE);
        assert_true(arena.exhausted);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(reverse_zones),
        cmocka_unit_test(longest_names),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
