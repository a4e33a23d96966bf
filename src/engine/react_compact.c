/*
 * react_compact.c - a conversation that has become too long is made smaller
 *
 * First the oldest results go, but for their length: nobody has looked at them for long,
 * and a tool can be asked again. If that would save less than a fifth of all, a model
 * sums up what was said but for the newest turn. What was there is in the journal, and
 * what replaces it in the state is all that the next owner of the run has.
 *
 * Removing results is a function of the conversation, so it rides in the row of the next
 * answer; a summary is not, and is durable before the next call.
 */
#include "engine/react.h"

#include "base/fault.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/exec.h"
#include "engine/progress.h"
#include "engine/prompt.h"
#include "engine/prompt_cut.h"
#include "engine/row.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"

#include <string.h>

#define SAVED_LEAST  5    /* a fifth of all */
#define MARKER_BYTES 64   /* what is left of a result, about */
#define SHOWN_MAX    4000 /* bytes of one text, for the one that sums up */

/* How much the first n entries with results would save, and of how many that must be
 * until little enough is left; the newest stays. */
static size_t plan_trim(const struct conversation *talk, size_t max, size_t *trimmed)
{
	const struct talk *entry;
	size_t saved = 0, count = 0, i;

	for (entry = talk->first; entry; entry = entry->next) {
		if (entry->kind != TALK_RESULTS || entry == talk->last)
			continue;
		if (talk->chars - saved <= max / 2)
			break;
		for (i = 0; i < entry->count; i++)
			if (entry->results[i].len > MARKER_BYTES)
				saved += entry->results[i].len - MARKER_BYTES;
		count++;
	}
	*trimmed = count;
	return saved;
}

/* The conversation is what the cut leaves of it, in the state as well. */
static bool replace(struct react *react, const struct conversation_cut *cut,
		    const char *stage)
{
	struct step *step = react->step;
	struct engine_row *row = walk_row(step->frame.parent);
	struct event_stamp stamp = exec_stamp(step->frame.exec);
	size_t before = react->talk.chars;
	struct str list = STR_INIT;
	struct err err;
	bool well;

	conversation_print(&list, &react->talk, cut);
	well = progress_set(step, &list);
	if (well) {
		conversation_deinit(&react->talk);
		conversation_init(&react->talk);
		well = conversation_read(&react->talk, str_text(&list), list.len, &err) ==
		       0;
		if (!well)
			runframe_fail(&step->frame, FAIL_INTERNAL, "Step '%s': %s",
				      step->def->name, err.text);
	}
	str_deinit(&list);
	if (!well)
		return false;
	event_context_compact(&row->texts, &stamp, step->def, stage, before,
			      react->talk.chars);
	row_add_event(row);
	return true;
}

/* ---- the summary ---- */

static void show(struct str *out, const char *who, const char *text, size_t len)
{
	if (!len)
		return;
	str_printf(out, "[%s]\n", who);
	prompt_cut(out, text, len, SHOWN_MAX);
	str_add_text(out, "\n\n");
}

static void show_entry(struct str *out, const struct talk *entry)
{
	struct str who = STR_INIT;
	size_t i;

	switch (entry->kind) {
	case TALK_HISTORY:
		show(out, entry->role == LLM_USER ? "user" : "agent", entry->text,
		     entry->len);
		break;
	case TALK_SUMMARY:
		show(out, "before", entry->text, entry->len);
		break;
	case TALK_ANSWER:
		show(out, "agent", entry->text, entry->len);
		for (i = 0; i < entry->count; i++) {
			str_reset(&who, 1024);
			str_printf(&who, "call of %s", entry->calls[i].name);
			show(out, str_text(&who), entry->calls[i].arguments,
			     entry->calls[i].arguments_len);
		}
		break;
	case TALK_RESULTS:
		for (i = 0; i < entry->count; i++)
			show(out, "result", entry->results[i].text,
			     entry->results[i].len);
		break;
	case TALK_OTHER:
		break;
	}
	str_deinit(&who);
}

/* How many entries at the end stay: the newest answer and what is behind it. */
static size_t newest_turn(const struct conversation *talk)
{
	const struct talk *entry;
	size_t kept = 0;

	for (entry = talk->first; entry; entry = entry->next)
		kept = entry->kind == TALK_ANSWER ? 1 : kept + (kept > 0);
	return kept;
}

static size_t entries(const struct conversation *talk)
{
	const struct talk *entry;
	size_t count = 0;

	for (entry = talk->first; entry; entry = entry->next)
		count++;
	return count;
}

/* There is more than a summary in front of the newest turn. */
static bool is_worth_it(const struct conversation *talk)
{
	size_t left = entries(talk) - newest_turn(talk);
	const struct talk *entry;

	for (entry = talk->first; entry && left; entry = entry->next, left--)
		if (entry->kind != TALK_SUMMARY && entry->kind != TALK_OTHER)
			return true;
	return false;
}

static void ask_summary(struct react *react)
{
	size_t left = entries(&react->talk) - newest_turn(&react->talk);
	struct llm_message *messages = mem_new_n(struct llm_message, 2);
	const struct talk *entry = react->talk.first;
	struct str *said = &react->said;

	str_reset(&react->system, 0);
	str_reset(said, 0);
	prompt_summary(&react->system, react);
	for (; entry && left; entry = entry->next, left--)
		show_entry(said, entry);
	messages[0] = (struct llm_message){ .role = LLM_SYSTEM,
					    .text = str_text(&react->system),
					    .len = react->system.len };
	messages[1] = (struct llm_message){ .role = LLM_USER,
					    .text = str_text(said),
					    .len = said->len };
	mem_free(react->messages);
	react->messages = messages;
	react->state = REACT_SUMMING;
	react_ask(react, messages, 2, false);
}

bool react_compact(struct react *react)
{
	size_t max = react->step->frame.exec->engine->limits.compact_max, trimmed, saved;

	if (!max || react->talk.chars <= max)
		return false;
	saved = plan_trim(&react->talk, max, &trimmed);
	if (saved * SAVED_LEAST >= react->talk.chars)
		(void)replace(react, &(struct conversation_cut){ .trimmed = trimmed },
			      "trim");
	else if (is_worth_it(&react->talk))
		ask_summary(react);
	return react->state == REACT_SUMMING;
}

void react_on_summary(struct react *react)
{
	const struct str *answer = &react->call.answer.text;
	struct engine *engine = react->step->frame.exec->engine;
	struct conversation_cut cut = { .kept = newest_turn(&react->talk),
					.at_ms = engine_wall_ms(engine) };
	struct str text = STR_INIT;
	bool well;

	if (!answer->len) {
		runframe_fail(&react->step->frame, FAIL_PROVIDER,
			      "Step '%s': the model's summary is empty",
			      react->step->def->name);
		return;
	}
	str_add_text(&text, "[What was said before, summed up]\n");
	utf8_clean(&text, str_text(answer), answer->len);
	cut.summary = str_text(&text);
	cut.summary_len = text.len;
	well = replace(react, &cut, "llm_summary");
	str_deinit(&text);
	if (!well)
		return;
	FAULT_OF("turn.summed", react->step->def->id);
	react_store(react, false);
}
