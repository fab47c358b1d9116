/*
 * lab_net.h - the servers and signed zones of a lab (tools/lab), in a scenario
 *
 * They answer as raiz-lab would (tools/raiz-lab/respond.h), without its sockets. A lab is read and signed once for all
 * scenarios of a run: its keys come from chance.
 */
#ifndef RAIZ_SCENARIO_LAB_NET_H
#define RAIZ_SCENARIO_LAB_NET_H

#include "authority.h"
#include "dns/delegation.h"

struct lab_net;
struct anchors;

/* Ends the program when the lab is faulty. */
struct lab_net *lab_net_open(const char *dir, int64_t wall_s);
void lab_net_release(void);

/* False: none of its servers has this address. */
bool lab_net_react(const struct lab_net *l, const struct addr *to, const uint8_t *query, size_t n, bool tcp,
                   struct rng *rng, struct reaction *out);
void lab_net_hints(const struct lab_net *l, struct delegation_builder *b);
bool lab_net_anchor(const struct lab_net *l, struct anchors *a);

/* All that is worth asking: every type at every name and one that is not there, its DS, a name below it and one beside
 * it that are not there. */
struct lab_question {
    struct dname_buf name;
    uint16_t type;
};
const struct lab_question *lab_net_questions(struct lab_net *l, size_t *count);

#endif
