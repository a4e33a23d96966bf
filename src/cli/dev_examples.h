/* dev_examples.h - the definitions that come with the program */
#ifndef CLI_DEV_EXAMPLES_H
#define CLI_DEV_EXAMPLES_H

#include "base/err.h"
#include "defs/defs_file.h"

#include <stddef.h>

struct conf;

struct dev_examples {
	char *path;   /* the folder */
	char **names; /* count file names, sorted */
	struct defs_file *files;
	size_t count;
};

/*
 * Read every *.json of the folder: the given one, else the one beside the build folder
 * that this program runs from, else the installed one. ERR_NOT_FOUND: there is none;
 * ERR_INPUT: a file in it cannot be read as definitions.
 */
int dev_examples_load(const char *path, struct dev_examples *ret, struct err *err);
void dev_examples_deinit(struct dev_examples *examples);

/* Store all of them; returns how many definitions there are. Errors are store_call()'s,
 * ERR_INPUT for a broken one. */
int dev_examples_store(const struct dev_examples *examples, const struct conf *conf,
		       struct err *err);

#endif
