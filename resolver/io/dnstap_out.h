/*
 * dnstap_out.h - where frames go: a socket or a file, as libfstrm wants its output
 *
 * Its thread opens, writes and closes; none of these waits for longer than OUT_PATIENCE_MS without progress, and not at
 * all once dnstap_out_end() was called, so that a collector that hangs keeps nobody from ending.
 *
 * Threads: the writer's, but for dnstap_out_new(), _end(), _is_open() and _trouble().
 */
#ifndef RAIZ_IO_DNSTAP_OUT_H
#define RAIZ_IO_DNSTAP_OUT_H

#include <stdbool.h>
#include <sys/uio.h>

struct dnstap_out;

/* NULL: out of memory. */
struct dnstap_out *dnstap_out_new(const char *path, bool is_socket);
void dnstap_out_free(struct dnstap_out *o);
void dnstap_out_end(struct dnstap_out *o);
bool dnstap_out_is_open(const struct dnstap_out *o);
const char *dnstap_out_trouble(const struct dnstap_out *o); /* NULL: none */

/* False: failed. */
bool dnstap_out_open(struct dnstap_out *o);
bool dnstap_out_write(struct dnstap_out *o, const struct iovec *pieces, int count);
bool dnstap_out_read(struct dnstap_out *o, void *data, size_t n);
void dnstap_out_close(struct dnstap_out *o);

#endif
