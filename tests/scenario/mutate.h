/*
 * mutate.h - a reply with one thing changed
 *
 * What a liar between a server and a validator can do to a genuine reply, one thing at a time: each flag and rcode;
 * each record's owner, type, class, TTL and section, its absence, its doubling; each field of its data, to values that
 * mean something (a bitmap with another type, a signature that ended, the zone above as signer), and octets of keys,
 * digests and signatures; the same for whole sets with their signatures. Or he replays what the zone said when
 * something else was asked. The question is left as it is, and so is the id: a reply to another question is none, which
 * other tests are about.
 *
 * Changes are numbered, always the same for the same message. Memory: static, so one thread.
 */
#ifndef RAIZ_SCENARIO_MUTATE_H
#define RAIZ_SCENARIO_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUTATE_TEXT_MAX 400

/* How many changes there are of this message. */
unsigned mutate_count(const uint8_t *data, size_t len);
/* Makes change `number` of the message, which has room for 65535 octets; `what` says which. False: there are not so
 * many, and nothing is changed. */
bool mutate(uint8_t *data, size_t *len, unsigned number, char what[MUTATE_TEXT_MAX]);

/* The reply to another question in the place of this one; `renamed`: and its records at that question's name stand at
 * this one's, as if they had come of a wildcard. */
void mutate_replay(uint8_t *data, size_t *len, const uint8_t *other, size_t other_len, bool renamed);

#endif
