/* defs_past.h - what definitions of a data folder were before */
#ifndef DEFS_DEFS_PAST_H
#define DEFS_DEFS_PAST_H

#include "base/err.h"
#include "store/store_definitions.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one definition, with what it is now. Older ones are deleted. */
#define DEFS_PAST_MAX 50

struct defs_past {
	int64_t version; /* as defs_folder_version() says */
	int64_t at_ms;   /* since when it was so */
	int64_t bytes;
};

/*
 * A definition is so since at_ms: shown is its text with its secrets masked. One that was
 * so before is so anew. Whole or not at all when this process dies, and not waited for,
 * since an import has hundreds of them: one that a power cut emptied is none. BLOCKING:
 * local files. An id that is too long for a name of a file has no past. ERR_SYS.
 */
int defs_past_keep(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, int64_t at_ms, const char *shown, struct err *err);
/* The last that was kept, without its bytes; false: none. BLOCKING. */
bool defs_past_newest(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct defs_past *ret);
/* The newest first, at most DEFS_PAST_MAX; returns how many. BLOCKING. */
size_t defs_past_list(const char *data_dir, enum store_definition_kind kind,
		      const char *id, struct defs_past ret[DEFS_PAST_MAX]);
/* The text of one, the caller's (mem_free). BLOCKING. ERR_NOT_FOUND, ERR_SYS. */
int defs_past_read(const char *data_dir, enum store_definition_kind kind, const char *id,
		   int64_t version, char **ret, struct err *err);

#endif
