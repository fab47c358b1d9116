/* Messages written: octet for octet in the simple cases, read back in the others; compression and its bounds (T94),
 * what does not fit (T95), rotation, going back. */
#include "dns/build.h"

#include "dns/rng.h"
#include "support.h"

#define BIG ((size_t)4 << 20)

/* Everything a test needs, each in memory of exact size. */
struct desk {
    struct build b;
    struct arena arena;
    uint8_t *buf;
};

static void open_desk(struct desk *d, size_t limit, size_t reserve)
{
    d->buf = malloc(limit);
    assert_non_null(d->buf);
    arena_init(&d->arena, NULL, 0, BIG);
    build_init(&d->b, d->buf, limit, 0x1234, DNS_FLAG_QR | DNS_FLAG_RD, reserve);
}

static void close_desk(struct desk *d)
{
    arena_release(&d->arena);
    free(d->buf);
}

static struct dns_msg read_back(struct desk *d, size_t n)
{
    struct dns_msg m;
    uint8_t *copy = arena_dup(&d->arena, d->buf, n);
    assert_int_equal(dns_msg_parse(copy, n, &d->arena, &m), DNS_OK);
    return m;
}

static void assert_message(struct desk *d, size_t n, const char *hex)
{
    uint8_t expected[1024];
    size_t len = octets(hex, expected, sizeof expected);
    assert_int_equal(n, len);
    assert_memory_equal(d->buf, expected, n);
}

/* A set of one type; each record as octets() takes them. */
static struct rrset *set_of(struct desk *d, const char *owner, uint16_t type, unsigned count,
                            const char *const *records)
{
    struct rdata_ref rrs[300];
    struct rrset *s;
    for (unsigned i = 0; i < count; i++) {
        uint8_t rdata[512];
        size_t n = octets(records[i], rdata, sizeof rdata);
        rrs[i] = (struct rdata_ref){.data = arena_dup(&d->arena, rdata, n + 1), .len = (uint16_t)n};
    }
    assert_int_equal(rrset_make(NAME(owner), type, 300, rrs, (uint16_t)count, &d->arena, &s), DNS_OK);
    return s;
}

#define SET(d, owner, type, ...)                                                                                       \
    set_of((d), (owner), DNS_TYPE_##type, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                      \
           (const char *[]){__VA_ARGS__})

static void answer(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, 512, 11);
    struct dname qname = NAME("wWw.Example.com"); /* 0x20: echoed as it came */
    assert_true(build_question(&d.b, qname, DNS_TYPE_A, DNS_CLASS_IN));
    struct rrset *s = SET(&d, "www.example.com", A, "c0000201", "c0000202");
    assert_true(build_rrset(&d.b, DNS_ANSWER, s, &qname, 299, 0, 0));
    size_t n = build_finish(&d.b, &(struct edns_out){.udp_size = 1232, .ede = DNS_EDE_NONE});
    assert_message(&d, n,
                   "1234 8100 0001 0002 0000 0001 03'wWw'07'Example'03'com'00 0001 0001"
                   "c00c 0001 0001 0000012b 0004 c0000201 c00c 0001 0001 0000012b 0004 c0000202"
                   "00 0029 04d0 00 00 0000 0000");
    assert_int_equal(d.b.attempts, 0); /* the common answer needs no search */
    close_desk(&d);
}

static void sections_and_compression(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, 512, 0);
    assert_true(build_question(&d.b, NAME("a.example.com"), DNS_TYPE_MX, DNS_CLASS_IN));
    assert_true(
        build_rrset(&d.b, DNS_ANSWER, SET(&d, "a.example.com", MX, "000a 02'mx'07'example'03'com'00"), NULL, 1, 0, 0));
    assert_true(build_rrset(&d.b, DNS_AUTHORITY, SET(&d, "example.com", NS, "02'ns'03'net'00"), NULL, 2, 0, 0));
    assert_true(build_rrset(&d.b, DNS_ADDITIONAL, SET(&d, "mx.example.com", A, "01020304"), NULL, 3, 0, 0));
    assert_true(build_rrset(&d.b, DNS_ADDITIONAL, SET(&d, "ns.net", A, "01020304"), NULL, 4, 0, 0));
    assert_true(build_rrset(&d.b, DNS_ADDITIONAL, SET(&d, ".", A, "01020304"), NULL, 5, 0, 0));
    size_t n = build_finish(&d.b, NULL);
    assert_message(&d, n,
                   "1234 8100 0001 0001 0001 0003 01'a'07'example'03'com'00 000f 0001" /* 'example' at 14 */
                   "c00c 000f 0001 00000001 0007 000a 02'mx'c00e"                      /* 31; 'mx' at 45 */
                   "c00e 0002 0001 00000002 0008 02'ns'03'net'00"                      /* 50; 'ns' at 62 */
                   "c02d 0001 0001 00000003 0004 01020304"
                   "c03e 0001 0001 00000004 0004 01020304"
                   "00 0001 0001 00000005 0004 01020304");
    close_desk(&d);
}

