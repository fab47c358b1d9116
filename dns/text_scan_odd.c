/*
 * text_scan_odd.c - fields with an inner structure, from words
 */
#include "dns/text_parts.h"

/* Type bitmaps (RFC 4034 section 4.1.2): the words may name the types in any order. Only windows in use are cleared. */
struct bitmap {
    uint8_t octets[256]; /* in use in each window */
    uint8_t bits[256][32];
};

static void bitmap_set(struct bitmap *b, uint16_t type)
{
    unsigned window = type >> 8, octet = type >> 3 & 31;
    if (b->octets[window] == 0) {
        memset(b->bits[window], 0, sizeof b->bits[window]);
    }
    if (octet >= b->octets[window]) {
        b->octets[window] = (uint8_t)(octet + 1);
    }
    b->bits[window][octet] |= (uint8_t)(0x80 >> (type & 7));
}

static bool bitmap_from_words(struct scan *s, struct bitmap *b)
{
    memset(b->octets, 0, sizeof b->octets);
    do {
        uint16_t type;
        const struct token *word = scan_word(s);
        if (word == NULL) {
            return false;
        }
        if (!dns_type_scan(word->text, word->len, &type)) {
            return scan_expected(s, DNS_E_SYNTAX, "RR types or TYPE and a number");
        }
        bitmap_set(b, type);
    } while (scan_more(s));
    return true;
}

static bool scan_bitmap(struct scan *s)
{
    struct bitmap b;
    if (!bitmap_from_words(s, &b)) {
        return false;
    }
    for (unsigned window = 0; window < 256; window++) {
        if (b.octets[window] != 0) {
            write_u8(s->out, (uint8_t)window);
            write_u8(s->out, b.octets[window]);
            write_bytes(s->out, b.bits[window], b.octets[window]);
        }
    }
    return true;
}

/* RFC 2535 section 5.2: one window, types 1 to 127. */
static bool scan_nxt(struct scan *s)
{
    struct bitmap b;
    if (!bitmap_from_words(s, &b)) {
        return false;
    }
    for (unsigned window = 0; window < 256; window++) {
        if (b.octets[window] > (window == 0 ? 16 : 0)) {
            return scan_wrong(s, DNS_E_RANGE, "must be below 128");
        }
    }
    if (b.octets[0] == 0 || (b.bits[0][0] & 0x80) != 0) {
        return scan_wrong(s, DNS_E_RANGE, "must not name TYPE0");
    }
    write_bytes(s->out, b.bits[0], b.octets[0]);
    return true;
}

/* "12", "12.5", "12.50" in units of 10^-places. */
static enum dns_err decimal(const char *text, size_t n, unsigned places, uint64_t max, uint64_t *out)
{
    const char *point = memchr(text, '.', n);
    size_t whole = point != NULL ? (size_t)(point - text) : n, digits = point != NULL ? n - whole - 1 : 0;
    uint64_t v, fraction = 0;
    if (digits > places || (point != NULL && digits == 0)) {
        return DNS_E_SYNTAX;
    }
    enum dns_err err = text_number(text, whole, max, &v);
    if (err == DNS_OK && digits != 0) {
        err = text_number(point + 1, digits, max, &fraction);
    }
    for (unsigned i = 0; i < places; i++) {
        v *= 10; /* max is at most ten digits */
        fraction *= i + digits < places ? 10 : 1;
    }
    *out = v + fraction;
    return err != DNS_OK ? err : *out <= max ? DNS_OK : DNS_E_RANGE;
}

/* How to read and name the parts of latitude and longitude. */
struct axis {
    const char *degrees, *minutes, *seconds, *end;
    const char *degrees_range, *end_range;
    unsigned degrees_max;
    char positive, negative;
};
static const struct axis latitude = {
    "latitude degrees", "latitude minutes", "latitude seconds", "latitude direction", "0..90", "N or S", 90, 'N', 'S',
};
static const struct axis longitude = {
    "longitude degrees",
    "longitude minutes",
    "longitude seconds",
    "longitude direction",
    "0..180",
    "E or W",
    180,
    'E',
    'W',
};

/* N, S, E or W: +1 or -1; anything else: 0. */
static int direction(const struct token *word, const struct axis *axis)
{
    if (word->len != 1 || word->quoted) {
        return 0;
    }
    char c = (char)(word->text[0] & ~0x20);
    return c == axis->positive ? 1 : c == axis->negative ? -1 : 0;
}

static bool scan_part(struct scan *s, const char *what, const char *range, unsigned places, uint64_t max, uint64_t *out)
{
    s->what = what;
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    enum dns_err err = decimal(word->text, word->len, places, max, out);
    return err == DNS_OK ? true : scan_expected(s, err, range);
}

