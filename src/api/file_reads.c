/*
 * file_reads.c - what became of runs, out of their files
 *
 * A run that this process executes is answered from memory where that is enough; all else
 * is what its journal says, and so is what another process of this host executes.
 */
#include "api/file_reads.h"

#include "base/arena.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/moment.h"
#include "engine/exec.h"
#include "events/chat_view.h"
#include "events/event_id.h"
#include "events/replay.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "store/files_dir.h"
#include "store/files_index.h"
#include "store/files_journal.h"
#include "store/files_view.h"

#include <stdio.h>
#include <string.h>

static const char *moment(int64_t at_ms, char *buf)
{
	return at_ms ? moment_text_row(at_ms, buf) : NULL;
}

bool file_reads_has(const struct file_reads *reads, const char *run_id)
{
	bool live;
	struct err err;
	int fd;

	if (files_dir_read(reads->dir, run_id, &fd, &live, &err) < 0)
		return false;
	fdutil_close(&fd);
	return true;
}

static int open_run(const struct file_reads *reads, const char *run_id, int *ret_fd,
		    enum errors_code *ret_error)
{
	bool live;
	struct err err;
	int rc = files_dir_read(reads->dir, run_id, ret_fd, &live, &err);

	if (rc == ERR_NOT_FOUND) {
		*ret_error = ERRORS_NO_RUN;
	} else if (rc < 0) {
		log_warn("run.file_unreadable", LOG_S("run", run_id),
			 LOG_S("error", err.text));
		*ret_error = ERRORS_DISK;
	}
	return rc;
}

static enum errors_code unreadable(const char *run_id, int rc, const struct err *err)
{
	if (rc == ERR_NOT_FOUND)
		return ERRORS_NO_RUN;
	log_warn("run.file_unreadable", LOG_S("run", run_id), LOG_S("error", err->text));
	return ERRORS_DISK;
}

enum errors_code file_reads_view(const struct file_reads *reads, const char *run_id,
				 struct files_view *view)
{
	enum errors_code error = ERRORS_NONE;
	struct err err;
	int fd, rc;

	files_view_init(view);
	if (open_run(reads, run_id, &fd, &error) < 0)
		return error;
	rc = files_view_read(view, fd, &err);
	fdutil_close(&fd);
	return rc < 0 ? unreadable(run_id, rc, &err) : ERRORS_NONE;
}

/* -- one run -- */

static void fill_head(struct store_run_status *run, const struct files_head *head,
		      struct file_reads_moments *moments)
{
	run->run_id = head->run_id;
	run->orchestration_id = head->orchestration_id;
	run->tenant_id = head->tenant_id;
	run->session_id = head->session_id;
	run->created_at = moment(head->created_at_ms, moments->created);
	run->run_at = moment(head->run_at_ms, moments->run_at);
	run->priority = (int)head->priority;
	run->metadata = head->metadata;
	run->queue = FILE_READS_QUEUE;
	run->attempt = 1;
	run->chat = chat_run_turn(head->run_id) > 0; /* files have no other word of it */
}

static void fill_asked(struct store_run_status *run, const struct files_asked *asked,
		       bool paused)
{
	const struct files_question *first = files_asked_next(asked, NULL, NULL);

	run->waiting_for_human = first != NULL;
	if (!first)
		return;
	run->human_prompt = first->prompt;
	run->human_fields = first->fields;
	if (paused)
		run->current_step_id = first->step_id;
}

const char *file_reads_status(const struct file_run *held)
{
	switch (held->state) {
	case FILE_RUN_WAITING:
		return "queued";
	case FILE_RUN_DOZING:
	case FILE_RUN_ASLEEP:
		return held->paused ? "paused" : "queued";
	case FILE_RUN_ENDING:
		return file_run_has_ended(held) ? file_run_end(held).status : "running";
	case FILE_RUN_RUNNING:
	case FILE_RUN_STATES:
		break;
	}
	return "running";
}

