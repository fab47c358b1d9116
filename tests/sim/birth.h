/*
 * birth.h - records that tell when they were learnt
 *
 * Addresses in some nets stand for the moment at which the reply that brought them arrived: their last three octets are
 * written anew in each reply, as tenths of seconds since the world began. So an answer shows how old its data are,
 * whatever the resolver says, and how long they may still be given. Such records are in zones that are not signed.
 *
 * Threads: pure.
 */
#ifndef RAIZ_SIM_BIRTH_H
#define RAIZ_SIM_BIRTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/rrset.h"

#define BIRTH_NET_FIRST 10 /* 10.0.0.0/8 to 20.0.0.0/8: a zone's own number tells the records of a set apart */
#define BIRTH_NET_LAST  20
#define BIRTH_US        100000

/* In each address of such a net in the reply's answer. A reply that is no message stays as it is. */
void birth_write(uint8_t *reply, size_t n, uint64_t since_us);
/* false: the record does not tell. */
bool birth_read(uint16_t type, struct rdata_ref rdata, uint64_t *since_us);
/* The same record, whenever it was learnt. */
bool birth_equal(uint16_t type, struct rdata_ref a, struct rdata_ref b);

#endif
