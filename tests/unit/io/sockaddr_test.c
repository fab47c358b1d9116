/*
 * sockaddr_test.c - sockets that questions leave from
 */
#include "resolver/io/sockaddr.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support.h"

/* T7: forged "fragmentation needed" changes nothing, and what is sent is not fragmented by what a stranger says. */
static void test_no_path_mtu_discovery(void **state)
{
    static const struct {
        const char *text;
        int level, option, want;
    } rows[] = {{"192.0.2.1", IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT},
                {"2001:db8::1", IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT}};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct addr a;
        int got = -1;
        socklen_t len = sizeof got;
        assert_true(addr_scan(rows[i].text, 53, &a));
        int fd = sockaddr_socket(&a, SOCK_DGRAM);
        if (fd < 0) {
            continue; /* a host without this family */
        }
        sockaddr_no_pmtu(fd, &a);
        assert_int_equal(getsockopt(fd, rows[i].level, rows[i].option, &got, &len), 0);
        assert_int_equal(got, rows[i].want);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_path_mtu_discovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
