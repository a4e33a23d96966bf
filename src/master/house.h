/* house.h - what the rooms of the master share: its state, how it is set up and left */
#ifndef MASTER_HOUSE_H
#define MASTER_HOUSE_H

#include "base/loop.h"
#include "base/rng.h"
#include "master/control.h"
#include "master/crews.h"
#include "master/draining.h"
#include "master/host_id.h"
#include "master/obits.h"
#include "master/reload.h"
#include "master/scaling.h"
#include "master/sdnotify.h"
#include "master/upgrade.h"

#include <stdbool.h>
#include <stdint.h>

struct child_env;
struct conf;
struct master_opts;
struct scoreboard;

#define HOUSE_SIGNALS 9

/*
 * The rooms, by file: acts.c what is asked of it, asks.c who asks over control.c and
 * waits, autoscale.c how many workers there are, autopsy.c what is known of a death,
 * forks.c processes for seats, reload.c a new configuration, seat_ops.c what seats ask,
 * show.c what others see, signals.c, tick.c each second's work, upgrade.c the next
 * program.
 */
struct master {
	const struct conf *conf;     /* in force */
	const struct conf **conf_at; /* the caller's, who frees it: the same one */
	const struct master_opts *opts;
	struct ev_loop *loop;
	struct scoreboard *board;
	const struct scoreboard *board_before; /* of whom this one succeeds, or NULL */
	struct host_id host;
	int identity_fd; /* holds the name of the host */
	int run_dir_fd;  /* holds the flock on run_dir */
	int api_listen_fd;
	int health_listen_fd;
	struct sdnotify sd;
	struct crews crews;
	struct obits obits;
	struct draining draining;
	struct reload reload;
	struct upgrade upgrade;
	struct control control;
	struct scaling scaling;
	struct rng rng;

	ev_timer tick;
	int64_t last_tick_mono_ms;
	ev_signal signals[HOUSE_SIGNALS];
	int generation; /* the last number that was given to a configuration */
	bool quiet;     /* what holds jobs claims nothing new */
	bool ready;     /* every seat has been ready once */
};

/* Folders, locks, sockets, scoreboard, seats. What is open after an error is
 * house_drop()'s. */
int house_setup(struct master *m, struct err *err);
/*
 * In a child (keep is what it goes on with) or at the master's end (keep is NULL): stop,
 * close and free everything of the master's, and the master.
 */
void house_drop(struct master *m, const struct child_env *keep);

#endif
