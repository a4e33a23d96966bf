/*
 * port_standalone.c - the runs_port of a host that executes runs itself
 *
 * What needs the stores is empty here (workers, dead letters), and what concerns a run
 * comes out of its files. In scale mode the same port stands in front of the other one
 * for as long as this host has files of runs, so that they are found where they were.
 */
#include "api/port_standalone.h"

#include "api/def_files.h"
#include "api/file_answers.h"
#include "api/file_catalog.h"
#include "api/file_chats.h"
#include "api/file_detail.h"
#include "api/file_erase.h"
#include "api/file_lists.h"
#include "api/file_reads.h"
#include "api/file_submit.h"
#include "api/file_turns.h"
#include "base/log.h"
#include "base/mem.h"
#include "events/file_tails.h"
#include "events/tail.h"
#include "host/file_run.h"
#include "host/host_file.h"
#include "run/chat_run.h"
#include "run/definition.h"
#include "store/files_list.h"
#include "store/files_view.h"

#include <string.h>

struct port_standalone {
	struct runs_port port;
	struct port_standalone_parts parts;
	struct file_reads reads;
	struct def_files defs;
	struct file_chats chats;
	struct file_submit *submit; /* NULL: runs are accepted by `next` */
};

/* One that this process has, or NULL. */
static struct file_run *here(const struct port_standalone *port, const char *run_id)
{
	return port->parts.host ? host_file_find(port->parts.host, run_id) : NULL;
}

/*
 * Whether somebody else answers for this run. Turns are counted anew in each mode, so
 * that a conversation which was held in both has two of a number: in scale mode its rows
 * are meant, but for a turn that goes on here.
 */
static const struct runs_port *other(const struct port_standalone *port,
				     const char *run_id)
{
	const struct runs_port *next = port->parts.next;

	if (next && !port->parts.standalone && chat_run_turn(run_id) &&
	    !here(port, run_id))
		return next;
	return next && !file_reads_has(&port->reads, run_id) ? next : NULL;
}

/* What scale mode answers for, or NULL: this is standalone mode. */
static const struct runs_port *scale(const struct port_standalone *port)
{
	return port->parts.standalone ? NULL : port->parts.next;
}

/* -- submissions -- */

static void port_submit(void *self, struct port_run *run)
{
	struct port_standalone *port = self;

	if (port->submit)
		file_submit_run(port->submit, run);
	else
		port->parts.next->submit(port->parts.next->self, run);
}

static void port_check(void *self, const char *orchestration_id, port_check_cb cb,
		       void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = scale(port);
	const struct files_item *item;
	const struct file_entry *entry;

	if (next) {
		next->check(next->self, orchestration_id, cb, arg);
		return;
	}
	entry = file_catalog_get(port->parts.catalog, orchestration_id, &item);
	if (!entry)
		cb(arg, ERRORS_NO_ORCHESTRATION, NULL);
	else if (!entry->definition)
		cb(arg, ERRORS_DEFINITION, entry->detail);
	else
		cb(arg, ERRORS_NONE, NULL);
}

/* -- reads -- */

static void port_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->get(next->self, run_id, cb, arg);
	else
		file_reads_get(&port->reads, run_id, cb, arg);
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
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, stand->run_id);

	if (next)
		next->stand(next->self, stand);
	else
		file_reads_get(&port->reads, stand->run_id, on_standing, stand);
}

static void port_list(void *self, const struct store_run_filter *filter, port_runs_cb cb,
		      void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->list(next->self, filter, cb, arg);
	else
		file_lists_runs(&port->reads, filter, cb, arg);
}

static void port_events(void *self, const char *run_id, const char *start,
			const char *end, int limit, port_events_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->events(next->self, run_id, start, end, limit, cb, arg);
	else
		file_reads_events(&port->reads, run_id, start, end, limit, cb, arg);
}

static int port_follow(void *self, struct request *req, const struct tails_ask *ask,
		       struct err *err)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, ask->run_id);

	if (next)
		return next->follow(next->self, req, ask, err);
	return file_tails_follow(port->parts.tails, req, ask, err);
}

