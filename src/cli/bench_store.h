/* bench_store.h - what Postgres has of a benchmark's runs */
#ifndef CLI_BENCH_STORE_H
#define CLI_BENCH_STORE_H

#include "base/err.h"
#include "base/ids.h"

#include <stddef.h>
#include <stdint.h>

struct conf;

struct bench_store_settings {
	char version[32];
	char fsync[16];
	char synchronous_commit[16];
	char full_page_writes[16];
	char wal_sync_method[32];
};

/* Of Postgres' log: how many there are, or were since the server began. */
struct bench_store_wal {
	int64_t files;
	int64_t full_pages;
	int64_t flushes;
};

/* What became of the runs of one orchestration. */
struct bench_store_runs {
	int64_t runs;
	int64_t completed;
	int64_t live;
	int64_t events;             /* durable, as the rows of the runs say */
	double first_pick_up_at_ms; /* Postgres' clock; 0: none */
	double last_end_at_ms;
	int64_t journal_runs; /* that have rows in the journal */
	int64_t journal_rows;
	int64_t journal_events; /* in those rows */
};

#define BENCH_STORE_SAMPLE 50

struct bench_store_sample {
	char run_id[IDS_MAX];
	int64_t events;
};

/* BLOCKING; errors are store_call()'s. */
int bench_store_settings(const struct conf *conf, struct bench_store_settings *ret,
			 struct err *err);
int bench_store_wal(const struct conf *conf, struct bench_store_wal *ret,
		    struct err *err);
/* All that was written is in the tables, and old files of the log are there for new. */
int bench_store_checkpoint(const struct conf *conf, struct err *err);
int bench_store_runs(const struct conf *conf, const char *orchestration_id,
		     struct bench_store_runs *ret, struct err *err);
/* Some of them; *count is at most BENCH_STORE_SAMPLE. */
int bench_store_sample(const struct conf *conf, const char *orchestration_id,
		       struct bench_store_sample *samples, size_t *count,
		       struct err *err);

#endif
