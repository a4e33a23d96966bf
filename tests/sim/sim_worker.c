/*
 * sim_worker.c - a simulated worker: an engine, and its host in memory
 *
 * The protocol of host/ on a store that is a few structs: lazy runs, takeovers, guards,
 * hand-back, the gate. Journal rows and their events are kept by the real host/held.c.
 *
 * A worker that ends in the middle of its code cannot be unwound. It is doomed: nothing
 * that it does from there on reaches anybody, and it is taken apart when its code is
 * left.
 */
#include "sim_worker.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "events/fifo.h"
#include "host/held.h"
#include "run/definition.h"
#include "sim_commit.h"
#include "sim_net.h"
#include "sim_people.h"
#include "sim_resume.h"
#include "sim_side.h"
#include "sim_watch.h"
#include "sim_world.h"

#include <inttypes.h>
#include <string.h>

#define SLOTS      3
#define TTL_MS     8000
#define LAZY_MS    50
#define LEAF_MS    10000
#define RESTART_MS 300
#define REAP_MS    100
#define SWEEP_MS   2000
/* Bytes of a delta in the trace; a snapshot is what the reader looks for. */
#define SHOWN       80
#define SHOWN_WHOLE 2000

static void want(struct held *held);

static struct sim_job *job_of(const struct held *held)
{
	return held->slot;
}

/* ---- clocks ---- */

int64_t sim_worker_wall_ms(const struct sim_worker *worker)
{
	return 1780000000000 + worker->world->now_ms + worker->wall_off_ms;
}

int64_t sim_worker_mono_ms(const struct sim_worker *worker)
{
	return worker->mono_base_ms + worker->world->now_ms;
}

bool sim_worker_sleeps(const struct sim_worker *worker, int64_t *till_ms)
{
	*till_ms = worker->frozen_till_ms;
	return worker->frozen_till_ms > worker->world->now_ms;
}

void sim_worker_refresh(struct sim_worker *worker)
{
	if (worker->world->now_ms >= worker->in_touch_at_ms)
		gate_refreshed(&worker->gate, 0, sim_worker_mono_ms(worker) - 1);
}

/* ---- what the engine asks of it ---- */

static int64_t wall_ms(void *ctx)
{
	return sim_worker_wall_ms(ctx);
}

static int64_t mono_ms(void *ctx)
{
	return sim_worker_mono_ms(ctx);
}

static void enter(void *ctx, struct exec *exec)
{
	struct sim_worker *worker = ctx;

	if (worker->inside)
		sim_broken(worker->world, "a run's code is entered inside a run's code");
	worker->inside = exec;
	(void)sim_crash_point(worker, "run entered");
}

static void leave(void *ctx, struct exec *exec, size_t bytes)
{
	struct sim_worker *worker = ctx;

	(void)bytes;
	if (worker->inside != exec)
		sim_broken(worker->world, "a run's code is left that was not entered");
	worker->inside = NULL;
}

static void on_dead_commit(struct op *op)
{
	(void)op; /* of a doomed worker: nobody has it */
}

static void commit(void *ctx, struct exec *exec, struct engine_row *row, struct op *op)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;
	bool wait =
		held->state != HELD_LAZY || row->next_outside || held->takeover_wanted;
	bool step = row->kind != ROW_TURN && row->kind != ROW_WAIT;

	if (sim_crash_point(worker, "row not handed out")) {
		if (op)
			op->abandon = on_dead_commit;
		row_free(row);
		return;
	}
	sim_watch_handed(worker, held, row);
	sim_say(worker->world, "%s: #%d hands out %s %s/%d, events %" PRIu64 "+%zu %.*s",
		held->run_id, worker->incarnation, row_kind_name(row->kind), row->path,
		row->execution, row->first_seq, row->events_count,
		row->kind == ROW_SNAPSHOT ? SHOWN_WHOLE : SHOWN,
		row->delta.len ? str_text(&row->delta) : "");
	held->event_seq += row->events_count;
	if (row->next_outside && held->state == HELD_LAZY)
		held->takeover_wanted = true;
	held_add_row(held, row, wait ? op : NULL, sim_worker_wall_ms(worker));
	if (op && step)
		sim_watch_commit(worker, held, exec, op);
	if (!wait && op)
		op_done(op);
	want(held);
	(void)sim_crash_point(worker, "row handed out");
}

