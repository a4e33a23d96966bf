/*
 * earlier.c - what an agent was asked and answered earlier in the same run
 *
 * Stock has these turns in the file of the agent's session (CONTRACT 5.7, 6.3); here each
 * step has a list in the state, so whoever takes the run over has them, and branches do
 * not see one another's. Their order is that of the history and not of clocks: that of
 * branches is their index, whoever was faster.
 *
 * Bounded: EARLIER_MAX turns, of each the beginning and the end, and TOLD_MAX bytes of
 * the newest in all; what no run can come back to keeps nothing.
 */
#include "engine/earlier.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "engine/keep.h"
#include "engine/prompt_cut.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "run/definition.h"

#include <string.h>

#define TEXT_MAX 8000  /* bytes of a task, and of an answer */
#define TOLD_MAX 40000 /* bytes of the run's turns */

static void pair_cut(struct jsonw *w, const char *key, const struct str *text)
{
	struct str clean = STR_INIT, cut = STR_INIT;

	utf8_clean(&clean, str_text(text), text->len);
	prompt_cut(&cut, str_text(&clean), clean.len, TEXT_MAX);
	jsonw_key(w, key);
	jsonw_text_n(w, str_text(&cut), cut.len);
	str_deinit(&clean);
	str_deinit(&cut);
}

void earlier_add(struct step *step, const char *agent_id, const struct str *task,
		 const struct str *answer)
{
	struct str entry = STR_INIT;
	struct jsonw w;

	if (!step->def->agent_again)
		return;
	jsonw_init(&w, &entry);
	jsonw_object(&w);
	jsonw_pair_text(&w, "agent_id", agent_id);
	pair_cut(&w, "user", task);
	pair_cut(&w, "assistant", answer);
	jsonw_object_end(&w);
	keep_add(step, EARLIER_KEY, &entry, EARLIER_MAX);
	str_deinit(&entry);
}

/* ---- the newest turns ---- */

/* What one step remembers, read from its end. */
struct memory {
	struct json *list;
	size_t left;
	bool read;
};

struct turn {
	const struct json *user;
	const struct json *assistant;
};

struct turns {
	const struct scope *scope;
	struct memory *memories; /* owned, by the step's index */
	struct turn newest[EARLIER_MAX];
	size_t count;
	size_t bytes;
};

static const struct json *take_entry(struct turns *turns,
				     const struct definition_step *step)
{
	struct memory *memory = &turns->memories[step->index];

	if (!memory->read) {
		memory->read = true;
		memory->list = keep_read(turns->scope, EARLIER_KEY, step->id);
		if (jsonr_type(memory->list) == JSONR_ARRAY)
			memory->left = jsonr_count(memory->list);
	}
	return memory->left ? jsonr_at(memory->list, --memory->left) : NULL;
}

/* false: no more of them. */
static bool take(struct turns *turns, const struct json *entry)
{
	struct turn turn = { jsonr_get(entry, "user"), jsonr_get(entry, "assistant") };

	if (jsonr_type(turn.user) != JSONR_STRING ||
	    jsonr_type(turn.assistant) != JSONR_STRING)
		return true;
	turns->bytes += jsonr_text_len(turn.user) + jsonr_text_len(turn.assistant);
	if (turns->count && turns->bytes > TOLD_MAX)
		return false;
	turns->newest[turns->count++] = turn;
	return turns->count < EARLIER_MAX;
}

/* Agent steps of the history that were completed, the newest first. */
static void gather(struct turns *turns, const char *agent_id)
{
	const struct history *history = &turns->scope->history;
	size_t total = history_total(history), n = 0;
	const struct history_entry **all =
		mem_new_n(const struct history_entry *, total + 1);
	struct history_iter it = history_iter(history);
	const struct history_entry *entry;
	bool more = true;

	while ((entry = history_next(&it)))
		if (entry->step->type == STEP_AGENT && entry->step->agent_again &&
		    entry->class == FAIL_NONE)
			all[n++] = entry;
	while (more && n > 0) {
		const struct json *said = take_entry(turns, all[--n]->step);
		const char *of = jsonr_get_text(said, "agent_id");

		if (of && strcmp(of, agent_id) == 0)
			more = take(turns, said);
	}
	mem_free(all);
}

static void print_said(struct jsonw *w, const char *role, const struct json *text)
{
	jsonw_object(w);
	jsonw_pair_text(w, "role", role);
	jsonw_key(w, "text");
	jsonw_text_n(w, jsonr_text(text), jsonr_text_len(text));
	jsonw_object_end(w);
}

/* Those of the session that are new enough to stand before the run's. */
static void print_session(struct jsonw *w, const struct json *list, size_t turns)
{
	size_t count = jsonr_type(list) == JSONR_ARRAY ? jsonr_count(list) : 0;
	size_t told = 2 * turns, i;
	struct str text = STR_INIT;

	for (i = count > told ? count - told : 0; i < count; i++) {
		str_reset(&text, 65536);
		jsonr_print(jsonr_at(list, i), &text);
		jsonw_raw(w, str_text(&text), text.len);
	}
	str_deinit(&text);
}

static void print(const struct turns *turns, const struct str *session, struct str *out)
{
	struct json *list = NULL;
	struct jsonw w;
	size_t i;

	if (session->len)
		(void)jsonr_parse(str_text(session), session->len, &list, NULL, NULL,
				  NULL);
	jsonw_init(&w, out);
	jsonw_array(&w);
	print_session(&w, list, EARLIER_MAX - turns->count);
	for (i = turns->count; i > 0; i--) {
		print_said(&w, "user", turns->newest[i - 1].user);
		print_said(&w, "assistant", turns->newest[i - 1].assistant);
	}
	jsonw_array_end(&w);
	jsonr_free(list);
}

void earlier_list(const struct step *step, const char *agent_id,
		  const struct str *session, struct str *out)
{
	struct turns turns = { .scope = step_scope(step) };
	size_t steps = turns.scope->definition->steps_count, i;

	turns.memories = mem_new_n(struct memory, steps + 1);
	if (step->def->agent_again)
		gather(&turns, agent_id);
	if (turns.count)
		print(&turns, session, out);
	else
		str_add(out, str_text(session), session->len);
	for (i = 0; i < steps; i++)
		jsonr_free(turns.memories[i].list);
	mem_free(turns.memories);
}
