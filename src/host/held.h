/* held.h - a run that this worker holds: what it has done and what of it is durable */
#ifndef HOST_HELD_H
#define HOST_HELD_H

#include "base/arena.h"
#include "base/list.h"
#include "engine/fold.h"
#include "events/fifo.h"
#include "events/publish.h"
#include "host/people.h"
#include "host/stream_end.h"
#include "pg/pg_group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct begin_inner;
struct definition;
struct engine_final;
struct engine_row;
struct exec;
struct host_scale;
struct map;
struct op;

/* Whose run it is, as far as Postgres knows. */
enum held_state {
	HELD_LAZY,   /* nobody's: nothing of it is written, nothing left the process */
	HELD_OWNED,  /* ours, with an epoch */
	HELD_ENDED,  /* its end is in Postgres */
	HELD_PAUSED, /* so is that it waits for people, and nobody has it */
	HELD_STALE,  /* not ours: nothing more of it is written */
};

/* What the commit under way is to do. */
enum held_act {
	HELD_ACT_NONE,     /* no commit under way */
	HELD_ACT_LAZY_END, /* queued -> ended in one statement, with all rows */
	HELD_ACT_TAKEOVER, /* make it ours, with the rows so far */
	HELD_ACT_STEPS,    /* rows of a run of ours */
	HELD_ACT_END,      /* the end of a run of ours, with the last rows */
	HELD_ACT_PAUSE,    /* a run of ours is parked, unless an answer is unread */
};

/* A journal row on its way. */
struct held_row {
	struct list node;
	struct engine_row *row; /* owned */
	struct op *op;          /* waits for the row to be durable; NULL: nobody does */
	uint32_t seq;
	size_t events_count; /* of its events, which are in the fifo */
	size_t events_bytes; /* that column events takes, at most */
};

/* What a takeover brought of a run that others had before. */
struct held_past {
	struct arena arena;
	struct fold_row *rows; /* the journal in order; in the arena, as all texts */
	size_t count;
	size_t room;
	const char *message;
	const char *inputs;  /* NULL: none */
	int64_t taken_at_ms; /* Postgres' clock */
};

/*
 * One run. Owned by the host from host_scale_start() until the worker's over callback
 * returns. For readers outside of host/: run_id, job_id, wake, slot.
 */
struct held {
	struct host_scale *host;
	struct pg_unit unit;
	struct list in_all; /* in host->all */
	struct list node;   /* in host->lazy until a takeover is wanted, by age */
	enum held_state state;
	enum held_act act;
	const char *run_id; /* in names, as the two below */
	const char *job_id;
	size_t job_id_len;
	const char *tenant;
	void *slot;    /* the worker's own: the queue that the entry came from */
	size_t queue;  /* its number among those of this worker */
	int64_t turn;  /* of a chat; 0: it is no turn of one */
	char *session; /* owned: that it was submitted for, once taken over; NULL: none */
	int64_t wake;
	int64_t epoch; /* 0 until a takeover or a lazy end is in */
	int64_t claimed_mono_ms;
	int64_t guarded_mono_ms; /* when the newest commit that is in was built: it was
				    ours then */
	int64_t built_mono_ms;   /* when the commit under way was */
	struct exec *exec;       /* NULL after the end was handed out */
	struct definition *definition; /* a reference; NULL: unusable */
	char *unusable; /* owned: why the run can only fail; NULL: it is executed */
	char *from;     /* owned: the incarnation that had the run; NULL: nobody */
	bool resumes;   /* others had it: never lazy, the takeover brings its journal */
	bool waits;     /* the run starts when the takeover brought what `past` holds */
	bool again;     /* a takeover of ours is in, its answer is lost, or it brought
			   another's journal: take it over from ourselves */
	bool cancel;    /* asked for, as far as we have heard: its key may be there */
	bool leaving;   /* a drain: it goes back as soon as nothing of it is under way */
	struct held_past past;
	struct stream_end asked; /* between the takeover and the start */
	struct settle *settle;   /* then, too: events from before the journal that came */
	bool settled;
	struct begin_inner
		*inner; /* then, too: definitions that its journal needs; owned */
	struct fifo fifo;
	struct publish publish;
	bool publishing;
	bool fresh;            /* its code was not entered yet */
	uint32_t recent_place; /* score_recent_enter() */
	bool takeover_wanted;
	bool proof_wanted;          /* a guarded commit, even one that writes nothing */
	bool queued;                /* the unit is the group's */
	bool in;                    /* scratch of one reply: its commit is in */
	bool cancel_asked;          /* scratch of one reply */
	struct held *twin;          /* scratch of one reply: held_index() */
	bool answer_waits;          /* scratch of one reply: somebody has answered */
	bool parked;                /* scratch of one reply: the pause is in */
	uint64_t event_seq;         /* durable events handed out */
	struct list rows;           /* struct held_row: not in a commit yet */
	struct list flying;         /* in the commit under way */
	uint32_t seq;               /* of the newest row */
	struct engine_final *final; /* owned; NULL until the run ended */
	struct engine_pause *pause; /* owned; NULL: it does not wait for people alone */
	struct people people;
	int rejections; /* commits that were refused for good */
	char names[];
};

struct held *held_new(struct host_scale *host, const char *run_id, const char *job_id,
		      const char *tenant, int64_t wake, void *slot);
/* One more row of the journal that a takeover brings. */
void held_past_add(struct held *held, const struct fold_row *row);
/* Forget what a takeover brought. */
void held_past_reset(struct held *held);
/* Everything but the exec, which the host frees first. */
void held_free(struct held *held);

/*
 * Take a row that the engine handed out: its events enter the fifo, and it waits in
 * rows. While nothing of a lazy run is written, a row may melt into the one before it (a
 * start row into the first step, an end without a step of its own into the last step),
 * since what is committed together needs no row of its own. op may be NULL.
 */
void held_add_row(struct held *held, struct engine_row *row, struct op *op,
		  int64_t wall_ms);
/*
 * The text of column events: a JSON list of [id, event]; in the arena. NULL: none. Only
 * of a row that is not in yet: then its events are in the fifo.
 */
const char *held_row_events(const struct held *held, const struct held_row *row,
			    struct arena *arena);
/*
 * About how many bytes its next commit writes: rows that no commit has yet, and the end.
 */
size_t held_bytes(const struct held *held);
/*
 * Forget all rows that are not durable, with their events: the run's numbers are again
 * what Postgres has. No commit of it is under way.
 */
void held_drop_rows(struct held *held);
/*
 * The units of one reply by run id. A run may be in it twice: as the entry of a wake
 * that is over, whose holder died before it was gone, and as that of the next.
 */
void held_index(struct map *map, struct held *held);
/* The one whose commit does this; NULL: none. */
struct held *held_find(const struct map *map, const char *run_id, enum held_act act);
/* Free the rows of a list; ops that wait for them are dropped, not completed. */
void held_rows_free(struct list *rows);

#endif
