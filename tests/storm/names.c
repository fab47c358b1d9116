/*
 * names.c - which name is asked for next: made of a form and a number, or taken from a list
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/storm/storm.h"

void form_name(const char *form, uint64_t number, char *out, size_t size)
{
    size_t n = 0;

    for (; *form != '\0' && n + 21 < size; form++) {
        if (*form != '%') {
            out[n++] = *form;
            continue;
        }
        /* "%." counts, "%/20." counts every twentieth, "%:20." to twenty and anew, "%~." is random but never the same
         */
        uint64_t shown = number;
        if (form[1] == '~') {
            struct chance c = {number};
            n += (size_t)snprintf(out + n, size - n, "%016lx", chance_u64(&c));
            form++;
            continue;
        }
        if (form[1] == '/' || form[1] == ':') {
            char *end;
            unsigned long by = strtoul(form + 2, &end, 10);
            shown = by == 0 ? 0 : form[1] == '/' ? number / by : number % by;
            form = end - 1;
        }
        n += (size_t)snprintf(out + n, size - n, "%lu", shown);
    }
    out[n] = '\0';
}

static bool add_line(struct name_list *l, char *line, size_t *room)
{
    if (l->count == *room) {
        size_t more = *room == 0 ? 1024 : *room * 2;
        char **grown = realloc(l->name, more * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        l->name = grown;
        *room = more;
    }
    line[strcspn(line, "\r\n")] = '\0';
    l->name[l->count] = strdup(line);
    return l->name[l->count++] != NULL;
}

bool name_list_read(struct name_list *l, const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t size = 0, room = 0;
    bool ok = f != NULL;

    while (ok && getline(&line, &size, f) > 0) {
        ok = line[0] == '\n' || add_line(l, line, &room);
    }
    free(line);
    if (f != NULL) {
        fclose(f);
    }
    return ok && l->count > 0;
}
