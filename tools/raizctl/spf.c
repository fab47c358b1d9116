/*
 * spf.c - the text of an SPF record (RFC 7208), taken apart
 */
#include "tools/raizctl/spf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dns/addr.h"
#include "dns/name.h"
#include "tools/raizctl/out.h"

#define VERSION     "v=spf1"
#define VERSION_LEN 6

/* A piece of the record. */
struct piece {
    const char *text;
    size_t len;
};

static const struct word {
    const char *name;
    enum spf_kind kind;
    enum { NO_DOMAIN, MAY_DOMAIN, MUST_DOMAIN } domain;
    bool prefix; /* may end in "/24" and "//64" */
} mechanisms[] = {
    {"all", SPF_ALL, NO_DOMAIN, false},   {"include", SPF_INCLUDE, MUST_DOMAIN, false},
    {"a", SPF_A, MAY_DOMAIN, true},       {"mx", SPF_MX, MAY_DOMAIN, true},
    {"ptr", SPF_PTR, MAY_DOMAIN, false},  {"ip4", SPF_IP4, MUST_DOMAIN, false},
    {"ip6", SPF_IP6, MUST_DOMAIN, false}, {"exists", SPF_EXISTS, MUST_DOMAIN, false},
};

static bool fault(struct spf *out, struct piece at, const char *what)
{
    char shown[60];
    out_printable((const uint8_t *)at.text, at.len, shown, sizeof shown);
    snprintf(out->error, sizeof out->error, "'%s': %s", shown, what);
    return false;
}

bool spf_is(const char *text, size_t n)
{
    /* RFC 7208 section 4.5: the version is followed by a blank or nothing. */
    return n >= VERSION_LEN && strncasecmp(text, VERSION, VERSION_LEN) == 0 &&
           (n == VERSION_LEN || text[VERSION_LEN] == ' ');
}

bool spf_costs(enum spf_kind kind)
{
    /* RFC 7208 section 4.6.4 */
    return kind == SPF_INCLUDE || kind == SPF_A || kind == SPF_MX || kind == SPF_PTR || kind == SPF_EXISTS ||
           kind == SPF_REDIRECT;
}

/* The length of the macro "%{...}", "%%", "%_" or "%-" at the beginning of p; 0: it is none (RFC 7208 section 7.1). */
static size_t macro_length(struct piece p)
{
    if (p.len >= 2 && strchr("%_-", p.text[1]) != NULL && p.text[1] != '\0') {
        return 2;
    }
    if (p.len < 4 || p.text[1] != '{' || p.text[2] == '\0' || strchr("slodiphcrtvSLODIPHCRTV", p.text[2]) == NULL) {
        return 0;
    }
    size_t at = 3;
    while (at < p.len && p.text[at] >= '0' && p.text[at] <= '9') {
        at++;
    }
    at += at < p.len && (p.text[at] == 'r' || p.text[at] == 'R');
    while (at < p.len && p.text[at] != '\0' && strchr(".-+,/_=", p.text[at]) != NULL) {
        at++;
    }
    return at < p.len && p.text[at] == '}' ? at + 1 : 0;
}

/* A domain, maybe with macros. */
static bool take_domain(struct spf *out, struct piece term, struct piece p, struct spf_term *t)
{
    struct dname_buf name;
    t->domain = p.text;
    t->domain_len = p.len;
    for (size_t i = 0; i < p.len; i++) {
        if (p.text[i] < 0x21 || p.text[i] > 0x7e) { /* RFC 7208 section 7.1: visible characters */
            return fault(out, term, "a character that may not stand in a domain");
        }
        if (p.text[i] == '%') {
            size_t n = macro_length((struct piece){p.text + i, p.len - i});
            if (n == 0) {
                return fault(out, term, "a macro that is none");
            }
            t->macro = true;
            i += n - 1;
        }
    }
    if (p.len == 0) {
        return fault(out, term, "the domain is missing");
    }
    if (!t->macro && (memchr(p.text, '\\', p.len) != NULL || dname_scan(p.text, p.len, NULL, &name) != DNS_OK)) {
        return fault(out, term, "not a domain name");
    }
    return true;
}

/* A number of at most three digits, without a zero in front, up to `most`. */
static bool take_bits(const char **at, unsigned most)
{
    const char *begin = *at;
    unsigned bits = 0;
    while (**at >= '0' && **at <= '9' && *at - begin < 3) {
        bits = bits * 10 + (unsigned)(*(*at)++ - '0');
    }
    return *at > begin && (*at - begin == 1 || *begin != '0') && bits <= most;
}

/* "/24", "//64" or "/24//64" at the end of an "a" or "mx" is cut off p. */
static bool take_prefix(struct spf *out, struct piece term, struct piece *p)
{
    size_t slash = 0;
    char rest[16] = "";
    while (slash < p->len && p->text[slash] != '/') {
        size_t macro = p->text[slash] == '%' ? macro_length((struct piece){p->text + slash, p->len - slash}) : 0;
        slash += macro > 0 ? macro : 1;
    }
    size_t n = p->len - slash;
    bool ok = n < sizeof rest && memchr(p->text + slash, '\0', n) == NULL;
    memcpy(rest, p->text + slash, ok ? n : 0);
    const char *at = rest;
    if (at[0] == '/' && at[1] != '/') {
        at++;
        ok = take_bits(&at, 32);
    }
    if (at[0] == '/' && at[1] == '/') {
        at += 2;
        ok = take_bits(&at, 128) && ok;
    }
    p->len = slash;
    return (ok && *at == '\0') || fault(out, term, "a prefix length that is none");
}

