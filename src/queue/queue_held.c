/*
 * queue_held.c - what an incarnation holds, as Redis sees it
 *
 * A plain ZSCAN: no script, since it changes nothing and touches one key. Pages by rank
 * would slide over each other when an entry leaves between two of them.
 */
#include "queue/queue_held.h"

#include "base/mem.h"
#include "queue/queue_call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct held {
	queue_held_cb cb;
	void *arg;
};

static bool read_cursor(const struct redis_reply *reply, uint64_t *ret)
{
	const char *text = redis_reply_text(reply, NULL);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct held *held = arg;
	const struct redis_reply *page = redis_reply_at(answer->reply, 1);
	struct queue_text *ids = NULL;
	size_t n = redis_reply_count(page) / 2; /* each with its score */
	uint64_t next = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && (redis_reply_type(page) != REDIS_ARRAY ||
			!read_cursor(redis_reply_at(answer->reply, 0), &next)))
		rc = err_set(&err, ERR_PROTO, "Redis: ZSCAN answered in an unknown form");
	if (rc == 0)
		ids = mem_new_n(struct queue_text, n);
	for (size_t i = 0; i < n && rc == 0; i++)
		ids[i] = queue_call_reply_text(redis_reply_at(page, 2 * i));
	held->cb(held->arg, rc, ids, rc < 0 ? 0 : n, next, &err);
	mem_free(ids);
	mem_free(held);
}

int queue_held(struct queue *q, uint64_t at, queue_held_cb cb, void *arg, struct err *err)
{
	struct str key = STR_INIT;
	struct held *held;
	char cursor[24];
	int rc = queue_call_incarnation_ok(q, err);

	if (rc < 0)
		return rc;
	str_add(&key, q->prefix.data, q->prefix.len);
	str_add_text(&key, "held:");
	str_add_text(&key, q->incarnation);
	(void)snprintf(cursor, sizeof(cursor), "%" PRIu64, at);
	redis_command_words(&q->command, "ZSCAN", str_text(&key), cursor, "COUNT", NULL);
	redis_command_int(&q->command, QUEUE_BATCH_MAX);
	str_deinit(&key);
	held = mem_new(struct held);
	held->cb = cb;
	held->arg = arg;
	rc = redis_link_send(q->link, &q->command, on_answer, held, err);
	if (rc < 0)
		mem_free(held);
	return rc;
}
