#include "zones/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/fold.h"
#include "dns/rdata.h"
#include "dns/types.h"
#include "zones/builder.h"
#include "zones/tree.h"

/* ---- collecting ---- */

struct zone_builder *zone_builder_new(struct dname origin)
{
    struct zone_builder *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    dname_copy(origin, &b->origin);
    arena_init(&b->bytes, NULL, 0, SIZE_MAX);
    return b;
}

void zone_builder_free(struct zone_builder *b)
{
    if (b != NULL) {
        arena_release(&b->bytes);
        free(b->record);
        free(b);
    }
}

static bool make_room(struct zone_builder *b)
{
    if (b->count < b->cap) {
        return true;
    }
    size_t cap = b->cap == 0 ? 64 : b->cap * 2;
    struct zone_record *bigger = realloc(b->record, cap * sizeof *bigger);
    if (bigger == NULL) {
        return false;
    }
    b->record = bigger;
    b->cap = cap;
    return true;
}

enum dns_err zone_builder_add(struct zone_builder *b, struct dname owner, uint16_t type, uint32_t ttl_s,
                              const uint8_t *rdata, uint16_t len)
{
    if (!dname_under(owner, dname_of(&b->origin))) {
        return DNS_E_NAME;
    }
    if (dns_type_is_meta(type) || (type == DNS_TYPE_RRSIG && len < 2)) {
        return DNS_E_RDATA;
    }
    if (b->next_number == ZONE_NO_RECORD) {
        return DNS_E_LIMIT;
    }
    if (!make_room(b)) {
        return DNS_E_NO_MEMORY;
    }
    /* Records of one name mostly come together: they share its octets, if the case is the same too. */
    const struct zone_record *last = b->count > 0 ? &b->record[b->count - 1] : NULL;
    bool share = last != NULL && dname_same_case(record_owner(last), owner);
    size_t owner_len = share ? 0 : owner.len;
    uint8_t *p = arena_alloc(&b->bytes, owner_len + len + 1); /* an arena gives no empty pieces */
    if (p == NULL) {
        return DNS_E_NO_MEMORY;
    }
    memcpy(p, owner.wire, owner_len);
    if (len > 0) {
        memcpy(p + owner_len, rdata, len);
    }
    bool sig = type == DNS_TYPE_RRSIG;
    uint16_t kept_type = type;
    if (sig) {
        kept_type = (uint16_t)(rdata[0] << 8 | rdata[1]); /* under the type it covers */
    }
    b->record[b->count] = (struct zone_record){
        .owner = share ? last->owner : p,
        .rdata = p + owner_len,
        .ttl_s = ttl_s,
        .number = b->next_number++,
        .type = kept_type,
        .len = len,
        .owner_len = owner.len,
        .owner_labels = owner.labels,
        .sig = sig,
    };
    b->count++;
    return DNS_OK;
}

/* ---- order and duplicates ---- */

static int fold_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t n = a_len < b_len ? a_len : b_len;
    for (size_t i = 0; i < n; i++) {
        int d = (int)fold1(a[i]) - (int)fold1(b[i]);
        if (d != 0) {
            return d;
        }
    }
    return (a_len > b_len) - (a_len < b_len);
}

/* Same owner, type and kind: the records of one RRset, or its signatures. */
static int group_compare(const struct zone_record *a, const struct zone_record *b)
{
    int d = a->owner == b->owner ? 0 : dname_compare(record_owner(a), record_owner(b));
    if (d == 0) {
        d = (int)a->type - (int)b->type;
    }
    if (d == 0) {
        d = (int)a->sig - (int)b->sig;
    }
    return d;
}

/* Brings duplicates together: data equal but for case sort side by side, whether the case matters or not. */
static int by_data(const void *va, const void *vb)
{
    const struct zone_record *a = va, *b = vb;
    int d = group_compare(a, b);
    if (d == 0) {
        d = fold_compare(a->rdata, a->len, b->rdata, b->len);
    }
    return d != 0 ? d : (a->number > b->number) - (a->number < b->number);
}

static int by_number(const void *va, const void *vb)
{
    const struct zone_record *a = va, *b = vb;
    int d = group_compare(a, b);
    return d != 0 ? d : (a->number > b->number) - (a->number < b->number);
}

static bool same_record(const struct zone_record *a, const struct zone_record *b)
{
    uint16_t type = a->sig ? DNS_TYPE_RRSIG : a->type;
    return rdata_equal(type, a->rdata, a->len, b->rdata, b->len);
}

/* Is r a duplicate of a kept record? Those it can equal stand last, with data that differ in case at most. */
static bool is_duplicate(struct zone_record *kept, size_t count, const struct zone_record *r)
{
    for (size_t i = count; i-- > 0;) {
        struct zone_record *k = &kept[i];
        if (group_compare(k, r) != 0 || fold_compare(k->rdata, k->len, r->rdata, r->len) != 0) {
            return false;
        }
        if (same_record(k, r)) {
            if (r->ttl_s < k->ttl_s) {
                k->ttl_s = r->ttl_s; /* the RRset takes the smallest (RFC 2181 section 5.2) */
            }
            return true;
        }
    }
    return false;
}

