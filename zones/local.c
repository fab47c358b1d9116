/*
 * local.c - names that never leave the host
 *
 * Three short tables: names at the top, reverse zones of IPv4 as ranges of octets, reverse zones of IPv6 as prefixes of
 * nibbles. A name outside localhost., invalid., test., onion., local. and arpa. is let go after a look at its last
 * label.
 *
 * Every local zone is what RFC 6303 section 3 makes of an empty zone: a SOA and an NS at its apex and nothing more, but
 * for the addresses of localhost and the names of the two loopback addresses.
 */
#include "zones/local.h"

#include <string.h>
#include <strings.h>

#include "dns/bytes.h"
#include "dns/fold.h"
#include "dns/name.h"
#include "dns/types.h"

#define LOCAL_TTL_S 10800 /* RFC 6303 section 3 */

enum role {
    ROLE_EMPTY,     /* SOA and NS at the apex */
    ROLE_LOCALHOST, /* loopback addresses at every name (RFC 6761 section 6.3) */
    ROLE_NODATA,    /* no data at any name (RFC 9462 section 6.4) */
    ROLE_LOOPBACK4, /* 1.0.0.127.in-addr.arpa. is localhost. */
    ROLE_LOOPBACK6, /* the apex is localhost. */
};

/* The last two labels of a zone, or one. */
struct top_zone {
    const char *last, *before;
    enum role role;
};
static const struct top_zone top_zones[] = {
    {"localhost", NULL, ROLE_LOCALHOST}, {"invalid", NULL, ROLE_EMPTY}, /* RFC 6761 section 6.4 */
    {"test", NULL, ROLE_EMPTY},                                         /* RFC 6761 section 6.2 */
    {"onion", NULL, ROLE_EMPTY},                                        /* RFC 7686 section 2 */
    {"local", NULL, ROLE_EMPTY},                                        /* RFC 6762 section 22.1 */
    {"arpa", "home", ROLE_EMPTY},                                       /* RFC 8375 section 4 */
    {"arpa", "resolver", ROLE_NODATA},                                  /* RFC 9462 section 6.4 */
};

/* The zone of the first `count` octets of an address, of which the last runs from octet[count-1] to `to`. */
struct zone4 {
    uint8_t count, octet[4], to;
    enum role role;
};
static const struct zone4 zones4[] = {
    /* RFC 6303 section 4.1: private addresses; RFC 7793: shared ones */
    {1, {10}, 10, ROLE_EMPTY},
    {2, {172, 16}, 31, ROLE_EMPTY},
    {2, {192, 168}, 168, ROLE_EMPTY},
    {2, {100, 64}, 127, ROLE_EMPTY},
    /* RFC 6303 section 4.2: this network, loopback, link-local, documentation, broadcast */
    {1, {0}, 0, ROLE_EMPTY},
    {1, {127}, 127, ROLE_LOOPBACK4},
    {2, {169, 254}, 254, ROLE_EMPTY},
    {3, {192, 0, 2}, 2, ROLE_EMPTY},
    {3, {198, 51, 100}, 100, ROLE_EMPTY},
    {3, {203, 0, 113}, 113, ROLE_EMPTY},
    {4, {255, 255, 255, 255}, 255, ROLE_EMPTY},
};

