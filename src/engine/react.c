/*
 * react.c - the loop of an agent: a model, the tools that it calls, the model again
 *
 *	STORING   a row that says which agent it is, of which version, since when
 *	TOOLS     what its guard allows is looked up
 *	ASKING    the model; an answer without calls is the step's result
 *	STORING   a row with the answer, with the events of its calls
 *	SERVING   the calls, all at the same time (engine/react_calls.c)
 *	STORING   a row with their results, in the order of the calls; then ASKING
 *	SUMMING   before that, when all that was said is too long (react_compact.c)
 *
 * The conversation is in the state (engine/progress.h) from the moment on at which its
 * row is handed out, and nothing begins behind a row before that is durable. So whoever
 * takes the run over asks the same, or repeats calls whose results got lost, under the
 * same keys: of each execution calls of models and calls of tools are numbered.
 *
 * A turn is an answer that calls tools. In the last one no tool is offered; a model that
 * calls one all the same has used up its turns, and the step has failed.
 */
#include "engine/react.h"

#include "base/fault.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/call.h"
#include "engine/earlier.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/progress.h"
#include "engine/prompt.h"
#include "engine/recall.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/agent.h"
#include "run/definition.h"
#include "run/image.h"
#include "run/model.h"

#include <string.h>

/* Of an agent that says nothing else, when another gives it work. */
#define TURNS_DEFAULT 15

static struct react *react_of_call(struct op *op)
{
	struct llm_call *call = mem_container(op, struct llm_call, op);

	return mem_container(call, struct react, call);
}

static struct engine_row *row_of(const struct react *react)
{
	return walk_row(react->step->frame.parent);
}

/* ---- what was said ---- */

bool react_recall(struct react *react)
{
	const struct state_pair *pair = progress_get(react->step);
	struct err ignored;

	progress_path(react->step, &react->key_path);
	if (!pair)
		return false;
	/* inputs of the run may have the key, too */
	if (conversation_read(&react->talk, pair->json, pair->json_len, &ignored) == 0 &&
	    react->talk.execution == row_of(react)->execution &&
	    strcmp(react->talk.key_path, str_text(&react->key_path)) == 0)
		return true;
	conversation_deinit(&react->talk);
	conversation_init(&react->talk);
	progress_drop(react->step);
	return false;
}

/* What it holds beside its frame, for "the run with the largest arena". */
static void count_bytes(struct react *react)
{
	struct exec *exec = react->step->frame.exec;
	size_t bytes = react->talk.arena.used_bytes + react->list.arena.used_bytes +
		       react->shown.used_bytes;

	exec->frame_bytes += bytes - react->counted;
	react->counted = bytes;
}

/* An entry into the journal's row and the conversation. */
static bool add_entry(struct react *react, const struct str *entry)
{
	struct err err;

	if (!progress_append(react->step, entry))
		return false;
	if (conversation_add(&react->talk, str_text(entry), entry->len, &err) == 0) {
		count_bytes(react);
		return true;
	}
	runframe_fail(&react->step->frame, FAIL_INTERNAL, "Step '%s': %s",
		      react->step->def->name, err.text);
	return false;
}

static bool add_start(struct react *react, const struct str *history)
{
	const struct conversation_start start = {
		.agent_id = react->agent->id,
		.agent_version = react->agent_version,
		.key_path = str_text(&react->key_path),
		.execution = row_of(react)->execution,
		.history = history ? str_text(history) : NULL,
		.history_len = history ? history->len : 0,
		.images = (int64_t)react->images_count,
	};
	struct str entry = STR_INIT;
	bool well;

	conversation_print_start(&entry, &start,
				 engine_wall_ms(react->step->frame.exec->engine));
	well = add_entry(react, &entry);
	str_deinit(&entry);
	return well;
}

/* ---- the model ---- */

static void ask_next(struct react *react)
{
	bool tools = react->talk.turns + 1 < react->max_turns;
	struct llm_message *messages;
	size_t count;

	str_reset(&react->system, 0);
	prompt_agent(&react->system, react);
	messages = conversation_messages(
		&react->talk,
		(struct llm_message){ .role = LLM_SYSTEM,
				      .text = str_text(&react->system),
				      .len = react->system.len },
		(struct llm_message){ .role = LLM_USER,
				      .text = str_text(&react->task),
				      .len = react->task.len,
				      .images = react->images,
				      .images_count = react->images_count },
		&count);
	mem_free(react->messages);
	react->messages = messages;
	react->state = REACT_ASKING;
	react_ask(react, messages, count, tools);
}

