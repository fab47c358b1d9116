/*
 * edns.c - options of EDNS(0), read and written
 *
 * A malformed option spoils the message only where its RFC says so (cookies, client subnet); of the others a malformed
 * one is skipped like an unknown one, because a good answer may stand beside it.
 */
#include "dns/edns.h"

#include "dns/types.h"

#include <string.h>

#define OPT_FIXED       11 /* root owner 1, type 2, UDP size 2, TTL 4, RDLENGTH 2 */
#define OPTION_HEAD     4  /* code 2, length 2 (RFC 6891 section 6.1.2) */
#define EDNS_FLAG_DO    0x8000
#define ECS_FIXED       4 /* family 2, source prefix 1, scope prefix 1 (RFC 7871 section 6) */
#define COOKIE_SHORTEST 16

/* RFC 7873 section 4: client cookie of 8, with or without a server cookie of 8 to 32. */
static bool cookie_len_ok(size_t n)
{
    return n == EDNS_COOKIE_CLIENT || (n >= COOKIE_SHORTEST && n <= EDNS_COOKIE_MAX);
}

/* RFC 7871 section 6: as many octets of address as the source prefix needs, no bits set beyond it. Family 0 stands for
 * "no address", which clients that want no subnet sent on their behalf use, with a prefix of 0. */
static bool ecs_ok(const uint8_t *p, size_t n)
{
    if (n < ECS_FIXED) {
        return false;
    }
    unsigned family = (unsigned)(p[0] << 8 | p[1]), source = p[2], scope = p[3];
    unsigned max = family == 1 ? 32 : family == 2 ? 128 : 0;
    if (family > 2 || source > max || scope > max || n != ECS_FIXED + (source + 7) / 8) {
        return false;
    }
    return source % 8 == 0 || (p[n - 1] & 0xff >> source % 8) == 0;
}

static void take_ede(const uint8_t *p, uint16_t n, struct edns *io)
{
    if (n < 2 || io->ede != DNS_EDE_NONE) {
        return;
    }
    io->ede = p[0] << 8 | p[1];
    n = (uint16_t)(n - 2);
    while (n > 0 && p[1 + n] == '\0') {
        n--; /* RFC 8914 section 2: the text may end with NUL, which does not belong to it */
    }
    io->ede_text = n > 0 ? p + 2 : NULL;
    io->ede_text_len = n;
}

static enum dns_err take_option(uint16_t code, const uint8_t *p, uint16_t n, struct edns *io)
{
    switch (code) {
    case EDNS_OPT_COOKIE:
        if (!io->has_cookie) {
            if (!cookie_len_ok(n)) {
                return DNS_E_EDNS; /* RFC 7873 section 5.2.2 */
            }
            io->has_cookie = true;
            io->cookie_len = (uint8_t)n;
            memcpy(io->cookie, p, n);
        }
        break;
    case EDNS_OPT_ECS:
        if (!io->has_ecs) {
            if (!ecs_ok(p, n)) {
                return DNS_E_EDNS; /* RFC 7871 section 7.1.1 */
            }
            io->has_ecs = true;
            io->ecs_len = (uint8_t)n;
            memcpy(io->ecs, p, n);
        }
        break;
    case EDNS_OPT_NSID:
        io->has_nsid = true;
        break;
    case EDNS_OPT_KEEPALIVE:
        io->has_keepalive |= n == 0 || n == 2; /* RFC 7828 section 3.1 */
        break;
    case EDNS_OPT_PADDING:
        io->has_padding = true;
        break;
    case EDNS_OPT_EDE:
        take_ede(p, n, io);
        break;
    default:
        break;
    }
    return DNS_OK;
}

enum dns_err edns_parse(const uint8_t *rdata, uint16_t len, struct edns *io)
{
    struct reader r = reader_of(rdata, len);
    io->has_cookie = io->has_nsid = io->has_keepalive = io->has_padding = io->has_ecs = false;
    io->cookie_len = io->ecs_len = 0;
    io->ede = DNS_EDE_NONE;
    io->ede_text = NULL;
    io->ede_text_len = 0;
    if (io->version != 0) {
        return DNS_OK; /* RFC 6891 section 6.1.3: BADVERS, whatever the options of that version look like */
    }
    for (unsigned i = 0; i < EDNS_OPTIONS_MAX && reader_left(&r) > 0; i++) { /* L23: the rest is not looked at */
        uint16_t code = read_u16(&r);
        uint16_t n = read_u16(&r);
        const uint8_t *p = reader_take(&r, n);
        if (p == NULL) {
            return DNS_E_EDNS;
        }
        enum dns_err err = take_option(code, p, n, io);
        if (err != DNS_OK) {
            return err;
        }
    }
    return DNS_OK;
}

