/*
 * redis_watch.c - a link to read through, which is told when something read has changed
 *
 * Redis (6.0 on) remembers which keys a connection has read if that says CLIENT TRACKING
 * ON, and tells once when such a key is written, deleted or expires. With RESP2 the word
 * goes to another connection (REDIRECT) that has subscribed to __redis__:invalidate. So
 * there are two: `reader`, which the caller reads through, and `bell`.
 *
 * What this buys: a watched key costs nothing while it is quiet, on either side, however
 * many there are, and its writer does not know about it.
 *
 *   bell up     CLIENT ID, SUBSCRIBE
 *   reader up   CLIENT TRACKING ON REDIRECT <id of the bell>, as soon as both are there
 *
 * A bell that is gone takes the server's word with it, so each new bell is a new
 * beginning for all keys; a half-open one is found by a PING every BELL_PING_SEC.
 */
#include "redis/redis_watch.h"

#include "base/loop.h"
#include "base/mem.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_reply.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#define BELL_PING_SEC 10.0

struct redis_watch {
	struct ev_loop *loop;
	struct redis_link *reader;
	struct redis_link *bell;
	const struct redis_watch_ops *ops;
	void *arg;
	int64_t bell_id; /* 0: not subscribed */
	unsigned asked;  /* CLIENT TRACKING without an answer */
	bool up;
	bool told;
	ev_timer ping;
};

static void set_state(struct redis_watch *watch, bool up, bool told)
{
	if (watch->up == up && watch->told == told)
		return;
	watch->up = up;
	watch->told = told;
	watch->ops->state(watch->arg, up, told);
}

static void on_tracking(void *arg, const struct redis_answer *answer)
{
	struct redis_watch *watch = arg;

	watch->asked--;
	/* the last one is for the bell that is there, if one is */
	if (answer->rc == 0 && watch->bell_id && !watch->asked)
		set_state(watch, true, true);
}

static void track(struct redis_watch *watch)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	char id[24];

	if (!watch->bell_id || !redis_link_is_up(watch->reader))
		return;
	(void)snprintf(id, sizeof(id), "%" PRId64, watch->bell_id);
	redis_command_words(&command, "CLIENT", "TRACKING", "ON", "REDIRECT", id, NULL);
	/* a full queue: what is read is polled until the next bell */
	if (redis_link_send(watch->reader, &command, on_tracking, watch, NULL) == 0)
		watch->asked++;
	redis_command_deinit(&command);
}

static void on_reader_event(void *arg, struct redis_link *link, enum redis_event event,
			    const struct err *why)
{
	struct redis_watch *watch = arg;

	(void)link;
	(void)why;
	switch (event) {
	case REDIS_EVENT_UP:
		set_state(watch, true, false);
		track(watch);
		break;
	case REDIS_EVENT_DOWN:
		set_state(watch, false, false);
		break;
	case REDIS_EVENT_RETRY:
		break;
	}
}

static void on_bell_id(void *arg, const struct redis_answer *answer)
{
	struct redis_watch *watch = arg;

	if (answer->rc == 0)
		watch->bell_id = redis_reply_int(answer->reply);
}

static void on_subscribed(void *arg, const struct redis_answer *answer)
{
	struct redis_watch *watch = arg;

	if (answer->rc < 0)
		watch->bell_id = 0; /* this server has no such thing for us */
	else
		track(watch);
}

static void on_bell_event(void *arg, struct redis_link *link, enum redis_event event,
			  const struct err *why)
{
	struct redis_watch *watch = arg;
	struct redis_command command = REDIS_COMMAND_INIT;

	(void)why;
	switch (event) {
	case REDIS_EVENT_UP:
		/* a fresh link takes both */
		redis_command_words(&command, "CLIENT", "ID", NULL);
		(void)redis_link_send(link, &command, on_bell_id, watch, NULL);
		redis_command_words(&command, "SUBSCRIBE", "__redis__:invalidate", NULL);
		(void)redis_link_send(link, &command, on_subscribed, watch, NULL);
		redis_command_deinit(&command);
		ev_timer_again(watch->loop, &watch->ping);
		break;
	case REDIS_EVENT_DOWN:
		ev_timer_stop(watch->loop, &watch->ping);
		watch->bell_id = 0;
		set_state(watch, watch->up, false);
		break;
	case REDIS_EVENT_RETRY:
		break;
	}
}

static void on_bell_push(void *arg, const struct redis_reply *message)
{
	struct redis_watch *watch = arg;
	const struct redis_reply *keys = redis_reply_at(message, 2);
	const struct redis_watch_ops *ops = watch->ops;
	void *ops_arg = watch->arg;
	size_t count = redis_reply_count(keys);
	size_t i;

	if (count == 0)
		ops->changed(ops_arg, NULL, 0); /* the whole database was emptied */
	for (i = 0; i < count; i++) {
		size_t len;
		const char *key = redis_reply_text(redis_reply_at(keys, i), &len);

		if (key)
			ops->changed(ops_arg, key, len);
	}
}

static void on_ping_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_watch *watch = w->data;
	struct redis_command command = REDIS_COMMAND_INIT;

	(void)loop;
	(void)revents;
	redis_command_words(&command, "PING", NULL);
	/* refused only while it is down; the link's own deadline judges the answer */
	(void)redis_link_send(watch->bell, &command, NULL, NULL, NULL);
	redis_command_deinit(&command);
}

int redis_watch_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		    const struct redis_watch_ops *ops, void *arg,
		    struct redis_watch **ret, struct err *err)
{
	struct redis_watch *watch = mem_new(struct redis_watch);
	struct redis_link_conf own = *conf;
	int rc;

	watch->loop = loop;
	watch->ops = ops;
	watch->arg = arg;
	ev_timer_init(&watch->ping, on_ping_time, 0., BELL_PING_SEC);
	watch->ping.data = watch;
	own.arg = watch;
	own.on_event = on_reader_event;
	own.on_push = NULL;
	rc = redis_link_new(loop, &own, &watch->reader, err);
	if (rc == 0) {
		own.on_event = on_bell_event;
		own.on_push = on_bell_push;
		rc = redis_link_new(loop, &own, &watch->bell, err);
	}
	if (rc < 0) {
		redis_watch_free(watch);
		return rc;
	}
	*ret = watch;
	return 0;
}

void redis_watch_free(struct redis_watch *watch)
{
	if (!watch)
		return;
	ev_timer_stop(watch->loop, &watch->ping);
	redis_link_free(watch->bell);
	redis_link_free(watch->reader);
	mem_free(watch);
}

struct redis_link *redis_watch_link(const struct redis_watch *watch)
{
	return watch->reader;
}
