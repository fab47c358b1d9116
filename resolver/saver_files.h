/*
 * saver_files.h - the files of saver.h: reading what may be anything, writing so that a crash leaves the old or the new
 *
 * Nothing is followed or read that is not a file of this user's own: a link, a pipe, somebody else's file are refused.
 */
#ifndef RAIZ_SAVER_FILES_H
#define RAIZ_SAVER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/snapshot.h"
#include "resolver/io/log.h"

/* The key, from the folder or, if there is none, made and written there. False: there is none to be had; logged. */
bool saver_key(const char *folder, uint8_t key[static SNAPSHOT_KEY_SIZE], struct log *log);

/* The saved cache. -1: there is none, or it is refused, which is logged. */
int saver_open(const char *folder, struct log *log);
/* One that was handed over. NULL: it can be read from its beginning; else what it is not. */
const char *saver_given(int fd);
bool saver_read(int fd, void *data, size_t n); /* all of it */

/* The file that will be the next one. -1: `error` says why. */
int saver_create(const char *folder, char *error, size_t cap);
bool saver_write(int fd, const void *data, size_t n);
/* `end` octets have been written, the last `n` of them a moment ago: now and then what has come goes to the disk, so
 * that the end is not one large piece of work for the kernel, which nothing else interrupts. */
void saver_written(int fd, uint64_t end, size_t n);
/* The file that is about to be replaced, held open. -1: there is none, or it is refused. */
int saver_last(const char *folder);
/* Closes it; if all was written it takes the old one's place. False: `error` says why, and the old one stands. `why`:
 * errno of what went wrong before. */
bool saver_finish(const char *folder, int fd, bool written, int why, char *error, size_t cap);
/* Closes what saver_last() held, after it has been replaced. If it has no name left the disk and the memory that it
 * took are given back in pieces, `between` before each: else rename() or close() does it at one go, 11 ms of a
 * processor for 80 MB, which nothing else interrupts. */
void saver_let_go(int fd, void (*between)(void *arg), void *arg);

#endif
