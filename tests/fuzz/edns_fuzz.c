/*
 * edns_fuzz.c - options of EDNS: what is read is what is there, and what is written is read again
 *
 * The octets are an OPT record's data. It is read once more here, naively, and both must agree. What was read is
 * written into rooms of every size up to its own: it must fit, be well-formed, and what is left out is the least
 * needed.
 */
#include <string.h>

#include "dns/edns.h"
#include "dns/limits.h"
#include "dns/types.h"
#include "tests/fuzz/fuzz.h"

#define OPT_HEAD 11 /* octets before the options */

struct naive {
    bool broken, cookie, ecs, nsid, padding, keepalive;
    int ede;
};

static unsigned u16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

static bool good_subnet(const uint8_t *p, unsigned n)
{
    unsigned bits = n >= 4 && u16(p) == 1 ? 32 : n >= 4 && u16(p) == 2 ? 128 : 0;

    if (n < 4 || u16(p) > 2 || p[2] > bits || p[3] > bits || n != 4u + (p[2] + 7u) / 8) {
        return false;
    }
    for (unsigned bit = p[2]; bit < (n - 4) * 8; bit++) {
        if ((p[4 + bit / 8] >> (7 - bit % 8) & 1) != 0) {
            return false;
        }
    }
    return true;
}

static void look_at(struct naive *o, unsigned code, const uint8_t *p, unsigned n)
{
    bool good_cookie = n == 8 || (n >= 16 && n <= 40);

    o->broken |= (code == EDNS_OPT_COOKIE && !o->cookie && !good_cookie) ||
                 (code == EDNS_OPT_ECS && !o->ecs && !good_subnet(p, n));
    o->cookie |= code == EDNS_OPT_COOKIE;
    o->ecs |= code == EDNS_OPT_ECS;
    o->nsid |= code == EDNS_OPT_NSID;
    o->padding |= code == EDNS_OPT_PADDING;
    o->keepalive |= code == EDNS_OPT_KEEPALIVE && (n == 0 || n == 2);
    if (code == EDNS_OPT_EDE && n >= 2 && o->ede == DNS_EDE_NONE) {
        o->ede = (int)u16(p);
    }
}

static struct naive read_naively(const uint8_t *p, size_t left)
{
    struct naive o = {.ede = DNS_EDE_NONE};

    for (unsigned i = 0; i < EDNS_OPTIONS_MAX && left > 0 && !o.broken; i++) {
        o.broken = left < 4 || u16(p + 2) > left - 4;
        if (!o.broken) {
            unsigned n = u16(p + 2);
            look_at(&o, u16(p), p + 4, n);
            p += 4 + n;
            left -= 4 + n;
        }
    }
    return o;
}

static void agree(const struct edns *got, const struct naive *want, const uint8_t *data, size_t size)
{
    must(got->has_cookie == want->cookie && got->has_ecs == want->ecs && got->has_nsid == want->nsid &&
             got->has_padding == want->padding && got->has_keepalive == want->keepalive && got->ede == want->ede,
         "another option");
    must(got->ede_text == NULL ||
             (got->ede_text > data && got->ede_text + got->ede_text_len <= data + size && got->ede_text_len > 0),
         "a text from elsewhere");
}

/* In a room of so many octets: all of it, or less from the end on. */
static size_t write_and_read(const struct edns_out *out, size_t room)
{
    uint8_t wire[1024];
    struct writer w = writer_of(wire, room);
    struct edns back = {.version = 0};

    if (!edns_write(&w, out)) {
        must(room < OPT_HEAD, "no room for the bare record");
        return 0;
    }
    must(!w.failed && w.pos <= room && w.pos >= OPT_HEAD, "more than the room");
    must(u16(wire + 9) == w.pos - OPT_HEAD, "its length");
    must(edns_parse(wire + OPT_HEAD, (uint16_t)(w.pos - OPT_HEAD), &back) == DNS_OK, "what was written is malformed");
    must(!back.has_cookie ||
             (back.cookie_len == out->cookie_len && memcmp(back.cookie, out->cookie, out->cookie_len) == 0),
         "another cookie");
    must(!back.has_ecs || (back.has_cookie == (out->cookie_len > 0) && memcmp(back.ecs, out->ecs, out->ecs_len) == 0),
         "another subnet, or one without the cookie");
    must(back.ede == DNS_EDE_NONE || back.ede == out->ede, "another error");
    if (room >= edns_size(out)) {
        must(back.has_cookie == (out->cookie_len > 0) && back.has_ecs == (out->ecs_len > 0) && back.ede == out->ede &&
                 back.has_nsid == out->nsid_request,
             "something is left out, and there is room");
    }
    return w.pos;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct edns got = {.version = 0};
    char text[300] = "";

    if (size > 1000) {
        return 0;
    }
    enum dns_err err = edns_parse(data, (uint16_t)size, &got);
    struct naive want = read_naively(data, size);
    must((err != DNS_OK) == want.broken, "well-formed for one, malformed for the other");
    if (err != DNS_OK) {
        return 0;
    }
    agree(&got, &want, data, size);
    for (unsigned i = 0; i < got.ede_text_len && i < sizeof text - 1; i++) {
        text[i] = got.ede_text[i] != 0 ? (char)got.ede_text[i] : '?';
    }
    struct edns_out out = {.udp_size = 1232,
                           .cookie = got.cookie,
                           .cookie_len = got.cookie_len,
                           .ecs = got.ecs,
                           .ecs_len = got.ecs_len,
                           .nsid_request = got.has_nsid,
                           .ede = got.ede,
                           .ede_text = text};
    size_t whole = edns_size(&out), before = 0;
    for (size_t room = 0; room <= whole; room++) {
        size_t n = write_and_read(&out, room);
        must(n >= before || n == 0, "less in a larger room");
        before = n;
    }
    must(before == whole, "another size than was said");
    out.pad_to = 128;
    must(write_and_read(&out, 1024) % 128 == 0, "not padded");
    return 0;
}
