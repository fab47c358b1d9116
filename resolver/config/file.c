/*
 * file.c - a small text file, read whole
 */
#include "resolver/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *give_up(const char *reason, char why[static FILE_WHY_MAX])
{
    snprintf(why, FILE_WHY_MAX, "%s", reason);
    return NULL;
}

static char *read_whole(int fd, size_t max, size_t *n, char why[static FILE_WHY_MAX])
{
    char *text = malloc(max + 1);
    ssize_t got = 0;
    *n = 0;
    if (text == NULL) {
        return give_up("out of memory", why);
    }
    while (*n <= max && (got = read(fd, text + *n, max + 1 - *n)) > 0) {
        *n += (size_t)got;
    }
    if (got < 0 || *n > max) {
        free(text);
        if (got < 0) {
            return give_up(strerror(errno), why);
        }
        snprintf(why, FILE_WHY_MAX, "longer than the %zu octets that are allowed", max);
        return NULL;
    }
    return text;
}

char *file_read(const char *path, size_t max, size_t *n, char why[static FILE_WHY_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        give_up(strerror(errno), why);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    char *text = S_ISREG(st.st_mode)
                     ? read_whole(fd, max, n, why)
                     : give_up(S_ISDIR(st.st_mode) ? "a folder, not a file" : "not a regular file", why);
    close(fd);
    return text;
}
