/*
 * validate_share.c - branches of a parallel step that count on one another
 *
 * Stock executes branches one after the other on one state, so a branch could read what
 * an earlier one had written; here each sees the state at the fork and its own writes.
 *
 * A branch of one step is that and all that follows up to the parallel step's own
 * successor, a longer one is what is listed. What a step reads is what its input_keys,
 * templates and expressions name; what Python reads is not known. The work is bounded:
 * beyond WORK_MAX looks at steps the rest is not checked.
 */
#include "run/validate_share.h"

#include "base/map.h"
#include "base/mem.h"
#include "run/definition.h"
#include "run/graph.h"
#include "run/validate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WORK_MAX 200000

struct sharing {
	const struct definition *definition;
	const struct definition_step *parallel;
	struct problems *problems;
	struct map writers; /* key -> 1 + index of the first branch that writes it */
	struct map own;     /* key -> set: what the branch under way writes */
	/* Steps of the branch under way. */
	bool *inside;
	const struct definition_step **steps;
	size_t count;
	size_t branch;
	size_t work;
	bool told; /* of this branch */
};

static void add_step(void *arg, const struct definition_step *step)
{
	struct sharing *s = arg;

	s->work++;
	if (s->inside[step->index] || step == s->parallel ||
	    step == definition_step(s->definition, s->parallel->next_step_id))
		return;
	s->inside[step->index] = true;
	s->steps[s->count++] = step;
}

/* The steps of branch i, into steps. */
static void gather(struct sharing *s, size_t branch)
{
	const struct step_list *list = &s->parallel->branches[branch];
	size_t i;

	memset(s->inside, 0, s->definition->steps_count * sizeof(*s->inside));
	s->count = 0;
	s->branch = branch;
	for (i = 0; i < list->count; i++) {
		const struct definition_step *step =
			definition_step(s->definition, list->ids[i]);

		if (step)
			add_step(s, step);
	}
	for (i = 0; list->count == 1 && i < s->count && s->work < WORK_MAX; i++)
		graph_each(s->definition, s->steps[i], add_step, s);
}

static void note_writes(struct sharing *s, struct map *map, uintptr_t value)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		const char *key = s->steps[i]->output_key;

		if (key && !map_get(map, key, strlen(key)))
			(void)map_put(map, key, strlen(key), (void *)value);
	}
}

static void on_read(struct sharing *s, const struct definition_step *step,
		    const char *key, size_t len)
{
	uintptr_t writer = (uintptr_t)map_get(&s->writers, key, len);
	char index[24];

	if (s->told || !writer || writer - 1 == s->branch || map_get(&s->own, key, len))
		return;
	s->told = true;
	(void)snprintf(index, sizeof(index), "%zu", s->branch);
	validate_warn(s->problems, s->parallel, "parallel_branches", index,
		      "branch %zu reads '%.*s' (step '%s'), which branch %zu writes: "
		      "branches do not see what others write",
		      s->branch, (int)len, key, step->id, (size_t)writer - 1);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static void read_word(struct sharing *s, const struct definition_step *step,
		      const char *word)
{
	size_t len = 0;

	while (is_word(word[len]))
		len++;
	if (len)
		on_read(s, step, word, len);
}

/* state.KEY, state["KEY"] and {{KEY}}, wherever they stand. */
static void read_text(struct sharing *s, const struct definition_step *step,
		      const char *text)
{
	const char *at;

	for (at = text; at && (at = strstr(at, "state")); at += 5) {
		if (at[5] == '.')
			read_word(s, step, at + 6);
		else if (at[5] == '[' && (at[6] == '"' || at[6] == '\''))
			read_word(s, step, at + 7);
	}
	for (at = text; at && (at = strstr(at, "{{")); at += 2)
		read_word(s, step, at + 2 + strspn(at + 2, " \t"));
}

static void read_step(struct sharing *s, const struct definition_step *step)
{
	size_t i;

	for (i = 0; i < step->input_keys_count; i++)
		on_read(s, step, step->input_keys[i], strlen(step->input_keys[i]));
	if (step->type == STEP_LLM || step->type == STEP_TOOL || step->type == STEP_AGENT)
		read_text(s, step, step->prompt_template);
	if (step->type == STEP_PRINT)
		read_text(s, step, step->print_content);
	if (step->type == STEP_EVALUATOR)
		read_text(s, step, step->evaluator_prompt);
	if (step->type == STEP_IF_ELSE)
		read_text(s, step, step->if_condition);
	if (step->type == STEP_SWITCH)
		read_text(s, step, step->switch_expression);
}

static void check_parallel(struct sharing *s)
{
	size_t branches = s->parallel->branches_count, i, k;

	map_init(&s->writers);
	for (i = 0; i < branches && s->work < WORK_MAX; i++) {
		gather(s, i);
		note_writes(s, &s->writers, i + 1);
	}
	for (i = 0; i < branches && s->work < WORK_MAX; i++) {
		gather(s, i);
		map_init(&s->own);
		note_writes(s, &s->own, 1);
		s->told = false;
		for (k = 0; k < s->count; k++)
			read_step(s, s->steps[k]);
		map_deinit(&s->own);
	}
	map_deinit(&s->writers);
}

void validate_share(const struct definition *definition, struct problems *problems)
{
	struct sharing s = { .definition = definition, .problems = problems };
	size_t count = definition->steps_count, i;

	s.inside = mem_new_n(bool, count + 1);
	s.steps = mem_new_n(const struct definition_step *, count + 1);
	for (i = 0; i < count; i++) {
		s.parallel = &definition->steps[i];
		if (s.parallel->type == STEP_PARALLEL)
			check_parallel(&s);
	}
	mem_free(s.inside);
	mem_free(s.steps);
}
