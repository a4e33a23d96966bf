/*
 * sim_agent.c - agents, what runs inside of them, and the tools that they may use
 *
 * They are what is around a run (sim_run.around): of a case (sim_case.h) `agents`, as
 * they are stored, and `tools`; else what sim_graph.c makes of chance, in two versions,
 * of which now the one and now the other is current, unless the seed is steady. What is
 * asked for by name and is not there is left out, as tools/toolbox.c does.
 */
#include "sim_agent.h"

#include "base/arena.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "engine/host.h"
#include "run/agent.h"
#include "run/definition.h"
#include "sim_graph.h"
#include "sim_store.h"
#include "sim_world.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURRENT_MS 2000 /* a version is current for so long */

static int64_t current_version(const struct sim_world *world, const struct sim_run *run)
{
	if (run->given || world->plan.steady)
		return 1;
	return 1 + world->now_ms / CURRENT_MS % SIM_VERSIONS;
}

static const struct json *agents_of(const struct sim_run *run, int64_t version)
{
	char key[32];

	if (run->given)
		return jsonr_get(run->around, "agents");
	(void)snprintf(key, sizeof(key), "agents_%" PRId64, version);
	return jsonr_get(run->around, key);
}

static const struct json *agent_of(const struct sim_run *run, const char *id,
				   int64_t version)
{
	const struct json *agents = agents_of(run, version);
	size_t i;

	for (i = 0; i < jsonr_count(agents); i++)
		if (strcmp(jsonr_get_text(jsonr_at(agents, i), "id"), id) == 0)
			return jsonr_at(agents, i);
	return NULL;
}

void sim_agent_find(const struct sim_world *world, const struct sim_run *run,
		    struct agent_find *find)
{
	int64_t version = find->wanted ? find->wanted : current_version(world, run);
	const struct json *agent = agent_of(run, find->agent_id, version);
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
	find->version = version;
	problem_deinit(&problems);
	str_deinit(&text);
}

static bool is_asked_for(const struct agent_list *list, const char *id)
{
	size_t i;

	for (i = 0; i < list->ids_count; i++)
		if (strcmp(list->ids[i], id) == 0)
			return true;
	return !list->ids_count;
}

void sim_agent_list(const struct sim_world *world, const struct sim_run *run,
		    struct agent_list *list)
{
	const struct json *agents = agents_of(run, current_version(world, run));
	size_t i;

	list->agents = arena_new_n(&list->arena, struct agent_listed, AGENT_LIST_MAX);
	for (i = 0; i < jsonr_count(agents) && i < AGENT_LIST_MAX; i++) {
		const char *id = jsonr_get_text(jsonr_at(agents, i), "id");
		const char *name = jsonr_get_text(jsonr_at(agents, i), "name");

		if (strcmp(id, list->but) != 0 && is_asked_for(list, id))
			list->agents[list->agents_count++] =
				(struct agent_listed){ id, name, "" };
	}
}

/* ---- what runs inside ---- */

static bool print_inner(const struct sim_world *world, const struct sim_run *run,
			const char *id, int64_t version, struct str *out)
{
	const struct json *all = jsonr_get(run->around, "orchestrations");
	size_t i;

	if (!run->given && strlen(id) == 2 && (id[1] == '0' || id[1] == '1')) {
		sim_graph_inner(&world->plan, id[1] - '0', (int)version, out);
		return true;
	}
	for (i = 0; i < jsonr_count(all); i++) {
		if (strcmp(jsonr_get_text(jsonr_at(all, i), "id"), id) != 0)
			continue;
		jsonr_print(jsonr_at(all, i), out);
		return true;
	}
	return false;
}

struct definition *sim_agent_inner(const struct sim_world *world, struct sim_run *run,
				   const char *id, int64_t version)
{
	struct definition *made = NULL;
	struct str text = STR_INIT;
	struct problems problems;
	size_t i;

	for (i = 0; i < SIM_INNER_MAX && run->inner[i].definition; i++)
		if (run->inner[i].version == version &&
		    strcmp(run->inner[i].definition->id, id) == 0)
			return run->inner[i].definition;
	if (i == SIM_INNER_MAX || !print_inner(world, run, id, version, &text))
		return NULL;
	sim_say(world, "%s: inside, version %" PRId64 ": %s", run->run_id, version,
		str_text(&text));
	problem_init(&problems);
	if (definition_parse(str_text(&text), text.len, &made, &problems) < 0 &&
	    !run->given)
		sim_broken(world, "the simulator made a definition that is none: %s: %s",
			   problems.kept[0].where, problems.kept[0].text);
	run->inner[i].definition = made;
	run->inner[i].version = version;
	problem_deinit(&problems);
	str_deinit(&text);
	return made;
}

void sim_agent_orchestration(const struct sim_world *world, struct sim_run *run,
			     struct definition_find *find)
{
	int64_t version = find->wanted ? find->wanted : current_version(world, run);
	struct definition *definition = sim_agent_inner(world, run, find->id, version);

	if (definition) {
		find->definition = definition_ref(definition);
		find->version = version;
	} else {
		find->class = FAIL_JOB;
		str_printf(&find->text, "there is no orchestration '%s'", find->id);
	}
}

/* ---- tools ---- */

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
	const struct json *tools = jsonr_get(run->around, "tools");
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