/* degrees [minutes [seconds]] direction */
static bool scan_angle(struct scan *s, const struct axis *axis)
{
    uint64_t degrees, minutes = 0, ms = 0;
    if (!scan_part(s, axis->degrees, axis->degrees_range, 0, axis->degrees_max, &degrees)) {
        return false;
    }
    bool more = scan_more(s) && direction(&s->in->tokens[s->next], axis) == 0;
    if (more && !scan_part(s, axis->minutes, "0..59 or a direction", 0, 59, &minutes)) {
        return false;
    }
    more = more && scan_more(s) && direction(&s->in->tokens[s->next], axis) == 0;
    if (more && !scan_part(s, axis->seconds, "0..59.999 or a direction", 3, 59999, &ms)) {
        return false;
    }
    s->what = axis->end;
    const struct token *word = scan_word(s);
    int sign = word != NULL ? direction(word, axis) : 0;
    if (word == NULL || sign == 0) {
        return word != NULL && scan_expected(s, DNS_E_SYNTAX, axis->end_range);
    }
    uint64_t angle = (degrees * 60 + minutes) * 60000 + ms;
    if (angle > (uint64_t)axis->degrees_max * 3600000) {
        s->what = axis->degrees;
        return scan_unfit(s, DNS_E_RANGE, "with minutes and seconds must be within %s", axis->degrees_range);
    }
    uint32_t equator = 1u << 31;
    write_u32(s->out, sign > 0 ? equator + (uint32_t)angle : equator - (uint32_t)angle);
    return true;
}

/* Metres with up to two decimals, with or without an "m"; in centimetres. */
static enum dns_err metres(const struct token *word, size_t skip, uint64_t max, uint64_t *cm)
{
    size_t n = word->len - skip;
    if (n > 0 && (word->text[word->len - 1] | 0x20) == 'm') {
        n--;
    }
    return decimal(word->text + skip, n, 2, max, cm);
}

static bool scan_altitude(struct scan *s)
{
    uint64_t cm;
    s->what = "altitude";
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    bool minus = word->len > 1 && word->text[0] == '-', plus = word->len > 1 && word->text[0] == '+';
    enum dns_err err = metres(word, minus || plus, minus ? 10000000 : UINT32_MAX - UINT64_C(10000000), &cm);
    if (err != DNS_OK) {
        return scan_expected(s, err, "metres, -100000.00m..42849672.95m");
    }
    write_u32(s->out, (uint32_t)(minus ? 10000000 - cm : 10000000 + cm));
    return true;
}

/* RFC 1876 section 2: one digit and a power of ten; what is finer is cut off. */
static bool scan_loc_size(struct scan *s, const char *what, uint8_t *size)
{
    uint64_t cm;
    s->what = what;
    if (!scan_more(s)) {
        return true;
    }
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    enum dns_err err = metres(word, 0, UINT64_C(9999999999), &cm);
    if (err != DNS_OK) {
        return scan_expected(s, err, "metres, 0..90000000.00m");
    }
    uint8_t power = 0;
    for (; cm > 9; cm /= 10) {
        power++;
    }
    *size = (uint8_t)(cm << 4 | power);
    return true;
}

/* RFC 1876 section 3. */
static bool scan_loc(struct scan *s)
{
    uint8_t head[4] = {0, 0x12, 0x16, 0x13}; /* version; size 1 m, horizontal 10 km, vertical 10 m unless given */
    size_t at = s->out->pos;
    write_bytes(s->out, head, sizeof head);
    if (!scan_angle(s, &latitude) || !scan_angle(s, &longitude) || !scan_altitude(s) ||
        !scan_loc_size(s, "size", &head[1]) || !scan_loc_size(s, "horizontal precision", &head[2]) ||
        !scan_loc_size(s, "vertical precision", &head[3])) {
        return false;
    }
    if (!s->out->failed) {
        memcpy(s->out->base + at, head, sizeof head);
    }
    return true;
}

/* Protocol, then ports in any order. */
static bool scan_wks(struct scan *s)
{
    uint8_t bits[8192] = {0};
    uint64_t v;
    uint16_t code;
    size_t n = 0;

    s->what = "protocol";
    const struct token *word = scan_more(s) ? &s->in->tokens[s->next] : NULL;
    if (word != NULL && !word->quoted && text_word_scan(WORDS_PROTOCOL, word->text, word->len, &code)) {
        s->next++;
        v = code;
    } else if (!scan_number(s, UINT8_MAX, &v)) {
        return false;
    }
    write_u8(s->out, (uint8_t)v);
    s->what = "port";
    while (scan_more(s)) {
        if (!scan_number(s, UINT16_MAX, &v)) {
            return false;
        }
        bits[v / 8] |= (uint8_t)(0x80 >> v % 8);
        n = v / 8 + 1 > n ? (size_t)(v / 8 + 1) : n;
    }
    write_bytes(s->out, bits, n);
    return true;
}

