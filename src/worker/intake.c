/*
 * intake.c - entries of the queue: claimed, started, finished
 *
 * One source a queue. A source has one claim call under way at most; the call takes what
 *is ready, as much as there are free slots for, and finishes what has ended since the
 *last one. What ends while a call is under way goes with the next: batches grow with the
 *load and nothing waits while idle. When a call has not filled its slots, the source
 *waits at the bell.
 *
 * A job (struct job) is known here from its claim until the reply to the call that
 *finished it. A claim whose answer was lost may have left entries in our name: when the
 *link is up again, and after a recovery, what is worked on here is told to Redis
 *(reattach.c), then what Redis lists as held and nobody here knows is handed back.
 *
 *	CLAIMED   waits for its definition
 *	STARTED   the host has it
 *	LOOKING   the host lost it: its row says what becomes of the entry (handover.c)
 *	SETTLING  nobody executes it: its journal goes into its stream, then the entry
 *	ENDED     waits for the next call
 *	FINISHING in the call under way
 *	RETURNING goes back to where it was
 *	RETURNED  in the hand-back under way
 *	LEFT      the entry stays in our name until somebody requeues it
 */
#include "worker/intake.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "host/definition_cache.h"
#include "host/held.h"
#include "host/host_scale.h"
#include "host/settle.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "pg/pg_pool.h"
#include "queue/queue_bell.h"
#include "queue/queue_claim.h"
#include "queue/queue_handback.h"
#include "queue/queue_held.h"
#include "queue/queue_leave.h"
#include "queue/queue_mail.h"
#include "redis/redis_link.h"
#include "run/payload.h"
#include "worker/handover.h"
#include "worker/lane.h"
#include "worker/reattach.h"

#include <string.h>

#define MAIL_EVERY_S 0.25 /* between two calls at most, while there are jobs */
#define MAIL_PAGE    200  /* texts that a call brings at most: there may be more */

enum job_state {
	JOB_CLAIMED,
	JOB_STARTED,
	JOB_LOOKING,
	JOB_SETTLING,
	JOB_ENDED,
	JOB_FINISHING,
	JOB_RETURNING,
	JOB_RETURNED,
	JOB_LEFT,
};

struct job {
	struct list node; /* of its state, in source; STARTED, SETTLING, LEFT: in none */
	struct source *source;
	enum job_state state;
	struct arena arena;
	const char *id;
	size_t id_len;
	const char *tenant; /* key form */
	size_t tenant_len;
	const char *run_id;
	int64_t wake;
	const char *from;       /* "": nobody; in the arena */
	bool resumes;           /* not lazy: others had it, or may have */
	bool taken_over;        /* RETURNING: its row has our name */
	int losses;             /* how often the host lost it */
	struct queue_job entry; /* as it was claimed; what reattach.c packs again. from
				   and payload are made when asked for */
	struct payload payload;
	struct definition_wait wait;
	struct handover handover; /* LOOKING */
	struct settle *settle;    /* SETTLING */
};

struct source {
	struct intake *intake;
	struct queue *queue;
	struct queue_bell *bell;
	struct map jobs;       /* job id -> struct job */
	struct list claimed;   /* JOB_CLAIMED */
	struct list ended;     /* JOB_ENDED */
	struct list finishing; /* JOB_FINISHING */
	struct list looking;   /* JOB_LOOKING that wait for the retry timer */
	struct list returning; /* JOB_RETURNING, not sent yet */
	struct list returned;  /* in the call under way */
	bool calling;
	int64_t called_mono_ms; /* when the newest call was sent */
	bool dry;     /* the last call did not fill its slots: wait at the bell */
	bool unsure;  /* Redis may list entries in our name that nobody here knows */
	size_t asked; /* jobs that the call under way may bring */
	bool look;    /* call even if nothing can be claimed: there may be mail */
	bool refused_said;
	bool left; /* this queue knows us no more */
	struct reattach *reattach;
};

struct intake {
	struct intake_options options;
	struct host_scale *host;
	struct definition_cache *definitions;
	struct source *sources;
	size_t source_count;
	size_t first; /* the source that calls first in this turn */
	size_t jobs;  /* in all states but LEFT */
	size_t slots;
	bool quiet;
	bool draining;
	ev_prepare turn; /* calls go out once a turn */
	ev_timer retry;  /* after a call that failed, and for what waits for Postgres */
	ev_timer mail;   /* while there are jobs: calls that nothing else causes */
	void (*done)(void *arg);
	void *done_arg;
};

