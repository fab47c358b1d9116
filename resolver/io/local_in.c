/*
 * local_in.c - the control socket
 */
#include "resolver/io/local_in.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "resolver/io/buffer.h"
#include "resolver/io/rest.h"

#define PAUSE_US (50 * US_PER_MS) /* without descriptors and without reserve */
#define CHUNK    1024
#define ROUNDS   32              /* pieces of a long reply made before others have their turn */
#define GATHER   (16 * 1024)     /* octets of them sent at once: the client is woken so much less often */
#define SHUT_US  (30 * US_PER_S) /* a client that has shut its side gets so long for its reply */
#define FULL_US  (2 * US_PER_S)  /* one client too many waits so long for another to go: most are soon done */

static const char too_long[] =
    "{\"done\": true, \"ok\": false, \"error\": \"the request is longer than 1024 octets\", \"code\": 2}\n";
static const char too_many[] =
    "{\"done\": true, \"ok\": false, \"error\": \"raizd has 16 other clients on its control socket, or is out of "
    "memory: try again in a moment\", \"code\": 1}\n";
static const char too_late[] =
    "{\"done\": true, \"ok\": false, \"error\": \"no whole request came within 5 s\", \"code\": 1}\n";
static_assert(LOCAL_IN_LINE_US == 5 * US_PER_S, "as these words say");
static_assert(LOCAL_IN_LINE_MAX == 1024 && LOCAL_IN_CONNECTIONS_MAX == 16, "as these words say");

struct local_conn {
    struct poll_source source; /* first */
    struct local_in *in;
    struct local_conn *next, *prev;
    void *session;
    struct buffer unread, unsent;
    struct rest rest; /* of this thread, while it makes a long reply */
    int file;         /* came along; -1: none */
    uint64_t due_us;  /* a line must have come, or the reply be over, by then; UINT64_MAX: no hurry */
    bool dirty;       /* to be looked at at the end of the turn */
    bool more;        /* the reply goes on when `unsent` has drained */
    bool shut, finish, broken;
};

struct local_in {
    struct loop *loop;
    struct local_in_handler handler;
    int fd;
    int reserve_fd; /* given up for a session when there are no descriptors left; -1 then */
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct loop_timer *pause;
    struct local_conn *first;
    unsigned connections;
    bool full; /* somebody waits, or has waited in vain, for a connection to go; none has gone since */
    struct sockaddr_un name;
    dev_t device;
    ino_t inode;
};

