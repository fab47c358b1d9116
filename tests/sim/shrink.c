/*
 * shrink.c - a scenario that fails, made shorter while it fails for the same reason
 */
#include "shrink.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPT_S 20

void shrink_reason(const char *output, int status, char out[static REASON_MAX])
{
    size_t len = 0;

    while (*output == '=' || *output == '\n') { /* a sanitizer draws a line first */
        output++;
    }
    size_t line = strcspn(output, "\n");
    const char *address = strstr(output, " on address");
    if (address != NULL && address < output + line) {
        line = (size_t)(address - output);
    }
    for (size_t i = 0; i < line && len + 1 < REASON_MAX; i++) {
        if (!isdigit((unsigned char)output[i])) {
            out[len++] = output[i];
        }
    }
    out[len] = '\0';
    if (len == 0) {
        snprintf(out, REASON_MAX, WIFSIGNALED(status) ? "signal %d" : "status %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

bool shrink_try(const char *text, shrink_play *play, char why[static REASON_MAX], char *output, size_t cap)
{
    int fd = memfd_create("output", 0), status = 0;

    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0 || fd < 0) {
        perror("fork");
        exit(2);
    }
    if (pid == 0) {
        dup2(fd, STDERR_FILENO);
        alarm(ATTEMPT_S);
        char *copy = strdup(text);
        if (copy != NULL) {
            play(copy);
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ssize_t n = pread(fd, output, cap - 1, 0);
    output[n > 0 ? n : 0] = '\0';
    close(fd);
    if (status == 0) {
        return true;
    }
    shrink_reason(output, status, why);
    return false;
}

/* The text without lines from .. from + count - 1; NULL: there are none. */
static char *without(const char *text, size_t from, size_t count)
{
    char *out = malloc(strlen(text) + 1);
    size_t len = 0, number = 0, left_out = 0;

    if (out == NULL) {
        exit(2);
    }
    for (const char *p = text; *p != '\0'; number++) {
        size_t n = strcspn(p, "\n");
        n += p[n] == '\n';
        if (number < from || number >= from + count) {
            memcpy(out + len, p, n);
            len += n;
        } else {
            left_out++;
        }
        p += n;
    }
    out[len] = '\0';
    if (left_out == 0) {
        free(out);
        return NULL;
    }
    return out;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

char *shrink(const char *text, shrink_play *play, const char *why, unsigned seconds)
{
    static char output[65536];
    char *best = strdup(text), reason[REASON_MAX];
    time_t until = time(NULL) + seconds;

    if (best == NULL) {
        exit(2);
    }
    for (size_t chunk = count_lines(best) / 2 + 1; chunk > 0 && time(NULL) < until;) {
        bool shorter = false;
        for (size_t end = count_lines(best); end > 0 && time(NULL) < until;) { /* what came last goes first */
            size_t from = end > chunk ? end - chunk : 0;
            char *less = without(best, from, end - from);
            if (less != NULL && !shrink_try(less, play, reason, output, sizeof output) && strcmp(reason, why) == 0) {
                free(best);
                best = less;
                shorter = true;
            } else {
                free(less);
            }
            end = from;
        }
        chunk = shorter && chunk == 1 ? 1 : chunk / 2;
    }
    return best;
}
