/*
 * host_scale.c - the engine's surroundings in scale mode: Postgres says it, Redis shows
 *it
 *
 * The life of a run here (struct held):
 *
 *	start    lazy: rows wait in memory, their ops complete at once
 *	resume   others had it: takeover with its journal, what the stream lacks, then
 *		 on behind what is done
 *	outside  a step wants to send something out: takeover, and its op waits for it
 *	50 ms    still lazy: takeover, so that a long run is somebody's (DESIGN 4.3)
 *	rows     owned: each row's op completes when the row is durable
 *	end      one commit, then the events, then over()
 *	stale    somebody else has it: everything of it is forgotten here, nothing is
 *written
 *	drain    handed back at the next boundary between two steps
 *	cancel   heard of with a commit, by mail or from the stock key: steps in flight
 *are abandoned, the end is `cancelled`, and the key goes with it
 *
 * Events leave in the order of the fifo, and durable ones not before their commit. A run
 *has one publish under way at a time.
 */
#include "host/host_scale.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "engine/drive.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "engine/host.h"
#include "host/backlog.h"
#include "host/cancel_key.h"
#include "host/cancel_watch.h"
#include "host/gate.h"
#include "host/held.h"
#include "host/journal.h"
#include "ipc/scoreboard.h"
#include "llm/models.h"
#include "pg/pg_reply.h"
#include "run/definition.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LAZY_MS       50 /* DESIGN 4.3 */
#define LAZY_SWEEP_MS 10
/* Events of one run that wait for Redis or for their commit; then live ones are dropped.
 */
#define LIVE_BYTES_MAX ((size_t)64 * 1024)

struct host_scale {
	struct ev_loop *loop;
	struct redis_link *link;
	struct publisher *publisher;
	struct journal *journal;
	struct engine *engine;
	struct drive drive;
	struct models *models; /* borrowed */
	struct gate gate;
	bool gate_said; /* that it is closed */
	struct host_scale_options options;
	struct list lazy; /* struct held, oldest first */
	struct list all;  /* struct held */
	struct cancel_watch *watch;
	size_t count;
	ev_timer sweep; /* while lazy is not empty */
	ev_timer leaf;  /* while draining: then steps in flight are cut */
	bool draining;
	const struct held
		*largest;      /* the run named in the scoreboard, while it is here */
	int64_t largest_bytes; /* its own */
};

/* ---- events ---- */

static void run_over(struct held *held, enum host_over how);
static void on_published(struct publish *publish);

static void publish_free_ones(struct held *held)
{
	if (held->publishing)
		return; /* goes on in on_published */
	if (!fifo_take_free(&held->fifo, &held->publish.entries))
		return;
	held->publishing = true;
	held->publish.done = on_published;
	held->publish.epoch = held->epoch;
	publisher_add(held->host->publisher, &held->publish);
}

static void on_published(struct publish *publish)
{
	struct held *held = list_entry(publish, struct held, publish);

	held->publishing = false;
	FAULT_OF(held->state == HELD_ENDED ? "end.published" : "step.published",
		 held->run_id);
	publish_free_ones(held);
	if (held->state == HELD_ENDED && !held->publishing)
		run_over(held, HOST_OVER_ENDED);
}

/* ---- what the journal says ---- */

static void forget_exec(struct held *held)
{
	struct exec *exec = held->exec;

	held->exec = NULL;
	exec_free(exec);
}

static void run_over(struct held *held, enum host_over how)
{
	struct host_scale *host = held->host;

	forget_exec(held);
	if (host->largest == held) {
		host->largest = NULL;
		host->largest_bytes = 0; /* the next one that leaves its code is it */
	}
	host->options.over(host->options.arg, held, how);
	host->count--;
	score_add(host->options.score, SCORE_ACTIVE_RUNS, -1);
	list_remove(&held->in_all);
	held_free(held);
}

