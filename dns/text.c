/*
 * text.c - strings with a cap, and records printed field by field
 */
#include "dns/text.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/text_parts.h"

struct text text_of(char *buf, size_t cap)
{
    assert(cap > 0);
    buf[0] = '\0';
    return (struct text){.buf = buf, .len = 0, .cap = cap, .cut = false};
}

void text_addn(struct text *t, const char *s, size_t n)
{
    size_t room = t->cap - t->len - 1;
    if (n > room) {
        n = room;
        t->cut = true;
    }
    if (n != 0) {
        memcpy(t->buf + t->len, s, n);
    }
    t->len += n;
    t->buf[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_addn(t, s, strlen(s));
}

void text_addf(struct text *t, const char *fmt, ...)
{
    size_t room = t->cap - t->len;
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(t->buf + t->len, room, fmt, args);
    va_end(args);
    if (n < 0) {
        t->buf[t->len] = '\0';
        t->cut = true;
    } else if ((size_t)n >= room) {
        t->len = t->cap - 1;
        t->cut = true;
    } else {
        t->len += (size_t)n;
    }
}

void text_name(struct text *t, struct dname n)
{
    char buf[DNAME_TEXT_MAX];
    text_addn(t, buf, dname_print(n, buf));
}

void text_escaped(struct text *out, uint8_t octet)
{
    if (octet < 0x20 || octet > 0x7e) {
        text_addf(out, "\\%03u", octet);
        return;
    }
    char c = (char)octet;
    if (c == '"' || c == '\\') {
        text_addn(out, "\\", 1);
    }
    text_addn(out, &c, 1);
}

void text_quoted(struct text *out, const uint8_t *data, size_t n)
{
    text_addn(out, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        text_escaped(out, data[i]);
    }
    text_addn(out, "\"", 1);
}

void text_ip(struct text *out, const uint8_t *ip, size_t n)
{
    char buf[INET6_ADDRSTRLEN];
    if (inet_ntop(n == 4 ? AF_INET : AF_INET6, ip, buf, sizeof buf) != NULL) {
        text_add(out, buf);
    }
}

static void print_type(struct text *out, uint16_t type)
{
    char buf[DNS_TYPE_TEXT_MAX];
    text_add(out, dns_type_text(type, buf));
}

static void print_word(struct text *out, enum text_list list, unsigned code)
{
    const char *word = text_word(list, code);
    if (word != NULL) {
        text_add(out, word);
    } else {
        text_addf(out, "%u", code);
    }
}

static void print_string(struct text *out, struct reader *r)
{
    uint8_t n = read_u8(r);
    const uint8_t *p = reader_take(r, n);
    if (p != NULL) {
        text_quoted(out, p, n);
    }
}

static void print_strings(struct text *out, struct reader *r)
{
    print_string(out, r);
    while (reader_left(r) != 0) {
        text_add(out, " ");
        print_string(out, r);
    }
}

/* n octets in a base. */
static void print_base(struct text *out, enum base base, struct reader *r, size_t n)
{
    const uint8_t *p = reader_take(r, n);
    if (p != NULL) {
        base_print(base, p, n, out);
    }
}

static void print_sized_b64(struct text *out, struct reader *r)
{
    uint16_t n = read_u16(r);
    text_addf(out, "%u", n);
    if (n != 0) {
        text_add(out, " ");
        print_base(out, BASE64, r, n);
    }
}

/* Octets as hex digits of lower case in groups of `group` octets. */
static void print_groups(struct text *out, struct reader *r, size_t n, size_t group, char between)
{
    for (size_t i = 0; i < n; i++) {
        if (i != 0 && i % group == 0) {
            text_addn(out, &between, 1);
        }
        text_addf(out, "%02x", read_u8(r));
    }
}

static void print_name(struct text *out, struct reader *r)
{
    struct dname name;
    if (dname_read_plain(r, &name) == DNS_OK) {
        text_name(out, name);
    }
}

/* Numbers and mnemonics; false: the kind is none of them. */
static bool print_number(enum rdata_field kind, struct reader *r, struct text *out)
{
    switch (kind) {
    case F_U8:
    case F_ALG:
        text_addf(out, "%u", read_u8(r));
        return true;
    case F_U16:
        text_addf(out, "%u", read_u16(r));
        return true;
    case F_U32:
    case F_TTL:
        text_addf(out, "%lu", (unsigned long)read_u32(r));
        return true;
    case F_U64: {
        uint64_t high = read_u32(r);
        text_addf(out, "%llu", (unsigned long long)(high << 32 | read_u32(r)));
        return true;
    }
    case F_TIME:
        text_time(out, read_u32(r));
        return true;
    case F_TIME48:
        text_addf(out, "%llu", (unsigned long long)read_u48(r));
        return true;
    case F_TYPE:
    case F_COVERED:
        print_type(out, read_u16(r));
        return true;
    case F_CERT:
        print_word(out, WORDS_CERT, read_u16(r));
        return true;
    case F_SCHEME:
        print_word(out, WORDS_SCHEME, read_u8(r));
        return true;
    default:
        return false;
    }
}

/* Octets in some base; false: the kind is none of them. */
static bool print_octets(enum rdata_field kind, struct reader *r, struct text *out)
{
    size_t left = reader_left(r);
    uint8_t n;

    switch (kind) {
    case F_NSAP:
        text_add(out, "0x");
        print_base(out, BASE16, r, left);
        return true;
    case F_HEX:
    case F_HEX12:
        print_base(out, BASE16, r, left);
        return true;
    case F_HEX8:
        n = read_u8(r);
        text_add(out, n == 0 ? "-" : ""); /* RFC 5155 section 3.3 */
        print_base(out, BASE16, r, n);
        return true;
    case F_B64:
    case F_B64_DASH:
        text_add(out, left == 0 ? "-" : "");
        print_base(out, BASE64, r, left);
        return true;
    case F_B64_16:
        print_sized_b64(out, r);
        return true;
    case F_B32:
        print_base(out, BASE32HEX, r, read_u8(r));
        return true;
    case F_EUI48:
        print_groups(out, r, 6, 1, '-');
        return true;
    case F_EUI64:
        print_groups(out, r, 8, 1, '-');
        return true;
    case F_ILNP64:
        print_groups(out, r, 8, 2, ':');
        return true;
    default:
        return false;
    }
}

/* False: there is no text for it, \# must do. */
static bool print_field(enum rdata_field kind, struct reader *r, struct text *out)
{
    size_t left = reader_left(r);
    uint8_t n;

    if (print_number(kind, r, out) || print_octets(kind, r, out)) {
        return true;
    }
    switch (kind) {
    case F_NAME_C:
    case F_NAME_D:
    case F_NAME:
        print_name(out, r);
        return true;
    case F_IP4:
        text_ip(out, reader_take(r, 4), 4);
        return true;
    case F_IP6:
        text_ip(out, reader_take(r, 16), 16);
        return true;
    case F_STR:
        print_string(out, r);
        return true;
    case F_STRS:
        print_strings(out, r);
        return true;
    case F_TEXT:
        text_quoted(out, reader_take(r, left), left);
        return true;
    case F_TAG:
        n = read_u8(r);
        text_addn(out, (const char *)reader_take(r, n), n);
        return true;
    default:
        return text_odd(kind, r, out);
    }
}

bool text_when_empty(enum rdata_field kind)
{
    return kind == F_TEXT || kind == F_B64_DASH || kind == F_OPAQUE;
}

static bool print_fields(const struct rdata_type *type, struct reader *r, struct text *out)
{
    for (const uint8_t *f = type->fields; *f != F_END; f++) {
        if ((*f & F_EMPTY) != 0 && reader_left(r) == 0 && !text_when_empty(F_KIND(*f))) {
            continue;
        }
        if (f != type->fields) {
            text_add(out, " ");
        }
        if (!print_field(F_KIND(*f), r, out)) {
            return false;
        }
    }
    return true;
}

void rdata_print(uint16_t type, const uint8_t *rdata, uint16_t len, struct text *out)
{
    struct text mark = *out;
    struct reader r = reader_of(rdata, len);

    if (rdata_check(type, rdata, len) == DNS_OK && print_fields(rdata_type(type), &r, out)) {
        return;
    }
    *out = mark;
    out->buf[out->len] = '\0';
    text_addf(out, "\\# %u", len); /* RFC 3597 section 5 */
    if (len != 0) {
        text_add(out, " ");
        base_print(BASE16, rdata, len, out);
    }
}

void rr_print(struct dname owner, uint32_t ttl_s, uint16_t rclass, uint16_t type, const uint8_t *rdata, uint16_t len,
              struct text *out)
{
    char buf[DNS_TYPE_TEXT_MAX];

    text_name(out, owner);
    text_addf(out, " %lu ", (unsigned long)ttl_s);
    text_add(out, dns_class_text(rclass, buf));
    text_add(out, " ");
    print_type(out, type);
    text_add(out, " ");
    size_t before = out->len;
    rdata_print(type, rdata, len, out);
    if (out->len == before && !out->cut) { /* an empty APL has no text */
        out->buf[--out->len] = '\0';
    }
}
