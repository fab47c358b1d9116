/*
 * names.h - names and types from text, for every unit test
 */
#ifndef RAIZ_TESTS_UNIT_NAMES_H
#define RAIZ_TESTS_UNIT_NAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dns/name.h"
#include "dns/types.h"

#define ROWS(list) (sizeof(list) / sizeof((list)[0]))

static inline struct dname name_in(const char *text, struct dname_buf *buf)
{
    if (dname_scan(text, strlen(text), NULL, buf) != DNS_OK) {
        fail_msg("'%s' is no name", text);
    }
    return dname_of(buf);
}

/* A name that lasts as long as the enclosing block. */
#define NAME(text) name_in((text), &(struct dname_buf){.len = 0})

static inline void assert_name(struct dname n, const char *text)
{
    char got[DNAME_TEXT_MAX];
    dname_print(n, got);
    assert_string_equal(got, text);
}

static inline uint16_t type_in(const char *text)
{
    uint16_t type = 0;
    if (!dns_type_scan(text, strlen(text), &type)) {
        fail_msg("'%s' is no type", text);
    }
    return type;
}

#endif
