/*
 * questions.c - what clients ask, and how time passes
 */
#include <string.h>

#include "draft.h"

#define QUESTIONS  100
#define FAVOURITES 5 /* names asked for again and again, so that they are in the cache while their TTL ends */

static void pass(struct draft *d)
{
    unsigned how = draw(d, 100);

    if (how < 40) {
        return;
    }
    if (how < 80) {
        say(&d->text, "pass %ums\n", 1 + draw(d, 60));
    } else if (how < 92) {
        say(&d->text, "pass %ums\n", 100 + draw(d, 2000));
    } else if (how < 97) {
        say(&d->text, "pass %us\n", chance(d, 50) ? 3 + draw(d, 70) : 50 + draw(d, 10)); /* 60 s are near their end */
    } else {
        say(&d->text, "pass %um\n", 2 + draw(d, 180));
    }
}

static void clock_moves(struct draft *d)
{
    if (chance(d, 50)) {
        say(&d->text, "step %s%s\n", chance(d, 50) ? "back " : "", pick_word(d, "1s 30m 50m"));
    } else {
        say(&d->text, "suspend %s\n", pick_word(d, "1s 5s 30s 10m 3h"));
    }
}

static void question(struct draft *d, unsigned number, const char *const favourite[static FAVOURITES])
{
    bool popular = chance(d, 35);
    const char *name = popular ? favourite[draw(d, FAVOURITES)] : any_name(d);
    const char *type = popular && chance(d, 80)
                           ? "A"
                           : pick_word(d, "A A A A A AAAA AAAA TXT MX NS SOA DS DNSKEY CNAME ANY TYPE65280 DNAME NSEC");
    char flags[64] = "";

    if (chance(d, 40)) {
        strcat(flags, " do");
    }
    if (chance(d, 10)) {
        strcat(flags, " ad");
    }
    if (chance(d, 8)) {
        strcat(flags, " cd");
    }
    if (chance(d, 8)) {
        strcat(flags, " tcp");
    } else if (chance(d, 4)) {
        strcat(flags, " no-edns");
    }
    if (chance(d, 2)) {
        strcat(flags, " trace");
    }
    if (chance(d, 3)) {
        strcat(flags, " cold");
    }
    say(&d->text, "begin q%u %s %s%s", number, name, type, flags);
    if (chance(d, 5)) {
        say(&d->text, " x %u", 2 + draw(d, 20));
    }
    say(&d->text, "\n");
    if (chance(d, 3)) {
        say(&d->text, "pass %ums\ngone q%u\n", draw(d, 500), number);
    }
}

void draft_questions(struct draft *d)
{
    bool clocks = chance(d, 20);
    const char *favourite[FAVOURITES];

    for (unsigned i = 0; i < FAVOURITES; i++) {
        favourite[i] = any_name(d);
    }

    for (unsigned i = 0; i < QUESTIONS; i++) {
        question(d, i + 1, favourite);
        pass(d);
        if (clocks && chance(d, 3)) {
            clock_moves(d);
        }
    }
}
