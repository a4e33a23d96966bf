/* tenant_book.h - where a tenant's runs queue, and how many may */
#ifndef API_TENANT_BOOK_H
#define API_TENANT_BOOK_H

#include "api/memo.h"
#include "base/ids.h"

#include <stdint.h>

struct conf;
struct pg_pool;
struct tenant_book;

struct tenant_entry {
	char queue[IDS_MAX]; /* home queue */
	int64_t queued_max;  /* 0: no limit */
	int64_t running_max; /* 0: no limit */
};

/* pool and conf are borrowed for the book's life. */
struct tenant_book *tenant_book_new(struct pg_pool *pool, const struct conf *conf);
/* Its pool has been freed before, so that no answer is under way. */
void tenant_book_free(struct tenant_book *book);

/* memo_get()'s answers; a tenant that nobody knew is pinned by being asked for. */
enum memo_state tenant_book_get(struct tenant_book *book, const char *tenant_id,
				int64_t now_mono_ms, struct memo_wait *wait,
				const struct tenant_entry **entry);

#endif
