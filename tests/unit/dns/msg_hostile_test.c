/* Messages made to harm: meta types as data (T24), pointers that lead nowhere (T89), counts that lie (T91), and sums of
 * names that are each legal (T90), next to honest messages of the same size (T92). */
#include "dns/msg.h"

#include "parsed.h"

#define TSIG_RDATA "03'mac'00 000000000001 012c 0000 0001 0000 0000"

/* What a query says, whichever way it was read. */
static void assert_same_query(const struct dns_msg *a, const struct dns_msg *b)
{
    assert_int_equal(a->len, b->len);
    assert_int_equal(a->qdcount, b->qdcount);
    assert_ptr_equal(a->qname.wire, b->qname.wire);
    assert_int_equal(a->qname.len, b->qname.len);
    assert_int_equal(a->qname.labels, b->qname.labels);
    assert_int_equal(a->qtype, b->qtype);
    assert_int_equal(a->qclass, b->qclass);
    assert_int_equal(a->edns.present, b->edns.present);
    assert_int_equal(a->edns.version, b->edns.version);
    assert_int_equal(a->edns.ext_rcode, b->edns.ext_rcode);
    assert_int_equal(a->edns.udp_size, b->edns.udp_size);
    assert_int_equal(a->edns.z, b->edns.z);
    assert_int_equal(a->edns.dnssec_ok, b->edns.dnssec_ok);
    assert_int_equal(a->edns.has_nsid, b->edns.has_nsid);
    assert_int_equal(a->edns.has_cookie, b->edns.has_cookie);
    assert_int_equal(a->edns.ede, b->edns.ede);
}

static unsigned read_both_ways(const uint8_t *data, size_t n)
{
    struct parsed p = parse_octets(data, n);
    struct dns_msg query;
    enum dns_err err = dns_query_parse(p.wire, n, &query);
    assert_int_equal(p.err, err);
    if (err == DNS_OK) {
        assert_same_query(&query, &p.m);
    }
    done(&p);
    return err == DNS_OK;
}

/* Usual queries are read by a short way (msg.c), all other messages, and dns_msg_parse() always, by the long one: every
 * change of one octet, every length, and names up to the longest. */
static void short_way(void **state)
{
    (void)state;
    static const char *const usual[] = {
        "4711 0100 0001 0000 0000 0000 03'www'07'example'03'com'00 0001 0001",
        "4711 0110 0001 0000 0000 0001 03'www'07'example'03'com'00 0001 0001 00 0029 04d0 00008000 0000",
        "4711 0000 0001 0000 0000 0001 00 0002 0001 00 0029 04d0 01018001 0000",
    };
    unsigned good = 0, all = 0;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        uint8_t wire[512];
        size_t n = octets(usual[i], wire, sizeof wire);
        for (size_t at = 0; at < n; at++) {
            uint8_t was = wire[at];
            for (unsigned v = 0; v < 256; v++, all++) {
                wire[at] = (uint8_t)v;
                good += read_both_ways(wire, n);
            }
            wire[at] = was;
            good += read_both_ways(wire, at);
        }
        memset(wire + n, 0, 40);
        for (size_t more = 1; more < 40; more++) {
            good += read_both_ways(wire, n + more);
        }
    }
    for (unsigned len = 1; len <= 260; len++) { /* of the name */
        for (unsigned opt = 0; opt < 2; opt++, all++) {
            uint8_t wire[512] = {0x47, 0x11, 1, 0, 0, 1, 0, 0, 0, 0, 0, (uint8_t)opt};
            struct writer w = {.base = wire, .pos = 12, .cap = sizeof wire};
            for (unsigned left = len - 1; left > 0;) {
                unsigned label = left > 64 ? 63 : left - 1;
                write_u8(&w, (uint8_t)label);
                memset(writer_take(&w, label), 'x', label);
                left -= label + 1;
            }
            write_u8(&w, 0);
            write_u32(&w, 0x00010001);
            write_bytes(&w, "\0\0\x29\x04\xd0\0\0\0\0\0", opt * 11);
            unsigned ok = read_both_ways(wire, w.pos);
            assert_int_equal(ok, len <= DNAME_MAX && len != 2 && (len - 1) % 64 != 1);
            good += ok;
        }
    }
    print_message("%u of %u queries were good\n", good, all);
    assert_true(good > 10000);
}

