/*
 * rdata.c - the table of RR types, and rdata checked and unpacked by it
 *
 * Every record of every message passes here, so the way of the common types is short: the type's line is found by
 * index, fields of fixed size need a table and a comparison, and octets are copied in runs between names.
 */
#include "dns/rdata.h"

#include "dns/rdata_odd.h"

enum line {
#define RR(name, ...) LINE_##name,
#include "dns/rdata.def"
    LINES
};

static const struct rdata_type lines[LINES] = {
#define RR(name, code, flags, labels, ...)            {#name, labels, code, flags, {__VA_ARGS__}},
#define RR_TEXT(name, code, text, flags, labels, ...) {text, labels, code, flags, {__VA_ARGS__}},
#include "dns/rdata.def"
};

/* Line of a type + 1; 0: none. Types from 512 on are few and rare and are searched for. */
#define BY_CODE 512
static const uint8_t by_code[BY_CODE] = {
#define RR(name, code, ...) [code] = LINE_##name + 1,
#define RR_HIGH(name, code, ...)
#include "dns/rdata.def"
};
static_assert(LINES < UINT8_MAX, "by_code has octets");

/* The codes are written twice, here and in types.def. */
#define RR(name, code, ...) static_assert((int)DNS_TYPE_##name == (code), #name);
#include "dns/rdata.def"
#include "dns/seeded.h"

static const struct rdata_type unknown = {NULL, "data", 0, 0, {F_OPAQUE | F_EMPTY}};

const struct rdata_type *rdata_type(uint16_t type)
{
    if (type < BY_CODE) {
        uint8_t line = by_code[type];
        return line != 0 ? &lines[line - 1] : &unknown;
    }
    for (size_t i = LINES; i > 0 && lines[i - 1].code >= BY_CODE; i--) {
        if (lines[i - 1].code == type) {
            return &lines[i - 1];
        }
    }
    return &unknown;
}

const struct rdata_type *rdata_types(size_t *count)
{
    *count = LINES;
    return lines;
}

/* Octets of the kinds that have a fixed size and allow every value; F_COVERED is the one exception. */
static const uint8_t fixed_size[F_KINDS] = {
    [F_U8] = 1,     [F_U16] = 2,  [F_U32] = 4,     [F_U64] = 8,   [F_TTL] = 4,    [F_TIME] = 4,
    [F_TIME48] = 6, [F_TYPE] = 2, [F_COVERED] = 2, [F_ALG] = 1,   [F_CERT] = 2,   [F_SCHEME] = 1,
    [F_IP4] = 4,    [F_IP6] = 16, [F_EUI48] = 6,   [F_EUI64] = 8, [F_ILNP64] = 8,
};

/* RFC 4034 section 3: an RRSIG is not signed; and meta types are no data that could be (T24). */
static bool may_be_covered(const uint8_t *p)
{
    uint16_t type = (uint16_t)(p[0] << 8 | p[1]);
    return type != DNS_TYPE_RRSIG && !dns_type_is_meta(type);
}

static bool string_ok(struct reader *r)
{
    return reader_take(r, read_u8(r)) != NULL;
}

static bool strings_ok(struct reader *r)
{
    do {
        if (!string_ok(r)) {
            return false;
        }
    } while (reader_left(r) != 0);
    return true;
}

/* RFC 8659 section 4.1: one or more ASCII letters and digits. */
static bool tag_ok(struct reader *r)
{
    uint8_t n = read_u8(r);
    const uint8_t *p = reader_take(r, n);
    if (p == NULL || n == 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i] | 0x20;
        if (!(p[i] >= '0' && p[i] <= '9') && !(c >= 'a' && c <= 'z')) {
            return false;
        }
    }
    return true;
}

/* Fields that are neither names nor of fixed size. */
static bool field_ok(enum rdata_field kind, struct reader *r)
{
    size_t left = reader_left(r);

    switch (kind) {
    case F_STR:
    case F_HEX8:
        return string_ok(r);
    case F_STRS:
        return strings_ok(r);
    case F_TAG:
        return tag_ok(r);
    case F_B32: {
        uint8_t n = read_u8(r); /* RFC 5155 section 3.2: a hash has 1 to 255 octets */
        return n != 0 && reader_take(r, n) != NULL;
    }
    case F_B64_16:
        return reader_take(r, read_u16(r)) != NULL;
    case F_HEX12:
        return left >= 12 && reader_take(r, left) != NULL;
    case F_TEXT:
    case F_HEX:
    case F_B64:
    case F_B64_DASH:
    case F_NSAP:
    case F_OPAQUE:
        return left != 0 && reader_take(r, left) != NULL;
    default:
        return rdata_odd_ok(kind, r);
    }
}

