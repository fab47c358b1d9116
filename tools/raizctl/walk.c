/*
 * walk.c - the walk of a resolution, from events to rows
 *
 * Events become rows first, because the width of columns and the end of each branch are known only when all have come.
 */
#include "tools/raizctl/walk_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "tools/raizctl/out.h"

struct walk *walk_new(const char *name, const char *type)
{
    struct walk *w = calloc(1, sizeof *w);
    if (w != NULL) {
        snprintf(w->name, sizeof w->name, "%s", name);
        snprintf(w->type, sizeof w->type, "%s", type);
        snprintf(w->levels[0].goal, sizeof w->levels[0].goal, "%s", name);
    }
    return w;
}

void walk_free(struct walk *w)
{
    if (w != NULL) {
        for (size_t i = 0; i < w->count; i++) {
            free(w->rows[i].left);
            free(w->rows[i].server);
            free(w->rows[i].right);
        }
        for (unsigned i = 0; i < WALK_DEPTH_MAX; i++) {
            json_decref(w->levels[i].sent);
        }
        free(w->rows);
        free(w);
    }
}

static char *copy(struct walk *w, const char *text)
{
    char *p = strdup(text);
    w->no_memory |= p == NULL;
    return p;
}

/* A row, or NULL when memory has run out. Texts may be NULL. */
static struct row *add(struct walk *w, enum row_kind kind, unsigned depth, const char *left, const char *right)
{
    if (w->count == w->cap) {
        size_t cap = w->cap == 0 ? 64 : 2 * w->cap;
        struct row *rows = realloc(w->rows, cap * sizeof *rows);
        if (rows == NULL) {
            w->no_memory = true;
            return NULL;
        }
        w->rows = rows;
        w->cap = cap;
    }
    struct row *r = &w->rows[w->count++];
    *r = (struct row){.kind = kind, .depth = depth};
    r->left = left != NULL ? copy(w, left) : NULL;
    /* -Wanalyzer-malloc-leak: the row holds it */
    r->right = right != NULL ? copy(w, right) : NULL;
    /* -Wanalyzer-malloc-leak: the row holds it */
    return r;
}

/* Do the names mean the same, whatever their case and final dot? */
static bool same_name(const char *a, const char *b)
{
    struct dname_buf n, m;
    return dname_scan(a, strlen(a), NULL, &n) == DNS_OK && dname_scan(b, strlen(b), NULL, &m) == DNS_OK &&
           dname_equal(dname_of(&n), dname_of(&m));
}

/* The heading of the zone whose servers are asked next. */
static void on_cut(struct walk *w, const json_t *e, struct level *l, unsigned depth)
{
    const char *zone = out_text(e, "zone"), *why = out_text(e, "why");
    bool referred = l->referred && same_name(zone, l->zone_next);
    if (l->zone[0] != '\0' && same_name(zone, l->zone) && strncmp(why, l->cut, sizeof l->cut - 1) == 0) {
        return;
    }
    snprintf(l->cut, sizeof l->cut, "%s", why);
    snprintf(l->zone, sizeof l->zone, "%s", zone);
    l->referred = false;
    if (strncmp(why, "referral", 8) == 0) {
        why = referred ? "" : "known from the cache";
    }
    add(w, ROW_ZONE, depth, zone, why);
}

/* The row of the question stands: what happened while it waited, below it. */
static void end_question(struct walk *w, struct level *l, unsigned depth)
{
    if (l->ignored > 0) {
        char left[100];
        snprintf(left, sizeof left, "%u datagram%s not fit the question: ignored", l->ignored,
                 l->ignored == 1 ? " did" : "s did");
        add(w, ROW_NOTE, depth, left, NULL);
    }
    l->ignored = 0;
    json_decref(l->sent);
    l->sent = NULL;
}

/* A question that has left and its end: e is an event about the exchange. */
static struct row *add_asked(struct walk *w, const json_t *e, struct level *l, unsigned depth, const char *result)
{
    char left[DNAME_TEXT_MAX + 32], server[DNAME_TEXT_MAX + 160], right[DNAME_TEXT_MAX + 160];
    const char *name = out_text(e, "name"), *server_name = out_text(e, "server_name");
    snprintf(left, sizeof left, "%s %s", name, out_text(e, "type"));
    snprintf(right, sizeof right, "%s%s", result, same_name(name, l->goal) ? "" : " (minimised)");
    snprintf(server, sizeof server, "%s%s%s%s", server_name, server_name[0] != '\0' ? " " : "", out_text(e, "server"),
             strcmp(out_text(e, "transport"), "tcp") == 0 ? " tcp" : "");
    struct row *r = add(w, ROW_ASKED, depth, left, right);
    if (r != NULL) {
        r->server = copy(w, server);
        /* -Wanalyzer-malloc-leak: the row holds it */
        r->mood = MOOD_BAD;
    }
    return r;
}

