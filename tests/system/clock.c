/*
 * clock.c - a wall clock that is wrong, and may be set while the program runs (T86); to be preloaded
 *
 * CLOCK_OFFSET names a file with the seconds to add: eight octets as the machine has them. What is written there holds
 * at once.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset_s;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("CLOCK_OFFSET");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd >= 0 ? mmap(NULL, sizeof *offset_s, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    offset_s = at != MAP_FAILED ? at : NULL;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int rc = (int)syscall(SYS_clock_gettime, id, out);

    if (rc == 0 && id == CLOCK_REALTIME && offset_s != NULL) {
        out->tv_sec += *offset_s;
    }
    return rc;
}
