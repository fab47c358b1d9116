/*
 * rdata_fuzz.c - rdata of every type, from the wire to text and back
 *
 * Input: which type (line of the table, or past its end an unknown one), where in the message the rdata begins, then
 * the message behind its header. Whatever is taken must come back the same from its text, from its \# form and from a
 * second reading; its canonical form must be one; and reading must say the same whether or not a copy is wanted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX (65535 * 5 + 1024)

static void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void check_scan(uint16_t type, const char *text, size_t len, const uint8_t *rdata, uint16_t n)
{
    static uint8_t back[65536];
    struct writer w = writer_of(back, sizeof back);
    struct scan_error error;
    enum dns_err err = rdata_scan_line(type, text, len, dname_root(), &w, &error);
    if (err != DNS_OK) {
        fprintf(stderr, "%u %.1000s: %s\n", type, text, error.message);
    }
    check(err == DNS_OK && w.pos == n && memcmp(back, rdata, n) == 0, "the text does not scan to the same octets");
}

static void check_text(uint16_t type, const uint8_t *rdata, uint16_t n)
{
    static char text[TEXT_MAX];
    struct text t = text_of(text, sizeof text);
    rdata_print(type, rdata, n, &t);
    check(!t.cut && strlen(text) == t.len, "text cut");
    for (size_t i = 0; i < t.len; i++) {
        check(text[i] >= 0x20 && text[i] <= 0x7e, "text is not one printable line");
    }
    check_scan(type, text, t.len, rdata, n);
    t = text_of(text, sizeof text);
    text_addf(&t, "\\# %u ", n);
    for (size_t i = 0; i < n; i++) {
        text_addf(&t, "%02x", rdata[i]);
    }
    check_scan(type, text, t.len, rdata, n);
}

static void check_canonical(uint16_t type, const uint8_t *rdata, uint16_t n)
{
    static uint8_t once[65535], twice[65535];
    struct writer a = writer_of(once, sizeof once), b = writer_of(twice, sizeof twice);
    check(rdata_canonical(type, rdata, n, &a) == DNS_OK && a.pos == n, "canonical form has another length");
    check(rdata_canonical(type, once, n, &b) == DNS_OK && memcmp(once, twice, n) == 0, "canonical form not idempotent");
    check(rdata_check(type, once, n) == DNS_OK, "canonical form does not fit the type");
    check(rdata_equal(type, rdata, n, once, n) && rdata_equal(type, once, n, rdata, n),
          "not equal to its canonical form");
}

static void check_walk(uint16_t type, const uint8_t *rdata, uint16_t n)
{
    struct rdata_walk walk = rdata_walk_of(type, rdata, n);
    struct rdata_piece piece;
    struct dname target;
    size_t at = 0;
    bool named = false;
    while (rdata_next(&walk, &piece)) {
        check(piece.data == rdata + at && piece.len > 0 && at + piece.len <= n, "pieces are not in a row");
        named = named || piece.field != F_OPAQUE;
        at += piece.len;
    }
    check(at == n, "pieces do not cover the rdata");
    check(rdata_target(type, rdata, n, &target) == named, "target differs from the pieces");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[65535], plain[65535];
    size_t count;
    const struct rdata_type *types = rdata_types(&count);
    if (size < 2 || size - 2 + 12 > sizeof message) {
        return 0;
    }
    uint16_t type = data[0] < count ? types[data[0]].code : (uint16_t)(65280 + data[0]);
    size_t n = size - 2, start = 12 + (n != 0 ? data[1] % n : 0), end = 12 + n;
    memcpy(message + 12, data + 2, n);

    struct reader r = reader_of(message, end), again = r;
    r.pos = again.pos = start;
    struct name_work work = name_work_of(end), work2 = work;
    struct writer w = writer_of(plain, sizeof plain);
    enum dns_err err = rdata_unpack(type, &r, (uint16_t)(end - start), &work, &w);
    check(rdata_unpack(type, &again, (uint16_t)(end - start), &work2, NULL) == err, "result depends on the copy");
    if (err != DNS_OK) {
        check(w.pos == 0 && r.pos == start, "something is left of bad rdata");
        struct text t = text_of((char *)plain, sizeof plain);
        rdata_print(type, message + start, (uint16_t)(end - start), &t); /* whatever: it must print */
        return 0;
    }
    check(r.pos == end && again.pos == end, "reader not behind the rdata");
    uint16_t len = (uint16_t)w.pos;
    check(rdata_check(type, plain, len) == DNS_OK, "plain form does not fit the type");
    check_text(type, plain, len);
    check_canonical(type, plain, len);
    check_walk(type, plain, len);
    return 0;
}
