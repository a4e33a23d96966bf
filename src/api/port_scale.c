/*
 * port_scale.c - the runs_port of scale mode
 *
 * Submissions are submit.c's, cancels cancels.c's, dead letters letters.c's. What is here
 * are the reads: one batch each, answered from its rows. While Postgres or Redis is away
 * the answer is at once the error that says so.
 */
#include "api/port_scale.h"

#include "api/answers.h"
#include "api/cancels.h"
#include "api/catalog.h"
#include "api/chat_cancels.h"
#include "api/chat_reads.h"
#include "api/chats.h"
#include "api/event_page.h"
#include "api/letters.h"
#include "api/manage.h"
#include "api/pg_read.h"
#include "api/resumes.h"
#include "api/submit.h"
#include "api/tenant_book.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "events/tail.h"
#include "host/next_turn.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_stats.h"
#include "redis/redis_link.h"
#include "run/chat_run.h"

#include <stdio.h>
#include <string.h>

struct port_scale {
	struct runs_port port;
	struct port_scale_parts parts;
	struct catalog *catalog;
	struct tenant_book *tenants;
	struct submit *submit;
	struct cancels *cancels;
	struct resumes *resumes;
	struct answers *answers;
	struct manage manage;
	struct next_turns *turns;
	struct chats *chats;
	struct tails *tails;
	struct queue *queue; /* the first name: what stats speaks of */
	void (*idle)(void *arg);
	void *idle_arg;
};

/* A read under way. One struct for all of them; each uses its own fields. */
struct query {
	struct port_scale *port;
	int statement;
	int steps_statement;
	/* answers once: reply is NULL unless error is ERRORS_NONE */
	void (*finish)(struct query *query, enum errors_code error,
		       const struct pg_reply *reply);
	union {
		port_run_cb run;
		port_runs_cb runs;
		port_events_cb events;
		port_steps_cb steps;
		port_definitions_cb definitions;
		port_definition_cb definition;
		port_workers_cb workers;
		port_stats_cb stats;
	} cb;
	void *arg;
	enum store_definition_kind kind;
	int limit;
	int tries;
	struct port_stats stats;
	char id[IDS_MAX];
	char start[48], end[48];
	char tenant_id[IDS_MAX];
};

static struct query *query_new(struct port_scale *port,
			       void (*finish)(struct query *, enum errors_code,
					      const struct pg_reply *),
			       void *arg)
{
	struct query *query = mem_new(struct query);

	query->port = port;
	query->finish = finish;
	query->arg = arg;
	return query;
}

static void on_rows(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct query *query = arg;

	query->finish(query, error, reply);
}

/* Takes the batch. */
static void query_start(struct query *query, struct pg_batch *batch)
{
	pg_read(query->port->parts.pool, batch, on_rows, query);
}

/* -- one run, and lists of runs -- */

static void finish_run(struct query *query, enum errors_code error,
		       const struct pg_reply *reply)
{
	struct store_run_status run;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, query->statement, &run))
		error = ERRORS_NO_RUN;
	query->cb.run(query->arg, error, error == ERRORS_NONE ? &run : NULL);
	mem_free(query);
}

static void port_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_run, arg);
	struct pg_batch *batch = pg_batch_new();

	query->cb.run = cb;
	query->statement = store_runs_get(batch, run_id);
	query_start(query, batch);
}

static void finish_runs(struct query *query, enum errors_code error,
			const struct pg_reply *reply)
{
	struct store_run_status *runs = NULL;
	char next[IDS_MAX] = "";
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		/* one more than asked for tells whether there is another page */
		count = (size_t)store_runs_list_count(reply, query->statement);
		runs = mem_new_n(struct store_run_status, count + 1);
		for (i = 0; i < count; i++)
			store_runs_list_read(reply, query->statement, (int)i, &runs[i]);
		if (count > (size_t)query->limit) {
			count = (size_t)query->limit;
			(void)snprintf(next, sizeof(next), "%s", runs[count - 1].cursor);
		}
	}
	query->cb.runs(query->arg, error, runs, count, *next ? next : NULL);
	mem_free(runs);
	mem_free(query);
}

static void port_list(void *self, const struct store_run_filter *filter, port_runs_cb cb,
		      void *arg)
{
	struct query *query = query_new(self, finish_runs, arg);
	struct pg_batch *batch = pg_batch_new();
	struct store_run_filter wider = *filter;

	wider.limit = filter->limit + 1;
	query->limit = filter->limit;
	query->cb.runs = cb;
	query->statement = store_runs_list(batch, &wider);
	query_start(query, batch);
}

