/*
 * outcome.c - the text that a run answers with
 *
 * Which output is the answer follows from the history alone, newest first, so a run that
 * was folded from its journal answers the same.
 */
#include "run/outcome.h"

#include "base/str.h"
#include "base/utf8.h"
#include "run/definition.h"
#include "run/history.h"
#include "run/jsontext.h"
#include "run/state.h"

static void cut(struct str *out, size_t max_bytes)
{
	if (out->len <= max_bytes)
		return;
	out->len = utf8_cut(out->data, out->len, max_bytes);
	out->data[out->len] = '\0';
}

void outcome_failed(struct str *out, const char *reason, size_t max_bytes)
{
	str_add_text(out, "Orchestration failed: ");
	str_add_text(out, reason);
	cut(out, max_bytes);
}

void outcome_counted(struct str *out, size_t steps)
{
	str_printf(out, "Orchestration completed: %zu step%s executed.", steps,
		   steps == 1 ? "" : "s");
}

void outcome_ended(struct str *out, const struct history *history,
		   const struct state *state, size_t max_bytes)
{
	struct history_iter it = history_iter(history);
	const struct history_entry *entry, *newest = NULL;
	const struct state_pair *pair, *found = NULL;

	while ((entry = history_next(&it))) {
		if (!entry->step->output_key)
			continue;
		pair = state_get(state, entry->step->output_key);
		if (!pair || !jsontext_truthy(pair->json, pair->json_len))
			continue;
		newest = entry;
		found = pair;
	}
	if (newest)
		jsontext_show(out, found->json, found->json_len);
	else
		outcome_counted(out, history_total(history));
	cut(out, max_bytes);
}