/* One rdata on its way from a message or a buffer to `out`. */
struct unpack {
    struct reader in;       /* ends where the rdata ends */
    struct name_work *work; /* NULL: plain rdata, no pointers anywhere */
    struct writer *out;     /* NULL: check only */
    size_t run;             /* octets from here to in.pos are still to be copied */
    size_t plain_len;       /* what is unpacked so far; without names when they are only checked */
    bool measure;           /* names are unpacked even without `out`, because the result may be too long */
};

static void flush_run(struct unpack *u)
{
    size_t n = u->in.pos - u->run;
    if (u->out != NULL) {
        write_bytes(u->out, u->in.base + u->run, n);
    }
    u->plain_len += n;
    u->run = u->in.pos;
}

static enum dns_err unpack_name(struct unpack *u)
{
    struct dname_buf name;
    bool keep = u->out != NULL || u->measure;

    flush_run(u);
    enum dns_err err = dname_unpack(&u->in, u->work, keep ? &name : NULL);
    if (err == DNS_OK && keep) {
        u->plain_len += name.len;
        if (u->out != NULL) {
            write_bytes(u->out, name.wire, name.len);
        }
    }
    u->run = u->in.pos;
    return err;
}

static enum dns_err unpack_field(struct unpack *u, enum rdata_field kind)
{
    struct dname plain;
    enum dns_err err;

    switch (kind) {
    case F_NAME_C:
    case F_NAME_D:
        err = u->work != NULL ? unpack_name(u) : dname_read_plain(&u->in, &plain);
        break;
    case F_NAME: /* RFC 3597 section 4: only the types of RFC 1035 and a few early ones are compressed */
        err = dname_read_plain(&u->in, &plain);
        break;
    default:
        return field_ok(kind, &u->in) ? DNS_OK : DNS_E_RDATA;
    }
    return err == DNS_E_TRUNCATED ? DNS_E_RDATA : err; /* the rdata ends within a name */
}

static enum dns_err unpack_fields(struct unpack *u, const uint8_t *fields)
{
    for (; *fields != F_END; fields++) {
        enum rdata_field kind = F_KIND(*fields);
        size_t fixed = fixed_size[kind];
        if ((*fields & F_EMPTY) != 0 && reader_left(&u->in) == 0) {
            continue;
        }
        if (fixed != 0) {
            const uint8_t *p = reader_take(&u->in, fixed);
            if (p == NULL || (kind == F_COVERED && !may_be_covered(p))) {
                return DNS_E_RDATA;
            }
            continue;
        }
        enum dns_err err = unpack_field(u, kind);
        if (err != DNS_OK) {
            return err;
        }
    }
    return SEEDED(5, reader_left(&u->in) == 0, true) ? DNS_OK : DNS_E_RDATA;
}

enum dns_err rdata_unpack(uint16_t type, struct reader *r, uint16_t rdlen, struct name_work *work, struct writer *out)
{
    if (rdlen > reader_left(r)) {
        return DNS_E_TRUNCATED;
    }
    size_t mark = out != NULL ? out->pos : 0;
    struct unpack u = {.in = *r, .work = work, .out = out, .run = r->pos};
    u.in.end = r->pos + rdlen;
    u.measure = rdlen > UINT16_MAX - 2 * DNAME_MAX; /* no type has more than two names that may be compressed */

    enum dns_err err = unpack_fields(&u, rdata_type(type)->fields);
    if (err == DNS_OK) {
        flush_run(&u);
        err = u.plain_len > UINT16_MAX ? DNS_E_RDATA : DNS_OK;
    }
    if (err == DNS_OK && out != NULL && out->failed) {
        err = DNS_E_NO_SPACE;
    }
    if (err != DNS_OK) {
        if (out != NULL) {
            out->pos = mark;
        }
        return err;
    }
    r->pos = u.in.end;
    return DNS_OK;
}

enum dns_err rdata_check(uint16_t type, const uint8_t *rdata, uint16_t len)
{
    struct reader r = reader_of(rdata, len);
    return rdata_unpack(type, &r, len, NULL, NULL);
}