/* Ops complete in the order of the rows. None of them enters the run's code here. */
static uint32_t complete_ops(struct held *held)
{
	uint32_t seq = 0;

	list_for_each(node, &held->flying) {
		struct held_row *row = list_entry(node, struct held_row, node);
		struct op *op = row->op;

		seq = row->seq;
		if (!op)
			continue;
		row->op = NULL;
		op->abandon = NULL;
		op_done(op);
	}
	return seq;
}

/* Nothing of it is under way any more, or will be: it goes back. */
static bool leave_if_ready(struct held *held)
{
	bool owned = held->state == HELD_OWNED;

	if (!held->leaving || held->final || held->queued || held->act != HELD_ACT_NONE ||
	    (owned && !list_empty(&held->rows)))
		return false;
	run_over(held, owned ? HOST_OVER_BACK_OWNED : HOST_OVER_BACK_LAZY);
	return true;
}

static void begin(struct held *held, const char *message, size_t message_len,
		  const char *inputs, size_t inputs_len);
static void take_past(struct held *held);

/*
 * The rows that rode in the takeover were not written, since it was not the first: others
 * had this run, although its entry did not say so. What was done here had no effect
 * outside; the run is taken over again, from ourselves, and its journal says where it
 * stands.
 */
static void start_over(struct held *held)
{
	forget_exec(held);
	held_rows_free(&held->flying);
	held_rows_free(&held->rows);
	row_final_free(held->final);
	held->final = NULL;
	fifo_deinit(&held->fifo);
	fifo_init(&held->fifo, 0, 0);
	held->state = HELD_LAZY;
	held->resumes = held->waits = held->takeover_wanted = true;
	journal_want(held->host->journal, held);
}

static void taken_over(struct held *held, bool cancel_asked)
{
	struct host_scale *host = held->host;

	held->state = HELD_OWNED;
	score_add(host->options.score, SCORE_TAKEOVERS, 1);
	if (!held->waits)
		return;
	held->waits = false;
	held->cancel = held->cancel || cancel_asked;
	if (host->draining) {
		held->leaving = true;
	} else if (held->resumes) {
		stream_end_ask(&held->asked); /* on_end() goes on */
	} else {
		take_past(held);
	}
}

/* A run that has not started yet is cancelled when it does; one whose end was handed out
 * is not. */
static void cancel(struct held *held)
{
	held->cancel = true;
	if (held->exec)
		exec_cancel(held->exec);
}

static void on_stored(void *ctx, struct held *held, bool cancel_asked)
{
	struct host_scale *host = ctx;
	const struct pg_group_counters *counters;
	enum held_act act = held->act;
	uint32_t seq;

	FAULT_OF(act == HELD_ACT_TAKEOVER   ? "takeover.committed"
		 : act == HELD_ACT_STEPS    ? "step.committed"
		 : act == HELD_ACT_LAZY_END ? "lazy.committed"
					    : "end.committed",
		 held->run_id);
	held->act = HELD_ACT_NONE;
	list_remove(&held->node); /* no longer lazy */
	counters = journal_counters(host->journal);
	score_set(host->options.score, SCORE_COMMITS, (int64_t)counters->commits);
	score_set(host->options.score, SCORE_COMMITS_SPLIT, (int64_t)counters->splits);
	score_set(host->options.score, SCORE_COMMITS_UNKNOWN, (int64_t)counters->doubts);
	if (act == HELD_ACT_TAKEOVER && held->again) {
		start_over(held);
		return;
	}
	seq = complete_ops(held);
	held_rows_free(&held->flying);

	switch (act) {
	case HELD_ACT_TAKEOVER:
		taken_over(held, cancel_asked);
		break;
	case HELD_ACT_STEPS:
		break;
	case HELD_ACT_LAZY_END:
	case HELD_ACT_END:
		held->state = HELD_ENDED;
		break;
	case HELD_ACT_NONE:
		assert(false);
	}
	if (seq)
		fifo_commit(&held->fifo, seq);
	publish_free_ones(held);
	if (held->state == HELD_ENDED) {
		score_add(host->options.score, SCORE_RUNS_ENDED, 1);
		if (held->cancel || cancel_asked)
			cancel_key_delete(host->link, held->run_id);
		if (!held->publishing)
			run_over(held, HOST_OVER_ENDED);
		return;
	}
	if (leave_if_ready(held))
		return;
	if (cancel_asked)
		cancel(held);
	journal_want(host->journal, held);
}

