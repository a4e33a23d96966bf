/*
 * pg_group.c - many small writes, few commits
 *
 * Units wait in one list, in the order in which they came. A flight is one commit with
 * the units in it:
 *
 *   ready     formed, to be sent as it is: it came back unsent, or is one of a split
 *   sent      its batch is with the pool
 *   resting   alone and refused by a transient error or for a right that it needs, or the
 *             server cannot store anything now: sent again when rest_mono_ms is over
 *   doubt     nobody answered its commit; a check is to be sent
 *   checking  the check is with the pool
 *
 *   waiting units --> sent --> committed
 *                      |-----> rejected, n > 1 --> n x ready (a split)
 *                      |-----> rejected, n = 1 --> resting or rejected for good
 *                      |-----> unsent --> ready
 *                      |-----> unknown --> doubt --> checking --> in, or ready again
 *
 * pump() fills the free flights; it is fed as an event of lowest priority, so it runs at
 * the end of the turn in which units came. With a flight free a commit closes then, else
 * when the one before it is in.
 *
 * Units know nothing of one another: whoever has several writes of one object to keep in
 * order has one unit for it, and adds that again when its fate is known.
 *
 * A commit in doubt whose units are sent again may still arrive: its old backend may be
 * slower than the check. The unique key or the guard refuses one of the two; a unit that
 * was in doubt and is now refused by a constraint is checked once more before it is given
 * up.
 */
#include "pg/pg_group.h"

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"
#include "pg/pg_pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_SAID        5 /* every so many refusals of a unit alone the log says so */
#define DOUBTS_MAX        2
#define REST_MIN_MS       20
#define REST_MAX_MS       2000
#define DEADLINE_TICK_SEC 0.1

enum flight_state {
	FLIGHT_READY,
	FLIGHT_SENT,
	FLIGHT_RESTING,
	FLIGHT_DOUBT,
	FLIGHT_CHECKING,
};

struct pg_flight {
	struct list node;       /* in the group's flights */
	struct pg_group *group; /* NULL: it was freed; the batch's end frees the flight */
	enum flight_state state;
	struct pg_unit **units; /* sorted */
	size_t count;
	struct backoff backoff;
	int tries;            /* transient refusals */
	int doubts;           /* commits of it that nobody answered and that are not in */
	int64_t rest_mono_ms; /* resting, doubt: not before */
	bool doubted; /* was in doubt: it may be in although a check did not see it */
};

struct pg_group {
	struct ev_loop *loop;
	struct pg_pool *pool;
	struct pg_group_options options;
	const struct pg_group_ops *ops;
	void *ctx;
	struct list waiting; /* of units, oldest first */
	size_t waiting_count;
	struct list flights; /* all, in the order in which they may be sent */
	size_t flying_count; /* units in them */
	int active;          /* sent or checking */
	uint64_t next_ordinal;
	struct rng rng;
	struct pg_watch watch;
	ev_prepare turn_end;    /* never started, only fed */
	ev_timer rest;          /* the next rest_mono_ms */
	ev_timer deadlines;     /* repeats while there are units with one */
	struct backoff backoff; /* of a server that stores nothing now */
	int64_t hold_mono_ms;   /* and until when nothing is sent to it */
	bool closing;
	struct pg_group_counters counters;
};

static void pump_later(struct pg_group *group)
{
	ev_feed_event(group->loop, &group->turn_end, EV_CUSTOM);
}

/* ---- flights ---- */

static struct pg_flight *flight_new(struct pg_group *group, size_t room)
{
	struct pg_flight *flight = mem_new(struct pg_flight);

	flight->group = group;
	flight->units = mem_new_n(struct pg_unit *, room);
	backoff_init(&flight->backoff, REST_MIN_MS, REST_MAX_MS);
	return flight;
}

/* Frees the flight, not its units. */
static void flight_free(struct pg_flight *flight)
{
	list_remove(&flight->node);
	mem_free(flight->units);
	mem_free(flight);
}

/* Units leave the group: nothing of ours points to them any more. */
static void units_leave(struct pg_group *group, struct pg_flight *flight)
{
	size_t i;

	for (i = 0; i < flight->count; i++)
		flight->units[i]->held = NULL;
	group->flying_count -= flight->count;
}