static void from_view(struct store_run_status *run, const struct files_view *view,
		      struct file_reads_moments *moments)
{
	memset(run, 0, sizeof(*run));
	fill_head(run, &view->head, moments);
	run->epoch = view->epoch;
	run->attempt = (int)view->attempts;
	run->wake = view->wakes + 1;
	run->picked_up_at = run->started_at =
		moment(view->started_at_ms, moments->started);
	run->cancel_requested_at = moment(view->cancel_at_ms, moments->cancel);
	if (!view->ended) {
		run->status = view->paused ? "paused" : "running";
		run->current_step_id = view->step_id;
		run->total_tokens_used = view->end.tokens;
		run->total_cost_usd = view->end.cost_usd;
		fill_asked(run, &view->asked, view->paused);
		return;
	}
	run->status = view->end.status;
	run->final_response = view->end.response;
	run->error = view->end.error;
	run->ended_at = moment(view->end.ended_at_ms, moments->ended);
	run->total_tokens_used = view->end.tokens;
	run->cache_read_tokens = view->end.cache_read_tokens;
	run->total_cost_usd = view->end.cost_usd;
}

static void fill_end(struct store_run_status *run, const struct file_run *held,
		     struct file_reads_moments *moments)
{
	const struct files_end end = file_run_end(held);

	run->final_response = end.response;
	run->error = end.error;
	run->ended_at = moment(end.ended_at_ms, moments->ended);
	run->total_tokens_used = end.tokens;
	run->cache_read_tokens = end.cache_read_tokens;
	run->total_cost_usd = end.cost_usd;
	run->waiting_for_human = false;
	run->human_prompt = run->human_fields = NULL;
}

static void from_memory(struct store_run_status *run, const struct file_run *held,
			struct file_reads_moments *moments)
{
	memset(run, 0, sizeof(*run));
	fill_head(run, &held->head, moments);
	run->status = file_reads_status(held);
	run->wake = held->wakes + 1;
	run->total_tokens_used = held->tokens;
	run->total_cost_usd = held->cost_usd;
	run->epoch = held->epoch;
	run->attempt = (int)held->attempts;
	run->picked_up_at = run->started_at =
		moment(held->started_at_ms, moments->started);
	if (held->cancel)
		run->cancel_requested_at =
			run->started_at ? run->started_at : run->created_at;
	if (held->exec && held->exec->step)
		run->current_step_id = held->exec->step->id;
	fill_asked(run, &held->asked, held->paused);
	if (file_run_has_ended(held))
		fill_end(run, held, moments);
}

static void from_summary(struct store_run_status *run, const struct files_indexed *one,
			 struct file_reads_moments *moments)
{
	const struct files_summary *summary = &one->summary;
	const struct files_head head = {
		.run_id = one->run_id,
		.orchestration_id = summary->orchestration_id,
		.tenant_id = summary->tenant_id,
		.session_id = summary->session_id,
		.metadata = summary->metadata,
		.created_at_ms = summary->created_at_ms,
		.run_at_ms = summary->run_at_ms,
		.priority = summary->priority,
	};

	memset(run, 0, sizeof(*run));
	fill_head(run, &head, moments);
	run->status = summary->status;
	run->epoch = summary->epoch;
	run->attempt = (int)summary->attempts;
	run->wake = summary->wakes + 1;
	run->picked_up_at = run->started_at =
		moment(summary->started_at_ms, moments->started);
	run->ended_at = moment(summary->ended_at_ms, moments->ended);
	run->total_tokens_used = summary->tokens;
	run->cache_read_tokens = summary->cache_read_tokens;
	run->total_cost_usd = summary->cost_usd;
}

/* The record of its end alone. */
static enum files_scan read_end(void *arg, char type, const char *body, size_t len)
{
	struct file_reads_run *ret = arg;

	if (type == FILES_END &&
	    files_run_get_end(arena_dup_n(&ret->view.arena, body, len), len,
			      &ret->view.end)) {
		ret->run.final_response = ret->view.end.response;
		ret->run.error = ret->view.end.error;
		ret->view.ended = true;
	}
	return FILES_SCAN_STOP;
}

static enum errors_code from_end(const struct file_reads *reads,
				 const struct files_indexed *one,
				 struct file_reads_run *ret)
{
	enum errors_code error = ERRORS_NONE;
	uint64_t at = one->summary.end_at;
	struct err err;
	int fd, rc;