/* RFC 3597 section 4: in rdata only the types of RFC 1035 are compressed. Owners always are. */
static void rdata_by_type(void **state)
{
    (void)state;
    static const struct {
        uint16_t type;
        const char *plain, *written;
    } rows[] = {
        {DNS_TYPE_CNAME, "01'a'01'z'00", "01'a'c00c"},
        {DNS_TYPE_PTR, "01'z'00", "c00c"},
        {DNS_TYPE_NS, "00", "00"},
        {DNS_TYPE_MINFO, "01'a'01'z'00 01'b'01'z'00", "01'a'c00c 01'b'c00c"},
        {DNS_TYPE_SOA, "01'a'01'z'00 01'b'01'a'01'z'00 00000001 00000002 00000003 00000004 00000005",
         "01'a'c00c 01'b'c01f 00000001 00000002 00000003 00000004 00000005"},
        {DNS_TYPE_RP, "01'a'01'z'00 01'z'00", "01'a'01'z'00 01'z'00"},
        {DNS_TYPE_SRV, "0001 0002 0003 01'z'00", "0001 0002 0003 01'z'00"},
        {DNS_TYPE_DNAME, "01'z'00", "01'z'00"},
        {DNS_TYPE_NAPTR, "0001 0002 00 00 00 01'z'00", "0001 0002 00 00 00 01'z'00"},
        {DNS_TYPE_NSEC, "01'z'00 0001 40", "01'z'00 0001 40"},
        {DNS_TYPE_TXT, "03 01'z'00", "03 01'z'00"},
        {65280, "01'z'00", "01'z'00"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct desk d;
        uint8_t plain[128], written[128];
        size_t plain_len = octets(rows[i].plain, plain, sizeof plain);
        size_t written_len = octets(rows[i].written, written, sizeof written);
        open_desk(&d, 512, 0);
        assert_true(
            build_question(&d.b, NAME("z"), DNS_TYPE_A, DNS_CLASS_IN)); /* 'z' at 12, the record at 19, rdata at 31 */
        assert_true(build_rr(&d.b, DNS_ANSWER, NAME("z"), rows[i].type, DNS_CLASS_CH, 7, plain, (uint16_t)plain_len));
        size_t n = build_finish(&d.b, NULL);
        assert_int_equal(n, 31 + written_len);
        assert_memory_equal(d.buf + 31, written, written_len);
        assert_int_equal(d.buf[29] << 8 | d.buf[30], written_len);
        assert_int_equal(d.buf[24], DNS_CLASS_CH);
        struct dns_msg m = read_back(&d, n);
        uint8_t back[128];
        struct writer w = writer_of(back, sizeof back);
        assert_int_equal(dns_msg_rdata(&m, 0, &w), DNS_OK);
        assert_int_equal(w.pos, plain_len);
        assert_memory_equal(back, plain, plain_len);
        close_desk(&d);
    }
}

/* Each name is read back in the case in which it was given, even where another spelling could be pointed at. */
static void case_is_kept(void **state)
{
    (void)state;
    static const char *const names[] = {"www.example.com", "WWW.example.com", "www.EXAMPLE.com",
                                        "www.example.COM", "x.example.COM",   "X.www.EXAMPLE.com"};
    struct desk d;
    open_desk(&d, 1232, 0);
    assert_true(build_question(&d.b, NAME("Www.Example.Com"), DNS_TYPE_A, DNS_CLASS_IN));
    for (size_t i = 0; i < ROWS(names); i++) {
        struct rrset *s = set_of(&d, names[i], DNS_TYPE_A, 1, (const char *[]){"01020304"});
        assert_true(build_rrset(&d.b, DNS_ANSWER, s, NULL, 1, 0, 0));
    }
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    for (unsigned i = 0; i < ROWS(names); i++) {
        struct dname_buf b;
        assert_true(dname_same_case(dns_msg_owner(&m, i, &b), NAME(names[i])));
    }
    assert_int_equal(m.rr[5].rdata - m.rr[5].owner, 2 + 2 + 10); /* X and a pointer */
    close_desk(&d);
}

static void rotation(void **state)
{
    (void)state;
    struct desk d;
    for (unsigned first = 0; first < 7; first++) {
        open_desk(&d, 512, 0);
        struct rrset *s = SET(&d, "z", A, "00000000", "00000001", "00000002");
        assert_true(build_rrset(&d.b, DNS_ANSWER, s, NULL, 1, first, 0));
        struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
        assert_int_equal(m.count[DNS_ANSWER], 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(m.wire[m.rr[i].rdata + 3], (first + i) % 3);
            assert_true(dns_msg_owner_is(&m, i, NAME("z")));
        }
        close_desk(&d);
    }
}

static void signatures(void **state)
{
    (void)state;
    struct desk d;
    static const struct rdata_ref rr = {(const uint8_t *)"\1\2\3\4", 4};
    uint8_t sig[64];
    size_t sig_len = octets("0001 08 01 00000e10 00000002 00000001 0001 01'z'00 'si'", sig, sizeof sig);
    struct rdata_ref sigs[2] = {{sig, (uint16_t)sig_len}, {sig, (uint16_t)sig_len}};
    for (unsigned flags = 0; flags < 2; flags++) {
        open_desk(&d, 512, 0);
        struct rrset *s = arena_alloc(&d.arena, rrset_size(NAME("z"), &rr, 1, sigs, 2));
        rrset_fill(s, NAME("z"), DNS_TYPE_A, 60, &rr, 1, sigs, 2);
        assert_true(build_rrset(&d.b, DNS_ANSWER, s, NULL, 55, 0, flags != 0 ? BUILD_SIGS : 0));
        struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
        assert_int_equal(m.count[DNS_ANSWER], flags != 0 ? 3 : 1);
        for (unsigned i = 1; i < m.count[DNS_ANSWER]; i++) {
            assert_int_equal(m.rr[i].type, DNS_TYPE_RRSIG);
            assert_int_equal(dns_msg_covered(&m, i), DNS_TYPE_A);
            assert_int_equal(m.rr[i].ttl_s, 55);
            assert_true(dns_msg_same_owner(&m, 0, i));
        }
        close_desk(&d);
    }
}

/* An RRset goes in whole or leaves no trace, at every size; and what comes after does not point at what was taken back.
 */
static void whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t limit = 20; limit < 200; limit++) {
        struct desk d;
        open_desk(&d, limit, 0);
        bool asked = build_question(&d.b, NAME("q.test"), DNS_TYPE_MX, DNS_CLASS_IN);
        assert_int_equal(asked, limit >= 12 + 8 + 4);
        struct rrset *big =
            SET(&d, "long.owner.test", MX, "0001 05'first'07'example'00", "0002 06'second'07'example'00");
        struct rrset *small = SET(&d, "example", NS, "02'ns'07'example'00");
        struct build_mark before = build_mark(&d.b);
        bool fits = build_rrset(&d.b, DNS_ANSWER, big, NULL, 1, 0, 0);
        struct build_mark after = build_mark(&d.b);
        if (!fits) {
            assert_int_equal(before.pos, after.pos);
            assert_int_equal(before.section, after.section);
            assert_memory_equal(before.counts, after.counts, sizeof before.counts);
        }
        bool small_fits = build_rrset(&d.b, DNS_AUTHORITY, small, NULL, 1, 0, 0);
        assert_true(small_fits || !fits || limit < 140);
        size_t n = build_finish(&d.b, NULL);
        assert_true(n <= limit);
        struct dns_msg m = read_back(&d, n);
        assert_int_equal(m.qdcount, asked);
        assert_int_equal(m.count[DNS_ANSWER], fits ? 2 : 0);
        assert_int_equal(m.count[DNS_AUTHORITY], small_fits);
        if (small_fits) {
            struct dname_buf b;
            assert_name(dns_msg_owner(&m, dns_msg_begin(&m, DNS_AUTHORITY), &b), "example.");
            assert_true(dns_msg_target(&m, dns_msg_begin(&m, DNS_AUTHORITY), &b));
            assert_name(dname_of(&b), "ns.example.");
        }
        close_desk(&d);
    }
}

