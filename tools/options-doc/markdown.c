/*
 * markdown.c - docs/options.md
 */
#include <stdio.h>
#include <string.h>

#include "resolver/config/options.h"
#include "tools/options-doc/pages.h"

/* "|" would end the cell. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        printf(*text == '|' ? "\\|" : "%c", *text);
    }
}

static void print_default(const struct option *o)
{
    if (o->dflt[0] == '\0') {
        printf("%s", o->kind == OPTION_FORWARD || o->kind == OPTION_STUB || o->kind == OPTION_ZONE_TTL ||
                             o->kind == OPTION_WARM
                         ? "none"
                         : "");
    } else if (o->kind == OPTION_ADDRESSES) {
        for (const char *word = o->dflt; *word != '\0';) {
            size_t n = strcspn(word, " ");
            printf("%s`%.*s`", word == o->dflt ? "" : ", ", (int)n, word);
            word += n + (word[n] == ' ');
        }
    } else {
        printf("`%s`", o->dflt);
    }
}

static void print_row(const struct option *o)
{
    char range[OPTION_HINT_MAX];
    option_range(o, range);
    printf("| `%s%s%s` | ", o->list != NULL ? o->list : "", o->list != NULL ? "[]." : "", o->key);
    printf("%s%s%s | ", option_kind_text(o->kind), range[0] != '\0' ? ": " : "", range);
    print_default(o);
    printf(" | %s | ", o->list != NULL ? "" : o->live ? "live" : "restart");
    print_cell(o->help);
    if (!o->stored && o->list == NULL) {
        printf(o->only != NULL ? " Only `%s` is accepted: %s."
                               : " Known, but without effect while `dnssec.mode` is `off`.",
               o->only, o->reason);
    }
    printf(" |\n");
}

void print_markdown(void)
{
    printf(
        "# Settings\n\n"
        "The configuration of raizd is one YAML file (JSON is YAML), `/etc/raiz/raiz.yaml` unless `-c FILE` names "
        "another.\n"
        "Every setting has a default, so an empty file is valid. What raizd does not know is an error, with the "
        "place and\n"
        "what was probably meant; all errors of a file are shown at once.\n\n"
        "This page is made from `resolver/config/options.def` (`ninja options-md`), the table that raizd itself "
        "reads.\n\n"
        "- A size is a number of octets, or of `K`, `M`, `G`, `T` (powers of 1024): `256M`.\n"
        "- A duration is a number of seconds, or has units `s`, `m`, `h`, `d`, `w`: `30s`, `1h30m`.\n"
        "- An address is `192.0.2.1`, `192.0.2.1:53`, `192.0.2.1@53`, `2001:db8::1` or `[2001:db8::1]:53`; in YAML "
        "it is\n"
        "  safest between quotes.\n"
        "- Beside the file there may be a folder `conf.d` with more of them, `NAME.yaml`, read after it in the order "
        "of "
        "their names.\n"
        "  A value in a later file replaces that of an earlier one; lists are joined. The folder must belong to root, "
        "or to who runs\n"
        "  raizd. `raizctl config show --origin` tells which file and line gave each value.\n"
        "- \"live\": a running raizd takes the change when it gets SIGHUP. \"restart\": it takes it at its next "
        "start,\n"
        "  and says so in its log. A file with a mistake changes nothing.\n");
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->kind == OPTION_SECTION) {
            printf("\n## %s%s%s\n\n%s.\n\n", o->key[0] != '\0' ? "`" : "", o->key[0] != '\0' ? o->key : "At the top",
                   o->key[0] != '\0' ? "`" : "", o->help);
            printf("| key | value | default | change | meaning |\n|---|---|---|---|---|\n");
        } else {
            print_row(o);
        }
    }
}
