/*
 * zonefile.h - master files (RFC 1035 section 5)
 *
 * $ORIGIN, $TTL (RFC 2308 section 4), $INCLUDE (jailed to the folder of the first file), $GENERATE (BIND's, capped),
 * parentheses, comments, quoted strings, escapes, omitted owners, TTLs and classes, TTL units. Records are scanned by
 * dns/text.h. Reading goes on after an error so that all are found in one pass (up to a limit).
 */
#ifndef RAIZ_ZONES_ZONEFILE_H
#define RAIZ_ZONES_ZONEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/err.h"
#include "dns/name.h"

#define ZONEFILE_ERRORS_MAX        20
#define ZONEFILE_INCLUDE_DEPTH     10
#define ZONEFILE_GENERATE_MAX      65536
#define ZONEFILE_RECORD_TOKENS_MAX 65600 /* words of one record: TXT may hold 65535 empty strings */

struct zonefile_error {
    char file[256];
    uint32_t line, column; /* from 1; 0: not known */
    char message[240];     /* what is wrong and the remedy */
};

struct zonefile {
    /* Input: one of path, text. */
    const char *path;
    const char *text; /* then $INCLUDE is refused */
    size_t text_len;
    const char *text_name;  /* stands for the file in messages */
    struct dname origin;    /* $ORIGIN at the start */
    uint32_t default_ttl_s; /* when neither record nor $TTL says; 0: an error */
    /* Called for each record; returns DNS_OK, or an error that is reported at the record's line (then reading goes on).
     * owner and rdata are valid during the call. */
    enum dns_err (*record)(void *arg, struct dname owner, uint16_t type, uint16_t rclass, uint32_t ttl_s,
                           const uint8_t *rdata, uint16_t len);
    void *arg;
    /* During the call of record(): where the record begins. */
    const char *at_file;
    uint32_t at_line;
    /* Output */
    struct zonefile_error errors[ZONEFILE_ERRORS_MAX];
    size_t error_count; /* found; those beyond the array are counted only */
    size_t records;
};

/* True if there was no error. */
bool zonefile_read(struct zonefile *zf);
/* "file:line:col: message" */
size_t zonefile_error_print(const struct zonefile_error *e, char *buf, size_t cap);

struct zone;
/* The whole way: file (or text) to zone. NULL on error; zf->errors says why. */
struct zone *zonefile_load(struct zonefile *zf, bool loose);

#endif
