/*
 * queue_requeue.c - what a dead incarnation holds goes back
 *
 * A call moves one piece, so that Redis stands still for nobody; whoever calls decides
 * when the next piece goes. The script moves an entry only while the dead one holds it,
 * so a second caller, or one after a crash, finds less to do and nothing to break.
 */
#include "queue/queue_requeue.h"

#include "base/mem.h"
#include "base/str.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#include <string.h>

#define ANSWER_FIELDS   6
#define INCARNATION_MAX 255

struct requeue {
	queue_requeue_cb cb;
	void *arg;
};

static bool read_answer(const struct redis_reply *reply, struct queue_requeued *ret)
{
	int64_t *const fields[ANSWER_FIELDS] = { &ret->ready,   &ret->quarantined,
						 &ret->dropped, &ret->unreadable,
						 &ret->kept,    &ret->left };

	if (redis_reply_count(reply) != ANSWER_FIELDS)
		return false;
	for (size_t i = 0; i < ANSWER_FIELDS; i++) {
		if (!redis_reply_get_int(redis_reply_at(reply, i), fields[i]))
			return false;
	}
	return true;
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct requeue *requeue = arg;
	struct queue_requeued done = { .left = 0 };
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !read_answer(answer->reply, &done))
		rc = queue_call_strange(&err, "requeue");
	requeue->cb(requeue->arg, rc, rc < 0 ? NULL : &done, &err);
	mem_free(requeue);
}

static const char *verdict_word(enum queue_verdict verdict)
{
	switch (verdict) {
	case QUEUE_VERDICT_QUARANTINE:
		return "quarantine";
	case QUEUE_VERDICT_COHORT:
		return "cohort";
	case QUEUE_VERDICT_KEEP:
		return "keep";
	case QUEUE_VERDICT_DROP:
		return "drop";
	}
	return "keep"; /* no verdict of ours: nothing happens to it */
}

static int check(const char *dead, size_t most, const struct queue_suspect *suspects,
		 size_t n, struct err *err)
{
	size_t len = strlen(dead);
	int rc = queue_call_count_ok(most, QUEUE_BATCH_MAX, err);

	if (rc == 0 && n > QUEUE_BATCH_MAX)
		rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);
	if (rc == 0 && (len < 1 || len > INCARNATION_MAX))
		rc = err_set(err, ERR_INPUT, "an incarnation's name has 1 to %d bytes",
			     INCARNATION_MAX);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = queue_call_id_ok(suspects[i].id, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (suspects[i].verdict == QUEUE_VERDICT_COHORT &&
		    (suspects[i].cohort.len < 1 ||
		     suspects[i].cohort.len > QUEUE_COHORT_MAX || suspects[i].score < 0))
			rc = err_set(err, ERR_INPUT,
				     "a cohort's name has 1 to %d bytes, its score is no "
				     "negative number",
				     QUEUE_COHORT_MAX);
	return rc;
}

static void add_verdict(struct redis_command *command,
			const struct queue_suspect *suspect)
{
	struct str word = STR_INIT;

	str_add_text(&word, verdict_word(suspect->verdict));
	if (suspect->verdict == QUEUE_VERDICT_COHORT) {
		str_printf(&word, " %lld ", (long long)suspect->score);
		str_add(&word, suspect->cohort.data, suspect->cohort.len);
	}
	redis_command_text(command, str_text(&word));
	str_deinit(&word);
}

int queue_requeue(struct queue *q, const char *dead, size_t most,
		  const struct queue_suspect *suspects, size_t n, queue_requeue_cb cb,
		  void *arg, struct err *err)
{
	struct redis_command *command;
	struct requeue *requeue;
	int rc = check(dead, most, suspects, n, err);

	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_REQUEUE);
	redis_command_text(command, dead);
	redis_command_int(command, (int64_t)most);
	redis_command_int(command, QUEUE_REQUEUES_MAX);
	for (size_t i = 0; i < n; i++) {
		queue_call_text(command, suspects[i].id);
		add_verdict(command, &suspects[i]);
	}
	requeue = mem_new(struct requeue);
	requeue->cb = cb;
	requeue->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_REQUEUE, on_answer, requeue, err);
	if (rc < 0)
		mem_free(requeue);
	return rc;
}