/* The same for a question that got no reply: the time is how long it was waited for. */
static void on_silence(struct walk *w, const json_t *e, struct level *l, unsigned depth, const char *result)
{
    uint64_t at = out_number(e, "at_us"), sent = l->sent != NULL ? out_number(l->sent, "at_us") : at;
    struct row *r = add_asked(w, l->sent != NULL ? l->sent : e, l, depth, result);
    if (r != NULL) {
        r->us = at > sent ? at - sent : 0;
    }
    end_question(w, l, depth);
}

static void on_receive(struct walk *w, const json_t *e, struct level *l, unsigned depth)
{
    const char *why = out_text(e, "why"), *rcode = out_text(e, "rcode");
    char result[160];
    bool alias = strncmp(why, "alias", 5) == 0;
    bool good = alias || strcmp(why, "answer") == 0 || strcmp(why, "referral") == 0 || strncmp(why, "no such", 7) == 0;
    bool tell = !good && strcmp(rcode, "NOERROR") != 0;
    snprintf(result, sizeof result, "%s%s%s", tell ? rcode : "", tell ? ": " : "", alias ? "alias" : why);
    struct row *r = add_asked(w, e, l, depth, result);
    if (r != NULL) {
        r->us = out_number(e, "rtt_us");
        r->mood = good ? MOOD_GOOD : MOOD_BAD;
    }
    end_question(w, l, depth);
}

/* The last row that was added was this referral: say where to. */
static void on_referral(struct walk *w, const json_t *e, struct level *l)
{
    const char *to = out_text(e, "name");
    snprintf(l->zone_next, sizeof l->zone_next, "%s", to);
    l->referred = true;
    for (size_t i = w->count; i > 0; i--) {
        struct row *r = &w->rows[i - 1];
        if (r->kind == ROW_ASKED && r->right != NULL && strncmp(r->right, "referral", 8) == 0) {
            char right[DNAME_TEXT_MAX + 160];
            snprintf(right, sizeof right, "referral to %s%s", to, r->right + 8);
            free(r->right);
            r->right = copy(w, right);
            /* -Wanalyzer-malloc-leak: the row holds it */
            return;
        }
    }
}

static void on_alias(struct walk *w, const json_t *e, struct level *l, unsigned depth)
{
    char left[DNAME_TEXT_MAX + 32];
    snprintf(l->goal, sizeof l->goal, "%s", out_text(e, "name"));
    snprintf(left, sizeof left, "now for %s", l->goal);
    add(w, ROW_NOTE, depth, left, NULL);
}

static void on_need(struct walk *w, const json_t *e, unsigned depth)
{
    char left[DNAME_TEXT_MAX + 64];
    snprintf(left, sizeof left, "looks up the address of %s (%s)", out_text(e, "name"), out_text(e, "type"));
    add(w, ROW_STEP, depth, left, NULL);
    if (depth + 1 < WALK_DEPTH_MAX) { /* a new job begins one level deeper */
        struct level *child = &w->levels[depth + 1];
        json_decref(child->sent);
        /* -Wanalyzer-malloc-leak: the walk holds its rows */
        *child = (struct level){.referred = false};
        snprintf(child->goal, sizeof child->goal, "%s", out_text(e, "name"));
    }
}

/* The keys of a zone, or the DS above it. All links of the chain stand at one depth, below the question that needs
 * them. */
static void on_need_trust(struct walk *w, const json_t *e, unsigned depth)
{
    char left[DNAME_TEXT_MAX + 64];
    struct level *links = &w->levels[depth == 0 ? 1 : depth];
    snprintf(left, sizeof left, "to validate, needs %s %s", out_text(e, "name"), out_text(e, "type"));
    add(w, ROW_STEP, depth, left, NULL);
    snprintf(links->goal, sizeof links->goal, "%s", out_text(e, "name"));
}

/* What validation found: of the question itself, and of what is bad on the way there. */
static void on_verdict(struct walk *w, const json_t *e, unsigned depth, enum row_mood mood)
{
    char left[DNAME_TEXT_MAX + 160];
    if (mood == MOOD_BAD) {
        snprintf(left, sizeof left, "%s %s does not validate: %s", out_text(e, "name"), out_text(e, "type"),
                 out_text(e, "why"));
    } else if (depth > 0) {
        return;
    } else {
        snprintf(left, sizeof left, "%s %s %s", out_text(e, "name"), out_text(e, "type"),
                 mood == MOOD_GOOD ? "is validated" : "is not signed");
    }
    struct row *r = add(w, ROW_STEP, depth, left, NULL);
    if (r != NULL) {
        r->mood = mood;
    }
}

static void on_found(struct walk *w, const json_t *e, unsigned depth)
{
    char left[DNAME_TEXT_MAX + 160];
    const char *why = out_text(e, "why");
    snprintf(left, sizeof left, "%s %s %s%s", out_text(e, "name"), out_text(e, "type"),
             why[0] != '\0' ? "is not tried again yet: " : "is in the cache", why);
    struct row *r = add(w, ROW_STEP, depth, left, NULL);
    if (r != NULL) {
        r->mood = why[0] != '\0' ? MOOD_BAD : MOOD_GOOD;
    }
}