static void refill_reserve(struct local_in *l)
{
    if (l->reserve_fd < 0) {
        l->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

static void keep_file(struct local_conn *c, int fd)
{
    if (c->file >= 0) {
        close(c->file);
    }
    c->file = fd;
}

int local_in_take_file(struct local_conn *c)
{
    int fd = c->file;
    c->file = -1;
    return fd;
}

/* There is room again. */
static void end_full(struct local_in *l)
{
    if (l->full) {
        l->full = false;
        loop_timer_set(l->pause, UINT64_MAX);
        loop_watch_pause(l->watch, false);
    }
}

static void conn_close(struct local_conn *c)
{
    struct local_in *l = c->in;
    poller_close(loop_poller(l->loop), &c->source);
    refill_reserve(l);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        l->first = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    l->connections--;
    end_full(l);
    l->handler.closed(l->handler.arg, c->session);
    keep_file(c, -1);
    buffer_clear(&c->unread);
    buffer_clear(&c->unsent);
    free(c);
}

static void write_unsent(struct local_conn *c)
{
    while (c->unsent.n > 0) {
        ssize_t n = send(c->source.fd, buffer_at(&c->unsent), c->unsent.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            c->broken = errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS;
            return;
        }
        buffer_drop(&c->unsent, (size_t)n);
    }
}

/* Hands up the next line, if there is a whole one. */
static bool take_line(struct local_conn *c, struct now now)
{
    char line[LOCAL_IN_LINE_MAX];
    const uint8_t *end = c->unread.n > 0 ? memchr(buffer_at(&c->unread), '\n', c->unread.n) : NULL;
    if (end == NULL) {
        if (c->unread.n > LOCAL_IN_LINE_MAX) {
            buffer_clear(&c->unread);
            local_in_reply(c, too_long, sizeof too_long - 1);
            local_in_finish(c);
        } else if (c->unread.n > 0 && c->due_us == UINT64_MAX) {
            c->due_us = now.mono_us + LOCAL_IN_LINE_US;
        }
        return false;
    }
    size_t n = (size_t)(end - buffer_at(&c->unread));
    if (n > sizeof line) {
        buffer_clear(&c->unread);
        local_in_reply(c, too_long, sizeof too_long - 1);
        local_in_finish(c);
        return false;
    }
    memcpy(line, buffer_at(&c->unread), n);
    buffer_drop(&c->unread, n + 1);
    c->due_us = UINT64_MAX;
    c->more = true;
    c->in->handler.line(c->in->handler.arg, c->session, line, n);
    return true;
}

/* Is what there is to be sent now, or is more of the same reply gathered first? */
static bool is_time_to_send(const struct local_conn *c)
{
    return !c->more || c->finish || c->unsent.n >= GATHER;
}

void local_in_rest(struct local_conn *c)
{
    rest_after(&c->rest);
}

/* As much as can be done now. False: it is closed. */
static bool pump(struct local_conn *c, struct now now)
{
    struct local_in *l = c->in;
    c->dirty = false;
    rest_begin(&c->rest);
    for (unsigned i = 0; i < ROUNDS && !c->broken; i++) {
        if (is_time_to_send(c)) {
            write_unsent(c);
            if (c->unsent.n > 0 || c->finish || c->broken) {
                break;
            }
        }
        if (c->more) {
            c->more = l->handler.more(l->handler.arg, c->session);
            if (c->more) {
                local_in_rest(c);
            }
        } else if (!take_line(c, now) && c->unsent.n == 0) {
            break;
        }
    }
    if (c->broken || (c->finish && c->unsent.n == 0)) {
        conn_close(c);
        return false;
    }
    if (c->shut && c->due_us == UINT64_MAX) {
        c->due_us = now.mono_us + SHUT_US;
    }
    bool room = !c->shut && !c->finish && c->unread.n <= LOCAL_IN_LINE_MAX;
    poller_change(loop_poller(l->loop), &c->source, (room ? EPOLLIN : 0) | (c->unsent.n > 0 || c->more ? EPOLLOUT : 0));
    return true;
}

/* Room for one descriptor: further ones the kernel closes. */
static ssize_t receive(struct local_conn *c, uint8_t *room, size_t n)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {.iov_base = room, .iov_len = n};
    struct msghdr m = {.msg_iov = &data,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = CMSG_LEN(sizeof(int)) /* the padding of CMSG_SPACE would take a second */};
    ssize_t got = recvmsg(c->source.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *h = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (h != NULL && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS &&
        h->cmsg_len == CMSG_LEN(sizeof(int))) {
        int fd;
        memcpy(&fd, CMSG_DATA(h), sizeof fd);
        keep_file(c, fd);
    }
    return got;
}

static void read_more(struct local_conn *c)
{
    uint8_t *room = buffer_room(&c->unread, CHUNK);
    ssize_t n = room != NULL ? receive(c, room, CHUNK) : -1;
    if (n > 0) {
        buffer_added(&c->unread, (size_t)n);
    } else if (n == 0) {
        c->shut = true;
    } else if (room == NULL || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        c->broken = true;
    }
}

static void watch_time(struct local_in *l)
{
    uint64_t due_us = UINT64_MAX;
    for (const struct local_conn *c = l->first; c != NULL; c = c->next) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): conn_close takes what it frees out of the list */
        due_us = c->due_us < due_us ? c->due_us : due_us;
    }
    loop_timer_set(l->timer, due_us);
}

