/*
 * python_pool.c - the Python helpers of a worker, and who is served by which
 *
 * A helper is fresh (nobody's code was in it) or one tenant's until it ends. Making one
 * costs as much as some ten short calls, so a helper goes on with its own tenant's
 * calls, and ends for another's sake when that one has no helper at all and it has had
 * a turn of TURN_MS, or when it has been idle for SPARE_MS while others could use one
 * more.
 *
 *   walls   UNKNOWN -> TRYING -> GOOD, or BAD until RETRY_MS have passed
 *
 * The first helper is the probe: it says hello when its walls hold (python/helper.py),
 * and is then used as any other. As root it is tried as nobody first, and as root where
 * the host lets only root make namespaces. Nothing is ever executed while the walls are
 * not good; what waits then fails and says why.
 *
 * A helper ends by SIGKILL: at a deadline or a cancel (the engine abandons the call),
 * when something of the code stayed in it, when it grew, is old, idle or in another
 * tenant's way. Its place is free when it was reaped.
 */
#include "tools/python_pool.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "ipc/scoreboard.h"
#include "tools/python_helper.h"
#include "tools/python_queue.h"
#include "tools/python_text.h"
#include "tools/sandbox.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#define START_MS     30000 /* what a helper's start may take on a busy machine */
#define RETRY_MS     30000 /* between two tries of walls that do not stand */
#define AGAIN_SEC    0.5   /* between two tries to start one more helper */
#define FAILURES_MAX 5     /* of them in a row: then the walls count as bad */
#define IDLE_MS      60000
#define TIDY_SEC     2.
#define TURN_MS      250
#define SPARE_MS     500

enum walls {
	WALLS_UNKNOWN,
	WALLS_TRYING,
	WALLS_GOOD,
	WALLS_BAD,
};

struct python_pool {
	struct python_pool_options options;
	struct sandbox sandbox;
	bool sandbox_made;
	uint32_t uid; /* of helpers */
	enum walls walls;
	char *why; /* owned: bad walls */
	int64_t bad_mono_ms;
	int failures;        /* starts in a row that came to nothing */
	struct list helpers; /* struct python_helper, the one used last at the end */
	size_t count;
	struct python_queue queue; /* of struct waiter */
	ev_timer probe;
	ev_timer again; /* active: nothing is started before */
	ev_timer tidy;
	bool lost; /* the spawn gate */
};

/* A call from python_pool_call() to op_done() or its abandon. */
struct waiter {
	struct list node; /* in the queue; in no list while a helper has it */
	struct python_pool *pool;
	struct code_call *call;
	struct python_helper *helper; /* NULL: waits */
	struct python_tenant *tenant; /* while it waits */
};

static void dispatch(struct python_pool *pool);

/* ---- what is shown ---- */

static void show(struct python_pool *pool, const char *format, const char *text)
{
	struct str say = STR_INIT;

	str_printf(&say, "%s%s", format, text);
	score_text_set(&pool->options.score->sandbox, str_text(&say));
	str_deinit(&say);
}

static void count(struct python_pool *pool)
{
	score_set(pool->options.score, SCORE_PYTHON_HELPERS, (int64_t)pool->count);
	score_set(pool->options.score, SCORE_PYTHON_WAITING, (int64_t)pool->queue.count);
}

/* What code printed helps its author, so it is a line of the log, cut and
 * rate-limited. */
static void tell_printed(const struct python_helper *helper, const struct code_call *call)
{
	if (helper->printed_bytes == 0)
		return;
	log_info("python.printed", LOG_S("run", call->op.exec->run_id),
		 LOG_S("step", call->step_id), LOG_N("bytes", helper->printed_bytes),
		 LOG_S("text", str_text(&helper->printed)));
}

/* ---- calls ---- */

static void waiter_free(struct waiter *waiter)
{
	if (list_linked(&waiter->node))
		python_queue_remove(&waiter->pool->queue, waiter->tenant, &waiter->node);
	mem_free(waiter);
}

static void on_abandon(struct op *op)
{
	struct waiter *waiter = op->server;
	struct python_pool *pool = waiter->pool;

	if (waiter->helper) {
		waiter->helper->call = NULL;
		python_helper_kill(waiter->helper, "its call was abandoned");
	}
	waiter_free(waiter);
	count(pool);
}

static void fail(struct code_call *call, enum fail_class class, const char *before,
		 const char *text)
{
	struct str say = STR_INIT;

	str_printf(&say, "%s%s", before, text);
	call->answer.class = class;
	utf8_clean(&call->answer.text, say.data, say.len);
	str_deinit(&say);
	op_done(&call->op);
}

