/* defs_folder.h - definitions in the stock files of a data folder: read and written */
#ifndef DEFS_DEFS_FOLDER_H
#define DEFS_DEFS_FOLDER_H

#include "base/err.h"
#include "base/str.h"
#include "store/store_definitions.h"

#include <stddef.h>
#include <stdint.h>

struct json;

/* All borrowed. */
struct defs_folder {
	const char *data_dir;
	const char *tenant_id; /* whose all of it is */
	int patience_ms;       /* for another writer */
};

/* "orchestrations.json", and the member that is an item's key there. Static. */
const char *defs_folder_file(enum store_definition_kind kind);
const char *defs_folder_key(enum store_definition_kind kind);

/*
 * A file counts no versions: the number of what it has now is made of its text, secrets
 * left out. Whoever changes it, by whatever means, changes the number; what comes back
 * has the number that it had.
 */
int64_t defs_folder_version(enum store_definition_kind kind, const struct json *doc);

/*
 * Insert or replace, each item by itself; the files are written once, and readers see
 * each whole. BLOCKING. A mask (STORE_DEFINITION_MASK) or a blank keeps the secret that
 * is there. ret has n; texts are static. 0 (the items of a file that the disk did not
 * take are STORE_PUT_BAD), or an error, and nothing is written at all: ERR_CONFLICT
 * (another writer), ERR_INPUT (a file is no list), ERR_FULL (it would be too long),
 * ERR_SYS.
 */
int defs_folder_put(const struct defs_folder *folder,
		    const struct store_definition_new *puts, size_t n,
		    struct store_put *ret, struct err *err);
/* As store_definitions_delete(). */
int defs_folder_delete(const struct defs_folder *folder, enum store_definition_kind kind,
		       const char *id, const char *only_tenant, int64_t expect,
		       struct store_put *ret, struct err *err);

#endif
