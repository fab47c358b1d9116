/* Rdata by its table: what fits a type and what does not, compression, canonical form, names within. */
#include "rdata_rows.h"

static uint8_t message[65535 + 512]; /* of tests that need a large one */

/* The wire form of every row fits its type, by itself and within a message, and comes out of it unchanged. */
static void rows_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t n;
        uint16_t type = type_in(rows[i].type);
        uint8_t *rdata = octets_of(rows[i].hex, &n);
        if (rdata_check(type, rdata, (uint16_t)n) != DNS_OK) {
            fail_msg("%s %s", rows[i].type, rows[i].text);
        }
        static const uint8_t zeros[12];
        uint8_t out[2048];
        struct writer m = writer_of(message, sizeof message), w = writer_of(out, sizeof out);
        write_bytes(&m, zeros, sizeof zeros);
        write_bytes(&m, rdata, n);
        write_bytes(&m, zeros, sizeof zeros);
        struct reader r = reader_of(message, m.pos);
        r.pos = sizeof zeros;
        struct name_work work = name_work_of(m.pos);
        assert_int_equal(rdata_unpack(type, &r, (uint16_t)n, &work, &w), DNS_OK);
        assert_int_equal(r.pos, sizeof zeros + n);
        assert_int_equal(w.pos, n);
        assert_memory_equal(out, rdata, n);
        free(rdata);
    }
}

static bool is_listed(const char *lengths, unsigned long n)
{
    while (*lengths != '\0') {
        char *end;
        unsigned long from = strtoul(lengths, &end, 10), to = from;
        if (*end == '-') {
            to = strtoul(end + 1, &end, 10);
        }
        if (n >= from && n <= to) {
            return true;
        }
        lengths = *end == ' ' ? end + 1 : end;
    }
    return false;
}

/* T96: rdata cut short or running on is refused, also when the message goes on behind it. */
static void lengths_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *type, *hex, *lengths;
    } cuts[] = {
#define CUT(type, hex, lengths) {type, hex, lengths},
#include "rdata_cuts.def"
    };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        size_t full;
        uint16_t type = type_in(cuts[i].type);
        uint8_t *rdata = octets_of(cuts[i].hex, &full);
        for (size_t n = 0; n <= full + 2; n++) {
            uint8_t *cut = calloc(n != 0 ? n : 1, 1);
            assert_non_null(cut);
            memcpy(cut, rdata, n < full ? n : full);
            enum dns_err err = rdata_check(type, cut, (uint16_t)n);
            struct reader r = reader_of(rdata, full);
            struct name_work work = name_work_of(full);
            enum dns_err within = n > full ? err : rdata_unpack(type, &r, (uint16_t)n, &work, NULL);
            bool fits = is_listed(cuts[i].lengths, n);
            if ((err == DNS_OK) != fits || (within == DNS_OK) != fits || (!fits && err != DNS_E_RDATA)) {
                fail_msg("%s, %zu octets: %s, %s", cuts[i].type, n, dns_err_text(err), dns_err_text(within));
            }
            free(cut);
        }
        free(rdata);
    }
}

static void every_type_is_tested(void **state)
{
    (void)state;
    size_t count;
    const struct rdata_type *types = rdata_types(&count);
    for (size_t t = 0; t < count; t++) {
        bool found = false;
        for (size_t i = 0; i < ROWS(rows) && !found; i++) {
            found = strcmp(rows[i].type, types[t].name) == 0;
        }
        if (!found) {
            fail_msg("%s has no row", types[t].name);
        }
    }
}

static unsigned labels_in(const char *labels)
{
    unsigned n = 1;
    for (; *labels != '\0'; labels++) {
        n += *labels == ',';
    }
    return n;
}

/* Size is fixed or told by the first octet: rdata_next() can step over it to the next name. */
static bool can_precede_name(enum rdata_field kind)
{
    static const enum rdata_field kinds[] = {F_U8,  F_ALG,  F_SCHEME, F_U16,  F_TYPE,   F_COVERED, F_U32,
                                             F_TTL, F_TIME, F_STR,    F_NAME, F_NAME_C, F_NAME_D};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i] == kind) {
            return true;
        }
    }
    return false;
}

