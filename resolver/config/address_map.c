/*
 * address_map.c - the file of resolution.address-map
 */
#include "resolver/config/address_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/config/file.h"
#include "resolver/config/report.h"

#define BLANKS " \t\r"

static int compare_from(const struct addr *a, const struct addr *b)
{
    return a->family != b->family ? a->family - b->family : memcmp(a->ip, b->ip, sizeof a->ip);
}

static int compare_rows(const void *a, const void *b)
{
    return compare_from(&((const struct address_map_row *)a)->from, &((const struct address_map_row *)b)->from);
}

/* The next word of line[*at .. n), copied; its place. False: there is none. */
static bool next_word(const char *line, size_t n, size_t *at, char word[static ADDR_TEXT_MAX], struct place *place)
{
    while (*at < n && strchr(BLANKS, line[*at]) != NULL) {
        (*at)++;
    }
    size_t begin = *at;
    while (*at < n && strchr(BLANKS, line[*at]) == NULL && line[*at] != '#') {
        (*at)++;
    }
    size_t len = *at - begin;
    place->column = (uint32_t)begin + 1;
    place->width = (uint32_t)len;
    snprintf(word, ADDR_TEXT_MAX, "%.*s", (int)(len < ADDR_TEXT_MAX ? len : ADDR_TEXT_MAX - 1), line + begin);
    return len > 0;
}

/* False: the line holds no row. */
static bool read_line(struct report *r, const char *line, size_t n, uint32_t number, struct address_map_row *row)
{
    static const char expected[] = "each line is \"ADDRESS SUBSTITUTE\", such as \"192.0.2.1 127.0.0.2:5301\"";
    char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], more[ADDR_TEXT_MAX], quoted[REPORT_WORD + 4];
    struct place at = {.line = number};
    size_t pos = 0;
    if (!next_word(line, n, &pos, from, &at)) {
        return false;
    }
    if (!addr_scan(from, 0, &row->from) || row->from.port != 0) {
        report_add(r, at, expected, "'%s' is not an address without a port", report_quote(from, strlen(from), quoted));
        return false;
    }
    if (!next_word(line, n, &pos, to, &at)) {
        report_add(r, at, expected, "the substitute is missing");
        return false;
    }
    if (!addr_scan(to, 0, &row->to)) {
        report_add(r, at, expected, "'%s' is not an address", report_quote(to, strlen(to), quoted));
        return false;
    }
    if (next_word(line, n, &pos, more, &at)) {
        report_add(r, at, expected, "a third word");
        return false;
    }
    return true;
}

static void check_twice(struct report *r, const struct address_map_row *rows, size_t count)
{
    char text[ADDR_TEXT_MAX];
    for (size_t i = 1; i < count; i++) {
        if (compare_rows(&rows[i - 1], &rows[i]) == 0) {
            addr_print(&rows[i].from, text);
            report_add(r, (struct place){0}, "take one of them out", "%s has two substitutes", text);
        }
    }
}

bool address_map_parse(const char *text, size_t n, const char *name, struct address_map_row **rows, size_t *count,
                       struct config_errors *errors)
{
    struct report report;
    size_t lines = 1;
    for (size_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    struct address_map_row *list = calloc(lines, sizeof *list);
    size_t found = 0;
    report_init(&report, name, text, n);
    if (list == NULL) {
        report_add(&report, (struct place){0}, NULL, "out of memory");
    }
    uint32_t number = 1;
    for (size_t at = 0; at < n && list != NULL; number++) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end != NULL ? (size_t)(end - (text + at)) : n - at;
        found += read_line(&report, text + at, len, number, &list[found]);
        at += len + 1;
    }
    if (found > 1) {
        qsort(list, found, sizeof *list, compare_rows);
        check_twice(&report, list, found);
    }
    *rows = NULL;
    *count = 0;
    if (report.count != 0 || found == 0) {
        free(list);
    } else {
        *rows = list;
        *count = found;
    }
    if (report.count != 0) {
        report_finish(&report, errors);
    }
    report_release(&report);
    return report.count == 0;
}

bool address_map_load(const char *path, struct address_map_row **rows, size_t *count, struct config_errors *errors)
{
    size_t n;
    char why[FILE_WHY_MAX];
    char *text = file_read(path, ADDRESS_MAP_TEXT_MAX, &n, why);
    if (text == NULL) {
        struct report report;
        report_init(&report, path, "", 0);
        report_add(&report, (struct place){0}, "resolution.address-map names this file", "%s", why);
        report_finish(&report, errors);
        report_release(&report);
        return false;
    }
    bool ok = address_map_parse(text, n, path, rows, count, errors);
    free(text);
    return ok;
}

const struct address_map_row *address_map_find(const struct address_map_row *rows, size_t count, const struct addr *a)
{
    struct address_map_row key = {.from = *a};
    return count == 0 ? NULL : bsearch(&key, rows, count, sizeof *rows, compare_rows);
}
