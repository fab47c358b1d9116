/*
 * file.h - a small text file, read whole
 */
#ifndef RAIZ_CONFIG_FILE_H
#define RAIZ_CONFIG_FILE_H

#include <stddef.h>

/* The file's octets (to be freed), or NULL and *why says why in a few words. At most max octets; regular files only, so
 * that a FIFO or a device cannot hold up the start. */
#define FILE_WHY_MAX 128
char *file_read(const char *path, size_t max, size_t *n, char why[static FILE_WHY_MAX]);

#endif
