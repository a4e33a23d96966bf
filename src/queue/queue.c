/*
 * queue.c - one queue, as one process sees it over one link
 *
 * The acts are one file each (queue_<act>.c) beside the script that does them
 * (lua/<act>.lua). What they share is here: the begin and the end of a call, and the
 * bounds of arguments. A script gets one key, the prefix of all keys of the queue: its
 * hash tag names the slot, and the script puts the other names together, because which
 * tenants it will meet nobody knows before.
 */
#include "queue/queue.h"

#include "base/ids.h"
#include "base/mem.h"
#include "queue/queue_call.h"
#include "queue/queue_lua.h"
#include "queue/queue_names.h"
#include "redis/redis_script.h"

#include <string.h>

#define ID_MAX          640 /* "<run>:<wake>" */
#define INCARNATION_MAX 255

struct redis_scripts *queue_scripts_new(void)
{
	return redis_scripts_new(queue_lua_texts, QUEUE_LUA_COUNT);
}

void queue_scripts_free(struct redis_scripts *scripts)
{
	redis_scripts_free(scripts);
}

int queue_new(struct redis_link *link, const struct redis_scripts *scripts,
	      const char *name, const char *incarnation, struct queue **ret,
	      struct err *err)
{
	struct queue *q;

	if (!ids_queue_name(name))
		return err_set(err, ERR_INPUT,
			       "a queue's name is 1 to 64 of A-Z a-z 0-9 _ . -");
	if (incarnation && (!*incarnation || strlen(incarnation) > INCARNATION_MAX))
		return err_set(err, ERR_INPUT, "an incarnation's name has 1 to %d bytes",
			       INCARNATION_MAX);
	q = mem_new(struct queue);
	q->link = link;
	q->scripts = scripts;
	q->name = mem_dup(name);
	q->incarnation = incarnation ? mem_dup(incarnation) : NULL;
	queue_names_prefix(&q->prefix, name);
	*ret = q;
	return 0;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	mem_free(q->name);
	mem_free(q->incarnation);
	str_deinit(&q->prefix);
	redis_command_deinit(&q->command);
	mem_free(q);
}

const char *queue_name(const struct queue *q)
{
	return q->name;
}

struct redis_command *queue_call_begin(struct queue *q, size_t what)
{
	redis_script_begin(q->scripts, what, 1, &q->command);
	redis_command_arg(&q->command, q->prefix.data, q->prefix.len);
	return &q->command;
}

int queue_call_send(struct queue *q, size_t what, redis_answer_cb cb, void *arg,
		    struct err *err)
{
	return redis_script_send(q->link, q->scripts, what, &q->command, cb, arg, err);
}

void queue_call_text(struct redis_command *command, struct queue_text text)
{
	redis_command_arg(command, text.data, text.len);
}

int queue_call_result(const struct redis_answer *answer, struct err *err)
{
	const char *outcome = "";

	memset(err, 0, sizeof(*err));
	if (answer->rc == 0)
		return 0;
	if (!answer->reply)
		outcome = answer->sent ? " (sent, it may have been done)" : " (not sent)";
	return err_set(err, answer->rc, "Redis: %.300s%s", answer->text, outcome);
}

int queue_call_strange(struct err *err, const char *act)
{
	return err_set(err, ERR_PROTO, "Redis: %s.lua answered in an unknown form", act);
}

int queue_call_count_ok(size_t n, size_t max, struct err *err)
{
	if (n >= 1 && n <= max)
		return 0;
	return err_set(err, ERR_INPUT, "%zu entries in a call, 1 to %zu are allowed", n,
		       max);
}

int queue_call_tenant_ok(struct queue_text tenant, struct err *err)
{
	if (queue_names_tenant_ok(tenant.data, tenant.len))
		return 0;
	return err_set(err, ERR_INPUT, "a tenant that is not in its key form");
}

int queue_call_id_ok(struct queue_text id, struct err *err)
{
	if (id.len >= 1 && id.len <= ID_MAX)
		return 0;
	return err_set(err, ERR_INPUT, "a job id has 1 to %d bytes", ID_MAX);
}

int queue_call_incarnation_ok(const struct queue *q, struct err *err)
{
	if (q->incarnation)
		return 0;
	return err_set(err, ERR_INPUT, "only a worker process holds jobs");
}

bool queue_call_same(struct queue_text a, struct queue_text b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

struct queue_text queue_call_reply_text(const struct redis_reply *reply)
{
	struct queue_text text;

	text.data = redis_reply_text(reply, &text.len);
	return text;
}
