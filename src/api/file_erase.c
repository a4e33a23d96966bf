/* file_erase.c - all of an ended run on files is deleted */
#include "api/file_erase.h"

#include "base/log.h"
#include "host/host_file.h"

#include <stdio.h>
#include <string.h>

static enum errors_code erase(struct host_file *host, const char *run_id)
{
	struct err err;
	int rc = host_file_erase(host, run_id, &err);

	switch (rc) {
	case 0:
		log_info("run.erased", LOG_S("run", run_id));
		return ERRORS_NONE;
	case ERR_CONFLICT:
		return ERRORS_NOT_ENDED;
	case ERR_NOT_FOUND:
		return ERRORS_NO_RUN;
	default:
		log_warn("run.not_erased", LOG_S("run", run_id),
			 LOG_S("error", err.text));
		return ERRORS_DISK;
	}
}

void file_erase_run(const struct file_reads *reads, struct host_file *host,
		    const char *run_id, const char *tenant_id, port_erase_cb cb,
		    void *arg)
{
	struct file_reads_run found;
	enum errors_code error = file_reads_run(reads, run_id, FILE_READS_ROW, &found);
	char detail[96] = "";

	if (error == ERRORS_NONE && tenant_id &&
	    strcmp(tenant_id, found.run.tenant_id) != 0)
		error = ERRORS_NO_RUN;
	if (error == ERRORS_NONE && !found.run.ended_at) {
		(void)snprintf(detail, sizeof(detail), "the run has not ended: it is %s",
			       found.run.status);
		error = ERRORS_NOT_ENDED;
	}
	file_reads_run_deinit(&found);
	if (error == ERRORS_NONE && !host)
		error = ERRORS_BUSY; /* a sibling does that: it will be asked some time */
	if (error == ERRORS_NONE)
		error = erase(host, run_id);
	cb(arg, error, *detail ? detail : NULL);
}
