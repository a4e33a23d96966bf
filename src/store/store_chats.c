/*
 * store_chats.c - tables chat_sessions and chat_turns
 *
 * What keeps a session in order is in the database: migrations/006_chats.sql says how.
 * Here are the statements of those who post, look, and withdraw.
 */
#include "store/store_chats.h"

#include "pg/pg_batch.h"
#include "pg/pg_reply.h"
#include "store/store_sql.h"
#include "store/store_woken.h"

#include <string.h>

static int add(struct pg_batch *batch, enum store_sql_text sql, const char *session_id)
{
	int at = pg_batch_add(batch, &store_sql_texts[sql]);

	pg_batch_text(batch, session_id, -1);
	return at;
}

static void put_key(struct pg_batch *batch, const struct store_chat_post *post)
{
	pg_batch_put_text(batch, pg_batch_column(batch, PG_COL_TEXT, 1), post->tenant_id,
			  -1);
	pg_batch_put_text(batch, pg_batch_column(batch, PG_COL_TEXT, 1),
			  post->idempotency_key, -1);
}

int store_chats_key(struct pg_batch *batch, const struct store_chat_post *post)
{
	int at = pg_batch_add(batch, &store_sql_texts[STORE_SQL_IDEMPOTENCY_GET]);

	put_key(batch, post);
	pg_batch_put_int8(batch, pg_batch_column(batch, PG_COL_INT8, 1), 0);
	return at;
}

const char *store_chats_key_read(const struct pg_reply *reply, int statement,
				 const char *body_sha256, bool *same_body)
{
	if (!pg_reply_rows(reply, statement))
		return NULL;
	*same_body = strcmp(pg_reply_text(reply, statement, 0, 2), body_sha256) == 0;
	return pg_reply_text(reply, statement, 0, 1);
}

int store_chats_post(struct pg_batch *batch, const struct store_chat_post *post)
{
	int at;

	if (post->idempotency_key) {
		(void)pg_batch_add(batch, &store_sql_texts[STORE_SQL_IDEMPOTENCY_EXPIRE]);
		put_key(batch, post);
	}
	at = add(batch, STORE_SQL_CHAT_POST, post->session_id);
	pg_batch_text(batch, post->tenant_id, -1);
	pg_batch_text(batch, post->agent_id, -1);
	pg_batch_text(batch, post->definition_id, -1);
	pg_batch_int8(batch, post->definition_version);
	pg_batch_text(batch, post->message, -1);
	pg_batch_text(batch, post->images, -1);
	pg_batch_text(batch, post->queue, -1);
	pg_batch_int4(batch, post->priority);
	pg_batch_int8(batch, post->run_timeout_ms);
	pg_batch_text(batch, post->run_prefix, -1);
	pg_batch_bool(batch, post->reject);
	pg_batch_int8(batch, post->waiting_max);
	pg_batch_text(batch, post->webhook_url, -1);
	pg_batch_text(batch, post->webhook_secret, -1);
	pg_batch_text(batch, post->idempotency_key, -1);
	pg_batch_text(batch, post->body_sha256, -1);
	(void)add(batch, STORE_SQL_CHAT_START, post->session_id);
	(void)store_chats_session(batch, post->session_id);
	if (post->idempotency_key)
		(void)store_chats_key(batch, post);
	return at;
}

bool store_chats_post_read(const struct pg_reply *reply, int statement,
			   struct store_chat_posted *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_chat_posted){
		.turn = pg_reply_int(reply, statement, 0, 0),
		.run_id = pg_reply_text(reply, statement, 0, 1),
		.live_turn = pg_reply_int(reply, statement, 0, 2),
	};
	return true;
}

int store_chats_session(struct pg_batch *batch, const char *session_id)
{
	return add(batch, STORE_SQL_CHAT_SESSION, session_id);
}

bool store_chats_session_read(const struct pg_reply *reply, int statement,
			      struct store_chat_session *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_chat_session){
		.session_id = pg_reply_text(reply, statement, 0, 0),
		.agent_id = pg_reply_text(reply, statement, 0, 1),
		.tenant_id = pg_reply_text(reply, statement, 0, 2),
		.status = pg_reply_text(reply, statement, 0, 3),
		.messages = pg_reply_text(reply, statement, 0, 4),
		.last_message_at = pg_reply_text(reply, statement, 0, 5),
		.worker_id = pg_reply_text(reply, statement, 0, 6),
		.turns = pg_reply_int(reply, statement, 0, 7),
		.live_turn = pg_reply_int(reply, statement, 0, 8),
		.waiting = pg_reply_int(reply, statement, 0, 9),
		.live_run_id = pg_reply_text(reply, statement, 0, 10),
	};
	return true;
}

int store_chats_turns(struct pg_batch *batch, const char *session_id, int64_t before,
		      int64_t limit)
{
	int at = add(batch, STORE_SQL_CHAT_TURNS, session_id);

	pg_batch_int8(batch, before);
	pg_batch_int8(batch, limit);
	return at;
}

