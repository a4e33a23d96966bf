/*
 * bench_runs.c - how fast durable runs go through the whole house
 *
 * Each phase has an orchestration of its own (one `print` step), so that its runs can be
 * told from others'. In this order:
 *
 *	prequeued  a daemon without workers accepts all runs, then one with workers
 *		   starts; from the first pick-up to the last end, as Postgres has them
 *	start      a third daemon with everything, idle: one run at a time
 *	bulk       256 runs a request while the worker works
 *	http       one run a request, closed loop
 *	enqueue    one run a request, open loop at fixed rates; before and after it the
 *		   disk alone at the same rate
 *
 * A phase is over when the scoreboard says that every entry has left the queue, which is
 * after its run's end is committed and its events are published. Then the rows, the
 * journal and a sample of the streams are counted. A figure of a phase that lost a run,
 * or an event, or during which a child was replaced would be a lie: such a phase is an
 * error.
 */
#include "cli/bench_runs.h"

#include "base/clock.h"
#include "base/jsonw.h"
#include "base/str.h"
#include "cli/bench_chores.h"
#include "cli/bench_daemon.h"
#include "cli/bench_disk.h"
#include "cli/bench_house.h"
#include "cli/bench_http.h"
#include "cli/bench_link.h"
#include "cli/bench_load.h"
#include "cli/bench_procs.h"
#include "cli/bench_start.h"
#include "cli/bench_store.h"

#include <string.h>

#define BULK_RUNS        256 /* of a request */
#define BULK_PROCESSES   1
#define BULK_CONNECTIONS 2
#define HTTP_PROCESSES   2
#define HTTP_CONNECTIONS 16 /* of each process */
#define OPEN_CONNECTIONS 64
#define BULK_DEADLINE_MS 600000
#define STALL_MS         30000 /* without a run that ends */
#define LOOK_MS          20
#define START_COUNT      300
#define REST_MS          1000 /* before memory and start latency are looked at */
#define WARM_MS          3000 /* of the same load, before its latency counts */
#define REST_AFTER_MS    5000 /* when children have given back what a burst left */

enum phase {
	PHASE_PREQUEUED,
	PHASE_START,
	PHASE_BULK,
	PHASE_HTTP,
	PHASE_WARM,
	PHASE_ENQUEUE, /* and one for each rate */
	PHASES = PHASE_ENQUEUE + BENCH_REPORT_RATES,
};

static const char *const orchestrations[PHASES] = {
	"bench_prequeued", "bench_start",       "bench_bulk",         "bench_http",
	"bench_warm",      "bench_enqueue_500", "bench_enqueue_1000",
};

static const int rates[BENCH_REPORT_RATES] = { 500, 1000 };

struct bench {
	struct bench_house *house;
	const struct bench_runs_plan *plan;
	struct bench_report *report;
	struct bench_link link;
	struct bench_daemon front; /* api and keeper */
	struct bench_daemon back;  /* worker and keeper */
	struct bench_daemon whole;
	int64_t versions[PHASES];
	int64_t warm_runs; /* accepted in PHASE_WARM */
};

/* ---- parts of phases ---- */

static int read_cpu(struct bench *bench, struct bench_cpu *ret, struct err *err)
{
	struct bench_daemon *daemons[] = {
		bench->front.board ? &bench->front : NULL,
		bench->back.board ? &bench->back : NULL,
		bench->whole.board ? &bench->whole : NULL,
	};

	return bench_cpu_read(bench->house, daemons, 3, &bench->link, ret, err);
}

/* *cpu becomes what was used since it was read. */
static int spent_cpu(struct bench *bench, struct bench_cpu *cpu, struct err *err)
{
	struct bench_cpu now;
	int rc = read_cpu(bench, &now, err);

	if (rc == 0)
		bench_cpu_minus(&now, cpu, cpu);
	return rc;
}

/* Until the daemon's workers have finished so many entries since they started. */
static int await_finished(struct bench *bench, struct bench_daemon *daemon, int64_t count,
			  struct err *err)
{
	int64_t finished = 0, before = -1, stalled_mono_ms = 0;
	int rc = 0;

	while (rc == 0) {
		finished = bench_daemon_count(daemon, "worker", SCORE_JOBS_FINISHED);
		if (finished >= count)
			return bench_daemon_check(daemon, err);
		if (finished != before)
			stalled_mono_ms = clock_mono_ms() + STALL_MS;
		before = finished;
		if (clock_mono_ms() > stalled_mono_ms)
			return err_set(err, ERR_TIMEOUT,
				       "%lld of %lld runs were finished, then none for "
				       "%d s",
				       (long long)finished, (long long)count,
				       STALL_MS / 1000);
		rc = bench_daemon_check(daemon, err);
		if (rc == 0)
			rc = bench_house_sleep(bench->house, LOOK_MS, err);
	}
	return rc;
}

