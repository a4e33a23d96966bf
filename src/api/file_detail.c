/*
 * file_detail.c - all that is known of one run on files, and why it does not go on
 *
 * What Postgres finds by queries (store_detail.h) is gathered here in one pass over the
 * journal: the same rows, so that the same writers print them.
 */
#include "api/file_detail.h"

#include "api/why.h"
#include "base/arena.h"
#include "base/fdutil.h"
#include "base/jsonr.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "events/replay.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "store/files_dir.h"
#include "store/files_journal.h"

#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 2000 /* bytes of an error that are told */
#define LANE      "-"  /* every process has what steps need */

struct gathering {
	struct arena arena;
	struct store_told *story; /* owned, as usage, effects and waits */
	struct store_step *usage;
	struct store_step *effects;
	struct store_asked *waits;
	size_t story_count, usage_count, effects_count, waits_count;
	int64_t epoch; /* of the row that is read */
	bool bad;
};

static const char *text_of(struct gathering *g, const struct json *event, const char *key)
{
	const char *text = jsonr_get_text(event, key);

	return text ? arena_dup(&g->arena, text) : NULL;
}

/* A number as text. */
static const char *number_of(struct gathering *g, const struct json *event,
			     const char *key)
{
	const struct json *value = jsonr_get(event, key);
	struct str text = STR_INIT;
	const char *copy = NULL;

	if (jsonr_type(value) != JSONR_NULL) {
		jsonr_print(value, &text);
		copy = arena_dup(&g->arena, str_text(&text));
	}
	str_deinit(&text);
	return copy;
}

static bool is_told(const char *type)
{
	static const char *const told[] = { "worker_picked_up", "step_start",
					    "step_complete", "step_error",
					    "orchestration_end" };
	size_t i;

	for (i = 0; type && i < sizeof(told) / sizeof(*told); i++)
		if (strcmp(type, told[i]) == 0)
			return true;
	return false;
}

static void tell(struct gathering *g, const struct json *event)
{
	const char *path = text_of(g, event, "path");
	const char *error = jsonr_get_text(event, "error");

	g->story[g->story_count++] = (struct store_told){
		.epoch = g->epoch,
		.type = text_of(g, event, "type"),
		.path = path ? path : "",
		.step_id = text_of(g, event, "orch_step_id"),
		.step_name = text_of(g, event, "step_name"),
		.step_type = text_of(g, event, "step_type"),
		.ts = number_of(g, event, "ts"),
		.duration_seconds = number_of(g, event, "duration_seconds"),
		.error = error ? arena_dup_n(&g->arena, error, strnlen(error, ERROR_MAX))
			       : NULL,
		.error_class = text_of(g, event, "error_class"),
		.attempt = jsonr_get_int(event, "attempt", 0),
		.again = jsonr_type(jsonr_get(event, "retry_in_ms")) != JSONR_NULL,
		.worker_id = text_of(g, event, "worker_id"),
	};
}

static bool on_event(void *arg, const struct event_id *id, const char *text, size_t len)
{
	struct gathering *g = arg;
	struct json *event = NULL;

	(void)id;
	if (g->story_count > PORT_STORY_MAX)
		return false;
	if (jsonr_parse(text, len, &event, NULL, NULL, NULL) < 0)
		return true; /* whoever reads the events sees it */
	if (is_told(jsonr_get_text(event, "type")))
		tell(g, event);
	jsonr_free(event);
	return true;
}

static const char *keep(struct gathering *g, const char *text)
{
	return text ? arena_dup(&g->arena, text) : NULL;
}

static void add_row(struct gathering *g, struct store_step *rows, size_t *count,
		    const struct store_step *step, int64_t at_ms)
{
	char at[MOMENT_MAX];

	if (*count > PORT_ROWS_MAX)
		return;
	rows[(*count)++] = (struct store_step){
		.seq = step->seq,
		.path = keep(g, step->path ? step->path : ""),
		.step_id = keep(g, step->step_id ? step->step_id : ""),
		.execution = step->execution,
		.usage = keep(g, step->usage),
		.delta = keep(g, step->delta),
		.error = keep(g, step->error),
		.at = keep(g, moment_text_row(at_ms, at)),
	};
}

static enum files_scan on_row(void *arg, char type, const char *body, size_t len)
{
	struct gathering *g = arg;
	struct store_step step;
	int64_t at_ms;
	struct err err;

	if (type != FILES_STEP)
		return FILES_SCAN_ON;
	g->bad = !files_run_get_step(body, len, &step, &at_ms);
	if (g->bad)
		return FILES_SCAN_STOP;
	if (step.usage)
		add_row(g, g->usage, &g->usage_count, &step, at_ms);
	if (strcmp(step.kind, "effect") == 0)
		add_row(g, g->effects, &g->effects_count, &step, at_ms);
	g->epoch = step.epoch;
	if (step.events && g->story_count <= PORT_STORY_MAX)
		g->bad = replay_row(step.events, on_event, g, &err) < 0;
	return g->bad ? FILES_SCAN_STOP : FILES_SCAN_ON;
}

static const char *moment(struct gathering *g, int64_t at_ms)
{
	char buf[MOMENT_MAX];

	return at_ms ? keep(g, moment_text_row(at_ms, buf)) : NULL;
}

