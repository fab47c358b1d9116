/* Text that is wrong: which word, and what is said about it. And the small words: times, TTLs, numbers, bases. */
#include "rdata_rows.h"

#include "dns/base.h"
#include "dns/text_parts.h"

#include <stdio.h>

static uint8_t out[70000];

static const struct {
    const char *type, *text;
    enum dns_err err;
    size_t token;
    const char *message;
} errors[] = {
    {"A", "", DNS_E_SYNTAX, 0, "A address is missing"},
    {"A", "192.0.2", DNS_E_SYNTAX, 0, "A address must be an IPv4 address, not '192.0.2'"},
    {"A", "192.0.2.01", DNS_E_SYNTAX, 0, "A address must be an IPv4 address, not '192.0.2.01'"},
    {"A", "192.0.2.1 2", DNS_E_SYNTAX, 1, "A takes no more words, but here is '2'"},
    {"A", "\"192.0.2.1\"", DNS_E_SYNTAX, 0, "A address '192.0.2.1' must not be quoted"},
    {"AAAA", "2001:db8::1::", DNS_E_SYNTAX, 0, "AAAA address must be an IPv6 address, not '2001:db8::1::'"},
    {"AAAA", "fe80::1%eth0", DNS_E_SYNTAX, 0, "AAAA address must be an IPv6 address, not 'fe80::1%eth0'"},
    {"MX", "ten mail", DNS_E_SYNTAX, 0, "MX preference must be 0..65535, not 'ten'"},
    {"MX", "-1 mail", DNS_E_SYNTAX, 0, "MX preference must be 0..65535, not '-1'"},
    {"MX", "65536 mail", DNS_E_RANGE, 0, "MX preference must be 0..65535, not '65536'"},
    {"MX", "99999999999999999999999 mail", DNS_E_RANGE, 0,
     "MX preference must be 0..65535, not '99999999999999999999999'"},
    {"MX", "10", DNS_E_SYNTAX, 1, "MX exchange is missing"},
    {"MX", "10 a..b", DNS_E_SYNTAX, 1, "MX exchange must be a domain name, not 'a..b'"},
    {"MX", "10 a\\256", DNS_E_SYNTAX, 1, "MX exchange must be a domain name, not 'a\\256'"},
    {"IPN", "18446744073709551616", DNS_E_RANGE, 0,
     "IPN node number must be 0..18446744073709551615, not '18446744073709551616'"},
    {"TXT", "", DNS_E_SYNTAX, 0, "TXT text is missing"},
    {"TXT", "a\\", DNS_E_SYNTAX, 0, "TXT text 'a\\' has a bad escape; write \\DDD with 000 to 255"},
    {"TXT", "ok \\256", DNS_E_SYNTAX, 1, "TXT text '\\256' has a bad escape; write \\DDD with 000 to 255"},
    {"TXT", "\\25", DNS_E_SYNTAX, 0, "TXT text '\\25' has a bad escape; write \\DDD with 000 to 255"},
    {"TXT", "\"open", DNS_E_SYNTAX, 0, "a quote is not closed"},
    {"SOA", "a. b. 1 2h 1x 1 1", DNS_E_SYNTAX, 4, "SOA retry must be seconds or like 1h30m, below 2^32, not '1x'"},
    {"SOA", "a. b. 1 2 3 4 7102w", DNS_E_RANGE, 6,
     "SOA minimum must be seconds or like 1h30m, below 2^32, not '7102w'"},
    {"WKS", "192.0.2.1 x", DNS_E_SYNTAX, 1, "WKS protocol must be 0..255, not 'x'"},
    {"WKS", "192.0.2.1 6 smtp", DNS_E_SYNTAX, 2, "WKS port must be 0..65535, not 'smtp'"},
    {"NULL", "abc", DNS_E_SYNTAX, 0, "NULL data must be \\# LENGTH HEX (RFC 3597), not 'abc'"},
    {"NULL", "", DNS_E_SYNTAX, 0, "NULL data is missing"},
    {"TYPE65280", "\\#", DNS_E_SYNTAX, 1, "TYPE65280 length after \\# is missing"},
    {"TYPE65280", "\\# 1", DNS_E_SYNTAX, 2, "TYPE65280 data after \\# is missing"},
    {"TYPE65280", "\\# 65536 00", DNS_E_RANGE, 1, "TYPE65280 length after \\# must be 0..65535, not '65536'"},
    {"TYPE65280", "\\# 1 0", DNS_E_SYNTAX, 2, "TYPE65280 data after \\# must be an even number of hex digits, not '0'"},
    {"TYPE65280", "\\# 1 0000", DNS_E_RANGE, 2, "TYPE65280 data after \\# has 2 octets, not 1"},
    {"TYPE65280", "\\# 0 00", DNS_E_RANGE, 2, "TYPE65280 data after \\# has 1 octets, not 0"},
    {"TYPE65280", "\"\\#\" 0", DNS_E_SYNTAX, 0, "TYPE65280 data must be \\# LENGTH HEX (RFC 3597), not '\\#'"},
    {"A", "\\# 3 010203", DNS_E_RDATA, 2, "A data does not fit the type"},
    {"NS", "\\# 2 C000", DNS_E_POINTER, 2, "NS data holds a bad name"},
    {"HINFO", "x", DNS_E_SYNTAX, 1, "HINFO OS is missing"},
    {"NSAP", "47", DNS_E_SYNTAX, 0, "NSAP address must be 0x and an even number of hex digits, not '47'"},
    {"NSAP", "0x", DNS_E_SYNTAX, 0, "NSAP address must be 0x and an even number of hex digits, not '0x'"},
    {"NSAP", "0x4.7.4", DNS_E_SYNTAX, 0, "NSAP address must be 0x and an even number of hex digits, not '0x4.7.4'"},
    {"LOC", "91 N 0 E 0", DNS_E_RANGE, 0, "LOC latitude degrees must be 0..90, not '91'"},
    {"LOC", "90 0 0.001 N 0 E 0", DNS_E_RANGE, 3, "LOC latitude degrees with minutes and seconds must be within 0..90"},
    {"LOC", "1 60 N 0 E 0", DNS_E_RANGE, 1, "LOC latitude minutes must be 0..59 or a direction, not '60'"},
    {"LOC", "1 1 60 N 0 E 0", DNS_E_RANGE, 2, "LOC latitude seconds must be 0..59.999 or a direction, not '60'"},
    {"LOC", "1 1 1.0001 N 0 E 0", DNS_E_SYNTAX, 2,
     "LOC latitude seconds must be 0..59.999 or a direction, not '1.0001'"},
    {"LOC", "1 1 1. N 0 E 0", DNS_E_SYNTAX, 2, "LOC latitude seconds must be 0..59.999 or a direction, not '1.'"},
    {"LOC", "1 1 1 1 N 0 E 0", DNS_E_SYNTAX, 3, "LOC latitude direction must be N or S, not '1'"},
    {"LOC", "1 N 181 E 0", DNS_E_RANGE, 2, "LOC longitude degrees must be 0..180, not '181'"},
    {"LOC", "1 N 1 N 0", DNS_E_SYNTAX, 3, "LOC longitude minutes must be 0..59 or a direction, not 'N'"},
    {"LOC", "1 N 1 1 1", DNS_E_SYNTAX, 5, "LOC longitude direction is missing"},
    {"LOC", "1 N 1 E", DNS_E_SYNTAX, 4, "LOC altitude is missing"},
    {"LOC", "1 N 1 E -100000.01", DNS_E_RANGE, 4,
     "LOC altitude must be metres, -100000.00m..42849672.95m, not '-100000.01'"},
    {"LOC", "1 N 1 E 42849672.96m", DNS_E_RANGE, 4,
     "LOC altitude must be metres, -100000.00m..42849672.95m, not '42849672.96m'"},
    {"LOC", "1 N 1 E 0 1km", DNS_E_SYNTAX, 5, "LOC size must be metres, 0..90000000.00m, not '1km'"},
    {"LOC", "1 N 1 E 0 100000000", DNS_E_RANGE, 5, "LOC size must be metres, 0..90000000.00m, not '100000000'"},
    {"LOC", "1 N 1 E 0 1 1 1 1", DNS_E_SYNTAX, 8, "LOC takes no more words, but here is '1'"},
    {"NXT", "a. TYPE128", DNS_E_RANGE, 1, "NXT types 'TYPE128' must be below 128"},
    {"NXT", "a. TYPE0", DNS_E_RANGE, 1, "NXT types 'TYPE0' must not name TYPE0"},
    {"NSEC", "a.", DNS_E_SYNTAX, 1, "NSEC types is missing"},
    {"NSEC", "a. A B", DNS_E_SYNTAX, 2, "NSEC types must be RR types or TYPE and a number, not 'B'"},
    {"NSEC", "a. TYPE65536", DNS_E_SYNTAX, 1, "NSEC types must be RR types or TYPE and a number, not 'TYPE65536'"},
    {"NSEC3", "1 0 0 abc a A", DNS_E_SYNTAX, 3, "NSEC3 salt must be an even number of hex digits, not 'abc'"},
    {"NSEC3", "1 0 0 - - A", DNS_E_SYNTAX, 4, "NSEC3 next hashed owner must be base32hex without padding, not '-'"},
    {"NSEC3", "1 0 0 - 2 A", DNS_E_SYNTAX, 4, "NSEC3 next hashed owner must be base32hex without padding, not '2'"},
    {"CERT", "PKIX 0 0 A", DNS_E_SYNTAX, 3, "CERT certificate must be base64 with padding, not 'A'"},
    {"CERT", "NONE 0 0 AA==", DNS_E_SYNTAX, 0, "CERT type must be 0..65535, not 'NONE'"},
    {"APL", "1:192.0.2.0", DNS_E_SYNTAX, 0,
     "APL prefix must be like 1:192.0.2.0/24 or !2:2001:db8::/32, not '1:192.0.2.0'"},
    {"APL", "1:192.0.2.0/33", DNS_E_RANGE, 0,
     "APL prefix must be like 1:192.0.2.0/24 or !2:2001:db8::/32, not '1:192.0.2.0/33'"},
    {"APL", "1:192.0.2.0/24 1:2001:db8::/32", DNS_E_SYNTAX, 1,
     "APL prefix must be an IPv4 address, not '1:2001:db8::/32'"},
    {"DS", "1 NOSUCH 1 AA", DNS_E_SYNTAX, 1, "DS algorithm must be 0..255, not 'NOSUCH'"},
    {"DS", "1 8 1", DNS_E_SYNTAX, 3, "DS digest is missing"},
    {"DS", "1 8 1 AAB B0G", DNS_E_SYNTAX, 4, "DS digest must be an even number of hex digits, not 'B0G'"},
    {"RRSIG", "ANY 8 1 1 1 1 1 . AA==", DNS_E_RANGE, 0,
     "RRSIG type covered must be a type that can be signed, not 'ANY'"},
    {"RRSIG", "RRSIG 8 1 1 1 1 1 . AA==", DNS_E_RANGE, 0,
     "RRSIG type covered must be a type that can be signed, not 'RRSIG'"},
    {"RRSIG", "A 8 1 1 20260229000000 1 1 . AA==", DNS_E_RANGE, 4,
     "RRSIG expiration must be YYYYMMDDHHMMSS, 1970 to 2106, or seconds, not '20260229000000'"},
    {"IPSECKEY", "1 4 0 .", DNS_E_RANGE, 1, "IPSECKEY gateway type must be 0..3, not '4'"},
    {"IPSECKEY", "1 0 0 x", DNS_E_SYNTAX, 3, "IPSECKEY gateway must be \".\" for type 0, not 'x'"},
    {"IPSECKEY", "1 1 0 ::1", DNS_E_SYNTAX, 3, "IPSECKEY gateway must be an IPv4 address, not '::1'"},
    {"AMTRELAY", "1 2 0 .", DNS_E_RANGE, 1, "AMTRELAY discovery bit must be 0..1, not '2'"},
    {"HIP", "1 xx AA==", DNS_E_SYNTAX, 1, "HIP HIT must be an even number of hex digits, not 'xx'"},
    {"HIP", "1 AA", DNS_E_SYNTAX, 2, "HIP public key is missing"},
    {"ZONEMD", "1 1 1 0011223344556677889900", DNS_E_RANGE, 3, "ZONEMD digest must have at least 12 octets"},
    {"EUI48", "00-00-5e-00-53", DNS_E_SYNTAX, 0, "EUI48 address must be like 00-00-5e-00-53-2a, not '00-00-5e-00-53'"},
    {"EUI48", "00:00:5e:00:53:2a", DNS_E_SYNTAX, 0,
     "EUI48 address must be like 00-00-5e-00-53-2a, not '00:00:5e:00:53:2a'"},
    {"EUI64", "00-00-5e-00-53-2a", DNS_E_SYNTAX, 0,
     "EUI64 address must be like 00-00-5e-ef-10-00-00-2a, not '00-00-5e-00-53-2a'"},
    {"NID", "1 1:2:3", DNS_E_SYNTAX, 1,
     "NID node identifier must be four groups of hex digits like 14:4fff:ff20:ee64, not '1:2:3'"},
    {"NID", "1 1:2:3:4:5", DNS_E_SYNTAX, 1,
     "NID node identifier must be four groups of hex digits like 14:4fff:ff20:ee64, not '1:2:3:4:5'"},
    {"NID", "1 1:2:3:12345", DNS_E_SYNTAX, 1,
     "NID node identifier must be four groups of hex digits like 14:4fff:ff20:ee64, not '1:2:3:12345'"},
    {"DSYNC", "CDS PUSH 1 a.", DNS_E_SYNTAX, 1, "DSYNC scheme must be 0..255, not 'PUSH'"},
    {"TSIG", "a. 1 2 3 AQI= 1 0 0", DNS_E_RANGE, 4, "TSIG MAC 'AQI=' is not as long as its length says"},
    {"TSIG", "a. 281474976710656 2 0 1 0 0", DNS_E_RANGE, 1,
     "TSIG time signed must be 0..281474976710655, not '281474976710656'"},
    {"URI", "1 2 \"\"", DNS_E_RANGE, 2, "URI target '' must not be empty"},
    {"CAA", "0 is-sue x", DNS_E_SYNTAX, 1, "CAA tag must be letters and digits (RFC 8659), not 'is-sue'"},
    {"CAA", "0 issue", DNS_E_SYNTAX, 2, "CAA value is missing"},
    {"DOA", "0 0 0 x", DNS_E_SYNTAX, 4, "DOA data is missing"},
    {"SVCB", "1 . foo=1", DNS_E_SYNTAX, 2, "SVCB parameter 'foo=1' has a key that is not known; write keyNNNNN"},
    {"SVCB", "1 . key65536", DNS_E_SYNTAX, 2, "SVCB parameter 'key65536' has a key that is not known; write keyNNNNN"},
    {"SVCB", "1 . key01=a", DNS_E_SYNTAX, 2, "SVCB parameter 'key01=a' has a key that is not known; write keyNNNNN"},
    {"SVCB", "1 . port=1 key3=ab", DNS_E_SYNTAX, 3, "SVCB parameter 'key3=ab' is given twice"},
    {"SVCB", "1 . port=65536", DNS_E_RANGE, 2, "SVCB parameter 'port=65536' must be a port, 0..65535"},
    {"SVCB", "1 . port", DNS_E_RDATA, 2, "SVCB parameter 'port' has a value that its key does not allow"},
    {"SVCB", "1 . ohttp=1", DNS_E_RDATA, 2, "SVCB parameter 'ohttp=1' has a value that its key does not allow"},
    {"SVCB", "1 . ech=A", DNS_E_SYNTAX, 2, "SVCB parameter 'ech=A' must be base64"},
    {"SVCB", "1 . alpn=h2,", DNS_E_RANGE, 2,
     "SVCB parameter 'alpn=h2,' has an identifier that is not 1 to 255 octets long"},
    {"SVCB", "1 . alpn=h2,,h3", DNS_E_RANGE, 2,
     "SVCB parameter 'alpn=h2,,h3' has an identifier that is not 1 to 255 octets long"},
    {"SVCB", "1 . alpn=a\\\\b", DNS_E_SYNTAX, 2,
     "SVCB parameter 'alpn=a\\\\b' has a bad escape; in a list write \\\\, for a comma, \\\\\\\\ for a backslash"},
    {"SVCB", "1 . mandatory=foo", DNS_E_SYNTAX, 2,
     "SVCB parameter 'mandatory=foo' names a key that is not known; write keyNNNNN"},
    {"SVCB", "1 . mandatory=port", DNS_E_RDATA, 2, "SVCB parameter is missing though \"mandatory\" names its key"},
    {"SVCB", "1 . ipv4hint=192.0.2.1,::", DNS_E_SYNTAX, 2,
     "SVCB parameter must be an IPv4 address, not 'ipv4hint=192.0.2.1,::'"},
    {"SVCB", "1 . key9=\"a\"b", DNS_E_SYNTAX, 2,
     "SVCB parameter 'key9=\"a\"b' must be KEY, KEY=VALUE or KEY=\"VALUE\""},
    {"SVCB", "1 . key9=a\"b\"", DNS_E_SYNTAX, 2,
     "SVCB parameter 'key9=a\"b\"' must be KEY, KEY=VALUE or KEY=\"VALUE\""},
    {"SVCB", "1 . \"port=1\"", DNS_E_SYNTAX, 2, "SVCB parameter 'port=1' must not be quoted"},
};

