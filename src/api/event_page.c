/*
 * event_page.c - a range of a run's events
 *
 *   stream    its first entry, the range, and the entries before and behind it
 *   journal   when the stream does not begin with the run's first event, or numbers jump
 *             in the range, or the run has ended and its `done` is not there
 *   merge     both are ordered by the same ids: one of each
 *
 * The journal is read from its first row on, since rows are found by their number and
 * not by ids; what is before the range is skipped.
 */
#include "api/event_page.h"

#include "base/err.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/chat_view.h"
#include "events/cursor.h"
#include "events/event_id.h"
#include "events/replay.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"
#include "run/chat_run.h"
#include "store/store_steps.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROWS        64
#define READ_MAX_MS 5000

struct item {
	struct event_id id;
	char *text; /* owned */
	size_t len;
};

struct items {
	struct item *at; /* owned; room for `limit` */
	size_t count;
};

struct event_page {
	struct event_page_ask ask; /* its texts are copies below */
	event_page_cb cb;
	void *arg;
	char run_id[IDS_MAX];
	struct event_id start, end;
	struct items stream, stored;
	bool head_is_there;       /* the stream begins with the run's first event */
	struct event_mark before; /* of the stream's last entry before the range */
	struct event_mark after;  /* and of the first behind it */
	uint64_t turn;            /* of a chat: only its events; 0: it is none */
	unsigned waiting;         /* answers of Redis that are to come */
	enum errors_code error;   /* met on the way */
	int64_t next_row;
	int statement;
};

static void items_free(struct items *items)
{
	while (items->count)
		mem_free(items->at[--items->count].text);
	mem_free(items->at);
}

static void add(struct event_page *page, struct items *items, const struct event_id *id,
		const char *text, size_t len)
{
	struct str plain = STR_INIT;
	struct item *item;

	if (page->ask.plain) {
		if (!chat_view(&plain, text, len)) {
			str_deinit(&plain);
			return;
		}
		text = str_text(&plain);
		len = plain.len;
	}
	if (!items->at)
		items->at = mem_new_n(struct item, page->ask.limit);
	item = &items->at[items->count++];
	item->id = *id;
	item->text = mem_dup_n(text, len);
	item->len = len;
	str_deinit(&plain);
}

static void page_free(struct event_page *page)
{
	items_free(&page->stream);
	items_free(&page->stored);
	mem_free(page);
}

static void fail(struct event_page *page, enum errors_code error)
{
	page->cb(page->arg, error, NULL, 0);
	page_free(page);
}

/* The smaller of two heads; of equal ones one, from both. */
static const struct item *next_item(const struct items *a, size_t *i,
				    const struct items *b, size_t *k)
{
	int order;

	if (*i == a->count)
		return *k < b->count ? &b->at[(*k)++] : NULL;
	if (*k == b->count)
		return &a->at[(*i)++];
	order = event_id_compare(&a->at[*i].id, &b->at[*k].id);
	if (order == 0)
		(*k)++;
	return order > 0 ? &b->at[(*k)++] : &a->at[(*i)++];
}

static void answer(struct event_page *page)
{
	size_t limit = (size_t)page->ask.limit;
	struct port_event *events = mem_new_n(struct port_event, limit);
	char(*ids)[EVENT_ID_MAX] = mem_alloc(limit * EVENT_ID_MAX);
	const struct item *item;
	size_t i = 0, k = 0, count = 0;

	while (count < limit &&
	       (item = next_item(&page->stream, &i, &page->stored, &k))) {
		(void)event_id_print(&item->id, ids[count]);
		events[count].id = ids[count];
		events[count].json = item->text;
		events[count].len = item->len;
		count++;
	}
	page->cb(page->arg, ERRORS_NONE, events, count);
	mem_free(events);
	mem_free(ids);
	page_free(page);
}

/* -- the journal -- */

static void read_journal(struct event_page *page);

static bool take_stored(void *arg, const struct event_id *id, const char *text,
			size_t len)
{
	struct event_page *page = arg;

	if (event_id_compare(id, &page->end) > 0 ||
	    page->stored.count == (size_t)page->ask.limit)
		return false;
	if (event_id_compare(id, &page->start) >= 0)
		add(page, &page->stored, id, text, len);
	return true;
}

