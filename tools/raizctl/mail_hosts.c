/*
 * mail_hosts.c - MX in order of preference, addresses, names of addresses, DANE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/addr.h"
#include "dns/text.h"
#include "tools/raizctl/mail_exam.h"
#include "tools/raizctl/question.h"

#define PTR_MAX 4 /* names of one address that are followed */

struct host {
    uint16_t preference;
    struct dname name;
};

/* What is known of one host while it is examined. */
struct host_exam {
    struct mail_exam *e;
    char name[DNAME_TEXT_MAX];
    json_t *o, *addresses;
    size_t count; /* addresses */
    bool secure;  /* they are validated */
    bool known;   /* all of them */
    bool mx_secure;
};

struct addr mail_address(const struct lookup_rr *rr)
{
    return rr->len == 4 ? addr_ip4(rr->rdata, 0) : rr->len == 16 ? addr_ip6(rr->rdata, 0) : (struct addr){.port = 0};
}

/* Does the name have this address? -1: not known yet. */
static int leads_back(struct mail_exam *e, struct dname name, const struct addr *a)
{
    const struct lookup *l = lookups_get(e->l, name, a->family == ADDR_IP4 ? DNS_TYPE_A : DNS_TYPE_AAAA);
    if (l == NULL) {
        return -1;
    }
    for (size_t i = 0; i < l->count; i++) {
        struct addr b = mail_address(&l->rr[i]);
        if (addr_same_ip(a, &b)) {
            return 1;
        }
    }
    return 0;
}

/* The names of an address, and whether one of them leads back to it (as receivers check what connects to them). */
static void examine_reverse(struct host_exam *h, const struct addr *a, json_t *o)
{
    char text[DNAME_TEXT_MAX], address[ADDR_TEXT_MAX];
    struct dname_buf reverse;
    reverse_name(a, text);
    dname_scan(text, strlen(text), NULL, &reverse);
    const struct lookup *ptr = lookups_get(h->e->l, dname_of(&reverse), DNS_TYPE_PTR);
    if (ptr == NULL) {
        return;
    }
    bool confirmed = false, open = false;
    json_t *names = json_array();
    for (size_t i = 0; i < ptr->count && i < PTR_MAX; i++) {
        struct reader r = reader_of(ptr->rr[i].rdata, ptr->rr[i].len);
        struct dname name;
        if (dname_read_plain(&r, &name) == DNS_OK) {
            int back = leads_back(h->e, name, a);
            open = open || back < 0;
            confirmed = confirmed || back > 0;
            json_array_append_new(names, mail_json_name(name));
        }
    }
    json_object_set_new(o, "ptr", names);
    json_object_set_new(o, "confirmed", json_boolean(confirmed));
    addr_print(a, address);
    if (lookup_failed(ptr)) {
        char why[LOOKUP_TEXT_MAX];
        json_object_set_new(o, "ptr_error", json_string(lookup_failure(ptr, why)));
    } else if (!confirmed && !open) {
        mail_remark(h->e, MAIL_MINOR, "%s has %s: others may not take mail from it", address,
                    ptr->count == 0 ? "no PTR" : "a PTR that does not lead back to it");
    }
}

static void examine_addresses(struct host_exam *h, struct dname name, uint16_t type)
{
    const struct lookup *l = lookups_get(h->e->l, name, type);
    if (l == NULL) {
        h->known = false;
        return;
    }
    h->secure = h->secure && l->secure;
    if (lookup_failed(l)) {
        char why[LOOKUP_TEXT_MAX];
        mail_remark(h->e, MAIL_BROKEN, "%s: its addresses (%s) cannot be looked up: %s", h->name,
                    type == DNS_TYPE_A ? "A" : "AAAA", lookup_failure(l, why));
    }
    if (l->alias && type == DNS_TYPE_A) {
        json_object_set_new(h->o, "alias_of", mail_json_name(dname_of(&l->owner)));
    }
    for (size_t i = 0; i < l->count; i++) {
        char text[ADDR_TEXT_MAX];
        struct addr a = mail_address(&l->rr[i]);
        addr_print(&a, text);
        json_t *o = json_pack("{s:s}", "address", text);
        examine_reverse(h, &a, o);
        json_array_append_new(h->addresses, o);
        h->count++;
    }
}

