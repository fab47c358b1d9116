/* Most answers are written straight away: the same octets as the long way writes. */
#include "resolver/engine/respond.h"

#include "support.h"

static const struct engine_settings plain = {.edns_size = 1232, .answer_udp_max = 1232};

static void add(struct outcome *o, const struct rrset *set, uint32_t ttl_s)
{
    o->answer[o->answers++] = (struct outcome_set){.set = set, .ttl_s = ttl_s};
}

/* A set of `count` records of `len` octets each, with `sigs` signatures. */
static struct rrset *made_set(struct arena *arena, uint16_t type, uint16_t count, uint16_t sigs, uint16_t len)
{
    static uint8_t octets[64][256];
    struct rdata_ref rr[64], sig[4];
    for (unsigned i = 0; i < count; i++) {
        memset(octets[i], (int)('a' + i), len);
        octets[i][0] = type == DNS_TYPE_TXT ? (uint8_t)(len - 1) : (uint8_t)i;
        rr[i] = (struct rdata_ref){.data = octets[i], .len = len};
    }
    for (unsigned i = 0; i < sigs; i++) {
        memset(octets[60 + i], (int)i + 1, 90);
        sig[i] = (struct rdata_ref){.data = octets[60 + i], .len = 90};
    }
    struct dname_buf owner;
    struct dname name = name_in("www.example.com.", &owner);
    struct rrset *set = arena_alloc(arena, rrset_size(name, rr, count, sig, sigs));
    assert_non_null(set);
    rrset_fill(set, name, type, 300, rr, count, sig, sigs);
    return set;
}

/* The answer that is written straight away, octet for octet as the long way writes it, which a wish for an identifier
 * that we do not have leads to. */
static void short_way(void **state)
{
    (void)state;
    static const uint16_t types[] = {DNS_TYPE_A,   DNS_TYPE_AAAA, DNS_TYPE_TXT, DNS_TYPE_HTTPS, DNS_TYPE_SRV,
                                     DNS_TYPE_CAA, DNS_TYPE_TLSA, DNS_TYPE_DS,  DNS_TYPE_DNSKEY};
    static const uint16_t limits[] = {512, 600, 1232};
    static uint8_t a[DNS_MSG_MAX], b[DNS_MSG_MAX];
    unsigned same = 0, cut = 0;
    for (unsigned i = 0; i < 40000; i++) {
        unsigned x = i * 2654435761u >> 4;
        uint16_t type = types[x % ROWS(types)], count = (uint16_t)(1 + x / 16 % 24), sigs = (uint16_t)(x / 512 % 3);
        uint16_t len = type == DNS_TYPE_A ? 4 : type == DNS_TYPE_AAAA ? 16 : (uint16_t)(20 + x / 2048 % 40);
        struct arena arena;
        struct outcome o;
        arena_init(&arena, NULL, 0, 1u << 20);
        struct request r = {.id = (uint16_t)i, .qtype = type, .qclass = DNS_CLASS_IN};
        r.flags = (uint16_t)((x >> 17 & 1 ? DNS_FLAG_RD : 0) | (x >> 18 & 1 ? DNS_FLAG_CD : 0) |
                             (x >> 19 & 1 ? DNS_FLAG_AD : 0));
        r.edns = x >> 20 & 1;
        r.dnssec_ok = r.edns && (x >> 21 & 1);
        r.tcp = (x >> 22 & 3) == 0;
        r.limit = r.tcp ? DNS_MSG_MAX : (uint16_t)(limits[r.edns ? 1 + (x >> 24 & 1) : 0] + (i % 7 == 0));
        name_in(i % 3 == 0 ? "WWW.eXample.com." : "www.example.com.", &r.qname);
        outcome_init(&o);
        o.authentic = x >> 25 & 1;
        o.security = o.authentic ? SEC_SECURE : SEC_INSECURE;
        add(&o, made_set(&arena, type, count, sigs, len), i);
        struct request longer = r;
        longer.nsid = true;
        memset(a, 0xee, 2048);
        size_t n = respond_build(&r, &o, &plain, i, a), m = respond_build(&longer, &o, &plain, i, b);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        assert_true(n <= r.limit);
        assert_true(r.tcp || a[r.limit] == 0xee);
        cut += (a[2] & DNS_FLAG_TC >> 8) != 0;
        same++;
        arena_release(&arena);
    }
    print_message("%u answers, %u of them truncated\n", same, cut);
    assert_true(cut > 1000 && same - cut > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
