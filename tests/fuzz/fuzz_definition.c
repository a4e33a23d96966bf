/*
 * fuzz_definition.c - any bytes as a definition (libFuzzer)
 *
 * What must hold beside that nothing crashes: what is refused has a problem, what is good
 * has none; a problem is a sentence in UTF-8 with a place that is a JSON pointer; memory
 * is bounded by the text.
 */
#include "base/err.h"
#include "base/utf8.h"
#include "run/definition.h"
#include "run/problem.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool can_run(enum step_type type)
{
	return type != STEP_AGENT && type != STEP_UNKNOWN;
}

static void check_list(const struct problem *list, size_t count)
{
	size_t i;

	for (i = 0; i < count && i < PROBLEM_MAX; i++) {
		assert(!list[i].where[0] || list[i].where[0] == '/');
		assert(list[i].text[0]);
		assert(utf8_valid(list[i].text, strlen(list[i].text), NULL));
		assert(utf8_valid(list[i].where, strlen(list[i].where), NULL));
	}
}

static void check(const struct problems *problems, int rc)
{
	assert(rc == 0 || rc == ERR_INPUT);
	assert((rc == 0) == (problems->count == 0));
	check_list(problems->kept, problems->count);
	check_list(problems->warned, problems->warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct definition_rules rules = { .can_run = can_run };
	struct definition *definition = NULL;
	struct problems problems;
	int rc;

	problem_init(&problems);
	rc = definition_parse((const char *)data, size, &definition, &problems);
	check(&problems, rc);
	if (rc == 0) {
		rc = definition_validate(definition, &rules, &problems);
		check(&problems, rc);
		assert(definition->arena.used_bytes < 65536 + 200 * size);
	}
	definition_unref(definition);
	problem_deinit(&problems);
	return 0;
}
