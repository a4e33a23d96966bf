/*
 * file_tails.c - the events of runs on files, on their way to clients of this process
 *
 * The journal is the stream: a client has a descriptor of its own and a place in the
 * file, and reads on from there whenever the file has grown and its socket has room. So
 * there is no difference between history and what comes, and none between a run of this
 * process and one that the process before still executes. A file that is moved when its
 * run ends stays the same file.
 *
 * Live events are in no file: they go to those who stand at its end.
 */
#include "events/file_tails.h"

#include "base/fdutil.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "events/chat_view.h"
#include "events/event_id.h"
#include "events/replay.h"
#include "events/tail.h"
#include "server/sse.h"
#include "store/files_dir.h"
#include "store/files_journal.h"
#include "store/files_run.h"

#include <string.h>

/* How late events of a run that another process executes may be. */
#define LOOK_SEC 0.2

struct file_tails {
	struct ev_loop *loop;
	const struct files_dir *dir;
	struct map by_run; /* struct tail */
	struct sse_frame *complete;
	struct sse_frame *done; /* the same for those with a view */
	ev_timer look;          /* while there is a client */
};

/* All clients of a run. */
struct tail {
	struct file_tails *tails;
	char *run_id; /* owned */
	struct list clients;
};

struct client {
	struct tail *tail;
	struct list node;
	struct sse *sse;
	int fd;
	uint64_t at; /* in the file: what is before was sent */
	struct event_id after;
	enum v1_view view;
	bool plain;     /* a chat with an agent: events as chat_view.h says */
	bool sent;      /* it has got something */
	bool at_end;    /* the last look found nothing more */
	bool run_ended; /* by the last record that was read */
	bool over;
};

static void client_free(struct client *client)
{
	struct tail *tail = client->tail;

	list_remove(&client->node);
	fdutil_close(&client->fd);
	mem_free(client);
	if (!list_empty(&tail->clients))
		return;
	(void)map_remove(&tail->tails->by_run, tail->run_id, strlen(tail->run_id));
	if (tail->tails->by_run.count == 0)
		ev_timer_stop(tail->tails->loop, &tail->tails->look);
	mem_free(tail->run_id);
	mem_free(tail);
}

static void end(struct client *client)
{
	client->over = true;
	sse_end(client->sse);
}

static void send_view(struct client *client, const char *text, size_t len)
{
	bool last;
	struct sse_frame *frame =
		v1_view_frame(client->view, client->plain, client->tail->run_id,
			      !client->sent, text, len, &last);

	if (frame)
		sse_send(client->sse, frame);
	sse_frame_unref(frame);
	client->sent = true;
	if (last)
		end(client);
}

static bool send_event(void *arg, const struct event_id *id, const char *text, size_t len)
{
	struct client *client = arg;
	char id_text[EVENT_ID_MAX];
	struct str view = STR_INIT;
	struct sse_frame *frame;

	if (client->over)
		return false;
	if (event_id_compare(id, &client->after) <= 0)
		return true;
	client->after = *id;
	if (client->view) {
		send_view(client, text, len);
		return true;
	}
	if (!client->plain || chat_view(&view, text, len)) {
		frame = sse_frame_new(id_text, event_id_print(id, id_text),
				      client->plain ? str_text(&view) : text,
				      client->plain ? view.len : len);
		sse_send(client->sse, frame);
		sse_frame_unref(frame);
	}
	str_deinit(&view);
	return true;
}

static enum files_scan on_record(void *arg, char type, const char *body, size_t len)
{
	struct client *client = arg;
	struct store_step step;
	int64_t at_ms;
	struct err err;

	client->run_ended = type == FILES_END;
	if (type == FILES_STEP && files_run_get_step(body, len, &step, &at_ms) &&
	    step.events && replay_row(step.events, send_event, client, &err) < 0)
		log_warn("events.unreadable", LOG_S("run", client->tail->run_id),
			 LOG_S("error", err.text));
	return client->over || sse_queued(client->sse) > SSE_LOW_BYTES ? FILES_SCAN_STOP
								       : FILES_SCAN_ON;
}

/* As far as the file and the socket go. */
static void step(struct client *client)
{
	uint64_t before;
	struct err err;

	while (!client->over && sse_queued(client->sse) <= SSE_LOW_BYTES) {
		before = client->at;
		if (files_journal_scan(client->fd, &client->at, on_record, client, &err) <
		    0) {
			log_warn("events.unreadable", LOG_S("run", client->tail->run_id),
				 LOG_S("error", err.text));
			end(client);
			return;
		}
		client->at_end = client->at == before;
		if (client->at_end)
			break;
	}
	if (!client->over && client->at_end && client->run_ended) {
		sse_send(client->sse, client->view ? client->tail->tails->done
						   : client->tail->tails->complete);
		end(client);
	}
}

