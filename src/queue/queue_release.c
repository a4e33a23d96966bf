/*
 * queue_release.c - give reservations back that will not be used
 *
 * Entries are sent in runs of the same tenant, as they come: a caller gives back one or
 * a few.
 */
#include "queue/queue_release.h"

#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"

struct release {
	queue_release_cb cb; /* NULL: nobody cares */
	void *arg;
};

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct release *release = arg;
	int64_t released = 0;
	struct err err;
	int rc = queue_call_result(answer, &err);

	if (rc == 0 && !redis_reply_get_int(answer->reply, &released))
		rc = queue_call_strange(&err, "release");
	if (release->cb)
		release->cb(release->arg, rc, released, &err);
	mem_free(release);
}

int queue_release(struct queue *q, const struct queue_release_entry *entries, size_t n,
		  queue_release_cb cb, void *arg, struct err *err)
{
	struct redis_command *command;
	struct release *release;
	int rc = queue_call_count_ok(n, QUEUE_BATCH_MAX, err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = queue_call_id_ok(entries[i].id, err);
		if (rc == 0)
			rc = queue_call_tenant_ok(entries[i].tenant, err);
	}
	if (rc < 0)
		return rc;
	command = queue_call_begin(q, QUEUE_LUA_RELEASE);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		while (end < n && queue_call_same(entries[i].tenant, entries[end].tenant))
			end++;
		queue_call_text(command, entries[i].tenant);
		redis_command_int(command, (int64_t)(end - i));
		for (size_t j = i; j < end; j++)
			queue_call_text(command, entries[j].id);
	}
	release = mem_new(struct release);
	release->cb = cb;
	release->arg = arg;
	rc = queue_call_send(q, QUEUE_LUA_RELEASE, on_answer, release, err);
	if (rc < 0)
		mem_free(release);
	return rc;
}