struct zone6 {
    const char *nibbles; /* first first */
    enum role role;
};
static const struct zone6 zones6[] = {
    /* RFC 6303 sections 4.3 to 4.6: unspecified, loopback, unique local, link-local, documentation */
    {"00000000000000000000000000000000", ROLE_EMPTY},
    {"00000000000000000000000000000001", ROLE_LOOPBACK6},
    {"fd", ROLE_EMPTY},
    {"fe8", ROLE_EMPTY},
    {"fe9", ROLE_EMPTY},
    {"fea", ROLE_EMPTY},
    {"feb", ROLE_EMPTY},
    {"20010db8", ROLE_EMPTY},
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The local zone that holds a name. */
struct found {
    struct dname apex;
    enum role role;
};

/* Is the first label of `name` this word? */
static bool label_is(struct dname name, const char *word)
{
    uint8_t n;
    if (dname_is_root(name)) {
        return false;
    }
    const uint8_t *label = dname_label(name, &n);
    return n == strlen(word) && strncasecmp((const char *)label, word, n) == 0;
}

/* The first label as a decimal octet without leading zeros, or -1. */
static int label_octet(struct dname name)
{
    uint8_t n;
    const uint8_t *label = dname_label(name, &n);
    int v = 0;

    if (n > 3 || (n > 1 && label[0] == '0')) {
        return -1;
    }
    for (unsigned i = 0; i < n; i++) {
        if (label[i] < '0' || label[i] > '9') {
            return -1;
        }
        v = v * 10 + (label[i] - '0');
    }
    return v <= UINT8_MAX ? v : -1;
}

static bool find_top(struct dname name, struct found *out)
{
    for (size_t i = 0; i < COUNT(top_zones); i++) {
        const struct top_zone *z = &top_zones[i];
        unsigned labels = z->before != NULL ? 2 : 1;
        if (name.labels < labels || !label_is(dname_suffix(name, 1), z->last)) {
            continue;
        }
        if (z->before == NULL || label_is(dname_suffix(name, 2), z->before)) {
            *out = (struct found){.apex = dname_suffix(name, labels), .role = z->role};
            return true;
        }
    }
    return false;
}

/* name lies under in-addr.arpa.: its labels, read from the end, are the octets of an address. */
static bool find_reverse4(struct dname name, struct found *out)
{
    for (size_t i = 0; i < COUNT(zones4); i++) {
        const struct zone4 *z = &zones4[i];
        bool same = name.labels >= z->count + 2u;
        for (unsigned k = 0; same && k < z->count; k++) {
            int octet = label_octet(dname_suffix(name, 3 + k));
            same = k + 1 < z->count ? octet == z->octet[k] : octet >= z->octet[k] && octet <= z->to;
        }
        if (same) {
            *out = (struct found){.apex = dname_suffix(name, z->count + 2u), .role = z->role};
            return true;
        }
    }
    return false;
}

/* name lies under ip6.arpa. */
static bool find_reverse6(struct dname name, struct found *out)
{
    for (size_t i = 0; i < COUNT(zones6); i++) {
        const struct zone6 *z = &zones6[i];
        unsigned count = (unsigned)strlen(z->nibbles);
        bool same = name.labels >= count + 2;
        for (unsigned k = 0; same && k < count; k++) {
            const char nibble[2] = {z->nibbles[k], '\0'};
            same = label_is(dname_suffix(name, 3 + k), nibble);
        }
        if (same) {
            *out = (struct found){.apex = dname_suffix(name, count + 2), .role = z->role};
            return true;
        }
    }
    return false;
}

/* By its last two letters. */
static bool ends_like_local(struct dname name)
{
    if (name.len < 4) {
        return false;
    }
    uint8_t last = name.wire[name.len - 2] | 0x20;
    switch (fold1(name.wire[name.len - 3]) << 8 | last) {
    case 's' << 8 | 't': /* localhost, test */
    case 'i' << 8 | 'd': /* invalid */
    case 'o' << 8 | 'n': /* onion */
    case 'a' << 8 | 'l': /* local */
    case 'p' << 8 | 'a': /* arpa */
        return true;
    default:
        return false;
    }
}

static bool find(struct dname name, struct found *out)
{
    if (!ends_like_local(name)) {
        return false;
    }
    if (find_top(name, out)) {
        return true;
    }
    if (name.labels < 3 || !label_is(dname_suffix(name, 1), "arpa")) {
        return false;
    }
    struct dname second = dname_suffix(name, 2);
    if (label_is(second, "in-addr")) {
        return find_reverse4(name, out);
    }
    return label_is(second, "ip6") && find_reverse6(name, out);
}

bool local_finds(struct dname qname)
{
    struct found f;
    return find(qname, &f);
}

/* 1.0.0.127.in-addr.arpa., the only name of its zone but the apex. */
static bool is_loopback4(struct dname name)
{
    static const char *const labels[] = {"1", "0", "0", "127", "in-addr", "arpa"};

    for (size_t i = 0; i < COUNT(labels); i++, name = dname_parent(name)) {
        if (!label_is(name, labels[i])) {
            return false;
        }
    }
    return dname_is_root(name);
}

/* 0.0.127. and 0.127. lie between the apex and that name: they exist without data (RFC 8020 section 2). */
static bool is_above_loopback4(struct dname name)
{
    if (name.labels > 5) {
        return false;
    }
    for (; name.labels > 3; name = dname_parent(name)) {
        if (!label_is(name, "0")) {
            return false;
        }
    }
    return true;
}

/* Rdata of one record, made in place. */
struct data {
    uint8_t octets[2 * DNAME_MAX + 20];
    struct writer w;
};

static void begin(struct data *d)
{
    d->w = writer_of(d->octets, sizeof d->octets);
}

static struct rrset *make(struct dname owner, uint16_t type, const struct data *d, struct arena *arena)
{
    struct rdata_ref one = {.data = d->octets, .len = (uint16_t)d->w.pos};
    struct rrset *set;
    return rrset_make(owner, type, LOCAL_TTL_S, &one, 1, arena, &set) == DNS_OK ? set : NULL;
}

static const uint8_t localhost_name[] = "\x09localhost"; /* with its final zero: the root label */
static const uint8_t nobody_name[] = "\x06nobody\x07invalid";

/* "@ SOA @ nobody.invalid. 1 3600 1200 604800 10800" (RFC 6303 section 3) */
static struct rrset *make_soa(struct dname apex, struct arena *arena)
{
    static const uint32_t numbers[] = {1, 3600, 1200, 604800, LOCAL_TTL_S};
    struct data d;

    begin(&d);
    write_bytes(&d.w, apex.wire, apex.len);
    write_bytes(&d.w, nobody_name, sizeof nobody_name);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        write_u32(&d.w, numbers[i]);
    }
    return make(apex, DNS_TYPE_SOA, &d, arena);
}

