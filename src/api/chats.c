/*
 * chats.c - messages of conversations on their way to be turns (DESIGN §4a, chat turn)
 *
 *	session  only if no agent is named: the one that it had last
 *	agent    its current version, pinned; an orchestrator's is the orchestration that
 *		 it names. What it executes is checked as a definition is (catalog.c)
 *	tenant   its home queue and limits (tenant_book.c)
 *	admit    a place in the queue is reserved, under a name of its own: the turn has
 *		 no number yet
 *	post     one batch: the session is locked, the turn numbered, and it has its run
 *		 if it is the live one (store/sql/chat_post.sql)
 *	answer   202
 *	queue    the live one gets its entry, then the place is given back; one that waits
 *		 gets its entry when the turn before has ended (host/next_turn.c)
 *
 * A message whose Idempotency-Key was there before makes no turn: what is answered is the
 * turn that has it, or 409 if its body was another.
 *
 * A batch that nobody answered may be in: 503 outcome_unknown. A turn that got in and
 * has no entry gets it from the reconciler.
 */
#include "api/chats.h"

#include "api/cancels.h"
#include "api/catalog.h"
#include "api/pg_read.h"
#include "api/runs_port.h"
#include "api/tenant_book.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "host/next_turn.h"
#include "ipc/scoreboard.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_admit.h"
#include "queue/queue_names.h"
#include "queue/queue_release.h"
#include "redis/redis_link.h"
#include "run/chat_definition.h"
#include "run/chat_run.h"
#include "store/store_chats.h"
#include "store/store_definitions.h"

#include <stdio.h>
#include <string.h>

#define OPEN_MAX    10000 /* more than are under way at once are refused */
#define POST_MAX_MS 5000  /* shorter than a reservation */
#define AGENT_TRIES 3

#define UNIQUE_VIOLATION "23505"

struct chats {
	struct chats_parts parts;
	size_t open;
	void (*idle)(void *arg); /* NULL: nobody waits */
	void *idle_arg;
};

struct chat {
	struct chats *chats;
	struct port_chat *ask; /* NULL once answered: its texts are gone then */
	struct memo_wait wait;
	int statement;
	int tries;
	char agent_id[IDS_MAX];
	struct str definition_id;
	int64_t version;
	struct queue *queue;
	int64_t queued_max;
	struct str tenant;   /* key form */
	struct str prefix;   /* of run ids of the session */
	char place[IDS_MAX]; /* job id of the reservation */
	char detail[2048];
};

static void check_idle(struct chats *chats)
{
	void (*idle)(void *arg) = chats->idle;

	if (!idle || chats->open)
		return;
	chats->idle = NULL;
	idle(chats->idle_arg);
}

static void chat_free(struct chat *chat)
{
	struct chats *chats = chat->chats;

	queue_free(chat->queue);
	str_deinit(&chat->definition_id);
	str_deinit(&chat->tenant);
	str_deinit(&chat->prefix);
	mem_free(chat);
	chats->open--;
	check_idle(chats);
}

static void answer(struct chat *chat, enum errors_code error, const char *detail)
{
	struct port_chat *ask = chat->ask;

	chat->ask = NULL;
	ask->error = error;
	ask->detail = detail;
	ask->done(ask);
}

static void refuse(struct chat *chat, enum errors_code error, const char *detail)
{
	if (chat->chats->parts.score)
		score_add(chat->chats->parts.score, SCORE_RUNS_REFUSED, 1);
	answer(chat, error, detail);
	chat_free(chat);
}

/* ---- post ---- */

static void give_place_back(struct chat *chat)
{
	const struct queue_release_entry entry = {
		.id = { chat->place, strlen(chat->place) },
		.tenant = { str_text(&chat->tenant), chat->tenant.len },
	};
	struct err err;

	/* one that is not given back runs out by itself */
	(void)queue_release(chat->queue, &entry, 1, NULL, NULL, &err);
}

