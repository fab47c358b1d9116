/*
 * args.c - the command line: which command, with which options and words
 *
 * Options may stand anywhere. A command may be cut short as long as it stays the only one ("cache sh", "in"); a slip of
 * the pen gets a suggestion.
 */
#include "tools/raizctl/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "resolver/config/suggest.h"
#include "tools/raizctl/out.h"

int ctl_fail(struct ctl *ctl, enum control_code code, const char *fmt, ...)
{
    va_list args;
    fflush(ctl->out);
    fprintf(ctl->err, "raizctl: ");
    va_start(args, fmt);
    vfprintf(ctl->err, fmt, args);
    va_end(args);
    fputc('\n', ctl->err);
    return (int)code;
}

static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    *out = v;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && v > 0 && v <= most;
}

/* "200ms", "2s", "200": milliseconds. */
static bool read_ms(const char *text, uint64_t *ms)
{
    char number[24];
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    bool seconds = strcmp(unit, "s") == 0;
    if (digits >= sizeof number || (!seconds && unit[0] != '\0' && strcmp(unit, "ms") != 0)) {
        return false;
    }
    snprintf(number, sizeof number, "%.*s", (int)digits, text);
    bool ok = read_number(number, 3600000, ms);
    *ms *= ok && seconds ? 1000 : 1;
    return ok;
}

/* Where the value of an option goes that is taken as it stands; NULL: it is another one. */
static const char **text_of_flag(struct ctl *ctl, const struct flag *flag)
{
    const struct {
        uint64_t bit;
        const char **text;
    } places[] = {{OPT_TYPE, &ctl->type},     {OPT_UNDER, &ctl->under},        {OPT_SERVER, &ctl->server},
                  {OPT_CLIENT, &ctl->client}, {OPT_RCODE, &ctl->rcode_wanted}, {OPT_TRANSPORT, &ctl->transport},
                  {OPT_REASON, &ctl->reason}, {OPT_ROOT, &ctl->root},          {OPT_WITH, &ctl->with},
                  {OPT_UNTIL, &ctl->until},   {OPT_LIST, &ctl->list},          {OPT_CA, &ctl->ca}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (flag->bit == places[i].bit) {
            return places[i].text;
        }
    }
    return NULL;
}

/* Stores the value of an option. */
static int take_flag(struct ctl *ctl, struct args *args, const struct flag *flag, const char *value)
{
    uint64_t number;
    const char **text = text_of_flag(ctl, flag);
    ctl->given |= flag->bit;
    if (text != NULL) {
        *text = value;
    } else if (flag->bit == OPT_DEPTH) {
        if (!read_number(value, 8, &ctl->depth)) {
            return ctl_fail(ctl, CONTROL_USAGE, "--depth takes a number from 1 to 8, not '%s'", value);
        }
    } else if (flag->bit == OPT_SLOW) {
        if (!read_ms(value, &ctl->slow_ms)) {
            return ctl_fail(ctl, CONTROL_USAGE, "--slow takes a time such as 200ms or 2s, not '%s'", value);
        }
    } else if (flag->bit == OPT_FOR) {
        uint32_t seconds;
        if (ttl_scan(value, strlen(value), &seconds) != DNS_OK || seconds == 0) {
            return ctl_fail(ctl, CONTROL_USAGE, "--for takes a time such as 30m, 12h or 2d, not '%s'", value);
        }
        ctl->for_s = seconds;
    } else if (flag->bit == OPT_LIMIT) {
        if (!read_number(value, UINT32_MAX, &ctl->limit)) {
            return ctl_fail(ctl, CONTROL_USAGE, "--limit takes a number above 0, not '%s'", value);
        }
    } else if (strcmp(flag->name, "socket") == 0) {
        ctl->socket = value;
    } else if (strcmp(flag->name, "json") == 0) {
        ctl->json = true;
    } else if (strcmp(flag->name, "help") == 0) {
        args->help = true;
    } else if (strcmp(flag->name, "version") == 0) {
        args->version = true;
    } else if (strcmp(flag->name, "color") == 0) {
        if (!style_init(&ctl->style, value, ctl->out)) {
            return ctl_fail(ctl, CONTROL_USAGE, "--color takes auto, always or never, not '%s'", value);
        }
    } else if (strcmp(flag->name, "timeout") == 0) {
        if (!read_number(value, 3600, &number)) {
            return ctl_fail(ctl, CONTROL_USAGE, "--timeout takes seconds, 1 to 3600, not '%s'", value);
        }
        ctl->timeout_ms = (unsigned)number * 1000;
    }
    return CONTROL_OK;
}

