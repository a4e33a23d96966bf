/*
 * bench_baseline.c - what this machine can do at this moment, and what the servers
 * promise
 *
 * Machines of others' move by a factor of two from minute to minute. A figure is read
 * against what the disk and one trip to Redis cost in the same minute.
 */
#include "cli/bench_baseline.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "base/str.h"
#include "cli/bench_disk.h"
#include "cli/bench_house.h"
#include "cli/bench_link.h"
#include "cli/bench_samples.h"
#include "queue/queue_beat.h"
#include "redis/redis_link.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define MEASURE_US 1000000

static int measure_fdatasync(struct bench_house *house, struct bench_baseline *ret,
			     struct err *err)
{
	struct bench_samples took_us = { .count = 0 };
	int rc = bench_disk_sync(house, 0, MEASURE_US / 1000, &took_us, err);

	ret->fdatasync_per_s = (double)took_us.count * 1e6 / MEASURE_US;
	ret->fdatasync_p50_ms = (double)bench_samples_at(&took_us, 50.) / 1e3;
	ret->fdatasync_p99_ms = (double)bench_samples_at(&took_us, 99.) / 1e3;
	bench_samples_deinit(&took_us);
	return rc;
}

struct beating {
	bool done;
	int rc;
	struct err err;
};

static void on_beat(void *arg, int rc, int64_t now_ms, const struct err *err)
{
	struct beating *beating = arg;

	(void)now_ms;
	beating->done = true;
	beating->rc = rc;
	beating->err = *err;
}

/* A queue of its own: nothing of it is in the one that is measured. */
static int measure_evalsha(struct bench_link *link, double *per_s, struct err *err)
{
	const struct queue_text name = { "bench-0.00000000", 16 };
	struct queue *queue = NULL;
	int64_t begin_mono_us = clock_mono_us(), took_us = 0, count = 0;
	int rc =
		queue_new(link->link, link->scripts, "bench-baseline", NULL, &queue, err);

	while (rc == 0 && took_us < MEASURE_US) {
		struct beating beating = { .done = false };

		rc = queue_beat(queue, &name, 1, 8000, on_beat, &beating, err);
		if (rc == 0)
			bench_link_wait(link, &beating.done);
		if (rc == 0 && beating.rc < 0)
			rc = err_set(err, beating.rc, "%s", beating.err.text);
		count++;
		took_us = clock_mono_us() - begin_mono_us;
	}
	queue_free(queue);
	if (rc == 0)
		*per_s = (double)count * 1e6 / (double)took_us;
	return rc;
}

static void name_filesystem(const char *path, char *ret, size_t size)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0) {
		(void)snprintf(ret, size, "unknown");
		return;
	}
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
		(void)snprintf(ret, size, "ext4");
		break;
	case XFS_SUPER_MAGIC:
		(void)snprintf(ret, size, "xfs");
		break;
	case BTRFS_SUPER_MAGIC:
		(void)snprintf(ret, size, "btrfs");
		break;
	case TMPFS_MAGIC:
		(void)snprintf(ret, size, "tmpfs");
		break;
	case OVERLAYFS_SUPER_MAGIC:
		(void)snprintf(ret, size, "overlay");
		break;
	default:
		(void)snprintf(ret, size, "0x%lx", (unsigned long)fs.f_type);
	}
}

static int read_setting(struct bench_link *link, const char *name, char *ret, size_t size,
			struct err *err)
{
	struct str text = STR_INIT;
	int rc = bench_link_setting(link, name, &text, err);

	(void)snprintf(ret, size, "%s", str_text(&text));
	str_deinit(&text);
	return rc;
}

static int read_redis(struct bench_link *link, struct bench_baseline *ret,
		      struct err *err)
{
	int version = redis_link_server(link->link)->version;
	int rc = read_setting(link, "appendonly", ret->appendonly,
			      sizeof(ret->appendonly), err);

	(void)snprintf(ret->redis_version, sizeof(ret->redis_version), "%d.%d.%d",
		       version / 10000, version / 100 % 100, version % 100);
	if (rc == 0)
		rc = read_setting(link, "appendfsync", ret->appendfsync,
				  sizeof(ret->appendfsync), err);
	return rc;
}

int bench_baseline_measure(struct bench_house *house, struct bench_link *link,
			   struct bench_baseline *ret, struct err *err)
{
	cpu_set_t set;
	int rc;

	ret->cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	name_filesystem(house->dir.path, ret->filesystem, sizeof(ret->filesystem));
	rc = measure_fdatasync(house, ret, err);
	if (rc == 0)
		rc = measure_evalsha(link, &ret->evalsha_per_s, err);
	if (rc == 0)
		rc = read_redis(link, ret, err);
	ret->has_postgres = house->conf != NULL;
	if (rc == 0 && ret->has_postgres)
		rc = bench_store_settings(house->conf, &ret->postgres, err);
	return rc;
}
