/* file_sums.h - sums of runs, out of the index of a host without Postgres */
#ifndef API_FILE_SUMS_H
#define API_FILE_SUMS_H

#include "api/file_reads.h"

struct file_walks;

/* As the port's sums and minutes; reads has an index. Of runs alone: turns of
 * conversations are in no list of such a host. By model: ERRORS_SCALE_ONLY. */
void file_sums_groups(const struct file_reads *reads, struct file_walks *walks,
		      const struct store_analytics_ask *ask, port_sums_cb cb, void *arg);
void file_sums_minutes(const struct file_reads *reads, struct file_walks *walks,
		       int64_t minutes, port_minutes_cb cb, void *arg);

#endif
