/*
 * alloc.h - an allocator that fails on purpose (X15)
 *
 * While armed, allocations are counted, and one of them fails. Not under a sanitizer, which has an allocator of its
 * own.
 */
#ifndef RAIZ_SCENARIO_ALLOC_H
#define RAIZ_SCENARIO_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

bool alloc_can_fail(void);           /* false: built with a sanitizer */
void alloc_fail_at(unsigned long n); /* the n-th allocation made while armed, from 1; 0: none */
bool alloc_has_failed(void);         /* since alloc_fail_at */
void alloc_arm(bool on);
size_t alloc_live(void); /* octets that all threads have and have not freed, armed or not; 0 with a sanitizer */

#endif