void react_ask(struct react *react, const struct llm_message *messages, size_t count,
	       bool tools)
{
	struct llm_request *request = &react->call.request;
	const struct engine_row *row = row_of(react);

	call_answer_deinit(&react->call.answer);
	memset(&react->call.answer, 0, sizeof(react->call.answer));
	*request = (struct llm_request){
		.model = react->model,
		.messages = messages,
		.count = count,
		.tools = tools ? react->offers : NULL,
		.tools_count = tools ? react->tools_count : 0,
		.tools_optional = true,
		.deadline_mono_ms = react->deadline_mono_ms,
		.answer_max = react->step->frame.exec->engine->limits.output_max,
		.path = row->path,
		.key_path = str_text(&react->key_path),
		.execution = row->execution,
		.ask = react->talk.asks,
	};
	step_think(react->step, react->state == REACT_SUMMING ? "summing up"
				: react->talk.turns           ? "calling model again"
							      : "calling model");
	react_listen(react);
	call_start(&react->call);
}

static void park(struct react *react)
{
	react->state = REACT_PARKED;
	exec_park(react->step->frame.exec);
}

static void next(struct react *react)
{
	const struct talk *open = conversation_open_answer(&react->talk);
	struct exec *exec = react->step->frame.exec;

	if (exec->doomed)
		return;
	if (exec->engine->draining) {
		park(react);
	} else if (open) {
		if (react_calls_make(react, open->calls, open->count, false))
			react_calls_begin(react);
	} else if (!react_compact(react) && !runframe_has_ended(&react->step->frame)) {
		ask_next(react);
	}
}

static struct event_text text_of(const struct str *text)
{
	return (struct event_text){ str_text(text), text->len };
}

static bool is_blank(const struct str *text)
{
	return strspn(str_text(text), " \t\r\n") == text->len;
}

static void tell_thoughts(struct react *react, bool calls)
{
	const struct llm_answer *answer = &react->call.answer;
	struct engine_row *row = row_of(react);
	struct event_stamp stamp = exec_stamp(react->step->frame.exec);
	int turn = react->talk.turns + 1;

	if (!is_blank(&answer->reasoning)) {
		event_llm_reasoning(&row->texts, &stamp, react->step->def,
				    text_of(&answer->reasoning), turn);
		row_add_event(row);
	}
	if (calls && !is_blank(&answer->text)) {
		event_llm_thought(&row->texts, &stamp, react->step->def,
				  text_of(&answer->text), turn);
		row_add_event(row);
	}
}

void react_store(struct react *react, bool answered)
{
	react->state = REACT_STORING;
	react->answered = answered;
	walk_commit_turn(react->step->frame.parent, &react->stored);
}

static void take_calls(struct react *react)
{
	struct str entry = STR_INIT;
	const struct talk *open;
	bool well;

	if (react->talk.turns + 1 >= react->max_turns) {
		react->step->frame.code = "turn_limit";
		runframe_fail(&react->step->frame, FAIL_LIMIT,
			      "Step '%s': turn limit (%lld) reached, and the agent still "
			      "calls tools",
			      react->step->def->name, (long long)react->max_turns);
		return;
	}
	conversation_print_answer(&entry, &react->call.answer);
	well = add_entry(react, &entry);
	str_deinit(&entry);
	if (!well)
		return;
	open = conversation_open_answer(&react->talk);
	if (!react_calls_make(react, open->calls, open->count, true))
		return;
	FAULT_OF("turn.answered", react->step->def->id);
	react_store(react, true);
}

static void finish(struct react *react)
{
	const struct str *answer = &react->call.answer.text;
	struct step *step = react->step;
	struct engine_row *row = row_of(react);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	struct str clean = STR_INIT, json = STR_INIT, trace = STR_INIT, entry = STR_INIT;

	utf8_clean(&clean, str_text(answer), answer->len);
	jsonw_quote(&json, str_text(&clean), clean.len);
	conversation_print_trace(&trace, &react->talk);
	recall_print(&entry, step, str_text(&clean), clean.len, str_text(&trace));
	if (step_put(step, str_text(&json), json.len)) {
		recall_keep(step, &entry);
		if (react->remembers)
			earlier_add(step, react->agent->id, &react->task, &clean);
		event_agent_final(&row->texts, &stamp, step->def, text_of(&clean),
				  react->talk.last_tool);
		row_add_event(row);
		runframe_done(&step->frame);
	}
	str_deinit(&clean);
	str_deinit(&json);
	str_deinit(&trace);
	str_deinit(&entry);
}

