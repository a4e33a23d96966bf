/*
 * queue_lineage.c - open a queue for claims on the server that we see
 *
 * The run_id is what INFO said when this link logged in, so the script compares what the
 * caller saw with what is stored, and not the server with itself: a caller whose view is
 * old is answered by the next claim of the worker that sees the right one.
 */
#include "queue/queue_lineage.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct lineage {
	queue_lineage_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct lineage *lineage = arg;
	struct queue_text text = { NULL, 0 };
	int64_t changed = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0) {
		text = queue_call_reply_text(redis_reply_at(answer->reply, 0));
		if (!text.data ||
		    !redis_reply_get_int(redis_reply_at(answer->reply, 1), &changed))
			rc = queue_call_strange(&err, "lineage");
	}
	lineage->cb(lineage->arg, rc, text, changed != 0, &err);
	mem_free(lineage);
}

static int open_call(struct queue *q, int64_t known, int64_t recovery,
		     queue_lineage_cb cb, void *arg, struct err *err)
{
	const struct redis_server *server = redis_link_server(q->link);
	struct redis_command *command;
	struct lineage *lineage;
	int rc;

	if (!server)
		return err_set(err, ERR_CONN, "Redis is not connected");
	command = queue_call_begin(q, QUEUE_LUA_LINEAGE);
	redis_command_text(command, server->run_id);
	if (recovery >= 0) {
		redis_command_int(command, known);
		redis_command_int(command, recovery);
	}
	lineage = mem_new(struct lineage);
	lineage->cb = cb;
	lineage->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_LINEAGE, on_answer, lineage, err);
	if (rc < 0)
		mem_free(lineage);
	return rc;
}

int queue_lineage_open(struct queue *q, queue_lineage_cb cb, void *arg, struct err *err)
{
	return open_call(q, 0, -1, cb, arg, err);
}

int queue_lineage_reopen(struct queue *q, int64_t known, int64_t recovery,
			 queue_lineage_cb cb, void *arg, struct err *err)
{
	return open_call(q, known, recovery, cb, arg, err);
}
