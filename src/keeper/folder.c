/*
 * folder.c - definitions in the data folder: changes are noticed, and synced if wanted
 *
 * Whoever writes the files, a stock server or a hand: they are looked at every two
 * seconds, by stat() alone. A change counts when the files are the same at the next look,
 * since an editor may write in pieces. With definitions.auto_sync they then go into the
 * store, and once at the start; without, the change is told.
 */
#include "keeper/folder.h"

#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "conf/conf.h"
#include "defs/defs_sync.h"
#include "engine/step_types.h"
#include "ipc/kind.h"
#include "pg/pg_batch.h"
#include "pg/pg_pool.h"

#include <stdbool.h>
#include <stdint.h>

#define EACH_S      2.0
#define DEADLINE_MS 20000

struct folder {
	struct ev_loop *loop;
	const struct child_env *env;
	struct pg_pool *pool;
	ev_timer timer;
	uint64_t last;          /* look */
	uint64_t known;         /* told of, or in the store */
	struct defs_sync *sync; /* under way */
	uint64_t syncing;       /* of this state */
};

static void on_synced(void *arg, const struct pg_outcome *outcome,
		      const struct pg_reply *reply)
{
	struct folder *folder = arg;
	struct str report = STR_INIT;
	size_t errors;

	if (outcome->fate == PG_COMMITTED) {
		errors = defs_sync_report(folder->sync, reply, &report);
		log_info("sync.done", LOG_S("by", "keeper"), LOG_N("errors", errors));
		folder->known = folder->syncing;
	} else {
		log_warn("sync.failed", LOG_S("by", "keeper"),
			 LOG_S("error", outcome->err.text));
	}
	str_deinit(&report);
	defs_sync_free(folder->sync);
	folder->sync = NULL;
}

static void sync_now(struct folder *folder)
{
	const struct conf *conf = folder->env->conf;
	struct pg_batch *batch;
	struct err err;

	if (pg_pool_links_up(folder->pool) == 0)
		return; /* the next look */
	if (defs_sync_read(conf->data_dir, step_types_rules(), &folder->sync, &err) < 0) {
		log_error("sync.folder_unreadable", LOG_S("error", err.text));
		folder->known = folder->last; /* not every two seconds */
		return;
	}
	folder->syncing = folder->last;
	batch = pg_batch_new();
	defs_sync_build(folder->sync, conf->limits.default_tenant, false, batch);
	if (pg_pool_submit(folder->pool, batch, DEADLINE_MS, on_synced, folder) < 0) {
		defs_sync_free(folder->sync);
		folder->sync = NULL;
	}
}

static void on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct folder *folder = w->data;
	uint64_t now = defs_sync_mark(folder->env->conf->data_dir);
	bool still = now == folder->last;

	(void)loop;
	(void)revents;
	folder->last = now;
	if (!still || now == folder->known || folder->sync)
		return;
	if (folder->env->conf->definitions.auto_sync) {
		sync_now(folder);
		return;
	}
	log_info("sync.folder_changed", LOG_S("advice", "synapsed def sync"));
	folder->known = now;
}

struct folder *folder_new(struct ev_loop *loop, const struct child_env *env,
			  struct pg_pool *pool)
{
	struct folder *folder = mem_new(struct folder);

	folder->loop = loop;
	folder->env = env;
	folder->pool = pool;
	folder->last = defs_sync_mark(env->conf->data_dir);
	if (!env->conf->definitions.auto_sync)
		folder->known = folder->last;
	ev_timer_init(&folder->timer, on_time, EACH_S, EACH_S);
	folder->timer.data = folder;
	ev_timer_start(loop, &folder->timer);
	return folder;
}

void folder_free(struct folder *folder)
{
	if (!folder)
		return;
	ev_timer_stop(folder->loop, &folder->timer);
	defs_sync_free(folder->sync);
	mem_free(folder);
}