static void on_answer(struct op *op)
{
	struct react *react = react_of_call(op);
	const struct llm_answer *answer = &react->call.answer;
	struct step *step = react->step;

	call_flush(&react->call);
	step_add_usage(step, react->model, &answer->usage);
	if (answer->class != FAIL_NONE) {
		step_fail(step, answer->class, str_text(&answer->text), answer->text.len);
		return;
	}
	react_take_speech(react);
	if (react->state == REACT_SUMMING) {
		react_on_summary(react);
		return;
	}
	tell_thoughts(react, answer->calls_count > 0);
	if (answer->calls_count)
		take_calls(react);
	else if (is_blank(&answer->text))
		runframe_fail(&step->frame, FAIL_PROVIDER,
			      "Step '%s': the model's answer is empty", step->def->name);
	else
		finish(react);
}

/* ---- turns ---- */

static void on_stored(struct op *op)
{
	struct react *react = mem_container(op, struct react, stored);

	FAULT_OF(react->answered ? "turn.begun" : "turn.ended", react->step->def->id);
	react->state = REACT_IDLE;
	if (!react->answered)
		next(react);
	else if (op->exec->engine->draining)
		park(react);
	else
		react_calls_begin(react);
}

/* The same text that a model is told, in order of the calls. */
void react_on_results(struct react *react)
{
	struct talk_result *results = mem_new_n(struct talk_result, react->calls_count);
	struct engine *engine = react->step->frame.exec->engine;
	struct str entry = STR_INIT;
	bool well;
	size_t i;

	for (i = 0; i < react->calls_count; i++)
		results[i] = (struct talk_result){
			.id = react->calls[i].made->id,
			.text = str_text(&react->calls[i].text),
			.len = react->calls[i].text.len,
			.failed = react->calls[i].failed,
		};
	conversation_print_results(&entry, results, react->calls_count,
				   engine_wall_ms(engine));
	mem_free(results);
	for (i = 0; i < react->calls_count; i++)
		react_tell_result(&react->calls[i]);
	react_calls_free(react);
	well = add_entry(react, &entry);
	str_deinit(&entry);
	if (!well)
		return;
	FAULT_OF("turn.served", react->step->def->id);
	react_store(react, false);
}

bool react_parked(const struct react *react)
{
	size_t i;

	if (react->state != REACT_SERVING)
		return react->state == REACT_PARKED;
	for (i = 0; i < react->calls_count; i++) {
		const struct react_call *call = &react->calls[i];

		if (!call->done &&
		    !(call->tool->server->parked && call->tool->server->parked(call)))
			return false;
	}
	return react->calls_open > 0;
}

/* ---- the start ---- */

static bool is_there(const struct react *react, const char *name)
{
	const struct tool_list *list = &react->list;
	size_t i;

	for (i = 0; i < react->tools_count; i++)
		if (strcmp(react->tools[i].name, name) == 0)
			return true;
	for (i = 0; i < list->tools_count; i++)
		if (strcmp(list->tools[i].id, name) == 0)
			return true;
	return false;
}

/* What the guard allows and there is not: said once, as each of its turns begins anew. */
static void tell_missing(struct react *react)
{
	struct str text = STR_INIT;
	size_t i, missing = 0;

	for (i = 0; !react->list.all && i < react->list.names_count; i++)
		if (!is_there(react, react->list.names[i]))
			str_printf(&text, "%s'%s'",
				   missing++ ? ", " : "tools that there are not: ",
				   react->list.names[i]);
	if (missing && !react->talk.asks)
		step_warn(react->step, str_text(&text));
	str_deinit(&text);
}

static void all_listed(struct react *react)
{
	react_tools_make(react);
	tell_missing(react);
	next(react);
}

static void on_listed(struct op *op)
{
	struct tool_list *list = mem_container(op, struct tool_list, op);
	struct react *react = mem_container(list, struct react, list);

	if (!react_inner_look(react))
		all_listed(react);
}

static void on_others(struct op *op)
{
	struct agent_list *others = mem_container(op, struct agent_list, op);

	all_listed(mem_container(others, struct react, others));
}

static bool names_all(const struct definition_step *def)
{
	size_t i;

	for (i = 0; i < def->allowed_tools_count; i++)
		if (strcmp(def->allowed_tools[i], "all") == 0)
			return true;
	return false;
}

static void list_tools(struct react *react)
{
	const struct definition_step *def = react->step->def;
	struct exec *exec = react->step->frame.exec;
	struct tool_list *list = &react->list;

	list->all = def->allowed_tools ? names_all(def) : react->agent->all_tools;
	list->names = def->allowed_tools ? def->allowed_tools : react->agent->tools;
	list->names_count =
		def->allowed_tools ? def->allowed_tools_count : react->agent->tools_count;
	react->state = REACT_TOOLS;
	op_launch(&list->op);
	if (list->all || list->names_count)
		exec->engine->host->tool_list(exec->engine->host_data, exec, list);
	else
		op_done(&list->op);
}

