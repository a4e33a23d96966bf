/*
 * step_merge.c - steps of type merge: several values of the state become one
 *
 * The values of the input_keys that the state has, in the order of the keys, each with a
 * label: "<step name> (<step id>)" of the first step that writes the key, else the key
 * itself. No model is asked and nothing waits: it ends at once.
 *
 * Values are copied as the JSON text that they are. The copying stops at the first input
 * that takes the output over its limit, since 256 keys may name the same large value.
 */
#include "engine/steps/step_merge.h"

#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <string.h>

struct input {
	struct str label;
	const struct state_pair *pair; /* borrowed from the state */
};

struct inputs {
	struct input *items;
	size_t count;
};

static void add_label(struct str *out, const struct definition *definition,
		      const char *key)
{
	size_t i;

	for (i = 0; i < definition->steps_count; i++) {
		const struct definition_step *step = &definition->steps[i];

		if (step->output_key && strcmp(step->output_key, key) == 0) {
			str_printf(out, "%s (%s)", step->name, step->id);
			return;
		}
	}
	str_add_text(out, key);
}

static void inputs_init(struct inputs *inputs, const struct step *step)
{
	const struct definition_step *def = step->def;
	const struct definition *definition = step_scope(step)->definition;
	const struct state *state = &step_scope(step)->state;
	size_t i;

	inputs->items = mem_new_n(struct input, def->input_keys_count + 1);
	inputs->count = 0;
	for (i = 0; i < def->input_keys_count; i++) {
		const struct state_pair *pair = state_get(state, def->input_keys[i]);
		struct input *input = &inputs->items[inputs->count];

		if (!pair)
			continue;
		add_label(&input->label, definition, def->input_keys[i]);
		input->pair = pair;
		inputs->count++;
	}
}

static void inputs_deinit(struct inputs *inputs)
{
	size_t i;

	for (i = 0; i < inputs->count; i++)
		str_deinit(&inputs->items[i].label);
	mem_free(inputs->items);
}

static void put_list(const struct inputs *inputs, struct str *out, size_t max)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = 0; i < inputs->count && out->len <= max; i++) {
		const struct input *input = &inputs->items[i];

		jsonw_object(&w);
		jsonw_pair_text(&w, "source", str_text(&input->label));
		jsonw_pair_raw(&w, "data", input->pair->json, input->pair->json_len);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
}

/* The first (from 0) or last input with the label of input i. */
static size_t same_label(const struct inputs *inputs, size_t i, bool last)
{
	const char *label = str_text(&inputs->items[i].label);
	size_t found = i, k;

	for (k = 0; k < inputs->count && (last || found == i); k++)
		if (strcmp(str_text(&inputs->items[k].label), label) == 0)
			found = k;
	return found;
}

/* As Python's dict: a label that comes again has its first place and its last value. */
static void put_dict(const struct inputs *inputs, struct str *out, size_t max)
{
	const struct state_pair *pair;
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	for (i = 0; i < inputs->count && out->len <= max; i++) {
		if (same_label(inputs, i, false) < i)
			continue;
		pair = inputs->items[same_label(inputs, i, true)].pair;
		jsonw_pair_raw(&w, str_text(&inputs->items[i].label), pair->json,
			       pair->json_len);
	}
	jsonw_object_end(&w);
}

static void put_concat(const struct inputs *inputs, struct str *out, size_t max)
{
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < inputs->count && text.len <= max; i++) {
		const struct input *input = &inputs->items[i];

		str_printf(&text, "%s[%s]:\n", i ? "\n\n" : "", str_text(&input->label));
		jsontext_show(&text, input->pair->json, input->pair->json_len);
	}
	jsonw_quote(out, str_text(&text), text.len);
	str_deinit(&text);
}

/* Each appends one JSON value; beyond max bytes it may leave inputs out. */
static void (*const puts_by_strategy[MERGE_NSTRATEGIES])(const struct inputs *inputs,
							 struct str *out, size_t max) = {
	[MERGE_LIST] = put_list,
	[MERGE_DICT] = put_dict,
	[MERGE_CONCAT] = put_concat,
};

static void start(struct runframe *frame)
{
	struct step *step = (struct step *)frame;
	struct engine_row *row = walk_row(frame->parent);
	struct event_stamp stamp = exec_stamp(frame->exec);
	size_t max = frame->exec->engine->limits.output_max;
	struct str json = STR_INIT;
	struct inputs inputs;

	inputs_init(&inputs, step);
	puts_by_strategy[step->def->merge_strategy](&inputs, &json, max);
	if (json.len > max) {
		runframe_fail(frame, FAIL_LIMIT,
			      "Step '%s': its inputs merged have more than %zu bytes",
			      step->def->name, max);
	} else if (step_put(step, str_text(&json), json.len)) {
		event_merge_complete(&row->texts, &stamp, step->def, inputs.count);
		row_add_event(row);
		runframe_done(frame);
	}
	inputs_deinit(&inputs);
	str_deinit(&json);
}

static void on_free(struct runframe *frame)
{
	(void)frame; /* it waits for nothing and holds nothing */
}

static const struct runframe_ops merge_ops = {
	.start = start,
	.free = on_free,
};

struct runframe *step_merge_new(struct runframe *parent,
				const struct definition_step *def)
{
	return step_alloc(&merge_ops, parent, def, sizeof(struct step));
}
