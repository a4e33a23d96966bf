/*
 * row.c - what the engine hands out to be stored
 *
 * A row is built while its step runs and numbered when it is handed out: sealing puts its
 * end to each event. Names share the row's own block.
 */
#include "engine/row.h"

#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/event.h"

#include <assert.h>
#include <string.h>

/* What the events of a step take, about: most rows grow no buffer. */
#define TEXTS_BYTES ((size_t)1000)

struct engine_row *row_new(enum row_kind kind, const char *path, const char *step_id,
			   int execution)
{
	size_t path_len = strlen(path) + 1, id_len = strlen(step_id) + 1;
	struct engine_row *row = mem_alloc(sizeof(*row) + path_len + id_len);

	row->kind = kind;
	row->execution = execution;
	row->path = memcpy(row->names, path, path_len);
	row->step_id = memcpy(row->names + path_len, step_id, id_len);
	row->events = row->few;
	row->events_room = sizeof(row->few) / sizeof(row->few[0]);
	(void)str_reserve(&row->texts, TEXTS_BYTES);
	return row;
}

void row_free(struct engine_row *row)
{
	if (!row)
		return;
	str_deinit(&row->delta);
	str_deinit(&row->usage);
	str_deinit(&row->error);
	str_deinit(&row->texts);
	str_deinit(&row->place);
	mem_free(row->wait);
	if (row->events != row->few)
		mem_free(row->events);
	mem_free(row);
}

const char *row_event_text(const struct engine_row *row, size_t i, size_t *len)
{
	assert(i < row->events_count);
	*len = row->events[i].len;
	return row->texts.data + row->events[i].at;
}

const char *row_event_texts(const struct engine_row *row, size_t *len)
{
	*len = row->texts.len;
	return str_text(&row->texts);
}

void row_drop_events(struct engine_row *row)
{
	str_deinit(&row->texts);
	row->events_count = 0;
}

static void room_for_event(struct engine_row *row)
{
	size_t room = row->events_room * 2;
	struct row_event *more;

	if (row->events_count < row->events_room)
		return;
	more = mem_resize(row->events == row->few ? NULL : row->events,
			  room * sizeof(*more));
	if (row->events == row->few)
		memcpy(more, row->few, sizeof(row->few));
	row->events = more;
	row->events_room = room;
}

void row_set_place(struct engine_row *row, const char *place)
{
	str_reset(&row->place, 4096);
	if (place)
		str_add_text(&row->place, place);
}

void row_print_place(struct str *out, const char *path, int branch_index)
{
	str_add_text(out, ",\"path\":");
	jsonw_quote(out, path, strlen(path));
	if (branch_index >= 0)
		str_printf(out, ",\"branch_index\":%d", branch_index);
}

void row_add_event(struct engine_row *row)
{
	const struct row_event *last;
	size_t at = 0;

	room_for_event(row);
	str_add(&row->texts, str_text(&row->place), row->place.len);
	if (row->events_count) {
		last = &row->events[row->events_count - 1];
		at = last->at + last->len;
	}
	row->events[row->events_count++] = (struct row_event){ at, row->texts.len - at };
}

static void begin_act(struct engine_row *row, const char *verb, const char *key)
{
	str_add_text(&row->delta, row->delta.len ? ",[\"" : "[[\"");
	str_add_text(&row->delta, verb);
	str_add_text(&row->delta, "\",");
	jsonw_quote(&row->delta, key, strlen(key));
}

static void add_act(struct engine_row *row, const char *verb, const char *key,
		    const char *json, size_t len)
{
	begin_act(row, verb, key);
	str_add_char(&row->delta, ',');
	str_add(&row->delta, json, len);
	str_add_char(&row->delta, ']');
}

void row_add_set(struct engine_row *row, const char *key, const char *json, size_t len)
{
	add_act(row, "set", key, json, len);
}

void row_add_append(struct engine_row *row, const char *key, const char *json, size_t len)
{
	add_act(row, "append", key, json, len);
}