static int check_streams(struct bench *bench, enum phase phase, struct err *err)
{
	struct bench_store_sample samples[BENCH_STORE_SAMPLE];
	struct str key = STR_INIT;
	int64_t len = 0;
	size_t count = 0, i;
	int rc = bench_store_sample(bench->house->conf, orchestrations[phase], samples,
				    &count, err);

	for (i = 0; i < count && rc == 0; i++) {
		str_reset(&key, 1024);
		str_printf(&key, "synapse:run:%s:events", samples[i].run_id);
		rc = bench_link_stream_len(&bench->link, str_text(&key), &len, err);
		if (rc == 0 && len != samples[i].events)
			rc = err_set(err, ERR_CONFLICT,
				     "%s has %lld events, its stream %lld",
				     samples[i].run_id, (long long)samples[i].events,
				     (long long)len);
	}
	str_deinit(&key);
	return rc;
}

/* Every run that was accepted is completed, with its journal and its events. */
static int check_runs(struct bench *bench, enum phase phase, int64_t accepted,
		      struct bench_store_runs *ret, struct err *err)
{
	int rc = bench_store_runs(bench->house->conf, orchestrations[phase], ret, err);

	if (rc < 0)
		return rc;
	if (ret->runs != accepted || ret->completed != accepted ||
	    ret->journal_runs != accepted || ret->journal_events != ret->events ||
	    ret->events < accepted)
		return err_set(
			err, ERR_CONFLICT,
			"%s: %lld runs were accepted, %lld are stored, %lld completed, "
			"%lld live, %lld in the journal; %lld events, %lld in the journal",
			orchestrations[phase], (long long)accepted, (long long)ret->runs,
			(long long)ret->completed, (long long)ret->live,
			(long long)ret->journal_runs, (long long)ret->events,
			(long long)ret->journal_events);
	return check_streams(bench, phase, err);
}

static void fill_runs(const struct bench_store_runs *found, double took_ms,
		      struct bench_report_runs *ret)
{
	*ret = (struct bench_report_runs){
		.runs = found->runs,
		.events = found->events,
		.journal_rows = found->journal_rows,
		.runs_per_s = took_ms > 0 ? (double)found->runs * 1e3 / took_ms : 0,
	};
}

/* ---- requests ---- */

/* runs 0: one run by the route of one. */
static void write_request(const struct bench *bench, const struct bench_daemon *daemon,
			  enum phase phase, int64_t runs, struct str *out)
{
	bool bulk = runs > 0;
	struct str body = STR_INIT, path = STR_INIT;
	struct jsonw w;
	int64_t i;

	jsonw_init(&w, &body);
	jsonw_object(&w);
	if (!bulk) {
		jsonw_pair_text(&w, "message", "hello");
	} else {
		jsonw_key(&w, "runs");
		jsonw_array(&w);
		for (i = 0; i < runs; i++) {
			jsonw_object(&w);
			jsonw_pair_text(&w, "message", "hello");
			jsonw_object_end(&w);
		}
		jsonw_array_end(&w);
	}
	jsonw_object_end(&w);
	str_printf(&path, "/api/v2/orchestrations/%s/%s", orchestrations[phase],
		   bulk ? "runs" : "run");
	bench_http_post(out, daemon->port, str_text(&path), bench->house->key.key, &body);
	str_deinit(&path);
	str_deinit(&body);
}

static int load(struct bench *bench, const struct bench_load_plan *plan,
		struct bench_load_result *ret, struct err *err)
{
	return bench_load_run(plan, bench_house_stopped, bench->house, ret, err);
}

/* All of plan->runs in bulk requests. */
static int submit_bulk(struct bench *bench, const struct bench_daemon *daemon,
		       enum phase phase, struct bench_load_result *ret, struct err *err)
{
	int64_t runs = bench->plan->runs, full = runs / BULK_RUNS,
		rest = runs % BULK_RUNS;
	struct str request = STR_INIT, last = STR_INIT;
	struct bench_load_plan plan = {
		.port = daemon->port,
		.request = &request,
		.last = rest ? &last : NULL,
		.bulk = true,
		.count = full + (rest ? 1 : 0),
		.duration_ms = BULK_DEADLINE_MS,
		.connections = BULK_CONNECTIONS,
		.processes = BULK_PROCESSES,
	};
	int rc;

