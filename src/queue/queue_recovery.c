/*
 * queue_recovery.c - has Redis lost writes, and who has told what it works on since?
 *
 * `recovering` stays when a recovery is over: a worker whose connection outlived a flush
 * that it slept through finds a number that it has not answered, and attaches then.
 */
#include "queue/queue_recovery.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct raise {
	queue_raise_cb cb;
	void *arg;
};

struct number {
	queue_number_cb cb;
	void *arg;
	const char *act;
};

static void on_raised(void *arg, const struct redis_answer *answer)
{
	struct raise *raise = arg;
	int64_t n = 0, lost = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && (!redis_reply_get_int(redis_reply_at(answer->reply, 0), &n) ||
			!redis_reply_get_int(redis_reply_at(answer->reply, 1), &lost) ||
			lost < 0 || lost > QUEUE_LOST_SERVER))
		rc = queue_call_strange(&err, "raise");
	raise->cb(raise->arg, rc, n, (enum queue_lost)(rc < 0 ? 0 : lost), &err);
	mem_free(raise);
}

int queue_raise(struct queue *q, int64_t known, queue_raise_cb cb, void *arg,
		struct err *err)
{
	const struct redis_server *server = redis_link_server(q->link);
	struct redis_command *command;
	struct raise *raise;
	int rc;

	if (!server)
		return err_set(err, ERR_CONN, "Redis is not connected");
	command = queue_call_begin(q, QUEUE_LUA_RAISE);
	redis_command_text(command, server->run_id);
	redis_command_int(command, known);
	raise = mem_new(struct raise);
	raise->cb = cb;
	raise->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_RAISE, on_raised, raise, err);
	if (rc < 0)
		mem_free(raise);
	return rc;
}

static struct number *number_new(queue_number_cb cb, void *arg, const char *act)
{
	struct number *number = mem_new(struct number);

	number->cb = cb;
	number->arg = arg;
	number->act = act;
	return number;
}

static void on_number(void *arg, const struct redis_answer *answer)
{
	struct number *number = arg;
	int64_t value = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	/* GET answers a text, or nothing when there was no recovery yet */
	if (rc == 0 && redis_reply_type(answer->reply) != REDIS_NIL &&
	    !redis_reply_get_int(answer->reply, &value))
		rc = queue_call_strange(&err, number->act);
	number->cb(number->arg, rc, value, &err);
	mem_free(number);
}

int queue_recover(struct queue *q, int64_t recovery, queue_number_cb cb, void *arg,
		  struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_RECOVER);
	struct number *number = number_new(cb, arg, "recover");
	int rc;

	redis_command_int(command, recovery);
	rc = queue_call_send(q, QUEUE_LUA_RECOVER, on_number, number, err);
	if (rc < 0)
		mem_free(number);
	return rc;
}

int queue_attached(struct queue *q, int64_t recovery, const struct queue_text *names,
		   size_t n, queue_number_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct number *number;
	int rc = n ? queue_call_count_ok(n, QUEUE_BATCH_MAX, err) : 0;

	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_ATTACHED);
	redis_command_int(command, recovery);
	for (size_t i = 0; i < n; i++)
		queue_call_text(command, names[i]);
	number = number_new(cb, arg, "attached");
	rc = queue_call_send(q, QUEUE_LUA_ATTACHED, on_number, number, err);
	if (rc < 0)
		mem_free(number);
	return rc;
}

int queue_recovering(struct queue *q, queue_number_cb cb, void *arg, struct err *err)
{
	struct number *number = number_new(cb, arg, "GET recovering");
	struct str key = STR_INIT;
	int rc;

	str_add(&key, q->prefix.data, q->prefix.len);
	str_add_text(&key, "recovering");
	redis_command_words(&q->command, "GET", str_text(&key), NULL);
	str_deinit(&key);
	rc = redis_link_send(q->link, &q->command, on_number, number, err);
	if (rc < 0)
		mem_free(number);
	return rc;
}
