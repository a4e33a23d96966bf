/* progress.c - how far an execution of an agent step has come: a list in the state */
#include "engine/progress.h"

#include "base/err.h"
#include "base/str.h"
#include "engine/exec.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"

void progress_path(const struct step *step, struct str *out)
{
	const struct exec *exec = step->frame.exec;

	walk_key_path(step->frame.parent, out);
	if (exec->resumes)
		str_printf(out, "~%lld", (long long)exec->resumes);
}

void progress_key(struct str *out, const struct definition_step *step)
{
	str_printf(out, "%s%s", PROGRESS_KEY, step->id);
}

const struct state_pair *progress_get(const struct step *step)
{
	const struct state_pair *pair;
	struct str key = STR_INIT;

	progress_key(&key, step->def);
	pair = state_get(&step_scope(step)->state, str_text(&key));
	str_deinit(&key);
	return pair;
}

static bool too_large(struct step *step, const struct err *err)
{
	runframe_fail(&step->frame, FAIL_LIMIT, "Step '%s': its conversation: %s",
		      step->def->name, err->text);
	return false;
}

bool progress_append(struct step *step, const struct str *entry)
{
	struct str key = STR_INIT;
	struct err err;
	int rc;

	progress_key(&key, step->def);
	rc = state_append(&step_scope(step)->state, str_text(&key), str_text(entry),
			  entry->len, &err);
	if (rc == 0)
		row_add_append(walk_row(step->frame.parent), str_text(&key),
			       str_text(entry), entry->len);
	str_deinit(&key);
	return rc == 0 || too_large(step, &err);
}

bool progress_set(struct step *step, const struct str *list)
{
	struct str key = STR_INIT;
	struct err err;
	int rc;

	progress_key(&key, step->def);
	rc = state_set(&step_scope(step)->state, str_text(&key), str_text(list),
		       list->len, &err);
	if (rc == 0)
		row_add_set(walk_row(step->frame.parent), str_text(&key), str_text(list),
			    list->len);
	str_deinit(&key);
	return rc == 0 || too_large(step, &err);
}

void progress_drop(struct step *step)
{
	struct str key = STR_INIT;

	progress_key(&key, step->def);
	if (state_get(&step_scope(step)->state, str_text(&key))) {
		state_del(&step_scope(step)->state, str_text(&key));
		row_add_del(walk_row(step->frame.parent), str_text(&key));
	}
	str_deinit(&key);
}
