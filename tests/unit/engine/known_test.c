/* What the cache knows of a question: data, denials, aliases, failures, and what may not answer. */
#include "resolver/engine/respond.h"

#include "support.h"

static const struct now start = {.mono_us = 1000 * US_PER_S, .wall_s = 1767225600};
static const struct engine_settings settings; /* no zones of its own */

struct shelf {
    struct cache *cache;
    struct arena arena;
};

static int setup(void **state)
{
    static struct shelf s;
    struct cache_config config = {
        .size_bytes = 1u << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600, .hash_key = {1, 2, 3}};
    cache_thread_begin();
    s.cache = cache_new(&config);
    arena_init(&s.arena, NULL, 0, 1u << 20);
    *state = &s;
    return s.cache != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    cache_quiescent();
    cache_free(s->cache);
    cache_thread_end();
    arena_release(&s->arena);
    return 0;
}

static void put_ranked(struct shelf *s, const char *owner, uint32_t ttl_s, const char *type, const char *rdata,
                       enum cache_rank rank, enum cache_security security)
{
    struct cache_origin o = {.rank = rank, .security = security};
    assert_int_equal(cache_put_rrset(s->cache, one_in(&s->arena, owner, ttl_s, type, rdata), &o, start), CACHE_STORED);
}

static void put(struct shelf *s, const char *owner, uint32_t ttl_s, const char *type, const char *rdata)
{
    put_ranked(s, owner, ttl_s, type, rdata, RANK_AUTH_ANSWER, SEC_UNCHECKED);
}

static const struct cache_origin authority = {.rank = RANK_AUTH_AUTHORITY};

static void put_no_name(struct shelf *s, const char *name)
{
    struct rrset *soa = one_in(&s->arena, "test.", 600, "SOA", "ns. host. 1 2 3 4 60");
    assert_int_equal(cache_put_nxdomain(s->cache, NAME(name), 60, soa, NULL, 0, &authority, start), CACHE_STORED);
}

static void put_no_data(struct shelf *s, const char *name, const char *type)
{
    struct rrset *soa = one_in(&s->arena, "test.", 600, "SOA", "ns. host. 1 2 3 4 60");
    assert_int_equal(cache_put_nodata(s->cache, NAME(name), type_in(type), 60, soa, NULL, 0, &authority, start),
                     CACHE_STORED);
}

/* "all NOERROR ..." with one line for each record; "part" and "nothing" with the name at which knowledge ends. */
static const char *know(struct shelf *s, const char *qname, const char *qtype, unsigned later_s)
{
    static const char *const words[] = {[KNOWN_ALL] = "all", [KNOWN_PART] = "part", [KNOWN_NOTHING] = "nothing"};
    static char printed[8192];
    char rcode[DNS_TYPE_TEXT_MAX];
    struct text t = text_of(printed, sizeof printed);
    struct now now = {.mono_us = start.mono_us + later_s * US_PER_S, .wall_s = start.wall_s + later_s};
    struct outcome o;
    struct dname_buf end;
    struct known_question q = {.name = NAME(qname), .type = type_in(qtype), .set = &settings};
    enum known k = known_lookup(s->cache, &q, now, &o, &end);

    text_add(&t, words[k]);
    if (k == KNOWN_ALL) {
        text_addf(&t, " %s%s", dns_rcode_text(o.rcode, rcode), o.authentic ? " authentic" : "");
    } else {
        text_add(&t, " ");
        text_name(&t, dname_of(&end));
    }
    if (o.failure != FAIL_NONE) {
        text_addf(&t, " %s \"%s\"", failure_row(o.failure)->name, o.ede_text != NULL ? o.ede_text : "");
    }
    text_add(&t, "\n");
    for (unsigned i = 0; i < o.answers; i++) {
        print_set(&t, "an", o.answer[i].set, o.answer[i].ttl_s);
    }
    for (unsigned i = 0; i < o.authorities; i++) {
        print_set(&t, "ns", o.authority[i].set, o.authority[i].ttl_s);
    }
    return printed;
}

#define SOA(ttl) "ns test. " #ttl " IN SOA ns. host. 1 2 3 4 60\n"

