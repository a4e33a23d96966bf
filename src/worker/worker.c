/*
 * worker.c - the child that claims jobs and executes runs: wiring
 *
 *	intake (worker/)  entries of the queue: claimed, started, finished
 *	host (host/)      what Postgres and Redis make of what a run does
 *	engine (engine/)  executes
 *	tools (tools/)    programs that work for runs, behind the spawn gate
 *
 * Order of a loop turn, by the priority of the prepare watchers: the engine pumps, then
 * the intake calls, then the links write all of it in one go.
 */
#include "worker/worker.h"

#include "base/fdutil.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "child/boxes.h"
#include "child/face.h"
#include "child/stores.h"
#include "conf/conf.h"
#include "events/publish.h"
#include "host/host_scale.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "ipc/stack.h"
#include "run/model.h"
#include "tools/python_pool.h"
#include "tools/spawn_gate.h"
#include "tools/toolbox.h"
#include "worker/errands.h"
#include "worker/intake.h"
#include "worker/lane.h"

#include <malloc.h>

#define REST_SEC 2.
#define PG_LINKS 2 /* unless it is said: two commits in flight */

struct worker {
	struct child_env *env;
	struct ev_loop *loop;
	struct lifeline lifeline;
	struct face face;
	struct stores stores;
	struct publisher *publisher;
	struct spawn_gate *gate;
	struct boxes boxes;
	struct host_scale *host;
	struct errands *errands;
	struct intake *intake;
	struct lane lane;      /* quarantine only */
	ev_timer rest;         /* see on_rest */
	int64_t rest_jobs;     /* claimed when memory was given back last */
	int64_t rest_jobs_now; /* claimed when the timer fired last */
};

static void on_redis(void *arg, bool up)
{
	struct worker *worker = arg;

	if (!up)
		return;
	publisher_link_up(worker->publisher);
	intake_redis_up(worker->intake);
	intake_link_up(worker->intake);
}

static void on_pg(void *arg, bool up)
{
	struct worker *worker = arg;

	if (up)
		intake_link_up(worker->intake);
}

static void on_both(void *arg)
{
	struct worker *worker = arg;

	lifeline_ready(&worker->lifeline);
}

static void on_drained(void *arg)
{
	struct worker *worker = arg;

	log_info("worker.drained", LOG_N("runs", host_scale_count(worker->host)));
	ev_break(worker->loop, EVBREAK_ALL);
}

static void on_drain(void *arg, const char *reason, int64_t deadline_mono_ms)
{
	struct worker *worker = arg;

	(void)deadline_mono_ms; /* the master keeps it */
	log_info("worker.draining", LOG_S("reason", reason),
		 LOG_N("runs", host_scale_count(worker->host)));
	intake_drain(worker->intake, on_drained, worker);
	host_scale_drain(worker->host, worker->env->conf->drain.leaf_ms);
}

/*
 * As in a drain, and with the same bounds; then the process leaves, and the master starts
 * another one when there are more suspects: what a suspect may have left behind in this
 * one is not for the next.
 */
static void on_lived(void *arg)
{
	struct worker *worker = arg;

	if (intake_jobs(worker->intake) && !lifeline_draining(&worker->lifeline))
		on_drain(worker, "lived_in_quarantine", 0);
}

/* Nothing can be started here any more: another child does better. */
static void on_gate_lost(void *arg)
{
	struct worker *worker = arg;

	python_pool_gate_lost(worker->boxes.python);
	if (!lifeline_draining(&worker->lifeline))
		on_drain(worker, "spawn_lost", 0);
}

static void on_quiet(void *arg)
{
	struct worker *worker = arg;

	log_info("worker.quiet", LOG_N("runs", host_scale_count(worker->host)));
	intake_quiet(worker->intake);
}

/*
 * A burst leaves megabytes of free memory in between what is still used, which malloc
 * keeps for the next one. A child that has claimed nothing for a period gives it back,
 * once.
 */
static void on_rest(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct worker *worker = w->data;
	int64_t jobs = score_get(worker->env->score, SCORE_JOBS_CLAIMED);
	bool resting = jobs == worker->rest_jobs_now && !host_scale_count(worker->host);

	(void)loop;
	(void)revents;
	worker->rest_jobs_now = jobs;
	if (!resting || jobs == worker->rest_jobs)
		return;
	worker->rest_jobs = jobs;
	(void)malloc_trim(0); /* whether there was anything is all the same */
}

static void on_memory_gone(void *arg, size_t size)
{
	host_scale_memory_gone(arg, size);
}

static size_t on_step_wanted(void *arg, char *buf, size_t size)
{
	return host_scale_step(arg, buf, size);
}

static const struct lifeline_ops lifeline_ops = {
	.on_drain = on_drain,
	.on_quiet = on_quiet,
};

static int make_boxes(struct worker *worker, struct err *err)
{
	const struct toolbox_options tools = { .pool = worker->stores.pool };
	const struct boxes_parts parts = {
		.loop = worker->loop,
		.conf = worker->env->conf,
		.gate = worker->gate,
		.score = worker->env->score,
		.tools = &tools,
	};
	int rc = boxes_open(&worker->boxes, &parts, err);

	if (rc == 0)
		spawn_gate_watch(worker->gate, worker->loop, on_gate_lost, worker);
	return rc;
}

