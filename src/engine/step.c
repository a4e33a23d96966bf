/*
 * step.c - what the frames of all step types do alike
 *
 * A step writes to the state when it has its result and at no other time: an attempt that
 * failed or timed out before that leaves nothing behind but its events.
 */
#include "engine/step.h"

#include "base/jsonw.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/walk.h"
#include "run/jsontext.h"

#include <string.h>

#define FOREIGN_ERROR_MAX 4000

void *step_alloc(const struct runframe_ops *ops, struct runframe *parent,
		 const struct definition_step *def, size_t size)
{
	struct step *step = runframe_alloc(ops, parent->exec, parent, size);

	step->def = def;
	return step;
}

struct scope *step_scope(const struct step *step)
{
	return walk_scope(step->frame.parent);
}

static struct engine_row *row_of(struct step *step)
{
	return walk_row(step->frame.parent);
}

void step_warn(struct step *step, const char *message)
{
	struct event_stamp stamp = exec_stamp(step->frame.exec);

	event_step_warning(&row_of(step)->texts, &stamp, step->def, message);
	row_add_event(row_of(step));
}

void step_add_final(struct step *step, const char *response, size_t len)
{
	struct event_stamp stamp = exec_stamp(step->frame.exec);

	event_step_final(&row_of(step)->texts, &stamp, step->def,
			 (struct event_text){ response, len });
	row_add_event(row_of(step));
}

void step_think(struct step *step, const char *message)
{
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	struct str text = STR_INIT;

	event_thinking(&text, &stamp, step->def, message);
	exec_live(step->frame.exec, walk_place(step->frame.parent), &text);
	str_deinit(&text);
}

void step_add_usage(struct step *step, const char *model, const struct usage *usage)
{
	struct usage *sum = &step->frame.exec->usage;
	struct str *out = &row_of(step)->usage;
	struct jsonw w;

	sum->calls += usage->calls;
	sum->input_tokens += usage->input_tokens;
	sum->output_tokens += usage->output_tokens;
	sum->cache_read_tokens += usage->cache_read_tokens;
	sum->cache_write_tokens += usage->cache_write_tokens;
	sum->cache_hits += usage->cache_hits;
	sum->cost_usd += usage->cost_usd;
	sum->savings_usd += usage->savings_usd;

	str_add_char(out, out->len ? ',' : '[');
	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_text(&w, "model", model);
	jsonw_pair_int(&w, "calls", usage->calls);
	jsonw_pair_int(&w, "input_tokens", usage->input_tokens);
	jsonw_pair_int(&w, "output_tokens", usage->output_tokens);
	jsonw_pair_int(&w, "cache_read_tokens", usage->cache_read_tokens);
	jsonw_pair_int(&w, "cache_write_tokens", usage->cache_write_tokens);
	jsonw_pair_int(&w, "cache_hits", usage->cache_hits);
	jsonw_pair_double(&w, "cost_usd", usage->cost_usd);
	jsonw_pair_double(&w, "savings_usd", usage->savings_usd);
	jsonw_object_end(&w);
}

bool step_put(struct step *step, const char *json, size_t len)
{
	struct exec *exec = step->frame.exec;
	const char *key = step->def->output_key;
	size_t max = exec->engine->limits.output_max;
	struct err err;

	if (len > max) {
		runframe_fail(&step->frame, FAIL_LIMIT,
			      "Step '%s' has an output of %zu bytes, more than %zu",
			      step->def->name, len, max);
		return false;
	}
	if (jsontext_depth(json, len) > STATE_DEPTH_MAX) {
		runframe_fail(&step->frame, FAIL_LIMIT,
			      "Step '%s' has an output nested deeper than %d levels",
			      step->def->name, STATE_DEPTH_MAX);
		return false;
	}
	if (!key)
		return true;
	if (state_set(&step_scope(step)->state, key, json, len, &err) < 0) {
		runframe_fail(&step->frame, FAIL_LIMIT, "Step '%s': %s", step->def->name,
			      err.text);
		return false;
	}
	row_add_set(row_of(step), key, json, len);
	return true;
}

bool step_put_own(struct step *step, const char *prefix, const char *json, size_t len)
{
	struct str key = STR_INIT;
	struct err err;
	bool well;

	str_printf(&key, "%s%s", prefix, step->def->id);
	well = state_set(&step_scope(step)->state, str_text(&key), json, len, &err) == 0;
	if (well)
		row_add_set(row_of(step), str_text(&key), json, len);
	else
		runframe_fail(&step->frame, FAIL_LIMIT, "Step '%s': %s", step->def->name,
			      err.text);
	str_deinit(&key);
	return well;
}

static bool storable(const char *text, size_t len)
{
	return !memchr(text, '\0', len) && utf8_valid(text, len, NULL);
}

bool step_put_text(struct step *step, const char *text, size_t len, bool final)
{
	struct str clean = STR_INIT, json = STR_INIT;
	bool well;

	if (!storable(text, len)) {
		utf8_clean(&clean, text, len);
		text = str_text(&clean);
		len = clean.len;
	}
	jsonw_quote(&json, text, len);
	well = step_put(step, str_text(&json), json.len);
	if (well && final)
		step_add_final(step, text, len);
	str_deinit(&json);
	str_deinit(&clean);
	return well;
}

void step_succeed(struct step *step, const char *text, size_t len, bool final)
{
	if (step_put_text(step, text, len, final))
		runframe_done(&step->frame);
}

void step_fail(struct step *step, enum fail_class class, const char *text, size_t len)
{
	struct str clean = STR_INIT;

	utf8_clean(&clean, text, len);
	runframe_fail(&step->frame, class, "Step '%s': %.*s", step->def->name,
		      (int)utf8_cut(str_text(&clean), clean.len, FOREIGN_ERROR_MAX),
		      str_text(&clean));
	str_deinit(&clean);
}
