/* next_turn.h - the turn of a chat that became ready gets its entry in the queue */
#ifndef HOST_NEXT_TURN_H
#define HOST_NEXT_TURN_H

#include <stddef.h>

struct next_turns;
struct pg_pool;
struct redis_link;
struct redis_scripts;

/* All is borrowed for its life. */
struct next_turns *next_turns_new(struct pg_pool *pool, struct redis_link *link,
				  const struct redis_scripts *scripts);
/* What is under way is forgotten: the reconciler makes the entry. NULL is fine. */
void next_turns_free(struct next_turns *turns);

/*
 * The run has ended, and its last events are in the stream. If it was a turn of a chat
 * and another one waits, that one's row says by now that it is ready: it gets its entry.
 * Once too often does no harm.
 */
void next_turns_push(struct next_turns *turns, const char *run_id);
/* The same by the session's id. */
void next_turns_push_session(struct next_turns *turns, const char *session_id);

/* For readers: how many are under way. */
size_t next_turns_open(const struct next_turns *turns);
/* Call once when none is; at once, if so. NULL: forget who wanted to know. */
void next_turns_when_idle(struct next_turns *turns, void (*idle)(void *arg), void *arg);

#endif