/* Take one unit out of a flight that is not with the pool. */
static void flight_drop_unit(struct pg_flight *flight, size_t at)
{
	flight->units[at]->held = NULL;
	flight->group->flying_count--;
	flight->count--;
	memmove(&flight->units[at], &flight->units[at + 1],
		(flight->count - at) * sizeof(struct pg_unit *));
	if (!flight->count)
		flight_free(flight);
}

/*
 * Look again when what rests has rested. What is due already and was not sent waits for
 * no time: for a connection (on_link), or for a flight to come back.
 */
static void arm_rest(struct pg_group *group, int64_t now)
{
	int64_t next = INT64_MAX;

	list_for_each(at, &group->flights) {
		struct pg_flight *flight = list_entry(at, struct pg_flight, node);

		if ((flight->state == FLIGHT_RESTING || flight->state == FLIGHT_DOUBT) &&
		    flight->rest_mono_ms > now && flight->rest_mono_ms < next)
			next = flight->rest_mono_ms;
	}
	if (group->hold_mono_ms > now && group->hold_mono_ms < next)
		next = group->hold_mono_ms;
	ev_timer_stop(group->loop, &group->rest);
	if (next == INT64_MAX)
		return;
	ev_timer_set(&group->rest, (double)(next - now) / 1000.0, 0.0);
	ev_timer_start(group->loop, &group->rest);
}

static void rest(struct pg_flight *flight, enum flight_state state,
		 struct backoff *backoff)
{
	struct pg_group *group = flight->group;

	flight->state = state;
	flight->rest_mono_ms = clock_mono_ms() + backoff_next(backoff, &group->rng);
}

/* Each unit by itself; they stand where the flight stood. */
static void split(struct pg_flight *flight)
{
	struct pg_group *group = flight->group;
	struct list *at = &flight->node;
	size_t i;

	group->counters.splits++;
	for (i = 0; i < flight->count; i++) {
		struct pg_flight *one = flight_new(group, 1);

		one->units[0] = flight->units[i];
		one->count = 1;
		one->doubted = flight->doubted;
		list_add_after(at, &one->node);
		at = &one->node;
		one->units[0]->held = one;
	}
	flight_free(flight);
}

static void give_up(struct pg_flight *flight, const struct pg_outcome *outcome)
{
	struct pg_group *group = flight->group;
	struct pg_unit *unit = flight->units[0];

	assert(flight->count == 1);
	units_leave(group, flight);
	flight_free(flight);
	group->counters.rejected++;
	group->ops->rejected(group->ctx, unit, outcome);
}

static void refused(struct pg_flight *flight, const struct pg_outcome *outcome)
{
	struct pg_group *group = flight->group;

	if (outcome->cls == PG_CLASS_UNAVAILABLE || outcome->cls == PG_CLASS_CONNECTION) {
		log_warn("pg.group_held", LOG_S("error", outcome->err.text),
			 LOG_N("units", flight->count));
		rest(flight, FLIGHT_RESTING, &group->backoff);
		group->hold_mono_ms = flight->rest_mono_ms;
		return;
	}
	if (flight->count > 1) {
		log_info("pg.group_split", LOG_S("error", outcome->err.text),
			 LOG_N("units", flight->count));
		split(flight);
		return;
	}
	if (outcome->cls == PG_CLASS_TRANSIENT || outcome->cls == PG_CLASS_ACCESS) {
		/* not for good: who holds a lock for a minute must not end a run, and a
		 * right that an administrator took away is given back. Alone: others may
		 * need no such lock or right */
		if (++flight->tries % TRIES_SAID == 0)
			log_warn("pg.unit_waits", LOG_S("error", outcome->err.text),
				 LOG_N("tries", flight->tries));
		group->counters.retries++;
		rest(flight, FLIGHT_RESTING, &flight->backoff);
		return;
	}
	if (outcome->cls == PG_CLASS_CONSTRAINT && flight->doubted) {
		flight->doubted = false;
		flight->state = FLIGHT_DOUBT;
		flight->rest_mono_ms = 0;
		return;
	}
	give_up(flight, outcome);
}

static void on_committed(struct pg_flight *flight, const struct pg_reply *reply)
{
	struct pg_group *group = flight->group;

	backoff_reset(&group->backoff);
	group->counters.commits++;
	group->counters.units += flight->count;
	units_leave(group, flight);
	/* off the list first: the callback may add, and pump walks the list */
	list_remove(&flight->node);
	group->ops->committed(group->ctx, flight->units, flight->count, reply);
	flight_free(flight);
}

