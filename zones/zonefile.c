#include "zones/zonefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dns/text.h"
#include "dns/types.h"
#include "zones/zonefile_reader.h"

/* ---- words ---- */

const char *zonefile_word(const struct token *t, char buf[static ZONEFILE_WORD_MAX])
{
    size_t n = 0;
    for (uint32_t i = 0; i < t->len && n < 40; i++) {
        char c = t->text[i];
        buf[n++] = c >= ' ' && c < 127 ? c : '?';
    }
    if (n < t->len) {
        memcpy(buf + n, "...", 3);
        n += 3;
    }
    buf[n] = '\0';
    return buf;
}

bool zonefile_word_is(const struct token *t, const char *word)
{
    return !t->quoted && t->len == strlen(word) && strncasecmp(t->text, word, t->len) == 0;
}

/* A name in the place of word i. What is wrong is told as that of `what`. */
static bool scan_name(struct zonefile_reader *r, size_t i, const char *what, struct dname_buf *out)
{
    const struct token *t = &r->lx.tokens[i];
    struct dname origin = dname_of(&r->names.origin);
    char word[ZONEFILE_WORD_MAX];
    if (zonefile_word_is(t, "@")) {
        dname_copy(origin, out);
        return true;
    }
    if (t->quoted) {
        lex_fault_at(&r->lx, i, "%s stands between quotes; remove them", what);
        return false;
    }
    if (dname_scan(t->text, t->len, &origin, out) == DNS_OK) {
        return true;
    }
    lex_fault_at(&r->lx, i, "%s '%s' is no domain name: labels have 1 to 63 octets, the whole 255 (with the origin)",
                 what, zonefile_word(t, word));
    return false;
}

static bool scan_ttl(struct zonefile_reader *r, size_t i, uint32_t *out)
{
    const struct token *t = &r->lx.tokens[i];
    char word[ZONEFILE_WORD_MAX];
    if (!t->quoted && ttl_scan(t->text, t->len, out) == DNS_OK && *out <= DNS_TTL_MAX) {
        return true;
    }
    lex_fault_at(&r->lx, i, "TTL must be 0..2147483647 seconds, or like 1h30m or 2d, not '%s'", zonefile_word(t, word));
    return false;
}

/* ---- records ---- */

/* What stands before the rdata. */
struct head {
    uint32_t ttl_s;
    bool has_ttl, has_class;
    uint16_t type;
    size_t rdata; /* index of its first word */
};

static bool scan_class(struct zonefile_reader *r, size_t i, uint16_t rclass)
{
    char buf[DNS_TYPE_TEXT_MAX];
    if (rclass == DNS_CLASS_IN) {
        return true;
    }
    lex_fault_at(&r->lx, i, "class %s: zones are of class IN only; write IN or nothing", dns_class_text(rclass, buf));
    return false;
}

static bool scan_type(struct zonefile_reader *r, size_t i, struct head *out)
{
    const struct token *t = &r->lx.tokens[i];
    char word[ZONEFILE_WORD_MAX];
    if (i == r->lx.count) {
        lex_fault_at(&r->lx, i, "the record's type is missing, such as A or MX");
        return false;
    }
    if (t->quoted || !dns_type_scan(t->text, t->len, &out->type)) {
        lex_fault_at(&r->lx, i, "unknown record type '%s'; a type without a name is written TYPE123 (RFC 3597)",
                     zonefile_word(t, word));
        return false;
    }
    if (dns_type_is_meta(out->type)) {
        lex_fault_at(&r->lx, i, "'%s' is no type of data, it exists in questions and messages only",
                     zonefile_word(t, word));
        return false;
    }
    out->rdata = i + 1;
    return true;
}

