/*
 * metrics.h - the figures in the text format of Prometheus and OpenMetrics
 *
 * Cumulative counters in base units, from the counters that the workers keep anyway: reading them changes nothing and
 * stops nobody. Labels are bounded: no name and no address of a client is ever one.
 */
#ifndef RAIZ_CONTROL_METRICS_H
#define RAIZ_CONTROL_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "resolver/control/control.h"

#define METRICS_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_PROMETHEUS  "text/plain; version=0.0.4; charset=utf-8"

/* malloc'ed; NULL: out of memory. */
char *metrics_text(const struct control *c, bool openmetrics, size_t *n);

#endif
