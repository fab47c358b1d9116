/*
 * commands.c - the commands and options of raizctl, once
 */
#include <string.h>

#include "tools/raizctl/raizctl.h"

const struct command ctl_commands[] = {
    {"status", "", 0, 0, 0, cmd_status, "what is running, since when, and how it is doing"},
    {"stats", "[GROUP]", 0, 0, 1, cmd_stats, "all counters, or those of front, engine, cache or listeners"},
    {"metrics", "", 0, 0, 0, cmd_metrics, "figures in the OpenMetrics text format"},
    {"query", "NAME [TYPE] [@SERVER]", OPT_SERVER | OPT_SHORT | OPT_TCP | OPT_DNSSEC | OPT_NORECURSE, 1, 3, cmd_query,
     "ask raizd, or another server, as a client does; an address is looked up in reverse"},
    {"trace", "NAME [TYPE]", OPT_COLD, 1, 2, cmd_trace, "let raizd resolve a name, and draw the walk"},
    {"explain", "NAME [TYPE]", OPT_CLIENT, 1, 2, cmd_explain,
     "why it is answered so, or why it failed, without asking again"},
    {"tail", "", OPT_CLIENT | OPT_UNDER | OPT_RCODE | OPT_SLOW | OPT_BOGUS | OPT_TRANSPORT | OPT_LIMIT | OPT_FOR, 0, 0,
     cmd_tail, "answers as they go out, until interrupted"},
    {"top", "", OPT_CLIENT | OPT_UNDER | OPT_RCODE | OPT_SLOW | OPT_BOGUS | OPT_TRANSPORT | OPT_LIMIT | OPT_FOR, 0, 0,
     cmd_top, "the most frequent names, clients, servers and failures of the next 5 s"},
    {"failures", "", OPT_UNDER | OPT_LIMIT, 0, 0, cmd_failures, "the last questions that failed, and why"},
    {"slow", "", OPT_UNDER | OPT_LIMIT, 0, 0, cmd_slow, "the last slow answers, and where their time went"},
    {"cache show", "NAME", 0, 1, 1, cmd_cache_show, "all that is known of a name, and what bears on it"},
    {"cache ls", "", OPT_UNDER | OPT_LIMIT, 0, 0, cmd_cache_ls, "all entries of the cache, as lines of a zone file"},
    {"cache flush", "NAME", OPT_TREE | OPT_TYPE, 1, 1, cmd_cache_flush, "forget what is known of a name"},
    {"inflight", "", 0, 0, 0, cmd_inflight, "the resolutions under way"},
    {"anchors", "", 0, 0, 0, cmd_anchors, "the trust anchors, and how the root's are followed"},
    {"nta add", "NAME", OPT_FOR | OPT_REASON | OPT_FORCE, 1, 1, cmd_nta_add, "do not validate a zone for a while"},
    {"nta rm", "NAME", 0, 1, 1, cmd_nta_rm, "validate it again"},
    {"nta ls", "", 0, 0, 0, cmd_nta_ls, "the zones that are not validated"},
    {"reload", "", 0, 0, 0, cmd_reload, "let raizd read its configuration again: all of it, or nothing"},
    {"config check", "[FILE]", 0, 0, 1, cmd_config_check, "say all that is wrong with the configuration, and where"},
    {"config show", "[FILE]", OPT_EFFECTIVE | OPT_DIFF | OPT_ORIGIN, 0, 1, cmd_config_show,
     "the configuration as raizd understands it"},
    {"stop", "", 0, 0, 0, cmd_stop, "end raizd"},
    {"help", "[COMMAND]", 0, 0, 2, cmd_help, "this text, or more about one command"},
    {"completion", "SHELL", 0, 1, 1, cmd_completion, "what bash, fish or zsh needs to complete commands and options"},
    {"man", "", 0, 0, 0, cmd_man, "the manual page, as scdoc reads it"},
};
const size_t ctl_command_count = sizeof ctl_commands / sizeof ctl_commands[0];

const struct flag ctl_flags[] = {
    {"tree", 0, NULL, OPT_TREE, "with all names below"},
    {"type", 't', "TYPE", OPT_TYPE, "only this record type"},
    {"under", 'u', "NAME", OPT_UNDER, "only this name and the names below it"},
    {"limit", 'n', "N", OPT_LIMIT, "at most so many entries"},
    {"cold", 'c', NULL, OPT_COLD, "walk from the root, without looking into the cache"},
    {"server", 0, "ADDRESS", OPT_SERVER, "ask this server instead of raizd, as @ADDRESS does"},
    {"short", 0, NULL, OPT_SHORT, "only the data, a record a line"},
    {"tcp", 0, NULL, OPT_TCP, "over TCP"},
    {"dnssec", 0, NULL, OPT_DNSSEC, "with signatures (DO)"},
    {"norecurse", 0, NULL, OPT_NORECURSE, "only what the server knows itself (RD=0)"},
    {"for", 0, "TIME", OPT_FOR, "how long: 5s, 30m, 12h, 7d"},
    {"reason", 0, "TEXT", OPT_REASON, "why, for whoever comes after you"},
    {"client", 0, "ADDRESS", OPT_CLIENT, "of this client alone, or as it would be answered"},
    {"rcode", 0, "RCODE", OPT_RCODE, "only answers with this rcode, such as SERVFAIL"},
    {"slow", 0, "TIME", OPT_SLOW, "only answers that took so long: 200ms, 2s"},
    {"bogus", 0, NULL, OPT_BOGUS, "only what failed validation"},
    {"transport", 0, "WHICH", OPT_TRANSPORT, "only over udp, or tcp"},
    {"force", 0, NULL, OPT_FORCE, "to the end, even if the zone would validate again before"},
    {"effective", 0, NULL, OPT_EFFECTIVE, "every setting with its value (the default)"},
    {"diff-default", 0, NULL, OPT_DIFF, "only what differs from the defaults"},
    {"origin", 0, NULL, OPT_ORIGIN, "with the file and line that gave each value"},
    {"socket", 's', "PATH", 0, "control socket (RAIZ_SOCKET, else " CONTROL_SOCKET_DEFAULT ")"},
    {"json", 'j', NULL, 0, "JSON: one object, or one a line"},
    {"color", 0, "WHEN", 0, "auto, always or never (auto: on a terminal without NO_COLOR)"},
    {"timeout", 0, "SECONDS", 0, "how long to wait for a reply (15)"},
    {"help", 'h', NULL, 0, "help"},
    {"version", 0, NULL, 0, "version of raizctl"},
};
const size_t ctl_flag_count = sizeof ctl_flags / sizeof ctl_flags[0];
