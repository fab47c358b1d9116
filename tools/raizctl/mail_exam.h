/*
 * mail_exam.h - where mail to a domain goes, and what its mail is guarded by: the examination behind "mailroute"
 *
 * A pure function over answers (lookups.h): it builds a report, a JSON object that is the output of --json and that the
 * text for people is drawn from. Each part of the examination adds its member, and remarks: what is weak, with a
 * weight, so that the verdict can name the weakest link.
 *
 *     mail_hosts.c   MX, addresses, names of addresses, DANE
 *     mail_spf.c     SPF with its includes, counted
 *     mail_policy.c  DMARC, the records of MTA-STS and TLS-RPT
 *     mail_sts.c     the policy of MTA-STS, which is no record but a file on a web server (fetch.h)
 */
#ifndef RAIZ_RAIZCTL_MAIL_EXAM_H
#define RAIZ_RAIZCTL_MAIL_EXAM_H

#include <jansson.h>

#include "tools/raizctl/fetch.h"
#include "tools/raizctl/lookups.h"

#define MAIL_REMARKS_MAX 64
#define MAIL_HOSTS_MAX   24 /* of a domain; what is beyond is named only */
#define MAIL_REMARK_MAX  400

/* How much a remark matters, the worst first. */
enum mail_weight { MAIL_BROKEN, MAIL_REFUSED, MAIL_WEAK, MAIL_OPEN, MAIL_MINOR };

struct mail_exam {
    struct lookups *l;
    struct dname domain;
    json_t *report;
    struct mail_remark {
        enum mail_weight weight;
        char text[MAIL_REMARK_MAX];
    } remarks[MAIL_REMARKS_MAX];
    size_t remark_count;
    /* What the verdict is about. */
    enum mail_route { MAIL_UNKNOWN, MAIL_NOWHERE, MAIL_NULL, MAIL_MX, MAIL_IMPLICIT } route;
    const struct lookup *failed; /* the lookup without which nothing can be said */
    bool exists;
    size_t hosts, reachable, guarded; /* hosts with an address; with DANE that a sender may use */
    struct fetch *file;               /* the policy of MTA-STS */
    enum mail_sts {
        MAIL_STS_ABSENT,  /* not announced, or not in a way that counts */
        MAIL_STS_MISSING, /* announced, but there is no policy to go by */
        MAIL_STS_UNKNOWN, /* announced; the policy is not known here */
        MAIL_STS_NONE,
        MAIL_STS_TESTED,
        MAIL_STS_ENFORCED
    } sts;
};

/* The report as far as it is known; NULL: no memory. Keep calling while lookups_run() says so. The state of `file` is
 * FETCH_OPEN before; if it is FETCH_WANTED in the end, let fetch_run() have it and call once more. */
json_t *mail_examine(struct lookups *l, struct dname domain, struct fetch *file);

void mail_remark(struct mail_exam *e, enum mail_weight weight, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A name below `above`: labels from the front, such as "_smtp", "_tls". False: too long. */
bool mail_below(const char *const *labels, size_t n, struct dname above, struct dname_buf *out);
/* The strings of a TXT record in one (RFC 7208 section 3.3). NULL: no memory. */
const char *mail_text(struct lookups *l, const struct lookup_rr *rr, size_t *n);
/* The texts of a TXT lookup that `wanted` accepts: how many, and the first of them. */
size_t mail_txt(struct lookups *l, const struct lookup *txt, bool (*wanted)(const char *text, size_t n),
                const char **text, size_t *n);
/* Text from the network as a JSON string that is safe on a terminal, cut when it is long. */
json_t *mail_json_text(const char *text, size_t n);
json_t *mail_json_name(struct dname name);
/* A lookup that failed, as "state": "failed" and "text". */
void mail_put_failure(json_t *o, const struct lookup *lookup);

/* Of an A or AAAA record; of another, none. */
struct addr mail_address(const struct lookup_rr *rr);

void mail_examine_hosts(struct mail_exam *e);
void mail_examine_spf(struct mail_exam *e);
void mail_examine_policies(struct mail_exam *e);
/* sts: the part of the report about a record that is good. */
void mail_examine_sts_policy(struct mail_exam *e, json_t *sts);

#endif
