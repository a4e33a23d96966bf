/* cli_def.h - storing definitions */
#ifndef CLI_CLI_DEF_H
#define CLI_CLI_DEF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct defs_file;
struct conf;

/* What became of one definition. */
struct cli_def_stored {
	int64_t version;
	bool fresh;    /* this call made the version */
	bool left;     /* it was not stored: broken, or the server refused it */
	char why[200]; /* the server's words, or "" */
};

/*
 * Store all that are not broken in one commit. stored[all->count] is filled. Errors are
 * store_call()'s.
 */
int cli_def_store(const struct conf *conf, const struct defs_file *all,
		  struct cli_def_stored *stored, struct err *err);

#endif
