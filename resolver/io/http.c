/*
 * http.c - one page of text over HTTP, for who reads figures
 */
#include "resolver/io/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct http {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_watch *watch;
    struct loop_timer *timer;
    http_page *page;
    void *arg;
};

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, char *text, size_t n, const char *type)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    enum MHD_Result sent = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return sent;
}

static enum MHD_Result send_error(struct MHD_Connection *c, unsigned status, const char *words)
{
    char *text = strdup(words);
    return text == NULL ? MHD_NO : send_text(c, status, text, strlen(words), "text/plain; charset=utf-8");
}

/* Called for the headers, for each piece of a body (none is read), and at the end. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *data, size_t *size, void **state)
{
    struct http *h = arg;
    const char *type;
    size_t n;
    (void)version;
    (void)data;
    (void)state;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        return *size > 0 ? MHD_NO : send_error(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    }
    if (strcmp(url, "/metrics") != 0) {
        return send_error(c, MHD_HTTP_NOT_FOUND, "there is only /metrics\n");
    }
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    char *page = h->page(h->arg, accept != NULL && strstr(accept, "openmetrics") != NULL, &n, &type);
    return page == NULL ? MHD_NO : send_text(c, MHD_HTTP_OK, page, n, type);
}

static void work(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(h->daemon);
    bool waits = MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES;
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
    return MHD_start_daemon(MHD_USE_EPOLL | (ip6 ? MHD_USE_IPv6 : 0u) | MHD_USE_ERROR_LOG, listen->port, NULL, NULL,
                            on_request, h, MHD_OPTION_EXTERNAL_LOGGER, be_silent, NULL, MHD_OPTION_SOCK_ADDR, where,
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)HTTP_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_MEMORY_BYTES,
                            MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
}

struct http *http_new(struct loop *loop, const struct addr *listen, http_page *page, void *arg, char *error, size_t cap)
{
    char text[ADDR_TEXT_MAX];
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL) {
        snprintf(error, cap, "out of memory");
        return NULL;
    }
    *h = (struct http){.loop = loop, .page = page, .arg = arg};
    errno = 0;
    h->daemon = start(h, listen);
    if (h->daemon == NULL) {
        addr_print(listen, text);
        snprintf(error, cap, "cannot listen on %s (metrics.listen): %s", text, strerror(errno));
        free(h);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    h->timer = loop_timer_new(loop, on_time, h);
    h->watch = info != NULL ? loop_watch_new(loop, info->epoll_fd, on_ready, h) : NULL;
    if (h->timer == NULL || h->watch == NULL) {
        snprintf(error, cap, "out of memory");
        http_free(h);
        return NULL;
    }
    return h;
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
    MHD_stop_daemon(h->daemon);
    free(h);
}
