/* DMARC, MTA-STS and TLS-RPT records: what is one, and what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/raizctl/mailtext.h"

static void dmarc(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
        enum dmarc_policy p, sp, np;
        char psd;
        bool testing, aggregate, error;
    } rows[] = {
        {"v=DMARC1; p=reject", true, DMARC_REJECT, DMARC_UNSET, DMARC_UNSET, 'u', false, false, false},
        {"v=DMARC1;p=none;sp=quarantine;np=reject;", true, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT, 'u', false,
         false, false},
        {" V = DMARC1 ; P = Quarantine ; rua=mailto:x@a ; t=y ; psd=y", true, DMARC_QUARANTINE, DMARC_UNSET,
         DMARC_UNSET, 'y', true, true, false},
        {"v=DMARC1; psd=n; unknown=1; p=none; pct=20", true, DMARC_NONE, DMARC_UNSET, DMARC_UNSET, 'n', false, false,
         false},
        {"v=DMARC1", true, DMARC_NONE, DMARC_UNSET, DMARC_UNSET, 'u', false, false, true},
        {"v=DMARC1; p=rejekt; rua=mailto:x@a", true, DMARC_NONE, DMARC_UNSET, DMARC_UNSET, 'u', false, true, true},
        {"v=DMARC1; p=reject; oops", true, DMARC_REJECT, DMARC_UNSET, DMARC_UNSET, 'u', false, false, true},
        {"v=DMARC1; p=reject; p", true, DMARC_REJECT, DMARC_UNSET, DMARC_UNSET, 'u', false, false, true},
        {"v=dmarc1; p=reject", false, 0, 0, 0, 'u', false, false, false},
        {"v=DMARC10; p=reject", false, 0, 0, 0, 'u', false, false, false},
        {"p=reject; v=DMARC1", false, 0, 0, 0, 'u', false, false, false},
        {"", false, 0, 0, 0, 'u', false, false, false},
        {";", false, 0, 0, 0, 'u', false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dmarc d;
        if (dmarc_read(rows[i].text, strlen(rows[i].text), &d) != rows[i].is) {
            fail_msg("'%s'", rows[i].text);
        }
        if (rows[i].is &&
            (d.p != rows[i].p || d.sp != rows[i].sp || d.np != rows[i].np || d.psd != rows[i].psd ||
             d.testing != rows[i].testing || d.aggregate != rows[i].aggregate || (d.error != NULL) != rows[i].error)) {
            fail_msg("'%s' says %d %d %d %c %d %d %s", rows[i].text, d.p, d.sp, d.np, d.psd, d.testing, d.aggregate,
                     d.error);
        }
    }
}

static void value_is(struct mailtext_value v, const char *wanted)
{
    assert_int_equal(v.text == NULL, wanted == NULL);
    if (wanted != NULL) {
        assert_int_equal(v.len, strlen(wanted));
        assert_memory_equal(v.text, wanted, v.len);
    }
}

static void sts(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"v=STSv1; id=20260101T000000;", "20260101T000000"},
        {"v=STSv1;id=a", "a"},
        {"v=STSv1; x=y; id=1; id=2", "1"},
        {"v=STSv1; id=a-b", NULL},
        {"v=STSv1; id=", NULL},
        {"v=STSv1; id=0123456789012345678901234567890123", NULL},
        {"v=STSv1", NULL},
    };
    struct mta_sts s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(mta_sts_read(rows[i][0], strlen(rows[i][0]), &s));
        value_is(s.id, rows[i][1]);
    }
    assert_false(mta_sts_read("v=STSv2; id=1", 13, &s));
    assert_false(mta_sts_read("id=1; v=STSv1", 13, &s));
}

static void rpt(void **state)
{
    (void)state;
    struct tls_rpt r;
    assert_true(tls_rpt_read("v=TLSRPTv1;rua=mailto:a@b,https://c", 35, &r));
    value_is(r.rua, "mailto:a@b,https://c");
    assert_true(tls_rpt_read("v=TLSRPTv1;", 11, &r));
    value_is(r.rua, NULL);
    assert_false(tls_rpt_read("v=TLSRPT;rua=x", 14, &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dmarc),
        cmocka_unit_test(sts),
        cmocka_unit_test(rpt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
