/*
 * file_run.c - a run that a host on files holds: its numbers and its records
 *
 * An event's stream id is given here, when its row goes into the journal, and stands
 * beside it there; clients get it from the journal. Ids rise, whatever the clock does.
 */
#include "host/file_run.h"

#include "base/mem.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/op.h"
#include "engine/row.h"
#include "events/event_id.h"
#include "host/file_people.h"
#include "host/file_pins.h"
#include "host/host_file.h"
#include "host/journal_people.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "store/store_waits.h"

#include <stdio.h>
#include <string.h>

/* Live events of one run that wait for the disk; then they are dropped. */
#define LIVE_BYTES_MAX ((size_t)64 * 1024)

struct file_live {
	struct list node;
	char id[EVENT_ID_MAX];
	uint64_t end; /* of what is in front of it in the journal */
	size_t len;
	char event[];
};

/* Who waits for a row. */
struct file_op {
	struct list node;
	struct op *op; /* NULL: its frame took it back */
	uint64_t end;  /* of the row in the journal */
};

static const char *keep(struct arena *arena, const char *text)
{
	return text ? arena_dup(arena, text) : NULL;
}

struct file_run *file_run_new(struct host_file *host, const struct files_head *head)
{
	struct file_run *run = mem_new(struct file_run);

	run->host = host;
	run->journal.fd = -1;
	run->attempts = 1;
	arena_init(&run->arena);
	run->head = (struct files_head){
		.run_id = keep(&run->arena, head->run_id),
		.orchestration_id = keep(&run->arena, head->orchestration_id),
		.tenant_id = keep(&run->arena, head->tenant_id),
		.session_id = keep(&run->arena, head->session_id),
		.message = keep(&run->arena, head->message),
		.inputs = keep(&run->arena, head->inputs),
		.metadata = keep(&run->arena, head->metadata),
		.created_at_ms = head->created_at_ms,
		.priority = head->priority,
		.run_at_ms = head->run_at_ms,
		.agent_id = keep(&run->arena, head->agent_id),
		.images = keep(&run->arena, head->images),
	};
	files_asked_init(&run->asked);
	list_init(&run->people);
	list_init(&run->ops);
	list_init(&run->acks);
	list_init(&run->waits);
	list_init(&run->pins);
	list_init(&run->lives);
	return run;
}

void file_run_free(struct file_run *run)
{
	struct list *node;

	while ((node = list_shift(&run->ops))) {
		struct file_op *waiting = list_entry(node, struct file_op, node);

		if (waiting->op)
			waiting->op->abandon = NULL;
		mem_free(waiting);
	}
	while ((node = list_shift(&run->lives)))
		mem_free(list_entry(node, struct file_live, node));
	file_people_free(run);
	files_asked_deinit(&run->asked);
	file_pins_free(run);
	files_journal_close(&run->journal);
	row_final_free(run->final);
	row_pause_free(run->pause);
	definition_unref(run->definition);
	arena_deinit(&run->arena);
	mem_free(run);
}

void file_run_next_id(struct file_run *run, int64_t wall_ms, char *buf)
{
	struct event_id id;

	if (wall_ms > run->id_ms) {
		run->id_ms = wall_ms;
		run->id_n = 0;
	} else {
		run->id_n++;
	}
	id = (struct event_id){ (uint64_t)run->id_ms, run->id_n };
	(void)event_id_print(&id, buf);
}

void file_run_keep_live(struct file_run *run, const char *id, const char *event,
			size_t len)
{
	struct file_live *live;

	if (run->live_bytes + len > LIVE_BYTES_MAX)
		return;
	live = mem_alloc(sizeof(*live) + len);
	(void)snprintf(live->id, sizeof(live->id), "%s", id);
	memcpy(live->event, event, len);
	live->len = len;
	live->end = files_journal_end(&run->journal);
	run->live_bytes += len;
	list_push(&run->lives, &live->node);
}

void file_run_give_lives(struct file_run *run,
			 void (*give)(void *arg, const char *run_id, const char *id,
				      const char *event, size_t len),
			 void *arg)
{
	while (!list_empty(&run->lives)) {
		struct file_live *live =
			list_entry(run->lives.next, struct file_live, node);

		if (live->end > run->journal.durable)
			break;
		list_remove(&live->node);
		give(arg, run->head.run_id, live->id, live->event, live->len);
		run->live_bytes -= live->len;
		mem_free(live);
	}
}

static void on_abandon(struct op *op)
{
	struct file_op *waiting = op->server;

	waiting->op = NULL;
}

static void wait_for_row(struct file_run *run, struct op *op)
{
	struct file_op *waiting = mem_new(struct file_op);

	waiting->op = op;
	waiting->end = files_journal_end(&run->journal);
	op->server = waiting;
	op->abandon = on_abandon;
	list_push(&run->ops, &waiting->node);
}

