/*
 * exec_check.c - may an orchestration be executed?
 *
 * Its definition is asked for as by a submission, and nothing is accepted. What a
 * submission would need and is away is said first.
 */
#include "api/exec_check.h"

#include "api/catalog.h"
#include "base/clock.h"
#include "base/mem.h"
#include "pg/pg_pool.h"
#include "redis/redis_link.h"

struct check {
	struct memo_wait wait;
	port_check_cb cb;
	void *arg;
};

static void check_known(struct check *check, enum memo_state state,
			const struct catalog_entry *entry)
{
	switch (state) {
	case MEMO_HIT:
		check->cb(check->arg, entry->valid ? ERRORS_NONE : ERRORS_DEFINITION,
			  entry->valid ? NULL : entry->detail);
		break;
	case MEMO_NONE:
		check->cb(check->arg, ERRORS_NO_ORCHESTRATION, NULL);
		break;
	case MEMO_FAILED:
	case MEMO_WAIT:
		check->cb(check->arg, ERRORS_POSTGRES, NULL);
		break;
	}
	mem_free(check);
}

static void on_check(void *arg, enum memo_state state, void *value)
{
	check_known(arg, state, value);
}

void exec_check_run(struct catalog *catalog, struct pg_pool *pool,
		    struct redis_link *link, const char *orchestration_id,
		    port_check_cb cb, void *arg)
{
	const struct catalog_entry *entry = NULL;
	struct check *check;
	enum memo_state state;

	if (!redis_link_is_up(link)) {
		cb(arg, ERRORS_REDIS, NULL);
		return;
	}
	if (pg_pool_links_up(pool) == 0) {
		cb(arg, ERRORS_POSTGRES, NULL);
		return;
	}
	check = mem_new(struct check);
	check->cb = cb;
	check->arg = arg;
	check->wait.ready = on_check;
	check->wait.arg = check;
	state = catalog_get(catalog, orchestration_id, clock_mono_ms(), &check->wait,
			    &entry);
	if (state != MEMO_WAIT)
		check_known(check, state, entry);
}
