/*
 * parsed.h - a message parsed for a test, both as a query and as a reply
 */
#ifndef RAIZ_TESTS_UNIT_DNS_PARSED_H
#define RAIZ_TESTS_UNIT_DNS_PARSED_H

#include "dns/msg.h"

#include "support.h"

#define BIG ((size_t)4 << 20)

/* A reply parsed from memory of its exact size. */
struct parsed {
    struct dns_msg m;
    struct arena arena;
    uint8_t *wire;
    size_t n;
    enum dns_err err, query_err;
};

static inline struct parsed parse_octets(const uint8_t *data, size_t n)
{
    struct parsed p = {.wire = exact(data, n), .n = n};
    struct dns_msg query;
    arena_init(&p.arena, NULL, 0, BIG);
    p.err = dns_msg_parse(p.wire, n, &p.arena, &p.m);
    p.query_err = dns_query_parse(p.wire, n, &query);
    if (n >= DNS_HEADER_SIZE) { /* whatever comes after, a reply can be made of these */
        assert_int_equal(query.id, data[0] << 8 | data[1]);
        assert_int_equal(query.flags, data[2] << 8 | data[3]);
        assert_int_equal(query.id, p.m.id);
        assert_int_equal(query.flags, p.m.flags);
    }
    return p;
}

static inline struct parsed parse(const char *hex)
{
    static uint8_t wire[4096];
    return parse_octets(wire, octets(hex, wire, sizeof wire));
}

static inline void done(struct parsed *p)
{
    arena_release(&p->arena);
    free(p->wire);
}

#endif
