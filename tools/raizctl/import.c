/*
 * import.c - unbound.conf(5) as a configuration of raiz
 *
 * A line is "key: value # comment", or "clause:". What is read goes into one bucket for each section of the result; the
 * buckets are printed at the end, since YAML wants each section once.
 */
#include "tools/raizctl/import.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/config/options.h"
#include "resolver/config/value.h"

enum bucket {
    TOP,
    LISTEN,
    ALLOW,
    ROOT,
    CACHE,
    RESOLUTION,
    FORWARD,
    STUB,
    DNSSEC,
    ANCHORS,
    EXEMPT,
    LIMITS,
    IDENTITY,
    LOG,
    LEFT,
    BUCKETS
};

struct import {
    FILE *to[BUCKETS];
    char *text[BUCKETS];
    size_t size[BUCKETS];
    char clause[32];
    unsigned line;
    uint64_t cache_bytes;
    char port[8], zone[300], servers[4000];
    bool first, validates, permissive;
};

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void leave(struct import *i, const char *key, const char *value, const char *why)
{
    fprintf(i->to[LEFT], "# line %u: %s: %s%s%s\n", i->line, key, value, why[0] != '\0' ? "  - " : "", why);
}

static void quoted(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text != '\0'; text++) {
        fprintf(f, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    fputc('"', f);
}

static void list_entry(FILE *f, const char *text)
{
    fprintf(f, "%s", ftell(f) > 0 ? ", " : "");
    quoted(f, text);
}

/* "192.0.2.1@5353#name" -> the address with its port; a name for TLS is of no use here. */
static void server_text(const char *value, char out[static 128])
{
    snprintf(out, 128, "%.*s", (int)strcspn(value, "#"), value);
}

static void end_zone(struct import *i)
{
    bool forward = is(i->clause, "forward-zone"), stub = is(i->clause, "stub-zone");
    if ((forward || stub) && i->zone[0] != '\0' && i->servers[0] != '\0') {
        FILE *f = i->to[forward ? FORWARD : STUB];
        fprintf(f, "  - {zone: ");
        quoted(f, i->zone);
        fprintf(f, ", %s: [%s]%s}\n", forward ? "to" : "servers", i->servers,
                forward && i->first ? ", first: true" : "");
    } else if ((forward || stub) && i->zone[0] != '\0') {
        leave(i, i->clause, i->zone, "has no server");
    }
    i->zone[0] = i->servers[0] = '\0';
    i->first = false;
}

static void take_zone(struct import *i, const char *key, const char *value)
{
    const char *word = strchr(key, '-');
    char server[128];
    word = word != NULL ? word + 1 : key;
    if (is(key, "name")) {
        snprintf(i->zone, sizeof i->zone, "%s", value);
    } else if (is(word, "addr") || is(word, "host")) {
        size_t n = strlen(i->servers);
        server_text(value, server);
        snprintf(i->servers + n, sizeof i->servers - n, "%s\"%s\"", n > 0 ? ", " : "", server);
    } else if (is(word, "first")) {
        i->first = is(value, "yes");
    } else if (is(word, "tls-upstream") || is(word, "ssl-upstream")) {
        leave(i, key, value,
              is(value, "yes") ? "upstream over TLS is not there: this zone would be asked in the clear" : "");
    } else {
        leave(i, key, value, "");
    }
}

/* Keys whose value is one number, size or duration, or a truth, under another name. */
static bool take_plain(struct import *i, const char *key, const char *value)
{
    static const struct {
        const char *theirs, *ours;
        enum bucket bucket;
    } rows[] = {
        {"num-threads", "workers", TOP},
        {"cache-max-ttl", "max-ttl", CACHE},
        {"cache-min-ttl", "min-ttl", CACHE},
        {"cache-max-negative-ttl", "max-negative-ttl", CACHE},
        {"serve-expired-ttl", "stale-max-age", CACHE},
        {"serve-expired-reply-ttl", "stale-reply-ttl", CACHE},
        {"edns-buffer-size", "edns-size", RESOLUTION},
        {"incoming-num-tcp", "tcp-clients", LIMITS},
    };
    static const struct {
        const char *theirs, *ours;
        enum bucket bucket;
        bool turned; /* yes means false */
    } truths[] = {
        {"do-ip4", "ipv4", RESOLUTION, false},
        {"do-ip6", "ipv6", RESOLUTION, false},
        {"use-caps-for-id", "case-randomisation", RESOLUTION, false},
        {"do-not-query-localhost", "query-loopback", RESOLUTION, true},
        {"aggressive-nsec", "aggressive", DNSSEC, false},
        {"serve-expired", "serve-stale", CACHE, false},
        {"prefetch", "prefetch", CACHE, false},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if (is(key, rows[k].theirs) && is(key, "serve-expired-ttl") && is(value, "0")) {
            leave(i, key, value, "expired data cannot be kept without end");
            return true;
        }
        if (is(key, rows[k].theirs)) {
            fprintf(i->to[rows[k].bucket], "%s%s: %s\n", rows[k].bucket == TOP ? "" : "  ", rows[k].ours, value);
            return true;
        }
    }
    for (size_t k = 0; k < sizeof truths / sizeof truths[0]; k++) {
        if (is(key, truths[k].theirs)) {
            bool yes = is(value, "yes") != truths[k].turned;
            const struct option *o = option_find(truths[k].bucket == CACHE ? "cache" : "resolution", truths[k].ours);
            if (o != NULL && o->kind == OPTION_REFUSED && !is(o->only, yes ? "true" : "false")) {
                leave(i, key, value, o->reason);
            } else {
                fprintf(i->to[truths[k].bucket], "  %s: %s\n", truths[k].ours, yes ? "true" : "false");
            }
            return true;
        }
    }
    return false;
}

/* What raizd does in any case, and what it has no use for. */
static const char *needless(const char *key, const char *value)
{
    static const struct {
        const char *key, *value; /* NULL: any */
        const char *why;
    } rows[] = {
        {"do-udp", "yes", "always so"},
        {"do-tcp", "yes", "always so"},
        {"harden-glue", "yes", "always so"},
        {"harden-dnssec-stripped", "yes", "always so"},
        {"harden-below-nxdomain", "yes", "always so"},
        {"harden-referral-path", NULL, "not needed: what a parent says of a delegation is never given as an answer"},
        {"minimal-responses", "yes", "always so"},
        {"prefer-ip6", "no", "always so: the faster server is asked"},
        {"private-address", NULL, "addresses are not taken out of answers: no protection against rebinding"},
        {"serve-expired-ttl-reset", NULL, "not needed"},
        {"so-reuseport", NULL, "not needed"},
        {"so-rcvbuf", NULL, "not needed: 4 MiB are asked for, of which the system gives up to net.core.rmem_max"},
        {"so-sndbuf", NULL, "not needed"},
        {"outgoing-range", NULL, "not needed: ulimit -n"},
        {"num-queries-per-thread", NULL, "not needed"},
        {"msg-cache-slabs", NULL, "not needed"},
        {"rrset-cache-slabs", NULL, "not needed"},
        {"infra-cache-slabs", NULL, "not needed"},
        {"key-cache-slabs", NULL, "not needed"},
        {"key-cache-size", NULL, "keys are in the cache"},
        {"username", NULL, "sandbox.user; by default _raiz"},
        {"chroot", NULL, "not needed: sandbox.files"},
        {"directory", NULL, "not needed: paths are absolute"},
        {"pidfile", NULL, "not needed: raizd stays in the foreground"},
        {"do-daemonize", NULL, "raizd stays in the foreground"},
        {"use-syslog", NULL, "the log is standard error"},
        {"logfile", NULL, "the log is standard error"},
        {"tls-cert-bundle", NULL, "upstream over TLS is not there"},
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if (is(key, rows[k].key) && (rows[k].value == NULL || is(value, rows[k].value))) {
            return rows[k].why;
        }
    }
    return "";
}

static void take_access(struct import *i, const char *key, const char *value)
{
    char prefix[100];
    const char *blank = strpbrk(value, " \t");
    size_t n = blank != NULL ? (size_t)(blank - value) : strlen(value);
    const char *word = blank != NULL ? blank + strspn(blank, " \t") : "";
    snprintf(prefix, sizeof prefix, "%.*s", (int)(n < 99 ? n : 99), value);
    if (strncmp(word, "allow", 5) == 0) {
        list_entry(i->to[ALLOW], prefix);
        if (!is(word, "allow")) {
            leave(i, key, value, "taken as allow");
        }
    } else {
        leave(i, key, value, "who is not allowed is refused; a hole in an allowed prefix cannot be made");
    }
}

static void take_dnssec(struct import *i, const char *key, const char *value)
{
    if (is(key, "domain-insecure")) {
        list_entry(i->to[EXEMPT], value);
    } else if (is(key, "trust-anchor")) {
        list_entry(i->to[ANCHORS], value);
    } else if (is(key, "trust-anchor-file")) {
        fprintf(i->to[DNSSEC], "  trust-anchor-file: ");
        quoted(i->to[DNSSEC], value);
        fputc('\n', i->to[DNSSEC]);
    } else if (is(key, "auto-trust-anchor-file")) {
        leave(i, key, value, "the root's keys are built in and followed (RFC 5011) without a file");
    } else if (is(key, "module-config")) {
        i->validates = strstr(value, "validator") != NULL;
    } else {
        i->permissive = is(value, "yes"); /* val-permissive-mode */
    }
}

static bool take_identity(struct import *i, const char *key, const char *value)
{
    static const struct {
        const char *theirs, *ours;
    } rows[] = {{"identity", "id"}, {"version", "version"}, {"nsid", "nsid"}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if (is(key, rows[k].theirs)) {
            fprintf(i->to[IDENTITY], "  %s: ", rows[k].ours);
            quoted(i->to[IDENTITY], strncmp(value, "ascii_", 6) == 0 ? value + 6 : value);
            fputc('\n', i->to[IDENTITY]);
            return true;
        }
    }
    return is(key, "hide-identity") || is(key, "hide-version"); /* hidden unless given */
}

static void take_server(struct import *i, const char *key, const char *value)
{
    static const char *const dnssec[] = {"domain-insecure",        "trust-anchor",  "trust-anchor-file",
                                         "auto-trust-anchor-file", "module-config", "val-permissive-mode"};
    uint64_t bytes;
    char size[40];
    for (size_t k = 0; k < sizeof dnssec / sizeof dnssec[0]; k++) {
        if (is(key, dnssec[k])) {
            take_dnssec(i, key, value);
            return;
        }
    }
    if (is(key, "interface") || is(key, "ip-address")) {
        char address[128];
        bool plain = strpbrk(value, "@") == NULL && i->port[0] != '\0';
        snprintf(address, sizeof address, "%.100s%s%s", value, plain ? "@" : "", plain ? i->port : "");
        list_entry(i->to[LISTEN], address);
    } else if (is(key, "port")) {
        return; /* known beforehand */
    } else if (is(key, "access-control")) {
        take_access(i, key, value);
    } else if (is(key, "msg-cache-size") || is(key, "rrset-cache-size")) {
        snprintf(size, sizeof size, "%.38s", value);
        size[strcspn(size, "b")] = '\0'; /* "4mb" */
        i->cache_bytes += value_size(size, &bytes) == VALUE_OK ? bytes : 0;
    } else if (is(key, "root-hints")) {
        fprintf(i->to[ROOT], "  hints: ");
        quoted(i->to[ROOT], value);
        fputc('\n', i->to[ROOT]);
    } else if (is(key, "qname-minimisation") || is(key, "qname-minimisation-strict")) {
        if (is(value, "no") == is(key, "qname-minimisation")) {
            fprintf(i->to[RESOLUTION], "  qname-minimisation: %s\n", is(value, "no") ? "off" : "strict");
        }
    } else if (is(key, "verbosity")) {
        fprintf(i->to[LOG], "  level: %s\n", value[0] >= '3' ? "debug" : "info");
    } else if (is(key, "serve-expired-client-timeout")) {
        fprintf(i->to[CACHE], "  stale-client-timer: %sms\n", value);
    } else if (!take_plain(i, key, value) && !take_identity(i, key, value)) {
        leave(i, key, value, needless(key, value));
    }
}

/* One line without its end: "key: value", "clause:". */
static void take_line(struct import *i, char *line)
{
    char *end = line, quote = '\0';
    for (; *end != '\0' && (quote != '\0' || *end != '#' || (end > line && end[-1] != ' ' && end[-1] != '\t')); end++) {
        quote = *end == quote ? '\0' : quote == '\0' && (*end == '"' || *end == '\'') ? *end : quote;
    }
    while (end > line && strchr(" \t\r", end[-1]) != NULL) {
        end--;
    }
    *end = '\0';
    line += strspn(line, " \t");
    char *colon = strchr(line, ':');
    if (*line == '\0' || colon == NULL) {
        if (*line != '\0') {
            leave(i, line, "", "not understood");
        }
        return;
    }
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t n = strlen(value);
    if (n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n - 1] == value[0]) {
        value[n - 1] = '\0';
        value++;
    }
    if (*value == '\0' && !is(line, "include") && !is(line, "include-toplevel")) {
        end_zone(i);
        snprintf(i->clause, sizeof i->clause, "%.31s", line);
    } else if (strncmp(line, "include", 7) == 0) {
        leave(i, line, value, "read that file, too");
    } else if (is(i->clause, "forward-zone") || is(i->clause, "stub-zone")) {
        take_zone(i, line, value);
    } else if (is(i->clause, "server")) {
        take_server(i, line, value);
    } else {
        leave(i, line, value, i->clause);
    }
}

