/* fifo.h - the outgoing events of one run, in order, with their stream ids */
#ifndef EVENTS_FIFO_H
#define EVENTS_FIFO_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

#define FIFO_ID_MAX 32 /* 20 digits, a minus, 10 digits, NUL */

struct fifo_block;

/* One event on its way to the run's stream. Owned by the fifo until fifo_take_free(). */
struct fifo_entry {
	struct list node;
	struct fifo_block *block; /* the memory that it is in, perhaps with others */
	int64_t id_ms;            /* the stream id is <id_ms>-<id_n> */
	uint32_t id_n;
	uint32_t row; /* journal row whose commit frees it; 0: a live event, never held */
	char id[FIFO_ID_MAX]; /* "<id_ms>-<id_n>" */
	unsigned char id_len;
	size_t len;
	char text[]; /* JSON, NUL-terminated */
};

/* Embed one per run. Single process, no I/O. */
struct fifo {
	struct list entries;
	int64_t last_ms; /* greatest id given out, or the floor */
	uint32_t last_n;
	uint32_t newest_row;      /* of all entries so far */
	uint32_t committed_row;   /* rows up to this one are in */
	size_t bytes;             /* text held, for the run's memory account */
	struct fifo_block *block; /* where the next entries go; NULL: one for each */
};

/* An entry in no list and of no row, with a stream id that it has already: for
 * lists that are published as they are. Text is copied. */
struct fifo_entry *fifo_entry_new(int64_t id_ms, uint32_t id_n, const char *text,
				  size_t len);

/* Ids start above <floor_ms>-<floor_n> (0-0 for a fresh run). */
void fifo_init(struct fifo *fifo, int64_t floor_ms, uint32_t floor_n);
void fifo_deinit(struct fifo *fifo);

/* The next `count` events have so many bytes of text together: one piece of memory. */
void fifo_expect(struct fifo *fifo, size_t count, size_t bytes);

/*
 * Put an event at the end; text is copied. row > 0 marks a durable event that must not
 * leave before fifo_commit(row); 0 a live one. The id is above all before it, whatever
 * the clock does. Returns the entry, borrowed.
 */
const struct fifo_entry *fifo_add(struct fifo *fifo, int64_t wall_ms, uint32_t row,
				  const char *text, size_t len);

/* The rows up to this one are in Postgres: their events may leave. */
void fifo_commit(struct fifo *fifo, uint32_t row);

/* Forget every entry from the first held one on: their rows will never be stored. Ids go
 * on rising. */
void fifo_drop_held(struct fifo *fifo);

/* Move to out all that may leave now: everything before the first held entry. Returns
 * whether there was anything; the receiver frees it with fifo_entries_free(). */
bool fifo_take_free(struct fifo *fifo, struct list *out);
void fifo_entries_free(struct list *entries);

#endif
