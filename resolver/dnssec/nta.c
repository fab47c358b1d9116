/*
 * nta.c - negative trust anchors (RFC 7646)
 *
 *     raiz-ntas 1
 *     broken.example. since 1767225600 until 1767229200 force 0 their signer has stopped
 */
#include "resolver/dnssec/nta.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"

#define MAGIC "raiz-ntas 1\n"

void ntas_free(struct ntas *n)
{
    free(n->list);
    *n = (struct ntas){0};
}

struct nta *ntas_find(const struct ntas *n, struct dname name)
{
    for (size_t i = 0; i < n->count; i++) {
        if (dname_equal(dname_of(&n->list[i].name), name)) {
            return &n->list[i];
        }
    }
    return NULL;
}

static struct nta *new_place(struct ntas *n)
{
    if (n->count == NTA_COUNT_MAX) {
        return NULL;
    }
    if (n->count == n->room) {
        size_t room = n->room == 0 ? 8 : 2 * n->room;
        struct nta *more = realloc(n->list, room * sizeof *more);
        if (more == NULL) {
            return NULL;
        }
        n->list = more;
        n->room = room;
    }
    return &n->list[n->count++];
}

struct nta *ntas_add(struct ntas *n, struct dname name, int64_t wall_s, uint32_t for_s, bool force, const char *reason)
{
    struct nta *a = ntas_find(n, name);
    size_t i = 0;
    if (a == NULL && (a = new_place(n)) == NULL) {
        return NULL;
    }
    memset(a, 0, sizeof *a);
    dname_lower(name, &a->name);
    a->since_s = wall_s;
    a->until_s = wall_s + (for_s > NTA_MAX_S ? NTA_MAX_S : for_s);
    a->force = force;
    a->probe_s = force ? INT64_MAX : wall_s + NTA_PROBE_S;
    for (; reason != NULL && reason[i] != '\0' && i < NTA_REASON_MAX - 1; i++) {
        a->reason[i] = (char)(reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?');
    }
    return a;
}

bool ntas_remove(struct ntas *n, struct dname name)
{
    struct nta *a = ntas_find(n, name);
    if (a == NULL) {
        return false;
    }
    *a = n->list[--n->count];
    return true;
}

struct nta *ntas_expired(struct ntas *n, int64_t wall_s)
{
    for (size_t i = 0; i < n->count; i++) {
        struct nta *a = &n->list[i];
        if (a->until_s > wall_s + NTA_MAX_S) { /* the clock was ahead when it was made */
            a->until_s = wall_s + NTA_MAX_S;
        }
        if (a->until_s <= wall_s) {
            return a;
        }
    }
    return NULL;
}

struct nta *ntas_to_probe(struct ntas *n, int64_t wall_s)
{
    for (size_t i = 0; i < n->count; i++) {
        struct nta *a = &n->list[i];
        if (!a->force && a->probe_s > wall_s + NTA_PROBE_S) {
            a->probe_s = wall_s + NTA_PROBE_S;
        }
        if (a->probe_s <= wall_s) {
            return a;
        }
    }
    return NULL;
}

int64_t ntas_due_s(const struct ntas *n)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < n->count; i++) {
        due = n->list[i].until_s < due ? n->list[i].until_s : due;
        due = n->list[i].probe_s < due ? n->list[i].probe_s : due;
    }
    return due;
}

size_t ntas_write(const struct ntas *n, char *out, size_t cap)
{
    struct text t = text_of(out, cap);
    text_add(&t, MAGIC);
    for (size_t i = 0; i < n->count; i++) {
        const struct nta *a = &n->list[i];
        text_name(&t, dname_of(&a->name));
        text_addf(&t, " since %" PRId64 " until %" PRId64 " force %d %s\n", a->since_s, a->until_s, a->force,
                  a->reason);
    }
    return t.cut ? 0 : t.len;
}

/* A line without its newline, NUL-terminated. */
static const char *read_line(struct ntas *n, char *line, int64_t wall_s)
{
    struct dname_buf name;
    int64_t since, until;
    int force, at = 0;
    char *blank = strchr(line, ' ');
    if (blank == NULL || dname_scan(line, (size_t)(blank - line), NULL, &name) != DNS_OK) {
        return "begins with a name";
    }
    if (sscanf(blank, " since %15" SCNd64 " until %15" SCNd64 " force %1d%n", &since, &until, &force, &at) != 3 ||
        at == 0 || since < 0 || until < since || until - since > NTA_MAX_S) {
        return "'since N until N force 0' is expected";
    }
    const char *reason = blank + at;
    struct nta *a =
        ntas_add(n, dname_of(&name), since, (uint32_t)(until - since), force != 0, reason + (*reason == ' '));
    if (a == NULL) {
        return "too many, or out of memory";
    }
    if (!a->force) {
        a->probe_s = wall_s; /* who knows for how long nobody looked */
    }
    return NULL;
}

bool ntas_read(struct ntas *n, const char *text, size_t len, int64_t wall_s, char *error)
{
    char line[DNAME_TEXT_MAX + NTA_REASON_MAX + 100];
    const char *wrong = NULL, *at = text + sizeof MAGIC - 1, *end = text + len;
    unsigned number = 1;
    ntas_free(n);
    if (len < sizeof MAGIC - 1 || memcmp(text, MAGIC, sizeof MAGIC - 1) != 0) {
        wrong = "'raiz-ntas 1' is expected";
    }
    while (wrong == NULL && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        number++;
        if (newline == NULL || (size_t)(newline - at) >= sizeof line) {
            wrong = newline == NULL ? "does not end" : "too long";
            break;
        }
        memcpy(line, at, (size_t)(newline - at));
        line[newline - at] = '\0';
        wrong = read_line(n, line, wall_s);
        at = newline + 1;
    }
    if (wrong != NULL) {
        snprintf(error, NTA_ERROR_MAX, "line %u: %s", number, wrong);
        ntas_free(n);
    }
    return wrong == NULL;
}