static void on_stale(void *ctx, struct held *held)
{
	struct host_scale *host = ctx;

	/* a lazy end that was refused is an entry of a run that is over or another's */
	log_warn("run.stale", LOG_S("run", held->run_id), LOG_N("wake", held->wake),
		 LOG_N("epoch", held->epoch));
	score_add(host->options.score, SCORE_STALE_WRITES, 1);
	held->state = HELD_STALE;
	run_over(held, HOST_OVER_LOST);
}

/*
 * Postgres will never take these values, although everything was made storable before:
 * the run ends failed with what it said. If that is refused as well, the run is left
 * where it is for an operator.
 */
static void end_failed(struct held *held, const char *class, const char *reason);

static void on_refused(void *ctx, struct held *held, const struct pg_outcome *outcome)
{
	char reason[80];

	(void)ctx;
	log_error("run.commit_refused", LOG_S("run", held->run_id),
		  LOG_S("sqlstate", outcome->sqlstate),
		  LOG_S("error", outcome->err.text));
	held->act = HELD_ACT_NONE;
	forget_exec(held); /* before the rows that its ops wait for */
	held_drop_rows(held);
	if (held->rejections++ || held->state == HELD_STALE) {
		held->state = HELD_STALE;
		run_over(held, HOST_OVER_UNSTORABLE);
		return;
	}
	row_final_free(held->final);
	held->final = NULL;
	(void)snprintf(reason, sizeof(reason),
		       "the run could not be stored (SQLSTATE %.5s)",
		       outcome->sqlstate[0] ? outcome->sqlstate : "?????");
	if (held->waits) {
		/* it was the takeover: only the next one brings what an end comes behind
		 */
		mem_free(held->unusable);
		held->unusable = mem_dup(reason);
		journal_want(held->host->journal, held);
		return;
	}
	end_failed(held, "internal", reason);
}

static const struct journal_ops journal_ops = {
	.stored = on_stored,
	.stale = on_stale,
	.refused = on_refused,
};

/* ---- what the engine asks ---- */

static int64_t host_wall_ms(void *ctx)
{
	(void)ctx;
	return clock_wall_ms();
}

static int64_t host_mono_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static void host_enter(void *ctx, struct exec *exec)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;

	score_suspect_set(host->options.score, held->job_id, held->job_id_len);
	/* the pulse is of this turn of the loop: no clock is asked */
	score_recent_enter(&host->options.score->recent, &held->recent_place,
			   held->job_id, held->job_id_len,
			   atomic_load_explicit(&host->options.score->pulse_mono_ms,
						memory_order_relaxed));
	if (!held->fresh)
		return;
	held->fresh = false;
	atomic_store_explicit(&host->options.score->last_start_mono_us, clock_mono_us(),
			      memory_order_release);
}

static void host_leave(void *ctx, struct exec *exec, size_t arena_bytes)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;

	score_suspect_clear(host->options.score);
	/* the largest run is looked for when it grows, not at every step */
	if (held && (int64_t)arena_bytes > host->largest_bytes) {
		host->largest_bytes = (int64_t)arena_bytes;
		atomic_store_explicit(&host->options.score->largest_bytes,
				      host->largest_bytes, memory_order_relaxed);
		if (host->largest == held)
			return;
		host->largest = held;
		score_text_set(&host->options.score->largest, held->job_id);
	}
}

void host_scale_memory_gone(struct host_scale *host, size_t size)
{
	const struct exec *inside = host->engine->inside;
	const struct held *held = inside ? inside->job : NULL;

	atomic_store_explicit(&host->options.score->memory_gone, 1, memory_order_relaxed);
	if (held && exec_bytes(inside) + size > (size_t)host->largest_bytes)
		score_text_set(&host->options.score->largest, held->job_id);
}

