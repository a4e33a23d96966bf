/*
 * def_write.c - definitions written over HTTP: create, replace, delete, check
 *
 * What is saved by itself must be good: what this build cannot execute is refused here as
 * well, with the place of each fault. The id stands in the path; a document without one
 * gets it. A key that is bound to a tenant writes what is this tenant's.
 */
#include "api/api_call.h"
#include "api/body.h"
#include "api/def_kind.h"
#include "api/def_port.h"
#include "api/errors.h"
#include "api/handlers.h"
#include "api/runs_port.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/log.h"
#include "base/moment.h"
#include "base/str.h"
#include "defs/defs_check.h"
#include "engine/step_types.h"
#include "run/problem.h"
#include "server/request.h"
#include "server/response.h"

#include <string.h>

/* A document on its way into the store; warnings are ours, the rest is the arena's. */
struct writing {
	struct api_call *call;
	enum store_definition_kind kind;
	struct defs_head head;
	const char *text;
	struct str warnings; /* JSON */
	bool stamped;        /* as stock's editor saves it */
};

/* The document with its key in front, if it has none. */
static void print_keyed(const struct json *doc, const char *key, const char *id,
			struct str *out)
{
	struct jsonr_iter it;
	struct jsonw w;

	if (jsonr_type(doc) != JSONR_OBJECT || !id ||
	    jsonr_type(jsonr_get(doc, key)) != JSONR_NULL) {
		jsonr_print(doc, out);
		return;
	}
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, key, id);
	it = jsonr_iter(doc);
	while (jsonr_next(&it)) {
		struct str value = STR_INIT;

		if (strcmp(it.key, key) == 0)
			continue;
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
		str_deinit(&value);
	}
	jsonw_object_end(&w);
}

/* The document as stock's editor saves it: with the moments of its making and of this. */
static void print_stamped(const struct json *doc, struct str *out)
{
	const char *made = jsonr_get_text(doc, "created_at");
	struct jsonr_iter it = jsonr_iter(doc);
	char now[MOMENT_MAX];
	struct jsonw w;

	if (jsonr_type(doc) != JSONR_OBJECT) {
		jsonr_print(doc, out);
		return;
	}
	(void)moment_text_sec(clock_wall_ms(), now);
	jsonw_init(&w, out);
	jsonw_object(&w);
	while (jsonr_next(&it)) {
		struct str value = STR_INIT;

		if (strcmp(it.key, "created_at") == 0 ||
		    strcmp(it.key, "updated_at") == 0)
			continue;
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
		str_deinit(&value);
	}
	jsonw_pair_text(&w, "created_at", made ? made : now);
	jsonw_pair_text(&w, "updated_at", now);
	jsonw_object_end(&w);
}

/* The document of the body, checked into *writing. false: it is no JSON, answered. */
static bool read_document(struct writing *writing, const char *id, bool *good,
			  struct problems *problems)
{
	struct request *req = writing->call->req;
	struct body_faults faults = { .count = 0 };
	struct arena *arena = request_arena(req);
	struct json *doc = NULL, *keyed = NULL;
	struct str text = STR_INIT;
	size_t len;
	const char *body = request_body(req, &len);
	struct err err;

	if (!body_parse(&faults, body, len, 0, &doc)) {
		body_faults_send(req, &faults);
		body_faults_deinit(&faults);
		return false;
	}
	if (writing->stamped)
		print_stamped(doc, &text);
	else
		print_keyed(doc, def_kind_key(writing->kind), id, &text);
	jsonr_free(doc);
	writing->text = arena_dup_n(arena, str_text(&text), text.len);
	*good = false;
	if (jsonr_parse(writing->text, text.len, &keyed, NULL, NULL, &err) < 0)
		problem_add(problems, "", "%s", err.text);
	else
		*good = defs_check(writing->kind, keyed, writing->text, text.len,
				   step_types_rules(), arena, &writing->head, problems);
	if (*good && id && strcmp(writing->head.id, id) != 0) {
		problem_add(problems, "/id", "the path names another definition");
		*good = false;
	}
	*good = *good && problems->count == 0;
	jsonr_free(keyed);
	str_deinit(&text);
	return true;
}

static void send_stored(struct writing *writing, const struct store_put *put)
{
	struct request *req = writing->call->req;
	struct str body = STR_INIT;
	struct jsonw w;

	def_kind_etag(req, put->version);
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status",
			put->outcome == STORE_PUT_SAME ? "unchanged" : "stored");
	jsonw_pair_text(&w, "kind", store_definition_kind_name(writing->kind));
	jsonw_pair_text(&w, "id", writing->head.id);
	jsonw_pair_text(&w, "name", writing->head.name);
	jsonw_pair_int(&w, "version", put->version);
	jsonw_pair_bool(&w, "created", put->created);
	jsonw_pair_raw(&w, "warnings", str_text(&writing->warnings),
		       writing->warnings.len);
	jsonw_object_end(&w);
	response_json(req, put->created ? 201 : 200, &body);
}

