/* cli_definitions.h - what a file of definitions holds, read and checked */
#ifndef CLI_CLI_DEFINITIONS_H
#define CLI_CLI_DEFINITIONS_H

#include "base/arena.h"
#include "base/err.h"
#include "run/problem.h"
#include "store/store_definitions.h"

#include <stdbool.h>
#include <stddef.h>

struct definition_rules;

#define CLI_DEFINITIONS_FILE_MAX (64 * 1024 * 1024)
#define CLI_DEFINITIONS_MAX      10000

enum cli_definitions_shape {
	CLI_DEFINITIONS_ONE,    /* a definition */
	CLI_DEFINITIONS_LIST,   /* an array of them: orchestrations.json */
	CLI_DEFINITIONS_BUNDLE, /* {"synapse_export": true, ...} */
};

struct cli_definition {
	enum store_definition_kind kind;
	const char *where; /* "/orchestrations/2" as a pointer, "" for a single one */
	const char *id;    /* "" when broken and without one */
	const char *name;
	const char *description;
	const char *json;         /* its text, compact */
	bool broken;              /* cannot be stored: problems say why */
	struct problems problems; /* not broken: why it cannot be run by this build */
};

/* Owns everything in it. For readers: all. */
struct cli_definitions {
	struct arena arena;
	enum cli_definitions_shape shape;
	struct cli_definition *items; /* in the file's order, orchestrations first */
	size_t count;
	size_t left_out; /* tools and MCP servers of a bundle: not stored yet */
};

/*
 * Read a file's text. Returns 0 and *ret, the caller's, whatever is wrong with single
 * definitions; ERR_INPUT when it is no JSON or of none of the three shapes.
 */
int cli_definitions_read(const char *text, size_t len,
			 const struct definition_rules *rules,
			 struct cli_definitions *ret, struct err *err);
void cli_definitions_deinit(struct cli_definitions *all);

#endif