/* "--name", "--name=value" or "-n"; NULL after an error was printed. */
static const struct flag *find_flag(struct ctl *ctl, const char *arg, const char **value)
{
    const char *equals = strchr(arg, '=');
    size_t n = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)(n < 39 ? n : 39), arg);
    *value = equals != NULL ? equals + 1 : NULL;
    struct suggest s = suggest_for(name);
    for (size_t i = 0; i < ctl_flag_count; i++) {
        char full[40], letter[3] = {'-', ctl_flags[i].letter, '\0'};
        snprintf(full, sizeof full, "--%s", ctl_flags[i].name);
        if (strcmp(name, full) == 0 || (ctl_flags[i].letter != 0 && strcmp(name, letter) == 0)) {
            return &ctl_flags[i];
        }
        suggest_offer_as(&s, full, ctl_flags[i].name);
    }
    if (s.best != NULL) {
        ctl_fail(ctl, CONTROL_USAGE, "unknown option '%s'; did you mean '--%s'?", arg, s.best);
    } else {
        ctl_fail(ctl, CONTROL_USAGE, "unknown option '%s'; see raizctl help", arg);
    }
    return NULL;
}

static int take_option(struct ctl *ctl, struct args *args, int argc, char **argv, int *i)
{
    const char *value;
    const struct flag *flag = find_flag(ctl, argv[*i], &value);
    if (flag == NULL) {
        return CONTROL_USAGE;
    }
    if (flag->arg == NULL && value != NULL) {
        return ctl_fail(ctl, CONTROL_USAGE, "--%s takes no value", flag->name);
    }
    if (flag->arg != NULL && value == NULL) {
        if (*i + 1 >= argc) {
            return ctl_fail(ctl, CONTROL_USAGE, "--%s needs %s behind it", flag->name, flag->arg);
        }
        value = argv[++*i];
    }
    return take_flag(ctl, args, flag, value != NULL ? value : "");
}

int args_read(struct ctl *ctl, struct args *args, int argc, char **argv)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            int code = take_option(ctl, args, argc, argv, &i);
            if (code != CONTROL_OK) {
                return code;
            }
        } else if (ctl->word_count == CTL_WORDS_MAX) {
            return ctl_fail(ctl, CONTROL_USAGE, "too many words; see raizctl help");
        } else {
            ctl->words[ctl->word_count++] = argv[i];
        }
    }
    return CONTROL_OK;
}

/* How many of the words the command's name takes up if they may stand for it, whole or cut short; else 0. */
static unsigned matches(const struct command *c, const struct ctl *ctl, bool *whole)
{
    const char *blank = strchr(c->name, ' ');
    size_t first = blank != NULL ? (size_t)(blank - c->name) : strlen(c->name), n = strlen(ctl->words[0]);
    if (n > first || strncmp(c->name, ctl->words[0], n) != 0) {
        return 0;
    }
    *whole = n == first;
    if (blank == NULL) {
        return 1;
    }
    if (ctl->word_count < 2 || strncmp(blank + 1, ctl->words[1], strlen(ctl->words[1])) != 0) {
        return 0;
    }
    *whole = *whole && strcmp(blank + 1, ctl->words[1]) == 0;
    return 2;
}

/* The commands of a group that is named alone; NULL: it is none. */
static const char *group_of(const char *word)
{
    static const char *const groups[][2] = {
        {"cache", "cache show NAME, cache ls, cache flush NAME"},
        {"nta", "nta add NAME, nta rm NAME, nta ls"},
        {"config", "config check, config show, config import FILE"},
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(word, groups[i][0]) == 0) {
            return groups[i][1];
        }
    }
    return NULL;
}