static void port_newest(void *self, const char *run_id, port_newest_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->newest(next->self, run_id, cb, arg);
	else
		file_reads_newest(&port->reads, run_id, cb, arg);
}

static void port_steps(void *self, const char *run_id, int64_t from_seq, int limit,
		       port_steps_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->steps(next->self, run_id, from_seq, limit, cb, arg);
	else
		file_reads_steps(&port->reads, run_id, from_seq, limit, cb, arg);
}

static void port_detail(void *self, const char *run_id, bool lists, port_detail_cb cb,
			void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->detail(next->self, run_id, lists, cb, arg);
	else
		file_detail_get(&port->reads, run_id, lists, cb, arg);
}

static void port_why(void *self, const char *run_id, port_why_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->why(next->self, run_id, cb, arg);
	else
		file_detail_why(&port->reads, run_id, cb, arg);
}

static void port_erase(void *self, const char *run_id, const char *tenant_id,
		       port_erase_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);

	if (next)
		next->erase(next->self, run_id, tenant_id, cb, arg);
	else
		file_erase_run(&port->reads, port->parts.host, run_id, tenant_id, cb,
			       arg);
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
static bool cancel_here(struct port_standalone *port, struct file_run *held,
			port_cancel_cb cb, void *arg)
{
	struct cancel *cancel = mem_new(struct cancel);
	struct err err;
	int rc;

	cancel->ack.stored = on_cancel_stored;
	cancel->cb = cb;
	cancel->arg = arg;
	rc = host_file_cancel(port->parts.host, held, &cancel->ack, &err);
	if (rc > 0)
		return true;
	mem_free(cancel);
	if (rc < 0)
		cb(arg, rc == ERR_CLOSED ? ERRORS_BUSY : ERRORS_DISK, NULL);
	return rc < 0;
}

/* One that has ended, or that another process executes. */
static void cancel_elsewhere(struct port_standalone *port,
			     const struct store_run_status *run, port_cancel_cb cb,
			     void *arg)
{
	struct err err;

	if (run->ended_at) {
		cb(arg, ERRORS_NONE, run->status);
	} else if (host_file_mark(port->parts.dir, run->run_id, &err) < 0) {
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
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);
	struct file_run *held = here(port, run_id);
	struct file_reads_run found;
	enum errors_code error;

	if (next) {
		next->cancel(next->self, run_id, tenant_id, cb, arg);
		return;
	}
	error = file_reads_run(&port->reads, run_id, FILE_READS_ROW, &found);
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

static void reopen(struct port_standalone *port, const char *run_id,
		   const char *from_step, port_resume_cb cb, void *arg)
{
	struct resume *resume = mem_new(struct resume);
	struct err err;
	int rc;

	resume->ack.stored = on_resume_stored;
	resume->cb = cb;
	resume->arg = arg;
	rc = host_file_reopen(port->parts.host, run_id, from_step, &resume->ack,
			      &resume->attempt, &err);
	if (rc < 0) {
		mem_free(resume);
		cb(arg, resume_error(rc), NULL, 0);
	}
}

static void port_resume_failed(void *self, const char *run_id, const char *tenant_id,
			       const char *from_step, port_resume_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);
	struct file_reads_run found;
	enum errors_code error;

	if (next) {
		next->resume_failed(next->self, run_id, tenant_id, from_step, cb, arg);
		return;
	}
	error = file_reads_run(&port->reads, run_id, FILE_READS_ROW, &found);
	if (error == ERRORS_NONE && tenant_id &&
	    strcmp(tenant_id, found.run.tenant_id) != 0)
		error = ERRORS_NO_RUN;
	file_reads_run_deinit(&found);
	if (error == ERRORS_NONE && !port->parts.host)
		error = ERRORS_BUSY; /* a sibling does that: it will be asked some time */
	if (error != ERRORS_NONE)
		cb(arg, error, NULL, 0);
	else
		reopen(port, run_id, from_step, cb, arg);
}

/* -- definitions -- */

