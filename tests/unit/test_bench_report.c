/* test_bench_report.c - the figures as JSON and as tables */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/jsonr.h"
#include "base/str.h"
#include "cli/bench_queue.h"
#include "cli/bench_report.h"

#include <math.h>
#include <string.h>

static struct bench_report some_report(void)
{
	struct bench_report report = {
		.workers = 1,
		.prequeued = { .runs = 1000,
			       .events = 8000,
			       .journal_rows = 1000,
			       .runs_per_s = 4321.6 },
		.prequeued_accept_per_s = 20000.4,
		.bulk = { .runs = 500, .runs_per_s = 77 },
		.http = { .runs = 10, .runs_per_s = INFINITY },
		.http_connections = 32,
		.start_count = 300,
		.start_p50_ms = 0.4126,
		.start_p99_ms = 1.5,
		.enqueue = { { .rate_per_s = 500, .runs = 5, .p50_ms = 1, .p99_ms = 2 },
			     { .rate_per_s = 1000, .runs = 6, .due_p99_ms = 9 } },
		.pss_kib = { 1, 2, 3, 4, 5, 6 },
		.cpu_accept = { .us = { 10000, 20000, 30000, 0, 0, 999 },
				.redis_script_us = 4000 },
		.cpu_execute = { .us = { 50000, 60000, 0, 70000, 1000, 0 },
				 .redis_script_us = 5000,
				 .redis_event_us = 6000 },
		.cpu_bulk = { .us = { 1000, 0, 0, 0, 0, 0 } },
		.baseline = { .cores = 2, .filesystem = "ext4", .has_postgres = true },
	};

	strcpy(report.baseline.postgres.fsync, "on");
	strcpy(report.baseline.appendonly, "yes");
	return report;
}

/* The member a.b.c of a document. */
static const struct json *member(const struct json *doc, const char *path)
{
	char name[64];
	size_t len;

	for (; *path; path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		memcpy(name, path, len);
		name[len] = '\0';
		doc = jsonr_get(doc, name);
	}
	return doc;
}

static void runs_are_told_in_json(void **state)
{
	struct bench_report report = some_report();
	struct str out = STR_INIT;
	struct json *doc = NULL;
	struct err err;
	bool found = false;

	(void)state;
	bench_report_runs_json(&report, &out);
	assert_int_equal(out.data[out.len - 1], '\n');
	assert_int_equal(jsonr_parse(out.data, out.len - 1, &doc, NULL, NULL, &err), 0);
	assert_int_equal(jsonr_int(member(doc, "prequeued.runs_per_s")), 4322);
	assert_int_equal(jsonr_int(member(doc, "prequeued.accepted_per_s")), 20000);
	assert_int_equal(jsonr_int(member(doc, "bulk.runs_per_s")), 77);
	assert_int_equal(jsonr_int(member(doc, "http.runs_per_s")), 0);
	assert_true(fabs(jsonr_double(member(doc, "start_latency_ms.p50")) - 0.413) <
		    1e-9);
	assert_int_equal(jsonr_type(jsonr_find(doc, "first_effect_ms", &found)),
			 JSONR_NULL);
	assert_true(found);
	assert_true(jsonr_double(member(doc, "enqueue_ms.p99")) == 2.);
	assert_true(jsonr_double(member(doc, "enqueue_ms.at_1000_per_s.p99_from_due")) ==
		    9.);
	assert_int_equal(jsonr_int(member(doc, "pss_kib.worker")), 1);
	assert_int_equal(jsonr_int(member(doc, "pss_kib.worker_after_load")), 5);
	assert_true(jsonr_double(member(
			    doc, "cpu_us_per_run.prequeued_execute.worker")) == 70.);
	assert_true(jsonr_double(member(doc, "cpu_us_per_run.bulk.redis")) == 2.);
	assert_string_equal(jsonr_text(member(doc, "baseline.postgres.fsync")), "on");
	jsonr_free(doc);
	str_deinit(&out);
}

static void the_table_of_costs_stands_beside_its_budget(void **state)
{
	struct bench_report report = some_report();
	struct str out = STR_INIT;

	(void)state;
	bench_report_runs_table(&report, &out);
	assert_non_null(strstr(str_text(&out), "\nsubmit           8       30.0 "));
	assert_non_null(strstr(str_text(&out), "\nadmit + enqueue  13      4.0 "));
	assert_non_null(strstr(str_text(&out), "\ninsert           30      20.0 "));
	assert_non_null(strstr(str_text(&out), "\nclaim + finish   17      5.0 "));
	assert_non_null(strstr(str_text(&out), "\nengine           15      70.0 "));
	assert_non_null(strstr(str_text(&out), "\nend              47      60.0 "));
	assert_non_null(strstr(str_text(&out), "\nevents           55      6.0 "));
	/* 60 of Redis without the 15 above */
	assert_non_null(strstr(str_text(&out), "45.0   Redis besides"));
	assert_non_null(strstr(str_text(&out), "\nall              200     241.0 "));
	assert_non_null(
		strstr(str_text(&out), "no step that reaches outside exists yet"));
	str_deinit(&out);
}

static void rounds_of_the_queue_are_told_in_both_forms(void **state)
{
	struct bench_queue_result result = {
		.count = 2,
		.rounds = { { .jobs = 10, .batch = 50, .jobs_per_s = 1234.4 },
			    { .jobs = 10, .batch = 200, .jobs_per_s = 9 } },
	};
	struct str out = STR_INIT;
	struct json *doc = NULL;
	struct err err;

	(void)state;
	bench_report_queue_json(&result, &out);
	assert_int_equal(jsonr_parse(out.data, out.len - 1, &doc, NULL, NULL, &err), 0);
	assert_int_equal(jsonr_int(member(doc, "jobs_per_s")), 1234);
	assert_int_equal(jsonr_count(member(doc, "rounds")), 2);
	assert_int_equal(
		jsonr_int(jsonr_get(jsonr_at(member(doc, "rounds"), 1), "batch")), 200);
	assert_null(jsonr_get(member(doc, "baseline"), "postgres"));
	jsonr_free(doc);
	str_reset(&out, 4096);
	bench_report_queue_table(&result, &out);
	assert_non_null(strstr(str_text(&out), "\n50 "));
	assert_non_null(strstr(str_text(&out), "\n200 "));
	str_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_told_in_json),
		cmocka_unit_test(the_table_of_costs_stands_beside_its_budget),
		cmocka_unit_test(rounds_of_the_queue_are_told_in_both_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
