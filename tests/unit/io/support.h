/* support.h - what the tests of resolver/io have in common */
#ifndef RAIZ_TESTS_UNIT_IO_SUPPORT_H
#define RAIZ_TESTS_UNIT_IO_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

#endif
