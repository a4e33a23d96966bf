/*
 * source.c - one queue that this worker serves: its calls, and the jobs that it gave
 *
 * A source has one claim call under way at most; the call takes what is ready, as much as
 * there are free slots for, finishes what has ended since the last one, refreshes our
 * heartbeat key and brings our mail. What ends while a call is under way goes with the
 * next: batches grow with the load and nothing waits while idle. When a call has not
 * filled its slots, the source waits at the bell.
 *
 * A claim whose answer was lost may have left entries in our name: when the link is up
 * again, and in a recovery, what is worked on here is told to Redis (reattach.c), then
 * what Redis lists as held and nobody here knows is handed back.
 */
#include "worker/source.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "events/publish.h"
#include "host/host_scale.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "queue/queue_bell.h"
#include "queue/queue_claim.h"
#include "queue/queue_forgive.h"
#include "queue/queue_handback.h"
#include "queue/queue_held.h"
#include "queue/queue_leave.h"
#include "queue/queue_mail.h"
#include "redis/redis_link.h"
#include "worker/errands.h"
#include "worker/intake_in.h"
#include "worker/job.h"
#include "worker/lane.h"
#include "worker/reattach.h"

#define MAIL_PAGE     200 /* texts that a call brings at most: there may be more */
#define NEWER_SAID_MS 60000

/* Redis may do so: ask, soon. */
static void not_sure(struct source *source)
{
	source->unsure = true;
	intake_retry_later(source->intake);
}

void source_link_up(struct source *source)
{
	source->dry = false;
	source_settle(source);
}

size_t source_number(const struct source *source)
{
	return (size_t)(source - source->intake->sources);
}

/* ---- what a call brought ---- */

/* What others let this process know, sooner than Postgres would. */
static void take_mail(struct source *source, const struct queue_text *text)
{
	struct queue_mail mail;

	if (!queue_mail_read(*text, &mail)) {
		log_warn("mail.unreadable", LOG_S("queue", queue_name(source->queue)),
			 LOG_N("bytes", text->len));
		return;
	}
	switch (mail.kind) {
	case QUEUE_MAIL_CANCEL:
		host_scale_cancel(source->intake->host, mail.run_id);
		break;
	case QUEUE_MAIL_ANSWER:
		host_scale_answered(source->intake->host, mail.run_id);
		break;
	case QUEUE_MAIL_QUIET:
		errands_do(source->intake->options.errands, ERRANDS_QUIET);
		break;
	case QUEUE_MAIL_STOP:
		errands_do(source->intake->options.errands, ERRANDS_STOP);
		break;
	}
}

static void free_finished(struct source *source)
{
	while (!list_empty(&source->finishing))
		job_free(list_entry(source->finishing.next, struct job, node));
	if (source->intake->options.lane && !source->intake->jobs)
		lane_end(source->intake->options.lane);
}

/* The call failed: what it was to finish goes with the next one (finishing is
 * idempotent). */
static void keep_finishing(struct source *source)
{
	list_for_each(node, &source->finishing)
		list_entry(node, struct job, node)->state = JOB_ENDED;
	list_splice(&source->ended, &source->finishing);
}

/* In an upgrade of the fleet that is as it should be; without newer workers they wait. */
static void say_newer(struct source *source, int64_t count)
{
	int64_t now_mono_ms = clock_mono_ms();

	if (source->newer_said_mono_ms &&
	    now_mono_ms - source->newer_said_mono_ms < NEWER_SAID_MS)
		return;
	source->newer_said_mono_ms = now_mono_ms;
	log_warn("queue.newer_jobs", LOG_S("queue", queue_name(source->queue)),
		 LOG_N("jobs", count),
		 LOG_S("what", "a later version has packed them: left for its workers"));
}

static void on_claimed(void *arg, int rc, const struct queue_claimed *claimed,
		       const struct err *err)
{
	struct source *source = arg;
	struct intake *intake = source->intake;
	struct score_slot *score = intake->options.env->score;
	bool claimed_some = source->asked > 0;
	size_t i;

	source->calling = false;
	source->asked = 0;
	if (rc < 0) {
		if (rc == ERR_CLOSED)
			return;
		keep_finishing(source);
		source->unsure = true; /* whatever went wrong, the script may have run */
		source->dry = true;
		log_warn("queue.claim_failed", LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err->text));
		score_add(score, SCORE_REDIS_ERRORS, 1);
		intake_retry_later(intake);
		return;
	}
	host_scale_refreshed(intake->host, source_number(source), source->called_mono_ms);
	if (claimed->finished)
		FAULT("finish.answered");
	if (claimed->njobs)
		FAULT("claim.answered");
	score_add(score, SCORE_CLAIMS, 1);
	score_add(score, SCORE_JOBS_CLAIMED, (int64_t)claimed->njobs);
	score_add(score, SCORE_JOBS_FINISHED, claimed->finished);
	free_finished(source);
	reattach_seen(source->reattach, claimed->recovering);
	if (claimed_some) /* else nobody has looked whether there is something */
		source->dry = !claimed->more;
	publisher_ended_ttl(intake->options.publisher, claimed->events_ttl_ms);
	source->look = claimed->nmail == MAIL_PAGE;
	for (i = 0; i < claimed->nmail; i++)
		take_mail(source, &claimed->mail[i]);
	if (claimed->refused != source->refused_said) {
		source->refused_said = claimed->refused;
		log_info(claimed->refused ? "queue.claims_refused" : "queue.claims_open",
			 LOG_S("queue", queue_name(source->queue)));
	}
	if (claimed->newer)
		say_newer(source, claimed->newer);
	if (intake->options.lane && claimed->njobs)
		lane_begin(intake->options.lane);
	for (i = 0; i < claimed->nbad; i++)
		job_take_bad(source, &claimed->bad[i].id, &claimed->bad[i].tenant);
	for (i = 0; i < claimed->njobs; i++)
		job_take(source, &claimed->jobs[i]);
}

