/*
 * dnsbl.h - lists of addresses and domains that are asked by DNS (RFC 5782): which there are, and what their codes mean
 *
 * Pure: tables and one judgement.
 */
#ifndef RAIZ_RAIZCTL_DNSBL_H
#define RAIZ_RAIZCTL_DNSBL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list that is asked when none is named: one that answers without registration. */
struct dnsbl_list {
    const char *zone, *test; /* test: a name below it that is always listed */
    bool domains;            /* of domains; else of addresses */
};
extern const struct dnsbl_list dnsbl_lists[];
extern const size_t dnsbl_list_count;

#define DNSBL_TEST_ADDRESS "2.0.0.127" /* RFC 5782 section 5 */
#define DNSBL_TEST_DOMAIN  "test"      /* the same */

enum dnsbl_code { DNSBL_LISTED, DNSBL_WELCOME, DNSBL_REFUSED, DNSBL_NO_LIST };

/* What one address in the answer of a list means; *text says it in words. */
enum dnsbl_code dnsbl_judge(const char *zone, const uint8_t code[static 4], const char **text);

#endif
