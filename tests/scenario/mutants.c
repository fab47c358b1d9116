/*
 * mutants.c - replies changed one thing at a time, and what comes of it
 */
#include "mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/nsec.h"
#include "dns/text.h"
#include "dns/types.h"
#include "judge.h"
#include "lab_net.h"
#include "mutate.h"

#define REPLIES_MAX 64 /* that one question needs */
#define SHOWN_MAX   20 /* survivors that are told */

/* Of changes one in so many is made; of the lab's, which has more. */
#ifdef __SANITIZE_ADDRESS__
#define STEP     7
#define LAB_STEP 499
#else
#define STEP     1
#define LAB_STEP 101
#endif

struct reply {
    struct dname_buf name;
    uint16_t type;
    bool referral; /* without AA: from above, to the same question */
    size_t len;
    uint8_t *data;
};

/* An answer that a signed zone gave, to be replayed. */
struct answer {
    struct dname_buf zone;
    struct reply reply;
};

struct figures {
    uint64_t questions, replies, known, replays, made, failed, same, insecure, survivors;
};

struct mutants {
    struct sim *sim;
    unsigned stride, phase;
    uint64_t number; /* of the change, among all */
    struct figures sum;

    /* What is asked. */
    struct sim_query query;
    struct arena arena;
    struct told genuine;
    bool open;     /* the answer may be insecure */
    bool watching; /* replies are kept, and not changed */
    struct reply reply[REPLIES_MAX];
    unsigned replies;

    /* What is changed. */
    const struct reply *target;
    unsigned change;
    const struct reply *replay; /* what takes the target's place; NULL: it is changed */
    bool renamed;
    char what[MUTATE_TEXT_MAX];

    struct answer *answer;
    size_t answers, answers_room;

    /* Replies that were changed for some question; names, "+" before those that may be unsigned. */
    char **done;
    size_t done_count, done_room;
    char **zone;
    size_t zone_count, zone_room;
};

/* ---- sets of texts ---- */

static bool has_text(char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void add_text(char ***list, size_t *count, size_t *room, const char *text)
{
    if (*count == *room) {
        *room = *room * 2 + 256;
        *list = realloc(*list, *room * sizeof **list);
    }
    char *copy = strdup(text);
    if (*list == NULL || copy == NULL) {
        exit(2);
    }
    (*list)[(*count)++] = copy;
}

static void free_texts(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i]);
    }
    free(list);
}

/* ---- between the servers and the engine ---- */

static bool is_reply(const struct reply *r, const struct dns_msg *answer)
{
    return r->type == answer->qtype && r->referral == ((answer->flags & DNS_FLAG_AA) == 0) &&
           dname_equal(dname_of(&r->name), answer->qname);
}

/* The last reply to a question counts: the first may be truncated. */
static void keep_reply(struct mutants *m, const struct dns_msg *answer)
{
    struct reply *r = m->reply;
    size_t len = answer->len;

    while (r < m->reply + m->replies && !is_reply(r, answer)) {
        r++;
    }
    if (r == m->reply + REPLIES_MAX) {
        fprintf(stderr, "more than %u replies for one question\n", REPLIES_MAX);
        exit(1);
    }
    if (r == m->reply + m->replies) {
        m->replies++;
        *r = (struct reply){.type = answer->qtype, .referral = (answer->flags & DNS_FLAG_AA) == 0};
        dname_lower(answer->qname, &r->name);
    }
    free(r->data);
    r->data = malloc(len);
    if (r->data == NULL) {
        exit(2);
    }
    memcpy(r->data, answer->wire, len);
    r->len = len;
}

static void on_reply(void *arg, uint8_t *data, size_t *len)
{
    struct mutants *m = arg;
    struct dns_msg answer;
    struct arena arena;

    arena_init(&arena, NULL, 0, 4 << 20);
    bool good = dns_msg_parse(data, *len, &arena, &answer) == DNS_OK; /* a server of the lab answers with garbage */
    if (good && m->watching) {
        keep_reply(m, &answer);
    }
    bool wanted = good && m->target != NULL && is_reply(m->target, &answer);
    arena_release(&arena);
    if (wanted && m->replay != NULL) {
        mutate_replay(data, len, m->replay->data, m->replay->len, m->renamed);
    } else if (wanted) {
        mutate(data, len, m->change, m->what);
    }
}

/* ---- one question ---- */

static void ask(struct mutants *m, struct told *out)
{
    struct sim *s = m->sim;

    arena_clear(&s->check_arena);
    size_t client = sim_ask(s, &m->query);
    sim_run_until(s, s->now.mono_us + 2 * SIM_CLIENT_LIMIT_US, client);
    told_read(s->clients[client].wire, s->clients[client].len, &s->check_arena, out);
}

