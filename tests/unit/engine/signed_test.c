/*
 * The engine against the server of a signed zone, with all signatures real: what a flood of random names costs, what
 * wildcards and types cost, and that nothing comes out of what was never validated.
 *
 * The zone is the root, so that there is one key and one server. The server can lie: it then denies the whole zone with
 * an NSEC of its own making.
 */
#include "resolver/engine/engine.h"

#include <stdatomic.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "chains.h"
#include "dns/build.h"
#include "dns/edns.h"
#include "dns/rdata.h"
#include "resolver/dnssec/signature.h"

#define NAMES   400
#define WALL_S  1767225600 /* 2026-01-01 */
#define KEY_LEN 36

enum lie { LIE_NONE, LIE_UNSIGNED, LIE_BADLY_SIGNED };

struct bed {
    struct engine_settings set;
    struct cache *cache;
    struct engine *engine;
    struct rng_seeded rng;
    struct arena arena, scratch;
    struct now now;
    struct chain_zone *zone;
    EVP_PKEY *pkey;
    uint8_t key[KEY_LEN]; /* rdata of its DNSKEY */
    enum lie lie;
    unsigned sends, checks;
    struct engine_check *held; /* the last check, if they are held back */
    bool holds;
    uint64_t client;
    /* the last answer */
    uint16_t rcode;
    bool authentic;
    int ede;
    uint16_t answers;
};

/* ---- signing ---- */

static void make_key(struct bed *bed)
{
    static const uint8_t seed[32] = "a key for the tests of the root";
    size_t n = 32;
    bed->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    assert_non_null(bed->pkey);
    memcpy(bed->key, (const uint8_t[]){1, 1, 3, 15}, 4); /* zone key, entry point, DNSSEC, Ed25519 */
    assert_int_equal(EVP_PKEY_get_raw_public_key(bed->pkey, bed->key + 4, &n), 1);
}

/* The rdata of an RRSIG for a set of the root zone. */
static size_t sign(const struct bed *bed, const struct rrset *set, bool badly, uint8_t out[static 256])
{
    struct dname owner = rrset_owner(set);
    struct writer w = writer_of(out, 256);
    struct signature s;
    size_t n, sig_len = 64;
    uint8_t sig[64];

    write_u16(&w, set->type);
    write_u8(&w, 15);
    write_u8(&w, (uint8_t)(owner.labels - dname_is_wildcard(owner)));
    write_u32(&w, set->ttl_s);
    write_u32(&w, WALL_S + 86400);
    write_u32(&w, WALL_S - 3600);
    write_u16(&w, dnssec_key_tag(bed->key, KEY_LEN));
    write_u8(&w, 0); /* signer: the root */
    write_bytes(&w, (const uint8_t[64]){0}, 64);
    assert_true(signature_read((struct rdata_ref){.data = out, .len = (uint16_t)w.pos}, &s));
    uint8_t *data = signature_data(&s, set, &n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_true(data != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, bed->pkey) == 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &sig_len, data, n), 1);
    EVP_MD_CTX_free(ctx);
    free(data);
    sig[0] ^= badly;
    memcpy(out + w.pos - 64, sig, 64);
    return w.pos;
}

struct signing {
    struct bed *bed;
    struct zone_builder *builder;
};

static void sign_set(void *arg, const struct rrset *set)
{
    struct signing *s = arg;
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    uint8_t sig[256];
    while (rrset_next(&it, &rr)) {
        assert_int_equal(zone_builder_add(s->builder, rrset_owner(set), set->type, set->ttl_s, rr.data, rr.len),
                         DNS_OK);
    }
    size_t n = sign(s->bed, set, false, sig);
    assert_int_equal(zone_builder_add(s->builder, rrset_owner(set), DNS_TYPE_RRSIG, set->ttl_s, sig, (uint16_t)n),
                     DNS_OK);
}

static void sign_zone(struct bed *bed)
{
    struct signing s = {.bed = bed, .builder = zone_builder_new(dname_root())};
    struct zone *with = NULL;
    char message[200];
    assert_non_null(s.builder);
    zone_walk(bed->zone->zone, sign_set, &s);
    if (zone_builder_finish(s.builder, false, &with, message) != DNS_OK) {
        fail_msg("%s", message);
    }
    zone_free(bed->zone->zone);
    bed->zone->zone = with;
    bed->zone->soa = zone_find(with, dname_root(), DNS_TYPE_SOA);
}

