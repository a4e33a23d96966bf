/* bench_house.h - where a benchmark lives: a folder, servers of its own, signals */
#ifndef CLI_BENCH_HOUSE_H
#define CLI_BENCH_HOUSE_H

#include "base/err.h"
#include "cli/dev_dir.h"
#include "cli/dev_servers.h"
#include "store/new_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_args;
struct conf;

#define BENCH_HOUSE_ENV 64

/* Embed it zeroed. For readers: all. */
struct bench_house {
	const struct cli_args *args;
	struct dev_dir dir; /* temporary: gone when the house is closed */
	struct dev_servers servers;
	struct conf *conf;  /* how this process uses the stores; needs Postgres */
	struct new_key key; /* of the API; the same */
	const char
		*env[BENCH_HOUSE_ENV]; /* what a daemon gets of ours; NULL at the end */
	size_t env_count;
	int signal_fd;
	bool stopped;
};

/*
 * Make the folder and start the servers (postgres: both of them, with the schema and a
 * key; else Redis alone). INT, TERM and HUP are blocked from here on and seen by
 * bench_house_stopped(). Close it in every case. ERR_CLOSED: stopped by a signal.
 */
int bench_house_open(struct bench_house *house, const struct cli_args *args,
		     bool postgres, struct err *err);
/* Stop the servers and remove the folder. failed: show the ends of the servers' logs. */
void bench_house_close(struct bench_house *house, bool failed);

/* Did a signal ask us to end? house: a struct bench_house (the callback of loads). */
bool bench_house_stopped(void *house);
/* Sleep, but no longer than until then. ERR_CLOSED: a signal came. */
int bench_house_sleep(struct bench_house *house, int64_t ms, struct err *err);

/* Write what is to be written to the disk that the servers are on, then rest a second.
 * ERR_CLOSED as above. */
int bench_house_settle(struct bench_house *house, struct err *err);

/* Store orchestrations of one `print` step that says what came in, with these ids;
 * versions[count] is filled. */
int bench_house_define(struct bench_house *house, const char *const *ids, size_t count,
		       int64_t *versions, struct err *err);

/* A line of progress on standard error. */
void bench_house_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The end of a log of the folder on standard error. */
void bench_house_show_log(struct bench_house *house, const char *name);

#endif
