/*
 * types.h - the numbers of the protocol by name
 *
 * RR types, classes, rcodes, opcodes, extended errors and EDNS options, each list once (types.def); the text in logs,
 * zone files, metrics and tests comes from the same list.
 */
#ifndef RAIZ_DNS_TYPES_H
#define RAIZ_DNS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type {
#define RR_TYPE(name, code) DNS_TYPE_##name = code,
#include "dns/types.def"
};
enum dns_class {
#define RR_CLASS(name, code) DNS_CLASS_##name = code,
#include "dns/types.def"
};
enum dns_rcode {
#define RCODE(name, code) DNS_RCODE_##name = code,
#include "dns/types.def"
};
enum dns_opcode {
#define OPCODE(name, code) DNS_OPCODE_##name = code,
#include "dns/types.def"
};
enum dns_ede { /* RFC 8914 */
    DNS_EDE_NONE = -1,
#define EDE(name, code, text) DNS_EDE_##name = code,
#include "dns/types.def"
};
enum edns_option {
#define EDNS_OPTION(name, code) EDNS_OPT_##name = code,
#include "dns/types.def"
};

#define DNS_TYPE_TEXT_MAX 16 /* "NSEC3PARAM", "TYPE65535", with NUL */

/* Mnemonic, or TYPE123 / CLASS123 (RFC 3597 section 5) / RCODE123 written to buf; never NULL. */
const char *dns_type_text(uint16_t type, char buf[static DNS_TYPE_TEXT_MAX]);
const char *dns_class_text(uint16_t rclass, char buf[static DNS_TYPE_TEXT_MAX]);
const char *dns_rcode_text(uint16_t rcode, char buf[static DNS_TYPE_TEXT_MAX]);
const char *dns_opcode_text(uint8_t opcode, char buf[static DNS_TYPE_TEXT_MAX]);
const char *dns_ede_text(int ede); /* "Stale Answer"; "Other Error" for unknown codes */
/* Case-insensitive; also TYPE123 and CLASS123. text need not be NUL-terminated. */
bool dns_type_scan(const char *text, size_t n, uint16_t *out);
bool dns_class_scan(const char *text, size_t n, uint16_t *out);
bool dns_rcode_scan(const char *text, size_t n, uint16_t *out);

/* QTYPEs and meta types that cannot be the type of data: 0, OPT, 128..255, TKEY, TSIG, IXFR, AXFR, MAILA, MAILB, ANY
 * (RFC 6895 section 3.1). Such a record in a section other than its own is malformed (T24). */
bool dns_type_is_meta(uint16_t type);

#endif
