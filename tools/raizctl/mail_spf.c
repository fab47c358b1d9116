/*
 * mail_spf.c - SPF with its includes and redirects: what it costs a receiver at most, and whether it is of use
 *
 * Who may send is not asked here; a receiver stops at the first term that fits, so the count is that of a sender that
 * nothing fits. Names with macros depend on the sender: they count, and are not looked up.
 */
#include <stdio.h>
#include <string.h>

#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/spf.h"

#define WALK_MAX 48 /* records read; a receiver would have given up long before */

struct spf_walk {
    struct lookups *l;
    struct visit {
        struct dname_buf name;
        bool last; /* its "all" is the whole record's */
    } visits[WALK_MAX];
    size_t count;
    unsigned lookups, voids;
    bool open, cut;
    char all; /* the qualifier of the last word; 0: there is none */
    const struct lookup *failed;
    char error[SPF_ERROR_MAX + DNAME_TEXT_MAX + 40];
};

static void wrong(struct spf_walk *w, const char *what, struct dname at)
{
    char name[DNAME_TEXT_MAX];
    if (w->error[0] == '\0') {
        dname_print(at, name);
        snprintf(w->error, sizeof w->error, "%s: %s", name, what);
    }
}

/* The domain that a term speaks of. False: it depends on the sender. */
static bool term_domain(const struct spf_term *t, struct dname self, struct dname_buf *out)
{
    if (t->domain == NULL) {
        dname_copy(self, out);
        return true;
    }
    return !t->macro && dname_scan(t->domain, t->domain_len, NULL, out) == DNS_OK;
}

static void go_on(struct spf_walk *w, const struct spf_term *t, const struct visit *from)
{
    struct dname_buf name;
    if (!term_domain(t, dname_of(&from->name), &name)) {
        return;
    }
    if (w->count == WALK_MAX) {
        w->cut = true;
        return;
    }
    w->visits[w->count++] = (struct visit){.name = name, .last = from->last && t->kind == SPF_REDIRECT};
}

/* A lookup that finds nothing; -1: not known yet. */
static int is_void(struct spf_walk *w, struct dname name, uint16_t type)
{
    const struct lookup *l = lookups_get(w->l, name, type);
    if (l == NULL) {
        w->open = true;
        return -1;
    }
    return !lookup_failed(l) && l->count == 0;
}

static void look_up(struct spf_walk *w, const struct spf_term *t, struct dname self)
{
    struct dname_buf name;
    if (!term_domain(t, self, &name)) {
        return;
    }
    if (t->kind == SPF_MX) {
        const struct lookup *mx = lookups_get(w->l, dname_of(&name), DNS_TYPE_MX);
        w->voids += is_void(w, dname_of(&name), DNS_TYPE_MX) == 1;
        if (mx != NULL && mx->count > SPF_MX_MAX) {
            wrong(w, "more than 10 MX, too many for \"mx\"", dname_of(&name));
        }
    } else if (t->kind == SPF_A) {
        /* Of the two a receiver asks the one for the sender's kind of address; only without both it surely finds none.
         */
        int none4 = is_void(w, dname_of(&name), DNS_TYPE_A), none6 = is_void(w, dname_of(&name), DNS_TYPE_AAAA);
        w->voids += none4 == 1 && none6 == 1;
    } else if (t->kind == SPF_EXISTS) {
        w->voids += is_void(w, dname_of(&name), DNS_TYPE_A) == 1;
    }
}

static void count_terms(struct spf_walk *w, const struct spf *spf, const struct visit *at)
{
    for (size_t i = 0; i < spf->count; i++) {
        const struct spf_term *t = &spf->terms[i];
        if (t->kind == SPF_REDIRECT && spf->all != NULL) {
            continue; /* RFC 7208 section 6.1: of no effect beside "all" */
        }
        w->lookups += spf_costs(t->kind);
        if (t->kind == SPF_INCLUDE || t->kind == SPF_REDIRECT) {
            go_on(w, t, at);
        } else if (t->kind == SPF_ALL) {
            break; /* what is behind it is never reached */
        } else {
            look_up(w, t, dname_of(&at->name));
        }
    }
    if (at->last && spf->all != NULL) {
        w->all = spf->all->qualifier;
    }
}