	write_request(bench, daemon, phase, BULK_RUNS, &request);
	if (rest)
		write_request(bench, daemon, phase, rest, &last);
	rc = load(bench, &plan, ret, err);
	if (rc == 0 && ret->accepted != runs)
		rc = err_set(err, ERR_CONFLICT, "%lld of %lld runs were accepted",
			     (long long)ret->accepted, (long long)runs);
	str_deinit(&request);
	str_deinit(&last);
	return rc;
}

/* One run a request; rate_per_s 0: as fast as answers come. */
static int submit_singly(struct bench *bench, enum phase phase, int64_t ms,
			 int rate_per_s, struct bench_load_result *ret, struct err *err)
{
	struct str request = STR_INIT;
	struct bench_load_plan plan = {
		.port = bench->whole.port,
		.request = &request,
		.duration_ms = ms,
		.rate_per_s = rate_per_s,
		.connections = rate_per_s ? OPEN_CONNECTIONS : HTTP_CONNECTIONS,
		.processes = rate_per_s ? 1 : HTTP_PROCESSES,
	};
	int rc;

	write_request(bench, &bench->whole, phase, 0, &request);
	rc = load(bench, &plan, ret, err);
	str_deinit(&request);
	return rc;
}

/* ---- phases ---- */

static int accept_all(struct bench *bench, struct err *err)
{
	struct bench_report *report = bench->report;
	struct bench_load_result result = { .sent = 0 };
	int rc = bench_daemon_start(&bench->front, bench->house, "front", "api,keeper",
				    bench->plan->workers, err);

	if (rc == 0)
		rc = read_cpu(bench, &report->cpu_accept, err);
	if (rc == 0)
		rc = submit_bulk(bench, &bench->front, PHASE_PREQUEUED, &result, err);
	if (rc == 0)
		rc = spent_cpu(bench, &report->cpu_accept, err);
	if (rc == 0)
		report->prequeued_accept_per_s =
			(double)result.accepted * 1e3 /
			(double)(result.last_read_at_ms - result.first_sent_at_ms + 1);
	bench_load_result_deinit(&result);
	return rc;
}

static int execute_all(struct bench *bench, struct err *err)
{
	struct bench_report *report = bench->report;
	struct bench_store_runs found;
	int rc = bench_daemon_start(&bench->back, bench->house, "back", "worker,keeper",
				    bench->plan->workers, err);

	if (rc == 0)
		rc = await_finished(bench, &bench->back, bench->plan->runs, err);
	if (rc == 0)
		rc = spent_cpu(bench, &report->cpu_execute, err);
	if (rc == 0)
		rc = check_runs(bench, PHASE_PREQUEUED, bench->plan->runs, &found, err);
	if (rc == 0)
		fill_runs(&found, found.last_end_at_ms - found.first_pick_up_at_ms,
			  &report->prequeued);
	return rc;
}

static int prequeued(struct bench *bench, struct err *err)
{
	int rc;

	bench_house_say("prequeued: accepting %lld runs", (long long)bench->plan->runs);
	rc = accept_all(bench, err);
	/* the workers' daemon is born into this span: its start counts as well */
	if (rc == 0)
		rc = read_cpu(bench, &bench->report->cpu_execute, err);
	if (rc == 0) {
		bench_house_say("prequeued: executing them");
		rc = execute_all(bench, err);
	}
	if (rc == 0)
		rc = bench_daemon_stop(&bench->back, err);
	if (rc == 0)
		rc = bench_daemon_stop(&bench->front, err);
	if (rc == 0)
		bench_house_say("prequeued: %.0f runs/s",
				bench->report->prequeued.runs_per_s);
	return rc;
}

static int pss_of(struct bench *bench, const char *kind, int64_t *ret, struct err *err)
{
	pid_t pids[BENCH_DAEMON_PIDS];

	if (!bench_daemon_pids(&bench->whole, kind, pids))
		return err_set(err, ERR_NOT_FOUND, "the daemon has no %s", kind);
	return bench_procs_pss_kib(pids[0], ret, err);
}

/* In the order of pss_names of bench_report.c. */
static int idle_memory(struct bench *bench, struct err *err)
{
	int64_t *kib = bench->report->pss_kib;
	int rc = pss_of(bench, "worker", &kib[0], err);

	if (rc == 0)
		rc = pss_of(bench, "api", &kib[1], err);
	if (rc == 0)
		rc = pss_of(bench, "keeper", &kib[2], err);
	if (rc == 0)
		rc = bench_procs_pss_kib(bench->whole.process.pid, &kib[3], err);
	return rc;
}

