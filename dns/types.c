/*
 * types.c - the numbers of the protocol by name: look-ups in the lists of types.def
 *
 * Linear searches of short lists: nothing here but dns_type_is_meta() is on a path that packets take.
 */
#include "dns/types.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct word {
    const char *text;
    uint16_t code;
};

static const struct word type_words[] = {
#define RR_TYPE(name, code)            {#name, code},
#define RR_TYPE_TEXT(name, code, text) {text, code},
#include "dns/types.def"
};
static const struct word class_words[] = {
#define RR_CLASS(name, code) {#name, code},
#include "dns/types.def"
};
static const struct word rcode_words[] = {
#define RCODE(name, code) {#name, code},
#include "dns/types.def"
};
static const struct word opcode_words[] = {
#define OPCODE(name, code) {#name, code},
#include "dns/types.def"
};
static const struct word ede_words[] = {
#define EDE(name, code, text) {text, code},
#include "dns/types.def"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The first word of this code, or NULL. */
static const char *word_of(const struct word *words, size_t count, uint16_t code)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].code == code) {
            return words[i].text;
        }
    }
    return NULL;
}

static const char *word_or_number(const struct word *words, size_t count, uint16_t code, const char *prefix, char *buf)
{
    const char *text = word_of(words, count, code);
    if (text != NULL) {
        return text;
    }
    snprintf(buf, DNS_TYPE_TEXT_MAX, "%s%u", prefix, (unsigned)code);
    return buf;
}

static bool same_text(const char *word, const char *text, size_t n)
{
    return strlen(word) == n && strncasecmp(word, text, n) == 0;
}

/* A mnemonic, or the prefix and a decimal number up to 65535 (RFC 3597 section 5). */
static bool scan_word(const struct word *words, size_t count, const char *prefix, const char *text, size_t n,
                      uint16_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (same_text(words[i].text, text, n)) {
            *out = words[i].code;
            return true;
        }
    }
    size_t at = strlen(prefix);
    if (n <= at || n > at + 5 || strncasecmp(prefix, text, at) != 0) {
        return false;
    }
    uint32_t v = 0;
    for (; at < n; at++) {
        if (text[at] < '0' || text[at] > '9') {
            return false;
        }
        v = v * 10 + (uint32_t)(text[at] - '0');
    }
    *out = (uint16_t)v;
    return v <= UINT16_MAX;
}

const char *dns_type_text(uint16_t type, char buf[static DNS_TYPE_TEXT_MAX])
{
    return word_or_number(type_words, COUNT(type_words), type, "TYPE", buf);
}

const char *dns_class_text(uint16_t rclass, char buf[static DNS_TYPE_TEXT_MAX])
{
    return word_or_number(class_words, COUNT(class_words), rclass, "CLASS", buf);
}

const char *dns_rcode_text(uint16_t rcode, char buf[static DNS_TYPE_TEXT_MAX])
{
    return word_or_number(rcode_words, COUNT(rcode_words), rcode, "RCODE", buf);
}

const char *dns_opcode_text(uint8_t opcode, char buf[static DNS_TYPE_TEXT_MAX])
{
    return word_or_number(opcode_words, COUNT(opcode_words), opcode, "OPCODE", buf);
}

const char *dns_ede_text(int ede)
{
    const char *text = ede >= 0 && ede <= UINT16_MAX ? word_of(ede_words, COUNT(ede_words), (uint16_t)ede) : NULL;
    return text != NULL ? text : ede_words[0].text;
}

bool dns_type_scan(const char *text, size_t n, uint16_t *out)
{
    return scan_word(type_words, COUNT(type_words), "TYPE", text, n, out);
}

bool dns_class_scan(const char *text, size_t n, uint16_t *out)
{
    return scan_word(class_words, COUNT(class_words), "CLASS", text, n, out);
}

bool dns_rcode_scan(const char *text, size_t n, uint16_t *out)
{
    return scan_word(rcode_words, COUNT(rcode_words), "RCODE", text, n, out);
}

bool dns_type_is_meta(uint16_t type)
{
    return type == 0 || type == DNS_TYPE_OPT || (type >= 128 && type <= 255);
}
