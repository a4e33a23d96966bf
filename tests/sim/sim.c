/*
 * sim.c - the engine in simulated fleets: one for each seed
 *
 *	sim [--first n] [--count n] [--jobs n]   the seeds from n on
 *	sim --seed n [--trace]                   one, and what happened in it
 *	    [--without fault,...] [--runs n] [--workers n] [--steps n] [--bug n]
 *	sim --file <name>                        the seeds that a file lists
 *	sim --cases <name> [--count n]           the cases of a file, each with n seeds:
 *	                                         prints what they came to (sim_case.h)
 *	sim --find ...                           ends well if one of the seeds breaks
 *
 * Seeds are executed in a child, so that an assert or a crash of the engine is one more
 * invariant that broke, and found by its seed. What broke is tried again with less of
 * everything before it is shown.
 */
#include "base/mem.h"
#include "sim_bugs.h"
#include "sim_case.h"
#include "sim_memory.h"
#include "sim_plan.h"
#include "sim_world.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX       64
#define FILE_SEEDS_MAX 1000 /* lines of a file that are executed */
#define SEED_SEC       60   /* of the CPU: one that takes longer hangs */
#define REPEAT         64   /* one seed in so many is executed twice, to be the same */
#define TRACE_LINES    120

struct options {
	uint64_t first;
	uint64_t count;
	int jobs;
	bool trace;
	unsigned without; /* faults */
	int runs;         /* 0: what the seed says; so the next */
	int workers;
	int steps;
	int bug;
	bool find;
	const char *file;
	const char *cases;
};

/* One child's part; in memory that it shares with the parent. */
struct part {
	uint64_t seed; /* under way */
	struct sim_counts counts;
};

/* ---- one seed ---- */

static struct sim_plan plan_of(const struct options *options, uint64_t seed)
{
	struct sim_plan plan;

	sim_plan_init(&plan, seed);
	plan.faults &= ~options->without;
	if (options->runs && options->runs < plan.runs)
		plan.runs = options->runs;
	if (options->workers && options->workers < plan.workers)
		plan.workers = options->workers;
	if (options->steps && options->steps < plan.steps)
		plan.steps = options->steps;
	return plan;
}

static void broken_seed(uint64_t seed, const char *what)
{
	(void)fprintf(stderr, "seed %" PRIu64 " %s\n", seed, what);
	_exit(SIM_BROKEN);
}

/* Returns a digest of what was stored. again: the first execution is all. */
static uint64_t run_seed(const struct options *options, uint64_t seed,
			 struct sim_counts *counts, bool again)
{
	const struct sim_plan plan = plan_of(options, seed);
	int64_t blocks = sim_memory_blocks(), frames = sim_memory_frames();
	struct sim_world *world, *twin;
	uint64_t digest;

	world = sim_world_new(&plan, 0, options->trace, counts);
	sim_world_run(world);
	digest = world->digest;
	if (seed % REPEAT == 0 && !again &&
	    run_seed(options, seed, counts, true) != digest)
		broken_seed(seed, "is another one when it is executed again");
	if (plan.steady && !again) {
		twin = sim_world_new(&plan, 1, options->trace, counts);
		sim_say(twin, "the same runs with other timing");
		sim_world_run(twin);
		sim_watch_twins(world, twin);
		sim_world_free(twin);
	}
	sim_world_free(world);
	counts->frames += sim_memory_frames() - frames;
	counts->seeds += !again;
	if (sim_memory_blocks() != blocks)
		broken_seed(seed, "leaves memory behind");
	return digest;
}

/* ---- children ---- */

/* The time of the CPU, not of the clock: others may have the machine. */
static void arm_alarm(void)
{
	const struct itimerval limit = { .it_value = { .tv_sec = SEED_SEC } };

	(void)setitimer(ITIMER_PROF, &limit, NULL);
}