static void live(void *ctx, struct exec *exec, const char *event, size_t len)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;

	if (len > worker->world->plan.limits.event_max)
		sim_broken(worker->world, "a live event of %zu bytes", len);
	(void)fifo_add(&held->fifo, sim_worker_wall_ms(worker), 0, event, len);
}

static void llm(void *ctx, struct exec *exec, struct llm_call *call)
{
	sim_net_call(ctx, exec->job, call);
}

static void end(void *ctx, struct exec *exec, struct engine_final *final)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;

	held->exec = NULL;
	if (sim_crash_point(worker, "end not handed out")) {
		row_final_free(final);
		exec_free(exec);
		return;
	}
	if (held->final)
		sim_broken(worker->world, "%s: its end is handed out twice",
			   held->run_id);
	held->final = final;
	sim_watch_final(worker, held, final);
	held->event_seq += final->row->events_count;
	held_add_row(held, final->row, NULL, sim_worker_wall_ms(worker));
	final->row = NULL;
	sim_watch_commit(worker, held, exec, NULL);
	exec_free(exec);
	want(held);
	(void)sim_crash_point(worker, "end handed out");
}

static void pause_run(void *ctx, struct exec *exec, struct engine_pause *pause)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;

	if (worker->life == SIM_DRAINING)
		sim_broken(worker->world, "%s pauses and its worker drains",
			   held->run_id);
	if (held->pause)
		sim_broken(worker->world, "%s pauses twice", held->run_id);
	held->pause = pause;
	if (sim_crash_point(worker, "pause not handed out"))
		return;
	sim_say(worker->world, "%s: #%d wants to park it", held->run_id,
		worker->incarnation);
	want(held);
}

static bool leave_if_ready(struct held *held);

static void parked(void *ctx, struct exec *exec)
{
	struct sim_worker *worker = ctx;
	struct held *held = exec->job;
	struct sim_job *job = held->slot;

	if (worker->life != SIM_DRAINING)
		sim_broken(worker->world, "%s is parked and nothing drains",
			   held->run_id);
	if (job->parked)
		sim_broken(worker->world, "%s is parked twice", held->run_id);
	job->parked = true;
	held->leaving = true;
	held->exec = NULL;
	exec_free(exec);
	/* what it takes apart is looked at when the run's code is left */
}

static const struct engine_host functions = {
	.wall_ms = wall_ms,
	.mono_ms = mono_ms,
	.enter = enter,
	.leave = leave,
	.commit = commit,
	.live = live,
	.llm = llm,
	.code = sim_side_code,
	.tool_find = sim_side_tool,
	.tool_use = sim_side_use,
	.agent_find = sim_side_agent,
	.agent_list = sim_side_agents,
	.definition_find = sim_side_orchestration,
	.tool_list = sim_side_tools,
	.wait = sim_people_wait,
	.pause = pause_run,
	.end = end,
	.parked = parked,
};

/* ---- runs held ---- */

static struct sim_worker *worker_of(const struct held *held)
{
	return job_of(held)->worker;
}

static void want(struct held *held)
{
	sim_commit_want(worker_of(held), held);
}

static void forget_exec(struct held *held)
{
	struct exec *exec = held->exec;

	held->exec = NULL;
	exec_free(exec);
}

static void release(struct held *held)
{
	struct sim_worker *worker = worker_of(held);

	forget_exec(held);
	list_for_each(node, &worker->calls)
		if (sim_net_call_is_of(node, held))
			sim_broken(worker->world, "%s: a call is left in flight",
				   held->run_id);
	list_for_each(node, &worker->sides)
		if (sim_side_is_of(node, held))
			sim_broken(worker->world, "%s: an act is left in flight",
				   held->run_id);
	if (!list_empty(&job_of(held)->waits))
		sim_broken(worker->world, "%s: a wait is left", held->run_id);
	sim_people_deinit(held->slot);
	list_remove(&held->in_all);
	mem_free(held->slot);
	held_free(held);
}

/* Its entry, and not that of a later wake, is still here. */
static bool has_entry(struct held *held)
{
	const struct sim_run *run = job_of(held)->run;

	return run->entry == SIM_HELD && run->holder == worker_of(held)->incarnation &&
	       run->entry_wake == held->wake;
}

void sim_worker_put_back(struct sim_world *world, struct sim_run *run, int from)
{
	int i;

	run->entry = SIM_READY;
	run->holder = 0;
	run->from = from;
	for (i = 0; i < world->plan.workers; i++)
		sim_worker_bell(world->workers[i]);
}