/* Reads the record at one name. Returns its text if it is the first. */
static void visit(struct spf_walk *w, size_t index, const char **text, size_t *n)
{
    struct visit at = w->visits[index];
    struct spf spf;
    const char *record;
    size_t len;
    const struct lookup *txt = lookups_get(w->l, dname_of(&at.name), DNS_TYPE_TXT);
    if (txt == NULL) {
        w->open = true;
        return;
    }
    if (lookup_failed(txt)) {
        w->failed = w->failed != NULL ? w->failed : txt;
        return;
    }
    size_t found = mail_txt(w->l, txt, spf_is, &record, &len);
    if (found == 0) {
        w->voids += index > 0 && txt->count == 0;
        if (index > 0) { /* RFC 7208 section 5.2 */
            wrong(w, "is included, but has no SPF record", dname_of(&at.name));
        }
        return;
    }
    if (index == 0) {
        *text = record;
        *n = len;
    }
    if (found > 1) { /* RFC 7208 section 4.5 */
        wrong(w, "more than one SPF record", dname_of(&at.name));
    } else if (!spf_parse(record, len, &spf)) {
        wrong(w, spf.error, dname_of(&at.name));
    } else {
        count_terms(w, &spf, &at);
    }
}

static void judge(struct mail_exam *e, const struct spf_walk *w, json_t *o)
{
    const char *error = w->error[0] != '\0' ? w->error : NULL, *text = "";
    char buf[sizeof w->error + 60];
    if (error == NULL && w->lookups > SPF_LOOKUPS_MAX) {
        snprintf(buf, sizeof buf, "it takes %s%u lookups, and receivers stop after 10", w->cut ? "more than " : "",
                 w->lookups);
        error = buf;
    } else if (error == NULL && w->voids > SPF_VOID_MAX) {
        snprintf(buf, sizeof buf, "%u of its lookups find nothing, and receivers stop after 2", w->voids);
        error = buf;
    }
    if (error != NULL) {
        text = error;
        mail_remark(e, MAIL_WEAK, "SPF is broken, and receivers do as if there were none or refuse (%s)", error);
    } else if (w->all == '+') {
        mail_remark(e, MAIL_WEAK, "SPF allows everybody to send in its name (+all)");
    } else if (w->all == 0 || w->all == '?') {
        mail_remark(e, MAIL_OPEN, "SPF says nothing about other senders (no -all or ~all at its end)");
    }
    json_object_set_new(o, "state", json_string(error != NULL ? "error" : "ok"));
    json_object_set_new(o, "text", mail_json_text(text, strlen(text)));
}

void mail_examine_spf(struct mail_exam *e)
{
    struct spf_walk w = {.l = e->l, .count = 1, .visits[0].last = true};
    const char *text = NULL;
    size_t n = 0;
    char all[] = "?all";
    dname_copy(e->domain, &w.visits[0].name);
    for (size_t i = 0; i < w.count; i++) {
        visit(&w, i, &text, &n);
    }
    json_t *o = json_object();
    json_object_set_new(e->report, "spf", o);
    if (w.failed != NULL) {
        mail_put_failure(o, w.failed);
        mail_remark(e, MAIL_BROKEN, "SPF cannot be looked up: %s", out_text(o, "text"));
    } else if (text == NULL) {
        json_object_set_new(o, "state", json_string(w.open ? "unknown" : "none"));
        if (!w.open && e->exists) {
            mail_remark(e, MAIL_OPEN, "no SPF: receivers cannot tell who may send in its name");
        }
    } else {
        judge(e, &w, o);
    }
    if (text != NULL) {
        all[0] = w.all != 0 ? w.all : '?';
        json_object_set_new(o, "record", mail_json_text(text, n));
        json_object_set_new(o, "all", json_string(all));
        json_object_set_new(o, "lookups", json_integer(w.lookups));
        json_object_set_new(o, "lookups_max", json_integer(SPF_LOOKUPS_MAX));
        json_object_set_new(o, "void_lookups", json_integer(w.voids));
        json_object_set_new(o, "void_lookups_max", json_integer(SPF_VOID_MAX));
    }
}