static void on_rows(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct event_page *page = arg;
	struct store_step step;
	struct err err;
	int rows, i, rc;

	if (!reply) {
		log_warn("pg.read_failed", LOG_S("error", outcome->err.text));
		fail(page, ERRORS_POSTGRES);
		return;
	}
	rows = store_steps_events_count(reply, page->statement);
	for (i = 0; i < rows; i++) {
		store_steps_events_read(reply, page->statement, i, &step);
		page->next_row = step.seq + 1;
		rc = replay_row(step.events, take_stored, page, &err);
		if (rc == 0) {
			answer(page);
			return;
		}
		if (rc < 0) /* the rows behind it can be read */
			log_error("run.journal_unreadable",
				  LOG_S("run", (const char *)page->run_id),
				  LOG_N("seq", step.seq), LOG_S("error", err.text));
	}
	if (rows == ROWS)
		read_journal(page);
	else
		answer(page);
}

static void read_journal(struct event_page *page)
{
	struct pg_batch *batch = pg_batch_new();
	int rc;

	page->statement = store_steps_events(batch, page->run_id, page->next_row, ROWS);
	rc = pg_pool_submit(page->ask.pool, batch, READ_MAX_MS, on_rows, page);
	if (rc < 0)
		fail(page, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES);
}

/* -- the stream -- */

/* An entry is [id, [field, value, ...]]; the event is the value of "data". */
static bool read_entry(const struct redis_reply *entry, struct event_id *id,
		       const char **text, size_t *len)
{
	const char *at = redis_reply_text(redis_reply_at(entry, 0), NULL);
	const struct redis_reply *fields = redis_reply_at(entry, 1);
	size_t i;

	for (i = 0; i + 1 < redis_reply_count(fields); i += 2) {
		const char *name = redis_reply_text(redis_reply_at(fields, i), NULL);

		if (!name || strcmp(name, "data") != 0)
			continue;
		*text = redis_reply_text(redis_reply_at(fields, i + 1), len);
		return *text && at && event_id_parse(at, id);
	}
	return false;
}

/* Is anything missing that the journal may have? */
static bool has_holes(const struct event_page *page)
{
	const struct items *items = &page->stream;
	struct event_mark mark = page->before;
	uint64_t seq = mark.seq;
	size_t i;

	if (!page->head_is_there || page->turn)
		return true;
	for (i = 0; i < items->count; i++) {
		event_mark_read(items->at[i].text, items->at[i].len, &mark);
		if (!mark.has_seq)
			return false; /* a stock worker's run has no journal */
		if (seq && mark.seq > seq + !mark.live)
			return true;
		seq = mark.seq;
	}
	if (items->count == (size_t)page->ask.limit)
		return false; /* the next page looks */
	if (seq && page->after.has_seq && page->after.seq > seq + !page->after.live)
		return true;
	return page->ask.ended && !mark.done && page->end.ms == UINT64_MAX;
}

/* All of Redis' answers are here: more, or enough. */
static void redis_answered(struct event_page *page)
{
	if (--page->waiting > 0)
		return;
	if (page->error != ERRORS_NONE)
		fail(page, page->error);
	else if (has_holes(page))
		read_journal(page);
	else
		answer(page);
}

static void on_first(void *arg, const struct redis_answer *redis)
{
	struct event_page *page = arg;
	struct event_mark mark;
	struct event_id id;
	const char *text;
	size_t len;

	if (read_entry(redis_reply_at(redis->reply, 0), &id, &text, &len)) {
		event_mark_read(text, len, &mark);
		page->head_is_there = !mark.has_seq || mark.seq == (mark.live ? 0 : 1);
	}
	redis_answered(page);
}

static void on_before(void *arg, const struct redis_answer *redis)
{
	struct event_page *page = arg;
	struct event_id id;
	const char *text;
	size_t len;

	if (read_entry(redis_reply_at(redis->reply, 0), &id, &text, &len))
		event_mark_read(text, len, &page->before);
	redis_answered(page);
}

static void on_after(void *arg, const struct redis_answer *redis)
{
	struct event_page *page = arg;
	struct event_id id;
	const char *text;
	size_t len;

	if (read_entry(redis_reply_at(redis->reply, 0), &id, &text, &len))
		event_mark_read(text, len, &page->after);
	redis_answered(page);
}

