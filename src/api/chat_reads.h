/* chat_reads.h - what conversations look like */
#ifndef API_CHAT_READS_H
#define API_CHAT_READS_H

#include "api/runs_port.h"

struct pg_pool;
struct redis_link;

/* As runs_port.h says of the acts of these names. */
void chat_reads_session(struct pg_pool *pool, const char *session_id, int turns,
			port_chat_session_cb cb, void *arg);
void chat_reads_turn(struct pg_pool *pool, const char *session_id, int64_t turn,
		     port_chat_turn_cb cb, void *arg);
void chat_reads_events(struct pg_pool *pool, struct redis_link *link,
		       const char *session_id, int64_t turn, const char *start,
		       const char *end, int limit, port_events_cb cb, void *arg);

#endif
