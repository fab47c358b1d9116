/*
 * seeded.h - old bugs, brought back on purpose
 *
 * SEEDED(n, good, bad) is `good`, unless this is a build with -DRAIZ_SEEDED=ON whose programs run with RAIZ_SEEDED_BUG=n in
 * their environment: then it is `bad`. Each number brings back one kind of bug that resolvers had, or that was found here;
 * tests/seeded/bugs.tsv names them, and tests/seeded/run shows which test catches each. So the tests are tested.
 */
#ifndef RAIZ_DNS_SEEDED_H
#define RAIZ_DNS_SEEDED_H

#ifdef RAIZ_SEEDED
int seeded_bug(void); /* 0: none */
#define SEEDED(n, good, bad) (seeded_bug() == (n) ? (bad) : (good))
#else
#define SEEDED(n, good, bad) (good)
#endif

#endif