static void errors_name_the_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        struct scan_error e;
        struct writer w = writer_of(out, sizeof out);
        enum dns_err err =
            rdata_scan_line(type_in(errors[i].type), errors[i].text, strlen(errors[i].text), dname_root(), &w, &e);
        if (err != errors[i].err || e.err != err || e.token != errors[i].token ||
            strcmp(e.message, errors[i].message) != 0) {
            fail_msg("%s %s: %s @%zu: %s", errors[i].type, errors[i].text, dns_err_text(err), e.token, e.message);
        }
        assert_int_equal(w.pos, 0);
    }
}

/* Fields whose length is written in one octet: 255 go in, 256 do not. %s stands for the text of n octets. */
static void fields_of_255_octets(void **state)
{
    (void)state;
    static const struct {
        const char *type, *before, *unit, *after, *too_long;
    } fields[] = {
        {"TXT", "", "x", "", "is longer than 255 octets; split it into several strings"},
        {"HINFO", "x \"", "\\000", "\"", "is longer than 255 octets; split it into several strings"},
        {"NSEC3PARAM", "1 0 0 ", "ab", "", "is longer than 255 octets"},
        {"CAA", "0 ", "x", " y", "must be letters and digits (RFC 8659), not "},
        {"SVCB", "1 . alpn=h2,", "x", "", "has an identifier that is not 1 to 255 octets long"},
        {"HIP", "1 ", "00", " AA==", "is longer than 255 octets"},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (unsigned n = 255; n <= 256; n++) {
            char line[2048];
            struct scan_error e;
            struct writer w = writer_of(out, sizeof out);
            struct text t = text_of(line, sizeof line);
            text_add(&t, fields[i].before);
            for (unsigned k = 0; k < n; k++) {
                text_add(&t, fields[i].unit);
            }
            text_add(&t, fields[i].after);
            enum dns_err err = rdata_scan_line(type_in(fields[i].type), line, t.len, dname_root(), &w, &e);
            if (n == 255 ? err != DNS_OK : strstr(e.message, fields[i].too_long) == NULL) {
                fail_msg("%s, %u octets: %s", fields[i].type, n, e.message);
            }
        }
    }
}

