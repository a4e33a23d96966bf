/*
 * answers.c - people who answer questions of runs
 *
 *	look     Postgres: which questions are open; the answer is compared with the
 *		 fields of the one that is meant
 *	commit   Postgres: that one is answered, if it still is open, and a run that was
 *		 parked is queued, awake once more
 *	answer
 *	Redis    such a run gets an entry, the owner of one that runs a hint. Either may
 *		 be lost: the reconciler makes the first, the owner looks by itself
 *
 * A commit that nobody answered is not sent again: the second would find the question
 * answered, by whom nobody would know.
 */
#include "api/answers.h"

#include "api/answer_faults.h"
#include "api/body.h"
#include "api/stock_runs.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/woken.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "queue/queue.h"
#include "queue/queue_mail.h"
#include "store/store_answers.h"
#include "store/store_woken.h"

#include <stdio.h>
#include <string.h>

#define OPEN_MAX    10000 /* more than are under way at once are refused */
#define DEADLINE_MS 5000

struct answers {
	struct answers_parts parts;
	struct list all;
	size_t open;
	void (*idle)(void *arg); /* NULL: nobody waits */
	void *idle_arg;
};

struct answer {
	struct list node;
	struct answers *answers;
	struct arena arena;
	struct answers_ask ask; /* texts in the arena */
	answers_cb cb;          /* NULL: told */
	void *arg;
	int statement;
	bool adopted; /* from a stock program: asked once */
	struct queue *queue;
};

static void check_idle(struct answers *answers)
{
	void (*idle)(void *arg) = answers->idle;

	if (!idle || answers->open)
		return;
	answers->idle = NULL;
	idle(answers->idle_arg);
}

static void answer_free(struct answer *answer)
{
	struct answers *answers = answer->answers;

	queue_free(answer->queue);
	list_remove(&answer->node);
	arena_deinit(&answer->arena);
	mem_free(answer);
	answers->open--;
	check_idle(answers);
}

static void tell(struct answer *answer, enum errors_code error, const char *detail,
		 const struct body_faults *faults)
{
	answers_cb cb = answer->cb;

	answer->cb = NULL;
	if (cb)
		cb(answer->arg, error, detail, faults);
}

static void give_up(struct answer *answer, enum errors_code error, const char *detail)
{
	tell(answer, error, detail, NULL);
	answer_free(answer);
}

static void refused(struct answer *answer, const struct pg_outcome *outcome)
{
	bool bug = outcome->cls == PG_CLASS_BUG || outcome->cls == PG_CLASS_VALUE ||
		   outcome->cls == PG_CLASS_CONSTRAINT;

	if (outcome->err.code != ERR_CLOSED)
		log_warn("run.answer_refused", LOG_S("run", answer->ask.run_id),
			 LOG_S("sqlstate", outcome->sqlstate),
			 LOG_S("error", outcome->err.text));
	if (outcome->fate == PG_UNKNOWN)
		give_up(answer, ERRORS_UNKNOWN,
			"it is not known whether the answer was taken: look at the run's "
			"status");
	else
		give_up(answer, bug ? ERRORS_INTERNAL : ERRORS_POSTGRES, NULL);
}

static void submit(struct answer *answer, struct pg_batch *batch, pg_done_cb cb)
{
	int rc = pg_pool_submit(answer->answers->parts.pool, batch, DEADLINE_MS, cb,
				answer);

	if (rc < 0)
		give_up(answer, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES, NULL);
}

/* ---- it is in: whoever executes the run hears of it ---- */

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct answer *answer = arg;

	(void)enqueue_at_ms;
	(void)added;
	if (rc == ERR_CLOSED)
		return; /* answers_free() has it */
	if (rc < 0)
		log_warn("run.answer_entry_missing", LOG_S("run", answer->ask.run_id),
			 LOG_S("error", err->text));
	answer_free(answer);
}

static void on_mailed(void *arg, int rc, bool delivered, const struct err *err)
{
	struct answer *answer = arg;

	(void)delivered;
	if (rc == ERR_CLOSED)
		return; /* answers_free() has it */
	if (rc < 0)
		log_warn("run.answer_hint_lost", LOG_S("run", answer->ask.run_id),
			 LOG_S("error", err->text));
	answer_free(answer);
}

static int mail(struct answer *answer, const char *owner, struct err *err)
{
	struct queue_mail mail = { .kind = QUEUE_MAIL_ANSWER };

	(void)snprintf(mail.run_id, sizeof(mail.run_id), "%s", answer->ask.run_id);
	return queue_mail_send(answer->queue, owner, &mail, on_mailed, answer, err);
}

static void pass_on(struct answer *answer, const struct store_woken *row)
{
	const struct answers_parts *parts = &answer->answers->parts;
	bool queued = strcmp(row->status, "queued") == 0;
	struct err err;
	int rc;

	if (!queued && !row->owner) {
		answer_free(answer);
		return;
	}
	rc = queue_new(parts->link, parts->scripts, row->queue ? row->queue : "default",
		       NULL, &answer->queue, &err);
	if (rc == 0)
		rc = queued ? woken_enqueue(answer->queue, answer->ask.run_id, row,
					    on_enqueued, answer, &err)
			    : mail(answer, row->owner, &err);
	if (rc == 0)
		return;
	log_warn(queued ? "run.answer_entry_missing" : "run.answer_hint_lost",
		 LOG_S("run", answer->ask.run_id), LOG_S("error", err.text));
	answer_free(answer);
}

