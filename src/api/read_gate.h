/* read_gate.h - reads that may take long: a few at a time, the others wait */
#ifndef API_READ_GATE_H
#define API_READ_GATE_H

#include "api/pg_read.h"

#include <stddef.h>

struct read_gate;

enum read_gate_length {
	READ_GATE_SHORT, /* an index serves it, as far as one can know */
	READ_GATE_LONG,  /* it reads row by row: goes behind all others */
	READ_GATE_LENGTHS_END
};

/* The pool is borrowed for the gate's life; so many reads at the same time. */
struct read_gate *read_gate_new(struct pg_pool *pool, size_t at_once);
/* Who waits hears ERRORS_POSTGRES. NULL is fine. */
void read_gate_free(struct read_gate *gate);

/* As pg_read(), in its turn; ERRORS_BUSY for one too many, or that waited too long. */
void read_gate_read(struct read_gate *gate, enum read_gate_length length,
		    struct pg_batch *batch, pg_read_cb cb, void *arg);

#endif
