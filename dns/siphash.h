/*
 * siphash.h - keyed hash for every table that a stranger can choose keys of
 *
 * SipHash-c-d of Aumasson and Bernstein (2012). Tables use SipHash-1-3 with a key drawn at start (T98: flooding one
 * bucket needs the key); the seeded generator uses 2-4.
 */
#ifndef RAIZ_DNS_SIPHASH_H
#define RAIZ_DNS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash13(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n);
/* The hash of the data with its ASCII letters in lower case. */
uint64_t siphash13_folded(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n);
uint64_t siphash24(const uint8_t key[static SIPHASH_KEY_SIZE], const void *data, size_t n);

#endif
