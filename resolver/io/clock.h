/*
 * clock.h - the one place that reads the clocks
 *
 * Everything else gets a struct now as an argument. Both clocks are read through the C library (a test may stand in for
 * it), and never their coarse kinds, whose steps of milliseconds would show in round-trip times.
 */
#ifndef RAIZ_IO_CLOCK_H
#define RAIZ_IO_CLOCK_H

#include "dns/now.h"

struct now clock_now(void);
uint64_t clock_mono_us(void); /* the half of it that tells how long something took */

#endif
