/*
 * raizctl.h - what one run of raizctl is about: its command, its options, its output
 *
 * One table (commands.c) lists the commands with their options; parsing, help, completion and hints for slips of the
 * pen come from it. Each family of commands has a file cmd_NAME.c.
 */
#ifndef RAIZ_RAIZCTL_H
#define RAIZ_RAIZCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "resolver/control/protocol.h"

#define CTL_WORDS_MAX  8
#define CTL_TIMEOUT_MS 15000 /* a resolution ends within 8 s */

/* Options that only some commands have. */
enum {
    OPT_TREE = 1,
    OPT_TYPE = 2,
    OPT_UNDER = 4,
    OPT_LIMIT = 8,
    OPT_COLD = 16,
    OPT_SERVER = 32,
    OPT_SHORT = 64,
    OPT_TCP = 128,
    OPT_DNSSEC = 256,
    OPT_NORECURSE = 512,
    OPT_FOR = 1024,
    OPT_REASON = 2048,
    OPT_FORCE = 4096,
    OPT_EFFECTIVE = 8192,
    OPT_DIFF = 16384,
    OPT_ORIGIN = 32768,
    OPT_CLIENT = 65536,
    OPT_RCODE = 131072,
    OPT_SLOW = 262144,
    OPT_BOGUS = 524288,
    OPT_TRANSPORT = 1048576,
    OPT_YES = 2097152,
    OPT_LAN = 4194304,
    OPT_UNDO = 8388608,
    OPT_ROOT = 16777216,
    OPT_DRY = 33554432,
    OPT_DEPTH = 67108864,
    OPT_LEARN = 134217728,
    OPT_DRAW = 268435456,
};
/* What no longer fits an enum. */
#define OPT_WITH     (UINT64_C(1) << 32)
#define OPT_UNTIL    (UINT64_C(1) << 33)
#define OPT_LIST     (UINT64_C(1) << 34)
#define OPT_CA       (UINT64_C(1) << 35)
#define OPT_NO_FETCH (UINT64_C(1) << 36)

struct style {
    bool colour, unicode;
};

struct ctl {
    const char *socket;
    bool json;
    unsigned timeout_ms;
    struct style style;
    FILE *out, *err;
    uint64_t given; /* OPT_ bits */
    const char *type, *under, *server, *reason, *client, *root, *with, *until, *list, *ca;
    const char *rcode_wanted, *transport;
    uint64_t limit, for_s, slow_ms, depth;
    bool live;                        /* each line is shown at once, whatever stands at the other end of the pipe */
    const char *words[CTL_WORDS_MAX]; /* what stands behind the command */
    unsigned word_count;
    char group[16]; /* first word of a command that stands for another resolver's */
    char rcode[24]; /* of the answer in the daemon's reply; "" if there is none */
};

struct command {
    const char *name;            /* "cache show" */
    const char *args;            /* "NAME [TYPE]" */
    uint64_t options;            /* OPT_ bits */
    unsigned least, most;        /* words behind it */
    int (*run)(struct ctl *ctl); /* returns the exit code, an enum control_code */
    const char *summary;
};
extern const struct command ctl_commands[];
extern const size_t ctl_command_count;

/* What other resolvers call it. */
struct alias {
    const char *name;    /* one word */
    const char *command; /* of ctl_commands */
    unsigned option;     /* OPT_ bit that goes with it */
};
extern const struct alias ctl_aliases[];
extern const size_t ctl_alias_count;

struct flag {
    const char *name; /* "--tree" is "tree" */
    char letter;      /* 0: none */
    const char *arg;  /* NULL: takes none */
    uint64_t bit;     /* 0: for every command */
    const char *help;
};
extern const struct flag ctl_flags[];
extern const size_t ctl_flag_count;

/* The whole program; argv as main's. */
int raizctl_main(int argc, char **argv, FILE *out, FILE *err);

/* "raizctl: " and a line on err; returns the code. */
int ctl_fail(struct ctl *ctl, enum control_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

int cmd_status(struct ctl *ctl);
int cmd_stats(struct ctl *ctl);
int cmd_cache_show(struct ctl *ctl);
int cmd_cache_ls(struct ctl *ctl);
int cmd_cache_flush(struct ctl *ctl);
int cmd_cache_save(struct ctl *ctl);
int cmd_cache_load(struct ctl *ctl);
int cmd_query(struct ctl *ctl);
int cmd_mailroute(struct ctl *ctl);
int cmd_dnsbl(struct ctl *ctl);
int cmd_compare(struct ctl *ctl);
int cmd_watch(struct ctl *ctl);
int cmd_trace(struct ctl *ctl);
int cmd_metrics(struct ctl *ctl);
int cmd_servers(struct ctl *ctl);
int cmd_servers_forget(struct ctl *ctl);
int cmd_cache_tree(struct ctl *ctl);
int cmd_cache_stats(struct ctl *ctl);
int cmd_log_level(struct ctl *ctl);
int cmd_log_rotate(struct ctl *ctl);
int cmd_tail(struct ctl *ctl);
int cmd_top(struct ctl *ctl);
int cmd_explain(struct ctl *ctl);
int cmd_failures(struct ctl *ctl);
int cmd_slow(struct ctl *ctl);
int cmd_inflight(struct ctl *ctl);
int cmd_anchors(struct ctl *ctl);
int cmd_nta_add(struct ctl *ctl);
int cmd_nta_rm(struct ctl *ctl);
int cmd_nta_ls(struct ctl *ctl);
int cmd_config_import(struct ctl *ctl);
int cmd_setup(struct ctl *ctl);
int cmd_doctor(struct ctl *ctl);
int cmd_reload(struct ctl *ctl);
int cmd_config_check(struct ctl *ctl);
int cmd_config_show(struct ctl *ctl);
int cmd_config_get(struct ctl *ctl);
int cmd_config_set(struct ctl *ctl);
int cmd_stop(struct ctl *ctl);
int cmd_help(struct ctl *ctl);
int cmd_completion(struct ctl *ctl);
int cmd_man(struct ctl *ctl);

#endif
