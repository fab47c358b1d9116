#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/raiz-lab/lab.h"
#include "tools/raiz-lab/sign_key.h"
#include "zones/zonefile.h"

#define LINE_WORDS_MAX 128
#define CONF_BYTES_MAX (4 * 1024 * 1024)

/* ---- reading lab.conf ---- */

struct parser {
    struct lab *lab;
    const char *name, *dir;
    unsigned line;
    unsigned faults;
    lab_report *report;
    void *arg;
    char *word[LINE_WORDS_MAX];
    size_t words;
};

__attribute__((format(printf, 2, 3))) static bool fault(struct parser *p, const char *fmt, ...)
{
    char message[1500];
    int n = p->line == 0 ? snprintf(message, sizeof message, "%s: ", p->name)
                         : snprintf(message, sizeof message, "%s:%u: ", p->name, p->line);
    if (n < 0 || (size_t)n >= sizeof message) {
        n = 0;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(message + n, sizeof message - (size_t)n, fmt, args);
    va_end(args);
    p->report(p->arg, message);
    p->faults++;
    return false;
}

static bool scan_decimal(const char *text, double most, double *out, const char **rest)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    *out = strtod(text, &end);
    *rest = end;
    return errno == 0 && *out >= 0 && *out <= most;
}

bool lab_scan_delay(const char *text, uint32_t *ms)
{
    double value;
    const char *unit;
    if (!scan_decimal(text, LAB_DELAY_MAX_MS, &value, &unit)) {
        return false;
    }
    if (strcmp(unit, "s") == 0) {
        value *= 1000;
    } else if (strcmp(unit, "ms") != 0) {
        return false;
    }
    *ms = (uint32_t)value;
    return value <= LAB_DELAY_MAX_MS;
}

bool lab_scan_share(const char *text, uint32_t *permille)
{
    double value;
    const char *unit;
    if (!scan_decimal(text, 100, &value, &unit) || strcmp(unit, "%") != 0) {
        return false;
    }
    *permille = (uint32_t)(value * 10 + 0.5);
    return true;
}

/* ---- zones ---- */

static bool load_zone(struct parser *p, struct lab_zone *lz)
{
    struct zonefile *zf = calloc(1, sizeof *zf);
    if (zf == NULL) {
        return fault(p, "out of memory");
    }
    zf->path = lz->path;
    zf->origin = dname_of(&lz->origin);
    lz->zone = zonefile_load(zf, false);
    for (size_t i = 0; i < zf->error_count && i < ZONEFILE_ERRORS_MAX; i++) {
        char text[1024];
        zonefile_error_print(&zf->errors[i], text, sizeof text);
        p->report(p->arg, text);
        p->faults++;
    }
    if (zf->error_count > ZONEFILE_ERRORS_MAX) {
        fault(p, "%s: %zu more errors", lz->path, zf->error_count - ZONEFILE_ERRORS_MAX);
    }
    free(zf);
    return lz->zone != NULL;
}

static char *zone_path(const struct parser *p, const char *origin, const char *file)
{
    char *path = NULL;
    int n;
    if (file != NULL) {
        n = asprintf(&path, "%s/%s", p->dir, file);
    } else if (strcmp(origin, ".") == 0) {
        n = asprintf(&path, "%s/root.zone", p->dir);
    } else {
        n = asprintf(&path, "%s/%.*szone", p->dir, (int)strlen(origin), origin);
    }
    return n < 0 ? NULL : path;
}

/* The index of a zone with this origin from this file, loaded when it is met first; -1 after a fault. */
static int find_zone(struct parser *p, const char *text, const char *file)
{
    struct lab *lab = p->lab;
    struct dname_buf origin;
    if (dname_scan(text, strlen(text), NULL, &origin) != DNS_OK || strchr(text, '/') != NULL) {
        fault(p, "'%s' is no name of a zone", text);
        return -1;
    }
    if (lab->zones == UINT16_MAX) {
        fault(p, "more zones than %d", UINT16_MAX);
        return -1;
    }
    char *path = zone_path(p, text, file);
    struct lab_zone *more = path == NULL ? NULL : realloc(lab->zone, (lab->zones + 1) * sizeof *more);
    if (more == NULL) {
        free(path);
        fault(p, "out of memory");
        return -1;
    }
    lab->zone = more;
    /* -Wanalyzer-malloc-leak: the lab holds it */
    for (size_t i = 0; i < lab->zones; i++) {
        if (strcmp(lab->zone[i].path, path) == 0 && dname_equal(dname_of(&lab->zone[i].origin), dname_of(&origin))) {
            free(path);
            return (int)i;
        }
    }
    lab->zone[lab->zones] = (struct lab_zone){.origin = origin, .path = path};
    load_zone(p, &lab->zone[lab->zones]);
    return (int)lab->zones++;
}

