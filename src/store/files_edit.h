/* files_edit.h - changing items of a stock file: a JSON list that others write as well */
#ifndef STORE_FILES_EDIT_H
#define STORE_FILES_EDIT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct files_edit;

/*
 * Take the folder for ourselves and read the file; one that is not there is an empty
 * list. BLOCKING: local files, and at most `patience_ms` for another writer of this
 * program, then ERR_CONFLICT. ERR_INPUT: it is no list; ERR_SYS. file and key ("id") are
 * borrowed for its life.
 */
int files_edit_open(const char *data_dir, const char *file, const char *key,
		    int patience_ms, struct files_edit **ret, struct err *err);
/* Another file of the same folder, which is ours until both are closed. The same. */
int files_edit_also(const struct files_edit *edit, const char *data_dir, const char *file,
		    const char *key, struct files_edit **ret, struct err *err);
/* What was not written is forgotten. NULL is fine. */
void files_edit_close(struct files_edit *edit);

/* The compact text of the first item with this key, borrowed; NULL: there is none. */
const char *files_edit_find(const struct files_edit *edit, const char *id);
/* When the file was last changed; 0: there is none yet. */
int64_t files_edit_changed_ms(const struct files_edit *edit);
size_t files_edit_count(const struct files_edit *edit);
const char *files_edit_at(const struct files_edit *edit, size_t index);

/* Replace that item, or add one at the end; text is compact JSON and copied. */
void files_edit_put(struct files_edit *edit, const char *id, const char *text);
/* All items with this key. */
void files_edit_delete(struct files_edit *edit, const char *id);

/* Readers see the old file or the whole new one. The folder stays ours. ERR_FULL: it
 * would be longer than any reader takes; ERR_SYS. */
int files_edit_write(struct files_edit *edit, struct err *err);

#endif