static void fail_waiter(struct waiter *waiter, enum fail_class class, const char *before,
			const char *text)
{
	struct code_call *call = waiter->call;

	waiter_free(waiter);
	fail(call, class, before, text);
}

static void fail_waiting(struct python_pool *pool)
{
	struct python_tenant *tenant;

	while ((tenant = python_queue_next(&pool->queue)))
		fail_waiter(list_entry(tenant->waiting.next, struct waiter, node),
			    FAIL_INTERNAL, "Python cannot be executed here: ", pool->why);
	count(pool);
}

/* ---- walls ---- */

static void walls_bad(struct python_pool *pool, const char *why)
{
	mem_free(pool->why);
	pool->why = mem_dup(why);
	pool->walls = WALLS_BAD;
	pool->bad_mono_ms = clock_mono_ms();
	log_warn("sandbox.failed", LOG_S("reason", why));
	show(pool, "failed: ", why);
	fail_waiting(pool);
}

static void walls_good(struct python_pool *pool, const char *version)
{
	const char *layers = pool->options.bubblewrap ? SANDBOX_LAYERS : "limits";

	pool->failures = 0;
	if (pool->walls == WALLS_GOOD)
		return;
	pool->walls = WALLS_GOOD;
	if (pool->options.bubblewrap)
		log_info("sandbox.ready", LOG_S("layers", layers),
			 LOG_S("python", version),
			 LOG_N("uid", pool->uid ? (int64_t)pool->uid : geteuid()));
	else
		log_warn("sandbox.off", LOG_S("python", version));
	show(pool, pool->options.bubblewrap ? "ready: " : "off: ", layers);
}

/* A helper did not come to its hello. */
static void start_failed(struct python_pool *pool, const char *why)
{
	if (pool->walls == WALLS_GOOD && ++pool->failures < FAILURES_MAX) {
		log_warn("python.not_started", LOG_S("reason", why));
		if (!ev_is_active(&pool->again))
			ev_timer_again(pool->options.loop, &pool->again);
		return;
	}
	if (pool->walls == WALLS_TRYING && pool->uid) {
		log_info("sandbox.as_root", LOG_S("reason", why));
		pool->uid = 0;
		pool->walls = WALLS_UNKNOWN;
		return;
	}
	walls_bad(pool, why);
}

static bool make_sandbox(struct python_pool *pool)
{
	const struct embed *source = &python_text_texts[PYTHON_TEXT_HELPER];
	struct err err;

	if (pool->sandbox_made)
		return true;
	if (sandbox_init(&pool->sandbox, pool->options.bubblewrap, pool->options.python,
			 source->text, pool->options.bubblewrap ? "required" : "off",
			 &err) < 0) {
		walls_bad(pool, err.text);
		return false;
	}
	pool->sandbox_made = true;
	return true;
}

/* ---- helpers ---- */

static void give(struct python_pool *pool, struct python_helper *helper,
		 struct python_tenant *tenant)
{
	struct waiter *waiter = list_entry(tenant->waiting.next, struct waiter, node);

	if (!helper->tenant) {
		helper->tenant = tenant;
		helper->turn_mono_ms = clock_mono_ms();
		python_queue_hire(&pool->queue, tenant);
	}
	(void)python_queue_take(&pool->queue, tenant);
	helper->call = waiter;
	waiter->helper = helper;
	list_remove(&helper->node);
	list_push(&pool->helpers, &helper->node);
	python_helper_call(helper, &waiter->call->request);
}

static void on_ready(struct python_helper *helper, const char *version)
{
	struct python_pool *pool = helper->arg;

	helper->idle_mono_ms = clock_mono_ms();
	walls_good(pool, version);
	dispatch(pool);
}

static void on_answer(struct python_helper *helper, const struct python_answer *answer)
{
	struct python_pool *pool = helper->arg;
	struct waiter *waiter = helper->call;
	struct code_call *call;

	helper->idle_mono_ms = clock_mono_ms();
	if (waiter) {
		call = waiter->call;
		tell_printed(helper, call);
		helper->call = NULL;
		waiter_free(waiter);
		call->answer.class = answer->class;
		str_add(&call->answer.json, str_text(answer->json), answer->json->len);
		str_add(&call->answer.text, answer->text, answer->text_len);
		score_add(pool->options.score, SCORE_PYTHON_CALLS, 1);
		op_done(&call->op);
	}
	if (answer->dirty)
		python_helper_kill(helper, "something of the code stayed in it");
	else if (helper->calls >= pool->options.calls)
		python_helper_kill(helper, "it was called often enough");
	else if (answer->rss_kib > pool->options.memory_bytes / 1024 / 2)
		python_helper_kill(helper, "it grew");
	dispatch(pool);
}

