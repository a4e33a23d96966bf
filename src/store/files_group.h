/* files_group.h - all journals of one loop turn made durable together */
#ifndef STORE_FILES_GROUP_H
#define STORE_FILES_GROUP_H

#include "base/list.h"
#include "base/loop.h"
#include "store/files_dir.h"
#include "store/files_journal.h"

#include <stdbool.h>

struct files_group_ops {
	/* What was pending is durable. Journals may be wanted again from in here, or
	 * closed. */
	void (*stored)(void *ctx, struct files_journal *journal);
	/* The disk takes nothing, or takes it again. */
	void (*disk)(void *ctx, bool good, const struct err *err);
};

/* Embed it. For readers: good. */
struct files_group {
	struct ev_loop *loop;
	struct files_dir *dir;
	const struct files_group_ops *ops;
	void *ctx;
	struct list dirty;
	ev_prepare prepare;
	ev_idle awake;
	ev_timer again;
	bool good; /* the last attempt succeeded */
};

/* loop, dir and ops outlive it. */
void files_group_start(struct files_group *group, struct ev_loop *loop,
		       struct files_dir *dir, const struct files_group_ops *ops,
		       void *ctx);
/* Nobody is called any more. Fine on a zeroed struct. */
void files_group_stop(struct files_group *group);

/* It has something pending. Harmless when repeated. */
void files_group_want(struct files_group *group, struct files_journal *journal);
/* Now, and not at the end of the turn: a process that leaves. ERR_SYS. */
int files_group_flush(struct files_group *group, struct err *err);

#endif