/* T106: hostile words end up in messages as one line, cut to size. */
static void messages_are_safe(void **state)
{
    (void)state;
    char word[400];
    struct scan_error e;
    struct writer w = writer_of(out, sizeof out);
    memset(word, 0x1b, sizeof word);
    struct token tokens[] = {{.text = word, .len = sizeof word, .column = 1, .line = 1},
                             {.text = "%n\n\xff\0x", .len = 6, .column = 2, .line = 1}};
    struct token_list in = {.tokens = tokens, .count = 1};
    assert_int_equal(rdata_scan(DNS_TYPE_A, &in, dname_root(), &w, &e), DNS_E_SYNTAX);
    assert_int_equal(strncmp(e.message, "A address must be an IPv4 address, not '\\027\\027", 48), 0);
    in = (struct token_list){.tokens = tokens + 1, .count = 1};
    assert_int_equal(rdata_scan(DNS_TYPE_A, &in, dname_root(), &w, &e), DNS_E_SYNTAX);
    assert_string_equal(e.message, "A address must be an IPv4 address, not '%n\\010\\255\\000x'");
    word[0] = '4';
    memset(word + 1, 'x', sizeof word - 1);
    in = (struct token_list){.tokens = tokens, .count = 1};
    assert_int_equal(rdata_scan(DNS_TYPE_A, &in, dname_root(), &w, &e), DNS_E_SYNTAX);
    assert_string_equal(e.message, "A address must be an IPv4 address, not '4xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'");
}

