/*
 * mail_policy.c - DMARC by the walk up the tree, the records of MTA-STS and TLS-RPT
 */
#include <stdio.h>
#include <string.h>

#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/mailtext.h"
#include "tools/raizctl/out.h"

#define WALK_LABELS 7 /* RFC 9989 section 4.10: from the name itself to its last seven labels */
#define WALK_MAX    (WALK_LABELS + 1)

static bool is_dmarc(const char *text, size_t n)
{
    struct dmarc d;
    return dmarc_read(text, n, &d);
}

static bool is_sts(const char *text, size_t n)
{
    struct mta_sts s;
    return mta_sts_read(text, n, &s);
}

static bool is_rpt(const char *text, size_t n)
{
    struct tls_rpt r;
    return tls_rpt_read(text, n, &r);
}

/* One stop of the walk. */
struct stop {
    struct dname at;
    const char *text; /* NULL: no record, or more than one, which counts as none */
    size_t len;
    struct dmarc dmarc;
};

struct dmarc_walk {
    struct stop stops[WALK_MAX];
    size_t count;
    bool open, twice;
    const struct lookup *failed;
};

static void stop_at(struct mail_exam *e, struct dmarc_walk *w, struct dname at)
{
    static const char *const label[] = {"_dmarc"};
    struct dname_buf name;
    struct stop *s = &w->stops[w->count++];
    *s = (struct stop){.at = at};
    const struct lookup *txt =
        mail_below(label, 1, at, &name) ? lookups_get(e->l, dname_of(&name), DNS_TYPE_TXT) : NULL;
    if (txt == NULL) {
        w->open = true;
    } else if (lookup_failed(txt)) {
        w->failed = w->failed != NULL ? w->failed : txt;
    } else {
        size_t found = mail_txt(e->l, txt, is_dmarc, &s->text, &s->len);
        w->twice = w->twice || found > 1;
        if (found == 1) {
            dmarc_read(s->text, s->len, &s->dmarc);
        } else {
            s->text = NULL;
        }
    }
}

/* RFC 9989 section 4.10: the name itself, then its ancestors, from seven labels down to one. */
static void walk_up(struct mail_exam *e, struct dmarc_walk *w)
{
    unsigned labels = e->domain.labels;
    stop_at(e, w, e->domain);
    labels = labels > WALK_LABELS + 1 ? WALK_LABELS + 1 : labels;
    for (unsigned n = labels; n > 1; n--) {
        stop_at(e, w, dname_suffix(e->domain, n - 1));
    }
}

/* The organisational domain's stop, by what the walk found; NULL: nobody said anything. */
static const struct stop *organisation(const struct dmarc_walk *w)
{
    const struct stop *highest = NULL;
    for (size_t i = 0; i < w->count; i++) {
        const struct stop *s = &w->stops[i];
        if (s->text == NULL) {
            continue;
        }
        if (s->dmarc.psd == 'n') {
            return s;
        }
        if (s->dmarc.psd == 'y' && i > 0) { /* a registry's: the organisation is one label below, else this speaks */
            return w->stops[i - 1].text != NULL ? &w->stops[i - 1] : s;
        }
        highest = s;
    }
    return highest;
}

/* Which of the record's policies is for this domain. */
static enum dmarc_policy policy_for(const struct mail_exam *e, const struct stop *s, const char **tag)
{
    *tag = "p";
    if (dname_equal(s->at, e->domain)) {
        return s->dmarc.p;
    }
    if (!e->exists && s->dmarc.np != DMARC_UNSET) {
        *tag = "np";
        return s->dmarc.np;
    }
    if (s->dmarc.sp != DMARC_UNSET) {
        *tag = "sp";
        return s->dmarc.sp;
    }
    return s->dmarc.p;
}

static void put_dmarc(struct mail_exam *e, const struct stop *s, json_t *o)
{
    const char *tag;
    enum dmarc_policy policy = policy_for(e, s, &tag);
    const char *error = s->dmarc.error != NULL ? s->dmarc.error : "";
    json_object_set_new(o, "state", json_string(error[0] != '\0' ? "error" : "ok"));
    json_object_set_new(o, "text", json_string(error));
    json_object_set_new(o, "record", mail_json_text(s->text, s->len));
    json_object_set_new(o, "from", mail_json_name(s->at));
    json_object_set_new(o, "policy", json_string(dmarc_policy_text(policy)));
    json_object_set_new(o, "tag", json_string(tag));
    json_object_set_new(o, "testing", json_boolean(s->dmarc.testing));
    json_object_set_new(o, "reports", json_boolean(s->dmarc.aggregate));
    if (error[0] != '\0') {
        mail_remark(e, MAIL_WEAK, "DMARC is faulty: %s", error);
    } else if (policy == DMARC_NONE || s->dmarc.testing) {
        mail_remark(e, MAIL_OPEN, "DMARC asks for nothing yet (%s)", s->dmarc.testing ? "t=y" : "policy none");
    }
}

