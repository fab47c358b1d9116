/* Master files: what is read, and what is said about what cannot be read. */
#include "zones/zonefile.h"

#include <stdio.h>

#include "support.h"

struct sink {
    struct text text;
    unsigned calls;
};

static enum dns_err take(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                         const uint8_t *rdata, uint16_t len)
{
    struct sink *s = arg;
    s->calls++;
    if (!dname_under(owner, NAME("example."))) {
        return DNS_E_NAME;
    }
    rr_print(owner, ttl_s, rclass, type, rdata, len, &s->text);
    text_add(&s->text, "\n");
    return DNS_OK;
}

static bool read_n(const char *text, size_t n, struct sink *s, char *buf, size_t cap, struct zonefile *zf)
{
    *s = (struct sink){.text = text_of(buf, cap)};
    *zf = (struct zonefile){.text = text, .text_len = n, .text_name = "f", .record = take, .arg = s};
    struct dname_buf origin;
    zf->origin = name_in("example.", &origin);
    return zonefile_read(zf);
}

/* ---- what is read ---- */

static const struct {
    const char *text, *records;
} good[] = {
    {"", ""},
    {"\n\n ; nothing\n\t\n", ""},
    {"a 60 IN A 192.0.2.1\n", "a.example. 60 IN A 192.0.2.1\n"},
    {"a IN 60 A 192.0.2.1\n", "a.example. 60 IN A 192.0.2.1\n"},
    {"a 60 A 192.0.2.1", "a.example. 60 IN A 192.0.2.1\n"}, /* no newline at the end */
    {"a 60 A 192.0.2.1\r\n\tA 192.0.2.2\r\n", "a.example. 60 IN A 192.0.2.1\na.example. 60 IN A 192.0.2.2\n"},
    {"a\t60\tin\ta\t192.0.2.1\n", "a.example. 60 IN A 192.0.2.1\n"},
    {"\xef\xbb\xbf"
     "a 60 A 192.0.2.1\n",
     "a.example. 60 IN A 192.0.2.1\n"}, /* byte order mark */
    {"@ 60 A 192.0.2.1\n", "example. 60 IN A 192.0.2.1\n"},
    {"\\@ 60 A 192.0.2.1\n", "\\@.example. 60 IN A 192.0.2.1\n"},
    {"a.b.example. 60 A 192.0.2.1\n", "a.b.example. 60 IN A 192.0.2.1\n"},
    /* TTLs: own, $TTL, the last one's (RFC 2308 section 4, RFC 1035 section 5.1) */
    {"$TTL 1h30m\na A 192.0.2.1\nb 2d A 192.0.2.2\nc A 192.0.2.3\n",
     "a.example. 5400 IN A 192.0.2.1\nb.example. 172800 IN A 192.0.2.2\nc.example. 5400 IN A 192.0.2.3\n"},
    {"a 60 A 192.0.2.1\nb A 192.0.2.2\nc 30 A 192.0.2.3\n A 192.0.2.4\n",
     "a.example. 60 IN A 192.0.2.1\nb.example. 60 IN A 192.0.2.2\nc.example. 30 IN A 192.0.2.3\n"
     "c.example. 30 IN A 192.0.2.4\n"},
    {"a 60 A 192.0.2.1\n$TTL 5\nb A 192.0.2.2\n", "a.example. 60 IN A 192.0.2.1\nb.example. 5 IN A 192.0.2.2\n"},
    {"$ttl 0\na A 192.0.2.1\n", "a.example. 0 IN A 192.0.2.1\n"},
    {"a 2147483647 A 192.0.2.1\n", "a.example. 2147483647 IN A 192.0.2.1\n"},
    /* $ORIGIN */
    {"$ORIGIN sub\n$TTL 1\n@ A 192.0.2.1\na CNAME b\n$ORIGIN example.\nc CNAME @\n",
     "sub.example. 1 IN A 192.0.2.1\na.sub.example. 1 IN CNAME b.sub.example.\nc.example. 1 IN CNAME example.\n"},
    {" $ORIGIN sub\n$TTL 1\na A 192.0.2.1\n", "a.sub.example. 1 IN A 192.0.2.1\n"},
    /* parentheses and comments */
    {"@ 1 SOA a b (1 ; serial\n 2 ; refresh\n3\n4 5) ; end\n", "example. 1 IN SOA a.example. b.example. 1 2 3 4 5\n"},
    {"@ 1 SOA a b(1 2 3 4 5)\n", "example. 1 IN SOA a.example. b.example. 1 2 3 4 5\n"},
    {"(\na 1\nA 192.0.2.1)\n", "a.example. 1 IN A 192.0.2.1\n"},
    {"a 1 ( MX ( 10 ) mail )\n", "a.example. 1 IN MX 10 mail.example.\n"},
    {"a 1 TXT ( \"one\" ; comment with \" and )\n \"two\" )\nb 1 A 192.0.2.1\n",
     "a.example. 1 IN TXT \"one\" \"two\"\nb.example. 1 IN A 192.0.2.1\n"},
    /* quotes and escapes */
    {"a 1 TXT \"; no comment (\" ; comment\n", "a.example. 1 IN TXT \"; no comment (\"\n"},
    {"a 1 TXT \"\\\" \\\\ \\000\" plain\n", "a.example. 1 IN TXT \"\\\" \\\\ \\000\" \"plain\"\n"},
    {"a 1 TXT \"\"\n", "a.example. 1 IN TXT \"\"\n"},
    {"a\\.b 1 A 192.0.2.1\na\\032b 1 A 192.0.2.1\na\\;b 1 A 192.0.2.1\n",
     "a\\.b.example. 1 IN A 192.0.2.1\na\\032b.example. 1 IN A 192.0.2.1\na\\;b.example. 1 IN A 192.0.2.1\n"},
    {"a\\ b 1 A 192.0.2.1\n", "a\\032b.example. 1 IN A 192.0.2.1\n"},
    {"a 1 SVCB 1 . alpn=\"h2,h3\" port=53;comment\n", "a.example. 1 IN SVCB 1 . alpn=\"h2,h3\" port=53\n"},
    {"a 1 SVCB 1 . key65000=\"a b\"\n", "a.example. 1 IN SVCB 1 . key65000=\"a b\"\n"},
    /* any type */
    {"a 1 TYPE65280 \\# 3 01 02 03\n", "a.example. 1 IN TYPE65280 \\# 3 010203\n"},
    {"a 1 A \\# 4 c0000201\n", "a.example. 1 IN A 192.0.2.1\n"},
    {"a 1 TYPE1 192.0.2.1\n", "a.example. 1 IN A 192.0.2.1\n"},
    {"a 1 CLASS1 A 192.0.2.1\n", "a.example. 1 IN A 192.0.2.1\n"},
    /* names that look like other things */
    {"in 1 in a 192.0.2.1\n60 1 A 192.0.2.1\nmx 1 MX 1 mx\n",
     "in.example. 1 IN A 192.0.2.1\n60.example. 1 IN A 192.0.2.1\nmx.example. 1 IN MX 1 mx.example.\n"},
    {"\\$ttl 1 A 192.0.2.1\n", "\\$ttl.example. 1 IN A 192.0.2.1\n"},
};