static void port_definitions(void *self, enum store_definition_kind kind,
			     port_definitions_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = scale(port);
	struct store_definition_item *items;
	const struct files_list *list;
	size_t i, count;

	if (next) {
		next->definitions(next->self, kind, cb, arg);
		return;
	}
	list = file_catalog_list(port->parts.catalog, kind);
	count = files_list_count(list);
	items = mem_new_n(struct store_definition_item, count + 1);
	for (i = 0; i < count; i++) {
		const struct files_item *item = files_list_at(list, i);

		items[i].id = item->id;
		items[i].name = item->name;
		items[i].description = kind == STORE_AGENT ? NULL : item->description;
	}
	cb(arg, ERRORS_NONE, items, count);
	mem_free(items);
}

struct definition_ask {
	port_definition_cb cb;
	void *arg;
	enum store_definition_kind kind;
};

static void on_definition(void *arg, enum errors_code error,
			  const struct store_definition *found)
{
	struct definition_ask *ask = arg;

	if (error == ERRORS_NO_DEFINITION)
		error = ask->kind == STORE_AGENT ? ERRORS_NO_AGENT
						 : ERRORS_NO_ORCHESTRATION;
	ask->cb(ask->arg, error, found);
}

static void port_definition(void *self, enum store_definition_kind kind, const char *id,
			    port_definition_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = scale(port);
	const struct def_port *defs = &port->defs.port;
	struct definition_ask ask = { cb, arg, kind };

	if (next)
		next->definition(next->self, kind, id, cb, arg);
	else /* files answer at once */
		defs->get(defs->self, kind, id, 0, on_definition, &ask);
}

/* -- what a host by itself has none of -- */

static void port_workers(void *self, port_workers_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = port->parts.next;

	if (next)
		next->workers(next->self, cb, arg);
	else
		cb(arg, ERRORS_NONE, NULL, 0);
}

static void port_stats(void *self, port_stats_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = port->parts.next;
	struct host_file_counts counts;
	struct port_stats stats = { .queue_name = "standalone" };

	if (next) {
		next->stats(next->self, cb, arg);
		return;
	}
	counts = host_file_counts(port->parts.host);
	stats.queued = (int64_t)counts.waiting;
	stats.active = (int64_t)counts.running;
	cb(arg, ERRORS_NONE, &stats);
}

static void port_letters(void *self, const struct store_letter_filter *filter,
			 port_letters_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = port->parts.next;

	if (next)
		next->letters(next->self, filter, cb, arg);
	else
		cb(arg, ERRORS_NONE, NULL, 0, NULL);
}

static void port_letter(void *self, const char *id, port_letter_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = port->parts.next;

	if (next)
		next->letter(next->self, id, cb, arg);
	else
		cb(arg, ERRORS_NO_LETTER, NULL);
}

static void port_discard(void *self, const char *id, const char *tenant_id,
			 port_done_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = port->parts.next;

	if (next)
		next->discard(next->self, id, tenant_id, cb, arg);
	else
		cb(arg, ERRORS_NO_LETTER);
}

/* -- people -- */

static void port_answer(void *self, const struct answers_ask *ask, answers_cb cb,
			void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, ask->run_id);

	if (next)
		next->answer(next->self, ask, cb, arg);
	else
		file_answers_run(&port->reads, port->parts.host, port->parts.answer_max,
				 ask, cb, arg);
}

static void port_questions(void *self, const struct store_questions_filter *filter,
			   questions_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->questions(next->self, filter, cb, arg);
	else
		file_answers_list(port->parts.host, filter, cb, arg);
}

/* -- conversations -- */

static void port_outcome(void *self, const char *run_id, port_outcome_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct runs_port *next = other(port, run_id);
	const struct file_run *held = here(port, run_id);
	struct port_result result;
	struct port_asked asked;
	enum errors_code error;
	struct files_view view;
	bool over;

	if (next) {
		next->outcome(next->self, run_id, cb, arg);
		return;
	}
	if (held && !held->paused && !file_run_has_ended(held)) {
		cb(arg, ERRORS_NONE, held->head.tenant_id,
		   NULL); /* its file stays shut */
		return;
	}
	error = file_reads_view(&port->reads, run_id, &view);
	over = error == ERRORS_NONE && (view.ended || view.paused);
	if (over)
		result = file_submit_result(&view.end, &view.asked, &asked);
	cb(arg, error, error == ERRORS_NONE ? view.head.tenant_id : NULL,
	   over ? &result : NULL);
	files_view_deinit(&view);
}

