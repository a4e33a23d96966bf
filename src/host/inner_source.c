/*
 * inner_source.c - what runs inside agent steps, as Postgres has it
 *
 * Versions of orchestrations never change and are kept (host/definition_cache.h). Which
 * one is current is asked at every use, and so is who may work for an agent: an execution
 * does that once, and records what it got.
 */
#include "host/inner_source.h"

#include "base/arena.h"
#include "base/mem.h"
#include "engine/host.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "run/definition.h"
#include "store/store_definitions.h"

#define AGAIN_MS 500
#define QUERY_MS 5000

struct inner_source {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct definition_cache *cache;
};

struct inner_source *inner_source_new(struct ev_loop *loop, struct pg_pool *pool)
{
	struct inner_source *source = mem_new(struct inner_source);

	source->loop = loop;
	source->pool = pool;
	source->cache = definition_cache_new(pool);
	return source;
}

void inner_source_free(struct inner_source *source)
{
	if (!source)
		return;
	definition_cache_free(source->cache);
	mem_free(source);
}

static void start_timer(struct ev_loop *loop, ev_timer *timer)
{
	ev_now_update(loop);
	ev_timer_set(timer, AGAIN_MS / 1000., 0.);
	ev_timer_start(loop, timer);
}

/* ---- a version ---- */

static void on_ready(struct definition_wait *wait, struct definition *definition,
		     const struct err *err)
{
	struct inner_ask *ask = list_entry(wait, struct inner_ask, wait);

	if (definition || err->code == ERR_NOT_FOUND || err->code == ERR_INPUT)
		ask->done(ask, definition, err);
	else
		start_timer(ask->source->loop, &ask->again);
}

static void ask_now(struct inner_ask *ask)
{
	struct definition_cache *cache = ask->source->cache;
	struct definition *definition =
		definition_cache_get(cache, STORE_ORCHESTRATION, ask->id, ask->version);

	if (definition) {
		ask->done(ask, definition, NULL);
		return;
	}
	ask->wait.ready = on_ready;
	if (definition_cache_ask(cache, STORE_ORCHESTRATION, ask->id, ask->version,
				 &ask->wait) < 0)
		start_timer(ask->source->loop, &ask->again);
}

static void on_ask_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	ask_now(w->data);
}

void inner_ask_start(struct inner_ask *ask)
{
	ev_timer_init(&ask->again, on_ask_again, 0., 0.);
	ask->again.data = ask;
	ask_now(ask);
}

void inner_ask_stop(struct inner_ask *ask)
{
	list_remove(&ask->wait.node);
	if (ask->source)
		ev_timer_stop(ask->source->loop, &ask->again);
}

/* ---- one that a step wants ---- */

struct finding {
	struct inner_source *source;
	struct definition_find *find; /* NULL: abandoned, a query is under way */
	struct inner_ask ask;
	bool asking; /* a query is under way */
	int statement;
	ev_timer again;
};

static void finding_free(struct finding *finding)
{
	inner_ask_stop(&finding->ask);
	ev_timer_stop(finding->source->loop, &finding->again);
	mem_free(finding);
}

static void on_find_abandoned(struct op *op)
{
	struct finding *finding = op->server;

	finding->find = NULL;
	if (!finding->asking)
		finding_free(finding);
}

static void refuse(struct finding *finding, const char *why)
{
	struct definition_find *find = finding->find;

	find->class = FAIL_JOB;
	str_add_text(&find->text, why);
	finding_free(finding);
	op_done(&find->op);
}

static void on_version(struct inner_ask *ask, struct definition *definition,
		       const struct err *err)
{
	struct finding *finding = list_entry(ask, struct finding, ask);
	struct definition_find *find = finding->find;

	if (!definition) {
		refuse(finding, err->text);
		return;
	}
	find->definition = definition_ref(definition);
	find->version = ask->version;
	finding_free(finding);
	op_done(&find->op);
}

static void ask_version(struct finding *finding, int64_t version)
{
	finding->ask = (struct inner_ask){
		.source = finding->source,
		.id = finding->find->id,
		.version = version,
		.done = on_version,
	};
	inner_ask_start(&finding->ask);
}