/* -- events: the row says that the run is there, event_page.c what happened -- */

static void events_fail(struct query *query, enum errors_code error)
{
	query->cb.events(query->arg, error, NULL, NULL, 0);
	mem_free(query);
}

static void on_page(void *arg, enum errors_code error, const struct port_event *events,
		    size_t count)
{
	struct query *query = arg;

	query->cb.events(query->arg, error, query->tenant_id, events, count);
	mem_free(query);
}

static void finish_events(struct query *query, enum errors_code error,
			  const struct pg_reply *reply)
{
	struct event_page_ask ask = {
		.link = query->port->parts.link,
		.pool = query->port->parts.pool,
		.run_id = query->id,
		.start = query->start,
		.end = query->end,
		.limit = query->limit,
	};
	struct store_run_status run;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, query->statement, &run))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		events_fail(query, error);
		return;
	}
	(void)snprintf(query->tenant_id, sizeof(query->tenant_id), "%s", run.tenant_id);
	ask.ended = run.ended_at != NULL;
	ask.plain = chat_run_turn(query->id) && chat_run_agent(run.orchestration_id);
	event_page_read(&ask, on_page, query);
}

static void port_events(void *self, const char *run_id, const char *start,
			const char *end, int limit, port_events_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_events, arg);
	struct pg_batch *batch = pg_batch_new();

	query->cb.events = cb;
	query->limit = limit;
	(void)snprintf(query->id, sizeof(query->id), "%s", run_id);
	(void)snprintf(query->start, sizeof(query->start), "%s", start);
	(void)snprintf(query->end, sizeof(query->end), "%s", end);
	query->statement = store_runs_get(batch, run_id);
	query_start(query, batch);
}

static int port_follow(void *self, struct request *req, const struct tails_ask *ask,
		       struct err *err)
{
	struct port_scale *port = self;

	return tails_follow(port->tails, req, ask, err);
}

/* -- steps: the row says that the run is there, the journal what it did -- */

static void finish_steps(struct query *query, enum errors_code error,
			 const struct pg_reply *reply)
{
	struct store_step *steps = NULL;
	struct store_run_status run = { .tenant_id = NULL };
	int64_t next = 0;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE && !store_runs_get_read(reply, query->statement, &run))
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE) {
		/* one more than asked for tells whether there is another page */
		count = (size_t)store_steps_list_count(reply, query->steps_statement);
		steps = mem_new_n(struct store_step, count + 1);
		for (i = 0; i < count; i++)
			store_steps_list_read(reply, query->steps_statement, (int)i,
					      &steps[i]);
		if (count > (size_t)query->limit) {
			count = (size_t)query->limit;
			next = steps[count].seq;
		}
	}
	query->cb.steps(query->arg, error, run.tenant_id, steps, count, next);
	mem_free(steps);
	mem_free(query);
}

static void port_steps(void *self, const char *run_id, int64_t from_seq, int limit,
		       port_steps_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_steps, arg);
	struct pg_batch *batch = pg_batch_new();

	query->cb.steps = cb;
	query->limit = limit;
	query->statement = store_runs_get(batch, run_id);
	query->steps_statement = store_steps_list(batch, run_id, from_seq, limit + 1);
	query_start(query, batch);
}

/* -- definitions -- */

static void finish_definitions(struct query *query, enum errors_code error,
			       const struct pg_reply *reply)
{
	struct store_definition_item *items = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		count = (size_t)store_definitions_list_count(reply, query->statement);
		items = mem_new_n(struct store_definition_item, count + 1);
		for (i = 0; i < count; i++)
			store_definitions_list_read(reply, query->statement, (int)i,
						    &items[i]);
	}
	query->cb.definitions(query->arg, error, items, count);
	mem_free(items);
	mem_free(query);
}

static void port_definitions(void *self, enum store_definition_kind kind,
			     port_definitions_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_definitions, arg);
	struct pg_batch *batch = pg_batch_new();

	query->cb.definitions = cb;
	query->statement = store_definitions_list(batch, kind);
	query_start(query, batch);
}

#define DEFINITION_TRIES 3

static void definition_start(struct query *query)
{
	struct pg_batch *batch = pg_batch_new();

	query->tries++;
	query->statement = store_definitions_get(batch, query->kind, query->id);
	query_start(query, batch);
}

