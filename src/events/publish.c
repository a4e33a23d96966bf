/*
 * publish.c - events of runs into their Redis streams
 *
 * Runs that ended lazily, which are most: one XADD an event with its explicit id, one
 * PEXPIRE a publish, pipelined; the link writes all that a loop turn produced in one go.
 * Nothing is asked first. An id that the stream has already is refused by Redis ("equal
 * or smaller"), which is how sending again is harmless. Runs that somebody owns may have
 * had another owner: lua/publish.lua, which knows the greatest epoch and refuses an older
 * one.
 *
 * What Redis did not take (connection lost, out of memory) is sent again as a whole: when
 * the link is up again, or after a pause. Until then it waits here; the number of runs in
 * flight bounds how much that is, since a run has one publish and no claim is made
 * meanwhile.
 *
 * Of pipelined XADDs an earlier one may be refused (memory) and a later one not. Then the
 * whole publish goes through the script, which puts entries where they belong.
 *
 * A call under way is an object of its own, so that a publish can be dropped while
 * replies for it are still on their way.
 */
#include "events/publish.h"

#include "base/embed.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "events/events_lua.h"
#include "events/fifo.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_script.h"
#include "run/chat_run.h"

#include <string.h>

#define SHORT_MAX       256 /* events */
#define PUBLISH_PAUSE_S 0.5 /* before what Redis refused is tried again */

/* Of the process, made by the first publisher and never freed: a call that waits for its
 * answer may outlive every publisher. */
static struct redis_scripts *scripts;

struct publisher {
	struct ev_loop *loop;
	struct redis_link *link;
	int64_t ttl_ms;
	int64_t ended_ttl_ms;         /* of ended runs; at most ttl_ms */
	struct list waiting;          /* struct publish */
	struct list calls;            /* struct publish_call */
	struct redis_command command; /* reused */
	struct str key;               /* reused */
	ev_timer pause;               /* runs while something refused waits */
};

struct publish_call {
	struct list node;
	struct publisher *publisher;
	struct publish *publish; /* NULL: dropped */
	size_t unanswered;
	bool again;
	bool stale;   /* a later owner has published */
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
	publisher->ttl_ms = publisher->ended_ttl_ms = ttl_ms;
	if (!scripts)
		scripts = redis_scripts_new(events_lua_texts, EVENTS_LUA_COUNT);
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
	bool stale = call->stale;

	call_free(call);
	if (!publish)
		return;
	publish->call = NULL;
	if (stale)
		log_warn("events.stale", LOG_S("run", publish->run_id),
			 LOG_N("epoch", publish->epoch));
	if (again) {
		wait_again(publish);
		return;
	}
	publish->mend = false;
	fifo_entries_free(&publish->entries);
	publish->done(publish); /* may free it */
}

static bool is_there_already(const struct redis_answer *answer)
{
	const char *text = redis_reply_text(answer->reply, NULL);

	return text && strstr(text, "equal or smaller");
}

static void failed(struct publish_call *call, const struct redis_answer *answer)
{
	if (!call->again && answer->rc == ERR_REFUSED)
		log_warn("events.refused",
			 LOG_S("trouble", redis_trouble_name(answer->trouble)),
			 LOG_S("error", answer->text));
	call->again = true;
}

static void answered(struct publish_call *call)
{
	if (--call->unanswered == 0 && !call->sending)
		call_over(call);
}

static void on_added(void *arg, const struct redis_answer *answer)
{
	struct publish_call *call = arg;

	if (answer->rc == 0) {
		if (call->again && call->publish)
			call->publish->mend = true; /* it overtook a refused one */
	} else if (!is_there_already(answer)) {
		failed(call, answer);
	}
	answered(call);
}

static void on_expiry(void *arg, const struct redis_answer *answer)
{
	struct publish_call *call = arg;

	if (answer->rc < 0)
		failed(call, answer);
	answered(call);
}

static void on_script(void *arg, const struct redis_answer *answer)
{
	struct publish_call *call = arg;

	if (answer->rc < 0)
		failed(call, answer);
	else if (redis_reply_int(answer->reply) < 0)
		call->stale = true;
	answered(call);
}

static int send_one(struct publish_call *call, struct redis_command *command,
		    redis_answer_cb cb)
{
	int rc = redis_link_send(call->publisher->link, command, cb, call, NULL);

	if (rc == 0)
		call->unanswered++;
	else
		call->again = true;
	return rc;
}

