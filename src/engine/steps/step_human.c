/*
 * step_human.c - steps of type human: people are asked, and answer some day
 *
 *	asks     a row of kind wait says so, with the question; durable, then
 *	waits    for an answer or for the deadline. The host has the question; the step
 *	         may stand so in any number of processes, one after the other, and in
 *	         none while the run is parked
 *	answered the answer becomes the output, and human_response; the row of that
 *	         closes the question, so that none is read twice
 *	late     with on_timeout_step_id the path goes on there and both are null; else
 *	         the attempt failed with class limit
 *
 * A step that is given up while it waits closes the question in the row that its path
 * ends with. When the whole run ends, its host closes what is open.
 */
#include "engine/steps/step_human.h"

#include "base/fault.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/fold_node.h"
#include "engine/host.h"
#include "engine/route.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/jsontext.h"
#include "run/template.h"

#include <string.h>

#define ANSWER_KEY     "human_response"
#define DEFAULT_PROMPT "Please answer, so that the run can go on."
#define CONTEXT_MAX    16384 /* bytes of what the question is about */

struct step_human {
	struct step step;
	bool asked;    /* the journal has the question, or will */
	struct op row; /* of the question */
	struct human_wait wait;
	struct str path;
	int execution;
};

static struct step_human *human_of(struct runframe *frame)
{
	return (struct step_human *)frame;
}

/* ---- the question ---- */

static bool show_value(const struct state *state, const char *key, struct str *out)
{
	const struct state_pair *pair = key ? state_get(state, key) : NULL;

	if (!pair || !jsontext_truthy(pair->json, pair->json_len))
		return false;
	jsontext_show(out, pair->json, pair->json_len);
	return true;
}

/* The first input that there is, else what the newest step with an output made. */
static void find_whole_context(const struct step_human *human, struct str *out)
{
	const struct scope *scope = step_scope(&human->step);
	const struct definition_step *def = human->step.def;
	struct history_iter it = history_iter(&scope->history);
	const struct history_entry *entry;
	const char *key = NULL;
	size_t i;

	for (i = 0; i < def->input_keys_count; i++)
		if (show_value(&scope->state, def->input_keys[i], out))
			return;
	while ((entry = history_next(&it)))
		if (entry->class == FAIL_NONE && entry->step->output_key)
			key = entry->step->output_key;
	(void)show_value(&scope->state, key, out);
}

static void find_context(const struct step_human *human, struct str *out)
{
	struct str whole = STR_INIT;

	find_whole_context(human, &whole);
	str_add(out, str_text(&whole),
		whole.len <= CONTEXT_MAX
			? whole.len
			: utf8_cut(str_text(&whole), whole.len, CONTEXT_MAX));
	str_deinit(&whole);
}

static void add_question(struct step_human *human, const struct str *prompt,
			 const struct str *context)
{
	const struct definition_step *def = human->step.def;
	struct exec *exec = human->step.frame.exec;
	struct engine_row *row = walk_row(human->step.frame.parent);
	const struct event_text about = { str_text(context), context->len };
	const struct event_stamp stamp = exec_stamp(exec);

	event_human_input_required(&row->texts, &stamp, def, exec->run_id,
				   (struct event_text){ str_text(prompt), prompt->len },
				   context->len ? &about : NULL);
	row_add_event(row);
	row_set_wait(row, &(struct row_wait){
				  .opens = true,
				  .path = str_text(&human->path),
				  .execution = human->execution,
				  .step_id = def->id,
				  .prompt = str_text(prompt),
				  .fields = def->human_fields,
				  .context = context->len ? str_text(context) : NULL,
				  .deadline_ms = def->human_deadline_ms,
				  .reminder_ms = def->human_reminder_ms,
			  });
}

static void ask(struct step_human *human)
{
	struct runframe *frame = &human->step.frame;
	const struct definition_step *def = human->step.def;
	struct str prompt = STR_INIT, context = STR_INIT;
	struct err err;

	if (template_prompt(def->human_prompt ? def->human_prompt : DEFAULT_PROMPT,
			    &step_scope(&human->step)->state,
			    frame->exec->engine->limits.output_max, &prompt, &err) < 0) {
		runframe_fail(frame, FAIL_LIMIT, "Step '%s': %s", def->name, err.text);
	} else {
		find_context(human, &context);
		add_question(human, &prompt, &context);
		human->asked = true;
		walk_commit_wait(frame->parent, &human->row);
	}
	str_deinit(&prompt);
	str_deinit(&context);
}

/* ---- the wait ---- */

