/*
 * bench_store.c - what Postgres has of a benchmark's runs
 *
 * Each phase has an orchestration of its own, so "the runs of the phase" is one WHERE.
 * The statements read whole tables and are asked when a phase is over, never within it.
 */
#include "cli/bench_store.h"

#include "cli/bench_sql.h"
#include "cli/store_call.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"

#include <stdio.h>

#define DEADLINE_MS 60000

static void copy(char *to, size_t size, const struct pg_reply *reply, int row, int col)
{
	const char *text = pg_reply_text(reply, 0, row, col);

	(void)snprintf(to, size, "%s", text ? text : "");
}

static void on_settings(void *arg, const struct pg_reply *reply)
{
	struct bench_store_settings *ret = arg;

	copy(ret->version, sizeof(ret->version), reply, 0, 0);
	copy(ret->fsync, sizeof(ret->fsync), reply, 0, 1);
	copy(ret->synchronous_commit, sizeof(ret->synchronous_commit), reply, 0, 2);
	copy(ret->full_page_writes, sizeof(ret->full_page_writes), reply, 0, 3);
	copy(ret->wal_sync_method, sizeof(ret->wal_sync_method), reply, 0, 4);
}

int bench_store_settings(const struct conf *conf, struct bench_store_settings *ret,
			 struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_SETTINGS]);
	return store_call(conf, batch, DEADLINE_MS, on_settings, ret, err);
}

static void on_wal(void *arg, const struct pg_reply *reply)
{
	struct bench_store_wal *ret = arg;

	ret->files = pg_reply_int(reply, 0, 0, 0);
	ret->full_pages = pg_reply_int(reply, 0, 0, 1);
	ret->flushes = pg_reply_int(reply, 0, 0, 2);
}

int bench_store_wal(const struct conf *conf, struct bench_store_wal *ret, struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_WAL]);
	return store_call(conf, batch, DEADLINE_MS, on_wal, ret, err);
}

static void on_checkpoint(void *arg, const struct pg_reply *reply)
{
	(void)arg;
	(void)reply;
}

int bench_store_checkpoint(const struct conf *conf, struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_CHECKPOINT]);
	return store_call(conf, batch, DEADLINE_MS, on_checkpoint, NULL, err);
}

static void on_runs(void *arg, const struct pg_reply *reply)
{
	struct bench_store_runs *ret = arg;

	ret->runs = pg_reply_int(reply, 0, 0, 0);
	ret->completed = pg_reply_int(reply, 0, 0, 1);
	ret->live = pg_reply_int(reply, 0, 0, 2);
	ret->events = pg_reply_int(reply, 0, 0, 3);
	ret->first_pick_up_at_ms = pg_reply_double(reply, 0, 0, 4);
	ret->last_end_at_ms = pg_reply_double(reply, 0, 0, 5);
	ret->journal_runs = pg_reply_int(reply, 1, 0, 0);
	ret->journal_rows = pg_reply_int(reply, 1, 0, 1);
	ret->journal_events = pg_reply_int(reply, 1, 0, 2);
}

int bench_store_runs(const struct conf *conf, const char *orchestration_id,
		     struct bench_store_runs *ret, struct err *err)
{
	struct pg_batch *batch = pg_batch_new();

	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_RUNS]);
	pg_batch_text(batch, orchestration_id, -1);
	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_JOURNAL]);
	pg_batch_text(batch, orchestration_id, -1);
	return store_call(conf, batch, DEADLINE_MS, on_runs, ret, err);
}

struct sampling {
	struct bench_store_sample *samples;
	size_t *count;
};

static void on_sample(void *arg, const struct pg_reply *reply)
{
	struct sampling *sampling = arg;
	int rows = pg_reply_rows(reply, 0), i;

	for (i = 0; i < rows; i++) {
		struct bench_store_sample *sample = &sampling->samples[i];

		copy(sample->run_id, sizeof(sample->run_id), reply, i, 0);
		sample->events = pg_reply_int(reply, 0, i, 1);
	}
	*sampling->count = (size_t)rows;
}

int bench_store_sample(const struct conf *conf, const char *orchestration_id,
		       struct bench_store_sample *samples, size_t *count, struct err *err)
{
	struct sampling sampling = { samples, count };
	struct pg_batch *batch = pg_batch_new();

	(void)pg_batch_add(batch, &bench_sql_texts[BENCH_SQL_BENCH_SAMPLE]);
	pg_batch_text(batch, orchestration_id, -1);
	pg_batch_int4(batch, BENCH_STORE_SAMPLE);
	return store_call(conf, batch, DEADLINE_MS, on_sample, &sampling, err);
}