static void on_batch(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct pg_flight *flight = arg;
	struct pg_group *group = flight->group;

	if (!group) { /* freed meanwhile; its units were told */
		flight_free(flight);
		return;
	}
	group->active--;
	switch (outcome->fate) {
	case PG_COMMITTED:
		on_committed(flight, reply);
		break;
	case PG_REJECTED:
		refused(flight, outcome);
		break;
	case PG_UNSENT:
		flight->state = FLIGHT_READY;
		break;
	case PG_UNKNOWN:
		group->counters.doubts++;
		log_warn("pg.commit_in_doubt", LOG_S("error", outcome->err.text),
			 LOG_N("units", flight->count));
		flight->doubted = true;
		flight->state = FLIGHT_DOUBT;
		flight->rest_mono_ms = 0;
		break;
	}
	pump_later(group);
}

static void on_checked(struct pg_flight *flight, const struct pg_reply *reply)
{
	struct pg_group *group = flight->group;
	size_t count = flight->count, kept = 0, i;
	struct pg_unit **units = flight->units;
	bool *in = mem_new_n(bool, count);

	group->flying_count -= count;
	list_remove(&flight->node);
	group->ops->checked(group->ctx, units, count, reply, in);
	for (i = 0; i < count; i++) {
		if (in[i])
			group->counters.units++;
		else
			units[kept++] = units[i];
	}
	mem_free(in);
	flight->count = kept;
	if (!kept) {
		flight_free(flight);
		return;
	}
	group->flying_count += kept;
	flight->state = FLIGHT_READY;
	list_push_front(&group->flights, &flight->node);
	/*
	 * a commit that ends the connection each time it is sent: find the unit that does
	 */
	if (++flight->doubts >= DOUBTS_MAX && kept > 1)
		split(flight);
}

static void on_check(void *arg, const struct pg_outcome *outcome,
		     const struct pg_reply *reply)
{
	struct pg_flight *flight = arg;
	struct pg_group *group = flight->group;

	if (!group) {
		flight_free(flight);
		return;
	}
	group->active--;
	switch (outcome->fate) {
	case PG_COMMITTED:
		on_checked(flight, reply);
		break;
	case PG_REJECTED:
		log_warn("pg.check_failed", LOG_S("error", outcome->err.text),
			 LOG_N("units", flight->count));
		rest(flight, FLIGHT_DOUBT, &flight->backoff);
		break;
	case PG_UNSENT:
	case PG_UNKNOWN: /* a check changes nothing: just again */
		flight->state = FLIGHT_DOUBT;
		flight->rest_mono_ms = 0;
		break;
	}
	pump_later(group);
}

/* ---- sending ---- */

/* Hand a flight to the pool. False: the pool is full, try again when something is in. */
static bool send(struct pg_flight *flight, bool check)
{
	struct pg_group *group = flight->group;
	struct pg_batch *batch = pg_batch_new();

	if (check)
		group->ops->build_check(group->ctx, batch, flight->units, flight->count);
	else
		group->ops->build(group->ctx, batch, flight->units, flight->count);
	if (pg_pool_submit(group->pool, batch, group->options.batch_deadline_ms,
			   check ? on_check : on_batch, flight) < 0)
		return false;
	flight->state = check ? FLIGHT_CHECKING : FLIGHT_SENT;
	group->active++;
	return true;
}

/* What is to be sent next among the flights that exist, or NULL. */
static struct pg_flight *next_flight(struct pg_group *group, int64_t now, bool *check)
{
	list_for_each(at, &group->flights) {
		struct pg_flight *flight = list_entry(at, struct pg_flight, node);

		switch (flight->state) {
		case FLIGHT_SENT:
		case FLIGHT_CHECKING:
			break;
		case FLIGHT_DOUBT:
			*check = true;
			if (flight->rest_mono_ms <= now)
				return flight;
			break;
		case FLIGHT_RESTING:
			*check = false;
			if (flight->rest_mono_ms <= now && now >= group->hold_mono_ms)
				return flight;
			break;
		case FLIGHT_READY:
			*check = false;
			if (now >= group->hold_mono_ms)
				return flight;
			break;
		}
	}
	return NULL;
}

/* qsort has no context; a flight is sorted at a time, in this process. */
static int (*sort_order)(const struct pg_unit *a, const struct pg_unit *b);

