/*
 * slow_read.c - a disk that is slow for one thread, to be preloaded: each read of 1 KiB or more by the thread of the name
 * READ_SLOW_THREAD takes READ_SLOW_MS
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t read(int fd, void *data, size_t n)
{
    ssize_t (*real)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    const char *thread = getenv("READ_SLOW_THREAD"), *ms = getenv("READ_SLOW_MS");
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (n >= 1024 && thread != NULL && ms != NULL && strcmp(name, thread) == 0) {
        poll(NULL, 0, atoi(ms));
    }
    return real(fd, data, n);
}
