/*
 * dump.c - the zones as master files, as they are served: to look at, and for tools that check signed zones
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/text.h"
#include "dns/types.h"
#include "tools/raiz-lab/lab.h"

#define LINE_MAX_BYTES (4 * 65536) /* a record is at most 65535 octets; \DDD is the longest way to write one */

struct dumping {
    FILE *f;
    char *line;
    const struct rrset *soa; /* written first: readers want it there (RFC 1035 section 5.2) */
    bool ok;
};

static void print_records(struct dumping *d, const struct rrset *set, struct rrset_iter it, uint16_t type)
{
    struct rdata_ref rr;
    while (d->ok && rrset_next(&it, &rr)) {
        struct text t = text_of(d->line, LINE_MAX_BYTES);
        rr_print(rrset_owner(set), set->ttl_s, DNS_CLASS_IN, type, rr.data, rr.len, &t);
        d->ok = !t.cut && fprintf(d->f, "%s\n", d->line) > 0;
    }
}

static void print_set(struct dumping *d, const struct rrset *set)
{
    print_records(d, set, rrset_rrs(set), set->type);
    print_records(d, set, rrset_sigs(set), DNS_TYPE_RRSIG);
}

static void see_set(void *arg, const struct rrset *set)
{
    struct dumping *d = arg;
    if (set != d->soa) {
        print_set(d, set);
    }
}

static bool write_zone(const struct lab_zone *z, const char *path, char *line)
{
    struct dumping d = {.f = fopen(path, "we"), .line = line};
    if (d.f == NULL) {
        return false;
    }
    d.soa = zone_find(z->zone, dname_of(&z->origin), DNS_TYPE_SOA);
    d.ok = fputs("; The zone as raiz-lab serves it.\n", d.f) >= 0;
    if (d.soa != NULL) {
        print_set(&d, d.soa);
    }
    zone_walk(z->zone, see_set, &d);
    bool closed = fclose(d.f) == 0;
    return d.ok && closed;
}

static bool is_first(const struct lab *lab, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (dname_equal(dname_of(&lab->zone[k].origin), dname_of(&lab->zone[i].origin))) {
            return false;
        }
    }
    return true;
}

bool lab_zones_write(const struct lab *lab, const char *folder)
{
    char *line = malloc(LINE_MAX_BYTES);
    bool ok = line != NULL;
    for (size_t i = 0; ok && i < lab->zones; i++) {
        char name[DNAME_TEXT_MAX], *path = NULL;
        if (!is_first(lab, i)) {
            continue;
        }
        dname_print(dname_of(&lab->zone[i].origin), name);
        ok = asprintf(&path, "%s/%szone", folder, strcmp(name, ".") == 0 ? "root." : name) >= 0;
        ok = ok && write_zone(&lab->zone[i], path, line);
        free(path);
    }
    free(line);
    return ok;
}
