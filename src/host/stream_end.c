/*
 * stream_end.c - the last id of a run's stream
 *
 * Without it a new owner cannot number its events: ids of live events are in no journal,
 * and the clock of the owner before may have been ahead. So it is asked until Redis
 * answers. A call is an object of its own: its answer may come when nobody waits.
 */
#include "host/stream_end.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/fold.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "run/chat_run.h"

#define AGAIN_S 0.25

struct stream_end_call {
	struct stream_end *asked; /* NULL: forgotten */
};

static void send_call(struct stream_end *asked);

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	ev_timer_stop(loop, w);
	send_call(w->data);
}

static void ask_again(struct stream_end *asked)
{
	ev_timer_init(&asked->again, on_again, AGAIN_S, 0.);
	asked->again.data = asked;
	ev_timer_start(asked->loop, &asked->again);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct stream_end_call *call = arg;
	struct stream_end *asked = call->asked;
	const struct redis_reply *newest = redis_reply_at(answer->reply, 0);
	const char *id = redis_reply_text(redis_reply_at(newest, 0), NULL);

	mem_free(call);
	if (!asked)
		return;
	asked->call = NULL;
	if (answer->rc < 0) {
		if (answer->rc == ERR_REFUSED)
			log_warn("events.end_unknown", LOG_S("run", asked->run_id),
				 LOG_S("error", answer->text));
		ask_again(asked);
		return;
	}
	asked->end = (struct backlog_end){ 0 };
	if (id)
		(void)fold_stream_id(id, &asked->end.id_ms,
				     &asked->end.id_n); /* Redis makes no others */
	asked->done(asked);
}

static void send_call(struct stream_end *asked)
{
	struct stream_end_call *call = mem_new(struct stream_end_call);
	struct redis_command command = REDIS_COMMAND_INIT;
	struct str key = STR_INIT;

	call->asked = asked;
	chat_run_stream(&key, asked->run_id);
	redis_command_words(&command, "XREVRANGE", str_text(&key), "+", "-", "COUNT", "1",
			    NULL);
	if (redis_link_send(asked->link, &command, on_answer, call, NULL) < 0) {
		mem_free(call);
		ask_again(asked);
	} else {
		asked->call = call;
	}
	redis_command_deinit(&command);
	str_deinit(&key);
}

void stream_end_ask(struct stream_end *asked)
{
	send_call(asked);
}

void stream_end_stop(struct stream_end *asked)
{
	if (asked->call)
		asked->call->asked = NULL;
	asked->call = NULL;
	if (asked->loop)
		ev_timer_stop(asked->loop, &asked->again);
}