/* Zones of a server are tried longest origin first. */
static bool serve(struct parser *p, struct lab_server *s, int zone)
{
    if (zone < 0) {
        return false;
    }
    if (s->served == LAB_SERVED_MAX) {
        return fault(p, "more than %d zones at one server", LAB_SERVED_MAX);
    }
    struct dname origin = dname_of(&p->lab->zone[zone].origin);
    size_t at = s->served++;
    for (; at > 0 && p->lab->zone[s->zone[at - 1]].origin.labels < origin.labels; at--) {
        s->zone[at] = s->zone[at - 1];
    }
    s->zone[at] = (uint16_t)zone;
    return true;
}

/* ---- words of a line ---- */

static bool add_address(struct parser *p, struct lab_server *s, const struct addr *a)
{
    if (s->addresses == LAB_ADDRESSES_MAX) {
        return fault(p, "more than %d addresses at one server", LAB_ADDRESSES_MAX);
    }
    for (size_t i = 0; i < p->lab->servers; i++) {
        const struct lab_server *other = &p->lab->server[i];
        for (size_t k = 0; k < other->addresses; k++) {
            if (addr_same_ip(&other->real[k], a)) {
                char text[ADDR_TEXT_MAX];
                addr_print(a, text);
                return fault(p, "%s is the address of %s already", text, other->name);
            }
        }
    }
    s->real[s->addresses++] = *a;
    return true;
}

/* What a word of the file switches on. */
struct lab_word {
    const char *word;
    unsigned flag;
};

#define X(name, text, what) {text, LAB_##name},
static const struct lab_word lab_habits[] = {LAB_HABITS(X){NULL, 0}};
static const struct lab_word lab_signings[] = {LAB_SIGNINGS(X){NULL, 0}};
#undef X

/* 0: not a word of the table. */
static unsigned flag_of(const struct lab_word *table, const char *word)
{
    while (table->word != NULL && strcmp(table->word, word) != 0) {
        table++;
    }
    return table->flag;
}

static bool set_value(struct parser *p, struct lab_server *s, const char *word, const char *value)
{
    double number;
    const char *rest;
    if (strcmp(word, "delay") == 0) {
        return lab_scan_delay(value, &s->delay_ms) || fault(p, "delay=%s: write a time up to 60s, as 20ms", value);
    }
    if (strcmp(word, "jitter") == 0) {
        return lab_scan_delay(value, &s->jitter_ms) || fault(p, "jitter=%s: write a time up to 60s, as 20ms", value);
    }
    if (strcmp(word, "loss") == 0) {
        return lab_scan_share(value, &s->loss_permille) || fault(p, "loss=%s: write a share, as 5%%", value);
    }
    if (strcmp(word, "edns-size") == 0) {
        if (!scan_decimal(value, 65535, &number, &rest) || *rest != '\0' || number < 512) {
            return fault(p, "edns-size=%s: write a number from 512 to 65535", value);
        }
        s->edns_size = (uint16_t)number;
        return true;
    }
    return fault(p, "unknown word '%s=%s'; see raiz-lab --help", word, value);
}

static bool server_word(struct parser *p, struct lab_server *s, char *word)
{
    struct addr a;
    char *value = strchr(word, '=');
    if (addr_scan(word, 0, &a) && a.port == 0) {
        return add_address(p, s, &a);
    }
    if (value != NULL) {
        *value++ = '\0';
    }
    if (word[0] != '\0' && word[strlen(word) - 1] == '.') {
        return serve(p, s, find_zone(p, word, value));
    }
    if (value != NULL) {
        return set_value(p, s, word, value);
    }
    unsigned habit = flag_of(lab_habits, word);
    s->habits |= habit;
    return habit != 0 ||
           fault(p, "'%s' is no address, no zone (with a dot at its end) and no habit; see raiz-lab --help", word);
}

static bool server_line(struct parser *p)
{
    struct lab *lab = p->lab;
    struct dname_buf name;
    if (p->words < 3) {
        return fault(p, "write: server NAME ADDRESS... [ZONE]... [WORD]...");
    }
    if (dname_scan(p->word[1], strlen(p->word[1]), NULL, &name) != DNS_OK) {
        return fault(p, "'%s' is no name of a server", p->word[1]);
    }
    struct lab_server *more = realloc(lab->server, (lab->servers + 1) * sizeof *more);
    if (more == NULL || lab->servers == LAB_SERVERS_MAX) {
        lab->server = more != NULL ? more : lab->server;
        return fault(p, "too many servers");
    }
    lab->server = more;
    struct lab_server *s = &lab->server[lab->servers];
    *s = (struct lab_server){.edns_size = 1232};
    dname_print(dname_of(&name), s->name);
    for (size_t i = 2; i < p->words; i++) {
        server_word(p, s, p->word[i]);
    }
    if (s->addresses == 0) {
        fault(p, "server %s has no address", s->name);
    }
    lab->servers++;
    return true;
}

