/*
 * template.c - {state.KEY} in prompts and printed texts
 *
 * One pass over the text. A word character is an ASCII letter, a digit, an underscore or
 * any byte of a longer character, which comes near to Python's \w for text that people
 * write. A path into an object needs the object parsed: each key is parsed once per text,
 * however often it is named, so that a hostile template costs its length and the state's
 * size, not their product.
 */
#include "run/template.h"

#include "base/jsonr.h"
#include "base/map.h"
#include "base/str.h"
#include "run/definition.h"
#include "run/jsontext.h"
#include "run/state.h"

#include <stdbool.h>
#include <string.h>

#define OPENING "{state."

struct render {
	const struct state *state;
	struct str *out;
	struct map parsed; /* key -> struct json, owned */
	bool paths;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* The object under a top-level key, parsed once; NULL when it is none. */
static const struct json *parsed(struct render *render, const struct state_pair *pair)
{
	struct json *doc = map_get(&render->parsed, pair->key, pair->key_len);

	if (doc || pair->json[0] != '{')
		return doc;
	if (jsonr_parse(pair->json, pair->json_len, &doc, NULL, NULL, NULL) < 0)
		return NULL; /* deeper than a reader goes: no value can be found there */
	(void)map_put(&render->parsed, pair->key, pair->key_len, doc);
	return doc;
}

/* Walk the names behind the first dot. */
static bool add_path(struct render *render, const struct state_pair *pair,
		     const char *path, size_t len)
{
	const struct json *value = parsed(render, pair);
	struct str json = STR_INIT;
	char name[DEFINITION_ID_MAX + 1];
	const char *end = path + len, *dot;
	size_t n;

	while (value && path <= end) {
		dot = memchr(path, '.', (size_t)(end - path));
		if (!dot)
			dot = end;
		n = (size_t)(dot - path);
		if (n == 0 || n >= sizeof(name))
			return false;
		memcpy(name, path, n);
		name[n] = '\0';
		value = jsonr_get(value, name);
		path = dot + 1;
	}
	if (jsonr_type(value) == JSONR_NULL)
		return false;
	jsonr_print(value, &json);
	jsontext_show(render->out, str_text(&json), json.len);
	str_deinit(&json);
	return true;
}

/* The value that a placeholder's inside names; false when there is none. */
static bool add_value(struct render *render, const char *inside, size_t len)
{
	const char *dot = memchr(inside, '.', len);
	size_t key_len = dot ? (size_t)(dot - inside) : len;
	const struct state_pair *pair;
	char key[DEFINITION_ID_MAX + 1];

	if (key_len == 0 || key_len >= sizeof(key))
		return false;
	memcpy(key, inside, key_len);
	key[key_len] = '\0';
	pair = state_get(render->state, key);
	if (!pair)
		return false;
	if (dot)
		return add_path(render, pair, dot + 1, len - key_len - 1);
	if (render->paths && pair->json[0] == 'n')
		return false;
	jsontext_show(render->out, pair->json, pair->json_len);
	return true;
}

/* The length of what stands between OPENING and '}', or 0 when it is no placeholder. */
static size_t inside_len(const struct render *render, const char *inside)
{
	size_t n = 0;

	while (is_word(inside[n]) || (render->paths && inside[n] == '.'))
		n++;
	return inside[n] == '}' ? n : 0;
}

static int render_text(struct render *render, const char *text, size_t max_bytes,
		       struct err *err)
{
	size_t start = render->out->len, n;
	const size_t opening = sizeof(OPENING) - 1;
	const char *brace, *inside;

	while (*text && render->out->len - start <= max_bytes) {
		brace = strchr(text, '{');
		if (!brace) {
			str_add_text(render->out, text);
			break;
		}
		str_add(render->out, text, (size_t)(brace - text));
		text = brace + 1;
		inside = brace + opening;
		if (strncmp(brace, OPENING, opening) != 0 ||
		    (n = inside_len(render, inside)) == 0 ||
		    !add_value(render, inside, n))
			str_add_char(render->out, '{');
		else
			text = inside + n + 1;
	}
	if (render->out->len - start <= max_bytes)
		return 0;
	render->out->len = start;
	render->out->data[start] = '\0';
	return err_set(err, ERR_LIMIT, "the text with its values has more than %zu bytes",
		       max_bytes);
}

static int template_render(const char *text, const struct state *state, bool paths,
			   size_t max_bytes, struct str *out, struct err *err)
{
	struct render render = { .state = state, .out = out, .paths = paths };
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
	return template_render(text, state, false, max_bytes, out, err);
}

int template_print(const char *text, const struct state *state, size_t max_bytes,
		   struct str *out, struct err *err)
{
	return template_render(text, state, true, max_bytes, out, err);
}