static void on_failed(struct walk *w, const json_t *e, struct level *l, unsigned depth)
{
    char left[DNAME_TEXT_MAX + 160];
    if (l->sent != NULL) { /* the time was over while a reply was waited for */
        on_silence(w, e, l, depth, "no reply yet");
    }
    const struct row *last = w->count > 0 ? &w->rows[w->count - 1] : NULL;
    if (last != NULL && last->kind == ROW_STEP && last->depth == depth && last->mood == MOOD_BAD) {
        return; /* it has said why: a failure that the cache knew */
    }
    snprintf(left, sizeof left, "gives up: %s", out_text(e, "why"));
    struct row *r = add(w, ROW_STEP, depth, left, NULL);
    if (r != NULL) {
        r->mood = MOOD_BAD;
    }
}

static void on_note(struct walk *w, const json_t *e, struct level *l, unsigned depth, const char *event)
{
    char left[200];
    if (strcmp(event, "ignore") == 0) {
        l->ignored++;
        return;
    }
    if (strcmp(event, "retry") == 0) {
        if (l->sent != NULL) { /* not a word of the reply is believed */
            on_silence(w, e, l, depth, "a reply that does not fit");
        }
        snprintf(left, sizeof left, "asks again %s", out_text(e, "why"));
    } else {
        uint64_t n = out_number(e, "records");
        snprintf(left, sizeof left, "%" PRIu64 " record%s not believed: out of bailiwick, or not asked for", n,
                 n == 1 ? "" : "s");
    }
    add(w, ROW_NOTE, depth, left, NULL);
}

static void on_send(struct walk *w, json_t *e, struct level *l)
{
    json_decref(l->sent);
    l->sent = json_incref(e);
    w->questions++;
    w->over_tcp += strcmp(out_text(e, "transport"), "tcp") == 0;
}

void walk_teach(struct walk *w, enum learn_language language, bool ascii)
{
    w->teach = true;
    w->language = language;
    w->ascii = ascii;
}

/* What was said once is known. */
static bool was_said(const struct walk *w, const char *text)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->rows[i].kind == ROW_NOTE && w->rows[i].left != NULL && strcmp(w->rows[i].left, text) == 0) {
            return true;
        }
    }
    return false;
}

static void teach(struct walk *w, const json_t *e, unsigned depth, size_t rows)
{
    char text[2 * DNAME_TEXT_MAX + 200];
    bool again = strcmp(out_text(e, "event"), "cut") == 0 && w->count == rows; /* no new heading */
    if (w->teach && !again && learn_sentence(e, w->language, w->ascii, text, sizeof text) != NULL &&
        !was_said(w, text)) {
        add(w, ROW_NOTE, depth, text, NULL);
    }
}

bool walk_event(struct walk *w, json_t *e)
{
    size_t rows = w->count;
    const char *event = out_text(e, "event");
    uint64_t depth = out_number(e, "depth");
    unsigned d = depth < WALK_DEPTH_MAX ? (unsigned)depth : WALK_DEPTH_MAX - 1;
    struct level *l = &w->levels[d];
    if (strcmp(event, "cut") == 0) {
        on_cut(w, e, l, d);
    } else if (strcmp(event, "send") == 0) {
        on_send(w, e, l);
    } else if (strcmp(event, "receive") == 0) {
        on_receive(w, e, l, d);
    } else if (strcmp(event, "timeout") == 0) {
        w->timeouts++;
        on_silence(w, e, l, d, "no reply");
    } else if (strcmp(event, "unreachable") == 0) {
        on_silence(w, e, l, d, out_text(e, "why"));
    } else if (strcmp(event, "referral") == 0) {
        on_referral(w, e, l);
    } else if (strcmp(event, "alias") == 0) {
        on_alias(w, e, l, d);
    } else if (strcmp(event, "need_address") == 0) {
        on_need(w, e, d);
    } else if (strcmp(event, "need_trust") == 0) {
        on_need_trust(w, e, d);
    } else if (strcmp(event, "bogus") == 0) {
        on_verdict(w, e, d, MOOD_BAD);
    } else if (strcmp(event, "secure") == 0) {
        on_verdict(w, e, d, MOOD_GOOD);
    } else if (strcmp(event, "insecure") == 0) {
        on_verdict(w, e, d, MOOD_PLAIN);
    } else if (strcmp(event, "cache_hit") == 0) {
        on_found(w, e, d);
    } else if (strcmp(event, "local") == 0) {
        add(w, ROW_STEP, d, "this name never leaves the host: answered without asking anybody", NULL);
    } else if (strcmp(event, "failed") == 0) {
        on_failed(w, e, l, d);
    } else if (strcmp(event, "ignore") == 0 || strcmp(event, "retry") == 0 || strcmp(event, "dropped") == 0) {
        on_note(w, e, l, d, event);
    } /* cache_miss, lame, broken, nodata, nxdomain, answer: the rows tell it already */
    teach(w, e, d, rows);
    return !w->no_memory;
}
