/*
 * tail.c - the event streams of runs on their way to clients of this process
 *
 * A run that clients of this process follow has one tail, however many they are. The
 * tail is read once and each new event goes to all of them as one frame. Nothing waits
 * on the stream and nothing is polled: redis_watch tells when a stream that was read has
 * changed, so ten thousand quiet runs cost a second's share of one statement.
 *
 *   client    -> catches up by itself (follow.c): pages of stream and journal
 *             -> live, once it is where the tail is
 *   change    -> the tail is read from its position on -> frames to the live ones
 *   hole      -> a durable event's number does not follow the last: the live ones go
 *                back to catching up, which knows where history is
 *   done      -> the live ones are told stream_complete and ended
 *
 * What cannot be trusted is looked after: rows of runs are asked for in turn, every run
 * each SWEEP_SEC. A run that has ended although no `done` was seen is read once more, and
 * at the second time taken from the journal. While Redis does not tell, tails are read in
 * turn, POLL_BATCH of them every POLL_SEC.
 */
#include "events/tail.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/chat_view.h"
#include "events/tailing.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"
#include "run/chat_run.h"
#include "server/sse.h"
#include "store/store_runs.h"

#include <assert.h>
#include <string.h>

#define KEY_HEAD     "synapse:run:"
#define CHAT_HEAD    "synapse:chat:"
#define KEY_TAIL     ":events"
#define TAIL_PAGE    128
#define POLL_SEC     0.05
#define POLL_BATCH   500
#define SWEEP_SEC    15
#define SWEEP_MAX    1000
#define AGAIN_SEC    0.5
#define LOOK_MAX_MS  5000
#define READS_QUEUED 100000

/* -- calls -- */

struct tail_call *tail_call_new(struct tail *tail, struct follow *follow)
{
	struct tail_call *call = mem_new(struct tail_call);

	call->tail = tail;
	call->follow = follow;
	return call;
}

void tails_try_again(struct tails *tails)
{
	if (!tails->stopped && !ev_is_active(&tails->again)) {
		ev_timer_set(&tails->again, AGAIN_SEC, 0.);
		ev_timer_start(tails->options.loop, &tails->again);
	}
}

int tail_range(struct tail *tail, const struct event_id *from, int count,
	       void (*cb)(void *, const struct redis_answer *), struct tail_call *call)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;
	char id[EVENT_ID_MAX];
	int rc;

	chat_run_stream(&key, tail->run_id);
	(void)event_id_print(from, id);
	redis_command_words(&command, "XRANGE", str_text(&key), id, "+", "COUNT", NULL);
	redis_command_int(&command, count);
	rc = redis_link_send(redis_watch_link(tail->tails->watch), &command, cb, call,
			     NULL);
	redis_command_deinit(&command);
	str_deinit(&key);
	return rc;
}

bool tail_entry(const struct redis_reply *entry, struct event_id *id, const char **text,
		size_t *len)
{
	const char *at = redis_reply_text(redis_reply_at(entry, 0), NULL);
	const struct redis_reply *fields = redis_reply_at(entry, 1);
	size_t i;

	if (!at || !event_id_parse(at, id))
		return false;
	for (i = 0; i + 1 < redis_reply_count(fields); i += 2) {
		const char *name = redis_reply_text(redis_reply_at(fields, i), NULL);

		if (!name || strcmp(name, "data") != 0)
			continue;
		*text = redis_reply_text(redis_reply_at(fields, i + 1), len);
		return *text != NULL;
	}
	return false;
}

struct sse_frame *tail_frame(const struct tail *tail, const struct event_id *id,
			     const char *text, size_t len)
{
	char id_text[EVENT_ID_MAX];
	size_t id_len = event_id_print(id, id_text);
	struct sse_frame *frame = NULL;
	struct str plain = STR_INIT;

	if (!tail->plain)
		return sse_frame_new(id_text, id_len, text, len);
	if (chat_view(&plain, text, len))
		frame = sse_frame_new(id_text, id_len, str_text(&plain), plain.len);
	str_deinit(&plain);
	return frame;
}

struct event_id tail_behind(const struct event_id *own, const struct event_id *passed)
{
	return event_id_next(event_id_compare(own, passed) < 0 ? passed : own);
}

/* -- live -- */

static void demote_all(struct tail *tail)
{
	struct list live;
	struct list *node;

	list_init(&live);
	list_splice(&live, &tail->live);
	tail->reading = false;
	while ((node = list_shift(&live)))
		follow_demote(list_entry(node, struct follow, node));
}

