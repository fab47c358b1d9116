/*
 * The lab's zones, signed: every signature and every DS is what lab.conf says, seen by the validator's own functions,
 * and every question that a server answers "no" comes with a proof.
 */
#include <stdio.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns/types.h"
#include "resolver/dnssec/anchors.h"
#include "resolver/dnssec/proof.h"
#include "resolver/dnssec/verify.h"
#include "names.h"
#include "tools/raiz-lab/sign.h"
#include "zones/lookup.h"

#define NOW INT64_C(1767225600) /* 2026-01-01 */

static const struct dnssec_policy all = {.sha1 = true};

static void hear(void *arg, const char *message)
{
    (void)arg;
    print_error("%s\n", message);
}

static void hear_into(void *arg, const char *message)
{
    fprintf(arg, "%s\n", message);
}

static int set_up(void **state)
{
    struct lab *lab = lab_load(SOURCE_DIR "/tools/lab", hear, NULL);
    *state = lab;
    return lab == NULL || !lab_sign(lab, NOW);
}

static int tear_down(void **state)
{
    lab_free(*state);
    return 0;
}

static const struct lab_zone *zone_named(const struct lab *lab, const char *text)
{
    for (size_t i = 0; i < lab->zones; i++) {
        if (dname_equal(dname_of(&lab->zone[i].origin), NAME(text))) {
            return &lab->zone[i];
        }
    }
    fail_msg("the lab has no %s", text);
    return NULL;
}

/* ---- every set ---- */

/* What of a zone is signed otherwise than well, and what is said of it. */
static const struct {
    unsigned signing;
    enum dnssec_verdict verdict;
    bool dnskey; /* of the keys, too */
} bad[] = {
    {LAB_EXPIRED, DNSSEC_EXPIRED, true},     {LAB_EARLY, DNSSEC_NOT_YET_VALID, true},
    {LAB_UNKNOWN, DNSSEC_UNSUPPORTED, true}, {LAB_WRONG, DNSSEC_BAD, false},
    {LAB_BARE, DNSSEC_NO_SIGNATURE, false},
};

struct seen {
    const struct lab_zone *z;
    struct dnssec_keys *keys;
    enum dnssec_verdict verdict;
    unsigned good, otherwise;
};

static void see(void *arg, const struct rrset *set)
{
    struct seen *s = arg;
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify(set, s->keys, &all, NOW, &work, &check);
    if (check.verdict == DNSSEC_GOOD) {
        assert_int_equal(check.wildcard, false);
        s->good++;
    } else if (check.verdict == s->verdict) {
        s->otherwise++;
    } else if (check.verdict == DNSSEC_NO_SIGNATURE) { /* NS at a cut, and glue */
        assert_true(set->type == DNS_TYPE_NS || set->type == DNS_TYPE_A || set->type == DNS_TYPE_AAAA);
        assert_false(dname_equal(rrset_owner(set), dname_of(&s->z->origin)));
    } else {
        fail_msg("%s", dnssec_verdict_text(check.verdict));
    }
}

/* Of a zone that is signed well all is good; else nothing, or nothing but the keys. */
static void check_zone(const struct lab_zone *z, const struct rrset *dnskey)
{
    struct seen s = {.z = z, .verdict = DNSSEC_GOOD};
    bool keys_good = true;
    for (size_t i = 0; i < ROWS(bad); i++) {
        if ((z->signing & bad[i].signing) != 0) {
            s.verdict = bad[i].verdict;
            keys_good = !bad[i].dnskey;
        }
    }
    s.keys = dnssec_keys_new(dnskey, &all);
    zone_walk(z->zone, see, &s);
    dnssec_keys_free(s.keys);
    assert_int_equal(s.otherwise > 0, s.verdict != DNSSEC_GOOD);
    if (s.verdict != DNSSEC_GOOD) {
        assert_int_equal(s.good, keys_good);
    }
}

static void test_signatures(void **state)
{
    const struct lab *lab = *state;
    unsigned signed_zones = 0;
    for (size_t i = 0; i < lab->zones; i++) {
        const struct lab_zone *z = &lab->zone[i];
        const struct rrset *dnskey = zone_find(z->zone, dname_of(&z->origin), DNS_TYPE_DNSKEY);
        assert_int_equal(dnskey == NULL, (z->signing & LAB_UNSIGNED) != 0);
        if (dnskey != NULL) {
            check_zone(z, dnskey);
            signed_zones++;
        }
    }
    print_message("%u signed zones\n", signed_zones);
    assert_true(signed_zones > 40);
}

