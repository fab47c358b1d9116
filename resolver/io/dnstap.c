/*
 * dnstap.c - messages as they pass, for whoever collects them
 */
#include "resolver/io/dnstap.h"

#include <dlfcn.h>
#include <fstrm.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns/now.h"
#include "dnstap.pb-c.h"
#include "resolver/io/dnstap_out.h"
#include "resolver/io/library.h"

#define CONTENT_TYPE "protobuf:dnstap.Dnstap"
#define QUEUE_FRAMES 8192 /* of each thread; a power of two */
#define REOPEN_S     1
#define FLUSH_S      1
#define NS_PER_S     UINT64_C(1000000000)

/* What is used of the libraries. */
#define FSTRM_CALLS(X)                                                                                                 \
    X(rdwr_init)                                                                                                       \
    X(rdwr_set_destroy)                                                                                                \
    X(rdwr_set_open)                                                                                                   \
    X(rdwr_set_close)                                                                                                  \
    X(rdwr_set_read)                                                                                                   \
    X(rdwr_set_write)                                                                                                  \
    X(writer_options_init)                                                                                             \
    X(writer_options_destroy)                                                                                          \
    X(writer_options_add_content_type)                                                                                 \
    X(writer_init)                                                                                                     \
    X(writer_destroy)                                                                                                  \
    X(iothr_options_init)                                                                                              \
    X(iothr_options_destroy)                                                                                           \
    X(iothr_options_set_num_input_queues)                                                                              \
    X(iothr_options_set_input_queue_size)                                                                              \
    X(iothr_options_set_queue_model)                                                                                   \
    X(iothr_options_set_reopen_interval)                                                                               \
    X(iothr_options_set_flush_timeout)                                                                                 \
    X(iothr_init)                                                                                                      \
    X(iothr_get_input_queue_idx)                                                                                       \
    X(iothr_submit)                                                                                                    \
    X(iothr_destroy)                                                                                                   \
    X(free_wrapper)
#define PROTOBUF_CALLS(X)                                                                                              \
    X(message_get_packed_size)                                                                                         \
    X(message_pack)

struct fstrm_calls {
#define X(name) __typeof__(&fstrm_##name) name;
    FSTRM_CALLS(X)
#undef X
};
struct protobuf_calls {
#define X(name) __typeof__(&protobuf_c_##name) name;
    PROTOBUF_CALLS(X)
#undef X
};

struct dnstap {
    struct fstrm_calls fstrm;
    struct protobuf_calls protobuf;
    struct dnstap_plan plan;
    char *identity, *version;
    struct dnstap_out *out;
    struct fstrm_iothr *thread;
    struct fstrm_iothr_queue **queues;
    _Atomic uint64_t frames, dropped;
};

/* ---- the libraries ---- */

static bool load(struct dnstap *d)
{
    void *fstrm = dlopen(FSTRM_SONAME, RTLD_NOW | RTLD_LOCAL),
         *protobuf = dlopen(PROTOBUFC_SONAME, RTLD_NOW | RTLD_LOCAL);
    bool ok = true;
#define X(name) ok = ok && library_call(fstrm, "fstrm_" #name, &d->fstrm.name, sizeof d->fstrm.name);
    FSTRM_CALLS(X)
#undef X
#define X(name) ok = ok && library_call(protobuf, "protobuf_c_" #name, &d->protobuf.name, sizeof d->protobuf.name);
    PROTOBUF_CALLS(X)
#undef X
    return ok;
}

/* ---- the output, as libfstrm calls it ---- */

static fstrm_res on_open(void *out)
{
    return dnstap_out_open(out) ? fstrm_res_success : fstrm_res_failure;
}

static fstrm_res on_close(void *out)
{
    dnstap_out_close(out);
    return fstrm_res_success;
}

static fstrm_res on_write(void *out, const struct iovec *pieces, int count)
{
    return dnstap_out_write(out, pieces, count) ? fstrm_res_success : fstrm_res_failure;
}

static fstrm_res on_read(void *out, void *data, size_t n)
{
    return dnstap_out_read(out, data, n) ? fstrm_res_success : fstrm_res_failure;
}

static fstrm_res on_destroy(void *out)
{
    (void)out; /* ours to free: its counters are read until the end */
    return fstrm_res_success;
}

