/*
 * check.c - is a set of records a zone?
 *
 * The rules that concern more than one record: RFC 1034 section 4.2.1 (SOA and NS at the apex), RFC 2181 section 10.1
 * and RFC 1034 section 3.6.2 (CNAME alone), RFC 6672 section 2.3 and 2.4 (DNAME), RFC 4592 section 4 (what may stand at
 * a wildcard). Records come sorted, so one pass over the names sees all; every fault is reported, with the remedy.
 */
#include <stdarg.h>
#include <stdio.h>

#include "dns/rdata.h"
#include "dns/types.h"
#include "zones/builder.h"

/* What was found at one name: the first record of each kind that the rules speak of. */
struct at_name {
    struct dname name;
    bool apex;
    const struct zone_record *soa, *ns, *cname, *dname, *beside_cname;
};

struct check {
    const struct zone_builder *b;
    zone_report *report;
    void *arg;
    struct dname dname; /* owner of the last DNAME seen; len 0: none */
    unsigned faults;
};

__attribute__((format(printf, 4, 5))) static void fault(struct check *c, const struct zone_record *r, struct dname name,
                                                        const char *fmt, ...)
{
    char message[ZONE_MESSAGE_MAX], text[DNAME_TEXT_MAX];
    dname_print(name, text);
    int n = snprintf(message, sizeof message, "%.80s: ", text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(message + n, sizeof message - (size_t)n, fmt, args);
    va_end(args);
    c->report(c->arg, r != NULL ? r->number : ZONE_NO_RECORD, message);
    c->faults++;
}

/* One RRset with its signatures: records i .. returned - 1. */
static size_t check_set(struct check *c, size_t i, struct at_name *at)
{
    const struct zone_record *first = &c->b->record[i];
    size_t rrs = 0, end = i;
    for (; end < c->b->count; end++) {
        const struct zone_record *r = &c->b->record[end];
        if (r->type != first->type || !dname_equal(record_owner(r), at->name)) {
            break;
        }
        rrs += !r->sig;
    }
    char type[DNS_TYPE_TEXT_MAX];
    if (rrs == 0) {
        fault(c, first, at->name, "RRSIG covers %s, of which there is none here; sign the zone anew",
              dns_type_text(first->type, type));
        return end;
    }
    if (rrs > 1 && (rdata_type(first->type)->flags & RR_SINGLE) != 0) {
        fault(c, first + 1, at->name, "has %zu different %s records; there can be one", rrs,
              dns_type_text(first->type, type));
    }
    switch (first->type) {
    case DNS_TYPE_SOA:
        at->soa = first;
        break;
    case DNS_TYPE_NS:
        at->ns = first;
        break;
    case DNS_TYPE_CNAME:
        at->cname = first;
        break;
    case DNS_TYPE_DNAME:
        at->dname = first;
        break;
    default:
        break;
    }
    /* RFC 4035 section 2.5: RRSIG and NSEC may stand beside a CNAME. NSEC3 owners are not names of the zone. */
    if (first->type != DNS_TYPE_CNAME && first->type != DNS_TYPE_NSEC && first->type != DNS_TYPE_NSEC3) {
        at->beside_cname = first;
    }
    return end;
}

static void check_name(struct check *c, const struct at_name *at)
{
    char type[DNS_TYPE_TEXT_MAX];
    if (at->cname != NULL && at->beside_cname != NULL) {
        fault(c, at->beside_cname, at->name,
              "has a CNAME and also %s; an alias can have no other data (RFC 1034 section 3.6.2)",
              dns_type_text(at->beside_cname->type, type));
    }
    if (at->soa != NULL && !at->apex) {
        fault(c, at->soa, at->name, "SOA below the apex of the zone; a subzone's SOA stands in the subzone's own file");
    }
    if (at->dname != NULL && at->ns != NULL && !at->apex) {
        fault(c, at->dname, at->name, "has DNAME and NS; that is allowed at the apex only (RFC 6672 section 2.3)");
    }
    if (dname_is_wildcard(at->name) && !at->apex && (at->ns != NULL || at->dname != NULL)) {
        fault(c, at->ns != NULL ? at->ns : at->dname, at->name,
              "%s at a wildcard has no defined meaning (RFC 4592 section 4)", at->ns != NULL ? "NS" : "DNAME");
    }
    if (at->beside_cname == NULL && at->cname == NULL) {
        return; /* nothing but NSEC or NSEC3 here */
    }
    if (c->dname.len > 0 && dname_below(at->name, c->dname)) {
        char text[DNAME_TEXT_MAX];
        dname_print(c->dname, text);
        fault(c, at->cname != NULL ? at->cname : at->beside_cname, at->name,
              "lies below the DNAME %.60s, which redirects it (RFC 6672 section 2.4); remove one of them", text);
    }
}

bool zone_check(const struct zone_builder *b, zone_report *report, void *arg)
{
    struct check c = {.b = b, .report = report, .arg = arg};
    struct dname origin = dname_of(&b->origin);
    bool soa = false, ns = false;
    for (size_t i = 0; i < b->count;) {
        struct at_name at = {.name = record_owner(&b->record[i])};
        at.apex = at.name.labels == origin.labels;
        while (i < b->count && dname_equal(record_owner(&b->record[i]), at.name)) {
            i = check_set(&c, i, &at);
        }
        check_name(&c, &at);
        if (at.dname != NULL) {
            c.dname = at.name;
        }
        soa = soa || (at.apex && at.soa != NULL);
        ns = ns || (at.apex && at.ns != NULL);
    }
    if (!soa) {
        fault(&c, NULL, origin, "the zone has no SOA record; it needs one at its apex");
    }
    if (!ns) {
        fault(&c, NULL, origin, "the zone has no NS record at its apex; name its servers there");
    }
    return c.faults == 0;
}