static int64_t ttl_of(const struct publish *publish)
{
	const struct publisher *publisher = publish->publisher;

	return publish->last ? publisher->ended_ttl_ms : publisher->ttl_ms;
}

/*
 * Its stream cannot become too long by this: nobody need look how long it is. The run had
 * no owner, so what it published before is of the few moments in which it may go on
 * without one. A chat's stream has all turns of its session.
 */
static bool is_short(const struct publish *publish)
{
	size_t count = 0;

	if (!publish->last || chat_run_turn(publish->run_id))
		return false;
	list_for_each(node, &publish->entries)
		if (++count > SHORT_MAX)
			return false;
	return true;
}

static void send_each(struct publish_call *call, struct publisher *publisher,
		      const struct publish *publish)
{
	struct redis_command *command = &publisher->command;
	struct redis_command_mark begun;

	redis_command_reset(command);
	redis_command_arg(command, "XADD", 4);
	redis_command_arg(command, publisher->key.data, publisher->key.len);
	if (!is_short(publish)) {
		redis_command_arg(command, "MAXLEN", 6);
		redis_command_arg(command, "~", 1);
		redis_command_int(command, PUBLISH_STREAM_MAX);
	}
	begun = redis_command_mark(command);
	list_for_each(node, &publish->entries) {
		const struct fifo_entry *entry =
			list_entry(node, struct fifo_entry, node);

		redis_command_cut(command, &begun);
		redis_command_arg(command, entry->id, entry->id_len);
		redis_command_arg(command, "data", 4);
		redis_command_arg(command, entry->text, entry->len);
		if (send_one(call, command, on_added) < 0)
			return;
	}
	redis_command_reset(command);
	redis_command_arg(command, "PEXPIRE", 7);
	redis_command_arg(command, publisher->key.data, publisher->key.len);
	redis_command_int(command, ttl_of(publish));
	(void)send_one(call, command, on_expiry); /* a failure is in call->again */
}

static void send_script(struct publish_call *call, struct publisher *publisher,
			const struct publish *publish)
{
	struct redis_command *command = &publisher->command;
	struct str fence = STR_INIT;

	str_printf(&fence, "{%s}:epoch", str_text(&publisher->key));
	if (chat_run_turn(publish->run_id)) /* epochs are a turn's own */
		str_printf(&fence, ":%lld", (long long)chat_run_turn(publish->run_id));
	redis_script_begin(scripts, EVENTS_LUA_PUBLISH, 2, command);
	redis_command_arg(command, publisher->key.data, publisher->key.len);
	redis_command_arg(command, fence.data, fence.len);
	redis_command_int(command, publish->epoch);
	redis_command_int(command, ttl_of(publish));
	redis_command_int(command, PUBLISH_STREAM_MAX);
	redis_command_int(command, publish->mend);
	list_for_each(node, &publish->entries) {
		const struct fifo_entry *entry =
			list_entry(node, struct fifo_entry, node);

		redis_command_arg(command, entry->id, entry->id_len);
		redis_command_arg(command, entry->text, entry->len);
	}
	str_deinit(&fence);
	if (redis_script_send(publisher->link, scripts, EVENTS_LUA_PUBLISH, command,
			      on_script, call, NULL) < 0)
		call->again = true;
	else
		call->unanswered++;
}

static void send_publish(struct publisher *publisher, struct publish *publish)
{
	struct publish_call *call = mem_new(struct publish_call);

	call->publisher = publisher;
	call->publish = publish;
	call->sending = true;
	publish->call = call;
	list_push(&publisher->calls, &call->node);

	str_reset(&publisher->key, 4096);
	chat_run_stream(&publisher->key, publish->run_id);
	if (publish->epoch > 0 || publish->mend)
		send_script(call, publisher, publish);
	else
		send_each(call, publisher, publish);
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

void publisher_ended_ttl(struct publisher *publisher, int64_t ttl_ms)
{
	publisher->ended_ttl_ms =
		ttl_ms > 0 && ttl_ms < publisher->ttl_ms ? ttl_ms : publisher->ttl_ms;
}

void publisher_link_up(struct publisher *publisher)
{
	send_waiting(publisher);
}
