/*
 * cmd_help.c - help and completion, from the table of commands
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

/* The words that may follow "cache", or that begin a command. */
static void print_words(struct ctl *ctl, const char *after)
{
    const char *last = "";
    for (size_t i = 0; i < ctl_command_count; i++) {
        const char *blank = strchr(ctl_commands[i].name, ' ');
        if (after == NULL) {
            size_t n = blank != NULL ? (size_t)(blank - ctl_commands[i].name) : strlen(ctl_commands[i].name);
            if (strncmp(last, ctl_commands[i].name, n + 1) != 0 && strncmp(last, ctl_commands[i].name, n) != 0) {
                fprintf(ctl->out, "%.*s ", (int)n, ctl_commands[i].name);
            }
            last = ctl_commands[i].name;
        } else if (blank != NULL && strncmp(ctl_commands[i].name, after, strlen(after)) == 0) {
            fprintf(ctl->out, "%s ", blank + 1);
        }
    }
}

int cmd_completion(struct ctl *ctl)
{
    if (strcmp(ctl->words[0], "bash") != 0) {
        return ctl_fail(ctl, CONTROL_USAGE, "completion is known for bash, not for '%s'", ctl->words[0]);
    }
    fprintf(ctl->out, "# bash completion of raizctl: source <(raizctl completion bash)\n"
                      "_raizctl() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                      "    COMPREPLY=()\n"
                      "    case $cur in\n"
                      "    -*) mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < ctl_flag_count; i++) {
        fprintf(ctl->out, "--%s ", ctl_flags[i].name);
    }
    fprintf(ctl->out, "' -- \"$cur\"); return ;;\n    esac\n    case $prev in\n"
                      "    -s | --socket) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
                      "    cache) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, "cache ");
    fprintf(ctl->out, "' -- \"$cur\") ;;\n    nta) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, "nta ");
    fprintf(ctl->out,
            "' -- \"$cur\") ;;\n    show | flush)\n"
            "        # names that the cache knows; compgen expands its words, so only plain ones\n"
            "        mapfile -t COMPREPLY < <(compgen -W \"$(raizctl cache ls --limit 2000 --json 2>/dev/null |\n"
            "            sed -n 's/.*\"name\":\"\\([A-Za-z0-9._-]*\\)\".*/\\1/p' | sort -u)\" -- \"$cur\") ;;\n"
            "    raizctl) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, NULL);
    fprintf(ctl->out, "' -- \"$cur\") ;;\n    esac\n}\ncomplete -F _raizctl raizctl\n");
    return CONTROL_OK;
}
