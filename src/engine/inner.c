/*
 * inner.c - what runs inside an agent step
 *
 * Entries are written by engine/steps/ and read by whoever goes on with the step and by
 * folds (engine/fold_inner.c): all come to the same definition, since that of an
 * orchestration is pinned and those of agents are made of the entry alone.
 */
#include "engine/inner.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "run/definition.h"
#include "run/state.h"

#include <string.h>

static const char *const kind_names[] = {
	[INNER_ORCHESTRATION] = "orchestration",
	[INNER_DELEGATE] = "delegate",
	[INNER_SUBTASK] = "subtask",
};

static void pair_known(struct jsonw *w, const char *key, const char *text)
{
	if (text)
		jsonw_pair_text(w, key, text);
}

void inner_print(struct str *out, const struct inner *inner)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_key(&w, "inner");
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_pair_int(&w, "index", (int64_t)inner->index);
	jsonw_pair_text(&w, "kind", kind_names[inner->kind]);
	pair_known(&w, "id", inner->id);
	jsonw_pair_int(&w, "version", inner->version);
	jsonw_pair_text(&w, "text", inner->text);
	pair_known(&w, "name", inner->name);
	if (inner->tools)
		jsonw_pair_raw(&w, "tools", inner->tools, strlen(inner->tools));
	pair_known(&w, "model", inner->model);
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
}

static bool read_kind(const struct json *json, enum inner_kind *ret)
{
	const char *name = jsonr_get_text(json, "kind");
	size_t i;

	for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (name && strcmp(name, kind_names[i]) == 0) {
			*ret = (enum inner_kind)i;
			return true;
		}
	return false;
}

static bool read_inner(const struct json *json, struct str *tools, struct inner *ret)
{
	const struct json *list = jsonr_get(json, "tools");

	*ret = (struct inner){
		.index = (size_t)jsonr_get_int(json, "index", 0),
		.id = jsonr_get_text(json, "id"),
		.version = jsonr_get_int(json, "version", 0),
		.text = jsonr_get_text(json, "text"),
		.name = jsonr_get_text(json, "name"),
		.model = jsonr_get_text(json, "model"),
	};
	if (list) {
		jsonr_print(list, tools);
		ret->tools = str_text(tools);
	}
	return read_kind(json, &ret->kind) && ret->text &&
	       (ret->id || ret->kind == INNER_SUBTASK);
}

bool inner_find(const struct state_pair *progress, size_t index, struct inner_found *ret)
{
	const struct json *list, *one;
	size_t i, k;

	if (!progress || jsonr_parse(progress->json, progress->json_len, &ret->doc, NULL,
				     NULL, NULL) < 0)
		return false;
	for (i = 0; i < jsonr_count(ret->doc); i++) {
		list = jsonr_get(jsonr_at(ret->doc, i), "inner");
		for (k = 0; k < jsonr_count(list); k++) {
			one = jsonr_at(list, k);
			if (jsonr_get_int(one, "index", -1) == (int64_t)index)
				return read_inner(one, &ret->tools, &ret->inner);
		}
	}
	return false;
}

void inner_found_deinit(struct inner_found *found)
{
	jsonr_free(found->doc);
	str_deinit(&found->tools);
}

/* ---- the definition of an agent's loop ---- */

static void print_step(struct jsonw *w, const struct inner *inner, const char *name)
{
	jsonw_object(w);
	jsonw_pair_text(w, "id", "agent");
	jsonw_pair_text(w, "name", name);
	jsonw_pair_text(w, "type", "agent");
	pair_known(w, "agent_id", inner->id);
	pair_known(w, "model", inner->model);
	if (inner->tools)
		jsonw_pair_raw(w, "allowed_tools", inner->tools, strlen(inner->tools));
	jsonw_pair_text(w, "output_key", "response");
	jsonw_object_end(w);
}

int inner_definition(const struct inner *inner, struct definition **ret, struct err *err)
{
	const char *name = inner->name ? inner->name : inner->id ? inner->id : "subtask";
	struct definition *definition;
	struct problems problems;
	struct str text = STR_INIT;
	struct jsonw w;
	int rc;

	jsonw_init(&w, &text);
	jsonw_object(&w);
	jsonw_pair_text(&w, "id", kind_names[inner->kind]);
	jsonw_pair_text(&w, "name", name);
	jsonw_pair_text(&w, "entry_step_id", "agent");
	jsonw_key(&w, "steps");
	jsonw_array(&w);
	print_step(&w, inner, name);
	jsonw_array_end(&w);
	jsonw_object_end(&w);

	problem_init(&problems);
	rc = definition_parse(str_text(&text), text.len, &definition, &problems);
	if (rc < 0) {
		(void)err_set(err, rc, "%s: %s", problems.kept[0].where,
			      problems.kept[0].text);
	} else { /* nobody else has it yet */
		definition->of_agent = true;
		definition->steps[0].max_turns =
			inner->kind == INNER_SUBTASK ? INNER_SUBTASK_TURNS : 0;
		definition->steps[0].turns_of_agent = inner->kind == INNER_DELEGATE;
		definition->steps[0].is_subtask = inner->kind == INNER_SUBTASK;
		*ret = definition;
	}
	problem_deinit(&problems);
	str_deinit(&text);
	return rc;
}

/* ---- its events ---- */

static void add_field(struct str *out, const char *key, const char *text)
{
	str_printf(out, ",\"%s\":", key);
	jsonw_quote(out, text, strlen(text));
}

void inner_print_fields(struct str *out, const struct inner *inner,
			const char *nested_run_id, int depth)
{
	switch (inner->kind) {
	case INNER_ORCHESTRATION:
		add_field(out, "nested_run_id", nested_run_id);
		add_field(out, "nested_orch_id", inner->id);
		str_printf(out, ",\"nested_depth\":%d", depth);
		break;
	case INNER_DELEGATE:
		add_field(out, "delegate_from", inner->id);
		add_field(out, "delegate_agent_name",
			  inner->name ? inner->name : inner->id);
		break;
	case INNER_SUBTASK:
		add_field(out, "subtask_name", inner->name ? inner->name : "subtask");
		break;
	}
}