static void make_zone(struct bed *bed, enum chain_kind kind)
{
    static char plain[64 * NAMES];
    struct text t = text_of(plain, sizeof plain);
    text_add(&t, "@ SOA ns. admin. 1 2 3 4 300\n@ NS ns.\nns A 192.0.2.1\n*.wild A 192.0.2.2\n@ DNSKEY 257 3 15 ");
    base_print(BASE64, bed->key + 4, 32, &t);
    text_add(&t, "\n");
    uint32_t x = 12345;
    for (unsigned i = 0; i < NAMES; i++) {
        x = x * 1664525 + 1013904223;
        text_addf(&t, "%c%c%u A 192.0.2.1\n", (int)('a' + x % 26), (int)('a' + (x >> 8) % 26), i);
    }
    bed->zone = chain_make(".", plain, kind, 0);
    sign_zone(bed);
}

/* ---- bed ---- */

static struct bed *begin(enum chain_kind kind)
{
    static struct bed bed;
    static struct delegation_builder hints; /* big */
    struct cache_config config = {.size_bytes = 8 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    const uint8_t ip[4] = {192, 0, 2, 1};
    struct addr root = addr_ip4(ip, 0);
    struct dname_buf ns;
    struct anchors *anchors = anchors_new();

    bed = (struct bed){.now = {.mono_us = 1000000, .wall_s = WALL_S}};
    make_key(&bed);
    make_zone(&bed, kind);
    arena_init(&bed.arena, NULL, 0, 1 << 20);
    arena_init(&bed.scratch, NULL, 0, 1 << 20);
    delegation_begin(&hints, dname_root(), DELEGATION_HINTS, 3600);
    dname_scan("ns.", 3, NULL, &ns);
    delegation_add_addr(&hints, delegation_add_ns(&hints, dname_of(&ns)), &root);
    struct rdata_ref key = {.data = bed.key, .len = KEY_LEN};
    assert_true(anchors != NULL && anchors_add_rdata(anchors, dname_root(), DNS_TYPE_DNSKEY, key));
    bed.set = (struct engine_settings){.ipv4 = true,
                                       .port = 53,
                                       .edns_size = 1232,
                                       .answer_udp_max = 1232,
                                       .max_ttl_s = 86400,
                                       .root_hints = delegation_pack(&hints, &bed.arena),
                                       .dnssec = DNSSEC_VALIDATE,
                                       .dnssec_policy = dnssec_policy_of(true),
                                       .aggressive = true,
                                       .anchors = anchors};
    rng_seeded_init(&bed.rng, 1);
    cache_thread_begin();
    bed.cache = cache_new(&config);
    bed.engine = engine_new(&bed.set, bed.cache, &bed.rng.rng);
    assert_non_null(bed.engine);
    return &bed;
}

static void end(struct bed *bed)
{
    assert_int_equal(engine_deadline(bed->engine), UINT64_MAX);
    engine_free(bed->engine);
    assert_true(cache_check(bed->cache));
    cache_quiescent();
    cache_free(bed->cache);
    cache_thread_end();
    arena_release(&bed->arena);
    arena_release(&bed->scratch);
    anchors_free((struct anchors *)(uintptr_t)bed->set.anchors);
    chain_free(bed->zone);
    EVP_PKEY_free(bed->pkey);
}

/* The root denies everything below it: "." NSEC ".". */
static void lie_about_all(struct bed *bed, struct build *b)
{
    static const uint8_t nsec[] = {0, 0, 1, 0x22}; /* the root itself, with NS and SOA */
    struct rdata_ref rr = {.data = nsec, .len = sizeof nsec};
    uint8_t sig[256], soa_sig[256];
    struct rrset *set;
    const struct rrset *soa = zone_find(bed->zone->zone, dname_root(), DNS_TYPE_SOA);
    struct rdata_ref soa_rr = rrset_first(soa);
    size_t soa_n = sign(bed, soa, false, soa_sig);
    assert_int_equal(rrset_make(dname_root(), DNS_TYPE_NSEC, 300, &rr, 1, &bed->scratch, &set), DNS_OK);
    size_t n = sign(bed, set, true, sig);
    build_rr(b, DNS_AUTHORITY, dname_root(), DNS_TYPE_SOA, DNS_CLASS_IN, 300, soa_rr.data, soa_rr.len);
    build_rr(b, DNS_AUTHORITY, dname_root(), DNS_TYPE_RRSIG, DNS_CLASS_IN, 300, soa_sig, (uint16_t)soa_n);
    build_rr(b, DNS_AUTHORITY, dname_root(), DNS_TYPE_NSEC, DNS_CLASS_IN, 300, nsec, sizeof nsec);
    if (bed->lie == LIE_BADLY_SIGNED) {
        build_rr(b, DNS_AUTHORITY, dname_root(), DNS_TYPE_RRSIG, DNS_CLASS_IN, 300, sig, (uint16_t)n);
    }
}

static void serve(struct bed *bed, const struct action *sent)
{
    static uint8_t out[4096];
    struct build b;
    struct dns_msg q;
    struct lookup l;
    struct edns_out opt = {.udp_size = 1232, .dnssec_ok = true, .ede = DNS_EDE_NONE};
    struct event ev = {.kind = EV_REPLY, .exchange = sent->exchange};

    bed->sends++;
    assert_int_equal(dns_query_parse(sent->wire, sent->len, &q), DNS_OK);
    bool lies = bed->lie != LIE_NONE && q.qtype != DNS_TYPE_DNSKEY && q.qtype != DNS_TYPE_NS;
    build_init(&b, out, sizeof out, q.id, DNS_FLAG_QR | DNS_FLAG_AA | (lies ? DNS_RCODE_NXDOMAIN : 0), 11);
    build_question(&b, q.qname, q.qtype, q.qclass);
    if (lies) {
        lie_about_all(bed, &b);
    } else {
        zone_lookup(bed->zone->zone, q.qname, q.qtype, true, &l);
        lookup_write(&l, &b);
    }
    ev.reply.data = out;
    ev.reply.len = build_finish(&b, &opt);
    engine_push(bed->engine, &ev, bed->now);
}

static void read_answer(struct bed *bed, const struct action *a)
{
    struct dns_msg m;
    arena_clear(&bed->scratch);
    assert_int_equal(dns_msg_parse(a->wire, a->len, &bed->scratch, &m), DNS_OK);
    bed->rcode = a->rcode;
    bed->authentic = (m.flags & DNS_FLAG_AD) != 0;
    bed->ede = m.edns.ede;
    bed->answers = (uint16_t)(dns_msg_end(&m, DNS_ANSWER) - dns_msg_begin(&m, DNS_ANSWER));
}

static void give_back(struct bed *bed, struct engine_check *check)
{
    struct event ev = {.kind = EV_CHECKED, .check = check};
    bed->checks++;
    engine_check_run(bed->engine, check);
    engine_push(bed->engine, &ev, bed->now);
}

/* Asks, serves until there is an answer; returns how many questions it took. */
static unsigned ask(struct bed *bed, const char *name, uint16_t type, uint16_t flags)
{
    struct request request = {.id = 1,
                              .flags = DNS_FLAG_RD | flags,
                              .qtype = type,
                              .qclass = DNS_CLASS_IN,
                              .limit = 1232,
                              .edns = true,
                              .dnssec_ok = true};
    struct event ev = {.kind = EV_QUERY};
    struct action a;
    unsigned before = bed->sends;
    bool answered = false;

    assert_int_equal(dname_scan(name, strlen(name), NULL, &request.qname), DNS_OK);
    ev.query.request = &request;
    ev.query.client.id = ++bed->client;
    engine_push(bed->engine, &ev, bed->now);
    while (engine_pull(bed->engine, &a)) {
        if (a.kind == ACT_SEND) {
            serve(bed, &a);
        } else if (a.kind == ACT_ANSWER) {
            read_answer(bed, &a);
            answered = true;
        } else if (a.kind == ACT_CHECK && bed->holds) {
            assert_null(bed->held);
            bed->held = a.check;
        } else if (a.kind == ACT_CHECK) {
            give_back(bed, a.check);
        }
    }
    cache_quiescent();
    assert_int_equal(answered, bed->held == NULL);
    return bed->sends - before;
}

static uint64_t synthesised(const struct bed *bed)
{
    return atomic_load(&engine_counters(bed->engine)->synthesised);
}

static uint64_t spans(const struct bed *bed)
{
    struct cache_stats s;
    cache_stats(bed->cache, &s);
    return s.spans;
}

/* ---- tests ---- */

static void check_answer(const struct bed *bed, uint16_t rcode, uint16_t answers, bool made)
{
    assert_int_equal(bed->rcode, rcode);
    assert_int_equal(bed->answers, answers);
    assert_true(bed->authentic);
    assert_int_equal(bed->ede, made ? DNS_EDE_SYNTHESIZED : DNS_EDE_NONE);
}

/* Every kind of answer that one question makes for the next. */
static void kinds_nsec(void **state)
{
    (void)state;
    struct bed *bed = begin(CHAIN_NSEC);
    ask(bed, "ns.", DNS_TYPE_AAAA, 0);
    check_answer(bed, DNS_RCODE_NOERROR, 0, false);
    assert_int_equal(ask(bed, "ns.", DNS_TYPE_TXT, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 0, true);
    ask(bed, "a.wild.", DNS_TYPE_A, 0);
    check_answer(bed, DNS_RCODE_NOERROR, 2, false); /* the address and its signature */
    assert_int_equal(ask(bed, "b.wild.", DNS_TYPE_A, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 2, true);
    /* The record that covered the names is the wildcard's own, and tells its types. */
    assert_int_equal(ask(bed, "c.wild.", DNS_TYPE_TXT, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 0, true);
    ask(bed, "nope.", DNS_TYPE_A, 0);
    check_answer(bed, DNS_RCODE_NXDOMAIN, 0, false);
    assert_int_equal(ask(bed, "nopf.", DNS_TYPE_MX, 0), 0);
    check_answer(bed, DNS_RCODE_NXDOMAIN, 0, true);
    assert_int_equal(synthesised(bed), 4);
    /* Who wants no checking gets what the server says. */
    assert_true(ask(bed, "ns.", DNS_TYPE_MX, DNS_FLAG_CD) > 0);
    assert_int_equal(bed->ede, DNS_EDE_NONE);
    bed->set.aggressive = false;
    assert_true(ask(bed, "ns.", DNS_TYPE_SRV, 0) > 0);
    assert_int_equal(synthesised(bed), 4);
    end(bed);
}

static void ask_random(struct bed *bed, const char *suffix, unsigned names)
{
    uint64_t x = 7;
    for (unsigned i = 0; i < names; i++) {
        char name[40];
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
        snprintf(name, sizeof name, "%c%c%x.%s", (int)('a' + (x >> 33) % 26), (int)('a' + (x >> 40) % 26),
                 (unsigned)(x >> 20), suffix);
        ask(bed, name, DNS_TYPE_A, 0);
        assert_int_equal(bed->rcode, suffix[0] == '\0' ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR);
        assert_true(bed->authentic);
    }
}

/* Hashes have no neighbours that a test could name, so all spans are there first. */
static void kinds_nsec3(void **state)
{
    (void)state;
    struct bed *bed = begin(CHAIN_NSEC3);
    chain_learn_all(bed->cache, bed->zone, bed->now);
    assert_int_equal(spans(bed), bed->zone->owners);
    assert_int_equal(ask(bed, "ns.", DNS_TYPE_TXT, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 0, true);
    assert_int_equal(ask(bed, "wild.", DNS_TYPE_A, 0), 0); /* an empty non-terminal */
    check_answer(bed, DNS_RCODE_NOERROR, 0, true);
    assert_int_equal(ask(bed, "c.wild.", DNS_TYPE_TXT, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 0, true);
    assert_true(ask(bed, "a.wild.", DNS_TYPE_A, 0) > 0); /* the data is not known */
    check_answer(bed, DNS_RCODE_NOERROR, 2, false);
    assert_int_equal(ask(bed, "b.wild.", DNS_TYPE_A, 0), 0);
    check_answer(bed, DNS_RCODE_NOERROR, 2, true);
    unsigned before = bed->sends;
    ask_random(bed, "wild.", 1000);
    assert_int_equal(bed->sends, before);
    end(bed);
}

static void flood(enum chain_kind kind, unsigned names)
{
    struct bed *bed = begin(kind);
    ask_random(bed, "", names);
    print_message("%u random names, %zu spans: %u questions sent, %llu answers synthesised\n", names, bed->zone->owners,
                  bed->sends, (unsigned long long)synthesised(bed));
    assert_true(bed->sends <= bed->zone->owners + 2); /* a question for each span; the key; the root's servers */
    assert_true(synthesised(bed) >= names - bed->zone->owners);
    assert_true(spans(bed) <= bed->zone->owners);
    end(bed);
}

static void flood_nsec(void **state)
{
    (void)state;
    flood(CHAIN_NSEC, 20000);
}

static void flood_nsec3(void **state)
{
    (void)state;
    flood(CHAIN_NSEC3, 20000);
}

/* T71, T72: a denial of all that was never validated, or failed, denies nothing to anybody else. */
static void lies_stay_lies(void **state)
{
    (void)state;
    static const enum lie lies[] = {LIE_UNSIGNED, LIE_BADLY_SIGNED};
    for (unsigned i = 0; i < 2; i++) {
        struct bed *bed = begin(CHAIN_NSEC);
        bed->lie = lies[i];
        ask(bed, "nope.", DNS_TYPE_A, DNS_FLAG_CD);
        assert_int_equal(bed->rcode, DNS_RCODE_NXDOMAIN); /* as it came */
        assert_int_equal(spans(bed), 0);
        ask(bed, "nada.", DNS_TYPE_A, 0);
        assert_int_equal(bed->rcode, DNS_RCODE_SERVFAIL);
        assert_int_equal(spans(bed), 0);
        bed->lie = LIE_NONE;
        assert_true(ask(bed, "ns.", DNS_TYPE_A, 0) > 0);
        check_answer(bed, DNS_RCODE_NOERROR, 2, false);
        assert_true(ask(bed, "nope.", DNS_TYPE_A, 0) > 0);
        check_answer(bed, DNS_RCODE_NXDOMAIN, 0, false);
        assert_true(synthesised(bed) == 0 && spans(bed) > 0);
        end(bed);
    }
}

/* Whoever makes the checks, the answers are the same, and so is the number of checks. */
static void checks_left(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint16_t type;
    } rows[] = {{"ns.", DNS_TYPE_A}, {"a.wild.", DNS_TYPE_A}, {"nope.", DNS_TYPE_A}, {"ns.", DNS_TYPE_MX}};
    uint64_t verifies[2];
    for (unsigned left = 0; left < 2; left++) {
        struct bed *bed = begin(CHAIN_NSEC);
        bed->set.aggressive = false;
        if (left != 0) {
            engine_leave_checks(bed->engine);
        }
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            ask(bed, rows[i].name, rows[i].type, 0);
            assert_true(bed->authentic);
            assert_int_equal(bed->rcode, i == 2 ? DNS_RCODE_NXDOMAIN : DNS_RCODE_NOERROR);
        }
        verifies[left] = atomic_load(&engine_counters(bed->engine)->verifies);
        assert_int_equal(bed->checks, left != 0 ? verifies[left] : 0);
        bed->lie = LIE_BADLY_SIGNED;
        ask(bed, "nada.", DNS_TYPE_A, 0);
        assert_int_equal(bed->rcode, DNS_RCODE_SERVFAIL);
        end(bed);
    }
    assert_int_equal(verifies[0], verifies[1]);
    assert_true(verifies[0] >= 6);
}

/* A check that comes back after its query ended changes nothing, but that the signature is known to be good. */
static void checks_late(void **state)
{
    (void)state;
    struct bed *bed = begin(CHAIN_NSEC);
    struct action a;
    engine_leave_checks(bed->engine);
    bed->holds = true;
    ask(bed, "ns.", DNS_TYPE_A, 0);
    assert_non_null(bed->held);
    uint64_t due = engine_deadline(bed->engine);
    assert_true(due != UINT64_MAX);
    while (engine_deadline(bed->engine) != UINT64_MAX) { /* of the query, and of what it began */
        bed->now.mono_us = engine_deadline(bed->engine);
        engine_push(bed->engine, NULL, bed->now);
        while (engine_pull(bed->engine, &a)) {
            assert_int_not_equal(a.kind, ACT_CHECK);
            if (a.kind == ACT_ANSWER) {
                read_answer(bed, &a);
            }
        }
    }
    assert_int_equal(bed->rcode, DNS_RCODE_SERVFAIL);
    struct engine_check *late = bed->held;
    bed->held = NULL;
    give_back(bed, late);
    assert_false(engine_pull(bed->engine, &a));
    assert_int_equal(engine_deadline(bed->engine), UINT64_MAX);
    bed->now.mono_us += 60 * US_PER_S;
    bed->holds = false;
    ask(bed, "ns.", DNS_TYPE_A, 0);
    check_answer(bed, DNS_RCODE_NOERROR, 2, false);
    end(bed);
}

/* The engine may go while checks are out, or were never asked for. */
static void checks_at_the_end(void **state)
{
    (void)state;
    for (unsigned pulled = 0; pulled < 2; pulled++) {
        struct bed *bed = begin(CHAIN_NSEC);
        struct action a;
        struct engine_check *out = NULL;
        struct request request = {.id = 1, .flags = DNS_FLAG_RD, .qtype = DNS_TYPE_A, .qclass = DNS_CLASS_IN};
        struct event ev = {.kind = EV_QUERY};
        engine_leave_checks(bed->engine);
        assert_int_equal(dname_scan("ns.", 3, NULL, &request.qname), DNS_OK);
        ev.query.request = &request;
        ev.query.client.id = 1;
        engine_push(bed->engine, &ev, bed->now);
        while ((pulled != 0 ? out == NULL : bed->sends < 2) && engine_pull(bed->engine, &a)) {
            if (a.kind == ACT_SEND) { /* the address, then the key */
                serve(bed, &a);
            } else if (a.kind == ACT_CHECK) {
                out = a.check;
            }
        }
        assert_int_equal(out != NULL, pulled != 0);
        engine_free(bed->engine);
        if (out != NULL) {
            engine_check_free(out);
        }
        bed->engine = engine_new(&bed->set, bed->cache, &bed->rng.rng);
        assert_non_null(bed->engine);
        end(bed);
    }
}

/* What is configured below the zone, or not to be validated, is asked for. */
static void configured_names(void **state)
{
    (void)state;
    struct bed *bed = begin(CHAIN_NSEC);
    struct dname_buf broken;
    assert_int_equal(dname_scan("nada.", 5, NULL, &broken), DNS_OK);
    ask(bed, "nadb.", DNS_TYPE_A, 0);
    assert_true(spans(bed) > 0);
    bed->set.negative_anchors = &broken;
    bed->set.negative_anchor_count = 1;
    assert_true(ask(bed, "nada.", DNS_TYPE_A, 0) > 0);
    assert_false(bed->authentic);
    bed->set.negative_anchor_count = 0;
    assert_int_equal(ask(bed, "nadaa.", DNS_TYPE_A, 0), 0);
    /* A stub zone of the same name. */
    static struct delegation_builder b;
    const uint8_t ip[4] = {192, 0, 2, 1};
    struct addr a = addr_ip4(ip, 0);
    struct dname_buf ns;
    struct dname_buf zone;
    dname_scan("nadac.", 6, NULL, &zone);
    dname_scan("ns.", 3, NULL, &ns);
    delegation_begin(&b, dname_of(&zone), DELEGATION_STUB, 3600);
    delegation_add_addr(&b, delegation_add_ns(&b, dname_of(&ns)), &a);
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 16);
    const struct delegation *stub = delegation_pack(&b, &arena);
    bed->set.zones = &stub;
    bed->set.zone_count = 1;
    assert_true(ask(bed, "x.nadac.", DNS_TYPE_A, 0) > 0);
    bed->set.zone_count = 0;
    arena_release(&arena);
    end(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_nsec),  cmocka_unit_test(kinds_nsec3),    cmocka_unit_test(flood_nsec),
        cmocka_unit_test(flood_nsec3), cmocka_unit_test(lies_stay_lies), cmocka_unit_test(configured_names),
        cmocka_unit_test(checks_left), cmocka_unit_test(checks_late),    cmocka_unit_test(checks_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
