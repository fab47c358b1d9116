/*
 * mailtext_fuzz.c - what stands in TXT records about mail, and in the policy of MTA-STS: any octets are taken apart or
 * refused with a word
 *
 * The pieces that come out lie within the octets that went in, and errors are printable.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tools/raizctl/mailtext.h"
#include "tools/raizctl/spf.h"
#include "tools/raizctl/sts_policy.h"

static bool within(const char *piece, size_t len, const char *text, size_t n)
{
    return piece == NULL || (piece >= text && len <= n && piece - text <= (ptrdiff_t)(n - len));
}

static void check_spf(const char *text, size_t n)
{
    struct spf spf;
    if (!spf_is(text, n)) {
        return;
    }
    bool good = spf_parse(text, n, &spf);
    must(good == (spf.error[0] == '\0'), "an error, or none, and no word about it");
    must(memchr(spf.error, '\0', sizeof spf.error) != NULL, "an error without end");
    for (const char *p = spf.error; *p != '\0'; p++) {
        must(*p >= ' ' && *p <= '~', "an error that cannot be printed");
    }
    must(spf.count <= SPF_TERMS_MAX, "too many terms");
    for (size_t i = 0; good && i < spf.count; i++) {
        const struct spf_term *t = &spf.terms[i];
        must(within(t->domain, t->domain_len, text, n), "a domain from elsewhere");
        must(!t->macro || memchr(t->domain, '%', t->domain_len) != NULL, "a macro out of nothing");
        must(t->qualifier == 0 || strchr("+-~?", t->qualifier) != NULL, "a qualifier that is none");
    }
}

/* A pattern allows the names that it says, and none with a label more. */
static void check_pattern(const struct sts_policy *p, struct mailtext_value pattern)
{
    char host[300];
    bool wild = pattern.text[0] == '*';
    int n = snprintf(host, sizeof host, "%s%.*s", wild ? "x" : "", (int)(pattern.len - wild), pattern.text + wild);
    must(n > 0 && n < (int)sizeof host, "a pattern that is no name");
    must(sts_policy_allows(p, (struct mailtext_value){host, (size_t)n}), "a name that its pattern does not allow");
    n = snprintf(host, sizeof host, "y.%s%.*s", wild ? "x" : "", (int)(pattern.len - wild), pattern.text + wild);
    must(!sts_mx_matches(pattern, (struct mailtext_value){host, (size_t)n}), "a label too many");
}

static void check_policy(const char *text, size_t n)
{
    struct sts_policy p;
    struct mailtext_value pattern;
    size_t at = 0, count = 0;
    bool good = sts_policy_read(text, n, &p);
    must(good == (p.error == NULL), "an error, or none, and no word about it");
    if (!good) {
        return;
    }
    must(p.mode != STS_UNSET && sts_mode_text(p.mode)[0] != '\0', "a policy without a mode");
    must(p.max_age_s <= UINT64_C(9999999999), "more than ten digits");
    while (sts_policy_mx(&p, &at, &pattern)) {
        must(within(pattern.text, pattern.len, text, n), "a pattern from elsewhere");
        if (count++ < 8) {
            check_pattern(&p, pattern);
        }
    }
    must(count == p.mx_count, "patterns are counted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct dmarc d;
    struct mta_sts s;
    struct tls_rpt r;
    check_spf(text, size);
    check_policy(text, size);
    if (dmarc_read(text, size, &d)) {
        must(d.p != DMARC_UNSET && strchr("ynu", d.psd) != NULL, "a record without a policy");
        must(dmarc_policy_text(d.p)[0] != '\0' && d.sp <= DMARC_REJECT && d.np <= DMARC_REJECT,
             "a policy that is none");
    }
    must(!mta_sts_read(text, size, &s) || within(s.id.text, s.id.len, text, size), "an id from elsewhere");
    must(!tls_rpt_read(text, size, &r) || within(r.rua.text, r.rua.len, text, size), "an address from elsewhere");
    return 0;
}
