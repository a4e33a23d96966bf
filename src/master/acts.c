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
#include "master/house.h"

#include <stddef.h>

/* Nothing but a faster end comes after a drain has begun. */
static int while_draining(struct master *m, const char *act, const char *by,
			  struct err *err)
{
	if (!m->draining.active)
		return 0;
	log_warn("act.refused", LOG_S("act", act), LOG_S("by", by),
		 LOG_S("reason", "draining"));
	return err_set(err, ERR_CONFLICT, "%s: the daemon is draining", act);
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

	return rc < 0 ? rc : reload_begin(m, by, err);
}
