/* file_reads.h - what became of runs, out of their files */
#ifndef API_FILE_READS_H
#define API_FILE_READS_H

#include "api/runs_port.h"
#include "base/ids.h"
#include "base/moment.h"
#include "base/str.h"
#include "events/event_id.h"
#include "store/files_view.h"

#include <stdbool.h>
#include <stdint.h>

struct file_run;
struct files_dir;
struct files_index;
struct host_file;

/* Where the next page of events is likely to begin: rows in front of it have none behind
 * that event. Embed it zeroed; all is private. */
struct file_reads_place {
	char run_id[IDS_MAX];
	struct event_id passed;
	uint64_t at; /* in the run's file */
};

/* host: whose runs are in memory; NULL: none is. */
struct file_reads {
	const struct files_dir *dir;
	const struct host_file *host;
	struct files_index *index;      /* NULL: none */
	struct file_reads_place *place; /* NULL: each page is looked for from the start */
};

/* What `queue` says of these runs. */
#define FILE_READS_QUEUE "standalone"

struct file_reads_moments {
	char created[MOMENT_MAX];
	char started[MOMENT_MAX];
	char ended[MOMENT_MAX];
	char cancel[MOMENT_MAX];
	char run_at[MOMENT_MAX];
};

enum file_reads_depth {
	FILE_READS_ROW, /* what lists show */
	FILE_READS_END, /* and answer and error of one that has ended */
	FILE_READS_ALL, /* and all that its journal says, in view */
};

/* One run. Texts are the host's, the index's or the view's: borrowed until the loop
 * turns. */
struct file_reads_run {
	struct store_run_status run;
	struct file_reads_moments moments;
	struct files_view view;
};

/* ERRORS_NONE, ERRORS_NO_RUN, ERRORS_DISK; ret is to be deinited in any case. */
enum errors_code file_reads_run(const struct file_reads *reads, const char *run_id,
				enum file_reads_depth depth, struct file_reads_run *ret);
void file_reads_run_deinit(struct file_reads_run *run);

/* Is there a file of that run? */
bool file_reads_has(const struct file_reads *reads, const char *run_id);
/* As the port's functions of these names. They answer from inside. */
void file_reads_get(const struct file_reads *reads, const char *run_id, port_run_cb cb,
		    void *arg);
void file_reads_events(const struct file_reads *reads, const char *run_id,
		       const char *start, const char *end, int limit, port_events_cb cb,
		       void *arg);
void file_reads_newest(const struct file_reads *reads, const char *run_id,
		       port_newest_cb cb, void *arg);
/* Those of one run behind others that were gathered: at most *room of them are added to
 * at, and *room is what is left; plain: as events/chat_view.h says. Texts are in the
 * arena. ERRORS_NONE, ERRORS_NO_RUN, ERRORS_DISK. */
enum errors_code file_reads_gather(const struct file_reads *reads, const char *run_id,
				   bool plain, const char *start, const char *end,
				   struct arena *arena, struct port_event *at,
				   size_t *room);
void file_reads_steps(const struct file_reads *reads, const char *run_id,
		      int64_t from_seq, int limit, port_steps_cb cb, void *arg);

/* All events of a run as a JSON list of {"id", "event"}; false: there are too many, or
 * the file cannot be read. */
#define FILE_READS_EVENTS_MAX ((size_t)16 * 1024 * 1024)
bool file_reads_all_events(const struct file_reads *reads, const char *run_id,
			   struct str *out);

/* The status of a run that is in memory; static. */
const char *file_reads_status(const struct file_run *run);

/* A run as its file says; view is to be deinited in any case. ERRORS_NONE,
 * ERRORS_NO_RUN, ERRORS_DISK. */
enum errors_code file_reads_view(const struct file_reads *reads, const char *run_id,
				 struct files_view *view);

#endif
