/*
 * cmd_setup.c - raizd as the resolver of this host: port 53, the networks it answers, and who asks it
 *
 *     who holds port 53? -> what must give way -> the LAN, if wanted -> resolv.conf, in the way this system keeps it
 *
 * Without --yes it only says what it would do (on a terminal it asks). Files are changed so that --undo takes it all
 * back; commands are few and named. With --root DIR it prepares a system that is not running, and runs none.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dns/addr.h"
#include "dns/text.h"
#include "resolver/io/holder.h"
#include "tools/raizctl/raizctl.h"
#include "tools/raizctl/undo.h"

#define RESOLVED_FILE "/etc/systemd/resolved.conf.d/raiz.conf"
#define LAN_FILE      "/etc/raiz/conf.d/lan.yaml"
#define RESOLV_CONF   "/etc/resolv.conf"
#define STEPS_MAX     8
#define TEXT_MAX      4096

extern char **environ;

/* A file to write, or a command to run. */
struct step {
    const char *why, *path;
    char text[TEXT_MAX];
    const char *command[6];
};

struct setup {
    struct ctl *ctl;
    struct undo undo;
    struct step steps[STEPS_MAX];
    size_t count;
};

static struct step *add_file(struct setup *s, const char *why, const char *path)
{
    struct step *step = &s->steps[s->count++];
    step->why = why;
    step->path = path;
    return step;
}

static void add_command(struct setup *s, const char *why, const char *a, const char *b, const char *c, const char *d)
{
    struct step *step = &s->steps[s->count++];
    step->why = why;
    step->command[0] = a;
    step->command[1] = b;
    step->command[2] = c;
    step->command[3] = d;
}

static bool exists(const struct setup *s, const char *path)
{
    char file[PATH_MAX];
    struct stat st;
    snprintf(file, sizeof file, "%s%s", s->undo.root, path);
    return lstat(file, &st) == 0;
}

/* ---- what is there ---- */

/* The port on the addresses that raizd wants; what systemd-resolved holds on 127.0.0.53 is no conflict. */
static bool port_is_ours(struct setup *s)
{
    static const char *const wanted[] = {"127.0.0.1:53", "[::1]:53"};
    char who[128];
    struct addr a;
    bool ours = true;
    for (size_t i = 0; s->undo.root[0] == '\0' && i < 2; i++) {
        if (!addr_scan(wanted[i], 53, &a) ||
            !(holder_find(&a, false, who, sizeof who) || holder_find(&a, true, who, sizeof who))) {
            fprintf(s->ctl->out, "%s is free\n", wanted[i]);
        } else if (strncmp(who, "raizd", 5) == 0) {
            fprintf(s->ctl->out, "%s is raizd's: %s\n", wanted[i], who);
        } else {
            fprintf(s->ctl->out, "%s is held by %s: stop it first, as by\n    systemctl disable --now %.*s\n",
                    wanted[i], who, (int)strcspn(who, " "), who);
            ours = false;
        }
    }
    return ours;
}

/* The host's own addresses in private networks, and these networks. */
static void plan_lan(struct setup *s)
{
    struct ifaddrs *all = NULL;
    char listen[1500] = "", allow[1500] = "", text[ADDR_TEXT_MAX];
    struct text l = text_of(listen, sizeof listen), w = text_of(allow, sizeof allow);
    if (getifaddrs(&all) != 0) {
        return;
    }
    for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
        struct addr a = {.family = ADDR_IP4};
        if (i->ifa_addr == NULL || i->ifa_netmask == NULL || i->ifa_addr->sa_family != AF_INET) {
            continue;
        }
        struct sockaddr_in in, mask;
        memcpy(&in, i->ifa_addr, sizeof in);
        memcpy(&mask, i->ifa_netmask, sizeof mask);
        memcpy(a.ip, &in.sin_addr, 4);
        if (!addr_is_private(&a) || addr_is_loopback(&a)) {
            continue;
        }
        addr_print(&a, text);
        text_addf(&l, ", \"%s\"", text);
        in.sin_addr.s_addr &= mask.sin_addr.s_addr;
        memcpy(a.ip, &in.sin_addr, 4);
        addr_print(&a, text);
        text_addf(&w, ", \"%s/%d\"", text, __builtin_popcount(mask.sin_addr.s_addr));
    }
    freeifaddrs(all);
    if (listen[0] == '\0') {
        fprintf(s->ctl->out, "this host has no address in a private network (RFC 1918)\n");
        return;
    }
    struct step *step = add_file(s, "answer the private networks of this host", LAN_FILE);
    snprintf(step->text, sizeof step->text,
             "# by raizctl setup --lan\nlisten: [\"127.0.0.1\", \"::1\"%s]\naccess: {allow: [\"127.0.0.0/8\", "
             "\"::1/128\"%s]}\n",
             listen, allow);
}