static void give(struct tail *tail, const struct event_id *id,
		 const struct event_mark *mark, const char *text, size_t len)
{
	struct sse_frame *frame = tail_frame(tail, id, text, len);

	list_for_each_safe(node, &tail->live) {
		struct follow *follow = list_entry(node, struct follow, node);

		if (cursor_judge(&follow->cursor, id, mark) != CURSOR_DROP)
			follow_give(follow, frame, text, len);
		cursor_pass(&follow->cursor, id, mark);
		if (sse_is_slow(follow->sse)) {
			log_info("events.client_slow", LOG_S("run", tail->run_id),
				 LOG_N("bytes", sse_queued(follow->sse)));
			follow_drop(follow);
		}
	}
	if (frame)
		sse_frame_unref(frame);
}

/* False: there is a hole, the clients look after it themselves. */
static bool take_entry(struct tail *tail, const struct redis_reply *entry)
{
	struct event_mark mark;
	struct event_id id;
	const char *text;
	size_t len;

	if (!tail_entry(entry, &id, &text, &len))
		return true;
	event_mark_read(text, len, &mark);
	if (mark.turn != tail->turn) {
		tail->passed = id;
		return true;
	}
	switch (cursor_judge(&tail->cursor, &id, &mark)) {
	case CURSOR_HOLE:
		log_info("events.hole", LOG_S("run", tail->run_id),
			 LOG_N("after", tail->cursor.seq), LOG_N("seq", mark.seq));
		return false;
	case CURSOR_SEND:
		give(tail, &id, &mark, text, len);
		break;
	case CURSOR_DROP:
		break;
	}
	tail->done = mark.done;
	cursor_pass(&tail->cursor, &id, &mark);
	return true;
}

static void on_range(void *arg, const struct redis_answer *answer)
{
	struct tail_call *call = arg;
	struct tail *tail = call->tail;
	size_t count = redis_reply_count(answer->reply);
	size_t i;

	mem_free(call);
	if (!tail)
		return;
	tail->call = NULL;
	if (answer->rc < 0) {
		if (answer->rc == ERR_REFUSED)
			log_warn("events.unreadable", LOG_S("run", tail->run_id),
				 LOG_S("error", answer->text));
		tails_try_again(tail->tails); /* or it is read when the link is up */
		return;
	}
	if (!tail->reading)
		return;
	for (i = 0; i < count; i++) {
		if (!take_entry(tail, redis_reply_at(answer->reply, i))) {
			demote_all(tail);
			tail_check(tail);
			return;
		}
	}
	if (count == TAIL_PAGE || tail->dirty)
		tail_read(tail);
	else if (tail->done)
		list_for_each_safe(node, &tail->live)
			follow_complete(list_entry(node, struct follow, node));
	tail_check(tail);
}

void tail_read(struct tail *tail)
{
	struct event_id from;

	tail->dirty = true;
	if (!tail->reading || tail->call || !tail->tails->up)
		return;
	from = tail_behind(&tail->cursor.id, &tail->passed);
	tail->call = tail_call_new(tail, NULL);
	if (tail_range(tail, &from, TAIL_PAGE, on_range, tail->call) < 0) {
		mem_free(tail->call);
		tail->call = NULL;
		tails_try_again(tail->tails);
		return;
	}
	tail->dirty = false;
}

/* -- what Redis tells -- */

static void read_all(struct tails *tails)
{
	map_for_each(slot, &tails->by_run)
		tail_read(slot->value);
}

static void step_all(struct tails *tails)
{
	struct list *node = tails->all.next;

	/* a step may free its client and with it the tail: never the next one */
	while (node != &tails->all) {
		struct tail *tail = list_entry(node, struct tail, node);

		node = node->next;
		list_for_each_safe(one, &tail->catching)
			follow_step(list_entry(one, struct follow, node));
	}
}

static void read_twins(struct tails *tails, const char *key, size_t len)
{
	struct tail_twins *twins = map_get(&tails->by_stream, key, len);

	if (!twins)
		return;
	list_for_each(node, &twins->tails)
		tail_read(list_entry(node, struct tail, in_twins));
}

static void on_changed(void *arg, const char *key, size_t len)
{
	struct tails *tails = arg;
	size_t head = strlen(KEY_HEAD), end = strlen(KEY_TAIL);
	struct tail *tail;

	if (!key) {
		read_all(tails);
		return;
	}
	if (len > strlen(CHAT_HEAD) && memcmp(key, CHAT_HEAD, strlen(CHAT_HEAD)) == 0) {
		read_twins(tails, key, len);
		return;
	}
	if (len <= head + end)
		return;
	tail = map_get(&tails->by_run, key + head, len - head - end);
	if (tail)
		tail_read(tail);
}

