/*
 * client.c - asking the daemon over its control socket
 */
#include "tools/raizctl/client.h"

#include "resolver/io/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tools/raizctl/out.h"

#define PATIENT_MS 300000
#define CHUNK      (64 * 1024)
#define PORT_DNS   53

struct connection {
    int fd;
    int64_t deadline_ms;
    char *buf; /* what has arrived and was not handed out */
    size_t len, cap;
};

static int64_t clock_ms(void)
{
    return (int64_t)(clock_mono_us() / US_PER_MS);
}

static int fail_connect(struct ctl *ctl, int error)
{
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return ctl_fail(ctl, CONTROL_NOT_RUNNING,
                        "raizd is not running: nobody listens on %s (-s PATH or RAIZ_SOCKET names another socket)",
                        ctl->socket);
    case EACCES:
    case EPERM:
        return ctl_fail(ctl, CONTROL_DENIED,
                        "no permission to use %s: try as root, or as a member of the group that owns it", ctl->socket);
    default:
        return ctl_fail(ctl, CONTROL_FAILED, "%s: %s", ctl->socket, strerror(error));
    }
}

void client_be_patient(struct ctl *ctl)
{
    ctl->timeout_ms = ctl->timeout_ms == CTL_TIMEOUT_MS ? PATIENT_MS : ctl->timeout_ms;
}

static int open_connection(struct ctl *ctl, struct connection *c)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (strlen(ctl->socket) >= sizeof addr.sun_path) {
        return ctl_fail(ctl, CONTROL_USAGE, "the path of the socket is too long: %s", ctl->socket);
    }
    memcpy(addr.sun_path, ctl->socket, strlen(ctl->socket) + 1);
    *c = (struct connection){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
                             .deadline_ms = clock_ms() + ctl->timeout_ms};
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&addr, sizeof addr) != 0) {
        int error = errno;
        if (c->fd >= 0) {
            close(c->fd);
        }
        return fail_connect(ctl, error);
    }
    return CONTROL_OK;
}

static bool send_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        data += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* One octet with the file: the blank before the request. */
static bool send_file(int fd, int file)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char blank = ' ';
    struct iovec data = {.iov_base = &blank, .iov_len = 1};
    struct msghdr m = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(h), &file, sizeof file);
    return sendmsg(fd, &m, MSG_NOSIGNAL) == 1;
}

static bool send_request(struct connection *c, const json_t *request, int file)
{
    char *line = json_dumps(request, JSON_COMPACT | JSON_ENSURE_ASCII);
    bool ok = line != NULL && (file < 0 || send_file(c->fd, file)) && send_all(c->fd, line, strlen(line)) &&
              send_all(c->fd, "\n", 1);
    free(line);
    return ok;
}

enum arrived { ARRIVED, ARRIVED_END, ARRIVED_LATE, ARRIVED_NO_MEMORY };

/* More octets behind those in the buffer. */
static enum arrived receive(struct connection *c, unsigned timeout_ms)
{
    if (c->cap - c->len < CHUNK) {
        char *grown = realloc(c->buf, c->cap + 4 * CHUNK);
        if (grown == NULL) {
            return ARRIVED_NO_MEMORY;
        }
        c->buf = grown;
        c->cap += 4 * CHUNK;
    }
    for (;;) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int64_t left = c->deadline_ms - clock_ms();
        int ready = poll(&p, 1, left > 0 ? (int)left : 0);
        if (ready == 0 || (ready < 0 && errno != EINTR)) {
            return ARRIVED_LATE;
        }
        ssize_t got = ready > 0 ? read(c->fd, c->buf + c->len, CHUNK) : -1;
        if (got > 0) {
            c->len += (size_t)got;
            c->deadline_ms = clock_ms() + timeout_ms; /* the time runs anew with every sign of life */
            return ARRIVED;
        }
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            return ARRIVED_END;
        }
    }
}

/* The next line, its newline replaced by NUL; NULL: *why says why. Valid until the next call. */
static char *next_line(struct connection *c, size_t *used, unsigned timeout_ms, enum arrived *why)
{
    if (*used > 0) { /* what the last call handed out */
        memmove(c->buf, c->buf + *used, c->len - *used);
        c->len -= *used;
        *used = 0;
    }
    size_t seen = 0;
    for (;;) {
        char *end = c->len > seen ? memchr(c->buf + seen, '\n', c->len - seen) : NULL;
        if (end != NULL) {
            *end = '\0';
            *used = (size_t)(end - c->buf) + 1;
            return c->buf;
        }
        seen = c->len;
        *why = receive(c, timeout_ms);
        if (*why != ARRIVED) {
            return NULL;
        }
    }
}

static void print_json(struct ctl *ctl, const json_t *object)
{
    json_dumpf(object, ctl->out, JSON_COMPACT);
    fputc('\n', ctl->out);
}