static void on_range(void *arg, const struct redis_answer *redis);
static int send_range(struct event_page *page, const char *verb, const char *start,
		      const char *end, int limit, redis_answer_cb cb);

/* Turns of a chat share a stream: the page was full, but not of this one's events. */
static bool reads_on(struct event_page *page, size_t count, const struct event_id *last)
{
	char start[EVENT_ID_MAX], end[EVENT_ID_MAX];
	struct event_id next = event_id_next(last);

	if (!page->turn || count < (size_t)page->ask.limit ||
	    page->stream.count == (size_t)page->ask.limit)
		return false;
	(void)event_id_print(&next, start);
	(void)event_id_print(&page->end, end);
	return send_range(page, "XRANGE", start, page->end.ms == UINT64_MAX ? "+" : end,
			  page->ask.limit, on_range) == 0;
}

static void on_range(void *arg, const struct redis_answer *redis)
{
	struct event_page *page = arg;
	size_t count = redis_reply_count(redis->reply), i;
	struct event_id id = { 0, 0 };
	struct event_mark mark;

	if (redis->rc < 0) {
		log_warn("redis.read_failed", LOG_S("error", redis->text));
		page->error = ERRORS_REDIS;
	}
	for (i = 0; i < count; i++) {
		const char *text;
		size_t len;

		if (!read_entry(redis_reply_at(redis->reply, i), &id, &text, &len))
			continue;
		event_mark_read(text, len, &mark);
		if (mark.turn == page->turn &&
		    page->stream.count < (size_t)page->ask.limit)
			add(page, &page->stream, &id, text, len);
	}
	(void)reads_on(page, count, &id); /* else there is what there is */
	redis_answered(page);
}

static int send_range(struct event_page *page, const char *verb, const char *start,
		      const char *end, int limit, redis_answer_cb cb)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;
	int rc;

	chat_run_stream(&key, page->run_id);
	redis_command_words(&command, verb, str_text(&key), start, end, "COUNT", NULL);
	redis_command_int(&command, limit);
	rc = redis_link_send(page->ask.link, &command, cb, page, NULL);
	if (rc == 0)
		page->waiting++;
	redis_command_deinit(&command);
	str_deinit(&key);
	return rc;
}

void event_page_read(const struct event_page_ask *ask, event_page_cb cb, void *arg)
{
	struct event_page *page = mem_new(struct event_page);
	char before_text[EVENT_ID_MAX], after_text[EVENT_ID_MAX];
	struct event_id before, after;
	int rc;

	page->ask = *ask;
	page->cb = cb;
	page->arg = arg;
	page->next_row = 1;
	page->turn = (uint64_t)chat_run_turn(ask->run_id);
	(void)snprintf(page->run_id, sizeof(page->run_id), "%s", ask->run_id);
	/* "-" and "+" are no ids: the smallest and the largest */
	if (!event_id_parse(ask->start, &page->start))
		page->start = (struct event_id){ 0, 0 };
	if (strcmp(ask->start, "+") == 0)
		page->start = (struct event_id){ UINT64_MAX, UINT64_MAX };
	if (!event_id_parse(ask->end, &page->end))
		page->end = (struct event_id){ UINT64_MAX, UINT64_MAX };
	if (strcmp(ask->end, "-") == 0)
		page->end = (struct event_id){ 0, 0 };
	/* of a turn of a chat the journal is read in any case: what is in front of it and
	 * behind it in the stream is not its own */
	rc = page->turn ? 0 : send_range(page, "XRANGE", "-", "+", 1, on_first);
	if (rc == 0 && !page->turn && !event_id_is_zero(&page->start)) {
		before = event_id_before(&page->start);
		(void)event_id_print(&before, before_text);
		rc = send_range(page, "XREVRANGE", before_text, "-", 1, on_before);
	}
	if (rc == 0 && !page->turn && page->end.ms < UINT64_MAX) {
		after = event_id_next(&page->end);
		(void)event_id_print(&after, after_text);
		rc = send_range(page, "XRANGE", after_text, "+", 1, on_after);
	}
	if (rc == 0)
		rc = send_range(page, "XRANGE", ask->start, ask->end, ask->limit,
				on_range);
	if (rc == 0)
		return;
	page->error = rc == ERR_FULL ? ERRORS_BUSY : ERRORS_REDIS;
	if (page->waiting == 0)
		fail(page, page->error);
}
