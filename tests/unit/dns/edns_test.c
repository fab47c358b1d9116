/* EDNS options read and written: well-formed, malformed, doubled, too many (T107, T108), and what is dropped when room
 * is short (T95). */
#include "dns/edns.h"

#include "dns/types.h"
#include "support.h"

/* Parsed from memory of exact size, which text borrows: free_edns() when done. */
static enum dns_err parse(const char *hex, struct edns *e, uint8_t **memory)
{
    uint8_t rdata[256];
    size_t n = octets(hex, rdata, sizeof rdata);
    *memory = exact(rdata, n);
    *e = (struct edns){.present = true};
    return edns_parse(*memory, (uint16_t)n, e);
}

static void options(void **state)
{
    (void)state;
    struct edns e;
    uint8_t *p;
    assert_int_equal(parse("", &e, &p), DNS_OK);
    assert_false(e.has_cookie || e.has_nsid || e.has_keepalive || e.has_padding || e.has_ecs);
    assert_int_equal(e.ede, DNS_EDE_NONE);
    free(p);

    assert_int_equal(parse("0003 0000  000a 0008 0102030405060708  000b 0000  000c 0002 0000  fde9 0001 ff", &e, &p),
                     DNS_OK);
    assert_true(e.has_cookie && e.has_nsid && e.has_keepalive && e.has_padding);
    assert_int_equal(e.cookie_len, 8);
    assert_memory_equal(e.cookie, p + 8, 8);
    free(p);

    assert_int_equal(parse("000f 0008 0016 'timely'  000f 0002 0001", &e, &p), DNS_OK);
    assert_int_equal(e.ede, DNS_EDE_NO_REACHABLE_AUTHORITY);
    assert_int_equal(e.ede_text_len, 6);
    assert_memory_equal(e.ede_text, "timely", 6);
    free(p);

    assert_int_equal(parse("000f 0005 0000 'a' 0000", &e, &p), DNS_OK); /* NULs at the end are no text */
    assert_int_equal(e.ede, DNS_EDE_OTHER);
    assert_int_equal(e.ede_text_len, 1);
    free(p);

    assert_int_equal(parse("000f 0003 0012 00", &e, &p), DNS_OK);
    assert_int_equal(e.ede, DNS_EDE_PROHIBITED);
    assert_int_equal(e.ede_text_len, 0);
    assert_null(e.ede_text);
    free(p);
}

static const struct {
    const char *hex;
    enum dns_err err;
    bool cookie, ecs, keepalive;
    int ede;
} judgements[] = {
    {"00", DNS_E_EDNS, false, false, false, -1},
    {"0003", DNS_E_EDNS, false, false, false, -1},
    {"0003 00", DNS_E_EDNS, false, false, false, -1},
    {"0003 0001", DNS_E_EDNS, false, false, false, -1},
    {"0003 ffff 00", DNS_E_EDNS, false, false, false, -1},
    {"0003 0000 00", DNS_E_EDNS, false, false, false, -1},
    /* cookies: 8, 16 .. 40 */
    {"000a 0000", DNS_E_EDNS, false, false, false, -1},
    {"000a 0007 01020304050607", DNS_E_EDNS, false, false, false, -1},
    {"000a 0009 010203040506070809", DNS_E_EDNS, false, false, false, -1},
    {"000a 000f 0102030405060708090a0b0c0d0e0f", DNS_E_EDNS, false, false, false, -1},
    {"000a 0010 0102030405060708090a0b0c0d0e0f10", DNS_OK, true, false, false, -1},
    {"000a 0028 '0123456789012345678901234567890123456789'", DNS_OK, true, false, false, -1},
    {"000a 0029 '01234567890123456789012345678901234567890'", DNS_E_EDNS, false, false, false, -1},
    {"000a 0008 '12345678' 000a 0001 00", DNS_OK, true, false, false, -1}, /* L23: a second one is ignored */
    /* client subnet (T108) */
    {"0008 0007 0001 18 00 c00002", DNS_OK, false, true, false, -1},
    {"0008 0008 0001 20 00 c0000201", DNS_OK, false, true, false, -1},
    {"0008 0004 0001 00 00", DNS_OK, false, true, false, -1},
    {"0008 0004 0002 00 00", DNS_OK, false, true, false, -1},
    {"0008 000b 0002 38 00 20010db8000000", DNS_OK, false, true, false, -1},
    {"0008 0014 0002 80 80 20010db8000000000000000000000001", DNS_OK, false, true, false, -1},
    {"0008 0004 0000 00 00", DNS_OK, false, true, false, -1},
    {"0008 0008 0000 20 00 c0000201", DNS_E_EDNS, false, false, false, -1},
    {"0008 0004 0000 20 00", DNS_E_EDNS, false, false, false, -1},
    {"0008 0004 0000 00 01", DNS_E_EDNS, false, false, false, -1},
    {"0008 0008 0063 20 00 c0000201", DNS_E_EDNS, false, false, false, -1},
    {"0008 0004 0003 00 00", DNS_E_EDNS, false, false, false, -1},
    {"0008 0000", DNS_E_EDNS, false, false, false, -1},
    {"0008 0003 0001 00", DNS_E_EDNS, false, false, false, -1},
    {"0008 0009 0001 21 00 c000020100", DNS_E_EDNS, false, false, false, -1},
    {"0008 0007 0001 18 21 c00002", DNS_E_EDNS, false, false, false, -1},
    {"0008 0008 0001 18 00 c0000200", DNS_E_EDNS, false, false, false, -1}, /* an octet too many */
    {"0008 0006 0001 18 00 c000", DNS_E_EDNS, false, false, false, -1},     /* one too few */
    {"0008 0007 0001 17 00 c00003", DNS_E_EDNS, false, false, false, -1},   /* a bit beyond the prefix */
    {"0008 0007 0001 17 00 c00002", DNS_OK, false, true, false, -1},
    {"0008 0015 0002 81 00 20010db800000000000000000000000100", DNS_E_EDNS, false, false, false, -1},
    {"0008 0004 0001 00 00 0008 0000", DNS_OK, false, true, false, -1},
    /* keepalive has none or two octets; EDE at least two; else they are skipped */
    {"000b 0002 0064", DNS_OK, false, false, true, -1},
    {"000b 0001 00", DNS_OK, false, false, false, -1},
    {"000f 0001 00", DNS_OK, false, false, false, -1},
    {"000f 0000 000f 0002 0003", DNS_OK, false, false, false, 3},
};