/* Length of the text as it is sent: whole UTF-8 sequences within EDNS_EDE_TEXT_MAX. */
static size_t ede_text_len(const struct edns_out *o)
{
    if (o->ede == DNS_EDE_NONE || o->ede_text == NULL) {
        return 0;
    }
    size_t n = strnlen(o->ede_text, EDNS_EDE_TEXT_MAX + 1);
    if (n <= EDNS_EDE_TEXT_MAX) {
        return n;
    }
    n = EDNS_EDE_TEXT_MAX;
    while (n > 0 && ((uint8_t)o->ede_text[n] & 0xc0) == 0x80) {
        n--; /* the first octet left out would continue a sequence */
    }
    return n;
}

/* The options of one OPT, in the order in which they are written. The least needed stand last and are dropped first. */
enum out_kind { OUT_COOKIE, OUT_ECS, OUT_KEEPALIVE, OUT_NSID, OUT_EDE, OUT_KINDS };

/* Octets of an option with its head; 0: it is not there. */
static size_t out_size(const struct edns_out *o, enum out_kind kind)
{
    switch (kind) {
    case OUT_COOKIE:
        return o->cookie_len != 0 ? OPTION_HEAD + (size_t)o->cookie_len : 0;
    case OUT_ECS:
        return o->ecs_len != 0 ? OPTION_HEAD + (size_t)o->ecs_len : 0;
    case OUT_KEEPALIVE:
        return o->keepalive != 0 ? OPTION_HEAD + 2 : 0;
    case OUT_NSID:
        return o->nsid_len != 0 || o->nsid_request ? OPTION_HEAD + (size_t)o->nsid_len : 0;
    case OUT_EDE:
        return o->ede != DNS_EDE_NONE ? OPTION_HEAD + 2 : 0;
    case OUT_KINDS:
        break;
    }
    return 0;
}

static void write_option(struct writer *w, uint16_t code, const void *data, size_t n)
{
    write_u16(w, code);
    write_u16(w, (uint16_t)n);
    write_bytes(w, data, n);
}

static void write_out(struct writer *w, const struct edns_out *o, enum out_kind kind, size_t text_len)
{
    switch (kind) {
    case OUT_COOKIE:
        write_option(w, EDNS_OPT_COOKIE, o->cookie, o->cookie_len);
        break;
    case OUT_ECS:
        write_option(w, EDNS_OPT_ECS, o->ecs, o->ecs_len);
        break;
    case OUT_KEEPALIVE:
        write_u16(w, EDNS_OPT_KEEPALIVE);
        write_u16(w, 2);
        write_u16(w, o->keepalive);
        break;
    case OUT_NSID:
        write_option(w, EDNS_OPT_NSID, o->nsid, o->nsid_len);
        break;
    case OUT_EDE:
        write_u16(w, EDNS_OPT_EDE);
        write_u16(w, (uint16_t)(2 + text_len));
        write_u16(w, (uint16_t)o->ede);
        write_bytes(w, o->ede_text, text_len);
        break;
    case OUT_KINDS:
        break;
    }
}

/* RFC 8467 section 4.1: fill the message up to a multiple of pad_to, or as far as there is room. */
static void write_padding(struct writer *w, uint16_t pad_to)
{
    size_t left = writer_left(w);
    if (pad_to == 0 || left < OPTION_HEAD) {
        return;
    }
    size_t over = (w->pos + OPTION_HEAD) % pad_to;
    size_t n = over != 0 ? pad_to - over : 0;
    if (n > left - OPTION_HEAD) {
        n = left - OPTION_HEAD;
    }
    write_u16(w, EDNS_OPT_PADDING);
    write_u16(w, (uint16_t)n);
    uint8_t *p = writer_take(w, n);
    if (p != NULL) {
        memset(p, 0, n); /* RFC 7830 section 3 */
    }
}

size_t edns_size(const struct edns_out *o)
{
    size_t n = OPT_FIXED + ede_text_len(o);
    for (int k = 0; k < OUT_KINDS; k++) {
        n += out_size(o, (enum out_kind)k);
    }
    return n;
}

bool edns_write(struct writer *w, const struct edns_out *o)
{
    if (writer_left(w) < OPT_FIXED) {
        return false;
    }
    write_u8(w, 0); /* RFC 6891 section 6.1.2: the root */
    write_u16(w, DNS_TYPE_OPT);
    write_u16(w, o->udp_size < DNS_UDP_PLAIN ? DNS_UDP_PLAIN : o->udp_size);
    write_u8(w, o->ext_rcode);
    write_u8(w, o->version);
    write_u16(w, o->dnssec_ok ? EDNS_FLAG_DO : 0);
    size_t length_at = w->pos;
    write_u16(w, 0);
    bool all = true;
    for (int k = 0; k < OUT_KINDS && all; k++) {
        enum out_kind kind = (enum out_kind)k;
        size_t n = out_size(o, kind), text = kind == OUT_EDE ? ede_text_len(o) : 0;
        all = n + text <= writer_left(w);
        if (n != 0 && n <= writer_left(w)) {
            write_out(w, o, kind, all ? text : 0);
        }
    }
    if (all) {
        write_padding(w, o->pad_to);
    }
    patch_u16(w, length_at, (uint16_t)(w->pos - length_at - 2));
    return true;
}
