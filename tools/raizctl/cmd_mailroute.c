/*
 * cmd_mailroute.c - mailroute: where mail to a domain goes, as a sender finds it, and what guards it
 *
 *     MX 10  mail.someschool.edu.
 *            131.215.9.25     PTR mail.someschool.edu., which leads back
 *            DANE             senders with DANE must use TLS, and know the key by these
 *                             3 1 1 8cb0...
 *     SPF      v=spf1 mx -all
 *              1 of 10 lookups
 *     MTA-STS  v=STSv1; id=20260101T000000
 *              mode enforce, kept for 7d; mx *.someschool.edu
 *     verdict: deliverable; nothing to add
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tools/raizctl/client.h"
#include "tools/raizctl/lookups.h"
#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/out.h"

#define ROUNDS_MAX 40 /* each asks what follows from the one before; the longest chain is that of SPF's includes */

static void show_line(struct ctl *ctl, const char *head, const char *text, enum paint paint)
{
    fprintf(ctl->out, "  %-8s %s%s%s\n", head, paint_on(&ctl->style, paint), text, paint_off(&ctl->style));
}

static void show_address(struct ctl *ctl, const json_t *a)
{
    const json_t *names = json_object_get(a, "ptr");
    bool confirmed = json_is_true(json_object_get(a, "confirmed"));
    const char *error = out_text(a, "ptr_error");
    fprintf(ctl->out, "         %-24s ", out_text(a, "address"));
    if (error[0] != '\0') {
        fprintf(ctl->out, "PTR: %s\n", error);
    } else if (json_array_size(names) == 0) {
        fprintf(ctl->out, "no PTR\n");
    } else {
        fprintf(ctl->out, "PTR %s, %s%s%s\n", json_string_value(json_array_get(names, 0)),
                paint_on(&ctl->style, confirmed ? PAINT_GOOD : PAINT_BAD),
                confirmed ? "which leads back" : "which does not lead back", paint_off(&ctl->style));
    }
}

static void show_dane(struct ctl *ctl, const json_t *dane)
{
    size_t i;
    json_t *record;
    bool usable = strcmp(out_text(dane, "state"), "usable") == 0;
    fprintf(ctl->out, "         DANE: %s%s%s\n", paint_on(&ctl->style, usable ? PAINT_GOOD : PAINT_DIM),
            out_text(dane, "text"), paint_off(&ctl->style));
    json_array_foreach(json_object_get(dane, "tlsa"), i, record)
    {
        fprintf(ctl->out, "           TLSA %s\n", json_string_value(record));
    }
}

static void show_host(struct ctl *ctl, const json_t *h, bool implicit)
{
    size_t i;
    json_t *a;
    char head[24];
    snprintf(head, sizeof head, implicit ? "no MX" : "MX %" PRIu64, out_number(h, "preference"));
    fprintf(ctl->out, "%-8s %s%s%s%s\n", head, paint_on(&ctl->style, PAINT_NAME), out_text(h, "host"),
            paint_off(&ctl->style),
            json_is_true(json_object_get(h, "random")) ? "  (same preference: in random order)" : "");
    if (out_text(h, "alias_of")[0] != '\0') {
        fprintf(ctl->out, "         an alias of %s\n", out_text(h, "alias_of"));
    }
    json_array_foreach(json_object_get(h, "addresses"), i, a)
    {
        show_address(ctl, a);
    }
    if (i == 0) {
        fprintf(ctl->out, "         %sno address%s\n", paint_on(&ctl->style, PAINT_BAD), paint_off(&ctl->style));
    }
    if (json_object_get(h, "dane") != NULL) {
        show_dane(ctl, json_object_get(h, "dane"));
    }
    if (json_is_false(json_object_get(h, "mta_sts"))) {
        fprintf(ctl->out, "         MTA-STS: %sno mx of the policy matches%s\n", paint_on(&ctl->style, PAINT_BAD),
                paint_off(&ctl->style));
    }
}

/* A record of the domain, or that there is none; then what `text` says of it. */
static const json_t *show_record(struct ctl *ctl, const json_t *report, const char *member, const char *head)
{
    const json_t *o = json_object_get(report, member);
    const char *state = out_text(o, "state"), *record = out_text(o, "record"), *text = out_text(o, "text");
    show_line(ctl, head,
              record[0] != '\0'            ? record
              : strcmp(state, "none") == 0 ? "none"
                                           : state,
              record[0] != '\0' ? PAINT_BOLD : PAINT_DIM);
    if (text[0] != '\0') {
        show_line(ctl, "", text, PAINT_BAD);
    }
    return record[0] != '\0' ? o : NULL;
}

