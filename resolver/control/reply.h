/*
 * reply.h - lines of JSON on their way to one connection
 *
 * Every reply ends with one line that has "done". Text that cannot be made for want of memory becomes a fixed line that
 * says so, so a client always gets its last line.
 *
 * Memory: functions that take a json_t own it from then on, also when it is NULL because memory ran out.
 */
#ifndef RAIZ_CONTROL_REPLY_H
#define RAIZ_CONTROL_REPLY_H

#include <jansson.h>
#include <stddef.h>

#include "resolver/control/control.h"

/* *object gets a member; on failure of either it is freed and NULL, and what follows does nothing. */
void reply_put(json_t **object, const char *key, json_t *value);
void reply_put_number(json_t **object, const char *key, uint64_t value); /* above INT64_MAX: that */
void reply_put_text(json_t **object, const char *key, const char *text); /* NULL: null */

/* An address, without its port if that is the usual one of this daemon (resolution.port); family ADDR_NONE: null. */
void reply_put_server(json_t **object, const char *key, const struct addr *server, const struct control *c);

/* A line in between. Returns its length; 0 if memory ran out: then the reply has been ended with that error. */
size_t reply_line(struct control_session *s, json_t *object);
/* The last line: adds "done" and "ok". */
void reply_done(struct control_session *s, json_t *object);
/* The last line of a failed request. */
void reply_error(struct control_session *s, enum control_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
