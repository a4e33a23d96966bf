/*
 * why_reads.c - why a run does not go on, for the port of scale mode
 *
 * Postgres says how its row stands, and of one that is queued Redis, where its entry is.
 */
#include "api/why_reads.h"

#include "api/manage.h"
#include "api/pg_read.h"
#include "api/why.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "queue/queue.h"
#include "queue/queue_job.h"
#include "queue/queue_names.h"

#include <string.h>

struct asked {
	const struct manage *manage;
	struct arena arena;
	const char *run_id; /* in the arena, as the texts of run */
	struct queue *queue;
	int statement;
	struct store_why run;
	port_why_cb cb;
	void *arg;
};

static void asked_free(struct asked *asked)
{
	queue_free(asked->queue);
	arena_deinit(&asked->arena);
	mem_free(asked);
}

static void decided(struct asked *asked, const struct queue_why *place)
{
	struct why_reason reason;
	struct port_why why;

	why_decide(&asked->run, place, &reason);
	why = (struct port_why){
		.tenant_id = asked->run.tenant_id,
		.status = asked->run.status,
		.reason = reason.code,
		.detail = reason.text,
		.queue = *asked->run.queue ? asked->run.queue : NULL,
		.lane = asked->run.lane,
		.online = asked->run.online,
		.capable = asked->run.capable,
	};
	if (place && place->place == QUEUE_PLACE_READY)
		why.position = place->ahead + 1;
	asked->cb(asked->arg, ERRORS_NONE, &why);
	asked_free(asked);
}

static void on_place(void *arg, int rc, const struct queue_why *place,
		     const struct err *err)
{
	if (rc < 0)
		log_warn("queue.act_failed", LOG_S("act", "why"),
			 LOG_S("error", err->text));
	decided(arg, rc < 0 ? NULL : place);
}

static const char *keep(struct asked *asked, const char *text)
{
	return text ? arena_dup(&asked->arena, text) : NULL;
}

static void keep_texts(struct asked *asked)
{
	struct store_why *run = &asked->run;

	run->status = keep(asked, run->status);
	run->tenant_id = keep(asked, run->tenant_id);
	run->queue = keep(asked, run->queue);
	run->lane = keep(asked, run->lane);
	run->run_at = keep(asked, run->run_at);
	run->worker_id = keep(asked, run->worker_id);
	run->current_step_id = keep(asked, run->current_step_id);
	run->paused_reason = keep(asked, run->paused_reason);
}

static int ask_place(struct asked *asked, struct err *err)
{
	const struct manage *manage = asked->manage;
	const char *run_id = asked->run_id;
	struct str tenant = STR_INIT, job = STR_INIT;
	struct queue_job named = {
		.kind = QUEUE_JOB_RUN,
		.wake = (uint32_t)asked->run.wake,
		.run = { run_id, strlen(run_id) },
	};
	int rc;

	queue_names_tenant(&tenant, asked->run.tenant_id);
	queue_job_id(&named, &job);
	rc = queue_new(manage->link, manage->scripts, asked->run.queue, NULL,
		       &asked->queue, err);
	if (rc == 0)
		rc = queue_why(asked->queue, (struct queue_text){ job.data, job.len },
			       (struct queue_text){ tenant.data, tenant.len },
			       asked->run.lane, on_place, asked, err);
	str_deinit(&tenant);
	str_deinit(&job);
	return rc;
}

static void on_row(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct asked *asked = arg;
	struct err err;

	if (error == ERRORS_NONE && !store_why_read(reply, asked->statement, &asked->run))
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE) {
		asked->cb(asked->arg, error, NULL);
		asked_free(asked);
		return;
	}
	keep_texts(asked);
	if (!why_needs_place(&asked->run) || ask_place(asked, &err) < 0)
		decided(asked, NULL);
}

void why_reads_get(const struct manage *manage, const char *run_id, port_why_cb cb,
		   void *arg)
{
	struct asked *asked = mem_new(struct asked);
	struct pg_batch *batch = pg_batch_new();

	arena_init(&asked->arena);
	asked->manage = manage;
	asked->run_id = arena_dup(&asked->arena, run_id);
	asked->cb = cb;
	asked->arg = arg;
	asked->statement =
		store_why(batch, run_id, manage->conf->queue.heartbeat_ttl_ms * 2);
	pg_read(manage->pool, batch, on_row, asked);
}
