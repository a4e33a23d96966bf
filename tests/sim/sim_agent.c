/*
 * sim_agent.c - agents of a given definition, and the tools that they may use
 *
 * They are in the case (sim_case.h): `agents`, as they are stored, and `tools`. What is
 * asked for by name and is not there is left out, as tools/toolbox.c does.
 */
#include "sim_agent.h"

#include "base/arena.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "engine/host.h"
#include "run/agent.h"
#include "run/definition.h"
#include "sim_case.h"
#include "sim_store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct json *agent_of(const struct sim_run *run, const char *id)
{
	const struct json *agents = jsonr_get(run->given->doc, "agents");
	size_t i;

	for (i = 0; i < jsonr_count(agents); i++)
		if (strcmp(jsonr_get_text(jsonr_at(agents, i), "id"), id) == 0)
			return jsonr_at(agents, i);
	return NULL;
}

void sim_agent_find(const struct sim_run *run, struct agent_find *find)
{
	const struct json *agent = agent_of(run, find->agent_id);
	struct str text = STR_INIT;
	struct problems problems;

	problem_init(&problems);
	jsonr_print(agent, &text);
	if (!agent) {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no agent '%s'", find->agent_id);
	} else if (agent_parse(str_text(&text), text.len, &find->agent, &problems) < 0) {
		find->class = FAIL_JOB;
		str_add_text(&find->text, problems.kept[0].text);
	}
	find->version = 1;
	problem_deinit(&problems);
	str_deinit(&text);
}

void sim_agent_list(const struct sim_run *run, struct agent_list *list)
{
	const struct json *agents = jsonr_get(run->given->doc, "agents");
	size_t i;

	list->agents = arena_new_n(&list->arena, struct agent_listed, AGENT_LIST_MAX);
	for (i = 0; i < jsonr_count(agents) && i < AGENT_LIST_MAX; i++) {
		const char *id = jsonr_get_text(jsonr_at(agents, i), "id");
		const char *name = jsonr_get_text(jsonr_at(agents, i), "name");

		if (strcmp(id, list->but) != 0)
			list->agents[list->agents_count++] =
				(struct agent_listed){ id, name, "" };
	}
}

struct definition *sim_agent_inner(struct sim_run *run, const char *id)
{
	const struct json *all = jsonr_get(run->given->doc, "orchestrations");
	struct str text = STR_INIT;
	struct problems problems;
	size_t i;

	for (i = 0; i < SIM_INNER_MAX && run->inner[i]; i++)
		if (strcmp(run->inner[i]->id, id) == 0)
			return run->inner[i];
	if (i == SIM_INNER_MAX)
		return NULL;
	problem_init(&problems);
	for (size_t k = 0; k < jsonr_count(all) && !run->inner[i]; k++) {
		if (strcmp(jsonr_get_text(jsonr_at(all, k), "id"), id) != 0)
			continue;
		jsonr_print(jsonr_at(all, k), &text);
		(void)definition_parse(str_text(&text), text.len, &run->inner[i],
				       &problems);
	}
	problem_deinit(&problems);
	str_deinit(&text);
	return run->inner[i];
}

void sim_agent_orchestration(struct sim_run *run, struct definition_find *find)
{
	struct definition *definition = sim_agent_inner(run, find->id);

	if (definition) {
		find->definition = definition_ref(definition);
		find->version = 1;
	} else {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no orchestration '%s'", find->id);
	}
}

static bool is_wanted(const struct tool_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->names_count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return list->all;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tool_listed *)a)->name,
		      ((const struct tool_listed *)b)->name);
}

static const char *printed(struct arena *arena, const struct json *value)
{
	struct str text = STR_INIT;
	const char *kept;

	jsonr_print(value, &text);
	kept = arena_dup(arena, str_text(&text));
	str_deinit(&text);
	return kept;
}

void sim_agent_tools(const struct sim_run *run, struct tool_list *list)
{
	const struct json *tools = jsonr_get(run->given->doc, "tools");
	size_t i;

	list->tools =
		arena_new_n(&list->arena, struct tool_listed, jsonr_count(tools) + 1);
	for (i = 0; i < jsonr_count(tools) && list->tools_count < TOOL_LIST_MAX; i++) {
		const struct json *tool = jsonr_at(tools, i);
		const char *name = jsonr_get_text(tool, "name");

		if (!is_wanted(list, name))
			continue;
		list->tools[list->tools_count++] = (struct tool_listed){
			.id = arena_dup(&list->arena, name),
			.name = arena_dup(&list->arena, name),
			.definition = printed(&list->arena, tool),
			.about = arena_dup(&list->arena,
					   jsonr_get_text(tool, "description")),
			.schema = printed(&list->arena, jsonr_get(tool, "inputSchema")),
		};
	}
	if (list->tools_count)
		qsort(list->tools, list->tools_count, sizeof(*list->tools), by_name);
}