static void on_put(void *arg, const struct pg_outcome *outcome,
		   const struct pg_reply *reply)
{
	struct answer *answer = arg;
	struct store_woken row;

	if (!reply) {
		refused(answer, outcome);
	} else if (!store_answers_put_read(reply, answer->statement, &row)) {
		give_up(answer, ERRORS_NOT_WAITING,
			"somebody else has answered, or it is too late");
	} else {
		FAULT_OF("answer.committed", answer->ask.run_id);
		tell(answer, ERRORS_NONE, NULL, NULL);
		pass_on(answer, &row);
	}
}

/* ---- what there is to be answered ---- */

static void put(struct answer *answer, const struct store_question *question)
{
	const struct answers_ask *ask = &answer->ask;
	struct pg_batch *batch = pg_batch_new();

	answer->statement =
		store_answers_put(batch, &(struct store_answer){
						 .run_id = ask->run_id,
						 .tenant_id = ask->tenant_id,
						 .path = question->path,
						 .execution = question->execution,
						 .answer = ask->answer,
						 .webhook_url = ask->webhook_url,
						 .webhook_secret = ask->webhook_secret,
					 });
	submit(answer, batch, on_put);
}

static void not_waiting(struct answer *answer, const struct store_question *question)
{
	char detail[ANSWER_FAULTS_DETAIL_MAX];

	give_up(answer, ERRORS_NOT_WAITING,
		answer_faults_not_waiting(&answer->ask, question->status, detail));
}

static void look(struct answer *answer);

static void on_adopted(void *arg, enum errors_code error, const char *detail)
{
	struct answer *answer = arg;

	if (error == ERRORS_NONE)
		look(answer);
	else
		give_up(answer, error, detail);
}

static void adopt(struct answer *answer)
{
	const struct answers_parts *parts = &answer->answers->parts;

	answer->adopted = true;
	stock_runs_adopt(parts->pool, parts->conf, answer->ask.run_id, on_adopted,
			 answer);
}

static void judge(struct answer *answer, int count, const struct store_question *question)
{
	struct body_faults faults = { STR_INIT, 0 };

	if (!question->path) {
		if (question->stock && !answer->adopted)
			adopt(answer);
		else
			not_waiting(answer, question);
		return;
	}
	if (count > 1) {
		give_up(answer, ERRORS_AMBIGUOUS, NULL);
		return;
	}
	answer_faults_check(&faults, &answer->ask, answer->answers->parts.answer_max,
			    question->fields);
	if (faults.count == 0) {
		put(answer, question);
	} else {
		tell(answer, ERRORS_VALIDATION, NULL, &faults);
		answer_free(answer);
	}
	body_faults_deinit(&faults);
}

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct answer *answer = arg;
	struct store_question question;
	int count;

	if (!reply) {
		refused(answer, outcome);
		return;
	}
	FAULT_OF("answer.looked", answer->ask.run_id);
	count = store_answers_look_read(reply, answer->statement, &question);
	if (count)
		judge(answer, count, &question);
	else
		give_up(answer, ERRORS_NO_RUN, NULL);
}

static void look(struct answer *answer)
{
	struct pg_batch *batch = pg_batch_new();
	const struct answers_ask *ask = &answer->ask;

	answer->statement =
		store_answers_look(batch, ask->run_id, ask->tenant_id, ask->step);
	submit(answer, batch, on_looked);
}

static const char *keep(struct answer *answer, const char *text)
{
	return text ? arena_dup(&answer->arena, text) : NULL;
}

static void keep_ask(struct answer *answer, const struct answers_ask *ask)
{
	answer->ask = *ask;
	answer->ask.run_id = keep(answer, ask->run_id);
	answer->ask.tenant_id = keep(answer, ask->tenant_id);
	answer->ask.step = keep(answer, ask->step);
	answer->ask.answer = arena_dup_n(&answer->arena, ask->answer, ask->answer_len);
	answer->ask.webhook_url = keep(answer, ask->webhook_url);
	answer->ask.webhook_secret = keep(answer, ask->webhook_secret);
}

void answers_run(struct answers *answers, const struct answers_ask *ask, answers_cb cb,
		 void *arg)
{
	struct answer *answer;

	if (answers->open >= OPEN_MAX) {
		cb(arg, ERRORS_BUSY, NULL, NULL);
		return;
	}
	answer = mem_new(struct answer);
	answer->answers = answers;
	arena_init(&answer->arena);
	keep_ask(answer, ask);
	answer->cb = cb;
	answer->arg = arg;
	answers->open++;
	list_push(&answers->all, &answer->node);
	look(answer);
}

/* ---- life ---- */

struct answers *answers_new(const struct answers_parts *parts)
{
	struct answers *answers = mem_new(struct answers);

	answers->parts = *parts;
	list_init(&answers->all);
	return answers;
}

void answers_free(struct answers *answers)
{
	if (!answers)
		return;
	answers->idle = NULL;
	while (!list_empty(&answers->all))
		give_up(list_entry(answers->all.next, struct answer, node),
			ERRORS_DRAINING, NULL);
	mem_free(answers);
}

void answers_when_idle(struct answers *answers, void (*idle)(void *arg), void *arg)
{
	answers->idle = idle;
	answers->idle_arg = arg;
	check_idle(answers);
}