static void going_back(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, 512, 0);
    assert_true(build_question(&d.b, NAME("q.test"), DNS_TYPE_A, DNS_CLASS_IN));
    struct rrset *s = SET(&d, "x.y.z", A, "01020304");
    assert_true(build_rrset(&d.b, DNS_ANSWER, s, NULL, 1, 0, 0));
    struct build_mark mark = build_mark(&d.b);
    assert_true(build_rrset(&d.b, DNS_ADDITIONAL, SET(&d, "b.c", A, "01020304"), NULL, 1, 0, 0));
    build_rewind(&d.b, &mark);
    assert_true(build_rrset(&d.b, DNS_AUTHORITY, SET(&d, "a.b.c", A, "01020304"), NULL, 1, 0, 0)); /* b.c is gone */
    assert_true(build_rrset(&d.b, DNS_AUTHORITY, SET(&d, "w.y.z", A, "01020304"), NULL, 1, 0, 0)); /* y.z is not */
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    struct dname_buf b;
    assert_int_equal(m.count[DNS_ADDITIONAL], 0);
    assert_name(dns_msg_owner(&m, 1, &b), "a.b.c.");
    assert_name(dns_msg_owner(&m, 2, &b), "w.y.z.");
    assert_int_equal(m.rr[2].rdata - m.rr[2].owner, 2 + 2 + 10);
    close_desk(&d);
}

