/*
 * file_turns.c - messages that become turns, and turns that are stopped, in files
 *
 * A message is accepted as its turn, which is a run; its host begins it when the turns in
 * front of it are over (host/file_sessions.c).
 */
#include "api/file_turns.h"

#include "api/file_catalog.h"
#include "api/file_once.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/step_types.h"
#include "host/file_run.h"
#include "host/file_sessions.h"
#include "host/host_file.h"
#include "run/chat_definition.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_index.h"
#include "store/files_list.h"

#include <stdio.h>
#include <string.h>

#define TAKEN_MAX     8 /* numbers that another process of this host may have given away */
#define LOOK_BACK_MAX 1000 /* turns behind the newest that was not erased */

/* ---- what a turn executes ---- */

struct plan {
	char agent_id[IDS_MAX];
	struct str definition_id;
	struct str text;
	struct definition *definition; /* a reference */
};

static void plan_deinit(struct plan *plan)
{
	str_deinit(&plan->definition_id);
	str_deinit(&plan->text);
	definition_unref(plan->definition);
}

static bool parse(struct plan *plan)
{
	struct problems problems;
	int rc;

	problem_init(&problems);
	rc = definition_parse(str_text(&plan->text), plan->text.len, &plan->definition,
			      &problems);
	if (rc == 0)
		rc = definition_validate(plan->definition, step_types_rules(), &problems);
	problem_deinit(&problems);
	return rc == 0;
}

/* An orchestrator's own orchestration, or one step that is the agent. */
static enum errors_code plan_agent(const struct file_chats *chats, struct plan *plan,
				   const struct files_item *agent, const char **detail)
{
	const struct files_item *item;
	struct err err;

	if (chat_definition_orchestration(&plan->definition_id, agent->text, agent->len,
					  &err) < 0) {
		*detail = "the definition of this agent cannot be executed";
		return ERRORS_DEFINITION;
	}
	if (plan->definition_id.len) {
		if (!file_catalog_get(chats->catalog, str_text(&plan->definition_id),
				      &item)) {
			*detail = "the orchestration of this agent is not there";
			return ERRORS_DEFINITION;
		}
		str_add(&plan->text, item->text, item->len);
	} else {
		str_printf(&plan->definition_id, "agent:%s", plan->agent_id);
		if (chat_definition_write(&plan->text, plan->agent_id, agent->text,
					  agent->len, &err) < 0)
			return ERRORS_DEFINITION;
	}
	*detail = "the definition of this agent cannot be executed";
	return parse(plan) ? ERRORS_NONE : ERRORS_DEFINITION;
}

/* The newest turn that was not erased. ERRORS_NO_RUN: there is none; ret is to be deinited
 * in any case. */
static enum errors_code read_newest(const struct file_chats *chats,
				    const char *session_id, struct file_reads_run *ret)
{
	int64_t newest = files_index_session(chats->reads->index, session_id), turn;
	enum errors_code error = ERRORS_NO_RUN;
	struct str run_id = STR_INIT;

	files_view_init(&ret->view);
	for (turn = newest;
	     error == ERRORS_NO_RUN && turn > 0 && newest - turn < LOOK_BACK_MAX;
	     turn--) {
		file_reads_run_deinit(ret);
		files_view_init(&ret->view);
		str_reset(&run_id, IDS_MAX);
		if (!chat_run_id(&run_id, session_id, turn))
			break;
		error = file_reads_run(chats->reads, str_text(&run_id), FILE_READS_ALL,
				       ret);
	}
	str_deinit(&run_id);
	return error;
}