static void on_ready(struct poll_source *s, uint32_t events)
{
    struct local_conn *c = (struct local_conn *)s;
    struct local_in *l = c->in;
    struct now now = loop_now(l->loop);
    if ((events & EPOLLIN) != 0) {
        read_more(c);
    }
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (events & EPOLLIN) == 0) {
        c->broken = true; /* nobody is left to read the reply */
    }
    pump(c, now);
    watch_time(l);
}

/* Root, the daemon's own user, or a member of its group. */
static bool is_admin(int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;
    gid_t groups[64];
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0) {
        return false;
    }
    if (who.uid == 0 || who.uid == geteuid() || who.gid == getegid()) {
        return true;
    }
    len = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) != 0) {
        return false;
    }
    for (size_t i = 0; i < len / sizeof groups[0]; i++) {
        if (groups[i] == getegid()) {
            return true;
        }
    }
    return false;
}

static bool conn_open(struct local_in *l, int fd, struct now now)
{
    struct local_conn *c = l->connections < LOCAL_IN_CONNECTIONS_MAX ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
        return false;
    }
    c->in = l;
    c->file = -1;
    c->source.ready = on_ready;
    c->due_us = now.mono_us + LOCAL_IN_LINE_US;
    c->session = l->handler.open(l->handler.arg, c, is_admin(fd));
    if (c->session == NULL) {
        free(c);
        return false;
    }
    if (!poller_add(loop_poller(l->loop), &c->source, fd, EPOLLIN)) {
        l->handler.closed(l->handler.arg, c->session);
        free(c);
        return false;
    }
    c->next = l->first;
    if (c->next != NULL) {
        c->next->prev = c;
    }
    l->first = c;
    l->connections++;
    return true;
}

/* When descriptors are short the operator must get in all the more (X17). */
static int accept_somehow(struct local_in *l, int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)) {
        return fd;
    }
    if (l->reserve_fd >= 0) {
        close(l->reserve_fd);
        l->reserve_fd = -1;
        fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    if (fd < 0) {
        loop_watch_pause(l->watch, true);
        loop_timer_set(l->pause, loop_now(l->loop).mono_us + PAUSE_US);
    }
    return fd;
}

static void on_resume(void *arg, struct now now)
{
    struct local_in *l = arg;
    (void)now;
    refill_reserve(l);
    loop_watch_pause(l->watch, false);
}

static void on_acceptable(void *arg, int listen_fd)
{
    struct local_in *l = arg;
    struct now now = loop_now(l->loop);
    if (l->connections == LOCAL_IN_CONNECTIONS_MAX && !l->full) {
        l->full = true;
        loop_watch_pause(l->watch, true);
        loop_timer_set(l->pause, now.mono_us + FULL_US);
        return;
    }
    int fd = accept_somehow(l, listen_fd);
    if (fd >= 0 && !conn_open(l, fd, now)) {
        (void)!send(fd, too_many, sizeof too_many - 1, MSG_NOSIGNAL | MSG_DONTWAIT); /* into an empty socket */
        close(fd);
    }
    watch_time(l);
}

/* It may be we who are late: timers ring before sockets are looked at, so a request may lie there. */
static void be_over(struct local_conn *c, struct now now)
{
    read_more(c);
    if (!pump(c, now) || c->due_us > now.mono_us) {
        return;
    }
    if (c->shut || c->unsent.n > 0) {
        conn_close(c); /* it does not take its reply */
        return;
    }
    local_in_reply(c, too_late, sizeof too_late - 1);
    local_in_finish(c);
    c->due_us = UINT64_MAX;
    if (pump(c, now)) {
        conn_close(c);
    }
}

static void on_timer(void *arg, struct now now)
{
    struct local_in *l = arg;
    for (struct local_conn *c = l->first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->due_us <= now.mono_us) {
            be_over(c, now);
        }
    }
    watch_time(l);
}