static void truncated(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, 512, 0);
    assert_true(build_question(&d.b, NAME("q.test"), DNS_TYPE_A, DNS_CLASS_IN));
    assert_true(build_rrset(&d.b, DNS_ADDITIONAL, SET(&d, "z", A, "01020304"), NULL, 1, 0, 0));
    build_truncate(&d.b);
    build_truncate(&d.b); /* again is no harm */
    size_t n = build_finish(&d.b, &(struct edns_out){.ede = DNS_EDE_NONE});
    assert_message(&d, n, "1234 8300 0001 0000 0000 0001 01'q'04'test'00 0001 0001 00 0029 0200 00 00 0000 0000");
    assert_true(d.b.truncated);
    close_desk(&d);

    open_desk(&d, 512, 0); /* without a question */
    assert_true(build_rrset(&d.b, DNS_ANSWER, SET(&d, "z", A, "01020304"), NULL, 1, 0, 0));
    build_truncate(&d.b);
    assert_message(&d, build_finish(&d.b, NULL), "1234 8300 0000 0000 0000 0000");
    close_desk(&d);
}

static void reserve_is_kept(void **state)
{
    (void)state;
    struct desk d;
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_STALE_ANSWER, .ede_text = "stale"};
    size_t reserve = edns_size(&opt);
    for (size_t limit = 60; limit < 100; limit++) {
        open_desk(&d, limit, reserve);
        while (build_rrset(&d.b, DNS_ANSWER, SET(&d, "z", A, "01020304"), NULL, 1, 0, 0)) {
        }
        size_t n = build_finish(&d.b, &opt);
        assert_true(n <= limit);
        struct dns_msg m = read_back(&d, n);
        assert_int_equal(m.edns.ede_text_len, 5);
        close_desk(&d);
    }
    for (size_t limit = 0; limit < 24; limit++) { /* no room: no harm */
        open_desk(&d, limit != 0 ? limit : 1, 11);
        assert_int_equal(build_question(&d.b, NAME("q.test"), DNS_TYPE_A, DNS_CLASS_IN), false);
        size_t n = build_finish(&d.b, NULL);
        assert_int_equal(n, limit < 12 ? 0 : 12);
        close_desk(&d);
    }
}

