/*
 * begin.h - how a run begins in this worker: fresh, behind what others did, or not at all
 */
#ifndef HOST_BEGIN_H
#define HOST_BEGIN_H

#include <stddef.h>

struct held;
struct stream_end;

/* A run that nobody had: from its first step. inputs: JSON text; NULL: none. */
void begin_fresh(struct held *held, const char *message, size_t message_len,
		 const char *inputs, size_t inputs_len);
/* The takeover brought what the run starts with, or goes on with (held->past). */
void begin_past(struct held *held);
/* The same, now that the stream has said where it ends: what the journal has and the
 * stream lacks goes out first. */
void begin_behind(struct stream_end *asked);
/* It is not executed: its one row and its end say why. class: as in run/fail.h. */
void begin_failed(struct held *held, const char *class, const char *reason);

#endif
