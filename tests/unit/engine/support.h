/*
 * support.h - what the tests of the engine's pure parts share: questions, replies and RRsets from text
 *
 * A reply is written as its flags and rcode, then one record a line behind its section:
 *
 *     "AA NXDOMAIN\n"
 *     "ns example.com. 300 SOA ns1 host 1 2 3 4 60"
 *
 * Names are absolute or relative to the root. It is built with compression and parsed again, so that what is tested
 * sees what a server would send.
 */
#ifndef RAIZ_TESTS_UNIT_ENGINE_SUPPORT_H
#define RAIZ_TESTS_UNIT_ENGINE_SUPPORT_H

#include "dns/arena.h"
#include "dns/build.h"
#include "dns/msg.h"
#include "dns/name.h"
#include "dns/rrset.h"
#include "dns/text.h"
#include "dns/types.h"
#include "resolver/engine/ask.h"
#include "names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One question and the reply to it. */
struct scene {
    struct arena arena;
    struct ask ask;
    struct dns_msg msg;
    uint8_t wire[DNS_MSG_MAX];
    size_t len;
};

static inline void scene_begin(struct scene *s)
{
    arena_init(&s->arena, NULL, 0, 16u << 20);
}

static inline void scene_end(struct scene *s)
{
    arena_release(&s->arena);
}

static inline void scene_ask(struct scene *s, const char *qname, const char *qtype, const char *zone)
{
    s->ask = (struct ask){.qtype = type_in(qtype), .id = 0x1234, .edns_size = 1232};
    name_in(qname, &s->ask.qname);
    s->ask.zone_labels = NAME(zone).labels;
}

/* One word of a line; returns what follows it. */
static inline const char *word_in(const char *line, char *out, size_t cap)
{
    size_t n = strcspn(line, " \n");
    assert_true(n < cap);
    memcpy(out, line, n);
    out[n] = '\0';
    line += n;
    return line + strspn(line, " ");
}

struct reply_head {
    uint16_t flags, rcode;
    bool edns, no_question;
};

static inline const char *reply_head(const char *spec, struct reply_head *h)
{
    static const struct {
        const char *word;
        uint16_t flag;
    } flags[] = {
        {"AA", DNS_FLAG_AA}, {"TC", DNS_FLAG_TC}, {"RD", DNS_FLAG_RD}, {"RA", DNS_FLAG_RA}, {"AD", DNS_FLAG_AD},
    };
    *h = (struct reply_head){.flags = DNS_FLAG_QR};
    while (*spec != '\0' && *spec != '\n') {
        char word[32];
        uint16_t rcode;
        spec = word_in(spec, word, sizeof word);
        bool known = false;
        for (size_t i = 0; i < ROWS(flags); i++) {
            if (strcmp(word, flags[i].word) == 0) {
                h->flags |= flags[i].flag;
                known = true;
            }
        }
        if (strcmp(word, "EDNS") == 0) {
            h->edns = known = true;
        } else if (strcmp(word, "NOQUESTION") == 0) {
            h->no_question = known = true;
        } else if (!known) {
            assert_true(dns_rcode_scan(word, strlen(word), &rcode));
            h->rcode = rcode;
        }
    }
    return *spec == '\n' ? spec + 1 : spec;
}

