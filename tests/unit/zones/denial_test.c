/*
 * The NSEC and NSEC3 records in answers, judged as a validator judges them: for every question the test works out from
 * the plain zone what is there, and then demands that the records given prove it (RFC 4035 section 5.4, RFC 5155
 * section 8). The chains are made by the test itself.
 */
#include <stdio.h>

#include "awkward.h"
#include "dns/digest.h"
#include "dns/rdata.h"
#include "support.h"
#include "zones/denial.h"

static const char plain[] = AWKWARD_ZONE;

/* ---- names of the zone with their types ---- */

#define NAMES_MAX 64

struct owner {
    struct dname_buf name;
    uint16_t type[8];
    size_t types;
};

struct model {
    struct owner owner[NAMES_MAX];
    size_t owners;
};

static bool model_has(const struct model *m, struct dname name)
{
    for (size_t i = 0; i < m->owners; i++) {
        if (dname_equal(dname_of(&m->owner[i].name), name)) {
            return true;
        }
    }
    return false;
}

static bool model_type(const struct model *m, struct dname name, uint16_t type)
{
    for (size_t i = 0; i < m->owners; i++) {
        const struct owner *o = &m->owner[i];
        for (size_t k = 0; dname_equal(dname_of(&o->name), name) && k < o->types; k++) {
            if (o->type[k] == type) {
                return true;
            }
        }
    }
    return false;
}

static bool is_cut(const struct model *m, struct dname name)
{
    return name.labels > 1 && model_type(m, name, DNS_TYPE_NS);
}

/* Below a zone cut or a DNAME. */
static bool occluded(const struct model *m, struct dname name)
{
    for (struct dname n = dname_parent(name); n.labels > 1; n = dname_parent(n)) {
        if (is_cut(m, n) || model_type(m, n, DNS_TYPE_DNAME)) {
            return true;
        }
    }
    return false;
}

static void learn(void *arg, const struct rrset *s)
{
    struct model *m = arg;
    if (m->owners == 0 || !dname_equal(dname_of(&m->owner[m->owners - 1].name), rrset_owner(s))) {
        assert_true(m->owners < NAMES_MAX);
        dname_copy(rrset_owner(s), &m->owner[m->owners].name);
        m->owner[m->owners++].types = 0;
    }
    struct owner *o = &m->owner[m->owners - 1];
    assert_true(o->types < ROWS(o->type));
    o->type[o->types++] = s->type;
}

/* Names with data that the zone answers for, in canonical order. */
static void model_of(const char *text, struct model *out)
{
    static struct model all;
    struct zone *z = make_zone("example.", text);
    all.owners = 0;
    zone_walk(z, learn, &all);
    zone_free(z);
    out->owners = 0;
    for (size_t i = 0; i < all.owners; i++) {
        if (!occluded(&all, dname_of(&all.owner[i].name))) {
            out->owner[out->owners++] = all.owner[i];
        }
    }
}

static void add_types(struct text *t, const struct owner *o)
{
    char buf[DNS_TYPE_TEXT_MAX];
    for (size_t i = 0; i < o->types; i++) {
        text_addf(t, " %s", dns_type_text(o->type[i], buf));
    }
}

/* ---- NSEC ---- */

static struct zone *with_nsec(const struct model *m)
{
    static char text[32768];
    struct text t = text_of(text, sizeof text);
    text_add(&t, plain);
    for (size_t i = 0; i < m->owners; i++) {
        text_name(&t, dname_of(&m->owner[i].name));
        text_add(&t, " NSEC ");
        text_name(&t, dname_of(&m->owner[(i + 1) % m->owners].name));
        add_types(&t, &m->owner[i]);
        text_add(&t, "\n");
    }
    return make_zone("example.", text);
}

static struct dname next_of(const struct rrset *nsec)
{
    struct rdata_ref rr = rrset_first(nsec);
    struct reader r = reader_of(rr.data, rr.len);
    struct dname next;
    assert_int_equal(dname_read_plain(&r, &next), DNS_OK);
    return next;
}

