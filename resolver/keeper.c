/*
 * keeper.c - keeps what is trusted up to date
 */
#include "resolver/keeper.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/arena.h"
#include "dns/msg.h"
#include "dns/types.h"
#include "resolver/dnssec/nta.h"
#include "resolver/dnssec/rfc5011.h"
#include "resolver/dnssec/rfc8145.h"
#include "resolver/state.h"

#define FIRST_DELAY_S 10          /* after the start, the daemon has better to do */
#define LOOK_S        3600        /* between two looks at the clock, which may have been set */
#define SIGNAL_S      (24 * 3600) /* RFC 8145 section 5.1 */
#define RETRY_S       60          /* the workers have too much to do */
#define ARENA_BYTES   (1024 * 1024)

enum slot { SLOT_REFRESH, SLOT_REFRESH_UNCHECKED, SLOT_SIGNAL, SLOT_PROBE };

struct keeper {
    struct loop_timer *timer;
    struct log *log;
    struct cache *cache;
    struct keeper_ops ops;
    char folder[PATH_MAX - 32];
    enum dnssec_mode mode; /* of the world that was dressed last */
    struct dnssec_policy policy;
    bool managed; /* the root's anchors are ours to follow */
    bool refreshing, probing, running;
    struct managed_zone *root;
    struct ntas ntas;
    const struct settings *settings; /* the last world's */
    const struct anchors *anchors;   /* in force; the last world's */
    struct dname_buf probed;         /* while probing */
    int64_t signal_s;                /* the next one */
    int64_t configured_end_s;        /* of the configuration's next negative anchor */
    int64_t quiet_s;                 /* nothing is asked before */
    bool flush_root;                 /* with the next publication */
    struct dname_buf flush[16];
    unsigned flush_count;
};

/* ---- files ---- */

static void save_root(struct keeper *k)
{
    char *text = malloc(RFC5011_TEXT_MAX);
    if (text == NULL) {
        log_error(k->log, "root.anchors is not saved: out of memory");
        return;
    }
    state_save(k->folder, "root.anchors", text, rfc5011_write(k->root, text, RFC5011_TEXT_MAX), k->log);
    free(text);
}

static void save_ntas(struct keeper *k)
{
    char *text = malloc(NTA_TEXT_MAX);
    if (text == NULL) {
        log_error(k->log, "ntas is not saved: out of memory");
        return;
    }
    state_save(k->folder, "ntas", text, ntas_write(&k->ntas, text, NTA_TEXT_MAX), k->log);
    free(text);
}

static bool load_root(struct keeper *k, int64_t wall_s)
{
    char error[RFC5011_ERROR_MAX];
    size_t n;
    struct anchors *builtin = anchors_new();
    if (builtin == NULL || !anchors_add_builtin(builtin)) {
        anchors_free(builtin);
        return false;
    }
    char *text = state_load(k->folder, "root.anchors", RFC5011_TEXT_MAX, &n, k->log);
    bool read = text != NULL && rfc5011_read(text, n, k->root, error);
    if (text != NULL && !read) {
        log_error(k->log, "%s/root.anchors cannot be used, the built-in anchors are: %s", k->folder, error);
    }
    if (read && k->root->zone.labels == 0) {
        rfc5011_merge(k->root, builtin, wall_s);
    } else {
        rfc5011_begin(k->root, dname_root(), builtin, wall_s);
    }
    free(text);
    anchors_free(builtin);
    return true;
}

static void load_ntas(struct keeper *k, int64_t wall_s)
{
    char error[NTA_ERROR_MAX];
    size_t n;
    char *text = state_load(k->folder, "ntas", NTA_TEXT_MAX, &n, k->log);
    if (text != NULL && !ntas_read(&k->ntas, text, n, wall_s, error)) {
        log_error(k->log, "%s/ntas cannot be used, no zone is exempt: %s", k->folder, error);
    }
    free(text);
}

/* ---- the clock ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void wind(struct keeper *k, struct now now)
{
    int64_t due = now.wall_s + LOOK_S;
    if (!k->running) {
        return;
    }
    if (k->mode != DNSSEC_OFF) {
        due = least(due, k->signal_s);
        if (k->managed && !k->refreshing) {
            due = least(due, now.wall_s + rfc5011_wait_s(k->root, now.wall_s));
        }
        due = due < k->quiet_s ? k->quiet_s : due;
    }
    due = least(least(due, ntas_due_s(&k->ntas)), k->configured_end_s);
    due = due <= now.wall_s ? now.wall_s + 1 : due;
    loop_timer_set(k->timer, now.mono_us + (uint64_t)(due - now.wall_s) * US_PER_S);
}

/* ---- what is published ---- */

