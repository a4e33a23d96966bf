/*
 * host_file_begin.c - a run whose turn it is: fresh, behind its journal, or not at all
 */
#include "host/host_file_in.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/fold.h"
#include "engine/row.h"
#include "host/failed_row.h"
#include "host/file_pins.h"
#include "ipc/scoreboard.h"

#include <string.h>

static struct exec_start start_of(struct file_run *run)
{
	return (struct exec_start){
		.run_id = run->head.run_id,
		.worker_id = run->host->options.worker_id,
		.definition = run->definition,
		.message = run->head.message,
		.message_len = strlen(run->head.message),
		.inputs = run->head.inputs,
		.inputs_len = run->head.inputs ? strlen(run->head.inputs) : 0,
		.epoch = (uint64_t)run->epoch,
		.job = run,
	};
}

/* Its end, without having been executed. */
static void fail(struct file_run *run, const char *class, const char *reason)
{
	struct host_file *host = run->host;
	const struct failed_row failed = {
		.run_id = run->head.run_id,
		.worker_id = host->options.worker_id,
		.class = class,
		.reason = reason,
		.event_max = host->engine->limits.event_max,
		.first_seq = run->event_seq + 1,
		.epoch = (uint64_t)run->epoch,
	};

	file_run_add_row(run, failed_row_new(&failed), NULL, clock_wall_ms());
	run->final = failed_row_final(&failed);
	score_add(host->options.score, SCORE_RUNS_FAILED, 1);
	host_file_ended(run);
}

/* ---- behind its journal ---- */

struct rows {
	struct arena arena;
	struct fold_row *rows;
	size_t count;
	size_t room;
	bool bad;
};

static enum files_scan add_row(void *arg, char type, const char *body, size_t len)
{
	struct rows *rows = arg;
	struct store_step step;
	int64_t at_ms;

	if (type != FILES_STEP)
		return FILES_SCAN_ON;
	if (!files_run_get_step(arena_dup_n(&rows->arena, body, len), len, &step,
				&at_ms)) {
		rows->bad = true;
		return FILES_SCAN_STOP;
	}
	if (rows->count == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 64;
		rows->rows = mem_resize(rows->rows, rows->room * sizeof(*rows->rows));
	}
	rows->rows[rows->count++] = (struct fold_row){
		.seq = step.seq,
		.path = step.path,
		.step_id = step.step_id,
		.kind = step.kind,
		.delta = step.delta,
		.events = step.events,
		.usage = step.usage,
		.error = step.error,
	};
	return FILES_SCAN_ON;
}

static int read_rows(struct file_run *run, struct rows *rows, struct err *err)
{
	uint64_t at = 0;
	int rc = files_journal_scan(run->journal.fd, &at, add_row, rows, err);

	if (rc == 0 && rows->bad)
		rc = err_set(err, ERR_INPUT, "a row of the journal cannot be read");
	return rc;
}

static int go_on(struct file_run *run, struct err *err)
{
	struct host_file *host = run->host;
	const struct exec_start start = start_of(run);
	const struct fold_seed seed = {
		.definition = run->definition,
		.message = start.message,
		.message_len = start.message_len,
		.inputs = start.inputs,
		.inputs_len = start.inputs_len,
		.state_max = host->engine->limits.state_max,
		.inner = file_pins_inner,
		.inner_data = run,
	};
	struct rows rows = { .count = 0 };
	struct fold fold;
	int rc;

	arena_init(&rows.arena);
	rc = read_rows(run, &rows, err);
	if (rc == 0) {
		rc = fold_journal(&fold, &seed, rows.rows, rows.count, err);
		if (rc == 0 && fold.ended)
			rc = err_set(err, ERR_INPUT,
				     "the last step is there, the end is not");
		if (rc == 0) {
			run->exec = exec_resume(host->engine, &start, &fold);
			log_info("run.resumed", LOG_S("run", run->head.run_id),
				 LOG_N("epoch", run->epoch), LOG_N("rows", rows.count));
		}
		fold_deinit(&fold);
	}
	mem_free(rows.rows);
	arena_deinit(&rows.arena);
	return rc;
}

void host_file_begin(struct file_run *run)
{
	struct host_file *host = run->host;
	const struct exec_start start = start_of(run);
	struct str reason = STR_INIT;
	struct err err = { .code = 0 };

	if (!run->started_at_ms)
		run->started_at_ms = clock_wall_ms();
	host_file_move(run, FILE_RUN_RUNNING);
	score_add(host->options.score, SCORE_RUNS_STARTED, 1);
	if (!run->definition) {
		fail(run, "job", "its definition cannot be executed any more");
		return;
	}
	if (host->options.max_crashes && run->charges >= host->options.max_crashes) {
		fail(run, "crash",
		     "the process died in this run's code again "
		     "and again");
		return;
	}
	if (!run->resumes) {
		run->exec = exec_new(host->engine, &start);
	} else if (go_on(run, &err) < 0) {
		log_error("run.journal_unusable", LOG_S("run", run->head.run_id),
			  LOG_S("error", err.text));
		str_printf(&reason, "the run cannot be continued: %s", err.text);
		fail(run, "internal", str_text(&reason));
		str_deinit(&reason);
		return;
	}
	if (run->cancel)
		exec_cancel(run->exec);
}
