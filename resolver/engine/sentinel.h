/*
 * sentinel.h - telling users which root keys are trusted here (RFC 8509)
 *
 * A question for the address of root-key-sentinel-is-ta-NNNNN.EXAMPLE fails unless the root key with this tag is
 * trusted, and one for root-key-sentinel-not-ta-NNNNN.EXAMPLE fails if it is, where the answer would otherwise have
 * been secure. Pure.
 */
#ifndef RAIZ_ENGINE_SENTINEL_H
#define RAIZ_ENGINE_SENTINEL_H

#include "resolver/engine/respond.h"

/* Is the outcome, which is secure, to be withheld from this question? */
bool sentinel_fails(const struct request *request, const struct engine_settings *set);

#endif
