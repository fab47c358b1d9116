/*
 * mail_exam.c - the examination as a whole: its parts, and the verdict
 */
#include "tools/raizctl/mail_exam.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/raizctl/out.h"

#define SHOWN_MAX 1024 /* octets of a record that are shown */

void mail_remark(struct mail_exam *e, enum mail_weight weight, const char *fmt, ...)
{
    if (e->remark_count == MAIL_REMARKS_MAX) {
        return;
    }
    struct mail_remark *r = &e->remarks[e->remark_count++];
    va_list args;
    r->weight = weight;
    va_start(args, fmt);
    vsnprintf(r->text, sizeof r->text, fmt, args);
    va_end(args);
}

bool mail_below(const char *const *labels, size_t n, struct dname above, struct dname_buf *out)
{
    dname_copy(above, out);
    for (size_t i = n; i > 0; i--) {
        struct dname_buf from = *out;
        if (!dname_prepend((const uint8_t *)labels[i - 1], (uint8_t)strlen(labels[i - 1]), dname_of(&from), out)) {
            return false;
        }
    }
    return true;
}

const char *mail_text(struct lookups *l, const struct lookup_rr *rr, size_t *n)
{
    char *out = arena_alloc(&l->arena, rr->len + (size_t)1);
    struct reader r = reader_of(rr->rdata, rr->len);
    *n = 0;
    while (out != NULL && reader_left(&r) > 0) {
        uint8_t len = read_u8(&r);
        const uint8_t *piece = reader_take(&r, len);
        if (piece != NULL) {
            memcpy(out + *n, piece, len);
            *n += len;
        }
    }
    return out;
}

size_t mail_txt(struct lookups *l, const struct lookup *txt, bool (*wanted)(const char *text, size_t n),
                const char **text, size_t *n)
{
    size_t found = 0;
    for (size_t i = 0; i < txt->count; i++) {
        size_t len;
        const char *s = mail_text(l, &txt->rr[i], &len);
        if (s == NULL) {
            l->full = true;
        } else if (wanted(s, len) && found++ == 0) {
            *text = s;
            *n = len;
        }
    }
    return found;
}

json_t *mail_json_text(const char *text, size_t n)
{
    char shown[SHOWN_MAX + 1];
    return json_string(out_printable((const uint8_t *)text, n, shown, sizeof shown));
}

json_t *mail_json_name(struct dname name)
{
    char text[DNAME_TEXT_MAX];
    dname_print(name, text);
    return json_string(text);
}

void mail_put_failure(json_t *o, const struct lookup *lookup)
{
    char why[LOOKUP_TEXT_MAX];
    json_object_set_new(o, "state", json_string("failed"));
    json_object_set_new(o, "text", json_string(lookup_failure(lookup, why)));
}

/* The remarks into the report, the worst first; returns that one. */
static const char *put_remarks(struct mail_exam *e)
{
    const char *first = NULL;
    json_t *list = json_array();
    for (unsigned weight = MAIL_BROKEN; weight <= MAIL_MINOR; weight++) {
        for (size_t i = 0; i < e->remark_count; i++) {
            if (e->remarks[i].weight == weight) {
                first = first != NULL ? first : e->remarks[i].text;
                json_array_append_new(list, json_string(e->remarks[i].text));
            }
        }
    }
    json_object_set_new(e->report, "remarks", list);
    return first;
}

/* One line, for whoever reads nothing else. */
static void verdict(struct mail_exam *e, char *buf, size_t cap)
{
    char why[LOOKUP_TEXT_MAX];
    const char *weakest = put_remarks(e);
    switch (e->route) {
    case MAIL_UNKNOWN:
        snprintf(buf, cap, "mail waits at the sender: %s",
                 e->failed != NULL ? lookup_failure(e->failed, why) : "not all of the answers came");
        return;
    case MAIL_NULL:
        snprintf(buf, cap, "takes no mail, and says so (null MX): senders return it at once");
        return;
    case MAIL_NOWHERE:
        snprintf(buf, cap, "not deliverable: %s", e->exists ? "neither MX nor address" : "the domain does not exist");
        return;
    case MAIL_MX:
    case MAIL_IMPLICIT:
        break;
    }
    if (e->reachable == 0) {
        snprintf(buf, cap, "not deliverable: no mail server has an address%s%s", weakest != NULL ? "; " : "",
                 weakest != NULL ? weakest : "");
    } else if (weakest == NULL) {
        snprintf(buf, cap, "deliverable; nothing to add");
    } else {
        snprintf(buf, cap, "deliverable; weakest link: %s%s", weakest, e->remark_count > 1 ? " (and more)" : "");
    }
}

/* Why nothing makes senders use TLS; NULL: something does, or may. */
static const char *tls_not_enforced(const struct mail_exam *e)
{
    static const char *const why[] = {[MAIL_STS_ABSENT] = "neither DANE nor MTA-STS",
                                      [MAIL_STS_MISSING] = "no DANE, and no MTA-STS that works",
                                      [MAIL_STS_NONE] = "no DANE, and MTA-STS is switched off (mode none)",
                                      [MAIL_STS_TESTED] = "no DANE, and MTA-STS only tests (mode testing)",
                                      [MAIL_STS_ENFORCED] = NULL};
    return e->reachable > 0 && e->guarded == 0 ? why[e->sts] : NULL;
}

json_t *mail_examine(struct lookups *l, struct dname domain, struct fetch *file)
{
    char text[MAIL_REMARK_MAX + 100];
    struct mail_exam e = {.l = l, .domain = domain, .report = json_object(), .file = file};
    json_object_set_new(e.report, "domain", mail_json_name(domain));
    mail_examine_hosts(&e);
    mail_examine_spf(&e);
    mail_examine_policies(&e);
    const char *open = tls_not_enforced(&e);
    if (open != NULL) {
        mail_remark(&e, MAIL_OPEN, "TLS is not enforced on the way: %s", open);
    }
    if (l->full) {
        mail_remark(&e, MAIL_BROKEN, "too much to look up: not all of it was");
    }
    verdict(&e, text, sizeof text);
    json_object_set_new(e.report, "deliverable", json_boolean(e.reachable > 0));
    json_object_set_new(e.report, "verdict", json_string(text));
    return e.report;
}
