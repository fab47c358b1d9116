/* A client's question as values: above all, how large its answer may be (L34). */
#include "resolver/engine/request.h"

#include "support.h"

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool edns, tcp;
        uint16_t udp_size, edns_max, limit;
    } rows[] = {
        {"plain UDP", false, false, 0, 1232, 512},
        {"EDNS below 512 counts as 512 (RFC 6891 section 6.2.3)", true, false, 100, 1232, 512},
        {"EDNS 512", true, false, 512, 1232, 512},
        {"EDNS 513", true, false, 513, 1232, 513},
        {"EDNS up to ours", true, false, 1232, 1232, 1232},
        {"EDNS beyond ours", true, false, 65535, 1232, 1232},
        {"ours below 512", true, false, 4096, 100, 512},
        {"TCP", false, true, 0, 1232, 65535},
        {"TCP with EDNS", true, true, 512, 1232, 65535},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct dns_msg q = {.qdcount = 1, .qname = dname_root(), .edns = {.present = rows[i].edns}};
        struct request r;
        q.edns.udp_size = rows[i].udp_size;
        request_from_query(&r, &q, rows[i].tcp, rows[i].edns_max);
        if (r.limit != rows[i].limit) {
            fail_msg("%s: %u, not %u", rows[i].what, r.limit, rows[i].limit);
        }
        assert_int_equal(r.edns, rows[i].edns);
        assert_int_equal(r.tcp, rows[i].tcp);
    }
}

/* From the octets of a query to its values, and nothing from an OPT that is not there. */
static void values(void **state)
{
    (void)state;
    static const uint8_t subnet[] = {0, 1, 24, 0, 192, 0, 2};
    struct rng_seeded rng;
    struct scene s;
    struct request r;
    uint8_t wire[ASK_WIRE_MAX];
    rng_seeded_init(&rng, 1);
    scene_begin(&s);
    scene_ask(&s, "wWw.eXample.com.", "MX", ".");
    s.ask.recursion_desired = s.ask.checking_disabled = s.ask.dnssec_ok = true;
    size_t n = ask_compose(&s.ask, false, &rng.rng, wire);
    assert_int_equal(dns_query_parse(wire, n, &s.msg), DNS_OK);
    s.msg.edns.has_nsid = true;
    s.msg.edns.has_ecs = true;
    s.msg.edns.ecs_len = sizeof subnet;
    memcpy(s.msg.edns.ecs, subnet, sizeof subnet);
    request_from_query(&r, &s.msg, false, 1232);
    assert_int_equal(r.id, s.ask.id);
    assert_int_equal(r.flags, DNS_FLAG_RD | DNS_FLAG_CD);
    assert_int_equal(r.qtype, DNS_TYPE_MX);
    assert_int_equal(r.qclass, DNS_CLASS_IN);
    assert_true(r.dnssec_ok && r.nsid && r.edns);
    assert_int_equal(r.ecs_len, sizeof subnet);
    assert_memory_equal(r.ecs, subnet, sizeof subnet);
    assert_true(dname_same_case(dname_of(&r.qname), NAME("wWw.eXample.com.")));

    s.msg.edns.present = false;
    request_from_query(&r, &s.msg, false, 1232);
    assert_false(r.dnssec_ok || r.nsid || r.edns);
    assert_int_equal(r.ecs_len, 0);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
