/*
 * record.h - what the lab tells: a line for each question, and counts
 *
 * A line has nine fields with a blank between:
 *
 *     TIME SERVER ADDRESS PROTO CLIENT NAME TYPE FLAGS OUTCOME
 *     1764000000.123456 dns1.networkutopia.com. 212.212.212.1 udp 127.0.0.1:40000 wWw.networkutopia.com. A edns=1232,do
 * NOERROR
 *
 * TIME in seconds since 1970, ADDRESS the server's real one, NAME in the case it was asked. FLAGS are those of the
 * question (rd, cd, ad, edns=SIZE, do; "-" for none). OUTCOME is the rcode, with ",tc" when truncated, or "dropped",
 * "lost", "bad". Each line is written at once, so that a test may read it as soon as it has the answer.
 */
#ifndef RAIZ_LAB_RECORD_H
#define RAIZ_LAB_RECORD_H

#include <stdio.h>

#include "tools/raiz-lab/respond.h"

struct record {
    FILE *print; /* standard output, or NULL */
    FILE *log;   /* or NULL */
};

struct record_line {
    int64_t wall_us;
    const struct lab_server *server;
    size_t address;
    bool tcp;
    const struct addr *client;
    const struct lab_reply *reply;
};

void record_question(const struct record *r, const struct record_line *line);
/* Adds one question to its address's counts. */
void record_count(struct lab_server *s, size_t address, bool tcp, const struct lab_reply *reply);
/* All counts as JSON: {"servers": [{"name", "address", "udp", ...}], "total": {...}}. Written whole under another name,
 * then moved. False: errno says why. */
bool record_write_counts(const struct lab *lab, const char *path);

#endif