/* T24: types that are no data, each in every section. Of 0, 128..255 and OPT only TSIG, TKEY and OPT have a place. */
static void meta_types(void **state)
{
    (void)state;
    for (unsigned type = 0; type <= 300; type++) {
        for (unsigned s = 0; s < DNS_SECTIONS; s++) {
            uint8_t wire[128];
            struct writer w = writer_of(wire, sizeof wire);
            write_u32(&w, 0x00018000);
            write_u16(&w, 0);
            for (unsigned k = 0; k < DNS_SECTIONS; k++) {
                write_u16(&w, k == s);
            }
            write_u8(&w, 0);
            write_u16(&w, (uint16_t)type);
            write_u16(&w, type == DNS_TYPE_TSIG ? DNS_CLASS_ANY : DNS_CLASS_IN);
            write_u32(&w, 0);
            uint8_t rdata[32];
            size_t n = 0;
            if (type == DNS_TYPE_TSIG) {
                n = octets(TSIG_RDATA, rdata, sizeof rdata);
            } else if (type == DNS_TYPE_TKEY) {
                n = octets("00 00000001 00000002 0003 0000 0000 0000", rdata, sizeof rdata);
            }
            write_u16(&w, (uint16_t)n);
            write_bytes(&w, rdata, n);
            struct parsed p = parse_octets(wire, w.pos);
            bool in_place =
                (type == DNS_TYPE_TSIG && s == DNS_ADDITIONAL) || (type == DNS_TYPE_TKEY && s != DNS_AUTHORITY);
            if (type == DNS_TYPE_OPT) {
                assert_int_equal(p.err, s == DNS_ADDITIONAL ? DNS_OK : DNS_E_EDNS);
            } else if (dns_type_is_meta((uint16_t)type)) {
                assert_int_equal(p.err, in_place ? DNS_OK : DNS_E_SECTION);
            } else {
                assert_true(p.err == DNS_OK || p.err == DNS_E_RDATA);
            }
            assert_int_equal(p.query_err, p.err);
            done(&p);
        }
    }
}

/* T24: a signature over what is never signed. */
static void signatures_of_meta_types(void **state)
{
    (void)state;
    for (unsigned covered = 0; covered <= 300; covered++) {
        uint8_t wire[128];
        size_t n = octets("0001 8000 0000 0001 0000 0000 00 002e 0001 00000000 0016"
                          "ffff 08 00 00000e10 00000002 00000001 0001 00 'sig'",
                          wire, sizeof wire);
        wire[23] = (uint8_t)(covered >> 8);
        wire[24] = (uint8_t)covered;
        struct parsed p = parse_octets(wire, n);
        bool bad = dns_type_is_meta((uint16_t)covered) || covered == DNS_TYPE_RRSIG;
        assert_int_equal(p.err != DNS_OK, bad);
        assert_int_equal(p.query_err, p.err);
        if (!bad) {
            assert_int_equal(dns_msg_covered(&p.m, 0), covered);
        }
        done(&p);
    }
}

static void tsig_is_last(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum dns_err err;
    } rows[] = {
        {"0001 0000 0000 0000 0000 0001 00 00fa 00ff 00000000 0015" TSIG_RDATA, DNS_OK},
        {"0001 0000 0000 0000 0000 0002 00 00fa 00ff 00000000 0015" TSIG_RDATA "00 0029 1000 00000000 0000",
         DNS_E_SECTION},
        {"0001 0000 0000 0000 0000 0002 00 0029 1000 00000000 0000 00 00fa 00ff 00000000 0015" TSIG_RDATA, DNS_OK},
        {"0001 0000 0000 0000 0000 0002 00 00fa 00ff 00000000 0015" TSIG_RDATA "00 00fa 00ff 00000000 0015" TSIG_RDATA,
         DNS_E_SECTION},
        {"0001 0000 0000 0001 0000 0001 00 00fa 00ff 00000000 0015" TSIG_RDATA "00 0029 1000 00000000 0000",
         DNS_E_SECTION},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse(rows[i].hex);
        assert_int_equal(p.err, rows[i].err);
        assert_int_equal(p.query_err, rows[i].err);
        done(&p);
    }
}