static void host_commit(void *ctx, struct exec *exec, struct engine_row *row,
			struct op *op)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;
	bool wait =
		held->state != HELD_LAZY || row->next_outside || held->takeover_wanted;

	held->event_seq += row->events_count;
	score_add(host->options.score, SCORE_STEPS, row->kind == ROW_STEP);
	if (row->next_outside && held->state == HELD_LAZY)
		held->takeover_wanted = true;
	held_add_row(held, row, wait ? op : NULL, clock_wall_ms());
	if (!wait)
		op_done(op);
	journal_want(host->journal, held);
}

static void host_live(void *ctx, struct exec *exec, const char *event, size_t len)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;

	if (held->fifo.bytes > LIVE_BYTES_MAX) {
		score_add(host->options.score, SCORE_EVENTS_DROPPED, 1);
		return; /* Redis is away or slow; live events may be lost */
	}
	(void)fifo_add(&held->fifo, clock_wall_ms(), 0, event, len);
	publish_free_ones(held);
}

static void host_llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	struct host_scale *host = ctx;

	(void)exec;
	FAULT_OF("effect.begun", call->request.messages[call->request.count - 1].text);
	models_call(host->models, call);
}

/* The gate (host/gate.h), asked before anything of a call leaves; again until it opens.
 */
static bool host_may_send(void *ctx, struct llm_call *call)
{
	struct host_scale *host = ctx;
	struct held *held = call->op.exec->job;
	bool pass = gate_pass(&host->gate, held->queue, held->guarded_mono_ms,
			      clock_mono_ms());

	if (host->gate.closed != host->gate_said) {
		host->gate_said = host->gate.closed;
		if (host->gate_said)
			log_warn("gate.closed", LOG_S("run", held->run_id));
		else
			log_info("gate.open", LOG_S("run", held->run_id));
	}
	if (!pass) {
		held->proof_wanted = true;
		journal_want(host->journal, held);
	}
	return pass;
}

void host_scale_refreshed(struct host_scale *host, size_t queue, int64_t sent_mono_ms)
{
	gate_refreshed(&host->gate, queue, sent_mono_ms);
}

static void host_end(void *ctx, struct exec *exec, struct engine_final *final)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;

	held->exec = NULL;
	exec->job = NULL; /* the pump still leaves its code, and the run may be over by
			     then */
	held->final = final;
	if (final->row) {
		held->event_seq += final->row->events_count;
		held_add_row(held, final->row, NULL, clock_wall_ms());
		final->row = NULL;
	}
	if (final->status == RUN_FAILED)
		score_add(host->options.score, SCORE_RUNS_FAILED, 1);
	exec_free(exec);
	journal_want(host->journal, held);
}

/* Its next step does not start: a drain. */
static void host_parked(void *ctx, struct exec *exec)
{
	struct held *held = exec->job;

	(void)ctx;
	held->leaving = true;
	held->exec = NULL;
	exec->job = NULL; /* the pump still leaves its code, and the run may be over by
			     then */
	exec_free(exec);
	(void)leave_if_ready(held);
}

static const struct engine_host engine_host = {
	.wall_ms = host_wall_ms,
	.mono_ms = host_mono_ms,
	.enter = host_enter,
	.leave = host_leave,
	.commit = host_commit,
	.live = host_live,
	.llm = host_llm,
	.end = host_end,
	.parked = host_parked,
};

/* ---- lazy runs that have been here for too long ---- */

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_scale *host = w->data;
	int64_t old_mono_ms = clock_mono_ms() - LAZY_MS;

	(void)revents;
	list_for_each_safe(node, &host->lazy) {
		struct held *held = list_entry(node, struct held, node);

		if (held->claimed_mono_ms > old_mono_ms)
			break;
		list_remove(&held->node);
		held->takeover_wanted = true;
		journal_want(host->journal, held);
	}
	if (list_empty(&host->lazy))
		ev_timer_stop(loop, w);
}

