/*
 * file_submit.c - submissions that this process executes itself
 *
 *	accepted  its journal is on the disk: who does not wait is answered
 *	over      its end is on the disk: who waits is answered with all of it
 *	late      it takes longer than a client may wait, or this process leaves: who
 *		  waits gets what the others got, and finds the end where they do
 *
 * A client that goes away meanwhile takes nothing with it: the run goes on.
 */
#include "api/file_submit.h"

#include "api/file_catalog.h"
#include "api/file_once.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "store/files_list.h"
#include "store/files_view.h"

#include <stdio.h>
#include <string.h>

struct file_submit {
	struct file_submit_parts parts;
	struct list subs;
};

struct sub {
	struct file_submit *submit;
	struct list node;
	struct port_run *run;
	struct file_ack ack;
	struct file_wait wait;
	ev_timer late;
	bool acked;
	char run_id[IDS_MAX];
};

static void stop_waiting(struct sub *sub)
{
	file_wait_forget(&sub->wait);
	if (!sub->acked)
		list_remove(&sub->ack.node);
	ev_timer_stop(sub->submit->parts.loop, &sub->late);
	list_remove(&sub->node);
	mem_free(sub);
}

static void answer(struct sub *sub, enum errors_code error,
		   const struct port_result *result)
{
	struct port_run *run = sub->run;
	char run_id[IDS_MAX];

	(void)snprintf(run_id, sizeof(run_id), "%s", sub->run_id);
	run->error = error;
	run->run_id = error == ERRORS_NONE ? run_id : NULL;
	run->result = result;
	stop_waiting(sub);
	run->done(run);
}

static void on_stored(struct file_ack *ack, bool durable)
{
	struct sub *sub = list_entry(ack, struct sub, ack);

	sub->acked = true;
	if (!durable)
		answer(sub, ERRORS_UNKNOWN, NULL);
	else if (!sub->run->wait)
		answer(sub, ERRORS_NONE, NULL);
}

struct port_result file_submit_result(const struct files_end *end,
				      const struct files_asked *all,
				      struct port_asked *asked)
{
	const struct files_question *first = files_asked_next(all, NULL, NULL);

	if (first)
		*asked = (struct port_asked){
			.step_id = first->step_id,
			.path = first->path,
			.prompt = first->prompt,
			.fields = first->fields,
			.context = first->context,
		};
	return (struct port_result){
		.status = end->status,
		.response = end->response,
		.error = end->error,
		.state = end->state,
		.history = end->history,
		.asked = first ? asked : NULL,
	};
}

static void on_over(struct file_wait *wait, struct file_run *held, enum file_over how)
{
	struct sub *sub = list_entry(wait, struct sub, wait);
	const struct file_submit *submit = sub->submit;
	struct str events = STR_INIT;
	struct port_asked asked;
	struct port_result result;
	struct files_end end;

	if (how == FILE_OVER_LEFT) {
		answer(sub, ERRORS_NONE, NULL);
		return;
	}
	end = how == FILE_OVER_PAUSED ? file_run_stand(held) : file_run_end(held);
	result = file_submit_result(&end, &held->asked, &asked);
	if (file_reads_all_events(submit->parts.reads, sub->run_id, &events)) {
		result.events = str_text(&events);
		result.events_len = events.len;
	}
	answer(sub, ERRORS_NONE, &result);
	str_deinit(&events);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct sub *sub = w->data;

	(void)loop;
	(void)revents;
	answer(sub, sub->acked ? ERRORS_NONE : ERRORS_UNKNOWN, NULL);
}

static void begin_waiting(struct file_submit *submit, struct sub *sub,
			  struct port_run *run)
{
	const struct file_submit_parts *parts = &submit->parts;

	sub->submit = submit;
	sub->run = run;
	run->waited = run->wait;
	sub->ack.stored = on_stored;
	sub->wait.over = on_over;
	ev_timer_init(&sub->late, on_late, 0., 0.);
	sub->late.data = sub;
	list_push(&submit->subs, &sub->node);
	ev_now_update(parts->loop);
	ev_timer_set(&sub->late, (double)parts->answer_ms / 1000., 0.);
	ev_timer_start(parts->loop, &sub->late);
}

static void refuse(struct port_run *run, enum errors_code error, const char *detail)
{
	run->error = error;
	run->detail = detail;
	run->done(run);
}

static enum errors_code error_of(int rc)
{
	switch (rc) {
	case ERR_FULL:
		return ERRORS_DEPTH;
	case ERR_CLOSED:
		return ERRORS_DRAINING;
	case ERR_SYS:
		return ERRORS_DISK;
	default:
		return ERRORS_INTERNAL;
	}
}

