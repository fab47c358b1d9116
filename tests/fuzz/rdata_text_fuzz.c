/*
 * rdata_text_fuzz.c - text of every type of record: what is taken prints, and what is printed is taken
 *
 * Input: which type, as in rdata_fuzz.c, then the words. Errors must be one printable line and name a word there is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_error(enum dns_err err, const struct scan_error *error, size_t size)
{
    size_t n = strlen(error->message);
    check(err == error->err && n > 0 && n < sizeof error->message, "no message");
    check(error->token <= size, "no such word");
    for (size_t i = 0; i < n; i++) {
        check(error->message[i] >= 0x20 && error->message[i] <= 0x7e, "message is not one printable line");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t rdata[65536], back[65536];
    static char text[65535 * 5 + 1024], text2[sizeof text];
    size_t count;
    const struct rdata_type *types = rdata_types(&count);
    if (size < 1) {
        return 0;
    }
    uint16_t type = data[0] < count ? types[data[0]].code : (uint16_t)(65280 + data[0]);
    struct writer w = writer_of(rdata, sizeof rdata), w2 = writer_of(back, sizeof back);
    struct scan_error error;
    enum dns_err err = rdata_scan_line(type, (const char *)data + 1, size - 1, dname_root(), &w, &error);
    if (err != DNS_OK) {
        check(w.pos == 0, "something is left of bad text");
        check_error(err, &error, size);
        return 0;
    }
    check(w.pos <= UINT16_MAX && rdata_check(type, rdata, (uint16_t)w.pos) == DNS_OK, "rdata does not fit its type");
    struct text t = text_of(text, sizeof text), t2 = text_of(text2, sizeof text2);
    rdata_print(type, rdata, (uint16_t)w.pos, &t);
    check(!t.cut, "text cut");
    check(rdata_scan_line(type, text, t.len, dname_root(), &w2, &error) == DNS_OK, "what is printed is not taken");
    check(w2.pos == w.pos && memcmp(back, rdata, w.pos) == 0, "what is printed is something else");
    rdata_print(type, back, (uint16_t)w2.pos, &t2);
    check(t2.len == t.len && memcmp(text, text2, t.len) == 0, "text is no fixed point");
    return 0;
}
