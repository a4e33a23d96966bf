/*
 * bench_chores.c - what the servers do now and then: before a phase, not in it
 *
 * A checkpoint every five minutes, a new append-only file whenever the old one has
 * doubled: on one disk each holds up commits for tens of milliseconds. A phase of ten
 * seconds has none of them or, by chance, one, which then is its 99th percentile.
 */
#include "cli/bench_chores.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/bench_house.h"
#include "cli/bench_info.h"
#include "cli/bench_link.h"

#define REWRITE_MS 60000
#define LOOK_MS    50

static int await_rewrite(struct bench_house *house, struct bench_link *link,
			 struct err *err)
{
	int64_t end_mono_ms = clock_mono_ms() + REWRITE_MS;
	struct str info = STR_INIT;
	bool busy = true;
	int rc = 0;

	while (rc == 0 && busy) {
		rc = bench_house_sleep(house, LOOK_MS, err);
		str_reset(&info, 65536);
		if (rc == 0)
			rc = bench_link_info(link, "persistence", &info, err);
		busy = bench_info_number(str_text(&info), "aof_rewrite_in_progress") >
			       0 ||
		       bench_info_number(str_text(&info), "aof_rewrite_scheduled") > 0;
		if (rc == 0 && busy && clock_mono_ms() > end_mono_ms)
			rc = err_set(err, ERR_TIMEOUT,
				     "Redis has not written its file anew within %d s",
				     REWRITE_MS / 1000);
	}
	str_deinit(&info);
	return rc;
}

int bench_chores_do(struct bench_house *house, struct bench_link *link, struct err *err)
{
	int rc = bench_link_rewrite(link, err);

	if (rc == 0)
		rc = await_rewrite(house, link, err);
	if (rc == 0)
		rc = bench_store_checkpoint(house->conf, err);
	return rc < 0 ? rc : bench_house_settle(house, err);
}

int bench_chores_read(struct bench_house *house, struct bench_link *link,
		      struct bench_chores *ret, struct err *err)
{
	struct str info = STR_INIT;
	int rc = bench_store_wal(house->conf, &ret->wal, err);

	if (rc == 0)
		rc = bench_link_info(link, "persistence", &info, err);
	if (rc == 0)
		ret->aof_rewrites = bench_info_number(str_text(&info), "aof_rewrites");
	str_deinit(&info);
	return rc;
}

int bench_chores_since(struct bench_house *house, struct bench_link *link,
		       struct bench_chores *since, struct err *err)
{
	struct bench_chores now;
	int rc = bench_chores_read(house, link, &now, err);

	if (rc < 0)
		return rc;
	since->wal.files = now.wal.files - since->wal.files;
	since->wal.full_pages = now.wal.full_pages - since->wal.full_pages;
	since->wal.flushes = now.wal.flushes - since->wal.flushes;
	since->aof_rewrites = now.aof_rewrites - since->aof_rewrites;
	return 0;
}
