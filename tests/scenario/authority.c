/*
 * authority.c - the simulated servers: reading their statements
 */
#include "authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"

#define ZONE_TTL_S 3600

struct host *hosts_find(struct hosts *h, const struct addr *a)
{
    for (size_t i = 0; i < h->count; i++) {
        if (addr_same_ip(&h->host[i]->addr, a)) {
            return h->host[i];
        }
    }
    return NULL;
}

static struct host *find_or_add(struct hosts *h, const struct addr *a)
{
    struct host *one = hosts_find(h, a);

    if (one != NULL) {
        return one;
    }
    one = calloc(1, sizeof *one);
    if (one == NULL || h->count == HOSTS_MAX) {
        exit(2);
    }
    one->addr = *a;
    h->host[h->count++] = one;
    return one;
}

static void forget(struct host *h)
{
    for (size_t i = 0; i < h->zones; i++) {
        records_free(&h->text[i]);
    }
    h->zones = 0;
    for (size_t i = 0; i < h->rules; i++) {
        for (unsigned s = 0; s < 3; s++) {
            records_free(&h->rule[i].doing.section[s]);
        }
    }
    h->rules = 0;
}

static bool has_soa(const struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        if (records->record[i].type == DNS_TYPE_SOA) {
            return true;
        }
    }
    return false;
}

static void add_soa(struct words *w, struct dname origin, struct records *records)
{
    static const char *const text[] = {"@", "SOA", "ns", "hostmaster", "1", "3600", "600", "86400", "300"};
    struct word word[sizeof text / sizeof text[0]];
    struct statement st = {.words = word, .count = sizeof text / sizeof text[0], .line = w->st->line};
    struct words soa = {.script = w->script, .st = &st};

    for (size_t i = 0; i < st.count; i++) {
        word[i] = (struct word){.text = text[i], .len = strlen(text[i]), .first = i == 0};
    }
    words_records(&soa, origin, records);
}

static void copy_records(const struct records *from, struct records *to)
{
    *to = (struct records){.record = calloc(from->count + 1, sizeof *to->record), .count = from->count};
    for (size_t i = 0; i < from->count && to->record != NULL; i++) {
        to->record[i] = from->record[i];
        to->record[i].rdata = malloc(from->record[i].len + 1u);
        if (to->record[i].rdata == NULL) {
            exit(2);
        }
        memcpy(to->record[i].rdata, from->record[i].rdata, from->record[i].len);
    }
}

static struct zone *make_zone(struct words *w, struct dname origin, const struct records *text,
                              const struct signing *signing)
{
    struct zone_builder *b = zone_builder_new(origin);
    struct zone *zone = NULL;
    char message[300];
    enum dns_err err = DNS_OK;
    struct records records;

    copy_records(text, &records);
    if (!has_soa(&records)) {
        add_soa(w, origin, &records);
    }
    if (signing->on) {
        sign_zone(w, origin, signing, &records);
    }
    for (size_t i = 0; i < records.count && err == DNS_OK; i++) {
        const struct record *r = &records.record[i];
        err = zone_builder_add(b, dname_of(&r->owner), r->type, r->has_ttl ? r->ttl_s : ZONE_TTL_S, r->rdata, r->len);
        if (err != DNS_OK) {
            words_fail(w, "record %zu of the zone: %s", i + 1, dns_err_text(err));
        }
    }
    records_free(&records);
    if (zone_builder_finish(b, true, &zone, message) != DNS_OK) {
        words_fail(w, "%s", message);
    }
    return zone;
}

static bool same_records(const struct records *a, const struct records *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++) {
        const struct record *x = &a->record[i], *y = &b->record[i];
        same = x->type == y->type && x->has_ttl == y->has_ttl && x->ttl_s == y->ttl_s && x->len == y->len &&
               dname_equal(dname_of(&x->owner), dname_of(&y->owner)) && memcmp(x->rdata, y->rdata, x->len) == 0;
    }
    return same;
}

/* Zone number `at` of the host: another server's, if it says the same. */
static struct zone *built_zone(struct hosts *all, struct words *w, struct dname origin, const struct host *h, size_t at)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct host *other = all->host[i];
        for (size_t z = 0; z < other->zones && other != h; z++) {
            /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): if padding differs, a zone is built twice */
            bool same_signing = memcmp(&other->signing[z], &h->signing[at], sizeof h->signing[at]) == 0;
            if (dname_equal(zone_origin(other->zone[z]), origin) && same_records(&other->text[z], &h->text[at]) &&
                same_signing) {
                return other->zone[z];
            }
        }
    }
    struct built *b = calloc(1, sizeof *b);
    if (b == NULL) {
        exit(2);
    }
    *b = (struct built){.next = all->built, .zone = make_zone(w, origin, &h->text[at], &h->signing[at])};
    all->built = b;
    return b->zone;
}

