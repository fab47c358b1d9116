/*
 * seeded.c - old bugs, brought back on purpose
 */
#include "dns/seeded.h"

#ifdef RAIZ_SEEDED
#include <stdlib.h>

int seeded_bug(void)
{
    static int bug = -1;

    if (bug < 0) {
        const char *text = getenv("RAIZ_SEEDED_BUG");
        bug = text == NULL ? 0 : (int)strtol(text, NULL, 10);
    }
    return bug;
}
#else
typedef int seeded_none; /* a file is not empty */
#endif
