/* conf_box.h - a configuration with what its fields point to */
#ifndef CONF_CONF_BOX_H
#define CONF_CONF_BOX_H

#include "base/arena.h"
#include "conf/conf.h"

/* What conf_load() makes; of no use outside of conf/. */
struct conf_box {
	struct conf conf; /* first: a pointer to it is one to the box */
	struct arena arena;
	const char **sources; /* one per row */
};

#endif