/* [!]family:address/prefix (RFC 3123 section 5). */
static bool scan_prefix(struct scan *s)
{
    static const char expected[] = "like 1:192.0.2.0/24 or !2:2001:db8::/32";
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    const char *at = word->text, *end = at + word->len;
    bool negated = at < end && *at == '!';
    at += negated;
    const char *slash = memchr(at, '/', (size_t)(end - at));
    if (slash == NULL || slash - at < 2 || (at[0] != '1' && at[0] != '2') || at[1] != ':') {
        return scan_expected(s, DNS_E_SYNTAX, expected);
    }
    uint16_t family = at[0] == '1' ? 1 : 2;
    size_t full = family == 1 ? 4 : 16;
    uint64_t prefix;
    enum dns_err err = text_number(slash + 1, (size_t)(end - slash - 1), full * 8, &prefix);
    if (err != DNS_OK) {
        return scan_expected(s, err, expected);
    }
    write_u16(s->out, family);
    write_u8(s->out, (uint8_t)prefix);
    size_t head = s->out->pos;
    write_u8(s->out, 0);
    if (!scan_ip(s, at + 2, (size_t)(slash - at - 2), full)) {
        return false;
    }
    if (!s->out->failed) { /* RFC 3123 section 4: no zero octets at the end */
        while (s->out->pos > head + 1 && s->out->base[s->out->pos - 1] == 0) {
            s->out->pos--;
        }
        s->out->base[head] = (uint8_t)((negated ? 0x80 : 0) | (s->out->pos - head - 1));
    }
    return true;
}

static bool scan_apl(struct scan *s)
{
    while (scan_more(s)) {
        if (!scan_prefix(s)) {
            return false;
        }
    }
    return true;
}

static bool scan_gateway_of(struct scan *s, uint64_t type, const char *what)
{
    s->what = what;
    if (type == 3) {
        return scan_name(s);
    }
    const struct token *word = scan_word(s);
    if (word == NULL) {
        return false;
    }
    if (type == 0) {
        bool dot = word->len == 1 && word->text[0] == '.';
        return dot ? true : scan_expected(s, DNS_E_SYNTAX, "\".\" for type 0");
    }
    return scan_ip(s, word->text, word->len, type == 1 ? 4 : 16);
}

static bool scan_gateway(struct scan *s)
{
    uint64_t type, algorithm;
    s->what = "gateway type";
    if (!scan_number(s, 3, &type)) {
        return false;
    }
    s->what = "algorithm";
    if (!scan_number(s, UINT8_MAX, &algorithm)) {
        return false;
    }
    write_u8(s->out, (uint8_t)type);
    write_u8(s->out, (uint8_t)algorithm);
    return scan_gateway_of(s, type, "gateway");
}

static bool scan_relay(struct scan *s)
{
    uint64_t discovery, type;
    s->what = "discovery bit";
    if (!scan_number(s, 1, &discovery)) {
        return false;
    }
    s->what = "relay type";
    if (!scan_number(s, 3, &type)) {
        return false;
    }
    write_u8(s->out, (uint8_t)(discovery << 7 | type));
    return scan_gateway_of(s, type, "relay");
}

/* One word in a base, at most `max` octets; how many is given back. */
static bool scan_part_base(struct scan *s, const char *what, enum base base, size_t max, size_t *n)
{
    s->what = what;
    const struct token *word = scan_word(s);
    size_t at = s->out->pos;
    if (word == NULL || !scan_base(s, base, word)) {
        return false;
    }
    *n = s->out->pos - at;
    return *n <= max ? true : scan_wrong(s, DNS_E_RANGE, "is longer than %zu octets", max);
}

/* RFC 8005 section 6. */
static bool scan_hip(struct scan *s)
{
    uint64_t algorithm;
    size_t at = s->out->pos, hit_len, key_len;
    s->what = "algorithm";
    if (!scan_number(s, UINT8_MAX, &algorithm)) {
        return false;
    }
    write_u32(s->out, 0);
    if (!scan_part_base(s, "HIT", BASE16, UINT8_MAX, &hit_len) ||
        !scan_part_base(s, "public key", BASE64, UINT16_MAX, &key_len)) {
        return false;
    }
    if (!s->out->failed) {
        s->out->base[at] = (uint8_t)hit_len;
        s->out->base[at + 1] = (uint8_t)algorithm;
        patch_u16(s->out, at + 2, (uint16_t)key_len);
    }
    s->what = "rendezvous server";
    while (scan_more(s)) {
        if (!scan_name(s)) {
            return false;
        }
    }
    return true;
}

bool scan_odd(struct scan *s, enum rdata_field kind)
{
    switch (kind) {
    case F_BITMAP:
        return scan_bitmap(s);
    case F_NXT:
        return scan_nxt(s);
    case F_LOC:
        return scan_loc(s);
    case F_WKS:
        return scan_wks(s);
    case F_APL:
        return scan_apl(s);
    case F_SVCB:
        return scan_svcb(s);
    case F_GATEWAY:
        return scan_gateway(s);
    case F_RELAY:
        return scan_relay(s);
    case F_HIP:
        return scan_hip(s);
    default:
        return scan_unfit(s, DNS_E_SYNTAX, "has no text form");
    }
}