/* A resolution from nothing, of which the replies are kept. */
static void ask_genuinely(struct mutants *m)
{
    struct sim *s = m->sim;

    while (m->replies > 0) {
        free(m->reply[--m->replies].data);
        m->reply[m->replies].data = NULL;
    }
    sim_renew(s);
    m->watching = true;
    size_t client = sim_ask(s, &m->query);
    sim_run_until(s, s->now.mono_us + 2 * SIM_CLIENT_LIMIT_US, client);
    m->watching = false;
    arena_clear(&m->arena);
    const struct client *c = &s->clients[client];
    told_read(c->len > 0 ? arena_dup(&m->arena, c->wire, c->len) : NULL, c->len, &m->arena, &m->genuine);
}

/* The genuine answer to (name, DS) leaves it open what lies there, or says that there is a delegation without DS. */
static bool denies_ds(const struct told *t, struct dname name)
{
    const struct dns_msg *m = &t->msg;

    if (t->malformed || told_failure(t)) {
        return false;
    }
    for (unsigned i = dns_msg_begin(m, DNS_AUTHORITY); i < dns_msg_end(m, DNS_AUTHORITY); i++) {
        uint8_t rdata[DNS_MSG_MAX];
        struct writer w = writer_of(rdata, sizeof rdata);
        struct reader r;
        struct dname next;
        if (m->rr[i].type != DNS_TYPE_NSEC || !dns_msg_owner_is(m, i, name) || dns_msg_rdata(m, i, &w) != DNS_OK) {
            continue;
        }
        r = reader_of(rdata, w.pos);
        if (dname_read_plain(&r, &next) == DNS_OK &&
            nsec_bitmap_has(rdata + next.len, (uint16_t)(w.pos - next.len), DNS_TYPE_NS)) {
            return true;
        }
    }
    return !told_secure(t);
}

/* Could there be an unsigned delegation at the name or above it, for all that the zones above can prove? So it is below
 * one, in an opt-out span (RFC 5155 section 9.2), and in a zone that asks for too many iterations (RFC 9276
 * section 3.2). Asked of the resolver itself while nothing is changed. */
static bool may_be_unsigned(struct mutants *m, struct dname name)
{
    char text[DNAME_TEXT_MAX + 2] = "+";
    struct sim_query was = m->query;
    struct told told;

    for (unsigned labels = 1; labels <= name.labels; labels++) {
        struct dname above = dname_suffix(name, labels);
        dname_print(above, text + 1);
        text[0] = '+';
        if (has_text(m->zone, m->zone_count, text)) {
            return true;
        }
        text[0] = '-';
        if (has_text(m->zone, m->zone_count, text)) {
            continue;
        }
        m->query.name = above;
        m->query.type = DNS_TYPE_DS;
        sim_renew(m->sim);
        ask(m, &told);
        m->query = was;
        text[0] = denies_ds(&told, above) ? '+' : '-';
        add_text(&m->zone, &m->zone_count, &m->zone_room, text);
        if (text[0] == '+') {
            return true;
        }
    }
    return false;
}

/* May the answer to the question be insecure, whatever it is? */
static bool is_open(struct mutants *m)
{
    const struct dns_msg *g = &m->genuine.msg;

    if (may_be_unsigned(m, m->query.name)) {
        return true;
    }
    if (told_failure(&m->genuine)) {
        return false;
    }
    for (unsigned i = dns_msg_begin(g, DNS_ANSWER); i < dns_msg_end(g, DNS_ANSWER); i++) {
        struct dname_buf owner, target;
        if (may_be_unsigned(m, dns_msg_owner(g, i, &owner)) ||
            (g->rr[i].type == DNS_TYPE_CNAME && dns_msg_target(g, i, &target) &&
             may_be_unsigned(m, dname_of(&target)))) {
            return true;
        }
    }
    return !told_secure(&m->genuine);
}

static void show(const char *what, const struct told *t)
{
    static char buf[65536]; /* big; one thread */
    struct text text = text_of(buf, sizeof buf);

    if (!t->malformed) {
        dns_msg_print(&t->msg, &text);
        fprintf(stderr, "---- %s\n%s", what, buf);
    }
}

static void survive(struct mutants *m, const struct told *got, const char *why, bool again)
{
    char name[DNAME_TEXT_MAX], reply[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], reply_type[DNS_TYPE_TEXT_MAX];

    if (m->sum.survivors++ < SHOWN_MAX) {
        dname_print(m->query.name, name);
        dname_print(dname_of(&m->target->name), reply);
        fprintf(stderr, "survives: %s %s%s: %s; in the reply to %s %s: %s (change %u)\n", name,
                dns_type_text(m->query.type, type), again ? ", asked again" : "", why, reply,
                dns_type_text(m->target->type, reply_type), m->what, m->change);
    }
    if (m->sum.survivors == 1) {
        show("as ever", &m->genuine);
        show("now", got);
    }
}

