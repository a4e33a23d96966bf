/* file_erase.h - all of an ended run on files is deleted */
#ifndef API_FILE_ERASE_H
#define API_FILE_ERASE_H

#include "api/file_reads.h"

/* As the port's erase. host NULL: this process executes nothing. */
void file_erase_run(const struct file_reads *reads, struct host_file *host,
		    const char *run_id, const char *tenant_id, port_erase_cb cb,
		    void *arg);

#endif
