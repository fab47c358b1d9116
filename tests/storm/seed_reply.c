/*
 * seed_reply.c - replies of many kinds, well-formed, for mutation
 *
 * The names in them hang together with the question (aliases lead on, referrals lead down, denials carry proofs), so
 * that what survives the mutation takes the resolver further, to the next question.
 */
#include <stdio.h>
#include <string.h>

#include "tests/storm/storm.h"

struct making {
    struct message *m;
    const struct question *q;
    struct chance *c;
    struct in_addr self;
    bool tcp;
};

static void put_address(const struct making *k)
{
    put_bytes(k->m, &k->self, 4);
}

static void record_a(const struct making *k, size_t section, const char *owner)
{
    size_t begun = begin_record(k->m, section, owner, TYPE_A, 60);
    put_address(k);
    end_record(k->m, begun);
}

static void record_name(const struct making *k, size_t section, const char *owner, unsigned type, const char *target)
{
    size_t begun = begin_record(k->m, section, owner, type, 60);
    put_name(k->m, target);
    end_record(k->m, begun);
}

/* The zone that the name is taken to be in: its last two labels. */
static const char *zone_of(const struct question *q)
{
    return q->labels < 2 ? q->name : q->label[q->labels - 2];
}

static void record_soa(const struct making *k)
{
    size_t begun = begin_record(k->m, COUNT_NS, zone_of(k->q), TYPE_SOA, 60);
    put_name(k->m, "ns");
    put_name(k->m, "host");
    for (unsigned i = 0; i < 5; i++) {
        put_u32(k->m, 1 + i);
    }
    end_record(k->m, begun);
}

static void record_signature(const struct making *k, size_t section, unsigned covered)
{
    size_t begun = begin_record(k->m, section, NULL, 46, 60);
    put_u16(k->m, covered);
    put_u8(k->m, 13);
    put_u8(k->m, k->q->labels);
    put_u32(k->m, 60);
    put_u32(k->m, 0x7fffffff);
    put_u32(k->m, 0);
    put_u16(k->m, 4711);
    put_name(k->m, zone_of(k->q));
    for (unsigned i = 0; i < 64; i++) {
        put_u8(k->m, i);
    }
    end_record(k->m, begun);
}