static void sort_records(struct zone_builder *b)
{
    if (b->count == 0 || b->sorted == b->count) {
        return;
    }
    qsort(b->record, b->count, sizeof *b->record, by_data);
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        if (!is_duplicate(b->record, kept, &b->record[i])) {
            b->record[kept++] = b->record[i];
        }
    }
    b->count = kept;
    qsort(b->record, b->count, sizeof *b->record, by_number);
    b->sorted = b->count;
}

/* ---- building ---- */

/* One RRset to be made: records first .. first + rrs - 1, then its signatures. */
struct span {
    size_t first, rrs, sigs;
};

static struct span next_span(const struct zone_builder *b, size_t first)
{
    struct span s = {.first = first};
    const struct zone_record *r = &b->record[first];
    for (size_t i = first; i < b->count; i++) {
        const struct zone_record *k = &b->record[i];
        if (k->type != r->type || (k->owner != r->owner && !dname_equal(record_owner(k), record_owner(r)))) {
            break;
        }
        if (k->sig) {
            s.sigs++;
        } else {
            s.rrs++;
        }
    }
    return s;
}

static size_t count_spans(const struct zone_builder *b, size_t *longest)
{
    size_t n = 0;
    *longest = 0;
    for (size_t i = 0; i < b->count;) {
        struct span s = next_span(b, i);
        i += s.rrs + s.sigs;
        *longest = s.rrs + s.sigs > *longest ? s.rrs + s.sigs : *longest;
        n++;
    }
    return n;
}

static uint32_t smallest_ttl(const struct zone_builder *b, const struct span *s)
{
    uint32_t ttl_s = UINT32_MAX;
    for (size_t i = 0; i < s->rrs; i++) {
        uint32_t t = b->record[s->first + i].ttl_s;
        ttl_s = t < ttl_s ? t : ttl_s;
    }
    return ttl_s;
}

/* The RRset of a span. NULL with *err DNS_OK: there is nothing to sign, signatures alone are dropped. `refs` has room
 * for the longest span. */
static struct rrset *make_set(const struct zone_builder *b, const struct span *s, struct arena *arena,
                              struct rdata_ref *refs, enum dns_err *err)
{
    *err = DNS_OK;
    if (s->rrs == 0) {
        return NULL;
    }
    size_t bytes = 0;
    for (size_t i = 0; i < s->rrs + s->sigs; i++) {
        const struct zone_record *r = &b->record[s->first + i];
        refs[i] = (struct rdata_ref){.data = r->rdata, .len = r->len};
        bytes += r->len;
    }
    if (bytes > DNS_RRSET_BYTES_MAX || s->rrs + s->sigs > UINT16_MAX) {
        *err = DNS_E_LIMIT;
        return NULL;
    }
    struct dname owner = record_owner(&b->record[s->first]);
    uint16_t rrs = (uint16_t)s->rrs, sigs = (uint16_t)s->sigs;
    struct rrset *set = arena_alloc(arena, rrset_size(owner, refs, rrs, refs + rrs, sigs));
    if (set == NULL) {
        *err = DNS_E_NO_MEMORY;
        return NULL;
    }
    rrset_fill(set, owner, b->record[s->first].type, smallest_ttl(b, s), refs, rrs, refs + rrs, sigs);
    return set;
}

/* Who is told of faults. */
struct listener {
    zone_report *report;
    void *arg;
};

static void report_too_big(const struct zone_builder *b, const struct span *s, const struct listener *to)
{
    char name[DNAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], message[ZONE_MESSAGE_MAX];
    const struct zone_record *r = &b->record[s->first];
    dname_print(record_owner(r), name);
    snprintf(message, sizeof message, "more than %d octets of %s at %.100s: they do not fit in a message",
             DNS_RRSET_BYTES_MAX, dns_type_text(r->type, type), name);
    to->report(to->arg, r->number, message);
}

/* All RRsets: those of the tree to z->set, NSEC3 to z->nsec3. The arrays have room. */
static enum dns_err make_sets(struct zone_builder *b, struct zone *z, struct rdata_ref *refs, const struct listener *to)
{
    for (size_t i = 0; i < b->count;) {
        struct span s = next_span(b, i);
        enum dns_err err;
        struct rrset *set = make_set(b, &s, &z->arena, refs, &err);
        if (err == DNS_E_LIMIT) {
            report_too_big(b, &s, to);
        }
        if (err != DNS_OK) {
            return err;
        }
        if (set != NULL && set->type == DNS_TYPE_NSEC3) {
            z->nsec3[z->nsec3s++] = set;
        } else if (set != NULL) {
            z->set[z->sets++] = set;
        }
        i += s.rrs + s.sigs;
    }
    return DNS_OK;
}

