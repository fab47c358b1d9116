/*
 * base.c - octets as hex, base32hex and base64
 */
#include "dns/base.h"

static const struct {
    uint8_t bits; /* of one digit */
    bool fold;    /* digits are letters of either case */
    const char *digits;
} bases[] = {
    [BASE16] = {4, true, "0123456789ABCDEF"},
    [BASE32HEX] = {5, true, "0123456789ABCDEFGHIJKLMNOPQRSTUV"},
    [BASE64] = {6, false, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
};

void base_print(enum base base, const uint8_t *data, size_t n, struct text *out)
{
    unsigned per_digit = bases[base].bits, have = 0;
    uint32_t bits = 0;
    size_t digits = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | data[i];
        for (have += 8; have >= per_digit; digits++) {
            have -= per_digit;
            text_addn(out, &bases[base].digits[bits >> have & ((1u << per_digit) - 1)], 1);
        }
    }
    if (have != 0) {
        text_addn(out, &bases[base].digits[bits << (per_digit - have) & ((1u << per_digit) - 1)], 1);
        digits++;
    }
    for (; base == BASE64 && digits % 4 != 0; digits++) {
        text_addn(out, "=", 1);
    }
}

struct base_scan base_scan_of(enum base base, struct writer *out)
{
    return (struct base_scan){.base = base, .out = out};
}

static int digit_of(enum base base, char c)
{
    if (bases[base].fold && c >= 'a' && c <= 'z') {
        c = (char)(c - 'a' + 'A');
    }
    const char *at = c != '\0' ? strchr(bases[base].digits, c) : NULL;
    return at != NULL ? (int)(at - bases[base].digits) : -1;
}

bool base_feed(struct base_scan *s, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->chars++;
        if (s->base == BASE64 && text[i] == '=' && s->pads < 2) {
            s->pads++;
            continue;
        }
        int digit = digit_of(s->base, text[i]);
        if (digit < 0 || s->pads != 0) {
            return false;
        }
        s->bits = s->bits << bases[s->base].bits | (uint32_t)digit;
        s->have = (uint8_t)(s->have + bases[s->base].bits);
        if (s->have >= 8) {
            s->have = (uint8_t)(s->have - 8);
            write_u8(s->out, (uint8_t)(s->bits >> s->have));
            s->bits &= (1u << s->have) - 1;
        }
    }
    return true;
}

bool base_done(const struct base_scan *s)
{
    if (s->have >= bases[s->base].bits || s->bits != 0) {
        return false;
    }
    return s->base != BASE64 || s->chars % 4 == 0; /* with one or two '=' as it should be: there is no third */
}
