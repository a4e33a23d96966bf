/*
 * blame.c - whom a death is laid to: a run, several of which it was one, or nobody
 *
 * Pure: the slot stays as it was until the death is settled, so whoever judges it again
 * comes to the same, cohorts and their halves included.
 *
 * A fault with nobody on the CPU has its cause in what a run left behind. Those whose
 * code was entered last are tried in the quarantine lane, all at once; when their process
 * dies there, each half by itself, and so on: each half that lives is free, and the one
 * that is left alone is charged. The ring of such a process is empty when it claims, so
 * it names those of its claim and nobody else, ended ones included: who is alone in it
 * was alone.
 *
 * The window ends with the last pulse, which every turn of the loop moves: the moment of
 * the death by the clock that the ring has.
 */
#include "keeper/blame.h"

#include "ipc/scoreboard.h"

#include <stdio.h>
#include <string.h>

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What a process does to itself. */
static bool is_fault(const char *cause)
{
	static const char *const own[] = { "signal SIGSEGV", "signal SIGBUS",
					   "signal SIGILL",  "signal SIGFPE",
					   "signal SIGABRT", "signal SIGSYS",
					   "signal SIGTRAP" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (begins(cause, own[i]))
			return true;
	return false;
}

/*
 * Its loop did not turn, and the master ended it. One that even SIGABRT did not end was
 * stopped, or waited in the kernel: that tells on the run whose code was entered, if
 * there was one, and on nobody else.
 */
static bool is_stale(const char *cause)
{
	return begins(cause, "watchdog: ");
}

static bool spun(const char *cause)
{
	return strcmp(cause, "watchdog: signal SIGABRT") == 0;
}

static void charge(struct blame *ret, const char *cause)
{
	ret->sort = BLAME_RUN;
	(void)snprintf(ret->cause, sizeof(ret->cause), "%s", cause);
}

static bool charge_on_cpu(const struct score_slot *slot, const char *cause,
			  struct blame *ret)
{
	if (!score_suspect_get(slot, ret->job))
		return false;
	charge(ret, cause);
	return true;
}

static bool charge_largest(const struct score_slot *slot, const char *cause,
			   struct blame *ret)
{
	if (!*score_text_get(&slot->largest, ret->job))
		return false;
	charge(ret, cause);
	return true;
}

/* In the lane. What nobody knows a cause of is named for what it leads to. */
static void judge_alone(const struct score_slot *slot, const char *cause,
			struct blame *ret)
{
	char text[IDS_MAX];

	(void)snprintf(text, sizeof(text), is_fault(cause) ? "%s" : "crash_loop (%.200s)",
		       cause);
	ret->count = score_recent_read(&slot->recent, 0, ret->jobs);
	if (ret->count > 1) {
		ret->sort = BLAME_COHORT;
		ret->half = (ret->count + 1) / 2;
	} else if (ret->count == 1) {
		memcpy(ret->job, ret->jobs[0].id, sizeof(ret->jobs[0].id));
		charge(ret, text);
	} else if (!charge_on_cpu(slot, text, ret)) {
		/* its id does not fit into the ring: it has had one run, if any */
		(void)charge_largest(slot, text, ret);
	}
}

void blame_judge(const struct score_slot *slot, bool oom_killed, struct blame *ret)
{
	char cause[IDS_MAX], kind[IDS_MAX];
	int64_t pulse_mono_ms;

	memset(ret, 0, sizeof(*ret));
	(void)score_text_get(&slot->cause, cause);
	(void)score_text_get(&slot->kind, kind);
	if (atomic_load_explicit(&slot->memory_gone, memory_order_relaxed) &&
	    is_fault(cause) && charge_largest(slot, "oom", ret))
		return;
	if (oom_killed && strcmp(cause, "signal SIGKILL") == 0 &&
	    charge_largest(slot, "oom", ret))
		return;
	if ((is_fault(cause) || is_stale(cause)) && charge_on_cpu(slot, cause, ret))
		return;
	if (strcmp(kind, "quarantine") == 0 &&
	    (begins(cause, "signal ") || spun(cause))) {
		judge_alone(slot, cause, ret);
		return;
	}
	if (!is_fault(cause) && !spun(cause))
		return;
	pulse_mono_ms = atomic_load_explicit(&slot->pulse_mono_ms, memory_order_relaxed);
	ret->count = score_recent_read(&slot->recent, pulse_mono_ms - BLAME_WINDOW_MS,
				       ret->jobs);
	if (ret->count)
		ret->sort = BLAME_COHORT;
}
