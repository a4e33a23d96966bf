/*
 * master.c - the supervisor of this host
 *
 * It is dull on purpose: it forks, waits, counts and signals. It opens no database, reads
 * no byte from a stranger and waits nowhere but in its loop, so that a bad run cannot
 * take it down. What it knows about a kind of child is one row of a table.
 *
 * The loop is turned by hand, and everything that must not happen inside a callback comes
 * between two turns: forks (a child returns from here up to main(), over no frame of
 * libev), the next step of a reload or a drain, freeing seats, telling the keeper of
 * deaths, and the state that `status` and systemd see. The rooms are listed in house.h.
 */
#include "master/master.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/exit_code.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "ipc/stack.h"
#include "master/asks.h"
#include "master/forks.h"
#include "master/house.h"
#include "master/show.h"
#include "master/signals.h"
#include "master/tick.h"
#include "master/title.h"

#include <signal.h>

static int setup_exit_code(const struct err *err)
{
	switch (err->code) {
	case ERR_CONFLICT:
		return EXIT_CODE_REFUSED;
	case ERR_INPUT:
	case ERR_LIMIT:
		return EXIT_CODE_USAGE;
	default:
		return EXIT_CODE_FAILED;
	}
}

int master_run(const struct conf **conf, const struct master_opts *opts)
{
	struct master *m = mem_new(struct master);
	struct err err = { .code = 0 };
	struct seat *seat;
	int exit_code = EXIT_CODE_OK;
	bool bad;

	log_identity("master", -1, -1);
	FAULT_OPEN();
	FAULT_PROCESS("master");
	m->conf = *conf;
	m->conf_at = conf;
	reload_init(&m->reload);
	control_init(&m->control);
	m->opts = opts;
	m->run_dir_fd = m->api_listen_fd = m->health_listen_fd = -1;
	m->host.fd = m->identity_fd = m->sd.fd = -1;
	bad = upgrade_init(&m->upgrade, &err) < 0;
	if (opts->argc > 0) {
		title_init(opts->argc, opts->argv);
		title_set("master");
	}
	/*
	 * an ignored SIGCHLD, inherited from whoever started us, would reap our children
	 */
	(void)signal(SIGCHLD, SIG_DFL); /* legal signals: cannot fail */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a log as large as a file may be: EFBIG */

	if (bad || house_setup(m, &err) < 0) {
		log_error("master.refused", LOG_S("error", err.text));
		exit_code = setup_exit_code(&err);
		goto out;
	}
	stack_preload();
	signals_start(m);
	tick_start(m);
	log_info("master.started", LOG_S("host", m->host.name),
		 LOG_S("version", opts->version), LOG_S("data_dir", m->conf->data_dir),
		 LOG_S("run_dir", m->conf->run_dir));

	CREWS_EACH(&m->crews, seat)
	{
		if (!(seat->crew->kind->flags & KIND_ON_DEMAND))
			child_start(&seat->child);
	}
	for (;;) {
		reload_advance(m);
		upgrade_advance(m);
		if (!forks_due(m, &exit_code))
			return exit_code; /* a child that is done; m is gone there */
		show_review(m);
		if (draining_advance(&m->draining,
				     crews_keeper(&m->crews) ? m->obits.waiting : 0))
			break;
		asks_review(m);
		crews_sweep(&m->crews);
		ev_run(m->loop, EVRUN_ONCE);
		obits_tell(&m->obits, crews_keeper(&m->crews));
	}
	if (m->obits.waiting)
		log_warn("obituary.left", LOG_N("deaths", m->obits.waiting),
			 LOG_S("what", "the keepers of other hosts will settle them"));
	atomic_store_explicit(&m->board->master_state, SCORE_MASTER_STOPPED,
			      memory_order_release);
	log_info("master.stopped",
		 LOG_N("uptime_ms", clock_wall_ms() - m->board->started_at_ms));
	asks_last(m);
out:
	house_drop(m, NULL);
	return exit_code;
}
