/* bench_report.h - the figures, as JSON and as tables */
#ifndef CLI_BENCH_REPORT_H
#define CLI_BENCH_REPORT_H

#include "cli/bench_baseline.h"
#include "cli/bench_chores.h"
#include "cli/bench_cpu.h"

#include <stdbool.h>
#include <stdint.h>

struct bench_queue_result;
struct str;

/* Runs that were submitted, and what became of them; every count is exact. */
struct bench_report_runs {
	int64_t runs; /* accepted, and completed as well: else there is no figure */
	int64_t events;
	int64_t journal_rows;
	double runs_per_s;
};

struct bench_report_enqueue {
	int rate_per_s;
	int64_t runs;
	double p50_ms; /* request sent -> 202 read */
	double p99_ms;
	double due_p99_ms; /* request due -> 202 read: what a late request adds */
	int64_t warm_ms;   /* the same load before, which is not in these */
	/* The control: bench_disk_sync() at the same rate, before and after. */
	int64_t disk_count;
	double disk_p50_ms;
	double disk_p99_ms;
	struct bench_chores chores; /* meanwhile */
};

#define BENCH_REPORT_RATES 2
#define BENCH_REPORT_PSS   6

struct bench_report {
	int64_t workers;
	struct bench_report_runs prequeued;
	double prequeued_accept_per_s;
	struct bench_report_runs bulk;
	struct bench_report_runs http;
	double http_accept_per_s;
	int http_connections;
	int64_t start_count;
	double start_p50_ms; /* upper bounds: from the sending of the script */
	double start_p99_ms;
	struct bench_report_enqueue enqueue[BENCH_REPORT_RATES];
	int64_t pss_kib[BENCH_REPORT_PSS]; /* pss_names of bench_report.c */
	/* µs of all runs of the phase: accepting, executing, both at once, twice */
	struct bench_cpu cpu_accept;
	struct bench_cpu cpu_execute;
	struct bench_cpu cpu_bulk;
	struct bench_cpu cpu_http;
	struct bench_baseline baseline;
};

/* One JSON object and a newline. */
void bench_report_submit_json(const struct bench_report *report, struct str *out);
void bench_report_submit_table(const struct bench_report *report, struct str *out);
void bench_report_runs_json(const struct bench_report *report, struct str *out);
void bench_report_runs_table(const struct bench_report *report, struct str *out);
void bench_report_queue_json(const struct bench_queue_result *result, struct str *out);
void bench_report_queue_table(const struct bench_queue_result *result, struct str *out);

#endif
