/*
 * chat_reads.c - what conversations look like
 *
 * Events of a session are those of its turns, one after the other: of each the page that
 * event_page.c makes of its stream and its journal, until the limit is reached. Turns
 * that ended before the range begins are not read.
 */
#include "api/chat_reads.h"

#include "api/event_page.h"
#include "api/pg_read.h"
#include "api/stream_id.h"
#include "base/ids.h"
#include "base/mem.h"
#include "events/event_id.h"
#include "pg/pg_batch.h"
#include "run/chat_run.h"
#include "store/store_chats.h"

#include <stdio.h>
#include <string.h>

/* ---- a session ---- */

struct session_read {
	int at_session, at_turns;
	port_chat_session_cb cb;
	void *arg;
};

static void on_session(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct session_read *read = arg;
	struct store_chat_session session;
	struct store_chat_turn *turns = NULL;
	size_t count = 0, i;

	if (error == ERRORS_NONE &&
	    !store_chats_session_read(reply, read->at_session, &session))
		error = ERRORS_NO_SESSION;
	if (error == ERRORS_NONE) {
		count = (size_t)store_chats_turns_count(reply, read->at_turns);
		turns = mem_new_n(struct store_chat_turn, count + 1);
		for (i = 0; i < count; i++)
			store_chats_turns_read(reply, read->at_turns, (int)i, &turns[i]);
	}
	read->cb(read->arg, error, error == ERRORS_NONE ? &session : NULL, turns, count);
	mem_free(turns);
	mem_free(read);
}