/* [TTL] [class] type, or [class] [TTL] type, from word i on (RFC 1035 section 5.1). */
static bool scan_head(struct zonefile_reader *r, size_t i, struct head *out)
{
    *out = (struct head){0};
    for (; i < r->lx.count; i++) {
        const struct token *t = &r->lx.tokens[i];
        uint16_t rclass;
        if (t->len > 0 && t->text[0] >= '0' && t->text[0] <= '9' && !out->has_ttl) {
            if (!scan_ttl(r, i, &out->ttl_s)) {
                return false;
            }
            out->has_ttl = true;
        } else if (!out->has_class && !t->quoted && dns_class_scan(t->text, t->len, &rclass)) {
            if (!scan_class(r, i, rclass)) {
                return false;
            }
            out->has_class = true;
        } else {
            break;
        }
    }
    return scan_type(r, i, out);
}

/* RFC 2308 section 4: the record's own TTL, that of $TTL; then RFC 1035: that of the last record which gave one. */
static bool choose_ttl(struct zonefile_reader *r, struct head *h)
{
    if (h->has_ttl) {
        r->last_ttl_s = h->ttl_s;
        r->has_last_ttl = true;
    } else if (r->has_ttl) {
        h->ttl_s = r->ttl_s;
    } else if (r->has_last_ttl) {
        h->ttl_s = r->last_ttl_s;
    } else if (r->zf->default_ttl_s != 0) {
        h->ttl_s = r->zf->default_ttl_s;
    } else {
        lex_fault_at(&r->lx, 0, "no TTL: give the record one, or write '$TTL 1h' at the head of the file");
        return false;
    }
    return true;
}

static bool scan_owner(struct zonefile_reader *r, size_t *next)
{
    if (!r->lx.indented) {
        r->names.has_owner = false;
        if (!scan_name(r, 0, "owner", &r->names.owner)) {
            return false;
        }
        r->names.has_owner = true;
        *next = 1;
        return true;
    }
    *next = 0;
    if (!r->names.has_owner) {
        lex_fault_at(&r->lx, 0,
                     "no owner: a line that begins with a blank takes the owner of the record before it, "
                     "and there is none");
    }
    return r->names.has_owner;
}

static bool deliver(struct zonefile_reader *r, const struct head *h, const struct writer *w)
{
    struct dname owner = dname_of(&r->names.owner);
    enum dns_err err = r->zf->record(r->zf->arg, owner, h->type, DNS_CLASS_IN, h->ttl_s, w->base, (uint16_t)w->pos);
    char text[DNAME_TEXT_MAX];
    switch (err) {
    case DNS_OK:
        r->zf->records++;
        return true;
    case DNS_E_NAME:
        dname_print(owner, text);
        lex_fault_at(&r->lx, 0,
                     "%.80s lies outside the zone; a name without a dot at its end is completed with $ORIGIN", text);
        return false;
    case DNS_E_NO_MEMORY:
        r->stop = true;
        break;
    default:
        break;
    }
    lex_fault_at(&r->lx, 0, "%s", dns_err_text(err));
    return false;
}

bool zonefile_record(struct zonefile_reader *r)
{
    struct head h;
    size_t next;
    r->zf->at_file = lex_top(&r->lx)->name;
    r->zf->at_line = r->lx.tokens[0].line;
    if (!scan_owner(r, &next) || !scan_head(r, next, &h) || !choose_ttl(r, &h)) {
        return false;
    }
    struct token_list words = {.tokens = r->lx.tokens + h.rdata, .count = r->lx.count - h.rdata};
    struct writer w = writer_of(r->rdata, DNS_RRSET_BYTES_MAX);
    struct scan_error error;
    if (rdata_scan(h.type, &words, dname_of(&r->names.origin), &w, &error) != DNS_OK) {
        lex_fault_at(&r->lx, h.rdata + error.token, "%s", error.message);
        return false;
    }
    return deliver(r, &h, &w);
}

/* ---- directives ---- */

static bool word_count_is(struct zonefile_reader *r, size_t least, size_t most, const char *usage)
{
    if (r->lx.count >= least && r->lx.count <= most) {
        return true;
    }
    lex_fault_at(&r->lx, r->lx.count < least ? r->lx.count : most, "%s: write %s",
                 r->lx.count < least ? "a word is missing" : "there is a word too many", usage);
    return false;
}

