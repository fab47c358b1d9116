/*
 * expect.c - comparing answers with what the scenario expects
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rdata.h"
#include "dns/text.h"
#include "dns/types.h"

static bool failure_by_name(struct word w, enum failure *out)
{
    static const char *const names[] = {
#define FAIL(name, rcode, ede, tag, text) #name,
#include "resolver/engine/failure.def"
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (word_is(w, names[i])) {
            *out = (enum failure)i;
            return true;
        }
    }
    return false;
}

static void add_type(struct words *w, uint16_t list[4])
{
    unsigned at = 0;
    while (list[at] != 0 && at < 3) {
        at++;
    }
    list[at] = words_type(w);
}

static bool read_clause(struct words *w, struct expectation *e, unsigned *section)
{
    if (words_accept(w, "answer")) {
        *section = 0;
    } else if (words_accept(w, "authority")) {
        e->authority_given = true;
        *section = 1;
    } else if (words_accept(w, "additional")) {
        e->additional_given = true;
        *section = 2;
    } else if (words_accept(w, "any")) {
        e->any_answer = true;
    } else if (words_accept(w, "ede")) {
        e->ede = (int)words_number(w);
    } else if (words_accept(w, "ad")) {
        e->flags_set |= DNS_FLAG_AD;
    } else if (words_accept(w, "noad")) {
        e->flags_clear |= DNS_FLAG_AD;
    } else if (words_accept(w, "signed")) {
        e->sigs = 1;
    } else if (words_accept(w, "unsigned")) {
        e->sigs = 0;
    } else if (words_accept(w, "has")) {
        add_type(w, e->has);
    } else if (words_accept(w, "lacks")) {
        add_type(w, e->lacks);
    } else if (words_accept(w, "tc")) {
        e->flags_set |= DNS_FLAG_TC;
    } else if (words_accept(w, "notc")) {
        e->flags_clear |= DNS_FLAG_TC;
    } else if (words_accept(w, "within")) {
        e->within_us = words_time_us(w);
    } else if (words_accept(w, "not-before")) {
        e->not_before_us = words_time_us(w);
    } else if (words_accept(w, "answers")) {
        e->answers_given = true;
        e->answers = words_number(w);
    } else if (words_accept(w, "drops")) {
        e->drops_given = true;
        e->drops = words_number(w);
    } else {
        return false;
    }
    return true;
}

void expect_read(struct words *w, struct expectation *e)
{
    unsigned section = 0;
    struct word rcode = words_take(w, "an rcode");

    *e = (struct expectation){.ede = -1, .sigs = -1, .within_us = UINT64_MAX};
    if (word_is(rcode, "drop")) {
        e->drop = true;
    } else if (!dns_rcode_scan(rcode.text, rcode.len, &e->rcode)) {
        words_fail(w, "not an rcode: %.*s", (int)rcode.len, rcode.text);
    }
    if (!words_at_piece(w) && failure_by_name(words_peek(w), &e->failure)) {
        e->failure_given = true;
        w->at++;
    }
    while (words_more(w) && !word_is(words_peek(w), "sent") && !word_is(words_peek(w), "asked")) {
        if (!read_clause(w, e, &section)) {
            words_records(w, dname_root(), &e->section[section]);
        }
    }
}

void expect_free(struct expectation *e)
{
    for (unsigned i = 0; i < 3; i++) {
        records_free(&e->section[i]);
    }
}

static bool same_record(const struct dns_msg *m, unsigned i, const struct record *r)
{
    uint8_t rdata[65535];
    struct writer w = writer_of(rdata, sizeof rdata);
    const struct rr_ref *rr = &m->rr[i];

    return rr->type == r->type && rr->rclass == r->rclass && dns_msg_owner_is(m, i, dname_of(&r->owner)) &&
           (!r->has_ttl || rr->ttl_s == r->ttl_s) && dns_msg_rdata(m, i, &w) == DNS_OK &&
           rdata_equal(r->type, rdata, (uint16_t)w.pos, r->rdata, r->len);
}

static bool wants_sigs(const struct records *want)
{
    for (size_t i = 0; i < want->count; i++) {
        if (want->record[i].type == DNS_TYPE_RRSIG) {
            return true;
        }
    }
    return false;
}

/* Signatures have a clause of their own; they count here if some are expected by the letter. */
static bool same_section(const struct dns_msg *m, enum dns_section section, const struct records *want)
{
    unsigned begin = dns_msg_begin(m, section), end = dns_msg_end(m, section), got = 0;

    for (unsigned i = begin; i < end; i++) {
        got += m->rr[i].type != DNS_TYPE_OPT && (m->rr[i].type != DNS_TYPE_RRSIG || wants_sigs(want));
    }
    if (got != want->count) {
        return false;
    }
    for (size_t k = 0; k < want->count; k++) {
        bool found = false;
        for (unsigned i = begin; i < end && !found; i++) {
            found = same_record(m, i, &want->record[k]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static void got_instead(const struct dns_msg *m, const struct client *c)
{
    char buf[16384];
    struct text t = text_of(buf, sizeof buf);

    dns_msg_print(m, &t);
    fprintf(stderr, "got after %llu us, failure %s:\n%s\n", (unsigned long long)(c->answered_us - c->asked_us),
            failure_row(c->failure)->name, buf);
}

static bool section_has(const struct dns_msg *m, enum dns_section section, uint16_t type)
{
    for (unsigned i = dns_msg_begin(m, section); i < dns_msg_end(m, section); i++) {
        if (m->rr[i].type == type) {
            return true;
        }
    }
    return false;
}

static bool sigs_differ(const struct dns_msg *m, int want)
{
    bool got = section_has(m, DNS_ANSWER, DNS_TYPE_RRSIG) || section_has(m, DNS_AUTHORITY, DNS_TYPE_RRSIG);

    return want >= 0 && got != (want == 1);
}

static const char *difference(const struct dns_msg *m, const struct client *c, const struct expectation *e)
{
    if (dns_msg_rcode(m) != e->rcode) {
        return "another rcode";
    }
    if (e->failure_given && c->failure != e->failure) {
        return "another failure";
    }
    if (!e->any_answer && !same_section(m, DNS_ANSWER, &e->section[0])) {
        return "another answer section";
    }
    if (e->authority_given && !same_section(m, DNS_AUTHORITY, &e->section[1])) {
        return "another authority section";
    }
    if (e->additional_given && !same_section(m, DNS_ADDITIONAL, &e->section[2])) {
        return "another additional section";
    }
    if (sigs_differ(m, e->sigs)) {
        return e->sigs == 1 ? "no signatures" : "signatures";
    }
    for (unsigned i = 0; i < 4; i++) {
        if ((e->has[i] != 0 && !section_has(m, DNS_AUTHORITY, e->has[i])) ||
            (e->lacks[i] != 0 && section_has(m, DNS_AUTHORITY, e->lacks[i]))) {
            return "other types of authority";
        }
    }
    if (e->ede >= 0 && m->edns.ede != e->ede) {
        return "another extended error";
    }
    if ((m->flags & e->flags_set) != e->flags_set || (m->flags & e->flags_clear) != 0) {
        return "other flags";
    }
    return NULL;
}

void expect_client(const struct words *w, struct sim *s, const struct client *c, const struct expectation *e)
{
    struct dns_msg m;

    if (c->answers + c->drops == 0) {
        words_fail(w, "no answer yet");
    }
    uint64_t took = c->answered_us - c->asked_us;
    if (e->drop != (c->drops == 1)) {
        words_fail(w, c->drops == 1 ? "the query was dropped" : "the query was answered, not dropped");
    }
    if (e->drop) {
        return;
    }
    arena_clear(&s->check_arena);
    if (dns_msg_parse(c->wire, c->len, &s->check_arena, &m) != DNS_OK) {
        words_fail(w, "the answer is malformed");
    }
    const char *why = difference(&m, c, e);
    if (why == NULL && (took > e->within_us || took < e->not_before_us)) {
        why = "another time";
    }
    if (why != NULL) {
        got_instead(&m, c);
        words_fail(w, "expected something else: %s", why);
    }
}

void expect_journal(struct words *w, const struct sim *s)
{
    const char *journal = s->client_count > 0 ? s->clients[s->client_count - 1].journal : NULL;
    const char *at = journal;

    if (journal == NULL) {
        words_fail(w, "the last query was not traced");
    }
    while (words_more(w)) {
        char line[512] = "\n";
        size_t len = 1;
        do {
            struct word word = words_take(w, "an event");
            len +=
                (size_t)snprintf(line + len, sizeof line - len, "%s%.*s", len > 1 ? " " : "", (int)word.len, word.text);
        } while (!words_at_piece(w) && len < sizeof line);
        bool at_start = at == journal && strncmp(journal, line + 1, len - 1) == 0;
        const char *found = at_start ? journal : strstr(at, line);
        if (found == NULL) {
            words_fail(w, "not in the journal: %s\n%s", line + 1, journal);
        }
        at = found + len - 1;
    }
}
