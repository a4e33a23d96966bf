/*
 * nested.c - an orchestrator agent: its orchestration, run inside the step
 *
 * The version that is current when the execution begins is recorded, with what the
 * orchestration is given, in a row of kind turn; it begins when that is durable. Who goes
 * on with the run has that version, whatever is current then.
 */
#include "engine/nested.h"

#include "base/err.h"
#include "base/fault.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "engine/conversation.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/inner_run.h"
#include "engine/progress.h"
#include "engine/recall.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/agent.h"
#include "run/definition.h"

#include <string.h>

static void fail(struct nested *nested, enum fail_class class, const char *text)
{
	runframe_fail(&nested->step->frame, class, "Step '%s': %s",
		      nested->step->def->name, text);
}

/* ---- it runs ---- */

static void on_ended(struct inner_run *run)
{
	struct nested *nested = run->own;
	struct step *step = nested->step;
	struct str json = STR_INIT, entry = STR_INIT;

	if (run->class != FAIL_NONE) {
		runframe_fail(&step->frame, run->class,
			      "Step '%s', orchestration '%s': %s", step->def->name,
			      nested->what.inner.id, str_text(&run->text));
		return;
	}
	jsonw_quote(&json, str_text(&run->text), run->text.len);
	recall_print(&entry, step, str_text(&run->text), run->text.len, "[]");
	if (step_put(step, str_text(&json), json.len)) {
		recall_keep(step, &entry);
		runframe_done(&step->frame);
	}
	str_deinit(&json);
	str_deinit(&entry);
}

static void begin(struct nested *nested, struct definition *definition)
{
	struct err err;

	if (inner_run_begin(nested->runs, &nested->what.inner, definition, on_ended,
			    nested, &nested->run, &err) < 0)
		fail(nested, FAIL_LIMIT, err.text);
}

static void on_stored(struct op *op)
{
	struct nested *nested = mem_container(op, struct nested, stored);

	FAULT_OF("inner.recorded", nested->step->def->id);
	if (op->exec->engine->draining) {
		nested->waits = true;
		exec_park(op->exec);
		return;
	}
	begin(nested, nested->find.definition);
}

/* ---- its definition ---- */

static bool read_what(struct nested *nested)
{
	inner_found_deinit(&nested->what);
	memset(&nested->what, 0, sizeof(nested->what));
	return inner_find(progress_get(nested->step), 0, &nested->what);
}

/* What runs inside, behind the entry that begins the execution, which is in the row. */
static bool record(struct nested *nested)
{
	struct inner inner = nested->what.inner;
	struct str entry = STR_INIT;
	bool well;

	inner.version = nested->find.version;
	inner_print(&entry, &inner);
	well = progress_append(nested->step, &entry) && read_what(nested);
	str_deinit(&entry);
	return well;
}

static void on_found(struct op *op)
{
	struct definition_find *find = mem_container(op, struct definition_find, op);
	struct nested *nested = mem_container(find, struct nested, find);

	if (find->class != FAIL_NONE)
		fail(nested, find->class, str_text(&find->text));
	else if (find->wanted)
		begin(nested, find->definition);
	else if (record(nested))
		walk_commit_turn(nested->step->frame.parent, &nested->stored);
}

static void find(struct nested *nested, const char *id, int64_t version)
{
	struct exec *exec = nested->step->frame.exec;

	if (!exec->engine->host->definition_find) {
		fail(nested, FAIL_INTERNAL, "there are no orchestrations here");
		return;
	}
	nested->find.id = id;
	nested->find.wanted = version;
	op_launch(&nested->find.op);
	exec->engine->host->definition_find(exec->engine->host_data, exec, &nested->find);
}

/* ---- the start ---- */

static bool record_start(struct nested *nested, const struct agent *agent,
			 int64_t version)
{
	struct step *step = nested->step;
	struct conversation_start start = {
		.agent_id = agent->id,
		.agent_version = version,
		.execution = walk_row(step->frame.parent)->execution,
	};
	struct str entry = STR_INIT, path = STR_INIT;
	bool well;

	progress_path(step, &path);
	start.key_path = str_text(&path);
	conversation_print_start(&entry, &start,
				 engine_wall_ms(step->frame.exec->engine));
	well = progress_append(step, &entry);
	str_deinit(&entry);
	str_deinit(&path);
	return well;
}

static void begin_anew(struct nested *nested, const struct agent *agent, int64_t version,
		       const struct str *text, bool recalled)
{
	struct arena *arena = &step_scope(nested->step)->arena;

	if (!agent->orchestration_id) {
		fail(nested, FAIL_JOB, "its agent names no orchestration");
		return;
	}
	nested->what.inner = (struct inner){
		.kind = INNER_ORCHESTRATION,
		.id = arena_dup(arena, agent->orchestration_id),
		.name = arena_dup(arena, agent->name),
		.text = arena_dup_n(arena, str_text(text), text->len),
	};
	if (recalled || record_start(nested, agent, version))
		find(nested, nested->what.inner.id, 0);
}

void nested_start(struct nested *nested, const struct agent *agent, int64_t version,
		  const struct str *text, bool recalled)
{
	const struct runframe *walk = nested->step->frame.parent;

	if (walk_inner_depth(walk, INNER_ORCHESTRATION) >= INNER_DEPTH_MAX) {
		runframe_fail(&nested->step->frame, FAIL_LIMIT,
			      "Step '%s': orchestrations are nested deeper than %d",
			      nested->step->def->name, INNER_DEPTH_MAX);
		return;
	}
	walk_lift_limit(nested->step->frame.parent); /* its steps have their own */
	if (!recalled || !read_what(nested))
		begin_anew(nested, agent, version, text, recalled);
	else if (inner_runs_found(nested->runs, 0))
		begin(nested, NULL);
	else
		find(nested, nested->what.inner.id, nested->what.inner.version);
}

bool nested_parked(const struct nested *nested)
{
	return nested->waits || (nested->run && inner_run_parked(nested->run));
}

void nested_init(struct nested *nested, struct step *step, struct inner_runs *runs)
{
	nested->step = step;
	nested->runs = runs;
	op_init(&nested->find.op, step->frame.exec, on_found);
	op_init(&nested->stored, step->frame.exec, on_stored);
}

void nested_deinit(struct nested *nested)
{
	op_detach(&nested->find.op);
	op_detach(&nested->stored);
	definition_unref(nested->find.definition);
	str_deinit(&nested->find.text);
	inner_found_deinit(&nested->what);
}
