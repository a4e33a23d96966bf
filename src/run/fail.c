/*
 * fail.c - the kinds of failure that a step or a run can have
 *
 * The names are stored and shown; the numbers never leave the process.
 */
#include "run/fail.h"

#include <string.h>

static const char *const names[FAIL_NCLASSES] = {
	[FAIL_NONE] = "none",         [FAIL_JOB] = "job",
	[FAIL_PROVIDER] = "provider", [FAIL_TOOL] = "tool",
	[FAIL_LIMIT] = "limit",       [FAIL_CANCELLED] = "cancelled",
	[FAIL_INTERNAL] = "internal",
};

const char *fail_name(enum fail_class class)
{
	return names[class];
}

enum fail_class fail_parse(const char *name, size_t len)
{
	int i;

	for (i = FAIL_NONE + 1; i < FAIL_NCLASSES; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return (enum fail_class)i;
	return FAIL_NONE;
}