static void source_call(struct source *source);

static void retry_later(struct intake *intake);

/* Redis may list entries in our name that nobody here knows: ask, soon. */
static void not_sure(struct source *source)
{
	source->unsure = true;
	retry_later(source->intake);
}

/* Something waits for Postgres or Redis that no answer will wake. */
static void retry_later(struct intake *intake)
{
	if (!ev_is_active(&intake->retry))
		ev_timer_again(intake->options.loop, &intake->retry);
}

/* ---- jobs ---- */

static struct job *job_new(struct source *source, const char *id, size_t id_len,
			   const char *tenant, size_t tenant_len)
{
	struct job *job = mem_new(struct job);

	job->source = source;
	arena_init(&job->arena);
	job->id = arena_dup_n(&job->arena, id, id_len);
	job->id_len = id_len;
	job->tenant = arena_dup_n(&job->arena, tenant, tenant_len);
	job->tenant_len = tenant_len;
	(void)map_put(&source->jobs, job->id, job->id_len, job);
	source->intake->jobs++;
	if (!ev_is_active(&source->intake->mail))
		ev_timer_again(source->intake->options.loop, &source->intake->mail);
	return job;
}

static void job_free(struct job *job)
{
	struct source *source = job->source;

	(void)map_remove(&source->jobs, job->id, job->id_len);
	list_remove(&job->node);
	list_remove(&job->wait.node);
	handover_stop(&job->handover);
	settle_free(job->settle);
	if (job->state != JOB_LEFT)
		source->intake->jobs--;
	arena_deinit(&job->arena);
	mem_free(job);
}

static void job_ended(struct job *job)
{
	job->state = JOB_ENDED;
	list_remove(&job->node);
	list_push(&job->source->ended, &job->node);
}

static void job_return(struct job *job, bool taken_over)
{
	job->state = JOB_RETURNING;
	job->taken_over = taken_over;
	list_remove(&job->node);
	list_push(&job->source->returning, &job->node);
}

static void job_left(struct job *job)
{
	log_warn("run.left", LOG_S("run", job->run_id), LOG_N("wake", job->wake));
	list_remove(&job->node);
	job->state = JOB_LEFT;
	job->source->intake->jobs--;
}

/* The run can only fail. */
static void job_fail(struct job *job, const char *reason)
{
	const struct host_scale_run run = {
		.run_id = job->run_id,
		.job_id = job->id,
		.wake = job->wake,
		.queue = (size_t)(job->source - job->source->intake->sources),
		.resumes = job->resumes,
		.from = job->from,
		.slot = job,
	};

	list_remove(&job->node);
	job->state = JOB_STARTED;
	host_scale_fail(job->source->intake->host, &run, reason);
}

static void job_start(struct job *job, struct definition *definition)
{
	const struct host_scale_run run = {
		.run_id = job->run_id,
		.job_id = job->id,
		.wake = job->wake,
		.queue = (size_t)(job->source - job->source->intake->sources),
		.resumes = job->resumes,
		.from = job->from,
		.definition = definition,
		.whole = job->payload.whole,
		.message = job->payload.message,
		.message_len = job->payload.message ? strlen(job->payload.message) : 0,
		.inputs = job->payload.inputs,
		.inputs_len = job->payload.inputs ? strlen(job->payload.inputs) : 0,
		.slot = job,
	};

	list_remove(&job->node);
	job->state = JOB_STARTED;
	host_scale_start(job->source->intake->host, &run);
}

static void on_definition(struct definition_wait *wait, struct definition *definition,
			  const struct err *err)
{
	struct job *job = list_entry(wait, struct job, wait);

	if (definition) {
		job_start(job, definition);
		return;
	}
	if (err->code == ERR_INPUT || err->code == ERR_NOT_FOUND) {
		log_error("run.definition_unusable", LOG_S("run", job->run_id),
			  LOG_S("error", err->text));
		job_fail(job, err->text);
		return;
	}
	/* Postgres is away: ask again later */
	log_warn("run.definition_waits", LOG_S("run", job->run_id),
		 LOG_S("error", err->text));
	retry_later(job->source->intake);
}

