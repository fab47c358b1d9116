/*
 * raizctl.c - the program: command line, command, exit code
 */
#include "tools/raizctl/raizctl.h"

#include <stdlib.h>

#include "tools/raizctl/args.h"
#include "tools/raizctl/out.h"

int raizctl_main(int argc, char **argv, FILE *out, FILE *err)
{
    const char *socket = getenv("RAIZ_SOCKET");
    struct ctl ctl = {.socket = socket != NULL && socket[0] != '\0' ? socket : CONTROL_SOCKET_DEFAULT,
                      .timeout_ms = CTL_TIMEOUT_MS,
                      .out = out,
                      .err = err};
    struct args args = {0};
    style_init(&ctl.style, NULL, out);
    int code = args_read(&ctl, &args, argc, argv);
    if (code != CONTROL_OK) {
        return code;
    }
    if (args.version) {
        fprintf(out, "raizctl " RAIZ_VERSION "\n");
        return CONTROL_OK;
    }
    if (args.help) {
        return cmd_help(&ctl);
    }
    if (ctl.word_count == 0) {
        ctl.out = err;
        cmd_help(&ctl);
        return CONTROL_USAGE;
    }
    const struct command *command = args_command(&ctl);
    if (command == NULL) {
        return CONTROL_USAGE;
    }
    code = args_check(&ctl, command);
    if (code == CONTROL_OK) {
        code = command->run(&ctl);
    }
    if (fflush(out) != 0 && code == CONTROL_OK) {
        code = CONTROL_FAILED;
    }
    return code;
}