/* T94, L22: 5,000 PTR records that share nothing cost 120 searches, and the message is right. */
static void search_is_bounded(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, DNS_MSG_MAX, 0);
    assert_true(build_question(&d.b, NAME("q"), DNS_TYPE_PTR, DNS_CLASS_IN));
    unsigned count = 0;
    for (; count < 5000; count++) {
        uint8_t rdata[8] = {4, (uint8_t)('a' + count % 26), (uint8_t)('a' + count / 26 % 26),
                            (uint8_t)('a' + count / 676), 'x'};
        if (!build_rr(&d.b, DNS_ANSWER, NAME("q"), DNS_TYPE_PTR, DNS_CLASS_IN, 1, rdata, 6)) {
            break;
        }
    }
    assert_int_equal(count, (DNS_MSG_MAX - 19) / 18);
    assert_int_equal(d.b.attempts, DNS_COMPRESS_ATTEMPTS_MAX);
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    assert_int_equal(m.count[DNS_ANSWER], count);
    close_desk(&d);
}

/* Also with names of many labels: a search is one look-up of one suffix. */
static void search_of_long_names_is_bounded(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, DNS_MSG_MAX, 0);
    for (unsigned i = 0; i < 200; i++) {
        struct dname_buf long_name = {.len = 0};
        for (unsigned k = 0; k < DNAME_LABELS_MAX; k++) {
            long_name.wire[long_name.len++] = 1;
            long_name.wire[long_name.len++] = (uint8_t)(i + k);
        }
        long_name.wire[long_name.len++] = 0;
        long_name.labels = DNAME_LABELS_MAX;
        assert_true(
            build_rr(&d.b, DNS_ANSWER, dname_of(&long_name), DNS_TYPE_A, DNS_CLASS_IN, 1, (const uint8_t *)"abcd", 4));
        assert_true(d.b.attempts <= DNS_COMPRESS_ATTEMPTS_MAX);
    }
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    assert_int_equal(m.count[DNS_ANSWER], 200);
    close_desk(&d);
}

/* Random names until some share a hash: a search compares, and never reads beyond the shorter one. */
static void suffixes_of_one_hash(void **state)
{
    (void)state;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 5);
    for (int round = 0; round < 1000; round++) {
        struct desk d;
        uint8_t *names[80];
        open_desk(&d, 4096, 0);
        for (size_t i = 0; i < ROWS(names); i++) {
            uint8_t len = (uint8_t)(1 + rng_below(&rng.rng, 30));
            names[i] = malloc((size_t)len + 2); /* exact, so that a sanitizer watches its end */
            names[i][0] = len;
            rng.rng.fill(&rng.rng, names[i] + 1, len);
            names[i][len + 1] = 0;
            struct dname n = {.wire = names[i], .len = (uint8_t)(len + 2), .labels = 1};
            assert_true(build_rr(&d.b, DNS_ANSWER, n, 65280, DNS_CLASS_IN, 1, NULL, 0));
        }
        struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
        for (unsigned i = 0; i < ROWS(names); i++) {
            struct dname_buf b;
            struct dname owner = dns_msg_owner(&m, i, &b);
            assert_memory_equal(owner.wire, names[i], owner.len);
            free(names[i]);
        }
        close_desk(&d);
    }
}

/* Each owner lies below the one before: written naively, the last would be read through sixty pointers. */
static void pointers_are_not_chained_far(void **state)
{
    (void)state;
    struct desk d;
    struct dname_buf name, longer;
    name_in("test", &name);
    open_desk(&d, DNS_MSG_MAX, 0);
    for (unsigned i = 0; i < 60; i++) {
        assert_true(dname_prepend((const uint8_t *)"n", 1, dname_of(&name), &longer));
        name = longer;
        assert_true(
            build_rr(&d.b, DNS_ANSWER, dname_of(&name), DNS_TYPE_A, DNS_CLASS_IN, 1, (const uint8_t *)"abcd", 4));
    }
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    assert_int_equal(m.count[DNS_ANSWER], 60);
    assert_true(dns_msg_owner_is(&m, 59, dname_of(&name)));
    close_desk(&d);
}

