/* host_file.h - the engine's surroundings without Redis and Postgres: files */
#ifndef HOST_HOST_FILE_H
#define HOST_HOST_FILE_H

#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct definition;
struct engine_limits;
struct ev_loop;
struct file_run;
struct files_answer;
struct files_dir;
struct files_head;
struct files_index;
struct files_io;
struct files_list;
struct host_file;
struct models;
struct python_pool;
struct score_slot;
struct toolbox;

struct host_file_options {
	struct ev_loop *loop;
	struct files_dir *dir; /* open; outlives the host */
	const char *incarnation;
	const char *worker_id;              /* for events and stock readers */
	const struct engine_limits *limits; /* copied */
	struct models *models;              /* these outlive the host */
	struct python_pool *python;
	struct files_index *index;         /* hears what becomes of runs */
	struct files_list *orchestrations; /* what steps name, as it is now */
	struct files_list *agents;
	struct files_list *tools;
	struct toolbox *toolbox;
	struct score_slot *score;
	size_t runs;     /* executed at the same time */
	size_t waiting;  /* accepted beyond these */
	int max_crashes; /* deaths laid to a run that end it */
	bool marks;      /* other processes answer clients: host_file_mark() */
	/* The run's journal has more that is durable. */
	void (*grew)(void *arg, const char *run_id);
	/* A live event: may be lost. Texts are borrowed for the call. */
	void (*live)(void *arg, const char *run_id, const char *id, const char *event,
		     size_t len);
	void *arg;
};

/* One per process. ERR_SYS: there is no thread for it. */
int host_file_new(const struct host_file_options *options, struct host_file **ret,
		  struct err *err);
/* The thread that waits for its disk: what else is to wait there. */
struct files_io *host_file_io(const struct host_file *host);
/* Runs that are still here are left to the next process. Nobody is called. */
void host_file_free(struct host_file *host);

/* Waits for what was written before it to be durable; false: it may never be. Embed it;
 * borrowed until stored. */
struct file_ack {
	struct list node;
	uint64_t end; /* the host's */
	void (*stored)(struct file_ack *ack, bool durable);
};

enum file_over {
	FILE_OVER_ENDED,  /* its end is durable; the run is valid for the call */
	FILE_OVER_PAUSED, /* so is it that it waits for people, and what it asks */
	FILE_OVER_LEFT,   /* this process leaves, or it is to begin later */
};

/* Waits for the end of a run. Embed it; borrowed until over, or file_wait_forget(). */
struct file_wait {
	struct list node;
	void (*over)(struct file_wait *wait, struct file_run *run, enum file_over how);
};

void file_wait_forget(struct file_wait *wait);

/*
 * Take a run: texts of head are copied, the definition is referenced. ack->stored when it
 * is accepted for good; wait (NULL: nobody waits) when it is over. ERR_FULL: too many
 * wait, nothing was taken; ERR_SYS: the disk takes nothing; ERR_CONFLICT: the id is
 * taken; ERR_CLOSED: the host drains.
 */
int host_file_accept(struct host_file *host, const struct files_head *head,
		     struct definition *definition, struct file_ack *ack,
		     struct file_wait *wait, struct err *err);

/* Wait for one that was accepted before, as above. true: it is durable already, and ack
 * is not told. */
bool host_file_join(struct host_file *host, struct file_run *run, struct file_ack *ack,
		    struct file_wait *wait);

/* A run that is here, or NULL: it has ended, another process has it, or there is none. */
struct file_run *host_file_find(const struct host_file *host, const char *run_id);

/* Stop it; ack->stored when that wish will survive this process: 1. 0: it is ending.
 * ERR_CONFLICT: another process has it; ERR_SYS. The run may be another struct then. */
int host_file_cancel(struct host_file *host, struct file_run *run, struct file_ack *ack,
		     struct err *err);

/*
 * Answer an open question of the run; ack->stored when the answer is durable. Of several
 * who answer one the first wins. ERR_CONFLICT: it is not open any more; ERR_CLOSED:
 * another process has the run; ERR_SYS. The run may be another struct then.
 */
int host_file_answer(struct host_file *host, struct file_run *run,
		     const struct files_answer *answer, struct file_ack *ack,
		     struct err *err);

/* The turn of a conversation that is live, or NULL; how many there are with those that
 * wait behind it (file_sessions_next()). */
struct file_run *host_file_live_turn(const struct host_file *host, const char *session_id,
				     size_t *ret_count);
/* What is in this file is on the disk before anything that is accepted from now on is;
 * fd is taken. text: all that is in it; NULL: it is a folder. ERR_SYS. */
int host_file_sync_first(struct host_file *host, int fd, const char *text, size_t len,
			 struct err *err);
/* How many wait in front of one that waits for its turn. */
size_t host_file_ahead(const struct host_file *host, const struct file_run *run);
/* Delete a run that has ended. ERR_CONFLICT: it has not; ERR_NOT_FOUND, ERR_SYS. */
int host_file_erase(struct host_file *host, const char *run_id, struct err *err);

/* Runs that are here and have open questions: each, until false. */
void host_file_asking(const struct host_file *host,
		      bool (*each)(void *arg, const struct file_run *run), void *arg);

/* The same for a run that another process of this host has: it will see that. ERR_SYS. */
int host_file_mark(const struct files_dir *dir, const char *run_id, struct err *err);

/*
 * A run that failed goes on, at from_step or (NULL) with what failed. ack->stored when it
 * will, whatever happens. ERR_NOT_FOUND, ERR_CONFLICT: it has not failed; ERR_INPUT: no
 * such step; ERR_SYS, ERR_FULL, ERR_CLOSED. *ret_attempt: the number of the one that
 * begins.
 */
int host_file_reopen(struct host_file *host, const char *run_id, const char *from_step,
		     struct file_ack *ack, int64_t *ret_attempt, struct err *err);

/*
 * Take over what dead processes left under live/: at the start, and again now and then,
 * since a process of the generation before may die later. What lives is left alone.
 * false: there is more, which was not looked at so that the loop does not stand still.
 */
bool host_file_adopt(struct host_file *host);

/* Another process answers clients from here on, but for those whose requests are here
 * already: look for marks, adopt nothing. */
void host_file_linger(struct host_file *host);

/*
 * Accept nothing more. finish: runs go on to their ends, however long that takes;
 * otherwise no step starts any more, one in flight has leaf_ms, and the runs are left to
 * the next process. idle(arg) once, from the loop, when no run is here any more. May be
 * called again with finish false: a stop that comes behind.
 */
void host_file_drain(struct host_file *host, bool finish, int64_t leaf_ms,
		     void (*idle)(void *arg), void *arg);

struct host_file_counts {
	size_t running;
	size_t waiting;
	bool disk; /* the last write succeeded */
};
struct host_file_counts host_file_counts(const struct host_file *host);

#endif