static void data_and_denials(void **state)
{
    struct shelf *s = *state;
    put(s, "www.test.", 300, "A", "192.0.2.1");
    put_no_data(s, "www.test.", "MX");
    put_no_name(s, "gone.test.");
    put(s, "a.gone.test.", 300, "TXT", "kept"); /* takes the denial away: it was wrong (cache.h) */
    put_no_name(s, "void.test.");
    static const struct {
        const char *qname, *qtype;
        unsigned later_s;
        const char *expected;
    } rows[] = {
        {"www.test.", "A", 0, "all NOERROR\nan www.test. 300 IN A 192.0.2.1\n"},
        {"wWw.TEST.", "A", 200, "all NOERROR\nan www.test. 100 IN A 192.0.2.1\n"},
        {"www.test.", "A", 300, "nothing www.test.\n"},
        {"www.test.", "AAAA", 0, "nothing www.test.\n"},
        {"www.test.", "MX", 0, "all NOERROR\n" SOA(60)},
        {"www.test.", "MX", 59, "all NOERROR\n" SOA(1)},
        {"www.test.", "MX", 60, "nothing www.test.\n"},
        {"www.test.", "ANY", 0, "nothing www.test.\n"},
        {"void.test.", "A", 10, "all NXDOMAIN\n" SOA(50)},
        {"void.test.", "ANY", 10, "all NXDOMAIN\n" SOA(50)},
        {"b.a.void.test.", "A", 10, "all NXDOMAIN\n" SOA(50)}, /* RFC 8020 */
        {"xvoid.test.", "A", 10, "nothing xvoid.test.\n"},
        {"void.test.", "A", 60, "nothing void.test.\n"},
        {"a.gone.test.", "TXT", 0, "all NOERROR\nan a.gone.test. 300 IN TXT \"kept\"\n"},
        {"test.", "A", 0, "nothing test.\n"},
        {".", "NS", 0, "nothing .\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *got = know(s, rows[i].qname, rows[i].qtype, rows[i].later_s);
        if (strcmp(got, rows[i].expected) != 0) {
            fail_msg("%s %s:\n%sinstead of\n%s", rows[i].qname, rows[i].qtype, got, rows[i].expected);
        }
    }
}

static void aliases(void **state)
{
    struct shelf *s = *state;
    put(s, "a.test.", 300, "CNAME", "b.test.");
    put(s, "b.test.", 200, "CNAME", "c.test.");
    put(s, "c.test.", 100, "A", "192.0.2.1");
    put_no_data(s, "c.test.", "MX");
    put(s, "to-void.test.", 300, "CNAME", "x.void.test.");
    put_no_name(s, "void.test.");
    put(s, "round.test.", 300, "CNAME", "about.test.");
    put(s, "about.test.", 300, "CNAME", "round.test.");
    put(s, "self.test.", 300, "CNAME", "self.test.");
#define A_B "an a.test. 300 IN CNAME b.test.\nan b.test. 200 IN CNAME c.test.\n"
    static const struct {
        const char *qname, *qtype, *expected;
    } rows[] = {
        {"a.test.", "A", "all NOERROR\n" A_B "an c.test. 100 IN A 192.0.2.1\n"},
        {"a.test.", "MX", "all NOERROR\n" A_B SOA(60)},
        {"a.test.", "AAAA", "part c.test.\n" A_B},
        {"a.test.", "CNAME", "all NOERROR\nan a.test. 300 IN CNAME b.test.\n"},
        {"a.test.", "ANY", "nothing a.test.\n"},
        {"to-void.test.", "A", "all NXDOMAIN\nan to-void.test. 300 IN CNAME x.void.test.\n" SOA(60)},
        {"round.test.", "A", "all SERVFAIL ALIAS_LOOP \"\"\n"},
        {"self.test.", "A", "all SERVFAIL ALIAS_LOOP \"\"\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *got = know(s, rows[i].qname, rows[i].qtype, 0);
        if (strcmp(got, rows[i].expected) != 0) {
            fail_msg("%s %s:\n%sinstead of\n%s", rows[i].qname, rows[i].qtype, got, rows[i].expected);
        }
    }
}

/* L8: so many aliases and no more. */
static void long_chains(void **state)
{
    struct shelf *s = *state;
    for (unsigned i = 0; i < 20; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "l%u.test.", i);
        snprintf(to, sizeof to, "l%u.test.", i + 1);
        put(s, from, 300, "CNAME", to);
    }
    put(s, "l20.test.", 300, "A", "192.0.2.1");
    for (unsigned i = 0; i <= 20; i++) {
        struct outcome o;
        struct dname_buf end;
        char from[32];
        snprintf(from, sizeof from, "l%u.test.", i);
        struct known_question q = {.name = NAME(from), .type = DNS_TYPE_A, .set = &settings};
        enum known k = known_lookup(s->cache, &q, start, &o, &end);
        if (20 - i <= ENGINE_ALIASES_MAX) {
            assert_int_equal(k, KNOWN_ALL);
            assert_int_equal(o.answers, 20 - i + 1);
        } else {
            assert_int_equal(k, KNOWN_ALL);
            assert_int_equal(o.failure, FAIL_ALIAS_LIMIT);
            assert_int_equal(o.answers, 0);
        }
    }
}

/* The DNAME that a CNAME was made from goes before it, once; it says nothing of other names. */
static void dnames(void **state)
{
    struct shelf *s = *state;
    put(s, "d.test.", 300, "DNAME", "e.test.");
    put(s, "w.d.test.", 300, "CNAME", "w.e.test.");
    put(s, "v.d.test.", 300, "CNAME", "elsewhere.test."); /* not made from it */
    put(s, "x.", 300, "DNAME", ".");
    put(s, "s.x.x.", 300, "CNAME", "s.x.");
    put(s, "s.x.", 300, "CNAME", "s.");
    put(s, "s.", 300, "A", "192.0.2.1");
    static const struct {
        const char *qname, *qtype, *expected;
    } rows[] = {
        {"w.d.test.", "A", "part w.e.test.\nan d.test. 300 IN DNAME e.test.\nan w.d.test. 300 IN CNAME w.e.test.\n"},
        {"v.d.test.", "A", "part elsewhere.test.\nan v.d.test. 300 IN CNAME elsewhere.test.\n"},
        {"u.d.test.", "A", "nothing u.d.test.\n"},
        {"d.test.", "DNAME", "all NOERROR\nan d.test. 300 IN DNAME e.test.\n"},
        {"d.test.", "A", "nothing d.test.\n"},
        {"s.x.x.", "A",
         "all NOERROR\nan x. 300 IN DNAME .\nan s.x.x. 300 IN CNAME s.x.\nan s.x. 300 IN CNAME s.\n"
         "an s. 300 IN A 192.0.2.1\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *got = know(s, rows[i].qname, rows[i].qtype, 0);
        if (strcmp(got, rows[i].expected) != 0) {
            fail_msg("%s %s:\n%sinstead of\n%s", rows[i].qname, rows[i].qtype, got, rows[i].expected);
        }
    }
}

/* RFC 2181 section 5.4.1: what was never an answer is none. Glue is in delegations and not even looked at. */
static void ranks(void **state)
{
    struct shelf *s = *state;
    static const struct {
        const char *name;
        enum cache_rank rank;
        enum cache_security security;
        const char *first_line;
    } rows[] = {
        {"additional.test.", RANK_ADDITIONAL, SEC_UNCHECKED, "nothing additional.test.\n"},
        {"nonauth.test.", RANK_NONAUTH_AUTHORITY, SEC_UNCHECKED, "nothing nonauth.test.\n"},
        {"answer.test.", RANK_NONAUTH_ANSWER, SEC_UNCHECKED, "all NOERROR\n"},
        {"auth.test.", RANK_AUTH_ANSWER, SEC_INSECURE, "all NOERROR\n"},
        {"secure.test.", RANK_AUTH_ANSWER, SEC_SECURE, "all NOERROR authentic\n"},
        {"bogus.test.", RANK_AUTH_ANSWER, SEC_BOGUS, "nothing bogus.test.\n"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        put_ranked(s, rows[i].name, 30, "A", "192.0.2.1", rows[i].rank, rows[i].security);
        const char *got = know(s, rows[i].name, "A", 0);
        assert_memory_equal(got, rows[i].first_line, strlen(rows[i].first_line));
    }
    put(s, "half.test.", 30, "CNAME", "secure.test.");
    assert_non_null(strstr(know(s, "half.test.", "A", 0), "all NOERROR\n")); /* one link is not secure */

    struct delegation_builder b;
    struct addr glue = addr_ip4((const uint8_t[]){192, 0, 2, 66}, 0);
    struct cache_origin o = {.rank = RANK_NONAUTH_AUTHORITY};
    delegation_begin(&b, NAME("cut.test."), DELEGATION_REFERRAL, 300);
    assert_true(delegation_add_addr(&b, delegation_add_ns(&b, NAME("ns.cut.test.")), &glue));
    struct delegation *d = delegation_pack(&b, &s->arena);
    assert_int_equal(cache_put_delegation(s->cache, d, &o, start), CACHE_STORED);
    assert_string_equal(know(s, "ns.cut.test.", "A", 0), "nothing ns.cut.test.\n");
    assert_string_equal(know(s, "cut.test.", "NS", 0), "nothing cut.test.\n");
}

/* RFC 9520: a failure is remembered, per name and type, and data goes before it. */
static void failures(void **state)
{
    struct shelf *s = *state;
    cache_put_failure(s->cache, NAME("bad.test."), DNS_TYPE_A, FAIL_NO_REACHABLE, 0, start);
    cache_put_failure(s->cache, NAME("good.test."), DNS_TYPE_A, FAIL_NO_REACHABLE, 0, start);
    put(s, "good.test.", 300, "A", "192.0.2.1");
    put(s, "to-bad.test.", 300, "CNAME", "bad.test.");
#define FAILED "all SERVFAIL CACHED_FAILURE \"no name server of the zone answered\"\n"
    assert_string_equal(know(s, "bad.test.", "A", 0), FAILED);
    assert_string_equal(know(s, "bad.test.", "A", 4), FAILED);
    assert_string_equal(know(s, "bad.test.", "A", 6), "nothing bad.test.\n");
    assert_string_equal(know(s, "bad.test.", "AAAA", 0), "nothing bad.test.\n");
    assert_string_equal(know(s, "good.test.", "A", 0), "all NOERROR\nan good.test. 300 IN A 192.0.2.1\n");
    assert_string_equal(know(s, "to-bad.test.", "A", 0), FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(data_and_denials, setup, teardown),
        cmocka_unit_test_setup_teardown(aliases, setup, teardown),
        cmocka_unit_test_setup_teardown(long_chains, setup, teardown),
        cmocka_unit_test_setup_teardown(dnames, setup, teardown),
        cmocka_unit_test_setup_teardown(ranks, setup, teardown),
        cmocka_unit_test_setup_teardown(failures, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
