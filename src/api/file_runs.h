/* file_runs.h - the run_port of files: one run of this host, by its id */
#ifndef API_FILE_RUNS_H
#define API_FILE_RUNS_H

#include "api/runs_port.h"

#include <stddef.h>

struct file_reads;
struct file_tails;
struct host_file;

/* Embed it. Private but for the port. */
struct file_runs {
	struct run_port port;
	const struct file_reads *reads;
	struct host_file *host; /* NULL: a sibling executes what is left of it */
	struct file_tails *tails;
	size_t answer_max; /* bytes of a person's answer as JSON text */
};

/* All borrowed for its life. */
void file_runs_init(struct file_runs *port, const struct file_reads *reads,
		    struct host_file *host, struct file_tails *tails, size_t answer_max);

#endif
