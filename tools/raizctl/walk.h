/*
 * walk.h - the walk of a resolution, drawn
 *
 *     www.networkutopia.com. A
 *     .  root hints
 *     └─ com. A                      a.root-servers.net. 198.41.0.4          11.8 ms  referral to com. (minimised)
 *     com.
 *     └─ networkutopia.com. A        a.gtld-servers.net. 192.5.6.30           9.1 ms  referral to ...
 *     networkutopia.com.
 *     └─ www.networkutopia.com. A    dns1.networkutopia.com. 212.212.212.1    0.4 ms  answer
 *
 * A line for each question that left, under the zone whose servers were asked: the question as it was shown, the
 * server, the time until its reply, what it said. What is looked up on the way (a name server's address) stands
 * indented below. Made from the events of the control verb "trace" (resolver/control/trace_json.h); what is new there
 * is skipped.
 */
#ifndef RAIZ_RAIZCTL_WALK_H
#define RAIZ_RAIZCTL_WALK_H

#include <jansson.h>
#include <stdio.h>

#include "tools/raizctl/learn.h"
#include "tools/raizctl/raizctl.h"

struct walk;

struct walk *walk_new(const char *name, const char *type); /* NULL: out of memory */
void walk_free(struct walk *w);
/* From now on, with a sentence about each step (learn.h). */
void walk_teach(struct walk *w, enum learn_language language, bool ascii);
/* One event, in order. False: out of memory. */
bool walk_event(struct walk *w, json_t *event);
/* The rows alone. */
void walk_draw_rows(const struct walk *w, const struct style *style, FILE *out);
/* The answer, and a line about the whole; `end` is the reply's last line. */
void walk_draw_end(const struct walk *w, const json_t *end, const struct style *style, FILE *out);
/* All of it. */
void walk_draw(const struct walk *w, const json_t *end, const struct style *style, FILE *out);
/* All of it, as a picture (walk_picture.c). */
void walk_picture(const struct walk *w, const json_t *end, const struct style *style, FILE *out);

#endif