static void job_need_definition(struct job *job)
{
	struct intake *intake = job->source->intake;
	struct definition *definition =
		definition_cache_get(intake->definitions, job->payload.definition_id,
				     job->payload.definition_version);

	if (definition) {
		job_start(job, definition);
		return;
	}
	if (list_linked(&job->wait.node))
		return; /* asked for already */
	job->wait.ready = on_definition;
	if (definition_cache_ask(intake->definitions, job->payload.definition_id,
				 job->payload.definition_version, &job->wait) < 0)
		retry_later(intake);
}

/* ---- what a claim brought ---- */

/*
 * We were thought dead, what we hold was put back, and we claimed it again: the job that
 * is here is the one that the entry is held for. A second one would take the run off the
 * first, and the first off the second.
 */
static bool is_here(struct source *source, const char *id, size_t id_len)
{
	struct job *job = map_get(&source->jobs, id, id_len);

	if (!job)
		return false;
	if (job->state == JOB_LEFT) { /* somebody requeued it: it is as any other */
		job_free(job);
		return false;
	}
	log_warn("job.claimed_again", LOG_S("job", job->id));
	return true;
}

/* All of the entry but its payload: the row of the run has what that says. */
static void keep_entry(struct job *job, const struct queue_job *claimed)
{
	job->entry = *claimed;
	job->entry.run = (struct queue_text){ job->run_id, claimed->run.len };
	job->entry.tenant = (struct queue_text){ job->tenant, job->tenant_len };
	job->entry.lane.data =
		arena_dup_n(&job->arena, claimed->lane.data, claimed->lane.len);
	job->entry.cohort.data =
		arena_dup_n(&job->arena, claimed->cohort.data, claimed->cohort.len);
	job->entry.payload = (struct queue_text){ NULL, 0 };
}

static void take_job(struct source *source, const struct queue_job *claimed)
{
	struct str id = STR_INIT;
	struct job *job;
	struct err err;

	queue_job_id(claimed, &id);
	if (is_here(source, str_text(&id), id.len)) {
		str_deinit(&id);
		return;
	}
	job = job_new(source, str_text(&id), id.len, claimed->tenant.data,
		      claimed->tenant.len);
	str_deinit(&id);
	job->run_id = arena_dup_n(&job->arena, claimed->run.data, claimed->run.len);
	job->wake = claimed->wake;
	keep_entry(job, claimed);
	job->from = arena_dup_n(&job->arena, claimed->from.data, claimed->from.len);
	job->resumes = claimed->from.len || claimed->requeues || claimed->attempt > 1 ||
		       claimed->wake > 1;
	job->state = JOB_CLAIMED;
	list_push(&source->claimed, &job->node);
	if (source->intake->draining) {
		job_return(job, false);
		return;
	}
	if (payload_unpack(claimed->payload.data, claimed->payload.len, &job->arena,
			   &job->payload, &err) < 0) {
		log_error("job.payload_unreadable", LOG_S("job", job->id),
			  LOG_S("error", err.text));
		job_fail(job, err.text);
		return;
	}
	job_need_definition(job);
}

static void take_bad(struct source *source, const struct queue_ended *bad)
{
	struct job *job;

	if (is_here(source, bad->id.data, bad->id.len))
		return;
	job = job_new(source, bad->id.data, bad->id.len, bad->tenant.data,
		      bad->tenant.len);
	log_error("job.undecodable", LOG_S("job", job->id));
	job_ended(job);
}

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
		source->unsure = source->unsure || rc == ERR_CONN || rc == ERR_TIMEOUT;
		source->dry = true;
		log_warn("queue.claim_failed", LOG_S("queue", queue_name(source->queue)),
			 LOG_S("error", err->text));
		score_add(score, SCORE_REDIS_ERRORS, 1);
		retry_later(intake);
		return;
	}
	host_scale_refreshed(intake->host, (size_t)(source - intake->sources),
			     source->called_mono_ms);
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
	source->look = claimed->nmail == MAIL_PAGE;
	for (i = 0; i < claimed->nmail; i++)
		take_mail(source, &claimed->mail[i]);
	if (claimed->refused != source->refused_said) {
		source->refused_said = claimed->refused;
		log_info(claimed->refused ? "queue.claims_refused" : "queue.claims_open",
			 LOG_S("queue", queue_name(source->queue)));
	}
	if (intake->options.lane && claimed->njobs)
		lane_begin(intake->options.lane);
	for (i = 0; i < claimed->nbad; i++)
		take_bad(source, &claimed->bad[i]);
	for (i = 0; i < claimed->njobs; i++)
		take_job(source, &claimed->jobs[i]);
}

