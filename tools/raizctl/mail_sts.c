/*
 * mail_sts.c - the policy of MTA-STS: where it is, what it says, and which mail servers it means
 */
#include <stdio.h>
#include <string.h>

#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/sts_policy.h"

#define MX_SHOWN_MAX    100 /* patterns of a policy in the report */
#define MAX_AGE_SHORT_S 86400

/* The addresses of the policy's host, as raizd gives them. NULL: not both lookups are answered. */
static const struct lookup *find_host(struct mail_exam *e, struct dname host, struct fetch *f)
{
    const struct lookup *of[] = {lookups_get(e->l, host, DNS_TYPE_A), lookups_get(e->l, host, DNS_TYPE_AAAA)};
    f->count = 0;
    if (of[0] == NULL || of[1] == NULL) {
        return NULL;
    }
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < of[k]->count && f->count < FETCH_ADDRESSES_MAX; i++) {
            struct addr a = mail_address(&of[k]->rr[i]);
            f->addresses[f->count] = a;
            f->count += a.family != ADDR_NONE;
        }
    }
    return lookup_failed(of[0]) ? of[0] : of[1];
}

/* RFC 8461 section 4.1: a mail server that no pattern matches gets nothing from senders who enforce the policy. */
static void judge_hosts(struct mail_exam *e, const struct sts_policy *policy)
{
    size_t i, others = 0;
    json_t *h, *list = json_object_get(e->report, "mx");
    json_array_foreach(list, i, h)
    {
        const char *name = out_text(h, "host");
        bool allowed = sts_policy_allows(policy, (struct mailtext_value){name, strlen(name) - 1}); /* no dot */
        json_object_set_new(h, "mta_sts", json_boolean(allowed));
        others += !allowed;
        if (!allowed && policy->mode == STS_ENFORCE) {
            mail_remark(e, MAIL_REFUSED, "no mx of the MTA-STS policy matches %s: senders with MTA-STS pass it over",
                        name);
        } else if (!allowed) {
            mail_remark(e, MAIL_WEAK,
                        "no mx of the MTA-STS policy matches %s: once it is enforced, senders pass it over", name);
        }
    }
    if (policy->mode == STS_ENFORCE && others > 0 && others == i) {
        mail_remark(e, MAIL_BROKEN,
                    "no mx of the MTA-STS policy matches any mail server: senders with MTA-STS do not "
                    "deliver");
    }
}

static void put_policy(struct mail_exam *e, const struct sts_policy *policy, json_t *o)
{
    struct mailtext_value pattern;
    json_t *list = json_array();
    for (size_t at = 0; json_array_size(list) < MX_SHOWN_MAX && sts_policy_mx(policy, &at, &pattern);) {
        json_array_append_new(list, mail_json_text(pattern.text, pattern.len));
    }
    json_object_set_new(o, "mode", json_string(sts_mode_text(policy->mode)));
    json_object_set_new(o, "max_age_s", json_integer((json_int_t)policy->max_age_s));
    json_object_set_new(o, "mx", list);
    if (policy->mode == STS_NONE) {
        e->sts = MAIL_STS_NONE;
        return;
    }
    e->sts = policy->mode == STS_ENFORCE ? MAIL_STS_ENFORCED : MAIL_STS_TESTED;
    judge_hosts(e, policy);
    if (policy->max_age_s < MAX_AGE_SHORT_S) {
        mail_remark(e, MAIL_MINOR, "the MTA-STS policy is forgotten within a day: it guards those who write every day");
    } else if (policy->max_age_s > STS_MAX_AGE_S) {
        mail_remark(e, MAIL_MINOR, "the MTA-STS policy's max_age is above the greatest (%d)", STS_MAX_AGE_S);
    }
}

/* What came of fetching it. A sender that gets no policy, or a faulty one, and kept none goes on as if there was none
 * (RFC 8461 section 3.3). */
static void judge_file(struct mail_exam *e, const struct fetch *f, json_t *sts)
{
    static const char *const states[] = {[FETCH_DONE] = "ok", [FETCH_FAILED] = "failed", [FETCH_LEFT_OUT] = "left_out"};
    struct sts_policy policy;
    json_t *o = json_object();
    const char *state = states[f->state], *text = f->state == FETCH_DONE ? "" : f->why;
    if (f->state == FETCH_FAILED) {
        e->sts = MAIL_STS_MISSING;
        mail_remark(e, MAIL_WEAK, "MTA-STS is announced, but its policy cannot be fetched: %s", f->why);
    } else if (f->state == FETCH_DONE && sts_policy_read(f->text, f->len, &policy)) {
        put_policy(e, &policy, o);
    } else if (f->state == FETCH_DONE) {
        state = "error";
        text = policy.error;
        e->sts = MAIL_STS_MISSING;
        mail_remark(e, MAIL_WEAK, "the MTA-STS policy is faulty: %s", policy.error);
    }
    json_object_set_new(o, "state", json_string(state));
    json_object_set_new(o, "text", json_string(text));
    json_object_set_new(sts, "policy_fetched", json_boolean(f->state == FETCH_DONE));
    json_object_set_new(sts, "policy", o);
}

void mail_examine_sts_policy(struct mail_exam *e, json_t *sts)
{
    static const char *const label[] = {"mta-sts"};
    struct dname_buf name;
    struct fetch *f = e->file;
    if (!mail_below(label, 1, e->domain, &name)) {
        return;
    }
    dname_print(dname_of(&name), f->host);
    f->host[strlen(f->host) - 1] = '\0'; /* no dot at the end in a URL */
    snprintf(f->url, sizeof f->url, "https://%s/.well-known/mta-sts.txt", f->host);
    json_object_set_new(sts, "policy_url", json_string(f->url));
    json_object_set_new(sts, "policy_fetched", json_false());
    e->sts = MAIL_STS_UNKNOWN;
    const struct lookup *last = find_host(e, dname_of(&name), f);
    if (last != NULL && f->count == 0) {
        e->sts = MAIL_STS_MISSING;
        if (lookup_failed(last)) {
            mail_put_failure(sts, last);
            mail_remark(e, MAIL_WEAK, "MTA-STS is announced, but %s cannot be looked up: %s", f->host,
                        out_text(sts, "text"));
        } else {
            json_object_set_new(sts, "state", json_string("error"));
            json_object_set_new(sts, "text", json_string("the host of the policy has no address"));
            mail_remark(e, MAIL_WEAK, "MTA-STS is announced, but %s has no address", f->host);
        }
    } else if (last != NULL && f->state == FETCH_OPEN) {
        f->state = FETCH_WANTED;
    } else if (last != NULL && f->state != FETCH_WANTED) {
        judge_file(e, f, sts);
    }
}
