/*
 * obituary.c - deaths on this host, as the master tells them: what they held goes back
 *
 * The slot of the dead process stays on the scoreboard as it was until we have answered,
 * so nothing here has to survive this keeper: the next one is told again, and every act
 * is conditional on what is still there.
 */
#include "keeper/obituary.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "keeper/charge.h"
#include "keeper/putback.h"
#include "keeper/registry.h"

#include <stdio.h>
#include <string.h>

struct obituary {
	struct obituary_means means;
	struct list deaths; /* struct death */
};

/* One that is being settled. */
struct death {
	struct list node;
	struct obituary *obituary;
	int index;
	int pid;
	int64_t told_mono_ms;
	char incarnation[IDS_MAX];
	char suspect[IDS_MAX]; /* job id; "": nobody */
	struct putback *putback;
	struct charge *charge; /* NULL: nobody to charge, or decided */
	enum charge_end verdict;
	struct queue_requeued total;
};

static bool cause_is(const char *cause, const char *prefix)
{
	return strncmp(cause, prefix, strlen(prefix)) == 0;
}

bool obituary_suspect(const struct score_slot *slot, char buf[IDS_MAX])
{
	/* what a process does to itself; "watchdog: ": its loop did not turn */
	static const char *const own[] = { "watchdog: ",    "signal SIGSEGV",
					   "signal SIGBUS", "signal SIGILL",
					   "signal SIGFPE", "signal SIGABRT",
					   "signal SIGSYS", "signal SIGTRAP" };
	char cause[IDS_MAX], kind[IDS_MAX];
	size_t i;

	(void)score_text_get(&slot->cause, cause);
	(void)score_text_get(&slot->kind, kind);
	buf[0] = '\0';
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (cause_is(cause, own[i]) && score_suspect_get(slot, buf))
			return true;
	if (strcmp(kind, "quarantine") != 0 || !cause_is(cause, "signal "))
		return false;
	if (!score_suspect_get(slot, buf))
		(void)score_text_get(&slot->largest, buf); /* it has had one run */
	return buf[0] != '\0';
}

static void death_free(struct death *death)
{
	list_remove(&death->node);
	putback_free(death->putback);
	charge_free(death->charge);
	mem_free(death);
}

static void advance(struct death *death);

static void on_put_back(void *arg, const struct queue_requeued *total)
{
	struct death *death = arg;

	death->total.ready += total->ready;
	death->total.quarantined += total->quarantined;
	death->total.dropped += total->dropped;
	death->total.unreadable += total->unreadable;
	death->total.kept = total->kept;
	putback_free(death->putback);
	death->putback = NULL;
	advance(death);
}

static void on_charged(void *arg, enum charge_end end)
{
	struct death *death = arg;

	FAULT("charge.decided");
	charge_free(death->charge);
	death->charge = NULL;
	death->verdict = end;
	advance(death);
}

static void put_back(struct death *death, enum queue_verdict verdict, bool special)
{
	const struct queue_suspect suspect = {
		.id = { death->suspect, strlen(death->suspect) },
		.verdict = verdict,
	};

	death->putback = putback_start(death->obituary->means.place, death->incarnation,
				       &suspect, special ? 1 : 0, on_put_back, death);
}

static void settled(struct death *death)
{
	const struct obituary_means *means = &death->obituary->means;

	log_info("worker.settled", LOG_S("incarnation", death->incarnation),
		 LOG_N("dead_pid", death->pid), LOG_N("requeued", death->total.ready),
		 LOG_N("quarantined", death->total.quarantined),
		 LOG_N("dropped", death->total.dropped),
		 LOG_N("unreadable", death->total.unreadable),
		 LOG_N("took_ms", clock_mono_ms() - death->told_mono_ms));
	FAULT("death.settled");
	score_add(means->env->score, SCORE_DEATHS_SETTLED, 1);
	lifeline_obituary_done(means->lifeline, death->index, death->pid);
	death_free(death);
}

/* Something is done: what is next? */
static void advance(struct death *death)
{
	if (death->putback || death->charge)
		return;
	if (!death->total.kept) {
		settled(death);
		return;
	}
	switch (death->verdict) {
	case CHARGE_NONE:
		put_back(death, QUEUE_VERDICT_KEEP, false);
		return;
	case CHARGE_ONCE:
		put_back(death, QUEUE_VERDICT_QUARANTINE, true);
		return;
	case CHARGE_BURIED:
		put_back(death, QUEUE_VERDICT_DROP, true);
		return;
	}
}

void obituary_take(struct obituary *obituary, int index, int pid)
{
	const struct obituary_means *means = &obituary->means;
	const struct score_slot *slot = &means->env->board->slots[index];
	char row_name[IDS_MAX], cause[IDS_MAX];
	struct death *death;

	list_for_each(node, &obituary->deaths) {
		death = list_entry(node, struct death, node);
		if (death->index == index && death->pid == pid)
			return;
	}
	death = mem_new(struct death);
	death->obituary = obituary;
	death->index = index;
	death->pid = pid;
	death->told_mono_ms = clock_mono_ms();
	(void)score_text_get(&slot->incarnation, death->incarnation);
	list_push(&obituary->deaths, &death->node);
	(void)score_text_get(&slot->row_name, row_name);
	(void)score_text_get(&slot->cause, cause);
	FAULT("death.told");
	registry_offline(means->registry, row_name, death->incarnation);
	if (obituary_suspect(slot, death->suspect))
		death->charge =
			charge_start(means->charge, death->suspect, death->incarnation,
				     cause, on_charged, death);
	log_info("worker.dead", LOG_S("incarnation", death->incarnation),
		 LOG_N("dead_pid", pid), LOG_S("cause", cause),
		 LOG_S("suspect", death->suspect));
	put_back(death, QUEUE_VERDICT_KEEP, death->charge != NULL);
}

struct obituary *obituary_new(const struct obituary_means *means)
{
	struct obituary *obituary = mem_new(struct obituary);

	obituary->means = *means;
	list_init(&obituary->deaths);
	return obituary;
}

void obituary_free(struct obituary *obituary)
{
	if (!obituary)
		return;
	while (!list_empty(&obituary->deaths))
		death_free(list_entry(obituary->deaths.next, struct death, node));
	mem_free(obituary);
}
