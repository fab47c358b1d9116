/*
 * question.c - what to ask, from the words of the command line
 */
#include "tools/raizctl/question.h"

#include <string.h>

static void reverse_ip4(const uint8_t *ip, char name[static DNAME_TEXT_MAX])
{
    snprintf(name, DNAME_TEXT_MAX, "%u.%u.%u.%u.in-addr.arpa.", ip[3], ip[2], ip[1], ip[0]);
}

static void reverse_ip6(const uint8_t *ip, char name[static DNAME_TEXT_MAX])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    for (unsigned i = 16; i > 0; i--) {
        name[at++] = hex[ip[i - 1] & 0xf];
        name[at++] = '.';
        name[at++] = hex[ip[i - 1] >> 4];
        name[at++] = '.';
    }
    snprintf(name + at, DNAME_TEXT_MAX - at, "ip6.arpa.");
}

void reverse_name(const struct addr *a, char name[static DNAME_TEXT_MAX])
{
    (a->family == ADDR_IP4 ? reverse_ip4 : reverse_ip6)(a->ip, name);
}

/* An address without a port: its name in the reverse tree. */
static bool reverse(const char *word, char name[static DNAME_TEXT_MAX])
{
    struct addr a;
    if (!addr_scan(word, 0, &a) || a.port != 0) {
        return false;
    }
    reverse_name(&a, name);
    return true;
}

/* Which words are what. */
static int sort_words(struct ctl *ctl, struct question *q, const char **name, bool *typed)
{
    const char *type_word = NULL;
    for (unsigned i = 0; i < ctl->word_count; i++) {
        const char *word = ctl->words[i];
        if (word[0] == '@') {
            q->server = word + 1;
        } else if (!*typed && dns_type_scan(word, strlen(word), &q->qtype)) {
            *typed = true;
            type_word = word;
        } else if (*name == NULL) {
            *name = word;
        } else {
            return ctl_fail(ctl, CONTROL_USAGE, "'%s' is no record type, and '%s' is the name already", word, *name);
        }
    }
    if (*name == NULL && type_word != NULL) { /* "raizctl query mx": a name that looks like a type */
        *name = type_word;
        *typed = false;
    }
    if (*name == NULL) {
        return ctl_fail(ctl, CONTROL_USAGE, "the name is missing");
    }
    return CONTROL_OK;
}

int question_read(struct ctl *ctl, struct question *q)
{
    const char *name = NULL;
    bool typed = false;
    *q = (struct question){.server = ctl->server};
    int code = sort_words(ctl, q, &name, &typed);
    if (code != CONTROL_OK) {
        return code;
    }
    bool address = reverse(name, q->name);
    if (!address) {
        snprintf(q->name, sizeof q->name, "%s", name);
    }
    if (!typed) {
        q->qtype = address ? DNS_TYPE_PTR : DNS_TYPE_A;
    }
    if (dname_scan(q->name, strlen(q->name), NULL, &q->qname) != DNS_OK) {
        return ctl_fail(ctl, CONTROL_USAGE, "'%s' is not a domain name", name);
    }
    dname_print(dname_of(&q->qname), q->name);
    char buf[DNS_TYPE_TEXT_MAX];
    snprintf(q->type, sizeof q->type, "%s", dns_type_text(q->qtype, buf));
    return CONTROL_OK;
}
