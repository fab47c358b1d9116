/*
 * codec_bench.c - what the codec costs, in nanoseconds of CPU time
 *
 * The hot path (a query parsed, an answer built), the cold path (replies of several kinds parsed and taken apart), and
 * the messages that were made to be slow (T90, T92, T94). Prints one line each: name, ns, octets.
 */
#include "dns/build.h"
#include "dns/msg.h"
#include "dns/rrset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* What is measured, and everything it needs. */
struct subject {
    const char *name;
    void (*run)(struct subject *s);
    uint8_t wire[DNS_MSG_MAX];
    size_t n;
    enum dns_err expected;
    struct dns_msg m;
    struct arena arena, keep;
    struct rrset *set;
    struct dname qname;
    uint8_t out[DNS_MSG_MAX];
    char first[16384];
};

/* The least of ten rounds, each of at least 20 ms. */
static void measure(struct subject *s)
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 10; round++) {
        uint64_t start = cpu_ns(), took = 0, runs = 0;
        while (took < 20000000) {
            for (int i = 0; i < 16; i++) {
                s->run(s);
            }
            runs += 16;
            took = cpu_ns() - start;
        }
        best = took / runs < best ? took / runs : best;
    }
    printf("%-48s %8llu ns  %5zu octets\n", s->name, (unsigned long long)best, s->n);
}

static void run_query(struct subject *s)
{
    enum dns_err err = dns_query_parse(s->wire, s->n, &s->m);
    assert(err == s->expected);
}

static void run_parse(struct subject *s)
{
    arena_clear(&s->arena);
    enum dns_err err = dns_msg_parse(s->wire, s->n, &s->arena, &s->m);
    assert(err == s->expected);
}

static void run_rrset(struct subject *s)
{
    struct rrset *set;
    run_parse(s);
    enum dns_err err = rrset_from_msg(&s->m, DNS_ANSWER, s->m.qname, s->m.qtype, &s->arena, &set);
    assert(err == DNS_OK && set != NULL);
}

static void run_build(struct subject *s)
{
    struct build b;
    build_init(&b, s->out, DNS_UDP_EDNS, 1, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA, 11);
    build_question(&b, s->qname, s->set->type, DNS_CLASS_IN);
    build_rrset(&b, DNS_ANSWER, s->set, &s->qname, 300, 1, 0);
    s->n = build_finish(&b, &(struct edns_out){.udp_size = DNS_UDP_EDNS, .ede = DNS_EDE_NONE});
}

/* T94: 5,000 PTR records that share nothing. */
static void run_build_ptr(struct subject *s)
{
    struct build b;
    build_init(&b, s->out, DNS_MSG_MAX, 1, DNS_FLAG_QR, 0);
    build_question(&b, s->qname, DNS_TYPE_PTR, DNS_CLASS_IN);
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t rdata[6] = {4, (uint8_t)i, (uint8_t)(i >> 8), 'a', 'b', 0};
        build_rr(&b, DNS_ANSWER, s->qname, DNS_TYPE_PTR, DNS_CLASS_IN, 1, rdata, sizeof rdata);
    }
    s->n = build_finish(&b, NULL);
}

static void run_hash(struct subject *s)
{
    static const uint8_t key[SIPHASH_KEY_SIZE] = {1};
    volatile uint64_t h = dname_hash(key, s->qname);
    (void)h;
}

static struct writer begin(struct subject *s, const char *what, void (*run)(struct subject *), uint16_t flags)
{
    arena_release(&s->arena);
    arena_init(&s->arena, s->first, sizeof s->first, (size_t)16 << 20);
    s->name = what;
    s->run = run;
    s->expected = DNS_OK;
    struct writer w = writer_of(s->wire, sizeof s->wire);
    write_u16(&w, 0x1234);
    write_u16(&w, flags);
    write_u32(&w, 0);
    write_u32(&w, 0);
    return w;
}

static void question(struct writer *w, uint16_t type)
{
    static const uint8_t name[] = "\3www\7example\3com";
    write_bytes(w, name, sizeof name);
    write_u16(w, type);
    write_u16(w, DNS_CLASS_IN);
    patch_u16(w, 4, 1);
}

static void record(struct writer *w, uint16_t owner, uint16_t type, const void *rdata, size_t n)
{
    write_u16(w, (uint16_t)(0xc000 | owner));
    write_u16(w, type);
    write_u16(w, DNS_CLASS_IN);
    write_u32(w, 300);
    write_u16(w, (uint16_t)n);
    write_bytes(w, rdata, n);
}

static void opt(struct writer *w)
{
    edns_write(w, &(struct edns_out){.udp_size = DNS_UDP_EDNS, .ede = DNS_EDE_NONE});
}

static void measured(struct subject *s, const struct writer *w)
{
    s->n = w->pos;
    measure(s);
}

