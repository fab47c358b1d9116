/*
 * http.h - one page of text over HTTP, for who reads figures
 *
 * GET /metrics and nothing else, on an address of its own, with libmicrohttpd driven by the thread's own loop. The
 * library is loaded when it is wanted, as it brings ten others along: 2.7 MB and 2 ms of each start. A few
 * connections at a time, each with little memory and a time limit; who holds them open keeps out other readers of
 * figures, and no client of the resolver.
 *
 * Threads: the loop's.
 */
#ifndef RAIZ_IO_HTTP_H
#define RAIZ_IO_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "dns/addr.h"
#include "resolver/io/loop.h"

#define HTTP_CONNECTIONS_MAX 16
#define HTTP_TIMEOUT_S       10
#define HTTP_MEMORY_BYTES    (16 * 1024) /* of a connection: request line, headers */

struct http;

/* The page, malloc'ed, and its type; NULL: out of memory. openmetrics: the reader understands that format. */
typedef char *http_page(void *arg, bool openmetrics, size_t *n, const char **type);

struct http_site {
    struct addr listen;
    http_page *page;
    void *arg;
};

/* Loads the library: before files are out of reach (io/sandbox.h). NULL: error says why. */
struct http *http_new(char *error, size_t cap);
/* False: error says why. */
bool http_listen(struct http *h, struct loop *loop, const struct http_site *site, char *error, size_t cap);
void http_free(struct http *h);

#endif
