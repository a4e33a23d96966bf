/*
 * queue_stats.c - how full a queue is
 *
 * What is ready is not counted but follows: the unfinished less what is held, delayed or
 * in quarantine. So the script needs no walk over the tenants but for the age.
 */
#include "queue/queue_stats.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

#define ANSWER_FIELDS 12

struct stats {
	queue_stats_cb cb;
	void *arg;
};

static bool read_answer(const struct redis_reply *reply, struct queue_stats *stats)
{
	int64_t n[ANSWER_FIELDS];

	if (redis_reply_count(reply) != ANSWER_FIELDS)
		return false;
	for (size_t i = 0; i < ANSWER_FIELDS; i++) {
		if (!redis_reply_get_int(redis_reply_at(reply, i), &n[i]))
			return false;
	}
	*stats = (struct queue_stats){
		.now_ms = n[0],
		.queued = n[1] - n[2] + n[3],
		.active = n[2],
		.admitted = n[3],
		.delayed = n[4],
		.quarantine = n[5],
		.workers = n[6],
		.tenants = n[7],
		.capped = n[8],
		.oldest_ms = n[9],
		.paused = n[10] != 0,
		.open = n[11] != 0,
	};
	return true;
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct stats *stats = arg;
	struct queue_stats found;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !read_answer(answer->reply, &found))
		rc = queue_call_strange(&err, "stats");
	stats->cb(stats->arg, rc, rc < 0 ? NULL : &found, &err);
	mem_free(stats);
}

int queue_stats(struct queue *q, queue_stats_cb cb, void *arg, struct err *err)
{
	const struct redis_server *server = redis_link_server(q->link);
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_STATS);
	struct stats *stats = mem_new(struct stats);
	int rc;

	redis_command_text(command, server ? server->run_id : "");
	stats->cb = cb;
	stats->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_STATS, on_answer, stats, err);
	if (rc < 0)
		mem_free(stats);
	return rc;
}
