/*
 * react_inner.c - tools of an agent that give work to other agents
 *
 *	delegate_to_agent  of agents of type delegate: to one of those that there are, or
 *	                   that it names; a roster in its prompt says what they do
 *	spawn_subtask      to an agent made for this one call, with some of the tools of
 *	                   the agent that makes it
 *
 * Both are inner runs (engine/inner_run.h) over the loop of one agent, so all calls of an
 * answer run at the same time and their results come in the order of the calls. What a
 * call is given is recorded in the row of the answer that makes it; its number among the
 * execution's calls is its index.
 */
#include "engine/react.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/inner_run.h"
#include "engine/progress.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/agent.h"
#include "run/definition.h"

#include <string.h>

#define DELEGATE_TOOL "delegate_to_agent"
#define SUBTASK_TOOL  "spawn_subtask"
/* Tools of a subtask that names none that its agent may use. */
#define SUBTASK_TOOLS 5
/* Of a description in the roster. */
#define ABOUT_MAX 500

/* ---- served ---- */

static void on_ended(struct inner_run *run)
{
	react_call_done(run->own, run->class != FAIL_NONE, str_text(&run->text),
			run->text.len);
}

static void begin_inner(struct react_call *call)
{
	struct inner_found found = { .doc = NULL };
	struct definition *definition = NULL;
	struct react *react = call->react;
	struct inner_run *run = NULL;
	struct err err = { 0 };
	int rc = 0;

	if (!inner_find(progress_get(react->step), (size_t)call->nth, &found))
		rc = err_set(&err, ERR_INPUT, "what it is given is not recorded");
	else if (!inner_runs_found(react->inner, (size_t)call->nth))
		rc = inner_definition(&found.inner, &definition, &err);
	if (rc == 0)
		rc = inner_run_begin(react->inner, &found.inner, definition, on_ended,
				     call, &run, &err);
	call->own = run;
	if (rc < 0)
		react_call_done(call, true, err.text, strlen(err.text));
	definition_unref(definition);
	inner_found_deinit(&found);
}

/* All of an answer are dropped together. */
static void drop_inner(struct react_call *call)
{
	call->own = NULL;
	inner_runs_clear(call->react->inner);
}

static bool inner_parked(const struct react_call *call)
{
	return call->own && inner_run_parked(call->own);
}

static bool record(struct react_call *call, const struct inner *inner)
{
	struct str entry = STR_INIT;
	bool well;

	inner_print(&entry, inner);
	well = progress_append(call->react->step, &entry);
	str_deinit(&entry);
	return well;
}

/* The arguments fit the schema. */
static struct json *arguments_of(const struct react_call *call)
{
	struct json *doc = NULL;

	if (jsonr_parse(str_text(&call->arguments), call->arguments.len, &doc, NULL, NULL,
			NULL) < 0)
		return NULL;
	return doc;
}

static const char *name_of(const struct react *react, const char *agent_id)
{
	size_t i;

	for (i = 0; i < react->others.agents_count; i++)
		if (strcmp(react->others.agents[i].id, agent_id) == 0)
			return react->others.agents[i].name;
	return NULL;
}

static bool prepare_delegate(struct react_call *call)
{
	struct json *arguments = arguments_of(call);
	const char *id = jsonr_get_text(arguments, "agent_id");
	const char *task = jsonr_get_text(arguments, "task");
	bool well = true;

	if (id && task)
		well = record(call, &(struct inner){
					    .index = (size_t)call->nth,
					    .kind = INNER_DELEGATE,
					    .id = id,
					    .text = task,
					    .name = name_of(call->react, id),
				    });
	jsonr_free(arguments);
	return well;
}

/* ---- tools of a subtask ---- */

static void add_tool(struct jsonw *w, const struct tool_listed *tool, size_t *count)
{
	jsonw_text(w, tool->name);
	++*count;
}

/* Whether the list names it, as it is called or as it was offered. */
static bool is_named(const struct react *react, const struct json *names,
		     const struct tool_listed *tool)
{
	const struct react_tool *offered;
	const char *name;
	size_t i;

	for (i = 0; i < jsonr_count(names); i++) {
		name = jsonr_text(jsonr_at(names, i));
		if (!name)
			continue;
		offered = react_tool_find(react, name);
		if (strcmp(name, tool->name) == 0 || strcmp(name, tool->id) == 0 ||
		    (offered && offered->definition == tool->definition))
			return true;
	}
	return false;
}

static void print_tools(const struct react *react, const struct json *names,
			struct str *out)
{
	const struct tool_list *list = &react->list;
	size_t count = 0, i;
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = 0; i < list->tools_count; i++)
		if (is_named(react, names, &list->tools[i]))
			add_tool(&w, &list->tools[i], &count);
	for (i = 0; !count && i < list->tools_count && i < SUBTASK_TOOLS; i++)
		jsonw_text(&w, list->tools[i].name);
	jsonw_array_end(&w);
}

static bool prepare_subtask(struct react_call *call)
{
	struct json *arguments = arguments_of(call);
	const char *task = jsonr_get_text(arguments, "task");
	const char *name = jsonr_get_text(arguments, "name");
	struct str tools = STR_INIT;
	bool well = true;

	print_tools(call->react, jsonr_get(arguments, "tools"), &tools);
	if (task)
		well = record(call, &(struct inner){
					    .index = (size_t)call->nth,
					    .kind = INNER_SUBTASK,
					    .text = task,
					    .name = name && *name ? name : NULL,
					    .tools = str_text(&tools),
					    .model = call->react->model,
				    });
	str_deinit(&tools);
	jsonr_free(arguments);
	return well;
}

