/*
 * state.c - the shared state of a run: key -> immutable JSON text
 *
 * A pair of key and value is one block of memory that never changes; a write replaces the
 * pair. So a copy of a state costs a pointer per key, a reader may hold what it found,
 * and printing the whole is a row of memcpy. Few runs have more than a handful of keys:
 * they are searched in order; beyond FEW keys a map beside the array finds them. Only the
 * list that state_append() made grows in place, while nobody shares it: a loop of many
 * iterations would copy it each time.
 *
 * A branch of a run writes into an overlay: a state of its own writes alone, which reads
 * through to its parent. A key that it deleted stays there as a pair without a value.
 *
 * The bound (max_bytes) counts keys and values, as they are stored and sent; that of an
 * overlay those that its reader sees.
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

void state_init_over(struct state *state, const struct state *parent)
{
	state_init(state, parent->max_bytes);
	state->parent = parent;
	state->bytes = parent->bytes;
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

static size_t pair_bytes(const struct state_pair *pair)
{
	return pair ? pair->key_len + pair->json_len : 0;
}

/* json NULL: the key is deleted. */
static struct state_pair *pair_new(const char *key, size_t key_len, const char *json,
				   size_t json_len, size_t json_room)
{
	struct state_pair *pair =
		mem_resize(NULL, sizeof(*pair) + key_len + 1 + json_room + 1);
	char *value = pair->bytes + key_len + 1;

	pair->refs = 1;
	pair->key_len = (unsigned)key_len;
	pair->json_len = json_len;
	pair->json_room = json_room;
	memcpy(pair->bytes, key, key_len);
	pair->bytes[key_len] = '\0';
	if (json_len)
		memcpy(value, json, json_len);
	value[json_len] = '\0';
	pair->key = pair->bytes;
	pair->json = json ? value : NULL;
	return pair;
}

/* Where the key is in pairs, or count. The map's values point into no array that moves:
 * they are the pairs, whose place is looked up only when something is replaced. */
static size_t place(const struct state *state, const char *key, size_t key_len)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (state->pairs[i]->key_len == key_len &&
		    memcmp(state->pairs[i]->key, key, key_len) == 0)
			break;
	return i;
}

/* The pair of this level, deleted or not. */
static struct state_pair *find_own(const struct state *state, const char *key,
				   size_t key_len)
{
	size_t i;

	if (state->index.count)
		return map_get(&state->index, key, key_len);
	i = place(state, key, key_len);
	return i < state->count ? state->pairs[i] : NULL;
}

/* What a reader sees. */
static struct state_pair *find(const struct state *state, const char *key, size_t key_len)
{
	struct state_pair *pair = NULL;

	for (; state && !pair; state = state->parent)
		pair = find_own(state, key, key_len);
	return pair && pair->json ? pair : NULL;
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

/* Takes a reference. The reader's bytes are the caller's to count. */
static void put(struct state *state, struct state_pair *pair)
{
	struct state_pair *old = find_own(state, pair->key, pair->key_len);

	state->own_bytes += pair_bytes(pair);
	if (old) {
		state->own_bytes -= pair_bytes(old);
		state->pairs[place(state, pair->key, pair->key_len)] = pair;
		index_put(state, pair); /* the map keeps the new one's key */
		pair_unref(old);
		return;
	}
	if (state->count == state->room) {
		state->room = state->room ? state->room * 2 : 4;
		state->pairs =
			mem_resize(state->pairs, state->room * sizeof(*state->pairs));
	}
	state->pairs[state->count++] = pair;
	index_put(state, pair);
}

/* Put what another state holds. */
static void share(struct state *state, struct state_pair *pair)
{
	const struct state_pair *seen = find(state, pair->key, pair->key_len);

	state->bytes = state->bytes - pair_bytes(seen) + pair_bytes(pair);
	pair->refs++;
	put(state, pair);
}

struct state_iter state_iter(const struct state *state)
{
	struct state_iter it = { .leaf = state, .level = state };

	while (it.level->parent)
		it.level = it.level->parent;
	return it;
}

/* The level above this one on the way to the leaf. */
static const struct state *level_above(const struct state_iter *it)
{
	const struct state *level = it->leaf;

	while (level->parent != it->level)
		level = level->parent;
	return level;
}

/* A key is told at the lowest level that has it, with the value that is seen. */
static struct state_pair *next(struct state_iter *it)
{
	for (;;) {
		const struct state *level = it->level;
		struct state_pair *pair, *seen;

		if (it->at == level->count) {
			if (level == it->leaf)
				return NULL;
			it->level = level_above(it);
			it->at = 0;
			continue;
		}
		pair = level->pairs[it->at++];
		if (level == it->leaf && !level->parent)
			return pair;
		for (level = level->parent; level; level = level->parent)
			if (find_own(level, pair->key, pair->key_len))
				break;
		seen = level ? NULL : find(it->leaf, pair->key, pair->key_len);
		if (seen)
			return seen;
	}
}

const struct state_pair *state_next(struct state_iter *it)
{
	return next(it);
}

size_t state_count(const struct state *state)
{
	struct state_iter it = state_iter(state);
	size_t n = 0;

	if (!state->parent)
		return state->count;
	while (state_next(&it))
		n++;
	return n;
}

void state_copy(struct state *to, const struct state *from)
{
	struct state_iter it = state_iter(from);
	struct state_pair *pair;

	while ((pair = next(&it)))
		share(to, pair);
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
	size_t was = pair_bytes(find(state, key, key_len));
	int rc;

	rc = room_for(state, key, was, key_len + json_len, err);
	if (rc < 0)
		return rc;
	put(state, pair_new(key, key_len, json, json_len, json_len));
	state->bytes = state->bytes - was + key_len + json_len;
	return 0;
}

/* The same for a text that becomes a JSON string. */
static int set_text(struct state *state, const char *key, const char *text, size_t len,
		    struct err *err)
{
	struct str json = STR_INIT;
	int rc;

