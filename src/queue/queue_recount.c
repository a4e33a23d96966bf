/* queue_recount.c - counters of a queue, compared with what they count and mended */
#include "queue/queue_recount.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct recount {
	queue_recount_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct recount *recount = arg;
	struct queue_recounted found = { 0 };
	int64_t whole = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 &&
	    (!redis_reply_get_int(redis_reply_at(answer->reply, 0), &found.drift) ||
	     !redis_reply_get_int(redis_reply_at(answer->reply, 1), &found.read) ||
	     !redis_reply_get_int(redis_reply_at(answer->reply, 2), &whole)))
		rc = queue_call_strange(&err, "recount");
	found.whole = whole != 0;
	recount->cb(recount->arg, rc, rc < 0 ? NULL : &found, &err);
	mem_free(recount);
}

int queue_recount(struct queue *q, int64_t most_read, queue_recount_cb cb, void *arg,
		  struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_RECOUNT);
	struct recount *recount = mem_new(struct recount);
	int rc;

	redis_command_int(command, most_read);
	recount->cb = cb;
	recount->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_RECOUNT, on_answer, recount, err);
	if (rc < 0)
		mem_free(recount);
	return rc;
}
