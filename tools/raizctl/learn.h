/*
 * learn.h - one plain sentence for each step of a walk, for who learns how names are found
 *
 * In English, or in Spanish where the locale says so. Made from the events of the control verb "trace".
 */
#ifndef RAIZ_RAIZCTL_LEARN_H
#define RAIZ_RAIZCTL_LEARN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum learn_language { LEARN_ENGLISH, LEARN_SPANISH };

/* From LC_ALL, LC_MESSAGES or LANG. */
enum learn_language learn_language(void);
/* NULL: nothing worth a sentence. ascii: without accents. */
const char *learn_sentence(const json_t *event, enum learn_language language, bool ascii, char *buf, size_t cap);

#endif
