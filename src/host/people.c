/*
 * people.c - runs that wait for people: who has answered
 *
 * Answers are in run_waits, written by whoever answers, under the lock of the run's row.
 * The owner of a run that goes on beside them hears of it by mail and with each
 * commit; by a read a second in any case. It delivers each once: the row that tells
 * what came of it says in the same commit that it was read. A pause that meets an
 * answer which nobody has read is refused (store/sql/runs_pause.sql), so none is left
 * behind.
 *
 * What a takeover found is kept until the step that asked is there again. A question
 * that was not found is over (its run had ended): the step asks anew.
 */
#include "host/people.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "host/held.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "store/store_waits.h"

#include <string.h>

#define LOOK_S      1.
#define READ_MAX    500 /* runs at once */
#define DEADLINE_MS 5000

struct people_desk {
	struct ev_loop *loop;
	struct pg_pool *pool;
	const char *owner;
	struct list runs; /* struct held, by people.at_desk */
	ev_timer again;   /* while there are any */
	struct desk_call *call;
};

/* A read under way; its answer may come when the desk is gone. */
struct desk_call {
	struct people_desk *desk; /* NULL: freed meanwhile */
	int statement;
	struct map runs; /* run id -> struct held, unless that left meanwhile */
};

/* A wait of the engine. */
struct desk_wait {
	struct list node;
	struct people_desk *desk;
	struct held *held;
	struct human_wait *wait;
};

/* A question that a takeover found. */
struct known_wait {
	struct list node;
	int execution;
	enum human_outcome outcome;
	bool open;
	char *path;   /* owned */
	char *answer; /* owned; NULL: none */
};

static void read_some(struct people_desk *desk);

/* ---- what a takeover found ---- */

void people_init(struct people *people)
{
	list_init(&people->waits);
	list_init(&people->known);
}

static void known_free(struct known_wait *known)
{
	list_remove(&known->node);
	mem_free(known->path);
	mem_free(known->answer);
	mem_free(known);
}

void people_unlearn(struct people *people)
{
	while (!list_empty(&people->known))
		known_free(list_entry(people->known.next, struct known_wait, node));
}

void people_deinit(struct people *people)
{
	people_unlearn(people);
	list_remove(&people->at_desk);
}

static enum human_outcome outcome_of(const struct store_wait *wait)
{
	return strcmp(wait->state, "answered") == 0 ? HUMAN_ANSWERED : HUMAN_LATE;
}

void people_learn(struct people *people, const struct store_wait *wait)
{
	struct known_wait *known = mem_new(struct known_wait);

	known->execution = wait->execution;
	known->open = strcmp(wait->state, "open") == 0;
	known->outcome = outcome_of(wait);
	known->path = mem_dup(wait->path);
	known->answer = wait->answer ? mem_dup(wait->answer) : NULL;
	list_push(&people->known, &known->node);
	people->any = true;
}

static struct known_wait *find_known(const struct people *people,
				     const struct human_wait *wait)
{
	list_for_each(node, &people->known) {
		struct known_wait *known = list_entry(node, struct known_wait, node);

		if (known->execution == wait->execution &&
		    strcmp(known->path, wait->path) == 0)
			return known;
	}
	return NULL;
}

/* ---- waits of the engine ---- */

static void conclude(struct human_wait *wait, enum human_outcome outcome,
		     const char *answer)
{
	wait->outcome = outcome;
	str_reset(&wait->json, 4096);
	str_add_text(&wait->json, answer ? answer : "null");
	op_done(&wait->op);
}

static void wait_free(struct desk_wait *own)
{
	list_remove(&own->node);
	if (list_empty(&own->held->people.waits))
		list_remove(&own->held->people.at_desk);
	mem_free(own);
}

static void on_abandon(struct op *op)
{
	wait_free(op->server);
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct people_desk *desk = w->data;

	(void)revents;
	if (list_empty(&desk->runs)) {
		ev_timer_stop(loop, w);
		return;
	}
	list_for_each(node, &desk->runs)
		list_entry(node, struct held, people.at_desk)->people.look = true;
	read_some(desk);
}

static void keep_wait(struct people_desk *desk, struct held *held,
		      struct human_wait *wait)
{
	struct desk_wait *own = mem_new(struct desk_wait);

	own->desk = desk;
	own->held = held;
	own->wait = wait;
	list_push(&held->people.waits, &own->node);
	wait->op.server = own;
	wait->op.abandon = on_abandon;
	if (!list_linked(&held->people.at_desk))
		list_push(&desk->runs, &held->people.at_desk);
	if (!ev_is_active(&desk->again))
		ev_timer_again(desk->loop, &desk->again);
}

