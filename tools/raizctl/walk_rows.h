/*
 * walk_rows.h - what walk.c makes of events, and walk_draw.c draws
 */
#ifndef RAIZ_RAIZCTL_WALK_ROWS_H
#define RAIZ_RAIZCTL_WALK_ROWS_H

#include <stdint.h>

#include "dns/limits.h"
#include "tools/raizctl/walk.h"

#define WALK_DEPTH_MAX 16 /* the daemon ends at seven; deeper events are drawn at this depth */

enum row_kind {
    ROW_ZONE,  /* heading: the zone whose servers are asked from here on */
    ROW_ASKED, /* a question and its end */
    ROW_STEP,  /* something else that the resolution does */
    ROW_NOTE,  /* about the row above */
};
enum row_mood { MOOD_PLAIN, MOOD_GOOD, MOOD_BAD };

struct row {
    enum row_kind kind;
    enum row_mood mood;
    unsigned depth;
    char *left, *server, *right; /* NULL: empty */
    uint64_t us;                 /* ROW_ASKED: until the reply came, or was no longer waited for */
};

/* What is remembered of each depth while events come. */
struct level {
    char goal[DNAME_TEXT_MAX];      /* the name that is looked for */
    char zone[DNAME_TEXT_MAX];      /* of the last heading, */
    char cut[64];                   /* and where that delegation came from */
    char zone_next[DNAME_TEXT_MAX]; /* where the last referral led, if `referred` */
    bool referred;
    json_t *sent;     /* the question that waits for its reply; NULL: none */
    unsigned ignored; /* datagrams, while it waits */
};

struct walk {
    char name[DNAME_TEXT_MAX], type[40];
    struct row *rows;
    size_t count, cap;
    struct level levels[WALK_DEPTH_MAX];
    unsigned questions, timeouts, over_tcp;
    bool no_memory;
    bool teach, ascii;
    enum learn_language language;
};

#endif
