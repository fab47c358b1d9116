/*
 * cost.h - what a query has cost
 *
 * An estimate, in microseconds of one core, from what its budget counts: questions sent, connections opened, octets
 * received, signature checks by what their algorithm costs, names hashed. The work is counted and not timed, so that
 * the same events give the same figure on any machine, however busy it is. The prices were measured
 * (docs/performance.md).
 *
 * Who began a resolution pays for it; who joins it later pays for what was spent after the last one was answered.
 */
#ifndef RAIZ_ENGINE_COST_H
#define RAIZ_ENGINE_COST_H

#include "resolver/engine/job.h"

#define COST_QUERY_US   10
#define COST_SEND_US    40 /* a socket, its port, a datagram out and one in */
#define COST_CONNECT_US 60
#define COST_OCTETS     128 /* received for one microsecond */
#define COST_CHECK_US   20  /* one unit of dnssec/work.h: a check of RSA-2048 */
#define COST_NAME_US    7   /* hashed 50 times for NSEC3 */

uint32_t cost_us(const struct budget *b);
/* What has not been charged yet; from now on it has. */
uint32_t cost_charge(struct budget *b);

#endif