void local_in_reply(struct local_conn *c, const char *data, size_t n)
{
    c->dirty = true;
    if (!buffer_add(&c->unsent, data, n)) {
        c->broken = true;
    }
}

size_t local_in_unsent(const struct local_conn *c)
{
    return c->unsent.n;
}

void local_in_finish(struct local_conn *c)
{
    c->dirty = true;
    c->finish = true;
}

void local_in_turn(struct local_in *l, struct now now)
{
    bool any = false;
    for (struct local_conn *c = l->first, *next; c != NULL; c = next) {
        next = c->next;
        if (c->dirty) {
            pump(c, now);
            any = true;
        }
    }
    if (any) {
        watch_time(l);
    }
}

/* Bound under a name of its own, then renamed: who finds the socket can use it, and one left by a crash is replaced.
 * The other name differs in its last letter, so that it is no longer than the path. */
static int open_socket(struct local_in *l, const char *path, char *error, size_t cap)
{
    struct sockaddr_un temporary = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof temporary.sun_path) {
        snprintf(error, cap, "control.socket: a path has 1 to %zu octets: %.40s...", sizeof temporary.sun_path - 1,
                 path);
        return -1;
    }
    l->name.sun_family = AF_UNIX;
    memcpy(l->name.sun_path, path, n + 1);
    memcpy(temporary.sun_path, path, n + 1);
    temporary.sun_path[n - 1] = path[n - 1] == '~' ? '#' : '~';
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (connect(fd, (struct sockaddr *)&l->name, sizeof l->name) == 0 || errno == EAGAIN)) {
        snprintf(error, cap,
                 "another daemon answers on the control socket %s; stop it, or choose another control.socket", path);
        close(fd);
        return -1;
    }
    unlink(temporary.sun_path);
    struct stat st;
    if (fd < 0 || bind(fd, (struct sockaddr *)&temporary, sizeof temporary) != 0 ||
        chmod(temporary.sun_path, 0660) != 0 || listen(fd, LOCAL_IN_CONNECTIONS_MAX) != 0 ||
        stat(temporary.sun_path, &st) != 0 || rename(temporary.sun_path, path) != 0) {
        snprintf(error, cap,
                 "cannot make the control socket %s: %s; the user who runs raizd must be able to write that folder",
                 path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    l->device = st.st_dev;
    l->inode = st.st_ino;
    return fd;
}

struct local_in *local_in_new(struct loop *loop, const char *path, const struct local_in_handler *handler, char *error,
                              size_t cap)
{
    struct local_in *l = calloc(1, sizeof *l);
    if (l == NULL) {
        snprintf(error, cap, "out of memory");
        return NULL;
    }
    l->loop = loop;
    l->handler = *handler;
    l->reserve_fd = -1;
    l->fd = open_socket(l, path, error, cap);
    if (l->fd < 0) {
        free(l);
        return NULL;
    }
    refill_reserve(l);
    l->timer = loop_timer_new(loop, on_timer, l);
    l->pause = loop_timer_new(loop, on_resume, l);
    l->watch = l->timer != NULL && l->pause != NULL ? loop_watch_new(loop, l->fd, on_acceptable, l) : NULL;
    if (l->watch == NULL) {
        snprintf(error, cap, "out of memory");
        local_in_free(l);
        return NULL;
    }
    return l;
}

void local_in_free(struct local_in *l)
{
    struct stat st;
    if (l == NULL) {
        return;
    }
    while (l->first != NULL) {
        conn_close(l->first); /* NOLINT(clang-analyzer-unix.Malloc): the first is another one each time */
    }
    loop_watch_free(l->watch);
    loop_timer_free(l->timer);
    loop_timer_free(l->pause);
    if (l->reserve_fd >= 0) {
        close(l->reserve_fd);
    }
    close(l->fd);
    if (stat(l->name.sun_path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode) {
        unlink(l->name.sun_path);
    }
    free(l);
}
