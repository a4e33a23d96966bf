/*
 * host_scale.c - the engine's surroundings in scale mode: Postgres says, Redis shows
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
 *		 written
 *	people   all its paths wait for answers: it is parked, and its entry may go
 *	drain    handed back at the next boundary between two steps
 *	cancel   heard of with a commit, by mail or from the stock key: steps in flight
 *		 are abandoned, the end is `cancelled`, and the key goes with it
 *
 * Events leave in the order of the fifo, and durable ones not before their commit. A run
 * has one publish under way at a time.
 */
#include "host/host_scale.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/drive.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "host/agent_cache.h"
#include "host/begin.h"
#include "host/cancel_key.h"
#include "host/cancel_watch.h"
#include "host/gate.h"
#include "host/held.h"
#include "host/host_scale_in.h"
#include "host/inner_source.h"
#include "host/journal.h"
#include "host/said.h"
#include "ipc/scoreboard.h"
#include "llm/models.h"
#include "pg/pg_reply.h"
#include "run/definition.h"
#include "tools/toolbox.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define LAZY_MS       50 /* DESIGN 4.3 */
#define LAZY_SWEEP_MS 10
/*
 * Events of one run that wait for Redis or for their commit; then live ones are dropped.
 */
#define LIVE_BYTES_MAX ((size_t)64 * 1024)

/* ---- events ---- */

static void run_over(struct held *held, enum host_over how);

/* Nothing of it is left to be published: is anything left to be done? */
static void over_if_done(struct held *held)
{
	if (held->state == HELD_ENDED)
		run_over(held, HOST_OVER_ENDED);
	else if (held->state == HELD_PAUSED)
		run_over(held, HOST_OVER_PAUSED);
}

void host_scale_publish(struct held *held)
{
	if (held->publishing)
		return; /* goes on in host_scale_on_published */
	if (!fifo_take_free(&held->fifo, &held->publish.entries))
		return;
	held->publishing = true;
	held->publish.last = held->state == HELD_ENDED;
	held->publish.done = host_scale_on_published;
	held->publish.epoch = held->epoch;
	publisher_add(held->host->publisher, &held->publish);
}

void host_scale_on_published(struct publish *publish)
{
	struct held *held = list_entry(publish, struct held, publish);

	held->publishing = false;
	FAULT_OF(held->state == HELD_ENDED ? "end.published" : "step.published",
		 held->run_id);
	host_scale_publish(held);
	if (!held->publishing)
		over_if_done(held);
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
	people_leave(host->desk, held);
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
bool host_scale_leave_if_ready(struct held *held)
{
	bool owned = held->state == HELD_OWNED;

	if (!held->leaving || held->final || held->queued || held->act != HELD_ACT_NONE ||
	    (owned && !list_empty(&held->rows)))
		return false;
	run_over(held, owned ? HOST_OVER_BACK_OWNED : HOST_OVER_BACK_LAZY);
	return true;
}

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
	row_pause_free(held->pause);
	held->pause = NULL;
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
		begin_past(held);
	}
}

/* It is not parked: what it stood still for is told first. */
static void drop_pause(struct held *held)
{
	row_pause_free(held->pause);
	held->pause = NULL;
	if (held->exec)
		exec_unpause(held->exec);
}

/*
 * Somebody answered meanwhile, or wants it to stop, or nobody was asked after all: the
 * row that says `paused` was not written.
 */
static void not_parked(struct held *held)
{
	held_drop_rows(held);
	drop_pause(held);
	people_look(held->host->desk, held);
}

/* A run that has not started yet is cancelled when it does; one whose end was handed out
 * is not. */
static void cancel(struct held *held)
{
	held->cancel = true;
	if (held->pause && held->act != HELD_ACT_PAUSE)
		drop_pause(held);
	if (held->exec)
		exec_cancel(held->exec);
}

/* The run is ours and its commit is in: what has come meanwhile goes with the next. */
static void go_on(struct held *held, bool cancel_asked)
{
	if (cancel_asked)
		cancel(held);
	journal_want(held->host->journal, held);
}

/* What is in the commit is done, whoever dies next. An effect that is only meant, and
 * what a fold writes before it executes anything, is not. */
static bool brings_on(const struct held *held)
{
	list_for_each(node, &held->flying) {
		switch (list_entry(node, struct held_row, node)->row->kind) {
		case ROW_STEP:
		case ROW_TURN:
		case ROW_JOIN:
		case ROW_ANSWER:
		case ROW_WAIT:
			return true;
		case ROW_START:
		case ROW_EFFECT:
		case ROW_SNAPSHOT:
			break;
		}
	}
	return false;
}

