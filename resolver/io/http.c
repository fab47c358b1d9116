/*
 * http.c - one page of text over HTTP, for who reads figures
 */
#include "resolver/io/http.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolver/io/library.h"

/* What is used of the library. */
#define CALLS(X)                                                                                                       \
    X(start_daemon)                                                                                                    \
    X(stop_daemon)                                                                                                     \
    X(run)                                                                                                             \
    X(get_timeout)                                                                                                     \
    X(get_daemon_info)                                                                                                 \
    X(lookup_connection_value)                                                                                         \
    X(create_response_from_buffer)                                                                                     \
    X(add_response_header)                                                                                             \
    X(queue_response)                                                                                                  \
    X(destroy_response)

struct calls {
#define X(name) __typeof__(&MHD_##name) name;
    CALLS(X)
#undef X
};

struct http {
    struct calls mhd;
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *timer;
    http_page *page;
    void *arg;
};

static bool load(struct calls *calls)
{
    void *library = dlopen(MICROHTTPD_SONAME, RTLD_NOW | RTLD_LOCAL);
    bool ok = true;
#define X(name) ok = ok && library_call(library, "MHD_" #name, &calls->name, sizeof calls->name);
    CALLS(X)
#undef X
    return ok;
}

/* A text, malloc'ed, that goes to the library with the answer. */
struct text {
    char *words;
    size_t n;
    const char *type;
};

static enum MHD_Result send_text(struct http *h, struct MHD_Connection *c, unsigned status, const struct text *t)
{
    struct MHD_Response *r = h->mhd.create_response_from_buffer(t->n, t->words, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) {
        free(t->words);
        return MHD_NO;
    }
    h->mhd.add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, t->type);
    h->mhd.add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        h->mhd.add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    enum MHD_Result sent = h->mhd.queue_response(c, status, r);
    h->mhd.destroy_response(r);
    return sent;
}

static enum MHD_Result send_error(struct http *h, struct MHD_Connection *c, unsigned status, const char *words)
{
    struct text t = {.words = strdup(words), .n = strlen(words), .type = "text/plain; charset=utf-8"};
    return t.words == NULL ? MHD_NO : send_text(h, c, status, &t);
}

/* Called for the headers, for each piece of a body (none is read), and at the end. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **state)
{
    struct http *h = arg;
    struct text t;
    (void)version;
    (void)data;
    (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return *size > 0 ? MHD_NO : send_error(h, c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    }
    if (strcmp(url, "/metrics") != 0) {
        return send_error(h, c, MHD_HTTP_NOT_FOUND, "there is only /metrics\n");
    }
    const char *accept = h->mhd.lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    t.words = h->page(h->arg, accept != NULL && strstr(accept, "openmetrics") != NULL, &t.n, &t.type);
    return t.words == NULL ? MHD_NO : send_text(h, c, MHD_HTTP_OK, &t);
}

static void work(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    h->mhd.run(h->daemon);
    bool waits = h->mhd.get_timeout(h->daemon, &wait_ms) == MHD_YES;
    loop_timer_set(h->timer, waits ? loop_now(h->loop).mono_us + (wait_ms + 1) * US_PER_MS : UINT64_MAX);
}

static void on_ready(void *arg, int fd)
{
    (void)fd;
    work(arg);
}

static void on_time(void *arg, struct now now)
{
    (void)now;
    work(arg);
}

/* What it complains of is the reader's affair. */
static void be_silent(void *arg, const char *format, va_list args)
{
    (void)arg;
    (void)format;
    (void)args;
}

static struct MHD_Daemon *start(struct http *h, const struct addr *listen)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(listen->port)};
    struct sockaddr_in6 in6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(listen->port), .sin6_scope_id = listen->scope};
    bool ip6 = listen->family == ADDR_IP6;
    memcpy(&in4.sin_addr, listen->ip, sizeof in4.sin_addr);
    memcpy(&in6.sin6_addr, listen->ip, sizeof in6.sin6_addr);
    const struct sockaddr *where = ip6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in4;
    return h->mhd.start_daemon(MHD_USE_EPOLL | (ip6 ? MHD_USE_IPv6 : 0u) | MHD_USE_ERROR_LOG, listen->port, NULL, NULL,
                               on_request, h, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL, MHD_OPTION_SOCK_ADDR, where,
                               MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
                               MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT_S,
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY_BYTES,
                               MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
}

struct http *http_new(char *error, size_t cap)
{
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        snprintf(error, cap, "out of memory");
        return NULL;
    }
    if (!load(&h->mhd)) {
        const char *why = dlerror();
        snprintf(error, cap, "metrics.listen needs " MICROHTTPD_SONAME " (install libmicrohttpd12): %.160s",
                 why != NULL ? why : "not found");
        free(h);
        return NULL;
    }
    return h;
}

bool http_listen(struct http *h, struct loop *loop, const struct http_site *site, char *error, size_t cap)
{
    char text[ADDR_TEXT_MAX];
    h->loop = loop;
    h->page = site->page;
    h->arg = site->arg;
    errno = 0;
    h->daemon = start(h, &site->listen);
    if (h->daemon == NULL) {
        addr_print(&site->listen, text);
        snprintf(error, cap, "cannot listen on %s (metrics.listen): %s", text, strerror(errno));
        return false;
    }
    const union MHD_DaemonInfo *info = h->mhd.get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    h->timer = loop_timer_new(loop, on_time, h);
    h->watch = info != NULL ? loop_watch_new(loop, info->epoll_fd, on_ready, h) : NULL;
    if (h->timer == NULL || h->watch == NULL) {
        snprintf(error, cap, "out of memory");
        return false;
    }
    return true;
}

void http_free(struct http *h)
{
    if (h == NULL) {
        return;
    }
    if (h->watch != NULL) {
        loop_watch_free(h->watch);
    }
    if (h->timer != NULL) {
        loop_timer_free(h->timer);
    }
    if (h->daemon != NULL) {
        h->mhd.stop_daemon(h->daemon);
    }
    free(h);
}
