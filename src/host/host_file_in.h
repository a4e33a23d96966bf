/* host_file_in.h - a file host's insides: for host_file*.c alone */
#ifndef HOST_HOST_FILE_IN_H
#define HOST_HOST_FILE_IN_H

#include "base/list.h"
#include "base/loop.h"
#include "base/map.h"
#include "engine/drive.h"
#include "engine/host.h"
#include "host/file_run.h"
#include "host/file_sessions.h"
#include "host/file_suspect.h"
#include "host/host_file.h"
#include "store/files_group.h"

#include <dirent.h>

struct engine;

struct host_file {
	struct host_file_options options;
	struct engine *engine;
	struct drive drive;
	struct files_io *io;
	struct files_group group;
	struct file_suspect suspect;
	DIR *pass;                 /* through live/; NULL: none is under way */
	struct file_blames blames; /* until all of live/ has been looked at */
	struct map by_id;          /* struct file_run */
	struct file_sessions sessions;
	struct list runs[FILE_RUN_STATES]; /* each in the order in which they came */
	size_t counts[FILE_RUN_STATES];
	ev_prepare start; /* in front of the pump: who waits takes free places */
	ev_timer leaf;
	ev_timer look;         /* for marks, while another process answers clients */
	ev_timer tick;         /* for deadlines and moments that have come */
	ev_timer idle_timer;   /* fires at once when no run is here any more */
	int64_t alone_mono_ms; /* from then on the process before wakes nobody */
	bool lingering;        /* what others left is for the next process */
	bool draining;
	bool adopted; /* all of the folder has been looked at once */
	bool closing; /* nobody is called any more */
	bool finish;  /* draining, but runs go on to their ends */
	void (*idle)(void *arg);
	void *idle_arg;
};

/* host_file_side.c: what the engine asks; its host is a struct host_file. */
extern const struct engine_host host_file_side;

/* host_file.c */
void host_file_move(struct file_run *run, enum file_run_state state);
/* It is in by_id and waits for its turn. */
void host_file_add(struct host_file *host, struct file_run *run);
/* May one more be taken? ERR_CLOSED, ERR_SYS, ERR_FULL. */
int host_file_room(const struct host_file *host, struct err *err);
/* Something of it is to be written. */
void host_file_want(struct file_run *run);
/* Its end is in run->final and its last row in the journal. */
void host_file_ended(struct file_run *run);
/* It is left to the next process: who waits hears so. */
void host_file_leave(struct file_run *run);
/* The host forgets it; its journal is unlocked. */
void host_file_drop(struct file_run *run);
void host_file_tell_waits(struct file_run *run, enum file_over how);

/* One whose end is durable is put away before this returns: somebody acts on it. */
void host_file_settle_end(struct host_file *host, const char *run_id);
/* Its end is durable, and shown if put_away. */
void host_file_over(struct file_run *run, bool put_away);

/* host_file_show.c: behind it host_file_over(), or host_file_sleep() once more. */
void host_file_show(struct file_run *run, const struct files_end *end, bool ended);

/* host_file_sleep.c */
/* Is it to begin later? */
bool host_file_is_early(const struct file_run *run);
/* What was written of it is durable: it sleeps when a pause is shown; at once. */
void host_file_doze(struct file_run *run);
void host_file_sleep(struct file_run *run);
/* A run that was read from a journal sleeps. stand: how it was paused; NULL: it is
 * early. */
void host_file_lay(struct file_run *run, const struct files_end *stand);
/* Open a sleeper's journal: *run is another struct, which waits for its turn.
 * ERR_CLOSED: another process has it, or had; ERR_SYS. It is gone then. */
int host_file_wake(struct file_run **run, struct err *err);
/* Those that another process of this host woke are forgotten. */
void host_file_check_sleepers(struct host_file *host);
void host_file_tick_start(struct host_file *host);
/* All sleepers are the next process'. */
void host_file_forget_sleepers(struct host_file *host);

/* host_file_people.c: whose deadline has passed. */
void host_file_expire(struct file_run *run, int64_t now_ms);
void host_file_pause(struct file_run *run, struct engine_pause *pause);

/* host_file_begin.c: a run whose turn it is. */
void host_file_begin(struct file_run *run);

/* host_file_adopt.c: what the index is told of one that has ended. */
void host_file_summarize(const struct file_run *run, const struct files_end *end);
/*
 * Read what a journal says into a run that has the journal. *ret_ended: its end is the
 * last of it, and *ret_end (texts in the run's arena) is that. ERR_INPUT, ERR_SYS.
 */
int host_file_read(struct file_run *run, bool *ret_ended, struct files_end *ret_end,
		   struct err *err);
/* Say in its journal that this process has it. */
void host_file_own(struct file_run *run);

#endif
