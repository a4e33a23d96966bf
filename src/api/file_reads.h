/* file_reads.h - what became of runs, out of their files */
#ifndef API_FILE_READS_H
#define API_FILE_READS_H

#include "api/runs_port.h"
#include "base/str.h"

#include <stdbool.h>

struct file_run;
struct files_dir;
struct files_view;
struct host_file;

/* host: whose runs are in memory; NULL: none is. */
struct file_reads {
	const struct files_dir *dir;
	const struct host_file *host;
};

/* Is there a file of that run? */
bool file_reads_has(const struct file_reads *reads, const char *run_id);
/* As the port's functions of these names. They answer from inside. */
void file_reads_get(const struct file_reads *reads, const char *run_id, port_run_cb cb,
		    void *arg);
void file_reads_list(const struct file_reads *reads,
		     const struct store_run_filter *filter, port_runs_cb cb, void *arg);
void file_reads_events(const struct file_reads *reads, const char *run_id,
		       const char *start, const char *end, int limit, port_events_cb cb,
		       void *arg);
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
