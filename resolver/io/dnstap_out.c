/*
 * dnstap_out.c - where frames go: a socket or a file
 */
#include "resolver/io/dnstap_out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OUT_PATIENCE_MS 5000 /* without progress, then the connection is given up */
#define OUT_SLICE_MS    100
#define OUT_END_MS      300 /* for a last word, when raizd ends */
#define OUT_PIECE       16  /* pieces written at once */

struct dnstap_out {
    char *path;
    bool is_socket;
    int fd;
    _Atomic bool is_open, ending, ever_failed;
    _Atomic int why; /* errno of the last failure; 0: none */
};

struct dnstap_out *dnstap_out_new(const char *path, bool is_socket)
{
    struct dnstap_out *o = calloc(1, sizeof *o);
    if (o == NULL) {
        return NULL;
    }
    o->path = strdup(path);
    o->is_socket = is_socket;
    o->fd = -1;
    if (o->path == NULL) {
        free(o);
        return NULL;
    }
    return o;
}

void dnstap_out_free(struct dnstap_out *o)
{
    if (o != NULL) {
        dnstap_out_close(o);
        free(o->path);
        free(o);
    }
}

void dnstap_out_end(struct dnstap_out *o)
{
    atomic_store(&o->ending, true);
}

bool dnstap_out_is_open(const struct dnstap_out *o)
{
    return atomic_load_explicit(&o->is_open, memory_order_relaxed);
}

const char *dnstap_out_trouble(const struct dnstap_out *o)
{
    int why = atomic_load(&o->why);
    return why != 0 ? strerror(why) : NULL;
}

static bool failed(struct dnstap_out *o, int why)
{
    atomic_store(&o->why, why);
    atomic_store(&o->ever_failed, true);
    atomic_store(&o->is_open, false);
    return false;
}

static bool open_socket(struct dnstap_out *o)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(o->path) >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(at.sun_path, o->path, strlen(o->path) + 1);
    o->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return o->fd >= 0 && connect(o->fd, (struct sockaddr *)&at, sizeof at) == 0;
}

/* A file that could not be written to its end is not begun anew: what it has is worth more. */
static bool open_file(struct dnstap_out *o)
{
    if (atomic_load(&o->ever_failed)) {
        errno = atomic_load(&o->why);
        return false;
    }
    o->fd = open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0640);
    return o->fd >= 0;
}

bool dnstap_out_open(struct dnstap_out *o)
{
    if (atomic_load(&o->ending)) {
        return false;
    }
    if (!(o->is_socket ? open_socket(o) : open_file(o))) {
        int why = errno;
        dnstap_out_close(o);
        return failed(o, why);
    }
    atomic_store(&o->why, 0);
    atomic_store(&o->is_open, true);
    return true;
}

void dnstap_out_close(struct dnstap_out *o)
{
    atomic_store(&o->is_open, false);
    if (o->fd >= 0) {
        close(o->fd);
        o->fd = -1;
    }
}

/* False: nothing went on for too long. */
static bool wait_for(struct dnstap_out *o, short what)
{
    struct pollfd p = {.fd = o->fd, .events = what};
    int waited = 0;
    do {
        if (poll(&p, 1, OUT_SLICE_MS) > 0) {
            return true;
        }
        waited += OUT_SLICE_MS;
    } while (waited < (atomic_load(&o->ending) ? OUT_END_MS : OUT_PATIENCE_MS));
    errno = ETIMEDOUT;
    return false;
}

static bool try_again(struct dnstap_out *o, short what)
{
    return errno == EINTR || (errno == EAGAIN && wait_for(o, what));
}

bool dnstap_out_write(struct dnstap_out *o, const struct iovec *pieces, int count)
{
    size_t done = 0; /* of the first piece */
    while (count > 0) {
        struct iovec part[OUT_PIECE];
        int n = count < OUT_PIECE ? count : OUT_PIECE;
        memcpy(part, pieces, (size_t)n * sizeof *part);
        part[0].iov_base = (uint8_t *)part[0].iov_base + done;
        part[0].iov_len -= done;
        ssize_t put = writev(o->fd, part, n);
        if (put < 0 && !try_again(o, POLLOUT)) {
            return failed(o, errno);
        }
        for (done += put > 0 ? (size_t)put : 0; count > 0 && done >= pieces->iov_len; count--) {
            done -= pieces->iov_len;
            pieces++;
        }
    }
    return true;
}

bool dnstap_out_read(struct dnstap_out *o, void *data, size_t n)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = read(o->fd, (uint8_t *)data + have, n - have);
        if (got == 0 || (got < 0 && !try_again(o, POLLIN))) {
            return failed(o, got == 0 ? ECONNRESET : errno);
        }
        have += got > 0 ? (size_t)got : 0;
    }
    return true;
}
