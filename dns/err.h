/*
 * err.h - why a codec said no
 *
 * One of the two error enums of raiz (the other, enum failure of the engine, says why a resolution failed). Codecs
 * return DNS_OK or one of these; text for logs comes from dns_err_text().
 */
#ifndef RAIZ_DNS_ERR_H
#define RAIZ_DNS_ERR_H

#define DNS_ERRS(X)                                                                                                    \
    X(OK, "no error")                                                                                                  \
    X(TRUNCATED, "data ends early")                                                                                    \
    X(MALFORMED, "not well-formed")                                                                                    \
    X(NAME, "bad name")                                                                                                \
    X(POINTER, "bad compression pointer")                                                                              \
    X(COUNT, "counts exceed the message")                                                                              \
    X(TRAILING, "bytes after the end")                                                                                 \
    X(RDATA, "rdata does not fit its type")                                                                            \
    X(SECTION, "record not allowed in its section")                                                                    \
    X(EDNS, "malformed EDNS")                                                                                          \
    X(NO_SPACE, "no space left")                                                                                       \
    X(LIMIT, "limit exceeded")                                                                                         \
    X(NO_MEMORY, "out of memory")                                                                                      \
    X(SYNTAX, "text not understood")                                                                                   \
    X(RANGE, "number out of range")

enum dns_err {
#define X(name, text) DNS_E_##name,
    DNS_ERRS(X)
#undef X
};
#define DNS_OK DNS_E_OK

const char *dns_err_text(enum dns_err err);

#endif
