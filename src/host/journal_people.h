/* journal_people.h - what commits say of people: questions, and runs that wait for
 * answers. For journal.c alone */
#ifndef HOST_JOURNAL_PEOPLE_H
#define HOST_JOURNAL_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct held;
struct map;
struct pg_batch;
struct pg_reply;
struct pg_unit;
struct row_wait;
struct store_step;
struct store_wait_change;

/* What the row does to a question; texts are borrowed from there. */
void journal_people_fill(const struct row_wait *wait, struct store_wait_change *ret);
/* The same in the arena; NULL: nothing. */
struct store_wait_change *journal_people_change(struct arena *arena,
						const struct row_wait *wait);
/* The row of the pause joins those that are handed out. */
void journal_people_begin_pause(struct held *held);

/* Runs among the units whose rows do something to a question; that end and had some. */
bool journal_people_changes(struct pg_unit *const *units, size_t n);
size_t journal_people_ends(struct pg_unit *const *units, size_t n);
/* Behind their ends. */
void journal_people_build_ends(struct arena *arena, const char *owner,
			       struct pg_batch *batch, struct pg_unit *const *units,
			       size_t n);
/* count runs are parked; steps of each come from the callback. */
void journal_people_build_pauses(struct arena *arena, const char *owner,
				 struct pg_batch *batch, struct pg_unit *const *units,
				 size_t n, size_t count,
				 struct store_step *(*steps)(void *arg, struct held *held,
							     size_t *count),
				 void *arg);
/* Into held->in, cancel_asked and parked of the runs in the map. */
void journal_people_read_pauses(const struct pg_reply *reply, int statement,
				const struct map *map);

/* Behind the takeovers of runs that others had: what their people have answered. */
void journal_people_read_waits(const struct pg_reply *reply, int statement,
			       const struct map *map);

#endif
