/* def_files.h - definitions in the stock files of this host, for handlers */
#ifndef API_DEF_FILES_H
#define API_DEF_FILES_H

#include "api/def_port.h"
#include "base/list.h"

struct conf;
struct ev_loop;
struct file_catalog;

/* For readers: port. */
struct def_files {
	struct def_port port;
	const struct conf *conf;      /* borrowed */
	struct file_catalog *catalog; /* likewise: it reads what is written */
	struct ev_loop *loop;
	struct list writes; /* that wait for another writer */
};

void def_files_init(struct def_files *files, const struct conf *conf,
		    struct ev_loop *loop, struct file_catalog *catalog);
/* Writes that wait are refused. */
void def_files_deinit(struct def_files *files);

#endif
