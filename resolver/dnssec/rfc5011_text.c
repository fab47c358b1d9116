/*
 * rfc5011_text.c - the state of managed trust anchors as text
 *
 *     raiz-anchors 1 5b0c...                                     version, SHA-256 of all that follows
 *     zone . refreshed 1767225600 next 1767270000 failed 0
 *     VALID since 1767225600 hold 0 seen 0 DNSKEY 257 3 8 AwEAAa...
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dns/digest.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/dnssec/rfc5011.h"

#define MAGIC          "raiz-anchors 1 "
#define HEX_CHARS      (2 * DIGEST_SHA256_SIZE)
#define FIRST_LEN      (sizeof MAGIC - 1 + HEX_CHARS + 1) /* with its newline */
#define LINE_MAX_BYTES (3 * RFC5011_RDATA_MAX)

static bool checksum(const char *text, size_t n, char hex[static HEX_CHARS + 1])
{
    uint8_t hash[DIGEST_SHA256_SIZE];
    if (!digest_sha256(text, n, hash)) {
        return false;
    }
    for (size_t i = 0; i < sizeof hash; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    return true;
}

size_t rfc5011_write(const struct managed_zone *z, char *out, size_t cap)
{
    char hex[HEX_CHARS + 1];
    if (cap <= FIRST_LEN) {
        return 0;
    }
    struct text t = text_of(out + FIRST_LEN, cap - FIRST_LEN);
    text_add(&t, "zone ");
    text_name(&t, dname_of(&z->zone));
    text_addf(&t, " refreshed %" PRId64 " next %" PRId64 " failed %u\n", z->refreshed_s, z->next_s, z->failed);
    for (unsigned i = 0; i < z->count; i++) {
        const struct managed_key *k = &z->key[i];
        text_addf(&t, "%s since %" PRId64 " hold %" PRIu32 " seen %" PRIu32 " %s ", key_state_text(k->state),
                  k->since_s, k->hold_s, k->seen, k->type == DNS_TYPE_DS ? "DS" : "DNSKEY");
        rdata_print(k->type, k->rdata, k->len, &t);
        text_add(&t, "\n");
    }
    if (t.cut || !checksum(t.buf, t.len, hex)) {
        return 0;
    }
    char first[FIRST_LEN + 1];
    snprintf(first, sizeof first, MAGIC "%s\n", hex);
    memcpy(out, first, FIRST_LEN);
    return FIRST_LEN + t.len;
}

/* The words of one line, one after the other. */
struct line {
    const char *at, *end;
    unsigned number;
    char *error;
};

static bool wrong(const struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(const struct line *l, const char *fmt, ...)
{
    char what[RFC5011_ERROR_MAX - 20];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    snprintf(l->error, RFC5011_ERROR_MAX, "line %u: %s", l->number, what);
    return false;
}

static bool word(struct line *l, const char **text, size_t *n)
{
    const char *blank = memchr(l->at, ' ', (size_t)(l->end - l->at));
    *text = l->at;
    *n = (size_t)((blank != NULL ? blank : l->end) - l->at);
    l->at += *n + (blank != NULL);
    return *n > 0;
}

static bool is(const char *text, size_t n, const char *what)
{
    return strlen(what) == n && memcmp(text, what, n) == 0;
}

/* "key 123" */
static bool number(struct line *l, const char *key, uint64_t most, uint64_t *out)
{
    const char *text;
    size_t n;
    if (!word(l, &text, &n) || !is(text, n, key)) {
        return wrong(l, "'%s' is expected", key);
    }
    if (!word(l, &text, &n) || n > 15) {
        return wrong(l, "%s: a number is expected", key);
    }
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return wrong(l, "%s: a number is expected", key);
        }
        *out = *out * 10 + (uint64_t)(text[i] - '0');
    }
    return *out <= most || wrong(l, "%s: too large", key);
}

