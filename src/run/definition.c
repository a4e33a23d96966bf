/*
 * definition.c - an orchestration as it is stored, read into a typed form
 *
 * Reading is one walk over the parsed JSON: each field has a type, a default and a
 * bound, and what does not fit is a problem with its place. All fields are read even
 * after the first problem, so that one import shows all of them. Texts are copied into
 * the definition's arena and the JSON tree is freed: what runs share holds no foreign
 * object.
 *
 * Checking the graph (definition_validate, run/validate.c) is a second step, since a
 * definition that cannot be executed here is still one: it can be stored and shown.
 */
#include "run/definition.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/docr.h"
#include "run/fail.h"
#include "run/graph.h"
#include "run/model.h"
#include "run/validate.h"
#include "run/validate_graph.h"
#include "run/validate_share.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define STEP_TIMEOUT_MAX_SEC 2592000 /* 30 days */
#define RUN_TIMEOUT_MAX_MIN  43200   /* 30 days */
#define BACKOFF_MAX_MS       3600000
#define HUMAN_WAIT_MAX_SEC   31622400 /* 366 days */

static const char *const type_names[STEP_NTYPES] = {
	[STEP_UNKNOWN] = "unknown",
	[STEP_AGENT] = "agent",
	[STEP_LLM] = "llm",
	[STEP_TOOL] = "tool",
	[STEP_EVALUATOR] = "evaluator",
	[STEP_PARALLEL] = "parallel",
	[STEP_MERGE] = "merge",
	[STEP_LOOP] = "loop",
	[STEP_HUMAN] = "human",
	[STEP_TRANSFORM] = "transform",
	[STEP_EXTRACT_JSON] = "extract_json",
	[STEP_IF_ELSE] = "if_else",
	[STEP_SWITCH] = "switch",
	[STEP_PRINT] = "print",
	[STEP_END] = "end",
};

static const char *const merge_names[MERGE_NSTRATEGIES] = {
	[MERGE_LIST] = "list",
	[MERGE_DICT] = "dict",
	[MERGE_CONCAT] = "concat",
};

/* One object under way: where its fields are, for problems. */
struct reader {
	struct docr doc; /* into the definition's arena */
	struct definition *definition;
};

static void read_input_keys(struct reader *r, struct definition_step *step)
{
	const struct json *list;

	if (docr_container(&r->doc, "input_keys", JSONR_ARRAY, &list))
		step->input_keys_count =
			docr_names(&r->doc, "input_keys", list, DEFINITION_KEYS_MAX,
				   DEFINITION_ID_MAX, &step->input_keys);
}

/* An empty list is one: nothing is allowed then. */
static void read_allowed_tools(struct reader *r, struct definition_step *step)
{
	const struct json *list;

	if (docr_container(&r->doc, "allowed_tools", JSONR_ARRAY, &list))
		step->allowed_tools_count =
			docr_names(&r->doc, "allowed_tools", list, DEFINITION_KEYS_MAX,
				   DEFINITION_ID_MAX, &step->allowed_tools);
}

static void read_branches(struct reader *r, struct definition_step *step)
{
	const char *field = "parallel_branches";
	const struct json *list;
	size_t count, i;

	if (!docr_container(&r->doc, field, JSONR_ARRAY, &list))
		return;
	count = jsonr_count(list);
	if (!docr_count(&r->doc, field, count, DEFINITION_BRANCHES_MAX))
		return;
	step->branches = arena_new_n(&r->definition->arena, struct step_list, count + 1);
	step->branches_count = count;
	for (i = 0; i < count; i++) {
		const struct json *branch = jsonr_at(list, i);

		if (jsonr_type(branch) != JSONR_ARRAY) {
			docr_complain(&r->doc, field, "must hold lists of step ids");
			return;
		}
		step->branches[i].count =
			docr_names(&r->doc, field, branch, DEFINITION_STEPS_MAX,
				   DEFINITION_ID_MAX, &step->branches[i].ids);
	}
}

