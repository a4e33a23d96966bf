/*
 * signals.c - which signal asks for which act
 *
 *   TERM         drain within drain.deadline, then stop
 *   TERM again   as INT
 *   INT, QUIT    stop fast: drain within a second
 *   INT, QUIT again   kill what is left
 *   HUP          read the configuration again
 *   USR1         open the log file again, all children too
 *   TTIN, TTOU   one worker more, one less
 *   WINCH        what holds jobs claims nothing new, until a reload
 *   USR2         start the program that is there now on the same sockets, and leave
 */
#include "master/signals.h"

#include "master/acts.h"
#include "master/house.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int on_stop(struct master *m, const char *by, struct err *err)
{
	return acts_stop(m, by, -1, false, err);
}

static int on_stop_fast(struct master *m, const char *by, struct err *err)
{
	return acts_stop(m, by, -1, true, err);
}

static const struct {
	int number;
	int (*act)(struct master *m, const char *by, struct err *err);
} rows[] = {
	{ SIGTERM, on_stop },    { SIGINT, on_stop_fast },      { SIGQUIT, on_stop_fast },
	{ SIGHUP, acts_reload }, { SIGUSR1, acts_reopen_logs }, { SIGUSR2, acts_upgrade },
	{ SIGTTIN, acts_more },  { SIGTTOU, acts_less },        { SIGWINCH, acts_quiet },
};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == HOUSE_SIGNALS, "a watcher each");

static void on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct master *m = w->data;
	struct err err = { .code = 0 };
	char name[16];

	(void)loop;
	(void)revents;
	(void)snprintf(name, sizeof(name), "SIG%s", sigabbrev_np(w->signum));
	(void)rows[w - m->signals].act(m, name, &err); /* what it refuses is logged */
}

void signals_start(struct master *m)
{
	size_t i;

	for (i = 0; i < HOUSE_SIGNALS; i++) {
		ev_signal_init(&m->signals[i], on_signal, rows[i].number);
		m->signals[i].data = m;
		ev_signal_start(m->loop, &m->signals[i]);
	}
}

void signals_stop(struct master *m)
{
	size_t i;

	for (i = 0; i < HOUSE_SIGNALS; i++)
		ev_signal_stop(m->loop, &m->signals[i]);
}
