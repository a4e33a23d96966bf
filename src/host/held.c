/*
 * held.c - a run that this worker holds: what it has done and what of it is durable
 *
 * Rows wait in two lists: `rows` is what no commit has yet, `flying` what the commit
 * under way writes. The lists never mix, so a commit that must be repeated writes the
 * same rows.
 *
 * An event gets its stream id when its row is taken, and is kept once: in the fifo
 * (events/fifo.c), of which the row's column is a copy made for the commit. So what
 * Postgres has and what Redis shows agree by construction.
 */
#include "host/held.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/op.h"
#include "engine/row.h"
#include "host/begin_inner.h"
#include "host/settle.h"
#include "run/chat_run.h"
#include "run/definition.h"

#include <stdint.h>
#include <string.h>

/* What the journal that comes with a takeover is reckoned to hold: nobody knows before.
 * So 64 come at a time, not as many as fit into a commit. */
#define PAST_BYTES ((size_t)128 * 1024)
/* A question beside its event, about. */
#define WAIT_BYTES ((size_t)4 * 1024)
/* Of an event in the column beside its text: its stream id, brackets, quotes, commas. */
#define PAIR_BYTES (FIFO_ID_MAX + 8)

struct held *held_new(struct host_scale *host, const char *run_id, const char *job_id,
		      const char *tenant, int64_t wake, void *slot)
{
	size_t run_len = strlen(run_id), job_len = strlen(job_id);
	size_t tenant_len = strlen(tenant);
	struct held *held = mem_alloc(sizeof(*held) + run_len + job_len + tenant_len + 3);

	held->host = host;
	held->run_id = memcpy(held->names, run_id, run_len + 1);
	held->job_id = memcpy(held->names + run_len + 1, job_id, job_len + 1);
	held->job_id_len = job_len;
	held->tenant =
		memcpy(held->names + run_len + job_len + 2, tenant, tenant_len + 1);
	held->turn = chat_run_turn(run_id);
	held->wake = wake;
	held->slot = slot;
	list_init(&held->rows);
	list_init(&held->flying);
	list_init(&held->publish.entries);
	held->publish.run_id = held->run_id;
	fifo_init(&held->fifo, 0, 0);
	people_init(&held->people);
	arena_init(&held->past.arena);
	return held;
}

static const char *keep(struct held_past *past, const char *text)
{
	return text ? arena_dup(&past->arena, text) : NULL;
}

void held_past_add(struct held *held, const struct fold_row *row)
{
	struct held_past *past = &held->past;
	struct fold_row *rows;

	if (past->count == past->room) {
		past->room = past->room ? past->room * 2 : 16;
		rows = arena_new_n(&past->arena, struct fold_row, past->room);
		if (past->count)
			memcpy(rows, past->rows, past->count * sizeof(*rows));
		past->rows = rows;
	}
	past->rows[past->count++] = (struct fold_row){
		.seq = row->seq,
		.path = keep(past, row->path),
		.step_id = keep(past, row->step_id),
		.kind = keep(past, row->kind),
		.delta = keep(past, row->delta),
		.events = keep(past, row->events),
		.usage = keep(past, row->usage),
		.error = keep(past, row->error),
	};
}

void held_past_reset(struct held *held)
{
	arena_deinit(&held->past.arena);
	memset(&held->past, 0, sizeof(held->past));
	arena_init(&held->past.arena);
}

static void row_free_held(struct held_row *held_row)
{
	if (held_row->op) {
		held_row->op->abandon = NULL;
		held_row->op->server = NULL;
	}
	row_free(held_row->row);
	mem_free(held_row);
}

void held_rows_free(struct list *rows)
{
	struct list *node;

	while ((node = list_shift(rows)))
		row_free_held(list_entry(node, struct held_row, node));
}

size_t held_bytes(const struct held *held)
{
	const struct engine_final *final = held->final;
	size_t bytes = 0;

	list_for_each(node, &held->rows) {
		const struct held_row *row = list_entry(node, struct held_row, node);

		bytes += row->row->delta.len + row->events_bytes + row->row->usage.len +
			 row->row->error.len;
		if (row->row->wait && row->row->wait->opens)
			bytes += WAIT_BYTES;
	}
	if (held->waits && held->resumes)
		bytes += PAST_BYTES;
	if (held->pause)
		bytes += held->pause->state.len + held->pause->history.len;
	if (final)
		bytes += final->response.len + final->error.len + final->state.len +
			 final->history.len;
	return bytes;
}

void held_drop_rows(struct held *held)
{
	list_splice(&held->flying, &held->rows);
	list_for_each(node, &held->flying) {
		struct held_row *row = list_entry(node, struct held_row, node);

		held->event_seq -= row->events_count;
		if (row->seq <= held->seq)
			held->seq = row->seq - 1;
	}
	held_rows_free(&held->flying);
	fifo_drop_held(&held->fifo);
}

