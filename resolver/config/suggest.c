/*
 * suggest.c - the word that was probably meant
 */
#include "resolver/config/suggest.h"

#include <stdbool.h>
#include <string.h>

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned suggest_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][SUGGEST_WORD_MAX + 1]; /* optimal string alignment: this row and the two before */
    if (n > SUGGEST_WORD_MAX || m > SUGGEST_WORD_MAX) {
        return SUGGEST_DISTANCE + 1;
    }
    for (size_t k = 0; k <= m; k++) {
        row[0][k] = (unsigned)k;
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned *here = row[i % 3], *above = row[(i + 2) % 3], *two_above = row[(i + 1) % 3];
        here[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            bool same = fold(a[i - 1]) == fold(b[k - 1]);
            here[k] = least(above[k - 1] + !same, least(above[k], here[k - 1]) + 1);
            if (i > 1 && k > 1 && fold(a[i - 1]) == fold(b[k - 2]) && fold(a[i - 2]) == fold(b[k - 1])) {
                here[k] = least(here[k], two_above[k - 2] + 1);
            }
        }
    }
    return row[n % 3][m];
}

struct suggest suggest_for(const char *word)
{
    return (struct suggest){.word = word, .distance = SUGGEST_DISTANCE + 1};
}

void suggest_offer_as(struct suggest *s, const char *part, const char *whole)
{
    unsigned d = suggest_distance(s->word, part);
    size_t len = strlen(part);
    if (d < s->distance && d < len && 2 * d <= strlen(s->word)) { /* half a word changed is another word */
        s->best = whole;
        s->distance = d;
    }
}

void suggest_offer(struct suggest *s, const char *candidate)
{
    suggest_offer_as(s, candidate, candidate);
}
