/*
 * text_fields.c - one field of a record, from words
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "dns/text_parts.h"

bool scan_number(struct scan *s, uint64_t max, uint64_t *out)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    enum dns_err err = text_number(word->text, word->len, max, out);
    if (err != DNS_OK) {
        char range[32];
        snprintf(range, sizeof range, "0..%llu", (unsigned long long)max);
        return scan_expected(s, err, range);
    }
    return true;
}

bool scan_name(struct scan *s)
{
    const struct token *word = scan_word(s);
    struct dname_buf name;
    if (word == NULL) {
        return false;
    }
    enum dns_err err = dname_scan(word->text, word->len, &s->origin, &name);
    if (err == DNS_E_NAME) {
        return scan_expected(s, err, "a domain name of at most 255 octets and labels of at most 63");
    }
    if (err != DNS_OK) {
        return scan_expected(s, err, "a domain name");
    }
    write_bytes(s->out, name.wire, name.len);
    return true;
}

bool scan_ip(struct scan *s, const char *text, size_t n, size_t ip_len)
{
    char buf[INET6_ADDRSTRLEN];
    uint8_t ip[16];
    bool ok = n < sizeof buf && memchr(text, '\0', n) == NULL;
    if (ok) {
        memcpy(buf, text, n);
        buf[n] = '\0';
        ok = inet_pton(ip_len == 4 ? AF_INET : AF_INET6, buf, ip) == 1;
    }
    if (!ok) {
        return scan_expected(s, DNS_E_SYNTAX, ip_len == 4 ? "an IPv4 address" : "an IPv6 address");
    }
    write_bytes(s->out, ip, ip_len);
    return true;
}

static const char *const base_names[] = {
    [BASE16] = "an even number of hex digits",
    [BASE32HEX] = "base32hex without padding",
    [BASE64] = "base64 with padding",
};

bool scan_base(struct scan *s, enum base base, const struct token *word)
{
    struct base_scan b = base_scan_of(base, s->out);
    if (!base_feed(&b, word->text, word->len) || !base_done(&b)) {
        return scan_expected(s, DNS_E_SYNTAX, base_names[base]);
    }
    return true;
}

bool scan_base_rest(struct scan *s, enum base base)
{
    struct base_scan b = base_scan_of(base, s->out);
    const struct token *word;
    do {
        word = scan_word(s);
        if (word == NULL) {
            return false;
        }
        if (!base_feed(&b, word->text, word->len)) {
            return scan_expected(s, DNS_E_SYNTAX, base_names[base]);
        }
    } while (scan_more(s));
    return base_done(&b) ? true : scan_expected(s, DNS_E_SYNTAX, base_names[base]);
}

/* Octets behind a length octet, empty as "-". */
static bool scan_sized(struct scan *s, enum base base, bool may_be_empty)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    size_t at = s->out->pos;
    write_u8(s->out, 0);
    if (may_be_empty && word->len == 1 && word->text[0] == '-') {
        return true;
    }
    if (!scan_base(s, base, word)) {
        return false;
    }
    size_t n = s->out->pos - at - 1;
    if (n > UINT8_MAX) {
        return scan_wrong(s, DNS_E_RANGE, "is longer than 255 octets");
    }
    if (!s->out->failed) {
        s->out->base[at] = (uint8_t)n;
    }
    return true;
}

static bool scan_sized_b64(struct scan *s)
{
    uint64_t n;
    if (!scan_number(s, UINT16_MAX, &n)) {
        return false;
    }
    write_u16(s->out, (uint16_t)n);
    if (n == 0) {
        return true;
    }
    size_t at = s->out->pos;
    const struct token *word = scan_word(s);
    if (word == NULL || !scan_base(s, BASE64, word)) {
        return false;
    }
    return s->out->failed || s->out->pos - at == n ? true
                                                   : scan_wrong(s, DNS_E_RANGE, "is not as long as its length says");
}

static bool scan_octets(struct scan *s, const struct token *word)
{
    const char *at = word->text, *end = at + word->len;
    while (at < end) {
        uint8_t c;
        if (!text_octet(&at, end, &c)) {
            return scan_wrong(s, DNS_E_SYNTAX, "has a bad escape; write \\DDD with 000 to 255");
        }
        write_u8(s->out, c);
    }
    return true;
}

