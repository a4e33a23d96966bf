/*
 * queue_leave.c - an incarnation that will not come back leaves the queue
 *
 * Who holds something stays in `workers`, else nobody would find its entries: the script
 * looks and leaves in one step.
 */
#include "queue/queue_leave.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct leave {
	queue_leave_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct leave *leave = arg;
	int64_t held = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &held))
		rc = queue_call_strange(&err, "leave");
	leave->cb(leave->arg, rc, held, &err);
	mem_free(leave);
}

int queue_leave(struct queue *q, const char *incarnation, queue_leave_cb cb, void *arg,
		struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_LEAVE);
	struct leave *leave = mem_new(struct leave);
	int rc;

	redis_command_text(command, incarnation);
	leave->cb = cb;
	leave->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_LEAVE, on_answer, leave, err);
	if (rc < 0)
		mem_free(leave);
	return rc;
}