/* What rdata.def promises to those who use it. */
static void table_is_sound(void **state)
{
    (void)state;
    size_t count;
    const struct rdata_type *types = rdata_types(&count);
    for (size_t t = 0; t < count; t++) {
        char buf[DNS_TYPE_TEXT_MAX];
        unsigned fields = 0;
        bool names_may_follow = true;
        assert_true(t == 0 || types[t - 1].code < types[t].code);
        assert_ptr_equal(rdata_type(types[t].code), &types[t]);
        assert_string_equal(types[t].name, dns_type_text(types[t].code, buf));
        for (; fields < RDATA_FIELDS_MAX && types[t].fields[fields] != F_END; fields++) {
            enum rdata_field kind = F_KIND(types[t].fields[fields]);
            bool is_name = kind == F_NAME || kind == F_NAME_C || kind == F_NAME_D;
            assert_true(kind < F_KINDS);
            assert_true(!is_name || names_may_follow);
            names_may_follow = names_may_follow && can_precede_name(kind);
        }
        assert_in_range(fields, 1, RDATA_FIELDS_MAX - 1);
        assert_int_equal(labels_in(types[t].labels), fields);
    }
}

/* Every type of types.def has a line, but for those that are no data; all others are opaque (RFC 3597). */
static void unknown_types_are_opaque(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= UINT16_MAX; code++) {
        char buf[DNS_TYPE_TEXT_MAX];
        const struct rdata_type *type = rdata_type((uint16_t)code);
        bool named = dns_type_text((uint16_t)code, buf) != buf;
        if (type->name == NULL) {
            assert_true(!named || dns_type_is_meta((uint16_t)code));
            assert_int_equal(type->fields[0], F_OPAQUE | F_EMPTY);
            assert_int_equal(type->fields[1], F_END);
        } else {
            assert_int_equal(type->code, code);
        }
    }
    uint8_t *most = calloc(UINT16_MAX, 1);
    assert_non_null(most);
    assert_int_equal(rdata_check(65280, NULL, 0), DNS_OK);
    assert_int_equal(rdata_check(65280, most, UINT16_MAX), DNS_OK);
    assert_int_equal(rdata_check(DNS_TYPE_TXT, most, UINT16_MAX), DNS_OK); /* 65535 empty strings */
    assert_int_equal(rdata_check(DNS_TYPE_A, most, UINT16_MAX), DNS_E_RDATA);
    free(most);
}