static void finish_definition(struct query *query, enum errors_code error,
			      const struct pg_reply *reply)
{
	struct store_definition found;

	if (error == ERRORS_NONE) {
		switch (store_definitions_get_read(reply, query->statement, &found)) {
		case STORE_DEFINITION_AGAIN:
			if (query->tries < DEFINITION_TRIES) {
				definition_start(query);
				return;
			}
			error = ERRORS_BUSY;
			break;
		case STORE_DEFINITION_NONE:
			error = query->kind == STORE_AGENT ? ERRORS_NO_AGENT
							   : ERRORS_NO_ORCHESTRATION;
			break;
		case STORE_DEFINITION_FOUND:
			break;
		}
	}
	query->cb.definition(query->arg, error, error == ERRORS_NONE ? &found : NULL);
	mem_free(query);
}

static void port_definition(void *self, enum store_definition_kind kind, const char *id,
			    port_definition_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_definition, arg);

	query->cb.definition = cb;
	query->kind = kind;
	(void)snprintf(query->id, sizeof(query->id), "%s", id);
	definition_start(query);
}

/* -- workers, queue, health -- */

static void finish_workers(struct query *query, enum errors_code error,
			   const struct pg_reply *reply)
{
	struct store_worker *workers = NULL;
	size_t count = 0;
	size_t i;

	if (error == ERRORS_NONE) {
		count = (size_t)store_workers_list_count(reply, query->statement);
		workers = mem_new_n(struct store_worker, count + 1);
		for (i = 0; i < count; i++)
			store_workers_list_read(reply, query->statement, (int)i,
						&workers[i]);
	}
	query->cb.workers(query->arg, error, workers, count);
	mem_free(workers);
	mem_free(query);
}

static void port_workers(void *self, port_workers_cb cb, void *arg)
{
	struct query *query = query_new(self, finish_workers, arg);
	struct pg_batch *batch = pg_batch_new();

	query->cb.workers = cb;
	query->statement = store_workers_list(batch);
	query_start(query, batch);
}

static void finish_stats(struct query *query, enum errors_code error,
			 const struct pg_reply *reply)
{
	struct store_counts counts;

	if (error == ERRORS_NONE) {
		store_runs_counts_read(reply, query->statement, &counts);
		query->stats.dead = counts.dead;
	}
	query->cb.stats(query->arg, error, error == ERRORS_NONE ? &query->stats : NULL);
	mem_free(query);
}

static void on_queue_stats(void *arg, int rc, const struct queue_stats *stats,
			   const struct err *err)
{
	struct query *query = arg;
	struct pg_batch *batch;

	if (rc < 0) {
		log_warn("queue.act_failed", LOG_S("act", "stats"),
			 LOG_S("error", err->text));
		query->finish(query, ERRORS_REDIS, NULL);
		return;
	}
	query->stats.queued = stats->queued;
	query->stats.active = stats->active;
	query->stats.oldest_ms = stats->oldest_ms;
	batch = pg_batch_new();
	query->statement = store_runs_counts(batch);
	query_start(query, batch);
}

static void port_stats(void *self, port_stats_cb cb, void *arg)
{
	struct port_scale *port = self;
	struct query *query = query_new(port, finish_stats, arg);
	struct err err;
	int rc;

	query->cb.stats = cb;
	query->stats.queue_name = queue_name(port->queue);
	rc = queue_stats(port->queue, on_queue_stats, query, &err);
	if (rc < 0)
		query->finish(query, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_REDIS, NULL);
}

static struct port_health port_health(void *self)
{
	struct port_scale *port = self;
	struct port_health health = {
		.redis_connected = redis_link_is_up(port->parts.link),
		.pg_connected = pg_pool_links_up(port->parts.pool) > 0,
		.mode = "scale",
	};

	health.ok = health.redis_connected && health.pg_connected;
	if (!health.redis_connected && !health.pg_connected)
		health.reason = "Redis and Postgres are not connected";
	else if (!health.redis_connected)
		health.reason = "Redis is not connected";
	else if (!health.pg_connected)
		health.reason = "Postgres is not connected";

	return health;
}

/* -- submissions -- */

static void port_submit(void *self, struct port_run *run)
{
	struct port_scale *port = self;

	submit_run(port->submit, run);
}

static void port_cancel(void *self, const char *run_id, const char *tenant_id,
			port_cancel_cb cb, void *arg)
{
	struct port_scale *port = self;

	cancels_run(port->cancels, run_id, tenant_id, cb, arg);
}

static void port_answer(void *self, const struct answers_ask *ask, answers_cb cb,
			void *arg)
{
	struct port_scale *port = self;

	answers_run(port->answers, ask, cb, arg);
}

