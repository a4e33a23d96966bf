/* chat_cancels.h - turns that somebody wants to stop */
#ifndef API_CHAT_CANCELS_H
#define API_CHAT_CANCELS_H

#include "api/runs_port.h"

struct cancels;
struct pg_pool;

/*
 * Stop a turn, or (0) the live one and those behind it. As runs_port.h says of
 * chat_cancel; pool and cancels outlive the call.
 */
void chat_cancels_run(struct pg_pool *pool, struct cancels *cancels,
		      const char *session_id, int64_t turn, const char *tenant_id,
		      port_cancel_cb cb, void *arg);

#endif