static void judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(judgements); i++) {
        struct edns e;
        uint8_t *p;
        enum dns_err err = parse(judgements[i].hex, &e, &p);
        if (err != judgements[i].err ||
            (err == DNS_OK && (e.has_cookie != judgements[i].cookie || e.has_ecs != judgements[i].ecs ||
                               e.has_keepalive != judgements[i].keepalive || e.ede != judgements[i].ede))) {
            fail_msg("%s: %s", judgements[i].hex, dns_err_text(err));
        }
        free(p);
    }
}

/* RFC 6891 section 6.1.3: options of another version are not ours to read. */
static void other_version(void **state)
{
    (void)state;
    struct edns e = {.present = true, .version = 1};
    assert_int_equal(edns_parse((const uint8_t *)"\xff", 1, &e), DNS_OK);
    assert_int_equal(e.ede, DNS_EDE_NONE);
}

/* T107, L23: of 16,383 options the first 32 are read, whatever follows. */
static void flood(void **state)
{
    (void)state;
    size_t n = 65532;
    uint8_t *rdata = calloc(1, n);
    assert_non_null(rdata);
    struct edns e = {.present = true};
    memcpy(rdata + 4 * (EDNS_OPTIONS_MAX - 1), "\0\x03", 2); /* NSID, the last that is read */
    memcpy(rdata + 4 * EDNS_OPTIONS_MAX, "\0\x0c", 2);       /* padding, the first that is not */
    memset(rdata + n - 1, 0xff, 1);                          /* and a length that is a lie */
    assert_int_equal(edns_parse(rdata, (uint16_t)n, &e), DNS_OK);
    assert_true(e.has_nsid);
    assert_false(e.has_padding);
    free(rdata);
}

static void write_plain(void **state)
{
    (void)state;
    uint8_t buf[64], expected[64];
    struct writer w = writer_of(buf, sizeof buf);
    struct edns_out o = {.udp_size = 1232, .dnssec_ok = true, .ext_rcode = 1, .ede = DNS_EDE_NONE};
    assert_int_equal(edns_size(&o), 11);
    assert_true(edns_write(&w, &o));
    assert_int_equal(w.pos, octets("00 0029 04d0 01 00 8000 0000", expected, sizeof expected));
    assert_memory_equal(buf, expected, w.pos);

    w = writer_of(buf, sizeof buf);
    o = (struct edns_out){.ede = DNS_EDE_NONE}; /* RFC 6891 section 6.2.3: less than 512 means 512 */
    assert_true(edns_write(&w, &o));
    assert_int_equal(w.pos, octets("00 0029 0200 00 00 0000 0000", expected, sizeof expected));
    assert_memory_equal(buf, expected, w.pos);

    w = writer_of(buf, 10);
    assert_false(edns_write(&w, &o));
    assert_int_equal(w.pos, 0);
    assert_false(w.failed);
}

static const struct edns_out everything = {
    .udp_size = 1232,
    .cookie = (const uint8_t *)"0123456789abcdef",
    .cookie_len = 16,
    .nsid = (const uint8_t *)"here",
    .nsid_len = 4,
    .ecs = (const uint8_t *)"\0\x01\x18\0\xc0\0\x02",
    .ecs_len = 7,
    .keepalive = 100,
    .ede = DNS_EDE_STALE_ANSWER,
    .ede_text = "why",
    .pad_to = 128,
};