static void make_change(struct mutants *m)
{
    sim_renew(m->sim);
    m->sum.made++;
    for (unsigned again = 0; again < 2; again++) {
        struct told got;
        const char *why;
        ask(m, &got);
        enum judgement j = judge(&m->genuine, &got, m->replay != NULL, &why);
        bool insecure = j == JUDGED_OTHER && m->open && !told_secure(&got);
        if (j == JUDGED_OTHER && !insecure) {
            survive(m, &got, why, again);
            return;
        }
        if (!again) {
            m->sum.insecure += insecure;
            m->sum.failed += j == JUDGED_FAILED;
            m->sum.same += j == JUDGED_SAME;
        }
    }
}

static void change_reply(struct mutants *m, const struct reply *r)
{
    unsigned count = mutate_count(r->data, r->len);

    m->sum.replies++;
    m->sum.known += count;
    m->target = r;
    for (m->change = 0; m->change < count; m->change++) {
        if (m->number++ % m->stride == m->phase) {
            make_change(m);
        }
    }
    m->target = NULL;
}

/* The zone that signed a reply; false: none did. */
static bool signer_of(const struct reply *r, struct dname_buf *out)
{
    struct arena arena;
    struct dns_msg msg;
    bool found = false;

    arena_init(&arena, NULL, 0, 4 << 20);
    if (dns_msg_parse(r->data, r->len, &arena, &msg) != DNS_OK) {
        exit(2);
    }
    for (unsigned i = 0; i < dns_msg_end(&msg, DNS_AUTHORITY) && !found; i++) {
        uint8_t rdata[DNS_MSG_MAX];
        struct writer w = writer_of(rdata, sizeof rdata);
        struct dname signer;
        if (msg.rr[i].type == DNS_TYPE_RRSIG && dns_msg_rdata(&msg, i, &w) == DNS_OK) {
            struct reader reader = {.base = rdata, .pos = 18, .end = w.pos};
            found = dname_read_plain(&reader, &signer) == DNS_OK;
            if (found) {
                dname_lower(signer, out);
            }
        }
    }
    arena_release(&arena);
    return found;
}

static bool is_last(const struct mutants *m, const struct reply *r)
{
    return !r->referral && r->type == m->query.type && dname_equal(dname_of(&r->name), m->query.name);
}

/* As the answer to the question itself, or on the way to another's: once each. */
static bool is_new(struct mutants *m, const struct reply *r)
{
    char text[DNAME_TEXT_MAX + 20], type[DNS_TYPE_TEXT_MAX];
    size_t n = dname_print(dname_of(&r->name), text);

    snprintf(text + n, sizeof text - n, " %s%s%s", dns_type_text(r->type, type), is_last(m, r) ? " last" : "",
             r->referral ? " referral" : "");
    if (has_text(m->done, m->done_count, text)) {
        return false;
    }
    add_text(&m->done, &m->done_count, &m->done_room, text);
    return true;
}

/* Takes the answer out of the replies, for others. */
static void gather_answer(struct mutants *m, struct dname name, uint16_t type)
{
    struct answer a;

    m->query = (struct sim_query){.name = name, .type = type, .dnssec_ok = true, .tcp = true};
    ask_genuinely(m);
    for (unsigned i = 0; i < m->replies; i++) {
        struct reply *r = &m->reply[i];
        if (!is_last(m, r) || !signer_of(r, &a.zone)) {
            continue;
        }
        if (m->answers == m->answers_room) {
            m->answers_room = m->answers_room * 2 + 256;
            m->answer = realloc(m->answer, m->answers_room * sizeof *m->answer);
            if (m->answer == NULL) {
                exit(2);
            }
        }
        a.reply = *r;
        m->answer[m->answers++] = a;
        r->data = NULL;
    }
}

/* The other reply follows an alias at the name asked (or at one that is renamed to it), beside which there may be what
 * is asked: a server is free to (RFC 1034 section 4.3.2), and then the answer is as true as another. */
static bool follows_alias(const struct mutants *m, const struct reply *other, bool renamed)
{
    struct arena arena;
    struct dns_msg msg;
    bool follows = false;

    arena_init(&arena, NULL, 0, 4 << 20);
    if (dns_msg_parse(other->data, other->len, &arena, &msg) != DNS_OK) {
        exit(2);
    }
    for (unsigned i = 0; i < dns_msg_end(&msg, DNS_ANSWER); i++) {
        bool there =
            dns_msg_owner_is(&msg, i, m->query.name) || (renamed && dns_msg_owner_is(&msg, i, dname_of(&other->name)));
        follows |= msg.rr[i].type == DNS_TYPE_CNAME && there;
    }
    arena_release(&arena);
    return follows && m->query.type == DNS_TYPE_NSEC;
}

