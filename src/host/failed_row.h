/* failed_row.h - the last row of a run that cannot be executed */
#ifndef HOST_FAILED_ROW_H
#define HOST_FAILED_ROW_H

#include <stddef.h>
#include <stdint.h>

struct engine_final;
struct engine_row;

struct failed_row {
	const char *run_id;
	const char *worker_id;
	const char *class;  /* of its error */
	const char *reason; /* for people */
	size_t event_max;
	uint64_t first_seq; /* of its events */
	uint64_t epoch;
};

/* Picked up, what is wrong, and the sentinels: the caller's. */
struct engine_row *failed_row_new(const struct failed_row *failed);
/* And the end that goes with it, without the row: the caller's. */
struct engine_final *failed_row_final(const struct failed_row *failed);

#endif
