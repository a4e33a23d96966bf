/*
 * file_takeover.c - checkpoints that stock programs left become runs of this host
 *
 * A `<run id>.json` without a journal beside it is stock's (CONTRACT 5.3). It gets one,
 * so that lists, details and people find it like any other run, and stays as it is for
 * stock readers:
 *
 *	ended    a journal with its end, where those of ended runs are. Of a failed one it
 *		 says as well where that stands, so that it can go on (resume-failed)
 *	paused   a journal under live/ with the question and a snapshot (stock_run.c),
 *		 which is adopted like those of dead processes
 *	old      ended longer ago than runs are kept: left alone, as it would be deleted
 *		 at once and is not ours to delete
 *	running  left alone: its program may live, and does not say where it is
 *
 * There may be many of them, so it is done between other things: a budget each turn, and
 * a thread waits for the disk.
 */
#include "host/file_takeover.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/ids.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/moment.h"
#include "base/str.h"
#include "host/stock_run.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_dir.h"
#include "store/files_io.h"
#include "store/files_journal.h"
#include "store/files_list.h"
#include "store/files_run.h"
#include "store/store_waits.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define TAKEN_NOT      1 /* it is left alone, and that is in order */
#define EACH_S         0.05
#define BUDGET_MS      25
#define MAKING_MAX     16 /* on their way to the disk */
#define CHECKPOINT_MAX ((size_t)64 * 1024 * 1024)

struct file_takeover {
	struct file_takeover_options options;
	DIR *list; /* NULL: all was looked at */
	ev_timer timer;
	size_t taken;
	size_t making;
	bool closing;
};

/* One checkpoint; texts are the document's. */
struct checkpoint {
	const struct json *doc;
	const char *run_id;
	const char *status;
	struct str state, history, error;
	struct files_head head;
};

static int64_t moment_of(const struct json *doc, const char *key)
{
	const char *text = jsonr_get_text(doc, key);
	int64_t at_ms;

	return text && moment_parse(text, &at_ms) ? at_ms : 0;
}

