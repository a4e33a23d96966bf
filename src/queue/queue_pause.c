/*
 * queue_pause.c - tell Redis whether a queue is paused
 *
 * Postgres knows it (queue_lineages); whoever changes it there and the lead clerk bring
 * it here. Numbers make a late one harmless.
 */
#include "queue/queue_pause.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#include <string.h>

struct pause {
	queue_pause_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct pause *pause = arg;
	int64_t newest = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &newest))
		rc = queue_call_strange(&err, "pause");
	pause->cb(pause->arg, rc, newest == 1, &err);
	mem_free(pause);
}

int queue_pause(struct queue *q, int64_t n, const char *reason, queue_pause_cb cb,
		void *arg, struct err *err)
{
	struct redis_command *command;
	struct pause *pause;
	int rc;

	if (n < 1 || (reason && strlen(reason) > QUEUE_REASON_MAX))
		return err_set(err, ERR_INPUT, "no change of a pause");
	command = queue_call_begin(q, QUEUE_LUA_PAUSE);
	redis_command_int(command, n);
	redis_command_text(command, reason ? reason : "");
	if (reason)
		redis_command_text(command, "1");
	pause = mem_new(struct pause);
	pause->cb = cb;
	pause->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_PAUSE, on_answer, pause, err);
	if (rc < 0)
		mem_free(pause);
	return rc;
}
