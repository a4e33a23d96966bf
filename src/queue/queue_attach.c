/*
 * queue_attach.c - entries go to the incarnation that works on their runs
 *
 * One script for the owner that comes back after Redis lost writes and for a worker that
 * claimed what another one still works on: both end with the entry held by the owner.
 */
#include "queue/queue_attach.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#define ALIVE_MIN_MS    100
#define ALIVE_MAX_MS    (60 * 60 * 1000)
#define INCARNATION_MAX 255

struct attach {
	queue_attach_cb cb;
	void *arg;
	size_t n;
};

static bool read_answer(const struct redis_reply *reply, size_t n, bool *ret_lives,
			bool *taken)
{
	size_t count = redis_reply_count(reply);
	int64_t value;

	if (count == 0 || !redis_reply_get_int(redis_reply_at(reply, 0), &value) ||
	    count != (value ? n + 1 : 1))
		return false;
	*ret_lives = value != 0;
	for (size_t i = 0; i + 1 < count; i++) {
		if (!redis_reply_get_int(redis_reply_at(reply, i + 1), &value))
			return false;
		taken[i] = value != 0;
	}
	return true;
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct attach *attach = arg;
	bool taken[QUEUE_BATCH_MAX], lives = false;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !read_answer(answer->reply, attach->n, &lives, taken))
		rc = queue_call_strange(&err, "attach");
	attach->cb(attach->arg, rc, rc == 0 && lives, rc == 0 && lives ? taken : NULL,
		   attach->n, &err);
	mem_free(attach);
}

static int call(struct queue *q, size_t n, queue_attach_cb cb, void *arg, struct err *err)
{
	struct attach *attach = mem_new(struct attach);
	int rc;

	attach->cb = cb;
	attach->arg = arg;
	attach->n = n;
	rc = queue_call_send(q, QUEUE_LUA_ATTACH, on_answer, attach, err);
	if (rc < 0)
		mem_free(attach);
	return rc;
}

int queue_attach_own(struct queue *q, const struct queue_job *jobs, size_t n,
		     int64_t alive_ttl_ms, int64_t recovery, queue_attach_cb cb,
		     void *arg, struct err *err)
{
	struct redis_command *command;
	struct str text = STR_INIT;
	int rc = n ? queue_call_count_ok(n, QUEUE_BATCH_MAX, err) : 0;

	if (rc == 0)
		rc = queue_call_incarnation_ok(q, err);
	if (rc == 0 && (alive_ttl_ms < ALIVE_MIN_MS || alive_ttl_ms > ALIVE_MAX_MS))
		rc = err_set(err, ERR_INPUT, "a heartbeat lasts %d ms to an hour",
			     ALIVE_MIN_MS);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = queue_job_check(&jobs[i], err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_ATTACH);
	redis_command_text(command, q->incarnation);
	redis_command_text(command, "");
	redis_command_int(command, alive_ttl_ms);
	if (recovery < 0)
		redis_command_text(command, "");
	else
		redis_command_int(command, recovery);
	for (size_t i = 0; i < n; i++) {
		str_reset(&text, 65536);
		queue_job_id(&jobs[i], &text);
		redis_command_arg(command, text.data, text.len);
		str_reset(&text, 65536);
		queue_job_pack(&jobs[i], &text);
		redis_command_arg(command, text.data, text.len);
	}
	str_deinit(&text);
	return call(q, n, cb, arg, err);
}

int queue_attach_give(struct queue *q, struct queue_text owner,
		      const struct queue_text *ids, size_t n, queue_attach_cb cb,
		      void *arg, struct err *err)
{
	struct redis_command *command;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	if (rc == 0)
		rc = queue_call_incarnation_ok(q, err);
	if (rc == 0 && (owner.len < 1 || owner.len > INCARNATION_MAX))
		rc = err_set(err, ERR_INPUT, "an incarnation's name has 1 to %d bytes",
			     INCARNATION_MAX);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = queue_call_id_ok(ids[i], err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_ATTACH);
	queue_call_text(command, owner);
	redis_command_text(command, q->incarnation);
	redis_command_int(command, 0);
	redis_command_text(command, "");
	for (size_t i = 0; i < n; i++) {
		queue_call_text(command, ids[i]);
		redis_command_text(command, "");
	}
	return call(q, n, cb, arg, err);
}
