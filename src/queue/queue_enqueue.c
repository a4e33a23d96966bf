/*
 * queue_enqueue.c - turn committed runs into entries that can be claimed
 *
 * Entries are grouped by what the script handles in one go: tenant, lane, priority,
 * moment and the tenant's limits. A call of more than QUEUE_BATCH_MAX is two script
 * calls, and the caller hears of both at once; since the script is idempotent a half-done
 * call is simply repeated.
 */
#include "queue/queue_enqueue.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_group.h"
#include "queue/queue_lua.h"

#define WEIGHT_MAX 1000

struct enqueue {
	queue_enqueue_cb cb;
	void *arg;
	size_t parts_left;
	int rc; /* of the first part that failed */
	struct err err;
	int64_t enqueue_at_ms;
	int64_t added;
};

static void part_done(struct enqueue *enqueue, int rc, const struct err *err)
{
	if (rc < 0 && enqueue->rc == 0) {
		enqueue->rc = rc;
		enqueue->err = *err;
	}
	if (--enqueue->parts_left > 0)
		return;
	enqueue->cb(enqueue->arg, enqueue->rc, enqueue->enqueue_at_ms, enqueue->added,
		    &enqueue->err);
	mem_free(enqueue);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct enqueue *enqueue = arg;
	int64_t now_ms, added;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && (redis_reply_count(answer->reply) != 2 ||
			!redis_reply_get_int(redis_reply_at(answer->reply, 0), &now_ms) ||
			!redis_reply_get_int(redis_reply_at(answer->reply, 1), &added)))
		rc = queue_call_strange(&err, "enqueue");
	if (rc == 0) {
		if (enqueue->enqueue_at_ms == 0)
			enqueue->enqueue_at_ms = now_ms;
		enqueue->added += added;
	}
	part_done(enqueue, rc, &err);
}

static bool same_group(const void *entries, size_t a, size_t b)
{
	const struct queue_enqueue_entry *x =
		(const struct queue_enqueue_entry *)entries + a;
	const struct queue_enqueue_entry *y =
		(const struct queue_enqueue_entry *)entries + b;

	return x->job.priority == y->job.priority &&
	       x->job.enqueue_at_ms == y->job.enqueue_at_ms && x->weight == y->weight &&
	       x->running_max == y->running_max &&
	       queue_call_same(x->job.tenant, y->job.tenant) &&
	       queue_call_same(x->job.lane, y->job.lane);
}

static int send_part(struct queue *q, const struct queue_enqueue_entry *entries, size_t n,
		     struct enqueue *enqueue, struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_ENQUEUE);
	uint16_t order[QUEUE_BATCH_MAX], group_end[QUEUE_BATCH_MAX];
	struct str text = STR_INIT;
	int rc;

	queue_group(entries, n, same_group, order, group_end);
	for (size_t i = 0; i < n; i = group_end[i]) {
		const struct queue_enqueue_entry *first = &entries[order[i]];

		queue_call_text(command, first->job.tenant);
		queue_call_text(command, first->job.lane);
		redis_command_int(command, first->job.priority);
		redis_command_int(command, first->weight > 0 ? first->weight : 1);
		redis_command_int(command, first->running_max);
		redis_command_int(command, first->job.enqueue_at_ms);
		redis_command_int(command, group_end[i] - (int64_t)i);
		for (size_t j = i; j < group_end[i]; j++) {
			const struct queue_job *job = &entries[order[j]].job;

			str_reset(&text, QUEUE_PAYLOAD_MAX);
			queue_job_id(job, &text);
			redis_command_arg(command, text.data, text.len);
			str_reset(&text, QUEUE_PAYLOAD_MAX);
			queue_job_pack_rest(job, &text);
			redis_command_arg(command, text.data, text.len);
		}
	}
	rc = queue_call_send(q, QUEUE_LUA_ENQUEUE, on_answer, enqueue, err);
	str_deinit(&text);
	return rc;
}

static int check(const struct queue_enqueue_entry *entry, struct err *err)
{
	int rc = queue_job_check(&entry->job, err);

	if (rc == 0 && (entry->running_max < 0 || entry->running_max > INT32_MAX ||
			entry->weight < 0 || entry->weight > WEIGHT_MAX))
		rc = err_set(err, ERR_INPUT,
			     "a limit or the weight of a tenant is out of bounds");
	return rc;
}

int queue_enqueue(struct queue *q, const struct queue_enqueue_entry *entries, size_t n,
		  queue_enqueue_cb cb, void *arg, struct err *err)
{
	struct enqueue *enqueue;
	int rc = queue_call_count_ok(n, QUEUE_ENQUEUE_MAX, err);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check(&entries[i], err);
	if (rc < 0)
		return rc;
	enqueue = mem_new(struct enqueue);
	enqueue->cb = cb;
	enqueue->arg = arg;
	enqueue->parts_left = (n + QUEUE_BATCH_MAX - 1) / QUEUE_BATCH_MAX;
	for (size_t begin = 0; begin < n; begin += QUEUE_BATCH_MAX) {
		size_t part = n - begin < QUEUE_BATCH_MAX ? n - begin : QUEUE_BATCH_MAX;
		struct err why;

		rc = send_part(q, entries + begin, part, enqueue, &why);
		if (rc < 0 && begin == 0) {
			mem_free(enqueue);
			return err_set(err, rc, "%s", why.text);
		}
		if (rc < 0) /* the first part is on its way and will tell */
			part_done(enqueue, rc, &why);
	}
	return 0;
}
