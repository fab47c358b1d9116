/*
 * undo.h - files of the system changed so that it can be taken back
 *
 * A list, /etc/raiz/setup.undo, has a line for each change, written before it is made: "made PATH", or "saved PATH"
 * when what was there waits as PATH.raiz-saved. Root's own folder: whoever could write the list could have files
 * replaced.
 *
 * Memory: paths are below `root` ("" or a folder). Threads: one.
 */
#ifndef RAIZ_RAIZCTL_UNDO_H
#define RAIZ_RAIZCTL_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define UNDO_LIST   "/etc/raiz/setup.undo"
#define UNDO_SUFFIX ".raiz-saved"

struct undo {
    const char *root;
    char error[400];
};

bool undo_exists(const struct undo *u);
/* Puts the text there, folder included, and what was there aside (a link as a link). */
bool undo_write(struct undo *u, const char *path, const char *text);
/* Takes all changes back, the last one first, and says each on out. */
bool undo_all(struct undo *u, FILE *out);

#endif
