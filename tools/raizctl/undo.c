/*
 * undo.c - files of the system changed so that it can be taken back
 */
#include "tools/raizctl/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct undo *u, const char *what, const char *path)
{
    snprintf(u->error, sizeof u->error, "cannot %s %.250s: %s", what, path, strerror(errno));
    return false;
}

static const char *below(const struct undo *u, const char *path, char out[static PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s%s", u->root, path);
    return out;
}

bool undo_exists(const struct undo *u)
{
    char list[PATH_MAX];
    return access(below(u, UNDO_LIST, list), F_OK) == 0;
}

static bool note(struct undo *u, const char *word, const char *path)
{
    char list[PATH_MAX];
    FILE *f = fopen(below(u, UNDO_LIST, list), "ae");
    if (f == NULL) {
        return fail(u, "write", list);
    }
    fprintf(f, "%s %s\n", word, path);
    return fclose(f) == 0 || fail(u, "write", list);
}

static bool make_folder_of(struct undo *u, const char *path)
{
    char folder[PATH_MAX];
    below(u, path, folder);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder) {
        return true;
    }
    *slash = '\0';
    return mkdir(folder, 0755) == 0 || errno == EEXIST || fail(u, "make the folder", folder);
}

bool undo_write(struct undo *u, const char *path, const char *text)
{
    char file[PATH_MAX], saved[PATH_MAX + sizeof UNDO_SUFFIX];
    struct stat st;
    below(u, path, file);
    snprintf(saved, sizeof saved, "%s" UNDO_SUFFIX, file);
    bool there = lstat(file, &st) == 0;
    if (!make_folder_of(u, UNDO_LIST) || !make_folder_of(u, path) || !note(u, there ? "saved" : "made", path)) {
        return false;
    }
    if (there && rename(file, saved) != 0) {
        return fail(u, "put aside", file);
    }
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    size_t n = strlen(text);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n) {
        fail(u, "write", file);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    fchmod(fd, 0644); /* whatever the umask is: others must read it */
    return close(fd) == 0 || fail(u, "write", file);
}

/* One line of the list. What is gone already is as it should be. */
static bool take_back(struct undo *u, const char *line, FILE *out)
{
    char file[PATH_MAX], saved[PATH_MAX + sizeof UNDO_SUFFIX];
    const char *path = strchr(line, ' ');
    if (path == NULL) {
        return true;
    }
    path++;
    below(u, path, file);
    snprintf(saved, sizeof saved, "%s" UNDO_SUFFIX, file);
    bool restore = strncmp(line, "saved ", 6) == 0;
    if (restore && access(saved, F_OK) != 0) {
        struct stat st;
        restore = lstat(saved, &st) == 0; /* a link that leads nowhere is restored, too */
        if (!restore) {
            return true;
        }
    }
    if (restore ? rename(saved, file) != 0 : (unlink(file) != 0 && errno != ENOENT)) {
        return fail(u, restore ? "restore" : "remove", file);
    }
    fprintf(out, "%s %s\n", restore ? "restored" : "removed", path);
    return true;
}

bool undo_all(struct undo *u, FILE *out)
{
    char list[PATH_MAX], *lines[64];
    size_t n = 0, cap = 0;
    bool ok = true;
    FILE *f = fopen(below(u, UNDO_LIST, list), "re");
    if (f == NULL) {
        return fail(u, "read", list);
    }
    while (n < sizeof lines / sizeof lines[0]) {
        char *line = NULL;
        cap = 0;
        if (getline(&line, &cap, f) <= 0) {
            free(line);
            break;
        }
        line[strcspn(line, "\n")] = '\0';
        lines[n++] = line;
    }
    fclose(f);
    while (n > 0) {
        n--;
        ok = ok && take_back(u, lines[n], out);
        free(lines[n]);
    }
    return ok && (unlink(list) == 0 || fail(u, "remove", list));
}
