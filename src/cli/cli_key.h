/* cli_key.h - making a key of the API */
#ifndef CLI_CLI_KEY_H
#define CLI_CLI_KEY_H

#include "base/err.h"
#include "base/ids.h"

struct conf;

#define CLI_KEY_HEX 64

struct cli_key {
	char id[IDS_MAX];          /* UUID */
	char key[CLI_KEY_HEX + 8]; /* secret: "sk-syn-" and hex; the caller wipes it */
};

/* Make and store a key; tenant NULL: for any. Errors are store_call()'s. */
int cli_key_make(const struct conf *conf, const char *name, const char *tenant,
		 struct cli_key *ret, struct err *err);

#endif
