/*
 * args.h - the command line: which command, with which options and words
 */
#ifndef RAIZ_RAIZCTL_ARGS_H
#define RAIZ_RAIZCTL_ARGS_H

#include "tools/raizctl/raizctl.h"

struct args {
    bool help, version;
};

/* Options into ctl and args, all words into ctl->words. Exit code; an error was printed. */
int args_read(struct ctl *ctl, struct args *args, int argc, char **argv);
/* The command that the first words name; they are taken out of ctl->words. NULL: an error was printed. */
const struct command *args_command(struct ctl *ctl);
/* Do options and words fit the command? */
int args_check(struct ctl *ctl, const struct command *c);

#endif