static bool nsec_covers(const struct lookup *l, struct dname name)
{
    for (unsigned i = 0; i < l->authorities; i++) {
        const struct rrset *s = l->authority[i];
        if (s->type != DNS_TYPE_NSEC || dname_compare(rrset_owner(s), name) >= 0) {
            continue;
        }
        struct dname next = next_of(s);
        if (dname_compare(name, next) < 0 || dname_compare(next, rrset_owner(s)) <= 0) {
            return true;
        }
    }
    return false;
}

static bool nsec_matches(const struct lookup *l, struct dname name)
{
    for (unsigned i = 0; i < l->authorities; i++) {
        if (l->authority[i]->type == DNS_TYPE_NSEC && dname_equal(rrset_owner(l->authority[i]), name)) {
            return true;
        }
    }
    return false;
}

/* An empty non-terminal: an NSEC whose next name lies below it. */
static bool nsec_shows_empty(const struct lookup *l, struct dname name)
{
    for (unsigned i = 0; i < l->authorities; i++) {
        const struct rrset *s = l->authority[i];
        if (s->type == DNS_TYPE_NSEC && dname_compare(rrset_owner(s), name) < 0 && dname_below(next_of(s), name)) {
            return true;
        }
    }
    return false;
}

/* ---- NSEC3 ---- */

static const uint8_t salt[] = {0xab, 0xcd};
#define ITERATIONS 3

static void hash3(struct dname name, uint8_t out[DIGEST_SHA1_SIZE])
{
    struct dname_buf lower;
    uint8_t data[DNAME_MAX + sizeof salt];
    dname_lower(name, &lower);
    memcpy(data, lower.wire, lower.len);
    memcpy(data + lower.len, salt, sizeof salt);
    assert_true(digest_sha1(data, lower.len + sizeof salt, out));
    for (int i = 0; i < ITERATIONS; i++) {
        memcpy(data, out, DIGEST_SHA1_SIZE);
        memcpy(data + DIGEST_SHA1_SIZE, salt, sizeof salt);
        assert_true(digest_sha1(data, DIGEST_SHA1_SIZE + sizeof salt, out));
    }
}

/* Bit by bit, unlike the code under test. */
static void base32(const uint8_t hash[DIGEST_SHA1_SIZE], char out[33])
{
    for (unsigned i = 0; i < 32; i++) {
        unsigned v = 0;
        for (unsigned b = 0; b < 5; b++) {
            unsigned bit = i * 5 + b;
            v = v << 1 | (hash[bit / 8] >> (7 - bit % 8) & 1);
        }
        out[i] = (char)(v < 10 ? '0' + v : 'A' + v - 10);
    }
    out[32] = '\0';
}

struct link {
    uint8_t hash[DIGEST_SHA1_SIZE];
    const struct owner *owner; /* NULL: an empty non-terminal */
};

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct link *)a)->hash, ((const struct link *)b)->hash, DIGEST_SHA1_SIZE);
}

/* With opt_out, delegations without DS and what exists only through them have no NSEC3 (RFC 5155 section 7.1). */
static size_t make_links(const struct model *m, bool opt_out, struct link *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->owners; i++) {
        const struct owner *o = &m->owner[i];
        struct dname name = dname_of(&o->name);
        if (opt_out && is_cut(m, name) && !model_type(m, name, DNS_TYPE_DS)) {
            continue;
        }
        hash3(name, out[n].hash);
        out[n++].owner = o;
        for (struct dname up = dname_parent(name); up.labels > 1; up = dname_parent(up)) {
            if (!model_has(m, up)) {
                hash3(up, out[n].hash);
                out[n++].owner = NULL;
            }
        }
    }
    qsort(out, n, sizeof *out, by_hash);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || by_hash(&out[kept - 1], &out[i]) != 0) {
            out[kept++] = out[i];
        }
    }
    return kept;
}

