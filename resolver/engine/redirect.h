/*
 * redirect.h - aliases made from a DNAME that is already known (RFC 6672 section 5.3.2)
 *
 * A validated DNAME speaks for every name below its owner, so none of them needs a question. One that was not
 * validated does not: whoever forged it once would have forged all those names (T17).
 *
 * Memory: results lie in the arena given, or in the cache. Threads: as cache.h.
 */
#ifndef RAIZ_ENGINE_REDIRECT_H
#define RAIZ_ENGINE_REDIRECT_H

#include "resolver/engine/job.h"
#include "resolver/engine/respond.h"

/* DNAMEs whose owners have fewer labels than `least` may not speak for the name. KNOWN_PART: the DNAME and the CNAME
 * that follows from it, which leads to *end. KNOWN_ALL: that CNAME is the answer, or no name can be made (YXDOMAIN). */
enum known redirect_lookup(struct cache *cache, struct arena *arena, struct dname qname, uint16_t qtype, unsigned least,
                           struct now now, struct outcome *out, struct dname_buf *end);

/* The same for a job that validates; in the engine's scratch memory. */
enum known redirect_try(struct job *j, unsigned least, struct now now, struct outcome *out, struct dname_buf *end);

#endif
