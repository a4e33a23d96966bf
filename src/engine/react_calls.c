/*
 * react_calls.c - the calls of one answer of an agent's model, served
 *
 * All of an answer are served at the same time. What a model made wrong (a tool that it
 * was not offered, arguments that do not fit) and a tool that fails are told to the model
 * as the call's result: it may do something about that, and the step goes on.
 */
#include "engine/react.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/prompt_cut.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"
#include "run/schema.h"
#include "run/tool_output.h"

#include <string.h>

#define PREVIEW_MAX 500

/* ---- custom tools ---- */

static void custom_begin(struct react_call *call)
{
	struct step *step = call->react->step;
	struct exec *exec = step->frame.exec;
	const struct engine_row *row = walk_row(step->frame.parent);

	call->use.request = (struct tool_request){
		.name = call->tool->name,
		.definition = call->tool->definition,
		.definition_len = strlen(call->tool->definition),
		.arguments = str_text(&call->arguments),
		.arguments_len = call->arguments.len,
		.deadline_mono_ms = call->react->deadline_mono_ms,
		.answer_max = exec->engine->limits.output_max,
		.path = row->path,
		.key_path = str_text(&call->react->key_path),
		.execution = row->execution,
		.nth = call->nth,
	};
	op_launch(&call->use.op);
	exec->engine->host->tool_use(exec->engine->host_data, exec, &call->use);
}

static void on_used(struct op *op)
{
	struct tool_use *use = mem_container(op, struct tool_use, op);
	struct react_call *call = mem_container(use, struct react_call, use);
	struct tool_answer answer = use->answer;
	const char *definition = call->tool->definition;
	struct str filtered = STR_INIT;
	const struct str *text = &answer.text;

	use->answer = (struct tool_answer){ .class = FAIL_NONE };
	if (answer.class == FAIL_NONE &&
	    tool_output_filter(&filtered, definition, strlen(definition), str_text(text),
			       text->len))
		text = &filtered;
	react_call_done(call, answer.class != FAIL_NONE, str_text(text), text->len);
	str_deinit(&answer.text);
	str_deinit(&filtered);
}

extern const struct react_server react_custom;
const struct react_server react_custom = { .begin = custom_begin };

/* ---- results ---- */

static void set_text(struct react_call *call, bool failed, const char *text, size_t len)
{
	struct str clean = STR_INIT, whole = STR_INIT;

	utf8_clean(&clean, text, len);
	if (failed)
		str_add_text(&whole, "Error: ");
	str_add(&whole, str_text(&clean), clean.len);
	prompt_cut(&call->text, str_text(&whole), whole.len, REACT_RESULT_MAX);
	call->failed = failed;
	call->done = true;
	str_deinit(&clean);
	str_deinit(&whole);
}

void react_call_done(struct react_call *call, bool failed, const char *text, size_t len)
{
	struct react *react = call->react;

	set_text(call, failed, text, len);
	if (--react->calls_open == 0 && react->state == REACT_SERVING)
		react_on_results(react);
	else
		exec_look(react->step->frame.exec); /* if the others wait for that */
}

static void refuse(struct react_call *call, const char *why)
{
	react_call_done(call, true, why, strlen(why));
}

/* ---- checks ---- */

static int read_arguments(struct react_call *call, struct err *err)
{
	const struct llm_tool_call *made = call->made;
	struct json *doc = NULL, *schema = NULL;
	int rc = 0;

	if (!made->arguments_len) /* some providers write it so */
		rc = jsonr_parse("{}", 2, &doc, NULL, NULL, err);
	else
		rc = jsonr_parse(made->arguments, made->arguments_len, &doc, NULL, NULL,
				 err);
	if (rc == 0 && jsonr_type(doc) != JSONR_OBJECT)
		rc = err_set(err, ERR_INPUT, "arguments must be an object");
	if (rc == 0)
		rc = jsonr_parse(call->tool->offer.schema,
				 strlen(call->tool->offer.schema), &schema, NULL, NULL,
				 err);
	if (rc == 0)
		rc = schema_check(schema, doc, err);
	if (rc == 0)
		jsonr_print(doc, &call->arguments);
	jsonr_free(doc);
	jsonr_free(schema);
	return rc;
}

