/*
 * template.c - {state.PATH} and {{PATH}} in prompts and printed texts
 *
 * One pass over the text. A word character is an ASCII letter, a digit, an underscore or
 * any byte of a longer character, which comes near to Python's \w for text that people
 * write. A path is a key of the state, then names behind dots and indices or quoted names
 * in brackets. It needs the value under its key parsed: each key is parsed once per text,
 * however often it is named, so that a hostile template costs its length and the state's
 * size, not their product.
 *
 * What was rendered is not looked at again: a value that reads like a placeholder stays.
 */
#include "run/template.h"

#include "base/jsonr.h"
#include "base/map.h"
#include "base/str.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPENING      "{state."
#define INDEX_DIGITS 9

struct render {
	const struct state *state;
	struct str *out;
	struct map parsed; /* key -> struct json, owned */
	bool null_is_none; /* null is shown, not taken for a value that is missing */
};

/* One step of a path behind its key. */
struct part {
	const char *name; /* NULL: the index counts */
	size_t len;
	long index; /* from the end when negative */
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_len(const char *text)
{
	size_t n = 0;

	while (is_word(text[n]))
		n++;
	return n;
}

/* "[0]", "[-1]", "['a b']", behind the bracket. */
static const char *read_bracket(const char *at, struct part *part)
{
	const char *digits = at + (*at == '-'), *end;
	size_t n;

	if (*at == '\'' || *at == '"') {
		end = strchr(at + 1, *at);
		if (!end || end[1] != ']')
			return NULL;
		part->name = at + 1;
		part->len = (size_t)(end - at - 1);
		return end + 2;
	}
	n = strspn(digits, "0123456789");
	if (n == 0 || n > INDEX_DIGITS || digits[n] != ']')
		return NULL;
	part->name = NULL;
	part->index = strtol(at, NULL, 10);
	return digits + n + 1;
}

/* Read the part at `at`; returns what is behind it, NULL when there is none. */
static const char *read_part(const char *at, struct part *part)
{
	if (*at == '[')
		return read_bracket(at + 1, part);
	if (*at != '.')
		return NULL;
	part->name = at + 1;
	part->len = word_len(at + 1);
	return part->len ? at + 1 + part->len : NULL;
}

/* The value under a top-level key, parsed once; NULL when nothing can be in it. */
static const struct json *parsed(struct render *render, const struct state_pair *pair)
{
	struct json *doc = map_get(&render->parsed, pair->key, pair->key_len);

	if (doc || (pair->json[0] != '{' && pair->json[0] != '['))
		return doc;
	if (jsonr_parse(pair->json, pair->json_len, &doc, NULL, NULL, NULL) < 0)
		return NULL; /* deeper than a reader goes: no value can be found there */
	(void)map_put(&render->parsed, pair->key, pair->key_len, doc);
	return doc;
}

static const struct json *member(const struct json *value, const struct part *part,
				 bool *found)
{
	char name[DEFINITION_ID_MAX + 1];

	*found = false;
	if (jsonr_type(value) != JSONR_OBJECT || part->len >= sizeof(name))
		return NULL;
	memcpy(name, part->name, part->len);
	name[part->len] = '\0';
	return jsonr_find(value, name, found);
}

static const struct json *element(const struct json *value, const struct part *part,
				  bool *found)
{
	long count = (long)jsonr_count(value);
	long index = part->index < 0 ? count + part->index : part->index;

	*found = jsonr_type(value) == JSONR_ARRAY && index >= 0 && index < count;
	return *found ? jsonr_at(value, (size_t)index) : NULL;
}

/* Walk the parts of a path that was read before, up to its end. */
static bool add_parts(struct render *render, const struct state_pair *pair,
		      const char *at, const char *end)
{
	const struct json *value = parsed(render, pair);
	struct str json = STR_INIT;
	struct part part;
	bool found = true;

	while (value && at < end) {
		at = read_part(at, &part);
		value = part.name ? member(value, &part, &found)
				  : element(value, &part, &found);
	}
	if (at < end || !found ||
	    (jsonr_type(value) == JSONR_NULL && !render->null_is_none))
		return false;
	jsonr_print(value, &json);
	jsontext_show(render->out, str_text(&json), json.len);
	str_deinit(&json);
	return true;
}

/* The value that a path of that length names; false when there is none. */
static bool add_value(struct render *render, const char *path, const char *end)
{
	size_t key_len = word_len(path);
	const struct state_pair *pair;
	char key[DEFINITION_ID_MAX + 1];

	if (key_len >= sizeof(key))
		return false;
	memcpy(key, path, key_len);
	key[key_len] = '\0';
	pair = state_get(render->state, key);
	if (!pair)
		return false;
	if (path + key_len < end)
		return add_parts(render, pair, path + key_len, end);
	if (pair->json[0] == 'n' && !render->null_is_none)
		return false;
	jsontext_show(render->out, pair->json, pair->json_len);
	return true;
}

/* Where a path ends that starts here, NULL when none does. */
static const char *path_end(const char *path)
{
	const char *end = path + word_len(path), *next;
	struct part part;

	if (end == path)
		return NULL;
	while ((next = read_part(end, &part)))
		end = next;
	return end;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* Replace the placeholder at this brace; returns what is behind it, NULL when there is
 * none, or no value for it. */
static const char *replace(struct render *render, const char *brace)
{
	const char *path, *end;

	if (strncmp(brace, OPENING, sizeof(OPENING) - 1) == 0) {
		path = brace + sizeof(OPENING) - 1;
		end = path_end(path);
		if (end && *end == '}' && add_value(render, path, end))
			return end + 1;
	} else if (brace[1] == '{') {
		path = skip_blanks(brace + 2);
		end = path_end(path);
		if (end && strncmp(skip_blanks(end), "}}", 2) == 0 &&
		    add_value(render, path, end))
			return skip_blanks(end) + 2;
	}
	return NULL;
}

static int render_text(struct render *render, const char *text, size_t max_bytes,
		       struct err *err)
{
	size_t start = render->out->len;
	const char *brace, *behind;

	while (*text && render->out->len - start <= max_bytes) {
		brace = strchr(text, '{');
		if (!brace) {
			str_add_text(render->out, text);
			break;
		}
		str_add(render->out, text, (size_t)(brace - text));
		behind = replace(render, brace);
		if (!behind)
			str_add_char(render->out, '{');
		text = behind ? behind : brace + 1;
	}
	if (render->out->len - start <= max_bytes)
		return 0;
	render->out->len = start;
	render->out->data[start] = '\0';
	return err_set(err, ERR_LIMIT, "the text with its values has more than %zu bytes",
		       max_bytes);
}

static int template_render(const char *text, const struct state *state, bool null_is_none,
			   size_t max_bytes, struct str *out, struct err *err)
{
	struct render render = { .state = state,
				 .out = out,
				 .null_is_none = null_is_none };
	int rc;

	map_init(&render.parsed);
	rc = render_text(&render, text, max_bytes, err);
	map_for_each(slot, &render.parsed)
		jsonr_free(slot->value);
	map_deinit(&render.parsed);
	return rc;
}

int template_prompt(const char *text, const struct state *state, size_t max_bytes,
		    struct str *out, struct err *err)
{
	return template_render(text, state, true, max_bytes, out, err);
}

int template_print(const char *text, const struct state *state, size_t max_bytes,
		   struct str *out, struct err *err)
{
	return template_render(text, state, false, max_bytes, out, err);
}