static void read_body(struct reader *r, struct definition_step *step)
{
	const struct json *list;

	if (docr_container(&r->doc, "loop_step_ids", JSONR_ARRAY, &list))
		step->body.count =
			docr_names(&r->doc, "loop_step_ids", list, DEFINITION_STEPS_MAX,
				   DEFINITION_ID_MAX, &step->body.ids);
	step->loop_count =
		docr_int(&r->doc, "loop_count", INT64_MIN, DEFINITION_LOOPS_MAX, 3);
	if (step->loop_count < 1)
		step->loop_count = 1;
}

static void read_switch_cases(struct reader *r, struct definition_step *step)
{
	struct arena *arena = &r->definition->arena;
	const struct json *cases;
	struct jsonr_iter it;

	if (!docr_container(&r->doc, "switch_cases", JSONR_OBJECT, &cases) ||
	    !docr_count(&r->doc, "switch_cases", jsonr_count(cases), DEFINITION_KEYS_MAX))
		return;
	step->switch_cases = arena_new_n(arena, struct switch_case, jsonr_count(cases));
	it = jsonr_iter(cases);
	while (jsonr_next(&it)) {
		struct switch_case *one = &step->switch_cases[step->switch_cases_count++];
		const char *id = NULL;

		if (strlen(it.key) > DEFINITION_ID_MAX)
			docr_complain(&r->doc, "switch_cases",
				      "has a value that is too long");
		if (jsonr_type(it.value) != JSONR_NULL)
			id = docr_keep(&r->doc, "switch_cases", it.value,
				       DEFINITION_ID_MAX);
		one->value = arena_dup(arena, it.key);
		one->step_id = id && *id ? id : NULL;
	}
}

static void read_route(struct reader *r, const struct jsonr_iter *it,
		       const struct json *descriptions, struct route *route)
{
	const struct json *text = jsonr_get(descriptions, it->key);
	const char *id = NULL;

	if (!*it->key || strlen(it->key) > DEFINITION_ID_MAX)
		docr_complain(&r->doc, "route_map",
			      "has a label that is empty or too long");
	if (jsonr_type(it->value) != JSONR_NULL)
		id = docr_keep(&r->doc, "route_map", it->value, DEFINITION_ID_MAX);
	route->label = arena_dup(&r->definition->arena, it->key);
	route->step_id = id && *id ? id : NULL;
	if (jsonr_type(text) != JSONR_NULL)
		route->description = docr_keep(&r->doc, "route_descriptions", text,
					       DEFINITION_BYTES_MAX);
}

static void read_routes(struct reader *r, struct definition_step *step)
{
	const struct json *routes, *descriptions = NULL;
	struct jsonr_iter it;

	(void)docr_container(&r->doc, "route_descriptions", JSONR_OBJECT, &descriptions);
	if (!docr_container(&r->doc, "route_map", JSONR_OBJECT, &routes) ||
	    !docr_count(&r->doc, "route_map", jsonr_count(routes), DEFINITION_KEYS_MAX))
		return;
	step->routes =
		arena_new_n(&r->definition->arena, struct route, jsonr_count(routes));
	it = jsonr_iter(routes);
	while (jsonr_next(&it))
		read_route(r, &it, descriptions, &step->routes[step->routes_count++]);
}

static void read_retry_on(struct reader *r, struct retry *retry)
{
	const struct json *list;
	enum fail_class class;
	size_t i;

	if (!docr_container(&r->doc, "on", JSONR_ARRAY, &list))
		return;
	retry->on = 0;
	for (i = 0; i < jsonr_count(list); i++) {
		const struct json *name = jsonr_at(list, i);

		class = jsonr_text(name)
				? fail_parse(jsonr_text(name), jsonr_text_len(name))
				: FAIL_NONE;
		if (class == FAIL_NONE || class == FAIL_CANCELLED) {
			docr_complain(&r->doc, "on",
				      "may name job, provider, tool, limit and internal");
			return;
		}
		retry->on |= FAIL_BIT(class);
	}
}

static void read_retry(struct reader *r, struct retry *retry)
{
	struct reader inner = *r;

	retry->on = FAIL_BIT(FAIL_PROVIDER) | FAIL_BIT(FAIL_TOOL);
	if (!docr_container(&r->doc, "retry", JSONR_OBJECT, &inner.doc.object))
		return;
	memcpy(inner.doc.prefix + strlen(inner.doc.prefix), "retry/", sizeof("retry/"));
	retry->max = (int)docr_int(&inner.doc, "max", 0, DEFINITION_RETRY_MAX, 0);
	retry->backoff_ms = docr_int(&inner.doc, "backoff_ms", 0, BACKOFF_MAX_MS, 1000);
	read_retry_on(&inner, retry);
}

