/*
 * queue_absent.c - incarnations that may hold something and have no heartbeat key
 *
 * The script looks at one moment: who beats between two commands of ours would otherwise
 * be missed by both.
 */
#include "queue/queue_absent.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct absent {
	queue_absent_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct absent *absent = arg;
	struct queue_text names[QUEUE_BATCH_MAX];
	size_t n = redis_reply_count(answer->reply);
	int64_t suspects = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 &&
	    (n < 1 || n > QUEUE_BATCH_MAX + 1 ||
	     !redis_reply_get_int(redis_reply_at(answer->reply, 0), &suspects)))
		rc = queue_call_strange(&err, "absent");
	n = n ? n - 1 : 0;
	for (size_t i = 0; i < n && rc == 0; i++) {
		names[i] = queue_call_reply_text(redis_reply_at(answer->reply, i + 1));
		if (!names[i].data)
			rc = queue_call_strange(&err, "absent");
	}
	absent->cb(absent->arg, rc, rc < 0 ? NULL : names, rc < 0 ? 0 : n, suspects,
		   &err);
	mem_free(absent);
}

int queue_absent(struct queue *q, queue_absent_cb cb, void *arg, struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_ABSENT);
	struct absent *absent = mem_new(struct absent);
	int rc;

	redis_command_int(command, QUEUE_BATCH_MAX);
	absent->cb = cb;
	absent->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_ABSENT, on_answer, absent, err);
	if (rc < 0)
		mem_free(absent);
	return rc;
}
