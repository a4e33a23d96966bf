/* top_sample.h - the daemon of this host at one moment, copied from its scoreboards */
#ifndef CLI_TOP_SAMPLE_H
#define CLI_TOP_SAMPLE_H

#include "base/err.h"
#include "base/ids.h"
#include "cli/top_proc.h"
#include "ipc/scoreboard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More children than a board has slots: those of succeeded masters come on top. */
#define TOP_SAMPLE_ROWS (2 * SCOREBOARD_SLOTS)

/* A child. Ages are -1 when nothing is known. */
struct top_row {
	char kind[24];
	char name[IDS_MAX];  /* its row in the registry */
	char cause[IDS_MAX]; /* of its death; "": it lives */
	int slot;
	int pid;
	int generation;
	enum score_state state;
	bool before; /* its master was succeeded */
	int64_t up_ms;
	int64_t pulse_ms; /* since its loop turned */
	int64_t late_ms;  /* the latest that it ever turned */
	int64_t active;   /* runs in flight; of an API child connections */
	int64_t ended;    /* runs; of an API child requests: counters, like the next */
	int64_t failed;
	int64_t runs; /* runs ended */
	int64_t steps;
	int64_t requests;
	int64_t active_runs;
	int64_t max_runs;
	struct top_proc proc;
};

struct top_sample {
	int64_t mono_ms;
	bool running; /* else all below is zero */
	char version[32];
	char host[IDS_MAX];
	char reason[IDS_MAX];
	char reload[IDS_MAX];
	enum score_master_state state;
	int pid;
	int generation;
	int64_t up_ms;
	int64_t pulse_ms;
	int64_t waiting;   /* entries in the queues of this host; -1 */
	int64_t oldest_ms; /* how long the oldest of them has; -1 */
	struct top_proc proc;
	struct top_row *rows; /* owned */
	size_t count;
};

/* A sample of now. 0, also when nobody runs; or as scoreboard_open_readonly(). */
int top_sample_take(const char *run_dir, struct top_sample *ret, struct err *err);
/* Fine on a zeroed one. */
void top_sample_deinit(struct top_sample *sample);

#endif
