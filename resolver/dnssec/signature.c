/*
 * signature.c - an RRSIG taken apart, and the octets that it signs
 */
#include "resolver/dnssec/signature.h"

#include "dns/bytes.h"
#include "dns/rdata.h"
#include "dns/types.h"

#include <stdlib.h>

#define RRSIG_FIXED 18 /* RFC 4034 section 3.1 */

bool signature_read(struct rdata_ref rdata, struct signature *out)
{
    struct reader r = reader_of(rdata.data, rdata.len);
    out->rdata = rdata.data;
    out->covered = read_u16(&r);
    out->algorithm = read_u8(&r);
    out->labels = read_u8(&r);
    out->original_ttl_s = read_u32(&r);
    out->expiration = read_u32(&r);
    out->inception = read_u32(&r);
    out->key_tag = read_u16(&r);
    out->fixed_len = RRSIG_FIXED;
    if (r.failed || dname_read_plain(&r, &out->signer) != DNS_OK) {
        return false;
    }
    out->octets_len = (uint16_t)reader_left(&r);
    out->octets = reader_take(&r, out->octets_len);
    return out->octets_len != 0;
}

/* Canonical rdata of every record, sorted (RFC 4034 section 6.3). refs has room for set->count; octets lie in buf. */
static bool canonical_records(const struct rrset *set, struct rdata_ref *refs, struct writer *buf)
{
    struct rrset_iter it = rrset_rrs(set);
    struct rdata_ref rr;
    unsigned n = 0;
    while (rrset_next(&it, &rr)) {
        size_t at = buf->pos;
        if (rdata_canonical(set->type, rr.data, rr.len, buf) != DNS_OK || buf->failed) {
            return false;
        }
        struct rdata_ref canonical = {.data = buf->base + at, .len = rr.len};
        unsigned k = n++;
        /* Insertion: sets are small, and at most 256 records (L19). */
        while (k > 0 && rdata_compare(refs[k - 1].data, refs[k - 1].len, canonical.data, canonical.len) > 0) {
            refs[k] = refs[k - 1];
            k--;
        }
        refs[k] = canonical;
    }
    return true;
}

uint8_t *signature_data(const struct signature *s, const struct rrset *set, size_t *len)
{
    struct dname owner = rrset_owner(set);
    struct dname_buf name, signer;
    if (s->labels < owner.labels) {
        /* Expanded from a wildcard (RFC 4035 section 5.3.2), or one itself: its star is not counted. It is no longer
         * than the owner, so it fits. */
        struct dname_buf wildcard;
        dname_prepend((const uint8_t *)"*", 1, dname_suffix(owner, s->labels), &wildcard);
        dname_lower(dname_of(&wildcard), &name);
    } else {
        dname_lower(owner, &name);
    }
    dname_lower(s->signer, &signer);

    size_t room = s->fixed_len + signer.len + set->size_bytes + (size_t)set->count * (name.len + 10u);
    uint8_t *out = malloc(room);
    uint8_t *scratch = malloc(set->size_bytes);
    struct rdata_ref *refs = calloc(set->count, sizeof *refs);
    struct writer records = writer_of(scratch, scratch != NULL ? set->size_bytes : 0);
    bool ok = out != NULL && scratch != NULL && refs != NULL && canonical_records(set, refs, &records);
    struct writer w = writer_of(out, ok ? room : 0);
    if (ok) {
        write_bytes(&w, s->rdata, s->fixed_len);
        write_bytes(&w, signer.wire, signer.len);
        for (unsigned i = 0; i < set->count; i++) {
            write_bytes(&w, name.wire, name.len);
            write_u16(&w, set->type);
            write_u16(&w, DNS_CLASS_IN);
            write_u32(&w, s->original_ttl_s);
            write_u16(&w, refs[i].len);
            write_bytes(&w, refs[i].data, refs[i].len);
        }
    }
    free(scratch);
    free(refs);
    if (!ok || w.failed) {
        free(out);
        return NULL;
    }
    *len = w.pos;
    return out;
}
