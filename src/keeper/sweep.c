/*
 * sweep.c - incarnations without a heartbeat: dead with their hosts, or only out of reach
 *
 * A missing key alone means nothing: Redis may have been away or have lost it, its clock
 * may have jumped, a keeper may be slow. The row in Postgres is the second witness, and
 * Postgres' clock the one that judges its age; a death needs both.
 *
 * Who is on our own scoreboard is the master's to declare dead (obituary.c). A row
 * belongs to the newest incarnation of its slot: a predecessor that is still in `workers`
 * and has no key is dead if the row is ours, because then a host of that name lives here
 * and knows nothing of it (the whole host was killed and came back); while another host
 * has the row, that host settles its own deaths.
 */
#include "keeper/sweep.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/ids.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/lifeline.h"
#include "ipc/scoreboard.h"
#include "keeper/live.h"
#include "keeper/putback.h"
#include "keeper/registry.h"
#include "pg/pg_pool.h"
#include "queue/queue.h"
#include "queue/queue_absent.h"
#include "redis/redis_link.h"
#include "store/store_workers.h"

#include <stdio.h>
#include <string.h>

#define SWEEPS_MISSED 2

/* An incarnation whose key is missing in a queue. */
struct absentee {
	struct list node;
	struct sweep *sweep;
	size_t queue;
	char name[IDS_MAX];
	char row_name[IDS_MAX];
	int missed; /* sweeps running */
	bool named; /* by the answer that is being read */
	bool alarm_given;
	struct putback *putback; /* it is dead */
};

struct sweep {
	struct sweep_means means;
	ev_timer timer;
	struct list absentees;
	size_t unanswered;       /* calls of this sweep */
	bool asking;             /* Postgres */
	int at_ages;             /* statement of that batch */
	int64_t both_up_mono_ms; /* since then; 0: one is away */
	int64_t suspects; /* in the quarantine lanes, by the answers of this sweep */
	int idle;         /* sweeps without any */
};

enum sweep_verdict sweep_judge(const char *incarnation, const char *row_incarnation,
			       int64_t row_age_ms, bool row_is_ours, int64_t ttl_ms)
{
	if (!row_incarnation || row_age_ms < 0 || row_age_ms > ttl_ms)
		return SWEEP_DEAD;
	if (strcmp(incarnation, row_incarnation) != 0 && row_is_ours)
		return SWEEP_DEAD;
	return SWEEP_LIVES;
}

static void absentee_free(struct absentee *absentee)
{
	list_remove(&absentee->node);
	putback_free(absentee->putback);
	mem_free(absentee);
}

static bool has(const struct scoreboard *board, const char *incarnation)
{
	char text[IDS_MAX];
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (atomic_load(&board->slots[i].state) != SCORE_FREE &&
		    strcmp(score_text_get(&board->slots[i].incarnation, text),
			   incarnation) == 0)
			return true;
	return false;
}

/* On that of a master which drains after an upgrade, too: its keeper settles its own. */
static bool on_board(const struct sweep *sweep, const char *incarnation)
{
	const struct scoreboard *before = sweep->means.env->board_before;

	return has(sweep->means.env->board, incarnation) ||
	       (before && scoreboard_master_alive(before) && has(before, incarnation));
}

/* ---- the dead ---- */

static void on_put_back(void *arg, const struct queue_requeued *total)
{
	struct absentee *absentee = arg;

	log_warn("worker.lost", LOG_S("incarnation", absentee->name),
		 LOG_N("requeued", total->ready),
		 LOG_N("quarantined", total->quarantined),
		 LOG_N("unreadable", total->unreadable));
	absentee_free(absentee);
}

/*
 * In every queue: it may hold entries in those, too, whose sweep has not come that far.
 */
static void declare_dead(struct absentee *absentee)
{
	struct sweep *sweep = absentee->sweep;

	FAULT("sweep.judged");
	registry_offline(sweep->means.registry, absentee->row_name, absentee->name,
			 "lost with its host");
	absentee->putback = putback_start(sweep->means.place, absentee->name, NULL, 0,
					  on_put_back, absentee);
}