/* Octets behind "ip4:" or "ip6:". Bits behind the prefix do not matter, unlike in a configuration. */
static bool take_network(struct spf *out, struct piece term, struct piece p, enum addr_family family)
{
    char text[64] = "";
    struct addr a;
    unsigned bits = 0;
    if (p.len < sizeof text) {
        memcpy(text, p.text, p.len);
    }
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash++ = '\0';
        for (const char *c = slash; *c != '\0'; c++) {
            bits = *c >= '0' && *c <= '9' && bits < 1000 ? bits * 10 + (unsigned)(*c - '0') : 1000;
        }
        bits = *slash == '\0' ? 1000 : bits;
    }
    if (memchr(p.text, '\0', p.len) != NULL || strspn(text, "0123456789abcdefABCDEF:.") != strlen(text) ||
        !addr_scan(text, 0, &a) || a.family != family || a.port != 0) {
        return fault(out, term, family == ADDR_IP4 ? "not an IPv4 network" : "not an IPv6 network");
    }
    return bits <= (family == ADDR_IP4 ? 32 : 128) || fault(out, term, "a prefix length that is none");
}

static bool take_mechanism(struct spf *out, struct piece term)
{
    struct spf_term *t = &out->terms[out->count];
    struct piece p = term;
    *t = (struct spf_term){.qualifier = '+'};
    if (p.len > 0 && memchr("+-~?", p.text[0], 4) != NULL) {
        t->qualifier = p.text[0];
        p = (struct piece){p.text + 1, p.len - 1};
    }
    size_t n = 0;
    while (n < p.len && p.text[n] != ':' && p.text[n] != '/') {
        n++;
    }
    const struct word *w = NULL;
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (strlen(mechanisms[i].name) == n && strncasecmp(mechanisms[i].name, p.text, n) == 0) {
            w = &mechanisms[i];
        }
    }
    if (w == NULL) {
        return fault(out, term, "no such mechanism");
    }
    t->kind = w->kind;
    bool given = n < p.len && p.text[n] == ':';
    p = (struct piece){p.text + n + given, p.len - n - given};
    if (w->kind == SPF_IP4 || w->kind == SPF_IP6) {
        out->count++;
        return given ? take_network(out, term, p, w->kind == SPF_IP4 ? ADDR_IP4 : ADDR_IP6)
                     : fault(out, term, "the network is missing");
    }
    if (w->prefix && !take_prefix(out, term, &p)) {
        return false;
    }
    if (p.len > 0 && (!given || w->domain == NO_DOMAIN)) {
        return fault(out, term, "too much behind it");
    }
    if (given || w->domain == MUST_DOMAIN) {
        if (!take_domain(out, term, p, t)) {
            return false;
        }
    }
    if (t->kind == SPF_ALL && out->all == NULL) {
        out->all = t;
    }
    out->count++;
    return true;
}

/* "name=text"; 0: it is a mechanism. */
static size_t modifier_name(struct piece p)
{
    size_t n = 0;
    while (n < p.len && ((p.text[n] | 32) >= 'a' && (p.text[n] | 32) <= 'z'
                             ? true
                             : n > 0 && p.text[n] != '\0' && strchr("0123456789-_.", p.text[n]) != NULL)) {
        n++;
    }
    return n < p.len && p.text[n] == '=' ? n : 0;
}

static bool take_modifier(struct spf *out, struct piece term, size_t name)
{
    struct spf_term *t = &out->terms[out->count];
    struct piece value = {term.text + name + 1, term.len - name - 1};
    bool redirect = name == 8 && strncasecmp(term.text, "redirect", 8) == 0;
    bool explain = name == 3 && strncasecmp(term.text, "exp", 3) == 0;
    *t = (struct spf_term){.kind = redirect ? SPF_REDIRECT : explain ? SPF_EXP : SPF_UNKNOWN_MODIFIER};
    for (size_t i = 0; i < out->count; i++) {
        /* RFC 7208 section 6: each of these once. */
        if ((redirect || explain) && out->terms[i].kind == t->kind) {
            return fault(out, term, "stands there twice");
        }
    }
    if ((redirect || explain) && !take_domain(out, term, value, t)) {
        return false;
    }
    if (redirect) {
        out->redirect = t;
    }
    out->count++;
    return true;
}

bool spf_parse(const char *text, size_t n, struct spf *out)
{
    *out = (struct spf){.count = 0};
    for (size_t at = VERSION_LEN; at < n;) {
        if (text[at] == ' ') {
            at++;
            continue;
        }
        struct piece term = {text + at, 0};
        while (at < n && text[at] != ' ') {
            at++;
            term.len++;
        }
        if (out->count == SPF_TERMS_MAX) {
            return fault(out, term, "too many terms");
        }
        size_t name = modifier_name(term);
        if (name > 0 ? !take_modifier(out, term, name) : !take_mechanism(out, term)) {
            return false;
        }
    }
    return true;
}