static int start_latency(struct bench *bench, struct err *err)
{
	struct bench_report *report = bench->report;
	const struct bench_start_plan plan = {
		.orchestration_id = orchestrations[PHASE_START],
		.version = bench->versions[PHASE_START],
		.count = START_COUNT,
	};
	struct bench_samples latency_us = { .count = 0 };
	int rc;

	bench_house_say("start: %d runs, one at a time on an idle fleet", START_COUNT);
	rc = bench_start_measure(bench->house, &bench->whole, &bench->link, &plan,
				 &latency_us, err);
	report->start_count = (int64_t)latency_us.count;
	report->start_p50_ms = (double)bench_samples_at(&latency_us, 50.) / 1e3;
	report->start_p99_ms = (double)bench_samples_at(&latency_us, 99.) / 1e3;
	bench_samples_deinit(&latency_us);
	return rc;
}

static int bulk(struct bench *bench, struct err *err)
{
	struct bench_report *report = bench->report;
	struct bench_load_result result = { .sent = 0 };
	struct bench_store_runs found;
	int64_t before = bench_daemon_count(&bench->whole, "worker", SCORE_JOBS_FINISHED);
	int rc;

	bench_house_say("bulk: %lld runs", (long long)bench->plan->runs);
	rc = read_cpu(bench, &report->cpu_bulk, err);
	if (rc == 0)
		rc = submit_bulk(bench, &bench->whole, PHASE_BULK, &result, err);
	if (rc == 0)
		rc = await_finished(bench, &bench->whole, before + result.accepted, err);
	if (rc == 0)
		rc = spent_cpu(bench, &report->cpu_bulk, err);
	if (rc == 0)
		rc = check_runs(bench, PHASE_BULK, result.accepted, &found, err);
	if (rc == 0) {
		fill_runs(&found, found.last_end_at_ms - (double)result.first_sent_at_ms,
			  &report->bulk);
		bench_house_say("bulk: %.0f runs/s", report->bulk.runs_per_s);
	}
	bench_load_result_deinit(&result);
	return rc;
}

static int http(struct bench *bench, struct err *err)
{
	struct bench_report *report = bench->report;
	struct bench_load_result result = { .sent = 0 };
	struct bench_store_runs found;
	int64_t before = bench_daemon_count(&bench->whole, "worker", SCORE_JOBS_FINISHED);
	int rc;

	report->http_connections = HTTP_PROCESSES * HTTP_CONNECTIONS;
	bench_house_say("http: one by one for %lld s", (long long)bench->plan->seconds);
	rc = read_cpu(bench, &report->cpu_http, err);
	if (rc == 0)
		rc = submit_singly(bench, PHASE_HTTP, bench->plan->seconds * 1000, 0,
				   &result, err);
	if (rc == 0)
		rc = await_finished(bench, &bench->whole, before + result.accepted, err);
	if (rc == 0)
		rc = spent_cpu(bench, &report->cpu_http, err);
	if (rc == 0)
		rc = check_runs(bench, PHASE_HTTP, result.accepted, &found, err);
	if (rc == 0) {
		fill_runs(&found, found.last_end_at_ms - (double)result.first_sent_at_ms,
			  &report->http);
		report->http_accept_per_s =
			(double)result.accepted * 1e3 /
			(double)(result.last_read_at_ms - result.first_sent_at_ms + 1);
		bench_house_say("http: %.0f runs/s", report->http.runs_per_s);
	}
	bench_load_result_deinit(&result);
	return rc;
}

/*
 * What is not about a submission happens before: what the servers do now and then; behind
 * a checkpoint, by the same load, the pages that are written whole for the first time
 * (half a second of a checkpoint's five minutes).
 */
static int warm_up(struct bench *bench, struct bench_report_enqueue *ret, struct err *err)
{
	struct bench_load_result result = { .sent = 0 };
	int64_t ms = bench->plan->seconds * 1000;
	int rc = bench_chores_do(bench->house, &bench->link, err);

	ret->warm_ms = ms < WARM_MS ? ms : WARM_MS;
	if (rc == 0)
		rc = submit_singly(bench, PHASE_WARM, ret->warm_ms, ret->rate_per_s,
				   &result, err);
	bench->warm_runs += result.accepted;
	bench_load_result_deinit(&result);
	return rc;
}

static int load_at_rate(struct bench *bench, enum phase phase,
			struct bench_report_enqueue *ret, struct err *err)
{
	struct bench_load_result result = { .sent = 0 };
	int rc = bench_chores_read(bench->house, &bench->link, &ret->chores, err);

