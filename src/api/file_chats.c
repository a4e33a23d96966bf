/*
 * file_chats.c - conversations of a host without Postgres
 *
 * A session is the journals of its turns, `chat:<session>:<turn>`: what is asked of it
 * is read from the newest back.
 */
#include "api/file_chats.h"

#include "base/arena.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/file_run.h"
#include "host/file_sessions.h"
#include "host/host_file.h"
#include "run/chat_run.h"
#include "store/files_index.h"

#include <string.h>

#define MESSAGES_MAX 100   /* turns that `messages` tells of */
#define CONTENT_MAX  65536 /* bytes of one message in it */
#define RANGE_MAX    100   /* turns that are looked into: each is a file */

/* ---- a session ---- */

struct turns {
	struct file_reads_run *at; /* owned; the newest first */
	int64_t *numbers;          /* owned */
	size_t count;
};

static bool read_turn(const struct file_chats *chats, const char *session_id,
		      int64_t turn, struct file_reads_run *ret)
{
	struct str run_id = STR_INIT;
	bool good = chat_run_id(&run_id, session_id, turn) &&
		    file_reads_run(chats->reads, str_text(&run_id), FILE_READS_ALL,
				   ret) == ERRORS_NONE;

	str_deinit(&run_id);
	return good;
}

/* A session is one tenant's: the newest turn says whose. */
static bool belongs(const struct turns *turns, const struct file_reads_run *turn)
{
	return !turns->count ||
	       strcmp(turns->at[0].run.tenant_id, turn->run.tenant_id) == 0;
}

/* Those before turn `from`, at most max. */
static void read_turns(const struct file_chats *chats, const char *session_id,
		       int64_t from, size_t max, struct turns *ret)
{
	int64_t turn;

	ret->at = mem_new_n(struct file_reads_run, max + 1);
	ret->numbers = mem_new_n(int64_t, max + 1);
	ret->count = 0;
	for (turn = from; turn > 0 && ret->count < max && from - turn < RANGE_MAX;
	     turn--) {
		struct file_reads_run *run = &ret->at[ret->count];

		files_view_init(&run->view);
		if (read_turn(chats, session_id, turn, run) && belongs(ret, run))
			ret->numbers[ret->count++] = turn;
		else /* erased, or of one who had this id before all of his was */
			file_reads_run_deinit(run);
	}
}

static void turns_deinit(struct turns *turns)
{
	size_t i;

	for (i = 0; i < turns->count; i++)
		file_reads_run_deinit(&turns->at[i]);
	mem_free(turns->at);
	mem_free(turns->numbers);
}

static const char *status_of(const struct file_chats *chats,
			     const struct file_reads_run *turn)
{
	const struct file_run *held = host_file_find(chats->host, turn->run.run_id);

	return held && !file_sessions_is_first(held) ? "waiting" : turn->run.status;
}

static void add_message(struct jsonw *w, const char *role, const char *text)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role);
	jsonw_key(w, "content");
	jsonw_text_n(w, text ? text : "", text ? strnlen(text, CONTENT_MAX) : 0);
	jsonw_object_end(w);
}

static void print_messages(struct str *out, const struct turns *turns)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = turns->count; i > 0; i--) {
		const struct file_reads_run *turn = &turns->at[i - 1];

		if (!turn->view.ended || strcmp(turn->run.status, "completed") != 0)
			continue;
		add_message(&w, "user", turn->view.head.message);
		add_message(&w, "assistant", turn->view.end.response);
	}
	jsonw_array_end(&w);
}

static void fill_turn(const struct file_chats *chats, const struct turns *turns, size_t i,
		      struct store_chat_turn *ret)
{
	const struct file_reads_run *turn = &turns->at[i];

	*ret = (struct store_chat_turn){
		.turn = turns->numbers[i],
		.run_id = turn->run.run_id,
		.agent_id = turn->view.head.agent_id,
		.definition_id = turn->run.orchestration_id,
		.status = status_of(chats, turn),
		.message = turn->view.head.message,
		.answer = turn->run.final_response,
		.error = turn->run.error,
		.created_at = turn->run.created_at,
		.started_at = turn->run.started_at,
		.ended_at = turn->run.ended_at,
	};
}

static void fill_session(const struct file_chats *chats, const char *session_id,
			 const struct turns *turns, const char *messages,
			 struct store_chat_session *ret)
{
	const struct file_reads_run *newest = &turns->at[0];
	size_t count;
	const struct file_run *live =
		host_file_live_turn(chats->host, session_id, &count);

