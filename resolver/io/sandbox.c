/*
 * sandbox.c - what the process gives up before it answers anybody
 */
#include "resolver/io/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool fail(const char *what, char *error, size_t cap)
{
    snprintf(error, cap, "sandbox: %s: %s", what, strerror(errno));
    return false;
}

/* The line of /etc/passwd for a name or, without one, a number; NULL: there is none. Other sources of users are asked
 * where that is of use only, because the C library loads a library for each (nsswitch.conf: systemd, ldap, ...). */
static struct passwd *local_user(const char *name, uid_t uid)
{
    FILE *f = fopen("/etc/passwd", "re");
    struct passwd *p = NULL;
    while (f != NULL && (p = fgetpwent(f)) != NULL &&
           !(name != NULL ? strcmp(p->pw_name, name) == 0 : p->pw_uid == uid)) {
    }
    if (f != NULL) {
        fclose(f);
    }
    return p;
}

bool sandbox_user(const char *user, uid_t *uid, gid_t *gid, char *error, size_t cap)
{
    bool chosen = strcmp(user, "auto") != 0;
    *uid = geteuid();
    *gid = getegid();
    if (*uid != 0 || strcmp(user, "root") == 0) {
        return true; /* others cannot become anybody else, and need not */
    }
    errno = 0;
    const struct passwd *p = local_user(chosen ? user : SANDBOX_USER, 0);
    p = p == NULL && chosen ? getpwnam(user) : p;
    if (p == NULL) {
        snprintf(error, cap, "sandbox.user: there is no user '%.40s'%s%s", user, errno != 0 ? ": " : "",
                 errno != 0 ? strerror(errno) : "");
        return !chosen;
    }
    *uid = p->pw_uid;
    *gid = p->pw_gid;
    return true;
}

/* Raw calls, because the C library has no functions for them and two calls do not merit a library. */
static bool get_capabilities(struct __user_cap_data_struct sets[static 2])
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    memset(sets, 0, 2 * sizeof *sets);
    return syscall(SYS_capget, &head, sets) == 0;
}

static bool has_capability(unsigned which)
{
    struct __user_cap_data_struct sets[2];
    return get_capabilities(sets) && (sets[which / 32].permitted & UINT32_C(1) << which % 32) != 0;
}

/* True if nothing is left that was to be given up. A service manager's own filter may forbid the call; then it has
 * taken everything but the one for low ports away already. */
static bool set_capabilities(bool bind)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0}};
    uint32_t low_ports = UINT32_C(1) << CAP_NET_BIND_SERVICE;
    sets[0].permitted = sets[0].effective = bind ? low_ports : 0;
    if (syscall(SYS_capset, &head, sets) == 0) {
        return true;
    }
    int why = errno;
    bool harmless = get_capabilities(sets) && (sets[0].permitted & ~low_ports) == 0 && sets[1].permitted == 0;
    errno = why;
    return harmless;
}

/* Nothing that is executed later could get them back; nothing is executed later, but that is another lock. */
static void shrink_bounding_set(bool bind)
{
    if (!has_capability(CAP_SETPCAP)) {
        return;
    }
    for (unsigned c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
        if (!(bind && c == CAP_NET_BIND_SERVICE)) {
            prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
        }
    }
}

/* False with errno. */
static bool become(uid_t uid, gid_t gid, bool keep)
{
    return prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0) == 0 && setgroups(1, &gid) == 0 &&
           setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

static void name_user(struct sandbox_report *report)
{
    const struct passwd *p = local_user(NULL, geteuid());
    p = p == NULL ? getpwuid(geteuid()) : p;
    if (p != NULL) {
        snprintf(report->user, sizeof report->user, "%.*s", (int)sizeof report->user - 1, p->pw_name);
    } else {
        snprintf(report->user, sizeof report->user, "%lu", (unsigned long)geteuid());
    }
}

bool sandbox_privileges(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap)
{
    uid_t uid;
    gid_t gid;
    bool chosen = strcmp(plan->user, "auto") != 0, bind = plan->bind && has_capability(CAP_NET_BIND_SERVICE);
    if (!sandbox_user(plan->user, &uid, &gid, error, cap)) {
        return false;
    }
    if (plan->privileges) {
        shrink_bounding_set(bind);
    }
    /* In a user namespace the user may have no number: "auto" stays, then. */
    if (uid != geteuid() && !become(uid, gid, bind) && (chosen || geteuid() != 0)) {
        return fail("cannot become the user", error, cap);
    }
    name_user(report);
    snprintf(report->capabilities, sizeof report->capabilities, "as started");
    if (!plan->privileges) {
        return true;
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!set_capabilities(bind)) {
        return fail("cannot drop capabilities", error, cap);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return fail("no_new_privs", error, cap);
    }
    report->no_new_privs = true;
    snprintf(report->capabilities, sizeof report->capabilities, "%s",
             has_capability(CAP_NET_BIND_SERVICE) ? "CAP_NET_BIND_SERVICE" : "none");
    return true;
}

bool sandbox_enter(const struct sandbox_plan *plan, struct sandbox_report *report, char *error, size_t cap)
{
    *report = (struct sandbox_report){.files = "off", .calls = "off"};
    return sandbox_privileges(plan, report, error, cap) &&
           (!plan->files || sandbox_landlock(plan, report, error, cap)) &&
           (plan->calls == SANDBOX_CALLS_OFF || sandbox_seccomp(plan->calls, report, error, cap));
}