/* Whose session it is, and the agent that it had last. */
static enum errors_code look_back(const struct file_chats *chats,
				  const struct port_chat *chat, struct plan *plan)
{
	struct file_reads_run found;
	enum errors_code error = read_newest(chats, chat->session_id, &found);

	if (error == ERRORS_NO_RUN) {
		error = ERRORS_NONE; /* it begins */
	} else if (error == ERRORS_NONE) {
		if (strcmp(found.run.tenant_id, chat->tenant_id) != 0)
			error = ERRORS_NO_SESSION;
		else if (!chat->agent_id && found.view.head.agent_id)
			(void)snprintf(plan->agent_id, sizeof(plan->agent_id), "%s",
				       found.view.head.agent_id);
		/* another process of this host has it: who asks again finds it over */
		if (!found.run.ended_at && !host_file_find(chats->host, found.run.run_id))
			error = ERRORS_BUSY;
	}
	file_reads_run_deinit(&found);
	return error;
}

static enum errors_code plan_turn(const struct file_chats *chats, struct port_chat *chat,
				  struct plan *plan)
{
	const struct files_item *agent;
	enum errors_code error = look_back(chats, chat, plan);

	if (error != ERRORS_NONE)
		return error;
	if (chat->agent_id)
		(void)snprintf(plan->agent_id, sizeof(plan->agent_id), "%s",
			       chat->agent_id);
	if (!*plan->agent_id) {
		chat->detail = "no agent is named, and the session has had none";
		return ERRORS_NO_AGENT;
	}
	agent = files_list_find(file_catalog_list(chats->catalog, STORE_AGENT),
				plan->agent_id);
	if (!agent)
		return ERRORS_NO_AGENT;
	return plan_agent(chats, plan, agent, &chat->detail);
}

/* ---- a message ---- */

struct posting {
	struct file_ack ack;
	struct port_chat *chat;
	char run_id[IDS_MAX];
};

static void answer(struct port_chat *chat, enum errors_code error, const char *run_id)
{
	chat->error = error;
	chat->run_id = run_id;
	chat->turn = run_id ? chat_run_turn(run_id) : 0;
	chat->done(chat);
}

static void on_stored(struct file_ack *ack, bool durable)
{
	struct posting *posting = list_entry(ack, struct posting, ack);

	if (!durable)
		posting->chat->detail = "it is not known whether the message was "
					"accepted: look at the session's status";
	answer(posting->chat, durable ? ERRORS_NONE : ERRORS_UNKNOWN,
	       durable ? posting->run_id : NULL);
	mem_free(posting);
}

static void on_ignored(struct file_ack *ack, bool durable)
{
	(void)durable; /* nobody waits for it */
	mem_free(ack);
}

static void cancel_quietly(struct host_file *host, struct file_run *run)
{
	struct file_ack *ack = mem_new(struct file_ack);
	struct err err;

	ack->stored = on_ignored;
	if (host_file_cancel(host, run, ack, &err) <= 0)
		mem_free(ack); /* it ends, or is another process' */
}

static enum errors_code may_come(const struct file_chats *chats,
				 const struct port_chat *chat, struct file_run **ret_live)
{
	size_t count;

	*ret_live = host_file_live_turn(chats->host, chat->session_id, &count);
	if (*ret_live && chat->on_busy == PORT_CHAT_REJECT)
		return ERRORS_CHAT_BUSY;
	return count > (size_t)chats->turns_max ? ERRORS_CHAT_FULL : ERRORS_NONE;
}

static int sync_first(void *arg, int fd, const char *text, size_t len, struct err *err)
{
	return host_file_sync_first(arg, fd, text, len, err);
}

/* A message that was taken before: told when that is durable, if it is not yet. */
static void replay(struct host_file *host, struct port_chat *chat, const char *run_id)
{
	struct file_run *held = host_file_find(host, run_id);
	struct posting *posting;

	chat->replayed = true;
	if (!held || held->state == FILE_RUN_ASLEEP) {
		answer(chat, ERRORS_NONE, run_id);
		return;
	}
	posting = mem_new(struct posting);
	posting->chat = chat;
	posting->ack.stored = on_stored;
	(void)snprintf(posting->run_id, sizeof(posting->run_id), "%s", run_id);
	if (!host_file_join(host, held, &posting->ack, NULL))
		return;
	mem_free(posting);
	answer(chat, ERRORS_NONE, run_id);
}