/* Rdata that is wrong inside. */
static const struct {
    const char *type, *hex, *why;
} bad[] = {
    {"NSEC", "00 0001", "RFC 4034 4.1.2: no bitmap octets"},
    {"NSEC", "00 0000", "length 0"},
    {"NSEC", "00 000100", "last octet zero"},
    {"NSEC", "00 00024000", "last octet zero"},
    {"NSEC", "00 000140 000140", "same window twice"},
    {"NSEC", "00 010140 000140", "windows descend"},
    {"NSEC", "00 0021 000000000000000000000000000000000000000000000000000000000000000001", "33 octets"},
    {"NSEC", "00 000140 01", "window without length"},
    {"NSEC3", "01000000 00 00", "RFC 5155 3.2: hash length 0"},
    {"NSEC3", "01000000 00 01aa 000100", "last octet of the bitmap zero"},
    {"CSYNC", "000000010000 000140 000140", "same window twice"},
    {"NXT", "00 4000000000000000000000000000000000", "RFC 2535 5.2: 17 octets"},
    {"LOC", "00 a01613 8000000080000000 00989680", "RFC 1876 2: base of size above 9"},
    {"LOC", "00 1a1613 8000000080000000 00989680", "power of size above 9"},
    {"LOC", "00 121613 6cb026ff 80000000 00989680", "beyond 90 degrees"},
    {"LOC", "00 121613 80000000 59604dff 00989680", "beyond 180 degrees"},
    {"LOC", "00 121613 80000000 a69fb201 00989680", "beyond 180 degrees"},
    {"LOC", "00 120313 8000000080000000 00989680", "zero with a power"},
    {"APL", "0001 21 01 c0", "RFC 3123 4: IPv4 prefix 33"},
    {"APL", "0001 20 05 c000020101", "five octets of IPv4"},
    {"APL", "0002 81 01 20", "IPv6 prefix 129"},
    {"APL", "0002 80 11 2001000000000000000000000000000001", "17 octets of IPv6"},
    {"APL", "0001 18 03 c00000", "zero octet at the end"},
    {"APL", "0001 18 03 c000", "shorter than it says"},
    {"CAA", "00 00 41", "RFC 8659 4.1: empty tag"},
    {"CAA", "00 02 612d", "hyphen in the tag"},
    {"CAA", "00 05 6973", "tag longer than the rdata"},
    {"URI", "00010001", "RFC 7553 4.4: empty target"},
    {"HIP", "00 02 0001 aa", "RFC 8005 5: no HIT"},
    {"HIP", "01 02 0000 aa", "no key"},
    {"HIP", "01 02 0001 aaaa 0161", "server cut"},
    {"HIP", "01 02 0001 aaaa c000", "server compressed"},
    {"IPSECKEY", "0a 01 02 c00002", "RFC 4025 2.5: three octets of IPv4"},
    {"IPSECKEY", "0a 03 00 c000", "compressed gateway"},
    {"AMTRELAY", "0a 00 00", "RFC 8777 4.2.4: octets behind no relay"},
    {"AMTRELAY", "0a 83 0161", "name cut"},
    {"ZONEMD", "00000001 01 01 0000000000000000000000", "RFC 8976 2.2.4: 11 octets"},
    {"TSIG", "00 000000000000 0000 0004 0102 0000 0000 0000", "MAC longer than the rdata"},
    {"NAPTR", "0000 0000 00 00 00", "no replacement"},
    {"NAPTR", "0000 0000 00 00 ff 00", "string longer than the rdata"},
    {"TXT", "", "no string"},
    {"TXT", "02 61", "string cut"},
    {"SOA", "00 00 00000000 00000000 00000000 00000000 0000000000", "octet too many"},
    {"SVCB", "0001 00 0003 0001 50", "RFC 9460 7.2: port of one octet"},
    {"SVCB", "0001 00 0003 0003 000050", "port of three"},
    {"SVCB", "0001 00 0001 0000", "RFC 9460 7.1.1: no alpn"},
    {"SVCB", "0001 00 0001 0001 00", "empty alpn"},
    {"SVCB", "0001 00 0001 0003 036832", "alpn cut"},
    {"SVCB", "0001 00 0002 0001 00", "no-default-alpn with a value"},
    {"SVCB", "0001 00 0004 0000", "RFC 9460 7.3: no address"},
    {"SVCB", "0001 00 0004 0006 c00002010000", "one address and a half"},
    {"SVCB", "0001 00 0005 0000", "empty ech"},
    {"SVCB", "0001 00 0006 0000", "no address"},
    {"SVCB", "0001 00 0006 0008 20010db800000000", "half an address"},
    {"SVCB", "0001 00 0007 0000", "RFC 9461 5: empty dohpath"},
    {"SVCB", "0001 00 0008 0001 00", "RFC 9540 4: ohttp with a value"},
    {"SVCB", "0001 00 0003 0002 0050 0003 0002 0050", "RFC 9460 2.2: key twice"},
    {"SVCB", "0001 00 0003 0002 0050 0001 0003 026832", "keys descend"},
    {"SVCB", "0001 00 0000 0000", "RFC 9460 8: mandatory without keys"},
    {"SVCB", "0001 00 0000 0001 00", "half a key"},
    {"SVCB", "0001 00 0000 0002 0000", "mandatory lists itself"},
    {"SVCB", "0001 00 0000 0002 0003", "mandatory key missing"},
    {"SVCB", "0001 00 0000 0004 00030003 0003 0002 0050", "mandatory lists a key twice"},
    {"SVCB", "0001 00 0000 0004 00030001 0001 0003 026832 0003 0002 0050", "mandatory descends"},
    {"SVCB", "0001 00 0000 0004 00010004 0001 0003 026832 0003 0002 0050", "the second is missing"},
    {"SVCB", "0001 00 0000 0002 0003 0004 0004 c0000201", "a higher key in its place"},
    {"SVCB", "0001 00 0003", "key without length"},
    {"SVCB", "0001 00 0009 0004 000000", "value cut"},
    {"HTTPS", "0001 00 0003 0001 50", "port of one octet"},
};

static void bad_rdata_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t n;
        uint8_t *rdata = octets_of(bad[i].hex, &n);
        enum dns_err err = rdata_check(type_in(bad[i].type), rdata, (uint16_t)n);
        if (err != DNS_E_RDATA) {
            fail_msg("%s %s: %s", bad[i].type, bad[i].why, dns_err_text(err));
        }
        free(rdata);
    }
}