static void print_error(struct checkpoint *point)
{
	const struct json *history = jsonr_get(point->doc, "step_history");
	size_t n = jsonr_count(history);
	const struct json *last = n ? jsonr_at(history, n - 1) : NULL;
	struct jsonw w;

	if (strcmp(point->status, "failed") != 0)
		return;
	jsonw_init(&w, &point->error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", "job");
	jsonw_pair_text(&w, "step_id", jsonr_get_text(last, "step_id"));
	jsonw_pair_text(&w, "message",
			jsonr_get_text(last, "error") ? jsonr_get_text(last, "error")
						      : "the program that ran it says "
							"no more");
	jsonw_object_end(&w);
}

static bool read_checkpoint(const struct file_takeover *takeover, const struct json *doc,
			    const char *run_id, struct checkpoint *ret)
{
	const char *named = jsonr_get_text(doc, "run_id");
	const char *orchestration_id = jsonr_get_text(doc, "orchestration_id");
	const struct json *state = jsonr_get(doc, "shared_state");
	const struct json *history = jsonr_get(doc, "step_history");

	*ret = (struct checkpoint){ .doc = doc, .run_id = run_id };
	ret->status = jsonr_get_text(doc, "status");
	if (!named || strcmp(named, run_id) != 0 || !orchestration_id || !ret->status ||
	    jsonr_type(state) != JSONR_OBJECT || jsonr_type(history) != JSONR_ARRAY)
		return false;
	jsonr_print(state, &ret->state);
	jsonr_print(history, &ret->history);
	print_error(ret);
	ret->head = (struct files_head){
		.run_id = run_id,
		.orchestration_id = orchestration_id,
		.tenant_id = takeover->options.tenant_id,
		.session_id = jsonr_get_text(doc, "session_id"),
		.message = jsonr_get_text(state, "user_input"),
		.definition = "null", /* not to be executed */
		.created_at_ms = moment_of(doc, "started_at"),
	};
	if (!ret->head.message)
		ret->head.message = "";
	return true;
}

static void checkpoint_deinit(struct checkpoint *point)
{
	str_deinit(&point->state);
	str_deinit(&point->history);
	str_deinit(&point->error);
}

static void add(struct files_journal *journal, char type, struct str *body)
{
	files_journal_add(journal, type, body);
	str_reset(body, 65536);
}

/* -- its journal -- */

struct making {
	struct files_io_job job;
	struct file_takeover *takeover;
	struct files_put put;
	char run_id[IDS_MAX];
	bool live;
	int rc;
	struct err err;
};

static void work(struct files_io_job *job)
{
	struct making *making = list_entry(job, struct making, job);

	making->rc = files_put_make(&making->put, &making->err);
}

static void leave(const char *run_id, const struct err *err)
{
	log_warn("run.checkpoint_left", LOG_S("run", run_id), LOG_S("error", err->text));
}

static void check_over(const struct file_takeover *takeover)
{
	if (!takeover->list && !takeover->making && takeover->taken && !takeover->closing)
		log_info("run.checkpoints_taken", LOG_N("count", takeover->taken));
}

static void on_made(struct files_io_job *job)
{
	struct making *making = list_entry(job, struct making, job);
	struct file_takeover *takeover = making->takeover;
	const struct file_takeover_options *options = &takeover->options;

	takeover->making--;
	if (making->rc < 0) {
		leave(making->run_id, &making->err);
	} else {
		takeover->taken++;
		if (!takeover->closing)
			options->made(options->arg, making->run_id, making->live);
	}
	files_put_deinit(&making->put);
	mem_free(making);
	check_over(takeover);
}

/* What was added is on the disk by and by, under its name. */
static int make(struct file_takeover *takeover, bool live,
		const struct files_journal *journal, const char *run_id, struct err *err)
{
	const struct files_dir *dir = takeover->options.dir;
	char name[FILES_NAME_MAX];
	struct making *making;

	if (!files_dir_name(run_id, ".journal", name))
		return err_set(err, ERR_INPUT, "an id that no file has");
	making = mem_new(struct making);
	making->takeover = takeover;
	making->live = live;
	making->job.work = work;
	making->job.done = on_made;
	(void)snprintf(making->run_id, sizeof(making->run_id), "%s", run_id);
	files_put_init(&making->put, journal, live ? dir->live : dir->root, name);
	takeover->making++;
	files_io_add(takeover->options.io, &making->job);
	return 0;
}

/* -- where a run stands -- */

static const char *failed_step(const struct checkpoint *point)
{
	const struct json *history = jsonr_get(point->doc, "step_history");
	size_t n = jsonr_count(history);

	return n ? jsonr_get_text(jsonr_at(history, n - 1), "step_id") : NULL;
}

static void add_rows(struct files_journal *journal, const struct stock_run *run,
		     const struct stock_journal *rows, const char *fields)
{
	const struct store_wait_change wait = {
		.opens = true,
		.path = str_text(&rows->path),
		.execution = rows->execution,
		.step_id = run->step_id,
		.prompt = run->prompt,
		.fields = fields,
	};
	const struct store_step first = {
		.run_id = run->run_id,
		.seq = STOCK_RUN_SEQ,
		.path = "",
		.step_id = run->step_id,
		.execution = rows->execution,
		.kind = run->failed ? "step" : "wait",
		.events = rows->events.len ? str_text(&rows->events) : NULL,
		.wait = run->failed ? NULL : &wait,
	};
	const struct store_step second = {
		.run_id = run->run_id,
		.seq = STOCK_RUN_SEQ + 1,
		.path = "",
		.step_id = "",
		.kind = "snapshot",
		.delta = str_text(&rows->snapshot),
	};
	struct str body = STR_INIT;

	files_run_put_step(&body, &first, run->now_ms);
	add(journal, FILES_STEP, &body);
	files_run_put_step(&body, &second, run->now_ms);
	add(journal, FILES_STEP, &body);
	str_deinit(&body);
}

/* The head and the rows, over the definition that there is now. */
static int add_standing(const struct file_takeover *takeover, struct checkpoint *point,
			const char *failed, struct files_journal *journal,
			struct err *err)
{
	struct files_list *list = takeover->options.orchestrations;
	const struct stock_run run = {
		.run_id = point->run_id,
		.step_id = failed ? failed_step(point)
				  : jsonr_get_text(point->doc, "current_step_id"),
		.prompt = jsonr_get_text(point->doc, "human_prompt"),
		.failed = failed,
		.state = jsonr_get(point->doc, "shared_state"),
		.history = jsonr_get(point->doc, "step_history"),
		.now_ms = clock_wall_ms(),
		.state_max = takeover->options.state_max,
		.event_max = takeover->options.event_max,
	};
	struct stock_journal rows = { STR_INIT, STR_INIT, STR_INIT, 0 };
	struct str body = STR_INIT, fields = STR_INIT;
	struct definition *definition = NULL;
	const struct files_item *item;
	struct problems problems;
	int rc;

	if (jsonr_type(jsonr_get(point->doc, "nested_run_id")) != JSONR_NULL)
		return err_set(err, ERR_INPUT, "where it stands is inside another run");
	files_list_look(list, clock_mono_ms());
	item = files_list_find(list, point->head.orchestration_id);
	if (!item)
		return err_set(err, ERR_NOT_FOUND, "its orchestration is not there");
	problem_init(&problems);
	rc = definition_parse(item->text, item->len, &definition, &problems);
	if (rc < 0)
		(void)err_set(err, rc, "its orchestration cannot be read");
	else
		rc = stock_run_journal(&run, definition, &rows, err);
	if (rc == 0) {
		point->head.definition = item->text;
		files_run_put_head(&body, &point->head);
		add(journal, FILES_HEAD, &body);
		jsonr_print(jsonr_get(point->doc, "human_fields"), &fields);
		add_rows(journal, &run, &rows, str_text(&fields));
	}
	problem_deinit(&problems);
	definition_unref(definition);
	stock_journal_deinit(&rows);
	str_deinit(&fields);
	str_deinit(&body);
	return rc;
}

/* -- one of each sort -- */

/* A failed one that cannot go on is one that has ended. */
static void add_head(const struct file_takeover *takeover, struct checkpoint *point,
		     struct files_journal *journal)
{
	const struct files_owner owner = { 0, point->head.created_at_ms, "stock" };
	bool failed = strcmp(point->status, "failed") == 0;
	struct str body = STR_INIT;
	struct err why;

	if (!failed ||
	    add_standing(takeover, point, "it failed in the program that ran it", journal,
			 &why) < 0) {
		files_run_put_head(&body, &point->head);
		add(journal, FILES_HEAD, &body);
	}
	files_run_put_owner(&body, &owner);
	add(journal, FILES_OWNER, &body);
	str_deinit(&body);
}

static int take_ended(struct file_takeover *takeover, struct checkpoint *point,
		      struct err *err)
{
	struct files_journal journal = { .fd = -1 };
	struct str body = STR_INIT;
	const struct files_end end = {
		.status = point->status,
		.state = str_text(&point->state),
		.history = str_text(&point->history),
		.error = point->error.len ? str_text(&point->error) : NULL,
		.ended_at_ms = moment_of(point->doc, "ended_at"),
		.tokens = jsonr_get_int(point->doc, "total_tokens_used", 0),
		.cost_usd = jsonr_double(jsonr_get(point->doc, "total_cost_usd")),
	};
	int rc;

	if (takeover->options.keep_ms &&
	    end.ended_at_ms < clock_wall_ms() - takeover->options.keep_ms)
		return TAKEN_NOT;
	add_head(takeover, point, &journal);
	files_run_put_end(&body, &end);
	add(&journal, FILES_END, &body);
	rc = make(takeover, false, &journal, point->run_id, err);
	str_deinit(&body);
	files_journal_close(&journal);
	return rc;
}

static int take_paused(struct file_takeover *takeover, struct checkpoint *point,
		       struct err *err)
{
	struct files_journal journal = { .fd = -1 };
	int rc = add_standing(takeover, point, NULL, &journal, err);

	if (rc == 0)
		rc = make(takeover, true, &journal, point->run_id, err);
	files_journal_close(&journal);
	return rc;
}

static int take(struct file_takeover *takeover, struct checkpoint *point, struct err *err)
{
	if (strcmp(point->status, "completed") == 0 ||
	    strcmp(point->status, "failed") == 0 ||
	    strcmp(point->status, "cancelled") == 0)
		return take_ended(takeover, point, err);
	if (strcmp(point->status, "paused") == 0)
		return take_paused(takeover, point, err);
	return err_set(err, ERR_CONFLICT, "the program that ran it said '%s'",
		       point->status);
}

static bool has_journal(const struct files_dir *dir, const char *run_id)
{
	struct err err;
	bool live;
	int fd;

	if (files_dir_read(dir, run_id, &fd, &live, &err) == ERR_NOT_FOUND)
		return false;
	fdutil_close(&fd);
	return true; /* or something is wrong with it, which is not for us */
}

static void look_at(struct file_takeover *takeover, const char *name)
{
	const struct files_dir *dir = takeover->options.dir;
	struct checkpoint point = { .status = NULL };
	struct str path = STR_INIT;
	struct json *doc = NULL;
	char run_id[IDS_MAX];
	char *text = NULL;
	struct err err;
	size_t len;
	int rc;

	if (!files_dir_id(name, ".json", run_id) || has_journal(dir, run_id))
		return;
	str_printf(&path, "%s/%s", dir->path, name);
	rc = fdutil_read_file(str_text(&path), CHECKPOINT_MAX, &text, &len, &err);
	if (rc == 0)
		rc = jsonr_parse(text, len, &doc, NULL, NULL, &err);
	if (rc == 0 && !read_checkpoint(takeover, doc, run_id, &point))
		rc = err_set(&err, ERR_INPUT, "it is no checkpoint of this run");
	if (rc == 0)
		rc = take(takeover, &point, &err);
	if (rc < 0)
		leave(run_id, &err);
	checkpoint_deinit(&point);
	jsonr_free(doc);
	mem_free(text);
	str_deinit(&path);
}

static void done(struct file_takeover *takeover)
{
	(void)closedir(takeover->list);
	takeover->list = NULL;
	ev_timer_stop(takeover->options.loop, &takeover->timer);
	check_over(takeover);
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct file_takeover *takeover = w->data;
	int64_t until_mono_ms = clock_mono_ms() + BUDGET_MS;

	(void)loop;
	(void)revents;
	while (takeover->making < MAKING_MAX && clock_mono_ms() < until_mono_ms) {
		const struct dirent *entry = readdir(takeover->list);

		if (!entry) {
			done(takeover);
			return;
		}
		look_at(takeover, entry->d_name);
	}
}

struct file_takeover *file_takeover_new(const struct file_takeover_options *options)
{
	struct file_takeover *takeover = mem_new(struct file_takeover);

	takeover->options = *options;
	takeover->list = opendir(options->dir->path);
	ev_timer_init(&takeover->timer, on_time, 0., EACH_S);
	takeover->timer.data = takeover;
	if (takeover->list)
		ev_timer_start(options->loop, &takeover->timer);
	return takeover;
}

void file_takeover_free(struct file_takeover *takeover)
{
	if (!takeover)
		return;
	ev_timer_stop(takeover->options.loop, &takeover->timer);
	if (takeover->list)
		(void)closedir(takeover->list);
	takeover->closing = true;
	if (takeover->making)
		files_io_settle(takeover->options.io);
	mem_free(takeover);
}
