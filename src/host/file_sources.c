/*
 * file_sources.c - agents, tools and orchestrations that steps name, out of files
 *
 * A version is a number made of the text's digest: it says whether two texts are the
 * same, which is all that it is asked for. What a run used once is in its journal
 * (file_pins.c).
 */
#include "host/file_sources.h"

#include "base/clock.h"
#include "base/jsonr.h"
#include "engine/host.h"
#include "engine/step_types.h"
#include "host/file_pins.h"
#include "host/host_file_in.h"
#include "run/agent.h"
#include "run/definition.h"
#include "run/problem.h"
#include "store/files_list.h"
#include "tools/tool_lists.h"

#include <stdlib.h>
#include <string.h>

/* Of 13 hex digits, so that it is exact in JSON as well; never 0. */
static int64_t version_of(const struct files_item *item)
{
	char digits[14];

	memcpy(digits, item->sha256, 13);
	digits[13] = '\0';
	return (int64_t)strtoull(digits, NULL, 16) + 1;
}

/* The text in that version (0: the current one, *version is then set), or NULL. */
static const char *text_of(struct file_run *run, enum files_pin_kind kind,
			   struct files_list *list, const char *id, int64_t *version)
{
	const char *pinned = file_pins_text(run, kind, id, *version);
	const struct files_item *item;
	struct files_pin pin;

	if (pinned)
		return pinned;
	files_list_look(list, clock_mono_ms());
	item = files_list_find(list, id);
	if (!item || (*version && *version != version_of(item)))
		return NULL;
	*version = version_of(item);
	pin = (struct files_pin){ kind, id, *version, item->text };
	file_pins_add(run, &pin);
	host_file_want(run);
	return item->text;
}

void file_sources_agent(struct file_run *run, struct agent_find *find)
{
	struct problems problems;
	const char *text;

	find->version = find->wanted;
	text = text_of(run, FILES_PIN_AGENT, run->host->options.agents, find->agent_id,
		       &find->version);
	problem_init(&problems);
	find->class = FAIL_JOB;
	if (!text)
		str_printf(&find->text, "there is no agent '%s'", find->agent_id);
	else if (agent_parse(text, strlen(text), &find->agent, &problems) < 0)
		str_printf(&find->text, "agent '%s': %s: %s", find->agent_id,
			   problems.kept[0].where, problems.kept[0].text);
	else
		find->class = FAIL_NONE;
	problem_deinit(&problems);
	op_done(&find->op);
}

void file_sources_definition(struct file_run *run, struct definition_find *find)
{
	struct definition *definition = NULL;
	struct problems problems;
	const char *text;

	find->version = find->wanted;
	text = text_of(run, FILES_PIN_ORCHESTRATION, run->host->options.orchestrations,
		       find->id, &find->version);
	problem_init(&problems);
	find->class = FAIL_JOB;
	if (!text) {
		str_printf(&find->text, "there is no orchestration '%s'", find->id);
	} else if (definition_parse(text, strlen(text), &definition, &problems) < 0 ||
		   definition_validate(definition, step_types_rules(), &problems) < 0) {
		str_printf(&find->text, "orchestration '%s': %s: %s", find->id,
			   problems.kept[0].where, problems.kept[0].text);
		definition_unref(definition);
	} else {
		find->class = FAIL_NONE;
		find->definition = definition;
	}
	problem_deinit(&problems);
	op_done(&find->op);
}

static bool is_builder(const struct files_item *item)
{
	struct json *doc = NULL;
	const char *type = NULL;
	bool is;

	if (jsonr_parse(item->text, item->len, &doc, NULL, NULL, NULL) == 0)
		type = jsonr_get_text(doc, "type");
	is = type && strcmp(type, "builder") == 0;
	jsonr_free(doc);
	return is;
}

static bool is_wanted(const struct agent_list *list, const struct files_item *item)
{
	size_t i;

	if (strcmp(item->id, list->but) == 0)
		return false;
	if (!list->ids_count)
		return !is_builder(item);
	for (i = 0; i < list->ids_count; i++)
		if (strcmp(item->id, list->ids[i]) == 0)
			return true;
	return false;
}

void file_sources_agents(struct host_file *host, struct agent_list *list)
{
	struct files_list *agents = host->options.agents;
	size_t i;

	files_list_look(agents, clock_mono_ms());
	list->agents = arena_new_n(&list->arena, struct agent_listed, AGENT_LIST_MAX);
	for (i = 0; i < files_list_count(agents) && list->agents_count < AGENT_LIST_MAX;
	     i++) {
		const struct files_item *item = files_list_at(agents, i);

		if (!is_wanted(list, item))
			continue;
		list->agents[list->agents_count++] = (struct agent_listed){
			.id = arena_dup(&list->arena, item->id),
			.name = arena_dup(&list->arena, item->name),
			.about = arena_dup(&list->arena,
					   item->description ? item->description : ""),
		};
	}
	op_done(&list->op);
}

static bool is_named(const struct tool_list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->names_count; i++)
		if (strcmp(list->names[i], name) == 0)
			return true;
	return list->all;
}

void file_sources_tools(struct host_file *host, struct tool_list *list)
{
	struct files_list *tools = host->options.tools;
	size_t i;

	files_list_look(tools, clock_mono_ms());
	list->tools = arena_new_n(&list->arena, struct tool_listed, TOOL_LIST_MAX);
	for (i = 0; i < files_list_count(tools) && list->tools_count < TOOL_LIST_MAX;
	     i++) {
		const struct files_item *item = files_list_at(tools, i);

		if (is_named(list, item->id))
			tool_lists_add(list, item->id, item->id, item->text);
	}
	op_done(&list->op);
}