static bool copy_set(struct anchors *to, struct dname zone, const struct rrset *set)
{
    if (set == NULL) {
        return true;
    }
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    while (rrset_next(&it, &rr)) {
        if (!anchors_add_rdata(to, zone, set->type, rr)) {
            return false;
        }
    }
    return true;
}

static struct anchors *trusted(const struct keeper *k, const struct world *w)
{
    struct anchors *a = anchors_new();
    struct anchor one;
    bool ok = a != NULL && (!k->managed || rfc5011_anchors(k->root, a));
    for (size_t i = 0; ok && !k->managed && anchors_at(w->anchors, i, &one); i++) {
        ok = copy_set(a, one.zone, one.ds) && copy_set(a, one.zone, one.dnskey);
    }
    if (!ok) {
        anchors_free(a);
        return NULL;
    }
    return a;
}

/* Those of the configuration whose time has not ended, then those that were added. */
static size_t list_negative(struct keeper *k, const struct settings *s, struct dname_buf *out, int64_t wall_s)
{
    size_t n = 0;
    k->configured_end_s = INT64_MAX;
    for (size_t i = 0; i < s->negative_anchors_count; i++) {
        int64_t until_s = s->negative_until_s[i];
        if (until_s == 0 || until_s > wall_s) {
            out[n++] = s->negative_anchors[i];
            k->configured_end_s = until_s != 0 ? least(k->configured_end_s, until_s) : k->configured_end_s;
        }
    }
    for (size_t i = 0; i < k->ntas.count; i++) {
        out[n++] = k->ntas.list[i].name;
    }
    return n;
}

struct world *keeper_dress(struct keeper *k, struct world *w, struct now now)
{
    const struct settings *s = w->settings;
    struct dname_buf *negative = malloc((s->negative_anchors_count + k->ntas.count + 1) * sizeof *negative);
    k->settings = s;
    k->mode = s->dnssec;
    k->policy = w->engine.dnssec_policy;
    k->managed = s->dnssec != DNSSEC_OFF && s->trust_anchors_count == 0 && s->trust_anchor_file == NULL;
    struct anchors *anchors = trusted(k, w);
    struct world *dressed = NULL;
    if (negative != NULL && anchors != NULL) {
        size_t count = list_negative(k, s, negative, now.wall_s);
        dressed = world_renew(w, anchors, negative, count);
    } else {
        anchors_free(anchors);
        free(negative);
    }
    if (dressed == NULL) {
        log_error(k->log, "out of memory: the trust anchors stay those of the configuration");
    }
    k->anchors = dressed != NULL ? dressed->anchors : w->anchors;
    return dressed != NULL ? dressed : w;
}

void keeper_published(struct keeper *k, struct forget *forget, struct now now)
{
    if (k->flush_root) {
        cache_flush(k->cache, dname_root(), DNS_TYPE_DNSKEY);
        k->flush_root = false;
    }
    for (unsigned i = 0; i < k->flush_count; i++) {
        forget_below(forget, dname_of(&k->flush[i]));
    }
    k->flush_count = 0;
    wind(k, now); /* the settings may be others */
}

/* What the cache holds of the name and below it was judged by other rules. */
static void judge_anew(struct keeper *k, struct dname name)
{
    if (k->flush_count == sizeof k->flush / sizeof k->flush[0]) {
        k->flush_count = 0;
        name = dname_root();
    }
    dname_copy(name, &k->flush[k->flush_count++]);
}

/* ---- asking ---- */

static bool ask(struct keeper *k, enum slot slot, const struct dname_buf *name, uint16_t type, unsigned flags)
{
    struct request request = {
        .flags = (uint16_t)(DNS_FLAG_RD | (slot == SLOT_REFRESH_UNCHECKED ? DNS_FLAG_CD : 0)),
        .qtype = type,
        .qclass = DNS_CLASS_IN,
        .limit = DNS_MSG_MAX,
        .edns = true,
        .dnssec_ok = true,
        .tcp = true, /* nothing is cut */
        .qname = *name,
    };
    return k->ops.ask(k->ops.arg, slot, &request, QUERY_COLD | flags);
}

