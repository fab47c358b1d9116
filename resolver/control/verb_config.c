/*
 * verb_config.c - config.get, config.set: settings of the running daemon
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/config/show.h"
#include "resolver/config/suggest.h"
#include "resolver/control/reply.h"
#include "resolver/control/session.h"

#define KEY_SHOWN 60

static bool is_setting(const struct option *o)
{
    return o->kind != OPTION_SECTION && o->kind != OPTION_REFUSED && o->list == NULL && o->stored;
}

/* NULL after the error was sent. */
static const struct option *find(struct control_session *s, const char *key)
{
    struct suggest suggest = suggest_for(key);
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (is_setting(&options[i])) {
            if (strcmp(options[i].key, key) == 0) {
                return &options[i];
            }
            suggest_offer(&suggest, options[i].key);
        }
    }
    reply_error(s, CONTROL_USAGE, "key: '%.*s' is no setting%s%s%s", KEY_SHOWN, key,
                suggest.best != NULL ? "; did you mean '" : "", suggest.best != NULL ? suggest.best : "",
                suggest.best != NULL ? "'?" : "");
    return NULL;
}

static json_t *setting_json(const struct settings *set, const struct option *o)
{
    const struct settings_origin *from = set->origin != NULL ? &set->origin[o - options] : NULL;
    json_t *row = json_object();
    char *value = config_value(set, o);
    reply_put_text(&row, "key", o->key);
    reply_put(&row, "value", value != NULL ? json_string(value) : NULL);
    reply_put(&row, "live", json_boolean(o->live));
    reply_put(&row, "origin",
              from != NULL && from->file != NULL ? json_sprintf("%s:%u", from->file, (unsigned)from->line)
                                                 : json_null());
    free(value);
    return row;
}

void verb_config_get(struct control_session *s, const struct args *args)
{
    const struct settings *set = s->control->ops.world(s->control->ops.server)->settings;
    uint64_t rows = 0;
    json_t *o = json_object();
    const struct option *one = (args->given & PARAM_KEY) != 0 ? find(s, args->key) : NULL;
    if ((args->given & PARAM_KEY) != 0 && one == NULL) {
        json_decref(o);
        return;
    }
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (is_setting(&options[i]) && (one == NULL || one == &options[i])) {
            rows++;
            if (reply_line(s, setting_json(set, &options[i])) == 0) {
                json_decref(o);
                return;
            }
        }
    }
    reply_put_number(&o, "settings", rows);
    reply_done(s, o);
}

void verb_config_set(struct control_session *s, const struct args *args)
{
    const struct option *o = find(s, args->key);
    if (o == NULL) {
        return;
    }
    if (option_is_list(o->kind)) {
        reply_error(s, CONTROL_FAILED, "%s is a list: write it into the configuration file, then reload", o->key);
        return;
    }
    if (!o->live) {
        reply_error(s, CONTROL_FAILED,
                    "%s is taken at the start only: write it into the configuration file, then restart", o->key);
        return;
    }
    s->state = SESSION_RELOADING;
    const char *why = s->control->ops.set(s->control->ops.server, s, args->key, args->value);
    if (why != NULL) {
        s->state = SESSION_IDLE;
        reply_error(s, CONTROL_FAILED, "%s", why);
    }
}