/* Nobody waits for how that ends. */
static void on_interrupted(void *arg, enum errors_code error, const char *status)
{
	(void)arg;
	(void)status;
	if (error != ERRORS_NONE)
		log_warn("chat.not_interrupted", LOG_S("error", errors_word(error)));
}

static void accepted(struct chat *chat, const struct store_chat_posted *posted,
		     const struct store_chat_session *session)
{
	const struct chats_parts *parts = &chat->chats->parts;
	bool interrupts = chat->ask->on_busy == PORT_CHAT_INTERRUPT;
	bool live = posted->live_turn == posted->turn;
	struct str id = STR_INIT;

	FAULT_OF("chat.committed", posted->run_id);
	if (parts->score)
		score_add(parts->score, SCORE_RUNS_ACCEPTED, 1);
	str_add_text(&id, session->session_id);
	chat->ask->run_id = posted->run_id;
	chat->ask->turn = posted->turn;
	answer(chat, ERRORS_NONE, NULL);
	if (live)
		next_turns_push_session(parts->turns, str_text(&id));
	else if (interrupts && session->live_run_id)
		cancels_run(parts->cancels, session->live_run_id, NULL, on_interrupted,
			    NULL);
	str_deinit(&id);
	give_place_back(chat);
	chat_free(chat);
}

/* Why the statement made no turn. */
static void not_accepted(struct chat *chat, const struct store_chat_session *session)
{
	enum errors_code error = ERRORS_CHAT_FULL;

	if (strcmp(session->tenant_id, chat->ask->tenant_id) != 0)
		error = ERRORS_NO_SESSION;
	else if (chat->ask->on_busy == PORT_CHAT_REJECT)
		error = ERRORS_CHAT_BUSY;
	give_place_back(chat);
	refuse(chat, error, NULL);
}

/* False: nobody has its key, or it has none. Else it is answered. */
static bool had(struct chat *chat, const struct pg_reply *reply, int statement)
{
	struct port_chat *ask = chat->ask;
	bool same = false;
	const char *run_id;

	if (!ask->idempotency_key)
		return false;
	run_id = store_chats_key_read(reply, statement, ask->body_sha256, &same);
	if (!run_id)
		return false;
	/* a key is the tenant's, whatever it was used for */
	if (same && chat_run_turn(run_id)) {
		ask->run_id = run_id;
		ask->turn = chat_run_turn(run_id);
		ask->replayed = true;
		answer(chat, ERRORS_NONE, NULL);
	} else {
		answer(chat, ERRORS_MISMATCH, NULL);
	}
	give_place_back(chat);
	chat_free(chat);
	return true;
}

static void on_key(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct chat *chat = arg;

	if (error == ERRORS_NONE && had(chat, reply, chat->statement))
		return;
	give_place_back(chat);
	/* whoever had the key withdrew it meanwhile */
	refuse(chat, error == ERRORS_NONE ? ERRORS_BUSY : error, NULL);
}

/* Another message with its key was committed while it was on its way. */
static void look_key(struct chat *chat)
{
	const struct store_chat_post row = {
		.tenant_id = chat->ask->tenant_id,
		.idempotency_key = chat->ask->idempotency_key,
	};
	struct pg_batch *batch = pg_batch_new();

	chat->statement = store_chats_key(batch, &row);
	pg_read(chat->chats->parts.pool, batch, on_key, chat);
}

