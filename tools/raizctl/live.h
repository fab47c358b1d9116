/*
 * live.h - a picture on the terminal that is drawn anew all the time, until somebody has seen enough
 *
 * It has a screen of its own: what stood there before is there again afterwards, however the program ends. Keys come at
 * once and are not shown.
 */
#ifndef RAIZ_RAIZCTL_LIVE_H
#define RAIZ_RAIZCTL_LIVE_H

#include <stdbool.h>
#include <stdio.h>

/* Are both ends a terminal that can do it? */
bool live_possible(FILE *out);
void live_begin(void);
void live_end(void);
/* The picture in place of the last one; at most as many lines as there is room for. */
void live_draw(const char *text);
/* q, Q or escape was pressed. */
bool live_is_over(void);
unsigned live_lines(void); /* that the screen has */

#endif