/* ds NAME [options]: the DS of a zone that is signed here or there */
static bool read_ds(struct words *w, struct dname origin, struct records *out)
{
    struct dname_buf name;
    struct signing how = signing_usual(0);

    if (!words_accept(w, "ds")) {
        return false;
    }
    words_name(w, &origin, &name);
    signing_read(w, &how);
    sign_ds_all(dname_of(&name), &how, out);
    return true;
}

static void read_zone(struct hosts *all, struct host *h, struct words *w)
{
    struct dname_buf buf;
    struct dname origin = words_name(w, NULL, &buf);
    size_t at = 0;

    while (at < h->zones && !dname_equal(zone_origin(h->zone[at]), origin)) {
        at++;
    }
    if (at == HOST_ZONES_MAX) {
        words_fail(w, "too many zones");
    }
    if (at == h->zones) {
        h->zones++;
        h->text[at] = (struct records){0};
        h->signing[at].on = false;
    }
    if (!words_at_piece(w) && words_accept(w, "signed")) {
        h->signing[at] = signing_usual(all->now_s);
        signing_read(w, &h->signing[at]);
    }
    h->signing[at].now_s = all->now_s;
    while (words_more(w) && !word_is(words_peek(w), "zone")) {
        if (!read_ds(w, origin, &h->text[at])) {
            words_records(w, origin, &h->text[at]);
        }
    }
    h->zone[at] = built_zone(all, w, origin, h, at);
}

static void read_conditions(struct rule *r, struct words *w)
{
    while (!words_accept(w, "do")) {
        if (words_accept(w, "name")) {
            r->name_given = true;
            words_name(w, NULL, &r->name);
        } else if (words_accept(w, "below")) {
            r->name_given = r->below = true;
            words_name(w, NULL, &r->name);
        } else if (words_accept(w, "type")) {
            r->type = words_type(w);
        } else if (words_accept(w, "udp")) {
            r->udp_only = true;
        } else if (words_accept(w, "tcp")) {
            r->tcp_only = true;
        } else if (words_accept(w, "edns")) {
            r->edns_only = true;
        } else if (words_accept(w, "no-edns")) {
            r->no_edns_only = true;
        } else if (words_accept(w, "first")) {
            r->first = (unsigned)words_number(w);
        } else if (words_accept(w, "after")) {
            r->after = (unsigned)words_number(w);
        } else if (words_accept(w, "chance")) {
            r->chance_percent = (unsigned)words_number(w);
        } else if (words_accept(w, "from")) {
            r->from_us = words_time_us(w);
        } else if (words_accept(w, "until")) {
            r->until_us = words_time_us(w);
        } else {
            struct word bad = words_take(w, "do");
            words_fail(w, "condition expected, found %.*s", (int)bad.len, bad.text);
        }
    }
}

static bool read_flag(struct words *w, uint16_t *set, uint16_t *clear)
{
    static const struct {
        const char *word;
        uint16_t flag;
    } flags[] = {
        {"aa", DNS_FLAG_AA}, {"ra", DNS_FLAG_RA}, {"tc", DNS_FLAG_TC}, {"ad", DNS_FLAG_AD}, {"cd", DNS_FLAG_CD}};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        char no[8];
        snprintf(no, sizeof no, "no%s", flags[i].word);
        if (words_accept(w, flags[i].word)) {
            *set |= flags[i].flag;
            return true;
        }
        if (words_accept(w, no)) {
            *clear |= flags[i].flag;
            return true;
        }
    }
    return false;
}

/* sign ZONE [options]: the records of the section that are not signed yet */
static void read_sign(struct words *w, int64_t now_s, struct records *section, size_t from)
{
    struct signing how = signing_usual(now_s);
    struct dname_buf zone;

    words_name(w, NULL, &zone);
    signing_read(w, &how);
    sign_records(w, dname_of(&zone), &how, section, from);
}

static void read_sections(struct doing *d, struct words *w, int64_t now_s)
{
    unsigned section = 0;
    size_t is_signed[3] = {0};

    d->message = true;
    while (words_more(w)) {
        if (words_accept(w, "answer")) {
            section = 0;
        } else if (words_accept(w, "authority")) {
            section = 1;
        } else if (words_accept(w, "additional")) {
            section = 2;
        } else if (read_ds(w, dname_root(), &d->section[section])) {
            continue;
        } else if (words_accept(w, "sign")) {
            read_sign(w, now_s, &d->section[section], is_signed[section]);
            is_signed[section] = d->section[section].count;
        } else {
            words_records(w, dname_root(), &d->section[section]);
        }
    }
}

