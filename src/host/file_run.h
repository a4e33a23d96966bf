/* file_run.h - a run that a host on files holds */
#ifndef HOST_FILE_RUN_H
#define HOST_FILE_RUN_H

#include "base/arena.h"
#include "base/list.h"
#include "store/files_asked.h"
#include "store/files_journal.h"
#include "store/files_run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct engine_final;
struct engine_pause;
struct engine_row;
struct exec;
struct file_ack;
struct file_session;
struct host_file;
struct op;

enum file_run_state {
	FILE_RUN_WAITING, /* for its turn */
	FILE_RUN_RUNNING,
	FILE_RUN_DOZING, /* asleep when what was written of it is durable */
	FILE_RUN_ASLEEP, /* host_file_sleep.c: nobody executes it, its journal is closed */
	FILE_RUN_ENDING, /* its end waits to be durable */
	FILE_RUN_STATES,
};

/* For readers: head, state, epoch, exec, cancel, started_at_ms. */
struct file_run {
	struct host_file *host;
	struct list node; /* in host->runs[state] */
	enum file_run_state state;
	struct arena arena;
	struct files_head head; /* in the arena */
	struct files_journal journal;
	struct definition *definition; /* a reference; NULL: unusable */
	struct exec *exec;             /* NULL unless it is executed */
	struct engine_final *final;    /* owned; ENDING only */
	struct engine_pause *pause;    /* owned; it was paused, and is not asleep yet */
	struct files_asked asked;      /* what it asked people */
	struct list people;            /* struct file_person: waits of the engine */
	bool paused;                   /* it waits for people, and for nothing else */
	bool showing;                  /* host_file_show() is under way */
	bool resumes;                  /* it has rows: they are folded first */
	bool cancel;
	int64_t epoch;         /* of this process' having it */
	int64_t started_at_ms; /* by the first that began it; 0: nobody */
	int64_t ended_at_ms;
	int64_t seq;        /* of the newest row */
	uint64_t event_seq; /* of the newest durable event */
	int64_t id_ms;      /* the newest stream id */
	uint32_t id_n;
	struct file_session
		*session; /* file_sessions.c; NULL: it is no turn, or not here */
	struct list in_session;
	int64_t turn;     /* of a conversation; 0: it is none */
	int64_t attempts; /* 1 + how often it was reopened */
	int64_t wakes;    /* how often an answer woke it */
	int64_t tokens;   /* at its last pause, as the next */
	double cost_usd;
	int64_t due_at_ms; /* ASLEEP: something is to be done then; 0: nothing is */
	uint64_t bytes;    /* ASLEEP: of its journal */
	uint64_t end_at;   /* where its end is in there; ENDING */
	int charges;       /* deaths in its code since it got on last */
	struct list ops;   /* struct file_op: rows that are not durable */
	struct list acks;  /* struct file_ack */
	struct list waits;
	struct list lives; /* struct file_live: behind rows that are not durable */
	size_t live_bytes;
	struct list pins; /* file_pins.c: definitions that it met */
};

struct file_run *file_run_new(struct host_file *host, const struct files_head *head);
/* Its exec is gone, nobody waits any more. The journal is closed. */
void file_run_free(struct file_run *run);

/* The next stream id of this run, into buf[EVENT_ID_MAX]. */
void file_run_next_id(struct file_run *run, int64_t wall_ms, char *buf);
/* Add a row of the engine's to the journal; op (NULL: nobody waits) completes with
 * file_run_stored(). Frees the row. */
void file_run_add_row(struct file_run *run, struct engine_row *row, struct op *op,
		      int64_t wall_ms);
/* A live event waits until what is in front of it is durable. Too many: it is lost. */
void file_run_keep_live(struct file_run *run, const char *id, const char *event,
			size_t len);
/* Hand those out that wait. */
void file_run_give_lives(struct file_run *run,
			 void (*give)(void *arg, const char *run_id, const char *id,
				      const char *event, size_t len),
			 void *arg);
/* Add the pause that is in run->pause; its row is taken out. */
void file_run_add_pause(struct file_run *run, int64_t wall_ms);
/* Add the end that is in run->final. */
void file_run_add_end(struct file_run *run);
/* More of the journal is durable: who waits for that hears so. */
void file_run_stored(struct file_run *run);
/* Waits for all that is in the journal so far. */
void file_run_wait(struct file_run *run, struct file_ack *ack);
/* Who waits for that hears whether it is. */
void file_run_tell_acks(struct file_run *run, bool durable);

/* Is its end durable? Then who asks hears so, before it is put away. */
bool file_run_has_ended(const struct file_run *run);
/* The end that is in run->final, with texts borrowed from there. */
struct files_end file_run_end(const struct file_run *run);
/* The same of run->pause: how it stands. */
struct files_end file_run_stand(const struct file_run *run);

#endif
