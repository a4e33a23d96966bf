/*
 * step_extract.c - steps of type extract_json: the JSON in a text becomes a value
 *
 * The text is that of the input_keys, joined by blank lines (run/extract.h says what is
 * found in it). None is null and a warning, one is the output, more are a list. It ends
 * at once.
 */
#include "engine/steps/step_extract.h"

#include "base/jsonr.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/exec.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "run/extract.h"
#include "run/jsontext.h"
#include "run/state.h"

struct found {
	struct str list; /* the values, divided by commas */
	size_t count;
	size_t max; /* bytes of list that are worth to go on */
};

static bool on_value(void *arg, const struct json *value)
{
	struct found *found = arg;

	if (found->count++)
		str_add_char(&found->list, ',');
	jsonr_print(value, &found->list);
	return found->list.len <= found->max;
}

static void add_inputs(const struct step *step, struct str *text)
{
	const struct definition_step *def = step->def;
	const struct state *state = &step_scope(step)->state;
	size_t i;

	for (i = 0; i < def->input_keys_count; i++) {
		const struct state_pair *pair = state_get(state, def->input_keys[i]);

		if (!pair || pair->json[0] == 'n')
			continue;
		if (text->len)
			str_add_text(text, "\n\n");
		jsontext_show(text, pair->json, pair->json_len);
	}
}

static void put(struct step *step, const struct found *found)
{
	struct str raw = STR_INIT, json = STR_INIT;

	if (found->count == 0)
		str_add_text(&raw, "null");
	else
		str_printf(&raw, found->count == 1 ? "%s" : "[%s]",
			   str_text(&found->list));
	jsontext_storable(&json, str_text(&raw), raw.len);
	if (step_put(step, str_text(&json), json.len)) {
		step_add_final(step, str_text(&json), json.len);
		runframe_done(&step->frame);
	}
	str_deinit(&raw);
	str_deinit(&json);
}

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	struct found found = { .max = frame->exec->engine->limits.output_max };
	struct str text = STR_INIT;

	add_inputs(step, &text);
	if (!text.len) {
		step_warn(step, "There is no text to extract JSON from: the input_keys "
				"have no values");
	} else {
		if (!extract_values(str_text(&text), text.len, on_value, &found))
			step_warn(step, "The text has too many brackets that are no "
					"JSON: not all of it was searched");
		if (!found.count)
			step_warn(step, "There is no JSON in the text");
	}
	put(step, &found);
	str_deinit(&found.list);
	str_deinit(&text);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops extract_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_extract_new(struct runframe *parent,
				  const struct definition_step *def)
{
	return step_alloc(&extract_ops, parent, def, sizeof(struct step));
}
