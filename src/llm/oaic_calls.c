/*
 * oaic_calls.c - the tools that an answer calls, put together from its pieces
 *
 * The protocol numbers calls by "index"; the first piece of each has id and name, the
 * others have more of the arguments. Servers differ:
 *
 *   - some give no index, or 0 to every call, and send each call in one piece: an id that
 *     the call of that index does not have begins another call;
 *   - some repeat id and name in every piece;
 *   - some give no ids, or the same one twice: the messages that go back need one for
 *     each call, so it is made here;
 *   - most send the arguments as a text that is JSON, some as JSON.
 */
#include "llm/oaic_calls.h"

#include "base/jsonr.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/host.h"

#include <string.h>

#define ID_MAX        128
#define TOOL_NAME_MAX 255

static void pieces_deinit(struct oaic_call_pieces *call)
{
	str_deinit(&call->id);
	str_deinit(&call->name);
	str_deinit(&call->arguments);
}

void oaic_calls_deinit(struct oaic_calls *calls)
{
	size_t i;

	for (i = 0; i < calls->count; i++)
		pieces_deinit(&calls->items[i]);
	mem_free(calls->items);
	memset(calls, 0, sizeof(*calls));
}

/* ---- pieces ---- */

/* The call that a piece with this index (-1: none) continues; NULL: it begins one. */
static struct oaic_call_pieces *find(struct oaic_calls *calls, int64_t index,
				     const char *id, const char *name)
{
	struct oaic_call_pieces *call = NULL;
	size_t i = calls->count;

	/* from the end: of those that share an index the last one is under way */
	while (i > 0 && !call) {
		i--;
		if (index < 0 || calls->items[i].index == index)
			call = &calls->items[i];
	}
	if (!call)
		return NULL;
	if (id && *id && call->id.len && strcmp(str_text(&call->id), id) != 0)
		return NULL;
	/* without index and id there is the name alone, which begins a call */
	if (index < 0 && !(id && *id) && name && *name && call->name.len)
		return NULL;
	return call;
}

static struct oaic_call_pieces *begin(struct oaic_calls *calls, int64_t index)
{
	struct oaic_call_pieces *call;

	if (calls->count == calls->room) {
		calls->room = calls->room ? calls->room * 2 : 2;
		calls->items =
			mem_resize(calls->items, calls->room * sizeof(*calls->items));
	}
	call = &calls->items[calls->count++];
	memset(call, 0, sizeof(*call));
	call->index = index;
	return call;
}

static void set_once(struct str *out, const char *text, size_t max)
{
	if (text && !out->len)
		utf8_clean(out, text, utf8_cut(text, strlen(text), max));
}

static int add_arguments(struct oaic_calls *calls, struct oaic_call_pieces *call,
			 const struct json *arguments, size_t max, struct err *why)
{
	struct str text = STR_INIT;
	int rc = 0;

	if (jsonr_type(arguments) == JSONR_STRING)
		str_add(&text, jsonr_text(arguments), jsonr_text_len(arguments));
	else if (jsonr_type(arguments) == JSONR_OBJECT)
		jsonr_print(arguments, &text);
	if (text.len > max - calls->arguments_len) {
		rc = err_set(why, ERR_LIMIT, "the answer has more than %zu bytes", max);
	} else {
		str_add(&call->arguments, str_text(&text), text.len);
		calls->arguments_len += text.len;
	}
	str_deinit(&text);
	return rc;
}

static int add_piece(struct oaic_calls *calls, const struct json *piece, bool whole,
		     size_t arguments_max, struct err *why)
{
	const struct json *function = jsonr_get(piece, "function");
	const char *name = jsonr_get_text(function, "name");
	const char *id = jsonr_get_text(piece, "id");
	int64_t index = jsonr_get_int(piece, "index", -1);
	struct oaic_call_pieces *call = NULL;

	if (jsonr_type(piece) != JSONR_OBJECT)
		return 0;
	if (!whole)
		call = find(calls, index, id, name);
	if (!call) {
		if (calls->count == OAIC_CALLS_MAX)
			return err_set(why, ERR_LIMIT,
				       "the answer calls more than %d tools",
				       OAIC_CALLS_MAX);
		call = begin(calls, index);
	}
	set_once(&call->id, id, ID_MAX);
	set_once(&call->name, name, TOOL_NAME_MAX);
	return add_arguments(calls, call, jsonr_get(function, "arguments"), arguments_max,
			     why);
}

int oaic_calls_add(struct oaic_calls *calls, const struct json *pieces, bool whole,
		   size_t arguments_max, struct err *why)
{
	size_t i, count = jsonr_count(pieces);
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++)
		rc = add_piece(calls, jsonr_at(pieces, i), whole, arguments_max, why);
	return rc;
}

/* ---- the whole ---- */

static bool is_printable(const char *id)
{
	for (; *id; id++)
		if (*id < ' ' || *id > '~')
			return false;
	return true;
}

static bool is_taken(const struct llm_tool_call *taken, size_t count, const char *id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(taken[i].id, id) == 0)
			return true;
	return false;
}

static void mend_id(struct str *id, const struct llm_tool_call *taken, size_t count,
		    int ask)
{
	size_t n = count;

	if (id->len && is_printable(str_text(id)) &&
	    !is_taken(taken, count, str_text(id)))
		return;
	do {
		str_reset(id, ID_MAX);
		str_printf(id, "call_%d_%zu", ask + 1, ++n);
	} while (is_taken(taken, count, str_text(id)));
}

size_t oaic_calls_take(struct oaic_calls *calls, int ask, struct llm_tool_call **ret)
{
	struct llm_tool_call *taken = NULL;
	struct oaic_call_pieces *call;
	size_t i, count = 0;

	if (calls->count)
		taken = mem_alloc(calls->count * sizeof(*taken));
	for (i = 0; i < calls->count; i++) {
		call = &calls->items[i];
		if (!call->name.len)
			continue;
		mend_id(&call->id, taken, count, ask);
		taken[count].arguments_len = call->arguments.len;
		taken[count].id = str_take(&call->id);
		taken[count].name = str_take(&call->name);
		taken[count].arguments = str_take(&call->arguments);
		count++;
	}
	oaic_calls_deinit(calls);
	if (count == 0) {
		mem_free(taken);
		taken = NULL;
	}
	*ret = taken;
	return count;
}
