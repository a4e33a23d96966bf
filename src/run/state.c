/*
 * state.c - the shared state of a run: key -> immutable JSON text
 *
 * A pair of key and value is one block of memory that never changes; a write replaces the
 * pair. So a copy of a state costs a pointer per key, a reader may hold what it found,
 * and printing the whole is a row of memcpy. Few runs have more than a handful of keys:
 * they are searched in order; beyond FEW keys a map beside the array finds them.
 *
 * The bound (max_bytes) counts keys and values, as they are stored and sent.
 */
#include "run/state.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "run/definition.h"
#include "run/jsontext.h"

#include <stdbool.h>
#include <string.h>

#define FEW 12

void state_init(struct state *state, size_t max_bytes)
{
	memset(state, 0, sizeof(*state));
	state->max_bytes = max_bytes;
	map_init(&state->index);
}

static void pair_unref(struct state_pair *pair)
{
	if (--pair->refs == 0)
		mem_free(pair);
}

void state_deinit(struct state *state)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		pair_unref(state->pairs[i]);
	map_deinit(&state->index);
	mem_free(state->pairs);
	state_init(state, 0);
}

static struct state_pair *pair_new(const char *key, size_t key_len, const char *json,
				   size_t json_len)
{
	struct state_pair *pair =
		mem_resize(NULL, sizeof(*pair) + key_len + 1 + json_len + 1);
	char *value = pair->bytes + key_len + 1;

	pair->refs = 1;
	pair->key_len = (unsigned)key_len;
	pair->json_len = json_len;
	memcpy(pair->bytes, key, key_len);
	pair->bytes[key_len] = '\0';
	memcpy(value, json, json_len);
	value[json_len] = '\0';
	pair->key = pair->bytes;
	pair->json = value;
	return pair;
}

/* Where the key is in pairs, or count. The map's values point into no array that moves:
 * they are the pairs, whose place is looked up only when something is removed. */
static size_t place(const struct state *state, const char *key, size_t key_len)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (state->pairs[i]->key_len == key_len &&
		    memcmp(state->pairs[i]->key, key, key_len) == 0)
			break;
	return i;
}

static struct state_pair *find(const struct state *state, const char *key, size_t key_len)
{
	size_t i;

	if (state->index.count)
		return map_get(&state->index, key, key_len);
	i = place(state, key, key_len);
	return i < state->count ? state->pairs[i] : NULL;
}

const struct state_pair *state_get(const struct state *state, const char *key)
{
	return find(state, key, strlen(key));
}

static void index_put(struct state *state, struct state_pair *pair)
{
	size_t i;

	if (state->index.count) {
		(void)map_put(&state->index, pair->key, pair->key_len, pair);
		return;
	}
	if (state->count <= FEW)
		return;
	for (i = 0; i < state->count; i++)
		(void)map_put(&state->index, state->pairs[i]->key,
			      state->pairs[i]->key_len, state->pairs[i]);
}

static void push(struct state *state, struct state_pair *pair)
{
	if (state->count == state->room) {
		state->room = state->room ? state->room * 2 : 4;
		state->pairs =
			mem_resize(state->pairs, state->room * sizeof(*state->pairs));
	}
	state->pairs[state->count++] = pair;
	state->bytes += pair->key_len + pair->json_len;
	index_put(state, pair);
}

void state_copy(struct state *to, const struct state *from)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		from->pairs[i]->refs++;
		push(to, from->pairs[i]);
	}
}

/* Whether the state may grow from `was` to `will` bytes of one pair. */
static int room_for(const struct state *state, const char *key, size_t was, size_t will,
		    struct err *err)
{
	size_t total = state->bytes - was + will;

	if (!state->max_bytes || total <= state->max_bytes)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "the state would have %zu bytes with '%s', more than %zu", total,
		       key, state->max_bytes);
}

int state_set(struct state *state, const char *key, const char *json, size_t json_len,
	      struct err *err)
{
	size_t key_len = strlen(key);
	struct state_pair *old = find(state, key, key_len), *pair;
	size_t was = old ? old->key_len + old->json_len : 0;
	int rc;

	rc = room_for(state, key, was, key_len + json_len, err);
	if (rc < 0)
		return rc;
	pair = pair_new(key, key_len, json, json_len);
	if (!old) {
		push(state, pair);
		return 0;
	}
	state->pairs[place(state, key, key_len)] = pair;
	state->bytes = state->bytes - was + key_len + json_len;
	index_put(state, pair);
	pair_unref(old);
	return 0;
}

int state_set_text(struct state *state, const char *key, const char *text, size_t len,
		   struct err *err)
{
	struct str json = STR_INIT;
	int rc;

	jsonw_quote(&json, text, len);
	rc = state_set(state, key, str_text(&json), json.len, err);
	str_deinit(&json);
	return rc;
}

void state_del(struct state *state, const char *key)
{
	size_t key_len = strlen(key);
	size_t at = place(state, key, key_len);
	struct state_pair *pair;

	if (at == state->count)
		return;
	pair = state->pairs[at];
	if (state->index.count)
		(void)map_remove(&state->index, key, key_len);
	state->bytes -= pair->key_len + pair->json_len;
	state->count--;
	memmove(&state->pairs[at], &state->pairs[at + 1],
		(state->count - at) * sizeof(*state->pairs));
	pair_unref(pair);
}

