/*
 * file_answers.c - questions of runs on files: what is open, and people who answer
 *
 * What is compared is in memory, and so is which question is still open: the host takes
 * one answer of several. The second hears that it came too late, whatever the disk does
 * with the first.
 */
#include "api/file_answers.h"

#include "api/answer_faults.h"
#include "api/body.h"
#include "api/file_reads.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/moment.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "store/files_asked.h"
#include "store/files_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- answers ---- */

struct answering {
	struct file_ack ack;
	answers_cb cb;
	void *arg;
};

static void on_stored(struct file_ack *ack, bool durable)
{
	struct answering *answering = list_entry(ack, struct answering, ack);

	answering->cb(answering->arg, durable ? ERRORS_NONE : ERRORS_UNKNOWN,
		      durable ? NULL
			      : "it is not known whether the answer was taken: look at "
				"the run's status",
		      NULL);
	mem_free(answering);
}

static enum errors_code error_of(int rc, const char **ret_detail)
{
	*ret_detail = NULL;
	switch (rc) {
	case ERR_CONFLICT:
		*ret_detail = "somebody else has answered, or it is too late";
		return ERRORS_NOT_WAITING;
	case ERR_CLOSED:
		return ERRORS_BUSY;
	default:
		return ERRORS_DISK;
	}
}

static void put(struct host_file *host, struct file_run *run,
		const struct files_question *question, const struct answers_ask *ask,
		answers_cb cb, void *arg)
{
	struct answering *answering = mem_new(struct answering);
	struct arena arena;
	enum errors_code error;
	const char *detail;
	struct err err;
	int rc;

	arena_init(&arena); /* the question may go with the struct of the run */
	answering->ack.stored = on_stored;
	answering->cb = cb;
	answering->arg = arg;
	rc = host_file_answer(host, run,
			      &(struct files_answer){
				      .path = arena_dup(&arena, question->path),
				      .execution = question->execution,
				      .answer = ask->answer,
				      .at_ms = clock_wall_ms(),
				      .webhook_url = ask->webhook_url,
				      .webhook_secret = ask->webhook_secret,
			      },
			      &answering->ack, &err);
	if (rc < 0) {
		mem_free(answering);
		error = error_of(rc, &detail);
		cb(arg, error, detail, NULL);
	}
	arena_deinit(&arena);
}

static void answer_here(struct host_file *host, struct file_run *run, size_t answer_max,
			const struct answers_ask *ask, answers_cb cb, void *arg)
{
	const struct files_question *question =
		files_asked_next(&run->asked, NULL, ask->step);
	struct body_faults faults = { STR_INIT, 0 };
	char detail[ANSWER_FAULTS_DETAIL_MAX];

	if (!question) {
		cb(arg, ERRORS_NOT_WAITING,
		   answer_faults_not_waiting(ask, file_reads_status(run), detail), NULL);
		return;
	}
	if (files_asked_next(&run->asked, question, ask->step)) {
		cb(arg, ERRORS_AMBIGUOUS, NULL, NULL);
		return;
	}
	answer_faults_check(&faults, ask, answer_max, question->fields);
	if (faults.count > 0)
		cb(arg, ERRORS_VALIDATION, NULL, &faults);
	else
		put(host, run, question, ask, cb, arg);
	body_faults_deinit(&faults);
}

/* One that has ended, or that another process of this host has. */
static void answer_elsewhere(const struct files_view *view, const struct answers_ask *ask,
			     answers_cb cb, void *arg)
{
	char detail[ANSWER_FAULTS_DETAIL_MAX];

	if (view->ended)
		cb(arg, ERRORS_NOT_WAITING,
		   answer_faults_not_waiting(ask, view->end.status, detail), NULL);
	else
		cb(arg, ERRORS_BUSY, NULL, NULL);
}

void file_answers_run(const struct file_reads *reads, struct host_file *host,
		      size_t answer_max, const struct answers_ask *ask, answers_cb cb,
		      void *arg)
{
	struct file_run *run = host ? host_file_find(host, ask->run_id) : NULL;
	enum errors_code error = ERRORS_NONE;
	const char *tenant_id = NULL;
	struct files_view view;

	files_view_init(&view);
	if (!run) {
		files_view_deinit(&view);
		error = file_reads_view(reads, ask->run_id, &view);
	}
	if (error == ERRORS_NONE)
		tenant_id = run ? run->head.tenant_id : view.head.tenant_id;
	if (error == ERRORS_NONE && ask->tenant_id &&
	    strcmp(ask->tenant_id, tenant_id) != 0)
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE)
		cb(arg, error, NULL, NULL);
	else if (run)
		answer_here(host, run, answer_max, ask, cb, arg);
	else
		answer_elsewhere(&view, ask, cb, arg);
	files_view_deinit(&view);
}

/* ---- what is open ---- */

struct asked {
	const struct file_run *run;
	const struct files_question *question;
};