static void port_questions(void *self, const struct store_questions_filter *filter,
			   questions_cb cb, void *arg)
{
	struct port_scale *port = self;

	questions_list(port->parts.pool, filter, cb, arg);
}

/* -- conversations -- */

static void port_chat_post(void *self, struct port_chat *chat)
{
	struct port_scale *port = self;

	chats_post(port->chats, chat);
}

static void port_chat_session(void *self, const char *session_id, int turns,
			      port_chat_session_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_session(port->parts.pool, session_id, turns, cb, arg);
}

static void port_chat_turn(void *self, const char *session_id, int64_t turn,
			   port_chat_turn_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_turn(port->parts.pool, session_id, turn, cb, arg);
}

static void port_chat_events(void *self, const char *session_id, int64_t turn,
			     const char *start, const char *end, int limit,
			     port_events_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_events(port->parts.pool, port->parts.link, session_id, turn, start,
			  end, limit, cb, arg);
}

static void port_chat_cancel(void *self, const char *session_id, int64_t turn,
			     const char *tenant_id, port_cancel_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_cancels_run(port->parts.pool, port->cancels, session_id, turn, tenant_id, cb,
			 arg);
}

/* -- dead letters -- */

static void port_letters(void *self, const struct store_letter_filter *filter,
			 port_letters_cb cb, void *arg)
{
	struct port_scale *port = self;
	struct store_letter_filter whole = *filter;

	whole.default_tenant = port->parts.conf->limits.default_tenant;
	letters_list(port->parts.pool, &whole, cb, arg);
}

static void port_letter(void *self, const char *id, port_letter_cb cb, void *arg)
{
	struct port_scale *port = self;

	letters_get(port->parts.pool, id, port->parts.conf->limits.default_tenant, cb,
		    arg);
}

static void port_discard(void *self, const char *id, const char *tenant_id,
			 port_done_cb cb, void *arg)
{
	struct port_scale *port = self;

	letters_discard(port->parts.pool, id, tenant_id,
			port->parts.conf->limits.default_tenant, cb, arg);
}

/* -- may an orchestration be executed? -- */

static void port_resume_failed(void *self, const char *run_id, const char *tenant_id,
			       const char *from_step, port_resume_cb cb, void *arg)
{
	struct port_scale *port = self;

	resumes_run(port->resumes, run_id, tenant_id, from_step, cb, arg);
}

struct check {
	struct memo_wait wait;
	port_check_cb cb;
	void *arg;
};

static void check_known(struct check *check, enum memo_state state,
			const struct catalog_entry *entry)
{
	switch (state) {
	case MEMO_HIT:
		check->cb(check->arg, entry->valid ? ERRORS_NONE : ERRORS_DEFINITION,
			  entry->valid ? NULL : entry->detail);
		break;
	case MEMO_NONE:
		check->cb(check->arg, ERRORS_NO_ORCHESTRATION, NULL);
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		check->cb(check->arg, ERRORS_POSTGRES, NULL);
		break;
	}
	mem_free(check);
}

static void on_check(void *arg, enum memo_state state, void *value)
{
	check_known(arg, state, value);
}

static void port_check(void *self, const char *orchestration_id, port_check_cb cb,
		       void *arg)
{
	struct port_scale *port = self;
	const struct catalog_entry *entry = NULL;
	struct check *check;
	enum memo_state state;

	if (!redis_link_is_up(port->parts.link)) {
		cb(arg, ERRORS_REDIS, NULL);
		return;
	}
	if (pg_pool_links_up(port->parts.pool) == 0) {
		cb(arg, ERRORS_POSTGRES, NULL);
		return;
	}
	check = mem_new(struct check);
	check->cb = cb;
	check->arg = arg;
	check->wait.ready = on_check;
	check->wait.arg = check;
	state = catalog_get(port->catalog, orchestration_id, clock_mono_ms(),
			    &check->wait, &entry);
	if (state != MEMO_WAIT)
		check_known(check, state, entry);
}

/* -- life -- */