static int worker_init(struct worker *worker, struct err *err)
{
	const struct conf *conf = worker->env->conf;
	const struct stores_options stores_options = {
		.loop = worker->loop,
		.env = worker->env,
		.kind = "worker",
		.connections = conf->postgres.connections
				       ? (int)conf->postgres.connections
				       : PG_LINKS,
		.redis = on_redis,
		.pg = on_pg,
		.both = on_both,
		.arg = worker,
	};
	struct intake_options intake_options;
	struct host_scale_options host_options;
	int rc;

	model_set_default(conf->llm.model);
	rc = stores_open(&worker->stores, &stores_options, err);
	if (rc < 0)
		return rc;
	worker->publisher =
		publisher_new(worker->loop, worker->stores.link, conf->events.ttl_ms);
	worker->errands = errands_new(worker->loop, worker->env);
	if (worker->env->quarantine)
		lane_init(&worker->lane, worker->loop, worker->env->score,
			  conf->queue.quarantine_time_ms, on_lived, worker);
	intake_options = (struct intake_options){
		.loop = worker->loop,
		.env = worker->env,
		.lifeline = &worker->lifeline,
		.lane = worker->env->quarantine ? &worker->lane : NULL,
		.link = worker->stores.link,
		.link_conf = &worker->stores.link_conf,
		.scripts = worker->stores.scripts,
		.pool = worker->stores.pool,
		.publisher = worker->publisher,
		.errands = worker->errands,
	};
	rc = intake_new(&intake_options, &worker->intake, err);
	if (rc < 0)
		return rc;
	rc = make_boxes(worker, err);
	if (rc < 0)
		return rc;
	host_options = (struct host_scale_options){
		.incarnation = worker->env->incarnation,
		.worker_id = worker->env->row_name,
		.commit_rows = (size_t)conf->postgres.commit_rows,
		.limits = &worker->boxes.limits,
		.models = worker->boxes.models,
		.python = worker->boxes.python,
		.toolbox = worker->boxes.toolbox,
		.heartbeat_ttl_ms = conf->queue.heartbeat_ttl_ms,
		.queues = conf->queue.names.count,
		.score = worker->env->score,
		.got_on = intake_run_got_on,
		.over = intake_run_over,
		.arg = worker->intake,
	};
	worker->host =
		host_scale_new(worker->loop, worker->stores.pool, worker->stores.link,
			       worker->publisher, &host_options);
	intake_set_host(worker->intake, worker->host);
	mem_on_gone(on_memory_gone, worker->host);
	stack_on_step(on_step_wanted, worker->host);
	score_set(worker->env->score, SCORE_MAX_RUNS,
		  worker->env->quarantine ? SCORE_RECENT_CELLS : conf->worker.slots);
	ev_timer_init(&worker->rest, on_rest, REST_SEC, REST_SEC);
	worker->rest.data = worker;
	ev_timer_start(worker->loop, &worker->rest);
	return 0;
}

/* Against the flow: what is under way is called back by the link and the pool that it is
 * under way in, so those go before what they call. */
static void worker_deinit(struct worker *worker)
{
	mem_on_gone(NULL, NULL);
	stack_on_step(NULL, NULL);
	host_scale_free(worker->host);
	boxes_close(&worker->boxes);
	stores_close(&worker->stores);
	boxes_close_tools(&worker->boxes);
	intake_free(worker->intake);
	errands_free(worker->errands);
	publisher_free(worker->publisher);
	face_stop(&worker->face);
	lifeline_deinit(&worker->lifeline);
	lane_deinit(&worker->lane);
	ev_timer_stop(worker->loop, &worker->rest);
	spawn_gate_close(worker->gate);
	ev_loop_destroy(worker->loop);
}

int worker_enter(struct child_env *env)
{
	struct worker worker = { .env = env };
	struct err err;
	int code;

	if (spawn_gate_open(&worker.gate, &err) < 0) { /* before anything is opened */
		log_error("worker.cannot_start", LOG_S("error", err.text));
		return EXIT_CODE_CHILD_SETUP;
	}
	fdutil_raise_limit(); /* a run that waits for a model is a socket */
	worker.loop = ev_loop_new(EVFLAG_AUTO);
	if (!worker.loop) {
		spawn_gate_close(worker.gate);
		return EXIT_CODE_CHILD_SETUP;
	}
	if (worker_init(&worker, &err) < 0) {
		log_error("worker.cannot_start", LOG_S("error", err.text));
		worker_deinit(&worker);
		return EXIT_CODE_CHILD_CONFIG;
	}
	lifeline_init(&worker.lifeline, worker.loop, env, &lifeline_ops, &worker);
	face_start(&worker.face, worker.loop, env, SCORE_ACTIVE_RUNS, "run");
	ev_run(worker.loop, 0);
	code = lifeline_exit_code(&worker.lifeline);
	worker_deinit(&worker);
	return code;
}