static struct fstrm_writer *make_writer(struct dnstap *d)
{
    struct fstrm_writer_options *options = d->fstrm.writer_options_init();
    struct fstrm_rdwr *rdwr = options != NULL ? d->fstrm.rdwr_init(d->out) : NULL;
    struct fstrm_writer *writer = NULL;
    if (rdwr != NULL) {
        d->fstrm.rdwr_set_destroy(rdwr, on_destroy);
        d->fstrm.rdwr_set_open(rdwr, on_open);
        d->fstrm.rdwr_set_close(rdwr, on_close);
        d->fstrm.rdwr_set_write(rdwr, on_write);
        if (d->plan.socket != NULL) { /* a collector answers; with it the two agree on what is sent */
            d->fstrm.rdwr_set_read(rdwr, on_read);
        }
        d->fstrm.writer_options_add_content_type(options, CONTENT_TYPE, strlen(CONTENT_TYPE));
        writer = d->fstrm.writer_init(options, &rdwr);
    }
    d->fstrm.writer_options_destroy(&options);
    return writer;
}

bool dnstap_start(struct dnstap *d)
{
    struct fstrm_writer *writer = make_writer(d);
    struct fstrm_iothr_options *options = writer != NULL ? d->fstrm.iothr_options_init() : NULL;
    if (options != NULL) {
        d->fstrm.iothr_options_set_num_input_queues(options, d->plan.queues);
        d->fstrm.iothr_options_set_input_queue_size(options, QUEUE_FRAMES);
        d->fstrm.iothr_options_set_queue_model(options, FSTRM_IOTHR_QUEUE_MODEL_SPSC);
        d->fstrm.iothr_options_set_reopen_interval(options, REOPEN_S);
        d->fstrm.iothr_options_set_flush_timeout(options, FLUSH_S);
        d->thread = d->fstrm.iothr_init(options, &writer);
        d->fstrm.iothr_options_destroy(&options);
    }
    if (d->thread == NULL) {
        if (writer != NULL) {
            d->fstrm.writer_destroy(&writer);
        }
        return false;
    }
    for (unsigned i = 0; i < d->plan.queues; i++) {
        d->queues[i] = d->fstrm.iothr_get_input_queue_idx(d->thread, i);
    }
    return true;
}

struct dnstap *dnstap_new(const struct dnstap_plan *plan, char *error, size_t size)
{
    struct dnstap *d = calloc(1, sizeof *d);
    const char *why = "out of memory";
    if (d != NULL) {
        d->plan = *plan;
        d->identity = plan->identity != NULL ? strdup(plan->identity) : NULL;
        d->version = plan->version != NULL ? strdup(plan->version) : NULL;
        d->queues = calloc(plan->queues, sizeof(struct fstrm_iothr_queue *));
        d->out = dnstap_out_new(plan->socket != NULL ? plan->socket : plan->file, plan->socket != NULL);
        if (!load(d)) {
            why = "dnstap needs the libraries " FSTRM_SONAME " and " PROTOBUFC_SONAME;
        } else if (d->queues != NULL && d->out != NULL) {
            return d;
        }
        dnstap_free(d);
    }
    snprintf(error, size, "%s", why);
    return NULL;
}

void dnstap_free(struct dnstap *d)
{
    if (d == NULL) {
        return;
    }
    if (d->thread != NULL) {
        dnstap_out_end(d->out);
        d->fstrm.iothr_destroy(&d->thread);
    }
    dnstap_out_free(d->out);
    free(d->queues);
    free(d->identity);
    free(d->version);
    free(d);
}

/* ---- frames ---- */

/* A message and its answer have asker and id in common; so have a question to a server and its reply. */
static bool is_sampled(const struct dnstap *d, const struct dnstap_message *m)
{
    const struct addr *who =
        m->kind == DNSTAP_CLIENT_QUERY || m->kind == DNSTAP_CLIENT_RESPONSE ? &m->asker : &m->asked;
    uint8_t key[20] = {0};
    if (d->plan.sample <= 1) {
        return true;
    }
    memcpy(key, who->ip, sizeof who->ip);
    memcpy(key + 16, &who->port, sizeof who->port);
    memcpy(key + 18, m->wire, 2);
    return siphash13(d->plan.key, key, sizeof key) % d->plan.sample == 0;
}

static bool is_wanted(const struct dnstap *d, const struct dnstap_message *m)
{
    bool client = m->kind == DNSTAP_CLIENT_QUERY || m->kind == DNSTAP_CLIENT_RESPONSE;
    return (client ? d->plan.clients : d->plan.servers) && m->n >= 2 && is_sampled(d, m);
}

