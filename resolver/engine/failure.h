/*
 * failure.h - why a resolution failed
 *
 * One table (failure.def) gives rcode, extended error, site tag and text of each reason. Pure.
 */
#ifndef RAIZ_ENGINE_FAILURE_H
#define RAIZ_ENGINE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

enum failure {
#define FAIL(name, rcode, ede, tag, text) FAIL_##name,
#include "resolver/engine/failure.def"
};

enum {
    FAILURE_ROWS = 0
#define FAIL(name, rcode, ede, tag, text) +1
#include "resolver/engine/failure.def"
};

struct failure_row {
    const char *name;
    uint16_t rcode;
    int ede;         /* DNS_EDE_NONE: none */
    const char *tag; /* four letters, unique */
    const char *text;
};
const struct failure_row *failure_row(enum failure f); /* never NULL */
/* A verdict of validation: of no concern to who asked with checking disabled. */
bool failure_is_bogus(enum failure f);

#endif