static struct zone *with_nsec3(const struct model *m, bool opt_out)
{
    static char text[65536];
    static struct link links[NAMES_MAX * 4];
    size_t n = make_links(m, opt_out, links);
    struct text t = text_of(text, sizeof text);
    text_add(&t, plain);
    text_addf(&t, "@ NSEC3PARAM 1 0 %d ABCD\n", ITERATIONS);
    for (size_t i = 0; i < n; i++) {
        char own[33], next[33];
        base32(links[i].hash, own);
        base32(links[(i + 1) % n].hash, next);
        text_addf(&t, "%s NSEC3 1 %d %d ABCD %s", own, opt_out, ITERATIONS, next);
        if (links[i].owner != NULL) {
            add_types(&t, links[i].owner);
        }
        text_add(&t, "\n");
        /* A second chain, of other parameters, must not be mixed in. */
        uint8_t other[DIGEST_SHA1_SIZE];
        assert_true(digest_sha1(own, 32, other));
        base32(other, own);
        text_addf(&t, "%s NSEC3 1 0 %d FFFF %s A\n", own, ITERATIONS, next);
    }
    return make_zone("example.", text);
}

static bool nsec3_matches(const struct lookup *l, struct dname name)
{
    uint8_t hash[DIGEST_SHA1_SIZE];
    char label[33], full[64];
    hash3(name, hash);
    base32(hash, label);
    snprintf(full, sizeof full, "%s.example.", label);
    for (unsigned i = 0; i < l->authorities; i++) {
        if (l->authority[i]->type == DNS_TYPE_NSEC3 && dname_equal(rrset_owner(l->authority[i]), NAME(full))) {
            return true;
        }
    }
    return false;
}

static bool nsec3_covers(const struct lookup *l, struct dname name)
{
    uint8_t hash[DIGEST_SHA1_SIZE];
    char label[33];
    hash3(name, hash);
    base32(hash, label);
    for (unsigned i = 0; i < l->authorities; i++) {
        const struct rrset *s = l->authority[i];
        if (s->type != DNS_TYPE_NSEC3) {
            continue;
        }
        char own[33], next[33];
        struct rdata_ref rr = rrset_first(s);
        assert_memory_equal(rr.data + 5, salt, sizeof salt); /* of the right chain */
        for (unsigned k = 0; k < 32; k++) {
            char c = (char)rrset_owner(s).wire[1 + k];
            own[k] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
        }
        own[32] = '\0';
        base32(rr.data + 5 + rr.data[4] + 1, next);
        bool last = strcmp(next, own) <= 0;
        if (last ? strcmp(label, own) > 0 || strcmp(label, next) < 0
                 : strcmp(label, own) > 0 && strcmp(label, next) < 0) {
            return true;
        }
    }
    return false;
}

/* RFC 5155 section 8.3: an encloser that exists and the next closer name that does not. */
static bool nsec3_encloser(const struct lookup *l, struct dname name, unsigned *labels)
{
    for (unsigned n = name.labels; n-- > 1;) {
        if (nsec3_matches(l, dname_suffix(name, n))) {
            *labels = n;
            return nsec3_covers(l, dname_suffix(name, n + 1));
        }
    }
    return false;
}

/* ---- the judge ---- */

enum chain { CHAIN_NSEC, CHAIN_NSEC3, CHAIN_OPT_OUT };

static unsigned closest_encloser(const struct model *m, struct dname name)
{
    for (unsigned n = name.labels;; n--) {
        for (size_t i = 0; i < m->owners; i++) {
            if (dname_under(dname_of(&m->owner[i].name), dname_suffix(name, n))) {
                return n;
            }
        }
    }
}

static bool star_of(struct dname name, unsigned labels, struct dname_buf *out)
{
    return dname_prepend((const uint8_t *)"*", 1, dname_suffix(name, labels), out);
}

static void judge_nxdomain(const struct model *m, enum chain chain, const struct lookup *l, struct dname name)
{
    struct dname_buf star;
    if (chain == CHAIN_NSEC) {
        assert_true(nsec_covers(l, name));
        assert_true(star_of(name, closest_encloser(m, name), &star));
        assert_true(nsec_covers(l, dname_of(&star)));
        return;
    }
    unsigned labels = 0;
    assert_true(nsec3_encloser(l, name, &labels));
    assert_true(star_of(name, labels, &star));
    assert_true(nsec3_covers(l, dname_of(&star)));
}