/* How a line falls into words: each as a string of a TXT record. */
static void lines_fall_into_words(void **state)
{
    (void)state;
    static const struct {
        const char *line, *printed;
    } lines[] = {
        {"a", "\"a\""},
        {"  a\tb  ", "\"a\" \"b\""},
        {"a ; comment", "\"a\""},
        {"a;comment", "\"a\""},
        {"a\\;b", "\"a;b\""},
        {"( a\n b )", "\"a\" \"b\""},
        {"\"a b\"\"c\"", "\"a b\" \"c\""},
        {"\"a;(b)\" \"\"", "\"a;(b)\" \"\""},
        {"\"\\\"\\\\\"", "\"\\\"\\\\\""},
        {"a\\ b", "\"a b\""},
        {"a\\032b", "\"a b\""},
        {"k=\"a b\" c", "\"k=\\\"a b\\\"\" \"c\""}, /* the quotes stay in a word that does not begin with one */
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char printed[128];
        struct scan_error e;
        struct writer w = writer_of(out, sizeof out);
        struct text t = text_of(printed, sizeof printed);
        if (rdata_scan_line(DNS_TYPE_TXT, lines[i].line, strlen(lines[i].line), dname_root(), &w, &e) != DNS_OK) {
            fail_msg("%s: %s", lines[i].line, e.message);
        }
        rdata_print(DNS_TYPE_TXT, out, (uint16_t)w.pos, &t);
        assert_string_equal(printed, lines[i].printed);
    }
}

