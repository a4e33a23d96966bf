/*
 * show.c - the state of the host, as the scoreboard and systemd see it
 *
 * It is derived after every turn of the loop from what is so, and told when it changed.
 */
#include "master/show.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"
#include "master/house.h"

/* Why the host is degraded; "" when it is not. */
static void degraded_reason(const struct master *m, struct str *out)
{
	int i;

	for (i = 0; i < m->crews.count; i++) {
		const struct crew *crew = &m->crews.rows[i];

		if (!crew->restart.degraded)
			continue;
		str_printf(
			out,
			"%s%s dies again and again: %lld deaths in the last %lld s, the "
			"last by %s",
			out->len ? "; " : "", crew->kind->name,
			(long long)restart_deaths(&crew->restart, clock_mono_ms()),
			(long long)(crew->restart.limits.window_ms / 1000),
			crew->last_cause);
	}
}

static void add_stores(struct master *m, struct str *out)
{
	static const char *const missing[] = {
		NULL,
		"Redis does not answer",
		"Postgres does not answer",
		"Redis and Postgres do not answer",
	};
	const char *text = missing[crews_stores_away(&m->crews) & 3U];

	if (!text)
		return;
	str_printf(out, "%s%s", out->len ? "; " : "", text);
	if (m->conf->stores_away && conf_is_standalone(m->conf))
		str_add_text(out,
			     ": requests are executed here, and definitions that are "
			     "saved stay in files of this host until a sync");
}

static void show_state(struct master *m, enum score_master_state state,
		       const char *reason, bool dying)
{
	enum score_master_state before = (enum score_master_state)atomic_load_explicit(
		&m->board->master_state, memory_order_relaxed);
	struct str status = STR_INIT;

	score_text_set(&m->board->reason, reason);
	if (state == before)
		return;
	atomic_store_explicit(&m->board->master_state, (int32_t)state,
			      memory_order_release);
	if (state == SCORE_MASTER_DEGRADED)
		LOG_AT(dying ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "master.degraded",
		       LOG_S("reason", reason));
	else if (before == SCORE_MASTER_DEGRADED && state != SCORE_MASTER_DRAINING)
		log_info("master.recovered",
			 LOG_S("state", score_master_state_name(state)));
	str_printf(&status, "STATUS=%s%s%s", score_master_state_name(state),
		   reason[0] ? ": " : "", reason);
	sdnotify_send(&m->sd, str_text(&status));
	str_deinit(&status);
}

static int show_children(struct master *m)
{
	int i, count = 0;

	for (i = 0; i < m->crews.count; i++)
		count += m->crews.rows[i].processes;
	return count;
}

void show_review(struct master *m)
{
	struct str reason = STR_INIT;
	bool dying;

	if (m->draining.active) {
		show_state(m, SCORE_MASTER_DRAINING, m->draining.reason, false);
		return;
	}
	if (!m->ready && crews_all_ever_ready(&m->crews) && upgrade_ready(m)) {
		m->ready = true;
		log_info("master.ready", LOG_N("children", show_children(m)));
		sdnotify_send(&m->sd, "READY=1");
	}
	degraded_reason(m, &reason);
	dying = reason.len > 0; /* a store comes back by itself */
	add_stores(m, &reason);
	if (reason.len)
		show_state(m, SCORE_MASTER_DEGRADED, str_text(&reason), dying);
	else
		show_state(m, m->ready ? SCORE_MASTER_RUNNING : SCORE_MASTER_STARTING, "",
			   false);
	str_deinit(&reason);
}
