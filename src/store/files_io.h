/* files_io.h - a thread that waits for the disk, so that the loop does not */
#ifndef STORE_FILES_IO_H
#define STORE_FILES_IO_H

#include "base/err.h"
#include "base/list.h"

struct ev_loop;
struct files_io;

/* Embed it; borrowed until done. */
struct files_io_job {
	struct list node;
	/* In the thread. It touches the job, and what the loop leaves alone until done:
	 * no memory of the process is taken or freed, nothing is logged. */
	void (*work)(struct files_io_job *job);
	/* On the loop, in the order in which jobs were added. */
	void (*done)(struct files_io_job *job);
};

/* Starts the thread. ERR_SYS. */
int files_io_start(struct ev_loop *loop, struct files_io **ret, struct err *err);
void files_io_add(struct files_io *io, struct files_io_job *job);
/* Wait, on the loop, until all that was added is done; done() is called for each. */
void files_io_settle(struct files_io *io);
/* The same, and the thread ends. NULL is fine. */
void files_io_stop(struct files_io *io);

#endif
