/*
 * text_scan.c - words of a zone file turned into plain rdata, field by field
 *
 * What comes out is checked once more as if it came from a message, so a record that text can make is a record that the
 * wire may carry, and the other way round.
 */
#include "dns/text.h"

#include <stdarg.h>
#include <stdio.h>

#include "dns/text_parts.h"

/* A word as part of a message: one line, not too long, nothing that moves a terminal's cursor (T106). */
static void add_word(struct text *out, const struct token *word)
{
    size_t n = word->len > 40 ? 37 : word->len;
    text_add(out, "'");
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)word->text[i];
        if (c < 0x20 || c > 0x7e) {
            text_addf(out, "\\%03u", c);
        } else {
            text_addn(out, &word->text[i], 1);
        }
    }
    text_add(out, n < word->len ? "...'" : "'");
}

/* "MX preference" */
static void add_what(struct text *out, const struct scan *s)
{
    text_add(out, s->type_name);
    text_add(out, " ");
    if (s->what != NULL) {
        text_add(out, s->what);
        return;
    }
    const char *label = s->type->labels;
    for (unsigned i = s->field; i > 0; i--) {
        const char *comma = strchr(label, ',');
        label = comma != NULL ? comma + 1 : label;
    }
    text_addn(out, label, strcspn(label, ","));
}

static struct text begin_error(struct scan *s, enum dns_err err, size_t token)
{
    s->error->err = err;
    s->error->token = token;
    return text_of(s->error->message, sizeof s->error->message);
}

bool scan_expected(struct scan *s, enum dns_err err, const char *expected)
{
    struct text m = begin_error(s, err, s->next - 1);
    add_what(&m, s);
    text_addf(&m, " must be %s, not ", expected);
    add_word(&m, &s->in->tokens[s->next - 1]);
    return false;
}

/* "TYPE what ['word'] why" */
__attribute__((format(printf, 3, 0))) static bool complain(struct scan *s, const struct token *word, const char *fmt,
                                                           va_list args)
{
    char why[sizeof s->error->message];

    vsnprintf(why, sizeof why, fmt, args);
    struct text m = text_of(s->error->message, sizeof s->error->message);
    add_what(&m, s);
    if (word != NULL) {
        text_add(&m, " ");
        add_word(&m, word);
    }
    text_addf(&m, " %s", why);
    return false;
}

bool scan_wrong(struct scan *s, enum dns_err err, const char *fmt, ...)
{
    va_list args;
    begin_error(s, err, s->next - 1);
    va_start(args, fmt);
    complain(s, &s->in->tokens[s->next - 1], fmt, args);
    va_end(args);
    return false;
}

bool scan_unfit(struct scan *s, enum dns_err err, const char *fmt, ...)
{
    va_list args;
    begin_error(s, err, s->next > 0 ? s->next - 1 : 0);
    va_start(args, fmt);
    complain(s, NULL, fmt, args);
    va_end(args);
    return false;
}

bool scan_more(const struct scan *s)
{
    return s->next < s->in->count;
}

const struct token *scan_any(struct scan *s)
{
    if (!scan_more(s)) {
        struct text m = begin_error(s, DNS_E_SYNTAX, s->in->count);
        add_what(&m, s);
        text_add(&m, " is missing");
        return NULL;
    }
    return &s->in->tokens[s->next++];
}

const struct token *scan_word(struct scan *s)
{
    const struct token *word = scan_any(s);
    if (word != NULL && word->quoted) {
        scan_wrong(s, DNS_E_SYNTAX, "must not be quoted");
        return NULL;
    }
    return word;
}

/* Fields that are written even when they are empty: as "" or "-". */
static bool may_be_left_out(uint8_t field)
{
    return (field & F_EMPTY) != 0 && !text_when_empty(F_KIND(field));
}

static bool scan_fields(struct scan *s)
{
    for (; s->type->fields[s->field] != F_END; s->field++) {
        uint8_t field = s->type->fields[s->field];
        if (!scan_more(s) && may_be_left_out(field)) {
            continue;
        }
        s->what = NULL;
        if (!scan_field(s, F_KIND(field))) {
            return false;
        }
    }
    if (scan_more(s)) {
        struct text m = begin_error(s, DNS_E_SYNTAX, s->next);
        text_add(&m, s->type_name);
        text_add(&m, " takes no more words, but here is ");
        add_word(&m, &s->in->tokens[s->next]);
        return false;
    }
    return true;
}

/* RFC 3597 section 5: \# LENGTH HEX..., for every type. */
static bool is_generic(const struct token_list *in)
{
    const struct token *first = in->tokens;
    return in->count != 0 && !first->quoted && first->len == 2 && memcmp(first->text, "\\#", 2) == 0;
}

static bool scan_generic(struct scan *s)
{
    uint64_t n;
    s->next = 1;
    s->what = "length after \\#";
    if (!scan_number(s, UINT16_MAX, &n)) {
        return false;
    }
    s->what = "data after \\#";
    if ((n != 0 || scan_more(s)) && !scan_base_rest(s, BASE16)) {
        return false;
    }
    size_t got = s->out->pos - s->start;
    if (got != n && !s->out->failed) {
        return scan_unfit(s, DNS_E_RANGE, "has %zu octets, not %u", got, (unsigned)n);
    }
    return true;
}

/* What the words made, seen as a whole. */
static bool check_result(struct scan *s, uint16_t type)
{
    size_t n = s->out->pos - s->start;
    s->what = "data";
    if (s->out->failed) {
        return scan_unfit(s, DNS_E_NO_SPACE, "needs more space than there is");
    }
    if (n > UINT16_MAX) {
        return scan_unfit(s, DNS_E_LIMIT, "is longer than 65535 octets");
    }
    enum dns_err err = rdata_check(type, s->out->base + s->start, (uint16_t)n);
    if (err != DNS_OK) {
        return scan_unfit(s, err, err == DNS_E_RDATA ? "does not fit the type" : "holds a bad name");
    }
    return true;
}

enum dns_err rdata_scan(uint16_t type, const struct token_list *in, struct dname origin, struct writer *out,
                        struct scan_error *error)
{
    char name[DNS_TYPE_TEXT_MAX];
    struct scan s = {
        .in = in,
        .origin = origin,
        .out = out,
        .start = out->pos,
        .error = error,
        .type_name = dns_type_text(type, name),
        .type = rdata_type(type),
    };
    *error = (struct scan_error){.err = DNS_OK};
    bool ok = is_generic(in) ? scan_generic(&s) : scan_fields(&s);
    if (ok || out->failed) {
        ok = check_result(&s, type);
    }
    if (!ok) {
        out->pos = s.start;
    }
    return error->err;
}