/* RFC 7672 section 3.1: of use in mail are DANE-TA(2) and DANE-EE(3). */
static bool tlsa_usable(const struct lookup_rr *rr)
{
    if (rr->len < 4) {
        return false;
    }
    size_t n = rr->len - (size_t)3;
    uint8_t usage = rr->rdata[0], selector = rr->rdata[1], matching = rr->rdata[2];
    return (usage == 2 || usage == 3) && selector <= 1 &&
           ((matching == 0) || (matching == 1 && n == 32) || (matching == 2 && n == 64));
}

static json_t *tlsa_list(const struct lookup *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->count && i < MAIL_HOSTS_MAX; i++) {
        char data[1024];
        struct text t = text_of(data, sizeof data);
        rdata_print(DNS_TYPE_TLSA, l->rr[i].rdata, l->rr[i].len, &t);
        json_array_append_new(list, json_string(data));
    }
    return list;
}

/* May a sender use the TLSA records, and what do they mean for it (RFC 7672 section 2.2)? */
static void judge_dane(struct host_exam *h, const struct lookup *tlsa, json_t *o)
{
    size_t usable = 0;
    char why[LOOKUP_TEXT_MAX];
    const char *state = "none", *text = "none, and that is proven: senders take TLS if it is offered";
    for (size_t i = 0; i < tlsa->count; i++) {
        usable += tlsa_usable(&tlsa->rr[i]);
    }
    if (!h->mx_secure || !h->secure) {
        state = "insecure";
        text = !h->mx_secure ? "no sender may use it: the MX is not validated (no DNSSEC)"
                             : "no sender may use it: the addresses are not validated (no DNSSEC)";
        if (tlsa->count > 0) {
            mail_remark(h->e, MAIL_WEAK, "the TLSA records of %s are of no use without DNSSEC", h->name);
        }
    } else if (lookup_failed(tlsa)) {
        state = "failed"; /* RFC 7672 section 2.1.2: as if the host could not be reached */
        text = "a sender with DANE does not deliver here: the lookup of TLSA fails";
        mail_remark(h->e, MAIL_BROKEN, "%s: TLSA cannot be looked up: %s", h->name, lookup_failure(tlsa, why));
    } else if (!tlsa->secure) {
        state = "insecure";
        text = "no sender may use it: the TLSA records are not validated";
    } else if (usable > 0) {
        state = "usable";
        text = "senders with DANE must use TLS, and know the key by these";
        h->e->guarded++;
    } else if (tlsa->count > 0) {
        state = "unusable";
        text = "senders with DANE must use TLS, but no record tells the key in a way that mail knows (usage 2 or 3)";
        mail_remark(h->e, MAIL_WEAK, "no TLSA record of %s is of use in mail (RFC 7672: usage 2 or 3)", h->name);
    }
    json_object_set_new(o, "state", json_string(state));
    json_object_set_new(o, "text", json_string(text));
    json_object_set_new(o, "tlsa", tlsa_list(tlsa));
}

static void examine_dane(struct host_exam *h, struct dname name)
{
    static const char *const port[] = {"_25", "_tcp"};
    struct dname_buf at;
    const struct lookup *tlsa =
        mail_below(port, 2, name, &at) ? lookups_get(h->e->l, dname_of(&at), DNS_TYPE_TLSA) : NULL;
    if (tlsa != NULL && h->known && h->count > 0) {
        json_t *o = json_object();
        judge_dane(h, tlsa, o);
        json_object_set_new(h->o, "dane", o);
    }
}

static json_t *examine_host(struct mail_exam *e, const struct host *host, bool same, bool mx_secure)
{
    struct host_exam h = {
        .e = e, .o = json_object(), .addresses = json_array(), .secure = true, .known = true, .mx_secure = mx_secure};
    dname_print(host->name, h.name);
    json_object_set_new(h.o, "preference", json_integer(host->preference));
    json_object_set_new(h.o, "random", json_boolean(same)); /* RFC 5321 section 5.1: in random order */
    json_object_set_new(h.o, "host", json_string(h.name));
    examine_addresses(&h, host->name, DNS_TYPE_A);
    examine_addresses(&h, host->name, DNS_TYPE_AAAA);
    json_object_set_new(h.o, "addresses", h.addresses);
    json_object_set_new(h.o, "secure", json_boolean(h.known && h.secure));
    examine_dane(&h, host->name);
    e->hosts++;
    e->reachable += h.count > 0;
    if (h.known && h.count == 0) {
        mail_remark(e, MAIL_REFUSED, "%s has no address", h.name);
    }
    if (json_object_get(h.o, "alias_of") != NULL && e->route == MAIL_MX) {
        /* RFC 2181 section 10.3, RFC 5321 section 5.1 */
        mail_remark(e, MAIL_WEAK, "%s is an alias, which an MX must not name", h.name);
    }
    return h.o;
}