static enum on_error read_on_error(struct reader *r)
{
	const char *text = docr_text(&r->doc, "on_error", DEFINITION_ID_MAX);

	if (!text || strcmp(text, "fail") == 0)
		return ON_ERROR_FAIL;
	if (strcmp(text, "continue") == 0)
		return ON_ERROR_CONTINUE;
	if (strcmp(text, "route") == 0)
		return ON_ERROR_ROUTE;
	docr_complain(&r->doc, "on_error", "must be \"fail\", \"continue\" or \"route\"");
	return ON_ERROR_FAIL;
}

/* A name that nobody knows is a list, as stock has it. */
static enum merge_strategy read_merge_strategy(struct reader *r)
{
	const char *name = docr_text(&r->doc, "merge_strategy", DEFINITION_ID_MAX);
	int i;

	for (i = 0; name && i < MERGE_NSTRATEGIES; i++)
		if (strcmp(merge_names[i], name) == 0)
			return (enum merge_strategy)i;
	return MERGE_LIST;
}

static enum step_type type_parse(const char *name)
{
	int i;

	for (i = STEP_UNKNOWN + 1; i < STEP_NTYPES; i++)
		if (strcmp(type_names[i], name) == 0)
			return (enum step_type)i;
	return STEP_UNKNOWN;
}

/* Stock wants a list of objects of strings; what its own bundles have is taken as
 * well. */
static void read_fields(struct reader *r, struct definition_step *step)
{
	const struct json *value = jsonr_get(r->doc.object, "human_fields");
	struct str text = STR_INIT;
	char why[96];

	if (jsonr_type(value) == JSONR_NULL)
		str_add_text(&text, "[]");
	else
		jsonr_print(value, &text);
	if (text.len > DEFINITION_FIELDS_MAX) {
		(void)snprintf(why, sizeof(why), "must have at most %d bytes, not %zu",
			       DEFINITION_FIELDS_MAX, text.len);
		docr_complain(&r->doc, "human_fields", why);
	}
	step->human_fields_len = text.len;
	step->human_fields =
		arena_dup_n(&r->definition->arena, str_text(&text), text.len);
	str_deinit(&text);
}

static void read_human(struct reader *r, struct definition_step *step)
{
	step->human_prompt = docr_text(&r->doc, "human_prompt", DEFINITION_BYTES_MAX);
	read_fields(r, step);
	step->human_channel_id =
		docr_text(&r->doc, "human_channel_id", DEFINITION_ID_MAX);
	step->human_deadline_ms = 1000 * docr_int(&r->doc, "human_deadline_seconds", 0,
						  HUMAN_WAIT_MAX_SEC, 0);
	step->human_reminder_ms = 1000 * docr_int(&r->doc, "human_reminder_seconds", 0,
						  HUMAN_WAIT_MAX_SEC, 0);
	step->on_timeout_step_id =
		docr_text(&r->doc, "on_timeout_step_id", DEFINITION_ID_MAX);
}