static void wait_for_it(struct step_human *human, bool found)
{
	struct exec *exec = human->step.frame.exec;
	struct human_wait *wait = &human->wait;

	human->asked = true;
	wait->path = str_text(&human->path);
	wait->execution = human->execution;
	wait->found = found;
	op_launch(&wait->op);
	exec->engine->host->wait(exec->engine->host_data, exec, wait);
	exec_look(exec);
}

static void on_row(struct op *op)
{
	FAULT("wait.opened");
	wait_for_it(mem_container(op, struct step_human, row), false);
}

/* The row that is under way ends the question. */
static void close_question(struct step_human *human)
{
	human->asked = false;
	row_set_wait(walk_row(human->step.frame.parent),
		     &(struct row_wait){
			     .path = str_text(&human->path),
			     .execution = human->execution,
			     .step_id = human->step.def->id,
		     });
}

static bool put_response(struct step_human *human, const char *json, size_t len)
{
	struct state *state = &step_scope(&human->step)->state;
	struct err err;

	if (state_set(state, ANSWER_KEY, json, len, &err) < 0) {
		runframe_fail(&human->step.frame, FAIL_LIMIT, "Step '%s': %s",
			      human->step.def->name, err.text);
		return false;
	}
	row_add_set(walk_row(human->step.frame.parent), ANSWER_KEY, json, len);
	return true;
}

/* late: only a step that has a way for it says which one it was. */
static void finish(struct step_human *human, const char *json, size_t len, bool late)
{
	const char *was_late = late ? "true" : "false";

	if (human->step.def->on_timeout_step_id &&
	    !step_put_own(&human->step, ROUTE_LATE_KEY, was_late, strlen(was_late)))
		return;
	if (step_put(&human->step, json, len) && put_response(human, json, len))
		runframe_done(&human->step.frame);
}

static void on_outcome(struct op *op)
{
	struct human_wait *wait = mem_container(op, struct human_wait, op);
	struct step_human *human = mem_container(wait, struct step_human, wait);
	const struct definition_step *def = human->step.def;

	if (wait->outcome == HUMAN_GONE) {
		ask(human);
		return;
	}
	close_question(human);
	walk_row(human->step.frame.parent)->kind = ROW_ANSWER;
	if (wait->outcome == HUMAN_ANSWERED)
		finish(human, str_text(&wait->json), wait->json.len, false);
	else if (def->on_timeout_step_id)
		finish(human, "null", 4, true);
	else
		runframe_fail(&human->step.frame, FAIL_LIMIT,
			      "Step '%s': nobody answered within %llds", def->name,
			      (long long)(def->human_deadline_ms / 1000));
}

/* ---- the frame ---- */

static void start(struct runframe *frame)
{
	struct step_human *human = human_of(frame);

	if (!frame->exec->engine->host->wait) {
		runframe_fail(frame, FAIL_JOB, "Step '%s': nobody can be asked here",
			      human->step.def->name);
		return;
	}
	walk_key_path(frame->parent, &human->path);
	human->execution = walk_row(frame->parent)->execution;
	if (walk_resume_asked(frame->parent))
		wait_for_it(human, true);
	else
		ask(human);
}

static void abandon(struct runframe *frame, bool goes_on)
{
	struct step_human *human = human_of(frame);

	(void)goes_on;
	if (human->asked)
		close_question(human);
}

static bool parked(const struct runframe *frame)
{
	return ((const struct step_human *)(const void *)frame)->wait.op.state ==
	       OP_FLYING;
}

static void stand(const struct runframe *frame, struct fold_node *node)
{
	node->asked = ((const struct step_human *)(const void *)frame)->asked;
}

static bool settled(const struct runframe *frame)
{
	(void)frame; /* what it does is in its path's row */
	return true;
}

static void on_free(struct runframe *frame)
{
	struct step_human *human = human_of(frame);

	op_detach(&human->row);
	op_detach(&human->wait.op);
	str_deinit(&human->wait.json);
	str_deinit(&human->path);
}

static const struct runframe_ops human_ops = {
	.start = start,
	.abandon = abandon,
	.parked = parked,
	.settled = settled,
	.stand = stand,
	.free = on_free,
};

struct runframe *step_human_new(struct runframe *parent,
				const struct definition_step *def)
{
	struct step_human *human = step_alloc(&human_ops, parent, def, sizeof(*human));

	op_init(&human->row, parent->exec, on_row);
	op_init(&human->wait.op, parent->exec, on_outcome);
	return &human->step.frame;
}

bool step_human_outside(const struct definition_step *def)
{
	(void)def;
	return true;
}
