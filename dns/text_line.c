/*
 * text_line.c - one line of text split into words
 *
 * The zone-file reader splits its files itself, since it knows of lines, parentheses and files; this one is for tools,
 * tests and configuration, where a record stands alone. Parentheses count as blanks and ";" ends the text.
 */
#include <stdlib.h>

#include "dns/text_parts.h"

#define WORDS_MAX 32 /* held on the stack; more are counted first and then allocated */

struct splitter {
    const char *text;
    size_t n, at;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')';
}

/* Past the closing quote; `at` is behind the opening one. False: there is none. */
static bool skip_quoted(struct splitter *sp)
{
    while (sp->at < sp->n && sp->text[sp->at] != '"') {
        sp->at += sp->text[sp->at] == '\\' && sp->at + 1 < sp->n ? 2 : 1;
    }
    return sp->at++ < sp->n;
}

/* The next word. False: none left, or (*bad) a quote that is not closed. */
static bool next_word(struct splitter *sp, struct token *out, bool *bad)
{
    *bad = false;
    while (sp->at < sp->n && is_blank(sp->text[sp->at])) {
        sp->at++;
    }
    if (sp->at >= sp->n || sp->text[sp->at] == ';') {
        return false;
    }
    size_t from = sp->at;
    *out = (struct token){.column = (uint32_t)from + 1, .line = 1};
    if (sp->text[from] == '"') {
        sp->at++;
        *bad = !skip_quoted(sp);
        out->quoted = true;
        out->text = sp->text + from + 1;
        out->len = *bad ? 0 : (uint32_t)(sp->at - from - 2);
        return !*bad;
    }
    while (sp->at < sp->n && !*bad && !is_blank(sp->text[sp->at]) && sp->text[sp->at] != ';') {
        char c = sp->text[sp->at];
        sp->at += c == '\\' && sp->at + 1 < sp->n ? 2 : 1;
        if (c == '"') {
            *bad = !skip_quoted(sp);
        }
    }
    out->text = sp->text + from;
    out->len = (uint32_t)(sp->at - from);
    return !*bad;
}

/* Split into at most `cap` words; *count is how many there are. */
static bool split(const char *text, size_t n, struct token *words, size_t cap, size_t *count)
{
    struct splitter sp = {.text = text, .n = n};
    struct token word;
    bool bad;
    for (*count = 0; next_word(&sp, &word, &bad); ++*count) {
        if (*count < cap) {
            words[*count] = word;
        }
    }
    return !bad;
}

enum dns_err rdata_scan_line(uint16_t type, const char *text, size_t n, struct dname origin, struct writer *out,
                             struct scan_error *error)
{
    struct token few[WORDS_MAX], *words = few;
    size_t count;

    if (n > UINT32_MAX / 2 || !split(text, n, few, WORDS_MAX, &count)) {
        *error = (struct scan_error){.err = DNS_E_SYNTAX, .message = "a quote is not closed"};
        return error->err;
    }
    if (count > WORDS_MAX) {
        words = malloc(count * sizeof *words);
        if (words == NULL) {
            *error = (struct scan_error){.err = DNS_E_NO_MEMORY, .message = "out of memory"};
            return error->err;
        }
        split(text, n, words, count, &count);
    }
    struct token_list in = {.tokens = words, .count = count};
    enum dns_err err = rdata_scan(type, &in, origin, out, error);
    if (words != few) {
        free(words);
    }
    return err;
}
