/*
 * v1_lists.c - definitions in the older shapes that V1 has for them
 *
 * One of a kind, and lists of a kind; so is the list that stock's own page asks for, of
 * definitions as they are.
 */
#include "api/api_call.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/list_answer.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

#define ITEMS_MAX 10000

struct listing {
	struct api_call *call;
	enum store_definition_kind kind;
	bool one;
	bool whole; /* as they are */
};

static void pair(struct jsonw *w, const struct json *doc, const char *key)
{
	jsonw_pair_text(w, key, jsonr_get_text(doc, key));
}

static void print_agent(struct jsonw *w, const struct json *doc, bool one)
{
	struct str tools = STR_INIT;

	jsonw_object(w);
	pair(w, doc, "id");
	pair(w, doc, "name");
	if (one)
		pair(w, doc, "description");
	pair(w, doc, "type");
	pair(w, doc, "model");
	if (jsonr_type(jsonr_get(doc, "tools")) == JSONR_ARRAY)
		jsonr_print(jsonr_get(doc, "tools"), &tools);
	else
		str_add_text(&tools, "[]");
	jsonw_pair_raw(w, "capabilities", str_text(&tools), tools.len);
	jsonw_object_end(w);
	str_deinit(&tools);
}

static void print_steps(struct jsonw *w, const struct json *steps)
{
	size_t i;

	jsonw_array(w);
	for (i = 0; i < jsonr_count(steps); i++) {
		const struct json *step = jsonr_at(steps, i);

		jsonw_object(w);
		pair(w, step, "id");
		jsonw_pair_text(w, "label", jsonr_get_text(step, "name"));
		pair(w, step, "type");
		pair(w, step, "agent_id");
		jsonw_pair_raw(w, "depends_on", "[]", 2); /* stock has no such thing */
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void print_orchestration(struct jsonw *w, const struct json *doc, bool one)
{
	const struct json *steps = jsonr_get(doc, "steps");

	jsonw_object(w);
	pair(w, doc, "id");
	pair(w, doc, "name");
	pair(w, doc, "description");
	jsonw_key(w, "steps");
	if (one) {
		print_steps(w, steps);
		jsonw_pair_raw(w, "edges", "[]", 2);
	} else {
		jsonw_int(w, (int64_t)jsonr_count(steps));
	}
	jsonw_object_end(w);
}

static void print(const struct listing *listing, struct jsonw *w, const char *text)
{
	struct json *doc = NULL;

	if (listing->whole) {
		jsonw_raw(w, text, strlen(text));
		return;
	}
	/* a number beyond our range, in a text that somebody else stored */
	if (jsonr_parse(text, strlen(text), &doc, NULL, NULL, NULL) < 0)
		return;
	if (listing->kind == STORE_AGENT)
		print_agent(w, doc, listing->one);
	else
		print_orchestration(w, doc, listing->one);
	jsonr_free(doc);
}

static void on_texts(void *arg, enum errors_code error, const struct def_text *texts,
		     size_t n)
{
	struct listing *listing = arg;
	struct list_answer answer;
	size_t i;

	if (!list_answer_begin(&answer, listing->call->req, error, NULL))
		return;
	for (i = 0; i < n; i++)
		print(listing, &answer.w, texts[i].text);
	list_answer_send(&answer);
}

static void list(struct api_call *call, enum store_definition_kind kind, bool whole)
{
	struct listing *listing = arena_new(request_arena(call->req), struct listing);
	const struct def_port *defs = call->port->defs;
	const struct store_export ask = {
		.all = true,
		.only = &kind,
		.only_tenant = call->key_tenant,
		.common_tenant = call->default_tenant,
		.limit = ITEMS_MAX,
	};

	listing->call = call;
	listing->kind = kind;
	listing->whole = whole;
	defs->export(defs->self, &ask, on_texts, listing);
}

static void on_one(void *arg, enum errors_code error,
		   const struct store_definition *found)
{
	struct listing *listing = arg;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(listing->call->req, error, NULL);
		return;
	}
	jsonw_init(&w, &body);
	print(listing, &w, found->definition);
	response_json(listing->call->req, 200, &body);
}

static void get(struct api_call *call, enum store_definition_kind kind,
		enum errors_code none)
{
	struct listing *listing = arena_new(request_arena(call->req), struct listing);

	listing->call = call;
	listing->kind = kind;
	listing->one = true;
	if (api_call_id_ok(call->params[0]))
		call->port->intake->definition(call->port->intake->self, kind,
					       call->params[0], on_one, listing);
	else
		errors_send(call->req, none, NULL);
}

void v1_lists_agents(struct api_call *call)
{
	list(call, STORE_AGENT, false);
}

void v1_lists_agent(struct api_call *call)
{
	get(call, STORE_AGENT, ERRORS_NO_AGENT);
}

void v1_lists_orchestrations(struct api_call *call)
{
	list(call, STORE_ORCHESTRATION, false);
}

void v1_lists_whole(struct api_call *call)
{
	list(call, STORE_ORCHESTRATION, true);
}

void v1_lists_orchestration(struct api_call *call)
{
	get(call, STORE_ORCHESTRATION, ERRORS_NO_ORCHESTRATION);
}
