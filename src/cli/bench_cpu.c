/*
 * bench_cpu.c - what everybody has used of the cores so far, by groups
 *
 * Both servers fork (backends; the rewriting of Redis' file, which costs a second of a
 * core at a time) and are asked as families.
 *
 * What Redis says of its commands is time by the wall clock, the rest is time on a core:
 * where others compete for the cores, the first is more than it cost.
 *
 * PEXPIRE is called by scripts as well (the heartbeat key, once a call); what Redis says
 * of it is taken as that of the streams, since those are many times more.
 */
#include "cli/bench_cpu.h"

#include "base/clock.h"
#include "base/str.h"
#include "cli/bench_daemon.h"
#include "cli/bench_house.h"
#include "cli/bench_info.h"
#include "cli/bench_link.h"
#include "cli/bench_procs.h"

#include <sys/resource.h>

const char *bench_cpu_name(enum bench_cpu_group group)
{
	switch (group) {
	case BENCH_CPU_REDIS:
		return "redis";
	case BENCH_CPU_POSTGRES:
		return "postgres";
	case BENCH_CPU_API:
		return "api";
	case BENCH_CPU_WORKER:
		return "worker";
	case BENCH_CPU_MASTER:
		return "master_keeper";
	case BENCH_CPU_LOAD:
		return "load";
	case BENCH_CPU_GROUPS:
		break;
	}
	return "";
}

static int add_pids(const struct bench_daemon *daemon, const char *kind, int64_t *us,
		    struct err *err)
{
	pid_t pids[BENCH_DAEMON_PIDS];
	size_t n = bench_daemon_pids(daemon, kind, pids), i;
	int64_t more;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		rc = bench_procs_cpu_us(pids[i], &more, err);
		if (rc == 0)
			*us += more;
	}
	return rc;
}

static int add_daemon(struct bench_daemon *daemon, struct bench_cpu *ret, struct err *err)
{
	int64_t master;
	int rc = bench_procs_cpu_us(daemon->process.pid, &master, err);

	if (rc == 0)
		rc = add_pids(daemon, "api", &ret->us[BENCH_CPU_API], err);
	if (rc == 0)
		rc = add_pids(daemon, "worker", &ret->us[BENCH_CPU_WORKER], err);
	if (rc == 0)
		rc = add_pids(daemon, "keeper", &ret->us[BENCH_CPU_MASTER], err);
	if (rc == 0)
		ret->us[BENCH_CPU_MASTER] += master;
	return rc;
}

static int64_t own_us(void)
{
	struct rusage children;

	(void)getrusage(RUSAGE_CHILDREN, &children);
	return clock_cpu_us() +
	       (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * INT64_C(1000000) +
	       children.ru_utime.tv_usec + children.ru_stime.tv_usec;
}

int bench_cpu_read(const struct bench_house *house, struct bench_daemon *const *daemons,
		   size_t count, struct bench_link *link, struct bench_cpu *ret,
		   struct err *err)
{
	struct str stats = STR_INIT;
	size_t i;
	int rc;

	*ret = (struct bench_cpu){ .redis_script_us = 0 };
	rc = bench_link_info(link, "commandstats", &stats, err);
	if (rc == 0) {
		const char *text = str_text(&stats);

		ret->redis_script_us = bench_info_command_us(text, "evalsha");
		ret->redis_scripts = bench_info_command_calls(text, "evalsha");
		ret->redis_event_us = bench_info_command_us(text, "xadd") +
				      bench_info_command_us(text, "pexpire");
	}
	str_deinit(&stats);
	if (rc == 0)
		rc = bench_procs_family_cpu_us(house->servers.redis.pid,
					       &ret->us[BENCH_CPU_REDIS], err);
	if (rc == 0)
		rc = bench_procs_family_cpu_us(house->servers.postgres.pid,
					       &ret->us[BENCH_CPU_POSTGRES], err);
	for (i = 0; i < count && rc == 0; i++)
		if (daemons[i])
			rc = add_daemon(daemons[i], ret, err);
	ret->us[BENCH_CPU_LOAD] = own_us();
	return rc;
}

void bench_cpu_minus(const struct bench_cpu *a, const struct bench_cpu *b,
		     struct bench_cpu *ret)
{
	int i;

	for (i = 0; i < BENCH_CPU_GROUPS; i++)
		ret->us[i] = a->us[i] - b->us[i];
	ret->redis_script_us = a->redis_script_us - b->redis_script_us;
	ret->redis_event_us = a->redis_event_us - b->redis_event_us;
	ret->redis_scripts = a->redis_scripts - b->redis_scripts;
}
