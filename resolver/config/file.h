/*
 * file.h - a small text file, read whole; and a folder of such files
 */
#ifndef RAIZ_CONFIG_FILE_H
#define RAIZ_CONFIG_FILE_H

#include <stddef.h>

/* The file's octets (to be freed), or NULL and *why says why in a few words. At most max octets; regular files only, so
 * that a FIFO or a device cannot hold up the start. */
#define FILE_WHY_MAX 128
char *file_read(const char *path, size_t max, size_t *n, char why[static FILE_WHY_MAX]);

/* Paths of the files NAME.yaml in the folder, in the order of their names (hidden ones are left out); each and the list
 * to be freed. A folder that does not exist has none. SIZE_MAX and *why: it cannot be read, holds more than `most`, or
 * belongs to somebody else than root, who runs this, or the owner of `file`. */
size_t file_list(const char *folder, const char *file, size_t most, char ***paths, char why[static FILE_WHY_MAX]);
void file_list_free(char **paths, size_t n);

#endif