/* Accepted before: what became of it, if it is over and somebody waits for that. */
static void replay(const struct file_submit *submit, struct port_run *run,
		   const char *run_id)
{
	struct files_view view;
	struct str events = STR_INIT;
	struct port_result *result;
	struct port_asked *asked;

	run->error = file_reads_view(submit->parts.reads, run_id, &view);
	run->run_id = run_id;
	run->replayed = true;
	if (run->error == ERRORS_NONE && (view.ended || view.paused) && run->wait) {
		result = arena_new(&view.arena, struct port_result);
		asked = arena_new(&view.arena, struct port_asked);
		*result = file_submit_result(&view.end, &view.asked, asked);
		if (file_reads_all_events(submit->parts.reads, run_id, &events)) {
			result->events = str_text(&events);
			result->events_len = events.len;
		}
		run->result = result;
	}
	run->done(run);
	files_view_deinit(&view);
	str_deinit(&events);
}

static int sync_first(void *arg, int fd, const char *text, size_t len, struct err *err)
{
	return host_file_sync_first(arg, fd, text, len, err);
}

/* The same of one that is here: whoever sent it first waits as well. */
static void join(struct file_submit *submit, struct port_run *run, struct file_run *held)
{
	struct sub *sub = mem_new(struct sub);

	run->replayed = true;
	(void)snprintf(sub->run_id, sizeof(sub->run_id), "%s", held->head.run_id);
	begin_waiting(submit, sub, run);
	sub->acked = host_file_join(submit->parts.host, held, &sub->ack,
				    run->wait ? &sub->wait : NULL);
	if (sub->acked && !run->wait)
		answer(sub, ERRORS_NONE, NULL);
}

/* Whether the run is to begin: its key was not used. Else it has been answered. */
static bool is_fresh(struct file_submit *submit, struct port_run *run, const char *run_id)
{
	struct file_run *held;
	char before[IDS_MAX];
	struct err err;
	int rc;

	if (!run->idempotency_key)
		return true;
	rc = file_once_take(submit->parts.reads->dir, run->tenant_id,
			    run->idempotency_key, run->body_sha256, run_id, before,
			    sync_first, submit->parts.host, &err);
	if (rc == FILE_ONCE_FRESH)
		return true;
	held = rc == FILE_ONCE_REPLAYED ? host_file_find(submit->parts.host, before)
					: NULL;
	if (held && held->state != FILE_RUN_ASLEEP) {
		join(submit, run, held);
	} else if (rc == FILE_ONCE_REPLAYED) {
		replay(submit, run, before);
	} else if (rc == FILE_ONCE_OTHER) {
		refuse(run, ERRORS_MISMATCH, NULL);
	} else {
		log_warn("run.not_accepted", LOG_S("error", err.text));
		refuse(run, ERRORS_DISK, NULL);
	}
	return false;
}

static void start(struct file_submit *submit, struct port_run *run,
		  const struct file_entry *entry, const struct files_item *item)
{
	const struct file_submit_parts *parts = &submit->parts;
	struct sub *sub = mem_new(struct sub);
	int64_t now_ms = clock_wall_ms();
	struct files_head head = {
		.run_id = ids_run(now_ms, sub->run_id),
		.orchestration_id = run->orchestration_id,
		.tenant_id = run->tenant_id,
		.session_id = run->session_id,
		.message = run->message,
		.inputs = run->inputs,
		.webhook_url = run->webhook_url,
		.webhook_secret = run->webhook_secret,
		.idempotency_key = run->idempotency_key,
		.body_sha256 = run->body_sha256,
		.definition = item->text,
		.created_at_ms = now_ms,
		.priority = run->priority,
		.metadata = run->metadata,
		.run_at_ms = run->run_at_ms,
	};
	struct err err;
	int rc;

	if (!is_fresh(submit, run, sub->run_id)) {
		mem_free(sub);
		return;
	}
	begin_waiting(submit, sub, run);
	rc = host_file_accept(parts->host, &head, entry->definition, &sub->ack,
			      run->wait ? &sub->wait : NULL, &err);
	if (rc < 0) {
		if (rc == ERR_SYS)
			log_warn("run.not_accepted", LOG_S("error", err.text));
		stop_waiting(sub);
		refuse(run, error_of(rc), NULL);
	}
}

void file_submit_run(struct file_submit *submit, struct port_run *run)
{
	const struct files_item *item;
	const struct file_entry *entry =
		file_catalog_get(submit->parts.catalog, run->orchestration_id, &item);

	run->result = NULL;
	run->replayed = false;
	run->waited = false;
	if (!entry)
		refuse(run, ERRORS_NO_ORCHESTRATION, NULL);
	else if (!entry->definition)
		refuse(run, ERRORS_DEFINITION, entry->detail);
	else
		start(submit, run, entry, item);
}

struct file_submit *file_submit_new(const struct file_submit_parts *parts)
{
	struct file_submit *submit = mem_new(struct file_submit);

	submit->parts = *parts;
	list_init(&submit->subs);
	return submit;
}

void file_submit_free(struct file_submit *submit)
{
	struct list *node;

	if (!submit)
		return;
	while ((node = submit->subs.next) != &submit->subs)
		answer(list_entry(node, struct sub, node), ERRORS_DRAINING, NULL);
	mem_free(submit);
}
