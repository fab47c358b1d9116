/*
 * proof_nsec.c - what NSEC records prove (RFC 4035 section 5.4, RFC 6840 section 4)
 */
#include "dns/nsec.h"
#include "dns/seeded.h"
#include "dns/types.h"
#include "resolver/dnssec/proof_parts.h"

/* The name is in the record's span and the record may speak of it. */
static bool speaks_of(const struct nsec *n, struct dname zone, struct dname name)
{
    return nsec_covers(n, zone, name) &&
           !SEEDED(49, dname_below(name, n->owner) && types_silent_below(n->bitmap, n->bitmap_len), false);
}

/* ... and it has no descendants either: an empty non-terminal exists (T69). */
static bool denies(const struct nsec *n, struct dname zone, struct dname name)
{
    return speaks_of(n, zone, name) && !SEEDED(47, dname_below(n->next, name), false);
}

static bool find_denial(const struct proof_set *p, struct dname name, struct nsec *out)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (nsec_read(p->set[i], p->zone, out) && denies(out, p->zone, name)) {
            return true;
        }
    }
    return false;
}

static bool find_owner(const struct proof_set *p, struct dname name, struct nsec *out)
{
    for (unsigned i = 0; i < p->count; i++) {
        if (nsec_read(p->set[i], p->zone, out) && dname_equal(out->owner, name)) {
            return true;
        }
    }
    return false;
}

/* The longest ancestor of name that the record shows to exist. */
static unsigned encloser_labels(const struct nsec *n, struct dname name)
{
    unsigned a = dname_common(name, n->owner), b = dname_common(name, n->next);
    return a > b ? a : b;
}

/* The wildcard that would match the name. */
static bool wildcard_of(const struct nsec *n, struct dname name, struct dname_buf *encloser, struct dname_buf *out)
{
    unsigned labels = encloser_labels(n, name); /* at least those of the zone, for all three lie in it */
    dname_copy(dname_suffix(name, labels), encloser);
    return dname_prepend((const uint8_t *)"*", 1, dname_of(encloser), out);
}

enum proof nsec_proves_nxdomain(const struct proof_set *p, struct dname qname, struct dname_buf *encloser)
{
    struct nsec n, other;
    struct dname_buf wildcard;

    if (find_owner(p, qname, &n)) {
        /* RFC 9824 section 3.4: the name is there only to say that it is not. */
        return nsec_has(&n, DNS_TYPE_NXNAME) ? PROOF_SECURE : PROOF_NONE;
    }
    if (!find_denial(p, qname, &n) || !wildcard_of(&n, qname, encloser, &wildcard)) {
        return PROOF_NONE;
    }
    return find_denial(p, dname_of(&wildcard), &other) ? PROOF_SECURE : PROOF_NONE;
}

static bool lacks(const struct nsec *n, uint16_t qtype)
{
    return types_lack(n->bitmap, n->bitmap_len, qtype, dname_is_root(n->owner));
}

/* RFC 4035 section 5.4: the name is an empty non-terminal: in the span, and the next name lies below it. */
static bool is_empty_nonterminal(const struct proof_set *p, struct dname qname)
{
    struct nsec n;
    for (unsigned i = 0; i < p->count; i++) {
        if (nsec_read(p->set[i], p->zone, &n) && speaks_of(&n, p->zone, qname) && dname_below(n.next, qname)) {
            return true;
        }
    }
    return false;
}

enum proof nsec_proves_nodata(const struct proof_set *p, struct dname qname, uint16_t qtype, struct dname_buf *encloser)
{
    struct nsec n, at;
    struct dname_buf wildcard;

    if (find_owner(p, qname, &n)) {
        return lacks(&n, qtype) ? PROOF_SECURE : PROOF_NONE;
    }
    if (is_empty_nonterminal(p, qname)) {
        return PROOF_SECURE;
    }
    if (!find_denial(p, qname, &n) || !wildcard_of(&n, qname, encloser, &wildcard)) {
        return PROOF_NONE;
    }
    if (find_owner(p, dname_of(&wildcard), &at)) {
        return lacks(&at, qtype) ? PROOF_SECURE : PROOF_NONE;
    }
    return is_empty_nonterminal(p, dname_of(&wildcard)) ? PROOF_SECURE : PROOF_NONE; /* RFC 4592 section 4.4 */
}

enum proof nsec_proves_wildcard(const struct proof_set *p, struct dname qname, uint8_t labels)
{
    struct nsec n;
    for (unsigned i = 0; i < p->count; i++) {
        /* No name closer than the wildcard's own encloser exists (RFC 4035 section 5.3.4). */
        if (nsec_read(p->set[i], p->zone, &n) && denies(&n, p->zone, qname) &&
            SEEDED(48, encloser_labels(&n, qname) == labels, true)) {
            return PROOF_SECURE;
        }
    }
    return PROOF_NONE;
}

enum delegation_proof nsec_proves_no_ds(const struct proof_set *p, struct dname cut)
{
    struct nsec n;
    struct dname_buf encloser;

    if (find_owner(p, cut, &n)) {
        if (nsec_has(&n, DNS_TYPE_SOA) || nsec_has(&n, DNS_TYPE_DS)) {
            return CUT_NOT_PROVEN;
        }
        return nsec_has(&n, DNS_TYPE_NS) ? CUT_INSECURE : CUT_NO_DELEGATION;
    }
    bool absent = nsec_proves_nxdomain(p, cut, &encloser) == PROOF_SECURE ||
                  nsec_proves_nodata(p, cut, DNS_TYPE_DS, &encloser) == PROOF_SECURE;
    return absent ? CUT_NO_DELEGATION : CUT_NOT_PROVEN;
}