	*ret = (struct store_chat_session){
		.session_id = session_id,
		.agent_id = newest->view.head.agent_id,
		.tenant_id = newest->run.tenant_id,
		.status = live ? file_reads_status(live) : newest->run.status,
		.messages = messages,
		.last_message_at = newest->run.created_at,
		.turns = turns->numbers[0],
		.live_turn = live ? live->turn : 0,
		.waiting = live ? (int64_t)count - 1 : 0,
		.live_run_id = live ? live->head.run_id : NULL,
	};
}

void file_chats_session(const struct file_chats *chats, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg)
{
	size_t max = (size_t)turns > MESSAGES_MAX ? (size_t)turns : MESSAGES_MAX;
	struct store_chat_session session;
	struct store_chat_turn *told;
	struct str messages = STR_INIT;
	struct turns found;
	size_t n, i;

	read_turns(chats, session_id,
		   files_index_session(chats->reads->index, session_id), max, &found);
	if (!found.count) {
		cb(arg, ERRORS_NO_SESSION, NULL, NULL, 0);
		turns_deinit(&found);
		return;
	}
	print_messages(&messages, &found);
	fill_session(chats, session_id, &found, str_text(&messages), &session);
	n = found.count < (size_t)turns ? found.count : (size_t)turns;
	told = mem_new_n(struct store_chat_turn, n + 1);
	for (i = 0; i < n; i++)
		fill_turn(chats, &found, i, &told[i]);
	cb(arg, ERRORS_NONE, &session, told, n);
	mem_free(told);
	str_deinit(&messages);
	turns_deinit(&found);
}

void file_chats_turn(const struct file_chats *chats, const char *session_id, int64_t turn,
		     port_chat_turn_cb cb, void *arg)
{
	struct store_chat_place place;
	struct file_reads_run found;

	if (!turn)
		turn = files_index_session(chats->reads->index, session_id);
	files_view_init(&found.view);
	if (!turn || !read_turn(chats, session_id, turn, &found)) {
		cb(arg, ERRORS_NO_SESSION, NULL);
	} else {
		place = (struct store_chat_place){
			.turn = turn,
			.run_id = found.run.run_id,
			.definition_id = found.run.orchestration_id,
			.status = status_of(chats, &found),
			.tenant_id = found.run.tenant_id,
			.epoch = found.run.epoch,
			.wake = found.run.wake,
			.ended = found.run.ended_at != NULL,
		};
		cb(arg, ERRORS_NONE, &place);
	}
	file_reads_run_deinit(&found);
}

/* ---- events ---- */

/* Those of one turn, if it is there and the tenant's. */
static enum errors_code gather(const struct file_chats *chats, const char *session_id,
			       int64_t turn, const char *tenant_id, const char *start,
			       const char *end, struct arena *arena,
			       struct port_event *at, size_t *room)
{
	struct str run_id = STR_INIT;
	struct file_reads_run found;
	enum errors_code error = ERRORS_NO_RUN;

	files_view_init(&found.view);
	if (chat_run_id(&run_id, session_id, turn))
		error = file_reads_run(chats->reads, str_text(&run_id), FILE_READS_ROW,
				       &found);
	if (error == ERRORS_NONE && strcmp(found.run.tenant_id, tenant_id) == 0)
		error = file_reads_gather(chats->reads, found.run.run_id,
					  chat_run_agent(found.run.orchestration_id) !=
						  NULL,
					  start, end, arena, at, room);
	file_reads_run_deinit(&found);
	str_deinit(&run_id);
	return error == ERRORS_NO_RUN ? ERRORS_NONE : error;
}

void file_chats_events(const struct file_chats *chats, const char *session_id,
		       int64_t turn, const char *start, const char *end, int limit,
		       port_events_cb cb, void *arg)
{
	size_t room = (size_t)limit;
	struct port_event *at = mem_new_n(struct port_event, room + 1);
	int64_t last = turn ? turn : files_index_session(chats->reads->index, session_id);
	int64_t from = turn || last <= RANGE_MAX ? 1 : last - RANGE_MAX + 1;
	enum errors_code error = ERRORS_NO_SESSION;
	struct turns newest;
	struct arena arena;

	arena_init(&arena);
	read_turns(chats, session_id, last, 1, &newest);
	if (newest.count && (!turn || newest.numbers[0] == turn)) {
		error = ERRORS_NONE;
		last = newest.numbers[0];
		from = turn ? turn : from;
	}
	/* the oldest first: what finds no room is not read */
	for (; error == ERRORS_NONE && from <= last && room > 0; from++)
		error = gather(chats, session_id, from, newest.at[0].run.tenant_id, start,
			       end, &arena, at + ((size_t)limit - room), &room);
	if (error == ERRORS_NONE)
		cb(arg, error, newest.at[0].run.tenant_id, at, (size_t)limit - room);
	else
		cb(arg, error, NULL, NULL, 0);
	turns_deinit(&newest);
	mem_free(at);
	arena_deinit(&arena);
}
