/*
 * next_turn.c - the turn of a chat that became ready gets its entry in the queue
 *
 *	look    Postgres: the session's live turn, if nobody has it
 *	push    its entry; the job id makes a second one a no-op
 *
 * That it is ready was decided by the commit that ended the turn before (the trigger of
 * migrations/006_chats.sql). What fails here the reconciler repairs: its row has been
 * ready for a while and has no entry.
 */
#include "host/next_turn.h"

#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/woken.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "run/chat_run.h"
#include "store/store_chats.h"
#include "store/store_woken.h"

#include <stdio.h>
#include <string.h>

#define LOOK_MAX_MS 5000

struct next_turns {
	struct pg_pool *pool;
	struct redis_link *link;
	const struct redis_scripts *scripts;
	struct list all; /* struct next_turn */
	size_t open;
	void (*idle)(void *arg); /* NULL: nobody waits */
	void *idle_arg;
};

struct next_turn {
	struct list node;
	struct next_turns *turns; /* NULL: forgotten */
	struct queue *queue;
	int statement;
	char session_id[IDS_MAX];
};

static void check_idle(struct next_turns *turns)
{
	void (*idle)(void *arg) = turns->idle;

	if (!idle || turns->open)
		return;
	turns->idle = NULL;
	idle(turns->idle_arg);
}

static void over(struct next_turn *turn)
{
	struct next_turns *turns = turn->turns;

	queue_free(turn->queue);
	list_remove(&turn->node);
	mem_free(turn);
	if (!turns)
		return;
	turns->open--;
	check_idle(turns);
}

static void left(struct next_turn *turn, const char *why)
{
	log_warn("chat.entry_missing", LOG_S("session", turn->session_id),
		 LOG_S("error", why));
	over(turn);
}

static void on_enqueued(void *arg, int rc, int64_t enqueue_at_ms, int64_t added,
			const struct err *err)
{
	struct next_turn *turn = arg;

	(void)enqueue_at_ms;
	(void)added;
	FAULT("chat.pushed");
	if (rc < 0 && rc != ERR_CLOSED)
		left(turn, err->text);
	else
		over(turn);
}

static void push(struct next_turn *turn, const char *run_id,
		 const struct store_woken *row)
{
	struct err err;
	int rc = queue_new(turn->turns->link, turn->turns->scripts,
			   row->queue ? row->queue : "default", NULL, &turn->queue, &err);

	if (rc == 0)
		rc = woken_enqueue(turn->queue, run_id, row, on_enqueued, turn, &err);
	if (rc < 0)
		left(turn, err.text);
}

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct next_turn *turn = arg;
	bool wanted = turn->turns && (reply || outcome->err.code != ERR_CLOSED);
	struct store_woken row;
	const char *run_id;

	if (wanted && !reply)
		left(turn, outcome->err.text);
	else if (wanted && store_chats_next_read(reply, turn->statement, &run_id, &row))
		push(turn, run_id, &row);
	else
		over(turn);
}

void next_turns_push_session(struct next_turns *turns, const char *session_id)
{
	struct pg_batch *batch = pg_batch_new();
	struct next_turn *turn = mem_new(struct next_turn);

	FAULT("chat.ended");
	turn->turns = turns;
	(void)snprintf(turn->session_id, sizeof(turn->session_id), "%s", session_id);
	list_push(&turns->all, &turn->node);
	turns->open++;
	turn->statement = store_chats_next(batch, session_id);
	if (pg_pool_submit(turns->pool, batch, LOOK_MAX_MS, on_looked, turn) < 0)
		left(turn, pg_pool_last_error(turns->pool)->text);
}

void next_turns_push(struct next_turns *turns, const char *run_id)
{
	struct str session = STR_INIT;

	if (chat_run_session(&session, run_id))
		next_turns_push_session(turns, str_text(&session));
	str_deinit(&session);
}

struct next_turns *next_turns_new(struct pg_pool *pool, struct redis_link *link,
				  const struct redis_scripts *scripts)
{
	struct next_turns *turns = mem_new(struct next_turns);

	turns->pool = pool;
	turns->link = link;
	turns->scripts = scripts;
	list_init(&turns->all);
	return turns;
}

void next_turns_free(struct next_turns *turns)
{
	if (!turns)
		return;
	/* those whose answers are still owed go with them */
	list_for_each_safe(node, &turns->all) {
		struct next_turn *turn = list_entry(node, struct next_turn, node);

		list_remove(&turn->node);
		turn->turns = NULL;
	}
	mem_free(turns);
}

size_t next_turns_open(const struct next_turns *turns)
{
	return turns->open;
}

void next_turns_when_idle(struct next_turns *turns, void (*idle)(void *arg), void *arg)
{
	turns->idle = idle;
	turns->idle_arg = arg;
	if (idle)
		check_idle(turns);
}