static void print_section(const struct import *i, enum bucket b, const char *name, FILE *out)
{
    if (i->size[b] > 0) {
        fprintf(out, "%s:\n%s", name, i->text[b]);
    }
}

static void print_all(struct import *i, const char *name, FILE *out)
{
    static const struct {
        enum bucket bucket;
        const char *name;
    } sections[] = {{ROOT, "root"},       {CACHE, "cache"},       {RESOLUTION, "resolution"},
                    {FORWARD, "forward"}, {STUB, "stub"},         {DNSSEC, "dnssec"},
                    {LIMITS, "limits"},   {IDENTITY, "identity"}, {LOG, "log"}};
    fprintf(out, "# made from %s by raizctl config import; look it over, then: raizctl config check\n", name);
    fputs(i->text[TOP], out);
    if (i->size[LISTEN] > 0) {
        fprintf(out, "listen: [%s]\n", i->text[LISTEN]);
    }
    if (i->size[ALLOW] > 0) {
        fprintf(out, "access:\n  allow: [%s]\n", i->text[ALLOW]);
    }
    for (size_t k = 0; k < sizeof sections / sizeof sections[0]; k++) {
        print_section(i, sections[k].bucket, sections[k].name, out);
    }
    if (i->size[LEFT] > 0) {
        fprintf(out, "\n# not taken over:\n%s", i->text[LEFT]);
    }
}

