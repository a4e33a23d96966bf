/*
 * queue_drop.c - an entry that waits leaves the queue: its run is over
 *
 * What a worker holds stays: it finds by itself that the run is over, and to take an
 * entry from under it would leave it with a job that Redis does not know.
 */
#include "queue/queue_drop.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct drop {
	queue_drop_cb cb;
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct drop *drop = arg;
	const char *place = NULL;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0) {
		place = redis_reply_text(answer->reply, NULL);
		if (!place)
			rc = queue_call_strange(&err, "drop");
	}
	drop->cb(drop->arg, rc, place, &err);
	mem_free(drop);
}

int queue_drop(struct queue *q, struct queue_text id, struct queue_text tenant,
	       queue_drop_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct drop *drop;
	int rc = queue_call_id_ok(id, err);

	if (rc == 0)
		rc = queue_call_tenant_ok(tenant, err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_DROP);
	queue_call_text(command, id);
	queue_call_text(command, tenant);
	drop = mem_new(struct drop);
	drop->cb = cb;
	drop->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_DROP, on_answer, drop, err);
	if (rc < 0)
		mem_free(drop);
	return rc;
}
