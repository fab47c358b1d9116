/* $GENERATE: every form of the template, and its bounds. */
#include "support.h"

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *line, *records;
    } row[] = {
        {"1-3 h$ A 192.0.2.$",
         "h1.example. 5 IN A 192.0.2.1\nh2.example. 5 IN A 192.0.2.2\nh3.example. 5 IN A 192.0.2.3\n"},
        {"0-4/2 h$ A 192.0.2.$",
         "h0.example. 5 IN A 192.0.2.0\nh2.example. 5 IN A 192.0.2.2\nh4.example. 5 IN A 192.0.2.4\n"},
        {"1-4/5 h$ A 192.0.2.$", "h1.example. 5 IN A 192.0.2.1\n"},
        {"7-7 h$ 60 IN A 192.0.2.$", "h7.example. 60 IN A 192.0.2.7\n"},
        {"7-7 h$ IN 60 A 192.0.2.$", "h7.example. 60 IN A 192.0.2.7\n"},
        {"7-7 @ A 192.0.2.$", "example. 5 IN A 192.0.2.7\n"},
        /* offset, width, base */
        {"7-7 h${10} A 192.0.2.${-7}", "h17.example. 5 IN A 192.0.2.0\n"},
        {"7-7 h${0,3} A 192.0.2.$", "h007.example. 5 IN A 192.0.2.7\n"},
        {"7-7 h${+3,4,d} A 192.0.2.$", "h0010.example. 5 IN A 192.0.2.7\n"},
        {"255-255 h${0,4,x} A 192.0.2.$", "h00ff.example. 5 IN A 192.0.2.255\n"},
        {"255-255 h${0,0,X} A 192.0.2.$", "hFF.example. 5 IN A 192.0.2.255\n"},
        {"255-255 h${0,0,o} A 192.0.2.$", "h377.example. 5 IN A 192.0.2.255\n"},
        {"255-255 ${0,7,n} PTR h$", "f.f.0.0.example. 5 IN PTR h255.example.\n"},
        {"255-255 ${1,0,N} PTR h$", "0.0.1.example. 5 IN PTR h255.example.\n"},
        {"171-171 ${0,3,N} PTR h$", "B.A.example. 5 IN PTR h171.example.\n"},
        {"0-0 ${0,0,n} PTR h$", "0.example. 5 IN PTR h0.example.\n"},
        {"2147483647-2147483647 h$ A 192.0.2.1", "h2147483647.example. 5 IN A 192.0.2.1\n"},
        {"5-5 $.$.h A 192.0.2.$", "5.5.h.example. 5 IN A 192.0.2.5\n"},
        /* a dollar sign that is meant */
        {"5-5 a\\$b$ A 192.0.2.$", "a\\$b5.example. 5 IN A 192.0.2.5\n"},
        {"5-5 a$$b$ A 192.0.2.$", "a\\$b5.example. 5 IN A 192.0.2.5\n"},
        {"5-5 $$origin A 192.0.2.$", "\\$origin.example. 5 IN A 192.0.2.5\n"},
        /* data of several words, with quotes around and without */
        {"5-5 h$ MX \"$ mail$\"", "h5.example. 5 IN MX 5 mail5.example.\n"},
        {"5-5 h$ MX $ mail$", "h5.example. 5 IN MX 5 mail5.example.\n"},
        {"5-5 h$ TXT \"\\\"in quotes $\\\"\"", "h5.example. 5 IN TXT \"in quotes 5\"\n"},
        {"5-5 h$ TXT \"two words\"", "h5.example. 5 IN TXT \"two\" \"words\"\n"},
        {"5-5 h$ TXT \"first $\" \"second $\"", "h5.example. 5 IN TXT \"first 5\" \"second 5\"\n"},
        {"5-5 h$ TXT ( a$\n b$ ) ; comment", "h5.example. 5 IN TXT \"a5\" \"b5\"\n"},
    };
    for (size_t i = 0; i < ROWS(row); i++) {
        char text[400], got[1000];
        struct text t = text_of(text, sizeof text), out = text_of(got, sizeof got);
        text_addf(&t, "$TTL 5\n$GENERATE %s\n", row[i].line);
        struct zonefile zf;
        struct zone *z = try_zone("example.", text, true, &zf);
        if (z == NULL) {
            fail_msg("%s: %s", row[i].line, zf.errors[0].message);
        }
        zone_walk(z, show_line, &out);
        assert_string_equal(got, row[i].records);
        zone_free(z);
    }
}

/* The directive leaves the owner behind for a line without one, as any record does. */
static void among_others(void **state)
{
    (void)state;
    struct zonefile zf;
    char got[1000];
    struct text out = text_of(got, sizeof got);
    struct zone *z =
        try_zone("example.", "a 5 A 192.0.2.1\n$GENERATE 1-2 g$ A 192.0.2.$\n A 192.0.2.9\nb A 192.0.2.3\n", true, &zf);
    assert_non_null(z);
    zone_walk(z, show_line, &out);
    assert_string_equal(got, "a.example. 5 IN A 192.0.2.1\nb.example. 5 IN A 192.0.2.3\ng1.example. 5 IN A 192.0.2.1\n"
                             "g2.example. 5 IN A 192.0.2.2\ng2.example. 5 IN A 192.0.2.9\n");
    zone_free(z);
}

static enum dns_err count(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                          const uint8_t *rdata, uint16_t len)
{
    (void)owner, (void)type, (void)rclass, (void)ttl_s, (void)rdata, (void)len;
    ++*(unsigned *)arg;
    return DNS_OK;
}

static void bounds(void **state)
{
    (void)state;
    /* One error a directive, not one a number. */
    struct zonefile zf;
    assert_null(try_zone("example.", "$GENERATE 0-999 h$ 1 A x$\n$GENERATE 0-999 h$ 1 A y$\n", true, &zf));
    assert_int_equal(zf.error_count, 2);

    /* 65536 of one, and 16 times as many of all. */
    char text[4096];
    struct text t = text_of(text, sizeof text);
    for (int i = 0; i < 16; i++) {
        text_add(&t, "$GENERATE 0-65535 h$ 1 A 192.0.2.1\n");
    }
    unsigned records = 0;
    zf = (struct zonefile){.text = text, .text_len = t.len, .record = count, .arg = &records, .origin = dname_root()};
    assert_true(zonefile_read(&zf));
    assert_int_equal(records, 16 * 65536);
    text_add(&t, "$GENERATE 0-65535 h$ 1 A 192.0.2.1\n");
    zf.text_len = t.len;
    records = 0;
    assert_false(zonefile_read(&zf));
    assert_int_equal(records, 16 * 65536);
    assert_int_equal(zf.error_count, 1);

    /* A template and a line that are too long. */
    char *longer = malloc(20000);
    t = text_of(longer, 20000);
    text_add(&t, "$GENERATE 1-2 h 1 TXT ");
    for (int i = 0; i < 5000; i++) {
        text_add(&t, "x");
    }
    assert_null(try_zone("example.", longer, true, &zf));
    assert_string_equal(zf.errors[0].message, "the template is longer than 4095 characters");
    t = text_of(longer, 20000);
    text_add(&t, "$GENERATE 1-2 h 1 TXT ");
    for (int i = 0; i < 400; i++) {
        text_add(&t, "${0,255}");
    }
    assert_null(try_zone("example.", longer, true, &zf));
    assert_string_equal(zf.errors[0].message, "$GENERATE: the record made is too long");
    free(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(among_others),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
