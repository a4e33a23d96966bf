/*
 * follow.c - one client on its way to the end of a run's events
 *
 * A client comes with the id of the last event that it saw, or with none, and reads pages
 * by itself until it is where the tail is. A page is asked for when what was queued
 * before has mostly left, so a slow reader of a long history holds one page and nothing
 * else.
 *
 *   stream   XRANGE from our position on. Where `seq` jumps, or we do not know what it
 *            should be (the position is not in the stream any more): history up to the
 *            entry that does not fit; then the stream again. Still a jump: `gap`.
 *            At the end of the stream: live; or history, if the stream had nothing of
 *            ours, or if the run has ended and its `done` was not there
 *   history  the journal's rows, a page at a time. Rows rise with ids, so the place
 *            reached is kept for the next hole
 *   row      `done` came last although the row said that the run lives: it says so no
 *            more, or the run was opened again and goes on
 *
 * Read from the start of the journal, events at or before our position are skipped, and
 * tell which number comes next.
 */
#include "events/tailing.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/replay.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"
#include "server/sse.h"
#include "store/store_runs.h"
#include "store/store_steps.h"

#include <inttypes.h>
#include <string.h>

#define STREAM_PAGE  64
#define HISTORY_PAGE 32 /* rows; some hold many events */
#define READ_MAX_MS  5000

static void read_history(struct follow *follow, const struct event_id *until);

/* -- to the client -- */

static void give_view(struct follow *follow, const char *text, size_t len)
{
	const struct tail *tail = follow->tail;
	bool last;
	struct sse_frame *frame;

	if (follow->state == FOLLOW_OVER)
		return;
	frame = v1_view_frame(follow->view, tail->plain, tail->run_id, !follow->sent,
			      text, len, &last);
	if (frame)
		sse_send(follow->sse, frame);
	sse_frame_unref(frame);
	if (!last)
		return;
	follow->state = FOLLOW_OVER;
	sse_end(follow->sse);
}

void follow_give(struct follow *follow, struct sse_frame *frame, const char *text,
		 size_t len)
{
	if (follow->view)
		give_view(follow, text, len);
	else if (frame)
		sse_send(follow->sse, frame);
	follow->sent = true;
}

static void give(struct follow *follow, const struct event_id *id, const char *text,
		 size_t len)
{
	struct sse_frame *frame = NULL;

	if (!follow->view)
		frame = id ? tail_frame(follow->tail, id, text, len)
			   : sse_frame_new(NULL, 0, text, len);
	follow_give(follow, frame, text, len);
	sse_frame_unref(frame);
}

/* Events from the one behind ours up to the one before `seq` are nowhere. */
static void give_gap(struct follow *follow, uint64_t before_seq)
{
	struct str text = STR_INIT;

	str_printf(&text, "{\"type\":\"gap\",\"from_seq\":%" PRIu64,
		   follow->cursor.seq + 1);
	if (before_seq > follow->cursor.seq + 1)
		str_printf(&text, ",\"to_seq\":%" PRIu64, before_seq - 1);
	str_add_char(&text, '}');
	log_warn("events.gap", LOG_S("run", follow->tail->run_id),
		 LOG_N("from_seq", follow->cursor.seq + 1));
	give(follow, NULL, text.data, text.len);
	str_deinit(&text);
}

static void pass(struct follow *follow, const struct event_id *id,
		 const struct event_mark *mark)
{
	cursor_pass(&follow->cursor, id, mark);
	follow->done = mark->done;
}

void follow_complete(struct follow *follow)
{
	if (follow->state == FOLLOW_OVER)
		return;
	follow->state = FOLLOW_OVER;
	sse_send(follow->sse, follow->view ? follow->tail->tails->done
					   : follow->tail->tails->complete);
	sse_end(follow->sse);
}

/* -- where it stands -- */

static void go_live(struct follow *follow, bool at_end)
{
	struct tail *tail = follow->tail;

	if (tail->reading && event_id_compare(&follow->cursor.id, &tail->cursor.id) < 0) {
		/* the tail has read what we have not; when the stream has lost it, it
		 * is in the journal */
		if (!at_end) {
			follow_step(follow);
			return;
		}
		if (!follow->looked) {
			read_history(follow, NULL);
			return;
		}
	}
	list_remove(&follow->node);
	list_push(&tail->live, &follow->node);
	follow->state = FOLLOW_LIVE;
	if (tail->reading)
		return;
	tail->cursor = follow->cursor;
	tail->done = false;
	tail->ended_looks = 0;
	tail->reading = true;
	tail_read(tail); /* sent when the tail is known: from here on changes find it */
}

