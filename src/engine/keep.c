/*
 * keep.c - short lists of what a step did, in the state: what later steps are told
 *
 * A result that fits is not lost because what helps with the next one does not. And what
 * an attempt that fails has written would be told to the next attempt, whose calls have
 * the same keys: so nothing is kept before the result is in.
 */
#include "engine/keep.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "engine/row.h"
#include "engine/scope.h"
#include "engine/step.h"
#include "engine/walk.h"
#include "run/definition.h"

struct json *keep_read(const struct scope *scope, const char *prefix, const char *step_id)
{
	const struct state_pair *pair;
	struct json *list = NULL;
	struct str key = STR_INIT;

	str_printf(&key, "%s%s", prefix, step_id);
	pair = state_get(&scope->state, str_text(&key));
	str_deinit(&key);
	if (pair)
		(void)jsonr_parse(pair->json, pair->json_len, &list, NULL, NULL, NULL);
	return list;
}

/* Its newest entries with the new one behind them: max in all. */
static void print_list(const struct json *list, size_t count, const struct str *entry,
		       size_t max, struct str *out)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_array(&w);
	for (i = count < max ? 0 : count - max + 1; i < count; i++) {
		struct str text = STR_INIT;

		jsonr_print(jsonr_at(list, i), &text);
		jsonw_raw(&w, str_text(&text), text.len);
		str_deinit(&text);
	}
	jsonw_raw(&w, str_text(entry), entry->len);
	jsonw_array_end(&w);
}

void keep_add(struct step *step, const char *prefix, const struct str *entry, size_t max)
{
	struct scope *scope = step_scope(step);
	struct engine_row *row = walk_row(step->frame.parent);
	struct json *before = keep_read(scope, prefix, step->def->id);
	size_t count = jsonr_type(before) == JSONR_ARRAY ? jsonr_count(before) : 0;
	struct str key = STR_INIT, list = STR_INIT, say = STR_INIT;
	struct err err;
	int rc;

	str_printf(&key, "%s%s", prefix, step->def->id);
	if (count < max) {
		rc = state_append(&scope->state, str_text(&key), str_text(entry),
				  entry->len, &err);
		if (rc == 0)
			row_add_append(row, str_text(&key), str_text(entry), entry->len);
	} else {
		print_list(before, count, entry, max, &list);
		rc = state_set(&scope->state, str_text(&key), str_text(&list), list.len,
			       &err);
		if (rc == 0)
			row_add_set(row, str_text(&key), str_text(&list), list.len);
	}
	if (rc < 0) {
		str_printf(&say, "this execution is not remembered: %s", err.text);
		step_warn(step, str_text(&say));
	}
	jsonr_free(before);
	str_deinit(&key);
	str_deinit(&list);
	str_deinit(&say);
}
