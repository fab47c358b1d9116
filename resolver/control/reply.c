/*
 * reply.c - lines of JSON on their way to one connection
 */
#include "resolver/control/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/control/session.h"

#define LINE_KEPT   (256 * 1024) /* a longer line's memory is given back at once */
#define MESSAGE_MAX 512

static const char no_memory[] = "{\"done\":true,\"ok\":false,\"error\":\"out of memory\",\"code\":1}\n";

void reply_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) != 0) { /* takes the value in any case, and minds a NULL */
        json_decref(*object);
        *object = NULL;
    }
}

void reply_put_number(json_t **object, const char *key, uint64_t value)
{
    reply_put(object, key, json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX));
}

void reply_put_text(json_t **object, const char *key, const char *text)
{
    reply_put(object, key, text != NULL ? json_string(text) : json_null());
}

void reply_put_server(json_t **object, const char *key, const struct addr *server, const struct control *c)
{
    char text[ADDR_TEXT_MAX];
    struct addr a = *server;
    if (a.port == c->ops.world(c->ops.server)->settings->port) {
        a.port = 0;
    }
    addr_print(&a, text);
    reply_put_text(object, key, a.family != ADDR_NONE ? text : NULL);
}

static int append(const char *data, size_t n, void *arg)
{
    struct control *c = arg;
    if (n > c->line_cap - c->line_len) {
        size_t cap = c->line_cap == 0 ? 4096 : c->line_cap;
        while (cap - c->line_len < n) {
            cap *= 2;
        }
        char *grown = realloc(c->line, cap);
        if (grown == NULL) {
            return -1;
        }
        c->line = grown;
        c->line_cap = cap;
    }
    memcpy(c->line + c->line_len, data, n);
    c->line_len += n;
    return 0;
}

static void send_text(struct control_session *s, const char *data, size_t n)
{
    s->control->ops.reply(s->control->ops.server, s, data, n);
}

size_t reply_line(struct control_session *s, json_t *object)
{
    struct control *c = s->control;
    size_t sent = 0;
    c->line_len = 0;
    if (object != NULL && json_dump_callback(object, append, c, JSON_COMPACT | JSON_ENSURE_ASCII) == 0 &&
        append("\n", 1, c) == 0) {
        sent = c->line_len;
        send_text(s, c->line, sent);
    } else {
        s->state = SESSION_IDLE;
        send_text(s, no_memory, sizeof no_memory - 1);
    }
    json_decref(object);
    if (c->line_cap > LINE_KEPT) {
        free(c->line);
        c->line = NULL;
        c->line_cap = 0;
    }
    return sent;
}

void reply_done(struct control_session *s, json_t *object)
{
    s->state = SESSION_IDLE;
    reply_put(&object, "done", json_true());
    reply_put(&object, "ok", json_true());
    reply_line(s, object);
}

void reply_error(struct control_session *s, enum control_code code, const char *fmt, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    s->state = SESSION_IDLE;
    reply_line(s, json_pack("{s:b, s:b, s:s, s:i}", "done", 1, "ok", 0, "error", message, "code", (int)code));
}