static int compare(const void *pa, const void *pb)
{
	const struct pg_unit *a = *(struct pg_unit *const *)pa;
	const struct pg_unit *b = *(struct pg_unit *const *)pb;
	int by_run = sort_order ? sort_order(a, b) : 0;

	if (by_run)
		return by_run;
	return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

/* A flight of what waits and may go; NULL: nothing. */
static struct pg_flight *form_flight(struct pg_group *group)
{
	size_t room = group->waiting_count < group->options.commit_rows
			      ? group->waiting_count
			      : group->options.commit_rows;
	struct pg_flight *flight;
	size_t bytes = 0;

	if (!room)
		return NULL;
	flight = flight_new(group, room);
	list_for_each_safe(at, &group->waiting) {
		struct pg_unit *unit = list_entry(at, struct pg_unit, node);

		list_remove(&unit->node);
		unit->held = flight;
		flight->units[flight->count++] = unit;
		bytes += unit->bytes;
		if (flight->count == room || bytes >= group->options.commit_bytes)
			break;
	}
	if (!flight->count) {
		flight_free(flight);
		return NULL;
	}
	group->waiting_count -= flight->count;
	group->flying_count += flight->count;
	sort_order = group->ops->order;
	qsort(flight->units, flight->count, sizeof(struct pg_unit *), compare);
	list_push(&group->flights, &flight->node);
	return flight;
}

static void pump(struct pg_group *group)
{
	int64_t now = clock_mono_ms();
	struct pg_flight *flight;
	bool check = false;

	while (group->active < group->options.flights &&
	       pg_pool_links_up(group->pool) > 0) {
		flight = next_flight(group, now, &check);
		if (!flight) {
			check = false;
			flight = now >= group->hold_mono_ms ? form_flight(group) : NULL;
		}
		if (!flight)
			break;
		if (!send(flight, check)) {
			/* somebody else filled the pool: look again soon */
			group->hold_mono_ms = now + REST_MIN_MS;
			break;
		}
	}
	arm_rest(group, now);
}

static void on_turn_end(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)revents;
	pump(w->data);
}

static void on_rested(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	pump_later(w->data);
}

static void on_link(void *arg, bool up)
{
	if (up)
		pump_later(arg);
}

/* ---- deadlines ---- */

static struct pg_outcome too_late(enum pg_fate fate)
{
	struct pg_outcome outcome = {
		.fate = fate,
		.cls = PG_CLASS_CONNECTION,
		.statement = -1,
	};

	(void)err_set(&outcome.err, ERR_TIMEOUT, "Postgres did not store it in time");
	return outcome;
}

/* The first unit that is late and not with the pool, taken out; NULL: none. */
static struct pg_unit *take_late(struct pg_group *group, int64_t since,
				 enum pg_fate *fate)
{
	*fate = PG_UNSENT;
	list_for_each(at, &group->waiting) {
		struct pg_unit *unit = list_entry(at, struct pg_unit, node);

		if (unit->added_mono_ms > since)
			break; /* they came in this order */
		list_remove(&unit->node);
		group->waiting_count--;
		return unit;
	}
	list_for_each(at, &group->flights) {
		struct pg_flight *flight = list_entry(at, struct pg_flight, node);
		size_t i;

		if (flight->state == FLIGHT_SENT || flight->state == FLIGHT_CHECKING)
			continue;
		for (i = 0; i < flight->count; i++) {
			struct pg_unit *unit = flight->units[i];

			if (unit->added_mono_ms > since)
				continue;
			*fate = flight->doubted ? PG_UNKNOWN : PG_UNSENT;
			flight_drop_unit(flight, i);
			return unit;
		}
	}
	return NULL;
}

static void on_deadlines(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pg_group *group = w->data;
	int64_t since = clock_mono_ms() - group->options.unit_deadline_ms;
	struct pg_outcome outcome;
	struct pg_unit *unit;
	enum pg_fate fate;

	(void)revents;
	while ((unit = take_late(group, since, &fate))) {
		outcome = too_late(fate);
		group->counters.rejected++;
		group->ops->rejected(group->ctx, unit, &outcome);
	}
	if (!group->waiting_count && !group->flying_count)
		ev_timer_stop(loop, w);
}

/* ---- the face ---- */

