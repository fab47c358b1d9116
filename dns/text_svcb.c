/*
 * text_svcb.c - service parameters of SVCB and HTTPS as text, both ways (RFC 9460 section 2.1 and appendix A)
 *
 * Lists of octets (alpn) are escaped twice: "," and "\" with a backslash inside the list, then the list as a
 * character-string. Zone files may give the parameters in any order; on the wire their keys ascend (RFC 9460 section
 * 2.2), so each one is put in its place.
 */
#include "dns/rdata_odd.h"
#include "dns/text_parts.h"

static const char *const key_names[] = {
    [SVCB_MANDATORY] = "mandatory", [SVCB_ALPN] = "alpn",         [SVCB_NO_DEFAULT_ALPN] = "no-default-alpn",
    [SVCB_PORT] = "port",           [SVCB_IPV4HINT] = "ipv4hint", [SVCB_ECH] = "ech",
    [SVCB_IPV6HINT] = "ipv6hint",   [SVCB_DOHPATH] = "dohpath",   [SVCB_OHTTP] = "ohttp",
};
#define KEY_NAMES (sizeof key_names / sizeof key_names[0])

static void print_key(struct text *out, uint16_t key)
{
    if (key < KEY_NAMES) {
        text_add(out, key_names[key]);
    } else {
        text_addf(out, "key%u", key);
    }
}

static void print_alpn(struct text *out, struct reader *value)
{
    text_add(out, "\"");
    for (bool first = true; reader_left(value) != 0; first = false) {
        text_add(out, first ? "" : ",");
        for (uint8_t n = read_u8(value); n > 0; n--) {
            uint8_t c = read_u8(value);
            if (c == ',' || c == '\\') {
                text_add(out, "\\\\");
            }
            text_escaped(out, c);
        }
    }
    text_add(out, "\"");
}

static void print_list(struct text *out, uint16_t key, struct reader *value)
{
    for (bool first = true; reader_left(value) != 0; first = false) {
        text_add(out, first ? "" : ",");
        switch (key) {
        case SVCB_MANDATORY:
            print_key(out, read_u16(value));
            break;
        case SVCB_IPV4HINT:
            text_ip(out, reader_take(value, 4), 4);
            break;
        default:
            text_ip(out, reader_take(value, 16), 16);
            break;
        }
    }
}

static void print_value(struct text *out, uint16_t key, struct reader value)
{
    size_t n = reader_left(&value);
    if (n == 0) {
        return;
    }
    text_add(out, "=");
    switch (key) {
    case SVCB_ALPN:
        print_alpn(out, &value);
        break;
    case SVCB_PORT:
        text_addf(out, "%u", read_u16(&value));
        break;
    case SVCB_ECH:
        base_print(BASE64, reader_take(&value, n), n, out);
        break;
    case SVCB_MANDATORY:
    case SVCB_IPV4HINT:
    case SVCB_IPV6HINT:
        print_list(out, key, &value);
        break;
    default:
        text_quoted(out, reader_take(&value, n), n);
        break;
    }
}

bool text_svcb(struct reader *r, struct text *out)
{
    for (bool first = true; reader_left(r) != 0; first = false) {
        uint16_t key = read_u16(r), n = read_u16(r);
        const uint8_t *p = reader_take(r, n);
        if (p == NULL) {
            return false;
        }
        text_add(out, first ? "" : " ");
        print_key(out, key);
        print_value(out, key, reader_of(p, n));
    }
    return true;
}

/* "port", "key667". *generic: the second form, whose value is plain octets whatever the key. */
static bool scan_key(const char *text, size_t n, uint16_t *key, bool *generic)
{
    uint64_t v;
    for (size_t i = 0; i < KEY_NAMES; i++) {
        if (strlen(key_names[i]) == n && memcmp(key_names[i], text, n) == 0) {
            *key = (uint16_t)i;
            *generic = false;
            return true;
        }
    }
    if (n < 4 || memcmp(text, "key", 3) != 0 || (text[3] == '0' && n > 4) ||
        text_number(text + 3, n - 3, UINT16_MAX, &v) != DNS_OK) {
        return false;
    }
    *key = (uint16_t)v;
    *generic = true;
    return true;
}

