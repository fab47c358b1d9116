/*
 * meter.c - how much each network has had lately
 */
#include "resolver/front/meter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define METER_ROWS   2
#define METER_LEVELS 5 /* networks around an address, at most */

/* A sum and when it was true: value in the upper half, milliseconds in the lower. */
typedef _Atomic uint64_t meter_cell;

struct meter {
    uint8_t key[SIPHASH_KEY_SIZE];
    uint32_t half_life_ms;
    meter_cell all;
    meter_cell cell[METER_ROWS][METER_CELLS];
};

/* L35: a network of so many bits may have as much as so many addresses. The least first. */
struct level {
    uint8_t bits;
    uint16_t addresses;
};
static const struct level levels4[] = {{32, 1}, {24, 32}, {20, 256}, {18, 768}};
static const struct level levels6[] = {{128, 1}, {64, 2}, {56, 3}, {48, 4}, {32, 64}};

struct found {
    const struct level *level;
    uint64_t hash;
    meter_cell *cell[METER_ROWS];
    uint32_t value;
};

/* The networks around a client. */
struct view {
    unsigned n;
    struct found found[METER_LEVELS];
};

struct meter *meter_new(uint32_t half_life_ms, const uint8_t key[static SIPHASH_KEY_SIZE])
{
    struct meter *m = calloc(1, sizeof *m);
    if (m != NULL) {
        m->half_life_ms = half_life_ms;
        memcpy(m->key, key, sizeof m->key);
    }
    return m;
}

void meter_free(struct meter *m)
{
    free(m);
}

static uint32_t now_ms(struct now now)
{
    return (uint32_t)(now.mono_us / US_PER_MS);
}

/* 2 to the power of -x, for x from 0 to 1, both in parts of 65,536: its series, the last term such that 1 gives a half.
 */
static uint32_t half_power(uint32_t x)
{
    uint64_t y = 15743 - (x * UINT64_C(3085) >> 16);
    y = 45426 - (x * y >> 16);
    return (uint32_t)(65536 - (x * y >> 16));
}

static uint32_t decayed(const struct meter *m, uint64_t cell, uint32_t at_ms)
{
    uint32_t value = (uint32_t)(cell >> 32), passed_ms = at_ms - (uint32_t)cell;
    if (value == 0 || passed_ms > UINT32_MAX / 2) { /* another worker's turn began a little later than ours */
        return value;
    }
    uint32_t halves = passed_ms / m->half_life_ms, rest_ms = passed_ms % m->half_life_ms;
    if (halves >= 32) {
        return 0;
    }
    return (uint32_t)((uint64_t)(value >> halves) *
                          half_power((uint32_t)(((uint64_t)rest_ms << 16) / m->half_life_ms)) >>
                      16);
}

static uint32_t read_cell(const struct meter *m, const meter_cell *cell, uint32_t at_ms)
{
    return decayed(m, atomic_load_explicit(cell, memory_order_relaxed), at_ms);
}

static void write_cell(meter_cell *cell, uint32_t value, uint32_t at_ms)
{
    atomic_store_explicit(cell, (uint64_t)value << 32 | at_ms, memory_order_relaxed);
}

static uint32_t sum(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static void mask(uint8_t ip[static 16], unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
        ip[i] &= kept >= 8 ? 0xff : (uint8_t)(0xff00u >> kept);
    }
}

static void look(struct meter *m, const struct addr *client, uint8_t kind, uint32_t at_ms, struct view *v)
{
    bool ip4 = client->family == ADDR_IP4;
    const struct level *levels = ip4 ? levels4 : levels6;
    uint8_t what[18]; /* the network's octets, its bits, kind and family */

    memcpy(what, client->ip, 16);
    v->n = ip4 ? sizeof levels4 / sizeof levels4[0] : sizeof levels6 / sizeof levels6[0];
    for (unsigned i = 0; i < v->n; i++) {
        struct found *f = &v->found[i];
        mask(what, levels[i].bits);
        what[16] = levels[i].bits;
        what[17] = (uint8_t)(kind << 1 | ip4);
        uint64_t hash = siphash13(m->key, what, sizeof what);
        f->level = &levels[i];
        f->hash = hash;
        f->value = UINT32_MAX;
        for (unsigned row = 0; row < METER_ROWS; row++) {
            f->cell[row] = &m->cell[row][(hash >> (32 * row)) % METER_CELLS];
            uint32_t value = read_cell(m, f->cell[row], at_ms);
            f->value = value < f->value ? value : f->value;
        }
    }
}

/* For each address; a network that has had anything has had something. */
static uint32_t share(const struct found *f)
{
    return f->value / f->level->addresses + (f->value % f->level->addresses != 0);
}

struct metered meter_add(struct meter *m, const struct addr *client, uint8_t kind, uint32_t more, struct now now)
{
    uint32_t at_ms = now_ms(now);
    struct view v;
    struct metered had = {0};

    look(m, client, kind, at_ms, &v);
    had.own = v.found[0].value;
    const struct found *best = &v.found[0];
    for (unsigned i = 0; i < v.n; i++) {
        const struct found *f = &v.found[i];
        uint32_t each = share(f), to = sum(f->value, more);
        if (each > had.most) {
            had.most = each;
            best = f;
        }
        for (unsigned row = 0; row < METER_ROWS && more > 0; row++) {
            if (read_cell(m, f->cell[row], at_ms) < to) { /* a cell that holds more is somebody else's as well */
                write_cell(f->cell[row], to, at_ms);
            }
        }
    }
    if (more > 0) {
        write_cell(&m->all, sum(read_cell(m, &m->all, at_ms), more), at_ms);
    }
    had.bits = best->level->bits;
    had.hash = best->hash;
    return had;
}

struct addr_prefix meter_prefix(const struct addr *client, uint8_t bits)
{
    struct addr_prefix p = {.addr = *client, .bits = bits};
    p.addr.port = 0;
    p.addr.scope = 0;
    mask(p.addr.ip, bits);
    return p;
}

struct addr_prefix meter_network(struct meter *m, const struct addr *client, uint8_t kind, struct now now)
{
    return meter_prefix(client, meter_add(m, client, kind, 0, now).bits);
}

uint32_t meter_all(const struct meter *m, struct now now)
{
    return read_cell(m, &m->all, now_ms(now));
}