static void records(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(good); i++) {
        struct zonefile zf;
        struct sink s;
        char buf[4096], message[600];
        if (!read_n(good[i].text, strlen(good[i].text), &s, buf, sizeof buf, &zf)) {
            zonefile_error_print(&zf.errors[0], message, sizeof message);
            fail_msg("row %zu: %s", i, message);
        }
        assert_string_equal(buf, good[i].records);
        assert_int_equal(zf.records, s.calls);
    }
}

/* ---- what is said ---- */

static const struct {
    const char *text, *message;
} bad[] = {
    {"a A 192.0.2.1\n", "f:1:1: no TTL: give the record one, or write '$TTL 1h' at the head of the file"},
    {" 1 A 192.0.2.1\n",
     "f:1:2: no owner: a line that begins with a blank takes the owner of the record before it, and "
     "there is none"},
    {"a 1\n", "f:1:4: the record's type is missing, such as A or MX"},
    {"a\n", "f:1:2: the record's type is missing, such as A or MX"},
    {"a 1 IN\n", "f:1:7: the record's type is missing, such as A or MX"},
    {"a 1 AX 192.0.2.1\n", "f:1:5: unknown record type 'AX'; a type without a name is written TYPE123 (RFC 3597)"},
    {"a 1 \"A\" 192.0.2.1\n", "f:1:5: unknown record type 'A'; a type without a name is written TYPE123 (RFC 3597)"},
    {"a 1 TYPE65536 \\# 0\n",
     "f:1:5: unknown record type 'TYPE65536'; a type without a name is written TYPE123 (RFC 3597)"},
    {"a 1 AXFR\n", "f:1:5: 'AXFR' is no type of data, it exists in questions and messages only"},
    {"a 1 OPT\n", "f:1:5: 'OPT' is no type of data, it exists in questions and messages only"},
    {"a 1 CH A 192.0.2.1\n", "f:1:5: class CH: zones are of class IN only; write IN or nothing"},
    {"a CLASS3 1 A 192.0.2.1\n", "f:1:3: class CH: zones are of class IN only; write IN or nothing"},
    {"a 1 HS A 192.0.2.1\n", "f:1:5: class HS: zones are of class IN only; write IN or nothing"},
    {"a 1x A 192.0.2.1\n", "f:1:3: TTL must be 0..2147483647 seconds, or like 1h30m or 2d, not '1x'"},
    {"a 2147483648 A 192.0.2.1\n", "f:1:3: TTL must be 0..2147483647 seconds, or like 1h30m or 2d, not '2147483648'"},
    {"$TTL -1\n", "f:1:6: TTL must be 0..2147483647 seconds, or like 1h30m or 2d, not '-1'"},
    {"$TTL\n", "f:1:5: a word is missing: write $TTL seconds"},
    {"$TTL 1 2\n", "f:1:8: there is a word too many: write $TTL seconds"},
    {"$ORIGIN\n", "f:1:8: a word is missing: write $ORIGIN name"},
    {"$ORIGIN a b\n", "f:1:11: there is a word too many: write $ORIGIN name"},
    {"$ORIGIN a..b\n", "f:1:9: $ORIGIN 'a..b' is no domain name: labels have 1 to 63 octets, the whole 255 (with the "
                       "origin)"},
    {"$FOO bar\n", "f:1:1: unknown directive '$FOO'; there are $ORIGIN, $TTL, $INCLUDE and $GENERATE"},
    {"$INCLUDE x\n", "f:1:1: $INCLUDE is not allowed here; put the records in place"},
    {"$INCLUDE\n", "f:1:9: a word is missing: write $INCLUDE file [origin]"},
    {"a..b 1 A 192.0.2.1\n",
     "f:1:1: owner 'a..b' is no domain name: labels have 1 to 63 octets, the whole 255 (with the origin)"},
    {".a 1 A 192.0.2.1\n",
     "f:1:1: owner '.a' is no domain name: labels have 1 to 63 octets, the whole 255 (with the origin)"},
    {"a123456789012345678901234567890123456789012345678901234567890123 1 A 192.0.2.1\n",
     "f:1:1: owner 'a123456789012345678901234567890123456789...' is no domain name: labels have 1 to 63 octets, the "
     "whole 255 (with the origin)"},
    {"\"a\" 1 A 192.0.2.1\n", "f:1:1: owner stands between quotes; remove them"},
    {"a\\256 1 A 192.0.2.1\n",
     "f:1:1: owner 'a\\256' is no domain name: labels have 1 to 63 octets, the whole 255 (with the origin)"},
    {"www.other.org. 1 A 192.0.2.1\n",
     "f:1:1: www.other.org. lies outside the zone; a name without a dot at its end is completed with $ORIGIN"},
    {"a 1 TXT \"open\nb 1 A 192.0.2.1\n", "f:1:9: the quote opened here is not closed on its line; close it with \""},
    {"a 1 TXT \"open", "f:1:9: the quote opened here is not closed on its line; close it with \""},
    {"a 1 SVCB 1 . alpn=\"h2\n", "f:1:14: the quote opened here is not closed on its line; close it with \""},
    {"a 1 TXT (\n\"x\"\n", "f:1:9: the '(' opened here is never closed; add a ')'"},
    {"a 1 TXT ((\n\"x\")\n", "f:1:9: the '(' opened here is never closed; add a ')'"},
    {"a 1 TXT x )\n", "f:1:11: ')' without a '(' before it; remove it"},
    {"a 1 TXT x\\\n", "f:1:9: a backslash ends the line; it must stand before a character"},
    {"a 1 TXT x\\\r\n", "f:1:9: a backslash ends the line; it must stand before a character"},
    {"\n\n  \na 1 A 192.0.2.256\n", "f:4:7: A address must be an IPv4 address, not '192.0.2.256'"},
    {"a 1 A\n", "f:1:6: A address is missing"},
    {"a 1 A 192.0.2.1 192.0.2.2\n", "f:1:17: A takes no more words, but here is '192.0.2.2'"},
    {"a 1 MX ten mail\n", "f:1:8: MX preference must be 0..65535, not 'ten'"},
    {"a 1 MX 65536 mail\n", "f:1:8: MX preference must be 0..65535, not '65536'"},
    {"a 1 MX 10\n", "f:1:10: MX exchange is missing"},
    {"a 1 AAAA 192.0.2.1\n", "f:1:10: AAAA address must be an IPv6 address, not '192.0.2.1'"},
    {"a 1 SOA a b ( 1 2 3\n 4\n)\n", "f:2:3: SOA minimum is missing"},
    {"a 1 TYPE65280 00\n", "f:1:15: TYPE65280 data must be \\# LENGTH HEX (RFC 3597), not '00'"},
    {"a 1 TYPE65280 \\# 2 00\n", "f:1:20: TYPE65280 data after \\# has 1 octets, not 2"},
    {"a 1 TYPE65280 \\# 1 zz\n", "f:1:20: TYPE65280 data after \\# must be an even number of hex digits, not 'zz'"},
    {"$GENERATE\n", "f:1:10: a word is missing: write $GENERATE start-stop owner type data"},
    {"$GENERATE 1-2 a A\n", "f:1:18: a word is missing: write $GENERATE start-stop owner type data"},
    {"$GENERATE 2-1 a A 192.0.2.$\n", "f:1:11: range must be start-stop or start-stop/step, as in 1-254, not '2-1'"},
    {"$GENERATE 1-2/0 a A 192.0.2.$\n",
     "f:1:11: range must be start-stop or start-stop/step, as in 1-254, not '1-2/0'"},
    {"$GENERATE 1 a A 192.0.2.$\n", "f:1:11: range must be start-stop or start-stop/step, as in 1-254, not '1'"},
    {"$GENERATE 0-65536 a A 192.0.2.$\n",
     "f:1:11: 0-65536 makes more than 65536 records; use several ranges or a larger step"},
    {"$GENERATE 0-2147483648 a A 192.0.2.$\n",
     "f:1:11: range must be start-stop or start-stop/step, as in 1-254, not '0-2147483648'"},
    {"$GENERATE 1-2 a${ 1 A 192.0.2.$\n",
     "f:1:15: $GENERATE: after '${' comes offset, width (at most 255) and base (d o x X n N), as in ${0,3,d}"},
    {"$GENERATE 1-2 a${0,256} 1 A 192.0.2.$\n",
     "f:1:15: $GENERATE: after '${' comes offset, width (at most 255) and base (d o x X n N), as in ${0,3,d}"},
    {"$GENERATE 1-2 a${0,1,q} 1 A 192.0.2.$\n",
     "f:1:15: $GENERATE: after '${' comes offset, width (at most 255) and base (d o x X n N), as in ${0,3,d}"},
    {"$GENERATE 1-2 a${-2} 1 A 192.0.2.$\n", "f:1:15: $GENERATE: the number plus its offset is below zero"},
    {"$GENERATE 255-257 a$ 1 A 192.0.2.$\n", "f:1:19: A address must be an IPv4 address, not '192.0.2.256'"},
    {"$GENERATE 1-2 a$ 1 $ORIGIN x\n",
     "f:1:15: unknown record type '1ORIGIN'; a type without a name is written TYPE123 "
     "(RFC 3597)"},
};

