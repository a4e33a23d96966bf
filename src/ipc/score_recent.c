/*
 * score_recent.c - which runs a process entered last, readable after its death
 *
 * The moment is stored last and with release, and cleared before the text changes: a
 * death in between leaves an empty cell, never half an id.
 */
#include "ipc/score_recent.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct score_recent_cell) == 128, "a cell is two cache lines");
_Static_assert((SCORE_RECENT_CELLS & (SCORE_RECENT_CELLS - 1)) == 0,
	       "the count of cells taken may wrap");

static struct score_recent_cell *cell_at(struct score_recent *recent, uint32_t number)
{
	return &recent->cells[number % SCORE_RECENT_CELLS];
}

static void moment(struct score_recent_cell *cell, int64_t at_mono_ms)
{
	atomic_store_explicit(&cell->at_mono_ms, at_mono_ms, memory_order_release);
}

void score_recent_enter(struct score_recent *recent, uint32_t *place, const char *job,
			size_t len, int64_t now_mono_ms)
{
	uint32_t next = atomic_load_explicit(&recent->next, memory_order_relaxed);
	uint32_t younger = next - *place; /* cells taken since */
	struct score_recent_cell *cell;

	if (len > SCORE_RECENT_ID)
		return;
	if (*place && younger < SCORE_RECENT_CELLS) {
		cell = cell_at(recent, *place - 1);
		if (younger < SCORE_RECENT_CELLS / 2) {
			moment(cell, now_mono_ms);
			return;
		}
		moment(cell, 0);
	}
	cell = cell_at(recent, next);
	moment(cell, 0);
	atomic_signal_fence(memory_order_seq_cst); /* a death is on this very CPU */
	memcpy(cell->job, job, len);
	cell->len = (int32_t)len;
	moment(cell, now_mono_ms);
	*place = next + 1;
	atomic_store_explicit(&recent->next, next + 1, memory_order_relaxed);
}

void score_recent_clear(struct score_recent *recent)
{
	for (size_t i = 0; i < SCORE_RECENT_CELLS; i++)
		moment(&recent->cells[i], 0);
}

static int by_id(const void *a, const void *b)
{
	const struct score_recent_job *left = a, *right = b;

	return strcmp(left->id, right->id);
}

size_t score_recent_read(const struct score_recent *recent, int64_t from_mono_ms,
			 struct score_recent_job jobs[SCORE_RECENT_CELLS])
{
	size_t n = 0, once = 0, i;

	for (i = 0; i < SCORE_RECENT_CELLS; i++) {
		const struct score_recent_cell *cell = &recent->cells[i];
		int64_t at_mono_ms =
			atomic_load_explicit(&cell->at_mono_ms, memory_order_acquire);

		/* a process gone mad may have written anything here */
		if (at_mono_ms <= 0 || at_mono_ms < from_mono_ms || cell->len < 1 ||
		    cell->len > SCORE_RECENT_ID)
			continue;
		memcpy(jobs[n].id, cell->job, (size_t)cell->len);
		jobs[n++].id[cell->len] = '\0';
	}
	qsort(jobs, n, sizeof(jobs[0]), by_id);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(jobs[i].id, jobs[once - 1].id) != 0)
			jobs[once++] = jobs[i];
	return once;
}
