/* ending.h - the last events of a run that ends without being executed */
#ifndef HOST_ENDING_H
#define HOST_ENDING_H

#include "engine/row.h"

#include <stddef.h>
#include <stdint.h>

struct str;

/*
 * For processes that end a run from outside (a dead letter, a cancel). They write what
 * this makes into the journal, in the commit that ends the run, and settle the stream
 * behind it (settle.h). All texts are borrowed.
 */
struct ending {
	const char *run_id;
	enum run_status status;
	const char *error;    /* goes ahead as orchestration_error; NULL: no error */
	const char *response; /* "" for none */
	int64_t at_ms;        /* wall clock */
	size_t event_max;     /* engine.event_max */
	uint64_t seq;         /* durable events of the run before these */
	uint64_t epoch;
	int64_t id_ms; /* their stream ids are <id_ms>-0 and so on: above all that is */
};

/* Append column events, a list of [id, event]: [error,] orchestration_complete, final,
 * done. Returns how many events these are. */
size_t ending_write(const struct ending *ending, struct str *out);

#endif
