/*
 * anchors.c - where trust begins
 *
 * A short list, kept sorted from the deepest zone to the root so that the first that encloses a name is the closest.
 */
#include "resolver/dnssec/anchors.h"

#include "dns/arena.h"
#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/dnssec/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANCHORS_BYTES_MAX (4 * 1024 * 1024) /* of one set of anchors; a zone's take some 500 bytes */
#define ANCHORS_LINE_MAX  8192
#define ERROR_MAX         ANCHORS_ERROR_MAX

/* IANA's root anchors, https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024. */
static const char *const builtin[] = {
    ". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct entry {
    struct dname_buf zone;
    struct rrset *ds, *dnskey; /* in the arena */
};

struct anchors {
    struct arena arena;
    struct entry *entries;
    size_t count, room;
};

struct anchors *anchors_new(void)
{
    struct anchors *a = calloc(1, sizeof *a);
    if (a != NULL) {
        arena_init(&a->arena, NULL, 0, ANCHORS_BYTES_MAX);
    }
    return a;
}

void anchors_free(struct anchors *a)
{
    if (a != NULL) {
        arena_release(&a->arena);
        free(a->entries);
        free(a);
    }
}

/* The entry of a zone, made if need be at its place: more labels first. */
static struct entry *entry_of(struct anchors *a, struct dname zone)
{
    size_t at = 0;
    while (at < a->count && a->entries[at].zone.labels >= zone.labels) {
        if (dname_equal(dname_of(&a->entries[at].zone), zone)) {
            return &a->entries[at];
        }
        at++;
    }
    if (a->count == a->room) {
        size_t room = a->room == 0 ? 4 : a->room * 2;
        struct entry *more = realloc(a->entries, room * sizeof *more);
        if (more == NULL) {
            return NULL;
        }
        a->entries = more;
        a->room = room;
    }
    memmove(&a->entries[at + 1], &a->entries[at], (a->count - at) * sizeof a->entries[0]);
    a->count++;
    memset(&a->entries[at], 0, sizeof a->entries[at]);
    dname_lower(zone, &a->entries[at].zone);
    return &a->entries[at];
}

/* The set with one record more. The old piece stays in the arena: anchors are few. */
static bool add_record(struct anchors *a, struct entry *e, uint16_t type, struct rdata_ref rr)
{
    struct rrset **set = type == DNS_TYPE_DS ? &e->ds : &e->dnskey;
    struct rdata_ref all[DNS_RRSET_RRS_MAX];
    uint16_t n = 0;
    if (*set != NULL) {
        struct rrset_iter it = rrset_rrs(*set);
        while (n < DNS_RRSET_RRS_MAX && rrset_next(&it, &all[n])) {
            n++;
        }
    }
    if (n == DNS_RRSET_RRS_MAX) {
        return false;
    }
    all[n++] = rr;
    struct rrset *more;
    if (rrset_make(dname_of(&e->zone), type, 0, all, n, &a->arena, &more) != DNS_OK) {
        return false;
    }
    *set = more;
    return true;
}

bool anchors_add_rdata(struct anchors *a, struct dname zone, uint16_t type, struct rdata_ref rr)
{
    struct entry *e = entry_of(a, zone);
    if (e == NULL || add_record(a, e, type, rr)) {
        return e != NULL;
    }
    if (e->ds == NULL && e->dnskey == NULL) { /* made for nothing */
        size_t at = (size_t)(e - a->entries);
        a->count--;
        memmove(e, e + 1, (a->count - at) * sizeof *e);
    }
    return false;
}

/* The next word of a line; false at its end or at a comment. */
static bool next_word(const char **p, const char *end, const char **word, size_t *n)
{
    while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r')) {
        (*p)++;
    }
    *word = *p;
    while (*p < end && **p != ' ' && **p != '\t' && **p != '\r' && **p != ';') {
        (*p)++;
    }
    *n = (size_t)(*p - *word);
    return *n != 0;
}

/* Skip TTL and class, and read the type. */
static bool read_type(const char **p, const char *end, uint16_t *type, char *error)
{
    const char *word;
    size_t n;
    uint16_t rclass;
    while (next_word(p, end, &word, &n)) {
        uint32_t ttl;
        if (dns_type_scan(word, n, type)) {
            if (*type == DNS_TYPE_DS || *type == DNS_TYPE_DNSKEY) {
                return true;
            }
            break;
        }
        if (ttl_scan(word, n, &ttl) != DNS_OK && (!dns_class_scan(word, n, &rclass) || rclass != DNS_CLASS_IN)) {
            break;
        }
    }
    snprintf(error, ERROR_MAX, "a trust anchor is a DS or DNSKEY record: \"ZONE DS TAG ALGORITHM DIGEST-TYPE DIGEST\"");
    return false;
}

