/*
 * intake.c - entries of the queue: claimed, started, finished
 *
 * A worker serves one queue or several, each a source (source.c), and what a source gave
 * is a job until the queue knows it no more (job.c). Here is what they share: the slots,
 * the moment in a turn of the loop when calls go out, the timers that look again when no
 * answer would, the drain.
 */
#include "worker/intake.h"

#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "host/definition_cache.h"
#include "host/held.h"
#include "host/next_turn.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "pg/pg_pool.h"
#include "queue/queue_bell.h"
#include "queue/queue_claim.h"
#include "worker/intake_in.h"
#include "worker/job.h"
#include "worker/reattach.h"
#include "worker/source.h"

#define MAIL_EVERY_S 0.25 /* between two calls at most, while there are jobs */

void intake_retry_later(struct intake *intake)
{
	if (!ev_is_active(&intake->retry))
		ev_timer_again(intake->options.loop, &intake->retry);
}

/* ---- slots ---- */

/* Who stands still there does not see what becomes of us either: what we have goes on,
 * and nothing is added to it. */
static bool master_is_silent(struct intake *intake)
{
	bool silent =
		lifeline_master_silent(intake->options.lifeline,
				       intake->options.env->conf->queue.pulse_stale_ms);

	if (silent == intake->master_silent)
		return silent;
	intake->master_silent = silent;
	if (silent)
		log_warn("worker.master_silent",
			 LOG_S("what", "nothing new is claimed until it is heard again"));
	else
		log_info("worker.master_heard", LOG_N("jobs", intake->jobs));
	return silent;
}

static bool may_claim(struct intake *intake)
{
	return !master_is_silent(intake) && !intake->quiet && !intake->draining &&
	       pg_pool_links_up(intake->options.pool) > 0;
}

/* In the quarantine lane: one run or one cohort, and when that is over the next. */
static size_t free_for_suspects(const struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++)
		if (intake->sources[i].calling)
			return 0;
	return intake->jobs ? 0 : QUEUE_BATCH_MAX;
}

/* What this source may claim: what calls under way may bring needs its slots as well, and
 * several sources that could call now share what is left. */
static size_t free_slots(const struct intake *intake, const struct source *mine)
{
	size_t taken = intake->jobs, hungry = 1, free, i;

	if (intake->options.env->quarantine)
		return free_for_suspects(intake);
	for (i = 0; i < intake->source_count; i++) {
		const struct source *source = &intake->sources[i];

		taken += source->asked;
		hungry += source != mine && !source->calling && !source->dry;
	}
	free = taken < intake->slots ? intake->slots - taken : 0;
	return (free + hungry - 1) / hungry;
}

/* ---- turns ---- */

static bool nothing_held(const struct intake *intake)
{
	size_t i;

	if (intake->jobs || next_turns_open(intake->turns))
		return false;
	for (i = 0; i < intake->source_count; i++)
		if (intake->sources[i].calling)
			return false;
	return true;
}

static void on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct intake *intake = w->data;
	size_t i;

	(void)loop;
	(void)revents;
	/* each is the first in turn, so that none gets what is left only */
	intake->first = (intake->first + 1) % intake->source_count;
	FAULT_LOOP("loop.turned");
	for (i = 0; i < intake->source_count; i++) {
		size_t at = (intake->first + i) % intake->source_count;
		struct source *source = &intake->sources[at];

		source_call(source, may_claim(intake) ? free_slots(intake, source) : 0);
		source_return(source);
		source_forgive(source);
	}
	if (intake->draining && intake->done && nothing_held(intake)) {
		void (*done)(void *arg) = intake->done;

		intake->done = NULL;
		for (i = 0; i < intake->source_count; i++)
			source_leave(&intake->sources[i]);
		done(intake->done_arg);
	}
}

