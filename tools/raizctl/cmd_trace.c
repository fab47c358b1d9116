/*
 * cmd_trace.c - trace: the daemon resolves a name, and tells each step
 */
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/question.h"
#include "tools/raizctl/walk.h"

struct tracing {
    struct ctl *ctl;
    struct walk *walk;
    bool no_memory;
};

static void show_event(void *arg, json_t *o, bool last)
{
    struct tracing *t = arg;
    if (!last) {
        t->no_memory |= !walk_event(t->walk, o);
        return;
    }
    if ((t->ctl->given & OPT_DRAW) != 0) {
        walk_picture(t->walk, o, &t->ctl->style, t->ctl->out);
    } else {
        walk_draw(t->walk, o, &t->ctl->style, t->ctl->out);
    }
}

int cmd_trace(struct ctl *ctl)
{
    struct question q;
    int code = question_read(ctl, &q);
    if (code != CONTROL_OK) {
        return code;
    }
    if (q.server != NULL) {
        return ctl_fail(ctl, CONTROL_USAGE, "only raizd itself can be traced; see raizctl query for other servers");
    }
    struct tracing t = {.ctl = ctl, .walk = walk_new(q.name, q.type)};
    if (t.walk == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    if ((ctl->given & OPT_LEARN) != 0) {
        walk_teach(t.walk, learn_language(), !ctl->style.unicode);
    }
    code = client_ask(ctl,
                      json_pack("{s:s, s:s, s:s, s:b}", "verb", "trace", "name", q.name, "type", q.type, "cold",
                                (ctl->given & OPT_COLD) != 0),
                      show_event, &t);
    walk_free(t.walk);
    if (code == CONTROL_OK && t.no_memory) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory: steps are missing above");
    }
    bool good = strcmp(ctl->rcode, "NOERROR") == 0 || strcmp(ctl->rcode, "NXDOMAIN") == 0;
    return code == CONTROL_OK && !good ? CONTROL_FAILED : code;
}
