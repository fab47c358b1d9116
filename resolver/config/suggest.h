/*
 * suggest.h - the word that was probably meant
 *
 * Damerau-Levenshtein distance of at most 2, without regard to case and with "_" as good as "-". Used for keys and
 * words of the configuration, verbs of the control socket and commands of raizctl. Pure.
 */
#ifndef RAIZ_CONFIG_SUGGEST_H
#define RAIZ_CONFIG_SUGGEST_H

#include <stddef.h>

#define SUGGEST_DISTANCE 2
#define SUGGEST_WORD_MAX 40 /* longer words are not compared */

/* Edits from one word to the other; more than SUGGEST_DISTANCE means: not alike. */
unsigned suggest_distance(const char *a, const char *b);

/* Offer candidates one by one; the nearest is kept, the first of equals. */
struct suggest {
    const char *word; /* what was written */
    const char *best; /* NULL: nothing is near */
    unsigned distance;
};
struct suggest suggest_for(const char *word);
void suggest_offer(struct suggest *s, const char *candidate);
/* Compares with `part` but suggests `whole`. */
void suggest_offer_as(struct suggest *s, const char *part, const char *whole);

#endif
