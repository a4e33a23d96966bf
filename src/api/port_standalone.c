/*
 * port_standalone.c - the runs_port of a host that has files of runs
 *
 * Who answers:
 *
 *			standalone mode		scale mode
 *	intake		files			rows
 *	lists		files			rows
 *	chats		files			rows
 *	defs		files			rows
 *	run		who has that run, in either mode (run_router.c)
 *	fleet		rows			rows
 *
 * Without stores files answer for each run, and the fleet is a host without workers.
 * Rows are those of the port of scale mode, `next`. In scale mode this port stands in
 * front of that one for as long as the host has files of runs, so that they are found
 * where they were.
 */
#include "api/port_standalone.h"

#include "api/def_files.h"
#include "api/file_answers.h"
#include "api/file_catalog.h"
#include "api/file_chats.h"
#include "api/file_lists.h"
#include "api/file_reads.h"
#include "api/file_runs.h"
#include "api/file_submit.h"
#include "api/file_sums.h"
#include "api/file_turns.h"
#include "api/file_walk.h"
#include "api/run_router.h"
#include "base/mem.h"
#include "host/host_file.h"
#include "run/definition.h"
#include "store/files_list.h"

struct port_standalone {
	struct runs_port port;
	struct intake_port intake;
	struct list_port lists;
	struct chat_port talk;
	struct fleet_port fleet;
	struct file_runs runs;
	struct run_router router;
	struct port_standalone_parts parts;
	struct file_reads reads;
	struct file_reads_place place;
	struct def_files defs;
	struct file_chats chats;
	struct file_walks *walks;
	struct file_submit *submit; /* NULL: runs are accepted by `next` */
};

/* -- intake -- */

static void port_submit(void *self, struct port_run *run)
{
	struct port_standalone *port = self;

	file_submit_run(port->submit, run);
}

static void port_check(void *self, const char *orchestration_id, port_check_cb cb,
		       void *arg)
{
	struct port_standalone *port = self;
	const struct files_item *item;
	const struct file_entry *entry =
		file_catalog_get(port->parts.catalog, orchestration_id, &item);

	if (!entry)
		cb(arg, ERRORS_NO_ORCHESTRATION, NULL);
	else if (!entry->definition)
		cb(arg, ERRORS_DEFINITION, entry->detail);
	else
		cb(arg, ERRORS_NONE, NULL);
}

static void port_definitions(void *self, enum store_definition_kind kind,
			     port_definitions_cb cb, void *arg)
{
	struct port_standalone *port = self;
	const struct files_list *list = file_catalog_list(port->parts.catalog, kind);
	size_t i, count = files_list_count(list);
	struct store_definition_item *items =
		mem_new_n(struct store_definition_item, count + 1);

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
	const struct def_port *defs = &port->defs.port;
	struct definition_ask ask = { cb, arg, kind };

	defs->get(defs->self, kind, id, 0, on_definition, &ask);
}

static struct port_health port_health(void *self)
{
	const struct port_standalone *port = self;
	struct port_health health = {
		.mode = "standalone",
		.reason = port->parts.waits_for,
	};

	health.ok = host_file_counts(port->parts.host).disk;
	if (!health.ok)
		health.reason = "the folder of runs takes no writes";
	return health;
}

/* -- lists -- */

static void port_list(void *self, const struct store_run_filter *filter, port_runs_cb cb,
		      void *arg)
{
	struct port_standalone *port = self;

	file_lists_runs(&port->reads, port->walks, filter, cb, arg);
}

static void port_questions(void *self, const struct store_questions_filter *filter,
			   questions_cb cb, void *arg)
{
	struct port_standalone *port = self;

	file_answers_list(port->parts.host, filter, cb, arg);
}

static void port_sums(void *self, const struct store_analytics_ask *ask, port_sums_cb cb,
		      void *arg)
{
	struct port_standalone *port = self;

	file_sums_groups(&port->reads, port->walks, ask, cb, arg);
}

static void port_minutes(void *self, int64_t minutes, port_minutes_cb cb, void *arg)
{
	struct port_standalone *port = self;

	file_sums_minutes(&port->reads, port->walks, minutes, cb, arg);
}

/* -- conversations -- */

static void port_chat_post(void *self, struct port_chat *chat)
{
	const struct port_standalone *port = self;

	file_turns_post(&port->chats, chat);
}

static void port_chat_session(void *self, const char *session_id, int turns,
			      port_chat_session_cb cb, void *arg)
{
	const struct port_standalone *port = self;

	file_chats_session(&port->chats, session_id, turns, cb, arg);
}