static void judge_nodata(const struct model *m, enum chain chain, const struct lookup *l, struct dname name)
{
    unsigned labels = closest_encloser(m, name);
    struct dname_buf star;
    bool wildcard = labels < name.labels;
    assert_true(star_of(name, labels, &star));
    if (chain == CHAIN_NSEC) {
        if (wildcard) {
            assert_true(nsec_covers(l, name));
            assert_true(nsec_matches(l, dname_of(&star)) || nsec_shows_empty(l, dname_of(&star)));
        } else {
            assert_true(nsec_matches(l, name) || nsec_shows_empty(l, name));
        }
        return;
    }
    unsigned proven = 0;
    if (wildcard) {
        assert_true(nsec3_encloser(l, name, &proven));
        assert_int_equal(proven, labels);
        assert_true(nsec3_matches(l, dname_of(&star)));
    } else {
        assert_true(nsec3_matches(l, name) || (chain == CHAIN_OPT_OUT && nsec3_encloser(l, name, &proven)));
    }
}

static void judge_referral(const struct model *m, enum chain chain, const struct lookup *l)
{
    struct dname cut = rrset_owner(l->authority[0]);
    unsigned proven;
    assert_int_equal(l->authority[0]->type, DNS_TYPE_NS);
    if (model_type(m, cut, DNS_TYPE_DS)) {
        assert_int_equal(l->authorities, 2);
        assert_int_equal(l->authority[1]->type, DNS_TYPE_DS);
    } else if (chain == CHAIN_NSEC) {
        assert_true(nsec_matches(l, cut));
    } else {
        assert_true(nsec3_matches(l, cut) || (chain == CHAIN_OPT_OUT && nsec3_encloser(l, cut, &proven)));
    }
}

/* What a negative answer speaks of: the name asked for, or the target of the last alias (RFC 6604). */
static struct dname end_of(const struct lookup *l, struct dname name)
{
    if (l->answers == 0 || l->kind == LOOKUP_ANSWER) {
        return name;
    }
    const struct lookup_set *a = &l->answer[l->answers - 1];
    struct dname target = dname_of(&a->target);
    if (!a->synthesised_cname) {
        struct rdata_ref rr = rrset_first(a->set);
        assert_true(rdata_target(a->set->type, rr.data, rr.len, &target));
    }
    return target;
}

static void judge(const struct model *m, enum chain chain, const struct lookup *l, struct dname name)
{
    struct dname last = end_of(l, name);
    switch (l->kind) {
    case LOOKUP_NXDOMAIN:
        judge_nxdomain(m, chain, l, last);
        break;
    case LOOKUP_NODATA:
        judge_nodata(m, chain, l, last);
        break;
    case LOOKUP_REFERRAL:
        judge_referral(m, chain, l);
        break;
    default:
        break;
    }
    bool expanded = l->answers > 0 && !l->answer[0].synthesised_cname &&
                    dname_is_wildcard(rrset_owner(l->answer[0].set)) &&
                    !dname_equal(rrset_owner(l->answer[0].set), name);
    if (expanded) { /* RFC 4035 section 3.1.3.3, RFC 5155 section 7.2.6 */
        unsigned next = closest_encloser(m, name) + 1;
        assert_true(chain == CHAIN_NSEC ? nsec_covers(l, name) : nsec3_covers(l, dname_suffix(name, next)));
    }
}

/* Names in and around the zone's own. */
static size_t questions(const struct model *m, struct dname_buf *out, size_t cap)
{
    static const char *const before[] = {"0", "a", "m", "zz", "*", "x.y", "\\255"};
    size_t n = 0;
    for (size_t i = 0; i < m->owners; i++) {
        for (struct dname name = dname_of(&m->owner[i].name); name.labels > 0; name = dname_parent(name)) {
            assert_true(n + 8 < cap);
            dname_copy(name, &out[n++]);
            for (size_t k = 0; k < ROWS(before); k++) {
                assert_int_equal(dname_scan(before[k], strlen(before[k]), &name, &out[n]), DNS_OK);
                n++;
            }
        }
    }
    return n;
}

