/*
 * state.c - files of the state folder
 */
#include "resolver/state.h"

#include <limits.h>
#include <stdio.h>

#include "resolver/io/files.h"

void state_save(const char *folder, const char *name, const char *text, size_t n, struct log *log)
{
    char path[PATH_MAX], error[PATH_MAX + 100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n == 0 || !files_replace(path, text, n, error, sizeof error)) {
        log_error(log, "%s is not saved: %s", name, n == 0 ? "it does not fit" : error);
    }
}

char *state_load(const char *folder, const char *name, size_t most, size_t *n, struct log *log)
{
    char path[PATH_MAX], error[PATH_MAX + 100], *text;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (files_read(path, most, &text, n, error, sizeof error) == FILES_FAILED) {
        log_error(log, "%s", error);
    }
    return text;
}
