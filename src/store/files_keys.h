/* files_keys.h - the stock file of API keys, for who makes and ends them */
#ifndef STORE_FILES_KEYS_H
#define STORE_FILES_KEYS_H

#include "base/err.h"

struct store_key;

/* All are BLOCKING, as files_edit.h says of patience_ms. */

/* Add a key. key_hash: SHA-256 of its text as 64 hex digits; tenant_id NULL: any. */
int files_keys_add(const char *data_dir, int patience_ms, const char *id,
		   const char *name, const char *key_hash, const char *key_prefix,
		   const char *tenant_id, struct err *err);
/* End one: 1, or 0 when no active key has this id. */
int files_keys_revoke(const char *data_dir, int patience_ms, const char *id,
		      struct err *err);
/* Each key in the file's order; texts are borrowed for the call. */
int files_keys_each(const char *data_dir, int patience_ms,
		    void (*cb)(void *arg, const struct store_key *key), void *arg,
		    struct err *err);

#endif
