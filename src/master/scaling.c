/*
 * scaling.c - when there should be one worker more, or one less
 *
 * One more: the oldest entry has waited longer than the target, and the slots were full,
 * at every look for grow_after. Entries that wait beside free slots want something else:
 * a tenant's limit, a lane that nobody serves, a queue that is paused. Full is three
 * quarters, because what ends and what is claimed go in batches.
 *
 * One less: at every look for shrink_after so little was in flight that one process less
 * would be half busy with it. A run in flight may occupy a core, so "so little" is
 * counted in processes and not in slots: else a host whose runs are short and many would
 * shrink, fall behind and grow again, all day long.
 *
 * A step changes what is measured, so the next one waits for half of grow_after, and what
 * has to last begins anew. What nobody knows moves nothing.
 */
#include "master/scaling.h"

static bool too_old(const struct scaling_limits *limits, const struct scaling_look *look)
{
	return look->settled && look->oldest_ms > limits->target_ms &&
	       look->in_flight * 4 >= look->room * 3;
}

static bool idle(const struct scaling_limits *limits, const struct scaling_look *look)
{
	return look->settled && look->oldest_ms >= 0 &&
	       look->oldest_ms <= limits->target_ms &&
	       look->in_flight * 2 <= look->count - 1;
}

/* Since when: 0 is never, so a clock that starts at 0 is moved on by one. */
static void note(int64_t *since_mono_ms, bool so, int64_t now_mono_ms)
{
	if (!so)
		*since_mono_ms = 0;
	else if (!*since_mono_ms)
		*since_mono_ms = now_mono_ms ? now_mono_ms : 1;
}

static bool lasts(int64_t since_mono_ms, int64_t now_mono_ms, int64_t long_ms)
{
	return since_mono_ms && now_mono_ms - since_mono_ms >= long_ms;
}

static enum scaling_reason judge(const struct scaling *scaling,
				 const struct scaling_limits *limits,
				 const struct scaling_look *look)
{
	int64_t now_mono_ms = look->now_mono_ms;

	if (scaling->stepped_mono_ms &&
	    now_mono_ms - scaling->stepped_mono_ms < limits->grow_after_ms / 2)
		return SCALING_STAY;
	if (look->count < limits->min)
		return SCALING_BELOW_MIN;
	if (look->count > limits->max)
		return SCALING_ABOVE_MAX;
	if (look->count < limits->max &&
	    lasts(scaling->waits_since_mono_ms, now_mono_ms, limits->grow_after_ms))
		return SCALING_WAITING;
	if (look->count > limits->min &&
	    lasts(scaling->idle_since_mono_ms, now_mono_ms, limits->shrink_after_ms))
		return SCALING_IDLE;
	return SCALING_STAY;
}

enum scaling_reason scaling_decide(struct scaling *scaling,
				   const struct scaling_limits *limits,
				   const struct scaling_look *look)
{
	enum scaling_reason reason;

	note(&scaling->waits_since_mono_ms, too_old(limits, look), look->now_mono_ms);
	note(&scaling->idle_since_mono_ms, idle(limits, look), look->now_mono_ms);
	reason = judge(scaling, limits, look);
	if (reason != SCALING_STAY) {
		scaling_restart(scaling);
		scaling->stepped_mono_ms = look->now_mono_ms ? look->now_mono_ms : 1;
	}
	return reason;
}

void scaling_restart(struct scaling *scaling)
{
	scaling->waits_since_mono_ms = scaling->idle_since_mono_ms = 0;
}

bool scaling_grows(enum scaling_reason reason)
{
	return reason == SCALING_WAITING || reason == SCALING_BELOW_MIN;
}

const char *scaling_reason_name(enum scaling_reason reason)
{
	switch (reason) {
	case SCALING_STAY:
		return "stay";
	case SCALING_WAITING:
		return "waiting";
	case SCALING_BELOW_MIN:
		return "below_min";
	case SCALING_IDLE:
		return "idle";
	case SCALING_ABOVE_MAX:
		return "above_max";
	}
	return "unknown";
}