static void record_nsec(const struct making *k, unsigned type)
{
    static const uint8_t bitmap[] = {0, 7, 0x62, 1, 0x80, 8, 0, 3, 0x80};
    static const uint8_t nsec3[] = {1, 0, 0, 10, 2, 0xab, 0xcd, 20};
    char owner[1024];
    snprintf(owner, sizeof owner, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.%.900s", zone_of(k->q));
    size_t begun = begin_record(k->m, COUNT_NS, type == 50 ? owner : NULL, type, 60);
    if (type == 50) {
        put_bytes(k->m, nsec3, sizeof nsec3);
        for (unsigned i = 0; i < 20; i++) {
            put_u8(k->m, 0x40 + i);
        }
    } else {
        put_name(k->m, zone_of(k->q));
    }
    put_bytes(k->m, bitmap, sizeof bitmap);
    end_record(k->m, begun);
}

/* ---- kinds of replies ---- */

typedef void kind(const struct making *k);

static void addresses(const struct making *k)
{
    for (unsigned n = 1 + chance_below(k->c, 6); n > 0; n--) {
        record_a(k, COUNT_AN, NULL);
    }
    record_signature(k, COUNT_AN, TYPE_A);
}

static void alias(const struct making *k)
{
    char target[1024];
    snprintf(target, sizeof target, "t%u.%.900s", chance_below(k->c, 9), zone_of(k->q));
    record_name(k, COUNT_AN, NULL, TYPE_CNAME, target);
    record_a(k, COUNT_AN, target);
}

static void nodata(const struct making *k)
{
    record_soa(k);
    record_nsec(k, 47);
    record_signature(k, COUNT_NS, 47);
}

static void nxdomain(const struct making *k)
{
    k->m->data[3] |= 3;
    record_soa(k);
    record_nsec(k, 50);
}

static void referral(const struct making *k)
{
    char ns[1100];
    k->m->data[2] &= (uint8_t) ~(FLAG_AA >> 8);
    unsigned n = 1 + chance_below(k->c, 16);
    for (unsigned i = 0; i < n; i++) {
        snprintf(ns, sizeof ns, "ns%u.%s", i, k->q->name);
        record_name(k, COUNT_NS, NULL, TYPE_NS, k->q->labels < 100 ? ns : k->q->name);
    }
    record_signature(k, COUNT_NS, 43);
    for (unsigned i = 0; i < n && k->q->labels < 100; i++) {
        snprintf(ns, sizeof ns, "ns%u.%s", i, k->q->name);
        record_a(k, COUNT_AR, ns);
    }
}

static void renamed_tree(const struct making *k)
{
    const char *parent = k->q->labels > 1 ? k->q->label[1] : ".";
    record_name(k, COUNT_AN, parent, TYPE_DNAME, chance_one_in(k->c, 2) ? "d.storm." : zone_of(k->q));
    record_name(k, COUNT_AN, NULL, TYPE_CNAME, "d.storm.");
}

/* Rdata by a little language: 1 2 4: octets; n: a name; s: a character string; *N: N octets. */
static void put_rdata(const struct making *k, const char *form)
{
    for (; *form != '\0'; form++) {
        unsigned n = 0;
        switch (*form) {
        case 'n':
            put_name(k->m, k->q->name);
            break;
        case 's':
            put_u8(k->m, 5);
            put_bytes(k->m, "hello", 5);
            break;
        case '*':
            for (form++; *form >= '0' && *form <= '9'; form++) {
                n = n * 10 + (unsigned)(*form - '0');
            }
            form--;
            break;
        default:
            n = (unsigned)(*form - '0');
        }
        while (n-- > 0) {
            put_u8(k->m, 1);
        }
    }
}

static const struct {
    unsigned type;
    const char *form;
} forms[] = {
    {12, "n"},           {13, "ss"},       {15, "2n"},     {16, "sss"},       {17, "nn"},     {18, "2n"},
    {24, "2114442n*64"}, {26, "2nn"},      {29, "*16"},    {33, "222n"},      {35, "22sssn"}, {36, "2n"},
    {37, "221*9"},       {42, "2111"},     {43, "211*32"}, {44, "11*20"},     {45, "1114*9"}, {46, "2114442n*64"},
    {47, "n*0"},         {48, "211*64"},   {49, "*35"},    {50, "1122*1*20"}, {51, "1121"},   {52, "111*32"},
    {53, "111*32"},      {55, "112*16*4"}, {59, "211*32"}, {61, "*40"},       {62, "42"},     {63, "411*48"},
    {64, "2n"},          {65, "2n"},       {99, "s"},      {108, "6"},        {109, "8"},     {256, "22*9"},
    {257, "11*20"},      {65280, "*33"},   {28, "*16"},    {6, "nn44444"},    {39, "n"},      {2, "n"},
};

static void zoo(const struct making *k)
{
    for (unsigned n = 1 + chance_below(k->c, 8); n > 0; n--) {
        unsigned i = chance_below(k->c, sizeof forms / sizeof forms[0]);
        for (unsigned f = 0; f < sizeof forms / sizeof forms[0] && n == 1; f++) {
            i = forms[f].type == k->q->type ? f : i; /* what was asked for is among them */
        }
        size_t begun = begin_record(k->m, chance_one_in(k->c, 4) ? COUNT_NS : COUNT_AN, NULL, forms[i].type, 60);
        put_rdata(k, forms[i].form);
        end_record(k->m, begun);
    }
}

static void truncated(const struct making *k)
{
    if (!k->tcp) {
        k->m->data[2] |= FLAG_TC >> 8;
    }
    record_a(k, COUNT_AN, NULL);
}

static void error(const struct making *k)
{
    static const uint8_t rcodes[] = {1, 2, 4, 5, 6, 9, 10, 15};
    k->m->data[3] |= rcodes[chance_below(k->c, sizeof rcodes)];
}

static void large(const struct making *k)
{
    size_t most = k->tcp ? 60000 : 4000;
    char owner[1100];
    bool same = chance_one_in(k->c, 2);
    for (unsigned i = 0; k->m->n < most && i < 3000; i++) {
        snprintf(owner, sizeof owner, "o%u.%.900s", i, zone_of(k->q));
        record_a(k, COUNT_AN, same ? NULL : owner);
        k->m->data[k->m->n - 1] = (uint8_t)i;
        k->m->data[k->m->n - 2] = (uint8_t)(i >> 8);
    }
}

static void odd_opt(const struct making *k)
{
    record_a(k, COUNT_AN, NULL);
    put_u8(k->m, 0);
    put_u16(k->m, TYPE_OPT);
    put_u16(k->m, 1232);
    put_u32(k->m, chance_one_in(k->c, 4) ? (uint32_t)chance_u64(k->c) : 0x8000);
    put_u16(k->m, 0);
    count_up(k->m, COUNT_AR);
    size_t begun = k->m->n;
    for (unsigned i = 1 + chance_below(k->c, 40); i > 0; i--) {
        unsigned n = chance_below(k->c, 20);
        put_u16(k->m, chance_below(k->c, 20));
        put_u16(k->m, n);
        while (n-- > 0) {
            put_u8(k->m, (unsigned)chance_u64(k->c) & 0xff);
        }
    }
    end_record(k->m, begun);
}

static kind *const kinds[] = {addresses, alias, nodata,    nxdomain, referral, renamed_tree, zoo,
                              zoo,       zoo,   truncated, error,    large,    odd_opt,      referral};

void seed_reply(struct message *m, const struct question *q, bool tcp, struct in_addr self, struct chance *c)
{
    struct making k = {.m = m, .q = q, .c = c, .self = self, .tcp = tcp};
    size_t had = 0;

    reply_begin(m, q, FLAG_AA);
    kinds[chance_below(c, sizeof kinds / sizeof kinds[0])](&k);
    had = get_u16(m->data + COUNT_AR);
    if (q->edns && (had == 0 || chance_one_in(c, 8))) {
        message_opt(m, 1232, true);
    }
}
