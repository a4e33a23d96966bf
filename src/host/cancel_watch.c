/*
 * cancel_watch.c - the stock cancel keys of the runs that a worker holds
 *
 * A key is a hint like any other: an answer that does not come is asked for again with
 * the next round, and no round begins before the one before is answered. A question is an
 * object of its own, with the ids that it asks for: its runs may be over when the answer
 * is here.
 */
#include "host/cancel_watch.h"

#include "base/arena.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/cancel_key.h"
#include "host/held.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"

#define EVERY_S 0.5
#define ASK_MAX 500 /* runs in one command */

struct cancel_watch {
	struct ev_loop *loop;
	struct redis_link *link;
	const struct list *all;
	cancel_watch_cb seen;
	void *arg;
	ev_timer timer;
	struct list questions; /* struct question, under way */
};

struct question {
	struct list node;
	struct cancel_watch *watch; /* NULL: freed */
	struct arena arena;
	size_t count;
	const char *run_ids[ASK_MAX];
};

static void question_free(struct question *question)
{
	list_remove(&question->node);
	arena_deinit(&question->arena);
	mem_free(question);
}

static void on_answer(void *arg, const struct redis_answer *answer)
{
	struct question *question = arg;
	struct cancel_watch *watch = question->watch;
	size_t i;

	if (watch && answer->rc == ERR_REFUSED)
		log_warn("cancel.keys_unread", LOG_S("error", answer->text));
	if (watch && answer->rc == 0)
		for (i = 0; i < question->count; i++)
			if (redis_reply_text(redis_reply_at(answer->reply, i), NULL))
				watch->seen(watch->arg, question->run_ids[i]);
	question_free(question);
}

static void ask(struct cancel_watch *watch, struct question *question,
		struct redis_command *command)
{
	/* a link that is full or down: the next round asks */
	if (redis_link_send(watch->link, command, on_answer, question, NULL) < 0)
		question_free(question);
}

static void ask_all(struct cancel_watch *watch)
{
	struct redis_command command = REDIS_COMMAND_INIT;
	struct question *question = NULL;
	struct str key = STR_INIT;

	list_for_each(node, watch->all) {
		const struct held *held = list_entry(node, struct held, in_all);

		if (held->cancel || held->final)
			continue; /* known, or too late */
		if (!question) {
			question = mem_new(struct question);
			question->watch = watch;
			arena_init(&question->arena);
			list_push(&watch->questions, &question->node);
			redis_command_reset(&command);
			redis_command_text(&command, "MGET");
		}
		question->run_ids[question->count++] =
			arena_dup(&question->arena, held->run_id);
		str_reset(&key, 4096);
		cancel_key_name(&key, held->run_id);
		redis_command_arg(&command, str_text(&key), key.len);
		if (question->count == ASK_MAX) {
			ask(watch, question, &command);
			question = NULL;
		}
	}
	if (question)
		ask(watch, question, &command);
	redis_command_deinit(&command);
	str_deinit(&key);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct cancel_watch *watch = w->data;

	(void)revents;
	if (list_empty(watch->all))
		ev_timer_stop(loop, w);
	else if (list_empty(&watch->questions) && redis_link_is_up(watch->link))
		ask_all(watch);
}

struct cancel_watch *cancel_watch_new(struct ev_loop *loop, struct redis_link *link,
				      const struct list *all, cancel_watch_cb seen,
				      void *arg)
{
	struct cancel_watch *watch = mem_new(struct cancel_watch);

	watch->loop = loop;
	watch->link = link;
	watch->all = all;
	watch->seen = seen;
	watch->arg = arg;
	list_init(&watch->questions);
	ev_timer_init(&watch->timer, on_time, EVERY_S, EVERY_S);
	watch->timer.data = watch;
	return watch;
}

void cancel_watch_free(struct cancel_watch *watch)
{
	struct list *node;

	if (!watch)
		return;
	ev_timer_stop(watch->loop, &watch->timer);
	/* each goes with its answer, which the link owes */
	while ((node = list_shift(&watch->questions)))
		list_entry(node, struct question, node)->watch = NULL;
	mem_free(watch);
}

void cancel_watch_want(struct cancel_watch *watch)
{
	if (!ev_is_active(&watch->timer))
		ev_timer_again(watch->loop, &watch->timer);
}