static void poll_check(struct tails *tails)
{
	bool wanted = tails->up && !tails->told && tails->clients > 0;

	if (wanted && !ev_is_active(&tails->poll))
		ev_timer_again(tails->options.loop, &tails->poll);
	else if (!wanted)
		ev_timer_stop(tails->options.loop, &tails->poll);
}

static void on_state(void *arg, bool up, bool told)
{
	struct tails *tails = arg;

	tails->up = up;
	tails->told = told;
	log_info("events.watch", LOG_N("up", up), LOG_N("told", told));
	poll_check(tails);
	if (!up)
		return;
	read_all(tails);
	step_all(tails);
}

static void on_poll(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tails *tails = w->data;
	struct list *node;
	size_t i;

	(void)loop;
	(void)revents;
	for (i = 0; i < POLL_BATCH && i < tails->by_run.count; i++) {
		node = list_shift(&tails->all);
		list_push(&tails->all, node);
		tail_read(list_entry(node, struct tail, node));
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tails *tails = w->data;

	(void)loop;
	(void)revents;
	map_for_each(slot, &tails->by_run) {
		struct tail *tail = slot->value;

		if (tail->dirty || !tail->tails->told)
			tail_read(tail);
	}
	step_all(tails);
}

/* -- rows of quiet runs -- */

static void take_look(struct tails *tails, const struct store_run_look *look)
{
	struct tail *tail = map_get(&tails->by_run, look->run_id, strlen(look->run_id));

	if (!tail || !tail->reading)
		return;
	if (!look->ended) {
		tail->ended_looks = 0;
		return;
	}
	if (tail->ended_looks++ == 0) {
		tail_read(tail); /* its last events may be on their way */
		return;
	}
	log_info("events.end_unseen", LOG_S("run", tail->run_id));
	list_for_each(node, &tail->live)
		list_entry(node, struct follow, node)->ended = true;
	demote_all(tail);
}

struct sweep {
	struct tails *tails;
	int statement;
};

static void on_looked(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct sweep *sweep = arg;
	struct tails *tails = sweep->tails;
	int statement = sweep->statement;
	struct store_run_look look;
	int i;

	(void)outcome; /* without an answer the next round asks again */
	mem_free(sweep);
	if (!reply || tails->stopped)
		return;
	for (i = 0; i < store_runs_look_count(reply, statement); i++) {
		store_runs_look_read(reply, statement, i, &look);
		take_look(tails, &look);
	}
}

static void on_second(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tails *tails = w->data;
	size_t share = (tails->by_run.count + SWEEP_SEC - 1) / SWEEP_SEC;
	const char *run_ids[SWEEP_MAX];
	struct pg_batch *batch;
	struct sweep *sweep;
	size_t count = 0;
	size_t i;

	(void)loop;
	(void)revents;
	if (share > SWEEP_MAX)
		share = SWEEP_MAX;
	for (i = 0; i < share; i++) {
		struct list *node = list_shift(&tails->all);
		struct tail *tail = list_entry(node, struct tail, node);

		list_push(&tails->all, node);
		if (tail->reading)
			run_ids[count++] = tail->run_id;
	}
	if (count == 0 || pg_pool_links_up(tails->options.pool) == 0)
		return;
	batch = pg_batch_new();
	sweep = mem_new(struct sweep);
	sweep->tails = tails;
	sweep->statement = store_runs_look(batch, run_ids, count);
	if (pg_pool_submit(tails->options.pool, batch, LOOK_MAX_MS, on_looked, sweep) < 0)
		mem_free(sweep); /* the next round asks again */
}

/* -- life -- */

static int open_watch(struct tails *tails, struct err *err)
{
	static const struct redis_watch_ops ops = { on_changed, on_state };
	struct redis_link_conf conf = *tails->options.redis;

	if (tails->watch)
		return 0;
	conf.queue_max =
		READS_QUEUED; /* each client has at most one, each tail another */
	return redis_watch_new(tails->options.loop, &conf, &ops, tails, &tails->watch,
			       err);
}

static void join_twins(struct tail *tail)
{
	struct tails *tails = tail->tails;
	struct str key = STR_INIT;
	struct tail_twins *twins;

	chat_run_stream(&key, tail->run_id);
	twins = map_get(&tails->by_stream, str_text(&key), key.len);
	if (!twins) {
		twins = mem_alloc(sizeof(*twins) + key.len + 1);
		list_init(&twins->tails);
		twins->len = key.len;
		memcpy(twins->key, str_text(&key), key.len + 1);
		(void)map_put(&tails->by_stream, twins->key, twins->len, twins);
	}
	str_deinit(&key);
	tail->twins = twins;
	list_push(&twins->tails, &tail->in_twins);
}

static void leave_twins(struct tail *tail)
{
	struct tail_twins *twins = tail->twins;

	list_remove(&tail->in_twins);
	if (!list_empty(&twins->tails))
		return;
	(void)map_remove(&tail->tails->by_stream, twins->key, twins->len);
	mem_free(twins);
}

static struct tail *tail_new(struct tails *tails, const char *run_id)
{
	size_t len = strlen(run_id);
	struct tail *tail = mem_alloc(sizeof(*tail) + len + 1);

	memcpy(tail->run_id, run_id, len + 1);
	tail->tails = tails;
	list_init(&tail->live);
	list_init(&tail->catching);
	tail->turn = (uint64_t)chat_run_turn(run_id);
	if (tail->turn)
		join_twins(tail);
	(void)map_put(&tails->by_run, tail->run_id, len, tail);
	list_push_front(&tails->all, &tail->node); /* looked at soon: it may have ended */
	return tail;
}

void tail_check(struct tail *tail)
{
	struct tails *tails = tail->tails;

	if (list_empty(&tail->live))
		tail->reading = false;
	if (tail->reading || !list_empty(&tail->catching))
		return;
	if (tail->call)
		tail->call->tail = NULL;
	(void)map_remove(&tails->by_run, tail->run_id, strlen(tail->run_id));
	list_remove(&tail->node);
	if (tail->twins)
		leave_twins(tail);
	mem_free(tail);
	if (tails->by_run.count == 0) {
		ev_timer_stop(tails->options.loop, &tails->second);
		poll_check(tails);
	}
}

int tails_follow(struct tails *tails, struct request *req, const struct tails_ask *ask,
		 struct err *err)
{
	struct tail *tail;
	int rc;

	assert(!tails->stopped);
	rc = open_watch(tails, err);
	if (rc < 0)
		return rc;
	tail = map_get(&tails->by_run, ask->run_id, strlen(ask->run_id));
	if (!tail)
		tail = tail_new(tails, ask->run_id);
	tail->plain = ask->plain;
	rc = follow_new(tail, req, ask, err);
	if (rc < 0) {
		tail_check(tail);
		return rc;
	}
	if (!ev_is_active(&tails->second))
		ev_timer_again(tails->options.loop, &tails->second);
	poll_check(tails);
	return 0;
}

struct tails *tails_new(const struct tails_options *options)
{
	struct tails *tails = mem_new(struct tails);

	tails->options = *options;
	map_init(&tails->by_run);
	map_init(&tails->by_stream);
	list_init(&tails->all);
	ev_timer_init(&tails->poll, on_poll, 0., POLL_SEC);
	ev_timer_init(&tails->second, on_second, 0., 1.);
	ev_timer_init(&tails->again, on_again, 0., 0.);
	tails->poll.data = tails->second.data = tails->again.data = tails;
	tails->complete = sse_frame_new(NULL, 0, TAIL_COMPLETE, strlen(TAIL_COMPLETE));
	tails->done = sse_frame_new(NULL, 0, V1_VIEW_DONE, strlen(V1_VIEW_DONE));
	return tails;
}

void tails_stop(struct tails *tails)
{
	struct list *node = tails->all.next;

	tails->stopped = true;
	while (node != &tails->all) {
		struct tail *tail = list_entry(node, struct tail, node);

		node = node->next;
		tail->reading = false;
		list_splice(&tail->catching, &tail->live);
		list_for_each_safe(one, &tail->catching)
			follow_drop(list_entry(one, struct follow, node));
		tail_check(tail);
	}
	ev_timer_stop(tails->options.loop, &tails->poll);
	ev_timer_stop(tails->options.loop, &tails->second);
	ev_timer_stop(tails->options.loop, &tails->again);
	redis_watch_free(tails->watch);
	tails->watch = NULL;
}

void tails_free(struct tails *tails)
{
	if (!tails)
		return;
	assert(tails->stopped && tails->by_run.count == 0);
	map_deinit(&tails->by_run);
	map_deinit(&tails->by_stream);
	sse_frame_unref(tails->complete);
	sse_frame_unref(tails->done);
	mem_free(tails);
}