static void on_end(struct python_helper *helper, const char *reason)
{
	struct python_pool *pool = helper->arg;
	struct waiter *waiter = helper->call;

	pool->count--;
	list_remove(&helper->node);
	if (helper->tenant)
		python_queue_fire(&pool->queue, helper->tenant);
	log_debug("python.ended", LOG_N("calls", helper->calls), LOG_S("reason", reason));
	helper->call = NULL;
	if (waiter)
		fail_waiter(waiter, FAIL_TOOL, "", reason);
	else if (helper->idle_mono_ms == 0)
		start_failed(pool, reason);
	dispatch(pool);
}

static const struct python_helper_ops helper_ops = {
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_end = on_end,
};

static bool start_one(struct python_pool *pool)
{
	const struct python_helper_options options = {
		.loop = pool->options.loop,
		.gate = pool->options.gate,
		.sandbox = &pool->sandbox,
		.uid = pool->uid,
		.memory_bytes = pool->options.memory_bytes,
		.start_ms = START_MS,
		.ops = &helper_ops,
		.arg = pool,
	};
	struct python_helper *helper;
	struct err err;

	if (python_helper_start(&options, &helper, &err) < 0) {
		start_failed(pool, err.text);
		return false;
	}
	list_push(&pool->helpers, &helper->node);
	pool->count++;
	return true;
}

/* ---- who is served by whom ---- */

/* The turn of a helper is over when somebody starves and it has had enough of it. */
static bool turn_over(const struct python_pool *pool, struct python_helper *helper,
		      int64_t now_mono_ms)
{
	if (!pool->queue.starving_count)
		helper->turn_mono_ms = now_mono_ms;
	return now_mono_ms - helper->turn_mono_ms >= TURN_MS;
}

static size_t in_state(const struct python_pool *pool, enum python_helper_state state)
{
	size_t n = 0;

	list_for_each(node, &pool->helpers)
		n += list_entry(node, struct python_helper, node)->state == state;
	return n;
}

/* How many tenants starve beyond the places that are free, or soon will be. */
static size_t lacking(const struct python_pool *pool)
{
	size_t places = pool->options.processes - pool->count;

	list_for_each(node, &pool->helpers) {
		const struct python_helper *helper =
			list_entry(node, struct python_helper, node);
		const struct python_tenant *tenant = helper->tenant;

		places += helper->state == PYTHON_STARTING ||
			  helper->state == PYTHON_ENDING ||
			  (helper->state == PYTHON_IDLE &&
			   (!tenant || tenant->need == PYTHON_CONTENT));
	}
	return pool->queue.starving_count > places ? pool->queue.starving_count - places
						   : 0;
}

/* Give what idle helpers may have. */
static void serve(struct python_pool *pool, int64_t now_mono_ms)
{
	size_t lacks = lacking(pool);

	list_for_each_safe(node, &pool->helpers) {
		struct python_helper *helper =
			list_entry(node, struct python_helper, node);
		struct python_tenant *tenant = helper->tenant;

		if (helper->state != PYTHON_IDLE)
			continue;
		if (!tenant)
			tenant = python_queue_next(&pool->queue);
		if (!tenant || tenant->need == PYTHON_CONTENT)
			continue;
		if (helper->tenant && turn_over(pool, helper, now_mono_ms) && lacks) {
			python_helper_kill(helper, "another tenant's turn");
			lacks--;
		} else {
			give(pool, helper, tenant);
		}
	}
}

/*
 * Every place is taken. Idle helpers make room, the one used longest ago first: for
 * each tenant that starves one, and beyond that those that have been idle for a while.
 */
static void make_room(struct python_pool *pool, size_t places, int64_t now_mono_ms)
{
	size_t starving = pool->queue.starving_count, wanted = pool->queue.count;

	list_for_each_safe(node, &pool->helpers) {
		struct python_helper *helper =
			list_entry(node, struct python_helper, node);

		if (helper->state != PYTHON_IDLE || places >= wanted)
			continue;
		if (places >= starving && now_mono_ms - helper->idle_mono_ms < SPARE_MS)
			continue;
		python_helper_kill(helper, "another tenant needs its place");
		places++;
	}
}

static bool may_start(struct python_pool *pool)
{
	if (pool->walls == WALLS_BAD || ev_is_active(&pool->again))
		return false;
	return make_sandbox(pool);
}

