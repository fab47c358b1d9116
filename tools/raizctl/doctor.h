/*
 * doctor.h - what is looked at, and how it is told
 *
 * A line for each thing: good, worth a look, or bad, and then what mends it. Each check stands alone; what hides
 * another (no route hides that TCP is blocked) makes that one silent.
 */
#ifndef RAIZ_RAIZCTL_DOCTOR_H
#define RAIZ_RAIZCTL_DOCTOR_H

#include "resolver/config/world.h"
#include "tools/raizctl/raizctl.h"

enum health { HEALTH_GOOD, HEALTH_DOUBTFUL, HEALTH_BAD };

struct doctor {
    struct ctl *ctl;
    const struct world *world; /* of the configuration */
    unsigned bad;
    bool running; /* raizd answers on its socket */
};

/* `remedy` NULL: none is needed. */
void doctor_tell(struct doctor *d, const char *check, enum health health, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void doctor_daemon(struct doctor *d);  /* does it run, who holds its ports */
void doctor_host(struct doctor *d);    /* resolv.conf, buffers */
void doctor_network(struct doctor *d); /* routes, EDNS, TCP, the clock: asks root servers */

#endif