static void refresh(struct keeper *k, bool unchecked, struct now now)
{
    k->refreshing = ask(k, unchecked ? SLOT_REFRESH_UNCHECKED : SLOT_REFRESH, &k->root->zone, DNS_TYPE_DNSKEY, 0);
    if (!k->refreshing) {
        k->root->next_s = now.wall_s + RETRY_S;
    }
}

static void log_changes(struct keeper *k, const struct rfc5011_result *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        const struct rfc5011_change *c = &r->change[i];
        log_warning(k->log, "trust anchors of the root: key %u (algorithm %u) was %s, is %s", c->tag, c->algorithm,
                    c->from == KEY_START ? "unknown" : key_state_text(c->from),
                    c->to == KEY_START ? "forgotten" : key_state_text(c->to));
    }
    if (r->full) {
        log_warning(k->log, "trust anchors of the root: more keys than are followed");
    }
}

static bool any_trusted(const struct managed_zone *z)
{
    for (unsigned i = 0; i < z->count; i++) {
        if (managed_key_trusted(&z->key[i])) {
            return true;
        }
    }
    return false;
}

/* The root's DNSKEY set, with its signatures. NULL: not in the answer. */
static const struct rrset *root_keys(const uint8_t *wire, size_t n, struct arena *arena)
{
    struct dns_msg msg;
    struct rrset *set = NULL;
    if (n == 0 || dns_msg_parse(wire, n, arena, &msg) != DNS_OK || (msg.flags & 0xf) != DNS_RCODE_NOERROR ||
        rrset_from_msg(&msg, DNS_ANSWER, dname_root(), DNS_TYPE_DNSKEY, arena, &set) != DNS_OK) {
        return NULL;
    }
    return set;
}

static void on_keys(struct keeper *k, bool unchecked, const uint8_t *wire, size_t n, struct now now)
{
    struct arena arena;
    struct rfc5011_result *r = malloc(sizeof *r);
    arena_init(&arena, NULL, 0, ARENA_BYTES);
    const struct rrset *set = root_keys(wire, n, &arena);
    k->refreshing = false;
    if (set == NULL && !unchecked) {
        refresh(k, true, now); /* does not validate? It may be a revocation, which its own key signs */
    } else if (set == NULL || r == NULL) {
        rfc5011_failed(k->root, now.wall_s);
        log_warning(k->log, "the root's DNSKEY set could not be fetched");
        save_root(k);
    } else {
        rfc5011_apply(k->root, set, &k->policy, now.wall_s, r);
        if (r->verdict != DNSSEC_GOOD) {
            log_warning(k->log, "the root's DNSKEY set is not signed by a trusted key: %s",
                        dnssec_verdict_text(r->verdict));
        }
        log_changes(k, r);
        save_root(k);
        if (r->anchors) {
            if (!any_trusted(k->root)) {
                log_error(k->log, "all keys of the root are revoked: nothing can be validated (RFC 5011 section 5)");
            }
            k->flush_root = true;
            k->ops.changed(k->ops.arg);
        }
    }
    arena_release(&arena);
    free(r);
}

static void send_signals(struct keeper *k, struct now now)
{
    struct anchor a;
    struct dname_buf name;
    for (size_t i = 0; anchors_at(k->anchors, i, &a); i++) {
        if (rfc8145_name(&a, &name)) {
            ask(k, SLOT_SIGNAL, &name, DNS_TYPE_NULL, 0);
        }
    }
    k->signal_s = now.wall_s + SIGNAL_S;
}

static void probe(struct keeper *k, struct nta *a, struct now now)
{
    k->probed = a->name;
    a->probe_s = now.wall_s + NTA_PROBE_S;
    k->probing = ask(k, SLOT_PROBE, &a->name, DNS_TYPE_SOA, QUERY_PROBE);
}

static void lift(struct keeper *k, struct dname name, const char *why)
{
    char text[DNAME_TEXT_MAX];
    struct dname_buf own;
    dname_copy(name, &own);
    dname_print(dname_of(&own), text);
    ntas_remove(&k->ntas, dname_of(&own));
    log_warning(k->log, "%s is validated again: %s", text, why);
    judge_anew(k, dname_of(&own));
    save_ntas(k);
    k->ops.changed(k->ops.arg);
}