void people_wait(struct people_desk *desk, struct held *held, struct human_wait *wait)
{
	struct known_wait *known = wait->found ? find_known(&held->people, wait) : NULL;

	held->people.any = true;
	if (wait->found && !known)
		conclude(wait, HUMAN_GONE, NULL);
	else if (known && !known->open)
		conclude(wait, known->outcome, known->answer);
	else
		keep_wait(desk, held, wait);
	if (known)
		known_free(known);
}

static bool deliver(struct held *held, const struct store_wait *row)
{
	list_for_each_safe(node, &held->people.waits) {
		struct desk_wait *own = list_entry(node, struct desk_wait, node);
		struct human_wait *wait = own->wait;

		if (wait->execution != row->execution ||
		    strcmp(wait->path, row->path) != 0)
			continue;
		wait_free(own);
		wait->op.abandon = NULL;
		conclude(wait, outcome_of(row), row->answer);
		return true;
	}
	return false;
}

/* ---- reads ---- */

static void call_free(struct desk_call *call)
{
	if (call->desk)
		call->desk->call = NULL;
	map_deinit(&call->runs);
	mem_free(call);
}

static void take_rows(struct desk_call *call, const struct pg_reply *reply)
{
	int rows = store_waits_read_count(reply, call->statement), row;
	struct store_wait wait;

	for (row = 0; row < rows; row++) {
		struct held *held;

		store_waits_read_row(reply, call->statement, row, &wait);
		held = map_get(&call->runs, wait.run_id, strlen(wait.run_id));
		if (held && strcmp(wait.state, "open") != 0)
			held->people.delivered |= deliver(held, &wait);
	}
}

/* A run that was not parked for an answer that is not its own would stand still: it
 * looks again whether it waits. */
static void look_on(struct held *held)
{
	if (!held->people.delivered && held->exec && !held->pause)
		exec_look(held->exec);
	held->people.delivered = false;
}

static void on_read(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct desk_call *call = arg;
	struct people_desk *desk = call->desk;

	if (!desk || outcome->err.code == ERR_CLOSED) {
		call_free(call);
		return;
	}
	FAULT("answers.read");
	if (!reply) {
		log_warn("run.answers_unread", LOG_S("error", outcome->err.text));
		call_free(call); /* the next second asks again */
		return;
	}
	take_rows(call, reply);
	map_for_each(slot, &call->runs)
		if (slot->value)
			look_on(slot->value);
	call_free(call);
	read_some(desk);
}

static size_t gather(struct people_desk *desk, struct map *runs, const char **run_ids)
{
	size_t n = 0;

	list_for_each(node, &desk->runs) {
		struct held *held = list_entry(node, struct held, people.at_desk);

		if (!held->people.look || held->state != HELD_OWNED || n == READ_MAX)
			continue;
		held->people.look = false;
		run_ids[n++] = held->run_id;
		(void)map_put(runs, held->run_id, strlen(held->run_id), held);
	}
	return n;
}

static void read_some(struct people_desk *desk)
{
	const char *run_ids[READ_MAX];
	struct desk_call *call;
	struct pg_batch *batch;
	size_t n;

	if (desk->call)
		return; /* goes on behind it */
	call = mem_new(struct desk_call);
	map_init(&call->runs);
	n = gather(desk, &call->runs, run_ids);
	if (!n) {
		call_free(call);
		return;
	}
	batch = pg_batch_new();
	call->statement = store_waits_read(batch, desk->owner, run_ids, n);
	if (pg_pool_submit(desk->pool, batch, DEADLINE_MS, on_read, call) < 0) {
		call_free(call); /* the next second asks again */
		return;
	}
	call->desk = desk;
	desk->call = call;
}

void people_look(struct people_desk *desk, struct held *held)
{
	if (list_empty(&held->people.waits))
		return;
	held->people.look = true;
	read_some(desk);
}

void people_leave(struct people_desk *desk, struct held *held)
{
	if (desk->call)
		(void)map_remove(&desk->call->runs, held->run_id, strlen(held->run_id));
}

/* ---- life ---- */

struct people_desk *people_desk_new(struct ev_loop *loop, struct pg_pool *pool,
				    const char *owner)
{
	struct people_desk *desk = mem_new(struct people_desk);

	desk->loop = loop;
	desk->pool = pool;
	desk->owner = owner;
	list_init(&desk->runs);
	ev_timer_init(&desk->again, on_again, LOOK_S, LOOK_S);
	desk->again.data = desk;
	return desk;
}

void people_desk_free(struct people_desk *desk)
{
	if (!desk)
		return;
	ev_timer_stop(desk->loop, &desk->again);
	if (desk->call)
		desk->call->desk = NULL;
	mem_free(desk);
}