/* A parameter's value: text between quotes or up to the word's end. Lists are cut at commas. */
struct value {
    uint16_t key;
    const char *at, *end;
};

static bool value_octets(struct scan *s, struct value v)
{
    while (v.at < v.end) {
        uint8_t c;
        if (!text_octet(&v.at, v.end, &c)) {
            return scan_wrong(s, DNS_E_SYNTAX, "has a bad escape; write \\DDD with 000 to 255");
        }
        write_u8(s->out, c);
    }
    return true;
}

/* One identifier of the list, written with its length in front; *more: a comma ended it. The second level of escapes: a
 * backslash that is left after the first stands before a comma or a backslash. */
static bool value_alpn_id(struct scan *s, struct value *v, bool *more)
{
    size_t at = s->out->pos;
    write_u8(s->out, 0);
    *more = false;
    while (v->at < v->end && !*more) {
        uint8_t c;
        bool ok = text_octet(&v->at, v->end, &c);
        *more = ok && c == ',';
        if (ok && c == '\\') {
            ok = v->at < v->end && text_octet(&v->at, v->end, &c) && (c == ',' || c == '\\');
        }
        if (!ok) {
            return scan_wrong(s, DNS_E_SYNTAX,
                              "has a bad escape; in a list write \\\\, for a comma, \\\\\\\\ for a backslash");
        }
        if (!*more) {
            write_u8(s->out, c);
        }
    }
    size_t n = s->out->pos - at - 1;
    if (n == 0 || n > UINT8_MAX) {
        return scan_wrong(s, DNS_E_RANGE, "has an identifier that is not 1 to 255 octets long");
    }
    if (!s->out->failed) {
        s->out->base[at] = (uint8_t)n;
    }
    return true;
}

static bool value_alpn(struct scan *s, struct value v)
{
    bool more = true;
    while (more) {
        if (!value_alpn_id(s, &v, &more)) {
            return false;
        }
    }
    return true;
}

/* Put one more key into the ascending list that begins at `start`. */
static void insert_key(struct writer *w, size_t start, uint16_t key)
{
    write_u16(w, key);
    for (size_t at = w->pos; !w->failed && at - start >= 4; at -= 2) {
        uint8_t *p = w->base + at - 4;
        if (memcmp(p, p + 2, 2) <= 0) {
            break;
        }
        uint8_t swap[2] = {p[0], p[1]};
        memcpy(p, p + 2, 2);
        memcpy(p + 2, swap, 2);
    }
}

/* Lists whose items need no escapes: keys and addresses. */
static bool value_list(struct scan *s, struct value v)
{
    size_t start = s->out->pos;
    const char *comma;
    do {
        comma = memchr(v.at, ',', (size_t)(v.end - v.at));
        size_t n = (size_t)((comma != NULL ? comma : v.end) - v.at);
        uint16_t key;
        bool generic;
        if (v.key == SVCB_MANDATORY && !scan_key(v.at, n, &key, &generic)) {
            return scan_wrong(s, DNS_E_SYNTAX, "names a key that is not known; write keyNNNNN");
        }
        if (v.key == SVCB_MANDATORY) {
            insert_key(s->out, start, key);
        } else if (!scan_ip(s, v.at, n, v.key == SVCB_IPV4HINT ? 4 : 16)) {
            return false;
        }
        v.at += n + (comma != NULL);
    } while (comma != NULL);
    return true;
}

static bool value_port(struct scan *s, struct value v)
{
    uint64_t port;
    if (text_number(v.at, (size_t)(v.end - v.at), UINT16_MAX, &port) != DNS_OK) {
        return scan_wrong(s, DNS_E_RANGE, "must be a port, 0..65535");
    }
    write_u16(s->out, (uint16_t)port);
    return true;
}

static bool value_ech(struct scan *s, struct value v)
{
    struct base_scan b = base_scan_of(BASE64, s->out);
    if (!base_feed(&b, v.at, (size_t)(v.end - v.at)) || !base_done(&b)) {
        return scan_wrong(s, DNS_E_SYNTAX, "must be base64");
    }
    return true;
}