static bool scan_string(struct scan *s)
{
    const struct token *word = scan_any(s);
    if (word == NULL) {
        return false;
    }
    size_t at = s->out->pos;
    write_u8(s->out, 0);
    if (!scan_octets(s, word)) {
        return false;
    }
    size_t n = s->out->pos - at - 1;
    if (n > UINT8_MAX) {
        return scan_wrong(s, DNS_E_RANGE, "is longer than 255 octets; split it into several strings");
    }
    if (!s->out->failed) {
        s->out->base[at] = (uint8_t)n;
    }
    return true;
}

static bool scan_strings(struct scan *s)
{
    do {
        if (!scan_string(s)) {
            return false;
        }
    } while (scan_more(s));
    return true;
}

static bool scan_tag(struct scan *s)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    bool ok = word->len >= 1 && word->len <= UINT8_MAX;
    for (size_t i = 0; i < word->len && ok; i++) {
        char c = (char)(word->text[i] | 0x20);
        ok = (word->text[i] >= '0' && word->text[i] <= '9') || (c >= 'a' && c <= 'z');
    }
    if (!ok) {
        return scan_expected(s, DNS_E_SYNTAX, "letters and digits (RFC 8659)");
    }
    write_u8(s->out, (uint8_t)word->len);
    write_bytes(s->out, word->text, word->len);
    return true;
}

static bool scan_text(struct scan *s)
{
    const struct token *word = scan_any(s);
    size_t at = s->out->pos;
    if (word == NULL || !scan_octets(s, word)) {
        return false;
    }
    bool may_be_empty = (s->type->fields[s->field] & F_EMPTY) != 0;
    return s->out->pos != at || may_be_empty ? true : scan_wrong(s, DNS_E_RANGE, "must not be empty");
}

static bool scan_b64_dash(struct scan *s)
{
    const struct token *word = s->next + 1 == s->in->count ? &s->in->tokens[s->next] : NULL;
    if (word != NULL && !word->quoted && word->len == 1 && word->text[0] == '-') {
        s->next++;
        return true;
    }
    return scan_base_rest(s, BASE64);
}

static bool scan_integer(struct scan *s, unsigned octets)
{
    uint64_t v, max = octets == 8 ? UINT64_MAX : (UINT64_C(1) << octets * 8) - 1;
    if (!scan_number(s, max, &v)) {
        return false;
    }
    for (unsigned i = octets; i > 0; i--) {
        write_u8(s->out, (uint8_t)(v >> (i - 1) * 8));
    }
    return true;
}

static bool scan_mnemonic(struct scan *s, enum text_list list, unsigned octets)
{
    uint16_t code;
    const struct token *word = scan_more(s) ? &s->in->tokens[s->next] : NULL;
    if (word == NULL || word->quoted || !text_word_scan(list, word->text, word->len, &code)) {
        return scan_integer(s, octets);
    }
    s->next++;
    if (octets == 2) {
        write_u16(s->out, code);
    } else {
        write_u8(s->out, (uint8_t)code);
    }
    return true;
}

static bool scan_type(struct scan *s, bool covered)
{
    uint16_t type;
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    if (!dns_type_scan(word->text, word->len, &type)) {
        return scan_expected(s, DNS_E_SYNTAX, "an RR type or TYPE and a number");
    }
    if (covered && (type == DNS_TYPE_RRSIG || dns_type_is_meta(type))) {
        return scan_expected(s, DNS_E_RANGE, "a type that can be signed");
    }
    write_u16(s->out, type);
    return true;
}

static bool scan_seconds(struct scan *s, enum rdata_field kind)
{
    uint32_t v;
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    bool ttl = kind == F_TTL;
    enum dns_err err = ttl ? ttl_scan(word->text, word->len, &v) : text_time_scan(word->text, word->len, &v);
    if (err != DNS_OK) {
        return scan_expected(s, err,
                             ttl ? "seconds or like 1h30m, below 2^32" : "YYYYMMDDHHMMSS, 1970 to 2106, or seconds");
    }
    write_u32(s->out, v);
    return true;
}

/* n octets as pairs of hex digits with `between` in between. */
static bool scan_eui(struct scan *s, size_t n)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    struct base_scan b = base_scan_of(BASE16, s->out);
    bool ok = word->len == n * 3 - 1;
    for (size_t i = 0; i < n && ok; i++) {
        ok = base_feed(&b, word->text + i * 3, 2) && (i + 1 == n || word->text[i * 3 + 2] == '-');
    }
    return ok ? true
              : scan_expected(s, DNS_E_SYNTAX, n == 6 ? "like 00-00-5e-00-53-2a" : "like 00-00-5e-ef-10-00-00-2a");
}

