/*
 * validate.h - ST_VALIDATE: is what was found genuine?
 *
 * Every part of a finding gets its security, one after the other: the sets of the chain, each under its own zone's
 * keys, then what denies the rest. Where keys are missing the job waits for children and comes back to the same part
 * (trust.h). What fails is asked for at other servers of the zone, a few; then the verdict stands.
 */
#ifndef RAIZ_ENGINE_VALIDATE_H
#define RAIZ_ENGINE_VALIDATE_H

#include "resolver/engine/finding.h"

/* A reply's finding is to be validated: ST_VALIDATE. */
enum job_state validate_begin(struct job *j, const struct finding *f, struct now now);
/* The cache holds an RRset, or the proof that there is no DS, at the job's name, unchecked: it becomes the finding. */
bool validate_cached(struct job *j, struct now now);
/* Did the job's own data use up the work, or what the query did before? */
bool validate_spent(const struct job *j);
/* Nobody has given better than what failed: FINISH with the verdict, or, permissive, with the data. */
enum job_state validate_failed(struct job *j, struct now now);

#endif