/* The last line: its own error, or what it adds. */
static int finish(struct ctl *ctl, json_t *object, bool rows, client_line *line, void *arg)
{
    if (!json_is_true(json_object_get(object, "ok"))) {
        const char *error = json_string_value(json_object_get(object, "error"));
        json_int_t code = json_integer_value(json_object_get(object, "code"));
        if (ctl->json) {
            print_json(ctl, object);
        }
        return ctl_fail(ctl, code > 0 && code < 128 ? (enum control_code)code : CONTROL_FAILED, "%s",
                        error != NULL ? error : "the request failed");
    }
    snprintf(ctl->rcode, sizeof ctl->rcode, "%s", out_text(json_object_get(object, "answer"), "rcode"));
    json_object_del(object, "done");
    json_object_del(object, "ok");
    if (!ctl->json) {
        line(arg, object, true);
    } else if (!rows || json_object_get(object, "answer") != NULL) {
        print_json(ctl, object);
    }
    return CONTROL_OK;
}

static int read_reply(struct ctl *ctl, struct connection *c, client_line *line, void *arg)
{
    size_t used = 0;
    bool rows = false;
    enum arrived why = ARRIVED;
    for (char *text; (text = next_line(c, &used, ctl->timeout_ms, &why)) != NULL; rows = true) {
        json_t *object = json_loads(text, 0, NULL);
        if (!json_is_object(object)) {
            json_decref(object);
            return ctl_fail(ctl, CONTROL_FAILED, "%s does not speak as raizd does", ctl->socket);
        }
        if (json_object_get(object, "done") != NULL) {
            int code = finish(ctl, object, rows, line, arg);
            json_decref(object);
            return code;
        }
        if (ctl->json) {
            print_json(ctl, object);
        } else {
            line(arg, object, false);
        }
        json_decref(object);
        if (ctl->live) {
            fflush(ctl->out);
        }
        if (ferror(ctl->out)) {
            return CONTROL_FAILED; /* nobody reads any more */
        }
    }
    switch (why) {
    case ARRIVED_LATE:
        return ctl_fail(ctl, CONTROL_NO_REPLY, "no reply from raizd within %u s", ctl->timeout_ms / 1000);
    case ARRIVED_NO_MEMORY:
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    default:
        return ctl_fail(ctl, CONTROL_FAILED, "raizd closed the connection before the end of its reply");
    }
}

int client_ask(struct ctl *ctl, json_t *request, client_line *line, void *arg)
{
    return client_ask_with(ctl, request, -1, line, arg);
}

int client_ask_with(struct ctl *ctl, json_t *request, int file, client_line *line, void *arg)
{
    struct connection c = {.fd = -1};
    if (request == NULL) {
        return ctl_fail(ctl, CONTROL_FAILED, "out of memory");
    }
    int code = open_connection(ctl, &c);
    if (code == CONTROL_OK) {
        /* Whoever does not want our request has closed the connection, but may have said why. */
        bool heard = send_request(&c, request, file) || errno == EPIPE || errno == ECONNRESET;
        code = heard ? read_reply(ctl, &c, line, arg)
                     : ctl_fail(ctl, CONTROL_FAILED, "%s: %s", ctl->socket, strerror(errno));
        free(c.buf);
        close(c.fd);
    }
    json_decref(request);
    return code;
}

static void take_address(void *arg, json_t *object, bool last)
{
    const char *text = json_string_value(json_array_get(json_object_get(object, "listen"), 0));
    if (last && text != NULL) {
        snprintf(arg, CLIENT_ADDRESS_MAX, "%s", text);
    }
}

/* For ourselves: nothing is printed, also with --json. */
static int ask_quietly(const struct ctl *ctl, json_t *request, client_line *line, void *arg)
{
    struct ctl quiet = *ctl;
    quiet.json = false;
    return client_ask(&quiet, request, line, arg);
}

int client_listen_address(struct ctl *ctl, char address[static CLIENT_ADDRESS_MAX])
{
    address[0] = '\0';
    int code = ask_quietly(ctl, json_pack("{s:s}", "verb", "status"), take_address, address);
    if (code == CONTROL_OK && address[0] == '\0') {
        return ctl_fail(ctl, CONTROL_FAILED, "raizd does not say where it listens; name a server: @ADDRESS");
    }
    return code;
}

static void take_value(void *arg, json_t *object, bool last)
{
    if (!last) {
        snprintf(arg, CLIENT_VALUE_MAX, "%s", out_text(object, "value"));
    }
}

int client_setting(struct ctl *ctl, const char *key, char value[static CLIENT_VALUE_MAX])
{
    value[0] = '\0';
    return ask_quietly(ctl, json_pack("{s:s, s:s}", "verb", "config.get", "key", key), take_value, value);
}

int client_server(struct ctl *ctl, const char *given, struct addr *server)
{
    static const uint8_t any[16], loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
    char address[CLIENT_ADDRESS_MAX];
    if (given == NULL) {
        int code = client_listen_address(ctl, address);
        if (code != CONTROL_OK) {
            return code;
        }
        given = address;
    }
    if (!addr_scan(given, PORT_DNS, server)) {
        return ctl_fail(ctl, CONTROL_USAGE,
                        "'%.80s' is not an address; a server is named as 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53",
                        given);
    }
    if (memcmp(server->ip, any, sizeof any) == 0) {
        *server = server->family == ADDR_IP4 ? addr_ip4(loopback4, server->port) : addr_ip6(loopback6, server->port);
    }
    return CONTROL_OK;
}
