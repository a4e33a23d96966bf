/*
 * obituary.c - deaths on this host, as the master tells them: what they held goes back
 *
 * The slot of the dead process stays on the scoreboard as it was until we have answered,
 * so nothing here has to survive this keeper: the next one is told again, and every act
 * is conditional on what is still there.
 */
#include "keeper/obituary.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "keeper/putback.h"
#include "keeper/registry.h"

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
	struct putback *putback;
};

static void death_free(struct death *death)
{
	list_remove(&death->node);
	putback_free(death->putback);
	mem_free(death);
}

static void on_put_back(void *arg, const struct queue_requeued *total)
{
	struct death *death = arg;
	const struct obituary_means *means = &death->obituary->means;

	log_info("worker.settled", LOG_S("incarnation", death->incarnation),
		 LOG_N("dead_pid", death->pid), LOG_N("requeued", total->ready),
		 LOG_N("quarantined", total->quarantined),
		 LOG_N("dropped", total->dropped), LOG_N("unreadable", total->unreadable),
		 LOG_N("took_ms", clock_mono_ms() - death->told_mono_ms));
	score_add(means->env->score, SCORE_DEATHS_SETTLED, 1);
	lifeline_obituary_done(means->lifeline, death->index, death->pid);
	death_free(death);
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
	log_info("worker.dead", LOG_S("incarnation", death->incarnation),
		 LOG_N("dead_pid", pid), LOG_S("cause", cause));
	registry_offline(means->registry, row_name, death->incarnation);
	death->putback = putback_start(means->place, death->incarnation, NULL, 0,
				       on_put_back, death);
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