/* ---- cancels ---- */

void host_scale_cancel(struct host_scale *host, const char *run_id)
{
	list_for_each(node, &host->all) {
		struct held *held = list_entry(node, struct held, in_all);

		if (strcmp(held->run_id, run_id) == 0) {
			cancel(held);
			return;
		}
	}
}

static void on_key_seen(void *arg, const char *run_id)
{
	log_info("run.cancel_key_seen", LOG_S("run", run_id));
	host_scale_cancel(arg, run_id);
}

/* ---- leaving ---- */

/* What is still in flight was given its time; repeating it is safe, elsewhere. */
static void on_leaf(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct host_scale *host = w->data;

	(void)loop;
	(void)revents;
	list_for_each_safe(node, &host->all) {
		struct held *held = list_entry(node, struct held, in_all);

		if (held->final || held->leaving)
			continue;
		log_info("run.step_cut", LOG_S("run", held->run_id));
		forget_exec(held);
		held->leaving = true;
		(void)leave_if_ready(held);
	}
}

void host_scale_drain(struct host_scale *host, int64_t leaf_ms)
{
	host->draining = true;
	engine_drain(host->engine);
	ev_timer_set(&host->leaf, (double)leaf_ms / 1000., 0.);
	ev_timer_start(host->loop, &host->leaf);
	list_for_each_safe(node, &host->all) {
		struct held *held = list_entry(node, struct held, in_all);

		if (held->exec || held->final)
			continue;
		held->leaving = true; /* it was not started here */
		(void)leave_if_ready(held);
	}
}

/* ---- life ---- */

struct host_scale *host_scale_new(struct ev_loop *loop, struct pg_pool *pool,
				  struct redis_link *link, struct publisher *publisher,
				  const struct host_scale_options *options)
{
	struct host_scale *host = mem_new(struct host_scale);

	host->loop = loop;
	host->link = link;
	host->publisher = publisher;
	host->options = *options;
	list_init(&host->lazy);
	list_init(&host->all);
	host->journal =
		journal_new(loop, pool, options->commit_rows, options->incarnation,
			    options->worker_id, &journal_ops, host);
	host->engine = engine_new(&engine_host, host, options->limits, rng_u64());
	host->models = options->models;
	models_set_permit(host->models, host_may_send, host);
	gate_init(&host->gate, options->heartbeat_ttl_ms, options->queues);
	drive_start(&host->drive, loop, host->engine);
	host->watch = cancel_watch_new(loop, link, &host->all, on_key_seen, host);
	ev_timer_init(&host->sweep, on_sweep, LAZY_SWEEP_MS / 1e3, LAZY_SWEEP_MS / 1e3);
	host->sweep.data = host;
	ev_timer_init(&host->leaf, on_leaf, 0., 0.);
	host->leaf.data = host;
	return host;
}

void host_scale_free(struct host_scale *host)
{
	if (!host)
		return;
	journal_free(host->journal);
	cancel_watch_free(host->watch);
	while (!list_empty(&host->all)) {
		struct held *held = list_entry(host->all.next, struct held, in_all);

		list_remove(&held->in_all);
		forget_exec(held);
		held_free(held);
	}
	drive_stop(&host->drive, host->loop);
	engine_free(host->engine);
	ev_timer_stop(host->loop, &host->sweep);
	ev_timer_stop(host->loop, &host->leaf);
	mem_free(host);
}

static struct exec_start start_of(struct held *held)
{
	return (struct exec_start){
		.run_id = held->run_id,
		.worker_id = held->host->options.worker_id,
		.definition = held->definition,
		.epoch = held->epoch ? (uint64_t)held->epoch : 1,
		.job = held,
	};
}

