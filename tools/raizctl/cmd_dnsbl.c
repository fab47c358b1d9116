/*
 * cmd_dnsbl.c - dnsbl: is an address or a domain on a list that mail servers ask?
 *
 *     bl.rbl.org               LISTED       127.0.0.4: seen sending spam
 *     refuses.rbl.org          refused      127.255.255.254 is NOT a listing: ...
 *
 * Silence of a list that does not work looks like "not listed". So each is asked for its test entry, too, which every
 * list has (RFC 5782 section 5), and an answer without it is not taken for a good one.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/dnsbl.h"
#include "tools/raizctl/lookups.h"
#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/reply.h"

#define LISTS_MAX 16

struct dnsbl {
    struct ctl *ctl;
    struct lookups l;
    char what[DNAME_TEXT_MAX]; /* as it was given */
    char key[DNAME_TEXT_MAX];  /* what stands in front of a list's name, with a dot at its end */
    bool domain;
    struct {
        char zone[DNAME_TEXT_MAX];
        const char *test;
    } lists[LISTS_MAX];
    size_t count;
};

/* A name below a list. False: too long. */
static bool below(const char *front, const char *zone, struct dname_buf *out)
{
    char text[2 * DNAME_TEXT_MAX + 2];
    size_t n = strlen(front);
    int len = snprintf(text, sizeof text, "%s%s%s", front, n > 0 && front[n - 1] == '.' ? "" : ".", zone);
    return len > 0 && (size_t)len < sizeof text && dname_scan(text, (size_t)len, NULL, out) == DNS_OK;
}

static bool host_name(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(text);
}

static int read_what(struct dnsbl *d)
{
    struct addr a;
    struct dname_buf name;
    const char *word = d->ctl->words[0];
    snprintf(d->what, sizeof d->what, "%s", word);
    if (addr_scan(word, 0, &a) && a.port == 0) {
        if (addr_is_private(&a) && !addr_is_loopback(&a)) {
            return ctl_fail(d->ctl, CONTROL_USAGE, "%s is a private address: no list knows it", word);
        }
        reverse_name(&a, d->key);
        *strstr(d->key, a.family == ADDR_IP4 ? "in-addr.arpa." : "ip6.arpa.") = '\0';
        return CONTROL_OK;
    }
    if (!host_name(word) || dname_scan(word, strlen(word), NULL, &name) != DNS_OK || name.labels == 0) {
        return ctl_fail(d->ctl, CONTROL_USAGE, "'%.200s' is neither an address nor a domain name", word);
    }
    d->domain = true;
    dname_print(dname_of(&name), d->key);
    return CONTROL_OK;
}

static void default_lists(struct dnsbl *d)
{
    for (size_t i = 0; i < dnsbl_list_count; i++) {
        if (dnsbl_lists[i].domains == d->domain) {
            snprintf(d->lists[d->count].zone, DNAME_TEXT_MAX, "%s", dnsbl_lists[i].zone);
            d->lists[d->count++].test = dnsbl_lists[i].test;
        }
    }
}

/* --list A,B,C */
static int read_lists(struct dnsbl *d)
{
    const char *at = d->ctl->list;
    if (at == NULL) {
        default_lists(d);
        return CONTROL_OK;
    }
    for (;;) {
        size_t n = strcspn(at, ",");
        struct dname_buf name;
        char text[DNAME_TEXT_MAX];
        snprintf(text, sizeof text, "%.*s", (int)(n < DNAME_MAX ? n : DNAME_MAX), at);
        if (!host_name(text) || !below(d->key, text, &name) || n == 0 || text[0] == '.') {
            return ctl_fail(d->ctl, CONTROL_USAGE, "'%.200s' is not the name of a list", text);
        }
        if (d->count == LISTS_MAX) {
            return ctl_fail(d->ctl, CONTROL_USAGE, "more than %d lists", LISTS_MAX);
        }
        const char *test = d->domain ? DNSBL_TEST_DOMAIN : DNSBL_TEST_ADDRESS;
        for (size_t i = 0; i < dnsbl_list_count; i++) {
            test = strcmp(dnsbl_lists[i].zone, text) == 0 && dnsbl_lists[i].domains == d->domain ? dnsbl_lists[i].test
                                                                                                 : test;
        }
        memcpy(d->lists[d->count].zone, text, sizeof text);
        d->lists[d->count++].test = test;
        if (at[n] == '\0') {
            return CONTROL_OK;
        }
        at += n + 1;
    }
}