/* The stream has nothing more. */
static void caught_up(struct follow *follow, bool page_was_empty)
{
	if (!follow->looked && (follow->ended ? !follow->done : !follow->in_stream)) {
		read_history(follow, NULL);
		return;
	}
	if (follow->done && !follow->ended && !follow->row_asked) {
		follow->state = FOLLOW_ROW;
		follow_step(follow);
		return;
	}
	if (follow->ended) {
		if (follow->from_start && !follow->sent)
			give_gap(follow, 0);
		follow_complete(follow);
		return;
	}
	go_live(follow, page_was_empty);
}

/* -- pages of the stream -- */

/* False: history is asked for first. */
static bool take_entry(struct follow *follow, const struct redis_reply *entry)
{
	struct event_mark mark;
	struct event_id id;
	const char *text;
	size_t len;

	if (!tail_entry(entry, &id, &text, &len))
		return true;
	event_mark_read(text, len, &mark);
	if (mark.turn != follow->tail->turn) {
		follow->passed = id;
		return true;
	}
	follow->in_stream = true;
	if (event_id_compare(&id, &follow->cursor.id) == 0) { /* where we stand */
		pass(follow, &id, &mark);
		follow->cursor.known |= mark.has_seq;
		return true;
	}
	switch (cursor_judge(&follow->cursor, &id, &mark)) {
	case CURSOR_DROP:
		break;
	case CURSOR_HOLE:
		if (event_id_compare(&id, &follow->until) != 0) {
			read_history(follow, &id);
			return false;
		}
		give_gap(follow, mark.live ? mark.seq + 1 : mark.seq);
		follow->cursor.known = true;
		give(follow, &id, text, len);
		break;
	case CURSOR_SEND:
		give(follow, &id, text, len);
		break;
	}
	pass(follow, &id, &mark);
	return true;
}

static void on_page(void *arg, const struct redis_answer *answer)
{
	struct tail_call *call = arg;
	struct follow *follow = call->follow;
	size_t count = redis_reply_count(answer->reply);
	size_t i;

	mem_free(call);
	if (!follow)
		return;
	follow->call = NULL;
	if (answer->rc < 0) {
		if (answer->rc == ERR_REFUSED)
			log_warn("events.unreadable", LOG_S("run", follow->tail->run_id),
				 LOG_S("error", answer->text));
		tails_try_again(follow->tail->tails);
		return;
	}
	for (i = 0; i < count; i++)
		if (!take_entry(follow, redis_reply_at(answer->reply, i)) ||
		    follow->state == FOLLOW_OVER) /* by its view */
			return;
	if (count == STREAM_PAGE)
		follow_step(follow);
	else
		caught_up(follow, count == 0);
}

static void read_stream(struct follow *follow)
{
	struct event_id from = follow->cursor.id;

	/* the entry we stand on says which number comes next */
	if (follow->cursor.known || event_id_compare(&from, &follow->passed) <= 0)
		from = tail_behind(&from, &follow->passed);
	follow->call = tail_call_new(follow->tail, follow);
	if (tail_range(follow->tail, &from, STREAM_PAGE, on_page, follow->call) == 0)
		return;
	mem_free(follow->call);
	follow->call = NULL;
	tails_try_again(follow->tail->tails);
}

/* -- pages of the journal -- */

static bool take_stored(void *arg, const struct event_id *id, const char *text,
			size_t len)
{
	struct follow *follow = arg;
	struct event_mark mark;

	if (!event_id_is_zero(&follow->until) &&
	    event_id_compare(id, &follow->until) >= 0)
		return false;
	event_mark_read(text, len, &mark);
	if (event_id_compare(id, &follow->cursor.id) > 0) {
		follow->cursor.known = true;
		switch (cursor_judge(&follow->cursor, id, &mark)) {
		case CURSOR_DROP:
			break;
		case CURSOR_HOLE:
			give_gap(follow, mark.seq);
			give(follow, id, text, len);
			break;
		case CURSOR_SEND:
			give(follow, id, text, len);
			break;
		}
	}
	pass(follow, id, &mark);
	return true;
}

static void history_over(struct follow *follow)
{
	follow->cursor.known = true;
	if (event_id_is_zero(&follow->until))
		follow->looked = true;
	follow->state = FOLLOW_STREAM;
	follow_step(follow);
}

static void take_rows(struct follow *follow, const struct pg_reply *reply, int statement)
{
	int rows = store_steps_events_count(reply, statement);
	struct store_step step;
	struct err err;
	int i, rc;

	for (i = 0; i < rows; i++) {
		store_steps_events_read(reply, statement, i, &step);
		rc = replay_row(step.events, take_stored, follow, &err);
		if (rc == 0) { /* from here on the stream has it */
			follow->next_row = step.seq;
			if (follow->state != FOLLOW_OVER)
				history_over(follow);
			return;
		}
		if (rc < 0) /* the rows behind it can be read */
			log_error("run.journal_unreadable",
				  LOG_S("run", follow->tail->run_id),
				  LOG_N("seq", step.seq), LOG_S("error", err.text));
		follow->next_row = step.seq + 1;
	}
	if (follow->state == FOLLOW_OVER)
		return; /* by its view */
	if (rows == HISTORY_PAGE)
		follow_step(follow);
	else
		history_over(follow);
}