static void ttls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum dns_err err;
        uint32_t seconds;
    } list[] = {
        {"0", DNS_OK, 0},
        {"3600", DNS_OK, 3600},
        {"4294967295", DNS_OK, UINT32_MAX},
        {"4294967296", DNS_E_RANGE, 0},
        {"1s", DNS_OK, 1},
        {"1M", DNS_OK, 60},
        {"1h30m", DNS_OK, 5400},
        {"1w2d3h4m5s", DNS_OK, 788645},
        {"7101w", DNS_OK, 4294684800u},
        {"7102w", DNS_E_RANGE, 0},
        {"4294967295s1s", DNS_E_RANGE, 0},
        {"99999999999999999999s", DNS_E_RANGE, 0},
        {"", DNS_E_SYNTAX, 0},
        {"h", DNS_E_SYNTAX, 0},
        {"1h30", DNS_E_SYNTAX, 0},
        {"1y", DNS_E_SYNTAX, 0},
        {"-1", DNS_E_SYNTAX, 0},
        {"1 h", DNS_E_SYNTAX, 0},
        {"1hh", DNS_E_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        uint32_t v = 0;
        size_t n = strlen(list[i].text);
        char *exact = malloc(n + (n == 0)); /* no NUL to run into */
        assert_non_null(exact);
        memcpy(exact, list[i].text, n);
        if (ttl_scan(exact, n, &v) != list[i].err || (list[i].err == DNS_OK && v != list[i].seconds)) {
            fail_msg("%s: %u", list[i].text, v);
        }
        free(exact);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum dns_err err;
        uint32_t seconds;
    } list[] = {
        {"19700101000000", DNS_OK, 0},           {"20000229000000", DNS_OK, 951782400},
        {"20040101000000", DNS_OK, 1072915200},  {"20240229235959", DNS_OK, 1709251199},
        {"20380119031408", DNS_OK, 2147483648u}, {"21000228000000", DNS_OK, 4107456000u},
        {"21000229000000", DNS_E_RANGE, 0}, /* no leap year */
        {"21060207062815", DNS_OK, UINT32_MAX},  {"21060207062816", DNS_E_RANGE, 0},
        {"19691231235959", DNS_E_RANGE, 0},      {"20260001000000", DNS_E_RANGE, 0},
        {"20261301000000", DNS_E_RANGE, 0},      {"20260100000000", DNS_E_RANGE, 0},
        {"20260431000000", DNS_E_RANGE, 0},      {"20260101240000", DNS_E_RANGE, 0},
        {"20260101006000", DNS_E_RANGE, 0},      {"20260101000060", DNS_E_RANGE, 0},
        {"99999999999999", DNS_E_RANGE, 0},      {"99991231235959", DNS_E_RANGE, 0},
        {"1700000000", DNS_OK, 1700000000},      {"4294967296", DNS_E_RANGE, 0},
        {"00000000001", DNS_E_SYNTAX, 0}, /* eleven digits are neither */
        {"2026010100000", DNS_E_RANGE, 0},       {"", DNS_E_SYNTAX, 0},
        {"2026010100000x", DNS_E_SYNTAX, 0},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        uint32_t v = 0;
        enum dns_err err = text_time_scan(list[i].text, strlen(list[i].text), &v);
        if (err != list[i].err || (err == DNS_OK && v != list[i].seconds)) {
            fail_msg("%s: %s, %u", list[i].text, dns_err_text(err), v);
        }
    }
    for (uint32_t day = 0; day <= UINT32_MAX / 86400; day++) { /* each day of the 136 years, both ways */
        char buf[32];
        struct text t = text_of(buf, sizeof buf);
        uint32_t v, at = day * 86400 + day % 6295; /* the last day ends early */
        text_time(&t, at);
        assert_int_equal(t.len, 14);
        assert_int_equal(text_time_scan(buf, t.len, &v), DNS_OK);
        assert_int_equal(v, at);
    }
}

