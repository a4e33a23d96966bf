/* file_lists.h - lists of runs, out of the index of a host without Postgres */
#ifndef API_FILE_LISTS_H
#define API_FILE_LISTS_H

#include "api/file_reads.h"

struct file_walks;

/* As the port's list; reads has an index. */
void file_lists_runs(const struct file_reads *reads, struct file_walks *walks,
		     const struct store_run_filter *filter, port_runs_cb cb, void *arg);

#endif
