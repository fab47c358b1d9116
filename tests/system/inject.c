/*
 * inject.c - makes a running process make a system call, as somebody who has taken it over would
 *
 *     inject PID execve|packet|exec-memory
 *
 * Attaches, points the instruction pointer at a syscall instruction of the C library with chosen registers, lets it run
 * and prints what the call returned ("the process has ended" if the call ended it). x86-64 only; elsewhere it says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
    perror(what);
    return 1;
}

int main(int argc, char **argv)
{
    struct user_regs_struct saved, regs;
    int status;
    if (argc != 3) {
        fprintf(stderr, "usage: inject PID execve|packet|exec-memory\n");
        return 2;
    }
    pid_t pid = (pid_t)strtol(argv[1], NULL, 10);
    if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0 || waitpid(pid, &status, __WALL) != pid ||
        ptrace(PTRACE_GETREGS, pid, NULL, &saved) != 0) {
        return die("attach");
    }
    regs = saved;
    regs.rip = saved.rip - 2; /* it waits in a system call: the instruction before is "syscall" */
    regs.orig_rax = (unsigned long long)-1;
    if (strcmp(argv[2], "execve") == 0) {
        regs.rax = SYS_execve;
        regs.rdi = regs.rsi = regs.rdx = 0;
    } else if (strcmp(argv[2], "packet") == 0) {
        regs.rax = SYS_socket;
        regs.rdi = 17; /* AF_PACKET */
        regs.rsi = 3;  /* SOCK_RAW */
        regs.rdx = 0;
    } else {
        regs.rax = SYS_mmap;
        regs.rdi = 0;
        regs.rsi = 4096;
        regs.rdx = 7;    /* read, write, execute */
        regs.r10 = 0x22; /* private, anonymous */
        regs.r8 = (unsigned long long)-1;
        regs.r9 = 0;
    }
    if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) != 0 || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 ||
        waitpid(pid, &status, __WALL) != pid) {
        return die("run");
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        printf("the process has ended\n");
        return 0;
    }
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0) {
        printf("the process has ended\n");
        return 0;
    }
    printf("returned %lld\n", (long long)regs.rax);
    ptrace(PTRACE_SETREGS, pid, NULL, &saved);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    return 0;
}
#else
int main(void)
{
    fprintf(stderr, "inject: only for x86-64\n");
    return 3;
}
#endif
