/*
 * acts.c - what may be asked of the master, by a signal or over the control socket
 *
 * Here is what each act means in each state of the master; how it is done is the other
 * rooms' business. A drain is the end: nothing but a faster one comes after it.
 */
#include "master/acts.h"

#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "master/autoscale.h"
#include "master/house.h"
#include "master/master.h"

#include <stddef.h>
#include <string.h>

/* For whoever asks and does not read the log, where the word stands. */
static const char *sentence_of(const char *reason)
{
	static const struct {
		const char *reason;
		const char *sentence;
	} rows[] = {
		{ "draining", "the daemon is draining" },
		{ "reload", "a reload is under way" },
		{ "upgrade", "an upgrade is under way" },
		{ "nothing_to_read", "this daemon has no configuration to read again" },
		{ "starting", "the daemon is starting" },
		{ "unknown_program", "the path of the program is not known" },
		{ "no_workers", "this host runs no workers" },
		{ "no_seat_left", "there is no room for another process" },
		{ "the_last_one", "it is the last worker" },
		{ "no_such_worker", "there is no worker in that slot" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return rows[i].sentence;
	return reason;
}

static int refuse(const char *act, const char *by, const char *reason, int code,
		  struct err *err)
{
	log_warn("act.refused", LOG_S("act", act), LOG_S("by", by),
		 LOG_S("reason", reason));
	return err_set(err, code, "%s", sentence_of(reason));
}

/* Nothing but a faster end comes after a drain has begun. */
static int while_draining(struct master *m, const char *act, const char *by,
			  struct err *err)
{
	return m->draining.active ? refuse(act, by, "draining", ERR_CONFLICT, err) : 0;
}

/* How many there are is in the balance while a generation is on its way. */
static int while_changing(struct master *m, const char *act, const char *by,
			  struct err *err)
{
	int rc = while_draining(m, act, by, err);

	if (rc == 0 && reload_active(&m->reload))
		rc = refuse(act, by, "reload", ERR_CONFLICT, err);
	if (rc == 0 && upgrade_active(&m->upgrade))
		rc = refuse(act, by, "upgrade", ERR_CONFLICT, err);
	return rc;
}

int acts_stop(struct master *m, const char *by, int64_t deadline_ms, bool fast,
	      struct err *err)
{
	int64_t total_ms = deadline_ms < 0 ? m->conf->drain.deadline_ms : deadline_ms;

	(void)err; /* an end is never refused */
	if (m->draining.active) {
		/* the second TERM makes it fast, the second INT takes the grace away */
		bool at_once = fast && m->draining.fast;

		if (deadline_ms < 0 || fast) {
			m->draining.fast = true;
			total_ms = at_once ? 0 : DRAINING_FAST_MS;
		}
		log_info("master.hurry", LOG_S("signal", by), LOG_N("wait_ms", total_ms));
		draining_hurry(&m->draining, total_ms);
		return 0;
	}
	reload_abandon(m, "the daemon stops");
	upgrade_abandon(m, "the daemon stops");
	m->draining.fast = fast;
	if (fast && total_ms > DRAINING_FAST_MS)
		total_ms = DRAINING_FAST_MS;
	log_info("master.draining", LOG_S("signal", by), LOG_N("wait_ms", total_ms));
	sdnotify_send(&m->sd, "STOPPING=1");
	draining_start(&m->draining, fast ? "stop_fast" : "stop", total_ms);
	return 0;
}

int acts_reload(struct master *m, const char *by, struct err *err)
{
	int rc = while_draining(m, "reload", by, err);

	if (rc == 0 && upgrade_active(&m->upgrade))
		rc = refuse("reload", by, "upgrade", ERR_CONFLICT, err);
	if (rc == 0 && !m->opts->inputs)
		rc = refuse("reload", by, "nothing_to_read", ERR_CONFLICT, err);
	return rc < 0 ? rc : reload_begin(m, by, err);
}

int acts_upgrade(struct master *m, const char *by, struct err *err)
{
	int rc = while_changing(m, "upgrade", by, err);

	if (rc == 0 && !m->ready)
		rc = refuse("upgrade", by, "starting", ERR_CONFLICT, err);
	if (rc == 0 && (!m->opts->words || !m->upgrade.program[0]))
		rc = refuse("upgrade", by, "unknown_program", ERR_CONFLICT, err);
	if (rc == 0)
		upgrade_begin(m, by);
	return rc;
}

int acts_reopen_logs(struct master *m, const char *by, struct err *err)
{
	struct seat *seat;
	int rc = log_reopen(err);

	if (rc < 0) {
		log_error("log.not_reopened", LOG_S("by", by), LOG_S("error", err->text));
		return rc;
	}
	log_info("log.reopened", LOG_S("by", by), LOG_N("files", rc));
	CREWS_EACH(&m->crews, seat)
	{
		child_reopen_log(&seat->child);
	}
	return 0;
}

/* A number that follows what waits stays within its bounds, whoever changes it. */
static bool at_most(const struct master *m, const struct crew *crew)
{
	int min, max;

	return autoscale_bounds(m, &min, &max) && crew->processes >= max;
}

static bool at_fewest(const struct master *m, const struct crew *crew)
{
	int min, max;

	return autoscale_bounds(m, &min, &max) && crew->processes <= min;
}

int acts_more(struct master *m, const char *by, struct err *err)
{
	struct crew *crew = crews_scaled(&m->crews);
	int rc = while_changing(m, "more", by, err), slot = 0, seats = 0;
	struct seat *seat;

	if (rc < 0)
		return rc;
	if (!crew)
		return refuse("more", by, "no_workers", ERR_CONFLICT, err);
	if (at_most(m, crew))
		return refuse("more", by, "worker.max", ERR_CONFLICT, err);
	CREWS_EACH(&m->crews, seat)
	{
		seats++;
	}
	if (seats >= CREWS_SEATS_MAX)
		return refuse("more", by, "no_seat_left", ERR_CONFLICT, err);
	while (crews_seat(&m->crews, crew, slot))
		slot++;
	scaling_restart(&m->scaling);
	crews_limit(crew, m->conf, crew->processes + 1);
	log_info("crew.more", LOG_S("by", by), LOG_S("child_kind", crew->kind->name),
		 LOG_N("processes", crew->processes));
	child_start(&crews_seat_add(&m->crews, crew, slot, SEAT_IN_FORCE)->child);
	return 0;
}

int acts_less(struct master *m, const char *by, struct err *err)
{
	struct crew *crew = crews_scaled(&m->crews);
	struct seat *seat, *last = NULL;
	int rc = while_changing(m, "less", by, err);

	if (rc < 0)
		return rc;
	if (!crew)
		return refuse("less", by, "no_workers", ERR_CONFLICT, err);
	CREWS_EACH(&m->crews, seat)
	{
		if (seat->crew == crew && seat->role == SEAT_IN_FORCE &&
		    (!last || seat->child.slot > last->child.slot))
			last = seat;
	}
	if (!last || crew->processes <= 1)
		return refuse("less", by, "the_last_one", ERR_CONFLICT, err);
	if (at_fewest(m, crew))
		return refuse("less", by, "worker.min", ERR_CONFLICT, err);
	scaling_restart(&m->scaling);
	crews_limit(crew, m->conf, crew->processes - 1);
	log_info("crew.less", LOG_S("by", by), LOG_S("child_kind", crew->kind->name),
		 LOG_N("processes", crew->processes));
	crews_seat_leave(last, "less", m->conf->drain.deadline_ms);
	return 0;
}

int acts_quiet(struct master *m, const char *by, struct err *err)
{
	struct seat *seat;
	int rc = while_draining(m, "quiet", by, err);

	if (rc < 0)
		return rc;
	log_info("master.quiet", LOG_S("by", by));
	m->quiet = true; /* those that get ready later are told then */
	CREWS_EACH(&m->crews, seat)
	{
		if ((seat->crew->kind->flags & KIND_HOLDS_JOBS) &&
		    seat->child.state == CHILD_READY)
			child_quiet(&seat->child);
	}
	return 0;
}

/* The worker in that slot, or NULL with the refusal in *rc. */
static struct seat *worker_at(struct master *m, const char *act, const char *by, int slot,
			      int *rc, struct err *err)
{
	const struct crew *crew = crews_scaled(&m->crews);
	struct seat *seat = crew ? crews_seat(&m->crews, crew, slot) : NULL;

	*rc = while_changing(m, act, by, err);
	if (*rc < 0)
		return NULL;
	if (!seat)
		*rc = refuse(act, by, "no_such_worker", ERR_NOT_FOUND, err);
	return seat;
}

int acts_worker_quiet(struct master *m, const char *by, int slot, struct err *err)
{
	int rc;
	struct seat *seat = worker_at(m, "worker_quiet", by, slot, &rc, err);

	if (!seat)
		return rc;
	if (seat->child.state == CHILD_QUIET)
		return 0;
	if (seat->child.state != CHILD_READY) {
		(void)refuse("worker_quiet", by, child_state_name(seat->child.state),
			     ERR_CONFLICT, err);
		return err_wrap(err, "the worker is not ready");
	}
	log_info("act.worker_quiet", LOG_S("by", by), LOG_N("child", seat->child.pid));
	child_quiet(&seat->child);
	return 0;
}

int acts_worker_stop(struct master *m, const char *by, int slot, struct err *err)
{
	int rc;
	struct seat *seat = worker_at(m, "worker_stop", by, slot, &rc, err);

	if (!seat)
		return rc;
	log_info("act.worker_stop", LOG_S("by", by), LOG_N("child", seat->child.pid));
	crews_seat_leave(seat, "worker_stop", m->conf->drain.deadline_ms);
	child_start(&crews_seat_add(&m->crews, seat->crew, slot, SEAT_IN_FORCE)->child);
	return 0;
}
