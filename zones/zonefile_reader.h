/*
 * zonefile_reader.h - the state of reading a master file, for zonefile.c, zonefile_include.c and zonefile_generate.c
 *
 * What a line leaves behind for the next (RFC 1035 section 5.1, RFC 2308 section 4): origin, last owner, TTLs. Origin
 * and owner are put by while an included file is read; the TTL of $TTL goes on into it and out of it again.
 */
#ifndef RAIZ_ZONES_ZONEFILE_READER_H
#define RAIZ_ZONES_ZONEFILE_READER_H

#include <limits.h>

#include "zones/zonefile.h"
#include "zones/zonefile_lex.h"

#define ZONEFILE_ERRORS_STOP     1000 /* after so many errors the rest is not read */
#define ZONEFILE_INCLUDES_MAX    1000 /* $INCLUDEs followed in one reading: ten levels of many each would never end */
#define ZONEFILE_GENERATED_TOTAL (16 * ZONEFILE_GENERATE_MAX) /* records made by all $GENERATEs together */

struct zonefile_reader {
    struct zonefile *zf;
    struct lexer lx;
    struct zonefile_names {
        struct dname_buf origin, owner;
        bool has_owner;
    } names, saved[LEX_DEPTH_MAX];
    uint32_t ttl_s, last_ttl_s; /* of $TTL; of the last record that gave one */
    bool has_ttl, has_last_ttl;
    bool stop; /* no sense in going on: out of memory */
    unsigned includes, generated;
    char jail[PATH_MAX]; /* folder of the first file, without links; empty: $INCLUDE is refused */
    uint8_t *rdata;      /* DNS_RRSET_BYTES_MAX octets */
};

/* The entry at hand, as a record. False: faults were told. */
bool zonefile_record(struct zonefile_reader *r);
/* Opens and pushes the first file; then $INCLUDE's, whose word is token 1. */
bool zonefile_open(struct zonefile_reader *r);
bool zonefile_include(struct zonefile_reader *r);
/* $GENERATE at hand: makes its records. */
bool zonefile_generate(struct zonefile_reader *r);

/* A word for a message: at most 40 characters, none of which can do harm in a log. */
#define ZONEFILE_WORD_MAX 48
const char *zonefile_word(const struct token *t, char buf[static ZONEFILE_WORD_MAX]);
bool zonefile_word_is(const struct token *t, const char *word); /* ASCII case folded, not quoted */

#endif
