/*
 * bench_disk.c - what a flush costs on the disk that the servers' data lies on
 *
 * The control of what a benchmark says about commits: the same disk, at the same pace,
 * and nothing of ours or of Postgres in between.
 */
#include "cli/bench_disk.h"

#include "base/clock.h"
#include "base/fdutil.h"
#include "cli/bench_house.h"
#include "cli/bench_samples.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES 8192 /* of Postgres */
#define FILE_PAGES 2048 /* of a WAL segment */

struct disk {
	int fd;
	char page[PAGE_BYTES];
};

static int make_file(struct disk *disk, const char *path, struct err *err)
{
	int i;

	disk->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (disk->fd < 0)
		return err_errno(err, "open %s", path);
	memset(disk->page, 'x', sizeof(disk->page));
	for (i = 0; i < FILE_PAGES; i++)
		if (pwrite(disk->fd, disk->page, PAGE_BYTES, (off_t)i * PAGE_BYTES) !=
		    PAGE_BYTES)
			return err_errno(err, "write %s", path);
	return fsync(disk->fd) < 0 ? err_errno(err, "fsync %s", path) : 0;
}

static void sleep_until(int64_t mono_us)
{
	const struct timespec at = { mono_us / 1000000, mono_us % 1000000 * 1000 };

	/* ended early by a signal: the next write is early, nothing else */
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int sync_page(const struct disk *disk, int64_t i)
{
	off_t at = (off_t)(i % FILE_PAGES) * PAGE_BYTES;

	if (pwrite(disk->fd, disk->page, PAGE_BYTES, at) != PAGE_BYTES)
		return -1;
	return fdatasync(disk->fd);
}

static int sync_one_by_one(const struct disk *disk, int64_t ms,
			   struct bench_samples *took_us)
{
	int64_t begin_mono_us = clock_mono_us(), end_mono_us = begin_mono_us + ms * 1000;
	int64_t now_mono_us, i;

	for (i = 0; begin_mono_us < end_mono_us; i++) {
		if (sync_page(disk, i) < 0)
			return -1;
		now_mono_us = clock_mono_us();
		bench_samples_add(took_us, now_mono_us - begin_mono_us);
		begin_mono_us = now_mono_us;
	}
	return 0;
}

/* Whatever is due when a flush begins is in with it. */
static int sync_what_is_due(const struct disk *disk, int rate_per_s, int64_t ms,
			    struct bench_samples *took_us)
{
	int64_t start_mono_us = clock_mono_us(), count = ms * rate_per_s / 1000;
	int64_t next = 0, begin_mono_us, due_mono_us, now_mono_us, i;

	for (i = 0; next < count; i++) {
		sleep_until(start_mono_us + next * 1000000 / rate_per_s);
		begin_mono_us = clock_mono_us();
		if (sync_page(disk, i) < 0)
			return -1;
		now_mono_us = clock_mono_us();
		for (; next < count; next++) {
			due_mono_us = start_mono_us + next * 1000000 / rate_per_s;
			if (due_mono_us > begin_mono_us)
				break;
			bench_samples_add(took_us, now_mono_us - due_mono_us);
		}
	}
	return 0;
}

int bench_disk_sync(struct bench_house *house, int rate_per_s, int64_t ms,
		    struct bench_samples *took_us, struct err *err)
{
	struct disk disk = { .fd = -1 };
	char path[DEV_PATH_MAX];
	int rc = make_file(&disk, dev_dir_at(&house->dir, "fdatasync", path), err);

	if (rc == 0 && (rate_per_s ? sync_what_is_due(&disk, rate_per_s, ms, took_us)
				   : sync_one_by_one(&disk, ms, took_us)) < 0)
		rc = err_errno(err, "fdatasync %s", path);
	fdutil_close(&disk.fd);
	(void)unlink(path);
	return rc;
}
