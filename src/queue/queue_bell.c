/*
 * queue_bell.c - wait until there is something to claim
 *
 * The bell is a list: enqueue.lua puts a token in for each worker that could be needed,
 * 64 at most, and a waiting worker takes one. A token says "look", not "here is one": it
 * may be stale, and the poll finds what a lost one should have told.
 */
#include "queue/queue_bell.h"

#include "base/ids.h"
#include "base/mem.h"
#include "base/str.h"
#include "queue/queue_names.h"
#include "redis/redis_blocking.h"
#include "redis/redis_link.h"

struct queue_bell {
	struct redis_blocking *blocking;
};

int queue_bell_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		   const char *queue, int64_t poll_ms, queue_bell_cb cb, void *arg,
		   struct queue_bell **ret, struct err *err)
{
	struct queue_bell *bell;
	struct str key = STR_INIT;
	int rc;

	if (!ids_queue_name(queue))
		return err_set(err, ERR_INPUT,
			       "a queue's name is 1 to 64 of A-Z a-z 0-9 _ . -");
	bell = mem_new(struct queue_bell);
	queue_names_key(&key, queue, "bell");
	rc = redis_blocking_new(loop, conf, str_text(&key), poll_ms, cb, arg,
				&bell->blocking, err);
	str_deinit(&key);
	if (rc < 0) {
		mem_free(bell);
		return rc;
	}
	*ret = bell;
	return 0;
}

void queue_bell_free(struct queue_bell *bell)
{
	if (!bell)
		return;
	redis_blocking_free(bell->blocking);
	mem_free(bell);
}

void queue_bell_arm(struct queue_bell *bell)
{
	redis_blocking_arm(bell->blocking);
}

void queue_bell_disarm(struct queue_bell *bell)
{
	redis_blocking_disarm(bell->blocking);
}
