/* file_detail.h - all that is known of one run on files, and why it does not go on */
#ifndef API_FILE_DETAIL_H
#define API_FILE_DETAIL_H

#include "api/file_reads.h"

/* As the port's acts of these names. They answer from inside. */
void file_detail_get(const struct file_reads *reads, const char *run_id, bool lists,
		     port_detail_cb cb, void *arg);
void file_detail_why(const struct file_reads *reads, const char *run_id, port_why_cb cb,
		     void *arg);

#endif
