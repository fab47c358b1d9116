/*
 * failing_memory.h - the n-th allocation of our own code fails
 *
 * The linker sends malloc, calloc, realloc and strdup of the program's own code here (tests/CMakeLists.txt, which looks
 * for this header's name); what shared libraries allocate goes past it. One source file of a test includes it.
 *
 * Threads: one.
 */
#ifndef RAIZ_TESTS_FAILING_MEMORY_H
#define RAIZ_TESTS_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *text);

static unsigned countdown; /* so many allocations until the one that fails; 0: none does */
static unsigned asked;     /* allocations so far */

static bool fails(void)
{
    asked++;
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *text)
{
    char *p = __wrap_malloc(strlen(text) + 1);
    return p == NULL ? NULL : strcpy(p, text);
}

#endif
