/* file_submit.h - submissions that this process executes itself */
#ifndef API_FILE_SUBMIT_H
#define API_FILE_SUBMIT_H

#include "api/file_reads.h"
#include "api/runs_port.h"

#include <stdint.h>

struct ev_loop;
struct file_catalog;
struct file_submit;
struct host_file;

struct file_submit_parts {
	struct ev_loop *loop;
	struct host_file *host;
	struct file_catalog *catalog;
	const struct file_reads *reads;
	int64_t answer_ms; /* the longest that a client waits for a run's end */
};

/* All borrowed for its life. */
struct file_submit *file_submit_new(const struct file_submit_parts *parts);
/* Behind the host's drain: what was not answered is, with ERRORS_DRAINING. */
void file_submit_free(struct file_submit *submit);

/* As the port's submit. */
void file_submit_run(struct file_submit *submit, struct port_run *run);

/* How a run is over, as its journal or whoever has it says; *asked is what the result has
 * for it. Texts are those of end and all. */
struct port_result file_submit_result(const struct files_end *end,
				      const struct files_asked *all,
				      struct port_asked *asked);

#endif
