/*
 * usage.h - what this process uses of the machine
 */
#ifndef RAIZ_IO_USAGE_H
#define RAIZ_IO_USAGE_H

#include <stdint.h>

uint64_t usage_resident_bytes(void); /* 0: the system does not say */
uint64_t usage_cpu_ms(void);         /* of all threads */

#endif
