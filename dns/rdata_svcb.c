/*
 * rdata_svcb.c - are the service parameters of SVCB and HTTPS well-formed?
 */
#include "dns/rdata_odd.h"

/* Walk to the next parameter. */
static bool svcb_next(struct reader *r, uint16_t *key, struct reader *value)
{
    *key = read_u16(r);
    uint16_t n = read_u16(r);
    const uint8_t *p = reader_take(r, n);
    *value = p != NULL ? reader_of(p, n) : (struct reader){.failed = true};
    return p != NULL;
}

/* RFC 9460 section 8: a list of keys, ascending, without "mandatory" itself. */
static bool mandatory_ok(struct reader list)
{
    uint16_t last = SVCB_MANDATORY;
    do {
        uint16_t key = read_u16(&list);
        if (list.failed || key <= last) {
            return false;
        }
        last = key;
    } while (reader_left(&list) != 0);
    return true;
}

/* RFC 9460 section 7.1.1: one or more identifiers of 1 to 255 octets. */
static bool alpn_ok(struct reader list)
{
    do {
        uint8_t n = read_u8(&list);
        if (n == 0 || reader_take(&list, n) == NULL) {
            return false;
        }
    } while (reader_left(&list) != 0);
    return true;
}

bool svcb_value_ok(uint16_t key, struct reader value)
{
    size_t n = reader_left(&value);

    switch (key) {
    case SVCB_MANDATORY:
        return mandatory_ok(value);
    case SVCB_ALPN:
        return alpn_ok(value);
    case SVCB_NO_DEFAULT_ALPN: /* RFC 9460 section 7.1.1 */
    case SVCB_OHTTP:           /* RFC 9540 section 4 */
        return n == 0;
    case SVCB_PORT: /* RFC 9460 section 7.2 */
        return n == 2;
    case SVCB_IPV4HINT: /* RFC 9460 section 7.3: at least one address */
        return n != 0 && n % 4 == 0;
    case SVCB_IPV6HINT:
        return n != 0 && n % 16 == 0;
    case SVCB_ECH:
    case SVCB_DOHPATH: /* RFC 9461 section 5: a URI template */
        return n != 0;
    default:
        return true;
    }
}

/* RFC 9460 section 8: every mandatory key is present. Both lists ascend, so one pass over both will do. */
static bool mandatory_present(struct reader list, struct reader params)
{
    while (reader_left(&list) != 0) {
        uint16_t wanted = read_u16(&list), key;
        struct reader value;
        do {
            if (!svcb_next(&params, &key, &value)) {
                return false;
            }
        } while (key < wanted);
        if (key != wanted) {
            return false;
        }
    }
    return true;
}

bool svcb_ok(struct reader *r)
{
    struct reader all = *r, mandatory = reader_of(NULL, 0);
    int last = -1;
    while (reader_left(r) != 0) {
        uint16_t key;
        struct reader value;
        /* RFC 9460 section 2.2: keys ascend strictly. */
        if (!svcb_next(r, &key, &value) || key <= last || !svcb_value_ok(key, value)) {
            return false;
        }
        if (key == SVCB_MANDATORY) {
            mandatory = value;
        }
        last = key;
    }
    return !r->failed && mandatory_present(mandatory, all);
}
