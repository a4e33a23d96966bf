/* port_standalone.h - the runs_port of a host that executes runs itself */
#ifndef API_PORT_STANDALONE_H
#define API_PORT_STANDALONE_H

#include "api/runs_port.h"

#include <stdbool.h>
#include <stdint.h>

struct conf;
struct ev_loop;
struct file_catalog;
struct file_tails;
struct files_dir;
struct files_index;
struct host_file;
struct port_standalone;

/* All borrowed for the port's life. */
struct port_standalone_parts {
	const struct conf *conf;
	struct ev_loop *loop;
	struct host_file *host; /* NULL: a sibling executes what is left of it */
	const struct files_dir *dir;
	struct file_catalog *catalog;
	struct file_tails *tails;
	struct files_index *index; /* NULL with host */
	size_t answer_max;         /* bytes of a person's answer as JSON text */
	int64_t turns_max;         /* of a conversation, behind the live one */
	int64_t answer_ms;
	const char *waits_for; /* static: why it is no scale mode, for people; NULL */
	bool standalone;       /* runs are accepted here */
	/*
	 * Scale mode's, if the stores are named: it answers for runs that no file of this
	 * host is of, and accepts runs unless that is done here. NULL: there is none.
	 */
	const struct runs_port *next;
};

struct port_standalone *port_standalone_new(const struct port_standalone_parts *parts);
void port_standalone_free(struct port_standalone *port);
/* Borrowed; lives as long as the port. */
const struct runs_port *port_standalone_port(struct port_standalone *port);

#endif
