/*
 * outcome_wait.c - a request that waits for the end of a run, whoever executes it
 *
 * The row is looked at again and again, soon at first and every half second later: an end
 * is committed by a worker somewhere, and the row is where it is true. A store that is
 * away meanwhile is asked again. Who goes away while waiting takes nothing along: the run
 * goes on.
 */
#include "api/outcome_wait.h"

#include "api/api_call.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "server/request.h"

#include <stdint.h>

#define FIRST_MS  10
#define SLOWER    1.5
#define EACH_MS   500
#define WAITS_MAX 2000 /* of one process: each asks Postgres twice a second */

struct wait {
	struct api_call *call;
	outcome_wait_cb cb;
	void *arg;
	const char *run_id;
	ev_timer timer;
	double pause_ms;
	int64_t until_mono_ms;
};

/* Of an API child. */
static size_t waits;

static void over(struct wait *wait, enum errors_code error,
		 const struct port_result *result)
{
	waits--;
	wait->cb(wait->arg, error, result);
}

static void on_outcome(void *arg, enum errors_code error, const char *tenant_id,
		       const struct port_result *result)
{
	struct wait *wait = arg;
	bool away = error == ERRORS_POSTGRES || error == ERRORS_BUSY;

	if (error == ERRORS_NONE && !api_call_sees(wait->call, tenant_id))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE && !away) {
		over(wait, error, NULL);
	} else if (result) {
		over(wait, ERRORS_NONE, result);
	} else if (clock_mono_ms() >= wait->until_mono_ms ||
		   request_server_leaves(wait->call->req)) {
		over(wait, ERRORS_NONE, NULL);
	} else {
		ev_now_update(wait->call->loop);
		ev_timer_set(&wait->timer, wait->pause_ms / 1000., 0.);
		ev_timer_start(wait->call->loop, &wait->timer);
		wait->pause_ms *= SLOWER;
		if (wait->pause_ms > EACH_MS)
			wait->pause_ms = EACH_MS;
	}
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct wait *wait = w->data;
	const struct runs_port *port = wait->call->port;

	(void)loop;
	(void)revents;
	port->run->outcome(port->run->self, wait->run_id, on_outcome, wait);
}

void outcome_wait(struct api_call *call, const char *run_id, outcome_wait_cb cb,
		  void *arg)
{
	struct arena *arena = request_arena(call->req);
	struct wait *wait;

	if (waits >= WAITS_MAX) {
		cb(arg, ERRORS_NONE, NULL);
		return;
	}
	waits++;
	wait = arena_new(arena, struct wait);
	wait->call = call;
	wait->cb = cb;
	wait->arg = arg;
	wait->run_id = arena_dup(arena, run_id);
	wait->pause_ms = FIRST_MS;
	wait->until_mono_ms = clock_mono_ms() + call->conf->standalone.answer_ms;
	ev_timer_init(&wait->timer, on_time, 0., 0.);
	wait->timer.data = wait;
	ev_timer_start(call->loop, &wait->timer);
}