static const struct react_server delegates = { prepare_delegate, begin_inner, drop_inner,
					       inner_parked };
static const struct react_server subtasks = { prepare_subtask, begin_inner, drop_inner,
					      inner_parked };

void react_inner_subtask(const struct react_call *call, struct str *out)
{
	struct json *arguments;
	const char *name;

	if (!call->tool || call->tool->server != &subtasks)
		return;
	arguments = arguments_of(call);
	name = jsonr_get_text(arguments, "name");
	if (name)
		str_add_text(out, name);
	jsonr_free(arguments);
}

/* ---- offered ---- */

static bool is_deep(const struct react *react)
{
	return walk_inner_depth(react->step->frame.parent, INNER_DELEGATE) >=
	       INNER_DEPTH_MAX;
}

static const char *keep(struct react *react, const struct str *text)
{
	return arena_dup_n(&react->list.arena, str_text(text), text->len);
}

static void offer(struct react *react, const char *name, const char *about,
		  const struct str *schema, const struct react_server *server)
{
	react_tools_add(react, &(struct react_tool){
				       .offer = { .name = name,
						  .description = about,
						  .schema = keep(react, schema) },
				       .name = name,
				       .server = server,
			       });
}

static void offer_delegates(struct react *react)
{
	const struct agent_list *others = &react->others;
	struct str schema = STR_INIT;
	struct jsonw w;
	size_t i;

	str_add_text(&schema, "{\"type\":\"object\",\"properties\":{\"agent_id\":"
			      "{\"type\":\"string\",\"enum\":");
	jsonw_init(&w, &schema);
	jsonw_array(&w);
	for (i = 0; i < others->agents_count; i++)
		jsonw_text(&w, others->agents[i].id);
	jsonw_array_end(&w);
	str_add_text(&schema, "},\"task\":{\"type\":\"string\"}},"
			      "\"required\":[\"agent_id\",\"task\"]}");
	offer(react, DELEGATE_TOOL,
	      "Gives a task to another agent and returns its answer. The agent knows "
	      "nothing but the task: say all that it needs.",
	      &schema, &delegates);
	str_deinit(&schema);
}

static void offer_subtasks(struct react *react)
{
	struct str schema = STR_INIT;
	struct jsonw w;
	size_t i;

	str_add_text(&schema, "{\"type\":\"object\",\"properties\":{\"task\":"
			      "{\"type\":\"string\"},\"tools\":{\"type\":\"array\","
			      "\"items\":{\"type\":\"string\"},\"description\":");
	jsonw_init(&w, &schema);
	if (react->list.tools_count) {
		struct str names = STR_INIT;

		str_add_text(&names, "Some of:");
		for (i = 0; i < react->list.tools_count; i++)
			str_printf(&names, "%s %s", i ? "," : "",
				   react->list.tools[i].name);
		jsonw_text_n(&w, str_text(&names), names.len);
		str_deinit(&names);
	} else {
		jsonw_text(&w, "There are none");
	}
	str_add_text(&schema, "},\"name\":{\"type\":\"string\"}},"
			      "\"required\":[\"task\"]}");
	offer(react, SUBTASK_TOOL,
	      "Has a part of the work done by a helper with the tools that you name, and "
	      "returns its answer. Several in one turn are done at the same time. The "
	      "helper knows nothing but the task: say all that it needs.",
	      &schema, &subtasks);
	str_deinit(&schema);
}

static bool names_subtask(const struct react *react)
{
	size_t i;

	for (i = 0; i < react->list.names_count; i++)
		if (strcmp(react->list.names[i], SUBTASK_TOOL) == 0)
			return true;
	return false;
}

void react_inner_offer(struct react *react)
{
	if (react->others.agents_count)
		offer_delegates(react);
	if (names_subtask(react) && !is_deep(react))
		offer_subtasks(react);
}

/* ---- the roster ---- */

void react_inner_roster(const struct react *react, struct str *out)
{
	const struct agent_list *others = &react->others;
	size_t i;

	if (!others->agents_count)
		return;
	str_add_text(out, "You may give tasks to these agents (" DELEGATE_TOOL "):\n");
	for (i = 0; i < others->agents_count; i++)
		str_printf(out, "- %s (%s)%s%.*s\n", others->agents[i].id,
			   others->agents[i].name, *others->agents[i].about ? ": " : "",
			   ABOUT_MAX, others->agents[i].about);
	str_add_text(out, "\n---\n\n");
}

bool react_inner_look(struct react *react)
{
	struct exec *exec = react->step->frame.exec;
	const struct engine_host *host = exec->engine->host;
	struct agent_list *others = &react->others;

	if (react->agent->type != AGENT_DELEGATE || is_deep(react) || !host->agent_list)
		return false;
	others->but = react->agent->id;
	others->ids = react->agent->delegates;
	others->ids_count = react->agent->delegates_count;
	op_launch(&others->op);
	host->agent_list(exec->engine->host_data, exec, others);
	return true;
}
