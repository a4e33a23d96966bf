/*
 * redis_blocking.c - wait for a token in a list, on a connection of its own
 *
 * BLPOP keeps its connection busy, so it has one that carries nothing else. At most one
 * is under way. It cannot be called off: a waiter that is disarmed leaves it running, and
 * a token that it brings then is pushed back for somebody else.
 *
 * The promise to the waiter does not depend on the connection: a timer of poll_ms runs
 * beside it. The server gives up at the same time, and a connection that is silent for
 * 2 s longer is dropped by the link (half-open, or a server that hangs).
 *
 * After an error answer (UNBLOCKED, OOM, WRONGTYPE...) nothing is asked before the next
 * arm, so a list that cannot be read costs one poll interval and no busy loop.
 */
#include "redis/redis_blocking.h"

#include "base/loop.h"
#include "base/mem.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"

#include <stdio.h>

#define GRACE_MS 2000 /* for an answer of BLPOP beyond its own timeout */

struct redis_blocking {
	struct ev_loop *loop;
	struct redis_link *link;
	struct redis_command command; /* BLPOP */
	struct redis_command give_back;
	ev_timer poll;
	int64_t poll_ms;
	redis_blocking_cb cb;
	void *arg;
	bool armed;
	bool asked; /* a BLPOP is under way */
};

static void on_popped(void *arg, const struct redis_answer *answer);

static void ask(struct redis_blocking *blocking)
{
	if (blocking->asked || !redis_link_is_up(blocking->link))
		return;
	/* refused only while the link is down, and UP asks again */
	blocking->asked = redis_link_send(blocking->link, &blocking->command, on_popped,
					  blocking, NULL) == 0;
}

static void fire(struct redis_blocking *blocking, bool rung)
{
	blocking->armed = false;
	ev_timer_stop(blocking->loop, &blocking->poll);
	blocking->cb(blocking->arg, rung);
}

static void on_popped(void *arg, const struct redis_answer *answer)
{
	struct redis_blocking *blocking = arg;

	if (answer->rc == ERR_CLOSED)
		return; /* redis_blocking_free() */
	blocking->asked = false;
	if (answer->rc < 0)
		return;
	if (redis_reply_count(answer->reply) == 2) {
		if (blocking->armed)
			fire(blocking, true);
		else /* should it get lost, the poll of another waiter covers it */
			(void)redis_link_send(blocking->link, &blocking->give_back, NULL,
					      NULL, NULL);
	} else if (blocking->armed) {
		ask(blocking);
	}
}

static void on_poll(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct redis_blocking *blocking = w->data;

	(void)loop;
	(void)revents;
	fire(blocking, false);
}

static void on_event(void *arg, struct redis_link *link, enum redis_event event,
		     const struct err *why)
{
	struct redis_blocking *blocking = arg;

	(void)link;
	(void)why;
	if (event == REDIS_EVENT_UP && blocking->armed)
		ask(blocking);
}

int redis_blocking_new(struct ev_loop *loop, const struct redis_link_conf *conf,
		       const char *key, int64_t poll_ms, redis_blocking_cb cb, void *arg,
		       struct redis_blocking **ret, struct err *err)
{
	struct redis_blocking *blocking = mem_new(struct redis_blocking);
	struct redis_link_conf own = *conf;
	char seconds[24];
	int rc;

	blocking->loop = loop;
	blocking->poll_ms = poll_ms;
	blocking->cb = cb;
	blocking->arg = arg;
	(void)snprintf(seconds, sizeof(seconds), "%lld.%03lld",
		       (long long)(poll_ms / 1000), (long long)(poll_ms % 1000));
	redis_command_words(&blocking->command, "BLPOP", key, seconds, NULL);
	redis_command_words(&blocking->give_back, "LPUSH", key, "1", NULL);
	ev_timer_init(&blocking->poll, on_poll, 0., 0.);
	blocking->poll.data = blocking;
	own.command_timeout_ms = poll_ms + GRACE_MS;
	own.on_event = on_event;
	own.arg = blocking;
	rc = redis_link_new(loop, &own, &blocking->link, err);
	if (rc < 0) {
		redis_blocking_free(blocking);
		return rc;
	}
	*ret = blocking;
	return 0;
}

void redis_blocking_free(struct redis_blocking *blocking)
{
	if (!blocking)
		return;
	ev_timer_stop(blocking->loop, &blocking->poll);
	redis_link_free(blocking->link);
	redis_command_deinit(&blocking->command);
	redis_command_deinit(&blocking->give_back);
	mem_free(blocking);
}

void redis_blocking_arm(struct redis_blocking *blocking)
{
	if (blocking->armed)
		return;
	blocking->armed = true;
	ev_timer_set(&blocking->poll, (double)blocking->poll_ms / 1000., 0.);
	ev_timer_start(blocking->loop, &blocking->poll);
	ask(blocking);
}

void redis_blocking_disarm(struct redis_blocking *blocking)
{
	blocking->armed = false;
	ev_timer_stop(blocking->loop, &blocking->poll);
}