static void errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(bad); i++) {
        struct zonefile zf;
        struct sink s;
        char buf[4096], message[600];
        if (read_n(bad[i].text, strlen(bad[i].text), &s, buf, sizeof buf, &zf)) {
            fail_msg("row %zu was read: %s", i, bad[i].text);
        }
        assert_in_range(zf.error_count, 1, 2);
        zonefile_error_print(&zf.errors[0], message, sizeof message);
        if (strcmp(message, bad[i].message) != 0) {
            fail_msg("row %zu: %s", i, message);
        }
    }
}

/* All errors in one pass, those beyond the array counted; good records between them are read. */
static void many_errors(void **state)
{
    (void)state;
    char text[20000], buf[20000];
    struct text t = text_of(text, sizeof text);
    text_add(&t, "$TTL 1\n");
    for (int i = 0; i < 100; i++) {
        text_addf(&t, "a%d A 192.0.2.%d\nb%d A x\n", i, i, i);
    }
    struct zonefile zf;
    struct sink s;
    assert_false(read_n(text, t.len, &s, buf, sizeof buf, &zf));
    assert_int_equal(zf.error_count, 100);
    assert_int_equal(zf.records, 100);
    for (uint32_t i = 0; i < ZONEFILE_ERRORS_MAX; i++) {
        assert_int_equal(zf.errors[i].line, 3 + 2 * i);
    }
}

