/*
 * holder.c - who holds a port
 */
#include "resolver/io/holder.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define HOLDER_INODES_MAX 16

/* "0100007F" or four such words: each is 32 bits in network order, printed as the host reads them. */
static void read_ip(const char *hex, uint8_t out[static 16])
{
    memset(out, 0, 16);
    for (unsigned word = 0; word < 4 && strlen(hex) >= 8; word++, hex += 8) {
        unsigned value;
        if (sscanf(hex, "%8x", &value) == 1) {
            memcpy(out + 4 * word, &value, 4);
        }
    }
}

/* A line of /proc/net/udp: "  12: 0100007F:0035 00000000:0000 07 ... uid timeout inode"; state 0A is a TCP listener. */
static unsigned long inode_of(const char *line, const struct addr *a, bool tcp)
{
    static const uint8_t any[16];
    char local[40];
    uint8_t ip[16];
    unsigned port, state;
    unsigned long inode;
    if (sscanf(line, " %*u: %39[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", local, &port, &state,
               &inode) != 4 ||
        port != a->port || (tcp && state != 0x0a)) {
        return 0;
    }
    read_ip(local, ip);
    return memcmp(ip, a->ip, 16) == 0 || memcmp(ip, any, 16) == 0 || memcmp(a->ip, any, 16) == 0 ? inode : 0;
}

static size_t inodes_of(const char *path, const struct addr *a, bool tcp, unsigned long *out, size_t have)
{
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return have;
    }
    while (have < HOLDER_INODES_MAX && getline(&line, &cap, f) > 0) {
        unsigned long inode = inode_of(line, a, tcp);
        if (inode != 0) {
            out[have++] = inode;
        }
    }
    free(line);
    fclose(f);
    return have;
}

static bool holds(const char *pid, const unsigned long *inodes, size_t n)
{
    char path[64], link[64], want[64];
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return false;
    }
    bool found = false;
    for (struct dirent *e; !found && (e = readdir(dir)) != NULL;) {
        ssize_t len = readlinkat(dirfd(dir), e->d_name, link, sizeof link - 1);
        if (len <= 0) {
            continue;
        }
        link[len] = '\0';
        for (size_t i = 0; i < n && !found; i++) {
            snprintf(want, sizeof want, "socket:[%lu]", inodes[i]);
            found = strcmp(link, want) == 0;
        }
    }
    closedir(dir);
    return found;
}

static void describe(const char *pid, char *out, size_t cap)
{
    char path[64], name[64] = "a process";
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    FILE *f = fopen(path, "re");
    if (f != NULL) {
        if (fgets(name, sizeof name, f) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(f);
    }
    snprintf(out, cap, "%s (process %.20s)", name, pid);
}

bool holder_find(const struct addr *a, bool tcp, char *out, size_t cap)
{
    unsigned long inodes[HOLDER_INODES_MAX];
    size_t n = inodes_of(tcp ? "/proc/net/tcp" : "/proc/net/udp", a, tcp, inodes, 0);
    n = inodes_of(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", a, tcp, inodes, n);
    DIR *proc = n > 0 ? opendir("/proc") : NULL;
    if (proc == NULL) {
        return false;
    }
    bool found = false;
    for (struct dirent *e; !found && (e = readdir(proc)) != NULL;) {
        if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && holds(e->d_name, inodes, n)) {
            describe(e->d_name, out, cap);
            found = true;
        }
    }
    closedir(proc);
    return found;
}
