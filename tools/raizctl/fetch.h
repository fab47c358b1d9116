/*
 * fetch.h - one small text file from a web server, over HTTPS
 *
 * Whoever wants it fills in where it is; nothing is looked up here: the addresses are those that raizd gave. The
 * certificate must be good for the host and lead to a root that the system trusts, or one of `ca`. Redirects and
 * proxies are not followed. libcurl does the work, and is loaded when it is first needed.
 *
 * Memory: the text is freed by fetch_release(). Threads: fetch_run() blocks until it has the file or the time is over.
 */
#ifndef RAIZ_RAIZCTL_FETCH_H
#define RAIZ_RAIZCTL_FETCH_H

#include <stddef.h>

#include "dns/addr.h"
#include "dns/name.h"

#define FETCH_TEXT_MAX      (64 * 1024) /* octets of the file; RFC 8461 section 3.3 suggests it for policies */
#define FETCH_ADDRESSES_MAX 16
#define FETCH_WHY_MAX       320
#define FETCH_TIMEOUT_MS    10000 /* a person waits; RFC 8461 section 3.3 gives senders a minute */

enum fetch_state {
    FETCH_OPEN,     /* nobody wants it yet */
    FETCH_WANTED,   /* url, host and addresses say what */
    FETCH_DONE,     /* text is here */
    FETCH_FAILED,   /* the server did not give it, or it is not what it should be: why */
    FETCH_LEFT_OUT, /* the server was not asked: why */
};

struct fetch {
    enum fetch_state state;
    char host[DNAME_TEXT_MAX], url[DNAME_TEXT_MAX + 64];
    struct addr addresses[FETCH_ADDRESSES_MAX];
    size_t count;
    const char *ca; /* file of roots to trust instead of the system's; NULL: those */
    unsigned timeout_ms;
    char *text;
    size_t len;
    char why[FETCH_WHY_MAX];
};

/* From FETCH_WANTED to one of the last three. */
void fetch_run(struct fetch *f);
void fetch_leave_out(struct fetch *f, const char *why);
void fetch_release(struct fetch *f);

#endif
