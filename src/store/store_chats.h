/* store_chats.h - tables chat_sessions and chat_turns */
#ifndef STORE_STORE_CHATS_H
#define STORE_STORE_CHATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;
struct pg_reply;
struct store_woken;

/* Builders and readers behave as store_runs.h says. */

/* ---- a message ---- */

struct store_chat_post {
	const char *session_id;
	const char *tenant_id;
	const char *agent_id;
	const char *definition_id; /* "agent:<id>", or of an orchestration */
	int64_t definition_version;
	const char *message;
	const char *images; /* JSON text of a list; NULL: none */
	const char *queue;
	int priority;
	int64_t run_timeout_ms;
	const char *run_prefix; /* what run ids of the session begin with */
	bool reject;            /* only if no turn is live */
	int64_t waiting_max;    /* turns that may wait behind the live one */
	const char *webhook_url;
	const char *webhook_secret;
	const char *idempotency_key; /* NULL: none */
	const char *body_sha256;     /* with a key */
};

struct store_chat_posted {
	int64_t turn;
	const char *run_id;
	int64_t live_turn; /* the same: its run is ready */
};

/*
 * In a batch of their own: three statements, of which the first has this number; with a
 * key one more before and behind. That somebody took it meanwhile is SQLSTATE 23505.
 */
int store_chats_post(struct pg_batch *batch, const struct store_chat_post *post);
/* Who has the key of a message, at the number that this gives. */
int store_chats_key(struct pg_batch *batch, const struct store_chat_post *post);
/* The run of the turn that has it, and was its body this one? NULL: nobody has. */
const char *store_chats_key_read(const struct pg_reply *reply, int statement,
				 const char *body_sha256, bool *same_body);
/* false: refused; store_chats_session_read() at statement + 2 says how it stands. */
bool store_chats_post_read(const struct pg_reply *reply, int statement,
			   struct store_chat_posted *ret);

/* ---- how it stands ---- */

struct store_chat_session {
	const char *session_id;
	const char *agent_id; /* NULL */
	const char *tenant_id;
	const char *status;          /* NULL */
	const char *messages;        /* JSON text of a list */
	const char *last_message_at; /* NULL */
	const char *worker_id;       /* NULL */
	int64_t turns;
	int64_t live_turn;       /* 0: none */
	int64_t waiting;         /* turns behind it */
	const char *live_run_id; /* NULL: none */
};

int store_chats_session(struct pg_batch *batch, const char *session_id);
/* false: there is none. */
bool store_chats_session_read(const struct pg_reply *reply, int statement,
			      struct store_chat_session *ret);

struct store_chat_turn {
	int64_t turn;
	const char *run_id;
	const char *agent_id;
	const char *definition_id;
	const char *status;
	const char *message;
	const char *answer; /* NULL */
	const char *error;  /* JSON text; NULL */
	const char *created_at;
	const char *started_at; /* NULL */
	const char *ended_at;   /* NULL */
};

/* The newest first; before 0: all. */
int store_chats_turns(struct pg_batch *batch, const char *session_id, int64_t before,
		      int64_t limit);
int store_chats_turns_count(const struct pg_reply *reply, int statement);
void store_chats_turns_read(const struct pg_reply *reply, int statement, int row,
			    struct store_chat_turn *ret);

/* What who follows a turn must know of it. */
struct store_chat_place {
	int64_t turn;
	const char *run_id;
	const char *definition_id;
	const char *status;
	const char *tenant_id;
	int64_t epoch; /* of its run; 0: nobody has had it */
	int64_t wake;
	bool ended;
};

/* turn 0: the newest. */
int store_chats_turn(struct pg_batch *batch, const char *session_id, int64_t turn);
bool store_chats_turn_read(const struct pg_reply *reply, int statement,
			   struct store_chat_place *ret);

/* ---- the next one ---- */

int store_chats_next(struct pg_batch *batch, const char *session_id);
/* What the entry of the turn that is ready needs; false: none is. */
bool store_chats_next_read(const struct pg_reply *reply, int statement,
			   const char **ret_run_id, struct store_woken *ret);

/* ---- turns that will not come ---- */

/* One that waits, or (0) all of them: they have runs then that are to be cancelled.
 * Three statements, in a batch of their own; the number of the first.
 * store_chats_session_read() at statement + 2 says how the session stands then. */
int store_chats_withdraw(struct pg_batch *batch, const char *session_id, int64_t turn);
int store_chats_withdraw_count(const struct pg_reply *reply, int statement);
const char *store_chats_withdraw_read(const struct pg_reply *reply, int statement,
				      int row);

/* ---- turns by time ---- */

/* What may have events from one moment to another, in order. */
int store_chats_range(struct pg_batch *batch, const char *session_id, int64_t from_ms,
		      int64_t to_ms, int64_t limit);
int store_chats_range_count(const struct pg_reply *reply, int statement);
/* epoch, wake and status are not told. */
void store_chats_range_read(const struct pg_reply *reply, int statement, int row,
			    struct store_chat_place *ret);

/* ---- what was said ---- */

/* The newest answered turns before this one, the newest first, if they are of the
 * tenant of that run. */
int store_chats_history(struct pg_batch *batch, const char *session_id,
			const char *agent_id, int64_t before, int64_t limit,
			const char *run_id);
int store_chats_history_count(const struct pg_reply *reply, int statement);
void store_chats_history_read(const struct pg_reply *reply, int statement, int row,
			      const char **message, const char **answer);

/* The images of a turn: JSON text of a list; NULL: there are none. */
int store_chats_images(struct pg_batch *batch, const char *session_id, int64_t turn);
const char *store_chats_images_read(const struct pg_reply *reply, int statement);

#endif
