/*
 * port_scale.c - the runs_port of scale mode: which part answers which act
 *
 * It makes the parts, hands each act to the one that owns it, and ends them in order.
 * While Postgres or Redis is away a part answers at once with the error that says so.
 */
#include "api/port_scale.h"

#include "api/answers.h"
#include "api/cancels.h"
#include "api/catalog.h"
#include "api/chat_cancels.h"
#include "api/chat_reads.h"
#include "api/chats.h"
#include "api/def_rows.h"
#include "api/definition_reads.h"
#include "api/detail_reads.h"
#include "api/erasures.h"
#include "api/exec_check.h"
#include "api/letters.h"
#include "api/manage.h"
#include "api/outcomes.h"
#include "api/queue_fill.h"
#include "api/read_gate.h"
#include "api/resumes.h"
#include "api/run_reads.h"
#include "api/run_stands.h"
#include "api/submit.h"
#include "api/sum_reads.h"
#include "api/tenant_book.h"
#include "api/why_reads.h"
#include "api/worker_reads.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "events/tail.h"
#include "host/next_turn.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "redis/redis_link.h"

struct port_scale {
	struct runs_port port;
	struct intake_port intake;
	struct run_port run;
	struct list_port lists;
	struct chat_port chats;
	struct fleet_port fleet;
	struct port_scale_parts parts;
	struct catalog *catalog;
	struct tenant_book *tenants;
	struct submit *submit;
	struct cancels *cancels;
	struct resumes *resumes;
	struct answers *answers;
	struct manage manage;
	struct def_rows defs;
	struct next_turns *turns;
	struct chats *talk;
	struct tails *tails;
	struct run_stands *stands;
	struct read_gate *gate; /* of lists */
	struct queue *queue;    /* the first name: what stats speaks of */
	void (*idle)(void *arg);
	void *idle_arg;
};

/* -- runs -- */

static void port_submit(void *self, struct port_run *run)
{
	struct port_scale *port = self;

	submit_run(port->submit, run);
}

static void port_check(void *self, const char *orchestration_id, port_check_cb cb,
		       void *arg)
{
	struct port_scale *port = self;

	exec_check_run(port->catalog, port->parts.pool, port->parts.link,
		       orchestration_id, cb, arg);
}

static void port_get(void *self, const char *run_id, port_run_cb cb, void *arg)
{
	struct port_scale *port = self;

	run_reads_get(port->parts.pool, run_id, cb, arg);
}

static void port_stand(void *self, struct run_stand *stand)
{
	struct port_scale *port = self;

	run_stands_ask(port->stands, stand);
}

static void port_list(void *self, const struct store_run_filter *filter, port_runs_cb cb,
		      void *arg)
{
	struct port_scale *port = self;

	run_reads_list(port->gate, filter, cb, arg);
}

static void port_events(void *self, const char *run_id, const char *start,
			const char *end, int limit, port_events_cb cb, void *arg)
{
	struct port_scale *port = self;

	run_reads_events(port->parts.pool, port->parts.link, run_id, start, end, limit,
			 cb, arg);
}

static int port_follow(void *self, struct request *req, const struct tails_ask *ask,
		       struct err *err)
{
	struct port_scale *port = self;

	return tails_follow(port->tails, req, ask, err);
}

static void port_newest(void *self, const char *run_id, port_newest_cb cb, void *arg)
{
	struct port_scale *port = self;

	run_reads_newest(port->parts.pool, port->parts.link, run_id, cb, arg);
}

static void port_steps(void *self, const char *run_id, int64_t from_seq, int limit,
		       port_steps_cb cb, void *arg)
{
	struct port_scale *port = self;

	run_reads_steps(port->parts.pool, run_id, from_seq, limit, cb, arg);
}

static void port_detail(void *self, const char *run_id, bool lists, port_detail_cb cb,
			void *arg)
{
	struct port_scale *port = self;

	detail_reads_get(port->parts.pool, run_id, lists, cb, arg);
}

static void port_why(void *self, const char *run_id, port_why_cb cb, void *arg)
{
	struct port_scale *port = self;

	why_reads_get(&port->manage, run_id, cb, arg);
}

static void port_erase(void *self, const char *run_id, const char *tenant_id,
		       port_erase_cb cb, void *arg)
{
	struct port_scale *port = self;

	erasures_run(&port->manage, run_id, tenant_id, cb, arg);
}

static void port_cancel(void *self, const char *run_id, const char *tenant_id,
			port_cancel_cb cb, void *arg)
{
	struct port_scale *port = self;

	cancels_run(port->cancels, run_id, tenant_id, cb, arg);
}

static void port_resume_failed(void *self, const char *run_id, const char *tenant_id,
			       const char *from_step, port_resume_cb cb, void *arg)
{
	struct port_scale *port = self;

	resumes_run(port->resumes, run_id, tenant_id, from_step, cb, arg);
}

/* -- questions to people -- */

