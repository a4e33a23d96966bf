/*
 * queue_missing.c - jobs that ought to be in the queue and are not
 *
 * Asked before anything is pushed: nearly always nothing is missing, and a look moves no
 * payloads.
 */
#include "queue/queue_missing.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct missing {
	queue_missing_cb cb;
	void *arg;
	size_t n;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct missing *missing = arg;
	enum queue_missing found[QUEUE_BATCH_MAX];
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && redis_reply_count(answer->reply) != missing->n)
		rc = queue_call_strange(&err, "missing");
	for (size_t i = 0; i < missing->n && rc == 0; i++) {
		int64_t value;

		if (!redis_reply_get_int(redis_reply_at(answer->reply, i), &value) ||
		    value < QUEUE_HERE || value > QUEUE_MISSING_OWNED)
			rc = queue_call_strange(&err, "missing");
		else
			found[i] = (enum queue_missing)value;
	}
	missing->cb(missing->arg, rc, rc < 0 ? NULL : found, missing->n, &err);
	mem_free(missing);
}

int queue_missing(struct queue *q, const struct queue_missing_ask *asks, size_t n,
		  queue_missing_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct missing *missing;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = queue_call_id_ok(asks[i].id, err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_MISSING);
	for (size_t i = 0; i < n; i++) {
		queue_call_text(command, asks[i].id);
		queue_call_text(command, asks[i].owner);
	}
	missing = mem_new(struct missing);
	missing->cb = cb;
	missing->arg = arg;
	missing->n = n;
	rc = queue_call_send(q, QUEUE_LUA_MISSING, on_answer, missing, err);
	if (rc < 0)
		mem_free(missing);
	return rc;
}