/* "an www.example.com. 300 A 192.0.2.1" into the message. */
static inline void reply_record(struct build *b, const char *line, size_t n)
{
    static const struct {
        const char *word;
        enum dns_section section;
    } sections[] = {{"an", DNS_ANSWER}, {"ns", DNS_AUTHORITY}, {"ar", DNS_ADDITIONAL}};
    const char *end = line + n;
    char word[DNAME_TEXT_MAX], type_text[32];
    uint8_t rdata[4096];
    struct writer w = writer_of(rdata, sizeof rdata);
    struct scan_error error;
    struct dname_buf owner;
    uint32_t ttl_s;
    uint16_t rclass = DNS_CLASS_IN;

    line = word_in(line, word, sizeof word);
    enum dns_section section = DNS_ADDITIONAL;
    for (size_t i = 0; i < ROWS(sections); i++) {
        section = strcmp(word, sections[i].word) == 0 ? sections[i].section : section;
    }
    line = word_in(line, word, sizeof word);
    name_in(word, &owner);
    line = word_in(line, word, sizeof word);
    assert_int_equal(ttl_scan(word, strlen(word), &ttl_s), DNS_OK);
    line = word_in(line, type_text, sizeof type_text);
    if (strcmp(type_text, "CH") == 0) {
        rclass = DNS_CLASS_CH;
        line = word_in(line, type_text, sizeof type_text);
    }
    uint16_t type = type_in(type_text);
    enum dns_err err = rdata_scan_line(type, line, (size_t)(end - line), dname_root(), &w, &error);
    if (err != DNS_OK) {
        fail_msg("%.*s: %s", (int)(end - line), line, error.message);
    }
    assert_true(build_rr(b, section, dname_of(&owner), type, rclass, ttl_s, rdata, (uint16_t)w.pos));
}

/* Builds the reply to s->ask and parses it. */
static inline void scene_reply(struct scene *s, const char *spec)
{
    struct build b;
    struct reply_head h;
    const char *line = reply_head(spec, &h);
    struct edns_out opt = {.udp_size = 1232, .ede = DNS_EDE_NONE, .ext_rcode = (uint8_t)(h.rcode >> 4)};

    build_init(&b, s->wire, sizeof s->wire, s->ask.id, (uint16_t)(h.flags | (h.rcode & 0xf)), 11);
    if (!h.no_question) {
        assert_true(build_question(&b, dname_of(&s->ask.qname), s->ask.qtype, DNS_CLASS_IN));
    }
    while (*line != '\0') {
        size_t n = strcspn(line, "\n");
        if (n > 0) {
            reply_record(&b, line, n);
        }
        line += n + (line[n] == '\n');
    }
    s->len = build_finish(&b, h.edns || h.rcode > 15 ? &opt : NULL);
    assert_int_equal(dns_msg_parse(s->wire, s->len, &s->arena, &s->msg), DNS_OK);
}

/* "www.example.com. 300 A 192.0.2.1 192.0.2.2" and so on: one line for each record, as rr_print has it. */
static inline void print_set(struct text *t, const char *label, const struct rrset *set, uint32_t ttl_s)
{
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;

    while (rrset_next(&it, &rr)) {
        text_addf(t, "%s ", label);
        rr_print(rrset_owner(set), ttl_s, set->rclass, set->type, rr.data, rr.len, t);
        text_add(t, "\n");
    }
    it = rrset_sigs(set);
    while (rrset_next(&it, &rr)) {
        text_addf(t, "%s+sig\n", label);
    }
}

/* An RRset of lines "TTL TYPE rdata" at one owner. */
static inline struct rrset *set_in(struct arena *arena, const char *owner, uint32_t ttl_s, const char *type,
                                   const char *const *rdatas, unsigned count)
{
    uint8_t octets[2048];
    struct writer w = writer_of(octets, sizeof octets);
    struct rdata_ref rrs[16];
    struct scan_error error;
    struct rrset *set;

    assert_true(count <= ROWS(rrs));
    for (unsigned i = 0; i < count; i++) {
        size_t at = w.pos;
        assert_int_equal(rdata_scan_line(type_in(type), rdatas[i], strlen(rdatas[i]), dname_root(), &w, &error),
                         DNS_OK);
        rrs[i] = (struct rdata_ref){.data = octets + at, .len = (uint16_t)(w.pos - at)};
    }
    assert_int_equal(rrset_make(NAME(owner), type_in(type), ttl_s, rrs, (uint16_t)count, arena, &set), DNS_OK);
    return set;
}

static inline struct rrset *one_in(struct arena *arena, const char *owner, uint32_t ttl_s, const char *type,
                                   const char *rdata)
{
    return set_in(arena, owner, ttl_s, type, &rdata, 1);
}

#endif