static void port_answer(void *self, const struct answers_ask *ask, answers_cb cb,
			void *arg)
{
	struct port_scale *port = self;

	answers_run(port->answers, ask, cb, arg);
}

static void port_questions(void *self, const struct store_questions_filter *filter,
			   questions_cb cb, void *arg)
{
	struct port_scale *port = self;

	questions_list(port->gate, filter, cb, arg);
}

static void port_sums(void *self, const struct store_analytics_ask *ask, port_sums_cb cb,
		      void *arg)
{
	struct port_scale *port = self;

	sum_reads_groups(port->gate, ask, cb, arg);
}

static void port_minutes(void *self, int64_t minutes, port_minutes_cb cb, void *arg)
{
	struct port_scale *port = self;

	sum_reads_minutes(port->parts.pool, minutes, cb, arg);
}

/* -- definitions -- */

static void port_definitions(void *self, enum store_definition_kind kind,
			     port_definitions_cb cb, void *arg)
{
	struct port_scale *port = self;

	definition_reads_list(port->parts.pool, kind, cb, arg);
}

static void port_definition(void *self, enum store_definition_kind kind, const char *id,
			    port_definition_cb cb, void *arg)
{
	struct port_scale *port = self;

	definition_reads_get(port->parts.pool, kind, id, cb, arg);
}

/* -- workers, queue, health -- */

static void port_workers(void *self, port_workers_cb cb, void *arg)
{
	struct port_scale *port = self;

	worker_reads_list(port->parts.pool, cb, arg);
}

static void port_stats(void *self, port_stats_cb cb, void *arg)
{
	struct port_scale *port = self;

	queue_fill_read(port->parts.pool, port->queue, cb, arg);
}

static struct port_health port_health(void *self)
{
	struct port_scale *port = self;
	struct port_health health = {
		.redis_connected = redis_link_is_up(port->parts.link),
		.pg_connected = pg_pool_links_up(port->parts.pool) > 0,
		.mode = "scale",
	};

	health.ok = health.redis_connected && health.pg_connected;
	if (!health.redis_connected && !health.pg_connected)
		health.reason = "Redis and Postgres are not connected";
	else if (!health.redis_connected)
		health.reason = "Redis is not connected";
	else if (!health.pg_connected)
		health.reason = "Postgres is not connected";

	return health;
}

/* -- conversations -- */

static void port_outcome(void *self, const char *run_id, port_outcome_cb cb, void *arg)
{
	const struct port_scale *port = self;

	outcomes_get(port->parts.pool, run_id, cb, arg);
}

static void port_chat_post(void *self, struct port_chat *chat)
{
	struct port_scale *port = self;

	chats_post(port->talk, chat);
}

static void port_chat_session(void *self, const char *session_id, int turns,
			      port_chat_session_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_session(port->parts.pool, session_id, turns, cb, arg);
}

static void port_chat_turn(void *self, const char *session_id, int64_t turn,
			   port_chat_turn_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_turn(port->parts.pool, session_id, turn, cb, arg);
}

static void port_chat_events(void *self, const char *session_id, int64_t turn,
			     const char *start, const char *end, int limit,
			     port_events_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_reads_events(port->parts.pool, port->parts.link, session_id, turn, start,
			  end, limit, cb, arg);
}

static void port_chat_cancel(void *self, const char *session_id, int64_t turn,
			     const char *tenant_id, port_cancel_cb cb, void *arg)
{
	struct port_scale *port = self;

	chat_cancels_run(port->parts.pool, port->cancels, session_id, turn, tenant_id, cb,
			 arg);
}

/* -- dead letters -- */

static void port_letters(void *self, const struct store_letter_filter *filter,
			 port_letters_cb cb, void *arg)
{
	struct port_scale *port = self;
	struct store_letter_filter whole = *filter;

	whole.default_tenant = port->parts.conf->limits.default_tenant;
	letters_list(port->gate, &whole, cb, arg);
}

static void port_letter(void *self, const char *id, port_letter_cb cb, void *arg)
{
	struct port_scale *port = self;

	letters_get(port->parts.pool, id, port->parts.conf->limits.default_tenant, cb,
		    arg);
}

static void port_discard(void *self, const char *id, const char *tenant_id,
			 port_done_cb cb, void *arg)
{
	struct port_scale *port = self;

	letters_discard(port->parts.pool, id, tenant_id,
			port->parts.conf->limits.default_tenant, cb, arg);
}

/* -- life -- */