static void test_ds(void **state)
{
    static const struct {
        const char *parent, *zone;
        bool there;
        enum dnssec_verdict verdict;
    } rows[] = {
        {".", "org.", true, DNSSEC_GOOD},
        {".", "arpa.", true, DNSSEC_GOOD},
        {"edu.", "umass.edu.", true, DNSSEC_GOOD},
        {"umass.edu.", "cs.umass.edu.", true, DNSSEC_GOOD},
        {"kinds.org.", "sub.kinds.org.", true, DNSSEC_GOOD}, /* in the place of one that its file makes up */
        {"org.", "signs.org.", true, DNSSEC_GOOD},
        {"org.", "nsec3.org.", true, DNSSEC_GOOD},
        {"org.", "optout.org.", true, DNSSEC_GOOD},
        {"optout.org.", "safe.optout.org.", true, DNSSEC_GOOD},
        {"org.", "expired.org.", true, DNSSEC_EXPIRED},
        {"org.", "brokends.org.", true, DNSSEC_NO_KEY},
        {"org.", "early.org.", true, DNSSEC_NOT_YET_VALID},
        {"org.", "wrongsig.org.", true, DNSSEC_GOOD},
        {"org.", "nosig.org.", true, DNSSEC_GOOD},
        {"org.", "unknown.org.", true, DNSSEC_UNSUPPORTED},
        {"org.", "digest.org.", true, DNSSEC_UNSUPPORTED},
        {"org.", "island.org.", false, DNSSEC_GOOD},
        {"org.", "unsigned.org.", false, DNSSEC_GOOD},
        {"optout.org.", "plain.optout.org.", false, DNSSEC_GOOD},
        {"org.", "dead.org.", false, DNSSEC_GOOD}, /* nobody has it */
    };
    const struct lab *lab = *state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct rrset *ds = zone_find(zone_named(lab, rows[i].parent)->zone, NAME(rows[i].zone), DNS_TYPE_DS);
        if ((ds != NULL) != rows[i].there) {
            fail_msg("%s", rows[i].zone);
        }
        if (ds != NULL) {
            const struct rrset *dnskey =
                zone_find(zone_named(lab, rows[i].zone)->zone, NAME(rows[i].zone), DNS_TYPE_DNSKEY);
            struct dnssec_work work = {0};
            struct dnssec_check check;
            dnssec_verify_dnskey(dnskey, ds, &all, NOW, &work, &check);
            if (check.verdict != rows[i].verdict) {
                fail_msg("%s: %s", rows[i].zone, dnssec_verdict_text(check.verdict));
            }
        }
    }
}

/* ---- every denial ---- */

struct asking {
    const struct lab_zone *z;
    unsigned secure, insecure, answered;
};

static void collect(const struct lookup *l, const struct lab_zone *z, struct proof_set *p)
{
    *p = (struct proof_set){.zone = dname_of(&z->origin)};
    for (unsigned i = 0; i < l->authorities; i++) {
        uint16_t type = l->authority[i]->type;
        if (type == DNS_TYPE_NSEC || type == DNS_TYPE_NSEC3) {
            p->set[p->count++] = l->authority[i];
        }
    }
}

static void ask(struct asking *a, struct dname name, uint16_t type)
{
    static struct lookup l;
    struct proof_set p;
    struct proof_result r = {.proof = PROOF_NONE};
    struct dnssec_work work = {0};
    zone_lookup(a->z->zone, name, type, true, &l);
    collect(&l, a->z, &p);
    switch (l.kind) {
    case LOOKUP_NODATA:
        proof_nodata(&p, name, type, &work, &r);
        break;
    case LOOKUP_NXDOMAIN:
        proof_nxdomain(&p, name, &work, &r);
        break;
    case LOOKUP_REFERRAL: {
        struct dname cut = rrset_owner(l.authority[0]);
        if (zone_find(a->z->zone, cut, DNS_TYPE_DS) == NULL) {
            assert_int_equal(proof_no_ds(&p, cut, &work, &r), CUT_INSECURE);
        }
        return;
    }
    default:
        a->answered++;
        return;
    }
    if (l.answers > 0) {
        return; /* the end of an alias's chain: asked by its own name */
    }
    if ((r.proof == PROOF_NONE) != ((a->z->signing & LAB_NO_NSEC) != 0)) {
        char text[DNAME_TEXT_MAX];
        dname_print(name, text);
        fail_msg("%s type %u: proof %d", text, type, r.proof);
    }
    a->secure += r.proof == PROOF_SECURE;
    a->insecure += r.proof == PROOF_INSECURE;
}

static void ask_around(void *arg, const struct rrset *set)
{
    static const char *const labels[] = {"nx", "!", "*", "a", "zz"};
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_TXT, DNS_TYPE_DS, DNS_TYPE_HINFO};
    struct asking *a = arg;
    struct dname origin = dname_of(&a->z->origin);
    for (struct dname n = rrset_owner(set); set->type != DNS_TYPE_NSEC3 && dname_under(n, origin);
         n = dname_parent(n)) {
        for (size_t i = 0; i < ROWS(types); i++) {
            struct dname_buf below;
            if (types[i] != DNS_TYPE_DS || dname_below(n, origin)) {
                ask(a, n, types[i]);
            }
            for (size_t k = 0; k < ROWS(labels); k++) {
                if (dname_prepend((const uint8_t *)labels[k], (uint8_t)strlen(labels[k]), n, &below)) {
                    ask(a, dname_of(&below), types[i]);
                }
            }
        }
        if (dname_is_root(n)) {
            break;
        }
    }
}

