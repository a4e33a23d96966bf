/*
 * file_runs.c - the run_port of files: one run of this host, by its id
 *
 * What this process executes is answered from memory, all else out of its journal. It
 * knows no mode and no Postgres: who is asked is run_router.c's business.
 */
#include "api/file_runs.h"

#include "api/file_answers.h"
#include "api/file_detail.h"
#include "api/file_erase.h"
#include "api/file_reads.h"
#include "api/file_submit.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/file_tails.h"
#include "events/tail.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "store/files_view.h"

#include <string.h>

/* One that this process has, or NULL. */
static struct file_run *here(const struct file_runs *port, const char *run_id)
{
	return port->host ? host_file_find(port->host, run_id) : NULL;
}

/* -- reads -- */

static void port_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_reads_get(port->reads, run_id, cb, arg);
}

static void on_standing(void *arg, enum errors_code error,
			const struct store_run_status *run)
{
	struct run_stand *stand = arg;
	struct store_run_stand row;

	if (error != ERRORS_NONE) {
		stand->cb(stand, error, NULL);
		return;
	}
	row = (struct store_run_stand){
		.run_id = run->run_id,
		.tenant_id = run->tenant_id,
		.orchestration_id = run->orchestration_id,
		.chat = run->chat,
		.ended = run->ended_at != NULL,
	};
	stand->cb(stand, error, &row);
}

static void port_stand(void *self, struct run_stand *stand)
{
	struct file_runs *port = self;

	file_reads_get(port->reads, stand->run_id, on_standing, stand);
}

static void port_events(void *self, const char *run_id, const char *start,
			const char *end, int limit, port_events_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_reads_events(port->reads, run_id, start, end, limit, cb, arg);
}

static int port_follow(void *self, struct request *req, const struct tails_ask *ask,
		       struct err *err)
{
	struct file_runs *port = self;

	return file_tails_follow(port->tails, req, ask, err);
}

static void port_newest(void *self, const char *run_id, port_newest_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_reads_newest(port->reads, run_id, cb, arg);
}

static void port_steps(void *self, const char *run_id, int64_t from_seq, int limit,
		       port_steps_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_reads_steps(port->reads, run_id, from_seq, limit, cb, arg);
}

static void port_detail(void *self, const char *run_id, bool lists, port_detail_cb cb,
			void *arg)
{
	struct file_runs *port = self;

	file_detail_get(port->reads, run_id, lists, cb, arg);
}

static void port_why(void *self, const char *run_id, port_why_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_detail_why(port->reads, run_id, cb, arg);
}

static void port_erase(void *self, const char *run_id, const char *tenant_id,
		       port_erase_cb cb, void *arg)
{
	struct file_runs *port = self;

	file_erase_run(port->reads, port->host, run_id, tenant_id, cb, arg);
}

/* -- cancel -- */

struct cancel {
	struct file_ack ack;
	port_cancel_cb cb;
	void *arg;
};

static void on_cancel_stored(struct file_ack *ack, bool durable)
{
	struct cancel *cancel = list_entry(ack, struct cancel, ack);

	/* one that may be lost with this process was heard all the same */
	(void)durable;
	cancel->cb(cancel->arg, ERRORS_NONE, "cancellation_requested");
	mem_free(cancel);
}

/* A run of this process; false: it is ending. */
static bool cancel_here(struct file_runs *port, struct file_run *held, port_cancel_cb cb,
			void *arg)
{
	struct cancel *cancel = mem_new(struct cancel);
	struct err err;
	int rc;

	cancel->ack.stored = on_cancel_stored;
	cancel->cb = cb;
	cancel->arg = arg;
	rc = host_file_cancel(port->host, held, &cancel->ack, &err);
	if (rc > 0)
		return true;
	mem_free(cancel);
	if (rc < 0)
		cb(arg, rc == ERR_CLOSED ? ERRORS_BUSY : ERRORS_DISK, NULL);
	return rc < 0;
}

/* One that has ended, or that another process executes. */
static void cancel_elsewhere(struct file_runs *port, const struct store_run_status *run,
			     port_cancel_cb cb, void *arg)
{
	struct err err;

	if (run->ended_at) {
		cb(arg, ERRORS_NONE, run->status);
	} else if (host_file_mark(port->reads->dir, run->run_id, &err) < 0) {
		log_warn("run.not_marked", LOG_S("run", run->run_id),
			 LOG_S("error", err.text));
		cb(arg, ERRORS_DISK, NULL);
	} else {
		cb(arg, ERRORS_NONE, "cancellation_requested");
	}
}