static ProtobufCBinaryData octets(const void *data, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)data}; /* read only */
}

static void put_address(const struct addr *a, protobuf_c_boolean *has, ProtobufCBinaryData *ip,
                        protobuf_c_boolean *has_port, uint32_t *port)
{
    if (a->family != ADDR_NONE) {
        *has = *has_port = 1;
        *ip = octets(a->ip, a->family == ADDR_IP4 ? 4 : 16);
        *port = a->port;
    }
}

static bool is_response(enum dnstap_kind kind)
{
    return kind == DNSTAP_CLIENT_RESPONSE || kind == DNSTAP_RESOLVER_RESPONSE || kind == DNSTAP_FORWARDER_RESPONSE;
}

static void put_times(const struct dnstap_message *m, Dnstap__Message *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t now_ns = (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec, asked_ns = now_ns - m->age_us * 1000;
    out->has_query_time_sec = out->has_query_time_nsec = 1;
    out->query_time_sec = asked_ns / NS_PER_S;
    out->query_time_nsec = (uint32_t)(asked_ns % NS_PER_S);
    if (is_response(m->kind)) {
        out->has_response_time_sec = out->has_response_time_nsec = 1;
        out->response_time_sec = (uint64_t)t.tv_sec;
        out->response_time_nsec = (uint32_t)t.tv_nsec;
    }
}

static void describe(const struct dnstap_message *m, Dnstap__Message *out)
{
    out->type = (Dnstap__Message__Type)m->kind;
    enum addr_family family = m->asker.family != ADDR_NONE ? m->asker.family : m->asked.family;
    out->has_socket_family = family != ADDR_NONE;
    out->socket_family = family == ADDR_IP4 ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
    out->has_socket_protocol = 1;
    out->socket_protocol = m->tcp ? DNSTAP__SOCKET_PROTOCOL__TCP : DNSTAP__SOCKET_PROTOCOL__UDP;
    put_address(&m->asker, &out->has_query_address, &out->query_address, &out->has_query_port, &out->query_port);
    put_address(&m->asked, &out->has_response_address, &out->response_address, &out->has_response_port,
                &out->response_port);
    put_times(m, out);
    if (is_response(m->kind)) {
        out->has_response_message = 1;
        out->response_message = octets(m->wire, m->n);
    } else {
        out->has_query_message = 1;
        out->query_message = octets(m->wire, m->n);
    }
}

/* A frame, malloc'ed; NULL: out of memory. */
static uint8_t *make_frame(const struct dnstap *d, const struct dnstap_message *m, size_t *n)
{
    Dnstap__Message message = DNSTAP__MESSAGE__INIT;
    Dnstap__Dnstap frame = DNSTAP__DNSTAP__INIT;
    describe(m, &message);
    frame.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
    frame.message = &message;
    if (d->identity != NULL) {
        frame.has_identity = 1;
        frame.identity = octets(d->identity, strlen(d->identity));
    }
    if (d->version != NULL) {
        frame.has_version = 1;
        frame.version = octets(d->version, strlen(d->version));
    }
    *n = d->protobuf.message_get_packed_size(&frame.base);
    uint8_t *data = malloc(*n);
    if (data != NULL) {
        d->protobuf.message_pack(&frame.base, data);
    }
    return data;
}

static void bump(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void dnstap_put(struct dnstap *d, unsigned queue, const struct dnstap_message *m)
{
    size_t n;
    if (!is_wanted(d, m)) {
        return;
    }
    uint8_t *data = dnstap_out_is_open(d->out) ? make_frame(d, m, &n) : NULL;
    if (data != NULL &&
        d->fstrm.iothr_submit(d->thread, d->queues[queue], data, n, d->fstrm.free_wrapper, NULL) == fstrm_res_success) {
        bump(&d->frames);
        return;
    }
    free(data);
    bump(&d->dropped);
}

uint64_t dnstap_frames(const struct dnstap *d)
{
    return atomic_load_explicit(&d->frames, memory_order_relaxed);
}

uint64_t dnstap_dropped(const struct dnstap *d)
{
    return atomic_load_explicit(&d->dropped, memory_order_relaxed);
}

const char *dnstap_trouble(const struct dnstap *d)
{
    return dnstap_out_trouble(d->out);
}