int store_chats_turns_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_chats_turns_read(const struct pg_reply *reply, int statement, int row,
			    struct store_chat_turn *ret)
{
	*ret = (struct store_chat_turn){
		.turn = pg_reply_int(reply, statement, row, 0),
		.run_id = pg_reply_text(reply, statement, row, 1),
		.agent_id = pg_reply_text(reply, statement, row, 2),
		.definition_id = pg_reply_text(reply, statement, row, 3),
		.status = pg_reply_text(reply, statement, row, 4),
		.message = pg_reply_text(reply, statement, row, 5),
		.answer = pg_reply_text(reply, statement, row, 6),
		.error = pg_reply_text(reply, statement, row, 7),
		.created_at = pg_reply_text(reply, statement, row, 8),
		.started_at = pg_reply_text(reply, statement, row, 9),
		.ended_at = pg_reply_text(reply, statement, row, 10),
	};
}

int store_chats_turn(struct pg_batch *batch, const char *session_id, int64_t turn)
{
	int at = add(batch, STORE_SQL_CHAT_TURN, session_id);

	pg_batch_int8(batch, turn);
	return at;
}

bool store_chats_turn_read(const struct pg_reply *reply, int statement,
			   struct store_chat_place *ret)
{
	if (!pg_reply_rows(reply, statement))
		return false;
	*ret = (struct store_chat_place){
		.turn = pg_reply_int(reply, statement, 0, 0),
		.run_id = pg_reply_text(reply, statement, 0, 1),
		.definition_id = pg_reply_text(reply, statement, 0, 3),
		.status = pg_reply_text(reply, statement, 0, 4),
		.tenant_id = pg_reply_text(reply, statement, 0, 5),
		.epoch = pg_reply_int(reply, statement, 0, 6),
		.wake = pg_reply_int(reply, statement, 0, 7),
		.ended = pg_reply_bool(reply, statement, 0, 8),
	};
	return true;
}

int store_chats_next(struct pg_batch *batch, const char *session_id)
{
	return add(batch, STORE_SQL_CHAT_NEXT, session_id);
}

bool store_chats_next_read(const struct pg_reply *reply, int statement,
			   const char **ret_run_id, struct store_woken *ret)
{
	int64_t attempt;

	if (!pg_reply_rows(reply, statement))
		return false;
	attempt = pg_reply_int(reply, statement, 0, 2);
	*ret_run_id = pg_reply_text(reply, statement, 0, 0);
	*ret = (struct store_woken){
		.wake = pg_reply_int(reply, statement, 0, 1),
		.attempt = attempt > 1 ? attempt : 1,
		.queue = pg_reply_text(reply, statement, 0, 3),
		.lane = pg_reply_text(reply, statement, 0, 4),
		.priority = pg_reply_int(reply, statement, 0, 5),
		.tenant_id = pg_reply_text(reply, statement, 0, 6),
		.orchestration_id = pg_reply_text(reply, statement, 0, 7),
		.definition_version = pg_reply_int(reply, statement, 0, 8),
		.running_max = pg_reply_int(reply, statement, 0, 9),
		.chat = true,
	};
	return true;
}

int store_chats_withdraw(struct pg_batch *batch, const char *session_id, int64_t turn)
{
	int at = add(batch, STORE_SQL_CHAT_LOCK, session_id);

	(void)add(batch, STORE_SQL_CHAT_WITHDRAW, session_id);
	pg_batch_int8(batch, turn);
	(void)store_chats_session(batch, session_id);
	return at;
}

int store_chats_withdraw_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement + 1);
}

const char *store_chats_withdraw_read(const struct pg_reply *reply, int statement,
				      int row)
{
	return pg_reply_text(reply, statement + 1, row, 0);
}

int store_chats_range(struct pg_batch *batch, const char *session_id, int64_t from_ms,
		      int64_t to_ms, int64_t limit)
{
	int at = add(batch, STORE_SQL_CHAT_RANGE, session_id);

	pg_batch_int8(batch, from_ms);
	pg_batch_int8(batch, to_ms);
	pg_batch_int8(batch, limit);
	return at;
}

int store_chats_range_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_chats_range_read(const struct pg_reply *reply, int statement, int row,
			    struct store_chat_place *ret)
{
	*ret = (struct store_chat_place){
		.turn = pg_reply_int(reply, statement, row, 0),
		.run_id = pg_reply_text(reply, statement, row, 1),
		.definition_id = pg_reply_text(reply, statement, row, 2),
		.ended = pg_reply_bool(reply, statement, row, 3),
		.tenant_id = pg_reply_text(reply, statement, row, 4),
	};
}

int store_chats_history(struct pg_batch *batch, const char *session_id,
			const char *agent_id, int64_t before, int64_t limit,
			const char *run_id)
{
	int at = add(batch, STORE_SQL_CHAT_HISTORY, session_id);

	pg_batch_text(batch, agent_id, -1);
	pg_batch_int8(batch, before);
	pg_batch_int8(batch, limit);
	pg_batch_text(batch, run_id, -1);
	return at;
}

int store_chats_history_count(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement);
}

void store_chats_history_read(const struct pg_reply *reply, int statement, int row,
			      const char **message, const char **answer)
{
	*message = pg_reply_text(reply, statement, row, 0);
	*answer = pg_reply_text(reply, statement, row, 1);
}

int store_chats_images(struct pg_batch *batch, const char *session_id, int64_t turn)
{
	int at = add(batch, STORE_SQL_CHAT_IMAGES, session_id);

	pg_batch_int8(batch, turn);
	return at;
}

const char *store_chats_images_read(const struct pg_reply *reply, int statement)
{
	return pg_reply_rows(reply, statement) ? pg_reply_text(reply, statement, 0, 0)
					       : NULL;
}
