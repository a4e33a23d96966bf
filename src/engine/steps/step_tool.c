/*
 * step_tool.c - steps of type tool: a model fills in a tool's arguments, and it is used
 *
 *	find   the tool's definition is looked up
 *	ask    the model must call it
 *	use    the tool, with arguments that fit its schema
 *
 * What the model made wrong (no call, arguments that do not fit, arguments that the tool
 * refuses) is told to it and it is asked again, max_turns times in all; the last failure
 * is the step's. A tool that fails for another reason fails the step at once: `retry` is
 * the author's word on whether it may be used again. The tool that is used is always the
 * forced one, whatever name a model writes.
 *
 * The use has effects outside. The row before it is durable (next_outside), and the
 * request has the key of this execution, by which a careful far side knows a repetition.
 */
#include "engine/steps/step_tool.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/ask.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/prompt.h"
#include "engine/recall.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/extract.h"
#include "run/model.h"
#include "run/schema.h"

#include <string.h>

#define PREVIEW_MAX    500
#define REMEMBERED_MAX 2000  /* bytes of arguments */
#define FAILURE_MAX    600   /* bytes of one, as the model is told it */
#define FAILURES_MAX   16384 /* of all; older ones go */

struct step_tool {
	struct step step;
	struct tool_find find;
	struct ask ask;
	struct tool_use use;
	struct llm_tool tool; /* its name is offered, the rest is in find */
	struct str offered;
	struct json *schema;  /* owned */
	struct str arguments; /* JSON text of an object */
	struct str failures;  /* one a line */
	int64_t attempts;     /* that failed */
};

/* What to read a text for. */
struct reading {
	const struct step_tool *tool;
	struct str *arguments;
	bool found;
};

static void ask(struct step_tool *tool)
{
	struct step *step = &tool->step;

	str_reset(&tool->ask.system, 0);
	prompt_system(step_scope(step), walk_row(step->frame.parent)->path, step->def,
		      &tool->ask.system);
	prompt_tool(&tool->ask.system, &tool->tool, &tool->failures);
	ask_start(&tool->ask, step, &tool->tool, 1);
}

/* The attempt failed in a way that the model may mend. */
static void mend(struct step_tool *tool, enum fail_class class, const char *why)
{
	const struct definition_step *def = tool->step.def;
	int64_t most = def->max_turns > 1 ? def->max_turns : 1;

	tool->attempts++;
	if (tool->attempts >= most) {
		step_fail(&tool->step, class, why, strlen(why));
		return;
	}
	if (tool->failures.len > FAILURES_MAX)
		str_reset(&tool->failures, 0);
	str_printf(&tool->failures, "Attempt %lld: %.*s\n", (long long)tool->attempts,
		   (int)utf8_cut(why, strlen(why),
				 strlen(why) < FAILURE_MAX ? strlen(why) : FAILURE_MAX),
		   why);
	ask(tool);
}

/* ---- the answer of the model ---- */

/* {"tool": name, "arguments": {...}}, or the arguments alone. */
static bool on_value(void *arg, const struct json *value)
{
	struct reading *reading = arg;
	const char *name = jsonr_get_text(value, "tool");
	const struct json *arguments = jsonr_get(value, "arguments");

	if (jsonr_type(value) != JSONR_OBJECT)
		return true;
	if (!name)
		arguments = value;
	else if (strcmp(name, reading->tool->tool.name) != 0 &&
		 strcmp(name, reading->tool->step.def->forced_tool) != 0)
		return true;
	if (jsonr_type(arguments) != JSONR_OBJECT)
		return true;
	jsonr_print(arguments, reading->arguments);
	reading->found = true;
	return false;
}

