/*
 * library.c - libraries that are loaded when they are needed
 */
#include "resolver/io/library.h"

#include <dlfcn.h>
#include <string.h>

/* POSIX lets a function's address go through a pointer to data; the language does not. */
bool library_call(void *library, const char *name, void *call, size_t n)
{
    void *found = library != NULL ? dlsym(library, name) : NULL;
    memcpy(call, &found, n);
    return found != NULL;
}