static void run_part(const struct options *options, struct part *part, int job)
{
	uint64_t i;

#ifdef SIM_PLANTED
	sim_bugs_plant((enum sim_bug)options->bug);
#endif
	for (i = (uint64_t)job; i < options->count; i += (uint64_t)options->jobs) {
		part->seed = options->first + i;
		arm_alarm();
		(void)run_seed(options, part->seed, &part->counts, false);
	}
}

static pid_t start_part(const struct options *options, struct part *part, int job,
			int output)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (output >= 0) {
		(void)dup2(output, STDOUT_FILENO);
		(void)dup2(output, STDERR_FILENO);
	}
	run_part(options, part, job);
	(void)fflush(stdout);
	exit(0); /* through the exit handlers: leaks are looked for there */
}

static bool ended_well(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "ended by signal %d%s\n", WTERMSIG(status),
			      WTERMSIG(status) == SIGPROF ? ": it hangs" : "");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct part *parts_new(void)
{
	void *parts = mmap(NULL, JOBS_MAX * sizeof(struct part), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (parts == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return parts;
}

/* ---- what broke ---- */

static bool still_breaks(const struct options *options, struct part *part, int null)
{
	struct options quiet = *options;

	quiet.trace = false;
	return !ended_well(start_part(&quiet, part, 0, null));
}

/* Less of one thing after the other, as long as it still breaks. */
static void shrink(struct options *options, struct part *part)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct sim_plan plan = plan_of(options, options->first);
	struct options less;
	int i;

	for (i = 0; i < SIM_NFAULTS; i++) {
		less = *options;
		less.without |= 1U << i;
		if ((plan.faults & 1U << i) && still_breaks(&less, part, null))
			*options = less;
	}
	for (i = 1; i < plan.workers; i++) {
		less = *options;
		less.workers = i;
		if (still_breaks(&less, part, null))
			break;
	}
	if (i < plan.workers)
		*options = less;
	for (i = 1; i < plan.runs; i++) {
		less = *options;
		less.runs = i;
		if (still_breaks(&less, part, null))
			break;
	}
	if (i < plan.runs)
		*options = less;
	for (i = 1; i < plan.steps; i++) {
		less = *options;
		less.steps = i;
		if (still_breaks(&less, part, null))
			break;
	}
	if (i < plan.steps)
		*options = less;
	(void)close(null);
}

static void print_command(const struct options *options)
{
	int i;
	bool first = true;

	(void)printf("--seed %" PRIu64, options->first);
	for (i = 0; i < SIM_NFAULTS; i++)
		if (options->without & 1U << i) {
			(void)printf("%s%s", first ? " --without " : ",",
				     sim_fault_name((enum sim_fault)i));
			first = false;
		}
	if (options->runs)
		(void)printf(" --runs %d", options->runs);
	if (options->workers)
		(void)printf(" --workers %d", options->workers);
	if (options->steps)
		(void)printf(" --steps %d", options->steps);
	if (options->bug)
		(void)printf(" --bug %d", options->bug);
	(void)printf(" --trace\n");
}

/* The last lines of a file. */
static void print_tail(FILE *file)
{
	static char lines[TRACE_LINES][1024];
	unsigned n = 0, i;

	rewind(file);
	while (fgets(lines[n % TRACE_LINES], sizeof(lines[0]), file))
		n++;
	for (i = n > TRACE_LINES ? n - TRACE_LINES : 0; i < n; i++)
		(void)fputs(lines[i % TRACE_LINES], stdout);
}

static void show(const struct options *options, struct part *part)
{
	struct options told = *options;
	FILE *file = tmpfile();

	if (!file) {
		perror("tmpfile");
		return;
	}
	told.trace = true;
	(void)fflush(stdout);
	(void)ended_well(start_part(&told, part, 0, fileno(file)));
	print_tail(file);
	(void)fclose(file);
}

static void report_broken(const struct options *options, uint64_t seed)
{
	struct part *part = parts_new();
	struct options one = *options;

	one.first = seed;
	one.count = 1;
	one.jobs = 1;
	(void)printf("broken: ");
	print_command(&one);
	(void)fflush(stdout);
	shrink(&one, part);
	(void)printf("shrunk: ");
	print_command(&one);
	show(&one, part);
	(void)munmap(part, JOBS_MAX * sizeof(struct part));
}

/* ---- what is asked for ---- */

static void add_counts(struct sim_counts *sum, const struct sim_counts *counts)
{
	int64_t *to = (int64_t *)(void *)sum;
	const int64_t *from = (const int64_t *)(const void *)counts;
	size_t i;

	for (i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static double now_sec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void report(const struct sim_counts *c, double sec)
{
	double n = c->seeds ? (double)c->seeds : 1.;

	(void)printf("%" PRId64 " seeds in %.1f s, %.0f a minute\n", c->seeds, sec,
		     n / (sec > 0 ? sec : 1e-9) * 60.);
	(void)printf(
		"a seed: %.1f runs, %.1f frames, %.1f steps, %.2f branches, %.1f calls, "
		"%.1f rows, %.1f folds, %.0f events\n",
		(double)c->runs / n, (double)c->frames / n, (double)c->steps / n,
		(double)c->branches / n, (double)c->calls / n, (double)c->rows / n,
		(double)c->folds / n, (double)c->events / n);
	(void)printf(
		"a seed: %.2f crashes, %.2f freezes, %.2f drains, %.2f reopened, %.2f takeovers, "
		"%.2f stale writes\n",
		(double)c->crashes / n, (double)c->freezes / n, (double)c->drains / n,
		(double)c->reopens / n, (double)c->takeovers / n, (double)c->stale / n);
	(void)printf(
		"a seed: %.2f tools used, %.2f questions, %.2f answers, %.2f pauses\n",
		(double)c->uses / n, (double)c->questions / n, (double)c->answers / n,
		(double)c->pauses / n);
	(void)printf("runs: %" PRId64 " completed, %" PRId64 " failed, %" PRId64
		     " cancelled\n",
		     c->completed, c->failed, c->cancelled);
}

/* Returns whether all is well; counts are added. */
static bool run_range(const struct options *options, struct sim_counts *sum)
{
	struct part *parts = parts_new();
	pid_t pids[JOBS_MAX];
	bool well = true;
	int job;

	(void)fflush(stdout);
	for (job = 0; job < options->jobs; job++)
		pids[job] = start_part(options, &parts[job], job, -1);
	for (job = 0; job < options->jobs; job++) {
		bool ended = ended_well(pids[job]);

		add_counts(sum, &parts[job].counts);
		well = well && ended;
		if (!ended && options->find)
			(void)printf("bug %d: seed %" PRIu64 " breaks\n", options->bug,
				     parts[job].seed);
		else if (!ended && !options->trace)
			report_broken(options, parts[job].seed);
	}
	(void)munmap(parts, JOBS_MAX * sizeof(struct part));
	return well;
}

/* A seed a line, words behind it are for people. */
static bool run_file(const struct options *options, struct sim_counts *sum)
{
	struct options one = *options;
	FILE *file = fopen(options->file, "re");
	uint64_t seeds[FILE_SEEDS_MAX];
	size_t n = 0, i;
	char line[256];
	bool well = true;
	char *end;

	if (!file) {
		perror(options->file);
		return false;
	}
	/* all of it first: a child that exits moves the offset that it shares */
	while (n < FILE_SEEDS_MAX && fgets(line, sizeof(line), file)) {
		seeds[n] = strtoull(line, &end, 10);
		if (end != line)
			n++;
	}
	(void)fclose(file);
	one.count = 1;
	one.jobs = 1;
	for (i = 0; i < n; i++) {
		one.first = seeds[i];
		well = run_range(&one, sum) && well;
	}
	return well;
}

static void run_case(const struct options *options, const struct sim_case *one)
{
	uint64_t seed;

	for (seed = 0; seed < options->count; seed++) {
		struct sim_counts counts = { 0 };
		struct sim_world *world;
		struct sim_plan plan;

		arm_alarm();
		sim_case_plan(one, seed, &plan);
		world = sim_world_new(&plan, 0, options->trace, &counts);
		sim_world_run(world);
		sim_case_print(one, seed, &world->runs[0], &counts);
		sim_world_free(world);
	}
}

/* Each in a child of its own: one that breaks is not the end of the others. */
static bool run_cases(const struct options *options)
{
	struct sim_cases cases;
	bool well = true;
	size_t i;
	pid_t pid;

	sim_cases_read(&cases, options->cases);
	for (i = 0; i < cases.count; i++) {
		(void)fflush(stdout);
		pid = fork();
		if (!pid) {
			run_case(options, &cases.items[i]);
			(void)fflush(stdout);
			_exit(0);
		}
		if (ended_well(pid))
			continue;
		(void)fprintf(stderr, "%s: broken\n", cases.items[i].name);
		well = false;
	}
	sim_cases_free(&cases);
	return well;
}

static bool read_faults(const char *text, unsigned *ret)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		enum sim_fault fault = sim_fault_parse(text, len);

		if (fault == SIM_NFAULTS)
			return false;
		*ret |= 1U << fault;
		text += len + (text[len] == ',');
	}
	return true;
}

static int usage(void)
{
	(void)fprintf(
		stderr,
		"usage: sim [--first n] [--count n] [--jobs n] [--seed n] [--trace] "
		"[--without fault,...]\n           [--runs n] [--workers n] [--steps n] "
		"[--bug n] [--find] [--file name] [--cases name]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "first", 1, NULL, 'f' }, { "count", 1, NULL, 'c' },
		{ "jobs", 1, NULL, 'j' },  { "seed", 1, NULL, 's' },
		{ "trace", 0, NULL, 't' }, { "without", 1, NULL, 'w' },
		{ "runs", 1, NULL, 'r' },  { "workers", 1, NULL, 'k' },
		{ "steps", 1, NULL, 'n' }, { "bug", 1, NULL, 'b' },
		{ "file", 1, NULL, 'F' },  { "find", 0, NULL, 'i' },
		{ "cases", 1, NULL, 'C' }, { NULL, 0, NULL, 0 },
	};
	struct options options = { .first = 1, .count = 1000, .jobs = 1 };
	struct sim_counts counts = { 0 };
	double begun = now_sec();
	bool well;
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (opt) {
		case 'f':
			options.first = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			options.count = strtoull(optarg, NULL, 10);
			break;
		case 'j':
			options.jobs = atoi(optarg);
			break;
		case 's':
			options.first = strtoull(optarg, NULL, 10);
			options.count = 1;
			break;
		case 't':
			options.trace = true;
			break;
		case 'w':
			if (!read_faults(optarg, &options.without))
				return usage();
			break;
		case 'r':
			options.runs = atoi(optarg);
			break;
		case 'k':
			options.workers = atoi(optarg);
			break;
		case 'n':
			options.steps = atoi(optarg);
			break;
		case 'b':
			options.bug = atoi(optarg);
			break;
		case 'i':
			options.find = true;
			break;
		case 'F':
			options.file = optarg;
			break;
		case 'C':
			options.cases = optarg;
			break;
		default:
			return usage();
		}
	}
	if (optind < argc || options.jobs < 1 || options.jobs > JOBS_MAX)
		return usage();
	if (options.cases)
		return run_cases(&options) ? 0 : 1;
	well = options.file ? run_file(&options, &counts) : run_range(&options, &counts);
	if (options.find) {
		if (well)
			(void)fprintf(stderr, "bug %d: no seed breaks\n", options.bug);
		return well ? 1 : 0;
	}
	if (counts.seeds || !well)
		report(&counts, now_sec() - begun);
	return well ? 0 : 1;
}