/* ---- calls ---- */

static const struct queue_text quarantine_lane = { QUEUE_LANE_QUARANTINE,
						   sizeof(QUEUE_LANE_QUARANTINE) - 1 };

void source_call(struct source *source, size_t free)
{
	struct intake *intake = source->intake;
	struct queue_ended ended[QUEUE_BATCH_MAX];
	struct queue_claim_ask ask = { .ended = ended };
	struct err err;

	if (source->calling || source->left || !redis_link_is_up(intake->options.link))
		return;
	if (free && !source->dry)
		queue_bell_disarm(source->bell);
	if (list_empty(&source->ended) && !source->look && (!free || source->dry)) {
		if (free)
			queue_bell_arm(source->bell);
		else
			queue_bell_disarm(source->bell);
		return;
	}
	while (ask.nended < QUEUE_BATCH_MAX && !list_empty(&source->ended)) {
		struct job *job = list_entry(source->ended.next, struct job, node);

		ended[ask.nended++] = (struct queue_ended){
			.id = { job->id, job->id_len },
			.tenant = { job->tenant, job->tenant_len },
		};
		job->state = JOB_FINISHING;
		list_remove(&job->node);
		list_push(&source->finishing, &job->node);
	}
	if (intake->options.env->quarantine) {
		ask.lanes = &quarantine_lane;
		ask.nlanes = 1;
	}
	ask.want = free < QUEUE_BATCH_MAX ? free : QUEUE_BATCH_MAX;
	ask.alive_ttl_ms = intake->options.env->conf->queue.heartbeat_ttl_ms;
	source->calling = true;
	source->called_mono_ms = clock_mono_ms();
	source->asked = ask.want;
	if (queue_claim(source->queue, &ask, on_claimed, source, &err) < 0) {
		source->calling = false;
		source->asked = 0;
		keep_finishing(source);
		intake_retry_later(intake);
	}
}

/* ---- entries in our name that nobody here knows ---- */

static void on_handed_back(void *arg, int rc, int64_t returned, const struct err *err)
{
	struct source *source = arg;

	if (rc == 0) {
		score_add(source->intake->options.env->score, SCORE_RUNS_HANDED_BACK,
			  returned);
		return;
	}
	if (rc != ERR_CLOSED)
		log_warn("queue.handback_failed",
			 LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err->text));
	not_sure(source);
}

static void hand_back_unknown(struct source *source, const struct queue_text *ids,
			      size_t n)
{
	struct queue_handback_entry entries[QUEUE_BATCH_MAX];
	size_t count = 0, i;
	struct err err;

	for (i = 0; i < n; i++) {
		if (!map_get(&source->jobs, ids[i].data, ids[i].len))
			entries[count++] = (struct queue_handback_entry){ .id = ids[i] };
		if (!count || (count < QUEUE_BATCH_MAX && i + 1 < n))
			continue;
		log_info("queue.handback", LOG_S("queue", queue_name(source->queue)),
			 LOG_N("jobs", count));
		if (queue_handback(source->queue, entries, count, on_handed_back, source,
				   &err) < 0)
			not_sure(source);
		count = 0;
	}
}

static void on_held_page(void *arg, int rc, const struct queue_text *ids, size_t n,
			 uint64_t next, const struct err *err)
{
	struct source *source = arg;
	struct err send_err;

	if (rc == ERR_CLOSED)
		return;
	if (rc < 0) {
		log_warn("queue.held_unknown", LOG_S("error", err->text));
		not_sure(source);
		return;
	}
	hand_back_unknown(source, ids, n);
	if (next && queue_held(source->queue, next, on_held_page, source, &send_err) < 0)
		not_sure(source);
}

void source_settle(struct source *source)
{
	struct err err;

	if (!source->unsure || source->calling)
		return;
	source->unsure = false;
	if (queue_held(source->queue, 0, on_held_page, source, &err) < 0)
		not_sure(source);
}

/* ---- what is worked on here, told anew ---- */

static void on_tell(void *arg, struct reattach *reattach)
{
	struct source *source = arg;

	map_for_each(slot, &source->jobs)
		job_tell(slot->value, reattach);
}