/* Whoever repeats the first call of the model asks the same agent at the same time. */
static void on_begun(struct op *op)
{
	struct react *react = mem_container(op, struct react, begun);

	FAULT_OF("agent.begun", react->step->def->id);
	if (op->exec->engine->draining)
		park(react);
	else
		list_tools(react);
}

static int64_t turns_of(const struct definition_step *def, const struct agent *agent)
{
	int64_t turns = def->max_turns;

	if (def->turns_of_agent)
		turns = agent->max_turns ? agent->max_turns : TURNS_DEFAULT;
	return turns > 1 ? turns : 1;
}

static void tell_left_out(struct react *react, size_t count)
{
	struct str text = STR_INIT;

	str_printf(&text, "the message has %zu images, the model is shown the first %d",
		   count, IMAGES_SHOWN);
	step_warn(react->step, str_text(&text));
	str_deinit(&text);
}

bool react_show(struct react *react, const struct str *images)
{
	struct json *list = NULL;
	size_t count, i;

	if (images->len)
		(void)jsonr_parse(str_text(images), images->len, &list, NULL, NULL, NULL);
	count = jsonr_type(list) == JSONR_ARRAY ? jsonr_count(list) : 0;
	react->images = mem_new_n(struct llm_image, IMAGES_SHOWN);
	for (i = 0; i < count && i < IMAGES_SHOWN; i++) {
		const struct json *uri = jsonr_at(list, i);
		struct llm_image *image = &react->images[react->images_count];

		if (jsonr_type(uri) != JSONR_STRING)
			continue;
		image->len = jsonr_text_len(uri);
		image->uri = arena_dup_n(&react->shown, jsonr_text(uri), image->len);
		react->images_count++;
	}
	jsonr_free(list);
	count_bytes(react);
	if (!react->talk.agent_id) {
		if (count > IMAGES_SHOWN)
			tell_left_out(react, count);
		return true;
	}
	if ((int64_t)react->images_count == react->talk.images)
		return true;
	runframe_fail(&react->step->frame, FAIL_JOB,
		      "Step '%s': the images of the message are not there any more",
		      react->step->def->name);
	return false;
}

void react_start(struct react *react, struct agent *agent, int64_t version,
		 const struct str *history)
{
	struct step *step = react->step;
	struct engine *engine = step->frame.exec->engine;
	int64_t limit_ms = step->def->timeout_ms ? step->def->timeout_ms
						 : engine->limits.step_timeout_ms;

	react->agent = agent;
	react->agent_version = version;
	react->model = model_of(step->def->model ? step->def->model : agent->model);
	react->max_turns = turns_of(step->def, agent);
	react->deadline_mono_ms = engine_mono_ms(engine) + limit_ms;
	if (!react->model) {
		runframe_fail(&step->frame, FAIL_JOB,
			      "Step '%s' names no model, and neither does agent '%s'",
			      step->def->name, agent->name);
		return;
	}
	if (react->talk.agent_id) {
		list_tools(react);
	} else if (add_start(react, history)) {
		react->state = REACT_STORING;
		walk_commit_turn(step->frame.parent, &react->begun);
	}
}

void react_init(struct react *react, struct step *step)
{
	struct exec *exec = step->frame.exec;

	react->step = step;
	conversation_init(&react->talk);
	arena_init(&react->shown);
	arena_init(&react->list.arena);
	arena_init(&react->others.arena);
	op_init(&react->list.op, exec, on_listed);
	op_init(&react->others.op, exec, on_others);
	op_init(&react->begun, exec, on_begun);
	op_init(&react->stored, exec, on_stored);
	call_init(&react->call, step, on_answer);
}

void react_deinit(struct react *react)
{
	react->step->frame.exec->frame_bytes -= react->counted;
	op_detach(&react->list.op);
	op_detach(&react->others.op);
	op_detach(&react->begun);
	op_detach(&react->stored);
	call_deinit(&react->call);
	react_calls_free(react);
	react_tools_free(react);
	conversation_deinit(&react->talk);
	arena_deinit(&react->list.arena);
	arena_deinit(&react->others.arena);
	str_deinit(&react->task);
	str_deinit(&react->system);
	str_deinit(&react->said);
	str_deinit(&react->key_path);
	mem_free(react->images);
	arena_deinit(&react->shown);
	mem_free(react->messages);
	agent_unref(react->agent);
}