static void on_stored(void *ctx, struct held *held, bool cancel_asked)
{
	struct host_scale *host = ctx;
	const struct pg_group_counters *counters;
	enum held_act act = held->act;
	uint32_t seq;

	FAULT_OF(act == HELD_ACT_TAKEOVER   ? "takeover.committed"
		 : act == HELD_ACT_STEPS    ? "step.committed"
		 : act == HELD_ACT_PAUSE    ? "pause.committed"
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
	if (act == HELD_ACT_PAUSE && !held->parked) {
		not_parked(held);
		if (!host_scale_leave_if_ready(held))
			go_on(held, cancel_asked);
		return;
	}
	if (act == HELD_ACT_STEPS && held->resumes && brings_on(held))
		host->options.got_on(host->options.arg, held);
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
	case HELD_ACT_PAUSE:
		held->state = HELD_PAUSED;
		forget_exec(held);
		break;
	case HELD_ACT_NONE:
		assert(false);
	}
	if (seq)
		fifo_commit(&held->fifo, seq);
	host_scale_publish(held);
	if (held->state == HELD_ENDED) {
		score_add(host->options.score, SCORE_RUNS_ENDED, 1);
		if (held->cancel || cancel_asked)
			cancel_key_delete(host->link, held->run_id);
	}
	if (held->state == HELD_ENDED || held->state == HELD_PAUSED) {
		if (!held->publishing)
			over_if_done(held);
		return;
	}
	if (host_scale_leave_if_ready(held))
		return;
	if (held->answer_waits)
		people_look(host->desk, held);
	go_on(held, cancel_asked);
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
	row_pause_free(held->pause);
	held->pause = NULL;
	(void)snprintf(reason, sizeof(reason),
		       "the run could not be stored (SQLSTATE %.5s)",
		       outcome->sqlstate[0] ? outcome->sqlstate : "?????");
	if (held->waits) {
		/*
		 * it was the takeover: only the next one brings what an end comes behind
		 */
		mem_free(held->unusable);
		held->unusable = mem_dup(reason);
		journal_want(held->host->journal, held);
		return;
	}
	begin_failed(held, "internal", reason);
}

static const struct journal_ops journal_ops = {
	.stored = on_stored,
	.stale = on_stale,
	.refused = on_refused,
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

		if (strcmp(held->run_id, run_id) == 0)
			cancel(held);
	}
}

void host_scale_answered(struct host_scale *host, const char *run_id)
{
	list_for_each(node, &host->all) {
		struct held *held = list_entry(node, struct held, in_all);

		if (strcmp(held->run_id, run_id) == 0)
			people_look(host->desk, held);
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

		if (held->final || held->pause || held->leaving)
			continue;
		log_info("run.step_cut", LOG_S("run", held->run_id));
		forget_exec(held);
		held->leaving = true;
		(void)host_scale_leave_if_ready(held);
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
		(void)host_scale_leave_if_ready(held);
	}
}

/* ---- life ---- */

struct host_scale *host_scale_new(struct ev_loop *loop, struct pg_pool *pool,
				  struct redis_link *link, struct publisher *publisher,
				  const struct host_scale_options *options)
{
	struct host_scale *host = mem_new(struct host_scale);

	host->loop = loop;
	host->pool = pool;
	host->link = link;
	host->publisher = publisher;
	host->options = *options;
	list_init(&host->lazy);
	list_init(&host->all);
	host->journal =
		journal_new(loop, pool, options->commit_rows, options->incarnation,
			    options->worker_id, &journal_ops, host);
	host->engine = engine_new(&engine_side, host, options->limits, rng_u64());
	host->models = options->models;
	host->agents = agent_cache_new(loop, pool);
	host->said = said_new(loop, pool);
	host->inner = inner_source_new(loop, pool);
	models_set_permit(host->models, engine_side_may_send, host);
	toolbox_set_permit(host->options.toolbox, engine_side_may_act, host);
	gate_init(&host->gate, options->heartbeat_ttl_ms, options->queues);
	drive_start(&host->drive, loop, host->engine);
	host->desk = people_desk_new(loop, pool, options->incarnation);
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
		people_leave(host->desk, held);
		held_free(held);
	}
	people_desk_free(host->desk);
	drive_stop(&host->drive, host->loop);
	engine_free(host->engine);
	agent_cache_free(host->agents);
	said_free(host->said);
	inner_source_free(host->inner);
	ev_timer_stop(host->loop, &host->sweep);
	ev_timer_stop(host->loop, &host->leaf);
	mem_free(host);
}

/* ---- starts ---- */

static struct held *hold(struct host_scale *host, const struct host_scale_run *run)
{
	struct held *held = held_new(host, run->run_id, run->job_id, run->tenant,
				     run->wake, run->slot);

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
	held->asked.done = begin_behind;
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
	begin_fresh(held, run->message ? run->message : "", run->message_len, run->inputs,
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
	begin_failed(held, "job", reason);
}

size_t host_scale_count(const struct host_scale *host)
{
	return host->count;
}
