/*
 * publish.c - events of runs into their Redis streams
 *
 * One XADD an event with its explicit id, one PEXPIRE a publish, pipelined: the link
 * writes all that a loop turn produced in one go. Nothing is asked first. An id that the
 * stream has already is refused by Redis ("equal or smaller"), which is how sending again
 * is harmless.
 *
 * What Redis did not take (connection lost, out of memory) is sent again as a whole: when
 * the link is up again, or after a pause. Until then it waits here; the number of runs in
 * flight bounds how much that is, since a run has one publish and no claim is made
 * meanwhile.
 *
 * A call under way is an object of its own, so that a publish can be dropped while
 * replies for it are still on their way.
 */
#include "events/publish.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "events/fifo.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"

#include <string.h>

#define PUBLISH_PAUSE_S 0.5 /* before what Redis refused is tried again */

struct publisher {
	struct ev_loop *loop;
	struct redis_link *link;
	int64_t ttl_ms;
	struct list waiting;          /* struct publish */
	struct list calls;            /* struct publish_call */
	struct redis_command command; /* reused */
	struct str key;               /* reused */
	uint64_t events;
	ev_timer pause; /* runs while something refused waits */
};

struct publish_call {
	struct list node;
	struct publisher *publisher;
	struct publish *publish; /* NULL: dropped */
	size_t unanswered;
	size_t added;
	bool again;
	bool sending; /* answers cannot come yet */
};

static void send_waiting(struct publisher *publisher);

static void on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_timer_stop(loop, w);
	send_waiting(w->data);
}

struct publisher *publisher_new(struct ev_loop *loop, struct redis_link *link,
				int64_t ttl_ms)
{
	struct publisher *publisher = mem_new(struct publisher);

	publisher->loop = loop;
	publisher->link = link;
	publisher->ttl_ms = ttl_ms;
	list_init(&publisher->waiting);
	list_init(&publisher->calls);
	ev_timer_init(&publisher->pause, on_pause, PUBLISH_PAUSE_S, 0.);
	publisher->pause.data = publisher;
	return publisher;
}

static void call_free(struct publish_call *call)
{
	list_remove(&call->node);
	mem_free(call);
}

void publisher_free(struct publisher *publisher)
{
	struct list *node;

	if (!publisher)
		return;
	while ((node = list_shift(&publisher->waiting)))
		fifo_entries_free(&list_entry(node, struct publish, node)->entries);
	/* the calls themselves go with their last answer, which the link still owes */
	while ((node = list_shift(&publisher->calls))) {
		struct publish_call *call = list_entry(node, struct publish_call, node);

		call->publisher = NULL;
		if (call->publish) {
			fifo_entries_free(&call->publish->entries);
			call->publish->call = NULL;
			call->publish = NULL;
		}
	}
	ev_timer_stop(publisher->loop, &publisher->pause);
	redis_command_deinit(&publisher->command);
	str_deinit(&publisher->key);
	mem_free(publisher);
}

static void wait_again(struct publish *publish)
{
	struct publisher *publisher = publish->publisher;

	list_push(&publisher->waiting, &publish->node);
	if (!ev_is_active(&publisher->pause)) {
		ev_timer_set(&publisher->pause, PUBLISH_PAUSE_S, 0.);
		ev_timer_start(publisher->loop, &publisher->pause);
	}
}

/* The last answer is here: the publish is done, or waits for another try. */
static void call_over(struct publish_call *call)
{
	struct publish *publish = call->publish;
	bool again = call->again;

	if (call->publisher)
		call->publisher->events += call->added;
	call_free(call);
	if (!publish)
		return;
	publish->call = NULL;
	if (again) {
		wait_again(publish);
		return;
	}
	fifo_entries_free(&publish->entries);
	publish->done(publish); /* may free it */
}

static bool is_there_already(const struct redis_answer *answer)
{
	const char *text = redis_reply_text(answer->reply, NULL);

	return text && strstr(text, "equal or smaller");
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct publish_call *call = arg;

	if (answer->rc == 0) {
		call->added++;
	} else if (!is_there_already(answer)) {
		if (!call->again && answer->rc == ERR_REFUSED)
			log_warn("events.refused",
				 LOG_S("trouble", redis_trouble_name(answer->trouble)),
				 LOG_S("error", answer->text));
		call->again = true;
	}
	if (--call->unanswered == 0 && !call->sending)
		call_over(call);
}

static int send_one(struct publish_call *call, struct redis_command *command)
{
	int rc = redis_link_send(call->publisher->link, command, on_answer, call, NULL);

	if (rc == 0)
		call->unanswered++;
	else
		call->again = true;
	return rc;
}

static void send_publish(struct publisher *publisher, struct publish *publish)
{
	struct redis_command *command = &publisher->command;
	struct publish_call *call = mem_new(struct publish_call);
	char id[FIFO_ID_MAX];
	size_t id_len;
	int rc = 0;

	call->publisher = publisher;
	call->publish = publish;
	call->sending = true;
	publish->call = call;
	list_push(&publisher->calls, &call->node);

	str_reset(&publisher->key, 4096);
	str_add_text(&publisher->key, "synapse:run:");
	str_add_text(&publisher->key, publish->run_id);
	str_add_text(&publisher->key, ":events");
	list_for_each(node, &publish->entries) {
		const struct fifo_entry *entry =
			list_entry(node, struct fifo_entry, node);

		redis_command_reset(command);
		redis_command_arg(command, "XADD", 4);
		redis_command_arg(command, publisher->key.data, publisher->key.len);
		redis_command_arg(command, "MAXLEN", 6);
		redis_command_arg(command, "~", 1);
		redis_command_int(command, PUBLISH_STREAM_MAX);
		id_len = fifo_id(entry, id);
		redis_command_arg(command, id, id_len);
		redis_command_arg(command, "data", 4);
		redis_command_arg(command, entry->text, entry->len);
		rc = send_one(call, command);
		if (rc < 0)
			break;
	}
	if (rc == 0) {
		redis_command_reset(command);
		redis_command_arg(command, "PEXPIRE", 7);
		redis_command_arg(command, publisher->key.data, publisher->key.len);
		redis_command_int(command, publisher->ttl_ms);
		(void)send_one(call, command); /* a failure is in call->again */
	}
	call->sending = false;
	if (call->unanswered == 0)
		call_over(call); /* nothing was sent: it waits */
}

static void send_waiting(struct publisher *publisher)
{
	struct list batch;
	struct list *node;

	if (!redis_link_is_up(publisher->link))
		return; /* publisher_link_up() comes */
	list_init(&batch);
	list_splice(&batch, &publisher->waiting);
	while ((node = list_shift(&batch)))
		send_publish(publisher, list_entry(node, struct publish, node));
}

void publisher_add(struct publisher *publisher, struct publish *publish)
{
	publish->publisher = publisher;
	if (!redis_link_is_up(publisher->link)) {
		list_push(&publisher->waiting, &publish->node);
		return;
	}
	send_publish(publisher, publish);
}

void publisher_drop(struct publish *publish)
{
	if (publish->call) {
		publish->call->publish = NULL;
		publish->call = NULL;
	}
	list_remove(&publish->node);
	fifo_entries_free(&publish->entries);
}

void publisher_link_up(struct publisher *publisher)
{
	send_waiting(publisher);
}

uint64_t publisher_events(const struct publisher *publisher)
{
	return publisher->events;
}

size_t publisher_waiting(const struct publisher *publisher)
{
	size_t count = 0;

	list_for_each(node, &publisher->waiting)
		count++;
	list_for_each(node, &publisher->calls)
		count++;
	return count;
}