/* A file of nothing but errors is not read to its end. */
static void endless_errors(void **state)
{
    (void)state;
    size_t n = 100000;
    char *text = malloc(n), buf[100];
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        text[i] = i % 2 == 0 ? 'x' : '\n';
    }
    struct zonefile zf;
    struct sink s;
    assert_false(read_n(text, n, &s, buf, sizeof buf, &zf));
    assert_int_equal(zf.error_count, 1000);
    free(text);
}

/* ---- what is no text, or too much ---- */

static void expect(const char *text, size_t n, const char *message)
{
    static char buf[1 << 20];
    struct zonefile zf;
    struct sink s;
    char got[600];
    bool ok = read_n(text, n, &s, buf, sizeof buf, &zf);
    if (message == NULL) {
        assert_true(ok);
        return;
    }
    assert_false(ok);
    zonefile_error_print(&zf.errors[0], got, sizeof got);
    assert_string_equal(got, message);
}

static void octets_that_are_no_text(void **state)
{
    (void)state;
    const char nul[] = "a 1 A 192.0.2.1\nb\0c 1 A 192.0.2.1\nd 1 A 192.0.2.1\n";
    expect(nul, sizeof nul - 1, "f:2:1: NUL octet; a master file is plain text (UTF-16 is not)");
    const char quoted[] = "a 1 TXT \"b\0c\"\n";
    expect(quoted, sizeof quoted - 1, "f:1:9: NUL octet; a master file is plain text (UTF-16 is not)");
    const char wide[] = "a\0 \0001\0 \0A\0\n";
    expect(wide, sizeof wide - 1, "f:1:1: NUL octet; a master file is plain text (UTF-16 is not)");
}

