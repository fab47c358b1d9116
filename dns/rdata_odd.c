/*
 * rdata_odd.c - checks of the fields that have an inner structure
 */
#include "dns/rdata_odd.h"

/* RFC 4034 section 4.1.2: windows ascend, have 1 to 32 octets, and do not end in a zero octet. */
static bool bitmap_ok(struct reader *r)
{
    int last = -1;
    do {
        int window = read_u8(r);
        uint8_t n = read_u8(r);
        const uint8_t *bits = reader_take(r, n);
        if (bits == NULL || n == 0 || n > 32 || window <= last || bits[n - 1] == 0) {
            return false;
        }
        last = window;
    } while (reader_left(r) != 0);
    return true;
}

/* RFC 2535 section 5.2: types 0 to 127, one bit each. */
static bool nxt_ok(struct reader *r)
{
    size_t n = reader_left(r);
    return n >= 1 && n <= 16 && reader_take(r, n) != NULL;
}

/* RFC 1876 section 2: a size is base and power of ten, zero to nine each. Zero with a power has no text of its own. */
static bool loc_size_ok(uint8_t size)
{
    return size >> 4 <= 9 && (size & 0xf) <= 9 && (size >> 4 != 0 || size == 0);
}

static bool loc_angle_ok(uint32_t angle, uint32_t degrees_max)
{
    uint32_t limit = degrees_max * 3600000u, equator = 1u << 31;
    return angle >= equator - limit && angle <= equator + limit;
}

static bool loc_ok(struct reader *r)
{
    if (read_u8(r) != 0) { /* RFC 1876 section 2: of other versions nothing is known */
        return reader_take(r, reader_left(r)) != NULL;
    }
    bool sizes = loc_size_ok(read_u8(r));
    sizes = loc_size_ok(read_u8(r)) && sizes;
    sizes = loc_size_ok(read_u8(r)) && sizes;
    bool angles = loc_angle_ok(read_u32(r), 90);
    angles = loc_angle_ok(read_u32(r), 180) && angles;
    read_u32(r); /* altitude: every value */
    return !r->failed && sizes && angles;
}

/* RFC 1035 section 3.4.2: protocol, then at most 65536 bits. */
static bool wks_ok(struct reader *r)
{
    read_u8(r);
    size_t n = reader_left(r);
    return n <= 8192 && reader_take(r, n) != NULL;
}

/* RFC 3123 section 4: family, prefix, N bit and length, address without trailing zero octets. */
static bool apl_ok(struct reader *r)
{
    do {
        uint16_t family = read_u16(r);
        uint8_t prefix = read_u8(r);
        uint8_t n = read_u8(r) & 0x7f;
        const uint8_t *address = reader_take(r, n);
        if (address == NULL || (n != 0 && address[n - 1] == 0)) {
            return false;
        }
        if ((family == 1 && (prefix > 32 || n > 4)) || (family == 2 && (prefix > 128 || n > 16))) {
            return false;
        }
    } while (reader_left(r) != 0);
    return true;
}

/* What IPSECKEY and AMTRELAY point to: nothing, an address, a name (RFC 4025 section 2.5, RFC 8777 section 4.2.4). Of
 * types not yet defined neither length nor form is known. */
static bool gateway_ok(uint8_t type, struct reader *r)
{
    struct dname name;

    switch (type) {
    case 0:
        return !r->failed;
    case 1:
        return reader_take(r, 4) != NULL;
    case 2:
        return reader_take(r, 16) != NULL;
    case 3:
        return dname_read_plain(r, &name) == DNS_OK;
    default:
        return reader_take(r, reader_left(r)) != NULL;
    }
}

static bool ipsec_gateway_ok(struct reader *r)
{
    uint8_t type = read_u8(r);
    read_u8(r); /* algorithm */
    return gateway_ok(type, r);
}

static bool relay_ok(struct reader *r)
{
    return gateway_ok(read_u8(r) & 0x7f, r);
}

/* RFC 8005 section 5: neither HIT nor key is empty; servers are uncompressed names. */
static bool hip_ok(struct reader *r)
{
    uint8_t hit_len = read_u8(r);
    read_u8(r); /* algorithm */
    uint16_t key_len = read_u16(r);
    reader_take(r, hit_len);
    reader_take(r, key_len);
    if (r->failed || hit_len == 0 || key_len == 0) {
        return false;
    }
    while (reader_left(r) != 0) {
        struct dname server;
        if (dname_read_plain(r, &server) != DNS_OK) {
            return false;
        }
    }
    return true;
}

bool rdata_odd_ok(enum rdata_field kind, struct reader *r)
{
    switch (kind) {
    case F_BITMAP:
        return bitmap_ok(r);
    case F_NXT:
        return nxt_ok(r);
    case F_LOC:
        return loc_ok(r);
    case F_WKS:
        return wks_ok(r);
    case F_APL:
        return apl_ok(r);
    case F_SVCB:
        return svcb_ok(r);
    case F_GATEWAY:
        return ipsec_gateway_ok(r);
    case F_RELAY:
        return relay_ok(r);
    case F_HIP:
        return hip_ok(r);
    default:
        return false;
    }
}
