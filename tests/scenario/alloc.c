/*
 * alloc.c - an allocator that fails on purpose (X15)
 */
#include "alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#define KINDS  8192 /* a power of two above the number of places that allocate, with their callers */
#define FRAMES 12

static struct {
    bool armed, failed;
    unsigned long count, fail_at;
    bool survey;
    unsigned long surveyed;
    struct {
        uint64_t who; /* 0: free */
        unsigned long first;
    } kind[KINDS];
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

void alloc_survey(bool on)
{
    state.survey = on;
    if (on) {
        memset(state.kind, 0, sizeof state.kind);
        state.count = state.fail_at = 0;
    } else {
        state.surveyed = state.count;
    }
}

unsigned long alloc_surveyed(void)
{
    return state.surveyed;
}

unsigned long alloc_next_kind(unsigned long n)
{
    unsigned long next = 0;

    for (unsigned i = 0; i < KINDS; i++) {
        unsigned long first = state.kind[i].first;
        if (state.kind[i].who != 0 && first > n && (next == 0 || first < next)) {
            next = first;
        }
    }
    return next;
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
void *__libc_memalign(size_t alignment, size_t n);
void __libc_free(void *p);

void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
void *aligned_alloc(size_t alignment, size_t n);
void free(void *p);

/* Who asked: the return addresses, found by frame pointers, which all our code keeps. */
static uint64_t who_asked(void)
{
    const void *const *frame = __builtin_frame_address(0);
    uint64_t who = 1;

    for (unsigned i = 0; i < FRAMES && frame != NULL; i++) {
        const void *const *up = frame[0];
        who = (who ^ (uintptr_t)frame[1]) * UINT64_C(0x9e3779b97f4a7c15);
        if (up <= frame || (uintptr_t)up - (uintptr_t)frame > 65536) {
            break; /* the end, or code of others that keeps none */
        }
        frame = up;
    }
    return who | 1;
}

static void note_kind(uint64_t who)
{
    unsigned at = (unsigned)(who >> 40) & (KINDS - 1);

    while (state.kind[at].who != 0 && state.kind[at].who != who) {
        at = (at + 1) & (KINDS - 1);
    }
    if (state.kind[at].who == 0) {
        state.kind[at].who = who;
        state.kind[at].first = state.count;
    }
}

static bool fails(void)
{
    if (!state.armed) {
        return false;
    }
    state.count++;
    if (state.survey) {
        note_kind(who_asked());
    }
    if (state.count != state.fail_at) {
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

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, n));
}

__attribute__((visibility("default"))) void free(void *p)
{
    uncount(p);
    __libc_free(p);
}
#endif