/* ---- calls ---- */

static bool may_claim(const struct intake *intake)
{
	return !intake->quiet && !intake->draining &&
	       pg_pool_links_up(intake->options.pool) > 0 &&
	       !lifeline_master_silent(intake->options.lifeline);
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

static const struct queue_text quarantine_lane = { QUEUE_LANE_QUARANTINE,
						   sizeof(QUEUE_LANE_QUARANTINE) - 1 };

static void source_call(struct source *source)
{
	struct intake *intake = source->intake;
	struct queue_ended ended[QUEUE_BATCH_MAX];
	struct queue_claim_ask ask = { .ended = ended };
	size_t free = may_claim(intake) ? free_slots(intake, source) : 0;
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
		retry_later(intake);
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

static void source_settle(struct source *source)
{
	struct err err;

	if (!source->unsure || source->calling)
		return;
	source->unsure = false;
	if (queue_held(source->queue, 0, on_held_page, source, &err) < 0)
		not_sure(source);
}

/* ---- what is worked on here, told anew ---- */

static void tell_job(struct job *job, struct reattach *reattach)
{
	job->entry.from = (struct queue_text){ job->from, strlen(job->from) };
	if (!job->entry.payload.data) {
		const struct payload less = {
			.definition_id = job->payload.definition_id,
			.definition_version = job->payload.definition_version,
		};
		struct str text = STR_INIT;

		payload_pack(&less, &text);
		job->entry.payload = (struct queue_text){
			arena_dup_n(&job->arena, text.data, text.len), text.len
		};
		str_deinit(&text);
	}
	reattach_add(reattach, &job->entry);
}

static void on_tell(void *arg, struct reattach *reattach)
{
	struct source *source = arg;

	map_for_each(slot, &source->jobs) {
		struct job *job = slot->value;

		switch (job->state) {
		case JOB_CLAIMED:
		case JOB_STARTED:
		case JOB_LOOKING:
		case JOB_SETTLING:
		case JOB_RETURNING:
			/* without a definition its payload was unreadable: it only fails
			 */
			if (job->payload.definition_id)
				tell_job(job, reattach);
			break;
		case JOB_ENDED: /* nobody misses them */
		case JOB_FINISHING:
		case JOB_RETURNED: /* on its way back: not to be taken again */
		case JOB_LEFT:
			break;
		}
	}
}

static void on_told(void *arg)
{
	struct source *source = arg;

	not_sure(source);
	source_settle(source);
}

void intake_redis_up(struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++)
		reattach_link_up(intake->sources[i].reattach);
}

/* ---- runs that the host lost, or hands back ---- */

static void on_settled(void *arg, struct settle *settle)
{
	struct job *job = arg;

	(void)settle; /* job_free() frees it */
	FAULT("settle.published");
	log_info("run.settled", LOG_S("run", job->run_id), LOG_N("wake", job->wake));
	job_ended(job);
}

static void job_settle(struct job *job)
{
	const struct intake_options *options = &job->source->intake->options;
	const struct settle_options what = {
		.loop = options->loop,
		.pool = options->pool,
		.link = options->link,
		.publisher = options->publisher,
		.run_id = job->run_id,
		.done = on_settled,
		.arg = job,
	};

	job->state = JOB_SETTLING;
	job->settle = settle_new(&what);
}

static void on_handover(struct handover *handover, enum handover_verdict verdict,
			const char *owner)
{
	struct job *job = list_entry(handover, struct job, handover);
	struct source *source = job->source;

	switch (verdict) {
	case HANDOVER_SETTLE:
		job_settle(job);
		return;
	case HANDOVER_GIVEN:
		job_free(job);
		return;
	case HANDOVER_TAKE:
		log_info("run.taken_again", LOG_S("run", job->run_id),
			 LOG_S("from", owner));
		job->from = arena_dup(&job->arena, owner);
		job->resumes = true;
		if (source->intake->draining) {
			job_return(job, false);
			return;
		}
		job->state = JOB_CLAIMED;
		list_push(&source->claimed, &job->node);
		job_need_definition(job);
		return;
	case HANDOVER_STAYS:
		job_left(job);
		return;
	}
}

static void job_look(struct job *job)
{
	struct intake *intake = job->source->intake;

	list_remove(&job->node);
	job->handover = (struct handover){
		.loop = intake->options.loop,
		.pool = intake->options.pool,
		.queue = job->source->queue,
		.run_id = job->run_id,
		.job_id = { job->id, job->id_len },
		.wake = job->wake,
		.owner_is_us = intake->options.env->incarnation,
		.decided = on_handover,
	};
	handover_start(&job->handover);
}

void intake_run_over(void *arg, struct held *held, enum host_over how)
{
	struct job *job = held->slot;

	(void)arg;
	switch (how) {
	case HOST_OVER_ENDED:
		job_ended(job);
		return;
	case HOST_OVER_LOST:
		job->state = JOB_LOOKING;
		if (job->losses++ == 0) {
			job_look(job);
			return;
		}
		/* lost again: not as fast as Postgres answers */
		list_push(&job->source->looking, &job->node);
		retry_later(job->source->intake);
		return;
	case HOST_OVER_UNSTORABLE:
		job_left(job);
		return;
	case HOST_OVER_BACK_LAZY:
	case HOST_OVER_BACK_OWNED:
		job_return(job, how == HOST_OVER_BACK_OWNED);
		return;
	}
}

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
	source->unsure = source->unsure || rc < 0;
	free_returned(source);
}