/* ---- how zones are signed ---- */

/* A zone is named after the servers that have it. */
static bool zone_line(struct parser *p)
{
    struct dname_buf origin;
    unsigned signing = 0;
    bool found = false;
    if (p->words < 3) {
        return fault(p, "write: zone ZONE WORD...");
    }
    if (dname_scan(p->word[1], strlen(p->word[1]), NULL, &origin) != DNS_OK) {
        return fault(p, "'%s' is no name of a zone", p->word[1]);
    }
    for (size_t i = 2; i < p->words; i++) {
        unsigned flag = flag_of(lab_signings, p->word[i]);
        if (flag == 0) {
            return fault(p, "a zone is not '%s'; see raiz-lab --help", p->word[i]);
        }
        signing |= flag;
    }
    for (size_t i = 0; i < p->lab->zones; i++) {
        if (dname_equal(dname_of(&p->lab->zone[i].origin), dname_of(&origin))) {
            p->lab->zone[i].signing = signing;
            found = true;
        }
    }
    return found || fault(p, "no server above has the zone %s", p->word[1]);
}

static void split(struct parser *p, char *line)
{
    char *save = NULL;
    line[strcspn(line, "#")] = '\0';
    p->words = 0;
    for (char *w = strtok_r(line, " \t\r", &save); w != NULL; w = strtok_r(NULL, " \t\r", &save)) {
        if (p->words == LINE_WORDS_MAX) {
            fault(p, "more than %d words", LINE_WORDS_MAX);
            p->words = 0;
            return;
        }
        p->word[p->words++] = w;
    }
}

struct lab *lab_parse(const char *name, const char *text, const char *dir, lab_report *report, void *arg)
{
    struct parser p = {.name = name, .dir = dir, .report = report, .arg = arg};
    p.lab = calloc(1, sizeof *p.lab);
    char *copy = strdup(text), *save = NULL;
    if (p.lab == NULL || copy == NULL) {
        fault(&p, "out of memory");
        free(copy);
        lab_free(p.lab);
        return NULL;
    }
    for (char *line = copy; line != NULL; line = save) {
        save = strchr(line, '\n');
        if (save != NULL) {
            *save++ = '\0';
        }
        p.line++;
        split(&p, line);
        if (p.words > 0 && strcmp(p.word[0], "server") == 0) {
            server_line(&p);
        } else if (p.words > 0 && strcmp(p.word[0], "zone") == 0) {
            zone_line(&p);
        } else if (p.words > 0) {
            fault(&p, "a line begins with 'server' or 'zone', not '%s'", p.word[0]);
        }
    }
    p.line = 0;
    if (p.lab->servers == 0) {
        fault(&p, "there is no server");
    }
    free(copy);
    if (p.faults > 0) {
        lab_free(p.lab);
        return NULL;
    }
    return p.lab;
}

struct lab *lab_load(const char *dir, lab_report *report, void *arg)
{
    char *path = NULL, *text = malloc(CONF_BYTES_MAX), message[1200];
    if (text == NULL || asprintf(&path, "%s/lab.conf", dir) < 0) {
        free(text);
        report(arg, "out of memory");
        return NULL;
    }
    struct lab *lab = NULL;
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(text, 1, CONF_BYTES_MAX, f);
    if (f == NULL || ferror(f)) {
        snprintf(message, sizeof message, "%s: %s; --dir names the folder of the lab", path, strerror(errno));
        report(arg, message);
    } else if (n == CONF_BYTES_MAX || memchr(text, '\0', n) != NULL) {
        snprintf(message, sizeof message, "%s: this is no lab.conf", path);
        report(arg, message);
    } else {
        text[n] = '\0';
        lab = lab_parse(path, text, dir, report, arg);
    }
    if (f != NULL) {
        fclose(f);
    }
    free(path);
    free(text);
    return lab;
}

void lab_free(struct lab *lab)
{
    if (lab == NULL) {
        return;
    }
    for (size_t i = 0; i < lab->zones; i++) {
        zone_free(lab->zone[i].zone);
        if (lab->zone[i].owns_key) {
            sign_key_free(lab->zone[i].key);
        }
        free(lab->zone[i].path);
    }
    free(lab->zone);
    free(lab->server);
    free(lab);
}
