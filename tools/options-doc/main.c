/*
 * options-doc - the reference of all settings, from the table that the daemon reads them with
 *
 * options-doc          docs/options.md
 * options-doc schema   config/raiz.schema.json, for editors that complete and check YAML
 * options-doc man      docs/man/raiz.yaml.5.scd, the manual page
 *
 * tests/arch/options.sh compares the committed files with what this prints.
 */
#include <stdio.h>
#include <string.h>

#include "tools/options-doc/pages.h"

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "markdown";
    if (strcmp(what, "markdown") == 0) {
        print_markdown();
    } else if (strcmp(what, "schema") == 0) {
        print_schema();
    } else if (strcmp(what, "man") == 0) {
        print_man();
    } else {
        fprintf(stderr, "usage: options-doc [markdown|schema|man]\n");
        return 2;
    }
    return 0;
}
