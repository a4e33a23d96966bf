/* cli_key.h - making a key of the API */
#ifndef CLI_CLI_KEY_H
#define CLI_CLI_KEY_H

#include "base/err.h"

struct conf;
struct new_key;

/* Make and store a key; tenant NULL: for any. *ret is secret. Errors are
 * store_call()'s. */
int cli_key_make(const struct conf *conf, const char *name, const char *tenant,
		 struct new_key *ret, struct err *err);

#endif