static bool set_origin(struct zonefile_reader *r)
{
    struct dname_buf name;
    if (!word_count_is(r, 2, 2, "$ORIGIN name") || !scan_name(r, 1, "$ORIGIN", &name)) {
        return false;
    }
    r->names.origin = name;
    return true;
}

static bool set_ttl(struct zonefile_reader *r)
{
    if (!word_count_is(r, 2, 2, "$TTL seconds") || !scan_ttl(r, 1, &r->ttl_s)) {
        return false;
    }
    r->has_ttl = true;
    return true;
}

static bool include(struct zonefile_reader *r)
{
    struct zonefile_names before = r->names;
    struct dname_buf origin;
    if (!word_count_is(r, 2, 3, "$INCLUDE file [origin]") ||
        (r->lx.count == 3 && !scan_name(r, 2, "origin of $INCLUDE", &origin))) {
        return false;
    }
    bool has_origin = r->lx.count == 3;
    size_t depth = r->lx.depth;
    if (!zonefile_include(r)) {
        return false;
    }
    r->saved[depth] = before;
    if (has_origin) {
        r->names.origin = origin;
    }
    return true;
}

static bool directive(struct zonefile_reader *r)
{
    const struct token *t = &r->lx.tokens[0];
    char word[ZONEFILE_WORD_MAX];
    if (zonefile_word_is(t, "$ORIGIN")) {
        return set_origin(r);
    }
    if (zonefile_word_is(t, "$TTL")) {
        return set_ttl(r);
    }
    if (zonefile_word_is(t, "$INCLUDE")) {
        return include(r);
    }
    if (zonefile_word_is(t, "$GENERATE")) {
        return zonefile_generate(r);
    }
    lex_fault_at(&r->lx, 0, "unknown directive '%s'; there are $ORIGIN, $TTL, $INCLUDE and $GENERATE",
                 zonefile_word(t, word));
    return false;
}

/* ---- the whole ---- */

static bool going_on(const struct zonefile_reader *r)
{
    return r->lx.depth > 0 && !r->stop && r->zf->error_count < ZONEFILE_ERRORS_STOP;
}

static void read_entries(struct zonefile_reader *r)
{
    while (going_on(r)) {
        switch (lex_next(&r->lx)) {
        case LEX_END:
            lex_pop(&r->lx);
            if (r->lx.depth > 0) {
                r->names = r->saved[r->lx.depth];
            }
            break;
        case LEX_BAD:
            break;
        case LEX_ENTRY:
            if (!r->lx.tokens[0].quoted && r->lx.tokens[0].text[0] == '$') {
                directive(r);
            } else {
                zonefile_record(r);
            }
            break;
        }
    }
}

bool zonefile_read(struct zonefile *zf)
{
    zf->error_count = zf->records = 0;
    struct zonefile_reader *r = calloc(1, sizeof *r);
    uint8_t *rdata = malloc(DNS_RRSET_BYTES_MAX);
    if (r == NULL || rdata == NULL || !lex_init(&r->lx, zf)) {
        zonefile_fault(zf, zf->path != NULL ? zf->path : "", 0, 0, "out of memory");
        free(r);
        free(rdata);
        return false;
    }
    r->zf = zf;
    r->rdata = rdata;
    struct dname origin = zf->origin.len != 0 ? zf->origin : dname_root();
    dname_copy(origin, &r->names.origin);
    if (zonefile_open(r)) {
        read_entries(r);
    }
    lex_release(&r->lx);
    free(rdata);
    free(r);
    return zf->error_count == 0;
}

size_t zonefile_error_print(const struct zonefile_error *e, char *buf, size_t cap)
{
    struct text t = text_of(buf, cap);
    text_add(&t, e->file);
    if (e->line != 0) {
        text_addf(&t, ":%lu", (unsigned long)e->line);
    }
    if (e->line != 0 && e->column != 0) {
        text_addf(&t, ":%lu", (unsigned long)e->column);
    }
    text_addf(&t, ": %s", e->message);
    return t.len;
}
