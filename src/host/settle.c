/*
 * settle.c - publish what the journal of a run has and its stream lacks
 *
 *	stream_end   the last id of the stream
 *	page         journal rows from Postgres, a few at a time
 *	publish      what of them is behind that id; then the next page
 *
 * Ids are explicit: two who settle the same run at once publish the same entries, and
 * Redis refuses the second of each. Rows are read by their number, so an answer that was
 * lost is simply asked for again.
 */
#include "host/settle.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "events/publish.h"
#include "host/stream_end.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "store/store_steps.h"

#define PAGE_ROWS 64
#define AGAIN_S   0.5

struct page_call {
	struct settle *settle; /* NULL: freed meanwhile */
	int statement;
};

struct settle {
	struct settle_options options;
	struct stream_end asked;
	struct publish publish;
	bool publishing;
	struct page_call *call;
	int64_t next_seq; /* of the next row to read */
	bool last;        /* the page read was the last */
	ev_timer again;
};

static void read_page(struct settle *settle);

static void read_again(struct settle *settle)
{
	ev_timer_start(settle->options.loop, &settle->again);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_timer_stop(loop, w);
	read_page(w->data);
}

static void page_is_out(struct settle *settle)
{
	if (settle->last)
		settle->options.done(settle->options.arg, settle); /* may free it */
	else
		read_page(settle);
}

static void on_published(struct publish *publish)
{
	struct settle *settle = list_entry(publish, struct settle, publish);

	settle->publishing = false;
	page_is_out(settle);
}

static void take_page(struct settle *settle, const struct pg_reply *reply, int statement)
{
	int rows = store_steps_read_count(reply, statement), row;
	struct backlog_end newest;
	struct store_step step;
	struct err err;
	uint64_t seq;

	FAULT_OF("settle.read", settle->options.run_id);
	for (row = 0; row < rows; row++) {
		store_steps_read_row(reply, statement, row, &step);
		settle->next_seq = step.seq + 1;
		/* what cannot be read cannot be shown; the rows behind it can */
		if (backlog_add(&settle->publish.entries, step.events, &settle->asked.end,
				&seq, &newest, &err) < 0)
			log_error("run.journal_unreadable",
				  LOG_S("run", settle->options.run_id),
				  LOG_N("seq", step.seq), LOG_S("error", err.text));
	}
	settle->last = rows < PAGE_ROWS;
	if (list_empty(&settle->publish.entries)) {
		page_is_out(settle);
		return;
	}
	settle->publishing = true;
	publisher_add(settle->options.publisher, &settle->publish);
}

static void on_page(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct page_call *call = arg;
	struct settle *settle = call->settle;
	int statement = call->statement;

	mem_free(call);
	if (!settle)
		return;
	settle->call = NULL;
	if (reply) {
		take_page(settle, reply, statement);
	} else if (outcome->err.code != ERR_CLOSED) {
		log_warn("run.settle_waits", LOG_S("run", settle->options.run_id),
			 LOG_S("error", outcome->err.text));
		read_again(settle);
	}
}

static void read_page(struct settle *settle)
{
	struct pg_batch *batch = pg_batch_new();
	struct page_call *call = mem_new(struct page_call);

	call->settle = settle;
	call->statement = store_steps_history(batch, settle->options.run_id,
					      settle->next_seq, PAGE_ROWS);
	if (pg_pool_submit(settle->options.pool, batch, 0, on_page, call) < 0) {
		mem_free(call);
		read_again(settle);
		return;
	}
	settle->call = call;
}

static void on_end(struct stream_end *asked)
{
	read_page(list_entry(asked, struct settle, asked));
}

struct settle *settle_new(const struct settle_options *options)
{
	struct settle *settle = mem_new(struct settle);

	settle->options = *options;
	settle->next_seq = 1;
	list_init(&settle->publish.entries);
	settle->publish.run_id = options->run_id;
	settle->publish.done = on_published;
	settle->asked.loop = options->loop;
	settle->asked.link = options->link;
	settle->asked.run_id = options->run_id;
	settle->asked.done = on_end;
	ev_timer_init(&settle->again, on_again, AGAIN_S, 0.);
	settle->again.data = settle;
	stream_end_ask(&settle->asked);
	return settle;
}

void settle_free(struct settle *settle)
{
	if (!settle)
		return;
	stream_end_stop(&settle->asked);
	ev_timer_stop(settle->options.loop, &settle->again);
	if (settle->call)
		settle->call->settle = NULL;
	if (settle->publishing)
		publisher_drop(&settle->publish);
	mem_free(settle);
}
