/* files_list.h - a stock file of definitions: a JSON list, read again when it changes */
#ifndef STORE_FILES_LIST_H
#define STORE_FILES_LIST_H

#include "base/digest.h"

#include <stddef.h>
#include <stdint.h>

#define FILES_LIST_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct files_list;

/* One element. Borrowed until files_list_look() is called next. */
struct files_item {
	const char *id; /* what stands at the list's key */
	const char *name;
	const char *description; /* NULL: none */
	const char *text;        /* JSON of the whole, compact */
	size_t len;
	char sha256[DIGEST_HEX_SIZE]; /* of text */
};

/* `key` names the member that elements are found by; both are static. Nothing is read
 * yet. */
struct files_list *files_list_new(const char *data_dir, const char *file,
				  const char *key);
void files_list_free(struct files_list *list);

/*
 * What the file says now. A file that is not there is an empty list; one that cannot be
 * read leaves what was read before, and is logged once. Elements without the key, and
 * later ones with a key that was there, are logged and left out. Looks at most once in
 * FILES_LIST_LOOK_MS.
 */
#define FILES_LIST_LOOK_MS 500
void files_list_look(struct files_list *list, int64_t now_mono_ms);

const struct files_item *files_list_find(const struct files_list *list, const char *id);
/* The next look reads it, however soon that is: this process has written the file. */
void files_list_expire(struct files_list *list);
/* Ordered by id. */
size_t files_list_count(const struct files_list *list);
const struct files_item *files_list_at(const struct files_list *list, size_t index);

#endif