/* What became of the policy file, and what stands in it. */
static void show_sts(struct ctl *ctl, const json_t *sts)
{
    char line[FETCH_WHY_MAX + 400], age[OUT_TEXT_MAX];
    const json_t *policy = json_object_get(sts, "policy"), *mx = json_object_get(policy, "mx");
    const char *state = out_text(policy, "state"), *text = out_text(policy, "text");
    bool left_out = strcmp(state, "left_out") == 0;
    snprintf(line, sizeof line, "the policy is at %.300s%s%s%s", out_text(sts, "policy_url"),
             left_out ? " (not fetched: " : "", left_out ? text : "", left_out ? ")" : "");
    show_line(ctl, "", line, PAINT_DIM);
    if (strcmp(state, "ok") == 0) {
        int n = snprintf(line, sizeof line, "mode %s, kept for %s%s", out_text(policy, "mode"),
                         out_duration(out_number(policy, "max_age_s"), age), json_array_size(mx) > 0 ? "; mx" : "");
        for (size_t i = 0; i < json_array_size(mx) && n < (int)sizeof line; i++) {
            n += snprintf(line + n, sizeof line - (size_t)n, "%s %s", i > 0 ? "," : "",
                          json_string_value(json_array_get(mx, i)));
        }
        show_line(ctl, "", line, PAINT_DIM);
    } else if (text[0] != '\0' && !left_out) {
        snprintf(line, sizeof line, "%s: %s", strcmp(state, "failed") == 0 ? "it cannot be fetched" : "it is faulty",
                 text);
        show_line(ctl, "", line, PAINT_BAD);
    }
}

static void show_policies(struct ctl *ctl, const json_t *report)
{
    char line[400];
    const json_t *o = show_record(ctl, report, "spf", "SPF");
    if (o != NULL) {
        snprintf(line, sizeof line,
                 "%" PRIu64 " of %" PRIu64 " lookups, %" PRIu64 " of %" PRIu64 " without a result; others: %s",
                 out_number(o, "lookups"), out_number(o, "lookups_max"), out_number(o, "void_lookups"),
                 out_number(o, "void_lookups_max"), out_text(o, "all"));
        show_line(ctl, "", line, PAINT_DIM);
    }
    o = show_record(ctl, report, "dmarc", "DMARC");
    if (o != NULL) {
        snprintf(line, sizeof line, "forged mail: %s%s (%s= of _dmarc.%.250s)", out_text(o, "policy"),
                 json_is_true(json_object_get(o, "testing")) ? ", but only as a test" : "", out_text(o, "tag"),
                 out_text(o, "from"));
        show_line(ctl, "", line, PAINT_DIM);
    }
    o = show_record(ctl, report, "mta_sts", "MTA-STS");
    if (o != NULL && out_text(o, "policy_url")[0] != '\0') {
        show_sts(ctl, o);
    }
    show_record(ctl, report, "tls_rpt", "TLS-RPT");
}

static void show(struct ctl *ctl, const json_t *report)
{
    size_t i;
    json_t *h, *remark;
    const char *route = out_text(report, "route");
    bool good = json_is_true(json_object_get(report, "deliverable"));
    fprintf(ctl->out, "%s%s%s  %s\n", paint_on(&ctl->style, PAINT_BOLD), out_text(report, "domain"),
            paint_off(&ctl->style),
            json_is_true(json_object_get(report, "secure")) ? "validated with DNSSEC" : "not validated");
    json_array_foreach(json_object_get(report, "mx"), i, h)
    {
        show_host(ctl, h, strcmp(route, "implicit") == 0);
    }
    if (strcmp(route, "null") == 0) {
        fprintf(ctl->out, "MX 0     .  (null MX)\n");
    }
    if (strcmp(route, "none") != 0 && strcmp(route, "unknown") != 0) {
        show_policies(ctl, report);
    }
    json_array_foreach(json_object_get(report, "remarks"), i, remark)
    {
        fprintf(ctl->out, "- %s\n", json_string_value(remark));
    }
    fprintf(ctl->out, "verdict: %s%s%s\n", paint_on(&ctl->style, good ? PAINT_GOOD : PAINT_BAD),
            out_text(report, "verdict"), paint_off(&ctl->style));
}