static void print_events(struct file_run *run, const struct engine_row *row,
			 int64_t wall_ms, struct str *out)
{
	char id[EVENT_ID_MAX];
	const char *text;
	size_t i, len;

	for (i = 0; i < row->events_count; i++) {
		file_run_next_id(run, wall_ms, id);
		text = row_event_text(row, i, &len);
		str_add_text(out, i ? ",[\"" : "[[\"");
		str_add_text(out, id);
		str_add_text(out, "\",");
		chat_run_stamp(out, run->turn, text, len);
		str_add_char(out, ']');
	}
	if (row->events_count)
		str_add_char(out, ']');
}

static const char *some(const struct str *text)
{
	return text->len ? str_text(text) : NULL;
}

void file_run_add_row(struct file_run *run, struct engine_row *row, struct op *op,
		      int64_t wall_ms)
{
	struct str events = STR_INIT, body = STR_INIT;
	struct store_wait_change wait;
	struct store_step step = {
		.seq = ++run->seq,
		.path = row->path,
		.step_id = row->step_id,
		.execution = row->execution,
		.kind = row_kind_name(row->kind),
		.delta = some(&row->delta),
		.usage = some(&row->usage),
		.error = some(&row->error),
		.epoch = run->epoch,
	};

	print_events(run, row, wall_ms, &events);
	step.events = some(&events);
	run->event_seq += row->events_count;
	if (row->wait) {
		journal_people_fill(row->wait, &wait);
		files_asked_change(&run->asked, &wait, wall_ms);
		step.wait = &wait;
	}
	files_run_put_step(&body, &step, wall_ms);
	files_journal_add(&run->journal, FILES_STEP, &body);
	str_deinit(&body);
	str_deinit(&events);
	row_free(row);
	if (op)
		wait_for_row(run, op);
}

bool file_run_has_ended(const struct file_run *run)
{
	return run->state == FILE_RUN_ENDING && files_journal_clean(&run->journal);
}

struct files_end file_run_end(const struct file_run *run)
{
	const struct engine_final *final = run->final;

	return (struct files_end){
		.status = row_status_name(final->status),
		.response = str_text(&final->response),
		.error = some(&final->error),
		.state = final->state.len ? str_text(&final->state) : "{}",
		.history = final->history.len ? str_text(&final->history) : "[]",
		.ended_at_ms = run->ended_at_ms,
		.tokens = final->usage.input_tokens + final->usage.output_tokens,
		.cache_read_tokens = final->usage.cache_read_tokens,
		.cache_write_tokens = final->usage.cache_write_tokens,
		.cache_hits = final->usage.cache_hits,
		.cost_usd = final->usage.cost_usd,
		.savings_usd = final->usage.savings_usd,
	};
}

struct files_end file_run_stand(const struct file_run *run)
{
	const struct engine_pause *pause = run->pause;

	return (struct files_end){
		.status = "paused",
		.state = pause->state.len ? str_text(&pause->state) : "{}",
		.history = pause->history.len ? str_text(&pause->history) : "[]",
		.tokens = pause->usage.input_tokens + pause->usage.output_tokens,
		.cache_read_tokens = pause->usage.cache_read_tokens,
		.cache_write_tokens = pause->usage.cache_write_tokens,
		.cache_hits = pause->usage.cache_hits,
		.cost_usd = pause->usage.cost_usd,
		.savings_usd = pause->usage.savings_usd,
	};
}

void file_run_add_pause(struct file_run *run, int64_t wall_ms)
{
	struct engine_row *row = run->pause->row;
	struct str body = STR_INIT;
	struct files_end stand;

	run->pause->row = NULL;
	file_run_add_row(run, row, NULL, wall_ms);
	stand = file_run_stand(run);
	stand.ended_at_ms = wall_ms;
	run->tokens = stand.tokens;
	run->cost_usd = stand.cost_usd;
	run->paused = true;
	files_run_put_end(&body, &stand);
	files_journal_add(&run->journal, FILES_PAUSE, &body);
	str_deinit(&body);
}

void file_run_add_end(struct file_run *run)
{
	const struct files_end end = file_run_end(run);
	struct str body = STR_INIT;

	files_run_put_end(&body, &end);
	run->end_at = files_journal_end(&run->journal);
	files_journal_add(&run->journal, FILES_END, &body);
	str_deinit(&body);
}

void file_run_wait(struct file_run *run, struct file_ack *ack)
{
	ack->end = files_journal_end(&run->journal);
	list_push(&run->acks, &ack->node);
}

static void tell_acks(struct file_run *run, uint64_t end, bool durable)
{
	while (!list_empty(&run->acks)) {
		struct file_ack *ack = list_entry(run->acks.next, struct file_ack, node);

		if (ack->end > end)
			break;
		list_remove(&ack->node);
		ack->stored(ack, durable);
	}
}

void file_run_tell_acks(struct file_run *run, bool durable)
{
	tell_acks(run, UINT64_MAX, durable);
}

void file_run_stored(struct file_run *run)
{
	while (!list_empty(&run->ops)) {
		struct file_op *waiting = list_entry(run->ops.next, struct file_op, node);
		struct op *op = waiting->op;

		if (waiting->end > run->journal.durable)
			break;
		list_remove(&waiting->node);
		mem_free(waiting);
		if (!op)
			continue;
		op->abandon = NULL;
		op_done(op);
	}
	tell_acks(run, run->journal.durable, true);
}
