/*
 * run_reads.c - one run, lists of runs, and what a run did
 *
 * One batch each, answered from its rows. Of steps and events the run's row says that it
 * is there; the journal tells the steps, event_page.c the events.
 */
#include "api/run_reads.h"

#include "api/event_page.h"
#include "api/pg_read.h"
#include "api/read_gate.h"
#include "base/err.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/event_id.h"
#include "events/replay.h"
#include "pg/pg_batch.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"
#include "run/chat_run.h"

#include <stdio.h>

/* -- one run -- */

struct run_read {
	int statement;
	port_run_cb cb;
	void *arg;
};

static void on_run(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct run_read *read = arg;
	struct store_run_status run;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, read->statement, &run))
		error = ERRORS_NO_RUN;
	read->cb(read->arg, error, error == ERRORS_NONE ? &run : NULL);
	mem_free(read);
}

void run_reads_get(struct pg_pool *pool, const char *run_id, port_run_cb cb, void *arg)
{
	struct run_read *read = mem_new(struct run_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->statement = store_runs_get(batch, run_id);
	pg_read(pool, batch, on_run, read);
}

/* -- lists: one more than asked for tells whether there is another page -- */

struct runs_read {
	int statement;
	int limit;
	port_runs_cb cb;
	void *arg;
};

static void on_runs(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct runs_read *read = arg;
	struct store_run_status *runs = NULL;
	char next[IDS_MAX] = "";
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		count = (size_t)store_runs_list_count(reply, read->statement);
		runs = mem_new_n(struct store_run_status, count + 1);
		for (i = 0; i < count; i++)
			store_runs_list_read(reply, read->statement, (int)i, &runs[i]);
		if (count > (size_t)read->limit) {
			count = (size_t)read->limit;
			(void)snprintf(next, sizeof(next), "%s", runs[count - 1].cursor);
		}
	}
	read->cb(read->arg, error, runs, count, *next ? next : NULL);
	mem_free(runs);
	mem_free(read);
}

void run_reads_list(struct read_gate *gate, const struct store_run_filter *filter,
		    port_runs_cb cb, void *arg)
{
	struct runs_read *read = mem_new(struct runs_read);
	struct pg_batch *batch = pg_batch_new();
	struct store_run_filter wider = *filter;

	wider.limit = filter->limit + 1;
	read->limit = filter->limit;
	read->cb = cb;
	read->arg = arg;
	read->statement = store_runs_list(batch, &wider);
	read_gate_read(gate, filter->text ? READ_GATE_LONG : READ_GATE_SHORT, batch,
		       on_runs, read);
}

/* -- events -- */

struct events_read {
	struct pg_pool *pool;
	struct redis_link *link;
	int statement;
	int limit;
	char id[IDS_MAX];
	char start[48], end[48];
	char tenant_id[IDS_MAX];
	port_events_cb cb;
	void *arg;
};

static void on_page(void *arg, enum errors_code error, const struct port_event *events,
		    size_t count)
{
	struct events_read *read = arg;

	read->cb(read->arg, error, read->tenant_id, events, count);
	mem_free(read);
}

static void on_run_of_events(void *arg, enum errors_code error,
			     const struct pg_reply *reply)
{
	struct events_read *read = arg;
	struct event_page_ask ask = {
		.link = read->link,
		.pool = read->pool,
		.run_id = read->id,
		.start = read->start,
		.end = read->end,
		.limit = read->limit,
	};
	struct store_run_status run;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, read->statement, &run))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		read->cb(read->arg, error, NULL, NULL, 0);
		mem_free(read);
		return;
	}
	(void)snprintf(read->tenant_id, sizeof(read->tenant_id), "%s", run.tenant_id);
	ask.ended = run.ended_at != NULL;
	ask.plain = run.chat && chat_run_agent(run.orchestration_id);
	event_page_read(&ask, on_page, read);
}

void run_reads_events(struct pg_pool *pool, struct redis_link *link, const char *run_id,
		      const char *start, const char *end, int limit, port_events_cb cb,
		      void *arg)
{
	struct events_read *read = mem_new(struct events_read);
	struct pg_batch *batch = pg_batch_new();

	read->pool = pool;
	read->link = link;
	read->limit = limit;
	(void)snprintf(read->id, sizeof(read->id), "%s", run_id);
	(void)snprintf(read->start, sizeof(read->start), "%s", start);
	(void)snprintf(read->end, sizeof(read->end), "%s", end);
	read->cb = cb;
	read->arg = arg;
	read->statement = store_runs_get(batch, run_id);
	pg_read(pool, batch, on_run_of_events, read);
}