/* Words that switch something. */
static bool read_switch(struct doing *d, struct words *w)
{
    struct {
        const char *word;
        bool *what;
    } switches[] = {{"truncated", &d->truncate},  {"no-opt", &d->no_opt},       {"wrong-id", &d->wrong_id},
                    {"flip-case", &d->flip_case}, {"fold-case", &d->fold_case}, {"no-question", &d->no_question}};
    static const struct {
        const char *word;
        enum conduct conduct;
    } conducts[] = {{"silent", CONDUCT_SILENT},
                    {"unreachable", CONDUCT_ICMP},
                    {"closed", CONDUCT_CLOSED},
                    {"local-error", CONDUCT_LOCAL}};

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        if (words_accept(w, switches[i].word)) {
            *switches[i].what = true;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof conducts / sizeof conducts[0]; i++) {
        if (words_accept(w, conducts[i].word)) {
            d->conduct = conducts[i].conduct;
            return true;
        }
    }
    return false;
}

/* What is done to the zone's own answer: strip TYPE, unsign TYPE, stray TYPE, spoil TYPE, turn RCODE, as NAME TYPE. */
static bool read_twist(struct doing *d, struct words *w)
{
    struct {
        const char *word;
        uint16_t *list;
    } lists[] = {{"strip", d->strip}, {"unsign", d->unsign}, {"stray", d->stray}, {"spoil", d->spoil}};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (words_accept(w, lists[i].word)) {
            unsigned at = 0;
            while (lists[i].list[at] != 0 && at < 3) {
                at++;
            }
            lists[i].list[at] = words_type(w);
            return true;
        }
    }
    if (words_accept(w, "turn")) {
        struct word word = words_take(w, "an rcode");
        uint16_t rcode;
        if (!dns_rcode_scan(word.text, word.len, &rcode)) {
            words_fail(w, "rcode expected");
        }
        d->turn = rcode;
        return true;
    }
    if (words_accept(w, "as")) {
        words_name(w, NULL, &d->as);
        d->as_type = words_type(w);
        return true;
    }
    return false;
}

static void read_doing(struct doing *d, struct words *w, int64_t now_s)
{
    d->rcode = d->turn = -1;
    while (words_more(w)) {
        uint16_t rcode;
        struct word next = words_peek(w);
        if (read_switch(d, w) || read_flag(w, &d->set_flags, &d->clear_flags) || read_twist(d, w)) {
            continue;
        }
        if (words_accept(w, "drop")) {
            d->drop_percent = (unsigned)words_number(w);
        } else if (words_accept(w, "delay")) {
            d->has_delay = true;
            d->delay_us = words_time_us(w);
        } else if (words_accept(w, "jitter")) {
            d->jitter_us = words_time_us(w);
        } else if (words_accept(w, "copies")) {
            d->copies = (unsigned)words_number(w);
        } else if (words_accept(w, "before")) {
            d->before = words_take(w, "what comes before");
        } else if (words_accept(w, "hex")) {
            d->hex = words_take(w, "octets");
        } else if (words_accept(w, "message")) {
            continue;
        } else if (dns_rcode_scan(next.text, next.len, &rcode)) {
            w->at++;
            d->rcode = rcode;
        } else if (word_is(next, "answer") || word_is(next, "authority") || word_is(next, "additional")) {
            read_sections(d, w, now_s);
        } else {
            words_fail(w, "not known how to do: %.*s", (int)next.len, next.text);
        }
    }
}

static void read_host(struct hosts *all, const struct addr *a, struct words *w)
{
    struct host *h = find_or_add(all, a);

    if (words_accept(w, "forget")) {
        forget(h);
    }
    while (words_accept(w, "zone")) {
        read_zone(all, h, w);
    }
    bool always = words_accept(w, "always");
    if (!always && !words_accept(w, "when")) {
        if (words_more(w)) {
            words_fail(w, "zone, when, always or forget expected");
        }
        return;
    }
    if (h->rules == HOST_RULES_MAX) {
        words_fail(w, "too many rules");
    }
    struct rule *r = &h->rule[h->rules++];
    *r = (struct rule){.until_us = UINT64_MAX};
    if (!always) {
        read_conditions(r, w);
    }
    read_doing(&r->doing, w, all->now_s);
}

void hosts_statement(struct hosts *h, struct words *w)
{
    struct word list = words_take(w, "addresses");
    size_t after = w->at;

    for (size_t i = 0; i < list.len;) {
        char text[ADDR_TEXT_MAX];
        size_t n = 0;
        while (i + n < list.len && list.text[i + n] != ',') {
            n++;
        }
        struct addr a;
        snprintf(text, sizeof text, "%.*s", (int)n, list.text + i);
        if (!addr_scan(text, 53, &a)) {
            words_fail(w, "not an address: %s", text);
        }
        w->at = after;
        read_host(h, &a, w);
        i += n + 1;
    }
}

void hosts_free(struct hosts *h)
{
    for (size_t i = 0; i < h->count; i++) {
        forget(h->host[i]);
        free(h->host[i]);
    }
    h->count = 0;
    while (h->built != NULL) {
        struct built *b = h->built;
        h->built = b->next;
        zone_free(b->zone);
        free(b);
    }
}