/* Nodes for the owners of z->set, each with its run of RRsets. */
static bool make_tree(struct zone *z)
{
    struct dname *names = malloc((z->sets + 1) * sizeof *names);
    uint32_t *position = malloc((z->sets + 1) * sizeof *position);
    bool ok = names != NULL && position != NULL;
    size_t count = 0;
    for (size_t i = 0; ok && i < z->sets; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): make_sets filled as many as it counted */
        struct dname owner = rrset_owner(z->set[i]);
        if (count == 0 || !dname_equal(names[count - 1], owner)) {
            names[count++] = owner;
        }
    }
    ok = ok && tree_build(z, names, count, position);
    size_t at = 0;
    for (size_t i = 0; ok && i < count; i++) {
        struct zone_node *n = &z->node[position[i]];
        n->first_set = (uint32_t)at;
        for (; at < z->sets && dname_equal(rrset_owner(z->set[at]), names[i]); at++) {
            n->sets++;
            if (z->set[at]->type == DNS_TYPE_DNAME) {
                n->flags |= NODE_DNAME;
            }
            /* RFC 4592 section 4.2 gives NS at a wildcard no meaning: it is data like any other. */
            if (z->set[at]->type == DNS_TYPE_NS && position[i] != 0 && !dname_is_wildcard(names[i])) {
                n->flags |= NODE_CUT;
            }
        }
    }
    free(names);
    free(position);
    return ok;
}

static enum dns_err build(struct zone_builder *b, struct zone *z, const struct listener *to)
{
    size_t longest, spans = count_spans(b, &longest);
    struct rdata_ref *refs = malloc((longest + 1) * sizeof *refs);
    z->set = malloc((spans + 1) * sizeof *z->set);
    z->nsec3 = malloc((spans + 1) * sizeof *z->nsec3);
    enum dns_err err = DNS_E_NO_MEMORY;
    if (refs != NULL && z->set != NULL && z->nsec3 != NULL) {
        err = make_sets(b, z, refs, to);
    }
    free(refs);
    if (err == DNS_OK && !make_tree(z)) {
        err = DNS_E_NO_MEMORY;
    }
    return err;
}

enum dns_err zone_builder_finish_at(struct zone_builder *b, bool loose, struct zone **out, zone_report *report,
                                    void *arg)
{
    *out = NULL;
    sort_records(b);
    if (!loose && !zone_check(b, report, arg)) {
        return DNS_E_MALFORMED;
    }
    struct listener to = {.report = report, .arg = arg};
    struct zone *z = calloc(1, sizeof *z);
    enum dns_err err = DNS_E_NO_MEMORY;
    if (z != NULL) {
        z->origin = b->origin;
        arena_init(&z->arena, NULL, 0, SIZE_MAX);
        err = build(b, z, &to);
    }
    if (err == DNS_E_NO_MEMORY) {
        report(arg, ZONE_NO_RECORD, "out of memory");
    }
    if (err != DNS_OK) {
        zone_free(z);
        return err;
    }
    zone_builder_free(b);
    *out = z;
    return DNS_OK;
}

struct first_fault {
    char *message;
    bool set;
};

static void keep_first(void *arg, uint32_t number, const char *message)
{
    struct first_fault *f = arg;
    (void)number;
    if (!f->set && f->message != NULL) {
        snprintf(f->message, ZONE_MESSAGE_MAX, "%s", message);
    }
    f->set = true;
}

enum dns_err zone_builder_finish(struct zone_builder *b, bool loose, struct zone **out, char *message)
{
    struct first_fault f = {.message = message};
    return zone_builder_finish_at(b, loose, out, keep_first, &f);
}

void zone_free(struct zone *z)
{
    if (z != NULL) {
        arena_release(&z->arena);
        free(z->node);
        free(z->child);
        free(z->set);
        free(z->nsec3);
        free(z);
    }
}

/* ---- reading ---- */

struct dname zone_origin(const struct zone *z)
{
    return dname_of(&z->origin);
}

size_t zone_rrset_count(const struct zone *z)
{
    return z->sets + z->nsec3s;
}

static const struct rrset *find_nsec3(const struct zone *z, struct dname name)
{
    size_t low = 0, high = z->nsec3s;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int d = dname_compare(name, rrset_owner(z->nsec3[mid]));
        if (d == 0) {
            return z->nsec3[mid];
        }
        if (d < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return NULL;
}

const struct rrset *zone_find(const struct zone *z, struct dname name, uint16_t type)
{
    if (!dname_under(name, dname_of(&z->origin))) {
        return NULL;
    }
    if (type == DNS_TYPE_NSEC3) {
        return find_nsec3(z, name);
    }
    struct tree_place p = tree_find(z, name, TREE_ALL);
    return p.exact ? tree_set(z, p.node, type) : NULL;
}

void zone_walk(const struct zone *z, zone_visit *visit, void *arg)
{
    size_t k = 0;
    for (size_t i = 0; i < z->sets; i++) {
        while (k < z->nsec3s && dname_compare(rrset_owner(z->nsec3[k]), rrset_owner(z->set[i])) < 0) {
            visit(arg, z->nsec3[k++]);
        }
        visit(arg, z->set[i]);
    }
    while (k < z->nsec3s) {
        visit(arg, z->nsec3[k++]);
    }
}
