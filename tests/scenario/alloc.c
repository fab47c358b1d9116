/*
 * alloc.c - an allocator that fails on purpose (X15)
 */
#include "alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

static struct {
    bool armed, failed;
    unsigned long count, fail_at;
} state;

static atomic_size_t live;

bool alloc_can_fail(void)
{
#ifdef SANITIZED
    return false;
#else
    return true;
#endif
}

void alloc_fail_at(unsigned long n)
{
    state.count = 0;
    state.fail_at = n;
    state.failed = false;
}

bool alloc_has_failed(void)
{
    return state.failed;
}

size_t alloc_live(void)
{
    return atomic_load(&live);
}

void alloc_arm(bool on)
{
    state.armed = on;
}

#ifndef SANITIZED
/* The C library's own, by the names it keeps for those who put theirs in front. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void __libc_free(void *p);

void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void free(void *p);

static bool fails(void)
{
    if (!state.armed || ++state.count != state.fail_at) {
        return false;
    }
    state.failed = true;
    return true;
}

static void *counted(void *p)
{
    if (p != NULL) {
        atomic_fetch_add_explicit(&live, malloc_usable_size(p), memory_order_relaxed);
    }
    return p;
}

static void uncount(void *p)
{
    if (p != NULL) {
        atomic_fetch_sub_explicit(&live, malloc_usable_size(p), memory_order_relaxed);
    }
}

__attribute__((visibility("default"))) void *malloc(size_t n)
{
    return fails() ? NULL : counted(__libc_malloc(n));
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(n, size));
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t n)
{
    if (fails()) {
        return NULL;
    }
    size_t was = p == NULL ? 0 : malloc_usable_size(p);
    void *now = __libc_realloc(p, n);
    if (now != NULL || n == 0) {
        atomic_fetch_sub_explicit(&live, was, memory_order_relaxed);
        counted(now);
    }
    return now;
}

__attribute__((visibility("default"))) void free(void *p)
{
    uncount(p);
    __libc_free(p);
}
#endif