/* RFC 1035 section 4.1.4: offsets have 14 bits. */
static void far_names_are_not_pointed_at(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, DNS_MSG_MAX, 0);
    static uint8_t filler[20000];
    assert_true(build_question(&d.b, NAME("near"), DNS_TYPE_A, DNS_CLASS_IN));
    assert_true(build_rr(&d.b, DNS_ANSWER, dname_root(), 65280, DNS_CLASS_IN, 1, filler, 0x4000 - 12 - 10 - 11 - 9));
    static const char *const names[] = {"just.here", "x.just.here", "beyond", "beyond", "x.beyond", "near", "x.near"};
    for (size_t i = 0; i < ROWS(names); i++) { /* the first starts before 0x4000, its second label behind */
        struct rrset *s = set_of(&d, names[i], DNS_TYPE_A, 2, (const char *[]){"01020304", "01020305"});
        assert_true(build_rrset(&d.b, DNS_ANSWER, s, NULL, 1, 0, 0));
    }
    struct dns_msg m = read_back(&d, build_finish(&d.b, NULL));
    assert_true(m.rr[1].owner < 0x4000 && m.rr[3].owner > 0x4000);
    for (unsigned i = 0; i < ROWS(names); i++) {
        assert_true(dns_msg_owner_is(&m, 1 + 2 * i, NAME(names[i])));
        assert_true(dns_msg_owner_is(&m, 2 + 2 * i, NAME(names[i])));
    }
    close_desk(&d);
}

/* T95: records up to the last octets of 65,535, every option beside them: never longer, always well-formed. */
static void at_the_largest_size(void **state)
{
    (void)state;
    static uint8_t filler[DNS_MSG_MAX];
    static char ede_text[301];
    memset(ede_text, 'e', 300);
    struct desk d;
    open_desk(&d, DNS_MSG_MAX, 0);
    unsigned dropped = 0, kept = 0;
    for (unsigned size = 65200; size <= 65560; size += 3) {
        for (unsigned options = 0; options < 16; options++) {
            for (unsigned text = 0; text <= 300; text += 60) {
                build_init(&d.b, d.buf, DNS_MSG_MAX, 1, DNS_FLAG_QR, 11);
                assert_true(build_question(&d.b, NAME("q"), 65280, DNS_CLASS_IN));
                bool fits =
                    build_rr(&d.b, DNS_ANSWER, NAME("q"), 65280, DNS_CLASS_IN, 1, filler, (uint16_t)(size - 19 - 12));
                assert_int_equal(fits, size <= DNS_MSG_MAX - 11);
                struct edns_out opt = {
                    .udp_size = 1232,
                    .ede = (options & 1) != 0 ? DNS_EDE_OTHER : DNS_EDE_NONE,
                    .ede_text = ede_text + 300 - text,
                    .pad_to = (options & 2) != 0 ? 468 : 0,
                    .nsid = filler,
                    .nsid_len = (options & 4) != 0 ? 40 : 0,
                    .cookie = filler,
                    .cookie_len = (options & 8) != 0 ? 24 : 0,
                };
                size_t n = build_finish(&d.b, &opt);
                assert_in_range(n, 30, DNS_MSG_MAX);
                struct dns_msg m;
                assert_int_equal(dns_query_parse(d.buf, n, &m), DNS_OK);
                assert_true(m.edns.present);
                if (fits && opt.cookie_len != 0) {
                    dropped += !m.edns.has_cookie;
                    kept += m.edns.has_cookie;
                }
            }
        }
    }
    assert_true(dropped > 0 && kept > 0);
    close_desk(&d);
}

static void counts_and_extended_rcode(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, 512, 0);
    d.b.flags |= DNS_RCODE_BADVERS & 0xf;
    size_t n = build_finish(&d.b, &(struct edns_out){.ede = DNS_EDE_NONE, .ext_rcode = DNS_RCODE_BADVERS >> 4});
    struct dns_msg m = read_back(&d, n);
    assert_int_equal(dns_msg_rcode(&m), DNS_RCODE_BADVERS);
    assert_int_equal(m.count[DNS_ADDITIONAL], 1);
    assert_int_equal(m.qdcount, 0);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer),
        cmocka_unit_test(sections_and_compression),
        cmocka_unit_test(rdata_by_type),
        cmocka_unit_test(case_is_kept),
        cmocka_unit_test(rotation),
        cmocka_unit_test(signatures),
        cmocka_unit_test(whole_or_not_at_all),
        cmocka_unit_test(going_back),
        cmocka_unit_test(truncated),
        cmocka_unit_test(reserve_is_kept),
        cmocka_unit_test(search_is_bounded),
        cmocka_unit_test(search_of_long_names_is_bounded),
        cmocka_unit_test(suffixes_of_one_hash),
        cmocka_unit_test(pointers_are_not_chained_far),
        cmocka_unit_test(far_names_are_not_pointed_at),
        cmocka_unit_test(at_the_largest_size),
        cmocka_unit_test(counts_and_extended_rcode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