static unsigned ask_all(const struct model *m, enum chain chain, const struct zone *z)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_TXT, DNS_TYPE_DS, DNS_TYPE_NS, DNS_TYPE_CNAME, DNS_TYPE_MX};
    static struct dname_buf name[4096];
    static struct lookup l;
    unsigned kinds[LOOKUP_OUTSIDE + 1] = {0};
    size_t n = questions(m, name, ROWS(name));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < ROWS(types); k++) {
            zone_lookup(z, dname_of(&name[i]), types[k], true, &l);
            judge(m, chain, &l, dname_of(&name[i]));
            kinds[l.kind]++;
        }
    }
    for (int i = 0; i <= LOOKUP_REFERRAL; i++) {
        if (i != LOOKUP_ALIAS) {
            assert_true(kinds[i] > 0);
        }
    }
    return (unsigned)(n * ROWS(types));
}

static void proofs(void **state)
{
    (void)state;
    static struct model m;
    model_of(plain, &m);
    struct zone *z = with_nsec(&m);
    assert_true(ask_all(&m, CHAIN_NSEC, z) > 1000);
    zone_free(z);
    z = with_nsec3(&m, false);
    ask_all(&m, CHAIN_NSEC3, z);
    zone_free(z);
    z = with_nsec3(&m, true);
    ask_all(&m, CHAIN_OPT_OUT, z);
    zone_free(z);
}

/* Without DO, and without a chain, nothing is added. */
static void nothing_added(void **state)
{
    (void)state;
    static struct model m;
    static struct lookup l;
    model_of(plain, &m);
    struct zone *z = with_nsec3(&m, false);
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.authorities, 1);
    zone_lookup(z, NAME("x.safe.example."), DNS_TYPE_A, false, &l);
    assert_int_equal(l.authorities, 1);
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, true, &l);
    assert_in_range(l.authorities, 2, 4);
    zone_free(z);
    z = make_zone("example.", plain);
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, true, &l);
    assert_int_equal(l.authorities, 1);
    zone_lookup(z, NAME("x.safe.example."), DNS_TYPE_A, true, &l);
    assert_int_equal(l.authorities, 2); /* NS and DS */
    zone_free(z);
}

/* RFC 5155 section 7.2.8: the owner of an NSEC3 is no name of the zone; yet the zone shows its records in order. */
static void hashed_owners(void **state)
{
    (void)state;
    static struct model m;
    static struct lookup l;
    static char text[65536];
    uint8_t hash[DIGEST_SHA1_SIZE];
    char label[33], full[64];
    model_of(plain, &m);
    struct zone *z = with_nsec3(&m, false);
    hash3(NAME("www.example."), hash);
    base32(hash, label);
    snprintf(full, sizeof full, "%s.example.", label);
    zone_lookup(z, NAME(full), DNS_TYPE_NSEC3, true, &l);
    assert_int_equal(l.kind, LOOKUP_NXDOMAIN);
    assert_non_null(zone_find(z, NAME(full), DNS_TYPE_NSEC3));
    assert_null(zone_find(z, NAME(full), DNS_TYPE_A));
    struct text t = text_of(text, sizeof text);
    zone_walk(z, show_line, &t);
    assert_non_null(strstr(text, label) != NULL ? strstr(text, " NSEC3 ") : NULL);
    zone_free(z);
}

/* Work is bounded: a chain with more iterations is not used. */
static void too_many_iterations(void **state)
{
    (void)state;
    static const char extra[] = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 151 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
                                "@ NSEC3PARAM 1 0 151 -\n";
    static struct lookup l;
    char text[4096];
    struct text t = text_of(text, sizeof text);
    text_add(&t, plain);
    text_add(&t, extra);
    struct zonefile zf;
    struct zone *z = try_zone("example.", text, true, &zf);
    assert_non_null(z);
    zone_lookup(z, NAME("nothing.example."), DNS_TYPE_A, true, &l);
    assert_int_equal(l.authorities, 1);
    zone_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proofs),
        cmocka_unit_test(nothing_added),
        cmocka_unit_test(hashed_owners),
        cmocka_unit_test(too_many_iterations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
