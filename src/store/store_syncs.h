/* store_syncs.h - definitions of a data folder on their way into the store */
#ifndef STORE_STORE_SYNCS_H
#define STORE_STORE_SYNCS_H

#include "store/store_definitions.h"

struct pg_batch;
struct pg_reply;

/* Builders and readers behave as store_runs.h says. A sync is one commit that begins with
 * store_definitions_lock(). source names the folder. */

struct store_sync_new {
	const char *source;
	struct store_definition_new put; /* its last two fields are not looked at */
	const char *sha256;              /* of the text as the folder has it */
	bool force;                      /* the store's own changes are overwritten */
};

/* One definition of the folder: STORED, SAME, BAD, DELETED, NEWER (store_put_outcome). */
int store_syncs_put(struct pg_batch *batch, const struct store_sync_new *sync);
void store_syncs_put_read(const struct pg_reply *reply, int statement,
			  struct store_put *ret);

/* What the folder had of this kind at its last sync and has no more is deleted. */
int store_syncs_gone(struct pg_batch *batch, const char *source,
		     enum store_definition_kind kind, const char *const *ids,
		     size_t count);
int store_syncs_gone_count(const struct pg_reply *reply, int statement);
const char *store_syncs_gone_read(const struct pg_reply *reply, int statement, int row);

/* Remember that it was now, and what the files were (JSON text). */
int store_syncs_note(struct pg_batch *batch, const char *source, const char *files);
const char *store_syncs_note_read(const struct pg_reply *reply, int statement);

struct store_sync_status {
	const char *synced_at; /* NULL: never */
	const char *files;     /* NULL: never */
	int64_t counts[STORE_DEFINITION_KINDS];
	int64_t settings;
	int64_t tombstones;
};

int store_syncs_status(struct pg_batch *batch, const char *source);
void store_syncs_status_read(const struct pg_reply *reply, int statement,
			     struct store_sync_status *ret);

#endif