static void alarm_keys(struct absentee *absentee, int64_t row_age_ms)
{
	if (absentee->alarm_given)
		return;
	absentee->alarm_given = true;
	log_error(
		"beat.keys_missing", LOG_S("incarnation", absentee->name),
		LOG_S("queue",
		      queue_name(absentee->sweep->means.place->queues[absentee->queue])),
		LOG_N("row_age_ms", row_age_ms));
}

/* ---- Postgres ---- */

static bool is_due(const struct absentee *absentee)
{
	return absentee->missed >= SWEEPS_MISSED && !absentee->putback;
}

static void judge(struct absentee *absentee, const struct pg_reply *reply)
{
	struct sweep *sweep = absentee->sweep;
	int64_t ttl_ms = sweep->means.env->conf->queue.heartbeat_ttl_ms;
	struct store_worker_age row = { .age_ms = -1 };
	int n = store_workers_ages_count(reply, sweep->at_ages), i;

	for (i = 0; i < n; i++) {
		store_workers_ages_read(reply, sweep->at_ages, i, &row);
		if (strcmp(row.worker_id, absentee->row_name) == 0)
			break;
		row = (struct store_worker_age){ .age_ms = -1 };
	}
	switch (sweep_judge(absentee->name, row.incarnation, row.age_ms,
			    row.incarnation && on_board(sweep, row.incarnation),
			    ttl_ms)) {
	case SWEEP_DEAD:
		declare_dead(absentee);
		return;
	case SWEEP_LIVES:
		alarm_keys(absentee, row.age_ms);
		return;
	}
}

static void on_ages(void *arg, const struct pg_outcome *outcome,
		    const struct pg_reply *reply)
{
	struct sweep *sweep = arg;

	sweep->asking = false;
	if (!reply) {
		if (outcome->err.code != ERR_CLOSED)
			log_warn("sweep.no_rows", LOG_S("error", outcome->err.text));
		return;
	}
	list_for_each(node, &sweep->absentees) {
		struct absentee *absentee = list_entry(node, struct absentee, node);

		if (is_due(absentee))
			judge(absentee, reply);
	}
}

static void ask_rows(struct sweep *sweep)
{
	int64_t ttl_ms = sweep->means.env->conf->queue.heartbeat_ttl_ms;
	const char *names[QUEUE_BATCH_MAX];
	struct pg_batch *batch;
	size_t n = 0;

	if (sweep->asking || !sweep->both_up_mono_ms ||
	    clock_mono_ms() - sweep->both_up_mono_ms < ttl_ms)
		return;
	list_for_each(node, &sweep->absentees) {
		struct absentee *absentee = list_entry(node, struct absentee, node);

		if (!is_due(absentee) || n == QUEUE_BATCH_MAX)
			continue;
		if (on_board(sweep, absentee->name))
			absentee->missed = SWEEPS_MISSED - 1; /* the master's to say */
		else
			names[n++] = absentee->row_name;
	}
	if (!n)
		return;
	batch = pg_batch_new();
	sweep->at_ages = store_workers_ages(batch, names, n);
	sweep->asking = true;
	if (pg_pool_submit(sweep->means.pool, batch, 0, on_ages, sweep) < 0)
		sweep->asking = false; /* the next sweep asks */
}

/* ---- the quarantine lane ---- */

static void tell_wanted(struct sweep *sweep)
{
	const struct child_env *env = sweep->means.env;
	struct live_worker worker;
	bool there = false, busy = false;
	int at = 0;

	while (live_next(env->board, env->conf->queue.pulse_stale_ms, &at, &worker)) {
		there = there || worker.quarantine;
		busy = busy || (worker.quarantine && worker.active_runs > 0);
	}
	sweep->idle = sweep->suspects || busy ? 0 : sweep->idle + 1;
	if (sweep->suspects)
		lifeline_wanted(sweep->means.lifeline, true);
	else if (there && sweep->idle >= SWEEPS_MISSED)
		lifeline_wanted(sweep->means.lifeline, false);
}