/* T89: names that do not end or aim where they must not, in the owner and in the rdata of types with names. A name's
 * own offset is put in place of @, the next octet's in place of +. */
static const struct bad_place {
    uint16_t type; /* 0: the owner is bad */
    const char *before, *after;
} bad_places[] = {
    {0, "", ""},
    {DNS_TYPE_NS, "", ""},
    {DNS_TYPE_CNAME, "", ""},
    {DNS_TYPE_PTR, "", ""},
    {DNS_TYPE_DNAME, "", ""},
    {DNS_TYPE_MX, "000a", ""},
    {DNS_TYPE_SRV, "0001 0002 0003", ""},
    {DNS_TYPE_SOA, "", "00 00000001 00000002 00000003 00000004 00000005"},
    {DNS_TYPE_SOA, "00", "00000001 00000002 00000003 00000004 00000005"},
    {DNS_TYPE_NAPTR, "0001 0002 00 00 00", ""},
    {DNS_TYPE_RRSIG, "0001 08 02 00000001 00000002 00000003 0004", "'sig'"},
    {DNS_TYPE_NSEC, "", "0001 40"},
    {DNS_TYPE_SVCB, "0001", ""},
};
static const struct bad_name {
    size_t n;
    uint8_t octets[8];
    int relative; /* index of an octet that is an offset within the name */
} bad_names[] = {
    {2, {0xc0, 0}, 1},         /* itself */
    {2, {0xc0, 2}, 1},         /* what follows */
    {2, {0xc0, 1}, 1},         /* its own second octet */
    {4, {1, 'a', 0xc0, 0}, 3}, /* its own start */
    {4, {1, 'a', 0xc0, 2}, 3}, /* the pointer itself */
    {4, {1, 'a', 0xc0, 1}, 3}, /* into its own label */
    {2, {0xc0, 0x00}, -1},     /* the header */
    {2, {0xc0, 0x0b}, -1},     /* the last octet of the header */
    {4, {1, 'a', 0xc0, 0x04}, -1},
    {2, {0xff, 0xff}, -1}, /* beyond the end */
    {2, {0xfe, 0x00}, -1},
    {2, {0x40, 0x00}, -1}, /* label types that are none */
    {2, {0x80, 0x00}, -1},
    {2, {0xbf, 0xff}, -1},
};

/* A message with the bad name in that place. Returns its length. */
static size_t message_with(const struct bad_place *place, const struct bad_name *name, uint8_t *wire, size_t cap)
{
    uint8_t part[64];
    size_t length_at = 0;
    struct writer w = writer_of(wire, cap);
    w.pos = octets("0001 8000 0001 0001 0000 0000 04'zone'00 0001 0001", wire, cap);
    if (place->type != 0) {
        write_u16(&w, 0xc00c);
        write_u16(&w, place->type);
        write_u16(&w, DNS_CLASS_IN);
        write_u32(&w, 0);
        length_at = w.pos;
        write_u16(&w, 0);
        write_bytes(&w, part, octets(place->before, part, sizeof part));
    }
    size_t at = w.pos;
    write_bytes(&w, name->octets, name->n);
    if (name->relative >= 0) {
        wire[at + (size_t)name->relative] = (uint8_t)(wire[at + (size_t)name->relative] + at);
    }
    write_bytes(&w, part, octets(place->after, part, sizeof part));
    if (place->type != 0) {
        patch_u16(&w, length_at, (uint16_t)(w.pos - length_at - 2));
    } else {
        write_bytes(&w, part, octets("0001 0001 00000000 0004 01020304", part, sizeof part));
    }
    return w.pos;
}

static void bad_pointers_everywhere(void **state)
{
    (void)state;
    unsigned tried = 0;
    for (size_t k = 0; k < ROWS(bad_places); k++) {
        for (size_t i = 0; i < ROWS(bad_names); i++) {
            uint8_t wire[128];
            size_t n = message_with(&bad_places[k], &bad_names[i], wire, sizeof wire);
            struct parsed p = parse_octets(wire, n);
            if (p.err == DNS_OK || p.query_err != p.err) {
                fail_msg("type %u, name %zu: %s", (unsigned)bad_places[k].type, i, dns_err_text(p.err));
            }
            done(&p);
            tried++;
        }
    }
    assert_int_equal(tried, 13 * 14);
}