static void on_current(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct finding *finding = arg;
	struct store_definition stored;
	struct str why = STR_INIT;

	(void)outcome; /* whatever it was, it is asked again */
	finding->asking = false;
	if (!finding->find) {
		finding_free(finding);
		return;
	}
	if (!reply) {
		start_timer(finding->source->loop, &finding->again);
		return;
	}
	switch (store_definitions_get_read(reply, finding->statement, &stored)) {
	case STORE_DEFINITION_NONE:
		str_printf(&why, "there is no orchestration '%s'", finding->find->id);
		refuse(finding, str_text(&why));
		break;
	case STORE_DEFINITION_FOUND:
		ask_version(finding, stored.version);
		break;
	case STORE_DEFINITION_AGAIN:
		start_timer(finding->source->loop, &finding->again);
		break;
	}
	str_deinit(&why);
}

static void ask_current(struct finding *finding)
{
	struct pg_batch *batch = pg_batch_new();

	finding->statement =
		store_definitions_get(batch, STORE_ORCHESTRATION, finding->find->id);
	finding->asking = true;
	if (pg_pool_submit(finding->source->pool, batch, QUERY_MS, on_current, finding) <
	    0) {
		finding->asking = false;
		start_timer(finding->source->loop, &finding->again);
	}
}

static void on_current_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	ask_current(w->data);
}

void inner_source_find(struct inner_source *source, struct definition_find *find)
{
	struct finding *finding = mem_new(struct finding);

	finding->source = source;
	finding->find = find;
	ev_timer_init(&finding->again, on_current_again, 0., 0.);
	finding->again.data = finding;
	find->op.server = finding;
	find->op.abandon = on_find_abandoned;
	if (find->wanted)
		ask_version(finding, find->wanted);
	else
		ask_current(finding);
}

/* ---- agents that work for another ---- */

struct listing {
	struct inner_source *source;
	struct agent_list *list; /* NULL: abandoned, a query is under way */
	bool asking;
	int statement;
	ev_timer again;
};

static void listing_free(struct listing *listing)
{
	ev_timer_stop(listing->source->loop, &listing->again);
	mem_free(listing);
}

static void on_list_abandoned(struct op *op)
{
	struct listing *listing = op->server;

	listing->list = NULL;
	if (!listing->asking)
		listing_free(listing);
}

static void take(struct agent_list *list, const struct pg_reply *reply, int statement)
{
	int rows = store_agents_roster_count(reply, statement), row;
	struct store_definition_item item;

	list->agents = arena_new_n(&list->arena, struct agent_listed, rows + 1);
	for (row = 0; row < rows; row++) {
		store_agents_roster_read(reply, statement, row, &item);
		list->agents[row] = (struct agent_listed){
			.id = arena_dup(&list->arena, item.id),
			.name = arena_dup(&list->arena, item.name),
			.about = arena_dup(&list->arena, item.description),
		};
	}
	list->agents_count = (size_t)rows;
}

static void on_roster(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct listing *listing = arg;
	struct agent_list *list = listing->list;

	(void)outcome; /* whatever it was, it is asked again */
	listing->asking = false;
	if (!list) {
		listing_free(listing);
	} else if (!reply) {
		start_timer(listing->source->loop, &listing->again);
	} else {
		take(list, reply, listing->statement);
		listing_free(listing);
		op_done(&list->op);
	}
}

static void ask_roster(struct listing *listing)
{
	const struct agent_list *list = listing->list;
	struct pg_batch *batch = pg_batch_new();

	listing->statement = store_agents_roster(batch, list->but, list->ids,
						 list->ids_count, AGENT_LIST_MAX);
	listing->asking = true;
	if (pg_pool_submit(listing->source->pool, batch, QUERY_MS, on_roster, listing) <
	    0) {
		listing->asking = false;
		start_timer(listing->source->loop, &listing->again);
	}
}

static void on_roster_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	ask_roster(w->data);
}

void inner_source_list(struct inner_source *source, struct agent_list *list)
{
	struct listing *listing = mem_new(struct listing);

	listing->source = source;
	listing->list = list;
	ev_timer_init(&listing->again, on_roster_again, 0., 0.);
	listing->again.data = listing;
	list->op.server = listing;
	list->op.abandon = on_list_abandoned;
	ask_roster(listing);
}