/* Text of `n` characters: head, then c again and again, then tail. */
static void long_text(const char *head, char c, size_t n, const char *tail, const char *message)
{
    size_t h = strlen(head), t = strlen(tail);
    char *text = malloc(h + n + t);
    assert_non_null(text);
    memcpy(text, head, h);
    memset(text + h, c, n);
    memcpy(text + h + n, tail, t);
    expect(text, h + n + t, message);
    free(text);
}

static void enormous_lines(void **state)
{
    (void)state;
    long_text("; ", 'x', 3000000, "\na 1 A 192.0.2.1\n", NULL);
    long_text("a 1 A", ' ', 3000000, "192.0.2.1\n", NULL);
    long_text("a 1 TXT ", 'x', 3000000, "\n",
              "f:1:9: record longer than 1048576 characters; is a closing parenthesis missing?");
    long_text("a 1 TXT \"", 'x', 3000000, "\"\n",
              "f:1:9: record longer than 1048576 characters; is a closing parenthesis missing?");
    long_text("a 1 TYPE65280 \\# 65535 ", '0', 131070, "\n", NULL);
    long_text("", '(', 100000, "", "f:1:1: the '(' opened here is never closed; add a ')'");
    long_text("a 1 A 192.0.2.1 ", '(', 100000, "", "f:1:17: the '(' opened here is never closed; add a ')'");
}