/* RFC 5321 section 2.3.5: letters, digits and hyphens; an underscore does no harm. */
static bool mail_name(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(text);
}

/* DOMAIN, or the one behind the @ of a mail address. */
static int read_domain(struct ctl *ctl, struct dname_buf *domain)
{
    const char *word = ctl->words[0], *at = strrchr(word, '@');
    const char *text = at != NULL ? at + 1 : word;
    if (!mail_name(text) || dname_scan(text, strlen(text), NULL, domain) != DNS_OK || domain->labels == 0) {
        return ctl_fail(ctl, CONTROL_USAGE, "'%.200s' is not a domain name", text);
    }
    return CONTROL_OK;
}

/* The policy of MTA-STS from its web server, unless nobody may be asked. */
static int fetch_policy(struct ctl *ctl, struct fetch *file)
{
    char map[CLIENT_VALUE_MAX] = "";
    int code = ctl->server == NULL ? client_setting(ctl, "resolution.address-map", map) : CONTROL_OK;
    if (code == CONTROL_OK && map[0] != '\0') { /* who has these addresses on the Internet is somebody else */
        fetch_leave_out(file, "raizd resolves in a lab, resolution.address-map");
    } else if (code == CONTROL_OK) {
        fetch_run(file);
    }
    return code;
}

/* All rounds of questions, and the policy, when there is one; the report. */
static int examine(struct ctl *ctl, struct lookups *l, struct dname domain, json_t **report)
{
    int code = CONTROL_OK;
    struct fetch file = {.state = FETCH_OPEN, .ca = ctl->ca};
    file.timeout_ms = ctl->timeout_ms < FETCH_TIMEOUT_MS ? ctl->timeout_ms : FETCH_TIMEOUT_MS;
    if ((ctl->given & OPT_NO_FETCH) != 0) {
        fetch_leave_out(&file, "--no-fetch");
    }
    do {
        json_decref(*report);
        *report = mail_examine(l, domain, &file);
    } while (l->rounds < ROUNDS_MAX && lookups_run(l));
    if (file.state == FETCH_WANTED) {
        code = fetch_policy(ctl, &file);
        json_decref(*report);
        *report = mail_examine(l, domain, &file);
    }
    fetch_release(&file);
    return code;
}

static int print_report(struct ctl *ctl, const struct lookups *l, json_t *report)
{
    char server[ADDR_TEXT_MAX];
    addr_print(&l->server, server);
    json_object_set_new(report, "server", json_string(server));
    json_object_set_new(report, "questions", json_integer((json_int_t)l->count));
    json_object_set_new(report, "rounds", json_integer((json_int_t)l->rounds));
    if (ctl->json) {
        json_dumpf(report, ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
        fputc('\n', ctl->out);
    } else {
        show(ctl, report);
    }
    return json_is_true(json_object_get(report, "deliverable")) ? CONTROL_OK : CONTROL_FAILED;
}

int cmd_mailroute(struct ctl *ctl)
{
    struct dname_buf domain = {.len = 0};
    struct lookups l;
    json_t *report = NULL;
    lookups_init(&l);
    l.timeout_ms = ctl->timeout_ms;
    l.tcp = (ctl->given & OPT_TCP) != 0;
    int code = read_domain(ctl, &domain);
    if (code == CONTROL_OK && ctl->ca != NULL && access(ctl->ca, R_OK) != 0) {
        code = ctl_fail(ctl, CONTROL_USAGE, "%.200s: %s", ctl->ca, strerror(errno));
    }
    if (code == CONTROL_OK) {
        code = client_server(ctl, ctl->server, &l.server);
    }
    if (code != CONTROL_OK) {
        return code;
    }
    code = examine(ctl, &l, dname_of(&domain), &report);
    const struct lookup *mx = lookups_get(&l, dname_of(&domain), DNS_TYPE_MX);
    if (code == CONTROL_OK && mx != NULL && mx->error != NULL) {
        char server[ADDR_TEXT_MAX];
        addr_print(&l.server, server);
        code = ctl_fail(ctl, mx->timed_out ? CONTROL_NO_REPLY : CONTROL_FAILED, "no answer from %s: %s", server,
                        mx->error);
    } else if (code == CONTROL_OK) {
        code = print_report(ctl, &l, report);
    }
    json_decref(report);
    lookups_release(&l);
    return code;
}
