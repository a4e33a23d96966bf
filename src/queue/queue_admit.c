/*
 * queue_admit.c - may these runs come in?
 *
 * A call is cut into script calls of at most QUEUE_BATCH_MAX entries, and the entries of
 * each are grouped by tenant. The script answers per group how many of its first entries
 * have a place; that is spread over the results here. The caller hears of all parts at
 * once. If one part fails the whole call has failed: what the other has reserved runs
 * out.
 */
#include "queue/queue_admit.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_group.h"
#include "queue/queue_lua.h"

#define PARTS ((QUEUE_ADMIT_MAX + QUEUE_BATCH_MAX - 1) / QUEUE_BATCH_MAX)

struct admit;

struct part {
	struct admit *admit;
	size_t begin; /* its entries among all */
	size_t n;
	uint16_t order[QUEUE_BATCH_MAX];
	uint16_t group_end[QUEUE_BATCH_MAX];
};

struct admit {
	queue_admit_cb cb;
	void *arg;
	size_t n;
	size_t parts_left;
	int rc; /* of the first part that failed */
	struct err err;
	int64_t now_ms;
	struct part parts[PARTS];
	struct queue_admit_result results[];
};

static void part_done(struct admit *admit, int rc, const struct err *err)
{
	if (rc < 0 && admit->rc == 0) {
		admit->rc = rc;
		admit->err = *err;
	}
	if (--admit->parts_left > 0)
		return;
	admit->cb(admit->arg, admit->rc, admit->rc < 0 ? NULL : admit->results, admit->n,
		  admit->now_ms, &admit->err);
	mem_free(admit);
}

/* Per group: how many are in, why the others are not, when to come back. */
static bool read_groups(struct part *part, const struct redis_reply *reply)
{
	struct queue_admit_result *results = part->admit->results + part->begin;
	size_t field = 1;

	for (size_t i = 0; i < part->n; i = part->group_end[i]) {
		int64_t in, reason, retry_ms;
		size_t end = part->group_end[i];

		if (!redis_reply_get_int(redis_reply_at(reply, field), &in) ||
		    !redis_reply_get_int(redis_reply_at(reply, field + 1), &reason) ||
		    !redis_reply_get_int(redis_reply_at(reply, field + 2), &retry_ms) ||
		    in < 0 || (size_t)in > end - i || reason < QUEUE_ADMITTED ||
		    reason > QUEUE_OVER_DEPTH || (reason == 0 && (size_t)in < end - i))
			return false;
		for (size_t j = i; j < end; j++) {
			struct queue_admit_result *result = &results[part->order[j]];

			if (j - i < (size_t)in)
				continue; /* zeroed: admitted */
			result->admission = (enum queue_admission)reason;
			result->retry_after_ms = retry_ms;
		}
		field += 3;
	}
	return field == redis_reply_count(reply) &&
	       redis_reply_get_int(redis_reply_at(reply, 0), &part->admit->now_ms);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct part *part = arg;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !read_groups(part, answer->reply))
		rc = queue_call_strange(&err, "admit");
	part_done(part->admit, rc, &err);
}

static bool same_tenant(const void *entries, size_t a, size_t b)
{
	const struct queue_admit_entry *all = entries;

	return queue_call_same(all[a].tenant, all[b].tenant);
}

static int send_part(struct queue *q, struct part *part,
		     const struct queue_admit_entry *entries, int64_t depth_max,
		     struct err *err)
{
	struct redis_command *command = queue_call_begin(q, QUEUE_LUA_ADMIT);

	queue_group(entries, part->n, same_tenant, part->order, part->group_end);
	redis_command_int(command, depth_max);
	redis_command_int(command, QUEUE_RESERVATION_MS);
	for (size_t i = 0; i < part->n; i = part->group_end[i]) {
		const struct queue_admit_entry *first = &entries[part->order[i]];
		int64_t rate = first->rate_per_min;
		int64_t burst = first->burst > 0 ? first->burst : rate;

		queue_call_text(command, first->tenant);
		redis_command_int(command, rate > 0 ? 60000000 / rate : 0);
		redis_command_int(command, burst > 0 ? burst : 1);
		redis_command_int(command, first->queued_max);
		redis_command_int(command, part->group_end[i] - (int64_t)i);
		for (size_t j = i; j < part->group_end[i]; j++)
			queue_call_text(command, entries[part->order[j]].id);
	}
	return queue_call_send(q, QUEUE_LUA_ADMIT, on_answer, part, err);
}

static int check(const struct queue_admit_entry *entry, struct err *err)
{
	int rc = queue_call_id_ok(entry->id, err);

	if (rc == 0)
		rc = queue_call_tenant_ok(entry->tenant, err);
	if (rc == 0 &&
	    (entry->rate_per_min < 0 || entry->rate_per_min > 60000000 ||
	     entry->burst < 0 || entry->burst > 1000000 || entry->queued_max < 0))
		rc = err_set(err, ERR_INPUT, "a limit of a tenant is out of bounds");
	return rc;
}

int queue_admit(struct queue *q, const struct queue_admit_entry *entries, size_t n,
		int64_t depth_max, queue_admit_cb cb, void *arg, struct err *err)
{
	struct admit *admit;
	int rc = queue_call_count_ok(n, QUEUE_ADMIT_MAX, err);

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check(&entries[i], err);
	if (rc < 0)
		return rc;
	admit = mem_alloc(sizeof(*admit) + n * sizeof(admit->results[0]));
	admit->cb = cb;
	admit->arg = arg;
	admit->n = n;
	admit->parts_left = (n + QUEUE_BATCH_MAX - 1) / QUEUE_BATCH_MAX;
	for (size_t i = 0, begin = 0; begin < n; i++, begin += QUEUE_BATCH_MAX) {
		struct part *part = &admit->parts[i];
		struct err why;

		part->admit = admit;
		part->begin = begin;
		part->n = n - begin < QUEUE_BATCH_MAX ? n - begin : QUEUE_BATCH_MAX;
		rc = send_part(q, part, entries + begin, depth_max, &why);
		if (rc < 0 && i == 0) {
			mem_free(admit);
			return err_set(err, rc, "%s", why.text);
		}
		if (rc < 0) /* the first part is on its way and will tell */
			part_done(admit, rc, &why);
	}
	return 0;
}