/* RFC 6742 section 2.1.2: four groups of one to four digits. */
static bool scan_ilnp(struct scan *s)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    const char *at = word->text, *end = at + word->len;
    bool ok = true;
    for (int i = 0; i < 4 && ok; i++) {
        const char *colon = i < 3 ? memchr(at, ':', (size_t)(end - at)) : end;
        size_t n = colon != NULL ? (size_t)(colon - at) : 0;
        struct base_scan b = base_scan_of(BASE16, s->out);
        ok = n >= 1 && n <= 4 && base_feed(&b, "000", 4 - n) && base_feed(&b, at, n);
        at += ok && i < 3 ? n + 1 : 0;
    }
    return ok ? true : scan_expected(s, DNS_E_SYNTAX, "four groups of hex digits like 14:4fff:ff20:ee64");
}

/* RFC 1706 section 7: 0x, then hex digits, with periods anywhere. */
static bool scan_nsap(struct scan *s)
{
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    struct base_scan b = base_scan_of(BASE16, s->out);
    bool ok = word->len > 2 && word->text[0] == '0' && (word->text[1] | 0x20) == 'x';
    for (size_t i = 2; i < word->len && ok; i++) {
        ok = word->text[i] == '.' || base_feed(&b, word->text + i, 1);
    }
    return ok && b.chars != 0 && base_done(&b) ? true
                                               : scan_expected(s, DNS_E_SYNTAX, "0x and an even number of hex digits");
}

static bool scan_address(struct scan *s, size_t n)
{
    const struct token *word = scan_word(s);
    return word != NULL && scan_ip(s, word->text, word->len, n);
}

static bool scan_opaque(struct scan *s)
{
    if (scan_any(s) == NULL) {
        return false;
    }
    return scan_expected(s, DNS_E_SYNTAX, "\\# LENGTH HEX (RFC 3597)");
}

/* RFC 8976 section 2.2.4. */
static bool scan_digest(struct scan *s)
{
    size_t at = s->out->pos;
    if (!scan_base_rest(s, BASE16)) {
        return false;
    }
    return s->out->pos - at >= 12 ? true : scan_unfit(s, DNS_E_RANGE, "must have at least 12 octets");
}

/* Numbers and short words. */
static bool scan_small(struct scan *s, enum rdata_field kind, bool *done)
{
    *done = true;
    switch (kind) {
    case F_U8:
        return scan_integer(s, 1);
    case F_U16:
        return scan_integer(s, 2);
    case F_U32:
        return scan_integer(s, 4);
    case F_U64:
        return scan_integer(s, 8);
    case F_TIME48:
        return scan_integer(s, 6);
    case F_TTL:
    case F_TIME:
        return scan_seconds(s, kind);
    case F_TYPE:
    case F_COVERED:
        return scan_type(s, kind == F_COVERED);
    case F_ALG:
        return scan_mnemonic(s, WORDS_ALGORITHM, 1);
    case F_CERT:
        return scan_mnemonic(s, WORDS_CERT, 2);
    case F_SCHEME:
        return scan_mnemonic(s, WORDS_SCHEME, 1);
    case F_IP4:
        return scan_address(s, 4);
    case F_IP6:
        return scan_address(s, 16);
    case F_EUI48:
        return scan_eui(s, 6);
    case F_EUI64:
        return scan_eui(s, 8);
    case F_ILNP64:
        return scan_ilnp(s);
    default:
        *done = false;
        return true;
    }
}

bool scan_field(struct scan *s, enum rdata_field kind)
{
    bool done;
    bool ok = scan_small(s, kind, &done);
    if (done) {
        return ok;
    }
    switch (kind) {
    case F_NAME_C:
    case F_NAME_D:
    case F_NAME:
        return scan_name(s);
    case F_STR:
        return scan_string(s);
    case F_STRS:
        return scan_strings(s);
    case F_TEXT:
        return scan_text(s);
    case F_TAG:
        return scan_tag(s);
    case F_HEX:
        return scan_base_rest(s, BASE16);
    case F_HEX12:
        return scan_digest(s);
    case F_HEX8:
        return scan_sized(s, BASE16, true);
    case F_B32:
        return scan_sized(s, BASE32HEX, false);
    case F_B64:
        return scan_base_rest(s, BASE64);
    case F_B64_DASH:
        return scan_b64_dash(s);
    case F_B64_16:
        return scan_sized_b64(s);
    case F_NSAP:
        return scan_nsap(s);
    case F_OPAQUE:
        return scan_opaque(s);
    default:
        return scan_odd(s, kind);
    }
}
