/*
 * grace.c - liburcu (qsbr), and what ThreadSanitizer has to be told of it
 *
 * liburcu is not compiled for ThreadSanitizer, so that tool cannot see that a reader's last look at an entry comes
 * before the segment is used again. Each quiescent state therefore releases, and the end of a grace period acquires, a
 * token.
 */
#include "cache/table.h"

#include <urcu/urcu-qsbr.h>

#include "cache/cache.h"

#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN 1
#endif
#endif

#ifdef TSAN
#include <sanitizer/tsan_interface.h>
static const char token;
static void tsan_release(void)
{
    __tsan_release((void *)(uintptr_t)&token);
}
static void tsan_acquire(void)
{
    __tsan_acquire((void *)(uintptr_t)&token);
}
#else
static void tsan_release(void)
{
}
static void tsan_acquire(void)
{
}
#endif

void grace_begins(void)
{
    tsan_release();
}

void grace_passed(void)
{
    tsan_acquire();
}

bool grace_pause(void)
{
    bool reader = urcu_qsbr_read_ongoing() != 0;
    if (reader) {
        cache_offline();
    }
    return reader;
}

void grace_resume(bool reader)
{
    if (reader) {
        cache_online();
    }
}

void cache_thread_begin(void)
{
    urcu_qsbr_register_thread();
}

void cache_thread_end(void)
{
    tsan_release();
    urcu_qsbr_unregister_thread();
}

void cache_quiescent(void)
{
    tsan_release();
    urcu_qsbr_quiescent_state();
}

void cache_offline(void)
{
    tsan_release();
    urcu_qsbr_thread_offline();
}

void cache_online(void)
{
    urcu_qsbr_thread_online();
}
