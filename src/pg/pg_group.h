/* pg_group.h - many small writes, few commits: what the runs in flight want to store */
#ifndef PG_PG_GROUP_H
#define PG_PG_GROUP_H

#include "base/err.h"
#include "base/list.h"
#include "pg/pg_batch.h"
#include "pg/pg_reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct pg_flight;
struct pg_group;
struct pg_pool;

/*
 * One write. Embed it zeroed in the object that says what to write. From pg_group_add
 * until committed, checked (in), rejected or a successful withdraw it is the group's,
 * and the object must live and stay as it is: build may be called more than once. Two
 * units may be in two commits at a time, of which the later one is in and the earlier
 * one not: what must be in order is one unit's, which is added again behind its end.
 */
struct pg_unit {
	struct list node;       /* ours */
	size_t bytes;           /* the caller may set it: about what build will add */
	struct pg_flight *held; /* ours: the commit it is in; NULL: it waits */
	uint64_t ordinal;       /* ours */
	int64_t added_mono_ms;  /* ours */
};

/*
 * ctx is pg_group_new's. units are sorted by order(), then by the time they were added.
 * All run from the loop, never inside pg_group_add, and may add and withdraw (build and
 * build_check may not), but not free the group.
 */
struct pg_group_ops {
	/* Put the statements that write n units into the batch. */
	void (*build)(void *ctx, struct pg_batch *batch, struct pg_unit *const *units,
		      size_t n);
	/* The commit is in. All units are the caller's again; it may free and add.
	 * reply holds the rows of what build added. */
	void (*committed)(void *ctx, struct pg_unit *const *units, size_t n,
			  const struct pg_reply *reply);
	/*
	 * This unit alone was refused for good, or its deadline passed (fate says
	 * whether it may be in: PG_REJECTED and PG_UNSENT no, PG_UNKNOWN perhaps), or
	 * the group is being freed (ERR_CLOSED). The unit is the caller's again.
	 */
	void (*rejected)(void *ctx, struct pg_unit *unit,
			 const struct pg_outcome *outcome);
	/*
	 * Nobody answered the commit of these. build_check adds the statements that
	 * tell, on a new connection, which of them are in; checked reads the answer and
	 * sets in[i] for those that are: they are the caller's again, who hears of it
	 * here and not by committed. The others are committed again.
	 */
	void (*build_check)(void *ctx, struct pg_batch *batch,
			    struct pg_unit *const *units, size_t n);
	void (*checked)(void *ctx, struct pg_unit *const *units, size_t n,
			const struct pg_reply *reply, bool *in);
	/* The order in which rows are locked: by run id. NULL: as added. */
	int (*order)(const struct pg_unit *a, const struct pg_unit *b);
};

/* Zeroes mean the default in brackets. */
struct pg_group_options {
	size_t commit_rows;        /* units per commit at most [256] */
	size_t commit_bytes;       /* and about so many bytes of them [8 MiB] */
	int flights;               /* commits in flight at most [2] */
	int64_t batch_deadline_ms; /* of one try, from when it is given to the pool
				      [10000] */
	int64_t unit_deadline_ms;  /* of a unit, from add; 0: it waits for ever */
};

/*
 * A commit closes at the end of the loop turn when a flight is free, else when the one
 * before it is in: nothing waits for company while idle. What the server refuses is
 * tried again unit by unit; a unit alone with a transient error (deadlock, lock wait,
 * time limit) again with backoff, until its deadline if it has one; with Postgres away,
 * out of disk or read-only, all wait. pool, loop and ops are borrowed for the group's
 * life; free the group before the pool.
 */
struct pg_group *pg_group_new(struct ev_loop *loop, struct pg_pool *pool,
			      const struct pg_group_options *options,
			      const struct pg_group_ops *ops, void *ctx);
/* Every unit goes to rejected (ERR_CLOSED; PG_UNKNOWN if it was sent), which may then
 * not add to it. */
void pg_group_free(struct pg_group *group);

/* Takes the unit; no callback runs inside. */
void pg_group_add(struct pg_group *group, struct pg_unit *unit);
/* Take back a unit that is in no commit yet. False: too late, its callback will come. */
bool pg_group_withdraw(struct pg_group *group, struct pg_unit *unit);

/* Units the group has: waiting, and in commits. */
size_t pg_group_waiting(const struct pg_group *group);
size_t pg_group_in_flight(const struct pg_group *group);

/* For readers. */
struct pg_group_counters {
	uint64_t commits;  /* that are in */
	uint64_t units;    /* in them, or found in by a check */
	uint64_t splits;   /* commits that were tried again unit by unit */
	uint64_t retries;  /* of units alone */
	uint64_t doubts;   /* commits that nobody answered */
	uint64_t rejected; /* units */
};

const struct pg_group_counters *pg_group_counters(const struct pg_group *group);

#endif