struct pg_group *pg_group_new(struct ev_loop *loop, struct pg_pool *pool,
			      const struct pg_group_options *options,
			      const struct pg_group_ops *ops, void *ctx)
{
	struct pg_group *group = mem_new(struct pg_group);

	group->loop = loop;
	group->pool = pool;
	group->ops = ops;
	group->ctx = ctx;
	if (options)
		group->options = *options;
	if (!group->options.commit_rows)
		group->options.commit_rows = 256;
	if (group->options.flights <= 0)
		group->options.flights = 2;
	if (!group->options.commit_bytes)
		group->options.commit_bytes = (size_t)8 << 20;
	if (group->options.batch_deadline_ms <= 0)
		group->options.batch_deadline_ms = 10000;
	list_init(&group->waiting);
	list_init(&group->flights);
	backoff_init(&group->backoff, REST_MIN_MS, REST_MAX_MS);
	rng_seed(&group->rng, rng_u64());
	ev_prepare_init(&group->turn_end, on_turn_end);
	ev_set_priority(&group->turn_end, EV_MINPRI);
	ev_init(&group->rest, on_rested);
	ev_timer_init(&group->deadlines, on_deadlines, DEADLINE_TICK_SEC,
		      DEADLINE_TICK_SEC);
	group->turn_end.data = group->rest.data = group->deadlines.data = group;
	group->watch.changed = on_link;
	group->watch.arg = group;
	pg_pool_watch(pool, &group->watch);
	return group;
}

static void close_unit(struct pg_group *group, struct pg_unit *unit, enum pg_fate fate)
{
	struct pg_outcome outcome = {
		.fate = fate,
		.cls = PG_CLASS_CONNECTION,
		.statement = -1,
	};

	(void)err_set(&outcome.err, ERR_CLOSED, "we are leaving");
	unit->held = NULL;
	group->ops->rejected(group->ctx, unit, &outcome);
}

void pg_group_free(struct pg_group *group)
{
	struct list *node;
	size_t i;

	if (!group)
		return;
	group->closing = true;
	pg_pool_unwatch(&group->watch);
	ev_clear_pending(group->loop, &group->turn_end);
	ev_timer_stop(group->loop, &group->rest);
	ev_timer_stop(group->loop, &group->deadlines);
	while ((node = list_shift(&group->flights))) {
		struct pg_flight *flight = list_entry(node, struct pg_flight, node);
		bool with_pool =
			flight->state == FLIGHT_SENT || flight->state == FLIGHT_CHECKING;
		enum pg_fate fate = flight->state == FLIGHT_SENT || flight->doubted
					    ? PG_UNKNOWN
					    : PG_UNSENT;
		struct pg_unit **units = flight->units;
		size_t count = flight->count;

		units_leave(group, flight);
		flight->group = NULL;
		flight->units = NULL;
		flight->count = 0;
		if (!with_pool)
			flight_free(flight);
		for (i = 0; i < count; i++)
			close_unit(group, units[i], fate);
		mem_free(units);
	}
	while ((node = list_shift(&group->waiting)))
		close_unit(group, list_entry(node, struct pg_unit, node), PG_UNSENT);
	mem_free(group);
}

void pg_group_add(struct pg_group *group, struct pg_unit *unit)
{
	unit->held = NULL;
	unit->ordinal = group->next_ordinal++;
	unit->added_mono_ms = clock_mono_ms();
	list_push(&group->waiting, &unit->node);
	group->waiting_count++;
	if (group->options.unit_deadline_ms > 0 && !ev_is_active(&group->deadlines)) {
		ev_timer_set(&group->deadlines, DEADLINE_TICK_SEC, DEADLINE_TICK_SEC);
		ev_timer_start(group->loop, &group->deadlines);
	}
	pump_later(group);
}

bool pg_group_withdraw(struct pg_group *group, struct pg_unit *unit)
{
	struct pg_flight *flight = unit->held;
	size_t i;

	if (group->closing)
		return false;
	if (!flight) {
		list_remove(&unit->node);
		group->waiting_count--;
		return true;
	}
	if (flight->state != FLIGHT_READY || flight->doubted)
		return false;
	for (i = 0; flight->units[i] != unit; i++)
		;
	flight_drop_unit(flight, i);
	return true;
}

size_t pg_group_waiting(const struct pg_group *group)
{
	return group->waiting_count;
}

size_t pg_group_in_flight(const struct pg_group *group)
{
	return group->flying_count;
}

const struct pg_group_counters *pg_group_counters(const struct pg_group *group)
{
	return &group->counters;
}
