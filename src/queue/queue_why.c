/*
 * queue_why.c - where a job stands, and what keeps its tenant
 */
#include "queue/queue_why.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#define ANSWER_FIELDS 8

struct why {
	queue_why_cb cb;
	void *arg;
};

static bool read_answer(const struct redis_reply *reply, struct queue_why *ret)
{
	int64_t n[ANSWER_FIELDS];

	if (redis_reply_count(reply) != ANSWER_FIELDS)
		return false;
	for (size_t i = 0; i < ANSWER_FIELDS; i++) {
		if (!redis_reply_get_int(redis_reply_at(reply, i), &n[i]))
			return false;
	}
	if (n[0] < QUEUE_PLACE_NONE || n[0] > QUEUE_PLACE_QUARANTINE)
		return false;
	*ret = (struct queue_why){
		.place = (enum queue_place)n[0],
		.ahead = n[1],
		.running = n[2],
		.running_max = n[3],
		.capped = n[4] != 0,
		.open = n[5] != 0,
		.waiting = n[6],
		.tenants = n[7],
	};
	return true;
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct why *why = arg;
	struct queue_why found;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !read_answer(answer->reply, &found))
		rc = queue_call_strange(&err, "why");
	why->cb(why->arg, rc, rc < 0 ? NULL : &found, &err);
	mem_free(why);
}

int queue_why(struct queue *q, struct queue_text job_id, struct queue_text tenant,
	      const char *lane, queue_why_cb cb, void *arg, struct err *err)
{
	const struct redis_server *server = redis_link_server(q->link);
	struct redis_command *command;
	struct why *why;
	int rc = queue_call_id_ok(job_id, err);

	if (rc == 0)
		rc = queue_call_tenant_ok(tenant, err);
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_WHY);
	queue_call_text(command, job_id);
	queue_call_text(command, tenant);
	redis_command_text(command, lane);
	redis_command_text(command, server ? server->run_id : "");
	why = mem_new(struct why);
	why->cb = cb;
	why->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_WHY, on_answer, why, err);
	if (rc < 0)
		mem_free(why);
	return rc;
}