#define Z "0001 8000 0001 0001 0000 0000 01'z'00 0001 0001 " /* one answer to a question for z. */

/* RFC 3597 section 4: newer types must not be compressed; a pointer that would be fine elsewhere is not in RRSIG and
 * SVCB. */
static void compression_where_there_is_none(void **state)
{
    (void)state;
    static const char *const rows[] = {
        (Z "c00c 002e 0001 00000000 0017 0001 08 02 00000001 00000002 00000003 0004 c00c 'sig'"),
        (Z "c00c 0040 0001 00000000 0004 0001 c00c"),
        (Z "c00c 002f 0001 00000000 0005 c00c 0001 40"),
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct parsed p = parse(rows[i]);
        assert_int_equal(p.err, DNS_E_POINTER);
        done(&p);
    }
}

/* T91: nothing is allocated for records that cannot be there. */
static void lying_counts_allocate_nothing(void **state)
{
    (void)state;
    for (unsigned answers = 1; answers <= UINT16_MAX; answers += 257) {
        uint8_t wire[12] = {0, 1, 0x80, 0, 0, 0, (uint8_t)(answers >> 8), (uint8_t)answers};
        struct parsed p = parse_octets(wire, sizeof wire);
        assert_int_equal(p.err, DNS_E_COUNT);
        assert_int_equal(p.arena.used_bytes, 0);
        assert_null(p.arena.chunks);
        done(&p);
    }
}

/* Big messages for T90 and T92. Each record: owner as told, type 65280, no rdata. */
static void add_empty_record(struct writer *w)
{
    write_u16(w, 65280);
    write_u16(w, DNS_CLASS_IN);
    write_u32(w, 0);
    write_u16(w, 0);
}

static struct writer big_message(uint8_t *wire)
{
    struct writer w = writer_of(wire, DNS_MSG_MAX);
    write_u32(&w, 0x00018000);
    write_u32(&w, 0);
    write_u32(&w, 0);
    return w;
}

/* Labels and pointers that are walked before the message is refused or read through, one name after the other. */
static uint32_t hops(const struct writer *w, const uint16_t *owners, size_t count, enum dns_err *err)
{
    struct name_work work = name_work_of(w->pos);
    uint32_t had = work.hops_left;
    *err = DNS_OK;
    for (size_t i = 0; i < count && *err == DNS_OK; i++) {
        struct reader r = {.base = w->base, .pos = owners[i], .end = w->pos};
        *err = dname_unpack(&r, &work, NULL);
    }
    return had - work.hops_left;
}

/* T90: a chain of 8,185 pointers in the rdata of one record, and 4,096 owners that enter it at its end: 33.5 million
 * steps for who follows them all. Here it ends with the seventeenth. */
static void aggregate_pointer_chain(void **state)
{
    (void)state;
    static uint8_t wire[DNS_MSG_MAX];
    static uint16_t owners[4096];
    struct writer w = big_message(wire);
    write_u8(&w, 0);
    add_empty_record(&w);
    size_t rdata = w.pos;
    write_u8(&w, 0);
    size_t before = rdata;
    unsigned chain = 0;
    for (; w.pos < 0x4000; chain++) { /* as far as a pointer reaches */
        size_t at = w.pos;
        write_u16(&w, (uint16_t)(0xc000 | before));
        before = at;
    }
    patch_u16(&w, rdata - 2, (uint16_t)(w.pos - rdata));
    size_t count = 0;
    while (count < ROWS(owners) && writer_left(&w) >= 12) {
        owners[count++] = (uint16_t)w.pos;
        write_u16(&w, (uint16_t)(0xc000 | before));
        add_empty_record(&w);
    }
    assert_int_equal(count, 4095); /* what 65,535 octets hold */
    patch_u16(&w, 6, (uint16_t)(count + 1));
    assert_int_equal(chain, 8180);
    enum dns_err err;
    assert_in_range(hops(&w, owners, count, &err), 1, DNAME_POINTERS_MAX + 1);
    assert_int_equal(err, DNS_E_POINTER);
    struct parsed p = parse_octets(wire, w.pos);
    assert_int_equal(p.err, DNS_E_POINTER);
    assert_int_equal(p.query_err, DNS_E_POINTER);
    done(&p);
}

