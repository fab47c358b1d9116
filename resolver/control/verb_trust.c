/*
 * verb_trust.c - anchors, nta.add, nta.rm, nta.ls: what is trusted, and what is not validated for a while
 */
#include "dns/types.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"
#include "resolver/dnssec/nta.h"

static void put_time(json_t **o, const char *key, int64_t at_s)
{
    if (at_s > 0) {
        reply_put_number(o, key, (uint64_t)at_s);
    } else {
        reply_put_text(o, key, NULL);
    }
}

void verb_anchors(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    struct control_anchor a;
    size_t i = 0;
    (void)args;
    for (; c->ops.anchor_row(c->ops.server, i, &a); i++) {
        char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
        json_t *o = json_object();
        dname_print(a.zone, name);
        reply_put_text(&o, "zone", name);
        reply_put_text(&o, "type", dns_type_text(a.type, type));
        reply_put_number(&o, "tag", a.tag);
        reply_put_number(&o, "algorithm", a.algorithm);
        reply_put_text(&o, "state", a.state);
        put_time(&o, "since", a.since_s);
        put_time(&o, "refreshed", a.refreshed_s);
        put_time(&o, "next_refresh", a.next_s);
        if (reply_line(s, o) == 0) {
            return;
        }
    }
    json_t *o = json_object();
    reply_put_number(&o, "now", (uint64_t)c->ops.now(c->ops.server).wall_s);
    reply_put_number(&o, "anchors", i);
    reply_done(s, o);
}

void verb_nta_add(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    uint64_t for_s = (args->given & PARAM_FOR) != 0 ? args->for_s : NTA_DEFAULT_S;
    if (for_s > NTA_MAX_S) {
        reply_error(s, CONTROL_USAGE, "for: %d seconds (7 days) at most (RFC 7646)", NTA_MAX_S);
        return;
    }
    const char *wrong =
        c->ops.nta_add(c->ops.server, dname_of(&args->name), (uint32_t)for_s, args->force, args->reason);
    if (wrong != NULL) {
        reply_error(s, CONTROL_FAILED, "%s", wrong);
        return;
    }
    char name[DNAME_TEXT_MAX];
    json_t *o = json_object();
    dname_print(dname_of(&args->name), name);
    reply_put_text(&o, "name", name);
    reply_put_number(&o, "for", for_s);
    reply_done(s, o);
}

void verb_nta_rm(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    char name[DNAME_TEXT_MAX];
    dname_print(dname_of(&args->name), name);
    if (!c->ops.nta_remove(c->ops.server, dname_of(&args->name))) {
        reply_error(s, CONTROL_FAILED, "%s has no negative trust anchor that was added at run time", name);
        return;
    }
    json_t *o = json_object();
    reply_put_text(&o, "name", name);
    reply_done(s, o);
}

void verb_nta_ls(struct control_session *s, const struct args *args)
{
    struct control *c = s->control;
    struct control_nta a;
    size_t i = 0;
    (void)args;
    for (; c->ops.nta_row(c->ops.server, i, &a); i++) {
        char name[DNAME_TEXT_MAX];
        json_t *o = json_object();
        dname_print(a.name, name);
        reply_put_text(&o, "name", name);
        reply_put(&o, "configured", json_boolean(a.configured));
        put_time(&o, "since", a.since_s);
        put_time(&o, "until", a.until_s);
        put_time(&o, "next_check", a.probe_s);
        reply_put_text(&o, "reason", a.reason);
        if (reply_line(s, o) == 0) {
            return;
        }
    }
    json_t *o = json_object();
    reply_put_number(&o, "now", (uint64_t)c->ops.now(c->ops.server).wall_s);
    reply_put_number(&o, "ntas", i);
    reply_done(s, o);
}