/* -- the newest event: the journal's; of a run that a stock worker executed, which has
 * none, the stream's -- */

struct newest_read {
	struct redis_link *link;
	int statement;
	port_newest_cb cb;
	void *arg;
	char run_id[IDS_MAX];
};

static void newest_is(struct newest_read *read, enum errors_code error,
		      const struct event_id *id)
{
	read->cb(read->arg, error, id);
	mem_free(read);
}

static void on_stream_end(void *arg, const struct redis_answer *answer)
{
	struct newest_read *read = arg;
	const struct redis_reply *entry = redis_reply_at(answer->reply, 0);
	const char *text = redis_reply_text(redis_reply_at(entry, 0), NULL);
	struct event_id newest = { 0, 0 };

	if (answer->rc < 0)
		log_warn("redis.read_failed", LOG_S("error", answer->text));
	else if (text)
		(void)event_id_parse(text, &newest);
	newest_is(read, answer->rc < 0 ? ERRORS_REDIS : ERRORS_NONE, &newest);
}

static int ask_stream(struct newest_read *read)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;
	int rc;

	chat_run_stream(&key, read->run_id);
	redis_command_words(&command, "XREVRANGE", str_text(&key), "+", "-", "COUNT", "1",
			    NULL);
	rc = redis_link_send(read->link, &command, on_stream_end, read, NULL);
	redis_command_deinit(&command);
	str_deinit(&key);
	return rc;
}

static void on_newest(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct newest_read *read = arg;
	struct event_id newest = { 0, 0 };
	struct store_step step;
	struct err err;
	int rc;

	if (error == ERRORS_NONE && store_steps_events_count(reply, read->statement)) {
		store_steps_events_read(reply, read->statement, 0, &step);
		if (replay_last(step.events, &newest, &err) < 0)
			log_error("run.journal_unreadable",
				  LOG_S("run", (const char *)read->run_id),
				  LOG_N("seq", step.seq), LOG_S("error", err.text));
	} else if (error == ERRORS_NONE) {
		rc = ask_stream(read);
		if (rc == 0)
			return;
		error = rc == ERR_FULL ? ERRORS_BUSY : ERRORS_REDIS;
	}
	newest_is(read, error, &newest);
}

void run_reads_newest(struct pg_pool *pool, struct redis_link *link, const char *run_id,
		      port_newest_cb cb, void *arg)
{
	struct newest_read *read = mem_new(struct newest_read);
	struct pg_batch *batch = pg_batch_new();

	read->link = link;
	read->cb = cb;
	read->arg = arg;
	(void)snprintf(read->run_id, sizeof(read->run_id), "%s", run_id);
	read->statement = store_steps_newest(batch, run_id);
	pg_read(pool, batch, on_newest, read);
}

/* -- steps: one more than asked for tells whether there is another page -- */

struct steps_read {
	int at_run, at_steps;
	int limit;
	port_steps_cb cb;
	void *arg;
};

static void on_steps(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct steps_read *read = arg;
	struct store_step *steps = NULL;
	struct store_run_status run = { .tenant_id = NULL };
	int64_t next = 0;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, read->at_run, &run))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE) {
		count = (size_t)store_steps_list_count(reply, read->at_steps);
		steps = mem_new_n(struct store_step, count + 1);
		for (i = 0; i < count; i++)
			store_steps_list_read(reply, read->at_steps, (int)i, &steps[i]);
		if (count > (size_t)read->limit) {
			count = (size_t)read->limit;
			next = steps[count].seq;
		}
	}
	read->cb(read->arg, error, run.tenant_id, steps, count, next);
	mem_free(steps);
	mem_free(read);
}

void run_reads_steps(struct pg_pool *pool, const char *run_id, int64_t from_seq,
		     int limit, port_steps_cb cb, void *arg)
{
	struct steps_read *read = mem_new(struct steps_read);
	struct pg_batch *batch = pg_batch_new();

	read->limit = limit;
	read->cb = cb;
	read->arg = arg;
	read->at_run = store_runs_get(batch, run_id);
	read->at_steps = store_steps_list(batch, run_id, from_seq, limit + 1);
	pg_read(pool, batch, on_steps, read);
}