void held_free(struct held *held)
{
	if (!held)
		return;
	list_remove(&held->node);
	if (held->publishing)
		publisher_drop(&held->publish);
	held_rows_free(&held->rows);
	held_rows_free(&held->flying);
	fifo_deinit(&held->fifo);
	row_final_free(held->final);
	row_pause_free(held->pause);
	people_deinit(&held->people);
	stream_end_stop(&held->asked);
	settle_free(held->settle);
	begin_inner_free(held->inner);
	definition_unref(held->definition);
	arena_deinit(&held->past.arena);
	mem_free(held->unusable);
	mem_free(held->from);
	mem_free(held->session);
	mem_free(held);
}

/*
 * The engine takes back an op whose frame goes away: the row stays, nobody waits for it.
 */
static void on_abandon(struct op *op)
{
	struct held_row *row = op->server;

	row->op = NULL;
}

static struct held_row *last_row(struct held *held)
{
	if (list_empty(&held->rows))
		return NULL;
	return list_entry(held->rows.prev, struct held_row, node);
}

static void add_events(struct held *held, struct held_row *to, struct engine_row *row,
		       int64_t wall_ms)
{
	struct str stamped = STR_INIT;
	size_t i, len;
	const char *text;

	to->events_count += row->events_count;
	(void)row_event_texts(row, &len);
	fifo_expect(&held->fifo, row->events_count, len);
	for (i = 0; i < row->events_count; i++) {
		text = row_event_text(row, i, &len);
		if (held->turn) {
			str_reset(&stamped, SIZE_MAX);
			chat_run_stamp(&stamped, held->turn, text, len);
			text = str_text(&stamped);
			len = stamped.len;
		}
		(void)fifo_add(&held->fifo, wall_ms, to->seq, text, len);
		to->events_bytes += len + PAIR_BYTES;
	}
	str_deinit(&stamped);
	row_drop_events(row); /* a commit is far: the next run takes the memory */
}

/* The start row of a loop's first iteration may have a delta, for one. */
static bool has_events_only(const struct engine_row *row)
{
	return !row->delta.len && !row->usage.len && !row->error.len;
}

/* What of `row` melts into `last` goes there; true: nothing is left of row. */
static bool melt(struct held *held, struct held_row *last, struct engine_row *row,
		 int64_t wall_ms)
{
	if (last->op || held->state != HELD_LAZY || held->act != HELD_ACT_NONE ||
	    last->row->kind == ROW_SNAPSHOT) /* what comes behind it is not in it */
		return false;
	if (last->row->kind == ROW_START && row->kind == ROW_STEP &&
	    has_events_only(last->row)) {
		/* they stay in front, the step gives the rest */
		row_free(last->row);
		last->row = row;
		add_events(held, last, row, wall_ms);
		return true;
	}
	if (has_events_only(row)) {
		add_events(held, last, row, wall_ms);
		row_free(row);
		return true;
	}
	return false;
}

void held_add_row(struct held *held, struct engine_row *row, struct op *op,
		  int64_t wall_ms)
{
	struct held_row *last = last_row(held);
	struct held_row *held_row;

	if (!last || !melt(held, last, row, wall_ms)) {
		held_row = mem_new(struct held_row);
		held_row->row = row;
		held_row->seq = ++held->seq;
		list_push(&held->rows, &held_row->node);
		add_events(held, held_row, row, wall_ms);
		last = held_row;
	}
	if (op) {
		last->op = op;
		op->server = last;
		op->abandon = on_abandon;
	}
}

static char *put(char *to, const char *bytes, size_t len)
{
	memcpy(to, bytes, len);
	return to + len;
}

const char *held_row_events(const struct held *held, const struct held_row *row,
			    struct arena *arena)
{
	char *text, *to;

	if (!row->events_count)
		return NULL;
	to = text = arena_alloc(arena, row->events_bytes + sizeof("]"));
	list_for_each(node, &held->fifo.entries) {
		const struct fifo_entry *entry =
			list_entry(node, struct fifo_entry, node);

		if (entry->row > row->seq)
			break; /* rows rise along the list */
		if (entry->row != row->seq)
			continue;
		to = put(to, to == text ? "[[\"" : ",[\"", 3);
		to = put(to, entry->id, entry->id_len);
		to = put(to, "\",", 2);
		to = put(to, entry->text, entry->len);
		*to++ = ']';
	}
	(void)put(to, "]", sizeof("]"));
	return text;
}

void held_index(struct map *map, struct held *held)
{
	struct held *other = map_get(map, held->run_id, strlen(held->run_id));

	if (other && other->wake > held->wake) {
		held->twin = other->twin;
		other->twin = held;
	} else {
		held->twin = map_put(map, held->run_id, strlen(held->run_id), held);
	}
}

struct held *held_find(const struct map *map, const char *run_id, enum held_act act)
{
	struct held *held = map_get(map, run_id, strlen(run_id));

	while (held && held->act != act)
		held = held->twin;
	return held;
}