static void dispatch(struct python_pool *pool)
{
	int64_t now_mono_ms = clock_mono_ms();
	size_t coming, wanted;

	serve(pool, now_mono_ms);
	coming = in_state(pool, PYTHON_STARTING);
	/* while the walls are being tried one helper is enough */
	wanted = pool->walls == WALLS_GOOD ? pool->queue.count
					   : (size_t)(pool->queue.count > 0);
	while (coming < wanted && pool->count < pool->options.processes &&
	       may_start(pool)) {
		if (pool->walls == WALLS_UNKNOWN)
			pool->walls = WALLS_TRYING;
		if (!start_one(pool))
			break;
		coming++;
	}
	if (coming < wanted && pool->walls == WALLS_GOOD)
		make_room(pool, coming + in_state(pool, PYTHON_ENDING), now_mono_ms);
	count(pool);
}

void python_pool_call(struct python_pool *pool, const char *tenant,
		      struct code_call *call)
{
	struct waiter *waiter;

	if (pool->walls == WALLS_BAD && !pool->lost &&
	    clock_mono_ms() - pool->bad_mono_ms >= RETRY_MS) {
		pool->walls = WALLS_UNKNOWN;
		pool->failures = 0;
	}
	if (pool->walls == WALLS_BAD) {
		fail(call, FAIL_INTERNAL, "Python cannot be executed here: ", pool->why);
		return;
	}
	if (pool->queue.count >= pool->options.waiting) {
		fail(call, FAIL_LIMIT, "too many calls wait for Python",
		     " (python.waiting)");
		return;
	}
	waiter = mem_new(struct waiter);
	waiter->pool = pool;
	waiter->call = call;
	call->op.server = waiter;
	call->op.abandon = on_abandon;
	waiter->tenant = python_queue_push(&pool->queue, tenant, &waiter->node);
	ev_timer_stop(pool->options.loop, &pool->probe);
	dispatch(pool);
}

void python_pool_gate_lost(struct python_pool *pool)
{
	pool->lost = true;
	walls_bad(pool, "the spawn gate has died");
}

/* ---- timers ---- */

static void on_probe(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct python_pool *pool = w->data;

	(void)revents;
	if (pool->walls == WALLS_GOOD || pool->walls == WALLS_BAD)
		ev_timer_stop(loop, w);
	if (pool->walls != WALLS_UNKNOWN || !may_start(pool))
		return;
	pool->walls = WALLS_TRYING;
	(void)start_one(pool); /* which says itself why not */
	count(pool);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_timer_stop(loop, w);
	dispatch(w->data);
}

static void on_tidy(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct python_pool *pool = w->data;
	int64_t now_mono_ms = clock_mono_ms();

	(void)loop;
	(void)revents;
	list_for_each_safe(node, &pool->helpers) {
		struct python_helper *helper =
			list_entry(node, struct python_helper, node);

		if (helper->state == PYTHON_IDLE &&
		    now_mono_ms - helper->idle_mono_ms >= IDLE_MS)
			python_helper_kill(helper, "nobody needs it");
	}
	if (pool->queue.count) /* somebody may have been idle for long enough by now */
		dispatch(pool);
}

/* ---- life ---- */

struct python_pool *python_pool_new(const struct python_pool_options *options)
{
	struct python_pool *pool = mem_new(struct python_pool);

	pool->options = *options;
	pool->uid = options->bubblewrap && geteuid() == 0 ? SANDBOX_NOBODY : 0;
	list_init(&pool->helpers);
	python_queue_init(&pool->queue);
	ev_timer_init(&pool->probe, on_probe, (ev_tstamp)options->probe_ms / 1000.,
		      AGAIN_SEC);
	ev_timer_init(&pool->again, on_again, AGAIN_SEC, AGAIN_SEC);
	ev_timer_init(&pool->tidy, on_tidy, TIDY_SEC, TIDY_SEC);
	pool->probe.data = pool->again.data = pool->tidy.data = pool;
	ev_timer_start(options->loop, &pool->probe);
	ev_timer_start(options->loop, &pool->tidy);
	show(pool, "not tried yet", "");
	return pool;
}

void python_pool_free(struct python_pool *pool)
{
	if (!pool)
		return;
	assert(pool->queue.count == 0);
	ev_timer_stop(pool->options.loop, &pool->probe);
	ev_timer_stop(pool->options.loop, &pool->again);
	ev_timer_stop(pool->options.loop, &pool->tidy);
	list_for_each_safe(node, &pool->helpers) {
		struct python_helper *helper =
			list_entry(node, struct python_helper, node);

		if (helper->tenant)
			python_queue_fire(&pool->queue, helper->tenant);
		python_helper_free(helper);
	}
	python_queue_deinit(&pool->queue);
	if (pool->sandbox_made)
		sandbox_deinit(&pool->sandbox);
	mem_free(pool->why);
	mem_free(pool);
}
