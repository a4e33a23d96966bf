/*
 * file_chats.c - conversations of a host without Postgres
 *
 * A session is the journals of its turns, `chat:<session>:<turn>`: what is asked of it
 * is read from the newest back, one journal a step (file_walk.h). What is found is
 * copied, since turns end and go between two.
 */
#include "api/file_chats.h"

#include "api/file_walk.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/file_run.h"
#include "host/file_sessions.h"
#include "host/host_file.h"
#include "run/chat_run.h"
#include "store/files_index.h"

#include <stdio.h>
#include <string.h>

#define MESSAGES_MAX 100   /* turns that `messages` tells of */
#define CONTENT_MAX  65536 /* bytes of one message in it */
#define RANGE_MAX    100   /* turns that are looked into: each is a file */

/* ---- a turn ---- */

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

static const char *status_of(const struct file_chats *chats,
			     const struct file_reads_run *turn)
{
	const struct file_run *held = host_file_find(chats->host, turn->run.run_id);

	return held && !file_sessions_is_first(held) ? "waiting" : turn->run.status;
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

/* ---- a session ---- */

/* Texts are in the arena. */
struct told {
	struct store_chat_turn turn;
	const char *run_status; /* without what waits behind it */
	bool ended;
};

struct session {
	struct file_walk walk;
	const struct file_chats *chats;
	struct arena arena;
	char session_id[IDS_MAX];
	const char
		*tenant_id; /* the newest turn says whose it is; NULL: none was found */
	int64_t newest;     /* turn that there may be */
	int64_t looks;      /* turns before it that were looked for */
	size_t max;         /* turns */
	size_t shown;       /* of those, as turns */
	struct told *at;    /* owned; the newest first */
	size_t count;
	port_chat_session_cb cb;
	void *arg;
};

static const char *kept(struct session *session, const char *text)
{
	return text ? arena_dup(&session->arena, text) : NULL;
}

static void keep_turn(struct session *session, int64_t turn,
		      const struct file_reads_run *found)
{
	const struct store_run_status *run = &found->run;
	struct told *told = &session->at[session->count++];

	told->ended = found->view.ended;
	told->run_status = kept(session, run->status);
	told->turn = (struct store_chat_turn){
		.turn = turn,
		.run_id = kept(session, run->run_id),
		.agent_id = kept(session, found->view.head.agent_id),
		.definition_id = kept(session, run->orchestration_id),
		.status = kept(session, status_of(session->chats, found)),
		.message = kept(session, found->view.head.message),
		.answer = kept(session, found->view.ended ? found->view.end.response
							  : run->final_response),
		.error = kept(session, run->error),
		.created_at = kept(session, run->created_at),
		.started_at = kept(session, run->started_at),
		.ended_at = kept(session, run->ended_at),
	};
}

static bool session_step(struct file_walk *walk)
{
	struct session *session = list_entry(walk, struct session, walk);
	int64_t turn = session->newest - session->looks;
	struct file_reads_run found;

	if (turn <= 0 || session->looks == RANGE_MAX || session->count == session->max)
		return false;
	session->looks++;
	files_view_init(&found.view);
	/* else it is erased, or of one who had this id before all of his was */
	if (read_turn(session->chats, session->session_id, turn, &found) &&
	    (!session->tenant_id ||
	     strcmp(session->tenant_id, found.run.tenant_id) == 0)) {
		if (!session->tenant_id)
			session->tenant_id = kept(session, found.run.tenant_id);
		keep_turn(session, turn, &found);
	}
	file_reads_run_deinit(&found);
	return true;
}

static void add_message(struct jsonw *w, const char *role, const char *text)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role);
	jsonw_key(w, "content");
	jsonw_text_n(w, text ? text : "", text ? strnlen(text, CONTENT_MAX) : 0);
	jsonw_object_end(w);
}

static void print_messages(struct str *out, const struct session *session)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = session->count; i > 0; i--) {
		const struct told *told = &session->at[i - 1];

		if (!told->ended || strcmp(told->run_status, "completed") != 0)
			continue;
		add_message(&w, "user", told->turn.message);
		add_message(&w, "assistant", told->turn.answer);
	}
	jsonw_array_end(&w);
}

static void answer_session(const struct session *session)
{
	const struct told *newest = &session->at[0];
	size_t i, waiting,
		n = session->count < session->shown ? session->count : session->shown;
	const struct file_run *live =
		host_file_live_turn(session->chats->host, session->session_id, &waiting);
	struct store_chat_turn *turns = mem_new_n(struct store_chat_turn, n + 1);
	struct str messages = STR_INIT;
	struct store_chat_session got;

	print_messages(&messages, session);
	for (i = 0; i < n; i++)
		turns[i] = session->at[i].turn;
	got = (struct store_chat_session){
		.session_id = session->session_id,
		.agent_id = newest->turn.agent_id,
		.tenant_id = session->tenant_id,
		.status = live ? file_reads_status(live) : newest->run_status,
		.messages = str_text(&messages),
		.last_message_at = newest->turn.created_at,
		.turns = newest->turn.turn,
		.live_turn = live ? live->turn : 0,
		.waiting = live ? (int64_t)waiting - 1 : 0,
		.live_run_id = live ? live->head.run_id : NULL,
	};
	session->cb(session->arg, ERRORS_NONE, &got, turns, n);
	mem_free(turns);
	str_deinit(&messages);
}

