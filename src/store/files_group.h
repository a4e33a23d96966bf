/* files_group.h - all journals of some loop turns made durable together */
#ifndef STORE_FILES_GROUP_H
#define STORE_FILES_GROUP_H

#include "base/list.h"
#include "base/loop.h"
#include "store/files_dir.h"
#include "store/files_io.h"
#include "store/files_journal.h"

#include <stdbool.h>
#include <stddef.h>

struct files_group_ops {
	/* More of it is durable than before. Journals may be wanted again from in here,
	 * and closed when all of them is. */
	void (*stored)(void *ctx, struct files_journal *journal);
	/* The disk takes nothing, or takes it again. */
	void (*disk)(void *ctx, bool good, const struct err *err);
};

/* Files that are synced in front of the next journals, with those under way. */
#define FILES_GROUP_FIRST_MAX 128

/* What is under way. */
struct files_batch {
	struct files_io_job job;
	struct list journals; /* by dirty */
	struct list firsts;
	bool names; /* the folder's are to be synced */
	bool names_done;
	size_t written; /* of the journals, in order; then, how many of these are synced */
	size_t synced;
	int rc;
	struct err err;
};

/* Embed it. For readers: good. */
struct files_group {
	struct ev_loop *loop;
	struct files_io *io;
	struct files_dir *dir;
	const struct files_group_ops *ops;
	void *ctx;
	struct list dirty;
	struct list firsts;
	size_t first_count; /* with those of the batch */
	struct files_batch batch;
	bool flying;
	ev_prepare prepare;
	ev_timer again;
	bool good; /* the last attempt succeeded */
};

/* loop, io, dir and ops outlive it. */
void files_group_start(struct files_group *group, struct ev_loop *loop,
		       struct files_io *io, struct files_dir *dir,
		       const struct files_group_ops *ops, void *ctx);
/* Behind files_io_settle(): nobody is called any more. Fine on a zeroed struct. */
void files_group_stop(struct files_group *group);

/* It has something pending. Harmless when repeated. */
void files_group_want(struct files_group *group, struct files_journal *journal);
/* What is in this file is on the disk before the journals of the next attempt are; fd is
 * taken. text: all that is in it (copied), to be written anew when a sync fails; NULL: it
 * is a folder. false: too many wait so, it is synced by the caller. */
bool files_group_first(struct files_group *group, int fd, const char *text, size_t len);
/* Wait for the disk, with all that is wanted: a process that leaves. ERR_SYS. */
int files_group_flush(struct files_group *group, struct err *err);

#endif
