/* How much of a name each question shows: steps, limits (L9), and the bound on long names (T38). */
#include "resolver/engine/minimise.h"

#include "resolver/engine/limits.h"
#include "support.h"

/* What happens after a question: a referral to a cut at the name shown, or nothing new. */
struct walk {
    const char *what;
    enum engine_minimise mode;
    uint8_t goal, cut;
    const char *replies; /* r: referral, n: none; the last is repeated */
    uint8_t shown[16];   /* labels of each question, ends with the goal */
};

static void walks(void **state)
{
    (void)state;
    static const struct walk rows[] = {
        {"from the root", MINIMISE_RELAXED, 3, 0, "r", {1, 2, 3}},
        {"from a known cut", MINIMISE_RELAXED, 3, 1, "r", {2, 3}},
        {"one label below the cut", MINIMISE_RELAXED, 3, 2, "r", {3}},
        {"the cut itself", MINIMISE_RELAXED, 2, 2, "r", {2}},
        {"the root itself", MINIMISE_RELAXED, 0, 0, "r", {0}},
        {"off", MINIMISE_OFF, 5, 0, "r", {5}},
        {"strict", MINIMISE_STRICT, 3, 0, "r", {1, 2, 3}},
        {"three questions without a cut", MINIMISE_RELAXED, 8, 1, "n", {2, 3, 4, 8}},
        {"a cut between starts the count anew", MINIMISE_RELAXED, 9, 0, "rnnrnnn", {1, 2, 3, 4, 5, 6, 7, 9}},
        {"34 labels, cuts all the way", MINIMISE_RELAXED, 34, 0, "r", {1, 2, 3, 4, 9, 14, 19, 24, 29, 34}},
        {"34 labels below a cut at 8", MINIMISE_RELAXED, 34, 8, "n", {9, 10, 11, 34}},
        {"127 labels, cuts all the way", MINIMISE_RELAXED, 127, 0, "r", {1, 2, 3, 4, 25, 46, 67, 87, 107, 127}},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct walk *row = &rows[i];
        struct minimise m = {0};
        uint8_t cut = row->cut;
        const char *reply = row->replies;
        for (unsigned q = 0;; q++) {
            uint8_t labels = minimise_next(&m, row->mode, row->goal, cut);
            if (labels != row->shown[q]) {
                fail_msg("%s: question %u shows %u labels, not %u", row->what, q, labels, row->shown[q]);
            }
            if (labels == row->goal) {
                break;
            }
            if (*reply == 'r') {
                cut = labels;
                minimise_cut(&m, cut);
            }
            reply += reply[1] != '\0';
        }
    }
}

/* T38: whatever the servers do, a name of 120 labels costs at most 14 questions; it ends with the whole name, and never
 * shows less than before. */
static void long_names_are_bounded(void **state)
{
    (void)state;
    for (unsigned goal = 0; goal <= DNAME_LABELS_MAX; goal++) {
        for (unsigned pattern = 0; pattern < 1u << 12; pattern++) {
            struct minimise m = {0};
            uint8_t cut = 0, before = 0;
            unsigned questions = 0;
            for (;;) {
                uint8_t labels = minimise_next(&m, MINIMISE_RELAXED, (uint8_t)goal, cut);
                questions++;
                assert_true(labels > before || labels == goal);
                assert_true(questions <= 14);
                before = labels;
                if (labels == goal) {
                    break;
                }
                if ((pattern >> (questions % 12) & 1) != 0) {
                    cut = labels;
                    minimise_cut(&m, cut);
                }
            }
            assert_true(m.steps <= ENGINE_MINIMISE_STEPS_MAX);
        }
    }
}

/* A server that cannot answer minimised questions: the engine sets `off`. */
static void switched_off_in_between(void **state)
{
    (void)state;
    struct minimise m = {0};
    assert_int_equal(minimise_next(&m, MINIMISE_RELAXED, 6, 1), 2);
    m.off = true;
    assert_int_equal(minimise_next(&m, MINIMISE_RELAXED, 6, 1), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks),
        cmocka_unit_test(long_names_are_bounded),
        cmocka_unit_test(switched_off_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