static void on_posted(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct chat *chat = arg;
	struct store_chat_session session;
	struct store_chat_posted posted;

	if (!reply && chat->ask->idempotency_key && outcome->fate == PG_REJECTED &&
	    strcmp(outcome->sqlstate, UNIQUE_VIOLATION) == 0) {
		look_key(chat);
	} else if (!reply) {
		log_warn("chat.post_failed", LOG_S("fate", pg_fate_name(outcome->fate)),
			 LOG_S("sqlstate", (const char *)outcome->sqlstate),
			 LOG_S("error", (const char *)outcome->err.text));
		if (outcome->fate == PG_UNKNOWN)
			refuse(chat, ERRORS_UNKNOWN,
			       "it is not known whether the message was accepted: look "
			       "at the session's status");
		else if (outcome->cls == PG_CLASS_BUG || outcome->cls == PG_CLASS_VALUE ||
			 outcome->cls == PG_CLASS_CONSTRAINT)
			refuse(chat, ERRORS_INTERNAL, NULL);
		else
			refuse(chat, ERRORS_POSTGRES, NULL);
	} else if (store_chats_post_read(reply, chat->statement, &posted) &&
		   store_chats_session_read(reply, chat->statement + 2, &session)) {
		accepted(chat, &posted, &session);
	} else if (had(chat, reply, chat->statement + 3)) {
		return;
	} else if (!store_chats_session_read(reply, chat->statement + 2, &session)) {
		refuse(chat, ERRORS_INTERNAL, NULL);
	} else {
		not_accepted(chat, &session);
	}
}

static void post(struct chat *chat)
{
	const struct conf *conf = chat->chats->parts.conf;
	const struct port_chat *ask = chat->ask;
	const struct store_chat_post row = {
		.session_id = ask->session_id,
		.tenant_id = ask->tenant_id,
		.agent_id = chat->agent_id,
		.definition_id = str_text(&chat->definition_id),
		.definition_version = chat->version,
		.message = ask->message,
		.images = ask->images,
		.queue = queue_name(chat->queue),
		.priority = ask->priority,
		.run_timeout_ms = conf->engine.run_timeout_ms,
		.run_prefix = str_text(&chat->prefix),
		.reject = ask->on_busy == PORT_CHAT_REJECT,
		.waiting_max = conf->limits.turns_per_session,
		.webhook_url = ask->webhook_url,
		.webhook_secret = ask->webhook_secret,
		.idempotency_key = ask->idempotency_key,
		.body_sha256 = ask->body_sha256,
	};
	struct pg_batch *batch = pg_batch_new();
	int rc;

	chat->statement = store_chats_post(batch, &row);
	rc = pg_pool_submit(chat->chats->parts.pool, batch, POST_MAX_MS, on_posted, chat);
	if (rc < 0) {
		give_place_back(chat);
		refuse(chat, rc == ERR_FULL ? ERRORS_BUSY : ERRORS_POSTGRES, NULL);
	}
}

/* ---- admit ---- */

static void refuse_over(struct chat *chat, const struct queue_admit_result *result)
{
	struct port_chat *ask = chat->ask;

	switch (result->admission) {
	case QUEUE_OVER_RATE:
		ask->rate_limit = chat->chats->parts.conf->limits.rate_per_tenant;
		ask->retry_after_sec = (result->retry_after_ms + 999) / 1000;
		if (ask->retry_after_sec < 1)
			ask->retry_after_sec = 1;
		refuse(chat, ERRORS_RATE, NULL);
		break;
	case QUEUE_OVER_QUEUED:
		refuse(chat, ERRORS_TENANT_FULL, NULL);
		break;
	case QUEUE_OVER_DEPTH:
		refuse(chat, ERRORS_DEPTH, NULL);
		break;
	case QUEUE_ADMITTED:
		break;
	}
}

static enum errors_code redis_error(int rc)
{
	if (rc == ERR_FULL)
		return ERRORS_BUSY;
	return rc == ERR_PROTO || rc == ERR_INPUT ? ERRORS_INTERNAL : ERRORS_REDIS;
}

static void on_admitted(void *arg, int rc, const struct queue_admit_result *results,
			size_t n, int64_t now_ms, const struct err *err)
{
	struct chat *chat = arg;

	(void)n;
	(void)now_ms;
	FAULT("chat.admitted");
	if (rc < 0) {
		log_warn("queue.act_failed", LOG_S("act", "admit"),
			 LOG_S("error", err->text));
		refuse(chat, redis_error(rc), NULL);
	} else if (results[0].admission != QUEUE_ADMITTED) {
		refuse_over(chat, &results[0]);
	} else {
		post(chat);
	}
}

