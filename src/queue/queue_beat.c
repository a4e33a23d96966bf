/*
 * queue_beat.c - heartbeat keys of worker processes
 *
 * What a claim does for its own incarnation on the way, for any of them.
 */
#include "queue/queue_beat.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#define INCARNATION_MAX 255

struct beat {
	queue_beat_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct beat *beat = arg;
	int64_t now_ms = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &now_ms))
		rc = queue_call_strange(&err, "beat");
	beat->cb(beat->arg, rc, now_ms, &err);
	mem_free(beat);
}

int queue_beat(struct queue *q, const struct queue_text *incarnations, size_t n,
	       int64_t ttl_ms, queue_beat_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct beat *beat;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	if (rc == 0 && ttl_ms < 1)
		rc = err_set(err, ERR_INPUT, "a heartbeat lasts at least 1 ms");
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (incarnations[i].len < 1 || incarnations[i].len > INCARNATION_MAX)
			rc = err_set(err, ERR_INPUT,
				     "an incarnation's name has 1 to %d bytes",
				     INCARNATION_MAX);
	}
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_BEAT);
	redis_command_int(command, ttl_ms);
	for (size_t i = 0; i < n; i++)
		queue_call_text(command, incarnations[i]);
	beat = mem_new(struct beat);
	beat->cb = cb;
	beat->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_BEAT, on_answer, beat, err);
	if (rc < 0)
		mem_free(beat);
	return rc;
}