/* RFC 4648 section 10, and texts that are no encoding of anything. */
static void bases(void **state)
{
    (void)state;
    static const struct {
        enum base base;
        const char *plain, *text;
    } vectors[] = {
        {BASE64, "", ""},
        {BASE64, "f", "Zg=="},
        {BASE64, "fo", "Zm8="},
        {BASE64, "foo", "Zm9v"},
        {BASE64, "foob", "Zm9vYg=="},
        {BASE64, "fooba", "Zm9vYmE="},
        {BASE64, "foobar", "Zm9vYmFy"},
        {BASE32HEX, "f", "CO"},
        {BASE32HEX, "fo", "CPNG"},
        {BASE32HEX, "foo", "CPNMU"},
        {BASE32HEX, "foob", "CPNMUOG"},
        {BASE32HEX, "fooba", "CPNMUOJ1"},
        {BASE32HEX, "foobar", "CPNMUOJ1E8"},
        {BASE16, "", ""},
        {BASE16, "foobar", "666F6F626172"},
    };
    static const struct {
        enum base base;
        const char *text;
    } bad[] = {
        {BASE64, "Zg"},          {BASE64, "Zg="},      {BASE64, "Zh=="},     {BASE64, "Zg==="},     {BASE64, "=Zg="},
        {BASE64, "===="},        {BASE64, "Zm9"},      {BASE64, "Zm9="},     {BASE64, "Z"},         {BASE64, "Zm9v="},
        {BASE64, "Zm-_"},        {BASE64, "Zg==Zg=="}, {BASE64, "Zm9v\xff"}, {BASE32HEX, "C"},      {BASE32HEX, "CP1"},
        {BASE32HEX, "CO======"}, {BASE32HEX, "CW"},    {BASE32HEX, "CP"},    {BASE32HEX, "CPNMU1"}, {BASE16, "6"},
        {BASE16, "666"},         {BASE16, "6G"},       {BASE16, "66 "},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char buf[32];
        size_t n = strlen(vectors[i].plain), len = strlen(vectors[i].text);
        struct text t = text_of(buf, sizeof buf);
        base_print(vectors[i].base, (const uint8_t *)vectors[i].plain, n, &t);
        assert_string_equal(buf, vectors[i].text);
        for (size_t cut = 0; cut <= len; cut++) { /* in two pieces */
            struct writer w = writer_of(out, sizeof out);
            struct base_scan s = base_scan_of(vectors[i].base, &w);
            assert_true(base_feed(&s, buf, cut) && base_feed(&s, buf + cut, len - cut) && base_done(&s));
            assert_int_equal(w.pos, n);
            assert_memory_equal(out, vectors[i].plain, n);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct writer w = writer_of(out, sizeof out);
        struct base_scan s = base_scan_of(bad[i].base, &w);
        if (base_feed(&s, bad[i].text, strlen(bad[i].text)) && base_done(&s)) {
            fail_msg("%s was taken", bad[i].text);
        }
    }
}

/* Each mnemonic of an algorithm, in either case; the number prints. */
static void mnemonics(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t code;
    } list[] = {{"rsasha256", 8},          {"ECDSAP256SHA256", 13}, {"Ed25519", 15},     {"NSEC3RSASHA1", 7},
                {"RSASHA1-NSEC3-SHA1", 7}, {"DELETE", 0},           {"PRIVATEOID", 254}, {"255", 255}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        char line[64], printed[64];
        struct scan_error e;
        struct writer w = writer_of(out, sizeof out);
        snprintf(line, sizeof line, "256 3 %s AA==", list[i].text);
        assert_int_equal(rdata_scan_line(DNS_TYPE_DNSKEY, line, strlen(line), dname_root(), &w, &e), DNS_OK);
        assert_int_equal(out[3], list[i].code);
        struct text t = text_of(printed, sizeof printed);
        rdata_print(DNS_TYPE_DNSKEY, out, (uint16_t)w.pos, &t);
        snprintf(line, sizeof line, "256 3 %u AA==", list[i].code);
        assert_string_equal(printed, line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_the_word),
        cmocka_unit_test(messages_are_safe),
        cmocka_unit_test(fields_of_255_octets),
        cmocka_unit_test(lines_fall_into_words),
        cmocka_unit_test(ttls),
        cmocka_unit_test(times),
        cmocka_unit_test(bases),
        cmocka_unit_test(mnemonics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