struct listing {
	const struct store_questions_filter *filter;
	struct asked *at; /* owned */
	size_t count, room;
};

static bool fits(const struct store_questions_filter *filter, const struct file_run *run)
{
	const struct files_head *head = &run->head;

	return (!filter->tenant_id || strcmp(filter->tenant_id, head->tenant_id) == 0) &&
	       (!filter->orchestration_id ||
		strcmp(filter->orchestration_id, head->orchestration_id) == 0) &&
	       (!filter->run_id || strcmp(filter->run_id, head->run_id) == 0);
}

static bool add_run(void *arg, const struct file_run *run)
{
	const struct files_question *question = NULL;
	struct listing *listing = arg;

	if (!fits(listing->filter, run))
		return true;
	while ((question = files_asked_next(&run->asked, question, NULL))) {
		if (listing->count == listing->room) {
			listing->room = listing->room ? listing->room * 2 : 64;
			listing->at = mem_resize(listing->at,
						 listing->room * sizeof(*listing->at));
		}
		listing->at[listing->count++] = (struct asked){ run, question };
	}
	return true;
}

static int compare_place(int64_t opened_at_ms, const char *run_id, const char *path,
			 int execution, const struct asked *other)
{
	int64_t at_ms = other->question->opened_at_ms;
	int rc = (opened_at_ms > at_ms) - (opened_at_ms < at_ms);

	if (!rc)
		rc = strcmp(run_id, other->run->head.run_id);
	if (!rc)
		rc = strcmp(path, other->question->path);
	return rc ? rc : execution - other->question->execution;
}

static int compare(const void *a, const void *b)
{
	const struct asked *one = a;

	return compare_place(one->question->opened_at_ms, one->run->head.run_id,
			     one->question->path, one->question->execution, b);
}

/* "<opened, us>.<execution>.<bytes of the run's id>.<that id><path>", as scale mode has
 * it. */
static const char *cursor_of(struct arena *arena, const struct asked *asked)
{
	const char *run_id = asked->run->head.run_id;

	return arena_printf(arena, "%" PRId64 ".%d.%zu.%s%s",
			    asked->question->opened_at_ms * 1000,
			    asked->question->execution, strlen(run_id), run_id,
			    asked->question->path);
}

static size_t first_behind(struct arena *arena, const struct listing *listing,
			   const char *cursor)
{
	char *rest;
	int64_t at_ms;
	const char *run_id;
	size_t i, len;
	int execution;

	if (!cursor)
		return 0;
	at_ms = strtoll(cursor, &rest, 10) / 1000; /* the handler has looked at it */
	execution = (int)strtol(rest + 1, &rest, 10);
	len = strtoul(rest + 1, &rest, 10);
	rest++;
	if (len > strlen(rest))
		return listing->count;
	run_id = arena_dup_n(arena, rest, len);
	for (i = 0; i < listing->count; i++)
		if (compare_place(at_ms, run_id, rest + len, execution, &listing->at[i]) <
		    0)
			break;
	return i;
}

static const char *moment(struct arena *arena, int64_t at_ms)
{
	char buf[MOMENT_MAX];

	return at_ms ? arena_dup(arena, moment_text_row(at_ms, buf)) : NULL;
}

static void fill(struct arena *arena, const struct asked *asked,
		 struct store_open_question *ret)
{
	const struct files_question *question = asked->question;
	const struct files_head *head = &asked->run->head;

	*ret = (struct store_open_question){
		.run_id = head->run_id,
		.path = question->path,
		.execution = question->execution,
		.step_id = question->step_id,
		.tenant_id = head->tenant_id,
		.orchestration_id = head->orchestration_id,
		.prompt = question->prompt,
		.fields = question->fields,
		.context = question->context,
		.opened_at = moment(arena, question->opened_at_ms),
		.deadline_at = moment(arena, question->deadline_at_ms),
		.reminders = question->reminders,
		.run_status = file_reads_status(asked->run),
		.cursor = cursor_of(arena, asked),
	};
}

void file_answers_list(const struct host_file *host,
		       const struct store_questions_filter *filter, questions_cb cb,
		       void *arg)
{
	struct listing listing = { .filter = filter };
	struct store_open_question *found;
	size_t count = 0, i, limit = (size_t)filter->limit;
	const char *next = NULL;
	struct arena arena;

	arena_init(&arena);
	host_file_asking(host, add_run, &listing);
	if (listing.count)
		qsort(listing.at, listing.count, sizeof(*listing.at), compare);
	found = mem_new_n(struct store_open_question, limit + 1);
	for (i = first_behind(&arena, &listing, filter->after);
	     i < listing.count && count < limit; i++)
		fill(&arena, &listing.at[i], &found[count++]);
	if (i < listing.count && count)
		next = found[count - 1].cursor;
	cb(arg, ERRORS_NONE, found, count, next);
	mem_free(found);
	mem_free(listing.at);
	arena_deinit(&arena);
}