static bool leave_if_ready(struct held *held)
{
	struct sim_worker *worker = worker_of(held);
	struct sim_run *run = job_of(held)->run;
	bool owned = held->state == HELD_OWNED;

	if (!held->leaving || held->final || held->queued || held->act != HELD_ACT_NONE ||
	    (owned && !list_empty(&held->rows)))
		return false;
	sim_say(worker->world, "%s: #%d hands it back", held->run_id,
		worker->incarnation);
	if (has_entry(held))
		sim_worker_put_back(worker->world, run, owned ? worker->incarnation : 0);
	release(held);
	return true;
}

static void leave_all_ready(struct sim_worker *worker)
{
	list_for_each_safe(node, &worker->helds)
		(void)leave_if_ready(list_entry(node, struct held, in_all));
}

static struct exec_start start_of(struct held *held)
{
	struct sim_run *run = job_of(held)->run;

	return (struct exec_start){
		.run_id = run->run_id,
		.worker_id = "w",
		.definition = run->definition,
		.message = run->message,
		.message_len = strlen(run->message),
		.inputs = run->inputs,
		.inputs_len = strlen(run->inputs),
		.epoch = held->epoch ? (uint64_t)held->epoch : 1,
		.job = held,
	};
}

static void begin(struct held *held, size_t past)
{
	struct sim_worker *worker = worker_of(held);
	struct sim_job *job = job_of(held);
	const struct sim_run *run = job->run;
	const struct exec_start start = start_of(held);

	if (sim_crash_point(worker, "run not begun"))
		return;
	job->limit_mono_ms =
		sim_worker_mono_ms(worker) +
		(run->definition->timeout_ms ? run->definition->timeout_ms
					     : worker->world->plan.limits.run_timeout_ms);
	if (past)
		held->exec = sim_resume(worker, held, &start, past);
	else
		held->exec = exec_new(worker->engine, &start);
	if (held->cancel)
		exec_cancel(held->exec);
	sim_worker_wake(worker);
	(void)sim_crash_point(worker, "run begun");
}

/* Its takeover is refused, or its rows are: whose it is says the store. */
static void lost(struct held *held)
{
	struct sim_worker *worker = worker_of(held);
	struct sim_world *world = worker->world;
	struct sim_job *job = held->slot;
	struct sim_run *run = job->run;
	bool mine = has_entry(held);

	sim_say(world, "%s: #%d has lost it", held->run_id, worker->incarnation);
	held->state = HELD_STALE;
	if (mine && (sim_run_ended(run) || run->status == SIM_PAUSED))
		run->entry = SIM_GONE;
	else if (mine)
		sim_worker_put_back(world, run, run->owner);
	release(held);
}

/* As host_scale.c has it: a lazy run that others had is taken over once more. */
static void start_over(struct held *held)
{
	forget_exec(held);
	held_rows_free(&held->flying);
	held_rows_free(&held->rows);
	row_final_free(held->final);
	held->final = NULL;
	held->seq = 0;
	held->event_seq = 0;
	held->state = HELD_LAZY;
	held->resumes = held->waits = held->takeover_wanted = true;
	want(held);
}

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

static void publish(struct held *held, uint32_t seq)
{
	struct list entries;

	list_init(&entries);
	if (seq)
		fifo_commit(&held->fifo, seq);
	(void)fifo_take_free(&held->fifo, &entries);
	fifo_entries_free(&entries);
}

static void taken_over(struct held *held, size_t past)
{
	struct sim_worker *worker = worker_of(held);

	held->state = HELD_OWNED;
	if (!held->waits)
		return;
	held->waits = false;
	if (worker->life == SIM_DRAINING)
		held->leaving = true;
	else
		begin(held, past);
}

static void over(struct held *held)
{
	struct sim_worker *worker = worker_of(held);
	struct sim_run *run = job_of(held)->run;

	if (has_entry(held))
		run->entry = SIM_GONE;
	sim_say(worker->world, "%s: #%d is done with it", held->run_id,
		worker->incarnation);
	release(held);
}

/* As host_scale.c has it: what the run stood still for is told first. */
static void drop_pause(struct held *held)
{
	row_pause_free(held->pause);
	held->pause = NULL;
	if (held->exec)
		exec_unpause(held->exec);
	sim_worker_wake(worker_of(held));
}