static void begin(struct held *held, const char *message, size_t message_len,
		  const char *inputs, size_t inputs_len)
{
	struct host_scale *host = held->host;
	struct exec_start start = start_of(held);

	start.message = message;
	start.message_len = message_len;
	start.inputs = inputs;
	start.inputs_len = inputs_len;
	score_add(host->options.score, SCORE_RUNS_STARTED, 1);
	held->fresh = true;
	held->exec = exec_new(host->engine, &start);
}

/* The events of a run that is not executed: picked up, what is wrong, and the sentinels.
 */
static struct engine_row *failed_row(const struct held *held, const char *reason)
{
	const struct host_scale *host = held->host;
	struct engine_row *row = row_new(ROW_START, "", "", 0);
	const struct event_stamp stamp = { .at_ms = clock_wall_ms(),
					   .max = host->engine->limits.event_max };
	const struct event_text text = { reason, strlen(reason) };
	const struct event_text empty_list = { "[]", 2 }, empty_object = { "{}", 2 };

	event_worker_picked_up(&row->texts, &stamp, host->options.worker_id,
			       held->run_id);
	row_add_event(row);
	event_orchestration_error(&row->texts, &stamp, reason);
	row_add_event(row);
	event_orchestration_complete(&row->texts, &stamp, held->run_id, RUN_FAILED,
				     empty_object);
	row_add_event(row);
	event_run_final(&row->texts, &stamp, held->run_id, RUN_FAILED, text, empty_list,
			empty_object);
	row_add_event(row);
	event_done(&row->texts, &stamp);
	row_add_event(row);
	row_seal(row, held->event_seq + 1, held->epoch ? (uint64_t)held->epoch : 1);
	return row;
}

