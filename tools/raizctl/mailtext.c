/*
 * mailtext.c - what domains say about their mail in TXT records: DMARC, MTA-STS, TLS-RPT
 */
#include "tools/raizctl/mailtext.h"

#include <string.h>
#include <strings.h>

#define STS_ID_MAX 32

/* What is left of the list. */
struct cursor {
    const char *text;
    size_t len;
};

struct tag {
    struct mailtext_value name, value;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

struct mailtext_value mailtext_trimmed(const char *text, size_t n)
{
    while (n > 0 && blank(text[0])) {
        text++;
        n--;
    }
    while (n > 0 && blank(text[n - 1])) {
        n--;
    }
    return (struct mailtext_value){text, n};
}

/* The next "tag=value"; a piece without "=" has a value without text. False: the end. */
static bool next_tag(struct cursor *c, struct tag *out)
{
    if (c->len == 0) {
        return false;
    }
    const char *end = memchr(c->text, ';', c->len);
    size_t n = end != NULL ? (size_t)(end - c->text) : c->len;
    const char *equals = memchr(c->text, '=', n);
    size_t name = equals != NULL ? (size_t)(equals - c->text) : n;
    out->name = mailtext_trimmed(c->text, name);
    out->value = equals != NULL ? mailtext_trimmed(equals + 1, n - name - 1) : (struct mailtext_value){NULL, 0};
    size_t used = n + (end != NULL);
    c->text += used;
    c->len -= used;
    return true;
}

static bool is(struct mailtext_value v, const char *word)
{
    return v.text != NULL && v.len == strlen(word) && strncasecmp(v.text, word, v.len) == 0;
}

/* The version: the first tag, its value in this case (RFC 9989 section 4.7, RFC 8461 section 3.1, RFC 8460 section 3).
 */
static bool begins(struct cursor *c, const char *version)
{
    struct tag t;
    return next_tag(c, &t) && is(t.name, "v") && t.value.text != NULL && t.value.len == strlen(version) &&
           memcmp(t.value.text, version, t.value.len) == 0;
}

const char *dmarc_policy_text(enum dmarc_policy policy)
{
    static const char *const words[] = {"", "none", "quarantine", "reject"};
    return words[policy];
}

static bool read_policy(struct mailtext_value v, enum dmarc_policy *out)
{
    for (unsigned p = DMARC_NONE; p <= DMARC_REJECT; p++) {
        if (is(v, dmarc_policy_text((enum dmarc_policy)p))) {
            *out = (enum dmarc_policy)p;
            return true;
        }
    }
    return false;
}

bool dmarc_read(const char *text, size_t n, struct dmarc *out)
{
    struct cursor c = {text, n};
    struct tag t;
    *out = (struct dmarc){.psd = 'u'};
    if (!begins(&c, "DMARC1")) {
        return false;
    }
    while (next_tag(&c, &t)) {
        bool good = true;
        if (is(t.name, "p")) {
            good = read_policy(t.value, &out->p);
        } else if (is(t.name, "sp")) {
            good = read_policy(t.value, &out->sp);
        } else if (is(t.name, "np")) {
            good = read_policy(t.value, &out->np);
        } else if (is(t.name, "psd")) {
            out->psd = is(t.value, "y") ? 'y' : is(t.value, "n") ? 'n' : 'u';
        } else if (is(t.name, "t")) {
            out->testing = is(t.value, "y");
        } else if (is(t.name, "rua")) {
            out->aggregate = t.value.len > 0;
        } else {
            good = t.name.len == 0 ? t.value.text == NULL : t.value.text != NULL; /* unknown tags are passed over */
        }
        if (!good && out->error == NULL) {
            out->error = t.value.text == NULL ? "a piece that is not tag=value" : "a policy that is none";
        }
    }
    if (out->p == DMARC_UNSET) {
        out->p = DMARC_NONE; /* RFC 9989 section 4.7: none, whatever made it unreadable */
        out->error = out->error != NULL ? out->error : "no p=, so nothing is asked of receivers";
    }
    return true;
}

bool mta_sts_read(const char *text, size_t n, struct mta_sts *out)
{
    struct cursor c = {text, n};
    struct tag t;
    *out = (struct mta_sts){.id = {NULL, 0}};
    if (!begins(&c, "STSv1")) {
        return false;
    }
    while (next_tag(&c, &t)) {
        bool good = is(t.name, "id") && out->id.text == NULL && t.value.len >= 1 && t.value.len <= STS_ID_MAX;
        for (size_t i = 0; good && i < t.value.len; i++) {
            char ch = t.value.text[i], letter = (char)(ch | 32);
            good = (ch >= '0' && ch <= '9') || (letter >= 'a' && letter <= 'z');
        }
        if (good) {
            out->id = t.value;
        }
    }
    return true;
}

bool tls_rpt_read(const char *text, size_t n, struct tls_rpt *out)
{
    struct cursor c = {text, n};
    struct tag t;
    *out = (struct tls_rpt){.rua = {NULL, 0}};
    if (!begins(&c, "TLSRPTv1")) {
        return false;
    }
    while (next_tag(&c, &t)) {
        if (is(t.name, "rua") && out->rua.text == NULL && t.value.len > 0) {
            out->rua = t.value;
        }
    }
    return true;
}
