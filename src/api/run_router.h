/* run_router.h - who answers for a run where there are files and rows of them */
#ifndef API_RUN_ROUTER_H
#define API_RUN_ROUTER_H

#include "api/runs_port.h"

#include <stdbool.h>

struct file_reads;
struct host_file;

/* Embed it. Private but for the port. */
struct run_router {
	struct run_port port;
	const struct run_port *files;
	const struct run_port *rows;
	const struct file_reads *reads;
	const struct host_file *host; /* NULL: a sibling executes what is left */
	bool scale;                   /* runs are accepted as rows */
};

/* All borrowed for its life. */
void run_router_init(struct run_router *router, const struct run_port *files,
		     const struct run_port *rows, const struct file_reads *reads,
		     const struct host_file *host, bool scale);

#endif
