/*
 * tenant_book.c - where a tenant's runs queue, and how many may
 *
 * The first submission of a tenant pins it to its home queue (the insert that comes first
 * wins, whichever API server does it). The pin never moves; the limits may, and are asked
 * for again every few seconds (memo.c).
 */
#include "api/tenant_book.h"

#include "api/home_queue.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"
#include "store/store_tenants.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX 16384
#define FETCHES_MAX 64
#define FRESH_MS    5000
#define STALE_MS    10000
#define NONE_MS     1000
#define DEADLINE_MS 3000

struct tenant_book {
	struct memo *memo; /* tenant id -> struct tenant_entry */
	struct pg_pool *pool;
	const struct conf *conf;
};

struct fetch {
	struct tenant_book *book;
	int statement;
	char tenant_id[IDS_MAX];
};

static struct tenant_entry *entry_new(const struct tenant_book *book,
				      const struct store_tenant *row, const char *home)
{
	struct tenant_entry *entry = mem_new(struct tenant_entry);

	(void)snprintf(entry->queue, sizeof(entry->queue), "%s",
		       row->queue ? row->queue : home);
	entry->queued_max = row->max_queued_runs > 0
				    ? row->max_queued_runs
				    : book->conf->limits.queued_per_tenant;
	entry->running_max = row->max_concurrent_runs > 0 ? row->max_concurrent_runs : 0;
	return entry;
}

static const char *home_of(const struct tenant_book *book, const char *tenant_id)
{
	return home_queue(tenant_id, book->conf->queue.names.items,
			  book->conf->queue.names.count);
}

static void on_fetched(void *arg, const struct pg_outcome *outcome,
		       const struct pg_reply *reply)
{
	struct fetch *fetch = arg;
	struct tenant_book *book = fetch->book;
	struct store_tenant row;

	if (outcome->fate != PG_COMMITTED ||
	    store_tenants_count(reply, fetch->statement) == 0) {
		log_warn("tenant.pin_failed", LOG_S("tenant", fetch->tenant_id),
			 LOG_S("error", outcome->err.text));
		memo_fail(book->memo, fetch->tenant_id);
	} else {
		store_tenants_read(reply, fetch->statement, 0, &row);
		memo_put(book->memo, fetch->tenant_id, clock_mono_ms(),
			 entry_new(book, &row, home_of(book, fetch->tenant_id)));
	}
	mem_free(fetch);
}

static int on_fetch(void *ctx, const char *key)
{
	struct tenant_book *book = ctx;
	struct pg_batch *batch = pg_batch_new();
	struct fetch *fetch = mem_new(struct fetch);
	int rc;

	fetch->book = book;
	(void)snprintf(fetch->tenant_id, sizeof(fetch->tenant_id), "%s", key);
	fetch->statement = store_tenants_pin(batch, key, home_of(book, key));
	rc = pg_pool_submit(book->pool, batch, DEADLINE_MS, on_fetched, fetch);
	if (rc < 0)
		mem_free(fetch);
	return rc;
}

static void entry_free(void *value)
{
	mem_free(value);
}

struct tenant_book *tenant_book_new(struct pg_pool *pool, const struct conf *conf)
{
	static const struct memo_ops ops = { on_fetch, entry_free };
	static const struct memo_options options = {
		.entries_max = ENTRIES_MAX,
		.fetches_max = FETCHES_MAX,
		.fresh_ms = FRESH_MS,
		.stale_ms = STALE_MS,
		.none_ms = NONE_MS,
	};
	struct tenant_book *book = mem_new(struct tenant_book);

	book->pool = pool;
	book->conf = conf;
	book->memo = memo_new(&options, &ops, book);
	return book;
}

void tenant_book_free(struct tenant_book *book)
{
	if (!book)
		return;
	memo_free(book->memo);
	mem_free(book);
}

enum memo_state tenant_book_get(struct tenant_book *book, const char *tenant_id,
				int64_t now_mono_ms, struct memo_wait *wait,
				const struct tenant_entry **entry)
{
	void *value = NULL;
	enum memo_state state =
		memo_get(book->memo, tenant_id, now_mono_ms, wait, &value);

	if (state == MEMO_HIT)
		*entry = value;
	return state;
}
