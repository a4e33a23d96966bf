/*
 * crews.c - the kinds that this host runs, and a seat for each of their processes
 *
 * A seat is in one list from its making to its end, whatever generation it belongs to:
 * a generation that is not in force yet sits beside the old one, and the old one stays
 * in the list until its last process is gone. What counts for "ready" and for degraded
 * is what is in force. Seats are freed between two turns of the loop only, since their
 * watchers may be on its list of pending events.
 */
#include "master/crews.h"

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "ipc/kind.h"
#include "ipc/scoreboard.h"

#include <stddef.h>

void crews_init(struct crews *crews, struct ev_loop *loop, const struct child_ops *ops,
		void *owner)
{
	crews->loop = loop;
	crews->ops = ops;
	crews->owner = owner;
	crews->rows = NULL;
	crews->count = 0;
	list_init(&crews->seats);
}

static void seat_free(struct seat *seat)
{
	child_deinit(&seat->child);
	list_remove(&seat->node);
	mem_free(seat);
}

void crews_deinit(struct crews *crews)
{
	int i;

	if (!crews->loop)
		return;
	while (!list_empty(&crews->seats))
		seat_free(crews_seat_at(crews->seats.next));
	for (i = 0; i < crews->count; i++)
		restart_deinit(&crews->rows[i].restart);
	mem_free(crews->rows);
	crews->rows = NULL;
	crews->count = 0;
}

struct seat *crews_seat_add(struct crews *crews, struct crew *crew, int slot,
			    enum seat_role role)
{
	struct seat *seat = mem_new(struct seat);

	child_init(&seat->child, crews->loop, crew->kind, slot, crews->ops, crews->owner);
	seat->crew = crew;
	seat->role = role;
	list_push(&crews->seats, &seat->node);
	return seat;
}

static int too_many(int seats, struct err *err)
{
	return err_set(err, ERR_LIMIT,
		       "%d processes or more are configured, at most %d are possible",
		       seats, CREWS_SEATS_MAX);
}

static struct restart_limits limits_of(const struct kind *kind, const struct conf *conf,
				       int processes)
{
	return (struct restart_limits){
		.min_ms = conf->restart.min_ms,
		.max_ms = conf->restart.max_ms,
		.window_ms = conf->restart.window_ms,
		/* to halve a cohort takes that many deaths */
		.ceiling = conf->restart.ceiling * (kind->flags & KIND_ON_DEMAND ? 4 : 1),
		.processes = processes,
	};
}

int crews_make(struct crews *crews, const struct kind *kinds, const struct conf *conf,
	       struct err *err)
{
	const struct kind *kind;
	int rows = 0, seats = 0, n, i, j;

	for (kind = kinds; kind->name; kind++)
		rows++;
	crews->rows = mem_new_n(struct crew, rows + 1);
	for (kind = kinds; kind->name; kind++) {
		n = kind->processes(conf);
		if (n <= 0 && !(kind->may_come && kind->may_come(conf)))
			continue;
		/* by order; a stable insertion keeps the table's order among equals */
		for (i = crews->count;
		     i > 0 && crews->rows[i - 1].kind->order > kind->order; i--)
			crews->rows[i] = crews->rows[i - 1];
		crews->rows[i] = (struct crew){ .kind = kind, .processes = n };
		crews->count++;
		seats += n;
		if (seats > CREWS_SEATS_MAX)
			return too_many(seats, err);
	}
	if (!seats)
		return err_set(err, ERR_INPUT,
			       "there is nothing to run with these roles");
	for (i = 0; i < crews->count; i++) {
		struct crew *crew = &crews->rows[i];
		struct restart_limits limits =
			limits_of(crew->kind, conf, crew->processes);

		restart_init(&crew->restart, &limits);
		for (j = 0; j < crew->processes; j++)
			(void)crews_seat_add(crews, crew, j, SEAT_IN_FORCE);
	}
	return 0;
}

