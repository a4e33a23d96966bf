/* def_files.h - definitions in the stock files of this host, for handlers */
#ifndef API_DEF_FILES_H
#define API_DEF_FILES_H

#include "api/def_port.h"

struct conf;
struct file_catalog;

/* For readers: port. */
struct def_files {
	struct def_port port;
	const struct conf *conf;      /* borrowed */
	struct file_catalog *catalog; /* likewise: it reads what is written */
};

void def_files_init(struct def_files *files, const struct conf *conf,
		    struct file_catalog *catalog);

#endif