static void on_put(void *arg, enum errors_code error, const struct store_put *put)
{
	struct writing *writing = arg;

	if (error != ERRORS_NONE) {
		errors_send(writing->call->req, error, NULL);
	} else if (put->outcome == STORE_PUT_STORED || put->outcome == STORE_PUT_SAME) {
		log_info("definition.stored",
			 LOG_S("kind", store_definition_kind_name(writing->kind)),
			 LOG_S("id", writing->head.id), LOG_N("version", put->version));
		send_stored(writing, put);
	} else if (put->outcome == STORE_PUT_NONE) {
		errors_send(writing->call->req, ERRORS_CHANGED,
			    "there is no such definition any more");
	} else {
		def_kind_send_outcome(writing->call->req, put);
	}
	str_deinit(&writing->warnings);
}

static void write_document(struct api_call *call, enum store_definition_kind kind,
			   const char *id, int64_t expect, bool stamped)
{
	struct arena *arena = request_arena(call->req);
	struct writing *writing = arena_new(arena, struct writing);
	struct store_definition_new put;
	const struct def_port *defs = call->port->defs;
	struct problems problems;
	bool good;

	writing->call = call;
	writing->kind = kind;
	writing->stamped = stamped;
	problem_init(&problems);
	if (!read_document(writing, id, &good, &problems))
		goto out;
	if (!good) {
		def_kind_send_problems(call->req, &problems);
		goto out;
	}
	def_kind_print_problems(&problems, true, "", &writing->warnings);
	put = (struct store_definition_new){
		.kind = writing->kind,
		.id = writing->head.id,
		.name = writing->head.name,
		.description = writing->head.description,
		.definition = writing->text,
		.tenant_id = call->key_tenant ? call->key_tenant : call->default_tenant,
		.only_tenant = call->key_tenant,
		.expect = expect,
	};
	defs->put(defs->self, &put, 1, on_put, writing);
out:
	problem_deinit(&problems);
}

void def_write_create(struct api_call *call)
{
	write_document(call, def_kind_of(call->req), NULL, STORE_EXPECT_NONE, false);
}

void def_write_upsert(struct api_call *call)
{
	write_document(call, STORE_ORCHESTRATION, NULL, STORE_EXPECT_ANY, true);
}

void def_write_put(struct api_call *call)
{
	int64_t expect;

	if (!api_call_id_ok(call->params[0]))
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
	else if (def_kind_expect(call->req, &expect))
		write_document(call, def_kind_of(call->req), call->params[0], expect,
			       false);
}

/* -- delete -- */

static void on_deleted(void *arg, enum errors_code error, const struct store_put *put)
{
	struct writing *writing = arg;
	struct request *req = writing->call->req;
	struct str body = STR_INIT;
	struct jsonw w;

	if (error != ERRORS_NONE) {
		errors_send(req, error, NULL);
		return;
	}
	if (put->outcome != STORE_PUT_DELETED) {
		def_kind_send_outcome(req, put);
		return;
	}
	log_info("definition.deleted",
		 LOG_S("kind", store_definition_kind_name(writing->kind)),
		 LOG_S("id", writing->call->params[0]), LOG_N("version", put->version));
	jsonw_init(&w, &body);
	jsonw_object(&w);
	jsonw_pair_text(&w, "status", "deleted");
	jsonw_pair_text(&w, "kind", store_definition_kind_name(writing->kind));
	jsonw_pair_text(&w, "id", writing->call->params[0]);
	jsonw_pair_int(&w, "version", put->version);
	jsonw_object_end(&w);
	response_json(req, 200, &body);
}

static void delete_one(struct api_call *call, enum store_definition_kind kind)
{
	const struct def_port *defs = call->port->defs;
	struct writing *writing;
	int64_t expect;

	if (!api_call_id_ok(call->params[0])) {
		errors_send(call->req, ERRORS_NO_DEFINITION, NULL);
		return;
	}
	if (!def_kind_expect(call->req, &expect))
		return;
	writing = arena_new(request_arena(call->req), struct writing);
	writing->call = call;
	writing->kind = kind;
	defs->remove(defs->self, writing->kind, call->params[0], call->key_tenant, expect,
		     on_deleted, writing);
}

void def_write_delete(struct api_call *call)
{
	delete_one(call, def_kind_of(call->req));
}

void def_write_erase(struct api_call *call)
{
	delete_one(call, STORE_ORCHESTRATION);
}

/* -- check, and store nothing -- */

void def_write_check(struct api_call *call)
{
	struct writing *writing = arena_new(request_arena(call->req), struct writing);
	struct str body = STR_INIT, list = STR_INIT;
	struct problems problems;
	struct jsonw w;
	bool good;

	writing->call = call;
	writing->kind = def_kind_of(call->req);
	problem_init(&problems);
	if (read_document(writing, NULL, &good, &problems)) {
		jsonw_init(&w, &body);
		jsonw_object(&w);
		jsonw_pair_bool(&w, "valid", good);
		def_kind_print_problems(&problems, false, "", &list);
		jsonw_pair_raw(&w, "problems", str_text(&list), list.len);
		str_reset(&list, 65536);
		def_kind_print_problems(&problems, true, "", &list);
		jsonw_pair_raw(&w, "warnings", str_text(&list), list.len);
		jsonw_object_end(&w);
		response_json(call->req, 200, &body);
	}
	str_deinit(&list);
	problem_deinit(&problems);
}