static void on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct intake *intake = w->data;
	bool waits = false;
	size_t i;

	(void)revents;
	for (i = 0; i < intake->source_count; i++) {
		struct source *source = &intake->sources[i];

		source->dry = false;
		source_settle(source);
		list_for_each_safe(node, &source->claimed) {
			job_need_definition(list_entry(node, struct job, node));
			waits = true;
		}
		list_for_each_safe(node, &source->looking)
			job_look(list_entry(node, struct job, node));
		waits = waits || source->unsure;
	}
	if (!waits)
		ev_timer_stop(loop, w);
}

/* Workers that are full, quiet or wait at the bell call as well, as long as they have
 * runs that somebody could want to stop; a quiet one, which has no bell, in any case. */
static void on_mail_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct intake *intake = w->data;
	size_t i;

	(void)revents;
	if (!intake->jobs && !intake->quiet)
		ev_timer_stop(loop, w);
	for (i = 0; i < intake->source_count; i++)
		if (intake->sources[i].jobs.count || intake->quiet)
			intake->sources[i].look = true;
}

void intake_redis_up(struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++)
		reattach_link_up(intake->sources[i].reattach);
}

void intake_run_got_on(void *arg, struct held *held)
{
	(void)arg;
	job_got_on(held->slot);
}

void intake_run_over(void *arg, struct held *held, enum host_over how)
{
	(void)arg;
	job_over(held->slot, how);
}

void intake_link_up(struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++)
		source_link_up(&intake->sources[i]);
}

/* ---- life ---- */

int intake_new(const struct intake_options *options, struct intake **ret, struct err *err)
{
	const struct conf *conf = options->env->conf;
	struct intake *intake = mem_new(struct intake);
	size_t i;
	int rc = 0;

	intake->options = *options;
	intake->slots = (size_t)conf->worker.slots;
	intake->definitions = definition_cache_new(options->pool);
	intake->turns = next_turns_new(options->pool, options->link, options->scripts);
	intake->sources = mem_new_n(struct source, conf->queue.names.count);
	ev_prepare_init(&intake->turn, on_turn);
	/* behind the engine's pump (highest), before the links write (lowest) */
	ev_set_priority(&intake->turn, 0);
	intake->turn.data = intake;
	ev_prepare_start(options->loop, &intake->turn);
	ev_timer_init(&intake->retry, on_retry, 0., 0.5);
	intake->retry.data = intake;
	ev_timer_init(&intake->mail, on_mail_time, 0., MAIL_EVERY_S);
	intake->mail.data = intake;
	for (i = 0; i < conf->queue.names.count && rc == 0; i++) {
		intake->source_count++;
		rc = source_init(&intake->sources[i], intake, conf->queue.names.items[i],
				 err);
	}
	if (rc < 0) {
		intake_free(intake);
		return rc;
	}
	*ret = intake;
	return 0;
}

void intake_set_host(struct intake *intake, struct host_scale *host)
{
	intake->host = host;
}

void intake_free(struct intake *intake)
{
	size_t i;

	if (!intake)
		return;
	ev_prepare_stop(intake->options.loop, &intake->turn);
	ev_timer_stop(intake->options.loop, &intake->retry);
	ev_timer_stop(intake->options.loop, &intake->mail);
	for (i = 0; i < intake->source_count; i++)
		source_deinit(&intake->sources[i]);
	definition_cache_free(intake->definitions); /* jobs waited there */
	next_turns_free(intake->turns);
	mem_free(intake->sources);
	mem_free(intake);
}

void intake_quiet(struct intake *intake)
{
	intake->quiet = true;
	if (!ev_is_active(&intake->mail))
		ev_timer_again(intake->options.loop, &intake->mail);
}

void intake_drain(struct intake *intake, void (*done)(void *arg), void *arg)
{
	size_t i;

	intake->draining = true;
	intake->done = done;
	intake->done_arg = arg;
	for (i = 0; i < intake->source_count; i++) {
		queue_bell_disarm(intake->sources[i].bell);
		/* entries that nobody has started go back as they came */
		list_for_each_safe(node, &intake->sources[i].claimed)
			job_return(list_entry(node, struct job, node), false);
	}
}

size_t intake_jobs(const struct intake *intake)
{
	return intake->jobs;
}