static void admit(struct chat *chat)
{
	const struct conf *conf = chat->chats->parts.conf;
	char run_id[IDS_MAX];
	struct queue_admit_entry entry = {
		.tenant = { str_text(&chat->tenant), chat->tenant.len },
		.rate_per_min = conf->limits.rate_per_tenant * 60,
		.burst = conf->limits.rate_per_tenant,
		.queued_max = chat->queued_max,
	};
	struct err err;
	int rc;

	(void)snprintf(chat->place, sizeof(chat->place), "%.60s:1",
		       ids_run(clock_wall_ms(), run_id));
	entry.id = (struct queue_text){ chat->place, strlen(chat->place) };
	rc = queue_admit(chat->queue, &entry, 1, conf->queue.depth_max, on_admitted, chat,
			 &err);
	if (rc < 0)
		refuse(chat, redis_error(rc), NULL);
}

/* ---- tenant ---- */

static void tenant_known(struct chat *chat, enum memo_state state,
			 const struct tenant_entry *entry)
{
	const struct chats_parts *parts = &chat->chats->parts;
	struct err err;

	if (state != MEMO_HIT) {
		refuse(chat, ERRORS_POSTGRES, NULL);
		return;
	}
	if (queue_new(parts->link, parts->scripts, entry->queue, NULL, &chat->queue,
		      &err) < 0) {
		log_error("tenant.bad_queue", LOG_S("tenant", chat->ask->tenant_id),
			  LOG_S("error", (const char *)err.text));
		refuse(chat, ERRORS_INTERNAL, NULL);
		return;
	}
	chat->queued_max = entry->queued_max;
	admit(chat);
}

static void on_tenant(void *arg, enum memo_state state, void *value)
{
	tenant_known(arg, state, value);
}

static void step_tenant(struct chat *chat)
{
	const struct tenant_entry *entry = NULL;
	enum memo_state state;

	chat->wait.ready = on_tenant;
	chat->wait.arg = chat;
	state = tenant_book_get(chat->chats->parts.tenants, chat->ask->tenant_id,
				clock_mono_ms(), &chat->wait, &entry);
	if (state != MEMO_WAIT)
		tenant_known(chat, state, entry);
}

/* ---- agent ---- */

static void orchestration_known(struct chat *chat, enum memo_state state,
				const struct catalog_entry *entry)
{
	switch (state) {
	case MEMO_HIT:
		if (!entry->valid) {
			refuse(chat, ERRORS_DEFINITION, entry->detail);
			return;
		}
		chat->version = entry->version;
		step_tenant(chat);
		break;
	case MEMO_NONE:
		refuse(chat, ERRORS_NO_ORCHESTRATION,
		       "the orchestration of this agent is not there");
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		refuse(chat, ERRORS_POSTGRES, NULL);
		break;
	}
}

static void on_orchestration(void *arg, enum memo_state state, void *value)
{
	orchestration_known(arg, state, value);
}

static void need_orchestration(struct chat *chat)
{
	const struct catalog_entry *entry = NULL;
	enum memo_state state;

	if (chat_run_agent(str_text(&chat->definition_id))) {
		/* among the turns of conversations this is how an agent is called */
		refuse(chat, ERRORS_NO_ORCHESTRATION, NULL);
		return;
	}
	chat->wait.ready = on_orchestration;
	chat->wait.arg = chat;
	state = catalog_get(chat->chats->parts.catalog, str_text(&chat->definition_id),
			    clock_mono_ms(), &chat->wait, &entry);
	if (state != MEMO_WAIT)
		orchestration_known(chat, state, entry);
}

static void agent_found(struct chat *chat, const struct store_definition *agent)
{
	size_t len = strlen(agent->definition);
	struct str text = STR_INIT;
	struct err err;
	bool valid;

	if (chat_definition_orchestration(&chat->definition_id, agent->definition, len,
					  &err) < 0) {
		(void)snprintf(chat->detail, sizeof(chat->detail), "%s", err.text);
		refuse(chat, ERRORS_DEFINITION, chat->detail);
		return;
	}
	if (chat->definition_id.len) {
		need_orchestration(chat);
		return;
	}
	str_printf(&chat->definition_id, "agent:%s", chat->agent_id);
	chat->version = agent->version;
	if (chat_definition_write(&text, chat->agent_id, agent->definition, len, &err) <
	    0) {
		(void)snprintf(chat->detail, sizeof(chat->detail), "%s", err.text);
		valid = false;
	} else {
		valid = catalog_check(str_text(&text), text.len, chat->detail,
				      sizeof(chat->detail));
	}
	str_deinit(&text);
	if (valid)
		step_tenant(chat);
	else
		refuse(chat, ERRORS_DEFINITION, chat->detail);
}