/* At most one call is under way, so that its jobs are known until it is answered. */
static void source_return(struct source *source)
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

/* ---- turns ---- */

static bool nothing_held(const struct intake *intake)
{
	size_t i;

	if (intake->jobs)
		return false;
	for (i = 0; i < intake->source_count; i++)
		if (intake->sources[i].calling)
			return false;
	return true;
}

static void on_left(void *arg, int rc, int64_t held, const struct err *err)
{
	(void)arg;
	if (rc == 0 && held)
		log_warn("queue.not_left", LOG_N("held", held));
	else if (rc < 0 && rc != ERR_CLOSED)
		log_warn("queue.not_left", LOG_S("error", err->text));
}

static void leave(struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++) {
		struct source *source = &intake->sources[i];
		struct err err;

		if (source->left)
			continue;
		source->left = true;
		(void)queue_leave(
			source->queue, intake->options.env->incarnation, on_left, NULL,
			&err); /* a link that is down: the key runs out by itself */
	}
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

		source_call(&intake->sources[at]);
		source_return(&intake->sources[at]);
	}
	if (intake->draining && intake->done && nothing_held(intake)) {
		void (*done)(void *arg) = intake->done;

		intake->done = NULL;
		leave(intake);
		done(intake->done_arg);
	}
}

static void on_bell(void *arg, bool rung)
{
	struct source *source = arg;

	(void)rung;
	source->dry = false; /* the turn's end calls */
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
 * runs that somebody could want to stop. */
static void on_mail_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct intake *intake = w->data;
	size_t i;

	(void)revents;
	if (!intake->jobs)
		ev_timer_stop(loop, w);
	for (i = 0; i < intake->source_count; i++)
		if (intake->sources[i].jobs.count)
			intake->sources[i].look = true;
}

void intake_link_up(struct intake *intake)
{
	size_t i;

	for (i = 0; i < intake->source_count; i++) {
		intake->sources[i].dry = false;
		source_settle(&intake->sources[i]);
	}
}

/* ---- life ---- */

static int source_init(struct source *source, struct intake *intake, const char *name,
		       struct err *err)
{
	const struct intake_options *options = &intake->options;
	const struct conf *conf = options->env->conf;
	int rc;

	source->intake = intake;
	map_init(&source->jobs);
	list_init(&source->claimed);
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

int intake_new(const struct intake_options *options, struct intake **ret, struct err *err)
{
	const struct conf *conf = options->env->conf;
	struct intake *intake = mem_new(struct intake);
	size_t i;
	int rc = 0;

	intake->options = *options;
	intake->slots = (size_t)conf->worker.slots;
	intake->definitions = definition_cache_new(options->pool);
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
	definition_cache_free(intake->definitions);
	for (i = 0; i < intake->source_count; i++) {
		struct source *source = &intake->sources[i];

		map_for_each(slot, &source->jobs) {
			struct job *job = slot->value;

			handover_stop(&job->handover);
			settle_free(job->settle);
			arena_deinit(&job->arena);
			mem_free(job);
		}
		map_deinit(&source->jobs);
		queue_bell_free(source->bell);
		reattach_free(source->reattach);
		queue_free(source->queue);
	}
	mem_free(intake->sources);
	mem_free(intake);
}

void intake_quiet(struct intake *intake)
{
	intake->quiet = true;
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