	if (rc == 0)
		rc = submit_singly(bench, phase, bench->plan->seconds * 1000,
				   ret->rate_per_s, &result, err);
	if (rc == 0)
		rc = bench_chores_since(bench->house, &bench->link, &ret->chores, err);
	if (rc == 0) {
		ret->runs = result.accepted;
		ret->p50_ms = (double)bench_samples_at(&result.answer_us, 50.) / 1e3;
		ret->p99_ms = (double)bench_samples_at(&result.answer_us, 99.) / 1e3;
		ret->due_p99_ms = (double)bench_samples_at(&result.due_us, 99.) / 1e3;
	}
	bench_load_result_deinit(&result);
	return rc;
}

static int control(struct bench *bench, int rate_per_s, struct bench_samples *took_us,
		   struct err *err)
{
	return bench_disk_sync(bench->house, rate_per_s, bench->plan->seconds * 1000 / 4,
			       took_us, err);
}

static int enqueue(struct bench *bench, int i, struct err *err)
{
	struct bench_report_enqueue *ret = &bench->report->enqueue[i];
	enum phase phase = (enum phase)(PHASE_ENQUEUE + i);
	struct bench_samples disk_us = { .count = 0 };
	struct bench_store_runs found;
	int64_t before = bench_daemon_count(&bench->whole, "worker", SCORE_JOBS_FINISHED);
	int64_t warm_before = bench->warm_runs;
	int rc;

	bench_house_say("enqueue: %d a second for %lld s", rates[i],
			(long long)bench->plan->seconds);
	ret->rate_per_s = rates[i];
	rc = control(bench, rates[i], &disk_us, err);
	if (rc == 0)
		rc = warm_up(bench, ret, err);
	if (rc == 0)
		rc = load_at_rate(bench, phase, ret, err);
	if (rc == 0)
		rc = await_finished(bench, &bench->whole,
				    before + bench->warm_runs - warm_before + ret->runs,
				    err);
	if (rc == 0)
		rc = control(bench, rates[i], &disk_us, err);
	if (rc == 0)
		rc = check_runs(bench, phase, ret->runs, &found, err);
	if (rc == 0)
		rc = check_runs(bench, PHASE_WARM, bench->warm_runs, &found, err);
	ret->disk_count = (int64_t)disk_us.count;
	ret->disk_p50_ms = (double)bench_samples_at(&disk_us, 50.) / 1e3;
	ret->disk_p99_ms = (double)bench_samples_at(&disk_us, 99.) / 1e3;
	bench_samples_deinit(&disk_us);
	return rc;
}

static int phases_of_the_whole(struct bench *bench, struct err *err)
{
	int rc, i;

	rc = bench_daemon_start(&bench->whole, bench->house, "whole", "api,worker,keeper",
				bench->plan->workers, err);
	if (rc == 0)
		rc = bench_house_sleep(bench->house, REST_MS, err);
	if (rc == 0 && !bench->plan->submit)
		rc = idle_memory(bench, err);
	if (rc == 0 && !bench->plan->submit)
		rc = start_latency(bench, err);
	if (rc == 0)
		rc = bulk(bench, err);
	if (rc == 0 && !bench->plan->submit)
		rc = http(bench, err);
	for (i = 0; i < BENCH_REPORT_RATES && rc == 0; i++)
		rc = enqueue(bench, i, err);
	if (rc == 0)
		rc = bench_house_sleep(bench->house, REST_AFTER_MS, err);
	if (rc == 0)
		rc = pss_of(bench, "worker", &bench->report->pss_kib[4], err);
	if (rc == 0)
		rc = pss_of(bench, "api", &bench->report->pss_kib[5], err);
	if (rc == 0)
		rc = bench_daemon_stop(&bench->whole, err);
	return rc;
}

int bench_runs_measure(struct bench_house *house, const struct bench_runs_plan *plan,
		       struct bench_report *ret, struct err *err)
{
	struct bench bench = { .house = house, .plan = plan, .report = ret };
	int rc;

	ret->workers = plan->workers;
	rc = bench_link_open(&bench.link, house->servers.redis_url, err);
	if (rc == 0)
		rc = bench_house_define(house, orchestrations, PHASES, bench.versions,
					err);
	if (rc == 0)
		rc = bench_baseline_measure(house, &bench.link, &ret->baseline, err);
	if (rc == 0 && !plan->submit)
		rc = prequeued(&bench, err);
	if (rc == 0)
		rc = phases_of_the_whole(&bench, err);
	/* after an error: what still runs, and why it cannot be said twice */
	(void)bench_daemon_stop(&bench.back, NULL);
	(void)bench_daemon_stop(&bench.whole, NULL);
	(void)bench_daemon_stop(&bench.front, NULL);
	bench_link_close(&bench.link);
	return rc;
}