static void read_step(struct reader *r, struct definition_step *step)
{
	const char *model;

	step->id = docr_needed(&r->doc, "id", DEFINITION_ID_MAX);
	step->name = docr_needed(&r->doc, "name", DEFINITION_NAME_MAX);
	step->type_name = docr_needed(&r->doc, "type", DEFINITION_ID_MAX);
	step->type = type_parse(step->type_name);
	model = docr_text(&r->doc, "model", DEFINITION_ID_MAX);
	step->model = model_inherits(model) ? NULL : model;
	step->prompt_template =
		docr_text(&r->doc, "prompt_template", DEFINITION_BYTES_MAX);
	step->print_content = docr_text(&r->doc, "print_content", DEFINITION_BYTES_MAX);
	read_branches(r, step);
	read_body(r, step);
	read_input_keys(r, step);
	step->merge_strategy = read_merge_strategy(r);
	step->transform_code = docr_text(&r->doc, "transform_code", DEFINITION_BYTES_MAX);
	step->if_condition = docr_text(&r->doc, "if_condition", DEFINITION_BYTES_MAX);
	step->if_true_step_id = docr_text(&r->doc, "if_true_step_id", DEFINITION_ID_MAX);
	step->if_false_step_id =
		docr_text(&r->doc, "if_false_step_id", DEFINITION_ID_MAX);
	step->switch_expression =
		docr_text(&r->doc, "switch_expression", DEFINITION_BYTES_MAX);
	read_switch_cases(r, step);
	step->switch_default_step_id =
		docr_text(&r->doc, "switch_default_step_id", DEFINITION_ID_MAX);
	read_routes(r, step);
	step->evaluator_prompt =
		docr_text(&r->doc, "evaluator_prompt", DEFINITION_BYTES_MAX);
	step->on_parse_error = docr_text(&r->doc, "on_parse_error", DEFINITION_ID_MAX);
	step->forced_tool = docr_text(&r->doc, "forced_tool", DEFINITION_ID_MAX);
	read_human(r, step);
	step->agent_id = docr_text(&r->doc, "agent_id", DEFINITION_ID_MAX);
	read_allowed_tools(r, step);
	step->max_turns = docr_int(&r->doc, "max_turns", 0, DEFINITION_TURNS_MAX, 15);
	step->full_history = docr_bool(&r->doc, "include_full_history", true);
	step->output_key = docr_text(&r->doc, "output_key", DEFINITION_ID_MAX);
	step->next_step_id = docr_text(&r->doc, "next_step_id", DEFINITION_ID_MAX);
	step->timeout_ms =
		1000 * docr_int(&r->doc, "timeout_seconds", 0, STEP_TIMEOUT_MAX_SEC, 0);
	step->max_iterations =
		docr_int(&r->doc, "max_iterations", 0, DEFINITION_TURNS_MAX, 3);
	read_retry(r, &step->retry);
	step->on_error = read_on_error(r);
	step->on_error_step_id =
		docr_text(&r->doc, "on_error_step_id", DEFINITION_ID_MAX);
}

static void read_steps(struct reader *r)
{
	struct definition *definition = r->definition;
	const struct json *list;
	size_t count, i;

	if (!docr_container(&r->doc, "steps", JSONR_ARRAY, &list))
		return;
	count = jsonr_count(list);
	if (!docr_count(&r->doc, "steps", count, DEFINITION_STEPS_MAX))
		return;
	definition->steps =
		arena_new_n(&definition->arena, struct definition_step, count);
	for (i = 0; i < count; i++) {
		struct definition_step *step =
			&definition->steps[definition->steps_count];
		struct reader inner = *r;

		(void)snprintf(inner.doc.prefix, sizeof(inner.doc.prefix), "/steps/%zu",
			       i);
		inner.doc.object = jsonr_at(list, i);
		if (jsonr_type(inner.doc.object) != JSONR_OBJECT) {
			docr_complain(&inner.doc, "", "must be an object");
			continue;
		}
		(void)snprintf(inner.doc.prefix, sizeof(inner.doc.prefix), "/steps/%zu/",
			       i);
		step->index = definition->steps_count++;
		read_step(&inner, step);
		if (!map_get(&definition->by_id, step->id, strlen(step->id)))
			(void)map_put(&definition->by_id, step->id, strlen(step->id),
				      step);
	}
}

/* Only entries that are objects with a default matter at run time (CONTRACT 5.1). */
static void read_schema(struct reader *r)
{
	struct definition *definition = r->definition;
	struct str json = STR_INIT;
	const struct json *schema, *value;
	struct jsonr_iter it;
	bool found;

	if (!docr_container(&r->doc, "state_schema", JSONR_OBJECT, &schema) ||
	    !docr_count(&r->doc, "state_schema", jsonr_count(schema),
			DEFINITION_KEYS_MAX))
		return;
	definition->defaults = arena_new_n(&definition->arena, struct definition_default,
					   jsonr_count(schema));
	it = jsonr_iter(schema);
	while (jsonr_next(&it)) {
		struct definition_default *entry;
		size_t len = strlen(it.key);

		value = jsonr_find(it.value, "default", &found);
		if (!found)
			continue;
		if (len == 0 || len > DEFINITION_ID_MAX) {
			docr_complain(&r->doc, "state_schema",
				      "has a key that is empty or too long");
			continue;
		}
		str_reset(&json, DEFINITION_BYTES_MAX);
		jsonr_print(value, &json);
		entry = &definition->defaults[definition->defaults_count++];
		entry->key = arena_dup_n(&definition->arena, it.key, len);
		entry->json = arena_dup_n(&definition->arena, str_text(&json), json.len);
		entry->json_len = json.len;
	}
	str_deinit(&json);
}