static void port_cancel(void *self, const char *run_id, const char *tenant_id,
			port_cancel_cb cb, void *arg)
{
	struct file_runs *port = self;
	struct file_run *held = here(port, run_id);
	struct file_reads_run found;
	enum errors_code error;

	error = file_reads_run(port->reads, run_id, FILE_READS_ROW, &found);
	if (error == ERRORS_NONE && tenant_id &&
	    strcmp(tenant_id, found.run.tenant_id) != 0)
		error = ERRORS_NO_RUN;
	if (error != ERRORS_NONE)
		cb(arg, error, NULL);
	else if (!held)
		cancel_elsewhere(port, &found.run, cb, arg);
	else if (!cancel_here(port, held, cb, arg))
		cb(arg, ERRORS_NONE, file_run_end(held).status);
	file_reads_run_deinit(&found);
}

/* -- a failed run goes on -- */

struct resume {
	struct file_ack ack;
	port_resume_cb cb;
	void *arg;
	int64_t attempt;
};

static void on_resume_stored(struct file_ack *ack, bool durable)
{
	struct resume *resume = list_entry(ack, struct resume, ack);

	resume->cb(resume->arg, durable ? ERRORS_NONE : ERRORS_UNKNOWN, NULL,
		   resume->attempt);
	mem_free(resume);
}

static enum errors_code resume_error(int rc)
{
	switch (rc) {
	case ERR_NOT_FOUND:
		return ERRORS_NO_RUN;
	case ERR_CONFLICT:
		return ERRORS_NOT_FAILED;
	case ERR_INPUT:
		return ERRORS_NO_STEP;
	case ERR_FULL:
		return ERRORS_DEPTH;
	case ERR_CLOSED:
		return ERRORS_DRAINING;
	default:
		return ERRORS_DISK;
	}
}

static void reopen(struct file_runs *port, const char *run_id, const char *from_step,
		   port_resume_cb cb, void *arg)
{
	struct resume *resume = mem_new(struct resume);
	struct err err;
	int rc;

	resume->ack.stored = on_resume_stored;
	resume->cb = cb;
	resume->arg = arg;
	rc = host_file_reopen(port->host, run_id, from_step, &resume->ack,
			      &resume->attempt, &err);
	if (rc < 0) {
		mem_free(resume);
		cb(arg, resume_error(rc), NULL, 0);
	}
}

static void port_resume_failed(void *self, const char *run_id, const char *tenant_id,
			       const char *from_step, port_resume_cb cb, void *arg)
{
	struct file_runs *port = self;
	struct file_reads_run found;
	enum errors_code error;

	error = file_reads_run(port->reads, run_id, FILE_READS_ROW, &found);
	if (error == ERRORS_NONE && tenant_id &&
	    strcmp(tenant_id, found.run.tenant_id) != 0)
		error = ERRORS_NO_RUN;
	file_reads_run_deinit(&found);
	if (error == ERRORS_NONE && !port->host)
		error = ERRORS_BUSY; /* a sibling does that: it will be asked some time */
	if (error != ERRORS_NONE)
		cb(arg, error, NULL, 0);
	else
		reopen(port, run_id, from_step, cb, arg);
}

/* -- people, and who waits for an end -- */

static void port_answer(void *self, const struct answers_ask *ask, answers_cb cb,
			void *arg)
{
	struct file_runs *port = self;

	file_answers_run(port->reads, port->host, port->answer_max, ask, cb, arg);
}

static void port_outcome(void *self, const char *run_id, port_outcome_cb cb, void *arg)
{
	struct file_runs *port = self;
	const struct file_run *held = here(port, run_id);
	struct port_result result;
	struct port_asked asked;
	enum errors_code error;
	struct files_view view;
	bool over;

	if (held && !held->paused && !file_run_has_ended(held)) {
		cb(arg, ERRORS_NONE, held->head.tenant_id,
		   NULL); /* its file stays shut */
		return;
	}
	error = file_reads_view(port->reads, run_id, &view);
	over = error == ERRORS_NONE && (view.ended || view.paused);
	if (over)
		result = file_submit_result(&view.end, &view.asked, &asked);
	cb(arg, error, error == ERRORS_NONE ? view.head.tenant_id : NULL,
	   over ? &result : NULL);
	files_view_deinit(&view);
}

void file_runs_init(struct file_runs *port, const struct file_reads *reads,
		    struct host_file *host, struct file_tails *tails, size_t answer_max)
{
	*port = (struct file_runs){
		.reads = reads,
		.host = host,
		.tails = tails,
		.answer_max = answer_max,
	};
	port->port = (struct run_port){
		.self = port,
		.get = port_get,
		.stand = port_stand,
		.events = port_events,
		.follow = port_follow,
		.newest = port_newest,
		.outcome = port_outcome,
		.steps = port_steps,
		.detail = port_detail,
		.why = port_why,
		.erase = port_erase,
		.cancel = port_cancel,
		.resume_failed = port_resume_failed,
		.answer = port_answer,
	};
}