/* Would the zone be answered without its negative anchor? */
static void on_probed(struct keeper *k, const uint8_t *wire, size_t n)
{
    struct arena arena;
    struct dns_msg msg;
    k->probing = false;
    arena_init(&arena, NULL, 0, ARENA_BYTES);
    bool good = n > 0 && dns_msg_parse(wire, n, &arena, &msg) == DNS_OK &&
                ((msg.flags & 0xf) == DNS_RCODE_NOERROR || (msg.flags & 0xf) == DNS_RCODE_NXDOMAIN) &&
                (k->mode == DNSSEC_VALIDATE || (msg.flags & DNS_FLAG_AD) != 0);
    arena_release(&arena);
    if (good && ntas_find(&k->ntas, dname_of(&k->probed)) != NULL) {
        lift(k, dname_of(&k->probed), "it would be answered without its negative trust anchor");
    }
}

/* ---- time ---- */

static void end_configured(struct keeper *k, int64_t wall_s)
{
    const struct settings *s = k->settings;
    for (size_t i = 0; i < s->negative_anchors_count; i++) {
        char text[DNAME_TEXT_MAX];
        if (s->negative_until_s[i] >= k->configured_end_s && s->negative_until_s[i] <= wall_s) {
            dname_print(dname_of(&s->negative_anchors[i]), text);
            log_warning(k->log, "%s is validated again: its time in the configuration has ended", text);
            judge_anew(k, dname_of(&s->negative_anchors[i]));
        }
    }
    k->configured_end_s = INT64_MAX;
    k->ops.changed(k->ops.arg);
}

static void on_time(void *arg, struct now now)
{
    struct keeper *k = arg;
    struct nta *a;
    while ((a = ntas_expired(&k->ntas, now.wall_s)) != NULL) {
        lift(k, dname_of(&a->name), "the time of its negative trust anchor has ended");
    }
    if (k->configured_end_s <= now.wall_s) {
        end_configured(k, now.wall_s);
    }
    if (k->mode == DNSSEC_OFF && (a = ntas_to_probe(&k->ntas, now.wall_s)) != NULL) {
        a->probe_s = now.wall_s + NTA_PROBE_S;
    }
    k->quiet_s = least(k->quiet_s, now.wall_s + FIRST_DELAY_S); /* the clock was set back */
    k->signal_s = least(k->signal_s, now.wall_s + SIGNAL_S);
    if (k->mode != DNSSEC_OFF && now.wall_s >= k->quiet_s) {
        if (k->managed && !k->refreshing && rfc5011_wait_s(k->root, now.wall_s) == 0) {
            refresh(k, false, now);
        }
        if (now.wall_s >= k->signal_s) {
            send_signals(k, now);
        }
        if (!k->probing && (a = ntas_to_probe(&k->ntas, now.wall_s)) != NULL) {
            probe(k, a, now);
        }
    }
    wind(k, now);
}

void keeper_answer(struct keeper *k, uint32_t slot, const uint8_t *wire, size_t n, struct now now)
{
    switch (slot) {
    case SLOT_REFRESH:
    case SLOT_REFRESH_UNCHECKED:
        on_keys(k, slot == SLOT_REFRESH_UNCHECKED, wire, n, now);
        break;
    case SLOT_PROBE:
        on_probed(k, wire, n);
        break;
    default:
        break; /* a signal is for the zone's servers to hear; there is no answer worth reading (RFC 8145) */
    }
    wind(k, now);
}

struct keeper *keeper_new(struct loop *loop, struct log *log, struct cache *cache, const struct settings *settings,
                          const struct keeper_ops *ops, struct now now)
{
    struct keeper *k = calloc(1, sizeof *k);
    if (k == NULL) {
        return NULL;
    }
    k->log = log;
    k->cache = cache;
    k->ops = *ops;
    snprintf(k->folder, sizeof k->folder, "%s", settings->state_dir);
    k->root = calloc(1, sizeof *k->root);
    k->timer = loop_timer_new(loop, on_time, k);
    if (k->root == NULL || k->timer == NULL || !load_root(k, now.wall_s)) {
        keeper_free(k);
        return NULL;
    }
    load_ntas(k, now.wall_s);
    return k;
}