static void examine_dmarc(struct mail_exam *e)
{
    struct dmarc_walk w = {.count = 0};
    json_t *o = json_object();
    json_object_set_new(e->report, "dmarc", o);
    walk_up(e, &w);
    const struct stop *s = w.stops[0].text != NULL ? &w.stops[0] : organisation(&w);
    if (s != NULL && !w.open) {
        put_dmarc(e, s, o);
    } else if (w.failed != NULL) {
        mail_put_failure(o, w.failed);
        mail_remark(e, MAIL_BROKEN, "DMARC cannot be looked up: %s", out_text(o, "text"));
    } else {
        json_object_set_new(o, "state", json_string(w.open ? "unknown" : "none"));
        if (!w.open && e->exists) {
            mail_remark(e, MAIL_OPEN,
                        w.twice ? "more than one DMARC record, which counts as none"
                                : "no DMARC: receivers do not learn what to do with forged mail");
        }
    }
}

/* A policy that is one TXT record of its own, below the domain. */
struct single {
    const char *key; /* of the report */
    const char *labels[2];
    unsigned label_count;
    bool (*is)(const char *text, size_t n);
};

/* The text of that record; NULL: there is nothing to read, and *of, its part of the report, says so. */
static const char *only_record(struct mail_exam *e, const struct single *single, json_t **of, size_t *n)
{
    struct dname_buf name;
    json_t *o = *of = json_object();
    const char *text = NULL;
    json_object_set_new(e->report, single->key, o);
    const struct lookup *txt = mail_below(single->labels, single->label_count, e->domain, &name)
                                   ? lookups_get(e->l, dname_of(&name), DNS_TYPE_TXT)
                                   : NULL;
    if (txt == NULL) {
        json_object_set_new(o, "state", json_string("unknown"));
        return NULL;
    }
    if (lookup_failed(txt)) {
        mail_put_failure(o, txt);
        return NULL;
    }
    size_t found = mail_txt(e->l, txt, single->is, &text, n);
    json_object_set_new(o, "state", json_string(found == 0 ? "none" : found == 1 ? "ok" : "error"));
    if (found > 1) {
        json_object_set_new(o, "text", json_string("more than one record, which counts as none"));
        return NULL;
    }
    if (text != NULL) {
        json_object_set_new(o, "record", mail_json_text(text, *n));
    }
    return text;
}

static void examine_sts(struct mail_exam *e)
{
    static const struct single single = {"mta_sts", {"_mta-sts"}, 1, is_sts};
    struct mta_sts sts;
    size_t n = 0;
    json_t *o;
    const char *text = only_record(e, &single, &o, &n);
    if (text == NULL || !mta_sts_read(text, n, &sts)) {
        return;
    }
    if (sts.id.text == NULL) {
        json_object_set_new(o, "state", json_string("error"));
        json_object_set_new(o, "text", json_string("no id of 1 to 32 letters and digits"));
        mail_remark(e, MAIL_WEAK, "MTA-STS is faulty: no id of 1 to 32 letters and digits");
        return;
    }
    json_object_set_new(o, "id", mail_json_text(sts.id.text, sts.id.len));
    mail_examine_sts_policy(e, o);
}

static void examine_rpt(struct mail_exam *e)
{
    static const struct single single = {"tls_rpt", {"_smtp", "_tls"}, 2, is_rpt};
    struct tls_rpt rpt;
    size_t n = 0;
    json_t *o;
    const char *text = only_record(e, &single, &o, &n);
    if (text == NULL || !tls_rpt_read(text, n, &rpt)) {
        return;
    }
    if (rpt.rua.text != NULL) {
        json_object_set_new(o, "rua", mail_json_text(rpt.rua.text, rpt.rua.len));
    } else {
        json_object_set_new(o, "state", json_string("error"));
        json_object_set_new(o, "text", json_string("it names nobody to report to (rua=)"));
        mail_remark(e, MAIL_MINOR, "TLS-RPT names nobody to report to");
    }
}

void mail_examine_policies(struct mail_exam *e)
{
    examine_dmarc(e);
    examine_sts(e);
    examine_rpt(e);
}
