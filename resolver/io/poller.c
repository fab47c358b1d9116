/*
 * poller.c - many short-lived sockets behind one handle of the loop
 */
#include "resolver/io/poller.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

bool poller_init(struct poller *p)
{
    *p = (struct poller){0};
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    return p->fd >= 0;
}

void poller_release(struct poller *p)
{
    assert(p->sources == 0);
    if (p->fd >= 0) {
        close(p->fd);
        p->fd = -1;
    }
}

bool poller_add(struct poller *p, struct poll_source *s, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        return false;
    }
    s->fd = fd;
    s->events = events;
    p->sources++;
    return true;
}

void poller_change(struct poller *p, struct poll_source *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};
    if (s->events != events) {
        epoll_ctl(p->fd, EPOLL_CTL_MOD, s->fd, &e);
        s->events = events;
    }
}

void poller_close(struct poller *p, struct poll_source *s)
{
    for (int i = p->at; i < p->fetched; i++) {
        if (p->event[i].data.ptr == s) {
            p->event[i].data.ptr = NULL;
        }
    }
    close(s->fd); /* the last reference to the socket: epoll forgets it too */
    s->fd = -1;
    p->sources--;
}

static int run(struct poller *p)
{
    int n = epoll_wait(p->fd, p->event, POLLER_BATCH, 0);
    p->fetched = n > 0 ? n : 0;
    p->at = 0;
    while (p->at < p->fetched) {
        const struct epoll_event *e = &p->event[p->at++];
        struct poll_source *s = e->data.ptr;
        if (s != NULL) {
            s->ready(s, e->events);
        }
    }
    p->fetched = 0;
    return n;
}

void poller_run(struct poller *p)
{
    run(p);
}

void poller_run_all(struct poller *p)
{
    for (unsigned i = 0; i < POLLER_ROUNDS && run(p) == POLLER_BATCH; i++) {
    }
}
