/*
 * sandbox.h - what the process gives up before it answers anybody
 *
 *     user and groups -> capabilities -> no new privileges -> files (Landlock) -> system calls (seccomp)
 *
 * Each step is for the whole life of the process and of every thread made later, so it must be taken before the first
 * one. What the kernel, a container or the build does not offer is left out and reported, not an error: the daemon must
 * also run where only some of it is to be had.
 *
 * Memory: nothing is kept. Threads: before there are others.
 */
#ifndef RAIZ_IO_SANDBOX_H
#define RAIZ_IO_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sandbox_calls {
    SANDBOX_CALLS_OFF,
    SANDBOX_CALLS_DENY, /* a call that is not on the list fails; one that only an intruder makes ends the process */
    SANDBOX_CALLS_KILL, /* either ends the process: for tests */
};

#define SANDBOX_PATHS_MAX 32
#define SANDBOX_USER      "_raiz" /* for "auto" */

struct sandbox_plan {
    const char *user; /* "auto": SANDBOX_USER if /etc/passwd has it; "root": stay */
    bool privileges, files;
    enum sandbox_calls calls;
    bool bind; /* keep CAP_NET_BIND_SERVICE: ports below 1024 may be opened by a reload */
    const char *read[SANDBOX_PATHS_MAX], *write[SANDBOX_PATHS_MAX]; /* folders or files, with all below them */
    size_t reads, writes;
};

/* What is in force, in words for people. */
struct sandbox_report {
    char user[40], capabilities[60], files[60], calls[60];
    bool no_new_privs;
};

/* Who the daemon will be: of the plan's user; the present one when it stays. False: there is no such user. */
bool sandbox_user(const char *user, uid_t *uid, gid_t *gid, char *error, size_t cap);
/* False: it could not give up what it was told to, and must not go on. */
bool sandbox_enter(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap);

/* The steps. */
bool sandbox_privileges(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap);
bool sandbox_landlock(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap);
bool sandbox_seccomp(enum sandbox_calls calls, struct sandbox_report *report, char *error, size_t cap);

#endif
