/*
 * config.h - the configuration file, read
 *
 * YAML (JSON is YAML) -> struct settings. options.def lists every setting once: path, type, default, range, whether a
 * reload takes it, one line of help; parser, check, documentation and sample come from it. All errors are found in one
 * pass, each with file:line:column, the line itself, a caret, what was expected and, for unknown keys, a suggestion. An
 * empty file is valid and safe.
 *
 * Memory: everything in settings belongs to settings_free(). Threads: built by one thread, then const.
 */
#ifndef RAIZ_CONFIG_CONFIG_H
#define RAIZ_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/addr.h"
#include "dns/name.h"
#include "resolver/engine/engine.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { FORMAT_TEXT, FORMAT_JSON };

enum settings_calls { CALLS_OFF, CALLS_DENY, CALLS_KILL }; /* as enum sandbox_calls */

struct settings_zone {
    struct dname_buf zone;
    struct addr *servers; /* forward.to, stub.servers; port 0: resolution.port */
    size_t server_count;
    char **hosts; /* the same given by name: looked up at the start, or when they are needed if that failed */
    size_t host_count;
    bool first; /* forward zones: walk from the root when the forwarders fail */
};

/* Where a setting was given; file NULL: nowhere, it has its default. */
struct settings_origin {
    char *file;
    uint32_t line;
};

struct settings {
    unsigned workers;    /* 0: one per core */
    struct addr *listen; /* default 127.0.0.1:53 and [::1]:53 */
    size_t listen_count;
    struct addr_prefix *allow;
    size_t allow_count;
    bool allow_local_networks; /* access.allow was not given: loopback and the private networks of the host's interfaces
                                */
    char *state_dir;
    char *control_socket;
    char *root_hints; /* NULL: built in */
    size_t cache_bytes;
    uint32_t cache_min_ttl_s, cache_max_ttl_s, cache_max_negative_ttl_s;
    bool cache_serve_stale, cache_prefetch;
    struct cache_clamp *zone_ttl;
    size_t zone_ttl_count;
    char **keep_warm; /* checked texts, for config_question() */
    size_t keep_warm_count;
    uint32_t snapshot_interval_s; /* 0: the cache is not saved */
    uint32_t cache_stale_client_timer_ms, cache_stale_reply_ttl_s, cache_stale_max_age_s;
    enum engine_minimise minimise;
    bool case_randomisation, ipv4, ipv6, query_loopback;
    bool local_zones; /* resolution.local-zones, default true */
    uint16_t port;
    uint16_t edns_size;
    char *address_map; /* resolution.address-map: file of "ADDRESS SUBSTITUTE" lines, for labs; NULL: none */
    struct settings_zone *forward, *stub;
    size_t forward_count, stub_count;
    enum dnssec_mode dnssec;
    bool dnssec_sha1, dnssec_aggressive;
    char **trust_anchors; /* checked texts */
    size_t trust_anchors_count;
    char *trust_anchor_file; /* NULL: none */
    struct dname_buf *negative_anchors;
    size_t negative_anchors_count;
    int64_t *negative_until_s; /* of each; 0: without end */
    uint32_t tcp_clients, tcp_per_address;
    bool fair_share;
    uint32_t rate_answers, rate_nodata, rate_nxdomain, rate_errors, rate_slip;
    struct addr_prefix *rate_exempt;
    size_t rate_exempt_count;
    bool rate_log_only;
    struct addr metrics_listen;                          /* family ADDR_NONE: nowhere */
    char *dnstap_socket, *dnstap_file, *dnstap_identity; /* NULL: none */
    bool dnstap_clients, dnstap_servers;
    uint32_t dnstap_sample;
    char *querylog_file; /* NULL: none */
    uint64_t querylog_bytes;
    uint32_t querylog_keep;
    enum log_level log_level;
    enum log_format log_format;
    char *identity_version, *identity_id, *identity_nsid; /* NULL: hidden */
    char *sandbox_user;
    bool sandbox_privileges, sandbox_files;
    enum settings_calls sandbox_calls;
    struct settings_origin *origin; /* of each row of options.def; show.h prints it */
};

struct config_errors {
    char *text; /* all of them, ready to print; NULL if memory has run out */
    size_t count;
};

/* Defaults for what the file does not say. Beside the file, in the folder conf.d, there may be more: NAME.yaml, read
 * after it in the order of their names. A value in a later file replaces that of an earlier one; lists are joined. path
 * NULL: defaults only. NULL on error; errors->text says why. */
struct settings *config_load(const char *path, struct config_errors *errors);
/* The same, and above it `more`, a text of that name; its lists are joined to those of the files. */
struct settings *config_load_with(const char *path, const char *more, const char *name, struct config_errors *errors);
struct settings *config_parse(const char *text, size_t n, const char *name, struct config_errors *errors);
/* "NAME" or "NAME TYPE". *type is 0 when there is none. False: it is neither, or no type of data. */
bool config_question(const char *text, struct dname_buf *name, uint16_t *type);
void config_errors_clear(struct config_errors *errors);
void settings_free(struct settings *s);

#endif