int state_append(struct state *state, const char *key, const char *json, size_t json_len,
		 struct err *err)
{
	const struct state_pair *old = state_get(state, key);
	struct str list = STR_INIT;
	int rc;

	str_add_char(&list, '[');
	if (old && old->json[0] == '[' && old->json_len > 2) {
		str_add(&list, old->json + 1, old->json_len - 2);
		str_add_char(&list, ',');
	}
	str_add(&list, json, json_len);
	str_add_char(&list, ']');
	rc = state_set(state, key, str_text(&list), list.len, err);
	str_deinit(&list);
	return rc;
}

/* A value that came from outside as JSON. */
static int set_foreign(struct state *state, const char *key, const char *json, size_t len,
		       struct err *err)
{
	struct str clean = STR_INIT;
	int rc;

	jsontext_storable(&clean, json, len);
	rc = state_set(state, key, str_text(&clean), clean.len, err);
	str_deinit(&clean);
	return rc;
}

static int merge_inputs(struct state *state, const char *inputs, size_t inputs_len,
			struct err *err)
{
	struct str json = STR_INIT;
	struct json *doc = NULL;
	struct jsonr_iter it;
	int rc;

	rc = jsonr_parse(inputs, inputs_len, &doc, NULL, NULL, err);
	if (rc < 0) {
		err_wrap(err, "inputs");
		goto out;
	}
	if (jsonr_type(doc) != JSONR_OBJECT) {
		rc = err_set(err, ERR_INPUT, "inputs must be an object, not %s",
			     jsonr_type_name(jsonr_type(doc)));
		goto out;
	}
	it = jsonr_iter(doc);
	while (rc == 0 && jsonr_next(&it)) {
		size_t len = strlen(it.key);

		if (len == 0 || len > DEFINITION_ID_MAX) {
			rc = err_set(err, ERR_INPUT,
				     "inputs have a key that is empty or too long");
			break;
		}
		str_reset(&json, DEFINITION_BYTES_MAX);
		jsonr_print(it.value, &json);
		rc = set_foreign(state, it.key, str_text(&json), json.len, err);
	}
out:
	jsonr_free(doc);
	str_deinit(&json);
	return rc;
}

int state_seed(struct state *state, const struct definition *definition,
	       const char *message, size_t message_len, const char *inputs,
	       size_t inputs_len, struct err *err)
{
	struct str text = STR_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < definition->defaults_count; i++)
		rc = set_foreign(state, definition->defaults[i].key,
				 definition->defaults[i].json,
				 definition->defaults[i].json_len, err);
	if (rc == 0) {
		utf8_clean(&text, message, message_len);
		rc = state_set_text(state, "user_input", str_text(&text), text.len, err);
	}
	if (rc == 0)
		rc = state_set_text(state, "user_query", str_text(&text), text.len, err);
	if (rc == 0 && inputs && inputs_len)
		rc = merge_inputs(state, inputs, inputs_len, err);
	str_deinit(&text);
	return rc;
}

static int apply_act(struct state *state, const struct json *act, struct err *err)
{
	const char *verb = jsonr_text(jsonr_at(act, 0));
	const char *key = jsonr_text(jsonr_at(act, 1));
	bool valued = verb && (strcmp(verb, "set") == 0 || strcmp(verb, "append") == 0);
	struct str json = STR_INIT;
	int rc = 0;

	if (!verb || !key || jsonr_count(act) != (valued ? 3 : 2) ||
	    (!valued && strcmp(verb, "del") != 0))
		return err_set(err, ERR_INPUT, "not an act of a delta");
	if (!valued) {
		state_del(state, key);
		return 0;
	}
	jsonr_print(jsonr_at(act, 2), &json);
	if (verb[0] == 's')
		rc = state_set(state, key, str_text(&json), json.len, err);
	else
		rc = state_append(state, key, str_text(&json), json.len, err);
	str_deinit(&json);
	return rc;
}

int state_apply(struct state *state, const char *delta, size_t len, struct err *err)
{
	struct json *doc = NULL;
	size_t i;
	int rc;

	if (len == 0)
		return 0;
	rc = jsonr_parse(delta, len, &doc, NULL, NULL, err);
	if (rc == 0 && jsonr_type(doc) != JSONR_ARRAY)
		rc = err_set(err, ERR_INPUT, "a delta is a list");
	for (i = 0; rc == 0 && i < jsonr_count(doc); i++)
		rc = apply_act(state, jsonr_at(doc, i), err);
	if (rc < 0)
		err_wrap(err, "delta");
	jsonr_free(doc);
	return rc;
}

void state_print(const struct state *state, struct str *out)
{
	size_t i;

	str_add_char(out, '{');
	for (i = 0; i < state->count; i++) {
		const struct state_pair *pair = state->pairs[i];

		if (i > 0)
			str_add_char(out, ',');
		jsonw_quote(out, pair->key, pair->key_len);
		str_add_char(out, ':');
		str_add(out, pair->json, pair->json_len);
	}
	str_add_char(out, '}');
}