static void session_over(struct file_walk *walk, bool whole)
{
	struct session *session = list_entry(walk, struct session, walk);

	if (whole && session->count)
		answer_session(session);
	else
		session->cb(session->arg, whole ? ERRORS_NO_SESSION : ERRORS_DRAINING,
			    NULL, NULL, 0);
	mem_free(session->at);
	arena_deinit(&session->arena);
	mem_free(session);
}

void file_chats_session(const struct file_chats *chats, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg)
{
	struct session *session = mem_new(struct session);

	session->walk.step = session_step;
	session->walk.over = session_over;
	session->chats = chats;
	arena_init(&session->arena);
	/* one that is longer has no turns */
	(void)snprintf(session->session_id, sizeof(session->session_id), "%s",
		       session_id);
	session->newest = files_index_session(chats->reads->index, session_id);
	session->shown = (size_t)turns;
	session->max = session->shown > MESSAGES_MAX ? session->shown : MESSAGES_MAX;
	session->at = mem_new_n(struct told, session->max);
	session->cb = cb;
	session->arg = arg;
	file_walks_start(chats->walks, &session->walk);
}

/* ---- events ---- */

struct events {
	struct file_walk walk;
	const struct file_chats *chats;
	struct arena arena;
	char session_id[IDS_MAX];
	const char *start, *end; /* in the arena */
	const char *tenant_id;   /* in the arena; NULL: nothing was found yet */
	bool one;                /* turn alone */
	int64_t turn, last;      /* the next to be read, and the last one */
	struct port_event *at;   /* owned; texts are in the arena */
	size_t limit, room;
	enum errors_code error;
	port_events_cb cb;
	void *arg;
};

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

/* Whose the session is: its newest turn says it. */
static bool find_newest(struct events *events)
{
	struct file_reads_run found;

	files_view_init(&found.view);
	if (read_turn(events->chats, events->session_id, events->last, &found))
		events->tenant_id = arena_dup(&events->arena, found.run.tenant_id);
	else if (!events->one)
		events->last--;
	file_reads_run_deinit(&found);
	return events->tenant_id || (!events->one && events->last >= events->turn);
}

static bool events_step(struct file_walk *walk)
{
	struct events *events = list_entry(walk, struct events, walk);
	size_t done = events->limit - events->room;

	if (!events->tenant_id)
		return events->last > 0 && find_newest(events);
	/* the oldest first: what finds no room is not read */
	if (events->turn > events->last || !events->room)
		return false;
	events->error = gather(events->chats, events->session_id, events->turn++,
			       events->tenant_id, events->start, events->end,
			       &events->arena, events->at + done, &events->room);
	return events->error == ERRORS_NONE;
}

static void events_over(struct file_walk *walk, bool whole)
{
	struct events *events = list_entry(walk, struct events, walk);

	if (!whole)
		events->error = ERRORS_DRAINING;
	else if (!events->tenant_id)
		events->error = ERRORS_NO_SESSION;
	if (events->error == ERRORS_NONE)
		events->cb(events->arg, ERRORS_NONE, events->tenant_id, events->at,
			   events->limit - events->room);
	else
		events->cb(events->arg, events->error, NULL, NULL, 0);
	mem_free(events->at);
	arena_deinit(&events->arena);
	mem_free(events);
}

void file_chats_events(const struct file_chats *chats, const char *session_id,
		       int64_t turn, const char *start, const char *end, int limit,
		       port_events_cb cb, void *arg)
{
	struct events *events = mem_new(struct events);
	int64_t last = turn ? turn : files_index_session(chats->reads->index, session_id);

	events->walk.step = events_step;
	events->walk.over = events_over;
	events->chats = chats;
	arena_init(&events->arena);
	(void)snprintf(events->session_id, sizeof(events->session_id), "%s", session_id);
	events->start = arena_dup(&events->arena, start);
	events->end = arena_dup(&events->arena, end);
	events->one = turn != 0;
	events->last = last;
	events->turn = turn ? turn : last <= RANGE_MAX ? 1 : last - RANGE_MAX + 1;
	events->limit = events->room = (size_t)limit;
	events->at = mem_new_n(struct port_event, events->room + 1);
	events->cb = cb;
	events->arg = arg;
	file_walks_start(chats->walks, &events->walk);
}