static void test_denials(void **state)
{
    const struct lab *lab = *state;
    unsigned secure = 0, insecure = 0, answered = 0;
    for (size_t i = 0; i < lab->zones; i++) {
        struct asking a = {.z = &lab->zone[i]};
        if (a.z->key == NULL) {
            continue;
        }
        zone_walk(a.z->zone, ask_around, &a);
        assert_int_equal(a.insecure > 0, (a.z->signing & (LAB_OPT_OUT | LAB_ITERATIONS)) != 0);
        secure += a.secure;
        insecure += a.insecure;
        answered += a.answered;
    }
    print_message("%u denials proven, %u insecure (opt-out, iterations); %u answers\n", secure, insecure, answered);
    assert_true(secure > 1000 && answered > 100);
}

/* ---- the anchor ---- */

static void test_anchor(void **state)
{
    char path[] = "/tmp/lab_anchorXXXXXX", error[ANCHORS_ERROR_MAX];
    const struct lab *lab = *state;
    struct anchors *a = anchors_new();
    struct anchor anchor;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(lab_anchor_write(lab, path));
    assert_true(anchors_add_file(a, path, error));
    assert_int_equal(anchors_count(a), 1); /* those of islands are comments */
    assert_true(anchors_at(a, 0, &anchor) && dname_is_root(anchor.zone));
    struct dnssec_work work = {0};
    struct dnssec_check check;
    dnssec_verify_dnskey(zone_find(zone_named(lab, ".")->zone, dname_root(), DNS_TYPE_DNSKEY), anchor.ds, &all, NOW,
                         &work, &check);
    assert_int_equal(check.verdict, DNSSEC_GOOD);

    char line[1000];
    bool island = false;
    FILE *f = fopen(path, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        const char *comment = "; an island: ";
        if (strncmp(line, comment, strlen(comment)) == 0) {
            island = anchors_add_text(a, line + strlen(comment), strlen(line) - strlen(comment) - 1, error);
        }
    }
    fclose(f);
    assert_true(island && anchors_closest(a, NAME("www.island.org."), &anchor));
    assert_true(dname_equal(anchor.zone, NAME("island.org.")));
    dnssec_verify_dnskey(zone_find(zone_named(lab, "island.org.")->zone, NAME("island.org."), DNS_TYPE_DNSKEY),
                         anchor.ds, &all, NOW, &work, &check);
    assert_int_equal(check.verdict, DNSSEC_GOOD);
    anchors_free(a);
    unlink(path);
    assert_false(lab_anchor_write(lab, "/nonexistent/anchor"));
}

/* A zone that two servers read from different files has one key. */
static void test_same_zone_twice(void **state)
{
    (void)state;
    struct lab *lab = lab_parse("lab.conf",
                                "server a. 192.0.2.1 signs.org.\n"
                                "server b. 192.0.2.2 signs.org.=../lab/signs.org.zone\n",
                                SOURCE_DIR "/tools/lab", hear, NULL);
    assert_non_null(lab);
    assert_int_equal(lab->zones, 2);
    assert_true(lab_sign(lab, NOW));
    assert_ptr_equal(lab->zone[0].key, lab->zone[1].key);
    assert_false(lab_anchor_write(lab, "/tmp/never")); /* there is no root */
    lab_free(lab);
}

static void test_words(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"zone", "write: zone ZONE WORD..."},
        {"zone signs.org.", "write: zone ZONE WORD..."},
        {"zone signs.org. secure", "a zone is not 'secure'"},
        {"zone other.org. island", "no server above has the zone other.org."},
        {"zone a..b island", "'a..b' is no name of a zone"},
        {"zones signs.org. island", "a line begins with 'server' or 'zone', not 'zones'"},
    };
    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[300], heard[4096] = "";
        snprintf(text, sizeof text, "server a. 192.0.2.1 signs.org.\n%s\n", rows[i].text);
        FILE *f = fmemopen(heard, sizeof heard, "w");
        assert_null(lab_parse("lab.conf", text, SOURCE_DIR "/tools/lab", hear_into, f));
        fclose(f);
        if (strstr(heard, rows[i].message) == NULL || strncmp(heard, "lab.conf:2: ", 12) != 0) {
            fail_msg("%s: %s", rows[i].text, heard);
        }
    }
    struct lab *lab = lab_parse("lab.conf", "server a. 192.0.2.1 signs.org.\nzone Signs.org. nsec3 island # two\n",
                                SOURCE_DIR "/tools/lab", hear, NULL);
    assert_non_null(lab);
    assert_int_equal(lab->zone[0].signing, LAB_NSEC3 | LAB_ISLAND);
    lab_free(lab);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signatures),
        TEST(ds),
        TEST(denials),
        TEST(anchor),
        cmocka_unit_test(test_same_zone_twice),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
