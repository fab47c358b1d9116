/*
 * late_test.c - data near its end, and past it: prefetch and serve-stale as the front end sees them
 */
#include "support.h"

#include "dns/msg.h"

static struct now after_s(uint64_t s)
{
    struct now now = noon;
    now.mono_us += s * US_PER_S;
    now.wall_s += (int64_t)s;
    return now;
}

struct asked {
    enum front_result result;
    uint16_t rcode, ede;
    uint32_t ttl_s;
    struct dname_buf name; /* what is to be fetched anew */
};

static struct asked ask(struct desk *d, const char *name, uint16_t flags, struct now now)
{
    static const struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE};
    uint8_t wire[512], out[4096];
    size_t n = 0;
    struct request request;
    struct addr client;
    struct query q = {name, DNS_TYPE_A, DNS_CLASS_IN, flags, &opt};
    struct asked a = {0};
    struct dns_msg m;
    size_t len = query_wire(&q, wire);

    addr_scan("127.0.0.1", 4000, &client);
    struct wire_query w = {.data = wire, .n = len};
    a.result = front_query(&d->front, &client, false, &w, now, &request, out, &n);
    if (a.result == FRONT_MISS) {
        return a;
    }
    a.name = request.qname;
    assert_int_equal(dns_msg_parse(out, n, &d->arena, &m), DNS_OK);
    a.rcode = out[3] & 0xf;
    for (size_t i = 0; i + 6 <= n; i++) { /* OPTION-CODE 15, and its code */
        if (out[i] == 0 && out[i + 1] == EDNS_OPT_EDE && i > 12 && out[i + 2] == 0) {
            a.ede = out[i + 5];
        }
    }
    if (m.count[DNS_ANSWER] > 0) {
        a.ttl_s = m.rr[m.count[DNS_ANSWER] - 1].ttl_s;
    }
    return a;
}

#define YAML(more) "access: {allow: [\"127.0.0.0/8\"]}\ncache: {" more "}\n"

static void test_prefetch(void **state)
{
    (void)state;
    struct desk d;
    struct dname_buf buf;
    desk_begin(&d, YAML("prefetch: true"));
    desk_learn(&d, "www.site.org.", DNS_TYPE_CNAME, 1000, "web.site.org.");
    desk_learn(&d, "web.site.org.", DNS_TYPE_A, 100, "192.0.2.1");
    desk_learn(&d, "short.site.org.", DNS_TYPE_A, 9, "192.0.2.1");
    assert_int_equal(ask(&d, "www.site.org.", DNS_FLAG_RD, after_s(88)).result, FRONT_ANSWER);
    assert_int_equal(ask(&d, "short.site.org.", DNS_FLAG_RD, after_s(8)).result, FRONT_ANSWER);
    /* Without recursion nothing is fetched. */
    assert_int_equal(ask(&d, "www.site.org.", 0, after_s(90)).result, FRONT_ANSWER);
    struct asked a = ask(&d, "www.site.org.", DNS_FLAG_RD, after_s(90));
    assert_int_equal(a.result, FRONT_ANSWER_LATE);
    assert_true(dname_equal(dname_of(&a.name), desk_name("web.site.org.", &buf)));
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(91)).result, FRONT_ANSWER); /* once is enough */
    assert_true(cache_claim(d.front.cache, desk_name("web.site.org.", &buf), DNS_TYPE_A, false));
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(92)).result, FRONT_ANSWER_LATE);
    /* It failed: not before the backoff has ended. */
    cache_claim(d.front.cache, desk_name("web.site.org.", &buf), DNS_TYPE_A, false);
    cache_put_failure(d.front.cache, desk_name("web.site.org.", &buf), DNS_TYPE_A, FAIL_NO_REACHABLE, 0, after_s(92));
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(93)).result, FRONT_ANSWER);
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(98)).result, FRONT_ANSWER_LATE);
    /* It came: all begins anew. */
    desk_learn(&d, "web.site.org.", DNS_TYPE_A, 200, "192.0.2.2");
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(99)).result, FRONT_ANSWER);
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(190)).result, FRONT_ANSWER_LATE);
    desk_end(&d);
}

static void test_no_prefetch(void **state)
{
    (void)state;
    struct desk d;
    desk_begin(&d, YAML("prefetch: false"));
    desk_learn(&d, "web.site.org.", DNS_TYPE_A, 100, "192.0.2.1");
    assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(95)).result, FRONT_ANSWER);
    desk_end(&d);
}

static void test_stale(void **state)
{
    (void)state;
    struct desk d;
    struct dname_buf buf;
    for (int on = 0; on < 2; on++) {
        desk_begin(&d, on ? YAML("serve-stale: true, stale-reply-ttl: 7s") : YAML(""));
        cache_keep_ended(d.front.cache, on ? 1000 : 0);
        desk_learn(&d, "web.site.org.", DNS_TYPE_A, 100, "192.0.2.1");
        assert_int_equal(ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(101)).result, FRONT_MISS);
        cache_put_failure(d.front.cache, desk_name("web.site.org.", &buf), DNS_TYPE_A, FAIL_NO_REACHABLE, 0,
                          after_s(102));
        struct asked a = ask(&d, "web.site.org.", DNS_FLAG_RD, after_s(103));
        assert_int_equal(a.result, FRONT_ANSWER);
        assert_int_equal(a.rcode, on ? DNS_RCODE_NOERROR : DNS_RCODE_SERVFAIL);
        assert_int_equal(a.ede, on ? DNS_EDE_STALE_ANSWER : DNS_EDE_CACHED_ERROR);
        assert_int_equal(a.ttl_s, on ? 7 : 0);
        assert_int_equal(d.front.count.stale, on);
        assert_int_equal(ask(&d, "other.site.org.", DNS_FLAG_RD, after_s(103)).result, FRONT_MISS);
        desk_end(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefetch),
        cmocka_unit_test(test_no_prefetch),
        cmocka_unit_test(test_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