	jsonw_quote(&json, text, len);
	rc = state_set(state, key, str_text(&json), json.len, err);
	str_deinit(&json);
	return rc;
}

static void remove_own(struct state *state, const struct state_pair *own)
{
	size_t at = place(state, own->key, own->key_len);
	struct state_pair *pair = state->pairs[at];

	if (state->index.count)
		(void)map_remove(&state->index, pair->key, pair->key_len);
	state->own_bytes -= pair_bytes(pair);
	state->count--;
	memmove(&state->pairs[at], &state->pairs[at + 1],
		(state->count - at) * sizeof(*state->pairs));
	pair_unref(pair);
}

void state_del(struct state *state, const char *key)
{
	size_t key_len = strlen(key);
	const struct state_pair *seen = find(state, key, key_len);
	const struct state_pair *own;

	if (!seen)
		return;
	state->bytes -= pair_bytes(seen);
	if (state->parent && find(state->parent, key, key_len)) {
		put(state, pair_new(key, key_len, NULL, 0, 0));
		return;
	}
	own = find_own(state, key, key_len);
	remove_own(state, own);
}

/* The list in place, when there is room and nobody else holds it. */
static bool append_in_place(struct state_pair *own, const char *json, size_t json_len)
{
	char *value;

	if (!own || own->refs > 1 || !own->json || own->json[0] != '[' ||
	    own->json_len <= 2 || own->json_len + 1 + json_len > own->json_room)
		return false;
	value = own->bytes + own->key_len + 1 + own->json_len - 1;
	*value++ = ',';
	memcpy(value, json, json_len);
	value[json_len] = ']';
	value[json_len + 1] = '\0';
	own->json_len += 1 + json_len;
	return true;
}

int state_append(struct state *state, const char *key, const char *json, size_t json_len,
		 struct err *err)
{
	size_t key_len = strlen(key);
	const struct state_pair *old = find(state, key, key_len);
	bool list = old && old->json[0] == '[' && old->json_len > 2;
	size_t was = pair_bytes(old);
	size_t len = list ? old->json_len + 1 + json_len : json_len + 2;
	struct str text = STR_INIT;
	int rc;

	rc = room_for(state, key, was, key_len + len, err);
	if (rc < 0)
		return rc;
	state->bytes = state->bytes - was + key_len + len;
	if (append_in_place(find_own(state, key, key_len), json, json_len)) {
		state->own_bytes += 1 + json_len;
		return 0;
	}
	str_add_char(&text, '[');
	if (list) {
		str_add(&text, old->json + 1, old->json_len - 2);
		str_add_char(&text, ',');
	}
	str_add(&text, json, json_len);
	str_add_char(&text, ']');
	put(state, pair_new(key, key_len, str_text(&text), len, list ? 2 * len : len));
	str_deinit(&text);
	return 0;
}

void state_join(struct state *state, const struct state *overlay)
{
	size_t i;

	for (i = 0; i < overlay->count; i++) {
		if (overlay->pairs[i]->json)
			share(state, overlay->pairs[i]);
		else
			state_del(state, overlay->pairs[i]->key);
	}
}

bool state_fits(const struct state *state, const struct state *const *overlays, size_t n)
{
	struct state trial;
	bool fits;
	size_t i;

	state_init_over(&trial, state);
	for (i = 0; i < n; i++)
		state_join(&trial, overlays[i]);
	fits = !state->max_bytes || trial.bytes <= state->max_bytes;
	state_deinit(&trial);
	return fits;
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
		rc = set_text(state, "user_input", str_text(&text), text.len, err);
	}
	if (rc == 0)
		rc = set_text(state, "user_query", str_text(&text), text.len, err);
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
	struct state_iter it = state_iter(state);
	const struct state_pair *pair;
	bool first = true;

	str_add_char(out, '{');
	while ((pair = state_next(&it))) {
		if (!first)
			str_add_char(out, ',');
		first = false;
		jsonw_quote(out, pair->key, pair->key_len);
		str_add_char(out, ':');
		str_add(out, pair->json, pair->json_len);
	}
	str_add_char(out, '}');
}
