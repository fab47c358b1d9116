/*
 * text_words.c - the small words of zone files: mnemonics, numbers, escapes, times
 */
#include "dns/text_parts.h"

#include <strings.h>

struct word {
    const char *text;
    uint16_t code;
};

/* IANA's "DNS Security Algorithm Numbers"; the second names of 6 and 7 are from RFC 5155's early software. */
static const struct word algorithms[] = {
    {"DELETE", 0},
    {"RSAMD5", 1},
    {"DH", 2},
    {"DSA", 3},
    {"RSASHA1", 5},
    {"DSA-NSEC3-SHA1", 6},
    {"NSEC3DSA", 6},
    {"NSEC3RSASHA1", 7},
    {"RSASHA1-NSEC3-SHA1", 7},
    {"RSASHA256", 8},
    {"RSASHA512", 10},
    {"ECC-GOST", 12},
    {"ECDSAP256SHA256", 13},
    {"ECDSAP384SHA384", 14},
    {"ED25519", 15},
    {"ED448", 16},
    {"SM2SM3", 17},
    {"ECC-GOST12", 23},
    {"INDIRECT", 252},
    {"PRIVATEDNS", 253},
    {"PRIVATEOID", 254},
};
static const struct word certs[] = {
    {"PKIX", 1}, {"SPKI", 2},   {"PGP", 3},     {"IPKIX", 4}, {"ISPKI", 5},
    {"IPGP", 6}, {"ACPKIX", 7}, {"IACPKIX", 8}, {"URI", 253}, {"OID", 254},
};
static const struct word schemes[] = {{"NOTIFY", 1}};
static const struct word protocols[] = {{"ICMP", 1}, {"TCP", 6}, {"UDP", 17}};

#define LIST(words)                                                                                                    \
    {                                                                                                                  \
        words, sizeof(words) / sizeof((words)[0])                                                                      \
    }
static const struct {
    const struct word *words;
    size_t count;
} lists[] = {
    [WORDS_ALGORITHM] = LIST(algorithms),
    [WORDS_CERT] = LIST(certs),
    [WORDS_SCHEME] = LIST(schemes),
    [WORDS_PROTOCOL] = LIST(protocols),
};

const char *text_word(enum text_list list, unsigned code)
{
    for (size_t i = 0; i < lists[list].count; i++) {
        if (lists[list].words[i].code == code) {
            return lists[list].words[i].text;
        }
    }
    return NULL;
}

bool text_word_scan(enum text_list list, const char *text, size_t n, uint16_t *code)
{
    for (size_t i = 0; i < lists[list].count; i++) {
        const struct word *word = &lists[list].words[i];
        if (strlen(word->text) == n && strncasecmp(word->text, text, n) == 0) {
            *code = word->code;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum dns_err text_number(const char *text, size_t n, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    bool in_range = true;

    if (n == 0) {
        return DNS_E_SYNTAX;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(text[i])) {
            return DNS_E_SYNTAX;
        }
        uint64_t digit = (uint64_t)(text[i] - '0');
        in_range = in_range && v <= (max - digit) / 10 && digit <= max;
        v = in_range ? v * 10 + digit : v;
    }
    *out = v;
    return in_range ? DNS_OK : DNS_E_RANGE;
}

bool text_octet(const char **at, const char *end, uint8_t *out)
{
    const char *p = *at;
    if (*p != '\\') {
        *out = (uint8_t)*p;
        *at = p + 1;
        return true;
    }
    if (end - p < 2) {
        return false;
    }
    if (!is_digit(p[1])) {
        *out = (uint8_t)p[1];
        *at = p + 2;
        return true;
    }
    uint64_t v;
    if (end - p < 4 || text_number(p + 1, 3, UINT8_MAX, &v) != DNS_OK) {
        return false;
    }
    *out = (uint8_t)v;
    *at = p + 4;
    return true;
}

/* Seconds of a unit; 0: no such unit. */
static uint32_t unit_of(char c)
{
    switch (c | 0x20) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

enum dns_err ttl_scan(const char *text, size_t n, uint32_t *out)
{
    uint64_t total = 0, v;
    enum dns_err err = text_number(text, n, UINT32_MAX, &v);
    if (err != DNS_E_SYNTAX) { /* digits only */
        *out = (uint32_t)v;
        return err;
    }
    for (size_t i = 0; i < n;) {
        size_t digits = 0;
        while (i + digits < n && is_digit(text[i + digits])) {
            digits++;
        }
        uint32_t unit = i + digits < n ? unit_of(text[i + digits]) : 0;
        if (unit == 0) {
            return DNS_E_SYNTAX;
        }
        err = text_number(text + i, digits, UINT32_MAX, &v);
        if (err != DNS_OK) {
            return err;
        }
        total += v * unit; /* below 2^53, and the sum is checked each time */
        if (total > UINT32_MAX) {
            return DNS_E_RANGE;
        }
        i += digits + 1;
    }
    *out = (uint32_t)total;
    return n != 0 ? DNS_OK : DNS_E_SYNTAX;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar, years 1970 on. The year is taken to begin in March, so
 * that the odd day comes last. */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day)
{
    uint32_t y = month > 2 ? year : year - 1;
    uint32_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
    return (month == 12 ? days_of(year + 1, 1, 1) : days_of(year, month + 1, 1)) - days_of(year, month, 1);
}

void text_time(struct text *out, uint32_t seconds)
{
    uint32_t days = seconds / 86400, of_day = seconds % 86400;
    uint32_t year = 1970 + days / 366, month = 1; /* never too late */
    while (days_of(year + 1, 1, 1) <= days) {
        year++;
    }
    while (month < 12 && days_of(year, month + 1, 1) <= days) {
        month++;
    }
    text_addf(out, "%04u%02u%02u%02u%02u%02u", year, month, days - days_of(year, month, 1) + 1, of_day / 3600,
              of_day / 60 % 60, of_day % 60);
}

/* RFC 4034 section 3.2: 14 digits are a date, up to ten are seconds. The time on the wire wraps after 2106 (RFC 4034
 * section 3.1.5); without a clock only the years until then can be told apart. */
enum dns_err text_time_scan(const char *text, size_t n, uint32_t *seconds)
{
    uint64_t v;
    enum dns_err err = text_number(text, n, n == 14 ? UINT64_MAX : UINT32_MAX, &v);
    if (err != DNS_OK) {
        return err;
    }
    if (n != 14) {
        *seconds = (uint32_t)v;
        return n <= 10 ? DNS_OK : DNS_E_SYNTAX;
    }
    uint32_t year = (uint32_t)(v / 10000000000u), month = (uint32_t)(v / 100000000 % 100);
    uint32_t day = (uint32_t)(v / 1000000 % 100), hour = (uint32_t)(v / 10000 % 100);
    uint32_t minute = (uint32_t)(v / 100 % 100), second = (uint32_t)(v % 100);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
        second > 59) {
        return DNS_E_RANGE;
    }
    uint64_t total = (uint64_t)days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *seconds = (uint32_t)total;
    return total <= UINT32_MAX ? DNS_OK : DNS_E_RANGE;
}
