/*
 * notify.h - telling the service manager how we are
 *
 * The protocol of sd_notify(3): datagrams of text to the socket that the variable NOTIFY_SOCKET names. Without a
 * service manager nothing is sent, and nothing is missing.
 *
 * Threads: the main thread.
 */
#ifndef RAIZ_IO_NOTIFY_H
#define RAIZ_IO_NOTIFY_H

#include <stdint.h>

struct notify;

struct notify *notify_new(void); /* NULL: nobody wants to know, or out of memory */
void notify_free(struct notify *n);
void notify_send(struct notify *n, const char *text); /* "READY=1", "STATUS=..."; n may be NULL */
/* Lets the manager keep descriptors under the name while we are started anew, or forget those of the name (n 0). */
void notify_store(struct notify *n, const char *name, const int *fds, unsigned count);
/* How often WATCHDOG=1 is wanted at least; 0: not at all. */
uint64_t notify_watchdog_us(const struct notify *n);

#endif