static void need_agent(struct chat *chat);

static void on_agent(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct chat *chat = arg;
	struct store_definition agent;

	if (error != ERRORS_NONE) {
		refuse(chat, error, NULL);
		return;
	}
	switch (store_definitions_get_read(reply, chat->statement, &agent)) {
	case STORE_DEFINITION_AGAIN:
		if (chat->tries++ < AGENT_TRIES)
			need_agent(chat);
		else
			refuse(chat, ERRORS_BUSY, NULL);
		break;
	case STORE_DEFINITION_NONE:
		refuse(chat, ERRORS_NO_AGENT, NULL);
		break;
	case STORE_DEFINITION_FOUND:
		agent_found(chat, &agent);
		break;
	}
}

static void need_agent(struct chat *chat)
{
	struct pg_batch *batch = pg_batch_new();

	chat->statement = store_definitions_get(batch, STORE_AGENT, chat->agent_id);
	pg_read(chat->chats->parts.pool, batch, on_agent, chat);
}

/* ---- session ---- */

static void on_session(void *arg, enum errors_code error, const struct pg_reply *reply)
{
	struct chat *chat = arg;
	struct store_chat_session session = { .agent_id = NULL };

	if (error != ERRORS_NONE) {
		refuse(chat, error, NULL);
		return;
	}
	if (!store_chats_session_read(reply, chat->statement, &session) ||
	    !session.agent_id || !*session.agent_id) {
		refuse(chat, ERRORS_NO_AGENT,
		       "no agent is named, and the session has had none");
		return;
	}
	(void)snprintf(chat->agent_id, sizeof(chat->agent_id), "%s", session.agent_id);
	need_agent(chat);
}

static void need_session(struct chat *chat)
{
	struct pg_batch *batch = pg_batch_new();

	chat->statement = store_chats_session(batch, chat->ask->session_id);
	pg_read(chat->chats->parts.pool, batch, on_session, chat);
}

void chats_post(struct chats *chats, struct port_chat *ask)
{
	enum errors_code error = ERRORS_NONE;
	struct chat *chat;

	if (!redis_link_is_up(chats->parts.link))
		error = ERRORS_REDIS;
	else if (pg_pool_links_up(chats->parts.pool) == 0)
		error = ERRORS_POSTGRES;
	else if (chats->open >= OPEN_MAX)
		error = ERRORS_BUSY;
	if (error != ERRORS_NONE) {
		ask->error = error;
		ask->detail = NULL;
		ask->done(ask);
		return;
	}
	chat = mem_new(struct chat);
	chat->chats = chats;
	chat->ask = ask;
	chats->open++;
	queue_names_tenant(&chat->tenant, ask->tenant_id);
	(void)chat_run_prefix(&chat->prefix, ask->session_id); /* the caller's duty */
	if (ask->agent_id) {
		(void)snprintf(chat->agent_id, sizeof(chat->agent_id), "%s",
			       ask->agent_id);
		need_agent(chat);
	} else {
		need_session(chat);
	}
}

/* ---- life ---- */

struct chats *chats_new(const struct chats_parts *parts)
{
	struct chats *chats = mem_new(struct chats);

	chats->parts = *parts;
	return chats;
}

void chats_free(struct chats *chats)
{
	mem_free(chats);
}

void chats_when_idle(struct chats *chats, void (*idle)(void *arg), void *arg)
{
	chats->idle = idle;
	chats->idle_arg = arg;
	check_idle(chats);
}
