/* file_lists.h - lists of runs, out of the index of a host without Postgres */
#ifndef API_FILE_LISTS_H
#define API_FILE_LISTS_H

#include "api/file_reads.h"

/* As the port's list; reads has an index. It answers from inside. */
void file_lists_runs(const struct file_reads *reads,
		     const struct store_run_filter *filter, port_runs_cb cb, void *arg);

#endif
