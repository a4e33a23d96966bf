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
#include "base/loop.h"
#include "base/mem.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "keeper/blame.h"
#include "keeper/charge.h"
#include "keeper/oom_kills.h"
#include "keeper/putback.h"
#include "keeper/registry.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_S 1. /* of the kernel's count of its kills */

struct obituary {
	struct obituary_means means;
	struct list deaths; /* struct death */
	struct oom_kills oom;
	ev_timer sample;
};

/* One that is being settled. */
struct death {
	struct list node;
	struct obituary *obituary;
	int index;
	int pid;
	int64_t told_mono_ms;
	char incarnation[IDS_MAX];
	struct blame blame;
	struct putback *putback;
	struct charge *charge; /* NULL: nobody to charge, or decided */
	enum charge_end verdict;
	struct queue_requeued total;
};

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
		.id = { death->blame.job, strlen(death->blame.job) },
		.verdict = verdict,
	};

	death->putback = putback_start(death->obituary->means.place, death->incarnation,
				       &suspect, special ? 1 : 0, on_put_back, death);
}

/* Named for this death, whose name never comes again; a second keeper calls them the
 * same. They stand in the lane by the moment of the death. */
static void put_back_cohorts(struct death *death, int64_t died_at_ms)
{
	const struct blame *blame = &death->blame;
	struct queue_suspect suspects[SCORE_RECENT_CELLS];
	char names[2][QUEUE_COHORT_MAX + 1];
	size_t len = strlen(death->incarnation), most = QUEUE_COHORT_MAX - 2, i;
	const char *tail = death->incarnation + (len > most ? len - most : 0);

	for (i = 0; i < 2; i++)
		(void)snprintf(names[i], sizeof(names[i]), "%s/%zu", tail, i + 1);
	for (i = 0; i < blame->count; i++) {
		const char *name = names[blame->half && i >= blame->half];

		suspects[i] = (struct queue_suspect){
			.id = { blame->jobs[i].id, strlen(blame->jobs[i].id) },
			.verdict = QUEUE_VERDICT_COHORT,
			.cohort = { name, strlen(name) },
			.score = died_at_ms,
		};
	}
	death->putback = putback_start(death->obituary->means.place, death->incarnation,
				       suspects, blame->count, on_put_back, death);
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

/* As the registry shows it: what it was laid to says more. NULL: it left in order. */
static const char *cause_of(const struct death *death, const char *cause)
{
	if (death->blame.sort == BLAME_RUN)
		return death->blame.cause;
	return strcmp(cause, "exit 0 ok") == 0 ? NULL : cause;
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
	blame_judge(slot,
		    strcmp(cause, "signal SIGKILL") == 0 &&
			    oom_kills_take(&obituary->oom, death->told_mono_ms),
		    &death->blame);
	registry_offline(means->registry, row_name, death->incarnation,
			 cause_of(death, cause));
	log_info("worker.dead", LOG_S("incarnation", death->incarnation),
		 LOG_N("dead_pid", pid), LOG_S("cause", cause),
		 LOG_S("suspect", death->blame.job), LOG_N("cohort", death->blame.count));
	if (death->blame.sort == BLAME_COHORT) {
		put_back_cohorts(death, atomic_load(&slot->died_at_ms));
		return;
	}
	if (death->blame.sort == BLAME_RUN)
		death->charge =
			charge_start(means->charge, death->blame.job, death->incarnation,
				     death->blame.cause, on_charged, death);
	put_back(death, QUEUE_VERDICT_KEEP, death->charge != NULL);
}

static void on_sample(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct obituary *obituary = w->data;

	(void)loop;
	(void)revents;
	oom_kills_sample(&obituary->oom, clock_mono_ms());
}

struct obituary *obituary_new(const struct obituary_means *means)
{
	struct obituary *obituary = mem_new(struct obituary);

	obituary->means = *means;
	list_init(&obituary->deaths);
	oom_kills_init(&obituary->oom, NULL);
	ev_timer_init(&obituary->sample, on_sample, SAMPLE_S, SAMPLE_S);
	obituary->sample.data = obituary;
	if (oom_kills_readable(&obituary->oom))
		ev_timer_start(means->place->loop, &obituary->sample);
	return obituary;
}

void obituary_free(struct obituary *obituary)
{
	if (!obituary)
		return;
	while (!list_empty(&obituary->deaths))
		death_free(list_entry(obituary->deaths.next, struct death, node));
	ev_timer_stop(obituary->means.place->loop, &obituary->sample);
	mem_free(obituary);
}
