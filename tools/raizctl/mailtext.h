/*
 * mailtext.h - what domains say about their mail in TXT records: DMARC, MTA-STS, TLS-RPT
 *
 * All three are lists of "tag=value" with semicolons between: DMARC (RFC 9989, before it RFC 7489), MTA-STS (RFC 8461
 * section 3.1), TLS-RPT (RFC 8460 section 3). Pure: octets in, values out that borrow them.
 */
#ifndef RAIZ_RAIZCTL_MAILTEXT_H
#define RAIZ_RAIZCTL_MAILTEXT_H

#include <stdbool.h>
#include <stddef.h>

struct mailtext_value {
    const char *text; /* NULL: the tag is not there */
    size_t len;
};

/* Without blanks and tabs on both sides. */
struct mailtext_value mailtext_trimmed(const char *text, size_t n);

enum dmarc_policy { DMARC_UNSET, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc {
    enum dmarc_policy p, sp, np;
    char psd;          /* 'y', 'n' or 'u' */
    bool testing;      /* t=y: as if the policy were one step milder */
    bool aggregate;    /* somebody wants reports: rua= */
    const char *error; /* NULL, or what is wrong with it although it counts */
};

struct mta_sts {
    struct mailtext_value id;
};

struct tls_rpt {
    struct mailtext_value rua;
};

/* Each is false when the text is no such record. Texts that begin as one but are of no use have `error`, or for the
 * last two a value without text. */
bool dmarc_read(const char *text, size_t n, struct dmarc *out);
bool mta_sts_read(const char *text, size_t n, struct mta_sts *out);
bool tls_rpt_read(const char *text, size_t n, struct tls_rpt *out);

const char *dmarc_policy_text(enum dmarc_policy policy);

#endif