/* What can be said only when all is read. */
static void conclude(struct import *i)
{
    char size[VALUE_TEXT_MAX];
    end_zone(i);
    if (i->cache_bytes > 0) {
        uint64_t least = 1 << 20;
        fprintf(i->to[CACHE], "  size: %s\n", value_print_size(i->cache_bytes > least ? i->cache_bytes : least, size));
    }
    if (!i->validates || i->permissive) {
        fprintf(i->to[DNSSEC], "  mode: %s\n", i->validates ? "permissive" : "off");
    }
    fflush(i->to[ANCHORS]);
    fflush(i->to[LISTEN]);
    fflush(i->to[EXEMPT]);
    if (i->size[ANCHORS] > 0) {
        fprintf(i->to[DNSSEC], "  trust-anchors: [%s]\n", i->text[ANCHORS]);
    }
    if (i->size[EXEMPT] > 0) {
        fprintf(i->to[DNSSEC], "  negative-trust-anchors: [%s]\n", i->text[EXEMPT]);
    }
    if (i->port[0] != '\0' && i->size[LISTEN] == 0) {
        fprintf(i->to[LISTEN], "\"127.0.0.1@%s\", \"::1@%s\"", i->port, i->port);
    }
}

/* It may stand behind the addresses that it is for. */
static void find_port(struct import *i, const char *text)
{
    for (const char *line = text; line != NULL; line = strchr(line, '\n'), line = line != NULL ? line + 1 : NULL) {
        const char *word = line + strspn(line, " \t");
        if (strncmp(word, "port:", 5) == 0) {
            word += 5 + strspn(word + 5, " \t");
            size_t n = strspn(word, "0123456789");
            snprintf(i->port, sizeof i->port, "%.*s", (int)(n < 7 ? n : 7), word);
        }
    }
}

bool import_unbound(const char *text, size_t n, const char *name, FILE *out)
{
    struct import i = {.validates = true};
    bool ok = true;
    char *copy = strndup(text, n);
    for (unsigned b = 0; b < BUCKETS; b++) {
        i.to[b] = open_memstream(&i.text[b], &i.size[b]);
        ok = ok && i.to[b] != NULL;
    }
    if (ok && copy != NULL) {
        char *rest = copy;
        find_port(&i, copy);
        for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
            i.line++;
            take_line(&i, line);
        }
        conclude(&i);
    }
    for (unsigned b = 0; b < BUCKETS; b++) {
        ok = i.to[b] != NULL && fclose(i.to[b]) == 0 && ok;
    }
    if (ok && copy != NULL) {
        print_all(&i, name, out);
    }
    for (unsigned b = 0; b < BUCKETS; b++) {
        free(i.text[b]);
    }
    ok = ok && copy != NULL;
    free(copy);
    return ok;
    /* -Wanalyzer-malloc-leak: each text was freed above */
}
