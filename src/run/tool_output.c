/*
 * tool_output.c - what of a tool's answer its definition lets through
 *
 * Authors name the members that a model needs, so that a large answer does not fill its
 * context. An answer that has none of them is left out whole: {}.
 */
#include "run/tool_output.h"

#include "base/jsonr.h"
#include "base/jsonw.h"
#include "base/str.h"

static void print_known(struct str *out, const struct json *answer,
			const struct json *properties)
{
	struct jsonr_iter it = jsonr_iter(answer);
	struct str value = STR_INIT;
	struct jsonw w;
	bool known;

	jsonw_init(&w, out);
	jsonw_object(&w);
	while (jsonr_next(&it)) {
		(void)jsonr_find(properties, it.key, &known);
		if (!known)
			continue;
		str_reset(&value, 65536);
		jsonr_print(it.value, &value);
		jsonw_pair_raw(&w, it.key, str_text(&value), value.len);
	}
	jsonw_object_end(&w);
	str_deinit(&value);
}

bool tool_output_filter(struct str *out, const char *definition, size_t definition_len,
			const char *text, size_t len)
{
	struct json *tool = NULL, *answer = NULL;
	const struct json *properties;
	bool filtered = false;

	if (jsonr_parse(definition, definition_len, &tool, NULL, NULL, NULL) < 0)
		return false;
	properties = jsonr_get(jsonr_get(tool, "outputSchema"), "properties");
	if (jsonr_type(properties) == JSONR_OBJECT && jsonr_count(properties) &&
	    jsonr_parse(text, len, &answer, NULL, NULL, NULL) == 0 &&
	    jsonr_type(answer) == JSONR_OBJECT) {
		print_known(out, answer, properties);
		filtered = true;
	}
	jsonr_free(answer);
	jsonr_free(tool);
	return filtered;
}
