/*
 * cmd_help.c - help, from the table of commands; also as the list of a manual page
 */
#include <string.h>

#include "tools/raizctl/args.h"
#include "tools/raizctl/out.h"

static void print_flag(struct ctl *ctl, const struct flag *f)
{
    char left[48], letter[8] = "";
    if (f->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", f->letter);
    }
    snprintf(left, sizeof left, "%4s--%s%s%s", letter, f->name, f->arg != NULL ? " " : "",
             f->arg != NULL ? f->arg : "");
    fprintf(ctl->out, "  %-24s %s\n", left, f->help);
}

static int print_all(struct ctl *ctl)
{
    fprintf(ctl->out, "raizctl - looks into a running raizd, and asks it\n\nusage: raizctl [OPTION]... COMMAND\n\n");
    for (size_t i = 0; i < ctl_command_count; i++) {
        char left[48];
        snprintf(left, sizeof left, "%s%s%s", ctl_commands[i].name, ctl_commands[i].args[0] != '\0' ? " " : "",
                 ctl_commands[i].args);
        fprintf(ctl->out, "  %s%-28s%s %s\n", paint_on(&ctl->style, PAINT_BOLD), left, paint_off(&ctl->style),
                ctl_commands[i].summary);
    }
    fprintf(ctl->out, "\nFor every command:\n");
    for (size_t i = 0; i < ctl_flag_count; i++) {
        if (ctl_flags[i].bit == 0) {
            print_flag(ctl, &ctl_flags[i]);
        }
    }
    fprintf(ctl->out, "\nraizctl help COMMAND tells a command's own options. Exit codes: 0 done, 1 failed, 2 usage,\n"
                      "3 raizd is not running, 4 no permission, 9 no reply.\n");
    return CONTROL_OK;
}

int cmd_help(struct ctl *ctl)
{
    if (ctl->word_count == 0) {
        return print_all(ctl);
    }
    const struct command *c = args_command(ctl);
    if (c == NULL) {
        return CONTROL_USAGE;
    }
    fprintf(ctl->out, "raizctl %s%s%s - %s\n", c->name, c->args[0] != '\0' ? " " : "", c->args, c->summary);
    for (size_t i = 0; i < ctl_flag_count; i++) {
        if ((ctl_flags[i].bit & c->options) != 0) {
            print_flag(ctl, &ctl_flags[i]);
        }
    }
    return CONTROL_OK;
}

/* For scdoc: its own signs stay letters. */
static void man_text(struct ctl *ctl, const char *text)
{
    for (; *text != '\0'; text++) {
        fprintf(ctl->out, strchr("_*\\<#`~[]", *text) != NULL ? "\\%c" : "%c", *text);
    }
}

static void man_flag(struct ctl *ctl, const struct flag *f)
{
    fprintf(ctl->out, "*%s%.1s%s--%s*", f->letter != 0 ? "-" : "", &f->letter, f->letter != 0 ? "*, *" : "", f->name);
    if (f->arg != NULL) {
        fprintf(ctl->out, " _%s_", f->arg);
    }
    fprintf(ctl->out, "\n\t");
    man_text(ctl, f->help);
    fprintf(ctl->out, "\n\n");
}

int cmd_man(struct ctl *ctl)
{
    fprintf(ctl->out,
            "raizctl(1)\n\n# NAME\n\nraizctl - looks into a running raizd, and asks it\n\n# SYNOPSIS\n\n"
            "*raizctl* [_OPTION_]... _COMMAND_\n\n# DESCRIPTION\n\nraizctl speaks to raizd(8) over its control socket, "
            "which root, the daemon's own user and its group may open. Commands may be cut short as long as they stay "
            "the only one.\n\n# COMMANDS\n\n");
    for (size_t i = 0; i < ctl_command_count; i++) {
        const struct command *c = &ctl_commands[i];
        fprintf(ctl->out, "*%s* ", c->name);
        man_text(ctl, c->args);
        fprintf(ctl->out, "\n\t");
        man_text(ctl, c->summary);
        const char *lead = " Options:";
        for (size_t k = 0; k < ctl_flag_count; k++) {
            if ((ctl_flags[k].bit & c->options) != 0) {
                fprintf(ctl->out, "%s --%s", lead, ctl_flags[k].name);
                lead = ",";
            }
        }
        fprintf(ctl->out, "\n\n");
    }
    fprintf(ctl->out, "# OPTIONS\n\n");
    for (size_t i = 0; i < ctl_flag_count; i++) {
        man_flag(ctl, &ctl_flags[i]);
    }
    fprintf(ctl->out,
            "# EXIT STATUS\n\n0 done, 1 failed, 2 usage, 3 raizd is not running, 4 no permission, 9 no reply.\n\n"
            "# FILES\n\n/run/raiz/raizctl.sock\n\tthe control socket; RAIZ\\_SOCKET in the environment names "
            "another\n\n# SEE ALSO\n\nraizd(8), raiz.yaml(5), raiz-lab(1)\n");
    return CONTROL_OK;
}