static int by_preference(const void *a, const void *b)
{
    const struct host *x = a, *y = b;
    return x->preference != y->preference ? (x->preference < y->preference ? -1 : 1) : dname_compare(x->name, y->name);
}

static size_t take_hosts(const struct lookup *mx, struct host hosts[static MAIL_HOSTS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < mx->count && n < MAIL_HOSTS_MAX; i++) {
        struct reader r = reader_of(mx->rr[i].rdata, mx->rr[i].len);
        hosts[n].preference = read_u16(&r);
        n += dname_read_plain(&r, &hosts[n].name) == DNS_OK;
    }
    /* cppcheck-suppress uninitvar ; the first `n` are filled */
    qsort(hosts, n, sizeof *hosts, by_preference);
    return n;
}

static void examine_mx(struct mail_exam *e, const struct lookup *mx)
{
    struct host hosts[MAIL_HOSTS_MAX];
    size_t n = take_hosts(mx, hosts);
    json_t *list = json_array();
    e->route = MAIL_MX;
    if (n == 1 && dname_is_root(hosts[0].name)) { /* RFC 7505 section 3 */
        e->route = MAIL_NULL;
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        bool same = (i > 0 && hosts[i - 1].preference == hosts[i].preference) ||
                    (i + 1 < n && hosts[i + 1].preference == hosts[i].preference);
        if (dname_is_root(hosts[i].name)) {
            mail_remark(e, MAIL_REFUSED, "a null MX beside others means nothing (RFC 7505)");
            continue;
        }
        json_array_append_new(list, examine_host(e, &hosts[i], same, mx->secure));
    }
    if (mx->count > MAIL_HOSTS_MAX) {
        mail_remark(e, MAIL_MINOR, "%zu MX, of which only %d were looked at", mx->count, MAIL_HOSTS_MAX);
    }
    if (e->guarded > 0 && e->guarded < e->hosts) {
        mail_remark(e, MAIL_WEAK, "%zu of %zu mail servers are without DANE", e->hosts - e->guarded, e->hosts);
    }
    json_object_set_new(e->report, "mx", list);
}

/* RFC 5321 section 5.1: without MX, the domain itself is the mail server. */
static void examine_implicit(struct mail_exam *e, const struct lookup *mx)
{
    struct host self = {.name = dname_of(&mx->owner)};
    size_t before = e->remark_count;
    e->route = MAIL_IMPLICIT;
    json_t *o = examine_host(e, &self, false, mx->secure), *list = json_array();
    if (json_array_size(json_object_get(o, "addresses")) == 0) {
        e->remark_count = before; /* that it is nowhere says it all */
        e->route = MAIL_NOWHERE;
        json_decref(o);
    } else {
        mail_remark(e, MAIL_MINOR, "no MX: senders try the domain's own address");
        json_array_append_new(list, o);
    }
    json_object_set_new(e->report, "mx", list);
}

void mail_examine_hosts(struct mail_exam *e)
{
    static const char *const words[] = {"unknown", "none", "null", "mx", "implicit"};
    /* With the first round, though they matter only without MX. */
    const struct lookup *a = lookups_get(e->l, e->domain, DNS_TYPE_A);
    const struct lookup *aaaa = lookups_get(e->l, e->domain, DNS_TYPE_AAAA);
    const struct lookup *mx = lookups_get(e->l, e->domain, DNS_TYPE_MX);
    if (mx == NULL || lookup_failed(mx)) {
        e->failed = mx;
    } else {
        e->exists = mx->rcode != DNS_RCODE_NXDOMAIN;
        if (mx->count > 0) {
            examine_mx(e, mx);
        } else if (!e->exists) {
            e->route = MAIL_NOWHERE;
        } else {
            examine_implicit(e, mx);
            const struct lookup *failed = a != NULL && lookup_failed(a)         ? a
                                          : aaaa != NULL && lookup_failed(aaaa) ? aaaa
                                                                                : NULL;
            if (e->route == MAIL_NOWHERE && failed != NULL) {
                e->route = MAIL_UNKNOWN;
                e->failed = failed;
            }
        }
        json_object_set_new(e->report, "secure", json_boolean(mx->secure));
        json_object_set_new(e->report, "exists", json_boolean(e->exists));
    }
    json_object_set_new(e->report, "route", json_string(words[e->route]));
}