/* ---- Redis ---- */

struct look {
	struct sweep *sweep;
	size_t queue;
};

static void note(struct sweep *sweep, size_t queue, struct queue_text name)
{
	struct absentee *absentee;
	char *dot;

	list_for_each(node, &sweep->absentees) {
		absentee = list_entry(node, struct absentee, node);
		if (absentee->queue == queue && strlen(absentee->name) == name.len &&
		    memcmp(absentee->name, name.data, name.len) == 0) {
			absentee->named = true;
			absentee->missed++;
			return;
		}
	}
	if (name.len >= IDS_MAX)
		return; /* no incarnation of ours is that long */
	absentee = mem_new(struct absentee);
	absentee->sweep = sweep;
	absentee->queue = queue;
	absentee->named = true;
	absentee->missed = 1;
	memcpy(absentee->name, name.data, name.len);
	memcpy(absentee->row_name, name.data, name.len);
	dot = strrchr(absentee->row_name, '.');
	if (dot)
		*dot = '\0';
	list_push(&sweep->absentees, &absentee->node);
}

static void on_absent(void *arg, int rc, const struct queue_text *names, size_t n,
		      int64_t suspects, const struct err *err)
{
	struct look *look = arg;
	struct sweep *sweep = look->sweep;
	size_t queue = look->queue, i;

	mem_free(look);
	sweep->unanswered--;
	if (rc == ERR_CLOSED)
		return;
	if (rc < 0) {
		log_warn("sweep.failed", LOG_S("error", err->text));
		return;
	}
	sweep->suspects += suspects;
	for (i = 0; i < n; i++)
		note(sweep, queue, names[i]);
	list_for_each_safe(node, &sweep->absentees) {
		struct absentee *absentee = list_entry(node, struct absentee, node);

		if (absentee->queue != queue || absentee->putback)
			continue;
		if (!absentee->named)
			absentee_free(absentee); /* its key is back, or it has left */
		else
			absentee->named = false;
	}
	if (sweep->unanswered)
		return;
	tell_wanted(sweep);
	ask_rows(sweep);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct sweep *sweep = w->data;
	const struct putback_place *place = sweep->means.place;
	struct err err;
	size_t i;

	(void)loop;
	(void)revents;
	if (sweep->unanswered || !redis_link_is_up(sweep->means.link))
		return;
	if (!sweep->both_up_mono_ms && pg_pool_links_up(sweep->means.pool) > 0)
		sweep->both_up_mono_ms = clock_mono_ms();
	sweep->suspects = 0;
	for (i = 0; i < place->queue_count; i++) {
		struct look *look = mem_new(struct look);

		look->sweep = sweep;
		look->queue = i;
		if (queue_absent(place->queues[i], on_absent, look, &err) < 0)
			mem_free(look); /* the link went: it says so itself */
		else
			sweep->unanswered++;
	}
}

void sweep_reset(struct sweep *sweep)
{
	if (!sweep)
		return;
	sweep->both_up_mono_ms = 0;
	list_for_each_safe(node, &sweep->absentees) {
		struct absentee *absentee = list_entry(node, struct absentee, node);

		if (!absentee->putback)
			absentee_free(absentee);
	}
}

struct sweep *sweep_new(const struct sweep_means *means)
{
	struct sweep *sweep = mem_new(struct sweep);
	double every_s = (double)means->env->conf->queue.heartbeat_every_ms / 1e3;

	sweep->means = *means;
	list_init(&sweep->absentees);
	ev_timer_init(&sweep->timer, on_timer, every_s, every_s);
	sweep->timer.data = sweep;
	ev_timer_start(means->place->loop, &sweep->timer);
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	ev_timer_stop(sweep->means.place->loop, &sweep->timer);
	while (!list_empty(&sweep->absentees))
		absentee_free(list_entry(sweep->absentees.next, struct absentee, node));
	mem_free(sweep);
}
