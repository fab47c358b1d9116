/*
 * witness.c - who sees what a worker does
 */
#include "resolver/witness.h"

#include "dns/types.h"
#include "resolver/config/config.h"

void witness_watch(struct witness *w, struct watch *watch)
{
    w->watch = watch;
    w->any = watch != NULL || w->written != NULL || w->collector != NULL;
}

void witness_release(struct witness *w)
{
    recall_clear(&w->recall);
}

static struct tap_about about(const struct witness *w, bool response, uint64_t age_us)
{
    return (struct tap_about){.to = w->collector, .queue = w->queue, .response = response, .age_us = age_us};
}

static void tap(const struct tap_about *what, const struct witness *w, const struct client *client, const uint8_t *wire,
                size_t n)
{
    tap_client(what, client, &w->listeners[client->listener].addr, wire, n);
}

void witness_tap(const struct witness *w, const struct client *client, const uint8_t *wire, size_t n)
{
    struct tap_about query = about(w, false, 0);
    tap(&query, w, client, wire, n);
}

void witness_upstream(const struct witness *w, const struct dispatch_message *m)
{
    struct tap_about message = about(w, m->reply, m->age_us);
    tap_server(&message, m->server, m->tcp, m->wire, m->n);
}

void witness_hit(const struct witness *w, const struct client *client, const struct answered *a, struct now now)
{
    if (w->watch != NULL) {
        sight_hit(w->watch, client, a, now);
    }
    if (w->written != NULL) {
        sight_hit(w->written, client, a, now);
    }
    if (w->collector != NULL) {
        struct tap_about response = about(w, true, 0);
        tap(&response, w, client, a->out, a->out_n);
    }
}

void witness_miss(const struct witness *w, const struct client *client, const struct request *request)
{
    char peer[ADDR_TEXT_MAX], name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    if (log_wants(w->log, LOG_DEBUG)) {
        addr_print(&client->peer, peer);
        dname_print(dname_of(&request->qname), name);
        log_debug(w->log, "query %llu of %s: %s %s, not cached", (unsigned long long)client->id, peer, name,
                  dns_type_text(request->qtype, type));
    }
}

static void log_answer(const struct witness *w, const struct client *client, const struct action *a)
{
    char peer[ADDR_TEXT_MAX], rcode[DNS_TYPE_TEXT_MAX];
    if (!log_wants(w->log, LOG_DEBUG)) {
        return;
    }
    addr_print(&client->peer, peer);
    if (a->kind == ACT_DROP) {
        log_debug(w->log, "query %llu of %s dropped", (unsigned long long)client->id, peer);
        return;
    }
    log_debug(w->log, "query %llu of %s: %s, %zu octets%s%s%s%s", (unsigned long long)client->id, peer,
              dns_rcode_text(a->rcode, rcode), a->len, a->failure != FAIL_NONE ? ": " : "",
              a->failure != FAIL_NONE ? failure_row(a->failure)->text : "", a->detail != NULL ? ": " : "",
              a->detail != NULL ? a->detail : "");
}

/* It failed, or took long: somebody may want to know why. */
static void remember(struct witness *w, const struct client *client, const struct action *a, struct now now)
{
    struct recalled answer = {.at_s = now.wall_s,
                              .took_us = now.mono_us - a->since_us,
                              .tcp = client->kind == CLIENT_TCP,
                              .rcode = a->rcode,
                              .failure = a->failure};
    if (!recall_wants(a->failure, answer.took_us)) {
        return;
    }
    if (client_is_remote(client)) {
        answer.client = client->peer;
    }
    answer.name = a->name;
    answer.type = a->type;
    recall_keep(&w->recall, recalled_new(&answer, a->detail, a->journal));
}

static void show_resolved(const struct witness *w, const struct client *client, const struct action *a, struct now now)
{
    if (w->watch != NULL) {
        sight_miss(w->watch, client, a, now);
    }
    if (w->written != NULL) {
        sight_miss(w->written, client, a, now);
    }
    if (w->collector != NULL) {
        struct tap_about response = about(w, true, now.mono_us - a->since_us);
        tap(&response, w, client, a->wire, a->len);
    }
}

void witness_answer(struct witness *w, const struct client *client, const struct action *a, struct now now)
{
    log_answer(w, client, a);
    if (a->kind == ACT_DROP) {
        return;
    }
    if (client->kind != CLIENT_KEEPER) {
        remember(w, client, a, now);
    }
    if (w->any && client_is_remote(client)) {
        show_resolved(w, client, a, now);
    }
}