static void cancel(struct held *held)
{
	held->cancel = true;
	if (held->pause && held->act != HELD_ACT_PAUSE)
		drop_pause(held);
	if (held->exec)
		exec_cancel(held->exec);
}

static void not_parked(struct sim_worker *worker, struct held *held, bool cancel_asked)
{
	held_drop_rows(held);
	drop_pause(held);
	sim_people_look(worker, held);
	if (leave_if_ready(held))
		return;
	if (cancel_asked)
		cancel(held);
	want(held);
}

void sim_worker_stored(struct sim_worker *worker, struct sim_unit *unit)
{
	struct held *held = unit->held;
	enum held_act act = held->act;
	uint32_t seq;

	held->queued = false;
	if (!unit->in) {
		lost(held);
		return;
	}
	held->act = HELD_ACT_NONE;
	held->guarded_mono_ms = held->built_mono_ms;
	if (act == HELD_ACT_TAKEOVER) {
		held->epoch = unit->taken_epoch;
		held->again = !held->waits && held->epoch != 1;
		if (held->again) {
			start_over(held);
			return;
		}
	}
	if (act == HELD_ACT_PAUSE && !unit->parked) {
		not_parked(worker, held, unit->cancel);
		return;
	}
	held->cancel = held->cancel || unit->cancel;
	seq = complete_ops(held);
	held_rows_free(&held->flying);
	publish(held, seq);
	if (act == HELD_ACT_TAKEOVER) {
		sim_people_learn(job_of(held), unit->questions, unit->questions_count);
		taken_over(held, unit->past);
	}
	if (act == HELD_ACT_LAZY_END || act == HELD_ACT_END || act == HELD_ACT_PAUSE) {
		held->state = act == HELD_ACT_PAUSE ? HELD_PAUSED : HELD_ENDED;
		over(held);
		return;
	}
	if (worker->doomed)
		return;
	sim_net_again(worker, held);
	sim_side_again(worker, held);
	if (worker->doomed || leave_if_ready(held))
		return;
	if (unit->answered)
		sim_people_look(worker, held);
	if (held->cancel)
		cancel(held);
	want(held);
}

void sim_worker_cancel(struct sim_worker *worker, const struct sim_run *run)
{
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (job_of(held)->run != run)
			continue;
		cancel(held);
		sim_worker_wake(worker);
	}
}

/* ---- the loop ---- */

static void on_turn(struct sim_world *world, void *arg, int64_t n);

static void arm(struct sim_worker *worker, int64_t next_ms)
{
	struct sim_world *world = worker->world;

	if (next_ms < 0 || (worker->pump_at_ms > world->now_ms &&
			    worker->pump_at_ms <= world->now_ms + next_ms))
		return;
	worker->pump_at_ms = world->now_ms + next_ms;
	sim_after(world, next_ms, on_turn, worker, worker->incarnation);
}

static void turn(struct sim_worker *worker)
{
	int64_t next_ms;

	worker->pump_due = false;
	next_ms = engine_pump(worker->engine);
	if (worker->doomed)
		return;
	leave_all_ready(worker);
	sim_commit_flush(worker);
	if (worker->doomed)
		return;
	if (next_ms == 0)
		sim_worker_wake(worker);
	else
		arm(worker, next_ms);
	if (worker->life == SIM_DRAINING && list_empty(&worker->helds))
		sim_worker_end(worker, "has drained");
}

static void on_turn(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;
	int64_t till_ms;

	if (worker->life == SIM_DOWN || worker->incarnation != n)
		return;
	if (sim_worker_sleeps(worker, &till_ms))
		sim_after(world, till_ms - world->now_ms, on_turn, worker, n);
	else
		turn(worker);
}

void sim_worker_wake(struct sim_worker *worker)
{
	if (worker->pump_due || worker->life == SIM_DOWN)
		return;
	worker->pump_due = true;
	sim_after(worker->world, sim_any(worker->world, 2), on_turn, worker,
		  worker->incarnation);
}

/* ---- claims ---- */

static int count_helds(const struct sim_worker *worker)
{
	int n = 0;

	list_for_each(node, &worker->helds)
		n++;
	return n;
}

