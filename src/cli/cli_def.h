/* cli_def.h - storing definitions */
#ifndef CLI_CLI_DEF_H
#define CLI_CLI_DEF_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_definitions;
struct conf;

/* What became of one definition. */
struct cli_def_stored {
	int64_t version;
	bool fresh; /* this call made the version */
};

/*
 * Store all of them, or none: one commit. None may be broken. stored[all->count] is
 * filled. Errors are store_call()'s.
 */
int cli_def_store(const struct conf *conf, const struct cli_definitions *all,
		  struct cli_def_stored *stored, struct err *err);

#endif