int crews_check(const struct crews *crews, const struct conf *conf, struct err *err)
{
	int seats = 0, i;

	for (i = 0; i < crews->count; i++)
		seats += crews->rows[i].kind->processes(conf);
	return seats > CREWS_SEATS_MAX ? too_many(seats, err) : 0;
}

void crews_limit(struct crew *crew, const struct conf *conf, int processes)
{
	struct restart_limits limits = limits_of(crew->kind, conf, processes);
	const struct restart_limits *now = &crew->restart.limits;

	crew->processes = processes;
	if (limits.min_ms == now->min_ms && limits.max_ms == now->max_ms &&
	    limits.window_ms == now->window_ms && limits.ceiling == now->ceiling &&
	    limits.processes == now->processes)
		return; /* what is known of its deaths stays */
	restart_deinit(&crew->restart);
	restart_init(&crew->restart, &limits);
}

void crews_sweep(struct crews *crews)
{
	struct list *node = crews->seats.next, *next;

	for (; node != &crews->seats; node = next) {
		struct seat *seat = crews_seat_at(node);

		next = node->next;
		if (seat->role == SEAT_LEAVING && seat->child.state == CHILD_RETIRED)
			seat_free(seat);
	}
}

void crews_seat_leave(struct seat *seat, const char *reason, int64_t wait_ms)
{
	seat->role = SEAT_LEAVING;
	child_drain(&seat->child, reason, clock_mono_ms() + wait_ms);
}

struct crew *crews_scaled(struct crews *crews)
{
	int i;

	for (i = 0; i < crews->count; i++)
		if (crews->rows[i].kind->flags & KIND_SCALES)
			return &crews->rows[i];
	return NULL;
}

struct seat *crews_seat(struct crews *crews, const struct crew *crew, int slot)
{
	struct seat *seat;

	CREWS_EACH(crews, seat)
	{
		if (seat->crew == crew && seat->role == SEAT_IN_FORCE &&
		    seat->child.slot == slot)
			return seat;
	}
	return NULL;
}

int crews_count(const struct crews *crews, const struct crew *crew, enum seat_role role)
{
	const struct seat *seat;
	int count = 0;

	CREWS_EACH(crews, seat)
	{
		if (seat->crew == crew && seat->role == role)
			count++;
	}
	return count;
}

struct child *crews_keeper(struct crews *crews)
{
	struct child *found = NULL;
	struct seat *seat;

	CREWS_EACH(crews, seat)
	{
		if (!(seat->crew->kind->flags & KIND_TAKES_OBITUARIES))
			continue;
		if (!found ||
		    (seat->role == SEAT_IN_FORCE &&
		     (seat->child.state == CHILD_READY || found->state != CHILD_READY)))
			found = &seat->child;
	}
	return found;
}

static bool counts(const struct seat *seat)
{
	return seat->role == SEAT_IN_FORCE && !(seat->crew->kind->flags & KIND_ON_DEMAND);
}

bool crews_all_ready(struct crews *crews, const struct crew *crew)
{
	const struct seat *seat;

	CREWS_EACH(crews, seat)
	{
		if (seat->crew == crew && counts(seat) &&
		    seat->child.state != CHILD_READY && seat->child.state != CHILD_QUIET)
			return false;
	}
	return true;
}

unsigned crews_stores_away(struct crews *crews)
{
	const struct seat *seat;
	unsigned away = 0;

	CREWS_EACH(crews, seat)
	{
		if (counts(seat) && seat->child.score)
			away |= (unsigned)score_get(seat->child.score, SCORE_STORES_AWAY);
	}
	return away;
}

bool crews_all_ever_ready(struct crews *crews)
{
	/* they come when the stores do, and what is there answers already */
	bool away = crews_stores_away(crews) != 0;
	const struct seat *seat;

	CREWS_EACH(crews, seat)
	{
		if (counts(seat) && !seat->child.ever_ready &&
		    !(away && (seat->crew->kind->flags & KIND_NEEDS_STORES)))
			return false;
	}
	return true;
}