int port_scale_new(const struct port_scale_parts *parts, struct port_scale **ret,
		   struct err *err)
{
	struct port_scale *port = mem_new(struct port_scale);
	struct submit_parts submit = {
		.loop = parts->loop,
		.conf = parts->conf,
		.link = parts->link,
		.scripts = parts->scripts,
		.pool = parts->pool,
		.score = parts->score,
	};
	struct chats_parts chats = {
		.conf = parts->conf,
		.link = parts->link,
		.scripts = parts->scripts,
		.pool = parts->pool,
		.score = parts->score,
	};
	struct cancels_parts cancels = {
		.loop = parts->loop,
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.events_ttl_ms = parts->conf->events.ttl_ms,
		.event_max = (size_t)parts->conf->engine.event_max_bytes,
	};
	const struct resumes_parts resumes = {
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
	};
	const struct answers_parts answers = {
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.conf = parts->conf,
		.answer_max = (size_t)parts->conf->engine.step_output_max_bytes,
	};
	struct tails_options tails = {
		.loop = parts->loop,
		.redis = parts->redis,
		.pool = parts->pool,
	};
	int rc;

	port->parts = *parts;
	rc = queue_new(parts->link, parts->scripts, parts->conf->queue.names.items[0],
		       NULL, &port->queue, err);
	if (rc < 0) {
		mem_free(port);
		return rc;
	}
	port->catalog = catalog_new(parts->pool);
	port->tenants = tenant_book_new(parts->pool, parts->conf);
	submit.catalog = port->catalog;
	submit.tenants = port->tenants;
	port->submit = submit_new(&submit);
	port->turns = next_turns_new(parts->pool, parts->link, parts->scripts);
	cancels.turns = port->turns;
	port->cancels = cancels_new(&cancels);
	chats.catalog = port->catalog;
	chats.tenants = port->tenants;
	chats.cancels = port->cancels;
	chats.turns = port->turns;
	port->chats = chats_new(&chats);
	port->resumes = resumes_new(&resumes);
	port->answers = answers_new(&answers);
	port->tails = tails_new(&tails);
	port->port = (struct runs_port){
		.self = port,
		.submit = port_submit,
		.check = port_check,
		.get = port_get,
		.list = port_list,
		.events = port_events,
		.follow = port_follow,
		.steps = port_steps,
		.cancel = port_cancel,
		.resume_failed = port_resume_failed,
		.answer = port_answer,
		.questions = port_questions,
		.definitions = port_definitions,
		.definition = port_definition,
		.workers = port_workers,
		.stats = port_stats,
		.letters = port_letters,
		.letter = port_letter,
		.discard = port_discard,
		.chat_post = port_chat_post,
		.chat_session = port_chat_session,
		.chat_turn = port_chat_turn,
		.chat_events = port_chat_events,
		.chat_cancel = port_chat_cancel,
		.health = port_health,
		.manage = &port->manage,
	};
	port->manage = (struct manage){
		.catalog = port->catalog,
		.loop = parts->loop,
		.conf = parts->conf,
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.cancels = port->cancels,
		.resumes = port->resumes,
	};
	*ret = port;
	return 0;
}

void port_scale_stop(struct port_scale *port)
{
	if (!port)
		return;
	submit_stop(port->submit);
	tails_stop(port->tails);
}

void port_scale_free(struct port_scale *port)
{
	if (!port)
		return;
	cancels_free(port->cancels);
	next_turns_free(port->turns);
	chats_free(port->chats);
	resumes_free(port->resumes);
	answers_free(port->answers);
	submit_free(port->submit);
	tails_free(port->tails);
	catalog_free(port->catalog);
	tenant_book_free(port->tenants);
	queue_free(port->queue);
	mem_free(port);
}

const struct runs_port *port_scale_port(struct port_scale *port)
{
	return &port->port;
}

void port_scale_link_up(struct port_scale *port)
{
	cancels_link_up(port->cancels);
}

static void on_cancels_idle(void *arg)
{
	struct port_scale *port = arg;

	next_turns_when_idle(port->turns, port->idle, port->idle_arg);
}

static void on_chats_idle(void *arg)
{
	struct port_scale *port = arg;

	cancels_when_idle(port->cancels, on_cancels_idle, port);
}

static void on_answers_idle(void *arg)
{
	struct port_scale *port = arg;

	chats_when_idle(port->chats, on_chats_idle, port);
}

static void on_resumes_idle(void *arg)
{
	struct port_scale *port = arg;

	answers_when_idle(port->answers, on_answers_idle, port);
}

static void on_submit_idle(void *arg)
{
	struct port_scale *port = arg;

	resumes_when_idle(port->resumes, on_resumes_idle, port);
}

void port_scale_when_idle(struct port_scale *port, void (*idle)(void *arg), void *arg)
{
	port->idle = idle;
	port->idle_arg = arg;
	submit_when_idle(port->submit, on_submit_idle, port);
}