	from_summary(&ret->run, one, &ret->moments);
	if (open_run(reads, one->run_id, &fd, &error) < 0)
		return error;
	rc = files_journal_scan(fd, &at, read_end, ret, &err);
	fdutil_close(&fd);
	if (rc < 0)
		return unreadable(one->run_id, rc, &err);
	return ret->view.ended ? ERRORS_NONE : ERRORS_DISK;
}

static const struct files_indexed *known(const struct file_reads *reads,
					 const char *run_id)
{
	const struct files_indexed *one =
		reads->index ? files_index_find(reads->index, run_id) : NULL;

	return one && one->known ? one : NULL;
}

enum errors_code file_reads_run(const struct file_reads *reads, const char *run_id,
				enum file_reads_depth depth, struct file_reads_run *ret)
{
	const struct file_run *held =
		reads->host ? host_file_find(reads->host, run_id) : NULL;
	const struct files_indexed *one = held ? NULL : known(reads, run_id);
	enum errors_code error = ERRORS_NONE;

	files_view_init(&ret->view);
	/* one that could be lost is nobody's business */
	if (held && !held->journal.durable && held->state != FILE_RUN_ASLEEP)
		return ERRORS_NO_RUN;
	if (one && depth == FILE_READS_ROW)
		from_summary(&ret->run, one, &ret->moments);
	else if (one && depth == FILE_READS_END)
		error = from_end(reads, one, ret);
	else if (!held || depth == FILE_READS_ALL)
		error = file_reads_view(reads, run_id, &ret->view);
	else
		from_memory(&ret->run, held, &ret->moments);
	if (error != ERRORS_NONE || !ret->view.has_head)
		return error;
	if (held)
		from_memory(&ret->run, held, &ret->moments);
	else
		from_view(&ret->run, &ret->view, &ret->moments);
	if (reads->index && !held && !one) /* what is lent stays as it is */
		files_index_learn(reads->index, &ret->view);
	return ERRORS_NONE;
}

void file_reads_run_deinit(struct file_reads_run *run)
{
	files_view_deinit(&run->view);
}

void file_reads_get(const struct file_reads *reads, const char *run_id, port_run_cb cb,
		    void *arg)
{
	struct file_reads_run found;
	enum errors_code error = file_reads_run(reads, run_id, FILE_READS_END, &found);

	cb(arg, error, error == ERRORS_NONE ? &found.run : NULL);
	file_reads_run_deinit(&found);
}

/* -- events -- */

struct gathering {
	struct arena *arena;
	struct event_id start, end;
	bool to_end; /* no end was given */
	bool plain;
	struct port_event *at;
	size_t count;
	size_t limit;
	size_t row_len; /* of the row that was too much; 0: none was */
	bool bad;
};

static bool gather(void *arg, const struct event_id *id, const char *text, size_t len)
{
	struct gathering *g = arg;
	struct str view = STR_INIT;
	char id_text[EVENT_ID_MAX];

	if (event_id_compare(id, &g->start) < 0)
		return true;
	if (g->count == g->limit || (!g->to_end && event_id_compare(id, &g->end) > 0))
		return false;
	if (!g->plain || chat_view(&view, text, len)) {
		(void)event_id_print(id, id_text);
		len = g->plain ? view.len : len;
		g->at[g->count++] = (struct port_event){
			.id = arena_dup(g->arena, id_text),
			.json = arena_dup_n(g->arena, g->plain ? str_text(&view) : text,
					    len),
			.len = len,
		};
	}
	str_deinit(&view);
	return true;
}

static enum files_scan gather_row(void *arg, char type, const char *body, size_t len)
{
	struct gathering *g = arg;
	struct store_step step;
	int64_t at_ms;
	struct err err;
	int rc = 1;