void chat_reads_session(struct pg_pool *pool, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg)
{
	struct session_read *read = mem_new(struct session_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->at_session = store_chats_session(batch, session_id);
	read->at_turns = store_chats_turns(batch, session_id, 0, turns);
	pg_read(pool, batch, on_session, read);
}

/* ---- a turn ---- */

struct turn_read {
	int statement;
	port_chat_turn_cb cb;
	void *arg;
};

static void on_turn(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct turn_read *read = arg;
	struct store_chat_place place;

	if (error == ERRORS_NONE &&
	    !store_chats_turn_read(reply, read->statement, &place))
		error = ERRORS_NO_SESSION;
	read->cb(read->arg, error, error == ERRORS_NONE ? &place : NULL);
	mem_free(read);
}

void chat_reads_turn(struct pg_pool *pool, const char *session_id, int64_t turn,
		     port_chat_turn_cb cb, void *arg)
{
	struct turn_read *read = mem_new(struct turn_read);
	struct pg_batch *batch = pg_batch_new();

	read->cb = cb;
	read->arg = arg;
	read->statement = store_chats_turn(batch, session_id, turn);
	pg_read(pool, batch, on_turn, read);
}

/* ---- events ---- */

struct of_turn {
	char run_id[IDS_MAX];
	bool plain;
	bool ended;
};

struct kept {
	char id[EVENT_ID_MAX];
	char *json; /* owned */
};

struct events_read {
	struct pg_pool *pool;
	struct redis_link *link;
	int statement;
	int64_t turn; /* 0: all */
	char tenant_id[IDS_MAX];
	char start[STREAM_ID_MAX], end[STREAM_ID_MAX];
	size_t limit;
	struct of_turn *turns; /* owned */
	size_t turns_count, next;
	struct port_event *events; /* owned; their texts are in kept */
	struct kept *kept;         /* owned */
	size_t count;
	port_events_cb cb;
	void *arg;
};

static void events_over(struct events_read *read, enum errors_code error)
{
	size_t i;

	if (error == ERRORS_NONE)
		read->cb(read->arg, error, read->tenant_id, read->events, read->count);
	else
		read->cb(read->arg, error, NULL, NULL, 0);
	for (i = 0; i < read->count; i++)
		mem_free(read->kept[i].json);
	mem_free(read->kept);
	mem_free(read->events);
	mem_free(read->turns);
	mem_free(read);
}

static void next_page(struct events_read *read);

static void on_page(void *arg, enum errors_code error, const struct port_event *events,
		    size_t count)
{
	struct events_read *read = arg;
	size_t i;

	if (error != ERRORS_NONE) {
		events_over(read, error);
		return;
	}
	for (i = 0; i < count && read->count < read->limit; i++) {
		struct kept *kept = &read->kept[read->count];

		(void)snprintf(kept->id, sizeof(kept->id), "%s", events[i].id);
		kept->json = mem_dup_n(events[i].json, events[i].len);
		read->events[read->count++] = (struct port_event){ .id = kept->id,
								   .json = kept->json,
								   .len = events[i].len };
	}
	next_page(read);
}

static void next_page(struct events_read *read)
{
	const struct of_turn *turn;
	struct event_page_ask ask;

	if (read->next == read->turns_count || read->count == read->limit) {
		events_over(read, ERRORS_NONE);
		return;
	}
	turn = &read->turns[read->next++];
	ask = (struct event_page_ask){
		.link = read->link,
		.pool = read->pool,
		.run_id = turn->run_id,
		.start = read->start,
		.end = read->end,
		.limit = (int)(read->limit - read->count),
		.ended = turn->ended,
		.plain = turn->plain,
	};
	event_page_read(&ask, on_page, read);
}

static void add_turn(struct events_read *read, const struct store_chat_place *place)
{
	struct of_turn *turn = &read->turns[read->turns_count++];

	(void)snprintf(turn->run_id, sizeof(turn->run_id), "%s", place->run_id);
	(void)snprintf(read->tenant_id, sizeof(read->tenant_id), "%s", place->tenant_id);
	turn->plain = chat_run_agent(place->definition_id) != NULL;
	turn->ended = place->ended;
}

static void on_turns(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct events_read *read = arg;
	struct store_chat_place place = { .run_id = "" };
	struct store_chat_session session;
	int rows, i;

	if (error == ERRORS_NONE &&
	    !store_chats_session_read(reply, read->statement, &session))
		error = ERRORS_NO_SESSION;
	if (error == ERRORS_NONE && read->turn &&
	    !store_chats_turn_read(reply, read->statement + 1, &place))
		error = ERRORS_NO_SESSION;
	if (error != ERRORS_NONE) {
		events_over(read, error);
		return;
	}
	(void)snprintf(read->tenant_id, sizeof(read->tenant_id), "%s", session.tenant_id);
	rows = read->turn ? 1 : store_chats_range_count(reply, read->statement + 1);
	read->turns = mem_new_n(struct of_turn, (size_t)rows + 1);
	for (i = 0; i < rows; i++) {
		if (!read->turn)
			store_chats_range_read(reply, read->statement + 1, i, &place);
		add_turn(read, &place); /* of read->turn it was read above */
	}
	read->events = mem_new_n(struct port_event, read->limit);
	read->kept = mem_new_n(struct kept, read->limit);
	next_page(read);
}

/* The moment of a stream id, within what Postgres can add to a date. */
static int64_t moment(const char *id, int64_t otherwise)
{
	const int64_t max = 9000000000000;
	struct event_id at;

	if (!event_id_parse(id, &at))
		return otherwise;
	return at.ms > (uint64_t)max ? max : (int64_t)at.ms;
}

void chat_reads_events(struct pg_pool *pool, struct redis_link *link,
		       const char *session_id, int64_t turn, const char *start,
		       const char *end, int limit, port_events_cb cb, void *arg)
{
	struct events_read *read = mem_new(struct events_read);
	struct pg_batch *batch = pg_batch_new();

	read->pool = pool;
	read->link = link;
	read->turn = turn;
	read->limit = (size_t)limit;
	read->cb = cb;
	read->arg = arg;
	(void)snprintf(read->start, sizeof(read->start), "%s", start);
	(void)snprintf(read->end, sizeof(read->end), "%s", end);
	read->statement = store_chats_session(batch, session_id);
	if (turn)
		(void)store_chats_turn(batch, session_id, turn);
	else
		(void)store_chats_range(batch, session_id, moment(start, 0),
					moment(end, 9000000000000), limit);
	pg_read(pool, batch, on_turns, read);
}
