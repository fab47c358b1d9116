/*
 * cmd_completion.c - what shells need to complete commands and options, from the table of commands
 */
#include <string.h>

#include "tools/raizctl/raizctl.h"

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

static void print_bash(struct ctl *ctl)
{
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
                      "    -s | --socket | --ca) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
                      "    cache) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, "cache ");
    fprintf(ctl->out, "' -- \"$cur\") ;;\n    nta) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, "nta ");
    fprintf(ctl->out, "' -- \"$cur\") ;;\n    config) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, "config ");
    fprintf(ctl->out,
            "' -- \"$cur\") ;;\n    show | flush)\n"
            "        # names that the cache knows; compgen expands its words, so only plain ones\n"
            "        mapfile -t COMPREPLY < <(compgen -W \"$(raizctl cache ls --limit 2000 --json 2>/dev/null |\n"
            "            sed -n 's/.*\"name\":\"\\([A-Za-z0-9._-]*\\)\".*/\\1/p' | sort -u)\" -- \"$cur\") ;;\n"
            "    raizctl) mapfile -t COMPREPLY < <(compgen -W '");
    print_words(ctl, NULL);
    fprintf(ctl->out, "' -- \"$cur\") ;;\n    esac\n}\ncomplete -F _raizctl raizctl\n");
}

/* Text between single quotes: none of ours holds one, but a later one may. */
static void print_single(struct ctl *ctl, const char *text)
{
    for (; *text != '\0'; text++) {
        fprintf(ctl->out, *text == '\'' ? "'\\''" : "%c", *text);
    }
}

static void print_fish(struct ctl *ctl)
{
    fprintf(ctl->out, "# fish completion of raizctl\ncomplete -c raizctl -f\n");
    for (size_t i = 0; i < ctl_command_count; i++) {
        const char *name = ctl_commands[i].name, *blank = strchr(name, ' ');
        int first = blank != NULL ? (int)(blank - name) : (int)strlen(name);
        if (blank == NULL) {
            fprintf(ctl->out, "complete -c raizctl -n __fish_use_subcommand -a %s -d '", name);
        } else {
            fprintf(ctl->out, "complete -c raizctl -n __fish_use_subcommand -a %.*s\n", first, name);
            fprintf(ctl->out, "complete -c raizctl -n '__fish_seen_subcommand_from %.*s' -a %s -d '", first, name,
                    blank + 1);
        }
        print_single(ctl, ctl_commands[i].summary);
        fprintf(ctl->out, "'\n");
    }
    for (size_t i = 0; i < ctl_flag_count; i++) {
        fprintf(ctl->out, "complete -c raizctl -l %s%s%.1s%s -d '", ctl_flags[i].name,
                ctl_flags[i].letter != 0 ? " -s " : "", &ctl_flags[i].letter, ctl_flags[i].arg != NULL ? " -r" : "");
        print_single(ctl, ctl_flags[i].help);
        fprintf(ctl->out, "'\n");
    }
}

static void print_zsh(struct ctl *ctl)
{
    fprintf(ctl->out, "#compdef raizctl\n"
                      "if [[ $words[CURRENT] == -* ]]; then\n    compadd -- ");
    for (size_t i = 0; i < ctl_flag_count; i++) {
        fprintf(ctl->out, "--%s ", ctl_flags[i].name);
    }
    fprintf(ctl->out, "\n    return\nfi\ncase $words[CURRENT-1] in\n");
    static const char *const groups[] = {"cache", "nta", "config"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%s ", groups[i]);
        fprintf(ctl->out, "%s) compadd -- ", groups[i]);
        print_words(ctl, prefix);
        fprintf(ctl->out, ";;\n");
    }
    fprintf(ctl->out, "check|*socket|--ca) _files ;;\nraizctl) compadd -- ");
    print_words(ctl, NULL);
    fprintf(ctl->out, ";;\nesac\n");
}

int cmd_completion(struct ctl *ctl)
{
    static const struct {
        const char *shell;
        void (*print)(struct ctl *ctl);
    } shells[] = {{"bash", print_bash}, {"fish", print_fish}, {"zsh", print_zsh}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(ctl->words[0], shells[i].shell) == 0) {
            shells[i].print(ctl);
            return CONTROL_OK;
        }
    }
    return ctl_fail(ctl, CONTROL_USAGE, "completion is known for bash, fish and zsh, not for '%s'", ctl->words[0]);
}
