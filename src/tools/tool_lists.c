/*
 * tool_lists.c - the custom tools that agents may use, looked up
 *
 * One query an execution. While Postgres cannot be asked it is repeated, since a blip is
 * no reason to fail a run: the step's time limit ends that.
 */
#include "tools/tool_lists.h"

#include "base/clock.h"
#include "base/jsonr.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/host.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/store_tools.h"
#include "tools/http_tool.h"

#include <string.h>

#define AGAIN_MS 500
#define QUERY_MS 5000
#define SAID_MS  60000

struct listing {
	const struct tool_lists *lists; /* outlives the pool */
	struct tool_list *list; /* NULL: abandoned, the query is still under way */
	bool asking;            /* a query is under way */
	int statement;
	ev_timer again;
};

static void listing_free(struct listing *listing)
{
	ev_timer_stop(listing->lists->loop, &listing->again);
	mem_free(listing);
}

static void on_abandon(struct op *op)
{
	struct listing *listing = op->server;

	listing->list = NULL;
	if (!listing->asking)
		listing_free(listing);
}

/* In whichever child serves agents: each that may use such a tool meets it, one line a
 * minute is enough. */
static struct {
	int64_t said_mono_ms; /* 0: never */
	int64_t held_back;    /* since */
} unusable;

static void say_unusable(const char *name, const struct err *err)
{
	int64_t now_mono_ms = clock_mono_ms();

	if (unusable.said_mono_ms && now_mono_ms - unusable.said_mono_ms < SAID_MS) {
		unusable.held_back++;
		return;
	}
	log_warn("tool.unusable", LOG_S("tool", name), LOG_S("error", err->text),
		 LOG_N("held_back", unusable.held_back));
	unusable.said_mono_ms = now_mono_ms;
	unusable.held_back = 0;
}

void tool_lists_add(struct tool_list *list, const char *id, const char *name,
		    const char *definition)
{
	struct tool_listed *listed = &list->tools[list->tools_count];
	struct arena *arena = &list->arena;
	struct str schema = STR_INIT;
	struct http_tool tool;
	struct err err;

	if (http_tool_parse(definition, strlen(definition), &tool, &err) < 0) {
		say_unusable(name, &err);
		return;
	}
	if (tool.schema)
		jsonr_print(tool.schema, &schema);
	else
		str_add_text(&schema, "{\"type\":\"object\"}");
	*listed = (struct tool_listed){
		.id = arena_dup(arena, id),
		.name = arena_dup(arena, name),
		.definition = arena_dup(arena, definition),
		.about = arena_dup(arena, tool.description),
		.schema = arena_dup_n(arena, str_text(&schema), schema.len),
	};
	list->tools_count++;
	str_deinit(&schema);
	http_tool_deinit(&tool);
}

static void listed(struct listing *listing, const struct pg_reply *reply)
{
	struct tool_list *list = listing->list;
	int rows = store_tools_list_count(reply, listing->statement), row;
	struct store_tool stored;

	list->tools = arena_new_n(&list->arena, struct tool_listed, rows + 1);
	for (row = 0; row < rows; row++) {
		store_tools_list_read(reply, listing->statement, row, &stored);
		tool_lists_add(list, stored.id, stored.name, stored.definition);
	}
	listing_free(listing);
	op_done(&list->op);
}

static void ask_later(struct listing *listing)
{
	struct ev_loop *loop = listing->lists->loop;

	ev_now_update(loop);
	ev_timer_set(&listing->again, AGAIN_MS / 1000., 0.);
	ev_timer_start(loop, &listing->again);
}

static void on_reply(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct listing *listing = arg;

	(void)outcome; /* whatever it was, it is asked again */
	listing->asking = false;
	if (!listing->list)
		listing_free(listing);
	else if (!reply)
		ask_later(listing);
	else
		listed(listing, reply);
}

static void ask(struct listing *listing)
{
	const struct tool_list *list = listing->list;
	struct pg_batch *batch = pg_batch_new();

	listing->statement = store_tools_list(
		batch, list->names, list->all ? 0 : list->names_count, list->all,
		list->op.exec->run_id, listing->lists->common_tenant, TOOL_LIST_MAX);
	listing->asking = true;
	if (pg_pool_submit(listing->lists->pool, batch, QUERY_MS, on_reply, listing) <
	    0) {
		listing->asking = false;
		ask_later(listing);
	}
}

static void on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	ask(w->data);
}

void tool_lists_find(const struct tool_lists *lists, struct tool_list *list)
{
	struct listing *listing = mem_new(struct listing);

	listing->lists = lists;
	listing->list = list;
	ev_timer_init(&listing->again, on_again, 0., 0.);
	listing->again.data = listing;
	list->op.server = listing;
	list->op.abandon = on_abandon;
	ask(listing);
}
