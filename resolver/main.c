/*
 * main.c - raizd's command line
 */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "resolver/io/files.h"
#include "resolver/server.h"
#include "resolver/startup.h"

#define CONFIG_DEFAULT "/etc/raiz/raiz.yaml"

#define LARGE_PIECE (64 * 1024) /* goes back to the system when it is freed */

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "raizd - recursive caching DNS resolver\n"
    "\n"
    "usage: raizd [-c FILE] [--check]\n"
    "\n"
    "  -c, --config FILE   the configuration (default " CONFIG_DEFAULT "; without that file: the defaults)\n"
    "      --check         read the configuration, say what is wrong with it, and end\n"
    "      --version       say which version this is, and end\n"
    "  -h, --help          this text\n"
    "\n"
    "Runs in the foreground and logs to standard error. SIGHUP reads the configuration again;\n"
    "SIGTERM and SIGINT end it. raizctl(1) looks inside while it runs.\n";

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, 'k'},
    {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

int main(int argc, char **argv)
{
    const char *path = access(CONFIG_DEFAULT, F_OK) == 0 ? CONFIG_DEFAULT : NULL;
    bool check = false;

    /* The C library raises both by itself when large pieces are freed, and then keeps what a crowd of clients had. */
    mallopt(M_MMAP_THRESHOLD, LARGE_PIECE);
    mallopt(M_TRIM_THRESHOLD, 2 * LARGE_PIECE);
    if (!files_standard_descriptors()) {
        return EXIT_FAILED;
    }
    for (int c; (c = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            path = optarg;
            break;
        case 'k':
            check = true;
            break;
        case 'v':
            printf("raizd " RAIZ_VERSION "\n");
            return EXIT_OK;
        case 'h':
            fputs(help, stdout);
            return EXIT_OK;
        default:
            fprintf(stderr, "Try: raizd --help\n");
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "raizd: '%s' is not understood; a configuration file is given with -c. Try: raizd --help\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    struct config_errors errors = {0};
    struct world *world = startup_world(path, NULL, &errors);
    if (world == NULL) {
        fputs(errors.text != NULL ? errors.text : "raizd: out of memory\n", stderr);
        config_errors_clear(&errors);
        return EXIT_FAILED;
    }
    config_errors_clear(&errors);
    if (check) {
        printf("%s: good\n", path != NULL ? path : "the defaults");
        world_free(world);
        return EXIT_OK;
    }
    return server_run(world, path);
}