/* Is the key fresh, or is there none? Else it has been answered. */
static bool is_fresh(const struct file_chats *chats, struct port_chat *chat,
		     const char *run_id)
{
	char before[IDS_MAX];
	struct err err;
	int rc;

	if (!chat->idempotency_key)
		return true;
	rc = file_once_take(chats->reads->dir, chat->tenant_id, chat->idempotency_key,
			    chat->body_sha256, run_id, before, sync_first, chats->host,
			    &err);
	if (rc == FILE_ONCE_FRESH)
		return true;
	if (rc == FILE_ONCE_REPLAYED && chat_run_turn(before)) {
		replay(chats->host, chat, before);
	} else if (rc >= 0) {
		answer(chat, ERRORS_MISMATCH, NULL);
	} else {
		log_warn("run.not_accepted", LOG_S("error", err.text));
		answer(chat, ERRORS_DISK, NULL);
	}
	return false;
}

static enum errors_code error_of(int rc)
{
	switch (rc) {
	case ERR_FULL:
		return ERRORS_DEPTH;
	case ERR_CLOSED:
		return ERRORS_DRAINING;
	case ERR_CONFLICT:
		return ERRORS_BUSY;
	case ERR_SYS:
		return ERRORS_DISK;
	default:
		return ERRORS_INTERNAL;
	}
}

static int accept(const struct file_chats *chats, const struct port_chat *chat,
		  const struct plan *plan, struct posting *posting, struct err *err)
{
	const struct files_head head = {
		.run_id = posting->run_id,
		.orchestration_id = str_text(&plan->definition_id),
		.tenant_id = chat->tenant_id,
		.session_id = chat->session_id,
		.message = chat->message,
		.webhook_url = chat->webhook_url,
		.webhook_secret = chat->webhook_secret,
		.idempotency_key = chat->idempotency_key,
		.body_sha256 = chat->body_sha256,
		.definition = str_text(&plan->text),
		.created_at_ms = clock_wall_ms(),
		.priority = chat->priority,
		.agent_id = plan->agent_id,
		.images = chat->images,
	};

	return host_file_accept(chats->host, &head, plan->definition, &posting->ack, NULL,
				err);
}

/*
 * The first number that nobody has. A process of the generation before may have accepted
 * turns after this one has read the folder's names, and ended them: then these are in no
 * index here. false: there are too many of them.
 */
static bool name_turn(const struct file_chats *chats, const char *session_id,
		      char buf[IDS_MAX])
{
	struct str run_id = STR_INIT;
	bool taken = true;
	int i;

	for (i = 0; taken && i < LOOK_BACK_MAX; i++) {
		str_reset(&run_id, IDS_MAX);
		(void)chat_run_id(&run_id, session_id, /* which was checked */
				  files_index_session(chats->reads->index, session_id) +
					  1);
		taken = file_reads_has(chats->reads, str_text(&run_id));
		if (taken)
			files_index_see(chats->reads->index, str_text(&run_id));
	}
	(void)snprintf(buf, IDS_MAX, "%s", str_text(&run_id));
	str_deinit(&run_id);
	return !taken;
}

static void post(const struct file_chats *chats, struct port_chat *chat,
		 const struct plan *plan, struct file_run *live)
{
	struct posting *posting = mem_new(struct posting);
	int rc = ERR_CONFLICT, tries;
	struct err err;

	posting->chat = chat;
	posting->ack.stored = on_stored;
	for (tries = 0; rc == ERR_CONFLICT && tries < TAKEN_MAX; tries++) {
		if (!name_turn(chats, chat->session_id, posting->run_id))
			break;
		if (!is_fresh(chats, chat, posting->run_id)) {
			mem_free(posting);
			return;
		}
		rc = accept(chats, chat, plan, posting, &err);
		/* that turn is another message's */
		if (rc == ERR_CONFLICT && chat->idempotency_key)
			file_once_forget(chats->reads->dir, chat->tenant_id,
					 chat->idempotency_key);
	}
	if (rc < 0) {
		mem_free(posting);
		answer(chat, error_of(rc), NULL);
	} else if (live && chat->on_busy == PORT_CHAT_INTERRUPT) {
		cancel_quietly(chats->host, live);
	}
}

