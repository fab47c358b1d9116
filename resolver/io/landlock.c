/*
 * landlock.c - files: what was planned may be read or written, nothing else, and nothing may be executed
 *
 * Kernels from 5.13 on; what a later one has learnt to restrict is asked for when it is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "resolver/io/sandbox.h"

#define ACCESS_REFER    (UINT64_C(1) << 13) /* of version 2; older headers lack the words */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* of version 3 */
#define ACCESS_VERSION1 ((UINT64_C(1) << 13) - 1)

#define OF_FILES                                                                                                       \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE | ACCESS_TRUNCATE)
#define TO_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define TO_WRITE                                                                                                       \
    (TO_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |             \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_REFER | ACCESS_TRUNCATE)

/* A path that does not exist has nothing to allow. */
static bool allow(int rules, const char *path, uint64_t access)
{
    struct stat st;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return true;
    }
    bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    struct landlock_path_beneath_attr rule = {.parent_fd = fd, .allowed_access = folder ? access : access & OF_FILES};
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(fd);
    return ok;
}

bool sandbox_landlock(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        snprintf(report->files, sizeof report->files, "not offered here (Landlock: %s)", strerror(errno));
        return true;
    }
    struct landlock_ruleset_attr handled = {.handled_access_fs = ACCESS_VERSION1 | (version >= 2 ? ACCESS_REFER : 0) |
                                                                 (version >= 3 ? ACCESS_TRUNCATE : 0)};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    bool ok = rules >= 0;
    for (size_t i = 0; ok && i < plan->reads; i++) {
        ok = allow(rules, plan->read[i], TO_READ & handled.handled_access_fs);
    }
    for (size_t i = 0; ok && i < plan->writes; i++) {
        ok = allow(rules, plan->write[i], TO_WRITE & handled.handled_access_fs);
    }
    /* It asks for no_new_privs, whatever was chosen about privileges. */
    ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    if (!ok) {
        snprintf(error, cap, "sandbox: Landlock: %s; sandbox: {files: false} does without", strerror(errno));
    } else {
        report->no_new_privs = true;
        snprintf(report->files, sizeof report->files, "only its own (Landlock, version %ld)", version);
    }
    if (rules >= 0) {
        close(rules);
    }
    return ok;
}