/* The list's own words about its entry. */
static void put_reason(struct dnsbl *d, const struct lookup *txt, json_t *o)
{
    if (txt != NULL && txt->count > 0) {
        size_t n = 0;
        const char *text = mail_text(&d->l, &txt->rr[0], &n);
        if (text != NULL) {
            json_object_set_new(o, "reason", mail_json_text(text, n));
        }
    }
}

static void judge_codes(const char *zone, const struct lookup *a, json_t *o)
{
    static const char *const states[] = {"listed", "welcome", "refused", "no_list"};
    enum dnsbl_code worst = DNSBL_LISTED;
    const char *text = "";
    json_t *codes = json_array();
    for (size_t i = 0; i < a->count; i++) {
        char code[ADDR_TEXT_MAX];
        const char *words;
        struct addr addr = addr_ip4(a->rr[i].rdata, 0);
        enum dnsbl_code c = dnsbl_judge(zone, a->rr[i].rdata, &words);
        addr_print(&addr, code);
        json_array_append_new(codes, json_string(code));
        if (i == 0 || c > worst) { /* one refusal, and none of it is a listing */
            worst = c;
            text = words;
        }
    }
    json_object_set_new(o, "state", json_string(states[worst]));
    json_object_set_new(o, "text", json_string(text));
    json_object_set_new(o, "codes", codes);
}

/* Who is asked in raizd's stead, if its configuration says so: that is why a list refuses. */
static void put_cause(struct dnsbl *d, struct dname name, json_t *o)
{
    struct question q = {.qtype = DNS_TYPE_A, .type = "A"};
    dname_print(name, q.name);
    json_t *known = d->ctl->server == NULL ? reply_known(d->ctl, &q) : NULL;
    const char *zone = out_text(known, "forward_zone");
    if (zone[0] != '\0') {
        char cause[DNAME_TEXT_MAX + 120];
        snprintf(cause, sizeof cause,
                 "%s is forwarded to other resolvers by raizd's configuration: the list sees those", zone);
        json_object_set_new(o, "cause", json_string(cause));
    }
    json_decref(known);
}

static json_t *examine_list(struct dnsbl *d, size_t i)
{
    struct dname_buf name, test;
    const char *zone = d->lists[i].zone;
    json_t *o = json_pack("{s:s}", "list", zone);
    if (!below(d->key, zone, &name) || !below(d->lists[i].test, zone, &test)) {
        json_object_set_new(o, "state", json_string("failed"));
        json_object_set_new(o, "text", json_string("the name would be too long"));
        return o;
    }
    const struct lookup *a = lookups_get(&d->l, dname_of(&name), DNS_TYPE_A);
    const struct lookup *tested = lookups_get(&d->l, dname_of(&test), DNS_TYPE_A);
    if (a == NULL || tested == NULL) {
        return o;
    }
    if (lookup_failed(a)) {
        mail_put_failure(o, a);
    } else if (a->count > 0) {
        judge_codes(zone, a, o);
        put_reason(d, lookups_get(&d->l, dname_of(&name), DNS_TYPE_TXT), o);
    } else if (tested->count == 0) {
        json_object_set_new(o, "state", json_string("silent"));
        json_object_set_new(o, "text", json_string("nothing is known: not even the list's own test entry is there"));
    } else {
        judge_codes(zone, tested, o); /* a list may refuse only what it would have to say */
        bool works = strcmp(out_text(o, "state"), "listed") == 0 || strcmp(out_text(o, "state"), "welcome") == 0;
        if (works) {
            json_object_del(o, "codes");
            json_object_set_new(o, "state", json_string("not_listed"));
            json_object_set_new(o, "text", json_string(""));
        }
    }
    return o;
}

