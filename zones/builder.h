/*
 * builder.h - collecting a zone's records, for zone.c, check.c and zonefile.c
 *
 * Records are kept as they come. zone_builder_finish() sorts them by owner, type and data, drops duplicates, checks the
 * whole (check.c), and only then makes RRsets and tree. Within an RRset the order in which the records came is kept: it
 * is what an authoritative server shows, and what its owner expects.
 */
#ifndef RAIZ_ZONES_BUILDER_H
#define RAIZ_ZONES_BUILDER_H

#include "dns/arena.h"
#include "dns/rrset.h"
#include "zones/zone.h"

#define ZONE_MESSAGE_MAX 200

struct zone_record {
    const uint8_t *owner, *rdata;
    uint32_t ttl_s;
    uint32_t number; /* in order of coming, from 0 */
    uint16_t type;   /* of the RRset: for an RRSIG the type covered */
    uint16_t len;
    uint8_t owner_len, owner_labels;
    bool sig;
};

struct zone_builder {
    struct dname_buf origin;
    struct arena bytes; /* owners and rdata */
    struct zone_record *record;
    size_t count, cap;
    size_t sorted; /* so many were in order and free of duplicates when last looked at */
    uint32_t next_number;
};

static inline struct dname record_owner(const struct zone_record *r)
{
    return (struct dname){.wire = r->owner, .len = r->owner_len, .labels = r->owner_labels};
}

/* Told of each fault: the number of the record at fault, or ZONE_NO_RECORD, and a message. */
#define ZONE_NO_RECORD UINT32_MAX
typedef void zone_report(void *arg, uint32_t number, const char *message);

/* Are the sorted records, without duplicates, a zone? Reports every fault. */
bool zone_check(const struct zone_builder *b, zone_report *report, void *arg);
/* zone_builder_finish() that reports all faults and the records they are in. */
enum dns_err zone_builder_finish_at(struct zone_builder *b, bool loose, struct zone **out, zone_report *report,
                                    void *arg);

#endif