/* T24: an RRSIG covers neither meta types nor RRSIGs (RFC 4034 section 3). */
static void covered_types(void **state)
{
    (void)state;
    size_t n;
    uint8_t *rdata = octets_of("0001 0d 02 00000e10 69682e00 6955b900 0a52 00 a0", &n);
    unsigned refused = 0;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        rdata[0] = (uint8_t)(type >> 8);
        rdata[1] = (uint8_t)type;
        bool meta = type == DNS_TYPE_RRSIG || dns_type_is_meta((uint16_t)type);
        assert_int_equal(rdata_check(DNS_TYPE_RRSIG, rdata, (uint16_t)n), meta ? DNS_E_RDATA : DNS_OK);
        assert_int_equal(rdata_check(DNS_TYPE_SIG, rdata, (uint16_t)n), DNS_OK); /* RFC 2931: SIG(0) covers 0 */
        refused += meta;
    }
    assert_true(refused >= 131); /* 0, OPT, RRSIG, 128 to 255 */
    free(rdata);
}

/* Names in messages: text of the plain form, or the error. At offset 12 stands "www.Example.", at 16 "Example.". */
static const struct {
    const char *type, *hex, *plain;
    enum dns_err err;
} names[] = {
    {"NS", "c00c", "03777777074578616d706c6500", DNS_OK},
    {"MX", "0001 0161 c010", "0001 0161074578616d706c6500", DNS_OK},
    {"SOA", "c00c c00c 00000001 00000002 00000003 00000004 00000005",
     "03777777074578616d706c6500 03777777074578616d706c6500 0000000100000002000000030000000400000005", DNS_OK},
    {"MINFO", "c010 c01e", NULL, DNS_E_POINTER},                             /* at itself */
    {"MINFO", "c010 c01c", "074578616d706c6500 074578616d706c6500", DNS_OK}, /* at the first, by its pointer */
    {"RP", "c00c 00", "03777777074578616d706c6500 00", DNS_OK},              /* RFC 3597 section 4 */
    {"AFSDB", "0001 c010", "0001 074578616d706c6500", DNS_OK},
    {"RT", "0001 c010", "0001 074578616d706c6500", DNS_OK},
    {"PX", "0001 c010 c010", "0001 074578616d706c6500 074578616d706c6500", DNS_OK},
    {"NXT", "c010 02", "074578616d706c6500 02", DNS_OK},
    {"SRV", "0001 0002 0003 c010", "000100020003 074578616d706c6500", DNS_OK},
    {"NAPTR", "0001 0002 0161 0162 0163 c010", "00010002016101620163 074578616d706c6500", DNS_OK},
    {"SIG", "0001 05 03 00015180 6955b900 692cda80 3039 c010 01",
     "0001050300015180 6955b900692cda803039"
     "074578616d706c6500 01",
     DNS_OK},
    {"RRSIG", "0001 05 03 00015180 6955b900 692cda80 3039 c010 01", NULL, DNS_E_POINTER},
    {"KX", "0001 c010", NULL, DNS_E_POINTER},
    {"DNAME", "c010", NULL, DNS_E_POINTER},
    {"NSEC", "c010 000140", NULL, DNS_E_POINTER},
    {"SVCB", "0001 c010", NULL, DNS_E_POINTER},
    {"LP", "0001 c010", NULL, DNS_E_POINTER},
    {"TKEY", "c010 00000000 00000000 0000 0000 0000 0000", NULL, DNS_E_POINTER},
    {"NS", "c01c", NULL, DNS_E_POINTER}, /* at itself */
    {"NS", "c0ff", NULL, DNS_E_POINTER}, /* ahead */
    {"NS", "c0", NULL, DNS_E_RDATA},     /* half a pointer */
    {"NS", "4061", NULL, DNS_E_NAME},    /* RFC 6891 section 5: no such label types */
    {"NS", "c00c00", NULL, DNS_E_RDATA}, /* octet behind the name */
    {"NS", "0461", NULL, DNS_E_RDATA},   /* label longer than the rdata, though the message goes on */
    {"NS", "0161", NULL, DNS_E_RDATA},   /* name goes on behind the rdata */
};

