/*
 * sts_policy.c - the policy of MTA-STS, read
 */
#include "tools/raizctl/sts_policy.h"

#include <string.h>
#include <strings.h>

#define PATTERN_MAX    253 /* characters of a name */
#define AGE_DIGITS_MAX 10

/* Keys and words count in this case only. */
static bool same(struct mailtext_value v, const char *word)
{
    return v.len == strlen(word) && memcmp(v.text, word, v.len) == 0;
}

/* The next line that is not empty, without its end (LF or CRLF); false: there is none. */
static bool next_line(struct mailtext_value text, size_t *at, struct mailtext_value *line)
{
    do {
        if (*at >= text.len) {
            return false;
        }
        const char *start = text.text + *at, *end = memchr(start, '\n', text.len - *at);
        size_t n = end != NULL ? (size_t)(end - start) : text.len - *at;
        *at += n + (end != NULL);
        n -= n > 0 && start[n - 1] == '\r';
        *line = mailtext_trimmed(start, n);
    } while (line->len == 0);
    return true;
}

/* "key: value"; false: it is no such line. */
static bool split(struct mailtext_value line, struct mailtext_value *key, struct mailtext_value *value)
{
    const char *colon = memchr(line.text, ':', line.len);
    if (colon == NULL || colon == line.text) {
        return false;
    }
    size_t n = (size_t)(colon - line.text);
    *key = (struct mailtext_value){line.text, n};
    *value = mailtext_trimmed(colon + 1, line.len - n - 1);
    return true;
}

static bool name_char(char c)
{
    char letter = (char)(c | 32);
    return (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'z') || c == '-' || c == '_';
}

/* A host name, with "*." before it or without. */
static bool good_pattern(struct mailtext_value v)
{
    size_t start = v.len > 2 && v.text[0] == '*' && v.text[1] == '.' ? 2 : 0;
    bool inside = false; /* a label */
    for (size_t i = start; i < v.len; i++) {
        if (v.text[i] == '.' ? !inside : !name_char(v.text[i])) {
            return false;
        }
        inside = v.text[i] != '.';
    }
    return inside && v.len - start <= PATTERN_MAX;
}

static const char *take_mode(struct sts_policy *p, struct mailtext_value v)
{
    for (unsigned mode = STS_ENFORCE; mode <= STS_NONE; mode++) {
        if (same(v, sts_mode_text((enum sts_mode)mode))) {
            p->mode = (enum sts_mode)mode;
            return NULL;
        }
    }
    return "a mode that is none of enforce, testing and none";
}

static const char *take_age(struct sts_policy *p, struct mailtext_value v)
{
    bool good = v.len >= 1 && v.len <= AGE_DIGITS_MAX;
    for (size_t i = 0; good && i < v.len; i++) {
        good = v.text[i] >= '0' && v.text[i] <= '9';
        p->max_age_s = p->max_age_s * 10 + (uint64_t)(v.text[i] - '0');
    }
    return good ? NULL : "a max_age that is no number of seconds";
}

enum { KEY_VERSION = 1, KEY_MODE = 2, KEY_MAX_AGE = 4 };

/* What is wrong with this line; NULL: nothing. Of a key that stands there twice the first counts, but every mx does;
 * keys that nobody knows are passed over (RFC 8461 section 3.2). */
static const char *take_line(struct sts_policy *p, unsigned *seen, struct mailtext_value line)
{
    struct mailtext_value key, value;
    if (!split(line, &key, &value)) {
        return "a line that is not \"key: value\"";
    }
    unsigned bit = same(key, "version")   ? KEY_VERSION
                   : same(key, "mode")    ? KEY_MODE
                   : same(key, "max_age") ? KEY_MAX_AGE
                                          : 0;
    bool again = (*seen & bit) != 0;
    *seen |= bit;
    if (same(key, "mx")) {
        p->mx_count++;
        return good_pattern(value) ? NULL : "an mx that is no host name";
    }
    if (again || bit == 0) {
        return NULL;
    }
    return bit == KEY_MODE        ? take_mode(p, value)
           : bit == KEY_MAX_AGE   ? take_age(p, value)
           : same(value, "STSv1") ? NULL
                                  : "another version than STSv1";
}

bool sts_policy_read(const char *text, size_t n, struct sts_policy *out)
{
    unsigned seen = 0;
    size_t at = 0;
    struct mailtext_value line;
    *out = (struct sts_policy){.text = {text, n}};
    while (out->error == NULL && next_line(out->text, &at, &line)) {
        out->error = take_line(out, &seen, line);
    }
    if (out->error == NULL) {
        out->error = (seen & KEY_VERSION) == 0                     ? "no version: STSv1"
                     : (seen & KEY_MODE) == 0                      ? "no mode"
                     : (seen & KEY_MAX_AGE) == 0                   ? "no max_age"
                     : out->mx_count == 0 && out->mode != STS_NONE ? "no mx"
                                                                   : NULL;
    }
    return out->error == NULL;
}

bool sts_policy_mx(const struct sts_policy *policy, size_t *at, struct mailtext_value *pattern)
{
    struct mailtext_value line, key;
    while (next_line(policy->text, at, &line)) {
        if (split(line, &key, pattern) && same(key, "mx")) {
            return true;
        }
    }
    return false;
}

/* RFC 8461 section 4.1: "*" stands for one label, the left-most, and for nothing else. */
bool sts_mx_matches(struct mailtext_value pattern, struct mailtext_value host)
{
    if (pattern.len > 0 && pattern.text[0] == '*') {
        const char *dot = memchr(host.text, '.', host.len);
        size_t label = dot != NULL ? (size_t)(dot - host.text) : 0;
        if (label == 0) {
            return false;
        }
        pattern = (struct mailtext_value){pattern.text + 1, pattern.len - 1};
        host = (struct mailtext_value){host.text + label, host.len - label};
    }
    return pattern.len == host.len && strncasecmp(pattern.text, host.text, host.len) == 0;
}

bool sts_policy_allows(const struct sts_policy *policy, struct mailtext_value host)
{
    struct mailtext_value pattern;
    bool found = false;
    for (size_t at = 0; !found && sts_policy_mx(policy, &at, &pattern);) {
        found = sts_mx_matches(pattern, host);
    }
    return found;
}

const char *sts_mode_text(enum sts_mode mode)
{
    static const char *const words[] = {"", "enforce", "testing", "none"};
    return words[mode];
}
