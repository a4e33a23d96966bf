/*
 * journal_people.c - what commits say of people
 *
 * Questions ride with the rows that ask them, the pause of a run is a commit of its own
 * behind all its rows: two statements, a lock and a look that is younger than it. It
 * may be refused while the run stays ours; then its row was not written.
 */
#include "host/journal_people.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "engine/row.h"
#include "host/held.h"
#include "pg/pg_reply.h"
#include "store/store_steps.h"
#include "store/store_waits.h"

#include <assert.h>
#include <string.h>

static struct held *held_of(struct pg_unit *unit)
{
	return list_entry(unit, struct held, unit);
}

void journal_people_fill(const struct row_wait *wait, struct store_wait_change *ret)
{
	*ret = (struct store_wait_change){
		.opens = wait->opens,
		.path = wait->path,
		.execution = wait->execution,
		.step_id = wait->step_id,
		.prompt = wait->prompt,
		.fields = wait->fields,
		.context = wait->context,
		.deadline_ms = wait->deadline_ms,
		.reminder_ms = wait->reminder_ms,
	};
}

struct store_wait_change *journal_people_change(struct arena *arena,
						const struct row_wait *wait)
{
	struct store_wait_change *change;

	if (!wait)
		return NULL;
	change = arena_new(arena, struct store_wait_change);
	journal_people_fill(wait, change);
	return change;
}

void journal_people_begin_pause(struct held *held)
{
	struct engine_row *row = held->pause->row;

	held->pause->row = NULL;
	held->event_seq += row->events_count;
	held_add_row(held, row, NULL, clock_wall_ms());
}

static bool changes(const struct held *held)
{
	if (held->act != HELD_ACT_STEPS)
		return false;
	list_for_each(node, &held->flying)
		if (list_entry(node, struct held_row, node)->row->wait)
			return true;
	return false;
}

bool journal_people_changes(struct pg_unit *const *units, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (changes(held_of(units[i])))
			return true;
	return false;
}

static bool ends(const struct held *held)
{
	return held->act == HELD_ACT_END && held->people.any;
}

size_t journal_people_ends(struct pg_unit *const *units, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += ends(held_of(units[i]));
	return count;
}

void journal_people_build_ends(struct arena *arena, const char *owner,
			       struct pg_batch *batch, struct pg_unit *const *units,
			       size_t n)
{
	const char **run_ids = arena_new_n(arena, const char *, n);
	size_t at = 0, i;

	for (i = 0; i < n; i++)
		if (ends(held_of(units[i])))
			run_ids[at++] = held_of(units[i])->run_id;
	if (at)
		store_waits_end(batch, owner, run_ids, at);
}

/* ---- pauses ---- */

static void fill_pause(const struct held *held, struct store_pause *ret)
{
	const struct engine_pause *pause = held->pause;

	*ret = (struct store_pause){
		.run_id = held->run_id,
		.epoch = held->epoch,
		.shared_state = str_text(&pause->state),
		.step_history = str_text(&pause->history),
		.total_tokens = pause->usage.input_tokens + pause->usage.output_tokens,
		.total_cost_usd = pause->usage.cost_usd,
		.cache_read_tokens = pause->usage.cache_read_tokens,
		.cache_write_tokens = pause->usage.cache_write_tokens,
		.event_seq = (int64_t)held->event_seq,
	};
}

void journal_people_build_pauses(struct arena *arena, const char *owner,
				 struct pg_batch *batch, struct pg_unit *const *units,
				 size_t n, size_t count,
				 struct store_step *(*steps)(void *arg, struct held *held,
							     size_t *count),
				 void *arg)
{
	struct store_pause *pauses;
	size_t at = 0, i;

	if (!count)
		return;
	pauses = arena_new_n(arena, struct store_pause, count);
	for (i = 0; i < n; i++) {
		struct held *held = held_of(units[i]);

		if (held->act != HELD_ACT_PAUSE)
			continue;
		fill_pause(held, &pauses[at]);
		pauses[at].steps = steps(arg, held, &pauses[at].step_count);
		at++;
	}
	(void)store_waits_pause(batch, owner, pauses, count);
}

static struct held *find(const struct map *map, const char *run_id)
{
	struct held *held = held_find(map, run_id, HELD_ACT_PAUSE);

	assert(held);
	return held;
}

void journal_people_read_pauses(const struct pg_reply *reply, int statement,
				const struct map *map)
{
	int ours = store_waits_pause_ours_count(reply, statement);
	int parked = store_waits_pause_count(reply, statement);
	int row;

	for (row = 0; row < ours; row++) {
		bool cancel;
		struct held *held =
			find(map, store_waits_pause_ours(reply, statement, row, &cancel));

		held->in = true;
		held->parked = false;
		held->cancel_asked = cancel;
	}
	for (row = 0; row < parked; row++)
		find(map, store_waits_pause_read(reply, statement, row))->parked = true;
}

/* ---- takeovers ---- */

void journal_people_read_waits(const struct pg_reply *reply, int statement,
			       const struct map *map)
{
	int rows = store_waits_read_count(reply, statement);
	struct store_wait wait;
	int row;

	for (row = 0; row < rows; row++) {
		struct held *held;

		store_waits_read_row(reply, statement, row, &wait);
		held = held_find(map, wait.run_id, HELD_ACT_TAKEOVER);
		while (held && !(held->in && held->act == HELD_ACT_TAKEOVER))
			held = held->twin;
		if (held) /* else ours, but this takeover was refused */
			people_learn(&held->people, &wait);
	}
}
