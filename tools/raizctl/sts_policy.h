/*
 * sts_policy.h - the policy of MTA-STS: the text file that a domain keeps on a web server (RFC 8461 section 3.2)
 *
 *     version: STSv1
 *     mode: enforce
 *     mx: mail.example.com
 *     mx: *.example.net
 *     max_age: 604800
 *
 * Pure: octets in, values out that borrow them.
 */
#ifndef RAIZ_RAIZCTL_STS_POLICY_H
#define RAIZ_RAIZCTL_STS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/raizctl/mailtext.h"

#define STS_MAX_AGE_S 31557600 /* RFC 8461 section 3.2: a year; more counts as that */

enum sts_mode { STS_UNSET, STS_ENFORCE, STS_TESTING, STS_NONE };

struct sts_policy {
    struct mailtext_value text;
    enum sts_mode mode;
    uint64_t max_age_s; /* as it stands there */
    size_t mx_count;
    const char *error; /* NULL, or why no sender can use it */
};

/* False: it is of no use, and `error` says why. */
bool sts_policy_read(const char *text, size_t n, struct sts_policy *out);
/* The next pattern, *at from 0; false: there are no more. */
bool sts_policy_mx(const struct sts_policy *policy, size_t *at, struct mailtext_value *pattern);
/* May a mail server of this name take the domain's mail? The name without a dot at its end. */
bool sts_policy_allows(const struct sts_policy *policy, struct mailtext_value host);
bool sts_mx_matches(struct mailtext_value pattern, struct mailtext_value host);

const char *sts_mode_text(enum sts_mode mode);

#endif
