/*
 * bench.c - noun bench: queue, runs, submit
 *
 * Figures and no verdicts: the exit status is 0 whenever there is something to print, and
 * what is good enough is for the reader to say. Progress goes to standard error, the
 * figures to standard output, and nothing that was started or written is left behind.
 */
#include "base/str.h"
#include "cli/bench_house.h"
#include "cli/bench_queue.h"
#include "cli/bench_report.h"
#include "cli/bench_runs.h"
#include "cli/cli_args.h"
#include "cli/cli_nouns.h"
#include "ipc/exit_code.h"
#include "queue/queue.h"

#include <stdio.h>

#define RUNS_DEFAULT    30000
#define RUNS_MAX        10000000
#define WORKERS_MAX     64
#define SECONDS_DEFAULT 10
#define JOBS_DEFAULT    100000
#define JOBS_MAX        10000000

static int fail(const struct cli_args *args, int rc, const struct err *err)
{
	return cli_args_fail(args,
			     rc == ERR_NOT_FOUND ? EXIT_CODE_NOT_FOUND : EXIT_CODE_FAILED,
			     "%s", err->text);
}

static int print(struct str *out)
{
	(void)fputs(str_text(out), stdout); /* cli_main looks at the stream */
	str_deinit(out);
	return EXIT_CODE_OK;
}

static int measure(const struct cli_args *args, bool submit)
{
	struct bench_house house = { .args = args };
	struct bench_report report = { .workers = 0 };
	struct bench_runs_plan plan = { .submit = submit };
	struct str out = STR_INIT;
	struct err err;
	int rc;

	if (!cli_args_int(args, "runs", 1, RUNS_MAX, RUNS_DEFAULT, &plan.runs) ||
	    !cli_args_int(args, "workers", 1, WORKERS_MAX, 1, &plan.workers) ||
	    !cli_args_int(args, "seconds", 1, 3600, SECONDS_DEFAULT, &plan.seconds))
		return EXIT_CODE_USAGE;
	rc = bench_house_open(&house, args, true, &err);
	if (rc == 0)
		rc = bench_runs_measure(&house, &plan, &report, &err);
	bench_house_close(&house, rc < 0);
	if (rc < 0)
		return fail(args, rc, &err);
	if (submit && args->json)
		bench_report_submit_json(&report, &out);
	else if (submit)
		bench_report_submit_table(&report, &out);
	else if (args->json)
		bench_report_runs_json(&report, &out);
	else
		bench_report_runs_table(&report, &out);
	return print(&out);
}

static int runs(const struct cli_args *args)
{
	return measure(args, false);
}

static int submit(const struct cli_args *args)
{
	return measure(args, true);
}

static int queue(const struct cli_args *args)
{
	struct bench_house house = { .args = args };
	struct bench_queue_result result = { .count = 0 };
	struct str out = STR_INIT;
	int64_t jobs, batch;
	struct err err;
	int rc;

	if (!cli_args_int(args, "jobs", 1, JOBS_MAX, JOBS_DEFAULT, &jobs) ||
	    !cli_args_int(args, "batch", 1, QUEUE_BATCH_MAX, 0, &batch))
		return EXIT_CODE_USAGE;
	rc = bench_house_open(&house, args, false, &err);
	if (rc == 0)
		rc = bench_queue_measure(&house, jobs, batch, &result, &err);
	bench_house_close(&house, rc < 0);
	if (rc < 0)
		return fail(args, rc, &err);
	if (args->json)
		bench_report_queue_json(&result, &out);
	else
		bench_report_queue_table(&result, &out);
	return print(&out);
}

/* clang-format off */
static const struct cli_option runs_options[] = {
	{ 0, "runs", "N", "how many runs pre-queued, and again in bulk (30000)" },
	{ 0, "workers", "N", "worker children (1)" },
	{ 0, "seconds", "S", "how long each load over HTTP lasts (10)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option submit_options[] = {
	{ 0, "runs", "N", "how many runs fill tables and log before (30000)" },
	{ 0, "workers", "N", "worker children (1)" },
	{ 0, "seconds", "S", "how long each load lasts (10)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_option queue_options[] = {
	{ 0, "jobs", "N", "how many entries (100000)" },
	{ 0, "batch", "N", "entries a call, up to 200 (50, and then again 200)" },
	{ 0, NULL, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "runs", "", 0, 0, CLI_GROUP_OUTPUT, runs_options,
	  "durable runs of one step: how many a second, how soon, at what cost",
	  "Starts a Redis, a Postgres and daemons of its own in a temporary folder, every\n"
	  "commit synced, and removes all of it. Figures, no verdict: the exit status is 0\n"
	  "unless nothing could be measured.\n", runs },
	{ "submit", "", 0, 0, CLI_GROUP_OUTPUT, submit_options,
	  "how soon a run is accepted at fixed rates, beside plain flushes of this disk",
	  "The part of \"bench runs\" that is about single submissions.\n", submit },
	{ "queue", "", 0, 0, CLI_GROUP_OUTPUT, queue_options,
	  "claim and finish of entries that do nothing",
	  "Starts a Redis of its own in a temporary folder and removes it.\n", queue },
	{ NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const struct cli_noun bench_noun = { "bench", "figures of this machine", verbs };
