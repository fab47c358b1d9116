/*
 * zonefile_include.c - which files a master file may pull in
 *
 * The first file comes from the configuration and is trusted to be meant. What it includes must lie in its folder or
 * below, symbolic links followed and looked through, so that a zone taken from elsewhere cannot read the host's files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zones/zonefile_reader.h"

/* An open regular file, or -1 with *why. A FIFO or device could keep the reader waiting for ever. */
static int open_regular(const char *path, int flags, struct stat *st, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    if (fd < 0) {
        *why = strerror(errno);
        return -1;
    }
    if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode)) {
        *why = "not a regular file";
        close(fd);
        return -1;
    }
    return fd;
}

/* The folder of `path`, as realpath gives it. */
static bool find_jail(const char *path, char jail[static PATH_MAX])
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else if (n == 0) {
        snprintf(folder, sizeof folder, "/");
    } else if (n < sizeof folder) {
        memcpy(folder, path, n);
        folder[n] = '\0';
    } else {
        return false;
    }
    return realpath(folder, jail) != NULL;
}

bool zonefile_open(struct zonefile_reader *r)
{
    struct zonefile *zf = r->zf;
    if (zf->path == NULL) {
        return lex_push_text(&r->lx, zf->text_name != NULL ? zf->text_name : "text", zf->text, zf->text_len);
    }
    struct stat st;
    const char *why = NULL;
    int fd = open_regular(zf->path, 0, &st, &why);
    if (fd >= 0 && !find_jail(zf->path, r->jail)) {
        why = strerror(errno);
        close(fd);
        fd = -1;
    }
    char message[200];
    if (fd < 0) {
        snprintf(message, sizeof message, "cannot open the zone file: %s", why);
        zonefile_fault(zf, zf->path, 0, 0, message);
        return false;
    }
    if (!lex_push_fd(&r->lx, zf->path, fd, st.st_dev, st.st_ino)) {
        zonefile_fault(zf, zf->path, 0, 0, "out of memory");
        return false;
    }
    return true;
}

/* Word 1 as a path below the jail; escapes are taken out. */
static bool wanted_path(const struct zonefile_reader *r, char out[static PATH_MAX])
{
    const struct token *t = &r->lx.tokens[1];
    size_t n = 0;
    if (t->len > 0 && t->text[0] != '/') {
        n = strlen(r->jail);
        memcpy(out, r->jail, n);
        out[n++] = '/';
    }
    for (uint32_t i = 0; i < t->len; i++) {
        if (n + 1 >= PATH_MAX) {
            return false;
        }
        if (t->text[i] == '\\' && i + 1 < t->len) {
            i++;
        }
        out[n++] = t->text[i];
    }
    out[n] = '\0';
    return t->len > 0;
}

static bool in_jail(const struct zonefile_reader *r, const char *real)
{
    size_t n = strlen(r->jail);
    return strncmp(real, r->jail, n) == 0 && (real[n] == '/' || (n > 0 && r->jail[n - 1] == '/'));
}

static bool is_open(const struct lexer *lx, const struct stat *st)
{
    for (size_t i = 0; i < lx->depth; i++) {
        const struct lex_file *f = &lx->file[i];
        if (f->piece != NULL && f->dev == st->st_dev && f->ino == st->st_ino) {
            return true;
        }
    }
    return false;
}

static bool may_include(struct zonefile_reader *r)
{
    if (r->jail[0] == '\0') {
        lex_fault_at(&r->lx, 0, "$INCLUDE is not allowed here; put the records in place");
        return false;
    }
    if (r->lx.depth > ZONEFILE_INCLUDE_DEPTH) {
        lex_fault_at(&r->lx, 0, "$INCLUDE is nested more than %d deep", ZONEFILE_INCLUDE_DEPTH);
        return false;
    }
    if (++r->includes > ZONEFILE_INCLUDES_MAX) {
        lex_fault_at(&r->lx, 0, "more than %d files are included", ZONEFILE_INCLUDES_MAX);
        r->stop = true;
        return false;
    }
    return true;
}

/* As the user would write it: the first file's folder as given, then the rest. */
static void name_for_messages(const struct zonefile_reader *r, const char *real, char out[static LEX_NAME_MAX])
{
    const char *slash = strrchr(r->zf->path, '/');
    const char *rest = real + strlen(r->jail);
    rest += *rest == '/';
    snprintf(out, LEX_NAME_MAX, "%.*s%s", slash == NULL ? 0 : (int)(slash - r->zf->path) + 1, r->zf->path, rest);
}

bool zonefile_include(struct zonefile_reader *r)
{
    char wanted[PATH_MAX], real[PATH_MAX], word[ZONEFILE_WORD_MAX];
    const struct token *t = &r->lx.tokens[1];
    if (!may_include(r)) {
        return false;
    }
    zonefile_word(t, word);
    if (!wanted_path(r, wanted)) {
        lex_fault_at(&r->lx, 1, "'%s' is no file name", word);
        return false;
    }
    if (realpath(wanted, real) == NULL) {
        lex_fault_at(&r->lx, 1, "cannot include '%s': %s", word, strerror(errno));
        return false;
    }
    if (!in_jail(r, real)) {
        lex_fault_at(&r->lx, 1, "'%s' lies outside the folder of the zone file; only files in it or below are read",
                     word);
        return false;
    }
    struct stat st;
    const char *why = NULL;
    int fd = open_regular(real, O_NOFOLLOW, &st, &why);
    if (fd < 0) {
        lex_fault_at(&r->lx, 1, "cannot include '%s': %s", word, why);
        return false;
    }
    if (is_open(&r->lx, &st)) {
        lex_fault_at(&r->lx, 1, "'%s' includes itself", word);
        close(fd);
        return false;
    }
    char name[LEX_NAME_MAX];
    name_for_messages(r, real, name);
    if (!lex_push_fd(&r->lx, name, fd, st.st_dev, st.st_ino)) {
        lex_fault_at(&r->lx, 0, "out of memory");
        r->stop = true;
        return false;
    }
    return true;
}
