/*
 * birth.c - records that tell when they were learnt
 */
#include "birth.h"

#include "dns/arena.h"
#include "dns/msg.h"
#include "dns/rdata.h"
#include "dns/types.h"

static bool tells(uint16_t type, const uint8_t *rdata, size_t n)
{
    return type == DNS_TYPE_A && n == 4 && rdata[0] >= BIRTH_NET_FIRST && rdata[0] <= BIRTH_NET_LAST;
}

void birth_write(uint8_t *reply, size_t n, uint64_t since_us)
{
    struct arena arena;
    struct dns_msg m;
    uint64_t tenths = since_us / BIRTH_US;

    arena_init(&arena, NULL, 0, 4 << 20);
    if (dns_msg_parse(reply, n, &arena, &m) == DNS_OK) {
        for (unsigned i = dns_msg_begin(&m, DNS_ANSWER); i < dns_msg_end(&m, DNS_ANSWER); i++) {
            uint8_t *rdata = reply + m.rr[i].rdata;
            if (tells(m.rr[i].type, rdata, m.rr[i].rdlen)) {
                rdata[1] = (uint8_t)(tenths >> 16);
                rdata[2] = (uint8_t)(tenths >> 8);
                rdata[3] = (uint8_t)tenths;
            }
        }
    }
    arena_release(&arena);
}

bool birth_read(uint16_t type, struct rdata_ref rdata, uint64_t *since_us)
{
    if (!tells(type, rdata.data, rdata.len)) {
        return false;
    }
    *since_us = ((uint64_t)rdata.data[1] << 16 | (uint64_t)rdata.data[2] << 8 | rdata.data[3]) * BIRTH_US;
    return true;
}

bool birth_equal(uint16_t type, struct rdata_ref a, struct rdata_ref b)
{
    if (tells(type, a.data, a.len) && tells(type, b.data, b.len)) {
        return a.data[0] == b.data[0];
    }
    return rdata_equal(type, a.data, a.len, b.data, b.len);
}