/* Instead of the reply, all that the zone says to other questions. */
static void replay_others(struct mutants *m, const struct reply *r)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
    struct dname_buf zone;

    if (!is_last(m, r) || !signer_of(r, &zone)) {
        return;
    }
    m->target = r;
    for (size_t i = 0; i < m->answers; i++) {
        const struct reply *other = &m->answer[i].reply;
        bool same_name = dname_equal(dname_of(&other->name), m->query.name);
        if (!dname_equal(dname_of(&m->answer[i].zone), dname_of(&zone)) || (same_name && other->type == r->type)) {
            continue;
        }
        for (unsigned renamed = 0; renamed < 1u + !same_name; renamed++) {
            if (follows_alias(m, other, renamed)) {
                continue;
            }
            m->sum.replays++;
            if (m->number++ % m->stride == m->phase) {
                m->replay = other;
                m->renamed = renamed;
                dname_print(dname_of(&other->name), name);
                snprintf(m->what, sizeof m->what, "the reply to %.300s %s%s", name, dns_type_text(other->type, type),
                         renamed ? ", renamed" : "");
                make_change(m);
            }
        }
    }
    m->replay = NULL;
    m->target = NULL;
}

static void try_question(struct mutants *m, struct dname name, uint16_t type)
{
    m->query = (struct sim_query){.name = name, .type = type, .dnssec_ok = true, .tcp = true};
    ask_genuinely(m);
    m->open = is_open(m);
    m->sum.questions++;
    for (unsigned i = 0; i < m->replies; i++) {
        if (is_new(m, &m->reply[i])) {
            change_reply(m, &m->reply[i]);
            replay_others(m, &m->reply[i]);
        }
    }
}

/* ---- the statement ---- */

static unsigned number_from(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void print_figures(const struct words *w, const struct figures *f)
{
    printf("%s:%u: %llu questions, %llu replies; %llu changes, %llu replays, %llu of them made: %llu fail, %llu tell "
           "the same, %llu "
           "are insecure where nothing can be proven; survivors: %llu\n",
           w->script->path, w->st->line, (unsigned long long)f->questions, (unsigned long long)f->replies,
           (unsigned long long)f->known, (unsigned long long)f->replays, (unsigned long long)f->made,
           (unsigned long long)f->failed, (unsigned long long)f->same, (unsigned long long)f->insecure,
           (unsigned long long)f->survivors);
}

static void release(struct mutants *m)
{
    for (unsigned i = 0; i < REPLIES_MAX; i++) {
        free(m->reply[i].data);
    }
    for (size_t i = 0; i < m->answers; i++) {
        free(m->answer[i].reply.data);
    }
    free(m->answer);
    free_texts(m->done, m->done_count);
    free_texts(m->zone, m->zone_count);
    arena_release(&m->arena);
    sim_renew(m->sim);
}

static void try_lab(struct mutants *m)
{
    size_t count;
    const struct lab_question *q = lab_net_questions(m->sim->hosts.lab, &count);

    for (size_t i = 0; i < count; i++) {
        gather_answer(m, dname_of(&q[i].name), q[i].type);
    }
    for (size_t i = 0; i < count; i++) {
        try_question(m, dname_of(&q[i].name), q[i].type);
    }
}

/* NAME TYPE... */
static void try_listed(struct mutants *m, struct words *w)
{
    size_t begin = w->at;

    for (unsigned pass = 0; pass < 2; pass++) {
        w->at = begin;
        while (words_more(w) && !word_is(words_peek(w), "least")) {
            struct dname_buf name;
            words_name(w, NULL, &name);
            if (pass == 0) {
                gather_answer(m, dname_of(&name), words_type(w));
            } else {
                try_question(m, dname_of(&name), words_type(w));
            }
        }
    }
}

void mutants_statement(struct sim *s, struct words *w)
{
    static struct mutants m; /* big; one thread */
    bool of_lab = s->hosts.lab != NULL && words_accept(w, "lab");

    m = (struct mutants){.sim = s, .stride = number_from("RAIZ_MUTANT_STRIDE", of_lab ? LAB_STEP : STEP)};
    m.phase = number_from("RAIZ_MUTANT_PHASE", 0);
    arena_init(&m.arena, NULL, 0, 4 << 20);
    struct tamper tamper = {.reply = on_reply, .arg = &m};
    s->hosts.tamper = &tamper;
    if (of_lab) {
        try_lab(&m);
    }
    if (!of_lab) {
        try_listed(&m, w);
    }
    s->hosts.tamper = NULL;
    release(&m);
    print_figures(w, &m.sum);
    if (m.sum.survivors > 0) {
        words_fail(w, "changes survive");
    }
    if (words_accept(w, "least") && m.sum.known < words_number(w)) {
        words_fail(w, "fewer changes than expected");
    }
}