static void compression(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t head_n, n, plain_n;
        uint8_t plain[256];
        uint8_t *head = octets_of("000000000000000000000000 03777777074578616d706c6500 000000", &head_n);
        uint8_t *rdata = octets_of(names[i].hex, &n);
        assert_int_equal(head_n, 28);
        memcpy(message, head, head_n);
        memcpy(message + head_n, rdata, n);
        memset(message + head_n + n, 0, 16);
        struct reader r = reader_of(message, head_n + n + 16), check = r;
        r.pos = check.pos = head_n;
        struct name_work work = name_work_of(r.end), work2 = work;
        struct writer w = writer_of(plain, sizeof plain);
        write_u8(&w, 0xee); /* what was there stays */
        enum dns_err err = rdata_unpack(type_in(names[i].type), &r, (uint16_t)n, &work, &w);
        if (err != names[i].err || rdata_unpack(type_in(names[i].type), &check, (uint16_t)n, &work2, NULL) != err) {
            fail_msg("%s %s: %s", names[i].type, names[i].hex, dns_err_text(err));
        }
        if (err == DNS_OK) {
            uint8_t *expected = octets_of(names[i].plain, &plain_n);
            assert_int_equal(w.pos, 1 + plain_n);
            assert_memory_equal(plain + 1, expected, plain_n);
            assert_int_equal(r.pos, head_n + n);
            free(expected);
        } else {
            assert_int_equal(w.pos, 1);
        }
        free(head);
        free(rdata);
    }
}

/* A signature of 65500 octets and a signer of two that stands for 255: more than rdata can hold once it is unpacked. */
static void unpacked_rdata_has_a_limit(void **state)
{
    (void)state;
    struct writer w = writer_of(message, sizeof message);
    memset(writer_take(&w, 12), 0, 12);
    for (unsigned label = 0; label < 4; label++) {
        unsigned n = label < 3 ? 63 : 61;
        write_u8(&w, (uint8_t)n);
        memset(writer_take(&w, n), 'a', n);
    }
    write_u8(&w, 0);
    size_t start = w.pos, out_cap = 70000;
    assert_int_equal(start, 12 + 255);
    memset(writer_take(&w, 18), 0, 18);
    write_u16(&w, 0xc00c);
    size_t room = 65535 - 18 - 255; /* for the signature, when it is unpacked */
    memset(writer_take(&w, room + 1), 0x55, room + 1);
    uint8_t *out = malloc(out_cap);
    assert_non_null(out);
    for (unsigned more = 0; more <= 1; more++) {
        uint16_t rdlen = (uint16_t)(20 + room + more);
        enum dns_err expected = more == 0 ? DNS_OK : DNS_E_RDATA;
        struct reader r = reader_of(message, w.pos), again = r;
        r.pos = again.pos = start;
        struct name_work work = name_work_of(w.pos), work2 = work;
        struct writer plain = writer_of(out, out_cap);
        assert_int_equal(rdata_unpack(DNS_TYPE_SIG, &r, rdlen, &work, &plain), expected);
        assert_int_equal(rdata_unpack(DNS_TYPE_SIG, &again, rdlen, &work2, NULL), expected);
        assert_int_equal(plain.pos, more == 0 ? 65535 : 0);
    }
    free(out);
}

static void space_and_message_end(void **state)
{
    (void)state;
    size_t n;
    uint8_t *rdata = octets_of("000a 046d61696c 0765786d616d706c 00", &n), out[64];
    for (size_t cap = 0; cap <= n; cap++) {
        struct reader r = reader_of(rdata, n);
        struct name_work work = name_work_of(n);
        struct writer w = writer_of(out, cap);
        enum dns_err err = rdata_unpack(DNS_TYPE_MX, &r, (uint16_t)n, &work, &w);
        assert_int_equal(err, cap < n ? DNS_E_NO_SPACE : DNS_OK);
        assert_int_equal(w.pos, cap < n ? 0 : n);
        assert_int_equal(r.pos, cap < n ? 0 : n);
    }
    struct reader r = reader_of(rdata, n);
    struct name_work work = name_work_of(n);
    assert_int_equal(rdata_unpack(DNS_TYPE_MX, &r, (uint16_t)(n + 1), &work, NULL), DNS_E_TRUNCATED);
    work.hops_left = 0; /* L21 */
    assert_int_equal(rdata_unpack(DNS_TYPE_MX, &r, (uint16_t)n, &work, NULL), DNS_E_LIMIT);
    free(rdata);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_fit),
        cmocka_unit_test(lengths_are_checked),
        cmocka_unit_test(every_type_is_tested),
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(unknown_types_are_opaque),
        cmocka_unit_test(bad_rdata_is_refused),
        cmocka_unit_test(covered_types),
        cmocka_unit_test(compression),
        cmocka_unit_test(unpacked_rdata_has_a_limit),
        cmocka_unit_test(space_and_message_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
