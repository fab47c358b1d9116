/*
 * files.h - folders, locks and descriptors that a daemon puts in order before it starts
 *
 * Each says what went wrong and what to do about it in `error`.
 */
#ifndef RAIZ_IO_FILES_H
#define RAIZ_IO_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who what is made here shall belong to, if that is somebody else than we are. */
struct files_owner {
    uid_t uid;
    gid_t gid;
};

/* Descriptors 0 to 2 exist afterwards, so that no socket ever gets one of their numbers and no message of the C library
 * is written into a connection (X29). */
bool files_standard_descriptors(void);
/* As many descriptors as the system lets us have. Returns how many. */
size_t files_raise_limit(void);
size_t files_open_descriptors(void); /* how many there are */
/* Makes the folder, which will be the owner's, and those above it, mode 0755. One that is there stays as it is. */
bool files_make_folder(const char *path, const struct files_owner *owner, char *error, size_t cap);
/* Makes the folder that will hold the file `path`. */
bool files_make_parent(const char *path, const struct files_owner *owner, char *error, size_t cap);
/* Locks the folder for this process: two daemons with one state folder would spoil each other's files. Returns a
 * descriptor to keep open, or -1. */
int files_lock(const char *folder, const struct files_owner *owner, char *error, size_t cap);

/* The whole file, malloc'ed, at most `most` octets. FILES_ABSENT: there is none. */
enum files_read { FILES_READ, FILES_ABSENT, FILES_FAILED };
enum files_read files_read(const char *path, size_t most, char **data, size_t *n, char *error, size_t cap);
/* Replaces the file at once: whoever reads it, also after a crash at any moment, finds the old or the new one, whole.
 */
bool files_replace(const char *path, const char *data, size_t n, char *error, size_t cap);

#endif