static json_t *examine(struct dnsbl *d)
{
    static const char *const answers[] = {"listed", "welcome", "not_listed"};
    size_t counts[3] = {0};
    char verdict[DNAME_TEXT_MAX + 120];
    json_t *lists = json_array();
    for (size_t i = 0; i < d->count; i++) {
        json_t *o = examine_list(d, i);
        for (size_t k = 0; k < 3; k++) {
            counts[k] += strcmp(out_text(o, "state"), answers[k]) == 0;
        }
        json_array_append_new(lists, o);
    }
    size_t none = d->count - counts[0] - counts[1] - counts[2];
    int n = snprintf(verdict, sizeof verdict, "%s is on %zu of %zu lists", d->what, counts[0], d->count);
    if (counts[1] > 0) {
        n += snprintf(verdict + n, sizeof verdict - (size_t)n, ", welcome on %zu", counts[1]);
    }
    if (none > 0) {
        snprintf(verdict + n, sizeof verdict - (size_t)n, "; %zu told nothing", none);
    }
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:s}", "asked", d->what, "kind", d->domain ? "domain" : "address",
                     "lists", lists, "listed", (json_int_t)counts[0], "clean",
                     (json_int_t)counts[1] + (json_int_t)counts[2], "told_nothing", (json_int_t)none, "verdict",
                     verdict);
}

static void put_causes(struct dnsbl *d, const json_t *report)
{
    for (size_t i = 0; i < d->count; i++) {
        json_t *o = json_array_get(json_object_get(report, "lists"), i);
        struct dname_buf name;
        if (strcmp(out_text(o, "state"), "refused") == 0 && below(d->key, d->lists[i].zone, &name)) {
            put_cause(d, dname_of(&name), o);
        }
    }
}

static void show(struct ctl *ctl, const json_t *report)
{
    static const char *const words[][2] = {{"listed", "LISTED"},   {"welcome", "welcome"}, {"not_listed", "not listed"},
                                           {"refused", "refused"}, {"no_list", "no list"}, {"silent", "silent"},
                                           {"failed", "failed"}};
    size_t i, k;
    json_t *o, *code;
    json_array_foreach(json_object_get(report, "lists"), i, o)
    {
        const char *word = "", *reason = out_text(o, "reason"), *text = out_text(o, "text"),
                   *cause = out_text(o, "cause");
        bool listed = strcmp(out_text(o, "state"), "listed") == 0,
             good = strcmp(out_text(o, "state"), "not_listed") == 0;
        for (k = 0; k < sizeof words / sizeof words[0]; k++) {
            word = strcmp(out_text(o, "state"), words[k][0]) == 0 ? words[k][1] : word;
        }
        fprintf(ctl->out, "%-24s %s%-10s%s", out_text(o, "list"),
                paint_on(&ctl->style, listed ? PAINT_BAD
                                      : good ? PAINT_GOOD
                                             : PAINT_DIM),
                word, paint_off(&ctl->style));
        json_array_foreach(json_object_get(o, "codes"), k, code)
        {
            fprintf(ctl->out, " %s", json_string_value(code));
        }
        fprintf(ctl->out, "%s%s%s%s\n", text[0] != '\0' ? " " : "", text, reason[0] != '\0' ? ": " : "", reason);
        if (cause[0] != '\0') {
            fprintf(ctl->out, "%-24s            %s\n", "", cause);
        }
    }
    fprintf(ctl->out, "verdict: %s\n", out_text(report, "verdict"));
}

static int run(struct dnsbl *d)
{
    json_t *report = NULL;
    do {
        json_decref(report);
        report = examine(d);
    } while (report != NULL && lookups_run(&d->l));
    if (report == NULL) {
        return ctl_fail(d->ctl, CONTROL_FAILED, "out of memory");
    }
    put_causes(d, report);
    int code = out_number(report, "listed") > 0  ? CONTROL_FAILED
               : out_number(report, "clean") > 0 ? CONTROL_OK
                                                 : CONTROL_NO_REPLY;
    if (d->ctl->json) {
        json_dumpf(report, d->ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
        fputc('\n', d->ctl->out);
    } else {
        show(d->ctl, report);
    }
    json_decref(report);
    return code == CONTROL_NO_REPLY ? ctl_fail(d->ctl, code, "no list told anything about %s", d->what) : code;
}

int cmd_dnsbl(struct ctl *ctl)
{
    struct dnsbl d = {.ctl = ctl};
    lookups_init(&d.l);
    d.l.timeout_ms = ctl->timeout_ms;
    d.l.tcp = (ctl->given & OPT_TCP) != 0;
    int code = read_what(&d);
    if (code == CONTROL_OK) {
        code = read_lists(&d);
    }
    if (code == CONTROL_OK) {
        code = client_server(ctl, ctl->server, &d.l.server);
    }
    if (code == CONTROL_OK) {
        code = run(&d);
    }
    lookups_release(&d.l);
    return code;
}