static const struct command *unknown(struct ctl *ctl)
{
    char typed[2 * SUGGEST_WORD_MAX];
    const char *second = ctl->word_count > 1 ? ctl->words[1] : "";
    /* With both words first, so that "cahce shwo" finds "cache show". */
    snprintf(typed, sizeof typed, "%.38s %.38s", ctl->words[0], second);
    struct suggest s = suggest_for(typed);
    for (size_t i = 0; i < ctl_command_count; i++) {
        suggest_offer(&s, ctl_commands[i].name);
    }
    if (s.best == NULL) {
        snprintf(typed, sizeof typed, "%.38s", ctl->words[0]);
        for (size_t i = 0; i < ctl_command_count; i++) {
            suggest_offer(&s, ctl_commands[i].name);
        }
    }
    const char *members = group_of(ctl->words[0]);
    bool both = second[0] != '\0' && members != NULL;
    if (members != NULL && !both) {
        ctl_fail(ctl, CONTROL_USAGE, "%s what? %s", ctl->words[0], members);
    } else if (s.best != NULL) {
        ctl_fail(ctl, CONTROL_USAGE, "unknown command '%s%s%s'; did you mean '%s'?", ctl->words[0], both ? " " : "",
                 both ? second : "", s.best);
    } else {
        ctl_fail(ctl, CONTROL_USAGE, "unknown command '%s%s%s'; see raizctl help", ctl->words[0], both ? " " : "",
                 both ? second : "");
    }
    return NULL;
}

/* A word of another resolver's control program gives way to our own. */
static void translate(struct ctl *ctl)
{
    for (size_t i = 0; i < ctl_alias_count; i++) {
        const char *blank = strchr(ctl_aliases[i].command, ' ');
        if (strcmp(ctl->words[0], ctl_aliases[i].name) != 0 || (blank != NULL && ctl->word_count == CTL_WORDS_MAX)) {
            continue;
        }
        ctl->given |= ctl_aliases[i].option;
        ctl->words[0] = ctl_aliases[i].command;
        if (blank != NULL) {
            memmove(ctl->words + 2, ctl->words + 1, (ctl->word_count - 1) * sizeof ctl->words[0]);
            ctl->words[1] = blank + 1;
            ctl->word_count++;
            snprintf(ctl->group, sizeof ctl->group, "%.*s", (int)(blank - ctl_aliases[i].command),
                     ctl_aliases[i].command);
            ctl->words[0] = ctl->group;
        }
        return;
    }
}

const struct command *args_command(struct ctl *ctl)
{
    translate(ctl);
    const struct command *found = NULL;
    unsigned used = 0, candidates = 0;
    for (size_t i = 0; i < ctl_command_count; i++) {
        bool whole = false;
        unsigned n = matches(&ctl_commands[i], ctl, &whole);
        if (n > 0) {
            found = &ctl_commands[i];
            used = n;
            candidates++;
            if (whole) {
                candidates = 1;
                break;
            }
        }
    }
    if (candidates == 0) {
        return unknown(ctl);
    }
    if (candidates > 1) {
        ctl_fail(ctl, CONTROL_USAGE, "'%s' may be more than one command; see raizctl help", ctl->words[0]);
        return NULL;
    }
    ctl->word_count -= used;
    memmove(ctl->words, ctl->words + used, ctl->word_count * sizeof ctl->words[0]);
    return found;
}

int args_check(struct ctl *ctl, const struct command *c)
{
    for (size_t i = 0; i < ctl_flag_count; i++) {
        if ((ctl->given & ctl_flags[i].bit & ~c->options) != 0) {
            return ctl_fail(ctl, CONTROL_USAGE, "%s does not take --%s", c->name, ctl_flags[i].name);
        }
    }
    if (ctl->word_count < c->least || ctl->word_count > c->most) {
        return ctl_fail(ctl, CONTROL_USAGE, "usage: raizctl %s%s%s", c->name, c->args[0] != '\0' ? " " : "", c->args);
    }
    return CONTROL_OK;
}