/* Who writes /etc/resolv.conf decides how raizd gets into it. */
static void plan_resolv_conf(struct setup *s)
{
    char file[PATH_MAX], target[PATH_MAX] = "";
    snprintf(file, sizeof file, "%s" RESOLV_CONF, s->undo.root);
    ssize_t n = readlink(file, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    if (strstr(target, "systemd/resolve") != NULL) {
        struct step *step =
            add_file(s, "tell systemd-resolved, which writes " RESOLV_CONF ", to ask raizd", RESOLVED_FILE);
        snprintf(step->text, sizeof step->text,
                 "# by raizctl setup\n[Resolve]\nDNS=127.0.0.1\nFallbackDNS=\nDomains=~.\nDNSSEC=no\nCache=no\n");
        add_command(s, "make it so", "systemctl", "restart", "systemd-resolved", NULL);
    } else if (exists(s, "/sbin/resolvconf") || exists(s, "/usr/sbin/resolvconf")) {
        add_command(s, "name raizd to resolvconf, which writes " RESOLV_CONF, "systemctl", "enable", "--now",
                    "raiz-resolvconf");
    } else {
        struct step *step = add_file(s, "let this host ask raizd", RESOLV_CONF);
        snprintf(step->text, sizeof step->text,
                 "# by raizctl setup; raizctl setup --undo brings the old file back\nnameserver 127.0.0.1\n");
    }
}

/* ---- doing it ---- */

static int run(struct setup *s, const char *const command[])
{
    pid_t pid;
    int status = 0, rc = posix_spawnp(&pid, command[0], NULL, NULL, (char *const *)(uintptr_t)command, environ);
    if (rc != 0) {
        return ctl_fail(s->ctl, CONTROL_FAILED, "%s: %s", command[0], strerror(rc));
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0
               ? CONTROL_OK
               : ctl_fail(s->ctl, CONTROL_FAILED, "%s has failed", command[0]);
}

static void show(struct setup *s, const struct step *step)
{
    fprintf(s->ctl->out, "- %s: ", step->why);
    if (step->path != NULL) {
        fprintf(s->ctl->out, "%s%s\n", step->path,
                exists(s, step->path) ? " (the old one is kept as " UNDO_SUFFIX ")" : "");
        for (const char *line = step->text, *end; *line != '\0'; line = end + 1) {
            end = strchr(line, '\n');
            fprintf(s->ctl->out, "    %.*s\n", (int)(end - line), line);
        }
    } else {
        for (size_t i = 0; step->command[i] != NULL; i++) {
            fprintf(s->ctl->out, "%s%s", i > 0 ? " " : "", step->command[i]);
        }
        fputc('\n', s->ctl->out);
    }
}

static bool agreed(struct setup *s)
{
    if ((s->ctl->given & OPT_YES) != 0) {
        return true;
    }
    if (!isatty(STDIN_FILENO) || s->ctl->out != stdout) {
        fprintf(s->ctl->out, "Nothing has been done; --yes does it.\n");
        return false;
    }
    fprintf(s->ctl->out, "Do it? [y/N] ");
    fflush(s->ctl->out);
    int c = getchar();
    return c == 'y' || c == 'Y';
}

static int carry_out(struct setup *s)
{
    int code = CONTROL_OK;
    for (size_t i = 0; code == CONTROL_OK && i < s->count; i++) {
        const struct step *step = &s->steps[i];
        if (step->path != NULL) {
            code = undo_write(&s->undo, step->path, step->text) ? CONTROL_OK
                                                                : ctl_fail(s->ctl, CONTROL_FAILED, "%s", s->undo.error);
        } else if (s->undo.root[0] == '\0') {
            fflush(s->ctl->out);
            code = run(s, step->command);
        }
    }
    if (code == CONTROL_OK) {
        fprintf(s->ctl->out,
                "Done. raizctl reload takes a changed configuration; raizctl setup --undo takes all of this back.\n");
    }
    return code;
}

static int take_back(struct setup *s)
{
    static const char *const restart[] = {"systemctl", "try-restart", "systemd-resolved", NULL};
    bool resolved = exists(s, RESOLVED_FILE);
    if (!undo_exists(&s->undo)) {
        fprintf(s->ctl->out, "setup has changed nothing here\n");
        return CONTROL_OK;
    }
    if (!undo_all(&s->undo, s->ctl->out)) {
        return ctl_fail(s->ctl, CONTROL_FAILED, "%s", s->undo.error);
    }
    return resolved && s->undo.root[0] == '\0' ? run(s, restart) : CONTROL_OK;
}

int cmd_setup(struct ctl *ctl)
{
    struct setup *s = calloc(1, sizeof *s);
    int code = CONTROL_OK;
    if (s == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    s->ctl = ctl;
    s->undo.root = ctl->root != NULL ? ctl->root : "";
    if ((ctl->given & OPT_UNDO) != 0) {
        code = take_back(s);
    } else if (undo_exists(&s->undo)) {
        code = ctl_fail(ctl, CONTROL_FAILED, "setup has been here: raizctl setup --undo first");
    } else {
        bool ours = port_is_ours(s);
        if ((ctl->given & OPT_LAN) != 0) {
            plan_lan(s);
        }
        plan_resolv_conf(s);
        for (size_t i = 0; i < s->count; i++) {
            show(s, &s->steps[i]);
        }
        if (!ours && (ctl->given & OPT_YES) != 0) {
            code = ctl_fail(ctl, CONTROL_FAILED, "port 53 is held by somebody else: nothing has been done");
        } else {
            code = agreed(s) ? carry_out(s) : CONTROL_OK;
        }
    }
    free(s);
    return code;
}
