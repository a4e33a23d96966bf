/*
 * engine_side.c - what the engine asks of a scale host (engine/host.h)
 *
 * Called from inside a run's code, most of it: nothing here calls back into the engine
 * but for what only marks. Rows go to the journal, live events to the run's fifo, calls
 * of models to their provider, behind the gate.
 */
#include "host/host_scale_in.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "events/fifo.h"
#include "host/agent_cache.h"
#include "host/held.h"
#include "host/inner_source.h"
#include "host/journal.h"
#include "host/said.h"
#include "ipc/scoreboard.h"
#include "llm/models.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "tools/python_pool.h"
#include "tools/toolbox.h"

#include <string.h>

/*
 * Events of one run that wait for Redis or for their commit; then live ones are dropped.
 */
#define LIVE_BYTES_MAX ((size_t)64 * 1024)

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

size_t host_scale_step(const struct host_scale *host, char *buf, size_t size)
{
	const struct exec *inside = host->engine->inside;
	const struct definition_step *step = inside ? inside->step : NULL;
	size_t len = step ? strnlen(step->id, size) : 0;

	if (len)
		memcpy(buf, step->id, len);
	return len;
}

/* The row that a step ends with. */
static bool is_step(const struct engine_row *row)
{
	return row->kind == ROW_STEP || row->kind == ROW_ANSWER;
}

static void host_commit(void *ctx, struct exec *exec, struct engine_row *row,
			struct op *op)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;
	bool wait =
		held->state != HELD_LAZY || row->next_outside || held->takeover_wanted;

	held->event_seq += row->events_count;
	held->people.any |= row->wait != NULL;
	score_add(host->options.score, SCORE_STEPS, is_step(row));
	if (row->next_outside && held->state == HELD_LAZY)
		held->takeover_wanted = true;
	held_add_row(held, row, wait ? op : NULL, clock_wall_ms());
	if (!wait && op)
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
	if (held->turn) {
		struct str stamped = STR_INIT;

		chat_run_stamp(&stamped, held->turn, event, len);
		(void)fifo_add(&held->fifo, clock_wall_ms(), 0, str_text(&stamped),
			       stamped.len);
		str_deinit(&stamped);
	} else {
		(void)fifo_add(&held->fifo, clock_wall_ms(), 0, event, len);
	}
	host_scale_publish(held);
}

static void host_llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	struct host_scale *host = ctx;

	(void)exec;
	FAULT_OF("effect.begun", call->request.messages[call->request.count - 1].text);
	models_call(host->models, call);
}

static void host_code(void *ctx, struct exec *exec, struct code_call *call)
{
	struct host_scale *host = ctx;
	const struct held *held = exec->job;

	python_pool_call(host->options.python, held->tenant, call);
}

static void host_tool_find(void *ctx, struct exec *exec, struct tool_find *find)
{
	struct host_scale *host = ctx;

	(void)exec;
	toolbox_find(host->options.toolbox, find);
}

static void host_tool_list(void *ctx, struct exec *exec, struct tool_list *list)
{
	struct host_scale *host = ctx;

	(void)exec;
	toolbox_list(host->options.toolbox, list);
}

static void host_agent_find(void *ctx, struct exec *exec, struct agent_find *find)
{
	struct host_scale *host = ctx;

	(void)exec;
	agent_cache_find(host->agents, find);
}

static void host_history_find(void *ctx, struct exec *exec, struct history_find *find)
{
	struct host_scale *host = ctx;
	const struct held *held = exec->job;

	said_find(host->said,
		  &(struct said_ask){ .run_id = held->run_id,
				      .session_id = held->session,
				      .before = held->turn ? held->turn : INT64_MAX },
		  find);
}

static void host_agent_list(void *ctx, struct exec *exec, struct agent_list *list)
{
	struct host_scale *host = ctx;

	(void)exec;
	inner_source_list(host->inner, list);
}

static void host_definition_find(void *ctx, struct exec *exec,
				 struct definition_find *find)
{
	struct host_scale *host = ctx;

	(void)exec;
	inner_source_find(host->inner, find);
}

static void host_tool_use(void *ctx, struct exec *exec, struct tool_use *use)
{
	struct host_scale *host = ctx;

	(void)exec;
	FAULT_OF("effect.begun", use->request.arguments);
	toolbox_use(host->options.toolbox, use);
}

/*
 * The gate (host/gate.h), asked before anything of a call leaves; again until it opens.
 */
bool engine_side_may_act(void *ctx, struct exec *exec)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;
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

bool engine_side_may_send(void *ctx, struct llm_call *call)
{
	return engine_side_may_act(ctx, call->op.exec);
}

void host_scale_refreshed(struct host_scale *host, size_t queue, int64_t sent_mono_ms)
{
	gate_refreshed(&host->gate, queue, sent_mono_ms);
}

static void host_wait(void *ctx, struct exec *exec, struct human_wait *wait)
{
	struct host_scale *host = ctx;

	people_wait(host->desk, exec->job, wait);
}

static void host_pause(void *ctx, struct exec *exec, struct engine_pause *pause)
{
	struct host_scale *host = ctx;
	struct held *held = exec->job;

	held->pause = pause;
	journal_want(host->journal, held);
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
		score_add(host->options.score, SCORE_STEPS, final->row->kind == ROW_STEP);
		held_add_row(held, final->row, NULL, clock_wall_ms());
		final->row = NULL;
	}
	if (final->status == RUN_FAILED)
		score_add(host->options.score, SCORE_RUNS_FAILED, 1);
	score_add(host->options.score, SCORE_COST_MICROS,
		  (int64_t)(final->usage.cost_usd * 1e6));
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
	(void)host_scale_leave_if_ready(held);
}

const struct engine_host engine_side = {
	.wall_ms = host_wall_ms,
	.mono_ms = host_mono_ms,
	.enter = host_enter,
	.leave = host_leave,
	.commit = host_commit,
	.live = host_live,
	.llm = host_llm,
	.code = host_code,
	.tool_find = host_tool_find,
	.tool_use = host_tool_use,
	.wait = host_wait,
	.pause = host_pause,
	.tool_list = host_tool_list,
	.agent_find = host_agent_find,
	.history_find = host_history_find,
	.agent_list = host_agent_list,
	.definition_find = host_definition_find,
	.end = host_end,
	.parked = host_parked,
};