void row_add_del(struct engine_row *row, const char *key)
{
	begin_act(row, "del", key);
	str_add_char(&row->delta, ']');
}

static const char *keep(char **at, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;
	const char *kept = text ? memcpy(*at, text, len) : NULL;

	*at += len;
	return kept;
}

static size_t room_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

void row_set_wait(struct engine_row *row, const struct row_wait *wait)
{
	struct row_wait *own = mem_alloc(sizeof(*own) + room_of(wait->path) +
					 room_of(wait->step_id) + room_of(wait->prompt) +
					 room_of(wait->fields) + room_of(wait->context));
	char *at = (char *)(own + 1);

	*own = *wait;
	own->path = keep(&at, wait->path);
	own->step_id = keep(&at, wait->step_id);
	own->prompt = keep(&at, wait->prompt);
	own->fields = keep(&at, wait->fields);
	own->context = keep(&at, wait->context);
	mem_free(row->wait);
	row->wait = own;
}

bool row_is_empty(const struct engine_row *row)
{
	return !row->events_count && !row->delta.len && !row->usage.len &&
	       !row->error.len && !row->wait;
}

/* In place, from the last to the first: each moves behind by what closes those before. */
static void close_events(struct engine_row *row, uint64_t first_seq, uint64_t epoch)
{
	struct str ends = STR_INIT;
	size_t was_end = row->texts.len, end, i;

	for (i = 0; i < row->events_count; i++) {
		row->events[i].at += ends.len;
		event_close(&ends, first_seq + i, epoch, 0);
	}
	(void)str_reserve(&row->texts, ends.len);
	str_grew(&row->texts, ends.len);
	end = row->texts.len;
	while (i-- > 0) {
		struct row_event *event = &row->events[i];
		size_t was_at = was_end - event->len, moves = event->at - was_at;
		char *to = row->texts.data + event->at;

		memmove(to, row->texts.data + was_at, event->len);
		memcpy(to + event->len, ends.data + moves, end - event->at - event->len);
		event->len = end - event->at;
		end = event->at;
		was_end = was_at;
	}
	str_deinit(&ends);
}

void row_seal(struct engine_row *row, uint64_t first_seq, uint64_t epoch)
{
	close_events(row, first_seq, epoch);
	row->first_seq = first_seq;
	if (row->delta.len && row->kind != ROW_SNAPSHOT)
		str_add_char(&row->delta, ']');
	if (row->usage.len)
		str_add_char(&row->usage, ']');
}

const char *row_kind_name(enum row_kind kind)
{
	switch (kind) {
	case ROW_START:
		return "start";
	case ROW_STEP:
		return "step";
	case ROW_TURN:
		return "turn";
	case ROW_JOIN:
		return "join";
	case ROW_ANSWER:
		return "answer";
	case ROW_EFFECT:
		return "effect";
	case ROW_SNAPSHOT:
		return "snapshot";
	case ROW_WAIT:
		return "wait";
	}
	return "unknown";
}

const char *row_status_name(enum run_status status)
{
	switch (status) {
	case RUN_RUNNING:
		return "running";
	case RUN_COMPLETED:
		return "completed";
	case RUN_FAILED:
		return "failed";
	case RUN_CANCELLED:
		return "cancelled";
	}
	return "unknown";
}

struct engine_final *row_final_new(void)
{
	return mem_new(struct engine_final);
}

void row_final_free(struct engine_final *final)
{
	if (!final)
		return;
	str_deinit(&final->response);
	str_deinit(&final->error);
	str_deinit(&final->state);
	str_deinit(&final->history);
	row_free(final->row);
	mem_free(final);
}

struct engine_pause *row_pause_new(void)
{
	return mem_new(struct engine_pause);
}

void row_pause_free(struct engine_pause *pause)
{
	if (!pause)
		return;
	str_deinit(&pause->state);
	str_deinit(&pause->history);
	row_free(pause->row);
	mem_free(pause);
}
