/*
 * library.h - libraries that are loaded when they are needed
 *
 * What only some want, such as figures over HTTP or a file from a web server, is not linked: who does not want it needs
 * neither its package nor its memory. A library stays loaded: what it brings along was not made to be taken out again.
 */
#ifndef RAIZ_IO_LIBRARY_H
#define RAIZ_IO_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* The address of a function goes to `call`, a pointer to a function, of n octets. False: it is not there. library NULL:
 * nor is the library. */
bool library_call(void *library, const char *name, void *call, size_t n);

#endif
