/*
 * rdata_walk.c - plain rdata walked name by name: canonical form, equality, targets
 *
 * All here take plain rdata that rdata_unpack() or rdata_check() has seen. Should it be broken all the same, the rest
 * of it counts as one run of octets.
 */
#include "dns/rdata.h"

#include "dns/fold.h"

struct rdata_walk rdata_walk_of(uint16_t type, const uint8_t *rdata, uint16_t len)
{
    return (struct rdata_walk){.type = rdata_type(type), .rdata = rdata, .len = len, .pos = 0, .field = 0};
}

static bool is_name(enum rdata_field kind)
{
    return kind == F_NAME_C || kind == F_NAME_D || kind == F_NAME;
}

/* Skip a field. Behind the kinds that are not listed no name follows, so the rest is one run. */
static void skip_field(enum rdata_field kind, struct reader *r)
{
    size_t n = 0;
    switch (kind) {
    case F_U8:
    case F_ALG:
    case F_SCHEME:
        n = 1;
        break;
    case F_U16:
    case F_TYPE:
    case F_COVERED:
        n = 2;
        break;
    case F_U32:
    case F_TTL:
    case F_TIME:
        n = 4;
        break;
    case F_STR:
        n = read_u8(r);
        break;
    default:
        n = reader_left(r);
        break;
    }
    reader_take(r, n);
}

bool rdata_next(struct rdata_walk *w, struct rdata_piece *out)
{
    if (w->pos >= w->len) {
        return false; /* without rdata there may be no pointer either */
    }
    struct reader r = reader_of(w->rdata, w->len);
    reader_take(&r, w->pos);
    const uint8_t *start = w->rdata + w->pos;
    size_t from = r.pos;

    while (reader_left(&r) != 0 && w->type->fields[w->field] != F_END) {
        enum rdata_field kind = F_KIND(w->type->fields[w->field]);
        if (!is_name(kind)) {
            skip_field(kind, &r);
            w->field++;
            continue;
        }
        if (r.pos > from) {
            break; /* first the run before the name */
        }
        struct dname name;
        if (dname_read_plain(&r, &name) != DNS_OK) {
            r.failed = true;
            break;
        }
        w->field++;
        w->pos = (uint16_t)r.pos;
        *out = (struct rdata_piece){.data = start, .len = name.len, .field = (uint8_t)kind};
        return true;
    }
    size_t to = r.failed || w->type->fields[w->field] == F_END ? w->len : r.pos;
    *out = (struct rdata_piece){.data = start, .len = (uint16_t)(to - from), .field = F_OPAQUE};
    w->pos = (uint16_t)to;
    return to > from;
}

/* RFC 4034 section 6.2 point 3, as amended by RFC 6840 section 5.1. */
static bool is_lowered(const struct rdata_type *type, enum rdata_field kind)
{
    return kind == F_NAME_C || kind == F_NAME_D || (kind == F_NAME && (type->flags & RR_LOWER) != 0);
}

enum dns_err rdata_canonical(uint16_t type, const uint8_t *rdata, uint16_t len, struct writer *out)
{
    uint8_t *to = writer_take(out, len);
    if (to == NULL) {
        return DNS_E_NO_SPACE;
    }
    struct rdata_walk walk = rdata_walk_of(type, rdata, len);
    struct rdata_piece piece;
    while (rdata_next(&walk, &piece)) {
        if (is_lowered(walk.type, piece.field)) {
            fold_copy(to, piece.data, piece.len);
        } else {
            memcpy(to, piece.data, piece.len);
        }
        to += piece.len;
    }
    return DNS_OK;
}

int rdata_compare(const uint8_t *a, uint16_t a_len, const uint8_t *b, uint16_t b_len)
{
    uint16_t n = a_len < b_len ? a_len : b_len;
    int order = n != 0 ? memcmp(a, b, n) : 0;
    return order != 0 ? order : (int)a_len - (int)b_len; /* RFC 4034 section 6.3: absence sorts before zero */
}

bool rdata_equal(uint16_t type, const uint8_t *a, uint16_t a_len, const uint8_t *b, uint16_t b_len)
{
    if (a_len != b_len) {
        return false;
    }
    struct rdata_walk walk = rdata_walk_of(type, a, a_len);
    struct rdata_piece piece;
    while (rdata_next(&walk, &piece)) {
        bool same = is_lowered(walk.type, piece.field) ? fold_equal(piece.data, b, piece.len)
                                                       : memcmp(piece.data, b, piece.len) == 0;
        if (!same) {
            return false;
        }
        b += piece.len;
    }
    return true;
}

bool rdata_target(uint16_t type, const uint8_t *rdata, uint16_t len, struct dname *out)
{
    struct rdata_walk walk = rdata_walk_of(type, rdata, len);
    struct rdata_piece piece;
    while (rdata_next(&walk, &piece)) {
        if (is_name(piece.field)) {
            struct reader r = reader_of(piece.data, piece.len);
            return dname_read_plain(&r, out) == DNS_OK;
        }
    }
    return false;
}

bool rdata_soa(const uint8_t *rdata, uint16_t len, struct rdata_soa *out)
{
    struct reader r = reader_of(rdata, len);
    if (dname_read_plain(&r, &out->mname) != DNS_OK || dname_read_plain(&r, &out->rname) != DNS_OK) {
        return false;
    }
    out->serial = read_u32(&r);
    out->refresh_s = read_u32(&r);
    out->retry_s = read_u32(&r);
    out->expire_s = read_u32(&r);
    out->minimum_s = read_u32(&r);
    return !r.failed && r.pos == r.end;
}
