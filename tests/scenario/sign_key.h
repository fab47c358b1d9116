/*
 * sign_key.h - the keys of a scenario's zones, and what they sign
 */
#ifndef RAIZ_SCENARIO_SIGN_KEY_H
#define RAIZ_SCENARIO_SIGN_KEY_H

#include "sign.h"

#define SIGN_RDATA_MAX 4096

_Noreturn void sign_give_up(const char *what);
/* The DNSKEY of a zone; returns its length. */
uint16_t sign_key_dnskey(struct dname zone, const struct signing *how, uint8_t out[SIGN_RDATA_MAX]);
/* A DNSKEY with that tag: a key that could have signed (KeyTrap); returns its length. */
uint16_t sign_key_twin(uint8_t algorithm, uint16_t tag, unsigned number, uint8_t out[SIGN_RDATA_MAX]);
/* The same, but no key: no point of the curve, an even modulus, or too short. */
uint16_t sign_key_husk(uint8_t algorithm, uint16_t tag, unsigned number, uint8_t out[SIGN_RDATA_MAX]);
/* A signature; returns its length. */
size_t sign_key_sign(struct dname zone, const struct signing *how, const uint8_t *data, size_t n,
                     uint8_t out[SIGN_RDATA_MAX]);

#endif