static void write_everything(void **state)
{
    (void)state;
    uint8_t buf[256], expected[256];
    struct writer w = writer_of(buf, sizeof buf);
    assert_true(edns_write(&w, &everything));
    size_t n = octets("00 0029 04d0 00 00 0000 0075 "
                      "000a 0010 '0123456789abcdef' 0008 0007 0001 18 00 c00002 000b 0002 0064 0003 0004 'here' "
                      "000f 0005 0003 'why' 000c",
                      expected, sizeof expected);
    assert_int_equal(n + 2, edns_size(&everything) + 4);
    assert_memory_equal(buf, expected, n);
    assert_int_equal(w.pos, 128);

    struct edns e = {.present = true};
    assert_int_equal(edns_parse(buf + 11, (uint16_t)(w.pos - 11), &e), DNS_OK);
    assert_true(e.has_cookie && e.cookie_len == 16 && e.has_ecs && e.ecs_len == 7 && e.has_keepalive && e.has_nsid &&
                e.has_padding);
    assert_memory_equal(e.cookie, everything.cookie, 16);
    assert_memory_equal(e.ecs, everything.ecs, 7);
    assert_int_equal(e.ede, DNS_EDE_STALE_ANSWER);
    assert_memory_equal(e.ede_text, "why", e.ede_text_len);
}

/* T95: with less and less room the options go one after the other, the last first, and what is left is well-formed. */
static void short_of_room(void **state)
{
    (void)state;
    size_t whole = edns_size(&everything);
    unsigned had = 0, changes = 0;
    for (size_t room = 11; room <= whole + 200; room++) {
        uint8_t *buf = malloc(room);
        struct writer w = writer_of(buf, room);
        assert_true(edns_write(&w, &everything));
        assert_true(w.pos <= room);
        struct edns e = {.present = true};
        assert_int_equal(buf[9] << 8 | buf[10], w.pos - 11);
        assert_int_equal(edns_parse(buf + 11, (uint16_t)(w.pos - 11), &e), DNS_OK);
        unsigned has = (unsigned)e.has_cookie | (unsigned)e.has_ecs << 1 | (unsigned)e.has_keepalive << 2 |
                       (unsigned)e.has_nsid << 3 | (unsigned)(e.ede == 3) << 4 | (unsigned)(e.ede_text_len == 3) << 5 |
                       (unsigned)e.has_padding << 6;
        assert_int_equal(has & (has + 1), 0); /* the first so many, none left out between */
        assert_true(has >= had);
        changes += has != had;
        had = has;
        free(buf);
    }
    assert_int_equal(had, 0x7f);
    assert_int_equal(changes, 7);
}

static void padding(void **state)
{
    (void)state;
    static uint8_t buf[1000];
    for (size_t before = 12; before < 400; before++) {
        struct writer w = writer_of(buf, sizeof buf);
        struct edns_out o = {.ede = DNS_EDE_NONE, .pad_to = 128};
        memset(buf, 0xff, sizeof buf);
        writer_take(&w, before);
        assert_true(edns_write(&w, &o));
        assert_int_equal(w.pos % 128, 0);
        assert_true(w.pos >= before + 15 && w.pos < before + 15 + 128);
        for (size_t i = before + 15; i < w.pos; i++) {
            assert_int_equal(buf[i], 0);
        }
    }
    struct writer w = writer_of(buf, 100); /* RFC 8467 section 4.1: no further than there is room */
    assert_true(edns_write(&w, &(struct edns_out){.ede = DNS_EDE_NONE, .pad_to = 468}));
    assert_int_equal(w.pos, 100);
}

static void ede_text_is_cut_between_characters(void **state)
{
    (void)state;
    static const struct {
        size_t ascii;
        size_t kept;
    } rows[] = {{251, 255}, {252, 252}, {253, 253}, {254, 254}, {255, 255}, {256, 255}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[300];
        uint8_t buf[512];
        memset(text, 'a', sizeof text);
        memcpy(text + rows[i].ascii, "\xf0\x9f\x8c\xb1zz", 7); /* one character of four octets */
        struct edns_out o = {.ede = 0, .ede_text = text};
        struct writer w = writer_of(buf, sizeof buf);
        assert_true(edns_write(&w, &o));
        assert_int_equal(w.pos, 11 + 6 + rows[i].kept);
        assert_int_equal(edns_size(&o), w.pos);
    }
}

static void nsid_request(void **state)
{
    (void)state;
    uint8_t buf[64], expected[64];
    struct writer w = writer_of(buf, sizeof buf);
    assert_true(edns_write(&w, &(struct edns_out){.ede = DNS_EDE_NONE, .nsid_request = true}));
    size_t n = octets("00 0029 0200 00 00 0000 0004 0003 0000", expected, sizeof expected);
    assert_int_equal(w.pos, n);
    assert_memory_equal(buf, expected, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options),
        cmocka_unit_test(judged),
        cmocka_unit_test(other_version),
        cmocka_unit_test(flood),
        cmocka_unit_test(write_plain),
        cmocka_unit_test(write_everything),
        cmocka_unit_test(short_of_room),
        cmocka_unit_test(padding),
        cmocka_unit_test(ede_text_is_cut_between_characters),
        cmocka_unit_test(nsid_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
