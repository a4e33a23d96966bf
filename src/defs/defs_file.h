/* defs_file.h - what a file of definitions holds, read and checked */
#ifndef DEFS_DEFS_FILE_H
#define DEFS_DEFS_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "run/problem.h"
#include "store/store_definitions.h"

#include <stdbool.h>
#include <stddef.h>

struct definition_rules;
struct json;

#define DEFS_FILE_BYTES_MAX (64 * 1024 * 1024)
#define DEFS_FILE_ITEMS_MAX 10000

enum defs_file_shape {
	DEFS_FILE_ONE,    /* a definition */
	DEFS_FILE_LIST,   /* an array of them: orchestrations.json */
	DEFS_FILE_BUNDLE, /* {"synapse_export": true, ...} */
};

struct defs_item {
	enum store_definition_kind kind;
	const char *where; /* "/orchestrations/2" as a pointer, "" for a single one */
	const char *id;    /* "" when broken and without one */
	const char *name;
	const char *description;
	const char *json;         /* its text, compact */
	const struct json *doc;   /* the same, read */
	bool broken;              /* cannot be stored: problems say why */
	struct problems problems; /* not broken: why it cannot be run by this build */
};

/* Owns everything in it. For readers: all. */
struct defs_file {
	struct arena arena;
	struct json *doc;
	enum defs_file_shape shape;
	struct defs_item *items; /* in the file's order; of a bundle: orchestrations,
				    agents, tools, servers */
	size_t count;
};

/*
 * Read a file's text. Returns 0 and *ret, the caller's, whatever is wrong with single
 * definitions; ERR_INPUT when it is no JSON or of none of the three shapes. One or a list
 * is of that kind.
 */
int defs_file_read(const char *text, size_t len, enum store_definition_kind kind,
		   const struct definition_rules *rules, struct defs_file *ret,
		   struct err *err);
/* The same of a document that is read already; taken in every case. */
int defs_file_take(struct json *doc, enum store_definition_kind kind,
		   const struct definition_rules *rules, struct defs_file *ret,
		   struct err *err);
/* Fine on a zeroed struct. */
void defs_file_deinit(struct defs_file *all);

#endif