void file_turns_post(const struct file_chats *chats, struct port_chat *chat)
{
	struct plan plan = { .definition_id = STR_INIT, .text = STR_INIT };
	struct file_run *live = NULL;
	enum errors_code error;

	chat->replayed = false;
	chat->detail = NULL;
	error = plan_turn(chats, chat, &plan);
	if (error == ERRORS_NONE)
		error = may_come(chats, chat, &live);
	if (error == ERRORS_NONE) {
		chat->detail = NULL;
		post(chats, chat, &plan, live);
	} else {
		if (error != ERRORS_DEFINITION && error != ERRORS_NO_AGENT)
			chat->detail = NULL;
		answer(chat, error, NULL);
	}
	plan_deinit(&plan);
}

/* ---- cancel ---- */

struct cancelling {
	struct file_ack ack;
	port_cancel_cb cb;
	void *arg;
};

static void on_cancelled(struct file_ack *ack, bool durable)
{
	struct cancelling *cancelling = list_entry(ack, struct cancelling, ack);

	(void)durable; /* one that may be lost with this process was heard all the same */
	cancelling->cb(cancelling->arg, ERRORS_NONE, "cancellation_requested");
	mem_free(cancelling);
}

static void cancel_one(const struct file_chats *chats, struct file_run *run,
		       port_cancel_cb cb, void *arg)
{
	struct cancelling *cancelling = mem_new(struct cancelling);
	struct err err;
	int rc;

	cancelling->ack.stored = on_cancelled;
	cancelling->cb = cb;
	cancelling->arg = arg;
	rc = host_file_cancel(chats->host, run, &cancelling->ack, &err);
	if (rc > 0)
		return;
	mem_free(cancelling);
	if (rc == 0)
		cb(arg, ERRORS_NONE, file_run_end(run).status);
	else
		cb(arg, rc == ERR_CLOSED ? ERRORS_BUSY : ERRORS_DISK, NULL);
}

/* Those behind it first, so that none of them begins meanwhile. */
static void cancel_waiting(const struct file_chats *chats, const struct file_run *live)
{
	struct file_run *run = file_sessions_next(live), *next;

	for (; run; run = next) {
		next = file_sessions_next(run);
		cancel_quietly(chats->host, run);
	}
}

void file_turns_cancel(const struct file_chats *chats, const char *session_id,
		       int64_t turn, const char *tenant_id, port_cancel_cb cb, void *arg)
{
	int64_t which =
		turn ? turn : files_index_session(chats->reads->index, session_id);
	struct str run_id = STR_INIT;
	struct file_reads_run found;
	struct file_run *run = NULL;
	enum errors_code error = ERRORS_NO_SESSION;
	size_t count;

	files_view_init(&found.view);
	if (which && chat_run_id(&run_id, session_id, which))
		error = file_reads_run(chats->reads, str_text(&run_id), FILE_READS_ALL,
				       &found);
	if (error == ERRORS_NO_RUN || (error == ERRORS_NONE && tenant_id &&
				       strcmp(tenant_id, found.run.tenant_id) != 0))
		error = ERRORS_NO_SESSION;
	if (error == ERRORS_NONE)
		run = turn ? host_file_find(chats->host, str_text(&run_id))
			   : host_file_live_turn(chats->host, session_id, &count);
	if (error != ERRORS_NONE) {
		cb(arg, error, NULL);
	} else if (!run) {
		cb(arg, ERRORS_NONE, found.run.status);
	} else {
		if (!turn)
			cancel_waiting(chats, run);
		cancel_one(chats, run, cb, arg);
	}
	file_reads_run_deinit(&found);
	str_deinit(&run_id);
}