static void on_rows(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct tail_call *call = arg;
	struct follow *follow = call->follow;
	int statement = call->statement;
	struct store_run_look look;

	mem_free(call);
	if (!follow)
		return;
	follow->call = NULL;
	if (!reply) {
		log_warn("events.history_waits", LOG_S("run", follow->tail->run_id),
			 LOG_S("error", outcome->err.text));
		tails_try_again(follow->tail->tails);
		return;
	}
	if (follow->state == FOLLOW_HISTORY) {
		take_rows(follow, reply, statement);
		return;
	}
	follow->row_asked = true;
	follow->ended = true; /* a row that is gone has no events to come */
	if (store_runs_look_count(reply, statement) > 0) {
		store_runs_look_read(reply, statement, 0, &look);
		follow->ended = look.ended;
	}
	follow->state = FOLLOW_STREAM;
	follow_step(follow); /* it may have been opened again while we asked */
}

static void ask_postgres(struct follow *follow)
{
	const char *run_id = follow->tail->run_id;
	struct pg_batch *batch = pg_batch_new();
	struct tail_call *call = tail_call_new(follow->tail, follow);

	if (follow->state == FOLLOW_HISTORY)
		call->statement =
			store_steps_events(batch, run_id, follow->next_row, HISTORY_PAGE);
	else
		call->statement = store_runs_look(batch, &run_id, 1);
	if (pg_pool_submit(follow->tail->tails->options.pool, batch, READ_MAX_MS, on_rows,
			   call) < 0) {
		mem_free(call);
		tails_try_again(follow->tail->tails);
		return;
	}
	follow->call = call;
}

/* until NULL: to the journal's end. */
static void read_history(struct follow *follow, const struct event_id *until)
{
	follow->until = until ? *until : (struct event_id){ 0, 0 };
	follow->state = FOLLOW_HISTORY;
	follow_step(follow);
}

/* -- life -- */

void follow_step(struct follow *follow)
{
	if (follow->call || sse_queued(follow->sse) >= SSE_LOW_BYTES)
		return; /* the answer goes on, or on_room() */
	switch (follow->state) {
	case FOLLOW_STREAM:
		if (follow->tail->tails->up)
			read_stream(follow);
		break;
	case FOLLOW_HISTORY:
	case FOLLOW_ROW:
		ask_postgres(follow);
		break;
	case FOLLOW_LIVE:
	case FOLLOW_OVER:
		break;
	}
}

void follow_demote(struct follow *follow)
{
	list_push(&follow->tail->catching, &follow->node);
	if (follow->state == FOLLOW_OVER)
		return; /* what it has not yet read leaves */
	follow->state = FOLLOW_STREAM;
	follow->row_asked = false;
	follow->looked = false;
	follow_step(follow);
}

static void follow_free(struct follow *follow)
{
	struct tail *tail = follow->tail;

	if (follow->call)
		follow->call->follow = NULL;
	list_remove(&follow->node);
	tail->tails->clients--;
	mem_free(follow);
}

static void on_room(void *arg)
{
	follow_step(arg);
}

static void on_gone(void *arg)
{
	struct follow *follow = arg;
	struct tail *tail = follow->tail;

	follow_free(follow);
	tail_check(tail);
}

static struct sse_frame *farewell(void *arg)
{
	const struct follow *follow = arg;

	return follow->view ? v1_view_farewell(follow->tail->run_id) : NULL;
}

void follow_drop(struct follow *follow)
{
	sse_drop(follow->sse);
	follow_free(follow);
}

int follow_new(struct tail *tail, struct request *req, const struct tails_ask *ask,
	       struct err *err)
{
	static const struct sse_ops ops = { on_room, on_gone, farewell };
	struct follow *follow = mem_new(struct follow);
	struct sse_frame *frame;
	int rc;

	follow->tail = tail;
	follow->cursor.id = ask->after;
	follow->from_start = event_id_is_zero(&ask->after);
	follow->cursor.known = follow->from_start;
	follow->in_stream = ask->fresh;
	follow->ended = ask->ended;
	follow->view = ask->view;
	follow->next_row = 1;
	follow->state = FOLLOW_STREAM;
	rc = sse_open(req, &ops, follow, &follow->sse, err);
	if (rc < 0) {
		mem_free(follow);
		return rc;
	}
	if (ask->head) {
		frame = sse_frame_new(NULL, 0, ask->head, strlen(ask->head));
		sse_send(follow->sse, frame);
		sse_frame_unref(frame);
	}
	list_push(&tail->catching, &follow->node);
	tail->tails->clients++;
	follow_step(follow);
	return 0;
}
