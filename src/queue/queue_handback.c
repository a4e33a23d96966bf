/*
 * queue_handback.c - held jobs go back to where they were
 *
 * The script re-packs each job, since `from` or the lane may change: a hand-back is rare
 * (drain, a lane that does not fit), so it works one by one within its call.
 */
#include "queue/queue_handback.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"
#include "queue/queue_names.h"

struct handback {
	queue_handback_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct handback *handback = arg;
	int64_t returned = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &returned))
		rc = queue_call_strange(&err, "handback");
	handback->cb(handback->arg, rc, returned, &err);
	mem_free(handback);
}

static int check(const struct queue_handback_entry *entry, struct err *err)
{
	int rc = queue_call_id_ok(entry->id, err);

	if (rc == 0 && entry->lane.len &&
	    !queue_names_lane_ok(entry->lane.data, entry->lane.len))
		rc = err_set(err, ERR_INPUT, "a lane is - or 8 hex digits");
	return rc;
}

int queue_handback(struct queue *q, const struct queue_handback_entry *entries, size_t n,
		   queue_handback_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct handback *handback;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	if (rc == 0)
		rc = queue_call_incarnation_ok(q, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check(&entries[i], err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_HANDBACK);
	redis_command_text(command, q->incarnation);
	for (size_t i = 0; i < n; i++) {
		queue_call_text(command, entries[i].id);
		redis_command_int(command, entries[i].taken_over);
		queue_call_text(command, entries[i].lane);
	}
	handback = mem_new(struct handback);
	handback->cb = cb;
	handback->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_HANDBACK, on_answer, handback, err);
	if (rc < 0)
		mem_free(handback);
	return rc;
}
