/*
 * name_text.c - domain names as text (RFC 1035 section 5.1)
 */
#include "dns/name.h"

#include <string.h>

/* Name under construction: finished labels, then one whose length octet is set when it ends. */
struct scan {
    struct dname_buf *out;
    size_t len; /* octets so far; the length octet of the current label is at `label` */
    size_t label;
    unsigned labels;
};

static enum dns_err end_label(struct scan *s)
{
    size_t n = s->len - s->label - 1;
    if (n == 0) {
        return DNS_E_SYNTAX; /* ".." or a dot in front */
    }
    s->out->wire[s->label] = (uint8_t)n;
    s->labels++;
    s->label = s->len++;
    return s->len > DNAME_MAX ? DNS_E_NAME : DNS_OK;
}

static enum dns_err add_octet(struct scan *s, uint8_t c)
{
    if (s->len - s->label > DLABEL_MAX || s->len >= DNAME_MAX) {
        return DNS_E_NAME;
    }
    s->out->wire[s->len++] = c;
    return DNS_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The octet that the escape at text[*at] (behind the backslash) means; *at is moved past it. */
static bool read_escape(const char *text, size_t n, size_t *at, uint8_t *out)
{
    size_t i = *at;
    if (i >= n) {
        return false;
    }
    if (!is_digit(text[i])) {
        *out = (uint8_t)text[i];
        *at = i + 1;
        return true;
    }
    if (n - i < 3 || !is_digit(text[i + 1]) || !is_digit(text[i + 2])) {
        return false;
    }
    unsigned v = (unsigned)(text[i] - '0') * 100 + (unsigned)(text[i + 1] - '0') * 10 + (unsigned)(text[i + 2] - '0');
    *out = (uint8_t)v;
    *at = i + 3;
    return v <= UINT8_MAX;
}

static enum dns_err scan_labels(struct scan *s, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t c = (uint8_t)text[i++];
        enum dns_err err;
        if (c == '.') {
            err = end_label(s);
        } else if (c == '\\' && !read_escape(text, n, &i, &c)) {
            err = DNS_E_SYNTAX;
        } else {
            err = add_octet(s, c);
        }
        if (err != DNS_OK) {
            return err;
        }
    }
    return DNS_OK;
}

/* Put the origin, or the root, behind the labels. */
static enum dns_err finish(struct scan *s, struct dname tail)
{
    if (s->label + tail.len > DNAME_MAX) {
        return DNS_E_NAME;
    }
    memcpy(s->out->wire + s->label, tail.wire, tail.len);
    s->out->len = (uint8_t)(s->label + tail.len);
    s->out->labels = (uint8_t)(s->labels + tail.labels);
    return DNS_OK;
}

enum dns_err dname_scan(const char *text, size_t n, const struct dname *origin, struct dname_buf *out)
{
    struct scan s = {.out = out, .len = 1};
    if (n == 0) {
        return DNS_E_SYNTAX;
    }
    if (n == 1 && text[0] == '.') {
        return finish(&s, dname_root());
    }
    if (n == 1 && text[0] == '@' && origin != NULL) {
        return finish(&s, *origin);
    }
    enum dns_err err = scan_labels(&s, text, n);
    if (err != DNS_OK) {
        return err;
    }
    bool absolute = s.len == s.label + 1; /* a dot ended the last label */
    if (!absolute) {
        err = end_label(&s);
    }
    if (err != DNS_OK) {
        return err;
    }
    return finish(&s, !absolute && origin != NULL ? *origin : dname_root());
}

static char *print_octet(char *p, uint8_t c)
{
    if (c <= ' ' || c > '~') {
        *p++ = '\\';
        *p++ = (char)('0' + c / 100);
        *p++ = (char)('0' + c / 10 % 10);
        *p++ = (char)('0' + c % 10);
        return p;
    }
    if (strchr(".\\\"();@$", c) != NULL) {
        *p++ = '\\';
    }
    *p++ = (char)c;
    return p;
}

size_t dname_print(struct dname n, char out[static DNAME_TEXT_MAX])
{
    char *p = out;
    for (const uint8_t *label = n.wire; label[0] != 0; label += 1 + (size_t)label[0]) {
        for (unsigned i = 1; i <= label[0]; i++) {
            p = print_octet(p, label[i]);
        }
        *p++ = '.';
    }
    if (p == out) {
        *p++ = '.';
    }
    *p = '\0';
    return (size_t)(p - out);
}