static bool scan_value(struct scan *s, struct value v, bool generic)
{
    if (generic) {
        return value_octets(s, v);
    }
    if (v.at == v.end) {
        return true; /* whether it may be empty is asked later */
    }
    switch (v.key) {
    case SVCB_ALPN:
        return value_alpn(s, v);
    case SVCB_PORT:
        return value_port(s, v);
    case SVCB_ECH:
        return value_ech(s, v);
    case SVCB_MANDATORY:
    case SVCB_IPV4HINT:
    case SVCB_IPV6HINT:
        return value_list(s, v);
    default:
        return value_octets(s, v);
    }
}

/* Find what stands behind the "=", without its quotes. */
static bool split_value(const struct token *word, size_t key_len, struct value *v)
{
    v->end = word->text + word->len;
    v->at = word->text + key_len;
    if (v->at == v->end) {
        return true;
    }
    v->at++; /* the "=" */
    bool quoted = v->at < v->end && *v->at == '"';
    v->at += quoted;
    for (const char *p = v->at; p < v->end; p++) {
        if (*p == '\\') {
            p++;
        } else if (*p == '"') { /* the closing one, and then nothing more */
            bool ok = quoted && p + 1 == v->end;
            v->end = p;
            return ok;
        }
    }
    return !quoted;
}

/* Move the parameter just written at `from` to its place among those from `start` on. */
static bool put_in_order(struct writer *w, size_t start, size_t from)
{
    uint8_t *base = w->base;
    size_t at = start, n = w->pos - from;
    while (at < from) {
        int order = memcmp(base + at, base + from, 2);
        if (order == 0) {
            return false;
        }
        if (order > 0) {
            break;
        }
        at += 4 + (size_t)(base[at + 2] << 8 | base[at + 3]);
    }
    /* Rotate [at, from) behind [from, pos) by three reversals: no second buffer is needed. */
    const struct {
        size_t from, to;
    } spans[] = {{at, from}, {from, from + n}, {at, from + n}};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = spans[k].from, j = spans[k].to; i + 1 < j; i++, j--) {
            uint8_t swap = base[i];
            base[i] = base[j - 1];
            base[j - 1] = swap;
        }
    }
    return true;
}

static bool scan_param(struct scan *s, size_t start)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    const char *equals = memchr(word->text, '=', word->len);
    size_t key_len = equals != NULL ? (size_t)(equals - word->text) : word->len;
    struct value v;
    bool generic;
    if (!scan_key(word->text, key_len, &v.key, &generic)) {
        return scan_wrong(s, DNS_E_SYNTAX, "has a key that is not known; write keyNNNNN");
    }
    if (!split_value(word, key_len, &v)) {
        return scan_wrong(s, DNS_E_SYNTAX, "must be KEY, KEY=VALUE or KEY=\"VALUE\"");
    }
    size_t from = s->out->pos;
    write_u16(s->out, v.key);
    write_u16(s->out, 0);
    size_t value_at = s->out->pos;
    if (!scan_value(s, v, generic)) {
        return false;
    }
    size_t n = s->out->pos - value_at;
    if (n > UINT16_MAX || s->out->failed) {
        return scan_wrong(s, DNS_E_NO_SPACE, "is too long");
    }
    patch_u16(s->out, value_at - 2, (uint16_t)n);
    if (!svcb_value_ok(v.key, reader_of(s->out->base + value_at, n))) {
        return scan_wrong(s, DNS_E_RDATA, "has a value that its key does not allow");
    }
    return put_in_order(s->out, start, from) ? true : scan_wrong(s, DNS_E_SYNTAX, "is given twice");
}

bool scan_svcb(struct scan *s)
{
    size_t start = s->out->pos;
    while (scan_more(s)) {
        if (!scan_param(s, start)) {
            return false;
        }
    }
    struct reader r = reader_of(s->out->base + start, s->out->pos - start);
    return svcb_ok(&r) ? true : scan_unfit(s, DNS_E_RDATA, "is missing though \"mandatory\" names its key");
}
