/*
 * fuzz_bundle.c - any bytes as a file of definitions that is imported (libFuzzer)
 *
 * The first byte says of which kind single ones are. What must hold beside that
 * nothing crashes: what is refused has a problem or a reason, which are UTF-8; what is
 * printed without its secrets is JSON, and none of them is in it; put in again, it is
 * what it was.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/jsonr.h"
#include "base/str.h"
#include "base/utf8.h"
#include "defs/defs_file.h"
#include "defs/defs_secrets.h"
#include "run/definition.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static bool can_run(enum step_type type)
{
	return type != STEP_UNKNOWN;
}

static struct json *must_parse(const struct str *text)
{
	struct json *doc = NULL;
	struct err err;

	assert(jsonr_parse(str_text(text), text->len, &doc, NULL, NULL, &err) == 0);
	return doc;
}

/* Does the document itself have what stands for a secret? */
static bool has_mask(const char *json)
{
	return strstr(json, STORE_DEFINITION_MASK) || strstr(json, "\"\"");
}

static void check_secrets(const struct defs_item *item)
{
	struct str hidden = STR_INIT, again = STR_INIT, plain = STR_INIT;
	struct json *doc;

	defs_secrets_hide(item->kind, item->doc, false, &hidden, NULL, NULL);
	doc = must_parse(&hidden);
	defs_secrets_keep(item->kind, doc, item->doc, &again);
	jsonr_free(doc);
	doc = must_parse(&again);
	if (!has_mask(item->json)) {
		/* both printed by the same: keys may be escaped in another way */
		str_reset(&again, 0);
		jsonr_print(doc, &again);
		jsonr_print(item->doc, &plain);
		assert(same_text(&again, &plain));
	}
	jsonr_free(doc);
	str_reset(&hidden, 0);
	defs_secrets_hide(item->kind, item->doc, true, &hidden, NULL, NULL);
	jsonr_free(must_parse(&hidden));
	str_deinit(&hidden);
	str_deinit(&again);
	str_deinit(&plain);
}

static void check_item(const struct defs_item *item)
{
	const struct problems *problems = &item->problems;
	size_t i;

	assert(!item->where[0] || item->where[0] == '/');
	assert(!item->broken || problems->count);
	assert(item->broken || item->id[0]);
	for (i = 0; i < problems->count && i < PROBLEM_MAX; i++) {
		assert(problems->kept[i].text[0]);
		assert(utf8_valid(problems->kept[i].text, strlen(problems->kept[i].text),
				  NULL));
	}
	assert(utf8_valid(item->json, strlen(item->json), NULL));
	if (!item->broken)
		check_secrets(item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct definition_rules rules = { .can_run = can_run };
	struct defs_file file;
	struct err err;
	size_t i;
	int rc;

	if (!size)
		return 0;
	memset(&file, 0, sizeof(file));
	rc = defs_file_read(
		(const char *)data + 1, size - 1,
		(enum store_definition_kind)(data[0] % STORE_DEFINITION_KINDS), &rules,
		&file, &err);
	assert(rc == 0 || rc == ERR_INPUT);
	if (rc < 0)
		assert(err.text[0]);
	for (i = 0; rc == 0 && i < file.count; i++)
		check_item(&file.items[i]);
	if (rc == 0)
		defs_file_deinit(&file);
	return 0;
}