static void port_chat_post(void *self, struct port_chat *chat)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->chat_post(next->self, chat);
	else
		file_turns_post(&port->chats, chat);
}

static void port_chat_session(void *self, const char *session_id, int turns,
			      port_chat_session_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->chat_session(next->self, session_id, turns, cb, arg);
	else
		file_chats_session(&port->chats, session_id, turns, cb, arg);
}

static void port_chat_turn(void *self, const char *session_id, int64_t turn,
			   port_chat_turn_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->chat_turn(next->self, session_id, turn, cb, arg);
	else
		file_chats_turn(&port->chats, session_id, turn, cb, arg);
}

static void port_chat_events(void *self, const char *session_id, int64_t turn,
			     const char *start, const char *end, int limit,
			     port_events_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->chat_events(next->self, session_id, turn, start, end, limit, cb,
				  arg);
	else
		file_chats_events(&port->chats, session_id, turn, start, end, limit, cb,
				  arg);
}

static void port_chat_cancel(void *self, const char *session_id, int64_t turn,
			     const char *tenant_id, port_cancel_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);

	if (next)
		next->chat_cancel(next->self, session_id, turn, tenant_id, cb, arg);
	else
		file_turns_cancel(&port->chats, session_id, turn, tenant_id, cb, arg);
}

static struct port_health port_health(void *self)
{
	const struct port_standalone *port = self;
	const struct runs_port *next = scale(port);
	struct port_health health = {
		.mode = "standalone",
		.reason = port->parts.waits_for,
	};

	if (next)
		return next->health(next->self);
	health.ok = host_file_counts(port->parts.host).disk;
	if (!health.ok)
		health.reason = "the folder of runs takes no writes";
	return health;
}

/* -- life -- */

struct port_standalone *port_standalone_new(const struct port_standalone_parts *parts)
{
	struct port_standalone *port = mem_new(struct port_standalone);
	struct file_submit_parts submit;

	port->parts = *parts;
	def_files_init(&port->defs, parts->conf, parts->catalog);
	port->reads = (struct file_reads){ parts->dir, parts->host, parts->index };
	port->chats = (struct file_chats){
		.reads = &port->reads,
		.host = parts->host,
		.catalog = parts->catalog,
		.turns_max = parts->turns_max,
	};
	submit = (struct file_submit_parts){
		.loop = parts->loop,
		.host = parts->host,
		.catalog = parts->catalog,
		.reads = &port->reads,
		.answer_ms = parts->answer_ms,
	};
	if (parts->standalone)
		port->submit = file_submit_new(&submit);
	port->port = (struct runs_port){
		.self = port,
		.submit = port_submit,
		.check = port_check,
		.get = port_get,
		.stand = port_stand,
		.list = port_list,
		.events = port_events,
		.newest = port_newest,
		.follow = port_follow,
		.outcome = port_outcome,
		.steps = port_steps,
		.detail = port_detail,
		.why = port_why,
		.erase = port_erase,
		.cancel = port_cancel,
		.resume_failed = port_resume_failed,
		.definitions = port_definitions,
		.definition = port_definition,
		.workers = port_workers,
		.stats = port_stats,
		.letters = port_letters,
		.letter = port_letter,
		.discard = port_discard,
		.answer = port_answer,
		.questions = port_questions,
		.chat_post = port_chat_post,
		.chat_session = port_chat_session,
		.chat_turn = port_chat_turn,
		.chat_events = port_chat_events,
		.chat_cancel = port_chat_cancel,
		.health = port_health,
		.manage = parts->next ? parts->next->manage : NULL,
		.defs = parts->standalone || !parts->next ? &port->defs.port
							  : parts->next->defs,
	};
	return port;
}

void port_standalone_free(struct port_standalone *port)
{
	if (!port)
		return;
	file_submit_free(port->submit);
	mem_free(port);
}

const struct runs_port *port_standalone_port(struct port_standalone *port)
{
	return &port->port;
}
