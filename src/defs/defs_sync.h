/* defs_sync.h - the JSON files of a data folder on their way into the store */
#ifndef DEFS_DEFS_SYNC_H
#define DEFS_DEFS_SYNC_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition_rules;
struct defs_sync;
struct jsonw;
struct pg_batch;
struct pg_reply;
struct str;

/* The largest file that is read. */
#define DEFS_SYNC_FILE_MAX (16 * 1024 * 1024)

/*
 * Read the folder: BLOCKING, local files. A file that is missing, too large or no list is
 * an error of its group and not of the sync. ERR_SYS when the folder itself has no
 * identity and can get none.
 */
int defs_sync_read(const char *data_dir, const struct definition_rules *rules,
		   struct defs_sync **ret, struct err *err);
void defs_sync_free(struct defs_sync *sync);

/* The name of the folder in the store, borrowed. */
const char *defs_sync_source(const struct defs_sync *sync);

/* All of it as one commit; new rows are that tenant's. */
void defs_sync_build(struct defs_sync *sync, const char *tenant_id, bool force,
		     struct pg_batch *batch);
/* The answer of the commit, an object (CONTRACT 8); how many errors it tells of. */
size_t defs_sync_report(const struct defs_sync *sync, const struct pg_reply *reply,
			struct str *out);

/* The folder's files now, against those of the last sync (JSON text, or NULL): a list of
 * {"file", "found", "bytes", "changed"}. */
void defs_sync_files(const struct defs_sync *sync, const char *noted, struct jsonw *w);

/* Something that changes when one of the files does: BLOCKING, but only stat(). */
uint64_t defs_sync_mark(const char *data_dir);

#endif
