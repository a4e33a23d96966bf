/* chat_run.h - ids of chat turns as runs, and the streams that events are in */
#ifndef RUN_CHAT_RUN_H
#define RUN_CHAT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* Bytes of a session's id as it stands in run ids: what a column leaves for it. */
#define CHAT_RUN_SESSION_MAX 220

/* Append "chat:<session, encoded>:"; the turn's number follows. False: too long, or
 * empty; nothing is appended. */
bool chat_run_prefix(struct str *out, const char *session_id);
/* Append "chat:<session, encoded>:<turn>". */
bool chat_run_id(struct str *out, const char *session_id, int64_t turn);
/* The turn that this run is; 0: it is none. */
int64_t chat_run_turn(const char *run_id);
/* Append the id of the session that it is a turn of; false: it is none. */
bool chat_run_session(struct str *out, const char *run_id);

/* Append the key of the stream of a run's events: turns of a session share one. */
void chat_run_stream(struct str *out, const char *run_id);

/*
 * Of a turn of a conversation (runs of kind chat; an orchestration may be called what it
 * likes): a definition that is made of an agent is known by "agent:<id>". NULL: it is
 * another.
 */
const char *chat_run_agent(const char *definition_id);

/*
 * Append an event (that ends in its numbers, as event_close() writes them) with its turn
 * in front of these; of a run that is no turn just the event.
 */
void chat_run_stamp(struct str *out, int64_t turn, const char *event, size_t len);

#endif