	if (type != FILES_STEP)
		return FILES_SCAN_ON;
	if (!files_run_get_step(body, len, &step, &at_ms))
		rc = ERR_INPUT;
	else if (step.events)
		rc = replay_row(step.events, gather, g, &err);
	g->bad = rc < 0;
	if (rc == 0)
		g->row_len = FILES_RECORD_HEAD + len;
	return rc == 1 ? FILES_SCAN_ON : FILES_SCAN_STOP;
}

/* Whoever reads page by page has each row read once or twice, and not once for each page
 * behind it. */
static uint64_t begin(const struct file_reads_place *place, const char *run_id,
		      const struct event_id *start)
{
	return place && strcmp(place->run_id, run_id) == 0 &&
			       event_id_compare(start, &place->passed) > 0
		       ? place->at
		       : 0;
}

static void keep_place(struct file_reads_place *place, const char *run_id,
		       const struct gathering *g, uint64_t behind)
{
	if (!place || !g->row_len || !g->count)
		return;
	(void)snprintf(place->run_id, sizeof(place->run_id), "%s", run_id);
	(void)event_id_parse(g->at[g->count - 1].id, &place->passed);
	place->at = behind - g->row_len;
}

enum errors_code file_reads_gather(const struct file_reads *reads, const char *run_id,
				   bool plain, const char *start, const char *end,
				   struct arena *arena, struct port_event *at,
				   size_t *room)
{
	struct gathering g = { .arena = arena, .plain = plain, .at = at, .limit = *room };
	enum errors_code error = ERRORS_NONE;
	struct err err;
	uint64_t from;
	int fd;

	if (strcmp(start, "-") != 0)
		(void)event_id_parse(start, &g.start); /* checked by the handler */
	g.to_end = strcmp(end, "+") == 0;
	if (!g.to_end)
		(void)event_id_parse(end, &g.end);
	if (open_run(reads, run_id, &fd, &error) < 0)
		return error;
	from = begin(reads->place, run_id, &g.start);
	if (files_journal_scan(fd, &from, gather_row, &g, &err) < 0 || g.bad)
		error = ERRORS_DISK;
	else
		keep_place(reads->place, run_id, &g, from);
	fdutil_close(&fd);
	*room -= g.count;
	return error;
}

void file_reads_events(const struct file_reads *reads, const char *run_id,
		       const char *start, const char *end, int limit, port_events_cb cb,
		       void *arg)
{
	struct file_reads_run found;
	enum errors_code error = file_reads_run(reads, run_id, FILE_READS_ROW, &found);
	size_t room = (size_t)limit;
	struct port_event *at = mem_new_n(struct port_event, room + 1);
	struct arena arena;

	arena_init(&arena);
	if (error == ERRORS_NONE)
		error = file_reads_gather(reads, run_id, false, start, end, &arena, at,
					  &room);
	if (error == ERRORS_NONE)
		cb(arg, error, found.run.tenant_id, at, (size_t)limit - room);
	else
		cb(arg, error, NULL, NULL, 0);
	file_reads_run_deinit(&found);
	mem_free(at);
	arena_deinit(&arena);
}

/* -- the newest -- */

static enum files_scan pass_row(void *arg, char type, const char *body, size_t len)
{
	struct store_step step;
	int64_t at_ms;
	struct err err;

	if (type == FILES_STEP && files_run_get_step(body, len, &step, &at_ms) &&
	    step.events)
		/* one that cannot be read is followed by others */
		(void)replay_last(step.events, arg, &err);
	return FILES_SCAN_ON;
}

void file_reads_newest(const struct file_reads *reads, const char *run_id,
		       port_newest_cb cb, void *arg)
{
	enum errors_code error = ERRORS_NONE;
	struct event_id newest = { 0, 0 };
	struct err err;
	uint64_t from = 0;
	int fd, rc;

	if (open_run(reads, run_id, &fd, &error) == 0) {
		rc = files_journal_scan(fd, &from, pass_row, &newest, &err);
		fdutil_close(&fd);
		if (rc < 0)
			error = unreadable(run_id, rc, &err);
	}
	cb(arg, error == ERRORS_NO_RUN ? ERRORS_NONE : error, &newest);
}

/* -- all events, for an answer -- */

struct printing {
	struct str *out;
	struct jsonw w;
	bool bad;
};

