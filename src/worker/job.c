/*
 * job.c - an entry that this worker has, from its claim until the queue knows it no more
 *
 *	CLAIMED ---> STARTED ---> ENDED ---> FINISHING ---> freed
 *	   |          |   `-----> LOOKING (the host lost it: handover.c asks whose it is)
 *	   |          |             |--> CLAIMED again, off its owner
 *	   |          |             |--> SETTLING ---> ENDED
 *	   |          |             |--> freed: its owner has the entry
 *	   |          |             `--> LEFT
 *	   `--------> RETURNING ---> RETURNED ---> freed (drain, quarantine)
 *
 * A job takes a slot of the worker in all states but LEFT. The calls that move entries in
 * Redis are its source's (source.c); here is what becomes of one.
 */
#include "worker/job.h"

#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/next_turn.h"
#include "host/settle.h"
#include "ipc/kind.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "run/chat_run.h"
#include "worker/intake_in.h"
#include "worker/reattach.h"
#include "worker/source.h"

#include <string.h>

static struct job *job_new(struct source *source, const char *id, size_t id_len,
			   const char *tenant, size_t tenant_len)
{
	struct arena arena;
	struct job *job;

	arena_init(&arena);
	job = arena_new(&arena, struct job);
	job->arena = arena; /* it is in there itself */
	job->source = source;
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

void job_free(struct job *job)
{
	struct source *source = job->source;
	struct arena arena;

	(void)map_remove(&source->jobs, job->id, job->id_len);
	list_remove(&job->node);
	list_remove(&job->wait.node);
	handover_stop(&job->handover);
	settle_free(job->settle);
	if (job->state != JOB_LEFT)
		source->intake->jobs--;
	arena = job->arena;
	arena_deinit(&arena);
}

static void job_ended(struct job *job)
{
	job->state = JOB_ENDED;
	list_remove(&job->node);
	list_push(&job->source->ended, &job->node);
}

void job_return(struct job *job, bool taken_over)
{
	job->state = JOB_RETURNING;
	job->taken_over = taken_over;
	list_remove(&job->wait.node); /* its definition would start it */
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
		.tenant = job->tenant,
		.wake = job->wake,
		.queue = source_number(job->source),
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
		.tenant = job->tenant,
		.wake = job->wake,
		.queue = source_number(job->source),
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
	intake_retry_later(job->source->intake);
}

void job_need_definition(struct job *job)
{
	struct intake *intake = job->source->intake;
	const char *agent_id = job->entry.kind == QUEUE_JOB_CHAT
				       ? chat_run_agent(job->payload.definition_id)
				       : NULL;
	enum store_definition_kind kind = agent_id ? STORE_AGENT : STORE_ORCHESTRATION;
	const char *id = agent_id ? agent_id : job->payload.definition_id;
	int64_t version = job->payload.definition_version;
	struct definition *definition =
		definition_cache_get(intake->definitions, kind, id, version);

	if (definition) {
		job_start(job, definition);
		return;
	}
	if (list_linked(&job->wait.node))
		return; /* asked for already */
	job->wait.ready = on_definition;
	if (definition_cache_ask(intake->definitions, kind, id, version, &job->wait) < 0)
		intake_retry_later(intake);
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

void job_take(struct source *source, const struct queue_job *claimed)
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
	/* a turn of a chat goes on in a stream that others have written to */
	job->resumes = claimed->from.len || claimed->requeues || claimed->attempt > 1 ||
		       claimed->wake > 1 || claimed->kind == QUEUE_JOB_CHAT;
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

void job_take_bad(struct source *source, const struct queue_text *id,
		  const struct queue_text *tenant)
{
	struct job *job;

	if (is_here(source, id->data, id->len))
		return;
	job = job_new(source, id->data, id->len, tenant->data, tenant->len);
	log_error("job.undecodable", LOG_S("job", job->id));
	job_ended(job);
}

/* ---- runs that the host lost, or hands back ---- */

static void on_settled(void *arg, struct settle *settle)
{
	struct job *job = arg;

	(void)settle; /* job_free() frees it */
	FAULT("settle.published");
	log_info("run.settled", LOG_S("run", job->run_id), LOG_N("wake", job->wake));
	next_turns_push(job->source->intake->turns, job->run_id);
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

void job_look(struct job *job)
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

void job_got_on(struct job *job)
{
	if (!job->entry.requeues)
		return;
	job->entry.requeues = 0;
	list_push(&job->source->got_on, &job->node);
}

void job_over(struct job *job, enum host_over how)
{
	list_remove(&job->node); /* of those that got on */
	switch (how) {
	case HOST_OVER_ENDED:
		next_turns_push(job->source->intake->turns, job->run_id);
		job_ended(job);
		return;
	case HOST_OVER_PAUSED: /* whoever wakes it makes another entry */
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
		intake_retry_later(job->source->intake);
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

/* ---- what is worked on here, told anew ---- */

static void pack_and_tell(struct job *job, struct reattach *reattach)
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

void job_tell(struct job *job, struct reattach *reattach)
{
	switch (job->state) {
	case JOB_CLAIMED:
	case JOB_STARTED:
	case JOB_LOOKING:
	case JOB_SETTLING:
	case JOB_RETURNING:
		/* without a definition its payload was unreadable: it only fails */
		if (job->payload.definition_id)
			pack_and_tell(job, reattach);
		break;
	case JOB_ENDED: /* nobody misses them */
	case JOB_FINISHING:
	case JOB_RETURNED: /* on its way back: not to be taken again */
	case JOB_LEFT:
		break;
	}
}
