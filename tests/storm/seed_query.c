/*
 * seed_query.c - well-formed queries of many kinds, for mutation
 */
#include <stdio.h>
#include <string.h>

#include "tests/storm/storm.h"

static unsigned some_type(struct chance *c)
{
    static const uint16_t types[] = {1,  2,  5,  6,  12, 13, 15, 16, 17, 24, 28,  29,  33,  35,  39,  41,  42,  43,
                                     46, 47, 48, 50, 51, 52, 64, 65, 99, 0,  249, 250, 251, 252, 255, 256, 257, 65280};
    return types[chance_below(c, sizeof types / sizeof types[0])];
}

static unsigned some_class(struct chance *c)
{
    static const uint16_t classes[] = {1, 1, 1, 1, 1, 1, 3, 4, 254, 255, 0, 2};
    return classes[chance_below(c, sizeof classes / sizeof classes[0])];
}

/* Of 255 octets, of 127 labels, with any octets, or an ordinary one below the zone. */
static void some_name(struct message *m, const char *zone, struct chance *c)
{
    switch (chance_below(c, 8)) {
    case 0:
        for (unsigned i = 0; i < 4; i++) {
            unsigned len = i < 3 ? 63 : 61;
            put_u8(m, len);
            for (unsigned k = 0; k < len; k++) {
                put_u8(m, 'a' + chance_below(c, 26));
            }
        }
        put_u8(m, 0);
        break;
    case 1:
        for (unsigned i = 0; i < 127; i++) {
            put_u8(m, 1);
            put_u8(m, (unsigned)chance_u64(c) & 0xff);
        }
        put_u8(m, 0);
        break;
    case 2:
        put_u8(m, 40);
        for (unsigned k = 0; k < 40; k++) {
            put_u8(m, (unsigned)chance_u64(c) & 0xff);
        }
        put_name(m, zone);
        break;
    case 3:
        put_name(m, chance_one_in(c, 2) ? zone : ".");
        break;
    default: {
        char text[320];
        snprintf(text, sizeof text, "q%u.x.%s", chance_below(c, 1000), zone);
        put_name(m, text);
    }
    }
}

static void random_octets(struct message *m, unsigned n, struct chance *c)
{
    while (n-- > 0) {
        put_u8(m, (unsigned)chance_u64(c) & 0xff);
    }
}

static void put_option(struct message *m, struct chance *c)
{
    static const uint8_t v4[] = {0, 1, 24, 0, 192, 0, 2}, odd[] = {0, 0, 0, 0};
    switch (chance_below(c, 9)) {
    case 0: /* cookie: the client's, or both */
    case 1: {
        unsigned n = chance_one_in(c, 2) ? 8 : 8 + chance_below(c, 40);
        put_u16(m, 10);
        put_u16(m, n);
        random_octets(m, n, c);
        break;
    }
    case 2: /* NSID */
        put_u32(m, 0x00030000);
        break;
    case 3: /* client subnet */
        put_u16(m, 8);
        put_u16(m, sizeof v4);
        put_bytes(m, v4, sizeof v4);
        break;
    case 4:
        put_u16(m, 8);
        put_u16(m, sizeof odd);
        put_bytes(m, odd, sizeof odd);
        break;
    case 5: /* padding */
        put_u16(m, 12);
        put_u16(m, 64);
        for (unsigned i = 0; i < 64; i++) {
            put_u8(m, 0);
        }
        break;
    case 6: /* keepalive */
        put_u32(m, 0x000b0000);
        break;
    case 7: /* extended error with a text */
        put_u16(m, 15);
        put_u16(m, 6);
        put_u32(m, 0x00004142);
        put_u16(m, 0x4344);
        break;
    default: {
        unsigned n = chance_below(c, 32);
        put_u16(m, (unsigned)chance_u64(c) & 0xffff);
        put_u16(m, n);
        random_octets(m, n, c);
    }
    }
}

static void put_opt(struct message *m, struct chance *c)
{
    static const uint16_t sizes[] = {0, 511, 512, 1232, 4096, 65535};
    put_u8(m, 0);
    put_u16(m, TYPE_OPT);
    put_u16(m, sizes[chance_below(c, 6)]);
    put_u8(m, chance_one_in(c, 8) ? chance_below(c, 256) : 0);
    put_u8(m, chance_one_in(c, 8) ? chance_below(c, 256) : 0); /* version */
    put_u16(m, chance_one_in(c, 2) ? 0x8000 : 0);
    put_u16(m, 0);
    count_up(m, COUNT_AR);
    size_t begun = m->n;
    unsigned options = chance_one_in(c, 16) ? 40 : chance_below(c, 4);
    while (options-- > 0) {
        put_option(m, c);
    }
    end_record(m, begun);
}

/* As NOTIFY, UPDATE and signed queries have them. */
static void put_records(struct message *m, const char *zone, struct chance *c)
{
    for (unsigned n = 1 + chance_below(c, 3); n > 0; n--) {
        size_t section = COUNT_AN + 2 * chance_below(c, 3);
        size_t begun = begin_record(m, section, chance_one_in(c, 2) ? NULL : zone, some_type(c), 300);
        random_octets(m, chance_below(c, 24), c);
        end_record(m, begun);
    }
}

void seed_query(struct message *m, const char *zone, struct chance *c)
{
    unsigned opcode = chance_one_in(c, 8) ? chance_below(c, 16) : 0;
    unsigned more = chance_one_in(c, 4) ? (unsigned)chance_u64(c) & 0x07f0 : 0;

    message_begin(m, (unsigned)chance_u64(c) & 0xffff, opcode << 11 | FLAG_RD | more);
    some_name(m, zone, c);
    put_u16(m, some_type(c));
    put_u16(m, some_class(c));
    count_up(m, COUNT_QD);
    if (chance_one_in(c, 32)) {
        message_question(m, zone, TYPE_A);
    }
    if (opcode != 0 || chance_one_in(c, 16)) {
        put_records(m, zone, c);
    }
    if (!chance_one_in(c, 4)) {
        put_opt(m, c);
    }
    if (chance_one_in(c, 32)) {
        put_opt(m, c);
    }
}
