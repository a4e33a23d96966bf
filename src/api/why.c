/*
 * why.c - the one reason why a run does not go on
 *
 * What would keep it even if all else were well comes first: a pause before a missing
 * worker, a missing worker before the tenant's limit, that before its place in the line.
 */
#include "api/why.h"

#include "store/store_time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool why_needs_place(const struct store_why *run)
{
	return strcmp(run->status, "queued") == 0 && run->wake > 0 && *run->queue;
}

__attribute__((format(printf, 3, 4))) static void say(struct why_reason *ret,
						      const char *code,
						      const char *format, ...)
{
	va_list args;

	ret->code = code;
	va_start(args, format);
	(void)vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
}

static bool decide_status(const struct store_why *run, struct why_reason *ret)
{
	const char *step = run->current_step_id;

	if (strcmp(run->status, "running") == 0)
		say(ret, "running", "%s executes it",
		    run->worker_id ? run->worker_id : "a worker");
	else if (strcmp(run->status, "paused") == 0)
		say(ret, "waits_for_person", "it waits for a person%s%s",
		    step ? " at step " : "", step ? step : "");
	else if (strcmp(run->status, "queued") != 0)
		say(ret, "ended", "it has ended: %s", run->status);
	else if (run->wake == 0 || !*run->queue)
		say(ret, "not_taken_in",
		    "a stock API server accepted it and no intake has taken it in");
	else
		return false;
	return true;
}

/* By where its entry stands. */
static void decide_place(const struct queue_why *place, struct why_reason *ret)
{
	switch (place->place) {
	case QUEUE_PLACE_NONE:
		say(ret, "entry_missing",
		    "the queue has no entry of it: the reconciler makes one within seconds");
		return;
	case QUEUE_PLACE_HELD:
		say(ret, "claimed", "a worker has claimed it and begins");
		return;
	case QUEUE_PLACE_DELAYED:
		say(ret, "not_due", "its entry is delayed");
		return;
	case QUEUE_PLACE_QUARANTINE:
		say(ret, "quarantined",
		    "a worker died over it: it waits to be tried alone");
		return;
	case QUEUE_PLACE_READY:
		break;
	}
	say(ret, "position",
	    "%lld of its tenant are before it; %lld wait in the queue, of %lld tenants in "
	    "turn",
	    (long long)place->ahead, (long long)place->waiting,
	    (long long)place->tenants);
}

void why_decide(const struct store_why *run, const struct queue_why *place,
		struct why_reason *ret)
{
	char moment[STORE_TIME_MAX];

	if (decide_status(run, ret))
		return;
	if (run->cancelling)
		say(ret, "cancelling", "somebody has cancelled it");
	else if (run->early)
		say(ret, "not_due", "it is not to begin before %s",
		    store_time_text(run->run_at, moment));
	else if (run->paused)
		say(ret, "queue_paused", "queue %s is paused%s%s", run->queue,
		    run->paused_reason && *run->paused_reason ? ": " : "",
		    run->paused_reason ? run->paused_reason : "");
	else if (!place)
		say(ret, "redis_unavailable",
		    "Redis does not answer: nothing is claimed");
	else if (!place->open)
		say(ret, "queue_recovering",
		    "Redis has lost writes: nothing is claimed before queue %s is "
		    "recovered",
		    run->queue);
	else if (place->place == QUEUE_PLACE_READY && !run->online)
		say(ret, "no_worker", "no worker is online");
	else if (place->place == QUEUE_PLACE_READY && !run->capable)
		say(ret, "no_capable_worker",
		    "%lld workers are online and none takes lane %s",
		    (long long)run->online, run->lane);
	else if (place->place == QUEUE_PLACE_READY && place->running_max > 0 &&
		 place->running >= place->running_max)
		say(ret, "tenant_limit",
		    "tenant %s executes %lld runs, which is as many as it may",
		    run->tenant_id, (long long)place->running);
	else if (place->place == QUEUE_PLACE_READY && !run->room)
		say(ret, "workers_full",
		    "all %lld workers are full; %lld of its tenant are before it",
		    (long long)run->capable, (long long)place->ahead);
	else
		decide_place(place, ret);
}
