/* file_catalog.h - the definitions of a host without Postgres: its stock files */
#ifndef API_FILE_CATALOG_H
#define API_FILE_CATALOG_H

#include "base/digest.h"
#include "store/store_definitions.h"

#include <stdint.h>

struct definition;
struct file_catalog;
struct files_item;
struct files_list;

struct file_catalog *file_catalog_new(const char *data_dir);
void file_catalog_free(struct file_catalog *catalog);

/* The file of this kind as it is now. Borrowed until the loop turns. */
const struct files_list *file_catalog_list(struct file_catalog *catalog,
					   enum store_definition_kind kind);

/* An orchestration, parsed once for each change. */
struct file_entry {
	char sha256[DIGEST_HEX_SIZE];
	struct definition *definition; /* NULL: it cannot be executed */
	char detail[2048];             /* why */
	char id[];
};

/* NULL: there is none. item is its text. Both borrowed until the loop turns. */
const struct file_entry *file_catalog_get(struct file_catalog *catalog, const char *id,
					  const struct files_item **ret_item);

/* The files themselves, for a host: they look at changes by files_list_look(). */
struct files_list *file_catalog_orchestrations(struct file_catalog *catalog);
struct files_list *file_catalog_agents(struct file_catalog *catalog);
struct files_list *file_catalog_tools(struct file_catalog *catalog);

/* For toolbox_options.lookup: arg is the catalog. */
const char *file_catalog_tool(void *arg, const char *name);

/* This process has written one of the files: the next look reads it. */
void file_catalog_expire(struct file_catalog *catalog);

#endif
