/*
 * squeeze.c - streams of ended runs live shorter while Redis holds too much
 *
 * Each second the lead looks at what Redis uses (INFO memory). Above events.memory it
 * halves the expiry that streams of ended runs get, not below SQUEEZE_MIN_MS; under four
 * fifths of it the expiry doubles, up to events.ttl. Workers hear of it with their claims
 * (queue_claim.h). What is gone from Redis comes from the journal, so this costs readers
 * time and no event. The key runs out by itself: a fleet without a lead has events.ttl.
 */
#include "clerk/squeeze.h"

#include "base/err.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "queue/queue_names.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_S    1.
#define KEY_TTL_MS 15000

struct squeeze {
	struct squeeze_options options;
	ev_timer timer;
	int64_t now_ms; /* in force */
	bool asking;
};

int64_t squeeze_next(int64_t now_ms, int64_t ttl_ms, int64_t used_bytes,
		     int64_t max_bytes)
{
	if (max_bytes > 0 && used_bytes > max_bytes) {
		now_ms /= 2;
		if (now_ms < SQUEEZE_MIN_MS)
			now_ms = SQUEEZE_MIN_MS;
	} else if (max_bytes <= 0 || used_bytes < max_bytes / 5 * 4) {
		now_ms *= 2;
	}
	return now_ms < ttl_ms ? now_ms : ttl_ms;
}

static void on_told(void *arg, const struct redis_answer *answer)
{
	(void)arg;
	/* out of memory, for one: then the streams keep events.ttl, which is in
	 * force when nothing is said */
	if (answer->rc == ERR_REFUSED)
		log_warn("events.not_squeezed", LOG_S("error", answer->text));
}

static void tell(struct squeeze *squeeze)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;
	const char *queue;
	size_t i;

	for (i = 0; (queue = squeeze->options.queue(squeeze->options.arg, i)); i++) {
		str_reset(&key, 256);
		queue_names_key(&key, queue, "events_ttl");
		redis_command_reset(&command);
		redis_command_text(&command, "SET");
		redis_command_arg(&command, key.data, key.len);
		redis_command_int(&command, squeeze->now_ms);
		redis_command_text(&command, "PX");
		redis_command_int(&command, KEY_TTL_MS);
		/* a link that is down says so itself */
		(void)redis_link_send(squeeze->options.link, &command, on_told, NULL,
				      NULL);
	}
	redis_command_deinit(&command);
	str_deinit(&key);
}

/* A figure of INFO: "<name>:<digits>" at the start of a line; 0 if it is not there. */
static int64_t figure(const char *info, const char *name)
{
	const char *at = strstr(info, name);

	return at && (at == info || at[-1] == '\n') ? strtoll(at + strlen(name), NULL, 10)
						    : 0;
}

static void on_info(void *arg, const struct redis_answer *answer)
{
	struct squeeze *squeeze = arg;
	const char *info = answer->rc == 0 ? redis_reply_text(answer->reply, NULL) : NULL;
	int64_t used_bytes, max_bytes = squeeze->options.max_bytes, next_ms;

	squeeze->asking = false;
	if (!info || !ev_is_active(&squeeze->timer))
		return; /* the next second asks again */
	used_bytes = figure(info, "used_memory:");
	if (!max_bytes)
		max_bytes = figure(info, "maxmemory:") / 4 * 3;
	next_ms = squeeze_next(squeeze->now_ms, squeeze->options.ttl_ms, used_bytes,
			       max_bytes);
	if (next_ms != squeeze->now_ms)
		log_warn("events.squeezed", LOG_N("ttl_ms", next_ms),
			 LOG_N("used_bytes", used_bytes), LOG_N("max_bytes", max_bytes));
	squeeze->now_ms = next_ms;
	if (next_ms < squeeze->options.ttl_ms)
		tell(squeeze);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct squeeze *squeeze = w->data;
	struct redis_command command = REDIS_COMMAND_INIT;

	(void)loop;
	(void)revents;
	if (squeeze->asking || !redis_link_is_up(squeeze->options.link))
		return;
	redis_command_words(&command, "INFO", "memory", NULL);
	squeeze->asking = redis_link_send(squeeze->options.link, &command, on_info,
					  squeeze, NULL) == 0;
	redis_command_deinit(&command);
}

void squeeze_start(struct squeeze *squeeze)
{
	squeeze->now_ms = squeeze->options.ttl_ms;
	ev_timer_again(squeeze->options.loop, &squeeze->timer);
}

void squeeze_stop(struct squeeze *squeeze)
{
	ev_timer_stop(squeeze->options.loop, &squeeze->timer);
}

struct squeeze *squeeze_new(const struct squeeze_options *options)
{
	struct squeeze *squeeze = mem_new(struct squeeze);

	squeeze->options = *options;
	ev_timer_init(&squeeze->timer, on_timer, 0., EVERY_S);
	squeeze->timer.data = squeeze;
	return squeeze;
}

void squeeze_free(struct squeeze *squeeze)
{
	if (!squeeze)
		return;
	squeeze_stop(squeeze);
	mem_free(squeeze);
}
