/*
 * man.c - raiz.yaml(5), as scdoc reads it
 */
#include <stdio.h>
#include <string.h>

#include "resolver/config/options.h"
#include "tools/options-doc/pages.h"

/* scdoc's own signs stay letters. */
static void print_text(const char *text)
{
    for (; *text != '\0'; text++) {
        printf(strchr("_*\\<#`~[]", *text) != NULL ? "\\%c" : "%c", *text);
    }
}

static void print_option(const struct option *o)
{
    char range[OPTION_HINT_MAX];
    option_range(o, range);
    printf("*");
    print_text(o->list != NULL ? o->list : "");
    printf(o->list != NULL ? "\\[\\]." : "");
    print_text(o->key);
    printf("* (%s", option_kind_text(o->kind));
    printf(range[0] != '\0' ? ": " : "");
    print_text(range);
    printf(")\n\t");
    print_text(o->help);
    if (o->dflt[0] != '\0') {
        printf(" Default: ");
        print_text(o->dflt);
        printf(".");
    }
    if (o->only != NULL) {
        printf(" Only %s is accepted: %s.", o->only, o->reason);
    } else if (o->list == NULL && !o->live) {
        printf(" A change is taken at the next start.");
    }
    printf("\n\n");
}

void print_man(void)
{
    printf("raiz.yaml(5)\n\n"
           "# NAME\n\nraiz.yaml - configuration of raizd(8)\n\n"
           "# SYNOPSIS\n\n/etc/raiz/raiz.yaml, /etc/raiz/conf.d/\\*.yaml\n\n"
           "# DESCRIPTION\n\n"
           "The configuration is YAML (JSON is YAML). Every setting has a default, so an empty file is valid. What "
           "raizd does "
           "not know is an error; all errors of all files are shown at once, with the place and what was probably "
           "meant.\n\n"
           "The files of conf.d are read after raiz.yaml in the order of their names. A value in a later file replaces "
           "that of an earlier one; lists are joined.\n\n"
           "A size is a number of octets, or of K, M, G, T (powers of 1024): 256M. A duration is a number of seconds, "
           "or has "
           "units s, m, h, d, w: 1h30m. An address may have a port: \"192.0.2.1:53\", \"\\[2001:db8::1\\]:53\".\n\n"
           "A running raizd takes a change when it is told to reload, all of it or nothing; where a change waits for "
           "the next start, it says so.\n");
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        const struct option *o = &options[i];
        if (o->kind == OPTION_SECTION) {
            printf("\n# %s%s\n\n", o->key[0] != '\0' ? "SECTION " : "AT THE TOP", o->key);
            print_text(o->help);
            printf(".\n\n");
        } else {
            print_option(o);
        }
    }
    printf("\n# SEE ALSO\n\nraizd(8), raizctl(1)\n");
}