static void ordinary(struct subject *s)
{
    struct writer w = begin(s, "query, no EDNS", run_query, DNS_FLAG_RD);
    question(&w, DNS_TYPE_A);
    measured(s, &w);

    w = begin(s, "query with OPT", run_query, DNS_FLAG_RD);
    question(&w, DNS_TYPE_A);
    opt(&w);
    patch_u16(&w, 10, 1);
    measured(s, &w);

    w = begin(s, "reply: 4 A, OPT", run_parse, DNS_FLAG_QR);
    question(&w, DNS_TYPE_A);
    for (int i = 0; i < 4; i++) {
        record(&w, 12, DNS_TYPE_A, "\300\0\2\1", 4);
    }
    opt(&w);
    patch_u16(&w, 6, 4);
    patch_u16(&w, 10, 1);
    measured(s, &w);
    s->name = "the same, and the RRset taken out";
    s->run = run_rrset;
    measure(s);

    w = begin(s, "referral: 13 NS, 26 addresses, OPT", run_parse, DNS_FLAG_QR);
    question(&w, DNS_TYPE_A);
    size_t at[13];
    for (int i = 0; i < 13; i++) {
        uint8_t ns[] = {1, (uint8_t)('a' + i), 3, 'g', 't', 'l', 0xc0, 16};
        at[i] = w.pos + 12;
        record(&w, 24, DNS_TYPE_NS, ns, sizeof ns);
    }
    for (int i = 0; i < 26; i++) {
        record(&w, (uint16_t)at[i / 2], i % 2 ? DNS_TYPE_AAAA : DNS_TYPE_A, "0123456789abcdef", i % 2 ? 16 : 4);
    }
    opt(&w);
    patch_u16(&w, 8, 13);
    patch_u16(&w, 10, 27);
    measured(s, &w);

    static const struct rdata_ref rrs[] = {{(const uint8_t *)"\1\2\3\4", 4}, {(const uint8_t *)"\1\2\3\5", 4}};
    struct reader r = reader_of(s->wire + 12, 17);
    static struct dname_buf qname;
    struct dname view;
    enum dns_err err = dname_read_plain(&r, &view);
    assert(err == DNS_OK);
    dname_copy(view, &qname);
    s->qname = dname_of(&qname);
    arena_init(&s->keep, NULL, 0, (size_t)1 << 20);
    err = rrset_make(s->qname, DNS_TYPE_A, 300, rrs, 2, &s->keep, &s->set);
    assert(err == DNS_OK);
    begin(s, "answer built: 2 A, OPT", run_build, 0);
    measure(s);
    begin(s, "name hashed (SipHash-1-3, folded)", run_hash, 0);
    s->n = s->qname.len;
    measure(s);
}

static void hostile(struct subject *s)
{
    struct writer w = begin(s, "T90: chain of 8,180 pointers, 4,095 owners", run_parse, DNS_FLAG_QR);
    write_u8(&w, 0);
    size_t rdata = w.pos + 10;
    write_u16(&w, 65280);
    write_u16(&w, DNS_CLASS_IN);
    write_u32(&w, 0);
    write_u16(&w, 0);
    write_u8(&w, 0);
    size_t before = rdata;
    while (w.pos < 0x4000) {
        size_t here = w.pos;
        write_u16(&w, (uint16_t)(0xc000 | before));
        before = here;
    }
    patch_u16(&w, rdata - 2, (uint16_t)(w.pos - rdata));
    uint16_t count = 1;
    for (; writer_left(&w) >= 12; count++) {
        record(&w, (uint16_t)before, 65280, NULL, 0);
    }
    patch_u16(&w, 6, count);
    s->expected = DNS_E_POINTER;
    measured(s, &w);
    s->name = "the same as a query";
    s->run = run_query;
    measure(s);

    w = begin(s, "T90: owners of 127 labels, alternating", run_parse, DNS_FLAG_QR);
    for (int t = 0; t < 2; t++) {
        for (int i = 0; i < 127; i++) {
            write_u16(&w, 0x0161);
        }
        write_u8(&w, 0);
        write_u16(&w, 65280);
        write_u32(&w, 0x00010000);
        write_u32(&w, 0);
    }
    for (count = 2; writer_left(&w) >= 12; count++) {
        record(&w, count % 2 ? 12 : 12 + 265, 65280, NULL, 0);
    }
    patch_u16(&w, 6, count);
    s->expected = DNS_E_LIMIT;
    measured(s, &w);

    w = begin(s, "T92: 4,000 different owners", run_parse, DNS_FLAG_QR);
    for (count = 0; count < 4000; count++) {
        write_u8(&w, 2);
        write_u16(&w, count);
        write_u8(&w, 0);
        write_u16(&w, DNS_TYPE_A);
        write_u16(&w, DNS_CLASS_IN);
        write_u32(&w, 60);
        write_u16(&w, 0);
        patch_u16(&w, w.pos - 10, 65280);
    }
    patch_u16(&w, 6, count);
    measured(s, &w);

    w = begin(s, "T107: OPT of 16,000 options, as a query", run_query, 0);
    write_u8(&w, 0);
    write_u16(&w, DNS_TYPE_OPT);
    write_u16(&w, 1232);
    write_u32(&w, 0);
    write_u16(&w, 64000);
    memset(writer_take(&w, 64000), 0, 64000);
    patch_u16(&w, 10, 1);
    measured(s, &w);

    begin(s, "T94: 5,000 PTR without a common suffix, built", run_build_ptr, 0);
    measure(s);
}

int main(void)
{
    struct subject *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return 1;
    }
    ordinary(s);
    hostile(s);
    arena_release(&s->keep);
    arena_release(&s->arena);
    free(s);
    return 0;
}
