/*
 * query_fuzz.c - any datagram through the front end
 *
 * The first octet says over which transport it came, whether its client may ask, and whether it was looked at
 * before its turn; the rest is the query. Checked of
 * what comes back: it is a well-formed answer with the query's id and opcode, within the client's limit, and made of
 * nothing that the client sent but its question (T28, T29); strangers never get more octets than they sent (T47); only
 * a good question of class IN reaches the engine (T23).
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/front/front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct now noon = {.mono_us = 1000 * US_PER_S, .wall_s = 1767268800};

static const char yaml[] = "access: {allow: [\"10.0.0.0/8\"]}\n"
                           "dnssec: {mode: off}\n"
                           "identity: {version: raiz, id: here, nsid: here}\n";

static void learn(struct cache *cache, const char *owner, uint16_t type, const uint8_t *rdata, uint16_t n,
                  uint16_t count)
{
    struct arena arena;
    struct dname_buf name;
    struct rrset *set;
    struct rdata_ref refs[64];
    uint8_t copies[64][16];
    struct cache_origin origin = {.rank = RANK_AUTH_ANSWER, .zone_labels = 1};

    arena_init(&arena, NULL, 0, 1 << 16);
    for (uint16_t i = 0; i < count; i++) {
        memcpy(copies[i], rdata, n);
        copies[i][n - 1] = (uint8_t)(copies[i][n - 1] + i);
        refs[i] = (struct rdata_ref){.data = copies[i], .len = n};
    }
    if (dname_scan(owner, strlen(owner), NULL, &name) != DNS_OK ||
        rrset_make(dname_of(&name), type, 300, refs, count, &arena, &set) != DNS_OK ||
        cache_put_rrset(cache, set, &origin, noon) != CACHE_STORED) {
        abort();
    }
    arena_release(&arena);
}

static struct front *make_front(void)
{
    static struct front front;
    struct cache_config config = {.size_bytes = 1 << 20, .max_ttl_s = 86400, .max_negative_ttl_s = 3600};
    struct config_errors errors = {0};
    if (front.world != NULL) {
        return &front;
    }
    cache_thread_begin();
    struct settings *s = config_parse(yaml, strlen(yaml), "raiz.yaml", &errors);
    front.cache = cache_new(&config);
    front.world = s != NULL ? world_build(s, NULL, 0, &errors) : NULL;
    if (front.world == NULL || front.cache == NULL) {
        abort();
    }
    learn(front.cache, "a.", DNS_TYPE_A, (const uint8_t[]){192, 0, 2, 1}, 4, 2);
    learn(front.cache, "b.", DNS_TYPE_A, (const uint8_t[]){192, 0, 2, 1}, 4, 64);
    learn(front.cache, "c.", DNS_TYPE_CNAME, (const uint8_t[]){1, 'a', 0}, 3, 1);
    return &front;
}

static void check_answer(const struct dns_msg *query, const uint8_t *out, size_t n)
{
    struct arena arena;
    struct dns_msg m;
    arena_init(&arena, NULL, 0, 1 << 20);
    assert(dns_msg_parse(out, n, &arena, &m) == DNS_OK);
    assert((m.flags & DNS_FLAG_QR) != 0 && m.id == query->id);
    assert((m.flags & 0xf << 11) == (query->flags & 0xf << 11));
    assert((m.flags & DNS_FLAG_Z) == 0);
    if (m.qdcount == 1) {
        assert(dname_same_case(m.qname, query->qname) && m.qtype == query->qtype && m.qclass == query->qclass);
    }
    assert(!m.edns.present || query->edns.present);
    assert(m.edns.version == 0 && !m.edns.has_cookie && !m.edns.has_padding);
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[65535];
    static struct request request;
    struct front *front = make_front();
    struct dns_msg query;
    size_t n = 0;
    if (size < 1) {
        return 0;
    }
    bool tcp = (data[0] & 1) != 0, allowed = (data[0] & 2) == 0, ahead = (data[0] & 4) != 0;
    struct addr client = addr_ip4((const uint8_t[]){allowed ? 10 : 11, 1, 2, 3}, 4000);
    data++;
    size--;
    if (size > (tcp ? 65535 : 4096)) {
        return 0;
    }
    struct wire_query q = {.data = data, .n = size};
    if (ahead) {
        front_expect(front, &q, 1);
    }
    enum front_result r = front_query(front, &client, tcp, &q, noon, &request, out, &n);
    dns_query_parse(data, size, &query);
    if (r == FRONT_ANSWER || r == FRONT_ANSWER_LATE) {
        assert(n >= 12 && n <= (tcp ? 65535 : query.edns.present ? 1232 : 512));
        assert(size >= 12 && (query.flags & DNS_FLAG_QR) == 0);
        assert(allowed || tcp || n <= size);
        check_answer(&query, out, n);
    } else if (r == FRONT_MISS) {
        assert(allowed && request.qclass == DNS_CLASS_IN && query.qdcount == 1);
        assert(!dns_type_is_meta(request.qtype) || request.qtype == DNS_TYPE_ANY);
        assert(dname_same_case(dname_of(&request.qname), query.qname));
    }
    cache_quiescent();
    return 0;
}
