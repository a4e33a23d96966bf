/*
 * resumes.c - runs that failed or were cancelled, and that somebody wants to go on
 *
 *	commit   Postgres: queued, awake once more, the next attempt, and a row of kind
 *		 resume in the journal, which its next owner folds (engine/fold.c)
 *	answer
 *	Redis    the stock cancel key goes, and the run gets an entry. One that is lost
 *		 here is made by the reconciler
 *
 * A commit that nobody answered is not sent again: the second would find the run queued.
 */
#include "api/resumes.h"

#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/cancel_key.h"
#include "host/woken.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "redis/redis_link.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "store/store_resumes.h"
#include "store/store_woken.h"

#include <stdio.h>
#include <string.h>

#define OPEN_MAX    10000 /* more than are under way at once are refused */
#define DEADLINE_MS 5000

struct resumes {
	struct resumes_parts parts;
	struct list all;
	size_t open;
	void (*idle)(void *arg); /* NULL: nobody waits */
	void *idle_arg;
};

struct resume {
	struct list node;
	struct resumes *resumes;
	char run_id[IDS_MAX];
	resumes_cb cb; /* NULL: answered */
	void *arg;
	int statement;
	struct queue *queue;
};

static void check_idle(struct resumes *resumes)
{
	void (*idle)(void *arg) = resumes->idle;

	if (!idle || resumes->open)
		return;
	resumes->idle = NULL;
	idle(resumes->idle_arg);
}

static void resume_free(struct resume *resume)
{
	struct resumes *resumes = resume->resumes;

	queue_free(resume->queue);
	list_remove(&resume->node);
	mem_free(resume);
	resumes->open--;
	check_idle(resumes);
}

static void answer(struct resume *resume, enum errors_code error, const char *detail,
		   int64_t attempt)
{
	resumes_cb cb = resume->cb;

	resume->cb = NULL;
	if (cb)
		cb(resume->arg, error, detail, attempt);
}

static void give_up(struct resume *resume, enum errors_code error, const char *detail)
{
	answer(resume, error, detail, 0);
	resume_free(resume);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct resume *resume = arg;

	(void)enqueue_at_ms;
	(void)added;
	if (rc == ERR_CLOSED)
		return; /* resumes_free() has it */
	if (rc < 0)
		log_warn("run.resume_entry_missing", LOG_S("run", resume->run_id),
			 LOG_S("error", err->text));
	resume_free(resume);
}

/* Its entry: what fails here the reconciler does. */
static int enqueue(struct resume *resume, const struct store_woken *row, struct err *err)
{
	const struct resumes_parts *parts = &resume->resumes->parts;
	int rc =
		queue_new(parts->link, parts->scripts,
			  row->queue ? row->queue : "default", NULL, &resume->queue, err);

	if (rc == 0)
		rc = woken_enqueue(resume->queue, resume->run_id, row, on_enqueued,
				   resume, err);
	return rc;
}

static void goes_on(struct resume *resume, const struct store_woken *row)
{
	struct err err;

	FAULT_OF("resume.committed", resume->run_id);
	log_info("run.resume_failed", LOG_S("run", resume->run_id),
		 LOG_N("attempt", row->attempt));
	answer(resume, ERRORS_NONE, NULL, row->attempt);
	cancel_key_delete(resume->resumes->parts.link, resume->run_id);
	if (enqueue(resume, row, &err) == 0)
		return;
	log_warn("run.resume_entry_missing", LOG_S("run", resume->run_id),
		 LOG_S("error", err.text));
	resume_free(resume);
}

static void stays(struct resume *resume, const struct store_resume_look *look)
{
	char detail[128];

	bool may = strcmp(look->status, "failed") == 0 ||
		   strcmp(look->status, "cancelled") == 0;

	if (may && look->wake > 0 && !look->step_known) {
		give_up(resume, ERRORS_NO_STEP, NULL);
		return;
	}
	if (chat_run_turn(resume->run_id)) {
		give_up(resume, ERRORS_NOT_FAILED,
			"a turn of a chat is not resumed: what comes next is a message");
		return;
	}
	(void)snprintf(detail, sizeof(detail),
		       "only a run that failed or was cancelled is resumed so: it is %s",
		       look->status);
	give_up(resume, ERRORS_NOT_FAILED, look->wake > 0 ? detail : NULL);
}

static void refused(struct resume *resume, const struct pg_outcome *outcome)
{
	bool bug = outcome->cls == PG_CLASS_BUG || outcome->cls == PG_CLASS_VALUE ||
		   outcome->cls == PG_CLASS_CONSTRAINT;

	if (outcome->err.code != ERR_CLOSED)
		log_warn("run.resume_refused", LOG_S("run", resume->run_id),
			 LOG_S("sqlstate", outcome->sqlstate),
			 LOG_S("error", outcome->err.text));
	if (outcome->fate == PG_UNKNOWN)
		give_up(resume, ERRORS_UNKNOWN,
			"it is not known whether the run goes on: look at its status");
	else
		give_up(resume, bug ? ERRORS_INTERNAL : ERRORS_POSTGRES, NULL);
}

static void on_done(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct resume *resume = arg;
	struct store_resume_look look;
	struct store_woken row;

	if (!reply)
		refused(resume, outcome);
	else if (!store_resumes_look(reply, resume->statement, &look))
		give_up(resume, ERRORS_NO_RUN, NULL);
	else if (store_resumes_read(reply, resume->statement, &row))
		goes_on(resume, &row);
	else
		stays(resume, &look);
}

void resumes_run(struct resumes *resumes, const char *run_id, const char *tenant_id,
		 const char *from_step, resumes_cb cb, void *arg)
{
	const struct store_resume_ask ask = { run_id, tenant_id, from_step };
	struct pg_batch *batch;
	struct resume *resume;
	int rc;

	if (resumes->open >= OPEN_MAX) {
		cb(arg, ERRORS_BUSY, NULL, 0);
		return;
	}
	resume = mem_new(struct resume);
	resume->resumes = resumes;
	(void)snprintf(resume->run_id, sizeof(resume->run_id), "%s", run_id);
	resume->cb = cb;
	resume->arg = arg;
	resumes->open++;
	list_push(&resumes->all, &resume->node);
	batch = pg_batch_new();
	resume->statement = store_resumes_add(batch, &ask);
	rc = pg_pool_submit(resumes->parts.pool, batch, DEADLINE_MS, on_done, resume);
	if (rc < 0)
		give_up(resume, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES, NULL);
}

struct resumes *resumes_new(const struct resumes_parts *parts)
{
	struct resumes *resumes = mem_new(struct resumes);

	resumes->parts = *parts;
	list_init(&resumes->all);
	return resumes;
}

void resumes_free(struct resumes *resumes)
{
	if (!resumes)
		return;
	resumes->idle = NULL;
	while (!list_empty(&resumes->all))
		give_up(list_entry(resumes->all.next, struct resume, node),
			ERRORS_DRAINING, NULL);
	mem_free(resumes);
}

void resumes_when_idle(struct resumes *resumes, void (*idle)(void *arg), void *arg)
{
	resumes->idle = idle;
	resumes->idle_arg = arg;
	check_idle(resumes);
}
