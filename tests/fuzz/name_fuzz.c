/*
 * name_fuzz.c - names, against a second reading of RFC 1035
 *
 * Input: two octets of offset, then a message. The reference decoder below follows pointers anywhere, with a set of the
 * offsets that it has visited, and notes what raiz forbids beyond RFC 1035: pointers that do not aim backwards, or into
 * the header, or too many. Both must agree on every input, and names must survive text. The input is read as text, too.
 */
#include "dns/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                                                                \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition), __builtin_trap()))

struct reference {
    bool whole;    /* a name by RFC 1035 */
    bool strict;   /* and its pointers are as name.h wants them */
    unsigned hops; /* labels and pointers */
    size_t len, after;
    unsigned labels;
    uint8_t wire[DNAME_MAX];
};

static struct reference decode(const uint8_t *msg, size_t n, size_t at)
{
    static bool visited[DNS_MSG_MAX];
    struct reference ref = {.strict = true};
    size_t lowest = at;
    unsigned pointers = 0;
    memset(visited, 0, n);
    while (at < n && !visited[at]) {
        visited[at] = true;
        ref.hops++;
        unsigned c = msg[at];
        if (c >= 192) {
            if (at + 1 >= n) {
                return ref;
            }
            size_t target = (c - 192) * 256 + msg[at + 1];
            ref.after = pointers == 0 ? at + 2 : ref.after;
            pointers++;
            ref.strict = ref.strict && target < lowest && target >= DNS_HEADER_SIZE && pointers <= DNAME_POINTERS_MAX;
            lowest = target;
            at = target;
            continue;
        }
        if (c > 63 || at + c >= n || ref.len + c + 1 + (c != 0) > DNAME_MAX) {
            return ref;
        }
        memcpy(ref.wire + ref.len, msg + at, c + 1);
        ref.len += c + 1;
        at += c + 1;
        if (c == 0) {
            ref.after = pointers == 0 ? at : ref.after;
            ref.whole = true;
            return ref;
        }
        ref.labels++;
    }
    return ref;
}

static void survives_text(struct dname name)
{
    char text[DNAME_TEXT_MAX];
    struct dname_buf back;
    size_t len = dname_print(name, text);
    MUST(len < sizeof text && strlen(text) == len);
    MUST(dname_scan(text, len, NULL, &back) == DNS_OK);
    MUST(dname_same_case(name, dname_of(&back)) && back.labels == name.labels);
}

static void relations(struct dname name)
{
    struct dname_buf low;
    dname_lower(name, &low);
    MUST(dname_equal(name, dname_of(&low)) && dname_compare(name, dname_of(&low)) == 0);
    MUST(dname_common(name, dname_of(&low)) == name.labels);
    unsigned steps = 0;
    for (struct dname n = name; !dname_is_root(n); n = dname_parent(n), steps++) {
        MUST(dname_under(name, n) && dname_below(name, n) == (steps > 0));
        MUST(dname_same_case(n, dname_suffix(name, name.labels - steps)));
        MUST(dname_compare(dname_parent(n), n) < 0);
    }
    MUST(steps == name.labels);
}

static void as_message(const uint8_t *msg, size_t n, size_t at)
{
    struct reference ref = decode(msg, n, at);
    struct name_work work = name_work_of(n);
    struct reader r = {.base = msg, .pos = at, .end = n};
    struct dname_buf name;
    enum dns_err err = dname_unpack(&r, &work, &name);
    bool affordable = ref.hops <= n * DNS_HOPS_PER_BYTE;
    MUST((err == DNS_OK) == (ref.whole && ref.strict && affordable));
    MUST(r.failed == (err != DNS_OK));

    struct name_work skip_work = name_work_of(n);
    struct reader skip = {.base = msg, .pos = at, .end = n};
    MUST(dname_unpack(&skip, &skip_work, NULL) == err && skip_work.hops_left == work.hops_left);
    if (err != DNS_OK) {
        return;
    }
    MUST(name.len == ref.len && name.labels == ref.labels && memcmp(name.wire, ref.wire, ref.len) == 0);
    MUST(r.pos == ref.after && skip.pos == ref.after);
    MUST(n * DNS_HOPS_PER_BYTE - work.hops_left == ref.hops);
    survives_text(dname_of(&name));
    relations(dname_of(&name));

    struct reader plain = {.base = msg, .pos = at, .end = n};
    struct dname view;
    bool pointers = ref.after != at + ref.len;
    MUST((dname_read_plain(&plain, &view) == DNS_OK) == !pointers);
    MUST(pointers || dname_same_case(view, dname_of(&name)));
}

static void as_text(const uint8_t *text, size_t n)
{
    struct dname_buf name, completed;
    struct dname root = dname_root();
    enum dns_err err = dname_scan((const char *)text, n, NULL, &name);
    MUST(err == DNS_OK || err == DNS_E_SYNTAX || err == DNS_E_NAME);
    bool at_sign = n == 1 && text[0] == '@';
    MUST(at_sign || dname_scan((const char *)text, n, &root, &completed) == err);
    if (err == DNS_OK) {
        survives_text(dname_of(&name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size - 2 > DNS_MSG_MAX) {
        return 0;
    }
    size_t n = size - 2;
    uint8_t *copy = malloc(n != 0 ? n : 1); /* of its exact size */
    memcpy(copy, data + 2, n);
    size_t at = (size_t)(data[0] << 8 | data[1]);
    if (at <= n) {
        as_message(copy, n, at);
    }
    as_text(copy, n);
    free(copy);
    return 0;
}