static bool read_call(struct step_tool *tool)
{
	const struct llm_answer *answer = &tool->ask.call.answer;
	struct reading reading = { .tool = tool, .arguments = &tool->arguments };
	struct json *doc = NULL;

	str_reset(&tool->arguments, 4096);
	if (!answer->tool.len) {
		(void)extract_values(str_text(&answer->text), answer->text.len, on_value,
				     &reading);
		return reading.found;
	}
	if (jsonr_parse(str_text(&answer->text), answer->text.len, &doc, NULL, NULL,
			NULL) == 0 &&
	    jsonr_type(doc) == JSONR_OBJECT) {
		jsonr_print(doc, &tool->arguments);
		reading.found = true;
	}
	jsonr_free(doc);
	return reading.found;
}

static int check_arguments(struct step_tool *tool, struct err *err)
{
	struct json *doc = NULL;
	int rc;

	rc = jsonr_parse(str_text(&tool->arguments), tool->arguments.len, &doc, NULL,
			 NULL, err);
	if (rc == 0)
		rc = schema_check(tool->schema, doc, err);
	jsonr_free(doc);
	return rc;
}

static void use(struct step_tool *tool)
{
	struct step *step = &tool->step;
	struct exec *exec = step->frame.exec;
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(exec);
	struct tool_request *request = &tool->use.request;

	event_tool_execution(
		&row->texts, &stamp, step->def, step->def->forced_tool,
		(struct event_text){ str_text(&tool->arguments), tool->arguments.len });
	row_add_event(row);
	request->name = step->def->forced_tool;
	request->definition = str_text(&tool->find.text);
	request->definition_len = tool->find.text.len;
	request->arguments = str_text(&tool->arguments);
	request->arguments_len = tool->arguments.len;
	request->deadline_mono_ms = tool->ask.call.request.deadline_mono_ms;
	request->answer_max = exec->engine->limits.output_max;
	request->path = row->path;
	request->key_path = tool->ask.call.request.key_path;
	request->execution = row->execution;
	if (exec->doomed)
		return;
	op_launch(&tool->use.op);
	exec->engine->host->tool_use(exec->engine->host_data, exec, &tool->use);
}

static void on_answer(struct op *op)
{
	struct llm_call *call = mem_container(op, struct llm_call, op);
	struct ask *asked = mem_container(call, struct ask, call);
	struct step_tool *tool = mem_container(asked, struct step_tool, ask);
	struct str why = STR_INIT;
	struct err err;

	if (!ask_take(asked, &tool->step))
		return;
	if (!read_call(tool)) {
		mend(tool, FAIL_PROVIDER,
		     "the model's answer is no call of the tool with arguments as JSON");
	} else if (check_arguments(tool, &err) < 0) {
		str_printf(&why, "the model's arguments do not fit the tool: %s",
			   err.text);
		mend(tool, FAIL_PROVIDER, str_text(&why));
	} else {
		use(tool);
	}
	str_deinit(&why);
}

/* ---- the answer of the tool ---- */

static void tell_result(struct step *step, const struct str *text)
{
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);

	event_tool_result(
		&row->texts, &stamp, step->def, step->def->forced_tool,
		(struct event_text){
			str_text(text),
			utf8_cut(str_text(text), text->len,
				 text->len < PREVIEW_MAX ? text->len : PREVIEW_MAX) });
	row_add_event(row);
}

static void succeed(struct step_tool *tool, const struct str *output)
{
	struct str calls = STR_INIT, entry = STR_INIT;
	struct jsonw w;

	jsonw_init(&w, &calls);
	jsonw_array(&w);
	jsonw_object(&w);
	jsonw_pair_text(&w, "tool", tool->step.def->forced_tool);
	jsonw_key(&w, "arguments");
	if (tool->arguments.len <= REMEMBERED_MAX)
		jsonw_raw(&w, str_text(&tool->arguments), tool->arguments.len);
	else
		jsonw_text(&w, "too large to be kept");
	jsonw_object_end(&w);
	jsonw_array_end(&w);
	recall_print(&entry, &tool->step, str_text(output), output->len,
		     str_text(&calls));
	if (step_put_text(&tool->step, str_text(output), output->len, true)) {
		recall_keep(&tool->step, &entry);
		runframe_done(&tool->step.frame);
	}
	str_deinit(&calls);
	str_deinit(&entry);
}

