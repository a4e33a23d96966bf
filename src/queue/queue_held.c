/*
 * queue_held.c - what an incarnation holds, as Redis sees it
 *
 * A plain ZRANGE: no script, since it changes nothing and touches one key.
 */
#include "queue/queue_held.h"

#include "base/mem.h"
#include "queue/queue_call.h"

struct held {
	queue_held_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct held *held = arg;
	struct queue_text ids[QUEUE_BATCH_MAX];
	size_t n = redis_reply_count(answer->reply);
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 &&
	    (redis_reply_type(answer->reply) != REDIS_ARRAY || n > QUEUE_BATCH_MAX))
		rc = err_set(&err, ERR_PROTO,
			     "Redis: ZRANGE answered in an unknown form");
	for (size_t i = 0; i < n && rc == 0; i++)
		ids[i] = queue_call_reply_text(redis_reply_at(answer->reply, i));
	held->cb(held->arg, rc, rc < 0 ? NULL : ids, rc < 0 ? 0 : n, &err);
	mem_free(held);
}

int queue_held(struct queue *q, size_t offset, queue_held_cb cb, void *arg,
	       struct err *err)
{
	struct str key = STR_INIT;
	struct held *held;
	int rc = queue_call_incarnation_ok(q, err);

	if (rc < 0)
		return rc;
	str_add(&key, q->prefix.data, q->prefix.len);
	str_add_text(&key, "held:");
	str_add_text(&key, q->incarnation);
	redis_command_words(&q->command, "ZRANGE", str_text(&key), NULL);
	redis_command_int(&q->command, (int64_t)offset);
	redis_command_int(&q->command, (int64_t)offset + QUEUE_BATCH_MAX - 1);
	str_deinit(&key);
	held = mem_new(struct held);
	held->cb = cb;
	held->arg = arg;
	rc = redis_link_send(q->link, &q->command, on_answer, held, err);
	if (rc < 0)
		mem_free(held);
	return rc;
}