static void words_of_a_record(void **state)
{
    (void)state;
    char *text = malloc(400000);
    struct text t = text_of(text, 400000);
    text_add(&t, "a 1 TXT");
    for (int i = 0; i < 65535; i++) {
        text_add(&t, " \"\"");
    }
    expect(text, t.len, NULL); /* as many strings as a record can have */
    for (int i = 65535; i < 65598; i++) {
        text_add(&t, " \"\"");
    }
    expect(text, t.len, "f:1:196800: more than 65600 words in one record; is a closing parenthesis missing?");
    free(text);
}

/* Errors of the zone as a whole have the place of a record at fault. */
static void whole_zone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"$TTL 1\n@ NS a\n@ A 192.0.2.1\n", "f: example.: the zone has no SOA record; it needs one at its apex"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n", "f: example.: the zone has no NS record at its apex; name its servers there"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nx CNAME y\ny A 192.0.2.1\nx A 192.0.2.1\n",
         "f:6: x.example.: has a CNAME and also A; an alias can have no other data (RFC 1034 section 3.6.2)"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nx CNAME y\nx CNAME z\n",
         "f:5: x.example.: has 2 different CNAME records; there can be one"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ SOA a b 2 2 3 4 5\n@ NS a\n",
         "f:3: example.: has 2 different SOA records; there can be one"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nsub SOA a b 1 2 3 4 5\n",
         "f:4: sub.example.: SOA below the apex of the zone; a subzone's SOA stands in the subzone's own file"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nx DNAME y\na.x A 192.0.2.1\n",
         "f:5: a.x.example.: lies below the DNAME x.example., which redirects it (RFC 6672 section 2.4); remove one of "
         "them"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nx DNAME y\nx NS a\n",
         "f:4: x.example.: has DNAME and NS; that is allowed at the apex only (RFC 6672 section 2.3)"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\n*.w NS a\n",
         "f:4: *.w.example.: NS at a wildcard has no defined meaning (RFC 4592 section 4)"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\n*.w DNAME a\n",
         "f:4: *.w.example.: DNAME at a wildcard has no defined meaning (RFC 4592 section 4)"},
        {"$TTL 1\n@ SOA a b 1 2 3 4 5\n@ NS a\nx RRSIG A 8 2 1 20260101000000 20250101000000 1 example. AA==\n",
         "f:4: x.example.: RRSIG covers A, of which there is none here; sign the zone anew"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct zonefile zf = {.text = rows[i].text, .text_len = strlen(rows[i].text), .text_name = "f"};
        struct dname_buf origin;
        char message[600];
        zf.origin = name_in("example.", &origin);
        assert_null(zonefile_load(&zf, false));
        assert_int_equal(zf.error_count, 1);
        zonefile_error_print(&zf.errors[0], message, sizeof message);
        assert_string_equal(message, rows[i].message);
    }
    /* Two faults at once. */
    struct zonefile zf;
    assert_null(try_zone("example.", "x CNAME y\nx A 192.0.2.1\n", false, &zf));
    assert_int_equal(zf.error_count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(errors),
        cmocka_unit_test(many_errors),
        cmocka_unit_test(endless_errors),
        cmocka_unit_test(octets_that_are_no_text),
        cmocka_unit_test(enormous_lines),
        cmocka_unit_test(words_of_a_record),
        cmocka_unit_test(whole_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