static struct rrset *make_name(struct dname owner, uint16_t type, const uint8_t *name, size_t n, struct arena *arena)
{
    struct data d;

    begin(&d);
    write_bytes(&d.w, name, n);
    return make(owner, type, &d, arena);
}

static struct rrset *make_loopback(struct dname owner, uint16_t type, struct arena *arena)
{
    static const uint8_t ip4[] = {127, 0, 0, 1};
    static const uint8_t ip6[16] = {[15] = 1};
    struct data d;

    begin(&d);
    write_bytes(&d.w, type == DNS_TYPE_A ? ip4 : ip6, type == DNS_TYPE_A ? sizeof ip4 : sizeof ip6);
    return make(owner, type, &d, arena);
}

/* The type that answers a question: ANY is answered with one (RFC 8482 section 4.1). */
static bool asks(uint16_t qtype, uint16_t type)
{
    return qtype == type || qtype == DNS_TYPE_ANY;
}

/* Does the name have a PTR of localhost.? */
static bool has_ptr(const struct found *f, struct dname qname)
{
    return f->role == ROLE_LOOPBACK4 ? is_loopback4(qname)
                                     : f->role == ROLE_LOOPBACK6 && qname.labels == f->apex.labels;
}

/* The one set that answers; NULL and *has false: there is none. */
static struct rrset *make_answer(const struct found *f, struct dname qname, uint16_t qtype, struct arena *arena,
                                 bool *has)
{
    *has = true;
    if (f->role == ROLE_LOCALHOST && (qtype == DNS_TYPE_AAAA || asks(qtype, DNS_TYPE_A))) {
        return make_loopback(qname, qtype == DNS_TYPE_AAAA ? DNS_TYPE_AAAA : DNS_TYPE_A, arena);
    }
    if (asks(qtype, DNS_TYPE_PTR) && has_ptr(f, qname)) {
        return make_name(qname, DNS_TYPE_PTR, localhost_name, sizeof localhost_name, arena);
    }
    if (qname.labels == f->apex.labels && asks(qtype, DNS_TYPE_SOA)) {
        return make_soa(qname, arena);
    }
    if (qname.labels == f->apex.labels && qtype == DNS_TYPE_NS) {
        return make_name(qname, DNS_TYPE_NS, qname.wire, qname.len, arena);
    }
    *has = false;
    return NULL;
}

static bool exists(const struct found *f, struct dname qname)
{
    switch (f->role) {
    case ROLE_LOCALHOST:
    case ROLE_NODATA:
        return true;
    case ROLE_LOOPBACK4:
        return is_loopback4(qname) || is_above_loopback4(qname);
    case ROLE_EMPTY:
    case ROLE_LOOPBACK6:
        break;
    }
    return qname.labels == f->apex.labels;
}

void local_lookup(struct dname qname, uint16_t qtype, struct arena *arena, struct local_answer *out)
{
    struct found f;
    bool has;

    *out = (struct local_answer){.kind = LOCAL_NONE};
    if (!find(qname, &f)) {
        return;
    }
    out->answer = make_answer(&f, qname, qtype, arena, &has);
    if (has) {
        out->kind = out->answer != NULL ? LOCAL_ANSWER : LOCAL_NONE;
        return;
    }
    out->soa = make_soa(f.apex, arena);
    if (out->soa != NULL) {
        out->kind = exists(&f, qname) ? LOCAL_NODATA : LOCAL_NXDOMAIN;
    }
}