static void on_room(void *arg)
{
	step(arg);
}

static void on_gone(void *arg)
{
	client_free(arg);
}

static struct sse_frame *farewell(void *arg)
{
	const struct client *client = arg;

	return client->view ? v1_view_farewell(client->tail->run_id) : NULL;
}

static void step_all(struct tail *tail)
{
	list_for_each(node, &tail->clients)
		step(list_entry(node, struct client, node));
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct file_tails *tails = w->data;

	(void)loop;
	(void)revents;
	map_for_each(slot, &tails->by_run)
		step_all(slot->value);
}

struct file_tails *file_tails_new(struct ev_loop *loop, const struct files_dir *dir)
{
	struct file_tails *tails = mem_new(struct file_tails);

	tails->loop = loop;
	tails->dir = dir;
	map_init(&tails->by_run);
	tails->complete = sse_frame_new(NULL, 0, TAIL_COMPLETE, strlen(TAIL_COMPLETE));
	tails->done = sse_frame_new(NULL, 0, V1_VIEW_DONE, strlen(V1_VIEW_DONE));
	ev_timer_init(&tails->look, on_look, LOOK_SEC, LOOK_SEC);
	tails->look.data = tails;
	return tails;
}

void file_tails_free(struct file_tails *tails)
{
	if (!tails)
		return;
	map_for_each(slot, &tails->by_run) {
		struct tail *tail = slot->value;
		bool last = false;

		while (!last) {
			struct client *client =
				list_entry(tail->clients.next, struct client, node);

			last = client->node.next == &tail->clients;
			sse_drop(client->sse);
			client_free(client); /* the last one takes the tail with it */
		}
	}
	ev_timer_stop(tails->loop, &tails->look);
	map_deinit(&tails->by_run);
	sse_frame_unref(tails->complete);
	sse_frame_unref(tails->done);
	mem_free(tails);
}

static struct tail *tail_of(struct file_tails *tails, const char *run_id)
{
	struct tail *tail = map_get(&tails->by_run, run_id, strlen(run_id));

	if (tail)
		return tail;
	tail = mem_new(struct tail);
	tail->tails = tails;
	tail->run_id = mem_dup(run_id);
	list_init(&tail->clients);
	(void)map_put(&tails->by_run, tail->run_id, strlen(run_id), tail);
	ev_timer_again(tails->loop, &tails->look);
	return tail;
}

int file_tails_follow(struct file_tails *tails, struct request *req,
		      const struct tails_ask *ask, struct err *err)
{
	static const struct sse_ops ops = { on_room, on_gone, farewell };
	struct sse_frame *head;
	struct client *client;
	struct tail *tail;
	bool live;
	int fd, rc;

	rc = files_dir_read(tails->dir, ask->run_id, &fd, &live, err);
	if (rc < 0)
		return rc;
	tail = tail_of(tails, ask->run_id); /* the ask is the request's memory */
	client = mem_new(struct client);
	client->tail = tail;
	client->fd = fd;
	client->after = ask->after;
	client->plain = ask->plain;
	client->view = ask->view;
	list_push(&tail->clients, &client->node);
	rc = sse_open(req, &ops, client, &client->sse, err);
	if (rc < 0) {
		client_free(client);
		return rc;
	}
	if (ask->head) {
		head = sse_frame_new(NULL, 0, ask->head, strlen(ask->head));
		sse_send(client->sse, head);
		sse_frame_unref(head);
	}
	step(client);
	return 0;
}

void file_tails_grew(struct file_tails *tails, const char *run_id)
{
	struct tail *tail = map_get(&tails->by_run, run_id, strlen(run_id));

	if (tail)
		step_all(tail);
}

void file_tails_live(struct file_tails *tails, const char *run_id, const char *id,
		     const char *event, size_t len)
{
	struct tail *tail = map_get(&tails->by_run, run_id, strlen(run_id));
	struct sse_frame *frame;
	struct event_id at;

	if (!tail || !event_id_parse(id, &at))
		return;
	frame = sse_frame_new(id, strlen(id), event, len);
	list_for_each(node, &tail->clients) {
		struct client *client = list_entry(node, struct client, node);

		if (!client->at_end || client->over ||
		    sse_queued(client->sse) > SSE_LOW_BYTES)
			continue;
		if (client->plain || client->view) {
			(void)send_event(client, &at, event, len);
			continue;
		}
		sse_send(client->sse, frame);
		client->after = at;
	}
	sse_frame_unref(frame);
}
