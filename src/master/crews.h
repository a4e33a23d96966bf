/* crews.h - the kinds that this host runs, and a seat for each of their processes */
#ifndef MASTER_CREWS_H
#define MASTER_CREWS_H

#include "base/list.h"
#include "master/child.h"
#include "master/reaper.h"
#include "master/restart.h"

#include <stdbool.h>

struct conf;

/* Dead slots wait for the keeper beside the living: half of the board is for seats. */
#define CREWS_SEATS_MAX (SCOREBOARD_SLOTS / 2)

/* A kind that this host runs. */
struct crew {
	const struct kind *kind;
	int processes; /* wanted now */
	struct restart restart;
	char last_cause[REAPER_CAUSE_MAX]; /* of its last death */
};

enum seat_role {
	SEAT_IN_FORCE,  /* counts */
	SEAT_CANDIDATE, /* of a generation that is not in force yet */
	SEAT_LEAVING,   /* nobody follows; freed when it is retired */
};

/* Its child's owner is the master. */
struct seat {
	struct child child;
	struct list node; /* in crews.seats, by the kinds' order within a generation */
	struct crew *crew;
	enum seat_role role;
	bool due; /* it wants a process */
};

struct crews {
	struct ev_loop *loop;
	const struct child_ops *ops;
	void *owner;
	struct crew *rows;
	int count;
	struct list seats;
};

static inline struct seat *crews_seat_at(struct list *node)
{
	return (struct seat *)(void *)((char *)node - offsetof(struct seat, node));
}

static inline struct seat *crews_seat_of(struct child *child)
{
	return (struct seat *)(void *)((char *)child - offsetof(struct seat, child));
}

#define CREWS_EACH(crews, seat)                                                          \
	for (seat = crews_seat_at((crews)->seats.next); &seat->node != &(crews)->seats;  \
	     seat = crews_seat_at(seat->node.next))

/* No seat yet; ops, and owner for children, outlive it. */
void crews_init(struct crews *crews, struct ev_loop *loop, const struct child_ops *ops,
		void *owner);
/* Frees seats and rows; processes live on. Fine on a zeroed struct. */
void crews_deinit(struct crews *crews);
/* The rows of this configuration and their seats, none started. ERR_LIMIT, ERR_INPUT. */
int crews_make(struct crews *crews, const struct kind *kinds, const struct conf *conf,
	       struct err *err);
/* ERR_LIMIT when the configuration wants more seats than there are. */
int crews_check(const struct crews *crews, const struct conf *conf, struct err *err);
/* What the configuration says about restarts and numbers is in force for this crew. */
void crews_limit(struct crew *crew, const struct conf *conf, int processes);

/* A retired seat behind all others; crews owns it. */
struct seat *crews_seat_add(struct crews *crews, struct crew *crew, int slot,
			    enum seat_role role);
/* It drains, and nobody follows. reason is static. */
void crews_seat_leave(struct seat *seat, const char *reason, int64_t wait_ms);
/* Between two turns of the loop: free what has left for good. */
void crews_sweep(struct crews *crews);

int crews_count(const struct crews *crews, const struct crew *crew, enum seat_role role);
/* The row of the kind that a person may have more of, or NULL. */
struct crew *crews_scaled(struct crews *crews);
/* The seat in force, or NULL. */
struct seat *crews_seat(struct crews *crews, const struct crew *crew, int slot);
/* The child that settles deaths: the one in force if it is ready, or NULL. */
struct child *crews_keeper(struct crews *crews);
bool crews_all_ready(struct crews *crews, const struct crew *crew);
/* But for those that wait for stores, while a child says that one is away. */
bool crews_all_ever_ready(struct crews *crews);
/* What children say is away: gauge stores_away. */
unsigned crews_stores_away(struct crews *crews);

#endif
