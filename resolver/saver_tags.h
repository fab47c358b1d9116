/*
 * saver_tags.h - digests of the settings that decide what the cache may be believed to hold (cache/snapshot.h)
 */
#ifndef RAIZ_SAVER_TAGS_H
#define RAIZ_SAVER_TAGS_H

#include "cache/snapshot.h"
#include "resolver/config/world.h"

/* Without memory the tags are all zero, and match nothing that was saved under others. */
void saver_tags(const struct world *w, struct snapshot_tags *out);

#endif
