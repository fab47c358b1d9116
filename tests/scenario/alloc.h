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
/* While on, allocations made while armed are told apart by who asked; then the number of the first one of each kind, in
 * order: the next after n, 0 at the end. */
void alloc_survey(bool on);
unsigned long alloc_next_kind(unsigned long n);
unsigned long alloc_surveyed(void); /* allocations in all */
#define ALLOC_SLACK 4096            /* what the C library may keep for itself */
void alloc_arm(bool on);
size_t alloc_live(void); /* octets that all threads have and have not freed, armed or not; 0 with a sanitizer */

#endif
