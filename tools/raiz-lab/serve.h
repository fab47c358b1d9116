/*
 * serve.h - the lab's sockets
 *
 * One libuv loop serves every address over UDP and TCP. An answer that must wait is kept with a timer of its own; TCP
 * connections carry any number of questions (RFC 7766) and are closed when idle.
 *
 * Life: host_new -> host_listen -> uv_run -> host_free (closes all and runs the loop until they are).
 */
#ifndef RAIZ_LAB_SERVE_H
#define RAIZ_LAB_SERVE_H

#include <uv.h>

#include "tools/raiz-lab/record.h"

struct host;

struct host *host_new(uv_loop_t *loop, struct lab *lab, const struct record *record, struct rng *rng);
/* Binds all addresses. `pass_over_ip6`: IPv6 addresses that this host does not have are reported and left out. */
bool host_listen(struct host *h, bool pass_over_ip6, lab_report *report, void *arg);
void host_free(struct host *h);

#endif
