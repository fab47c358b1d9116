/* Delegations: collected within their limits (L6), packed, read back. */
#include "dns/delegation.h"

#include "support.h"

#include <stdio.h>

static struct addr address(const char *text)
{
    struct addr a;
    assert_true(addr_scan(text, 0, &a));
    return a;
}

static bool add(struct delegation_builder *b, int ns, const char *text)
{
    struct addr a = address(text);
    return delegation_add_addr(b, ns, &a);
}

static void packed_and_read_back(void **state)
{
    (void)state;
    struct delegation_builder b;
    delegation_begin(&b, NAME("Example.com"), DELEGATION_REFERRAL, 3600);
    b.flags = DELEGATION_FORWARD_FIRST;
    assert_int_equal(delegation_add_ns(&b, NAME("ns1.example.com")), 0);
    assert_int_equal(delegation_add_ns(&b, NAME("ns.other.net")), 1);
    assert_int_equal(delegation_add_ns(&b, NAME("NS1.Example.COM")), 0); /* the same server */
    assert_true(add(&b, 0, "192.0.2.1"));
    assert_true(add(&b, 0, "2001:db8::1"));
    assert_true(add(&b, 0, "192.0.2.1")); /* there already */
    assert_true(add(&b, 1, "192.0.2.1")); /* another server's */
    assert_true(add(&b, -1, "192.0.2.9:5353"));
    assert_int_equal(b.addr_count, 4);

    struct arena arena;
    arena_init(&arena, NULL, 0, 4096);
    struct delegation *packed = delegation_pack(&b, &arena);
    struct delegation *d = malloc(packed->size_bytes); /* one piece: it can be copied anywhere */
    memcpy(d, packed, packed->size_bytes);
    arena_release(&arena);

    assert_int_equal(d->size_bytes, delegation_size(&b));
    assert_int_equal(d->ttl_s, 3600);
    assert_int_equal(d->kind, DELEGATION_REFERRAL);
    assert_int_equal(d->flags, DELEGATION_FORWARD_FIRST);
    assert_name(delegation_zone(d), "Example.com.");
    assert_int_equal(delegation_zone(d).labels, 2);
    assert_int_equal(d->ns_count, 2);
    assert_name(delegation_ns(d, 0), "ns1.example.com.");
    assert_name(delegation_ns(d, 1), "ns.other.net.");
    assert_int_equal(delegation_ns(d, 1).labels, 3);
    static const struct {
        uint8_t ns;
        const char *text;
    } rows[] = {{0, "192.0.2.1:53"}, {0, "[2001:db8::1]:53"}, {1, "192.0.2.1:53"}, {255, "192.0.2.9:5353"}};
    assert_int_equal(d->addr_count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct delegation_addr *a = &delegation_addrs(d)[i];
        struct addr full = delegation_addr_of(a, 53);
        char text[ADDR_TEXT_MAX];
        addr_print(&full, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(a->ns, rows[i].ns);
    }
    free(d);
}

static void limits(void **state)
{
    (void)state;
    struct delegation_builder b;
    delegation_begin(&b, dname_root(), DELEGATION_HINTS, 1);
    for (int i = 0; i < 1500; i++) { /* NXNSAttack's referral */
        char text[16];
        snprintf(text, sizeof text, "ns%d", i);
        assert_int_equal(delegation_add_ns(&b, NAME(text)), i < DELEGATION_NS_MAX ? i : -1);
    }
    assert_int_equal(delegation_add_ns(&b, NAME("NS12")), 12); /* known ones are still found */
    assert_int_equal(b.ns_count, DELEGATION_NS_MAX);
    for (int ns = 0; ns < DELEGATION_NS_MAX; ns++) {
        for (int i = 0; i < 300; i++) {
            char text[24];
            snprintf(text, sizeof text, "192.0.%d.%d", ns, i % 256);
            bool known = i % 256 < DELEGATION_GLUE_MAX;
            assert_int_equal(add(&b, ns, text), known);
        }
    }
    assert_int_equal(b.addr_count, DELEGATION_NS_MAX * DELEGATION_GLUE_MAX);
    assert_false(add(&b, -1, "192.0.2.1")); /* no room at all */
    struct delegation *d = malloc(delegation_size(&b));
    delegation_fill(&b, d);
    assert_int_equal(d->addr_count, 260);
    assert_int_equal(delegation_addrs(d)[259].ns, 12);
    assert_ptr_equal(delegation_addrs(d) + 260, (const char *)d + d->size_bytes);
    free(d);
}

static void refused(void **state)
{
    (void)state;
    struct delegation_builder b;
    delegation_begin(&b, NAME("z"), DELEGATION_STUB, 1);
    assert_false(add(&b, 0, "192.0.2.1")); /* no such server */
    assert_false(add(&b, -2, "192.0.2.1"));
    assert_false(delegation_add_addr(&b, -1, &(struct addr){.family = ADDR_NONE}));
    assert_int_equal(b.addr_count, 0);
    struct arena arena;
    arena_init(&arena, NULL, 0, 8);
    assert_null(delegation_pack(&b, &arena));
    arena_release(&arena);
}

static void used_again(void **state)
{
    (void)state;
    struct delegation_builder b;
    delegation_begin(&b, NAME("a"), DELEGATION_FORWARD, 1);
    b.flags = DELEGATION_FORWARD_FIRST;
    delegation_add_ns(&b, NAME("ns"));
    add(&b, 0, "192.0.2.1");
    delegation_begin(&b, NAME("b"), DELEGATION_STUB, 2);
    struct delegation *d = malloc(delegation_size(&b));
    delegation_fill(&b, d);
    assert_int_equal(d->ns_count, 0);
    assert_int_equal(d->addr_count, 0);
    assert_int_equal(d->flags, 0);
    assert_int_equal(d->kind, DELEGATION_STUB);
    assert_name(delegation_zone(d), "b.");
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_and_read_back),
        cmocka_unit_test(limits),
        cmocka_unit_test(refused),
        cmocka_unit_test(used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
