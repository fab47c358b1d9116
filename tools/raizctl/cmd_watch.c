/*
 * cmd_watch.c - watch: ask until the answer holds a value
 *
 * A resolver says the same until a TTL ends, so there is no use in asking much earlier. It is looked again when that is
 * over, but at least once a minute, for somebody may have flushed the cache; what is asked for then is in the cache and
 * costs no name server anything.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "tools/raizctl/client.h"

#include "resolver/io/clock.h"
#include "tools/raizctl/out.h"
#include "tools/raizctl/reply.h"

#define LOOK_AGAIN_S   60   /* at the latest */
#define FAILED_AGAIN_S 5    /* a failure is kept about as long */
#define FOR_S          3600 /* how long, when it is not said */

/* One look. */
struct look {
    char rcode[DNS_TYPE_TEXT_MAX];
    char data[600]; /* of all records, with ", " between; cut when it is long */
    bool found, failed;
    uint32_t ttl_s;
};

/* "mail.example" and "mail.example." are the same, and so are capitals; a text may stand without its quotes. */
static bool holds(const char *data, const char *value)
{
    size_t n = strlen(data), k = strlen(value);
    if (n == k + 2 && data[0] == '"' && memcmp(data + 1, value, k) == 0) {
        return true;
    }
    if (n == k + 1 && data[n - 1] == '.') {
        n--;
    }
    return n == k && strncasecmp(data, value, n) == 0;
}

static void read_look(const struct reply *r, const struct question *q, const char *value, struct look *out)
{
    const struct dns_msg *m = &r->msg;
    size_t at = 0;
    char rcode[DNS_TYPE_TEXT_MAX];
    *out = (struct look){.ttl_s = UINT32_MAX, .failed = reply_failed(r)};
    snprintf(out->rcode, sizeof out->rcode, "%s", dns_rcode_text(dns_msg_rcode(m), rcode));
    for (unsigned i = 0; i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        out->ttl_s = m->rr[i].ttl_s < out->ttl_s ? m->rr[i].ttl_s : out->ttl_s;
        if (i >= dns_msg_end(m, DNS_ANSWER) || (m->rr[i].type != q->qtype && q->qtype != DNS_TYPE_ANY)) {
            continue;
        }
        const char *data = reply_data(r, i);
        out->found = out->found || holds(data, value);
        if (at < sizeof out->data) {
            int n = snprintf(out->data + at, sizeof out->data - at, "%s%s", at > 0 ? ", " : "", data);
            at += n > 0 ? (size_t)n : 0;
        }
    }
    out->ttl_s = out->ttl_s == UINT32_MAX ? FAILED_AGAIN_S : out->ttl_s;
}

/* When to look again: just after the TTL's end. */
static uint64_t pause_s(const struct look *l)
{
    uint64_t wait = l->failed ? FAILED_AGAIN_S : l->ttl_s + (uint64_t)1;
    return wait < LOOK_AGAIN_S ? wait : LOOK_AGAIN_S;
}

static void show(struct ctl *ctl, const struct look *l, uint64_t elapsed_s, uint64_t again_s)
{
    char clock[16] = "", ttl[OUT_TEXT_MAX], again[OUT_TEXT_MAX];
    time_t now = time(NULL);
    struct tm tm;
    if (ctl->json) {
        json_t *o = json_pack("{s:I, s:I, s:s, s:s, s:I, s:b, s:I}", "at", (json_int_t)now, "elapsed_s",
                              (json_int_t)elapsed_s, "rcode", l->rcode, "data", l->data, "ttl", (json_int_t)l->ttl_s,
                              "found", l->found, "again_s", (json_int_t)again_s);
        json_dumpf(o, ctl->out, JSON_COMPACT | JSON_ENSURE_ASCII);
        fputc('\n', ctl->out);
        json_decref(o);
    } else {
        if (localtime_r(&now, &tm) != NULL) {
            strftime(clock, sizeof clock, "%H:%M:%S", &tm);
        }
        fprintf(ctl->out, "%s %s%s%s", clock, paint_on(&ctl->style, l->found ? PAINT_GOOD : PAINT_DIM),
                l->data[0] != '\0' ? l->data : l->rcode, paint_off(&ctl->style));
        if (l->found) {
            fprintf(ctl->out, ": there it is, after %s\n", out_duration(elapsed_s, again));
        } else if (again_s > 0) {
            fprintf(ctl->out, ", for %s: asked again in %s\n", out_duration(l->ttl_s, ttl),
                    out_duration(again_s, again));
        } else {
            fprintf(ctl->out, ", for %s\n", out_duration(l->ttl_s, ttl));
        }
    }
    fflush(ctl->out);
}

static int look(struct ctl *ctl, const struct question *q, const struct stub_question *ask, struct look *out)
{
    struct stub_answer answer;
    struct reply reply;
    int code = reply_ask(ctl, ask, &answer, &reply);
    if (code == CONTROL_OK) {
        read_look(&reply, q, ctl->until, out);
        reply_release(&reply, &answer);
    }
    return code;
}

int cmd_watch(struct ctl *ctl)
{
    struct question q;
    struct look l;
    int code = question_read(ctl, &q);
    if (code == CONTROL_OK && (ctl->until == NULL || ctl->until[0] == '\0')) {
        code = ctl_fail(ctl, CONTROL_USAGE, "say what to wait for: --until VALUE");
    }
    if (code != CONTROL_OK) {
        return code;
    }
    struct stub_question ask = {.qname = dname_of(&q.qname),
                                .qtype = q.qtype,
                                .tcp = (ctl->given & OPT_TCP) != 0,
                                .recurse = true,
                                .timeout_ms = ctl->timeout_ms};
    uint64_t most = (ctl->given & OPT_FOR) != 0 ? ctl->for_s : FOR_S, begun = clock_mono_us() / US_PER_S;
    code = client_server(ctl, q.server, &ask.server);
    while (code == CONTROL_OK) {
        code = look(ctl, &q, &ask, &l);
        if (code != CONTROL_OK) {
            break;
        }
        uint64_t elapsed = clock_mono_us() / US_PER_S - begun, left = elapsed < most ? most - elapsed : 0;
        uint64_t again = l.found ? 0 : pause_s(&l) < left ? pause_s(&l) : left;
        show(ctl, &l, elapsed, again);
        if (l.found) {
            return CONTROL_OK;
        }
        if (again == 0) {
            char time_text[OUT_TEXT_MAX];
            return ctl_fail(ctl, CONTROL_FAILED, "%s did not hold '%.200s' within %s", q.name, ctl->until,
                            out_duration(most, time_text));
        }
        nanosleep(&(struct timespec){.tv_sec = (time_t)again}, NULL);
    }
    return code;
}