static void add_waits(struct gathering *g, const struct files_asked *asked)
{
	list_for_each(node, &asked->all) {
		const struct files_question *question =
			list_entry(node, struct files_question, node);

		if (g->waits_count > PORT_ROWS_MAX)
			break;
		g->waits[g->waits_count++] = (struct store_asked){
			.path = question->path,
			.execution = question->execution,
			.step_id = question->step_id,
			.state = files_asked_word(question->state),
			.prompt = question->prompt,
			.fields = question->fields,
			.answer = question->answer,
			.opened_at = moment(g, question->opened_at_ms),
			.deadline_at = moment(g, question->deadline_at_ms),
			.answered_at = moment(g, question->answered_at_ms),
		};
	}
}

static enum errors_code gather(const struct file_reads *reads, const char *run_id,
			       struct gathering *g)
{
	struct err err;
	uint64_t at = 0;
	bool live;
	int fd, rc;

	if (files_dir_read(reads->dir, run_id, &fd, &live, &err) < 0)
		return ERRORS_NO_RUN; /* it was there a moment ago: it is being deleted */
	g->story = mem_new_n(struct store_told, PORT_STORY_MAX + 1);
	g->usage = mem_new_n(struct store_step, PORT_ROWS_MAX + 1);
	g->effects = mem_new_n(struct store_step, PORT_ROWS_MAX + 1);
	g->waits = mem_new_n(struct store_asked, PORT_ROWS_MAX + 1);
	rc = files_journal_scan(fd, &at, on_row, g, &err);
	fdutil_close(&fd);
	return rc < 0 || g->bad ? ERRORS_DISK : ERRORS_NONE;
}

static void fill(const struct file_reads_run *found, struct store_detail *ret)
{
	const struct files_view *view = &found->view;

	*ret = (struct store_detail){
		.run = found->run,
		.input = view->head.message,
		.inputs = view->head.inputs,
		.state = view->ended || view->paused ? view->end.state : "{}",
		.lane = LANE,
		.cause = view->charges ? "crash" : NULL,
		.crashes = view->charges,
		.cache_read_tokens = view->end.cache_read_tokens,
		.cache_write_tokens = view->end.cache_write_tokens,
		.webhook_url = view->head.webhook_url,
		.idempotency_key = view->head.idempotency_key,
	};
}

void file_detail_get(const struct file_reads *reads, const char *run_id, bool lists,
		     port_detail_cb cb, void *arg)
{
	struct gathering g = { .story = NULL };
	struct port_detail detail = { .story = NULL };
	struct file_reads_run found;
	enum errors_code error = file_reads_run(reads, run_id, FILE_READS_ALL, &found);

	arena_init(&g.arena);
	if (error == ERRORS_NONE)
		fill(&found, &detail.row);
	if (error == ERRORS_NONE && lists)
		error = gather(reads, run_id, &g);
	if (error == ERRORS_NONE && lists) {
		add_waits(&g, &found.view.asked);
		detail.story = g.story;
		detail.story_count = g.story_count;
		detail.usage = g.usage;
		detail.usage_count = g.usage_count;
		detail.effects = g.effects;
		detail.effects_count = g.effects_count;
		detail.waits = g.waits;
		detail.waits_count = g.waits_count;
	}
	cb(arg, error, error == ERRORS_NONE ? &detail : NULL);
	mem_free(g.story);
	mem_free(g.usage);
	mem_free(g.effects);
	mem_free(g.waits);
	arena_deinit(&g.arena);
	file_reads_run_deinit(&found);
}

/* ---- why ---- */

void file_detail_why(const struct file_reads *reads, const char *run_id, port_why_cb cb,
		     void *arg)
{
	const struct file_run *held =
		reads->host ? host_file_find(reads->host, run_id) : NULL;
	struct queue_why place = { .open = true, .place = QUEUE_PLACE_READY };
	struct file_reads_run found;
	struct why_reason reason;
	struct store_why run;
	struct port_why why;
	enum errors_code error = file_reads_run(reads, run_id, FILE_READS_ROW, &found);

	if (error != ERRORS_NONE) {
		cb(arg, error, NULL);
		file_reads_run_deinit(&found);
		return;
	}
	run = (struct store_why){
		.status = found.run.status,
		.tenant_id = found.run.tenant_id,
		.queue = FILE_READS_QUEUE,
		.lane = LANE,
		.wake = 1,
		.cancelling = found.run.cancel_requested_at != NULL,
		.early = held && !held->paused && held->state == FILE_RUN_ASLEEP,
		.run_at = found.run.run_at,
		.worker_id = "this host",
		.current_step_id = found.run.current_step_id,
		.online = 1,
		.capable = 1,
		.room = 1,
	};
	if (held && held->state == FILE_RUN_WAITING) {
		place.ahead = (int64_t)host_file_ahead(reads->host, held);
		place.waiting = (int64_t)host_file_counts(reads->host).waiting;
		place.tenants = 1;
	}
	why_decide(&run, &place, &reason);
	why = (struct port_why){
		.tenant_id = run.tenant_id,
		.status = run.status,
		.reason = reason.code,
		.detail = reason.text,
		.queue = run.queue,
		.lane = run.lane,
		.online = 1,
		.capable = 1,
	};
	if (held && held->state == FILE_RUN_WAITING)
		why.position = place.ahead + 1;
	cb(arg, ERRORS_NONE, &why);
	file_reads_run_deinit(&found);
}
