/*
 * said.c - what was said before in the conversation that a run is a turn of
 *
 * A turn of a chat, or a run of the same session, which reads and does not write there.
 * The turns before have ended, since one is live at a time, so what is read does not
 * change any more. While Postgres is away it is asked again: a turn that does not know
 * what was said before would answer something else. The op's own deadline is the step's.
 */
#include "host/said.h"

#include "base/jsonw.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/host.h"
#include "engine/op.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "pg/pg_reply.h"
#include "store/store_chats.h"

#define AGAIN_S      0.5
#define QUERY_MAX_MS 5000

struct said {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct list all; /* struct question */
};

struct question {
	struct list node;
	struct said *said;         /* NULL: freed meanwhile */
	struct history_find *find; /* NULL: nobody wants to know any more */
	struct str session;
	struct str run;
	int64_t turn;
	int said_statement; /* -1: it is not asked for, as the next */
	int images_statement;
	ev_timer again;
};

static void ask(struct question *question);

static void question_free(struct question *question)
{
	list_remove(&question->node);
	str_deinit(&question->session);
	str_deinit(&question->run);
	mem_free(question);
}

static void on_abandon(struct op *op)
{
	struct question *question = op->server;

	question->find = NULL;
}

static void add(struct jsonw *w, const char *role, const char *text)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role);
	jsonw_pair_text(w, "text", text ? text : "");
	jsonw_object_end(w);
}

static void take_said(struct history_find *find, const struct pg_reply *reply,
		      int statement)
{
	int rows = store_chats_history_count(reply, statement);
	const char *message, *answer;
	struct jsonw w;

	if (!rows)
		return;
	jsonw_init(&w, &find->list);
	jsonw_array(&w);
	while (rows-- > 0) { /* the newest came first */
		store_chats_history_read(reply, statement, rows, &message, &answer);
		add(&w, "user", message);
		add(&w, "assistant", answer);
	}
	jsonw_array_end(&w);
}

static void take(struct question *question, const struct pg_reply *reply)
{
	struct history_find *find = question->find;
	const char *images = NULL;

	if (question->said_statement >= 0)
		take_said(find, reply, question->said_statement);
	if (question->images_statement >= 0)
		images = store_chats_images_read(reply, question->images_statement);
	if (images)
		str_add_text(&find->images, images);
	find->op.abandon = NULL;
	op_done(&find->op);
	question_free(question);
}

static void on_reply(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct question *question = arg;

	if (!question->said || !question->find) {
		question_free(question);
	} else if (reply) {
		take(question, reply);
	} else {
		log_warn("chat.history_waits",
			 LOG_S("session", str_text(&question->session)),
			 LOG_S("error", outcome->err.text));
		ev_timer_start(question->said->loop, &question->again);
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct question *question = w->data;

	(void)revents;
	ev_timer_stop(loop, w);
	if (question->find)
		ask(question);
	else
		question_free(question);
}

static void ask(struct question *question)
{
	struct history_find *find = question->find;
	struct pg_batch *batch = pg_batch_new();

	question->said_statement = question->images_statement = -1;
	if (find->said_wanted)
		question->said_statement = store_chats_history(
			batch, str_text(&question->session), find->agent_id,
			question->turn, SAID_TURNS, str_text(&question->run));
	if (find->images_wanted)
		question->images_statement = store_chats_images(
			batch, str_text(&question->session), question->turn);
	if (pg_pool_submit(question->said->pool, batch, QUERY_MAX_MS, on_reply,
			   question) < 0)
		ev_timer_start(question->said->loop, &question->again);
}

void said_find(struct said *said, const struct said_ask *what, struct history_find *find)
{
	struct question *question;

	if (!what->session_id) {
		op_done(&find->op);
		return;
	}
	question = mem_new(struct question);
	question->said = said;
	question->find = find;
	question->turn = what->before;
	str_add_text(&question->session, what->session_id);
	str_add_text(&question->run, what->run_id);
	ev_timer_init(&question->again, on_again, AGAIN_S, 0.);
	question->again.data = question;
	list_push(&said->all, &question->node);
	find->op.server = question;
	find->op.abandon = on_abandon;
	ask(question);
}

struct said *said_new(struct ev_loop *loop, struct pg_pool *pool)
{
	struct said *said = mem_new(struct said);

	said->loop = loop;
	said->pool = pool;
	list_init(&said->all);
	return said;
}

void said_free(struct said *said)
{
	if (!said)
		return;
	list_for_each_safe(node, &said->all) {
		struct question *question = list_entry(node, struct question, node);

		list_remove(&question->node);
		question->said = NULL;
		if (ev_is_active(&question->again)) { /* no answer comes to it */
			ev_timer_stop(said->loop, &question->again);
			question_free(question);
		}
	}
	mem_free(said);
}
