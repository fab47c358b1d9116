/*
 * server.h - where the parts are wired together
 *
 * The main thread runs the control socket and the signals; each worker thread has a loop, listeners, an engine and an
 * upstream side of its own; the cache is shared. A miss is handed to the worker that owns its question, so that one
 * question is fetched once in the whole process.
 */
#ifndef RAIZ_SERVER_H
#define RAIZ_SERVER_H

#include "resolver/config/world.h"

/* Runs until SIGTERM, SIGINT or the control verb "stop". Takes the world. Returns the exit code. */
int server_run(struct world *world, const char *config_path);

#endif
