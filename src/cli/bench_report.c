/*
 * bench_report.c - the figures, as JSON and as tables
 *
 * The table of costs has the parts of DESIGN 4b with their budgets. What can be told
 * apart from outside is put beside them: accepting and executing are two phases of
 * `prequeued`, Redis says what its scripts and its stream commands took, everything else
 * is whole processes. What Redis spends on reading and writing sockets belongs to all of
 * its parts and stands in a row of its own.
 */
#include "cli/bench_report.h"

#include "base/jsonw.h"
#include "base/str.h"
#include "cli/bench_queue.h"
#include "cli/cli_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NO_EFFECT "no step that reaches outside exists yet"

static const char *const pss_names[BENCH_REPORT_PSS] = {
	"worker", "api", "keeper", "master", "worker_after_load", "api_after_load",
};

static double per_run(int64_t us, int64_t runs)
{
	return runs > 0 ? (double)us / (double)runs : 0;
}

/* ---- JSON ---- */

/* A figure with as many digits as it deserves. */
static void pair(struct jsonw *w, const char *key, double value, int digits)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%.*f", digits,
			   isfinite(value) ? value : 0.);

	jsonw_pair_raw(w, key, text, (size_t)len);
}

static void open_pair(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_object(w);
}

static void add_baseline(struct jsonw *w, const struct bench_baseline *baseline)
{
	const struct bench_store_settings *postgres = &baseline->postgres;

	open_pair(w, "baseline");
	jsonw_pair_int(w, "cores", baseline->cores);
	jsonw_pair_text(w, "filesystem", baseline->filesystem);
	pair(w, "fdatasync_per_s", baseline->fdatasync_per_s, 0);
	open_pair(w, "fdatasync_ms");
	pair(w, "p50", baseline->fdatasync_p50_ms, 3);
	pair(w, "p99", baseline->fdatasync_p99_ms, 3);
	jsonw_object_end(w);
	pair(w, "evalsha_per_s", baseline->evalsha_per_s, 0);
	open_pair(w, "redis");
	jsonw_pair_text(w, "version", baseline->redis_version);
	jsonw_pair_text(w, "appendonly", baseline->appendonly);
	jsonw_pair_text(w, "appendfsync", baseline->appendfsync);
	jsonw_object_end(w);
	if (baseline->has_postgres) {
		open_pair(w, "postgres");
		jsonw_pair_text(w, "version", postgres->version);
		jsonw_pair_text(w, "fsync", postgres->fsync);
		jsonw_pair_text(w, "synchronous_commit", postgres->synchronous_commit);
		jsonw_pair_text(w, "full_page_writes", postgres->full_page_writes);
		jsonw_pair_text(w, "wal_sync_method", postgres->wal_sync_method);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

static void add_runs(struct jsonw *w, const struct bench_report_runs *runs)
{
	pair(w, "runs_per_s", runs->runs_per_s, 0);
	jsonw_pair_int(w, "runs", runs->runs);
	jsonw_pair_int(w, "events", runs->events);
	jsonw_pair_int(w, "journal_rows", runs->journal_rows);
}

static void add_enqueue(struct jsonw *w, const struct bench_report *report)
{
	char key[32];
	int i;

	open_pair(w, "enqueue_ms");
	pair(w, "p50", report->enqueue[0].p50_ms, 3);
	pair(w, "p99", report->enqueue[0].p99_ms, 3);
	for (i = 0; i < BENCH_REPORT_RATES; i++) {
		const struct bench_report_enqueue *enqueue = &report->enqueue[i];

		(void)snprintf(key, sizeof(key), "at_%d_per_s", enqueue->rate_per_s);
		open_pair(w, key);
		pair(w, "p50", enqueue->p50_ms, 3);
		pair(w, "p99", enqueue->p99_ms, 3);
		pair(w, "p99_from_due", enqueue->due_p99_ms, 3);
		jsonw_pair_int(w, "runs", enqueue->runs);
		jsonw_pair_int(w, "warm_ms", enqueue->warm_ms);
		open_pair(w, "fdatasync_alone");
		pair(w, "p50", enqueue->disk_p50_ms, 3);
		pair(w, "p99", enqueue->disk_p99_ms, 3);
		jsonw_pair_int(w, "count", enqueue->disk_count);
		jsonw_object_end(w);
		open_pair(w, "wal");
		jsonw_pair_int(w, "flushes", enqueue->chores.wal.flushes);
		jsonw_pair_int(w, "full_pages", enqueue->chores.wal.full_pages);
		jsonw_pair_int(w, "new_files", enqueue->chores.wal.files);
		jsonw_object_end(w);
		jsonw_pair_int(w, "aof_rewrites", enqueue->chores.aof_rewrites);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

static void add_cpu(struct jsonw *w, const char *key, const struct bench_cpu *cpu,
		    int64_t runs)
{
	int i;

	open_pair(w, key);
	for (i = 0; i < BENCH_CPU_GROUPS; i++)
		pair(w, bench_cpu_name((enum bench_cpu_group)i),
		     per_run(cpu->us[i], runs), 1);
	pair(w, "redis_in_scripts", per_run(cpu->redis_script_us, runs), 1);
	pair(w, "redis_in_events", per_run(cpu->redis_event_us, runs), 1);
	jsonw_object_end(w);
}

/* How well calls are batched: script calls for each run. */
static void add_scripts(struct jsonw *w, const struct bench_report *report)
{
	open_pair(w, "scripts_per_run");
	pair(w, "prequeued_accept",
	     per_run(report->cpu_accept.redis_scripts, report->prequeued.runs), 4);
	pair(w, "prequeued_execute",
	     per_run(report->cpu_execute.redis_scripts, report->prequeued.runs), 4);
	pair(w, "bulk", per_run(report->cpu_bulk.redis_scripts, report->bulk.runs), 4);
	pair(w, "http", per_run(report->cpu_http.redis_scripts, report->http.runs), 4);
	jsonw_object_end(w);
}

void bench_report_runs_json(const struct bench_report *report, struct str *out)
{
	struct jsonw w;
	int i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "workers", report->workers);
	open_pair(&w, "prequeued");
	add_runs(&w, &report->prequeued);
	pair(&w, "accepted_per_s", report->prequeued_accept_per_s, 0);
	jsonw_object_end(&w);
	open_pair(&w, "bulk");
	add_runs(&w, &report->bulk);
	jsonw_object_end(&w);
	open_pair(&w, "http");
	add_runs(&w, &report->http);
	pair(&w, "accepted_per_s", report->http_accept_per_s, 0);
	jsonw_pair_int(&w, "connections", report->http_connections);
	jsonw_object_end(&w);
	open_pair(&w, "start_latency_ms");
	pair(&w, "p50", report->start_p50_ms, 3);
	pair(&w, "p99", report->start_p99_ms, 3);
	jsonw_pair_int(&w, "runs", report->start_count);
	jsonw_pair_bool(&w, "upper_bound", true);
	jsonw_object_end(&w);
	jsonw_key(&w, "first_effect_ms");
	jsonw_null(&w);
	add_enqueue(&w, report);
	open_pair(&w, "pss_kib");
	for (i = 0; i < BENCH_REPORT_PSS; i++)
		jsonw_pair_int(&w, pss_names[i], report->pss_kib[i]);
	jsonw_object_end(&w);
	open_pair(&w, "cpu_us_per_run");
	add_cpu(&w, "prequeued_accept", &report->cpu_accept, report->prequeued.runs);
	add_cpu(&w, "prequeued_execute", &report->cpu_execute, report->prequeued.runs);
	add_cpu(&w, "bulk", &report->cpu_bulk, report->bulk.runs);
	add_cpu(&w, "http", &report->cpu_http, report->http.runs);
	jsonw_object_end(&w);
	add_scripts(&w, report);
	add_baseline(&w, &report->baseline);
	jsonw_object_end(&w);
	str_add_char(out, '\n');
}

void bench_report_submit_json(const struct bench_report *report, struct str *out)
{
	struct jsonw w;

	jsonw_init(&w, out);
	jsonw_object(&w);
	jsonw_pair_int(&w, "workers", report->workers);
	add_enqueue(&w, report);
	add_baseline(&w, &report->baseline);
	jsonw_object_end(&w);
	str_add_char(out, '\n');
}

void bench_report_queue_json(const struct bench_queue_result *result, struct str *out)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, out);
	jsonw_object(&w);
	pair(&w, "jobs_per_s", result->rounds[0].jobs_per_s, 0);
	jsonw_key(&w, "rounds");
	jsonw_array(&w);
	for (i = 0; i < result->count; i++) {
		const struct bench_queue_round *round = &result->rounds[i];

		jsonw_object(&w);
		jsonw_pair_int(&w, "batch", round->batch);
		jsonw_pair_int(&w, "jobs", round->jobs);
		pair(&w, "jobs_per_s", round->jobs_per_s, 0);
		pair(&w, "redis_cpu_us_per_job", round->redis_cpu_us, 2);
		pair(&w, "own_cpu_us_per_job", round->own_cpu_us, 2);
		open_pair(&w, "call_ms");
		pair(&w, "p50", round->call_p50_us / 1e3, 3);
		pair(&w, "p99", round->call_p99_us / 1e3, 3);
		jsonw_object_end(&w);
		open_pair(&w, "enqueue");
		pair(&w, "jobs_per_s", round->enqueue_jobs_per_s, 0);
		pair(&w, "redis_cpu_us_per_job", round->enqueue_redis_cpu_us, 2);
		jsonw_object_end(&w);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	add_baseline(&w, &result->baseline);
	jsonw_object_end(&w);
	str_add_char(out, '\n');
}

/* ---- tables ---- */

static void cell(struct cli_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void cell(struct cli_table *table, const char *format, ...)
{
	char text[160];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	cli_table_text(table, text);
}

static void print_table(struct cli_table *table, struct str *out)
{
	cli_table_print(table, out);
	cli_table_deinit(table);
	str_add_char(out, '\n');
}

static void print_baseline(const struct bench_baseline *baseline, struct str *out)
{
	const struct bench_store_settings *postgres = &baseline->postgres;

	str_printf(
		out,
		"%d cores, data on %s: %.0f fdatasync/s of 8 KiB (p50 %.3f ms, p99 %.3f "
		"ms), %.0f EVALSHA/s one by one\n"
		"Redis %s: appendonly %s, appendfsync %s\n",
		baseline->cores, baseline->filesystem, baseline->fdatasync_per_s,
		baseline->fdatasync_p50_ms, baseline->fdatasync_p99_ms,
		baseline->evalsha_per_s, baseline->redis_version, baseline->appendonly,
		baseline->appendfsync);
	if (baseline->has_postgres)
		str_printf(out,
			   "Postgres %s: fsync %s, synchronous_commit %s, "
			   "full_page_writes %s, wal_sync_method %s\n",
			   postgres->version, postgres->fsync,
			   postgres->synchronous_commit, postgres->full_page_writes,
			   postgres->wal_sync_method);
}

static void print_speed(const struct bench_report *report, struct str *out)
{
	static const char *const heads[] = { "RUNS", "RUNS/S", "COUNT", "WHAT", NULL };
	struct cli_table table;

	cli_table_init(&table, heads);
	cli_table_text(&table, "prequeued");
	cell(&table, "%.0f", report->prequeued.runs_per_s);
	cli_table_int(&table, report->prequeued.runs);
	cell(&table, "first pick-up to last end; accepted before at %.0f/s",
	     report->prequeued_accept_per_s);
	cli_table_text(&table, "bulk");
	cell(&table, "%.0f", report->bulk.runs_per_s);
	cli_table_int(&table, report->bulk.runs);
	cli_table_text(&table, "first request to last end, 256 a request");
	cli_table_text(&table, "http");
	cell(&table, "%.0f", report->http.runs_per_s);
	cli_table_int(&table, report->http.runs);
	cell(&table, "the same, one a request, %d connections; accepted at %.0f/s",
	     report->http_connections, report->http_accept_per_s);
	print_table(&table, out);
}

static const char *const latency_heads[] = { "LATENCY MS", "P50",  "P99",
					     "COUNT",      "WHAT", NULL };

static void add_rate(struct cli_table *table, const char *what, int rate_per_s,
		     double p50_ms, double p99_ms, int64_t count)
{
	cell(table, "%s at %d/s", what, rate_per_s);
	cell(table, "%.3f", p50_ms);
	cell(table, "%.3f", p99_ms);
	cli_table_int(table, count);
}

static void add_enqueue_rows(struct cli_table *table, const struct bench_report *report)
{
	int i;

	for (i = 0; i < BENCH_REPORT_RATES; i++) {
		const struct bench_report_enqueue *enqueue = &report->enqueue[i];

		add_rate(table, "enqueue", enqueue->rate_per_s, enqueue->p50_ms,
			 enqueue->p99_ms, enqueue->runs);
		cell(table,
		     "request sent to 202 read; p99 from when it was due %.3f; behind "
		     "%.1f s of the same",
		     enqueue->due_p99_ms, (double)enqueue->warm_ms / 1e3);
		add_rate(table, "fdatasync", enqueue->rate_per_s, enqueue->disk_p50_ms,
			 enqueue->disk_p99_ms, enqueue->disk_count);
		cell(table,
		     "control: this disk alone, 8 KiB for all that is due, before and "
		     "after; p99 above is %.1f of these",
		     enqueue->disk_p99_ms > 0 ? enqueue->p99_ms / enqueue->disk_p99_ms
					      : 0.);
		cell(table, "Postgres' log at %d/s", enqueue->rate_per_s);
		cli_table_text(table, NULL);
		cli_table_text(table, NULL);
		cli_table_int(table, enqueue->chores.wal.flushes);
		cell(table,
		     "flushes meanwhile; %lld whole pages, %lld new files; %lld rewrites "
		     "of Redis' file",
		     (long long)enqueue->chores.wal.full_pages,
		     (long long)enqueue->chores.wal.files,
		     (long long)enqueue->chores.aof_rewrites);
	}
}

static void print_latency(const struct bench_report *report, struct str *out)
{
	struct cli_table table;

	cli_table_init(&table, latency_heads);
	cli_table_text(&table, "start");
	cell(&table, "%.3f", report->start_p50_ms);
	cell(&table, "%.3f", report->start_p99_ms);
	cli_table_int(&table, report->start_count);
	cli_table_text(&table,
		       "idle fleet, enqueue script sent to code entered: an upper "
		       "bound, the script's end lies in between");
	cli_table_text(&table, "first effect");
	cli_table_text(&table, NULL);
	cli_table_text(&table, NULL);
	cli_table_text(&table, NULL);
	cli_table_text(&table, NO_EFFECT);
	add_enqueue_rows(&table, report);
	print_table(&table, out);
}

static void print_memory(const struct bench_report *report, struct str *out)
{
	int i;

	str_add_text(out, "Pss, KiB:");
	for (i = 0; i < BENCH_REPORT_PSS; i++)
		str_printf(out, "%s %s %lld", i ? "," : "", pss_names[i],
			   (long long)report->pss_kib[i]);
	str_add_text(out, "\n\n");
}

/* A part of DESIGN 4b and what was found of it. */
static void part(struct cli_table *table, const char *name, int budget_us,
		 double found_us, const char *what)
{
	cli_table_text(table, name);
	if (budget_us < 0)
		cli_table_text(table, NULL);
	else
		cli_table_int(table, budget_us);
	cell(table, "%.1f", found_us);
	cli_table_text(table, what);
}

static double total_us(const struct bench_cpu *cpu)
{
	double sum = 0;
	int i;

	for (i = 0; i < BENCH_CPU_LOAD; i++)
		sum += (double)cpu->us[i];
	return sum;
}

static void print_parts(const struct bench_report *report, struct str *out)
{
	static const char *const heads[] = { "CPU US PER RUN", "BUDGET", "FOUND", "WHAT",
					     NULL };
	const struct bench_cpu *in = &report->cpu_accept, *ex = &report->cpu_execute;
	int64_t n = report->prequeued.runs, redis_us;
	struct cli_table table;

	redis_us = in->us[BENCH_CPU_REDIS] + ex->us[BENCH_CPU_REDIS] -
		   in->redis_script_us - ex->redis_script_us - ex->redis_event_us;
	cli_table_init(&table, heads);
	part(&table, "submit", 8, per_run(in->us[BENCH_CPU_API], n),
	     "api children while accepting");
	part(&table, "admit + enqueue", 13, per_run(in->redis_script_us, n),
	     "Redis in scripts while accepting, by its clock");
	part(&table, "insert", 30, per_run(in->us[BENCH_CPU_POSTGRES], n),
	     "Postgres while accepting");
	part(&table, "claim + finish", 17, per_run(ex->redis_script_us, n),
	     "Redis in scripts while executing, by its clock");
	part(&table, "engine", 15, per_run(ex->us[BENCH_CPU_WORKER], n),
	     "worker children");
	part(&table, "end", 47, per_run(ex->us[BENCH_CPU_POSTGRES], n),
	     "Postgres while executing");
	part(&table, "events", 55, per_run(ex->redis_event_us, n),
	     "Redis in XADD and PEXPIRE, by its clock");
	part(&table, "", -1, per_run(redis_us, n),
	     "Redis besides: sockets, its file; of all its parts");
	part(&table, "", -1,
	     per_run(in->us[BENCH_CPU_MASTER] + ex->us[BENCH_CPU_MASTER], n),
	     "masters and keepers");
	part(&table, "all", 200, (total_us(in) + total_us(ex)) / (double)n,
	     "without the load itself");
	print_table(&table, out);
}

static void print_groups(const struct bench_report *report, struct str *out)
{
	static const char *const heads[] = { "CPU US PER RUN", "ACCEPT", "EXECUTE",
					     "BULK",           "HTTP",   NULL };
	struct cli_table table;
	int i;

	cli_table_init(&table, heads);
	for (i = 0; i < BENCH_CPU_GROUPS; i++) {
		cli_table_text(&table, bench_cpu_name((enum bench_cpu_group)i));
		cell(&table, "%.1f",
		     per_run(report->cpu_accept.us[i], report->prequeued.runs));
		cell(&table, "%.1f",
		     per_run(report->cpu_execute.us[i], report->prequeued.runs));
		cell(&table, "%.1f", per_run(report->cpu_bulk.us[i], report->bulk.runs));
		cell(&table, "%.1f", per_run(report->cpu_http.us[i], report->http.runs));
	}
	cli_table_text(&table, "(script calls)");
	cell(&table, "%.3f",
	     per_run(report->cpu_accept.redis_scripts, report->prequeued.runs));
	cell(&table, "%.3f",
	     per_run(report->cpu_execute.redis_scripts, report->prequeued.runs));
	cell(&table, "%.3f", per_run(report->cpu_bulk.redis_scripts, report->bulk.runs));
	cell(&table, "%.3f", per_run(report->cpu_http.redis_scripts, report->http.runs));
	print_table(&table, out);
}

void bench_report_runs_table(const struct bench_report *report, struct str *out)
{
	str_printf(out,
		   "Durable runs of one step, events on, %lld worker child%s, load from "
		   "outside\n\n",
		   (long long)report->workers, report->workers == 1 ? "" : "ren");
	print_speed(report, out);
	print_latency(report, out);
	print_memory(report, out);
	print_parts(report, out);
	print_groups(report, out);
	print_baseline(&report->baseline, out);
}

void bench_report_queue_table(const struct bench_queue_result *result, struct str *out)
{
	static const char *const heads[] = { "BATCH",      "JOBS/S",      "REDIS US/JOB",
					     "OWN US/JOB", "CALL P50 MS", "CALL P99 MS",
					     "JOBS",       "ENQUEUED/S",  NULL };
	struct cli_table table;
	size_t i;

	str_add_text(out, "Claim and finish, one process, one link, one call after the "
			  "other\n\n");
	cli_table_init(&table, heads);
	for (i = 0; i < result->count; i++) {
		const struct bench_queue_round *round = &result->rounds[i];

		cli_table_int(&table, round->batch);
		cell(&table, "%.0f", round->jobs_per_s);
		cell(&table, "%.2f", round->redis_cpu_us);
		cell(&table, "%.2f", round->own_cpu_us);
		cell(&table, "%.3f", round->call_p50_us / 1e3);
		cell(&table, "%.3f", round->call_p99_us / 1e3);
		cli_table_int(&table, round->jobs);
		cell(&table, "%.0f", round->enqueue_jobs_per_s);
	}
	print_table(&table, out);
	print_baseline(&result->baseline, out);
}

void bench_report_submit_table(const struct bench_report *report, struct str *out)
{
	struct cli_table table;

	str_printf(
		out,
		"Submissions one by one at fixed rates, open loop, %lld worker child%s\n\n",
		(long long)report->workers, report->workers == 1 ? "" : "ren");
	cli_table_init(&table, latency_heads);
	add_enqueue_rows(&table, report);
	print_table(&table, out);
	print_baseline(&report->baseline, out);
}
