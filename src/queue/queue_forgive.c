/*
 * queue_forgive.c - the requeues of entries whose runs have got on count no more
 *
 * For entries that have been requeued, once a claim: nothing of this is on the path of a
 * run that nobody had before.
 */
#include "queue/queue_forgive.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct forgive {
	queue_forgive_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct forgive *forgive = arg;
	int64_t forgiven = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &forgiven))
		rc = queue_call_strange(&err, "forgive");
	forgive->cb(forgive->arg, rc, forgiven, &err);
	mem_free(forgive);
}

int queue_forgive(struct queue *q, const struct queue_text *ids, size_t n,
		  queue_forgive_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct forgive *forgive;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	if (rc == 0)
		rc = queue_call_incarnation_ok(q, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = queue_call_id_ok(ids[i], err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_FORGIVE);
	redis_command_text(command, q->incarnation);
	for (size_t i = 0; i < n; i++)
		queue_call_text(command, ids[i]);
	forgive = mem_new(struct forgive);
	forgive->cb = cb;
	forgive->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_FORGIVE, on_answer, forgive, err);
	if (rc < 0)
		mem_free(forgive);
	return rc;
}