bool anchors_add_text(struct anchors *a, const char *text, size_t n, char *error)
{
    const char *p = text, *end = text + n, *word;
    size_t len;
    struct dname_buf zone;
    uint16_t type;
    uint8_t rdata[ANCHORS_LINE_MAX];
    struct writer w = writer_of(rdata, sizeof rdata);
    struct scan_error scan;
    struct dname root = dname_root();

    error[0] = '\0';
    if (n > ANCHORS_LINE_MAX) {
        snprintf(error, ERROR_MAX, "longer than %d characters", ANCHORS_LINE_MAX);
        return false;
    }
    if (!next_word(&p, end, &word, &len) || dname_scan(word, len, &root, &zone) != DNS_OK) {
        snprintf(error, ERROR_MAX, "begins with the name of the zone, such as \"example.\"");
        return false;
    }
    if (!read_type(&p, end, &type, error)) {
        return false;
    }
    const char *comment = memchr(p, ';', (size_t)(end - p));
    end = comment != NULL ? comment : end;
    if (rdata_scan_line(type, p, (size_t)(end - p), root, &w, &scan) != DNS_OK) {
        snprintf(error, ERROR_MAX, "%s", scan.message);
        return false;
    }
    if (!anchors_add_rdata(a, dname_of(&zone), type, (struct rdata_ref){.data = rdata, .len = (uint16_t)w.pos})) {
        snprintf(error, ERROR_MAX, "too many trust anchors, or out of memory");
        return false;
    }
    return true;
}

bool anchors_add_builtin(struct anchors *a)
{
    char error[ERROR_MAX];
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++) {
        if (!anchors_add_text(a, builtin[i], strlen(builtin[i]), error)) {
            return false;
        }
    }
    return true;
}

/* Does the set name the key that a built-in text names? By tag and algorithm, as the anchor may be a DNSKEY. */
static bool names_builtin(const struct rrset *set)
{
    if (set == NULL) {
        return false;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        unsigned tag =
            set->type == DNS_TYPE_DS ? (unsigned)rr.data[0] << 8 | rr.data[1] : dnssec_key_tag(rr.data, rr.len);
        for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++) {
            if (strtoul(builtin[i] + strlen(". DS "), NULL, 10) == tag) {
                return true;
            }
        }
    }
    return false;
}

bool anchors_private_root(const struct anchors *a)
{
    struct anchor root;
    return anchors_closest(a, dname_root(), &root) && !names_builtin(root.ds) && !names_builtin(root.dnskey);
}

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0' || line[strspn(line, " \t")] == ';' ||
           line[strspn(line, " \t")] == '#';
}

bool anchors_add_file(struct anchors *a, const char *path, char *error)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        snprintf(error, ERROR_MAX, "%.120s: %s", path, strerror(errno));
        return false;
    }
    char line[ANCHORS_LINE_MAX], why[ERROR_MAX];
    size_t before = a->count;
    bool ok = true, any = false;
    for (unsigned number = 1; ok && fgets(line, sizeof line, f) != NULL; number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (is_blank(line)) {
            continue;
        }
        any = true;
        ok = anchors_add_text(a, line, strlen(line), why);
        if (!ok) {
            snprintf(error, ERROR_MAX, "%.100s:%u: %.80s", path, number, why);
        }
    }
    if (ok && ferror(f)) {
        snprintf(error, ERROR_MAX, "%.120s: cannot be read", path);
        ok = false;
    }
    if (ok && !any && a->count == before) {
        snprintf(error, ERROR_MAX, "%.120s: holds no trust anchor", path);
        ok = false;
    }
    fclose(f);
    return ok;
}

static void show(const struct entry *e, struct anchor *out)
{
    *out = (struct anchor){.zone = dname_of(&e->zone), .ds = e->ds, .dnskey = e->dnskey};
}

bool anchors_closest(const struct anchors *a, struct dname name, struct anchor *out)
{
    for (size_t i = 0; i < a->count; i++) {
        if (dname_under(name, dname_of(&a->entries[i].zone))) {
            show(&a->entries[i], out);
            return true;
        }
    }
    return false;
}

size_t anchors_count(const struct anchors *a)
{
    return a->count;
}

bool anchors_at(const struct anchors *a, size_t i, struct anchor *out)
{
    if (i >= a->count) {
        return false;
    }
    show(&a->entries[i], out);
    return true;
}