static void port_chat_turn(void *self, const char *session_id, int64_t turn,
			   port_chat_turn_cb cb, void *arg)
{
	const struct port_standalone *port = self;

	file_chats_turn(&port->chats, session_id, turn, cb, arg);
}

static void port_chat_events(void *self, const char *session_id, int64_t turn,
			     const char *start, const char *end, int limit,
			     port_events_cb cb, void *arg)
{
	const struct port_standalone *port = self;

	file_chats_events(&port->chats, session_id, turn, start, end, limit, cb, arg);
}

static void port_chat_cancel(void *self, const char *session_id, int64_t turn,
			     const char *tenant_id, port_cancel_cb cb, void *arg)
{
	const struct port_standalone *port = self;

	file_turns_cancel(&port->chats, session_id, turn, tenant_id, cb, arg);
}

/* -- what a host by itself has none of -- */

static void port_workers(void *self, port_workers_cb cb, void *arg)
{
	(void)self;
	cb(arg, ERRORS_NONE, NULL, 0);
}

static void port_stats(void *self, port_stats_cb cb, void *arg)
{
	const struct port_standalone *port = self;
	const struct host_file_counts counts = host_file_counts(port->parts.host);
	struct port_stats stats = { .queue_name = "standalone" };

	stats.queued = (int64_t)counts.waiting;
	stats.active = (int64_t)counts.running;
	cb(arg, ERRORS_NONE, &stats);
}

static void port_letters(void *self, const struct store_letter_filter *filter,
			 port_letters_cb cb, void *arg)
{
	(void)self;
	(void)filter;
	cb(arg, ERRORS_NONE, NULL, 0, NULL);
}

static void port_letter(void *self, const char *id, port_letter_cb cb, void *arg)
{
	(void)self;
	(void)id;
	cb(arg, ERRORS_NO_LETTER, NULL);
}

static void port_discard(void *self, const char *id, const char *tenant_id,
			 port_done_cb cb, void *arg)
{
	(void)self;
	(void)id;
	(void)tenant_id;
	cb(arg, ERRORS_NO_LETTER);
}

/* -- life -- */

static void fill_ports(struct port_standalone *port)
{
	port->intake = (struct intake_port){
		.self = port,
		.submit = port_submit,
		.check = port_check,
		.definitions = port_definitions,
		.definition = port_definition,
		.health = port_health,
	};
	port->lists = (struct list_port){
		.self = port,
		.runs = port_list,
		.questions = port_questions,
		.sums = port_sums,
		.minutes = port_minutes,
	};
	port->talk = (struct chat_port){
		.self = port,
		.post = port_chat_post,
		.session = port_chat_session,
		.turn = port_chat_turn,
		.events = port_chat_events,
		.cancel = port_chat_cancel,
	};
	port->fleet = (struct fleet_port){
		.self = port,
		.workers = port_workers,
		.stats = port_stats,
		.letters = port_letters,
		.letter = port_letter,
		.discard = port_discard,
	};
}

/* The table above. */
static void choose(struct port_standalone *port)
{
	const struct port_standalone_parts *parts = &port->parts;
	const struct runs_port *next = parts->next;

	port->port = (struct runs_port){
		.intake = &port->intake,
		.run = &port->runs.port,
		.lists = &port->lists,
		.chats = &port->talk,
		.fleet = &port->fleet,
		.defs = &port->defs.port,
	};
	if (!next)
		return;
	if (!parts->standalone)
		port->port = *next;
	run_router_init(&port->router, &port->runs.port, next->run, &port->reads,
			parts->host, !parts->standalone);
	port->port.run = &port->router.port;
	port->port.fleet = next->fleet;
	port->port.manage = next->manage;
}

struct port_standalone *port_standalone_new(const struct port_standalone_parts *parts)
{
	struct port_standalone *port = mem_new(struct port_standalone);
	struct file_submit_parts submit;

	port->parts = *parts;
	port->walks = file_walks_new(parts->loop);
	def_files_init(&port->defs, parts->conf, parts->loop, parts->catalog);
	port->reads = (struct file_reads){ parts->dir, parts->host, parts->index,
					   &port->place };
	port->chats = (struct file_chats){
		.reads = &port->reads,
		.host = parts->host,
		.catalog = parts->catalog,
		.walks = port->walks,
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
	file_runs_init(&port->runs, &port->reads, parts->host, parts->tails,
		       parts->answer_max);
	fill_ports(port);
	choose(port);
	return port;
}

void port_standalone_free(struct port_standalone *port)
{
	if (!port)
		return;
	def_files_deinit(&port->defs);
	file_walks_free(port->walks);
	file_submit_free(port->submit);
	mem_free(port);
}

const struct runs_port *port_standalone_port(struct port_standalone *port)
{
	return &port->port;
}