static void check(struct react_call *call)
{
	struct str why = STR_INIT;
	struct err err;

	if (call->index >= REACT_CALLS_MAX) {
		str_printf(&why, "at most %d calls are served in one turn",
			   REACT_CALLS_MAX);
	} else if (!call->tool && strcmp(call->made->name, REACT_UNREADABLE) == 0) {
		str_add_text(&why,
			     "the call cannot be read: it must be a JSON object with "
			     "'name' and 'arguments'");
	} else if (!call->tool) {
		str_printf(&why, "tool '%.64s' is blocked: you were not offered it",
			   call->made->name);
	} else if (read_arguments(call, &err) < 0) {
		str_printf(&why, "the arguments do not fit the tool: %s", err.text);
	}
	if (why.len)
		refuse(call, str_text(&why));
	str_deinit(&why);
}

/* ---- events ---- */

static const char *name_of(const struct react_call *call)
{
	return call->tool ? call->tool->name : call->made->name;
}

/* Arguments that are no object are told as none: what came of them is in the result. */
static void tell_execution(const struct react_call *call)
{
	const struct step *step = call->react->step;
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	struct str args = STR_INIT;
	struct json *doc = NULL;

	if (jsonr_parse(call->made->arguments, call->made->arguments_len, &doc, NULL,
			NULL, NULL) == 0 &&
	    jsonr_type(doc) == JSONR_OBJECT)
		jsonr_print(doc, &args);
	else
		str_add_text(&args, "{}");
	event_tool_execution(&row->texts, &stamp, step->def, name_of(call),
			     (struct event_text){ str_text(&args), args.len });
	row_add_event(row);
	jsonr_free(doc);
	str_deinit(&args);
}

void react_tell_result(const struct react_call *call)
{
	const struct step *step = call->react->step;
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	const struct str *text = &call->text;
	size_t len = text->len < PREVIEW_MAX ? text->len : PREVIEW_MAX;
	struct event_text preview = { str_text(text),
				      utf8_cut(str_text(text), text->len, len) };
	struct str subtask = STR_INIT;

	react_inner_subtask(call, &subtask);
	event_subtask_result(&row->texts, &stamp, step->def, name_of(call), preview,
			     subtask.len ? str_text(&subtask) : NULL);
	row_add_event(row);
	str_deinit(&subtask);
}

/* ---- the calls of an answer ---- */

static void init_call(struct react *react, size_t i, const struct llm_tool_call *made)
{
	struct react_call *call = &react->calls[i];

	call->react = react;
	call->made = made;
	call->index = i;
	call->nth = react->talk.tool_calls - (int)react->calls_count + (int)i;
	call->tool = react_tool_find(react, made->name);
	op_init(&call->use.op, react->step->frame.exec, on_used);
}

/* fresh: nobody has begun them, the row that says so is under way. */
bool react_calls_make(struct react *react, const struct llm_tool_call *made, size_t count,
		      bool fresh)
{
	bool well = true;
	size_t i;

	react->calls = mem_new_n(struct react_call, count);
	react->calls_count = react->calls_open = count;
	for (i = 0; i < count; i++)
		init_call(react, i, &made[i]);
	for (i = 0; well && i < count; i++) {
		struct react_call *call = &react->calls[i];

		check(call);
		if (!fresh)
			continue;
		tell_execution(call);
		if (!call->done && call->tool->server->prepare)
			well = call->tool->server->prepare(call);
	}
	return well;
}

void react_calls_begin(struct react *react)
{
	const struct exec *exec = react->step->frame.exec;
	size_t i;

	react->state = REACT_SERVING;
	react->calls_open++; /* not over before all have begun */
	for (i = 0; i < react->calls_count && !exec->doomed; i++)
		if (!react->calls[i].done)
			react->calls[i].tool->server->begin(&react->calls[i]);
	if (--react->calls_open == 0 && !exec->doomed)
		react_on_results(react);
}

void react_calls_free(struct react *react)
{
	size_t i;

	for (i = 0; i < react->calls_count; i++) {
		struct react_call *call = &react->calls[i];

		op_detach(&call->use.op);
		if (call->tool && call->tool->server->drop)
			call->tool->server->drop(call);
		str_deinit(&call->use.answer.text);
		str_deinit(&call->arguments);
		str_deinit(&call->text);
	}
	mem_free(react->calls);
	react->calls = NULL;
	react->calls_count = 0;
}