static void mark_repeats(struct definition *definition)
{
	bool *repeats = mem_new_n(bool, definition->steps_count + 1);
	size_t i;

	graph_repeats(definition, repeats);
	for (i = 0; i < definition->steps_count; i++)
		definition->steps[i].repeats = repeats[i];
	mem_free(repeats);
}

static bool has_agent_of(const struct definition_step *step,
			 const struct definition_step *other)
{
	return step->agent_id && other->agent_id && step->type == STEP_AGENT &&
	       other->type == STEP_AGENT && strcmp(step->agent_id, other->agent_id) == 0;
}

static void mark_agents(struct definition *definition)
{
	struct definition_step *steps = definition->steps;
	size_t i, k;

	for (i = 0; i < definition->steps_count; i++) {
		steps[i].agent_again |= steps[i].type == STEP_AGENT && steps[i].repeats;
		for (k = 0; k < i; k++)
			if (has_agent_of(&steps[i], &steps[k]))
				steps[i].agent_again = steps[k].agent_again = true;
	}
}

static void read_definition(struct reader *r)
{
	struct definition *definition = r->definition;

	definition->id = docr_needed(&r->doc, "id", DEFINITION_ID_MAX);
	definition->name = docr_needed(&r->doc, "name", DEFINITION_NAME_MAX);
	definition->description = docr_text(&r->doc, "description", DEFINITION_BYTES_MAX);
	if (!definition->description)
		definition->description = "";
	definition->entry_step_id =
		docr_text(&r->doc, "entry_step_id", DEFINITION_ID_MAX);
	definition->max_total_turns =
		docr_int(&r->doc, "max_total_turns", 0, DEFINITION_TURNS_MAX, 0);
	definition->timeout_ms =
		60000 * docr_int(&r->doc, "timeout_minutes", 0, RUN_TIMEOUT_MAX_MIN, 0);
	read_steps(r);
	read_schema(r);
}

int definition_parse(const char *text, size_t len, struct definition **ret,
		     struct problems *problems)
{
	size_t before = problems->count;
	struct definition *definition;
	struct reader reader = { .doc = { .problems = problems, .prefix = "/" } };
	struct json *doc = NULL;

	if (docr_parse(text, len, DEFINITION_BYTES_MAX, "a definition", problems, &doc) <
	    0)
		return ERR_INPUT;
	definition = mem_new(struct definition);
	definition->refs = 1;
	arena_init(&definition->arena);
	map_init(&definition->by_id);
	reader.definition = definition;
	reader.doc.arena = &definition->arena;
	reader.doc.object = doc;
	read_definition(&reader);
	jsonr_free(doc);
	if (problems->count > before) {
		definition_unref(definition);
		return ERR_INPUT;
	}
	mark_repeats(definition);
	mark_agents(definition);
	*ret = definition;
	return 0;
}

struct definition *definition_ref(struct definition *definition)
{
	definition->refs++;
	return definition;
}

void definition_unref(struct definition *definition)
{
	if (!definition)
		return;
	assert(definition->refs > 0);
	if (--definition->refs > 0)
		return;
	map_deinit(&definition->by_id);
	arena_deinit(&definition->arena);
	mem_free(definition);
}

const struct definition_step *definition_step(const struct definition *definition,
					      const char *id)
{
	return id ? map_get(&definition->by_id, id, strlen(id)) : NULL;
}

const char *definition_merge_name(enum merge_strategy strategy)
{
	return merge_names[strategy];
}

int definition_validate(const struct definition *definition,
			const struct definition_rules *rules, struct problems *problems)
{
	size_t before = problems->count;

	validate_steps(definition, rules, problems);
	if (problems->count > before)
		return ERR_INPUT;
	validate_graph(definition, problems);
	validate_share(definition, problems);
	return 0;
}