static void fill_ports(struct port_scale *port)
{
	port->intake = (struct intake_port){
		.self = port,
		.submit = port_submit,
		.check = port_check,
		.definitions = port_definitions,
		.definition = port_definition,
		.health = port_health,
	};
	port->run = (struct run_port){
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
	port->lists = (struct list_port){
		.self = port,
		.runs = port_list,
		.questions = port_questions,
		.sums = port_sums,
		.minutes = port_minutes,
	};
	port->chats = (struct chat_port){
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
	port->port = (struct runs_port){
		.intake = &port->intake,
		.run = &port->run,
		.lists = &port->lists,
		.chats = &port->chats,
		.fleet = &port->fleet,
		.defs = &port->defs.port,
		.manage = &port->manage,
	};
}

int port_scale_new(const struct port_scale_parts *parts, struct port_scale **ret,
		   struct err *err)
{
	struct port_scale *port = mem_new(struct port_scale);
	struct submit_parts submit = {
		.loop = parts->loop,
		.conf = parts->conf,
		.link = parts->link,
		.scripts = parts->scripts,
		.pool = parts->pool,
		.score = parts->score,
	};
	struct chats_parts chats = {
		.conf = parts->conf,
		.link = parts->link,
		.scripts = parts->scripts,
		.pool = parts->pool,
		.score = parts->score,
	};
	struct cancels_parts cancels = {
		.loop = parts->loop,
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.events_ttl_ms = parts->conf->events.ttl_ms,
		.event_max = (size_t)parts->conf->engine.event_max_bytes,
	};
	const struct resumes_parts resumes = {
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
	};
	const struct answers_parts answers = {
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.conf = parts->conf,
		.answer_max = (size_t)parts->conf->engine.step_output_max_bytes,
	};
	struct tails_options tails = {
		.loop = parts->loop,
		.redis = parts->redis,
		.pool = parts->pool,
	};
	int rc;

	port->parts = *parts;
	rc = queue_new(parts->link, parts->scripts, parts->conf->queue.names.items[0],
		       NULL, &port->queue, err);
	if (rc < 0) {
		mem_free(port);
		return rc;
	}
	/* half of them; of three two, which leaves one and lets lists pass a sum */
	port->gate =
		read_gate_new(parts->pool, ((size_t)pg_pool_links(parts->pool) + 1) / 2);
	port->catalog = catalog_new(parts->pool);
	port->tenants = tenant_book_new(parts->pool, parts->conf);
	submit.catalog = port->catalog;
	submit.tenants = port->tenants;
	port->submit = submit_new(&submit);
	port->turns = next_turns_new(parts->pool, parts->link, parts->scripts);
	cancels.turns = port->turns;
	port->cancels = cancels_new(&cancels);
	chats.catalog = port->catalog;
	chats.tenants = port->tenants;
	chats.cancels = port->cancels;
	chats.turns = port->turns;
	port->talk = chats_new(&chats);
	port->resumes = resumes_new(&resumes);
	port->answers = answers_new(&answers);
	port->tails = tails_new(&tails);
	port->stands = run_stands_new(parts->loop, parts->pool);
	fill_ports(port);
	def_rows_init(&port->defs, parts->pool, port->catalog);
	port->manage = (struct manage){
		.catalog = port->catalog,
		.loop = parts->loop,
		.conf = parts->conf,
		.pool = parts->pool,
		.link = parts->link,
		.scripts = parts->scripts,
		.cancels = port->cancels,
		.resumes = port->resumes,
	};
	*ret = port;
	return 0;
}

void port_scale_stop(struct port_scale *port)
{
	if (!port)
		return;
	submit_stop(port->submit);
	tails_stop(port->tails);
}

void port_scale_free(struct port_scale *port)
{
	if (!port)
		return;
	cancels_free(port->cancels);
	next_turns_free(port->turns);
	chats_free(port->talk);
	resumes_free(port->resumes);
	answers_free(port->answers);
	submit_free(port->submit);
	run_stands_free(port->stands);
	read_gate_free(port->gate);
	tails_free(port->tails);
	catalog_free(port->catalog);
	tenant_book_free(port->tenants);
	queue_free(port->queue);
	mem_free(port);
}

const struct runs_port *port_scale_port(struct port_scale *port)
{
	return &port->port;
}

void port_scale_link_up(struct port_scale *port)
{
	cancels_link_up(port->cancels);
}

static void on_cancels_idle(void *arg)
{
	struct port_scale *port = arg;

	next_turns_when_idle(port->turns, port->idle, port->idle_arg);
}

static void on_chats_idle(void *arg)
{
	struct port_scale *port = arg;

	cancels_when_idle(port->cancels, on_cancels_idle, port);
}

static void on_answers_idle(void *arg)
{
	struct port_scale *port = arg;

	chats_when_idle(port->talk, on_chats_idle, port);
}

static void on_resumes_idle(void *arg)
{
	struct port_scale *port = arg;

	answers_when_idle(port->answers, on_answers_idle, port);
}

static void on_submit_idle(void *arg)
{
	struct port_scale *port = arg;

	resumes_when_idle(port->resumes, on_resumes_idle, port);
}

void port_scale_when_idle(struct port_scale *port, void (*idle)(void *arg), void *arg)
{
	port->idle = idle;
	port->idle_arg = arg;
	submit_when_idle(port->submit, on_submit_idle, port);
}
