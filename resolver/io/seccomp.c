/*
 * seccomp.c - system calls: those on the list, and no others
 *
 * The list holds what the daemon and its libraries need once the listeners are open, threads included. What only an
 * intruder would call (execute, fork, trace) ends the process. Anything else fails with ENOSYS, which is what libraries
 * expect of a kernel that has not learnt a call yet, so that a newer C library finds its older way; in tests it ends
 * the process as well, so that a gap in the list is found.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "resolver/io/sandbox.h"

#ifdef RAIZ_SECCOMP
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const allowed[] = {
    /* files: the configuration, state, log */
    "read",
    "readv",
    "pread64",
    "preadv",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "open",
    "openat",
    "close",
    "lseek",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "fstatat64",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "chmod",
    "fchmod",
    "fchmodat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "sync_file_range2",
    "flock",
    "fcntl",
    "fcntl64",
    "dup",
    "dup2",
    "dup3",
    "fadvise64",
    /* sockets */
    "bind",
    "connect",
    "listen",
    "accept",
    "accept4",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
    "shutdown",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    /* waiting */
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "eventfd2",
    "pipe",
    "pipe2",
    "futex",
    "futex_waitv",
    "nanosleep",
    "clock_nanosleep",
    "restart_syscall",
    "sched_yield",
    /* memory */
    "munmap",
    "mremap",
    "madvise",
    "brk",
    /* threads and signals */
    "exit",
    "exit_group",
    "set_robust_list",
    "rseq",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "sched_getaffinity",
    "membarrier",
    "gettid",
    "getpid",
    "getppid",
    "prctl",
    /* figures */
    "getrandom",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "uname",
    "getrlimit",
    "getrusage",
    "sysinfo",
    "umask",
};

/* Never needed, and the first thing that stolen control would reach for. */
static const char *const deadly[] = {"execve",
                                     "execveat",
                                     "fork",
                                     "vfork",
                                     "ptrace",
                                     "process_vm_readv",
                                     "process_vm_writev",
                                     "init_module",
                                     "finit_module",
                                     "bpf",
                                     "setns",
                                     "unshare",
                                     "mount",
                                     "pivot_root",
                                     "chroot",
                                     "kexec_load",
                                     "userfaultfd",
                                     "perf_event_open"};

/* Asked for by libraries that can do without. */
static const char *const absent[] = {"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "mseal"};

static bool add_list(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int call = seccomp_syscall_resolve_name(names[i]);
        if (call == __NR_SCMP_ERROR || (call < 0 && action == SCMP_ACT_ALLOW)) {
            continue; /* this machine has no such call */
        }
        int rc = seccomp_rule_add(ctx, action, call, 0);
        if (rc != 0 && rc != -EDOM) {
            return false;
        }
    }
    return true;
}

static bool add_socket(scmp_filter_ctx ctx, unsigned family, unsigned type)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, family, 0),
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, type)) == 0;
}

/* Calls that are harmless with some arguments only. */
static bool add_limited(scmp_filter_ctx ctx)
{
    static const unsigned ioctls[] = {0x5421 /* FIONBIO */, 0x541b /* FIONREAD */, 0x5401 /* TCGETS: isatty */,
                                      0x8933 /* SIOCGIFINDEX */, 0x8910 /* SIOCGIFNAME */};
    bool ok = add_socket(ctx, AF_UNIX, SOCK_STREAM) && add_socket(ctx, AF_UNIX, SOCK_DGRAM) &&
              add_socket(ctx, AF_INET, SOCK_STREAM) && add_socket(ctx, AF_INET, SOCK_DGRAM) &&
              add_socket(ctx, AF_INET6, SOCK_STREAM) && add_socket(ctx, AF_INET6, SOCK_DGRAM);
    /* getifaddrs(): the private networks that a reload may find */
    ok = ok && seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0),
                                SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE, 0)) == 0;
    for (size_t i = 0; ok && i < sizeof ioctls / sizeof ioctls[0]; i++) {
        ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, ioctls[i], 0)) == 0;
    }
    return ok &&
           seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) ==
               0 &&
           seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM)) == 0 &&
           seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)) == 0 &&
           seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0, 0)) == 0;
}

bool sandbox_seccomp(enum sandbox_calls calls, struct sandbox_report *report, char *error, size_t cap)
{
    bool kill = calls == SANDBOX_CALLS_KILL;
    scmp_filter_ctx ctx = seccomp_init(kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(ENOSYS));
    if (ctx == NULL) {
        snprintf(error, cap, "sandbox: out of memory");
        return false;
    }
    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: the cost does not grow with the list */
    bool ok = add_list(ctx, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof allowed[0]) && add_limited(ctx);
    if (ok && !kill) {
        ok = add_list(ctx, SCMP_ACT_KILL_PROCESS, deadly, sizeof deadly / sizeof deadly[0]) &&
             seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_VM, 0)) == 0;
    } else if (ok) {
        ok = add_list(ctx, SCMP_ACT_ERRNO(ENOSYS), absent, sizeof absent / sizeof absent[0]);
    }
    int rc = ok ? seccomp_load(ctx) : -EINVAL;
    seccomp_release(ctx);
    if (ok && rc == 0) {
        report->no_new_privs = true; /* loading it sets that */
        snprintf(report->calls, sizeof report->calls, "%s",
                 kill ? "only those needed, others kill" : "only those needed");
        return true;
    }
    if (ok && (rc == -ENOSYS || rc == -EINVAL || rc == -ECANCELED)) {
        snprintf(report->calls, sizeof report->calls, "not offered here (seccomp: %s)", strerror(-rc));
        return true;
    }
    snprintf(error, cap, "sandbox: seccomp: %s; sandbox: {system-calls: off} does without", strerror(-rc));
    return false;
}

#else

bool sandbox_seccomp(enum sandbox_calls calls, struct sandbox_report *report, char *error, size_t cap)
{
    (void)calls;
    (void)error;
    (void)cap;
    snprintf(report->calls, sizeof report->calls, "not built in (libseccomp)");
    return true;
}

#endif
