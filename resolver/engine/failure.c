/*
 * failure.c - the table of failures
 */
#include "resolver/engine/failure.h"

#include <stddef.h>

#include "dns/types.h"

static const struct failure_row rows[] = {
#define FAIL(fail, code, extended, site, words)                                                                        \
    {.name = #fail, .rcode = DNS_RCODE_##code, .ede = DNS_EDE_##extended, .tag = site, .text = words},
#include "resolver/engine/failure.def"
};

const struct failure_row *failure_row(enum failure f)
{
    size_t i = (size_t)f;
    return i < sizeof rows / sizeof rows[0] ? &rows[i] : &rows[FAIL_NONE];
}

bool failure_is_bogus(enum failure f)
{
    return f >= FAIL_BOGUS && f <= FAIL_BOGUS_CHAIN;
}