/* T90: every name legal by itself, of 127 labels or 16 pointers, but no two the same: the sum is bounded. */
static void aggregate_of_legal_names(void **state)
{
    (void)state;
    static uint8_t wire[DNS_MSG_MAX];
    static uint16_t owners[8192];
    struct writer w = big_message(wire);
    size_t count = 0;
    size_t targets[2];
    for (int t = 0; t < 2; t++) { /* two long names, so that no pointer is the one of the record before */
        owners[count++] = (uint16_t)w.pos;
        targets[t] = w.pos;
        for (int i = 0; i < DNAME_LABELS_MAX; i++) {
            write_u16(&w, 0x0161);
        }
        write_u8(&w, 0);
        add_empty_record(&w);
    }
    while (count < ROWS(owners) && writer_left(&w) >= 12) {
        owners[count] = (uint16_t)w.pos;
        write_u16(&w, (uint16_t)(0xc000 | targets[count % 2]));
        add_empty_record(&w);
        count++;
    }
    patch_u16(&w, 6, (uint16_t)count);
    enum dns_err err;
    assert_int_equal(hops(&w, owners, count, &err), w.pos * DNS_HOPS_PER_BYTE);
    assert_int_equal(err, DNS_E_LIMIT);
    struct parsed p = parse_octets(wire, w.pos);
    assert_int_equal(p.err, DNS_E_LIMIT);
    assert_int_equal(p.query_err, DNS_E_LIMIT);
    done(&p);
}

/* Ordinary big replies stay far below the bound: 4,000 owners of their own (T92), and 2,000 records of an ip6.arpa
 * name. */
static void honest_big_messages(void **state)
{
    (void)state;
    static uint8_t wire[DNS_MSG_MAX];
    static uint16_t owners[8192];
    struct writer w = big_message(wire);
    size_t count = 0;
    for (; count < 4000; count++) {
        owners[count] = (uint16_t)w.pos;
        write_u8(&w, 2);
        write_u16(&w, (uint16_t)(0x0100 + count)); /* any octets */
        write_u8(&w, 0);
        add_empty_record(&w);
    }
    patch_u16(&w, 6, (uint16_t)count);
    enum dns_err err;
    assert_int_equal(hops(&w, owners, count, &err), 2 * 4000);
    assert_int_equal(err, DNS_OK);
    struct parsed p = parse_octets(wire, w.pos);
    assert_int_equal(p.err, DNS_OK);
    assert_int_equal(p.m.count[DNS_ANSWER], 4000);
    assert_int_equal(p.arena.used_bytes - sizeof(void *) * 2, 4000 * sizeof(struct rr_ref)); /* one chunk */
    done(&p);

    w = big_message(wire);
    owners[0] = (uint16_t)w.pos;
    for (int i = 0; i < 34; i++) {
        write_u16(&w, 0x0130);
    }
    write_u8(&w, 0);
    add_empty_record(&w);
    for (count = 1; count < 2000; count++) {
        owners[count] = (uint16_t)w.pos;
        write_u16(&w, (uint16_t)(0xc000 | owners[0]));
        add_empty_record(&w);
        write_bytes(&w, "0123456789abcdef", 16);
        patch_u16(&w, w.pos - 18, 16);
    }
    patch_u16(&w, 6, (uint16_t)count);
    p = parse_octets(wire, w.pos);
    assert_int_equal(p.err, DNS_OK);
    done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_way),
        cmocka_unit_test(meta_types),
        cmocka_unit_test(signatures_of_meta_types),
        cmocka_unit_test(tsig_is_last),
        cmocka_unit_test(bad_pointers_everywhere),
        cmocka_unit_test(compression_where_there_is_none),
        cmocka_unit_test(lying_counts_allocate_nothing),
        cmocka_unit_test(aggregate_pointer_chain),
        cmocka_unit_test(aggregate_of_legal_names),
        cmocka_unit_test(honest_big_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
