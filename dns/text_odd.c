/*
 * text_odd.c - fields with an inner structure, printed
 */
#include "dns/text_parts.h"

#include <string.h>

/* Types whose bits are set in n octets, the first of them for type `base`. */
static void print_bits(struct text *out, const uint8_t *bits, size_t n, unsigned base, bool *first)
{
    char buf[DNS_TYPE_TEXT_MAX];
    for (unsigned i = 0; i < n * 8; i++) {
        if ((bits[i / 8] & 0x80 >> i % 8) != 0) {
            text_add(out, *first ? "" : " ");
            text_add(out, dns_type_text((uint16_t)(base + i), buf));
            *first = false;
        }
    }
}

static bool print_bitmap(struct reader *r, struct text *out)
{
    bool first = true;
    while (reader_left(r) != 0) {
        unsigned window = read_u8(r);
        uint8_t n = read_u8(r);
        const uint8_t *bits = reader_take(r, n);
        if (bits == NULL) {
            return false;
        }
        print_bits(out, bits, n, window * 256, &first);
    }
    return true;
}

/* RFC 2535 section 5.2: the first bit means another format; zero octets at the end do not come back from text. */
static bool print_nxt(struct reader *r, struct text *out)
{
    size_t n = reader_left(r);
    const uint8_t *bits = reader_take(r, n);
    if (bits == NULL || n == 0 || bits[n - 1] == 0 || (bits[0] & 0x80) != 0) {
        return false;
    }
    bool first = true;
    print_bits(out, bits, n, 0, &first);
    return true;
}

static void print_angle(struct text *out, uint32_t angle, char positive, char negative)
{
    uint32_t equator = 1u << 31;
    uint32_t ms = angle >= equator ? angle - equator : equator - angle;
    text_addf(out, "%u %u %u.%03u %c ", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000,
              angle >= equator ? positive : negative);
}

static void print_metres(struct text *out, const char *sign, uint64_t cm)
{
    text_addf(out, "%s%llu.%02um", sign, (unsigned long long)(cm / 100), (unsigned)(cm % 100));
}

static void print_loc_size(struct text *out, uint8_t size)
{
    uint64_t cm = size >> 4;
    for (unsigned power = size & 0xf; power > 0; power--) {
        cm *= 10;
    }
    text_add(out, " ");
    print_metres(out, "", cm);
}

/* RFC 1876 section 3, with all parts. */
static bool print_loc(struct reader *r, struct text *out)
{
    if (read_u8(r) != 0) {
        return false; /* a version that has no text */
    }
    uint8_t size = read_u8(r), horizontal = read_u8(r), vertical = read_u8(r);
    print_angle(out, read_u32(r), 'N', 'S');
    print_angle(out, read_u32(r), 'E', 'W');
    int64_t cm = (int64_t)read_u32(r) - 10000000; /* counted from 100 km below the reference */
    print_metres(out, cm < 0 ? "-" : "", (uint64_t)(cm < 0 ? -cm : cm));
    print_loc_size(out, size);
    print_loc_size(out, horizontal);
    print_loc_size(out, vertical);
    return true;
}

static bool print_wks(struct reader *r, struct text *out)
{
    text_addf(out, "%u", read_u8(r));
    size_t n = reader_left(r);
    const uint8_t *bits = reader_take(r, n);
    if (bits == NULL || (n != 0 && bits[n - 1] == 0)) {
        return false;
    }
    for (unsigned port = 0; port < n * 8; port++) {
        if ((bits[port / 8] & 0x80 >> port % 8) != 0) {
            text_addf(out, " %u", port);
        }
    }
    return true;
}

/* RFC 3123 section 5: [!]family:address/prefix; only families 1 and 2 have a text. */
static bool print_apl(struct reader *r, struct text *out)
{
    for (bool first = true; reader_left(r) != 0; first = false) {
        uint16_t family = read_u16(r);
        uint8_t prefix = read_u8(r), n = read_u8(r);
        const uint8_t *octets = reader_take(r, n & 0x7f);
        uint8_t ip[16] = {0};
        if (octets == NULL || (family != 1 && family != 2)) {
            return false;
        }
        memcpy(ip, octets, n & 0x7f);
        text_addf(out, "%s%s%u:", first ? "" : " ", (n & 0x80) != 0 ? "!" : "", family);
        text_ip(out, ip, family == 1 ? 4 : 16);
        text_addf(out, "/%u", prefix);
    }
    return true;
}

static bool print_gateway(uint8_t type, struct reader *r, struct text *out)
{
    struct dname name;

    switch (type) {
    case 0:
        text_add(out, ".");
        return true;
    case 1:
        text_ip(out, reader_take(r, 4), 4);
        return true;
    case 2:
        text_ip(out, reader_take(r, 16), 16);
        return true;
    case 3:
        if (dname_read_plain(r, &name) != DNS_OK) {
            return false;
        }
        text_name(out, name);
        return true;
    default:
        return false;
    }
}

static bool print_ipsec_gateway(struct reader *r, struct text *out)
{
    uint8_t type = read_u8(r);
    text_addf(out, "%u %u ", type, read_u8(r));
    return print_gateway(type, r, out);
}

static bool print_relay(struct reader *r, struct text *out)
{
    uint8_t type = read_u8(r);
    text_addf(out, "%u %u ", type >> 7, type & 0x7f);
    return print_gateway(type & 0x7f, r, out);
}

/* RFC 8005 section 6: algorithm, HIT, key, servers. */
static bool print_hip(struct reader *r, struct text *out)
{
    uint8_t hit_len = read_u8(r), algorithm = read_u8(r);
    uint16_t key_len = read_u16(r);
    const uint8_t *hit = reader_take(r, hit_len), *key = reader_take(r, key_len);
    if (hit == NULL || key == NULL) {
        return false;
    }
    text_addf(out, "%u ", algorithm);
    base_print(BASE16, hit, hit_len, out);
    text_add(out, " ");
    base_print(BASE64, key, key_len, out);
    while (reader_left(r) != 0) {
        struct dname server;
        if (dname_read_plain(r, &server) != DNS_OK) {
            return false;
        }
        text_add(out, " ");
        text_name(out, server);
    }
    return true;
}

bool text_odd(enum rdata_field kind, struct reader *r, struct text *out)
{
    switch (kind) {
    case F_BITMAP:
        return print_bitmap(r, out);
    case F_NXT:
        return print_nxt(r, out);
    case F_LOC:
        return print_loc(r, out);
    case F_WKS:
        return print_wks(r, out);
    case F_APL:
        return print_apl(r, out);
    case F_SVCB:
        return text_svcb(r, out);
    case F_GATEWAY:
        return print_ipsec_gateway(r, out);
    case F_RELAY:
        return print_relay(r, out);
    case F_HIP:
        return print_hip(r, out);
    default:
        return false; /* F_OPAQUE */
    }
}
