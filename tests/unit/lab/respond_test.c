/* What a simulated server answers to octets of any kind; its habits are shown by tests/system/lab_test.py. */
#include "tools/raiz-lab/respond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/types.h"
#include "names.h"

static void fail_loudly(void *arg, const char *message)
{
    (void)arg;
    fail_msg("%s", message);
}

static struct lab *make_lab(const char *words)
{
    char text[400];
    strcpy(text, "server s. 192.0.2.1 networkutopia.com. com. ");
    strncat(text, words, 300);
    return lab_parse("lab.conf", text, SOURCE_DIR "/tools/lab", fail_loudly, NULL);
}

static uint8_t out[DNS_MSG_MAX];

static struct lab_reply ask(struct lab *lab, const uint8_t *query, size_t n, struct rng_seeded *rng)
{
    struct lab_reply reply;
    uint8_t *exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees what is read beyond */
    assert_non_null(exact);
    memcpy(exact, query, n);
    lab_respond(lab, &lab->server[0], false, exact, n, &rng->rng, out, &reply);
    free(exact);
    return reply;
}

/* www.networkutopia.com A; its length. */
static size_t make_question(uint8_t query[64])
{
    static const char octets[] = "\x12\x34\0\0\0\1\0\0\0\0\0\0\3www\15networkutopia\3com\0\0\1\0\1";
    memcpy(query, octets, sizeof octets - 1);
    return sizeof octets - 1;
}

static void no_questions(void **state)
{
    (void)state;
    struct lab *lab = make_lab("");
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    uint8_t query[64];
    size_t n = make_question(query);
    struct lab_reply r = ask(lab, query, n, &rng);
    assert_int_equal(r.fate, LAB_FATE_ANSWERED);
    assert_int_equal(r.rcode, DNS_RCODE_NOERROR);
    assert_memory_equal(out, "\x12\x34\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00", 12);
    assert_memory_equal(out + 12, query + 12, n - 12); /* the question as it came */
    for (size_t i = 0; i < 12; i++) {                  /* less than a header: silence */
        assert_int_equal(ask(lab, query, i, &rng).fate, LAB_FATE_BAD);
    }
    for (size_t i = 13; i < n; i++) { /* a header and less than a question: FORMERR, header only */
        r = ask(lab, query, i, &rng);
        assert_int_equal(r.fate, LAB_FATE_ANSWERED);
        assert_int_equal(r.rcode, DNS_RCODE_FORMERR);
        assert_int_equal(r.len, 12);
    }
    query[2] |= 0x80; /* an answer is not answered: two servers would go on for ever */
    assert_int_equal(ask(lab, query, n, &rng).fate, LAB_FATE_BAD);
    query[2] = 0;
    query[5] = 0;
    r = ask(lab, query, 12, &rng); /* no question at all */
    assert_int_equal(r.rcode, DNS_RCODE_FORMERR);
    lab_free(lab);
}

/* Whatever comes, the answer is in bounds and, but for garbage, a message. */
static void any_octets(void **state)
{
    (void)state;
    static const char *const words[] = {"", "lame", "noedns lowercase", "truncate", "ent-nxdomain", "garbage", "plain",
                                        "stray-glue"};
    struct arena arena;
    arena_init(&arena, NULL, 0, 1 << 20);
    unsigned answered = 0;
    for (size_t w = 0; w < ROWS(words); w++) {
        struct lab *lab = make_lab(words[w]);
        struct rng_seeded rng;
        rng_seeded_init(&rng, w + 1);
        for (unsigned i = 0; i < 4000; i++) {
            uint8_t query[128];
            size_t n = make_question(query);
            if (i % 2 == 1) { /* an OPT */
                memcpy(query + n, "\0\0\51\4\320\0\0\200\0\0\0", 11);
                query[11] = 1;
                n += 11;
            }
            for (unsigned k = rng_below(&rng.rng, 6); k > 0; k--) {
                query[rng_below(&rng.rng, (uint32_t)n)] = (uint8_t)rng_u16(&rng.rng);
            }
            n -= rng_below(&rng.rng, 10) == 0 ? rng_below(&rng.rng, (uint32_t)n) : 0;
            struct lab_reply r = ask(lab, query, n, &rng);
            assert_in_range(r.len, 0, 1232);
            struct dns_msg m;
            if (r.fate == LAB_FATE_ANSWERED && strcmp(words[w], "garbage") != 0) {
                assert_int_equal(dns_msg_parse(out, r.len, &arena, &m), DNS_OK);
                assert_true((m.flags & DNS_FLAG_QR) != 0);
                assert_int_equal(m.id, query[0] << 8 | query[1]);
                answered++;
            }
            arena_clear(&arena);
        }
        lab_free(lab);
    }
    assert_true(answered > 10000);
    arena_release(&arena);
}

static void chance(void **state)
{
    (void)state;
    struct lab *lab = make_lab("loss=25% delay=10ms jitter=20ms");
    struct rng_seeded rng;
    rng_seeded_init(&rng, 5);
    uint8_t query[64];
    size_t n = make_question(query);
    unsigned lost = 0;
    for (unsigned i = 0; i < 4000; i++) {
        struct lab_reply r = ask(lab, query, n, &rng);
        lost += r.fate == LAB_FATE_LOST;
        if (r.fate == LAB_FATE_ANSWERED) {
            assert_in_range(r.delay_ms, 10, 30);
        }
        lab_respond(lab, &lab->server[0], true, query, n, &rng.rng, out, &r); /* TCP loses nothing */
        assert_int_equal(r.fate, LAB_FATE_ANSWERED);
    }
    assert_in_range(lost, 900, 1100);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_questions),
        cmocka_unit_test(any_octets),
        cmocka_unit_test(chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