static bool print_event(void *arg, const struct event_id *id, const char *text,
			size_t len)
{
	struct printing *p = arg;
	char id_text[EVENT_ID_MAX];

	(void)event_id_print(id, id_text);
	jsonw_object(&p->w);
	jsonw_pair_text(&p->w, "id", id_text);
	jsonw_pair_raw(&p->w, "event", text, len);
	jsonw_object_end(&p->w);
	return p->out->len <= FILE_READS_EVENTS_MAX;
}

static enum files_scan print_row(void *arg, char type, const char *body, size_t len)
{
	struct printing *p = arg;
	struct store_step step;
	int64_t at_ms;
	struct err err;

	if (type != FILES_STEP)
		return FILES_SCAN_ON;
	p->bad = !files_run_get_step(body, len, &step, &at_ms) ||
		 (step.events && replay_row(step.events, print_event, p, &err) != 1);
	return p->bad ? FILES_SCAN_STOP : FILES_SCAN_ON;
}

bool file_reads_all_events(const struct file_reads *reads, const char *run_id,
			   struct str *out)
{
	struct printing p = { .out = out };
	enum errors_code error;
	struct err err;
	uint64_t at = 0;
	int fd, rc;

	if (open_run(reads, run_id, &fd, &error) < 0)
		return false;
	jsonw_init(&p.w, out);
	jsonw_array(&p.w);
	rc = files_journal_scan(fd, &at, print_row, &p, &err);
	fdutil_close(&fd);
	if (rc < 0 || p.bad)
		return false;
	jsonw_array_end(&p.w);
	return true;
}

/* -- steps -- */

struct stepping {
	struct arena arena;
	struct store_step *at; /* owned */
	size_t count;
	size_t limit;
	int64_t from_seq;
	int64_t next;
	bool bad;
};

static enum files_scan take_step(void *arg, char type, const char *body, size_t len)
{
	struct stepping *s = arg;
	struct store_step step;
	char at[MOMENT_MAX];
	int64_t at_ms;

	if (type != FILES_STEP)
		return FILES_SCAN_ON;
	s->bad = !files_run_get_step(body, len, &step, &at_ms);
	if (s->bad)
		return FILES_SCAN_STOP;
	if (step.seq < s->from_seq)
		return FILES_SCAN_ON;
	if (s->count == s->limit) {
		s->next = step.seq;
		return FILES_SCAN_STOP;
	}
	s->at[s->count++] = (struct store_step){
		.seq = step.seq,
		.path = arena_dup(&s->arena, step.path ? step.path : ""),
		.step_id = arena_dup(&s->arena, step.step_id ? step.step_id : ""),
		.execution = step.execution,
		.kind = arena_dup(&s->arena, step.kind),
		.usage = step.usage ? arena_dup(&s->arena, step.usage) : NULL,
		.error = step.error ? arena_dup(&s->arena, step.error) : NULL,
		.at = arena_dup(&s->arena, moment_text_row(at_ms, at)),
	};
	return FILES_SCAN_ON;
}

void file_reads_steps(const struct file_reads *reads, const char *run_id,
		      int64_t from_seq, int limit, port_steps_cb cb, void *arg)
{
	struct stepping s = { .limit = (size_t)limit, .from_seq = from_seq };
	enum errors_code error;
	struct files_view view;
	struct err err;
	uint64_t at = 0;
	int fd = -1;

	arena_init(&s.arena);
	s.at = mem_new_n(struct store_step, s.limit + 1);
	error = file_reads_view(reads, run_id, &view);
	if (error == ERRORS_NONE)
		(void)open_run(reads, run_id, &fd, &error);
	if (error == ERRORS_NONE &&
	    (files_journal_scan(fd, &at, take_step, &s, &err) < 0 || s.bad))
		error = ERRORS_DISK;
	cb(arg, error, error == ERRORS_NONE ? view.head.tenant_id : NULL, s.at,
	   error == ERRORS_NONE ? s.count : 0, s.next);
	fdutil_close(&fd);
	files_view_deinit(&view);
	mem_free(s.at);
	arena_deinit(&s.arena);
}