void keeper_free(struct keeper *k)
{
    if (k == NULL) {
        return;
    }
    if (k->timer != NULL) {
        loop_timer_free(k->timer);
    }
    ntas_free(&k->ntas);
    free(k->root);
    free(k);
}

void keeper_start(struct keeper *k, struct now now)
{
    k->running = true;
    k->quiet_s = now.wall_s + (k->root->refreshed_s == 0 ? FIRST_DELAY_S : 1);
    k->signal_s = k->quiet_s;
    wind(k, now);
}

/* ---- the control socket ---- */

const char *keeper_nta_add(struct keeper *k, struct dname name, uint32_t for_s, bool force, const char *reason,
                           struct now now)
{
    char text[DNAME_TEXT_MAX];
    const struct nta *a = ntas_add(&k->ntas, name, now.wall_s, for_s, force, reason);
    if (a == NULL) {
        return "too many negative trust anchors, or out of memory";
    }
    dname_print(dname_of(&a->name), text);
    log_warning(k->log, "%s is not validated for %" PRId64 " s%s%s", text, a->until_s - a->since_s,
                a->reason[0] != '\0' ? ": " : "", a->reason);
    judge_anew(k, name);
    save_ntas(k);
    k->ops.changed(k->ops.arg);
    wind(k, now);
    return NULL;
}

bool keeper_nta_remove(struct keeper *k, struct dname name, struct now now)
{
    if (ntas_find(&k->ntas, name) == NULL) {
        return false;
    }
    lift(k, name, "its negative trust anchor was taken out");
    wind(k, now);
    return true;
}

bool keeper_nta_row(const struct keeper *k, size_t i, struct control_nta *out)
{
    if (i < k->ntas.count) {
        const struct nta *a = &k->ntas.list[i];
        *out = (struct control_nta){.name = dname_of(&a->name),
                                    .since_s = a->since_s,
                                    .until_s = a->until_s,
                                    .probe_s = a->force ? 0 : a->probe_s,
                                    .reason = a->reason};
        return true;
    }
    i -= k->ntas.count;
    if (i >= k->settings->negative_anchors_count) {
        return false;
    }
    *out = (struct control_nta){.name = dname_of(&k->settings->negative_anchors[i]),
                                .until_s = k->settings->negative_until_s[i],
                                .configured = true,
                                .reason = ""};
    return true;
}

/* Row i of the keys in force that the configuration gave. */
static bool static_row(const struct keeper *k, size_t i, struct control_anchor *out)
{
    struct anchor a;
    for (size_t z = 0; anchors_at(k->anchors, z, &a); z++) {
        const struct rrset *const sets[] = {a.ds, a.dnskey};
        for (size_t s = 0; s < 2; s++) {
            struct rrset_iter it = {0};
            struct rdata_ref rr;
            if (sets[s] != NULL) {
                it = rrset_rrs(sets[s]);
            }
            while (it.left > 0 && rrset_next(&it, &rr)) {
                if (i-- == 0) {
                    bool ds = sets[s]->type == DNS_TYPE_DS;
                    *out = (struct control_anchor){.zone = a.zone,
                                                   .type = sets[s]->type,
                                                   .tag = ds ? (uint16_t)(rr.data[0] << 8 | rr.data[1])
                                                             : dnssec_key_tag(rr.data, rr.len),
                                                   .algorithm = rr.data[ds ? 2 : 3],
                                                   .state = "CONFIGURED"};
                    return true;
                }
            }
        }
    }
    return false;
}

bool keeper_anchor_row(const struct keeper *k, size_t i, struct control_anchor *out)
{
    if (k->mode == DNSSEC_OFF) {
        return false;
    }
    if (!k->managed) {
        return static_row(k, i, out);
    }
    if (i >= k->root->count) {
        return false;
    }
    const struct managed_key *key = &k->root->key[i];
    *out = (struct control_anchor){.zone = dname_of(&k->root->zone),
                                   .type = key->type,
                                   .tag = managed_key_tag(key),
                                   .algorithm = managed_key_algorithm(key),
                                   .state = key_state_text(key->state),
                                   .since_s = key->since_s,
                                   .refreshed_s = k->root->refreshed_s,
                                   .next_s = k->root->next_s};
    return true;
}