static bool read_zone(struct line *l, struct managed_zone *z)
{
    const char *text;
    size_t n;
    uint64_t refreshed = 0, next = 0, failed = 0;
    if (!word(l, &text, &n) || !is(text, n, "zone") || !word(l, &text, &n) ||
        dname_scan(text, n, NULL, &z->zone) != DNS_OK) {
        return wrong(l, "'zone NAME' is expected");
    }
    if (!number(l, "refreshed", INT64_MAX, &refreshed) || !number(l, "next", INT64_MAX, &next) ||
        !number(l, "failed", UINT32_MAX, &failed)) {
        return false;
    }
    z->refreshed_s = (int64_t)refreshed;
    z->next_s = (int64_t)next;
    z->failed = (unsigned)failed;
    return l->at == l->end || wrong(l, "more than is expected");
}

static bool read_key(struct line *l, struct managed_key *k)
{
    const char *text;
    size_t n;
    uint64_t since = 0, hold = 0, seen = 0;
    bool known = word(l, &text, &n);
    for (k->state = KEY_ADDPEND; known && k->state < KEY_STATES && !is(text, n, key_state_text(k->state)); k->state++) {
    }
    if (!known || k->state == KEY_STATES) {
        return wrong(l, "begins with the state of a key");
    }
    if (!number(l, "since", INT64_MAX, &since) || !number(l, "hold", UINT32_MAX, &hold) ||
        !number(l, "seen", UINT32_MAX, &seen)) {
        return false;
    }
    k->since_s = (int64_t)since;
    k->hold_s = (uint32_t)hold;
    k->seen = (uint32_t)seen;
    if (!word(l, &text, &n) || !dns_type_scan(text, n, &k->type) ||
        (k->type != DNS_TYPE_DNSKEY && (k->type != DNS_TYPE_DS || k->state != KEY_VALID))) {
        return wrong(l, "DNSKEY is expected, or DS of a valid key");
    }
    struct writer w = writer_of(k->rdata, sizeof k->rdata);
    struct scan_error e;
    if (rdata_scan_line(k->type, l->at, (size_t)(l->end - l->at), dname_root(), &w, &e) != DNS_OK || w.pos <= 4) {
        return wrong(l, "the key: %.140s", w.pos <= 4 ? "too short" : e.message);
    }
    k->len = (uint16_t)w.pos;
    return true;
}

static bool read_first(const char *text, size_t n, char *error)
{
    char hex[HEX_CHARS + 1];
    struct line l = {.number = 1, .error = error};
    if (n < FIRST_LEN || memcmp(text, MAGIC, sizeof MAGIC - 1) != 0 || text[FIRST_LEN - 1] != '\n') {
        return wrong(&l, "'%s' and a checksum are expected", "raiz-anchors 1");
    }
    if (!checksum(text + FIRST_LEN, n - FIRST_LEN, hex) || memcmp(hex, text + sizeof MAGIC - 1, HEX_CHARS) != 0) {
        return wrong(&l, "the checksum is not that of the rest: cut short, or changed by hand");
    }
    return true;
}

bool rfc5011_read(const char *text, size_t n, struct managed_zone *z, char *error)
{
    struct line l = {.at = text, .number = 1, .error = error};
    memset(z, 0, sizeof *z);
    if (!read_first(text, n, error)) {
        return false;
    }
    for (const char *at = text + FIRST_LEN; at < text + n; at = l.end + 1) {
        l.number++;
        l.at = at;
        l.end = memchr(at, '\n', (size_t)(text + n - at));
        if (l.end == NULL) {
            return wrong(&l, "does not end");
        }
        if (l.end - at > LINE_MAX_BYTES) {
            return wrong(&l, "longer than %d characters", LINE_MAX_BYTES);
        }
        if (l.number == 2) {
            if (!read_zone(&l, z)) {
                return false;
            }
        } else if (z->count == RFC5011_KEYS_MAX) {
            return wrong(&l, "more than %d keys", RFC5011_KEYS_MAX);
        } else if (!read_key(&l, &z->key[z->count++])) {
            return false;
        }
    }
    return l.number >= 2 || wrong(&l, "no zone");
}
