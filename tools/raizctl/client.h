/*
 * client.h - asking the daemon over its control socket
 *
 * One request, then lines until the one that says "done". What can go wrong has an exit code and a sentence that says
 * what to do.
 */
#ifndef RAIZ_RAIZCTL_CLIENT_H
#define RAIZ_RAIZCTL_CLIENT_H

#include <jansson.h>

#include "dns/addr.h"
#include "tools/raizctl/raizctl.h"

/* Called for each line of the reply. last: it has "done"; its "done" and "ok" are taken out. */
typedef void client_line(void *arg, json_t *object, bool last);

/* Sends the request (taken; NULL: out of memory) and hands the reply's lines to `line`. With --json it prints them
 * itself, and `line` is not called: rows one a line, and the last line unless it only ends a list. Returns the exit
 * code; errors were printed. */
int client_ask(struct ctl *ctl, json_t *request, client_line *line, void *arg);
/* The same with an open file that goes along (-1: none); it stays the caller's. */
int client_ask_with(struct ctl *ctl, json_t *request, int file, client_line *line, void *arg);

/* What goes over the whole of a large cache, or comes from a slow disk, may take minutes, unless --timeout says else.
 */
void client_be_patient(struct ctl *ctl);

/* The addresses that raizd listens on, for the stub client: the first one, into address. */
#define CLIENT_ADDRESS_MAX 80
int client_listen_address(struct ctl *ctl, char address[static CLIENT_ADDRESS_MAX]);

/* A setting that is in force in raizd, as `config get` shows it. Exit code; an error was printed. */
#define CLIENT_VALUE_MAX 256
int client_setting(struct ctl *ctl, const char *key, char value[static CLIENT_VALUE_MAX]);

/* The address to ask as a client of raizd does: as given, or where raizd listens (NULL). A wildcard address is asked on
 * the loopback interface. Exit code; an error was printed. */
int client_server(struct ctl *ctl, const char *given, struct addr *server);

#endif
