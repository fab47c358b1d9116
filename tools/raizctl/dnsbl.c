/*
 * dnsbl.c - lists of addresses and domains that are asked by DNS: which there are, and what their codes mean
 */
#include "tools/raizctl/dnsbl.h"

#include <strings.h>

const struct dnsbl_list dnsbl_lists[] = {
    {"zen.spamhaus.org", DNSBL_TEST_ADDRESS, false}, {"bl.spamcop.net", DNSBL_TEST_ADDRESS, false},
    {"psbl.surriel.com", DNSBL_TEST_ADDRESS, false}, {"list.dnswl.org", DNSBL_TEST_ADDRESS, false},
    {"dbl.spamhaus.org", "dbltest.com", true},       {"multi.surbl.org", "surbl-org-permanent-test-point.com", true},
};
const size_t dnsbl_list_count = sizeof dnsbl_lists / sizeof dnsbl_lists[0];

/* What lists say in code beside "listed"; from their own documentation. */
static const struct {
    const char *zone;
    uint8_t third, first, last; /* 127.0.third.first to .last */
    const char *text;
} meanings[] = {
    {"zen.spamhaus.org", 0, 2, 2, "SBL: sends spam, or is run for it"},
    {"zen.spamhaus.org", 0, 3, 3, "CSS: sends spam, found by machine"},
    {"zen.spamhaus.org", 0, 4, 7, "XBL: has been taken over"},
    {"zen.spamhaus.org", 0, 9, 9, "DROP: a network in criminal hands"},
    {"zen.spamhaus.org", 0, 10, 11, "PBL: should not send mail by itself, such as a customer's line"},
    {"dbl.spamhaus.org", 1, 2, 2, "a spam domain"},
    {"dbl.spamhaus.org", 1, 4, 4, "a phishing domain"},
    {"dbl.spamhaus.org", 1, 5, 5, "a malware domain"},
    {"dbl.spamhaus.org", 1, 6, 6, "a botnet's domain"},
    {"dbl.spamhaus.org", 1, 102, 106, "a good domain that is abused"},
};

enum dnsbl_code dnsbl_judge(const char *zone, const uint8_t code[static 4], const char **text)
{
    if (code[0] != 127) {
        *text = "no list answers so: the domain is parked, or somebody on the way makes up answers";
        return DNSBL_NO_LIST;
    }
    if (code[1] == 255 && code[2] == 255) {
        *text = code[3] == 252   ? "NOT a listing: the list's name is misspelt"
                : code[3] == 254 ? "NOT a listing: the list refuses questions through public or open resolvers"
                : code[3] == 255 ? "NOT a listing: too many questions from here"
                                 : "NOT a listing: the list refuses to answer";
        return DNSBL_REFUSED;
    }
    if ((code[1] == 0 && code[2] == 0 && code[3] == 1) || (strcasecmp(zone, "list.dnswl.org") == 0 && code[3] == 255)) {
        *text = "NOT a listing: the list refuses to answer";
        return DNSBL_REFUSED;
    }
    if (strcasecmp(zone, "list.dnswl.org") == 0) {
        static const char *const trust[] = {"known as a sender, without trust", "trusted (low)", "trusted (medium)",
                                            "trusted (high)"};
        *text = trust[code[3] < 4 ? code[3] : 0];
        return DNSBL_WELCOME;
    }
    *text = "";
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strcasecmp(zone, meanings[i].zone) == 0 && code[1] == 0 && code[2] == meanings[i].third &&
            code[3] >= meanings[i].first && code[3] <= meanings[i].last) {
            *text = meanings[i].text;
        }
    }
    return DNSBL_LISTED;
}