static void end_failed(struct held *held, const char *class, const char *reason)
{
	struct engine_final *final = row_final_new();
	struct engine_row *row = failed_row(held, reason);
	struct jsonw w;

	final->status = RUN_FAILED;
	str_add_text(&final->response, reason);
	jsonw_init(&w, &final->error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", class);
	jsonw_pair_text(&w, "message", reason);
	jsonw_object_end(&w);
	held->event_seq += row->events_count;
	held_add_row(held, row, NULL, clock_wall_ms());
	held->final = final;
	score_add(held->host->options.score, SCORE_RUNS_FAILED, 1);
	journal_want(held->host->journal, held);
}

/* ---- a run that others had before ---- */

static bool behind(const struct backlog_end *a, const struct backlog_end *b)
{
	return a->id_ms > b->id_ms || (a->id_ms == b->id_ms && a->id_n > b->id_n);
}

/*
 * What the journal has and the stream lacks goes out first; our own ids begin above all
 * that there is, and above Postgres' clock at the takeover.
 */
static int catch_up(struct held *held, const struct backlog_end *end, struct err *err)
{
	struct backlog_end newest = { 0 }, floor = *end;
	struct held_past *past = &held->past;
	struct err ignored;
	int rc = 0;
	size_t i;

	/* to the last row, also past one that cannot be read: what we write, an end at
	 * least, comes behind all that is there */
	for (i = 0; i < past->count; i++) {
		held->seq = (uint32_t)past->rows[i].seq;
		if (backlog_add(&held->publish.entries, past->rows[i].events, end,
				&held->event_seq, &newest, rc < 0 ? &ignored : err) < 0)
			rc = ERR_INPUT;
	}
	if (behind(&newest, &floor))
		floor = newest;
	if (past->taken_at_ms > floor.id_ms)
		floor = (struct backlog_end){ past->taken_at_ms, 0 };
	fifo_deinit(&held->fifo);
	fifo_init(&held->fifo, floor.id_ms, floor.id_n);
	if (!list_empty(&held->publish.entries)) {
		held->publishing = true;
		held->publish.done = on_published;
		held->publish.epoch = held->epoch;
		publisher_add(held->host->publisher, &held->publish);
	}
	return rc;
}

static int go_on(struct held *held, struct err *err)
{
	struct host_scale *host = held->host;
	const struct held_past *past = &held->past;
	const struct exec_start start = start_of(held);
	const struct fold_seed seed = {
		.definition = held->definition,
		.message = past->message,
		.message_len = strlen(past->message),
		.inputs = past->inputs,
		.inputs_len = past->inputs ? strlen(past->inputs) : 0,
		.state_max = host->engine->limits.state_max,
	};
	struct fold fold;
	int rc;

	rc = fold_journal(&fold, &seed, past->rows, past->count, err);
	if (rc == 0 && fold.at == FOLD_ENDED)
		rc = err_set(err, ERR_INPUT, "the run has ended, its row has not");
	if (rc == 0) {
		score_add(host->options.score, SCORE_RUNS_STARTED, 1);
		held->fresh = true;
		held->exec = exec_resume(host->engine, &start, &fold);
	}
	fold_deinit(&fold);
	return rc;
}

/* The takeover brought what the run starts with, or goes on with. */
static void take_past(struct held *held)
{
	struct held_past *past = &held->past;
	struct str reason = STR_INIT;
	struct err err;

	if (held->unusable) {
		end_failed(held, "job", held->unusable);
	} else if (past->count == 0) {
		begin(held, past->message, strlen(past->message), past->inputs,
		      past->inputs ? strlen(past->inputs) : 0);
	} else if (go_on(held, &err) < 0) {
		log_error("run.journal_unusable", LOG_S("run", held->run_id),
			  LOG_S("error", err.text));
		str_printf(&reason, "the run cannot be continued: %s", err.text);
		end_failed(held, "internal", str_text(&reason));
		str_deinit(&reason);
	} else {
		log_info("run.resumed", LOG_S("run", held->run_id),
			 LOG_N("epoch", held->epoch), LOG_N("rows", past->count));
	}
	held_past_reset(held);
	if (held->cancel && held->exec)
		exec_cancel(held->exec);
}

static void on_end(struct stream_end *asked)
{
	struct held *held = list_entry(asked, struct held, asked);
	struct err err;

	FAULT_OF("resume.asked", held->run_id);
	if (catch_up(held, &asked->end, &err) < 0)
		log_error("run.journal_unreadable", LOG_S("run", held->run_id),
			  LOG_S("error", err.text)); /* the fold meets it as well */
	take_past(held);
	FAULT_OF("resume.begun", held->run_id);
}

/* ---- starts ---- */

static struct held *hold(struct host_scale *host, const struct host_scale_run *run)
{
	struct held *held =
		held_new(host, run->run_id, run->job_id, run->wake, run->slot);

	held->claimed_mono_ms = clock_mono_ms();
	if (run->definition)
		held->definition = definition_ref(run->definition);
	held->resumes = run->resumes;
	held->queue = run->queue;
	if (run->from && *run->from)
		held->from = mem_dup(run->from);
	held->asked.loop = host->loop;
	held->asked.link = host->link;
	held->asked.run_id = held->run_id;
	held->asked.done = on_end;
	host->count++;
	list_push(&host->all, &held->in_all);
	cancel_watch_want(host->watch);
	score_add(host->options.score, SCORE_ACTIVE_RUNS, 1);
	return held;
}

void host_scale_start(struct host_scale *host, const struct host_scale_run *run)
{
	struct held *held = hold(host, run);

	if (!run->whole || run->resumes) {
		held->waits = held->takeover_wanted = true;
		journal_want(host->journal, held);
		return;
	}
	list_push(&host->lazy, &held->node);
	if (!ev_is_active(&host->sweep))
		ev_timer_again(host->loop, &host->sweep);
	begin(held, run->message ? run->message : "", run->message_len, run->inputs,
	      run->inputs_len);
}

void host_scale_fail(struct host_scale *host, const struct host_scale_run *run,
		     const char *reason)
{
	struct held *held = hold(host, run);

	held->unusable = mem_dup(reason);
	if (run->resumes) {
		held->waits = held->takeover_wanted = true;
		journal_want(host->journal, held);
		return;
	}
	end_failed(held, "job", reason);
}

size_t host_scale_count(const struct host_scale *host)
{
	return host->count;
}