static void on_lazy_old(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;

	(void)world;
	if (worker->life == SIM_DOWN || worker->incarnation != n)
		return;
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (held->state != HELD_LAZY || held->takeover_wanted ||
		    sim_worker_mono_ms(worker) - held->claimed_mono_ms < LAZY_MS)
			continue;
		held->takeover_wanted = true;
		want(held);
		sim_worker_wake(worker);
	}
}

static void hold(struct sim_worker *worker, struct sim_run *run)
{
	struct sim_world *world = worker->world;
	struct sim_job *job = mem_new(struct sim_job);
	struct held *held =
		held_new(NULL, run->run_id, run->run_id, "default", run->wake, job);

	job->worker = worker;
	job->run = run;
	job->from = run->from;
	job->serial = ++world->jobs;
	sim_people_init(job);
	held->claimed_mono_ms = sim_worker_mono_ms(worker);
	held->resumes = run->from != 0 || run->epoch > 0;
	list_push(&worker->helds, &held->in_all);
	sim_worker_wake(worker);
	if (sim_crash_point(worker, "run claimed"))
		return;
	/* sometimes its input is not in the entry, and the takeover brings it */
	if (held->resumes || sim_any(world, 8) == 0) {
		held->waits = held->takeover_wanted = true;
		want(held);
	} else {
		sim_after(world, LAZY_MS + sim_any(world, 50), on_lazy_old, worker,
			  worker->incarnation);
		begin(held, 0);
	}
}

static void claim(struct sim_worker *worker, struct sim_run *run)
{
	bool here = false;

	sim_say(worker->world, "%s: #%d claims it, off #%d", run->run_id,
		worker->incarnation, run->from);
	run->entry = SIM_HELD;
	run->holder = worker->incarnation;
	/* it was given up and has not noticed: then it goes on with what it has */
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (job_of(held)->run == run && held->wake == run->wake)
			here = true;
	}
	if (!here)
		hold(worker, run);
	run->from = 0;
}

static void on_bell(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;
	int at = (int)sim_any(world, world->plan.runs), i;
	int64_t till_ms;

	if (worker->incarnation != n || worker->life != SIM_UP)
		return;
	if (sim_worker_sleeps(worker, &till_ms)) {
		sim_after(world, till_ms - world->now_ms, on_bell, worker, n);
		return;
	}
	for (i = 0; i < world->plan.runs; i++) {
		struct sim_run *run = &world->runs[(at + i) % world->plan.runs];

		if (run->entry != SIM_READY)
			continue;
		if (count_helds(worker) < SLOTS)
			claim(worker, run);
		if (!worker->doomed)
			sim_worker_bell(worker);
		return;
	}
}

void sim_worker_bell(struct sim_worker *worker)
{
	if (worker->life == SIM_UP)
		sim_after(worker->world, 1 + sim_latency(worker->world, 20), on_bell,
			  worker, worker->incarnation);
}

/* ---- life ---- */

static void on_start(struct sim_world *world, void *arg, int64_t n)
{
	(void)world;
	(void)n;
	sim_worker_start(arg);
}

/* What the dead held goes back. n: who died. */
static void on_requeue(struct sim_world *world, void *arg, int64_t n)
{
	int i;

	(void)arg;
	for (i = 0; i < world->plan.runs; i++) {
		struct sim_run *run = &world->runs[i];

		if (run->entry != SIM_HELD || run->holder != n)
			continue;
		sim_say(world, "%s: taken off #%" PRId64, run->run_id, n);
		sim_worker_put_back(world, run, (int)n);
	}
}

struct sim_worker *sim_worker_new(struct sim_world *world, int slot)
{
	struct sim_worker *worker = mem_new(struct sim_worker);

	worker->world = world;
	worker->slot = slot;
	list_init(&worker->helds);
	list_init(&worker->calls);
	list_init(&worker->sides);
	return worker;
}

void sim_worker_start(struct sim_worker *worker)
{
	struct sim_world *world = worker->world;

	worker->incarnation = ++world->incarnations;
	worker->life = SIM_UP;
	worker->doomed = false;
	worker->frozen_till_ms = 0;
	worker->in_touch_at_ms = 0;
	worker->mono_base_ms = 100000 + sim_any(world, 1000000);
	worker->pump_due = false;
	worker->pump_at_ms = 0;
	worker->looks = false;
	gate_init(&worker->gate, TTL_MS, 1);
	worker->engine = engine_new(&functions, worker, &world->plan.limits,
				    (uint64_t)sim_any(world, 1000000000));
	sim_say(world, "#%d starts in slot %d", worker->incarnation, worker->slot);
	sim_worker_bell(worker);
}

