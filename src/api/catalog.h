/* catalog.h - which orchestrations there are, and whether they can be executed */
#ifndef API_CATALOG_H
#define API_CATALOG_H

#include "api/memo.h"
#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

struct catalog;
struct pg_pool;

struct catalog_entry {
	int64_t version; /* the current one, that runs pin */
	bool valid;
	char sha256[DIGEST_HEX_SIZE];
	char detail[2048]; /* !valid: what is wrong with it */
};

/* pool is borrowed for the catalog's life. */
struct catalog *catalog_new(struct pg_pool *pool);
/* Its pool has been freed before, so that no answer is under way. */
void catalog_free(struct catalog *catalog);

/*
 * The entry of an orchestration: memo_get()'s answers. A change in Postgres is seen
 * within 4 s, a new definition within 2 s.
 */
enum memo_state catalog_get(struct catalog *catalog, const char *id, int64_t now_mono_ms,
			    struct memo_wait *wait, const struct catalog_entry **entry);

/* It has just been written here: the next submission waits for what is there now. */
void catalog_changed(struct catalog *catalog, const char *id);

/*
 * Check a definition's text against what this build executes; detail gets the problems
 * with their pointers, as many as it has room for, and how many more there are.
 */
bool catalog_check(const char *text, size_t len, char *detail, size_t room);

#endif
