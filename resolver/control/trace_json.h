/*
 * trace_json.h - the events of a resolution, and its answer, as objects
 *
 *     {"event": "receive", "text": "is answered", "depth": 0, "at_us": 11800, "name": "br.", "type": "A", "zone": ".",
 *      "server": "198.41.0.4", "server_name": "a.root-servers.net.", "transport": "udp", "rtt_us": 11790,
 *      "bytes": 512, "rcode": "NOERROR", "why": "referral"}
 */
#ifndef RAIZ_CONTROL_TRACE_JSON_H
#define RAIZ_CONTROL_TRACE_JSON_H

#include <jansson.h>

#include "dns/msg.h"
#include "resolver/control/control.h"
#include "resolver/engine/journal.h"

json_t *trace_event_json(const struct control *c, const struct journal_event *e, uint64_t begun_us);
/* What `why` of an event means, by its kind; NULL: nothing. */
const char *trace_event_why(const struct journal_event *e);
/* {"rcode": "NOERROR", "flags": "qr rd ra", "answer": ["www.example. 300 IN A 192.0.2.1"], "authority": [...],
 *  "ede": 22, "ede_name": "No Reachable Authority", "ede_text": "..."} */
json_t *trace_answer_json(const struct control *c, const struct dns_msg *m);

#endif