static void on_used(struct op *op)
{
	struct tool_use *used = mem_container(op, struct tool_use, op);
	struct step_tool *tool = mem_container(used, struct step_tool, use);
	struct tool_answer answer = used->answer;

	used->answer = (struct tool_answer){ .class = FAIL_NONE };
	used->request.nth++;
	tell_result(&tool->step, &answer.text);
	if (answer.class == FAIL_NONE)
		succeed(tool, &answer.text);
	else if (answer.refused)
		mend(tool, answer.class, str_text(&answer.text));
	else
		step_fail(&tool->step, answer.class, str_text(&answer.text),
			  answer.text.len);
	str_deinit(&answer.text);
}

/* ---- the start ---- */

static void on_found(struct op *op)
{
	struct tool_find *find = mem_container(op, struct tool_find, op);
	struct step_tool *tool = mem_container(find, struct step_tool, find);
	struct err err;

	if (find->class != FAIL_NONE) {
		step_fail(&tool->step, find->class, str_text(&find->text),
			  find->text.len);
		return;
	}
	if (jsonr_parse(str_text(&find->schema), find->schema.len, &tool->schema, NULL,
			NULL, &err) < 0) {
		step_fail(&tool->step, FAIL_JOB, err.text, strlen(err.text));
		return;
	}
	prompt_tool_name(&tool->offered, tool->step.def);
	tool->tool = (struct llm_tool){ .name = str_text(&tool->offered),
					.description = str_text(&find->about),
					.schema = str_text(&find->schema) };
	ask(tool);
}

static void start(struct runframe *frame)
{
	struct step_tool *tool = (struct step_tool *)frame;
	struct step *step = &tool->step;
	const struct definition_step *def = step->def;
	struct engine *engine = frame->exec->engine;
	struct err err;

	if (!def->forced_tool) {
		step_warn(step, "forced_tool is empty: there is no tool to use");
		runframe_done(frame);
		return;
	}
	if (!model_of(def->model)) {
		runframe_fail(frame, FAIL_JOB, "Step '%s' names no model", def->name);
		return;
	}
	if (!engine->host->tool_find) {
		runframe_fail(frame, FAIL_INTERNAL, "Step '%s': there are no tools here",
			      def->name);
		return;
	}
	if (prompt_task(frame->exec, step_scope(step), def, &tool->ask.task, &err) < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
		return;
	}
	tool->find.name = def->forced_tool;
	op_launch(&tool->find.op);
	engine->host->tool_find(engine->host_data, frame->exec, &tool->find);
}

static void on_free(struct runframe *frame)
{
	struct step_tool *tool = (struct step_tool *)frame;

	op_detach(&tool->find.op);
	op_detach(&tool->use.op);
	ask_deinit(&tool->ask);
	jsonr_free(tool->schema);
	str_deinit(&tool->find.text);
	str_deinit(&tool->find.about);
	str_deinit(&tool->find.schema);
	str_deinit(&tool->use.answer.text);
	str_deinit(&tool->offered);
	str_deinit(&tool->arguments);
	str_deinit(&tool->failures);
}

static const struct runframe_ops tool_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_tool_new(struct runframe *parent, const struct definition_step *def)
{
	struct step_tool *tool = step_alloc(&tool_ops, parent, def, sizeof(*tool));

	ask_init(&tool->ask, &tool->step, on_answer);
	op_init(&tool->find.op, parent->exec, on_found);
	op_init(&tool->use.op, parent->exec, on_used);
	return &tool->step.frame;
}

bool step_tool_outside(const struct definition_step *def)
{
	return def->forced_tool != NULL;
}