static void on_told(void *arg)
{
	struct source *source = arg;

	not_sure(source);
	source_settle(source);
}

/* ---- what goes back ---- */

static void free_returned(struct source *source)
{
	while (!list_empty(&source->returned))
		job_free(list_entry(source->returned.next, struct job, node));
}

static void on_returned(void *arg, int rc, int64_t returned, const struct err *err)
{
	struct source *source = arg;

	if (rc == ERR_CLOSED)
		return;
	FAULT("handback.answered");
	/* not answered: what is still in our name is requeued when we are reaped, or
	 * handed back when the link is up again */
	if (rc < 0)
		log_warn("queue.handback_failed",
			 LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err->text));
	else
		score_add(source->intake->options.env->score, SCORE_RUNS_HANDED_BACK,
			  returned);
	free_returned(source);
	if (rc < 0)
		not_sure(source);
}

/* At most one call is under way, so that its jobs are known until it is answered. */
void source_return(struct source *source)
{
	struct queue_handback_entry entries[QUEUE_BATCH_MAX];
	size_t n = 0;
	struct err err;

	if (list_empty(&source->returning) || !list_empty(&source->returned))
		return;
	while (n < QUEUE_BATCH_MAX && !list_empty(&source->returning)) {
		struct job *job = list_entry(source->returning.next, struct job, node);

		entries[n++] =
			(struct queue_handback_entry){ .id = { job->id, job->id_len },
						       .taken_over = job->taken_over };
		job->state = JOB_RETURNED;
		list_remove(&job->node);
		list_push(&source->returned, &job->node);
	}
	log_info("queue.handback", LOG_S("queue", queue_name(source->queue)),
		 LOG_N("jobs", n));
	FAULT("handback.built");
	if (queue_handback(source->queue, entries, n, on_returned, source, &err) < 0) {
		log_warn("queue.handback_failed",
			 LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err.text));
		not_sure(source);
		free_returned(source);
	}
}

/* ---- what got on ---- */

static void on_forgiven(void *arg, int rc, int64_t forgiven, const struct err *err)
{
	struct source *source = arg;

	(void)forgiven;
	/* then an entry has a few requeues too many, until its run gets on elsewhere */
	if (rc < 0 && rc != ERR_CLOSED)
		log_warn("queue.not_forgiven", LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err->text));
}

void source_forgive(struct source *source)
{
	struct queue_text ids[QUEUE_BATCH_MAX];
	size_t n = 0;
	struct err err;
	int rc;

	while (n < QUEUE_BATCH_MAX && !list_empty(&source->got_on)) {
		struct job *job = list_entry(source->got_on.next, struct job, node);

		ids[n++] = (struct queue_text){ job->id, job->id_len };
		list_remove(&job->node);
	}
	if (!n)
		return;
	rc = queue_forgive(source->queue, ids, n, on_forgiven, source, &err);
	if (rc < 0)
		on_forgiven(source, rc, 0, &err);
}

/* ---- life ---- */

static void on_bell(void *arg, bool rung)
{
	struct source *source = arg;

	(void)rung;
	source->dry = false; /* the turn's end calls */
}

static void on_left(void *arg, int rc, int64_t held, const struct err *err)
{
	(void)arg;
	if (rc == 0 && held)
		log_warn("queue.not_left", LOG_N("held", held));
	else if (rc < 0 && rc != ERR_CLOSED)
		log_warn("queue.not_left", LOG_S("error", err->text));
}

void source_leave(struct source *source)
{
	struct err err;

	if (source->left)
		return;
	source->left = true;
	/* a link that is down: the key runs out by itself */
	(void)queue_leave(source->queue, source->intake->options.env->incarnation,
			  on_left, NULL, &err);
}

int source_init(struct source *source, struct intake *intake, const char *name,
		struct err *err)
{
	const struct intake_options *options = &intake->options;
	const struct conf *conf = options->env->conf;
	int rc;

	source->intake = intake;
	map_init(&source->jobs);
	list_init(&source->claimed);
	list_init(&source->got_on);
	list_init(&source->ended);
	list_init(&source->finishing);
	list_init(&source->looking);
	list_init(&source->returning);
	list_init(&source->returned);
	rc = queue_new(options->link, options->scripts, name, options->env->incarnation,
		       &source->queue, err);
	if (rc < 0)
		return rc;
	source->reattach = reattach_new(&(struct reattach_options){
		.loop = options->loop,
		.queue = source->queue,
		.alive_ttl_ms = conf->queue.heartbeat_ttl_ms,
		.tell = on_tell,
		.told = on_told,
		.arg = source,
	});
	return queue_bell_new(options->loop, options->link_conf, name,
			      conf->queue.poll_ms, on_bell, source, &source->bell, err);
}

void source_deinit(struct source *source)
{
	while (source->jobs.count) {
		map_for_each(slot, &source->jobs) {
			job_free(slot->value);
			break; /* the map has changed */
		}
	}
	map_deinit(&source->jobs);
	queue_bell_free(source->bell);
	reattach_free(source->reattach);
	queue_free(source->queue);
}
