/*
 * mutate.c - what is done to a message that was well-formed
 *
 * Each mutation leaves most of the message as it was, so that the damage is met deep inside and not at the first octet.
 */
#include <string.h>

#include "tests/storm/storm.h"

typedef void mutation(struct message *m, size_t from, struct chance *c);

static size_t place(const struct message *m, size_t from, struct chance *c)
{
    return from + chance_below(c, (unsigned)(m->n - from));
}

static void flip_bit(struct message *m, size_t from, struct chance *c)
{
    m->data[place(m, from, c)] ^= (uint8_t)(1u << chance_below(c, 8));
}

static void set_octet(struct message *m, size_t from, struct chance *c)
{
    static const uint8_t telling[] = {0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff};
    size_t at = place(m, from, c);
    m->data[at] = chance_one_in(c, 2) ? telling[chance_below(c, sizeof telling)] : (uint8_t)chance_u64(c);
}

/* A length, a type, a class or what else is two octets there. */
static void set_word(struct message *m, size_t from, struct chance *c)
{
    static const uint16_t telling[] = {0, 1, 2, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff};
    size_t at = place(m, from, c);
    unsigned v = chance_one_in(c, 2) ? telling[chance_below(c, sizeof telling / 2)] : (unsigned)chance_u64(c) & 0xffff;
    set_u16(m, at, v);
}

/* Longer or shorter by a little: the kind of lie that is nearly believed. */
static void nudge_word(struct message *m, size_t from, struct chance *c)
{
    size_t at = place(m, from, c);
    if (at + 2 <= m->n) {
        set_u16(m, at, get_u16(m->data + at) + 1 + chance_below(c, 4) - (chance_one_in(c, 2) ? 6 : 0));
    }
}

static void set_count(struct message *m, size_t from, struct chance *c)
{
    static const uint16_t telling[] = {0, 1, 2, 13, 255, 4096, 65535};
    (void)from;
    set_u16(m, COUNT_QD + 2 * chance_below(c, 4), telling[chance_below(c, sizeof telling / 2)]);
}

static void count_one_more(struct message *m, size_t from, struct chance *c)
{
    (void)from;
    count_up(m, COUNT_AN + 2 * chance_below(c, 3));
}

static void cut_off(struct message *m, size_t from, struct chance *c)
{
    m->n = place(m, from, c);
}

static void append(struct message *m, size_t from, struct chance *c)
{
    (void)from;
    for (unsigned n = 1 + chance_below(c, 64); n > 0; n--) {
        put_u8(m, (unsigned)chance_u64(c) & 0xff);
    }
}

/* A piece, once more, behind itself. */
static void doubled(struct message *m, size_t from, struct chance *c)
{
    size_t at = place(m, from, c), left = m->n - at;
    size_t n = 1 + chance_below(c, (unsigned)(left < 64 ? left : 64));
    if (m->n + n <= MESSAGE_MAX) {
        memmove(m->data + at + n, m->data + at, left);
        m->n += n;
    }
}

static void taken_out(struct message *m, size_t from, struct chance *c)
{
    size_t at = place(m, from, c), left = m->n - at;
    size_t n = 1 + chance_below(c, (unsigned)(left < 16 ? left : 16));
    memmove(m->data + at, m->data + at + n, left - n);
    m->n -= n;
}

static void set_pointer(struct message *m, size_t from, struct chance *c)
{
    size_t at = place(m, from, c);
    /* Forward, to itself, into the header, back a little, anywhere. */
    size_t to[] = {at + 2, at, chance_below(c, 12), at - chance_below(c, 16), chance_below(c, 0x3fff), 12};
    set_u16(m, at, 0xc000 | (unsigned)(to[chance_below(c, 6)] & 0x3fff));
}

static void chain_of_pointers(struct message *m, size_t from, struct chance *c)
{
    size_t at = place(m, from, c);
    for (unsigned n = 1 + chance_below(c, 40); n > 0 && at + 4 <= m->n; n--, at += 2) {
        set_u16(m, at, 0xc000 | (unsigned)((at + 2) & 0x3fff));
    }
}

static void swapped(struct message *m, size_t from, struct chance *c)
{
    size_t a = place(m, from, c), b = place(m, from, c);
    for (unsigned n = 1 + chance_below(c, 16); n > 0 && a < m->n && b < m->n; n--, a++, b++) {
        uint8_t kept = m->data[a];
        m->data[a] = m->data[b];
        m->data[b] = kept;
    }
}

static void set_flags(struct message *m, size_t from, struct chance *c)
{
    (void)from;
    unsigned keep = get_u16(m->data + 2) & FLAG_QR; /* else it would not even be looked at */
    set_u16(m, 2, keep | ((unsigned)chance_u64(c) & (chance_one_in(c, 8) ? 0xffff : 0x07ff)));
}

static mutation *const all[] = {flip_bit,          flip_bit, flip_bit,   set_octet,     set_octet,
                                set_word,          set_word, nudge_word, nudge_word,    set_count,
                                cut_off,           append,   doubled,    taken_out,     set_pointer,
                                chain_of_pointers, swapped,  set_flags,  count_one_more};

void mutate(struct message *m, size_t from, struct chance *c)
{
    for (unsigned n = 1 + chance_below(c, 4); n > 0; n--) {
        mutation *one = all[chance_below(c, sizeof all / sizeof all[0])];
        if (m->n < 12 || m->n <= from) {
            return;
        }
        one(m, from, c);
    }
}
