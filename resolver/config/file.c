/*
 * file.c - a small text file, read whole; and a folder of such files
 */
#include "resolver/config/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
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

void file_list_free(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(paths[i]);
    }
    free(paths);
}

static bool wanted(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What lies there becomes part of the configuration, so nobody else may have put it there. */
static bool trusted(int folder_fd, const char *file)
{
    struct stat folder, main;
    return fstat(folder_fd, &folder) == 0 && (folder.st_uid == 0 || folder.st_uid == geteuid() ||
                                              (stat(file, &main) == 0 && folder.st_uid == main.st_uid));
}

/* False: out of memory, or more than `most`. */
static bool add_path(char **list, size_t *n, size_t most, const char *folder, const char *name)
{
    size_t room = strlen(folder) + strlen(name) + 2;
    char *path = *n < most ? malloc(room) : NULL;
    if (path == NULL) {
        return false;
    }
    snprintf(path, room, "%s/%s", folder, name);
    list[(*n)++] = path;
    return true;
}

size_t file_list(const char *folder, const char *file, size_t most, char ***paths, char why[static FILE_WHY_MAX])
{
    size_t n = 0;
    *paths = NULL;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        bool none = errno == ENOENT;
        give_up(strerror(errno), why);
        return none ? 0 : SIZE_MAX;
    }
    char **list = calloc(most, sizeof *list);
    bool ok = list != NULL && trusted(dirfd(dir), file);
    if (!ok) {
        give_up(list == NULL ? "out of memory" : "belongs to somebody else: give it to root", why);
    }
    for (const struct dirent *e; ok && (e = readdir(dir)) != NULL;) {
        if (wanted(e->d_name) && !add_path(list, &n, most, folder, e->d_name)) {
            snprintf(why, FILE_WHY_MAX, "more than %zu files, or out of memory", most);
            ok = false;
        }
    }
    closedir(dir);
    if (!ok) {
        file_list_free(list, n);
        return SIZE_MAX;
    }
    qsort(list, n, sizeof *list, by_name);
    *paths = list;
    return n;
}