/* All that a process has goes with it. */
static void take_apart(struct sim_worker *worker)
{
	sim_commit_orphan(worker);
	while (!list_empty(&worker->helds))
		release(list_entry(worker->helds.next, struct held, in_all));
	if (!list_empty(&worker->calls) || !list_empty(&worker->sides))
		sim_broken(worker->world, "a call is left of no run");
	if (worker->engine->runs || worker->engine->timers.count)
		sim_broken(worker->world, "%zu runs, %zu timers are left",
			   worker->engine->runs, worker->engine->timers.count);
	engine_free(worker->engine);
	worker->engine = NULL;
	worker->life = SIM_DOWN;
	worker->inside = NULL;
}

void sim_worker_end(struct sim_worker *worker, const char *why)
{
	struct sim_world *world = worker->world;

	sim_say(world, "#%d %s", worker->incarnation, why);
	take_apart(worker);
	sim_after(world, sim_latency(world, REAP_MS), on_requeue, worker,
		  worker->incarnation);
	sim_after(world, sim_latency(world, RESTART_MS), on_start, worker, 0);
}

void sim_worker_free(struct sim_worker *worker)
{
	if (!worker)
		return;
	if (worker->life != SIM_DOWN)
		take_apart(worker);
	mem_free(worker);
}

/* The sweeps of the others: dead is who is silent for a life of its key and longer. */
static void on_missed(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;
	int64_t till_ms;

	if (worker->incarnation != n || worker->life == SIM_DOWN ||
	    !sim_worker_sleeps(worker, &till_ms))
		return;
	sim_say(world, "#%d is given up", worker->incarnation);
	on_requeue(world, worker, n);
}

static void on_thaw(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;

	(void)world;
	if (worker->incarnation != n || worker->life == SIM_DOWN)
		return;
	sim_worker_refresh(worker);
	list_for_each(node, &worker->helds) {
		sim_net_again(worker, list_entry(node, struct held, in_all));
		sim_side_again(worker, list_entry(node, struct held, in_all));
	}
	sim_worker_wake(worker);
}

void sim_worker_freeze(struct sim_worker *worker, int64_t ms)
{
	struct sim_world *world = worker->world;

	if (worker->life == SIM_DOWN || worker->frozen_till_ms > world->now_ms)
		return;
	sim_say(world, "#%d stands still for %" PRId64 " ms", worker->incarnation, ms);
	sim_worker_refresh(worker);
	worker->frozen_till_ms = world->now_ms + ms;
	worker->in_touch_at_ms = worker->frozen_till_ms + 1 + sim_any(world, 500);
	sim_after(world, TTL_MS + SWEEP_MS + sim_any(world, SWEEP_MS), on_missed, worker,
		  worker->incarnation);
	sim_after(world, worker->in_touch_at_ms - world->now_ms, on_thaw, worker,
		  worker->incarnation);
}

/* What is still in flight was given its time. */
static void on_leaf(struct sim_world *world, void *arg, int64_t n)
{
	struct sim_worker *worker = arg;
	int64_t till_ms;

	if (worker->incarnation != n || worker->life != SIM_DRAINING)
		return;
	if (sim_worker_sleeps(worker, &till_ms)) {
		sim_after(world, till_ms - world->now_ms, on_leaf, worker, n);
		return;
	}
	list_for_each_safe(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (held->final || held->pause || held->leaving)
			continue;
		sim_say(world, "%s: #%d cuts it", held->run_id, worker->incarnation);
		forget_exec(held);
		held->leaving = true;
	}
	sim_worker_wake(worker);
}

void sim_worker_drain(struct sim_worker *worker)
{
	struct sim_world *world = worker->world;

	if (worker->life != SIM_UP || worker->frozen_till_ms > world->now_ms)
		return;
	sim_say(world, "#%d drains", worker->incarnation);
	world->counts->drains++;
	worker->life = SIM_DRAINING;
	engine_drain(worker->engine);
	list_for_each(node, &worker->helds) {
		struct held *held = list_entry(node, struct held, in_all);

		if (!held->exec && !held->final)
			held->leaving = true;
	}
	sim_after(world, 1 + sim_any(world, LEAF_MS), on_leaf, worker,
		  worker->incarnation);
	sim_worker_wake(worker);
}
