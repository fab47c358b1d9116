/*
 * troubles.c - servers that fail, servers that lie
 *
 * Most seeds have some of both, some have none. The root's servers only fail.
 */
#include <stdio.h>
#include <string.h>

#include "draft.h"

/* When: always, for a while, by chance, over UDP or TCP. */
static void when(struct draft *d, const char *host)
{
    say(&d->text, "server %s when", host);
    switch (draw(d, 6)) {
    case 0:
        break;
    case 1:
        if (chance(d, 50)) {
            say(&d->text, " from %ums until %ums", draw(d, 4000), 4000 + draw(d, 20000));
        } else {
            say(&d->text, " from %us until %us", draw(d, 600), 600 + draw(d, 6000));
        }
        break;
    case 2:
        say(&d->text, " first %u", 1 + draw(d, 10));
        break;
    case 3:
        say(&d->text, " after %u", draw(d, 10));
        break;
    case 4:
        say(&d->text, " %s", pick_word(d, "udp tcp edns"));
        break;
    default:
        say(&d->text, " chance %u", 5 + draw(d, 60));
        break;
    }
    say(&d->text, " do ");
}

static void fail(struct draft *d, const char *host)
{
    when(d, host);
    switch (draw(d, 12)) {
    case 0:
        say(&d->text, "silent\n");
        break;
    case 1:
        say(&d->text, "%s\n", pick_word(d, "unreachable closed local-error"));
        break;
    case 2:
        say(&d->text, "%s\n", pick_word(d, "SERVFAIL REFUSED FORMERR NOTIMP NOTAUTH"));
        break;
    case 3:
        say(&d->text, "delay %ums jitter 300ms\n", draw(d, 4000));
        break;
    case 4:
        say(&d->text, "drop %u\n", 10 + draw(d, 80));
        break;
    case 5:
        say(&d->text, "copies 3 jitter 50ms\n");
        break;
    case 6:
        say(&d->text, "truncated\n");
        break;
    case 7:
        say(&d->text, "%s\n", pick_word(d, "no-opt no-question wrong-id flip-case fold-case"));
        break;
    case 8:
        say(&d->text, "%s\n", pick_word(d, "noaa ra tc ad cd"));
        break;
    case 9:
        say(&d->text, "noaa ra\n");
        break;
    default:
        say(&d->text, "before %s\n",
            pick_word(d, "qr0 opcode empty one eleven header wrong-id wrong-case wrong-type wrong-class wrong-name "
                         "two-questions no-question formerr servfail-bare"));
        break;
    }
}

/* Records by which somebody gains if they are believed. */
static void poison(struct draft *d, const char *section)
{
    const char *victim = any_name(d), *zone = d->zone[draw(d, d->zones)].name;

    say(&d->text, "  %s\n", section);
    for (unsigned i = 1 + draw(d, 3); i > 0; i--) {
        switch (draw(d, 9)) {
        case 0:
            say(&d->text, "  %s 86400 A " DRAFT_FORGED "\n", victim);
            break;
        case 1:
            say(&d->text, "  %s 86400 NS ns.evil.\n", zone);
            break;
        case 2:
            say(&d->text, "  ns.evil. 86400 A " DRAFT_EVIL "\n");
            break;
        case 3:
            say(&d->text, "  %s 86400 CNAME %s\n", chance(d, 50) ? "?" : victim, any_name(d));
            break;
        case 4:
            say(&d->text, "  %s 86400 DNAME evil.\n", zone);
            break;
        case 5:
            say(&d->text, "  %s 86400 SOA ns.evil. evil. 1 1 1 1 86400\n", zone);
            break;
        case 6:
            say(&d->text, "  ? 86400 A " DRAFT_FORGED "\n");
            break;
        case 7:
            say(&d->text, "  %s 86400 NSEC zzz.%s A\n", zone, strcmp(zone, ".") == 0 ? "" : zone);
            break;
        default:
            say(&d->text, "  repeat %u %s 60 NS n%%.v.%s\n", 5 + draw(d, 25), zone,
                d->zone[1 + draw(d, d->zones - 1)].name);
            break;
        }
    }
}

static void lie(struct draft *d, const char *host)
{
    when(d, host);
    switch (draw(d, 10)) {
    case 0:
        say(&d->text, "strip %s\n", pick_word(d, "RRSIG NSEC NSEC3 DS DNSKEY SOA NS A"));
        break;
    case 1:
        say(&d->text, "%s %s\n", pick_word(d, "unsign spoil spoil"), pick_word(d, "A NSEC NSEC3 DS DNSKEY SOA NS TXT"));
        break;
    case 2:
        say(&d->text, "turn %s\n", pick_word(d, "NXDOMAIN NOERROR YXDOMAIN SERVFAIL"));
        break;
    case 3:
        say(&d->text, "as %s %s\n", any_name(d), pick_word(d, "A NS DS DNSKEY TXT SOA CNAME"));
        break;
    case 4:
        say(&d->text, "%s %s\n", pick_word(d, "NXDOMAIN NOERROR"), pick_word(d, "aa noaa"));
        break;
    default:
        say(&d->text, "message %s %s%s\n", pick_word(d, "NOERROR NOERROR NOERROR NXDOMAIN SERVFAIL REFUSED YXDOMAIN"),
            pick_word(d, "aa aa noaa"), chance(d, 10) ? " ra" : "");
        if (chance(d, 70)) {
            poison(d, "answer");
        }
        if (chance(d, 70)) {
            poison(d, "authority");
        }
        if (chance(d, 70)) {
            poison(d, "additional");
        }
        break;
    }
}

void draft_troubles(struct draft *d)
{
    unsigned failing = chance(d, 30) ? 0 : 10 + draw(d, 40), lying = chance(d, 30) ? 0 : 5 + draw(d, 25);

    say(&d->text, "server " DRAFT_EVIL " always message NOERROR aa\n  answer\n  ? 86400 A " DRAFT_FORGED "\n");
    for (unsigned i = 0; i < d->hosts; i++) {
        unsigned rules = i >= 2 && chance(d, lying) ? 1 + draw(d, 5) : 0;
        for (unsigned k = 0; k < rules; k++) {
            lie(d, d->host[i]);
        }
        if (chance(d, i < 2 ? failing / 4 : failing)) {
            fail(d, d->host[i]);
        }
    }
}
