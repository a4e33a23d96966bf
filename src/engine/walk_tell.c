/*
 * walk_tell.c - what a path leaves of its step's end: in the row, the history, the state
 */
#include "engine/walk_in.h"

#include "base/jsonw.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/progress.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "run/definition.h"

#include <string.h>

void walk_tell_error(struct walk *walk, const char *step_id, enum fail_class class,
		     const char *code, const char *error)
{
	struct jsonw w;

	str_reset(&walk->row->error, 4096);
	jsonw_init(&w, &walk->row->error);
	jsonw_object(&w);
	jsonw_pair_text(&w, "class", fail_name(class));
	if (code)
		jsonw_pair_text(&w, "code", code);
	jsonw_pair_text(&w, "step_id", step_id);
	jsonw_pair_text(&w, "message", error);
	jsonw_object_end(&w);
}

/*
 * An execution of its step is over, however it ended: with it goes how far it had come. A
 * new attempt is none: it goes on behind what is done and was paid for.
 */
void walk_end_progress(struct walk *walk)
{
	struct str key = STR_INIT;

	if (!walk->step || walk->step->type != STEP_AGENT)
		return;
	progress_key(&key, walk->step);
	if (state_get(&walk->scope->state, str_text(&key))) {
		state_del(&walk->scope->state, str_text(&key));
		row_add_del(walk->row, str_text(&key));
	}
	str_deinit(&key);
}

void walk_add_history(struct walk *walk, enum fail_class class, const char *error)
{
	struct exec *exec = walk->frame.exec;
	struct engine *engine = exec->engine;

	history_add(&walk->scope->history, &walk->scope->arena, walk->step,
		    walk->started_at_ms, engine_wall_ms(engine),
		    engine_mono_ms(engine) - walk->started_mono_ms, class, error);
	if (walk->visits)
		walk->visits[walk->step->index]++;
}

void walk_tell_failure(struct walk *walk, const struct walk_failure *failure,
		       int64_t retry_in_ms)
{
	struct event_stamp stamp = exec_stamp(walk->frame.exec);
	const char *error = failure->error;

	event_step_error(&walk->row->texts, &stamp, walk->step, failure->class,
			 failure->code, (struct event_text){ error, strlen(error) },
			 walk->attempt, retry_in_ms);
	row_add_event(walk->row);
}
