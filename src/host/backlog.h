/* backlog.h - events that the journal has and a run's stream lacks */
#ifndef HOST_BACKLOG_H
#define HOST_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct list;

struct backlog_end {
	int64_t id_ms; /* a stream id; 0-0 is before all */
	uint32_t id_n;
};

/*
 * Append to `out` a struct fifo_entry (free to leave, with its own stream id) for each
 * event of a journal row that is behind `end`. events is the column's text, NULL for
 * none. *seq becomes the number of the row's newest event and *newest its id, when the
 * row has any. ERR_INPUT when the text is not what held.c writes.
 */
int backlog_add(struct list *out, const char *events, const struct backlog_end *end,
		uint64_t *seq, struct backlog_end *newest, struct err *err);

/* The id of the first event; false: there is none that can be read. */
bool backlog_first(const char *events, struct backlog_end *ret);

#endif
